//! The values of flags.

use bytesize::ByteSize;
use larder_store::Expiration;
use std::str::FromStr;

/// A `--kv` flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kv {
    pub binding: String,
    pub namespace: Option<String>,
    pub read_only: bool,
}

impl FromStr for Kv {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (names, read_only) = match text.strip_suffix(":ro") {
            Some(names) => (names, true),
            None => (text, false),
        };
        let (binding, namespace) = match names.split_once('=') {
            Some((binding, namespace)) => (binding, Some(namespace)),
            None => (names, None),
        };
        if binding.is_empty() || namespace.is_some_and(str::is_empty) {
            return Err("it is NAME, NAME=NAMESPACE, NAME:ro or NAME=NAMESPACE:ro".into());
        }
        Ok(Self { binding: binding.into(), namespace: namespace.map(String::from), read_only })
    }
}

pub fn parse_var(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.into(), value.into())),
        _ => Err("it is NAME=VALUE".into()),
    }
}

pub fn parse_ttl(text: &str) -> Result<Expiration, humantime::DurationError> {
    match text.parse() {
        Ok(seconds) => Ok(Expiration::Ttl(seconds)),
        Err(_) => humantime::parse_duration(text).map(Expiration::after),
    }
}

pub fn parse_expiration(text: &str) -> Result<Expiration, std::num::ParseIntError> {
    text.parse().map(Expiration::At)
}

/// One side of a quota: a number, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(pub Option<u64>);

pub fn parse_keys(text: &str) -> Result<Limit, String> {
    limit(text, |text| text.parse().map_err(|_| "it is a number or `none`".into()))
}

pub fn parse_bytes(text: &str) -> Result<Limit, String> {
    let size = |text: &str| text.parse().map(|ByteSize(bytes)| bytes);
    limit(text, |text| size(text).map_err(|error| format!("{error}; it is a size or `none`")))
}

fn limit(text: &str, parse: impl FnOnce(&str) -> Result<u64, String>) -> Result<Limit, String> {
    match text {
        "none" => Ok(Limit(None)),
        text => parse(text).map(|limit| Limit(Some(limit))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binding_may_name_its_namespace_and_be_read_only() {
        let kv = |binding: &str, namespace: Option<&str>, read_only| {
            let (binding, namespace) = (binding.into(), namespace.map(String::from));
            Ok(Kv { binding, namespace, read_only })
        };
        assert_eq!("A".parse(), kv("A", None, false));
        assert_eq!("A:ro".parse(), kv("A", None, true));
        assert_eq!("A=b:c".parse(), kv("A", Some("b:c"), false));
        assert_eq!("A=b=c:ro".parse(), kv("A", Some("b=c"), true));
        assert!("=b".parse::<Kv>().is_err());
        assert!("A=".parse::<Kv>().is_err());
        assert!(":ro".parse::<Kv>().is_err());
    }

    #[test]
    fn a_limit_is_a_number_a_size_or_none() {
        assert_eq!(parse_keys("1000"), Ok(Limit(Some(1000))));
        assert_eq!(parse_keys("none"), Ok(Limit(None)));
        assert_eq!(parse_bytes("10MiB"), Ok(Limit(Some(10 << 20))));
        assert_eq!(parse_bytes("none"), Ok(Limit(None)));
        assert!(parse_keys("-1").is_err());
        assert!(parse_keys("10MiB").is_err());
        assert!(parse_bytes("much").is_err());
    }

    #[test]
    fn a_ttl_is_seconds_or_a_duration() {
        assert_eq!(parse_ttl("60"), Ok(Expiration::Ttl(60)));
        assert_eq!(parse_ttl("30m"), Ok(Expiration::TtlMs(1_800_000)));
        assert_eq!(parse_ttl("1h 500ms"), Ok(Expiration::TtlMs(3_600_500)));
        assert!(parse_ttl("soon").is_err());
        assert!(parse_ttl("-1").is_err());
    }
}
