//! What `env` holds in JavaScript, as TypeScript declares it.

use super::Config;
use larder_build::Api;
use serde_json::Value;

/// A property of `env`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    pub name: String,
    /// Its type.
    pub kind: String,
    /// Whether it may be missing.
    pub optional: bool,
}

impl Declaration {
    pub fn new(name: impl Into<String>, kind: impl Into<String>) -> Self {
        Self { name: name.into(), kind: kind.into(), optional: false }
    }

    pub fn namespace(name: impl Into<String>, api: Api) -> Self {
        let class = match api {
            Api::Workers => "KVNamespace",
            Api::OpenWorkers => "OpenWorkersKV",
        };
        Self::new(name, class)
    }

    /// The bindings and variables of a config. A flag may give a variable another value, so that
    /// its type is not the value itself.
    pub fn all_of(config: &Config) -> Vec<Self> {
        let namespaces = config.kv_namespaces.iter();
        let namespaces = namespaces.map(|kv| Self::namespace(&kv.binding, kv.api));
        let vars = config.vars.iter().map(|(name, value)| Self::new(name, kind_of(value)));
        namespaces.chain(vars).collect()
    }
}

fn kind_of(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(_) => "boolean".into(),
        Value::Number(_) => "number".into(),
        Value::String(_) => "string".into(),
        Value::Array(values) => {
            let mut kinds: Vec<_> = values.iter().map(kind_of).collect();
            kinds.sort();
            kinds.dedup();
            match kinds.as_slice() {
                [] => "never[]".into(),
                kinds => format!("({})[]", kinds.join(" | ")),
            }
        }
        Value::Object(values) => {
            let property = |(name, value): (&String, &Value)| {
                format!("{}: {}", Value::from(name.as_str()), kind_of(value))
            };
            format!("{{ {} }}", values.iter().map(property).collect::<Vec<_>>().join("; "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_has_the_type_of_what_is_in_it() {
        let value = json!({ "a": [1, 2, "b"], "c d": { "e": false }, "f": [null], "g": [] });
        let kind = "{ \"a\": (number | string)[]; \"c d\": { \"e\": boolean }; \
                    \"f\": (null)[]; \"g\": never[] }";
        assert_eq!(kind_of(&value), kind);
    }
}
