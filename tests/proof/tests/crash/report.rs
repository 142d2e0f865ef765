//! What the writing process says through the pipe, a line each, when it has been answered.

use std::io::Write as _;

/// Before each line, to be told from what the test harness prints.
const MARK: &str = "larder-crash ";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// The store is open.
    Opened,
    /// An action was answered.
    Answered(Answered),
    /// Something long has begun.
    Begun(Long),
    /// It has ended.
    Ended(Long),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Long {
    Compaction,
    /// To the directory of that number.
    Backup(u32),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    pub writer: usize,
    pub n: u64,
    /// Of the write, where the answer has it.
    pub version: Option<u64>,
    /// What a counter came to.
    pub count: Option<i64>,
    /// The wall clock before and after, in milliseconds.
    pub wall_ms: (u64, u64),
    /// The monotonic clock before and after.
    pub monotonic_ms: (u64, u64),
}

impl Report {
    pub fn say(&self) {
        // One write each: a kill leaves no half line that could be taken for a whole one.
        println!("{}", self.line());
        std::io::stdout().flush().unwrap();
    }

    fn line(&self) -> String {
        let text = match self {
            Self::Opened => "opened".into(),
            Self::Begun(Long::Compaction) => "begun-compaction".into(),
            Self::Ended(Long::Compaction) => "ended-compaction".into(),
            Self::Begun(Long::Backup(number)) => format!("begun-backup {number}"),
            Self::Ended(Long::Backup(number)) => format!("ended-backup {number}"),
            Self::Answered(a) => format!(
                "answered {} {} {} {} {} {} {} {}",
                a.writer,
                a.n,
                a.version.map_or("-".into(), |version| version.to_string()),
                a.count.map_or("-".into(), |count| count.to_string()),
                a.wall_ms.0,
                a.wall_ms.1,
                a.monotonic_ms.0,
                a.monotonic_ms.1,
            ),
        };
        format!("{MARK}{text} .")
    }

    /// What a line says, if it is one of these and whole.
    pub fn parse(line: &str) -> Option<Self> {
        let line = line.split_once(MARK)?.1.strip_suffix(" .")?;
        let words: Vec<&str> = line.split(' ').collect();
        Some(match words.as_slice() {
            ["opened"] => Self::Opened,
            ["begun-compaction"] => Self::Begun(Long::Compaction),
            ["ended-compaction"] => Self::Ended(Long::Compaction),
            ["begun-backup", number] => Self::Begun(Long::Backup(number.parse().ok()?)),
            ["ended-backup", number] => Self::Ended(Long::Backup(number.parse().ok()?)),
            ["answered", writer, n, version, count, times @ ..] => {
                let times: Vec<u64> =
                    times.iter().map(|time| time.parse().ok()).collect::<Option<_>>()?;
                let [wall_before, wall_after, before, after] = times[..] else { return None };
                Self::Answered(Answered {
                    writer: writer.parse().ok()?,
                    n: n.parse().ok()?,
                    version: version.parse().ok(),
                    count: count.parse().ok(),
                    wall_ms: (wall_before, wall_after),
                    monotonic_ms: (before, after),
                })
            }
            _ => return None,
        })
    }
}
