//! What goes wrong on a socket, and what is said about it.

#![cfg(unix)]

use super::*;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use tempfile::TempDir;

const NOW: &str = r#"{"now_ms":1800000000250}"#;

fn ok(json: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{json}", json.len())
}

/// A socket where each connection is served by the next of these; it is told when one was closed.
fn serving<const N: usize>(
    connections: [fn(&mut BufReader<UnixStream>); N],
) -> (Store, TempDir, Receiver<()>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let (says, closed) = mpsc::channel();
    thread::spawn(move || {
        for serve in connections {
            serve(&mut BufReader::new(listener.accept().unwrap().0));
            says.send(()).unwrap();
        }
    });
    (Store::at(path), directory, closed)
}

/// Reads a request without its body; the first line.
fn request(connection: &mut BufReader<UnixStream>) -> String {
    let mut lines = connection.by_ref().lines().map(Result::unwrap);
    let first = lines.next().unwrap();
    assert!(lines.any(|line| line.is_empty()));
    first
}

fn answer(connection: &mut BufReader<UnixStream>, answer: impl AsRef<[u8]>) {
    connection.get_mut().write_all(answer.as_ref()).unwrap();
}

fn text(error: Error) -> String {
    match error {
        Error::Other(text) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_the_variable_it_says_how_to_run() {
    for variable in [None, Some(OsString::new())] {
        let reason = Store::named_by(variable).unwrap_err();
        assert!(reason.contains("LARDER_SOCKET"), "{reason}");
        assert!(reason.contains("run under `larder test`"), "{reason}");
    }
    assert_eq!(Store::named_by(Some("/a".into())).unwrap().path(), Path::new("/a"));
}

#[test]
fn a_socket_that_is_not_there_or_that_nobody_answers_on_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    for there in [false, true] {
        if there {
            drop(UnixListener::bind(&path).unwrap());
        }
        let said = text(Store::at(&path).bindings().unwrap_err());
        assert!(said.contains(path.to_str().unwrap()), "{said}");
        assert!(said.contains("no store answers"), "{said}");
        assert!(said.contains("does `larder test` still run?"), "{said}");
    }
}

#[test]
fn a_socket_that_may_not_be_connected_to_is_said_to_be_another_users() {
    let error = Store::at("/s").unreachable(&io::ErrorKind::PermissionDenied.into());
    let said = text(error);
    assert!(said.contains("/s") && said.contains("permission denied"), "{said}");
    assert!(said.contains("another user's"), "{said}");
}

#[test]
fn whoever_answers_something_else_is_no_larder() {
    let (store, directory, closed) = serving([
        |connection| answer(connection, "SSH-2.0-OpenSSH_9.6\r\n"),
        |connection| {
            for said in [
                "HTTP/1.1 404 Not Found\r\ncontent-length: 5\r\n\r\nwhat?",
                &ok("<html>"),
                &ok("{}"),
            ] {
                request(connection);
                answer(connection, said);
            }
        },
    ]);
    let path = directory.path().join("socket").display().to_string();
    for about in ["", "it answers 404: what?", "expected value", "bindings"] {
        let said = text(store.bindings().unwrap_err());
        assert!(said.contains(&path) && said.contains("is no larder"), "{said}");
        assert!(said.contains(about), "{said}");
    }
    assert_eq!(closed.iter().count(), 2);
}

#[test]
fn requests_one_after_another_take_one_connection() {
    let (store, _directory, closed) = serving([|connection| {
        for _ in 0..3 {
            assert_eq!(request(connection), "GET /larder/v1/clock HTTP/1.1");
            answer(connection, ok(NOW));
        }
    }]);
    for _ in 0..3 {
        assert_eq!(store.now_ms().unwrap(), 1_800_000_000_250);
    }
    assert_eq!(closed.iter().count(), 1);
}

#[test]
fn a_connection_that_was_closed_is_opened_anew() {
    let once: fn(&mut BufReader<UnixStream>) = |connection| {
        request(connection);
        answer(connection, ok(NOW));
    };
    let (store, _directory, closed) = serving([once, once, once]);
    for _ in 0..3 {
        store.now_ms().unwrap();
        closed.recv().unwrap();
    }
}

#[test]
fn a_connection_that_the_answer_ends_is_not_used_again() {
    let (store, _directory, closed) = serving([
        |connection| {
            request(connection);
            let end = "HTTP/1.1 200 OK\r\nconnection: close\r\n";
            answer(connection, format!("{end}content-length: {}\r\n\r\n{NOW}", NOW.len()));
            assert_eq!(connection.read(&mut [0]).unwrap(), 0, "it was used again");
        },
        |connection| {
            request(connection);
            answer(connection, ok(NOW));
        },
    ]);
    store.now_ms().unwrap();
    store.now_ms().unwrap();
    assert_eq!(closed.iter().count(), 2);
}

#[test]
fn a_request_that_may_have_been_done_is_not_sent_again() {
    let breaks: fn(&mut BufReader<UnixStream>) = |connection| drop(request(connection));
    let breaks_within: fn(&mut BufReader<UnixStream>) = |connection| {
        request(connection);
        answer(connection, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{");
    };
    let (store, _directory, closed) = serving([breaks, breaks, breaks_within]);
    assert!(matches!(store.now_ms(), Err(Error::Unavailable)));
    assert!(matches!(store.reset(), Err(Error::OutcomeUnknown)));
    assert!(matches!(store.reset(), Err(Error::OutcomeUnknown)));
    assert_eq!(closed.iter().count(), 3);
}

#[test]
fn an_answer_in_chunks_is_read_whole() {
    let (store, _directory, closed) = serving([|connection| {
        request(connection);
        answer(connection, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        let (first, rest) = NOW.split_at(5);
        for piece in [first, rest] {
            answer(connection, format!("{:x}\r\n{piece}\r\n", piece.len()));
        }
        answer(connection, "0\r\n\r\n");
        request(connection);
        answer(connection, ok(NOW));
    }]);
    store.now_ms().unwrap();
    store.now_ms().unwrap();
    assert_eq!(closed.iter().count(), 1);
}

#[test]
fn a_refusal_that_comes_before_the_body_was_sent_is_read() {
    let (store, _directory, closed) = serving([|connection| {
        request(connection);
        let said =
            r#"{"error":{"code":"too-large","message":"","of":"value","bytes":9,"bytes_max":8}}"#;
        let head = "HTTP/1.1 413 Payload Too Large\r\nconnection: close\r\n";
        answer(connection, format!("{head}content-length: {}\r\n\r\n{said}", said.len()));
    }]);
    let body = vec![0; 25 << 20];
    let ask = Ask::new(Method::PUT, "/larder/v1", Effect::Write).raw(&body);
    let refusal = store.ask(&ask).unwrap_err();
    assert!(
        matches!(
            &refusal,
            Refusal::Error(Error::TooLarge(limit)) if (limit.bytes, limit.bytes_max) == (9, 8)
        ),
        "{refusal:?}"
    );
    assert_eq!(closed.iter().count(), 1);
}

#[test]
fn every_error_of_the_contract_is_read() {
    let read = |json: &str| {
        let body = format!(r#"{{"error":{json}}}"#).into_bytes();
        let answer = Answer { status: 500, headers: Default::default(), body };
        format!("{:?}", Refusal::read(&answer).unwrap())
    };
    for (code, error) in [
        ("no-such-binding", "NoSuchBinding"),
        ("no-such-namespace", "NoSuchBinding"),
        ("access-denied", "AccessDenied"),
        ("invalid-argument", r#"InvalidArgument("m")"#),
        ("not-a-counter", "NotACounter"),
        ("unsupported", r#"Unsupported("m")"#),
        ("unavailable", "Unavailable"),
        ("no-such-handle", "Unavailable"),
        ("outcome-unknown", "OutcomeUnknown"),
        ("other", r#"Other("m")"#),
        ("of a later version", r#"Other("m")"#),
    ] {
        let said = read(&format!(r#"{{"code":"{code}","message":"m"}}"#));
        assert!(said.contains(error), "{said}");
    }
    let limits = r#""message":"m","bytes":18446744073709551615,"bytes_max":2"#;
    for (of, variant) in
        [("key", "Key"), ("value", "Value"), ("metadata", "Metadata"), ("batch", "Batch")]
    {
        let said = read(&format!(r#"{{"code":"too-large","of":"{of}",{limits}}}"#));
        assert!(said.contains(variant) && said.contains("18446744073709551615"), "{said}");
    }
    for (of, variant) in [("keys", "Keys"), ("bytes", "Bytes"), ("store", "Store")] {
        let said = read(&format!(r#"{{"code":"quota-exceeded","message":"m","of":"{of}"}}"#));
        assert!(said.contains(variant), "{said}");
    }
    let said = read(r#"{"code":"too-many-requests","message":"m","retry_ms":7}"#);
    assert!(said.contains("TooManyRequests(7)"), "{said}");
    let said = read(r#"{"code":"conflict","message":"m","found":"18446744073709551615"}"#);
    assert!(said.contains("18446744073709551615"), "{said}");
}
