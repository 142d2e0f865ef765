//! The config of a wrangler project: which one counts, what is read of it, and its mistakes.

use crate::project::Project;
use crate::server::Server;
use larder_test_guests::component;
use std::fs;

/// A project of that config, with a component that shows its environment where `serve` looks for it.
fn served(config: &str) -> Project {
    let project = Project::new();
    project.write("app/wrangler.jsonc", config);
    project.write("app/src/index.ts", "");
    project.write("app/dist/app.wasm", fs::read(component("tests/guests/http")).unwrap());
    project
}

/// What the component has for variables, with their values.
fn environment(server: &Server) -> String {
    server.get("/environment").body.trim_end().replace('\n', " ")
}

#[track_caller]
fn fails(name: &str, config: &str) -> String {
    let project = Project::new();
    project.write(name, config);
    project.larder(["namespace", "list"]).fails(1)
}

#[test]
fn the_nearest_config_counts_and_larder_toml_among_those_of_a_directory() {
    let project = Project::new();
    let listen =
        |port: u16| format!("{{ \"dev\": {{ \"ip\": \"no such host\", \"port\": {port} }} }}");
    let said = |directory: &str| project.larder(["-C", directory, "serve", "/dev/null"]).fails(1);
    project.write("a/b/c/file", "");
    project.write("a/wrangler.jsonc", listen(1));
    assert!(said("a/b/c").contains("no such host:1"), "{}", said("a/b/c"));
    project.write("a/larder.toml", "addr = \"no such host:2\"\n");
    assert!(said("a/b/c").contains("no such host:2"), "{}", said("a/b/c"));
    project.write("a/b/wrangler.toml", "dev = { ip = \"no such host\", port = 3 }\n");
    assert!(said("a/b/c").contains("no such host:3"), "{}", said("a/b/c"));
    project.write("a/b/wrangler.jsonc", listen(4));
    assert!(said("a/b/c").contains("no such host:4"), "{}", said("a/b/c"));
    project.write("a/b/wrangler.json", listen(5));
    assert!(said("a/b/c").contains("no such host:5"), "{}", said("a/b/c"));
    assert!(said("a").contains("no such host:2"), "{}", said("a"));
}

#[test]
fn a_config_of_any_name_may_be_given() {
    let project = Project::new();
    project.write("larder.toml", "nonsense");
    project.write(
        "a/staging.jsonc",
        "{ \"kv_namespaces\": [{ \"binding\": \"KV\", \"id\": \"i\" }] }",
    );
    project.write("a/wrangler.prod.toml", "name = \"n\"\nkv_namespaces = [{ binding = \"KV\" }]\n");
    for config in ["a/staging.jsonc", "a/wrangler.prod.toml"] {
        project.larder(["key", "put", "k", "v", "--binding", "KV", "--config", config]).succeeds();
    }
    let listed = project.larder(["namespace", "list", "--config", "a/staging.jsonc"]).succeeds();
    assert!(listed.starts_with("KV    i "), "{listed}");
    assert!(listed.contains("\nn-KV  "), "{listed}");
}

#[test]
fn a_mistake_is_one_line_with_its_place() {
    let mistakes = [
        ("wrangler.jsonc", "{\n  // é\n  \"name\": \"a\",,\n}", "3:15: "),
        (
            "wrangler.jsonc",
            "{\n  \"name\": \"é\", \"main\": 5\n}",
            "2:24: invalid type: integer `5`",
        ),
        ("wrangler.jsonc", "{ \"name\": \"a\" \"main\": \"b\" }", "1:14: Expected comma"),
        ("wrangler.jsonc", "{ \"name\": 'a' }", "1:11: "),
        ("wrangler.jsonc", "{ \"name\": \"a\"", "1:14: Unterminated object"),
        ("wrangler.jsonc", "", "1:1: invalid type: unit value, expected an object"),
        (
            "wrangler.json",
            "{\n \"kv_namespaces\": [{ \"id\": \"a\" }]\n}",
            "2:20: missing field `binding`",
        ),
        (
            "wrangler.json",
            "{ \"dev\": { \"port\": 70000 } }",
            "1:20: invalid value: integer `70000`",
        ),
        (
            "wrangler.json",
            "{ \"env\": { \"a\": {\n\"vars\": 1 } } }",
            "2:9: invalid type: integer `1`",
        ),
        ("wrangler.toml", "name = \"a\"\nmain = [", "2:9: "),
        ("wrangler.toml", "name = \"a\"\n  main = 5", "2:10: invalid type: integer `5`"),
        ("wrangler.toml", "[[kv_namespaces]]\nid = \"a\"", "1:1: missing field `binding`"),
    ];
    for (name, config, words) in mistakes {
        let said = fails(name, config);
        assert!(said.starts_with(&format!("error: {name}:{words}")), "{config}\n{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn what_larder_does_not_use_is_no_mistake() {
    let project = Project::new();
    let config = "\u{feff}{ /* all of it */ \"$schema\": \"x\", \"placement\": { \"mode\": \"smart\" }, \
                  \"routes\": [1, null], \"limits\": \"none\", }";
    project.write("wrangler.json", config);
    project.larder(["namespace", "create", "n"]).succeeds();
    project.write("wrangler.json", "{}");
    project.larder(["namespace", "create", "m"]).succeeds();
}

#[test]
fn a_namespace_keeps_its_id_and_has_the_worker_in_its_title() {
    let project = Project::new();
    let config = r#"{ "name": "app", "kv_namespaces": [
        { "binding": "A", "id": "0123abc", "preview_id": "fed" },
        { "binding": "SAME", "id": "0123abc" },
        { "binding": "PLACEHOLDER", "id": "<YOUR_ID>" },
        { "binding": "PROVISIONED" },
        { "binding": "PREVIEW", "preview_id": "456" } ] }"#;
    project.write("wrangler.jsonc", config);
    for binding in ["A", "PLACEHOLDER", "PROVISIONED", "PREVIEW"] {
        project.larder(["key", "put", "k", binding, "--binding", binding]).succeeds();
    }
    assert_eq!(project.larder(["key", "get", "k", "--binding", "SAME"]).succeeds(), "A");
    let listed = project.larder(["namespace", "list", "--json"]).succeeds();
    let listed: String = listed.split_whitespace().collect();
    for words in [
        r#""title":"app-A","id":"0123abc""#,
        r#""title":"app-PREVIEW","id":"456""#,
        r#""title":"app-PLACEHOLDER""#,
        r#""title":"app-PROVISIONED""#,
    ] {
        assert!(listed.contains(words), "{words} is not in {listed}");
    }
    assert_eq!(listed.matches("\"title\"").count(), 4, "{listed}");
}

