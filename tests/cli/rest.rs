//! The routes of the REST API of Workers KV, on the socket of a live server.
#![cfg(unix)]

use crate::cases;
use crate::project::Project;
use crate::server::Server;
use larder_test_guests::component;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

const NAMESPACES: &str = "/storage/kv/namespaces";

/// A server with a store in memory that has one namespace, of the id `n`.
struct Api {
    _server: Server,
    socket: PathBuf,
    _project: Project,
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{:?}", self.text()))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// It succeeded; its result.
    #[track_caller]
    fn result(&self) -> Value {
        let answer = self.json();
        assert_eq!((self.status, &answer["success"]), (200, &json!(true)), "{answer}");
        assert_eq!((&answer["errors"], &answer["messages"]), (&json!([]), &json!([])));
        answer["result"].clone()
    }

    /// It was refused with that status and code; why.
    #[track_caller]
    fn refused(&self, status: u16, code: u32) -> String {
        let answer = self.json();
        assert_eq!((self.status, &answer["errors"][0]["code"]), (status, &json!(code)), "{answer}");
        assert_eq!((&answer["success"], &answer["result"]), (&json!(false), &Value::Null));
        answer["errors"][0]["message"].as_str().unwrap().to_owned()
    }
}

impl Api {
    fn start() -> Self {
        let project = Project::new();
        let component = component("tests/guests/http");
        let serve = ["serve", component.to_str().unwrap(), "--in-memory", "--socket", "socket"];
        let api = Self {
            _server: Server::start(&project, serve),
            socket: project.path("socket"),
            _project: project,
        };
        api.create("n", "n");
        api
    }

    #[track_caller]
    fn create(&self, id: &str, title: &str) {
        let body = json!({ "title": title, "id": id }).to_string();
        let json = [("content-type", "application/json")];
        self.ask("POST", NAMESPACES, &json, body.as_bytes()).result();
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut stream = UnixStream::connect(&self.socket).unwrap();
        let length = body.len();
        let mut head = format!(
            "{method} /client/v4/accounts/any{path} HTTP/1.1\r\nhost: larder\r\n\
             connection: close\r\ncontent-length: {length}\r\n"
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(b"\r\n").unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head, body: answer.split_off(end + 4) }
    }

    /// A request about the namespace.
    fn n(&self, method: &str, path: &str, body: impl AsRef<[u8]>) -> Answer {
        self.ask(method, &format!("{NAMESPACES}/n/{path}"), &[], body.as_ref())
    }

    fn put_form(&self, path: &str, parts: &[(&str, &[u8])]) -> Answer {
        let content_type = [("content-type", "multipart/form-data; boundary=XX")];
        self.ask("PUT", &format!("{NAMESPACES}/n/{path}"), &content_type, &form(parts))
    }
}

/// A form of parts, each with what stands behind `form-data; `.
fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, content) in parts {
        let head = format!("--XX\r\ncontent-disposition: form-data; {name}\r\n\r\n");
        body.extend([head.as_bytes(), content, b"\r\n"].concat());
    }
    body.extend(b"--XX--\r\n");
    body
}

fn do_case(api: &Api, operation: &Value) -> Answer {
    let text = |name: &str| operation[name].as_str();
    let mut headers: Vec<(&str, &str)> = Vec::new();
    for (name, value) in operation["headers"].as_object().into_iter().flatten() {
        headers.push((name, value.as_str().unwrap()));
    }
    let body = match operation {
        operation if operation["form"].is_object() => {
            headers.push(("content-type", "multipart/form-data; boundary=XX"));
            let parts = operation["form"].as_object().unwrap().iter();
            let parts: Vec<_> = parts
                .map(|(name, value)| (format!("name=\"{name}\""), value.as_str().unwrap()))
                .collect();
            let parts = parts.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
            form(&parts.collect::<Vec<_>>())
        }
        operation if operation["bytes"].is_array() => bytes(&operation["bytes"]),
        _ => text("body").unwrap_or_default().as_bytes().to_vec(),
    };
    api.ask(text("method").unwrap(), text("path").unwrap(), &headers, &body)
}

