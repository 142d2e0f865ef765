//! `larder kv bulk`, and the listings that are its files.

use super::{json_of, n1};
use crate::project::Project;
use serde_json::{Value, json};

#[test]
fn a_listing_has_every_key() {
    let project = Project::new();
    let pairs: Vec<_> = (0..2300)
        .map(|n| json!({ "key": format!("{n:04}"), "value": "v", "metadata": { "n": n } }))
        .collect();
    project.write("pairs.json", json!(pairs).to_string());
    let (code, printed, said) = n1(&project, &["bulk", "put", "pairs.json"]).ended();
    assert_eq!((code, printed.ends_with("Success!\n")), (Some(0), true));
    let lines: Vec<_> = said.lines().collect();
    let last = "Uploaded 100% (2300 out of 2300)";
    assert_eq!(lines, ["Uploaded 43% (1000 out of 2300)", "Uploaded 86% (2000 out of 2300)", last]);
    let listed = n1(&project, &["key", "list"]).succeeds();
    let first = "[\n  {\n    \"name\": \"0000\",\n    \"metadata\": {\"n\":0}\n  },\n  {\n";
    assert!(listed.starts_with(first), "{listed:.200}");
    let names = serde_json::from_str::<Vec<Value>>(&listed).unwrap();
    assert_eq!((names.len(), &names[2299]["name"]), (2300, &json!("2299")));

    // What a listing prints is the file of the other commands.
    project.write("keys.json", &listed);
    let found = json_of(n1(&project, &["bulk", "get", "keys.json"]));
    assert_eq!((found.as_object().unwrap().len(), &found["2299"]["value"]), (2300, &json!("v")));
    let said = n1(&project, &["bulk", "delete", "keys.json"]).fails(1);
    assert!(said.contains("say --force"), "{said}");
    n1(&project, &["bulk", "delete", "keys.json", "--force"]).succeeds();
    assert_eq!(n1(&project, &["key", "list"]).succeeds(), "[]\n");
}

#[test]
fn a_bulk_put_that_stops_says_how_far_it_came() {
    let project = Project::new();
    let mut pairs: Vec<_> =
        (0..1002).map(|n| json!({ "key": format!("{n:04}"), "value": "v" })).collect();
    pairs[1001]["expiration_ttl"] = json!(0);
    project.write("pairs.json", json!(pairs).to_string());
    let (code, printed, said) = n1(&project, &["bulk", "put", "pairs.json"]).ended();
    assert_eq!((code, printed.as_str()), (Some(1), ""));
    let expected = "error: 1000 of 1002 pairs were written; of the rest: item 1, \"1001\": a ttl of 0 \
                    is not allowed; the least is 1\n";
    assert!(said.ends_with(expected), "{said}");
    let listed = json_of(n1(&project, &["key", "list"]));
    assert_eq!(listed.as_array().unwrap().len(), 1000);
}

#[test]
fn a_bulk_get_answers_in_the_order_asked_for_whatever_the_size() {
    let project = Project::new();
    let value = "v".repeat(9 << 20);
    let pairs: Vec<_> =
        ["x", "10", "2"].iter().map(|key| json!({ "key": key, "value": value })).collect();
    project.write("pairs.json", json!(pairs).to_string());
    n1(&project, &["bulk", "put", "pairs.json"]).succeeds();
    project.write("keys.json", r#"["x", "10", {"name": "2"}, "__proto__", "x"]"#);
    let printed = n1(&project, &["bulk", "get", "keys.json"]).succeeds();
    let lines: Vec<_> = printed.lines().filter(|line| !line.contains("vvv")).collect();
    let opened = |key: &str| format!("  \"{key}\": {{");
    let (x, ten, two, proto) = (opened("x"), opened("10"), opened("2"), opened("__proto__"));
    let expected =
        ["{", &x, "  },", &ten, "  },", &two, "  },", &proto, "    \"value\": null", "  }", "}"];
    assert_eq!(lines, expected);
    project.write("keys.json", "[]");
    assert_eq!(n1(&project, &["bulk", "get", "keys.json"]).succeeds(), "{}\n");
}

#[test]
fn a_bad_file_changes_nothing_and_says_where() {
    let project = Project::new();
    n1(&project, &["key", "put", "old", "v"]).succeeds();
    let put = |text: &str| {
        project.write("f.json", text);
        let said = n1(&project, &["bulk", "put", "f.json"]).fails(1);
        assert_eq!(json_of(n1(&project, &["key", "list"])), json!([{ "name": "old" }]), "{said}");
        said
    };
    assert_eq!(put("[{\"key\":\n 1"), "error: f.json:2:2: EOF while parsing an object\n");
    assert!(put("{}").contains("Expected an array of key-value objects"));
    let good = r#"{"key":"a","value":"v"}"#;
    let said = put(&format!(r#"[{good}, {{"key":"b","value":"*","base64":true}}]"#));
    assert!(said.contains("The item at index 1 is {\"key\":\"b\""), "{said}");
    let said = put(&format!(r#"[{good}, {{"key":"b","value":"","expiration_ttl":0}}]"#));
    assert!(said.contains("item 1, \"b\": a ttl of 0 is not allowed"), "{said}");
    let many = format!("[{}]", ["1"; 14].join(","));
    let said = put(&many);
    assert!(said.contains("index 11 is 1") && !said.contains("index 12"), "{said}");
    let said = put(&format!("[{{\"key\":\"{}\"}}]", "k".repeat(5000)));
    assert!(said.len() < 700 && said.contains('…'), "{said}");
    assert!(n1(&project, &["bulk", "put", "none.json"]).fails(1).contains("cannot read none.json"));

    for command in ["get", "delete"] {
        project.write("f.json", r#"["old", 1, {"nam": "old"}]"#);
        let said = n1(&project, &["bulk", command, "f.json"]).fails(1);
        assert!(said.contains("index 1 is 1\nThe item at index 2 is {\"nam\": \"old\"}"), "{said}");
    }
    assert_eq!(n1(&project, &["key", "get", "old"]).succeeds(), "v");
}
