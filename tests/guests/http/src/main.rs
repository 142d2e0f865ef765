//! Does what the path says: what a component may do well, and what it may do to its host.

use http_body_util::{BodyExt as _, Full};
use larder_guest::{Namespace, Put};
use std::hint::black_box;
use std::mem::forget;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, SystemTime};
use wasip2::http::types::Fields;
use wstd::http::body::Bytes;
use wstd::http::{Body, Client, Error, Request, Response};

/// How many requests this instance has been asked to count.
static COUNT: AtomicU32 = AtomicU32::new(1);

#[wstd::http_server]
async fn main(request: Request<Body>) -> Result<Response<Body>, Error> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().trim_start_matches('/').to_owned();
    let (what, of) = path.split_once('/').unwrap_or((&path, ""));
    let answer = match what {
        "header" => {
            let values = head.headers.get_all(of).iter();
            values.map(|value| value.to_str().unwrap_or("?")).collect::<Vec<_>>().join(" and ")
        }
        "environment" => {
            let variables = std::env::vars().map(|(name, value)| format!("{name}={value}\n"));
            variables.collect()
        }
        "now" => {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            now.unwrap_or_default().as_millis().to_string()
        }
        "print" => {
            println!("printed on standard output");
            eprintln!("printed on standard error");
            String::new()
        }
        "panic" => panic!("the guest's own words"),
        "exit" => std::process::exit(3),
        "compute" => loop {
            black_box(());
        },
        "sleep" => {
            sleep(Duration::from_millis(of.parse().unwrap_or_default()));
            "rested".into()
        }
        "count" => COUNT.fetch_add(1, Ordering::Relaxed).to_string(),
        "forget-body" => {
            forget(body);
            COUNT.fetch_add(1, Ordering::Relaxed).to_string()
        }
        "try-to-allocate" => {
            let megabytes = of.parse::<usize>().unwrap_or_default();
            let mut block = Vec::<u8>::new();
            match block.try_reserve(megabytes << 20) {
                Ok(()) => "allocated".into(),
                Err(_) => "refused".into(),
            }
        }
        "allocate" => {
            let megabytes = of.parse::<usize>().unwrap_or_default();
            let block = black_box(vec![1_u8; megabytes << 20]);
            block.len().to_string()
        }
        "hold" => {
            let megabytes = of.parse::<usize>().unwrap_or_default();
            let block = black_box(vec![1_u8; megabytes << 20]);
            sleep(Duration::from_secs(1));
            block.len().to_string()
        }
        "recurse" => recurse(black_box(u64::MAX)).to_string(),
        "flood" => loop {
            eprintln!("{}", "x".repeat(1000));
        },
        "body" => "x".repeat(of.parse::<usize>().unwrap_or_default() << 20),
        "read" => body.into_boxed_body().collect().await?.to_bytes().len().to_string(),
        "outgoing" => match Client::new().send(Request::get("http://192.0.2.1/").body(())?).await {
            Ok(_) => "sent".into(),
            Err(error) => format!("{error:?}"),
        },
        "break-off" => {
            let of = of.to_owned();
            let body = Full::new(Bytes::from("begun")).with_trailers(async move {
                match of.as_str() {
                    "by-panic" => panic!("after the answer had begun"),
                    _ => loop {
                        black_box(());
                    },
                }
            });
            return Ok(Response::new(Body::from_http_body(body)));
        }
        "hoard" => {
            let count = of.parse().unwrap_or_default();
            let hoard: Vec<_> = (0..count).map_while(|_| Namespace::open("KV").ok()).collect();
            hoard.len().to_string()
        }
        "hoard-headers" => {
            let count = of.parse().unwrap_or_default();
            (0..count).map(|_| Fields::new()).collect::<Vec<_>>().len().to_string()
        }
        "open" => match Namespace::open(of) {
            Ok(_) => "open".into(),
            Err(error) => error.to_string(),
        },
        "put" => match Namespace::open("KV").and_then(|kv| kv.put(of, "value")) {
            Ok(_) => "put".into(),
            Err(error) => error.to_string(),
        },
        "put-large" => match Namespace::open("KV").and_then(|kv| kv.put(of, vec![1; 26_214_400])) {
            Ok(_) => "put".into(),
            Err(error) => error.to_string(),
        },
        "hoard-writers" => {
            let count = of.parse().unwrap_or_default();
            let open = |kv: &Namespace| kv.open_writer("unfinished", Put::new()).ok();
            let kv = Namespace::open("KV").unwrap();
            let hoard: Vec<_> = (0..count).map_while(|_| open(&kv)).collect();
            hoard.len().to_string()
        }
        "get" => match Namespace::open("KV").and_then(|kv| kv.get(of)) {
            Ok(value) => String::from_utf8_lossy(&value.unwrap_or_default()).into_owned(),
            Err(error) => error.to_string(),
        },
        _ => "hello".into(),
    };
    Ok(Response::new(answer.into()))
}

fn recurse(depth: u64) -> u64 {
    match black_box(depth) {
        0 => 0,
        depth => 1 + recurse(depth - 1),
    }
}
