//! A wrangler project, as it is: in `dev`, as a component, and as its editor sees it.

use crate::project::Project;
use crate::server::{Server, eventually};
use larder_test_guests::toolchain;
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::fs;

pub fn tests() -> Vec<Trial> {
    let toolchain = toolchain::javascript();
    let dev = dev_serves_it_and_takes_up_what_changes;
    let built = its_component_has_the_same_values;
    vec![
        toolchain.trial("wrangler::dev_serves_it_and_takes_up_what_changes", dev),
        toolchain.trial("wrangler::its_component_has_the_same_values", built),
    ]
}

const CONFIG: &str = r#"{
  // As `npm create cloudflare` writes it, and what comes to it.
  "$schema": "node_modules/wrangler/config-schema.json",
  "name": "guestbook",
  "main": "./src/index.ts",
  "compatibility_date": "2026-01-01",
  "observability": { "enabled": true },
  "kv_namespaces": [{ "binding": "KV", "id": "<YOUR_ID>" }],
  "d1_databases": [{ "binding": "DB", "database_name": "db", "database_id": "<YOUR_ID>" }],
  "vars": {
    "GREETING": "hello",
    "COUNT": 5,
    "ON": false,
    "NOTHING": null,
    "OF": { "z": [1, "two", null], "a": { "b": true } }, /* in this order */
    "LIST": [0.5],
    "SECRET": 1,
  },
  "env": {
    "staging": {
      "vars": { "GREETING": "staging" },
      "kv_namespaces": [{ "binding": "KV" }],
    },
  },
}
"#;

const WORKER: &str = "
import { env as imported } from 'cloudflare:workers';

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const visits = Number((await env.KV.get('visits')) ?? '0') + 1;
    await env.KV.put('visits', String(visits));
    const { KV, ...rest } = imported as Env;
    return new Response(JSON.stringify({ visits, rest, more: env.OF?.a.b, db: 'DB' in env }));
  },
} satisfies ExportedHandler<Env>;
";

fn project() -> Project {
    let project = Project::new();
    project.write("wrangler.jsonc", CONFIG);
    project.write("src/index.ts", WORKER);
    project.write(".dev.vars", "SECRET=\"s3 \\n cret\"\n");
    project
}

/// In the words of the worker: the order of an object's keys is its own.
fn values() -> String {
    let rest = concat!(
        r#"{"COUNT":5,"GREETING":"hello","LIST":[0.5],"NOTHING":null,"#,
        r#""OF":{"z":[1,"two",null],"a":{"b":true}},"ON":false,"SECRET":"s3 \n cret"}"#,
    );
    format!(r#""rest":{rest},"more":true,"db":false}}"#)
}

fn start(project: &Project, args: &[&str]) -> Server {
    Server::start(project, args.iter().copied())
}

fn dev_serves_it_and_takes_up_what_changes() {
    let project = project();
    let server = start(&project, &["dev"]);
    assert_eq!(server.get("/").body, format!(r#"{{"visits":1,{}"#, values()));
    server.says(&["binding KV: namespace guestbook-KV, 0 keys, just created"]);
    server.says(&["d1_databases \"DB\": not available, env.DB is undefined"]);

    let answer = || serde_json::from_str::<Value>(&server.get("/").body).unwrap();
    let becomes = |pointer: &str, value: Value| {
        let is_it = || (answer().pointer(pointer) == Some(&value)).then_some(());
        eventually(is_it, || format!("{pointer} is not {value}: {:#?}", server.log()));
    };
    project.write(".dev.vars", "SECRET=other\n");
    becomes("/rest/SECRET", json!("other"));
    fs::remove_file(project.path(".dev.vars")).unwrap();
    becomes("/rest/SECRET", json!(1));
    project.write("wrangler.jsonc", CONFIG.replace("\"COUNT\": 5", "\"COUNT\": [6]"));
    becomes("/rest/COUNT", json!([6]));
    project.write("wrangler.jsonc", "{ \"name\": }");
    server.says(&["error: wrangler.jsonc:1:11: "]);
    assert_eq!(answer()["rest"]["COUNT"], json!([6]), "what was served is served on");
    let lines = server.log();
    assert_eq!(lines.iter().filter(|line| line.contains("d1_databases")).count(), 1, "{lines:#?}");
}

fn its_component_has_the_same_values() {
    let project = project();
    let (code, _, said) = project.larder(["build"]).ended();
    assert_eq!(code, Some(0), "{said}");
    let server = start(&project, &["serve", "--in-memory"]);
    assert_eq!(server.get("/").body, format!(r#"{{"visits":1,{}"#, values()));
    server.says(&["d1_databases \"DB\": not available, env.DB is undefined"]);
    let rest = |args: &[&str]| {
        let server = start(&project, &[&["serve", "--in-memory"], args].concat());
        serde_json::from_str::<Value>(&server.get("/").body).unwrap()["rest"].take()
    };
    let staging = rest(&["--env", "staging", "--var", "COUNT=7", "--var", "ON=not JSON"]);
    let expected =
        json!({ "COUNT": 7, "GREETING": "staging", "ON": "not JSON", "SECRET": "s3 \n cret" });
    assert_eq!(staging, expected);
}
