//! The limits, and what is refused beyond them.

use crate::operation;
use larder_store::limits::{
    COMMIT_BYTES_MAX, COMMIT_OPERATIONS_MAX, GET_MANY_KEYS_MAX, ID_BYTES_MAX, KEY_BYTES_MAX,
    LIST_KEYS_MAX, METADATA_BYTES_MAX, SCOPE_BYTES_MAX, TITLE_BYTES_MAX, VALUE_BYTES_MAX,
};
use larder_store::{Check, ErrorKind, Expiration, ListOptions, Operation, Subject, UnixMillis};

const ILLEGAL: Option<ErrorKind> = Some(ErrorKind::InvalidArgument);

/// Refuses what has any of these faults, with an error of the kind of one of them.
pub(super) fn refuse(faults: impl IntoIterator<Item = Option<ErrorKind>>) -> super::Verdict<()> {
    let faults: Vec<ErrorKind> = faults.into_iter().flatten().collect();
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

fn above(of: Subject, bytes: usize, max: usize) -> Option<ErrorKind> {
    let (bytes, max) = (bytes as u64, max as u64);
    (bytes > max).then_some(ErrorKind::TooLarge { of, bytes, max })
}

/// 1 to 512 bytes, not `.` or `..`.
pub(super) fn key(key: &str) -> Option<ErrorKind> {
    if is_no_key(key) { ILLEGAL } else { bound(key) }
}

/// What can be no key, whatever its length: a listing never shows it, since no get can ask for it.
pub(super) fn is_no_key(text: &str) -> bool {
    ["", ".", ".."].contains(&text)
}

fn bound(text: &str) -> Option<ErrorKind> {
    above(Subject::Key, text.len(), KEY_BYTES_MAX)
}

/// At most 25 MiB.
pub(super) fn value(bytes: usize) -> Option<ErrorKind> {
    above(Subject::Value, bytes, VALUE_BYTES_MAX)
}

/// At most 1024 bytes of JSON.
pub(super) fn metadata(text: Option<&str>) -> [Option<ErrorKind>; 2] {
    let text = text.unwrap_or("1");
    let is_json = !operation::NO_JSON.contains(&text);
    [above(Subject::Metadata, text.len(), METADATA_BYTES_MAX), ILLEGAL.filter(|_| !is_json)]
}

/// 1 to 100 keys.
pub(super) fn key_count(count: usize) -> Option<ErrorKind> {
    ILLEGAL.filter(|_| !(1..=GET_MANY_KEYS_MAX).contains(&count))
}

/// All prefixes of a scope together.
pub(super) fn scope(prefix: &str) -> Option<ErrorKind> {
    ILLEGAL.filter(|_| prefix.len() > SCOPE_BYTES_MAX)
}

/// 1 to 512 bytes without control characters.
pub(super) fn title(title: &str) -> Option<ErrorKind> {
    let is_legal = (1..=TITLE_BYTES_MAX).contains(&title.len());
    ILLEGAL.filter(|_| !is_legal || title.contains(|c: char| c.is_control()))
}

/// 1 to 64 ASCII letters, digits, `-` and `_`.
pub(super) fn id(id: &str) -> Option<ErrorKind> {
    let is_legal = (1..=ID_BYTES_MAX).contains(&id.len());
    let is_of_id = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    ILLEGAL.filter(|_| !is_legal || !id.chars().all(is_of_id))
}

/// 1 to 1000 keys, between bounds of at most 512 bytes.
pub(super) fn page(options: &ListOptions) -> impl Iterator<Item = Option<ErrorKind>> {
    let limit = options.limit.unwrap_or(1) as usize;
    let bounds = [&options.prefix, &options.start, &options.end].into_iter().flatten();
    let faults = bounds.map(|text| bound(text));
    faults.chain([ILLEGAL.filter(|_| !(1..=LIST_KEYS_MAX).contains(&limit))])
}

/// At least 1 operation, 1000 with the checks, 25 MiB in all.
pub(super) fn commit(checks: &[Check], operations: &[Operation]) -> Vec<Option<ErrorKind>> {
    let count = checks.len() + operations.len();
    let keys = checks.iter().map(|check| check.key.as_str());
    let checked: usize = keys.clone().map(str::len).sum();
    let bytes = checked + operations.iter().map(bytes_of).sum::<usize>();
    let mut faults: Vec<_> = keys.map(key).collect();
    faults.extend(operations.iter().flat_map(operation));
    faults.push(ILLEGAL.filter(|_| operations.is_empty() || count > COMMIT_OPERATIONS_MAX));
    faults.push(above(Subject::Batch, bytes, COMMIT_BYTES_MAX));
    faults
}

fn bytes_of(operation: &Operation) -> usize {
    let put = match operation {
        Operation::Put { value, metadata, .. } => {
            value.len() + metadata.as_ref().map_or(0, String::len)
        }
        _ => 0,
    };
    operation.key().len() + put
}

/// What of an operation can be told whatever the time and the namespace.
pub(super) fn operation(operation: &Operation) -> Vec<Option<ErrorKind>> {
    let mut faults = vec![key(operation.key())];
    if let Operation::Put { value: content, metadata: text, .. } = operation {
        faults.push(value(content.len()));
        faults.extend(metadata(text.as_deref()));
    }
    faults
}

/// The time that is meant at `now`: after it, and before 2^64 ms.
pub(super) fn time(expiration: Option<Expiration>, now: u64) -> super::Verdict<Option<UnixMillis>> {
    let Some(expiration) = expiration else { return Ok(None) };
    let now = u128::from(now);
    let at = match expiration {
        Expiration::Ttl(seconds) => now + u128::from(seconds) * 1000,
        Expiration::TtlMs(millis) => now + u128::from(millis),
        Expiration::At(seconds) => u128::from(seconds) * 1000,
        Expiration::AtMs(millis) => u128::from(millis),
        _ => return Err(vec![]),
    };
    match u64::try_from(at) {
        Ok(millis) if at > now => Ok(Some(UnixMillis::new(millis))),
        _ => Err(vec![ErrorKind::InvalidArgument]),
    }
}
