//! Answers 100 bytes that it has by itself.

use peers_http::{answer, path};
use wasip2::http::types::{IncomingRequest, ResponseOutparam};

wasip2::http::proxy::export!(Guest);

struct Guest;

impl wasip2::exports::http::incoming_handler::Guest for Guest {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let value = match path(&request).is_empty() {
            true => Err("no key".to_owned()),
            false => Ok(vec![b'v'; 100]),
        };
        answer(out, value);
    }
}

fn main() {}
