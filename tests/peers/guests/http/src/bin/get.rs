//! Answers the value of the key that the path names.

use larder_guest::Namespace;
use peers_http::{answer, path};
use wasip2::http::types::{IncomingRequest, ResponseOutparam};

wasip2::http::proxy::export!(Guest);

struct Guest;

impl wasip2::exports::http::incoming_handler::Guest for Guest {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let value = Namespace::open("KV").and_then(|kv| kv.get(&path(&request)));
        let value = value.map_err(|error| error.to_string());
        answer(out, value.and_then(|value| value.ok_or_else(|| "no such key".to_owned())));
    }
}

fn main() {}
