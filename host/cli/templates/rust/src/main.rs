use larder::kv::store::Namespace;
use wstd::http::{Body, Error, Request, Response};

// The contract, as `larder wit -o wit` writes it.
wit_bindgen::generate!({ path: "wit", world: "imports", generate_all });

#[wstd::http_server]
async fn main(_request: Request<Body>) -> Result<Response<Body>, Error> {
    let visits = Namespace::open("KV")?.increment("visits", 1, None)?.value;
    Ok(Response::new(format!("Hello! This is visit {visits}.\n").into()))
}
