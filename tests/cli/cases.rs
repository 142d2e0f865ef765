//! The recorded cases of Workers KV that are not of its binding: commands, and HTTP.

use serde_json::Value;

const REFERENCE: &str = include_str!("../cases/workers_kv.json");
/// Where we answer better, and why that is better.
const BETTER: &str = include_str!("../cases/better.json");

/// The cases of an area, with the better answer where there is one.
pub fn of(area: &str) -> Vec<Value> {
    let reference: Vec<Value> = serde_json::from_str(REFERENCE).unwrap();
    let better: Vec<Value> = serde_json::from_str(BETTER).unwrap();
    let mut cases: Vec<_> = reference.into_iter().filter(|case| case["area"] == area).collect();
    for case in &mut cases {
        if let Some(better) = better.iter().find(|better| better["id"] == case["id"]) {
            case["expected"] = better["expected"].clone();
        }
    }
    cases
}

/// Whether an answer has what is expected of it: it may have more fields.
pub fn has(actual: &Value, expected: &Value) -> bool {
    match (expected, actual) {
        (Value::Object(fields), _) if fields.contains_key("$any") => {
            actual.as_str().is_some_and(|text| !text.is_empty())
        }
        (Value::Object(fields), _) if fields.contains_key("$number") => actual.is_number(),
        (Value::Object(expected), Value::Object(actual)) => expected
            .iter()
            .all(|(name, value)| actual.get(name).is_some_and(|actual| has(actual, value))),
        (Value::Array(expected), Value::Array(actual)) => {
            expected.len() == actual.len()
                && expected.iter().zip(actual).all(|(expected, actual)| has(actual, expected))
        }
        (expected, actual) => expected == actual,
    }
}
