//! A client and a server for what the tests ask of a Worker, and a Worker of them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;
use ureq::http::{HeaderMap, Request};

/// What a request was answered with.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Its JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Sends a request; one with an empty body has none.
#[track_caller]
pub fn send(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    let agent: ureq::Agent = config.timeout_global(Some(Duration::from_secs(60))).build().into();
    let request = Request::builder().method(method).uri(url);
    let request =
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let answer = match body {
        "" => agent.run(request.body(()).unwrap()),
        body => agent.run(request.body(body).unwrap()),
    };
    let (parts, mut body) = answer.unwrap().into_parts();
    let body = body.with_config().limit(u64::MAX).read_to_string().unwrap();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

/// A server that a Worker may ask. It counts how often it was.
pub struct Origin {
    pub address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Origin {
    /// One that answers every request by this JSON.
    pub fn start(json: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, asked) = (listener.local_addr().unwrap(), Arc::default());
        let counted: Arc<AtomicUsize> = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                counted.fetch_add(1, Ordering::Relaxed);
                answer(stream.unwrap(), json);
            }
        });
        Self { address, asked }
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

fn answer(mut stream: TcpStream, json: &str) {
    let mut head = BufReader::new(&stream).lines().map_while(Result::ok);
    while head.next().is_some_and(|line| !line.is_empty()) {}
    let length = json.len();
    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n";
    // The Worker may have gone meanwhile.
    let _ = write!(stream, "{head}Content-Length: {length}\r\n\r\n{json}");
}
