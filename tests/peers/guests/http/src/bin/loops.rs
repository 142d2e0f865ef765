//! Does what the path says so many times, `/get-hot/1000`, as `worker.mjs` does in JavaScript.

use larder_guest::{Error, List, Namespace};
use peers_http::{answer, path};
use wasip2::http::types::{IncomingRequest, ResponseOutparam};

wasip2::http::proxy::export!(Guest);

struct Guest;

/// As many keys as there are below `key-`.
const KEYS: u64 = 10_000;

impl wasip2::exports::http::incoming_handler::Guest for Guest {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let path = path(&request);
        let (what, times) = path.split_once('/').unwrap_or((&path, "1"));
        let done = match (what, times.parse()) {
            ("value", _) => one(times).map_err(|error| error.to_string()),
            (_, Ok(times)) => run(what, times).map_err(|error| error.to_string()),
            (_, Err(error)) => Err(format!("{times:?}: {error}")),
        };
        answer(out, done);
    }
}

/// The value of a key, `/value/key-00001`.
fn one(key: &str) -> Result<Vec<u8>, Error> {
    Ok(Namespace::open("KV")?.get(key)?.unwrap_or_default())
}

/// How many bytes of values or how many keys were seen, so that nothing is left out.
fn run(what: &str, times: u64) -> Result<Vec<u8>, Error> {
    let kv = Namespace::open("KV")?;
    let mut numbers = Numbers(1);
    let mut seen = 0;
    for time in 0..times {
        seen += match what {
            "nothing" => 1,
            "all" => value(&kv, &key(time))?,
            "get-hot" => value(&kv, &key(0))?,
            "get-uniform" => value(&kv, &key(numbers.below(KEYS)))?,
            "put" => {
                let _ = kv.put(&format!("put-{}", numbers.below(1000)), [b'p'; 100])?;
                1
            }
            "list" => kv.list(&List::new().prefix("key-").limit(1000))?.keys.len(),
            "bulk" => {
                let keys = hundred(numbers.below(KEYS));
                kv.get_many(&keys)?.iter().flatten().map(|entry| entry.value.len()).sum()
            }
            "gets" => {
                let mut sum = 0;
                for key in hundred(numbers.below(KEYS)) {
                    sum += value(&kv, &key)?;
                }
                sum
            }
            other => {
                return Err(Error::InvalidArgument { reason: format!("no such thing: {other}") });
            }
        };
    }
    Ok(seen.to_string().into_bytes())
}

fn value(kv: &Namespace, key: &str) -> Result<usize, Error> {
    Ok(kv.get(key)?.map_or(0, |value| value.len()))
}

fn key(number: u64) -> String {
    format!("key-{number:05}")
}

/// As many keys far from each other, each of them once.
fn hundred(first: u64) -> Vec<String> {
    (0..100).map(|place| key((first + 97 * place) % KEYS)).collect()
}

/// Numbers without an order that are the same each time, and in each language.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = (self.0 * 16_807) % 2_147_483_647;
        self.0 % end
    }
}

fn main() {}
