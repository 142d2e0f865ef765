//! `larder serve`: components over HTTP, good and bad ones.

use crate::project::Project;
use crate::server::Server;
use larder_test_guests::component;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// The sessions example with its bindings.
fn sessions(project: &Project, flags: &[&str]) -> Server {
    let sessions = component("examples/sessions");
    let bindings = ["--kv", "SESSIONS=sessions", "--kv", "FLAGS=flags", "--kv", "LIMITS=limits"];
    serve(project, &sessions, &[&bindings, flags].concat())
}

/// The guest that does what the path says.
fn probe(project: &Project, flags: &[&str]) -> Server {
    serve(project, &component("tests/guests/http"), &[&["--in-memory"], flags].concat())
}

fn serve(project: &Project, component: &Path, flags: &[&str]) -> Server {
    let serve = ["serve", component.to_str().unwrap()];
    Server::start(project, [&serve, flags].concat())
}

fn log_in(server: &Server, user: &str) -> String {
    let answer = server.post("/login", &format!("{{\"user\":\"{user}\"}}"));
    assert!(answer.status < 300, "{answer:?}");
    answer.cookie.unwrap()
}

#[test]
fn a_session_expires_by_the_clock_to_the_millisecond() {
    let project = Project::new();
    project.write("clock", "1700000000000");
    let flags = ["--in-memory", "--clock", "clock", "--var", "SESSION_TTL=10"];
    let server = sessions(&project, &flags);
    let cookie = log_in(&server, "ada");
    let session = || server.get_with("/session", &[("cookie", &cookie)]);
    assert_eq!(session().status, 200);
    project.write("clock", "1700000009999");
    assert_eq!(session().status, 200, "used in time, so its time begins anew");
    project.write("clock", "half a ti");
    assert_eq!(session().status, 200, "the last time holds");
    project.write("clock", "1700000019999");
    assert_eq!(session().status, 401);
}

#[test]
fn sessions_survive_a_kill() {
    let project = Project::new();
    let server = sessions(&project, &[]);
    let cookie = log_in(&server, "ada");
    server.kill();
    let server = sessions(&project, &[]);
    server.says(&["binding SESSIONS: namespace sessions, 1 key"]);
    let answer = server.get_with("/session", &[("cookie", &cookie)]);
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("ada"), "{answer:?}");
}

#[test]
fn flags_change_and_stay_changed() {
    let project = Project::new();
    let server = sessions(&project, &[]);
    assert_eq!(server.get("/flags/checkout").status, 404);
    assert!(server.put("/flags/checkout", "true").status < 300);
    assert_eq!(server.get("/flags/checkout").status, 200);
    server.signal("-TERM");
    assert_eq!(server.ended().0, Some(0));
    let value = project.larder(["key", "list", "--namespace", "flags"]).succeeds();
    assert!(value.contains("checkout"), "{value}");
}

#[test]
fn the_rate_limit_is_by_the_address_that_the_client_cannot_choose() {
    let project = Project::new();
    let server = sessions(&project, &["--in-memory", "--var", "RATE_LIMIT=3"]);
    let mut statuses = Vec::new();
    for n in 0..5 {
        let forged = format!("192.0.2.{n}");
        let headers = [("CF-Connecting-IP", forged.as_str()), ("X-Forwarded-For", &forged)];
        statuses.push(server.get_with("/limited", &headers).status);
    }
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
}

#[test]
fn a_trusted_proxy_says_who_the_client_is() {
    let project = Project::new();
    let forwarded = ("X-Forwarded-For", "198.51.100.1, 192.0.2.7");
    let server = probe(&project, &[]);
    let answer = server.get_with("/header/cf-connecting-ip", &[forwarded]);
    assert_eq!(answer.body, "127.0.0.1");
    let server = probe(&project, &["--trust-forwarded"]);
    let headers = [forwarded, ("CF-Connecting-IP", "203.0.113.1")];
    assert_eq!(server.get_with("/header/cf-connecting-ip", &headers).body, "192.0.2.7");
    assert_eq!(server.get("/header/cf-connecting-ip").body, "127.0.0.1");
}

