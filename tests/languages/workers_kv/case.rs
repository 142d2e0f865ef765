//! A case: what is done, and what comes of it.

use super::outcome::{Expected, expanded};
use serde::Deserialize;
use serde_json::{Value, json};

/// Recorded from the reference, with the areas that are not the binding.
const REFERENCE: &str = include_str!("../../cases/workers_kv.json");
/// Of the same kind, by us: recorded from the reference as far as it has the thing.
const OURS: &str = include_str!("../../cases/larder_js.json");
/// Where we answer better, and why that is better.
const BETTER: &str = include_str!("../../cases/better.json");

#[derive(Deserialize)]
pub struct Case {
    pub id: String,
    pub area: String,
    setup: Vec<Value>,
    op: Value,
    expected: Value,
    #[serde(default)]
    clock: Option<String>,
    /// Milliseconds into a second at which the case begins.
    #[serde(default)]
    pub clock_ms: u64,
    /// What the binding is made with.
    #[serde(default)]
    pub settings: Value,
}

#[derive(Deserialize)]
pub struct Better {
    pub id: String,
    expected: Value,
    pub reason: String,
}

/// Every case, with the better answer where there is one.
pub fn all() -> Vec<Case> {
    let reference: Vec<Value> = serde_json::from_str(REFERENCE).unwrap();
    // The first is the legend.
    let reference = reference.into_iter().skip(1).map(|case| serde_json::from_value(case).unwrap());
    let ours: Vec<Case> = serde_json::from_str(OURS).unwrap();
    let mut cases: Vec<Case> = reference.chain(ours).collect();
    for better in better() {
        for case in cases.iter_mut().filter(|case| case.id == better.id) {
            case.expected = better.expected.clone();
        }
    }
    cases
}

pub fn better() -> Vec<Better> {
    serde_json::from_str(BETTER).unwrap()
}

impl Case {
    pub fn sets_clock(&self) -> bool {
        self.clock.is_some()
    }

    /// Does the case at the second `now`: `answer` does an operation, which gets the case's state,
    /// and `advance` moves the clock by milliseconds.
    #[track_caller]
    pub fn run(
        &self,
        mut answer: impl FnMut((&Value, &Value)) -> Value,
        mut advance: impl FnMut(u64),
        now: u64,
    ) {
        let mut state = json!({ "now": now });
        for operation in &self.setup {
            if let Some(milliseconds) = operation["ms"].as_u64() {
                advance(milliseconds);
                continue;
            }
            let outcome = answer((operation, &state));
            let failed = outcome.get("error").is_some() && operation["may_fail"] != true;
            assert!(!failed, "{}: {operation} came to {outcome}", self.id);
            if operation["op"] == "save_cursor" {
                state["cursor"] = outcome["ok"].clone();
            }
        }
        let outcome = answer((&self.op, &state));
        let expected = expanded(&self.expected, now);
        let held = Expected(&expected).holds(&outcome);
        assert!(held, "{}: expected\n{expected}\nbut it came to\n{outcome}", self.id);
    }
}
