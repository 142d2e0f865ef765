//! `.dev.vars`: secrets for development, in the format of the npm package dotenv, by which wrangler
//! reads it.

use crate::output;
use anyhow::{Context as _, Result};
use regex::Regex;
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

const FILE_NAME: &str = ".dev.vars";

/// A variable, as dotenv finds it: `NAME=value`, perhaps after `export`; a value in quotes may have
/// several lines, one without ends where a comment begins.
const VARIABLE: &str = r#"(?mx)
    ^\s* (?:export\s+)? ([\w.-]+) (?:\s*=\s*?|:\s+?)
    ( \s*'(?:\\'|[^'])*' | \s*"(?:\\"|[^"])*" | \s*`(?:\\`|[^`])*` | [^\#\r\n]+ )?
    \s* (?:\#.*)? $"#;

/// The files that may have secrets for an environment, the first of which wins as a whole.
pub fn files(directory: &Path, env: Option<&str>) -> Vec<PathBuf> {
    let own = env.map(|env| directory.join(format!("{FILE_NAME}.{env}")));
    own.into_iter().chain([directory.join(FILE_NAME)]).collect()
}

pub fn read(directory: &Path, env: Option<&str>) -> Result<BTreeMap<String, String>> {
    for file in files(directory, env) {
        match fs::read_to_string(&file) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            text => {
                let text = text.with_context(|| format!("cannot read {}", output::path(&file)))?;
                return parse(&text);
            }
        }
    }
    Ok(BTreeMap::new())
}

fn parse(text: &str) -> Result<BTreeMap<String, String>> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut variables = BTreeMap::new();
    for variable in Regex::new(VARIABLE)?.captures_iter(&text) {
        let part = |number| variable.get(number).map_or("", |part| part.as_str());
        variables.insert(part(1).to_owned(), unquoted(part(2).trim()));
    }
    Ok(variables)
}

fn unquoted(value: &str) -> String {
    let within = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
    match within('"') {
        Some(text) => text.replace("\\n", "\n").replace("\\r", "\r"),
        None => within('\'').or_else(|| within('`')).unwrap_or(value).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whose answers are those of dotenv 16.
    #[test]
    fn variables_are_read_as_dotenv_reads_them() {
        let text = r#"
# a comment
PLAIN=a b # and what it is
export EXPORTED = x
EMPTY=
SINGLE='a # \n $PLAIN'
DOUBLE="two\nlines"
BACK=`it's "so"`
COLON: y
HASH="a#b"   # after it
SPACED=  a  b  
MANY="-----BEGIN-----
line # 2
-----END-----"
QUOTE=it's
dotted.name-x=1
not a variable
TWICE=1
TWICE=2
EQUALS=a=b==
OPEN="never closed
LAST=z"#;
        let expected = [
            ("BACK", "it's \"so\""),
            ("COLON", "y"),
            ("DOUBLE", "two\nlines"),
            ("EMPTY", ""),
            ("EQUALS", "a=b=="),
            ("EXPORTED", "x"),
            ("HASH", "a#b"),
            ("LAST", "z"),
            ("MANY", "-----BEGIN-----\nline # 2\n-----END-----"),
            ("OPEN", "\"never closed"),
            ("PLAIN", "a b"),
            ("QUOTE", "it's"),
            ("SINGLE", "a # \\n $PLAIN"),
            ("SPACED", "a  b"),
            ("TWICE", "2"),
            ("dotted.name-x", "1"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(parse(text).unwrap(), BTreeMap::from(expected.clone()));
        assert_eq!(parse(&text.replace('\n', "\r\n")).unwrap(), BTreeMap::from(expected));
    }
}
