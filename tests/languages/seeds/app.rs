//! Seed 3's application, the example `workers-hono`: authentication by tokens, with Hono and its
//! cors middleware. Through `dev`, and through `build` and `serve`, with and without the config.

use super::{ROOT, Served, Test};
use crate::copy::copy_of;
use crate::http::{Answer, send};
use crate::project::Project;
use crate::server::Server;
use serde_json::{Value, json};
use std::sync::OnceLock;

pub const TESTS: &[Test] = &[
    ("dev_serves_it", || assert_authenticates(&dev())),
    ("its_component_is_served_with_the_config", || {
        assert_authenticates(&serve(&["--config", "larder.toml"]));
    }),
    ("its_component_is_served_without_the_config", || {
        assert_authenticates(&serve(&["--kv", "AUTH_TOKENS"]));
    }),
    ("the_config_of_the_seed_serves_it", the_config_of_the_seed_serves_it),
    ("other_origins_may_ask", other_origins_may_ask),
    ("a_store_that_refuses_is_an_internal_error", a_store_that_refuses_is_an_internal_error),
];

fn project() -> Project {
    copy_of("examples/workers-hono")
}

fn dev() -> Served {
    Served::start(project(), &["dev"], &["--in-memory"])
}

/// Serves the component, built once, from a directory that holds it and the config.
fn serve(args: &[&str]) -> Served {
    static BUILT: OnceLock<Project> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let project = project();
        let (code, _, said) = project.larder(["build", "-o", "app.wasm"]).ended();
        assert_eq!(code, Some(0), "{said}");
        project
    });
    let project = Project::new();
    for file in ["app.wasm", "larder.toml"] {
        project.write(file, std::fs::read(built.path(file)).unwrap());
    }
    if !args.contains(&"--config") {
        std::fs::remove_file(project.path("larder.toml")).unwrap();
    }
    Served::start(project, &["serve", "app.wasm", "--in-memory"], args)
}

#[track_caller]
fn log_in(served: &Served) -> String {
    let ada = r#"{"email":"ada@example.com"}"#;
    let login = served.ask("POST", "/login", &[("Content-Type", "application/json")], ada);
    let cookie = login.header("set-cookie").unwrap();
    let token = login.json()["token"].as_str().unwrap().to_owned();
    assert!(cookie.starts_with(&format!("auth_token={token}; ")), "{cookie}");
    token
}

#[track_caller]
fn with(served: &Served, name: &str, value: &str) -> (u16, Value) {
    let Answer { status, body, .. } = served.ask("GET", "/", &[(name, value)], "");
    (status, serde_json::from_slice(&body).unwrap())
}

fn assert_authenticates(served: &Served) {
    let no = |message: &str| (403, json!({ "authenticated": false, "message": message }));
    assert_eq!(with(served, "X-Nothing", ""), no("No authentication token provided"));
    assert_eq!(with(served, "Authorization", "Bearer x"), no("Invalid or expired token"));

    let [token, other] = [log_in(served), log_in(served)];
    assert_ne!(token, other, "random is not that of the build");
    let bearer = format!("Bearer {token}");
    let (status, ada) = with(served, "Authorization", &bearer);
    assert_eq!((status, &ada["authenticated"]), (200, &json!(true)));
    assert_eq!(ada["message"], "Authentication successful");
    assert_eq!(ada["data"]["email"], "ada@example.com");
    let cookie = format!("a=b; auth_token={token}; c=d");
    assert_eq!(with(served, "Cookie", &cookie).1["data"], ada["data"]);

    let logout = served.ask("POST", "/logout", &[("Cookie", &cookie)], "");
    assert_eq!(logout.json(), json!({ "message": "Logged out" }));
    assert!(logout.header("set-cookie").unwrap().starts_with("auth_token=; Max-Age=0"));
    assert_eq!(with(served, "Cookie", &cookie), no("Invalid or expired token"));
    let bearer = format!("Bearer {other}");
    served.at(86399);
    assert_eq!(with(served, "Authorization", &bearer).0, 200);
    served.at(86400);
    assert_eq!(with(served, "Authorization", &bearer), no("Invalid or expired token"));
}

/// wrangler's, word for word: its ids are the namespaces', and `dev` takes the one for previews.
fn the_config_of_the_seed_serves_it() {
    let project = project();
    std::fs::remove_file(project.path("larder.toml")).unwrap();
    let config = std::fs::read(format!("{ROOT}/tests/guests/seeds/app/wrangler.jsonc")).unwrap();
    project.write("wrangler.jsonc", config);
    let ada = |namespace: &[&str]| {
        let put = ["key", "put", "ada", r#"{"email":"ada@example.com"}"#];
        project.larder(put.iter().chain(namespace).copied()).succeeds();
    };
    let answers = |command: &[&str], namespace: &str, data: Value| {
        let command = command.iter().chain(&["--addr", "127.0.0.1:0"]).copied();
        let server = Server::spawn(project.command(command));
        server.says(&[&format!("binding AUTH_TOKENS: namespace {namespace}, ")]);
        server.says(&["binding CACHE: namespace my-worker-CACHE, "]);
        let answer = send(("GET", &server.url("/")), &[("Authorization", "Bearer ada")], "");
        let answer: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(answer["data"], data);
    };
    ada(&["--binding", "AUTH_TOKENS"]);
    answers(&["dev"], "my-worker-AUTH_TOKENS_preview", Value::Null);
    ada(&["--namespace", "my-worker-AUTH_TOKENS_preview"]);
    let data = json!({ "email": "ada@example.com" });
    answers(&["dev"], "my-worker-AUTH_TOKENS_preview", data.clone());
    let listed = project.larder(["namespace", "list"]).succeeds();
    for (title, id) in [("AUTH_TOKENS", "x"), ("AUTH_TOKENS_preview", "y"), ("CACHE", "z")] {
        let title = format!("my-worker-{title} ");
        let line = listed.lines().find(|line| line.starts_with(&title)).unwrap();
        assert!(line.contains(&id.repeat(32)), "{listed}");
    }
    let (code, _, said) = project.larder(["build", "-o", "app.wasm"]).ended();
    assert_eq!(code, Some(0), "{said}");
    answers(&["serve", "app.wasm"], "my-worker-AUTH_TOKENS", data);
}

fn other_origins_may_ask() {
    let served = dev();
    let answer = served.ask("GET", "/", &[("Origin", "http://a.example")], "");
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let preflight = [
        ("Origin", "http://a.example"),
        ("Access-Control-Request-Method", "GET"),
        ("Access-Control-Request-Headers", "authorization"),
    ];
    let answer = served.ask("OPTIONS", "/", &preflight, "");
    assert_eq!((answer.status, answer.text()), (204, ""));
    assert_eq!(answer.header("access-control-allow-headers"), Some("authorization"));
    assert!(answer.header("access-control-allow-methods").unwrap().contains("GET"));
}

/// A token that no key can be is answered by the seed's own `catch`, which says why in the terminal.
fn a_store_that_refuses_is_an_internal_error() {
    let served = dev();
    let (status, answer) = with(&served, "Authorization", &format!("Bearer {}", "x".repeat(513)));
    assert_eq!(status, 500);
    assert_eq!(answer, json!({ "authenticated": false, "message": "Internal server error" }));
    served.server.says(&["Authentication error:", "513"]);
    served.server.says(&["    at ", "src/index.ts:"]);
}
