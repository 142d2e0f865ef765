//! Instances that answer several requests, one after another.

use crate::project::Project;
use crate::server::{Server, eventually};
use larder_test_guests::component;
use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

/// The guest that does what the path says.
fn serve(flags: &[&str]) -> Server {
    serve_in(&Project::new(), flags)
}

fn serve_in(project: &Project, flags: &[&str]) -> Server {
    let component = component("tests/guests/http");
    let serve = ["serve", component.to_str().unwrap(), "--in-memory"];
    Server::start(project, [&serve, flags].concat())
}

/// How many requests the instance that answers has counted.
fn count(server: &Server) -> String {
    server.get("/count").body
}

fn counts<const N: usize>(server: &Server) -> [String; N] {
    [(); N].map(|()| count(server))
}

#[test]
fn an_instance_answers_one_request_unless_told_otherwise() {
    assert_eq!(counts(&serve(&[])), ["1", "1", "1"]);
    assert_eq!(counts(&serve(&["--instance-reuse", "1"])), ["1", "1", "1"]);
}

#[test]
fn an_instance_answers_as_many_as_it_is_told_by_flag_and_by_config() {
    assert_eq!(counts(&serve(&["--instance-reuse", "3"])), ["1", "2", "3", "1"]);
    let project = Project::new();
    project.write("larder.toml", "instance_reuse = 2\n");
    assert_eq!(counts(&serve_in(&project, &[])), ["1", "2", "1"]);
}

#[test]
fn an_instance_for_no_request_is_refused() {
    let said = Project::new().larder(["serve", "missing.wasm", "--instance-reuse", "0"]).fails(1);
    assert!(said.contains("instance_reuse is 0"), "{said}");
}

#[test]
fn requests_at_a_time_have_an_instance_each() {
    let server = serve(&["--instance-reuse", "100"]);
    thread::scope(|scope| {
        let sleeping = scope.spawn(|| server.get("/sleep/1000"));
        thread::sleep(Duration::from_millis(300));
        assert_eq!(counts(&server), ["1", "2"]);
        assert_eq!(sleeping.join().unwrap().body, "rested");
    });
}

#[test]
fn more_requests_than_instances_are_all_answered() {
    let server = serve(&["--instance-reuse", "100"]);
    thread::scope(|scope| {
        let gets: Vec<_> = (0..300).map(|_| scope.spawn(|| server.get("/sleep/200"))).collect();
        assert!(gets.into_iter().all(|get| get.join().unwrap().body == "rested"));
    });
}

#[test]
fn an_instance_that_failed_answers_nothing_more() {
    let server = serve(&["--instance-reuse", "100", "--timeout", "2s"]);
    for failing in ["/panic", "/exit", "/compute", "/allocate/300"] {
        assert_eq!(counts(&server), ["1", "2"]);
        assert_eq!(server.get(failing).status, 500, "{failing}");
    }
    assert_eq!(count(&server), "1");
}

#[test]
fn an_instance_that_was_refused_memory_answers_nothing_more() {
    let server = serve(&["--instance-reuse", "100"]);
    assert_eq!(count(&server), "1");
    assert_eq!(server.get("/try-to-allocate/300").body, "refused");
    assert_eq!(count(&server), "1");
}

#[test]
fn idle_instances_give_up_their_memory_to_those_at_work() {
    let server = serve(&["--instance-reuse", "100", "--memory-total-max", "200MiB"]);
    thread::scope(|scope| {
        let holds: Vec<_> = (0..4).map(|_| scope.spawn(|| server.get("/hold/40"))).collect();
        assert!(holds.into_iter().all(|hold| hold.join().unwrap().status == 200));
    });
    assert_eq!(server.get("/hold/100").status, 200, "{:#?}", server.log());
}

#[test]
fn a_body_that_nobody_read_keeps_no_connection() {
    let server = serve(&["--instance-reuse", "100"]);
    let stream = TcpStream::connect(server.url("").trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = "POST /forget-body HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n";
    let mut sending = stream.try_clone().unwrap();
    let body = [head.as_bytes(), &[b'x'; 200_000]].concat();
    let sent = thread::spawn(move || {
        // The server may close the connection once it has answered, as without reuse.
        let _ = sending.write_all(&body);
        let _ = sending.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    });
    // To the end, which does not come while somebody is waited for to read the body.
    let mut answers = Vec::new();
    let ended = stream.take(1 << 20).read_to_end(&mut answers).map_err(|error| error.kind());
    assert!(!matches!(ended, Err(ErrorKind::WouldBlock | ErrorKind::TimedOut)), "{ended:?}");
    assert!(answers.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answers));
    sent.join().unwrap();
    assert_eq!(count(&server), "2");
}

/// A project whose component is copied from `guest.wasm`.
fn dev(project: &Project) -> Server {
    project.write("guest.wasm", fs::read(component("tests/guests/http")).unwrap());
    project.write("src/what", "");
    project.write(
        "larder.toml",
        "component = \"app.wasm\"\ninstance_reuse = 100000\n\
         build = { command = \"cp guest.wasm app.wasm\", watch = [\"src\"] }\n",
    );
    Server::start(project, ["dev", "--in-memory"])
}

#[test]
fn a_reload_begins_with_new_instances() {
    let project = Project::new();
    let server = dev(&project);
    assert_eq!(counts(&server), ["1", "2"]);
    project.write("src/what", "changed");
    let loads = || server.log().iter().filter(|line| line.contains(", loaded in ")).count();
    eventually(|| (loads() == 2).then_some(()), || format!("no reload: {:#?}", server.log()));
    eventually(|| (count(&server) == "1").then_some(()), || count(&server));
}

#[test]
fn what_a_request_printed_is_not_anothers() {
    let project = Project::new();
    let server = dev(&project);
    assert_eq!(server.get("/print").status, 200);
    let page = server.get("/panic").body;
    assert!(page.contains("the guest's own words"), "{page}");
    assert!(!page.contains("printed on standard"), "{page}");
}
