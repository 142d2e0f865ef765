//! What a case expects, in the encodings of the cases' legend.

use serde_json::{Value, json};

/// The expectation of a case that began at the second `now`, with what is repeated written out.
pub fn expanded(expected: &Value, now: u64) -> Value {
    match expected {
        Value::String(text) => times_filled_in(text, now).into(),
        Value::Array(items) => items.iter().map(|item| expanded(item, now)).collect(),
        Value::Object(fields) => match fields.iter().next() {
            Some((encoding, value)) if encoding == "$repeat" => repeated(value).into(),
            Some((encoding, seconds)) if encoding == "$now_plus" => {
                json!(now.checked_add_signed(seconds.as_i64().unwrap()))
            }
            _ => fields.iter().map(|(name, value)| (name.clone(), expanded(value, now))).collect(),
        },
        other => other.clone(),
    }
}

fn repeated(encoded: &Value) -> String {
    let (text, count) = (encoded[0].as_str().unwrap(), encoded[1].as_u64().unwrap());
    text.repeat(count.try_into().unwrap())
}

/// A text in which `{now}`, `{now+N}` and `{now-N}` stand for seconds.
fn times_filled_in(text: &str, now: u64) -> String {
    let Some((before, rest)) = text.split_once("{now") else { return text.to_owned() };
    let (offset, after) = rest.split_once('}').unwrap();
    let offset: i64 = if offset.is_empty() { 0 } else { offset.parse().unwrap() };
    format!("{before}{}{after}", now.checked_add_signed(offset).unwrap())
}

pub struct Expected<'a>(pub &'a Value);

impl Expected<'_> {
    /// Whether that came out.
    pub fn holds(&self, actual: &Value) -> bool {
        if let Some(holds) = special(self.0, actual) {
            return holds;
        }
        match (self.0, actual) {
            (Value::Object(expected), Value::Object(actual)) => {
                expected.keys().eq(actual.keys())
                    && expected.iter().all(|(name, value)| Self(value).holds(&actual[name]))
            }
            (Value::Array(expected), Value::Array(actual)) => {
                expected.len() == actual.len()
                    && expected
                        .iter()
                        .zip(actual)
                        .all(|(expected, actual)| Self(expected).holds(actual))
            }
            (expected, actual) => expected == actual,
        }
    }
}

/// For an encoding that stands for many values: whether this is one of them.
fn special(expected: &Value, actual: &Value) -> Option<bool> {
    let (encoding, value) = expected.as_object()?.iter().next()?;
    Some(match encoding.as_str() {
        "$any" => actual.as_str().is_some_and(|text| !text.is_empty()),
        "$map_size" => {
            actual["$map"].as_array().map(Vec::len) == value.as_u64().map(|size| size as usize)
        }
        "$page_sizes" => {
            let sizes = actual.as_array()?.iter().map(|page| page.as_array().map(Vec::len));
            json!(sizes.collect::<Vec<_>>()) == *value
        }
        _ => return None,
    })
}