#[test]
fn the_first_line_is_the_address_and_everything_else_is_said_aside() {
    let project = Project::new();
    let server = probe(&project, &["--kv", "KV=kv", "--kv", "VIEW=kv:ro"]);
    assert_eq!(server.get("/print").status, 200);
    server.says(&["component ", "http-probe.wasm", "KiB, loaded in"]);
    server.says(&["store in memory"]);
    server.says(&["binding KV: namespace kv, 0 keys, just created"]);
    server.says(&["binding VIEW: namespace kv, read-only, 0 keys"]);
    server.says(&["printed on standard output"]);
    server.says(&["printed on standard error"]);
    server.says(&["INFO", "method=GET", "path=/print", "status=200", "time="]);
    server.signal("-INT");
    let (code, output, _) = server.ended();
    assert_eq!((code, output), (Some(0), Vec::new()));
    assert_eq!(project.files().len(), 0, "nothing is written to disk");
}

#[test]
fn the_command_that_lists_the_keys_works_as_it_is_printed() {
    let project = Project::new();
    project.write(
        "app/larder.toml",
        "[[kv_namespaces]]\nbinding = \"KV\"\nnamespace = \"all\"\nprefix = \"mine/\"\n",
    );
    let probe = component("tests/guests/http");
    let config = ["--config", "app/larder.toml"];
    let server = serve(&project, &probe, &[&config[..], &["--kv", "OTHER=two words"]].concat());
    assert_eq!(server.get("/put/a").body, "put");
    let command = |name: &str| {
        let line = server.says(&[name, "list them with: larder "]);
        line.split("list them with: larder ").nth(1).unwrap().to_owned()
    };
    let (configured, flagged) = (command("binding KV"), command("binding OTHER"));
    assert_eq!(flagged, "key list --namespace 'two words' --store app/.larder");
    server.signal("-TERM");
    server.ended();
    assert_eq!(project.larder(configured.split(' ')).succeeds(), "a\n");
}

#[test]
fn a_component_gets_its_variables_and_the_time_of_the_store_and_nothing_else() {
    let project = Project::new();
    project.write("clock", "1234567890123");
    project.write("larder.toml", "vars = { LOG = \"debug\" }\n");
    let server = probe(&project, &["--clock", "clock", "--var", "A=1"]);
    assert_eq!(server.get("/environment").body, "A=1\nLOG=debug\n");
    assert_eq!(server.get("/now").body, "1234567890123");
    project.write("clock", "1234567890124");
    assert_eq!(server.get("/now").body, "1234567890124");
    let answer = server.get("/outgoing");
    assert!(answer.body.contains("HttpRequestDenied"), "{answer:?}");
}

#[test]
fn an_unbound_name_is_told_with_the_bound_ones_and_the_line_to_add() {
    let project = Project::new();
    let server = probe(&project, &["--kv", "B", "--kv", "A"]);
    for _ in 0..3 {
        assert_eq!(server.get("/open/CACHE").status, 200);
    }
    let said = server.says(&["CACHE"]);
    assert!(said.contains("bound: A, B;"), "{said}");
    assert!(said.contains("[[kv_namespaces]] binding = \"CACHE\""), "{said}");
    server.get("/");
    server.says(&["path=/ "]);
    assert_eq!(server.log().iter().filter(|line| line.contains("which is not bound")).count(), 1);
}

#[test]
fn a_read_only_binding_refuses_writes() {
    let server = probe(&Project::new(), &["--kv", "KV:ro"]);
    assert_ne!(server.get("/put/a").body, "put");
}

#[test]
fn a_panic_is_500_with_a_request_id_and_the_server_goes_on() {
    let server = probe(&Project::new(), &[]);
    let answer = server.get("/panic");
    assert_eq!(answer.status, 500);
    assert!(!answer.body.contains("own words"), "{answer:?}");
    let id = answer.body.trim_end().rsplit(' ').next().unwrap().to_owned();
    assert_eq!(id.len(), 16, "{answer:?}");
    server.says(&["ERROR", &format!("request {id}: the component trapped")]);
    server.says(&["the guest's own words"]);
    server.says(&["path=/panic", "status=500"]);
    assert_eq!(server.get("/exit").status, 500);
    server.says(&["the component exited, with code 1, instead of answering"]);
    assert_eq!(server.get("/").body, "hello");
}

