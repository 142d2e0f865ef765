//! `larder serve` under components and clients that want more than their share.

use crate::project::Project;
use crate::server::{Answer, Server};
use larder_test_guests::component;
use std::io::Write as _;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

const MIB: u64 = 1 << 20;

/// The guest that does what the path says.
fn serve(project: &Project, flags: &[&str]) -> Server {
    let component = component("tests/guests/http");
    let serve = ["serve", component.to_str().unwrap(), "--kv", "KV"];
    Server::start(project, [&serve, flags].concat())
}

/// Gets a path so many times at once.
fn at_once(server: &Server, path: &str, times: usize) -> Vec<Answer> {
    thread::scope(|scope| {
        let gets: Vec<_> = (0..times).map(|_| scope.spawn(|| server.get(path))).collect();
        gets.into_iter().map(|get| get.join().unwrap()).collect()
    })
}

#[test]
fn requests_that_want_more_memory_together_than_there_is_are_refused_and_others_are_answered() {
    let total = ["--in-memory", "--memory-total-max", "200MiB"];
    let server = serve(&Project::new(), &total);
    assert_eq!(server.get("/hold/1").body, MIB.to_string());
    let before = server.memory_peak();
    let answers = at_once(&server, "/hold/40", 16);
    let held = answers.iter().filter(|answer| answer.status == 200).count();
    assert!((1..=4).contains(&held), "{answers:?}");
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 500)), "{answers:?}");
    server.says(&["wanted more than 200.0 MiB of memory together (limits.memory_total)"]);
    let grown = server.memory_peak() - before;
    assert!(grown < 232 * MIB, "{} MiB", grown / MIB);
    assert_eq!(server.get("/hold/40").body, (40 * MIB).to_string(), "it is given back");
}

#[test]
fn writes_at_once_are_refused_beyond_their_number_and_wait_beyond_their_bytes() {
    let project = Project::new();
    project.write("larder.toml", "limits = { kv_writes = 1, kv_write_memory = \"1 MiB\" }\n");
    let put = |flags: &[&str]| -> Vec<String> {
        let server = serve(&project, &[&["--in-memory"], flags].concat());
        at_once(&server, "/put-large/k", 6).into_iter().map(|answer| answer.body).collect()
    };
    let answers = put(&[]);
    let refused = answers.iter().filter(|answer| answer.contains("try again after 10 ms")).count();
    assert!((1..=5).contains(&refused), "{answers:?}");
    assert_eq!(put(&["--kv-writes-max", "6"]), ["put"; 6]);
}

#[test]
fn readers_and_writers_are_bounded_by_config_and_flag() {
    let project = Project::new();
    project.write("larder.toml", "limits.kv_handles = 3\n");
    let server = serve(&project, &["--in-memory"]);
    assert_eq!(server.get("/hoard-writers/10").body, "3");
    let server = serve(&project, &["--in-memory", "--kv-handles-max", "5"]);
    assert_eq!(server.get("/hoard-writers/10").body, "5");
    assert_eq!(server.get("/hoard-writers/10").body, "5", "an instance that is gone has none");
}

#[test]
fn a_limit_of_nothing_is_refused() {
    let project = Project::new();
    let serve = |flags: &[&str]| {
        let serve = ["serve", "missing.wasm", "--addr", "127.0.0.1:0"];
        project.larder([&serve, flags].concat()).fails(1)
    };
    for (name, flag) in [
        ("memory", "--memory-max"),
        ("memory_total", "--memory-total-max"),
        ("kv_writes", "--kv-writes-max"),
        ("kv_write_memory", "--kv-write-memory-max"),
        ("kv_read_memory", "--kv-read-memory-max"),
        ("kv_handles", "--kv-handles-max"),
    ] {
        let refused = format!("limits.{name} is 0, which lets nothing happen");
        let said = serve(&[flag, "0"]);
        assert!(said.contains(&refused), "{said}");
        let zero =
            if name.ends_with("writes") || name.ends_with("handles") { "0" } else { "\"0\"" };
        project.write("larder.toml", format!("limits.{name} = {zero}\n"));
        let said = serve(&[]);
        assert!(said.contains(&refused), "{said}");
        project.write("larder.toml", "");
    }
}

#[test]
fn deep_recursion_is_500_and_the_server_goes_on() {
    let server = serve(&Project::new(), &["--in-memory"]);
    assert!(at_once(&server, "/recurse", 8).iter().all(|answer| answer.status == 500));
    server.says(&["call stack exhausted"]);
    assert_eq!(server.get("/").body, "hello");
}

#[test]
fn more_endless_loops_than_instances_let_others_wait_for_their_turn_until_their_timeout() {
    // Half of that is 29 times what the component begins with.
    let flags = ["--in-memory", "--timeout", "3s", "--memory-total-max", "64MiB"];
    let server = serve(&Project::new(), &flags);
    assert_eq!(server.get("/").body, "hello");
    thread::scope(|scope| {
        let loops = scope.spawn(|| at_once(&server, "/compute", 50));
        thread::sleep(Duration::from_millis(1000));
        // Their time ends before this one's.
        assert_eq!(server.get("/").body, "hello");
        assert!(loops.join().unwrap().iter().all(|answer| answer.status == 500));
    });
    server.says(&["the component took longer than 3s (limits.timeout)"]);
}

#[test]
fn what_a_request_prints_is_bounded() {
    let server = serve(&Project::new(), &["--in-memory", "--timeout", "2s"]);
    assert!(at_once(&server, "/flood", 3).iter().all(|answer| answer.status == 500));
    server.says(&["more than 1.0 MiB that a request printed is left out"]);
    let printed: usize = server.log().iter().map(String::len).sum();
    assert!(printed < 4 << 20, "{printed} bytes");
    assert_eq!(server.get("/").body, "hello");
}

#[test]
fn answers_that_nobody_reads_end_with_their_request() {
    let server = serve(&Project::new(), &["--in-memory", "--timeout", "2s"]);
    let before = server.memory_peak();
    let address = server.url("").trim_start_matches("http://").to_owned();
    let connections: Vec<TcpStream> = (0..16)
        .map(|_| {
            let mut stream = TcpStream::connect(&address).unwrap();
            write!(stream, "GET /body/8 HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
            stream
        })
        .collect();
    assert_eq!(server.get("/").body, "hello");
    server.says(&["after the answer had begun", "took longer than 2s"]);
    // A text of 8 MiB and a copy of it in each.
    let grown = server.memory_peak().saturating_sub(before);
    assert!(grown < 16 * 24 * MIB, "{} MiB", grown / MIB);
    drop(connections);
}