fn bytes(array: &Value) -> Vec<u8> {
    serde_json::from_value(array.clone()).unwrap()
}

#[test]
fn every_recorded_case_holds() {
    const FOUND: [(&str, &str); 3] =
        [("test-kv-id", "TEST_KV"), ("another-kv-id", "ANOTHER_KV"), ("zebra-kv-id", "ZEBRA_KV")];
    let api = Api::start();
    api.ask("DELETE", &format!("{NAMESPACES}/n"), &[], b"").result();
    let cases = cases::of("rest");
    assert_eq!(cases.len(), 23);
    for case in cases {
        for (id, title) in FOUND {
            api.create(id, title);
        }
        for operation in case["setup"].as_array().unwrap() {
            do_case(&api, operation);
        }
        let answer = do_case(&api, &case["op"]);
        let expected = &case["expected"];
        let holds = expected["status"] == answer.status
            && (expected["json"].is_null() || cases::has(&answer.json(), &expected["json"]))
            && (expected["text"].is_null() || expected["text"] == answer.text())
            && (expected["bytes"].is_null() || bytes(&expected["bytes"]) == answer.body);
        assert!(holds, "{}: {} {:?}", case["id"], answer.status, answer.text());
        for (id, _) in FOUND {
            api.ask("DELETE", &format!("{NAMESPACES}/{id}"), &[], b"").result();
        }
    }
}

