//! A plugin: it has a namespace of its own as `DATA`, and reads the settings that it shares with
//! other plugins as `SETTINGS`.

use larder_guest::{Namespace, Result};

wit_bindgen::generate!({ path: "wit" });

struct Plugin;

export!(Plugin);

impl Guest for Plugin {
    fn run(who: String) -> Result<String, String> {
        greet(&who).map_err(|error| error.to_string())
    }

    fn meddle() -> Result<(), String> {
        let settings = Namespace::open("SETTINGS").map_err(|error| error.to_string())?;
        settings.put("greeting", "Ha").map(drop).map_err(|error| error.to_string())
    }
}

fn greet(who: &str) -> Result<String> {
    let greeting = Namespace::open("SETTINGS")?.get("greeting")?.unwrap_or_default();
    let data = Namespace::open("DATA")?;
    data.put("last", who)?;
    let runs = data.increment("runs", 1, None)?.value;
    Ok(format!("{}, {who}! This is run {runs}.", String::from_utf8_lossy(&greeting)))
}