#[test]
fn an_endless_loop_ends_by_the_timeout_and_others_are_answered_meanwhile() {
    let server = probe(&Project::new(), &["--timeout", "3s"]);
    thread::scope(|scope| {
        // More of them than there are threads.
        let loops: Vec<_> = (0..8).map(|_| scope.spawn(|| server.get("/compute").status)).collect();
        thread::sleep(Duration::from_millis(500));
        assert_eq!(server.get("/").body, "hello");
        assert!(!loops.iter().any(|computing| computing.is_finished()), "they compute still");
        for computing in loops {
            assert_eq!(computing.join().unwrap(), 500);
        }
    });
    server.says(&["took longer than 3s (limits.timeout)"]);
    assert_eq!(server.get("/sleep/10000").status, 500, "waiting is bounded as well");
}

#[test]
fn a_timeout_longer_than_time_itself_lets_requests_take_theirs() {
    let server = probe(&Project::new(), &["--timeout", "500000000000y"]);
    assert_eq!(server.get("/").body, "hello");
}

#[test]
fn memory_beyond_the_limit_is_500_and_says_so() {
    let server = probe(&Project::new(), &["--memory-max", "32 MiB"]);
    assert_eq!(server.get("/allocate/16").body, (16 << 20).to_string());
    assert_eq!(server.get("/allocate/64").status, 500);
    server.says(&["wanted more than 32.0 MiB of memory (limits.memory)"]);
    assert_eq!(server.get("/").body, "hello");
}

#[test]
fn a_component_that_hoards_handles_is_refused_or_traps_and_the_server_goes_on() {
    let server = probe(&Project::new(), &["--kv", "KV"]);
    assert_eq!(server.get("/hoard/5000").body, "1000");
    assert_eq!(server.get("/hoard-headers/1000").body, "1000");
    assert_eq!(server.get("/hoard-headers/5000").status, 500);
    server.says(&["resource table has no free keys"]);
    assert_eq!(server.get("/").body, "hello");
}

#[test]
fn a_request_body_without_end_ends_by_the_timeout() {
    let server = probe(&Project::new(), &["--timeout", "1s", "--memory-max", "64MiB"]);
    let address = server.url("").trim_start_matches("http://").to_owned();
    let head = "POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for chunk in ["1\r\nx\r\n".to_owned(), format!("10000\r\n{}\r\n", "x".repeat(0x10000))] {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let mut reader = stream.try_clone().unwrap();
        let answer = thread::spawn(move || {
            let mut answer = String::new();
            let _ = reader.read_to_string(&mut answer);
            answer
        });
        while !answer.is_finished() && stream.write_all(chunk.as_bytes()).is_ok() {
            if chunk.len() < 100 {
                thread::sleep(Duration::from_millis(10));
            }
        }
        drop(stream);
        let answer = answer.join().unwrap();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 500"), "{answer}");
        server.says(&["path=/read", "status=500"]);
        assert_eq!(server.get("/").body, "hello");
    }
}

#[test]
fn an_answer_that_is_broken_off_does_not_seem_whole() {
    let server = probe(&Project::new(), &["--timeout", "1s"]);
    for (how, why) in [("by-panic", "trapped"), ("by-timeout", "took longer than 1s")] {
        let answer = ureq::get(server.url(&format!("/break-off/{how}"))).call();
        let whole = answer.and_then(|mut answer| answer.body_mut().read_to_string());
        assert!(whole.is_err(), "{how}: {whole:?}");
        server.says(&["after the answer had begun", why]);
    }
    assert_eq!(server.get("/").body, "hello");
}