#[test]
fn a_put_keeps_what_it_says_beside_the_value() {
    let api = Api::start();
    let put = |query: &str, metadata: &[u8]| {
        let parts: [(&str, &[u8]); 2] = [("name=\"metadata\"", metadata), ("name=\"value\"", b"v")];
        api.put_form(&format!("values/a%2Fb{query}"), &parts)
    };
    assert_eq!(put("?expiration=4102444800", b"{\"z\":1.50, \"a\":2}").result(), json!({}));
    let value = api.n("GET", "values/a/b", "");
    assert_eq!((value.text().as_str(), value.header("expiration")), ("v", Some("4102444800")));
    let metadata = api.n("GET", "metadata/a%2Fb", "");
    assert!(metadata.text().contains(r#""result":{"z":1.50, "a":2}"#), "{}", metadata.text());
    let row =
        json!([{ "name": "a/b", "expiration": 4102444800u64, "metadata": { "z": 1.5, "a": 2 } }]);
    assert_eq!(api.n("GET", "keys", "").result(), row);

    api.n("PUT", "values/a%2Fb", "w").result();
    assert_eq!(api.n("GET", "values/a%2Fb", "").header("expiration"), None);
    assert_eq!(api.n("GET", "metadata/a%2Fb", "").result(), Value::Null);
    assert_eq!(api.n("GET", "keys", "").result(), json!([{ "name": "a/b" }]));
    put("", b"null").result();
    assert_eq!(api.n("GET", "metadata/a%2Fb", "").result(), Value::Null);
    let missing = api.n("GET", "metadata/none", "").refused(404, 10009);
    assert_eq!(missing, "get metadata: 'key not found'");
}

#[test]
fn a_ttl_may_be_a_second_and_wins_over_an_expiration() {
    let api = Api::start();
    api.n("PUT", "values/a?expiration_ttl=1&expiration=4102444800", "v").result();
    let expiration = api.n("GET", "values/a", "").header("expiration").unwrap().to_owned();
    assert!(expiration.parse::<u64>().unwrap() < 4102444800);
    let said = api.n("PUT", "values/a?expiration_ttl=0", "v").refused(400, 10034);
    assert_eq!(said, "a ttl of 0 is not allowed; the least is 1");
    api.n("PUT", "values/a?expiration=1000", "v").refused(400, 10034);
    api.n("PUT", "values/a?expiration_ttl=soon", "v").refused(400, 10001);
}

#[test]
fn a_form_is_read_as_the_clients_send_it() {
    let api = Api::start();
    let file = "name=\"value\"; filename=\"upload\"\r\ncontent-type: application/octet-stream";
    api.put_form("values/file", &[(file, b"\xff\x00\r\n--X"), ("name=\"metadata\"", b"[1]")])
        .result();
    assert_eq!(api.n("GET", "values/file", "").body, b"\xff\x00\r\n--X");
    assert_eq!(api.n("GET", "metadata/file", "").result(), json!([1]));

    let parts: [(&str, &[u8]); 4] = [
        ("name=\"value\"", b""),
        ("name=\"metadata[m]\"", b"text"),
        ("name=\"metadata[n][o][]\"", b"a"),
        ("name=\"metadata[n][o][]\"", b"b"),
    ];
    api.put_form("values/object", &parts).result();
    let metadata = api.n("GET", "metadata/object", "").result();
    assert_eq!(metadata, json!({ "m": "text", "n": { "o": ["a", "b"] } }));
    assert_eq!(api.n("GET", "values/object", "").text(), "");

    let broken = [("content-type", "multipart/form-data; boundary=XX")];
    let path = format!("{NAMESPACES}/n/values/object");
    api.ask("PUT", &path, &broken, b"--XX\r\nnonsense").refused(400, 10012);
    api.ask("PUT", &path, &[("content-type", "multipart/form-data")], b"").refused(400, 10012);
    assert_eq!(api.n("GET", "metadata/object", "").result(), metadata);
}

#[test]
fn what_is_too_large_is_refused_with_its_limit() {
    let api = Api::start();
    let large = vec![b'v'; 26_214_401];
    let said = api.n("PUT", "values/a", &large).refused(413, 10001);
    assert!(said.ends_with("at most 26214400 are allowed"), "{said}");
    let said = api.put_form("values/a", &[("name=\"value\"", &large)]).refused(413, 10001);
    assert!(said.ends_with("at most 26214400 are allowed"), "{said}");
    api.put_form("values/a", &[("name=\"value\"", &large[1..])]).result();
    assert_eq!(api.n("GET", "values/a", "").body.len(), 26_214_400);

    let metadata = [b"\"".as_slice(), &[b'm'; 1023], b"\""].concat();
    let parts = |from| [("name=\"value\"", b"".as_slice()), ("name=\"metadata\"", from)];
    let said = api.put_form("values/b", &parts(&metadata)).refused(413, 10001);
    assert_eq!(said, "the metadata has 1025 bytes; at most 1024 are allowed");
    api.n("PUT", &format!("values/{}", "k".repeat(513)), "").refused(413, 10001);
    api.n("PUT", "values/", "").refused(400, 10001);
    api.n("GET", "values/%FF", "").refused(400, 10001);
}

#[test]
fn many_pairs_are_written_and_read_at_once() {
    let api = Api::start();
    let pairs: Vec<_> =
        (0..2500).map(|n| json!({ "key": n.to_string(), "value": format!("v{n}") })).collect();
    let done = api.n("PUT", "bulk", json!(pairs).to_string()).result();
    assert_eq!(done, json!({ "successful_key_count": 2500, "unsuccessful_keys": [] }));
    let page = api.n("GET", "keys?limit=1000", "").json();
    assert_eq!(page["result_info"]["count"], 1000);

    let odd = r#"[{"key":"10","value":"/w==","base64":true,"metadata":{"z":1.50,"a":[]},"expiration":4102444800,"other":1},
        {"key":"2","value":"{\"b\" : 1}","expiration_ttl":1000,"expiration":1,"metadata":null,"base64":false}]"#;
    api.n("PUT", "bulk", odd).result();
    let get = |body: &str| api.n("POST", "bulk/get", body);
    let read = get(r#"{"keys":["2","nope","10","2"],"withMetadata":true}"#).text();
    let expected = r#""values":{"2":{"value":"{\"b\" : 1}","metadata":null,"expiration":"#;
    assert!(read.contains(expected), "{read}");
    let expected =
        r#","nope":null,"10":{"value":"�","metadata":{"z":1.50,"a":[]},"expiration":4102444800}}"#;
    assert!(read.contains(expected), "{read}");
    assert_eq!(
        get(r#"{"keys":["2"],"type":"json"}"#).result(),
        json!({ "values": { "2": { "b": 1 } } })
    );
    let said = get(r#"{"keys":["2","3"],"type":"json"}"#).refused(400, 10001);
    assert_eq!(said, "At least one of the requested keys corresponds to a non-json value");
    assert_eq!(get(r#"{}"#).refused(400, 10029), "a bulk get takes 1 to 100 keys, not 0");
    get(r#"{"keys":["2"],"type":"bytes"}"#).refused(400, 10012);

    assert_eq!(
        api.n("DELETE", "bulk", r#"["2","10","2","nope"]"#).result()["successful_key_count"],
        4
    );
    assert_eq!(api.n("POST", "bulk/delete", r#"["3"]"#).result()["successful_key_count"], 1);
    let left = get(r#"{"keys":["2","10","3","4"]}"#).result();
    assert_eq!(left, json!({ "values": { "2": null, "10": null, "3": null, "4": "v4" } }));
}

#[test]
fn of_many_pairs_none_is_written_when_one_is_not_legal() {
    let api = Api::start();
    let refused = |item: &str| {
        let mut pairs = r#"{"key":"k","value":"v"},"#.repeat(1500);
        pairs = format!("[{pairs}{item}]");
        let answer = api.n("PUT", "bulk", &pairs);
        assert_eq!(api.n("GET", "keys", "").result(), json!([]), "{item}");
        answer.json()["errors"][0]["message"].as_str().unwrap().to_owned()
    };
    let said = refused(r#"{"key":"bad","value":"","expiration_ttl":0}"#);
    assert_eq!(said, "item 1500, \"bad\": a ttl of 0 is not allowed; the least is 1");
    assert_eq!(refused(r#"{"key":"","value":""}"#), "item 1500, \"\": a key cannot be empty");
    let said = refused(r#"{"key":"bad","value":"*","base64":true}"#);
    assert!(said.starts_with("item 1500: Invalid symbol"), "{said}");
    assert!(refused(r#"{"key":"bad"}"#).starts_with("item 1500: missing field `value`"));
    assert!(refused("1").starts_with("item 1500: invalid type"));
    assert!(refused("{").starts_with("the body: "));
    let many = format!("[{}]", vec![r#""k""#; 10_001].join(","));
    let said = api.n("POST", "bulk/delete", &many).refused(400, 10012);
    assert_eq!(said, "there are 10001 keys; at most 10000 are allowed");
}

#[test]
fn a_bulk_put_may_have_more_than_64_mib() {
    let api = Api::start();
    let value = "v".repeat(22 << 20);
    let pairs = ["a", "b", "c"].map(|key| format!(r#"{{"key":"{key}","value":"{value}"}}"#));
    let done = api.n("PUT", "bulk", format!("[{}]", pairs.join(","))).result();
    assert_eq!(done["successful_key_count"], 3);
    assert_eq!(api.n("GET", "values/c", "").body.len(), value.len());
}

#[test]
fn whatever_is_not_there_is_refused_in_the_envelope() {
    let api = Api::start();
    let ask = |method: &str, path: &str| api.ask(method, path, &[], b"");
    ask("GET", &format!("{NAMESPACES}/n/nothing")).refused(404, 7003);
    ask("PATCH", &format!("{NAMESPACES}/n/keys")).refused(405, 10405);
    for (method, path, tried) in [
        ("GET", "keys", "list keys"),
        ("PUT", "values/k", "put"),
        ("DELETE", "values/k", "remove key"),
        ("PUT", "bulk", "bulk put"),
        ("DELETE", "bulk", "bulk remove"),
        ("POST", "bulk/get", "bulk get"),
    ] {
        let said = ask(method, &format!("{NAMESPACES}/none/{path}")).refused(404, 10013);
        assert_eq!(said, format!("{tried}: 'namespace not found'"));
    }
    let json = [("content-type", "application/json")];
    let create = |body: &str| api.ask("POST", NAMESPACES, &json, body.as_bytes());
    let said = create(r#"{"title":"n"}"#).refused(400, 10014);
    assert!(said.starts_with("create namespace: 'A namespace with this account ID"), "{said}");
    create("{}").refused(400, 10019);
    create("{").refused(400, 10012);
}
