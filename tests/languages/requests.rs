//! Requests to a worker in JavaScript, of which an instance answers one or, as it is built for it,
//! several.

use crate::copy::copy_of;
use crate::http::{Origin, send};
use crate::project::Project;
use crate::server::{Server, eventually};
use larder_test_guests::toolchain;
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

pub fn tests() -> Vec<Trial> {
    let toolchain = toolchain::javascript();
    vec![
        toolchain.trial("requests::an_instance_that_answers_one", an_instance_that_answers_one),
        toolchain.trial("requests::an_instance_that_answers_many", an_instance_that_answers_many),
        toolchain.trial("requests::dev_reuses_instances_too", dev_reuses_instances_too),
    ]
}

/// The guest as it is built and served when its instances answer so many requests each.
fn serve(reuse: u32, flags: &[&str]) -> (Project, Server) {
    let project = copy_of("tests/guests/requests-js");
    reusing(&project, reuse);
    assert_eq!(project.larder(["build"]).ended().0, Some(0));
    let server = Server::start(&project, [&["serve", "--in-memory"], flags].concat());
    (project, server)
}

/// Sets in a project's config how many requests an instance answers.
pub fn reusing(project: &Project, reuse: u32) {
    let config = fs::read_to_string(project.path("larder.toml")).unwrap();
    project.write("larder.toml", format!("instance_reuse = {reuse}\n{config}"));
}

fn an_instance_that_answers_one() {
    let origin = Origin::start("of the origin");
    let (_project, server) = serve(1, &["--allow-outbound", &origin.addr.to_string()]);
    assert_answers(&server, &origin);
    assert_eq!(count(&server), 1);
    assert_eq!(count(&server), 1);
}

fn an_instance_that_answers_many() {
    let origin = Origin::start("of the origin");
    let (_project, server) = serve(100_000, &["--allow-outbound", &origin.addr.to_string()]);
    assert_eq!(count(&server), 1);
    assert_waits(&server);
    assert_answers(&server, &origin);
    assert_breaks_off(&server);
    assert_fails(&server);
    assert_bears_a_client_that_goes(&server);
    assert_leaves_nothing(&server);
    let most = (0..2500).map(|_| count(&server)).max();
    assert!(most > Some(2200), "its handles are given back, and its memory: {most:?}");
    let log = server.log();
    assert!(!log.iter().any(|line| line.contains("trapped")), "{log:#?}");
}

fn count(server: &Server) -> u32 {
    send(("POST", &server.url("/count")), &[], "a body").text().parse().unwrap()
}

/// What a request is to a worker, and what its answer is to a client.
fn assert_answers(server: &Server, origin: &Origin) {
    let head = b"PURGE /seen?a=b%20c HTTP/1.1\r\nHost: larder.test\r\nX-Two: one\r\nX-Two: two\r\n\
                 X-Latin: caf\xe9\r\nConnection: close\r\n\r\n";
    let seen = json!(["PURGE", "http://larder.test/seen?a=b%20c", "one, two", "caf\u{e9}"]);
    let answer = exchange(server, head);
    let body = answer.rsplit(|byte| *byte == b'\n').next().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(body).unwrap(), seen);

    let get = |path| send(("GET", &server.url(path)), &[], "");
    let made = get("/headers");
    assert_eq!((made.status, made.text()), (201, "made"));
    assert_eq!(made.headers["x-latin"].as_bytes(), b"caf\xe9");
    assert_eq!(made.header("x-two"), Some("one, two"));
    let cookies: Vec<_> = made.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1", "b=2"]);

    let text = get("/text");
    assert_eq!((text.header("content-length"), text.text()), (Some("4"), "text"));
    let head = send(("HEAD", &server.url("/text")), &[], "");
    assert_eq!((head.header("content-length"), head.text()), (Some("4"), ""));
    assert_eq!(get("/empty").text(), "");
    let nothing = get("/nothing");
    assert_eq!((nothing.status, nothing.text()), (204, ""));

    let post = |path, body: &[u8]| send(("POST", &server.url(path)), &[], body);
    let large: Vec<_> = (0..20_000_000_u32).map(|number| (number / 251) as u8).collect();
    assert!(post("/whole", &large).body == large);
    assert_eq!(post("/echo", b"echoed").text(), "echoed");
    assert_eq!(post("/unread", b"unread").text(), "not read");
    let first = post("/first-piece", &large[..1000]).body;
    assert!(!first.is_empty() && large.starts_with(&first));

    let fetched = get(&format!("/fetch?url=http://{}/", origin.addr));
    assert_eq!((fetched.status, fetched.text()), (200, "of the origin"));
}

