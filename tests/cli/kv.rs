//! `larder kv`: wrangler's arguments, files and outputs.

mod bulk;

use crate::cases;
use crate::project::{Project, Ran};
use serde_json::{Value, json};
use std::fs;

const SEEDS: [&str; 4] = [
    include_str!("../cases/seeds/0_openworkers_kv.txt"),
    include_str!("../cases/seeds/1_workers_kv_notes.txt"),
    include_str!("../cases/seeds/2_workerd_kv.txt"),
    include_str!("../cases/seeds/3_kv_skill.txt"),
];

fn kv<'a>(project: &Project, args: impl IntoIterator<Item = &'a str>) -> Ran {
    project.larder(["kv"].into_iter().chain(args))
}

/// In the namespace of the id `n1`, which the first write creates.
fn n1(project: &Project, args: &[&str]) -> Ran {
    kv(project, [args, &["--namespace-id", "n1"]].concat())
}

fn bound(project: &Project, args: &[&str]) -> Ran {
    kv(project, [args, &["--binding", "KV"]].concat())
}

#[track_caller]
fn json_of(ran: Ran) -> Value {
    serde_json::from_str(&ran.succeeds()).unwrap()
}

fn do_case(project: &Project, step: &Value) -> Option<Ran> {
    if let Some(file) = step["file"].as_str() {
        project.write(file, step["json"].to_string());
        return None;
    }
    let args: Vec<&str> =
        step.as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect();
    Some(project.larder(args))
}

#[test]
fn every_recorded_case_holds() {
    let cases = cases::of("cli");
    assert_eq!(cases.len(), 13);
    for case in cases {
        let (id, project) = (&case["id"], Project::new());
        for step in case["setup"].as_array().unwrap() {
            if let Some(ran) = do_case(&project, step) {
                let (code, _, said) = ran.ended();
                assert_eq!(code, Some(0), "{id}: {said}");
            }
        }
        let expected = &case["expected"];
        let ran = do_case(&project, &case["op"]).unwrap();
        if let Some(bytes) = expected["stdout_bytes"].as_array() {
            assert_eq!(json!(ran.succeeds_with_bytes()), json!(bytes), "{id}");
            continue;
        }
        let (code, stdout, stderr) = ran.ended();
        assert_eq!(json!(code), expected["exit"], "{id}: {stderr}");
        let both = format!("{stdout}{stderr}");
        let is_in = |texts: &Value, output: &str| {
            let texts = texts.as_array().into_iter().flatten();
            texts.map(|text| text.as_str().unwrap()).all(|text| output.contains(text))
        };
        assert!(is_in(&expected["stdout_has"], &stdout), "{id}: {stdout}");
        assert!(is_in(&expected["output_has"], &both), "{id}: {both}");
        assert!(expected["stdout"].is_null() || expected["stdout"] == stdout, "{id}: {stdout}");
        if !expected["json"].is_null() {
            let found: Value = serde_json::from_str(&stdout).unwrap();
            assert_eq!(found, expected["json"], "{id}");
        }
    }
}

/// The commands of a seed, as they stand there but for the name.
fn commands(seed: &str) -> Vec<Vec<&str>> {
    let commands = seed.split("wrangler kv ").skip(1);
    let commands = commands.map(|rest| rest.split(['#', '\n', '`']).next().unwrap());
    commands.map(|command| command.split_whitespace().collect()).collect()
}

#[test]
fn the_commands_of_the_seeds_run() {
    let found: Vec<_> = SEEDS.into_iter().map(commands).collect();
    assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [0, 2, 0, 2]);
    for commands in found {
        let project = Project::new();
        let mut created: Vec<(String, String)> = Vec::new();
        for command in &commands {
            let printed = kv(&project, command.iter().copied()).succeeds();
            match command[1] {
                "create" => {
                    let id = printed.trim_end().rsplit("id = ").next().unwrap().trim_matches('"');
                    let more = if command.contains(&"--preview") { "_preview" } else { "" };
                    created.push((format!("{}{more}", command[2]), id.to_owned()));
                }
                _ => {
                    assert_eq!(serde_json::from_str::<Value>(&printed).unwrap(), listing(&created))
                }
            }
        }
        assert_eq!(json_of(kv(&project, ["namespace", "list"])), listing(&created));
        for (title, id) in created {
            kv(&project, ["key", "put", "k", &title, "--namespace-id", &id]).succeeds();
        }
    }
}

fn listing(created: &[(String, String)]) -> Value {
    let rows = created.iter();
    rows.map(|(title, id)| json!({ "id": id, "title": title, "supports_url_encoding": true }))
        .collect()
}

