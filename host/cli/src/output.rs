//! What is printed, and how: answers on standard output, everything else on standard error.

use bytesize::ByteSize;
use larder_store::{Head, KeyInfo, UnixMillis};
use serde::Serialize;
use serde_json::value::RawValue;
use std::fmt::{self, Write as _};
use std::io::{self, BufWriter, StdoutLock, Write as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Says something on standard error. Whether anybody listens does not matter.
pub fn note(text: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// An error with its causes, each of them once: some of them end in the words of theirs.
pub fn error(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.ends_with(&cause) {
            text += ": ";
            text += &cause;
        }
    }
    text
}

/// Standard output for an answer. To be flushed, so that a failed write is seen.
pub fn answer() -> BufWriter<StdoutLock<'static>> {
    BufWriter::new(io::stdout().lock())
}

/// A path as short as it can be said in the working directory.
pub fn path(path: &Path) -> String {
    let working = std::env::current_dir().unwrap_or_default();
    match path.strip_prefix(&working) {
        Ok(relative) if relative.as_os_str().is_empty() => ".".into(),
        Ok(relative) => relative.display().to_string(),
        Err(_) => path.display().to_string(),
    }
}

/// Text of which a terminal or a line-wise reader can take no harm.
pub fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for char in text.chars() {
        match char.is_control() {
            true => printable.extend(char.escape_default()),
            false => printable.push(char),
        }
    }
    printable
}

/// A number of bytes for people.
pub fn size(bytes: u64) -> impl fmt::Display {
    ByteSize(bytes).display().iec()
}

/// How long something took, for people.
pub fn time(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{:.1} ms", time.as_secs_f64() * 1000.0),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

/// How many there are of something.
pub fn count(count: u64, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    }
}

/// Names for people to choose from.
pub fn names<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN_MAX: usize = 20;
    let more = names.len().saturating_sub(SHOWN_MAX);
    let mut text = names.take(SHOWN_MAX).map(printable).collect::<Vec<_>>().join(", ");
    if more > 0 {
        let _ = write!(text, " and {more} more");
    }
    text
}

/// A point in time and how far it is from now.
pub fn instant(point: UnixMillis, now_ms: u64) -> String {
    /// The last second of the year 9999, where the four digits of the year end.
    const RFC_3339_SECS_MAX: u64 = 253_402_300_799;
    let secs = point.as_millis() / 1000;
    if secs > RFC_3339_SECS_MAX {
        return format!("{secs} s after the Unix epoch");
    }
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(secs);
    let left = Duration::from_secs(point.as_millis().saturating_sub(now_ms).div_ceil(1000));
    let time = humantime::format_rfc3339_seconds(time);
    format!("{time} (in {})", humantime::format_duration(left))
}

/// A key for `--json`, without its value.
#[derive(Serialize)]
pub struct KeyJson<'a> {
    name: &'a str,
    size: u64,
    /// As text: a version may be above 2^53, which many readers of JSON round.
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a RawValue>,
}

impl<'a> KeyJson<'a> {
    pub fn new(name: &'a str, head: &'a Head) -> serde_json::Result<Self> {
        Ok(Self {
            name,
            size: head.size,
            version: head.version.as_u64().to_string(),
            expiration: head.expiration.map(UnixMillis::as_secs_ceil),
            metadata: head.metadata.as_deref().map(serde_json::from_str).transpose()?,
        })
    }
}

/// A key for people, without its value.
pub fn write_key(out: &mut impl io::Write, key: &KeyInfo, now_ms: u64) -> io::Result<()> {
    let KeyInfo { name, head } = key;
    writeln!(out, "key         {}", printable(name))?;
    writeln!(out, "size        {}", count(head.size, "byte"))?;
    writeln!(out, "version     {}", head.version.as_u64())?;
    match head.expiration {
        Some(point) => writeln!(out, "expiration  {}", instant(point, now_ms))?,
        None => writeln!(out, "expiration  never")?,
    }
    match &head.metadata {
        Some(metadata) => writeln!(out, "metadata    {}", printable(metadata)),
        None => Ok(()),
    }
}