/// Sends the head of a request, byte for byte, and reads to the end.
fn exchange(server: &Server, head: &str) -> String {
    let mut stream = TcpStream::connect(server.url("").trim_start_matches("http://")).unwrap();
    write!(stream, "{head}Connection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_request_without_a_host_is_the_clients_mistake() {
    let server = probe(&Project::new(), &[]);
    let answer = exchange(&server, "GET / HTTP/1.0\r\n");
    assert!(answer.starts_with("HTTP/1.0 400"), "{answer}");
    assert!(answer.contains("no Host header"), "{answer}");
}

#[test]
fn a_request_to_what_is_no_host_is_the_clients_mistake() {
    let server = probe(&Project::new(), &[]);
    for host in ["", "a b", "a/b"] {
        let answer = exchange(&server, &format!("GET / HTTP/1.1\r\nHost: {host}\r\n"));
        assert!(answer.starts_with("HTTP/1.1 400"), "{host}: {answer}");
        assert!(answer.contains("Host header names no host"), "{host}: {answer}");
    }
    let answer = exchange(&server, "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n");
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    for host in ["a", "a:80", "[::1]:8787", "127.0.0.1:1"] {
        let answer = exchange(&server, &format!("GET / HTTP/1.1\r\nHost: {host}\r\n"));
        assert!(answer.starts_with("HTTP/1.1 200"), "{host}: {answer}");
    }
}

#[test]
fn a_path_does_the_log_no_harm() {
    let server = probe(&Project::new(), &[]);
    assert!(exchange(&server, "GET /\u{9b}31m HTTP/1.1\r\nHost: a\r\n").contains("200 OK"));
    server.says(&[r"path=/\u{9b}31m "]);
}

#[test]
fn requests_in_flight_are_finished_before_it_stops() {
    let server = probe(&Project::new(), &[]);
    let url = server.url("/sleep/700");
    let slow = thread::spawn(move || ureq::get(url).call().unwrap().status().as_u16());
    thread::sleep(Duration::from_millis(300));
    server.signal("-TERM");
    assert_eq!(slow.join().unwrap(), 200);
    let (code, _, log) = server.ended();
    assert_eq!(code, Some(0));
    assert_eq!(log.last().map(String::as_str), Some("stopped"));
}

#[test]
fn a_port_in_use_is_told_before_anything_else_is_done() {
    let project = Project::new();
    let server = probe(&project, &[]);
    let address = server.url("").trim_start_matches("http://").to_owned();
    let said = project.larder(["serve", "missing.wasm", "--addr", &address]).fails(1);
    assert!(said.starts_with(&format!("error: cannot listen on {address}")), "{said}");
    assert!(said.contains("in use"), "{said}");
    assert!(!project.path(".larder").exists());
}

#[test]
fn an_address_that_is_none_is_refused() {
    let said = Project::new().larder(["serve", "a.wasm", "--addr", "8787"]).fails(1);
    assert!(said.contains("`8787` is no address to listen on: it is HOST:PORT"), "{said}");
}

#[test]
fn what_is_no_component_is_told_what_it_is() {
    let project = Project::new();
    project.write("core.wasm", b"\0asm\x01\0\0\0");
    project.write("text.wasm", "hello");
    project.write("broken.wasm", b"\0asm\x0d\0\x01\0\xff\xff\xff");
    let serve = |file| project.larder(["serve", file, "--addr", "127.0.0.1:0"]).fails(1);
    let said = serve("core.wasm");
    assert!(said.contains("core.wasm is a core module, not a component"), "{said}");
    assert!(said.contains("cargo build --release --target wasm32-wasip2"), "{said}");
    let said = serve("text.wasm");
    assert!(said.contains("text.wasm is no WebAssembly component"), "{said}");
    let said = serve("broken.wasm");
    assert!(said.contains("broken.wasm is no component that this release can load"), "{said}");
    let said = serve("missing.wasm");
    assert!(said.contains("cannot read the component missing.wasm"), "{said}");
    let command = component("tests/guests/command");
    let said = serve(command.to_str().unwrap());
    assert!(said.contains("does not export wasi:http/incoming-handler"), "{said}");
    assert!(said.contains("it is a command, for `larder run`"), "{said}");
    assert!(!project.path(".larder").exists());
}

#[test]
fn a_store_in_use_is_refused_with_who_has_it() {
    let project = Project::new();
    let server = sessions(&project, &[]);
    let sessions = component("examples/sessions");
    let arguments = ["serve", sessions.to_str().unwrap(), "--addr", "127.0.0.1:0"];
    let said = project.larder(arguments).ended().2;
    assert!(said.contains("is in use by"), "{said}");
    assert!(said.ends_with("stop it, or name another store by --store DIR\n"), "{said}");
    assert_eq!(server.get("/").status, 200);
}

#[test]
fn a_binding_by_id_stays_with_its_namespace_when_that_is_renamed() {
    let project = Project::new();
    let id = project.larder(["namespace", "create", "before"]).succeeds();
    let id = id.trim_end();
    project.write("larder.toml", format!("[[kv_namespaces]]\nbinding = \"KV\"\nid = \"{id}\"\n"));
    project.larder(["namespace", "rename", "before", "after"]).succeeds();
    let probe = component("tests/guests/http");
    let server = serve(&project, &probe, &[]);
    server.says(&["binding KV: namespace after, 0 keys"]);
    assert_eq!(server.get("/put/a").body, "put");
    server.signal("-TERM");
    server.ended();
    assert_eq!(project.larder(["key", "list", "--namespace", "after"]).succeeds(), "a\n");
}