#[test]
fn a_namespace_is_created_with_what_binds_it() {
    let project = Project::new();
    assert_eq!(kv(&project, ["namespace", "list"]).succeeds(), "[]\n");
    assert!(!project.path(".larder").exists());
    let printed = kv(&project, ["namespace", "create", "my app-sessions!"]).succeeds();
    let lines: Vec<_> = printed.lines().collect();
    let title = "🌀 Creating namespace with title \"my app-sessions!\"";
    assert_eq!(lines[..4], ["Resource location: local", "", title, "✨ Success!"]);
    assert_eq!(lines[5..7], ["[[kv_namespaces]]", "binding = \"my_app_sessions\""]);
    // The project can be served by it.
    project.write("larder.toml", lines[5..].join("\n"));
    kv(&project, ["key", "put", "k", "v", "--binding", "my_app_sessions"]).succeeds();
    let id = lines[7].strip_prefix("id = ").unwrap().trim_matches('"');
    assert_eq!(kv(&project, ["key", "get", "k", "--namespace-id", id]).succeeds(), "v");

    let (code, _, said) = kv(&project, ["namespace", "create", "my app-sessions!"]).ended();
    assert_eq!(code, Some(1));
    let expected = "error: a namespace with the title \"my app-sessions!\" already exists: `larder \
                    kv namespace list` prints its id\n";
    assert_eq!(said, expected);
    let printed = kv(&project, ["namespace", "create", "7", "--binding", "SEVEN"]).succeeds();
    assert!(printed.contains("binding = \"SEVEN\""), "{printed}");
    let printed = kv(&project, ["namespace", "create", "8"]).succeeds();
    assert!(printed.contains("binding = \"_8\""), "{printed}");
    let printed = kv(&project, ["namespace", "create", "ü"]).succeeds();
    assert!(printed.contains("binding = \"KV\""), "{printed}");
}

#[test]
fn a_config_is_updated_when_that_is_asked_for() {
    let project = Project::new();
    let create = |title: &str, more: &[&str]| {
        kv(&project, [&["namespace", "create", title, "--update-config"], more].concat())
    };
    let text = "{\n  // mine\n  \"name\": \"w\",\n  \"env\": { \"s\": {} }\n}\n";
    project.write("wrangler.jsonc", text);
    kv(&project, ["namespace", "create", "A", "--update-config", "false"]).succeeds();
    assert_eq!(fs::read_to_string(project.path("wrangler.jsonc")).unwrap(), text);
    let printed = create("B", &[]).succeeds();
    assert!(printed.ends_with("It was added to wrangler.jsonc.\n"), "{printed}");
    create("C", &["--binding", "D", "-e", "s"]).succeeds();
    let updated = fs::read_to_string(project.path("wrangler.jsonc")).unwrap();
    assert!(updated.starts_with("{\n  // mine\n  \"name\": \"w\",\n"), "{updated}");
    kv(&project, ["key", "put", "k", "v", "--binding", "B"]).succeeds();
    kv(&project, ["key", "put", "k", "v", "--binding", "D", "--env", "s"]).succeeds();

    let listed = kv(&project, ["namespace", "list"]).succeeds();
    let said = create("B", &[]).fails(1);
    assert!(said.contains("wrangler.jsonc has a binding `B` already"), "{said}");
    assert!(create("E", &["--preview"]).fails(1).contains("keep one"));
    project.write("larder.toml", "kv_namespaces = [] # mine\n");
    assert!(create("E", &[]).fails(1).contains("as it is written in larder.toml"));
    assert_eq!(kv(&project, ["namespace", "list"]).succeeds(), listed);
    project.write("larder.toml", "addr = \"127.0.0.1:0\" # mine\n");
    create("E", &[]).succeeds();
    kv(&project, ["key", "put", "k", "v", "--binding", "E"]).succeeds();
}

#[test]
fn a_namespace_is_renamed_and_deleted_by_title_or_id() {
    let project = Project::new();
    n1(&project, &["key", "put", "k", "v"]).succeeds();
    let rename = |args: &[&str]| {
        kv(&project, [&["namespace", "rename"], args, &["--new-name", "b"]].concat())
    };
    let printed = rename(&["n1"]).succeeds();
    assert!(printed.ends_with("✨ Successfully renamed namespace to \"b\"\n"), "{printed}");
    rename(&["--namespace-id", "n1"]).succeeds();
    assert!(rename(&[]).fails(1).contains("must be specified"));
    assert!(rename(&["b", "--namespace-id", "n1"]).fails(1).contains("not both"));
    assert!(rename(&["gone"]).fails(1).contains("No namespace found with the name \"gone\""));
    assert_eq!(json_of(kv(&project, ["namespace", "list"]))[0]["title"], "b");

    let (code, _, said) = kv(&project, ["namespace", "delete", "b"]).ended();
    assert_eq!((code, said.contains("say --skip-confirmation")), (Some(1), true), "{said}");
    assert!(kv(&project, ["namespace", "delete"]).fails(1).contains("Must specify one of"));
    let both = ["namespace", "delete", "b", "--namespace-id", "n1"];
    assert!(kv(&project, both).fails(1).contains("Use only one"));
    let printed = kv(&project, ["namespace", "delete", "b", "-y"]).succeeds();
    assert!(printed.ends_with("Deleted KV namespace name: \"b\" (id: \"n1\").\n"), "{printed}");
    n1(&project, &["key", "put", "k", "v"]).succeeds();
    n1(&project, &["namespace", "delete", "--skip-confirmation"]).succeeds();
    assert_eq!(kv(&project, ["namespace", "list"]).succeeds(), "[]\n");
}