/// Everything that is answered on a connection.
fn exchange(server: &Server, request: &[u8]) -> Vec<u8> {
    let mut answer = Vec::new();
    let _ = connect(server, request).read_to_end(&mut answer);
    answer
}

fn connect(server: &Server, request: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(server.url("").trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(request).unwrap();
    stream
}

/// An answer whose stream fails has no end, by which its client knows.
fn assert_breaks_off(server: &Server) {
    let answer = exchange(server, b"GET /breaks HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.contains("piece\n"), "{answer}");
    assert!(!answer.ends_with("\r\n0\r\n\r\n"), "{answer}");
    server.says(&["Uncaught (in the body of a Response) Error: broken on purpose"]);
}

/// What cannot be sent is a failure as another, and its instance goes on.
fn assert_fails(server: &Server) {
    for path in ["/locked", "/length"] {
        let failed = send(("GET", &server.url(path)), &[], "");
        assert_eq!((failed.status, failed.text()), (500, "Internal Server Error\n"), "{path}");
    }
    server.says(&["Uncaught (in a Response) TypeError: its status or its headers cannot be sent"]);
}

/// In the middle of an answer, and in the middle of its own body; and one that sends none.
fn assert_bears_a_client_that_goes(server: &Server) {
    let mut some = [0; 200];
    let mut stream = connect(server, b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(stream.read(&mut some).unwrap() > 0);
    drop(stream);
    let cancelled = || left(server).contains("cancelled").then_some(());
    eventually(cancelled, || format!("{:#?}", server.log()));

    let head = "HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc";
    drop(connect(server, format!("POST /echo {head}").as_bytes()));
    server.says(&["path=/echo status=200"]);
    let mut stream = connect(server, format!("POST /race {head}").as_bytes());
    let read = stream.read(&mut some).unwrap();
    assert!(some[..read].starts_with(b"HTTP/1.1 200 OK"));
    drop(stream);
}

/// Lets every instance that has answered come to wait for another request; the last is the next.
fn rest() {
    thread::sleep(Duration::from_millis(500));
}

/// The body of a request that is over, its timers, and what they throw.
fn assert_leaves_nothing(server: &Server) {
    rest();
    assert_eq!(send(("POST", &server.url("/leave")), &[], "a body").text(), "left");
    rest();
    let found = send(("GET", &server.url("/find")), &[], "").json();
    let over = "TypeError: the request is over, and its body with it";
    assert_eq!(found, json!([over, false]));
}

/// What a request waits for after its answer is done before its instance takes another.
fn assert_waits(server: &Server) {
    rest();
    assert_eq!(server.get("/later").body, "answered");
    assert_eq!(left(server), "[0,[]]", "another instance answers meanwhile");
    thread::sleep(Duration::from_secs(1));
    rest();
    assert_eq!(left(server), "[1,[\"waited\"]]");
}

fn left(server: &Server) -> String {
    server.get("/left").body
}

fn dev_reuses_instances_too() {
    let project = copy_of("tests/guests/requests-js");
    let dev = ["dev", "--in-memory", "--instance-reuse", "1000"];
    let server = Server::start(&project, dev);
    assert_eq!([count(&server), count(&server)], [1, 2]);
    let source = "export default { fetch: () => { throw new Error('edited'); } };\n";
    project.write("src/worker.js", source);
    let edited = || server.get("/").body.contains("Uncaught Error: edited").then_some(());
    eventually(edited, || format!("{:#?}", server.log()));
}