/// As when a project has been served before it had an id.
#[test]
fn a_title_that_is_taken_leaves_the_id() {
    let project = Project::new();
    let put = |kv: &str, value: &str| {
        let config = format!("{{ \"name\": \"app\", \"kv_namespaces\": [{kv}] }}");
        project.write("wrangler.jsonc", config);
        project.larder(["key", "put", "k", value, "--binding", "KV"]).succeeds();
    };
    put(r#"{ "binding": "KV" }"#, "before");
    put(r#"{ "binding": "KV", "id": "123" }"#, "after");
    assert_eq!(project.larder(["key", "get", "k", "--namespace", "123"]).succeeds(), "after");
    assert_eq!(project.larder(["key", "get", "k", "--namespace", "app-KV"]).succeeds(), "before");
}

const ENVIRONMENTS: &str = r#"{
    "name": "app", "main": "src/index.ts",
    "vars": { "GREETING": "top", "LEFT": "top" },
    "kv_namespaces": [{ "binding": "KV" }],
    "triggers": { "crons": ["0 0 * * *"] },
    "r2_buckets": [{ "binding": "FILES" }],
    "env": {
        "staging": {
            "vars": { "GREETING": "staging", "COUNT": 5, "OF": { "b": [1, null], "a": true } },
            "kv_namespaces": [{ "binding": "KV" }],
            "d1_databases": [{ "binding": "DB", "database_name": "d" }],
        },
        "named": { "name": "other", "kv_namespaces": [{ "binding": "KV" }], "triggers": { "crons": [] } },
    },
}"#;

#[test]
fn an_environment_inherits_all_but_bindings_and_variables() {
    let project = served(ENVIRONMENTS);
    let serve = |args: &[&str]| {
        let serve = ["serve", "-C", "app", "--in-memory"];
        Server::start(&project, serve.into_iter().chain(args.iter().copied()))
    };
    let top = serve(&[]);
    assert_eq!(environment(&top), "GREETING=top LEFT=top");
    top.says(&["binding KV: namespace app-KV, "]);
    top.says(&["r2_buckets \"FILES\": not available, env.FILES is undefined"]);

    let staging = serve(&["--env", "staging"]);
    let variables = r#"COUNT=5 GREETING=staging OF={"b":[1,null],"a":true}"#;
    assert_eq!(environment(&staging), variables);
    staging.says(&["binding KV: namespace app-staging-KV, "]);
    staging.says(&["d1_databases \"DB\": not available, env.DB is undefined"]);
    staging.says(&["triggers.crons \"0 0 * * *\": not available, scheduled() is not called"]);
    assert!(!staging.log().iter().any(|line| line.contains("FILES")), "{:?}", staging.log());

    let named = serve(&["-e", "named", "--var", "GREETING=flag"]);
    assert_eq!(environment(&named), "GREETING=flag");
    named.says(&["binding KV: namespace other-KV, "]);
    assert!(!named.log().iter().any(|line| line.contains("crons")), "{:?}", named.log());
}

#[test]
fn an_environment_that_is_not_there_is_told_those_that_are() {
    let project = served(ENVIRONMENTS);
    let list = ["-C", "app", "namespace", "list"];
    let said = project.larder(list.into_iter().chain(["--env", "prod"])).fails(1);
    let words =
        "error: --env prod: wrangler.jsonc has no such environment; there are: named, staging\n";
    assert_eq!(said, words);
    let variable = |name: &str, args: &[&str]| {
        let mut larder = project.command(list.into_iter().chain(args.iter().copied()));
        let output = larder.env("CLOUDFLARE_ENV", name).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(variable("prod", &[]).starts_with("error: CLOUDFLARE_ENV prod: "));
    // There is no store yet, which is seen after the config.
    for (name, args) in
        [("staging", [].as_slice()), ("prod", &["-e", "named"]), ("prod", &["-e", ""])]
    {
        assert!(variable(name, args).starts_with("error: there is no store"), "{name} {args:?}");
    }
    project.write("app/wrangler.jsonc", "{}");
    let said = project.larder(list.into_iter().chain(["--env", "prod"])).fails(1);
    assert!(said.ends_with("has no such environment; it has none\n"), "{said}");
}

#[test]
fn larder_toml_has_no_environments() {
    let project = Project::new();
    let said = project.larder(["namespace", "list", "--env", "a"]).fails(1);
    assert!(said.contains("there is no wrangler.jsonc in . or above"), "{said}");
    project.write("larder.toml", "");
    let said = project.larder(["namespace", "list", "--env", "a"]).fails(1);
    assert!(said.starts_with("error: --env a: larder.toml has no environments"), "{said}");
    let mut larder = project.command(["namespace", "create", "n"]);
    assert!(larder.env("CLOUDFLARE_ENV", "a").output().unwrap().status.success());
}

#[test]
fn secrets_lie_in_dev_vars_beside_the_config() {
    let project = served(ENVIRONMENTS);
    let served = |args: &[&str]| {
        let serve = ["serve", "-C", "app", "--in-memory"];
        environment(&Server::start(&project, serve.into_iter().chain(args.iter().copied())))
    };
    project.write("app/.dev.vars", "# mine\nexport KEY='a b' # quoted\nGREETING=secret\n");
    assert_eq!(served(&[]), "GREETING=secret KEY=a b LEFT=top");
    assert_eq!(served(&["-e", "named"]), "GREETING=secret KEY=a b");
    project.write("app/.dev.vars.named", "OWN=1\n");
    assert_eq!(served(&["-e", "named"]), "OWN=1", "in the place of the others");
    let required = ENVIRONMENTS.replacen(
        "\"vars\"",
        "\"secrets\": { \"required\": [\"KEY\", \"NO\"] }, \"vars\"",
        1,
    );
    project.write("app/wrangler.jsonc", required);
    let server = Server::start(&project, ["serve", "-C", "app", "--in-memory"]);
    assert_eq!(environment(&server), "GREETING=top KEY=a b LEFT=top");
    server.says(&["secrets \"NO\": not in .dev.vars, env.NO is undefined"]);
}

#[test]
fn types_are_those_of_wrangler() {
    let project = served(ENVIRONMENTS);
    project.write("app/.dev.vars", "KEY=1\nLEFT=2\n");
    let types = |args: &[&str]| {
        let types = ["types", "-C", "app", "--include-runtime", "false"];
        let (code, _, said) = project.larder(types.into_iter().chain(args.iter().copied())).ended();
        assert_eq!((code, said.as_str()), (Some(0), "wrote worker-configuration.d.ts\n"));
        let text = fs::read_to_string(project.path("app/worker-configuration.d.ts")).unwrap();
        let (_, text) = text.split_once("interface Env {\n").unwrap();
        let (text, _) = text.split_once("  }\n").unwrap();
        text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };
    let staging = [
        "KV: KVNamespace;",
        "COUNT: 5;",
        "GREETING: \"staging\";",
        "OF: {\"b\":[1,null],\"a\":true};",
        "KEY: string;",
        "LEFT: string;",
    ];
    assert_eq!(types(&["--env", "staging"]), staging);
    let any = [
        "KV: KVNamespace;",
        "GREETING?: \"staging\" | \"top\";",
        "KEY: string;",
        "LEFT: string;",
        "COUNT?: 5;",
        "OF?: {\"b\":[1,null],\"a\":true};",
    ];
    assert_eq!(types(&[]), any);
}

#[test]
fn a_config_without_main_says_what_it_lacks() {
    let project = Project::new();
    project.write("wrangler.jsonc", "{}");
    let said = project.larder(["build"]).fails(1);
    assert_eq!(said, "error: wrangler.jsonc has no `main`\n");
    let said = project.larder(["serve"]).fails(1);
    assert_eq!(said, "error: no component: name its file, or set `main` in wrangler.jsonc\n");
}

#[test]
fn what_a_component_lacks_is_given_in_the_words_of_its_config() {
    let project = served("{ \"name\": \"app\" }");
    let server = Server::start(&project, ["serve", "-C", "app", "--in-memory", "dist/app.wasm"]);
    server.get("/put/k");
    let advice = r#"add to wrangler.jsonc: "kv_namespaces": [{ "binding": "KV" }], or say --kv KV"#;
    server.says(&["which is not bound", advice]);
}