#[test]
fn a_value_goes_in_and_out_as_it_is() {
    let project = Project::new();
    project.write("value", b"\xff\x00\n");
    let printed = n1(&project, &["key", "put", "--path", "value", "file"]).succeeds();
    let expected = "Resource location: local\n\n\
                    Writing the contents of value to the key \"file\" on namespace id: \"n1\".\n";
    assert_eq!(printed, expected);
    assert_eq!(n1(&project, &["key", "get", "file"]).succeeds_with_bytes(), b"\xff\x00\n");
    assert_eq!(n1(&project, &["key", "get", "file", "--text"]).succeeds(), "\u{fffd}\0\n\n");
    n1(&project, &["key", "put", "empty", ""]).succeeds();
    assert_eq!(n1(&project, &["key", "get", "empty"]).succeeds(), "");
    n1(&project, &["key", "put", "dash", "-"]).succeeds();
    assert_eq!(n1(&project, &["key", "get", "dash"]).succeeds(), "-");
    n1(&project, &["key", "put", "negative", "-5", "--local"]).succeeds();
    assert_eq!(n1(&project, &["key", "get", "negative"]).succeeds(), "-5");
    let said = n1(&project, &["key", "put", "a", "--path", "missing"]).fails(1);
    assert!(said.contains("cannot read missing"), "{said}");
    assert!(n1(&project, &["key", "put", "a"]).fails(1).contains("exactly one of <value> and"));
}

#[test]
fn what_is_missing_is_exit_code_1() {
    let project = Project::new();
    n1(&project, &["key", "put", "10", "v"]).succeeds();
    let said = n1(&project, &["key", "get", "k"]).fails(1);
    assert_eq!(said, "error: Value not found: there is no key \"k\" in namespace id: \"n1\"\n");
    let said = kv(&project, ["key", "list", "--namespace-id", "n2"]).fails(1);
    assert!(said.starts_with("error: no namespace with the id `n2`"), "{said}");
    n1(&project, &["namespace", "rename", "--new-name", "title"]).succeeds();
    let said = kv(&project, ["key", "put", "k", "v", "--namespace-id", "title"]).fails(1);
    assert_eq!(said, "error: `title` is a title, not an id: say --namespace-id n1\n");
    // As a delete through the binding, which says nothing of it.
    n1(&project, &["key", "delete", "k"]).succeeds();
}

#[test]
fn a_binding_is_what_the_config_says() {
    let project = Project::new();
    project.write(
        "larder.toml",
        "[[kv_namespaces]]\nbinding = \"KV\"\nid = \"n1\"\nprefix = \"app/\"\n",
    );
    let said = bound(&project, &["key", "list"]).fails(1);
    assert!(said.contains("there is no store"), "{said}");
    let printed =
        bound(&project, &["key", "put", "k", "v", "--metadata", r#"{"a": 1}"#]).succeeds();
    let expected = "Writing the value \"v\" to key \"k\" on namespace binding: \"KV\" (id: \"n1\") \
                    with metadata \"{\"a\": 1}\".\n";
    assert!(printed.ends_with(expected), "{printed}");
    assert_eq!(
        json_of(bound(&project, &["key", "list"])),
        json!([{ "name": "k", "metadata": { "a": 1 } }])
    );
    assert_eq!(json_of(n1(&project, &["key", "list"]))[0]["name"], "app/k");
    project.write("pairs.json", r#"[{"key":"b","value":"bulk"}]"#);
    bound(&project, &["bulk", "put", "pairs.json"]).succeeds();
    assert_eq!(n1(&project, &["key", "get", "app/b"]).succeeds(), "bulk");
    project.write("keys.json", r#"["b"]"#);
    let found = json_of(bound(&project, &["bulk", "get", "keys.json"]));
    assert_eq!(found, json!({ "b": { "value": "bulk" } }));
    bound(&project, &["bulk", "delete", "keys.json", "-f"]).succeeds();
    assert_eq!(
        json_of(n1(&project, &["key", "list", "--prefix", "app/"])).as_array().unwrap().len(),
        1
    );

    let said = kv(&project, ["key", "list", "--binding", "OTHER"]).fails(1);
    assert_eq!(said, "error: no binding `OTHER`; there are: KV\n");
    let said = bound(&project, &["key", "list", "--namespace-id", "n1"]).fails(1);
    assert!(said.contains("--binding and --namespace-id cannot be used together"), "{said}");
}

#[test]
fn a_namespace_that_a_write_creates_has_its_seed() {
    let project = Project::new();
    let config = "[[kv_namespaces]]\nbinding = \"KV\"\nid = \"n1\"\nprefix = \"app/\"\n";
    project.write("larder.toml", format!("{config}seed = \"seed.json\"\n"));
    project.write("seed.json", r#"[{"key":"s","value":"sown"}]"#);
    n1(&project, &["key", "put", "k", "v"]).succeeds();
    assert_eq!(bound(&project, &["key", "get", "s"]).succeeds(), "sown");
    assert_eq!(n1(&project, &["key", "get", "k"]).succeeds(), "v");
}

#[test]
fn a_binding_of_a_wrangler_project_has_an_id_and_perhaps_another_to_develop_with() {
    let project = Project::new();
    project.write(
        "wrangler.jsonc",
        r#"{ "name": "my-worker", // as in production
            "kv_namespaces": [
                { "binding": "KV", "id": "own", "preview_id": "preview" },
                { "binding": "ONE", "id": "one" },
            ],
            "env": { "staging": { "kv_namespaces": [{ "binding": "KV", "id": "staged" }] } } }"#,
    );
    let put = |value: &str, flags: &[&str]| {
        bound(&project, &[&["key", "put", "k", value], flags].concat())
    };
    let said = put("v", &[]).fails(1);
    assert!(said.contains("has both a namespace ID and a preview ID"), "{said}");
    put("own", &["--preview", "false"]).succeeds();
    put("preview", &["--preview"]).succeeds();
    put("staged", &["-e", "staging"]).succeeds();
    for (id, title) in [
        ("own", "my-worker-KV"),
        ("preview", "my-worker-KV_preview"),
        ("staged", "my-worker-staging-KV"),
    ] {
        assert_eq!(kv(&project, ["key", "get", "k", "--namespace-id", id]).succeeds(), id);
        let listed = json_of(kv(&project, ["namespace", "list"]));
        let row = json!({ "id": id, "title": title, "supports_url_encoding": true });
        assert!(listed.as_array().unwrap().contains(&row), "{listed}");
    }
    // Nothing is lost by reading the wrong one.
    assert_eq!(bound(&project, &["key", "get", "k"]).succeeds(), "own");
    let said = bound(&project, &["namespace", "delete", "-y"]).fails(1);
    assert!(said.contains("has both a namespace ID and a preview ID"), "{said}");
    let said = kv(&project, ["key", "put", "k", "v", "--binding", "ONE", "--preview"]).fails(1);
    assert!(said.contains("No preview ID found for ONE: wrangler.jsonc"), "{said}");
    kv(&project, ["key", "put", "k", "v", "--namespace-id", "one"]).succeeds();
    let listed = kv(&project, ["namespace", "list"]).succeeds();
    assert!(listed.contains("\"my-worker-ONE\""), "{listed}");

    let create = ["namespace", "create", "NEW", "--preview", "--env", "staging"];
    let printed = kv(&project, create).succeeds();
    assert!(printed.contains("with title \"staging-NEW_preview\""), "{printed}");
    let (_, snippet) = printed.split_once("in the \"staging\" environment:\n").unwrap();
    let snippet: Value = serde_json::from_str(snippet).unwrap();
    assert_eq!(snippet["kv_namespaces"][0]["binding"], "NEW");
    assert!(snippet["kv_namespaces"][0]["preview_id"].is_string(), "{snippet}");
    kv(&project, ["-c", "wrangler.jsonc", "key", "get", "k", "--binding", "ONE"]).succeeds();
}

#[test]
fn there_is_no_other_place_than_this_one() {
    let project = Project::new();
    for args in [
        &["key", "put", "a", "b", "--namespace-id", "n1", "--remote"] as &[&str],
        &["namespace", "list", "--remote"],
        &["namespace", "create", "a", "--use-remote"],
        &["namespace", "create", "a", "--update-config"],
    ] {
        let said = kv(&project, args.iter().copied()).fails(1);
        assert!(said.contains("leave it out"), "{said}");
    }
    assert!(project.files().is_empty());
    n1(&project, &["key", "put", "a", "b", "--persist-to", "elsewhere"]).succeeds();
    assert!(!project.path(".larder").exists());
    assert_eq!(n1(&project, &["key", "get", "a", "--store", "elsewhere"]).succeeds(), "b");
}
