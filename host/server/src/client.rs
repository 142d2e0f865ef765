//! The other end: what a tool asks of a store, in this process or through its socket.

mod connection;
mod lines;
mod target;

pub use axum::body::Body;
use connection::NoAnswer;
pub use connection::{Connect, Connection};
pub use lines::Lines;
pub use target::{NewKey, Stored, Target};

use crate::backup::BackupLine;
use crate::failure::{ErrorBody, Failure};
use crate::wire::{Namespace, Quota};
use crate::{About, Checked, CompactedFile, Copied, Now};
use axum::http::{Method, Request, Response, StatusCode, header};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::path::Path;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// What stands in a path as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// How many owners of a store may go one after the other before it is given up.
const TRIES_MAX: usize = 5;
const NAMESPACES: &str = "/client/v4/accounts/larder/storage/kv/namespaces";

/// How long a connection is used again for another request. An owner that is done closes connections
/// that have been left alone for longer, and a request that meets that gets no answer.
pub(crate) const REUSE_TIME: Duration = Duration::from_millis(250);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The store answered that it cannot be done.
    #[error("{}", .0.message)]
    Refused(ErrorBody),
    /// The one who has the store open did not answer to the end. A write may have happened.
    #[error("the store's owner stopped answering: {0}")]
    BrokenOff(Box<dyn std::error::Error + Send + Sync>),
    /// What answered is not a larder's socket, or of another release.
    #[error("the answer is not a larder's: {0}")]
    Foreign(String),
    /// There is no way to the store.
    #[error(transparent)]
    Unreachable(Box<dyn std::error::Error + Send + Sync>),
}

impl ClientError {
    /// The code of a refusal.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused(body) => Some(&body.code),
            _ => None,
        }
    }
}

/// A result of a request.
pub type Result<T, E = ClientError> = std::result::Result<T, E>;

/// A way to a store: the same requests wherever it is open.
pub struct Client {
    connect: Box<dyn Connect>,
    /// With when it was last used.
    connection: Mutex<Option<(Connection, Instant)>>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    /// A client that connects when it is first used, and again when the store's owner has gone.
    pub fn new(connect: impl Connect) -> Self {
        Self { connect: Box::new(connect), connection: Mutex::new(None) }
    }

    /// Sends a request and gives its answer, whatever its status. When the store's owner has gone
    /// meanwhile, what changes nothing is asked of the next.
    pub async fn send(&self, mut request: Request<Body>) -> Result<Response<Body>> {
        if let Some(TooLong(bytes)) = request.extensions().get() {
            return Err(too_long(*bytes));
        }
        let mut tries = 0;
        loop {
            let mut connection = self.connection.lock().await;
            let answer = self.ready(&mut connection).await?.send(request);
            drop(connection);
            tries += 1;
            match answer.await {
                Ok(answer) => return Ok(answer),
                Err(NoAnswer { again: Some(again), .. }) if tries < TRIES_MAX => request = again,
                Err(NoAnswer { error, .. }) => return Err(error),
            }
        }
    }

    /// A connection on which a request may be sent. An owner that is done closes its connections
    /// between two requests, and so may the next.
    async fn ready<'a>(
        &self,
        connection: &'a mut Option<(Connection, Instant)>,
    ) -> Result<&'a mut Connection> {
        for _ in 0..TRIES_MAX {
            let last = connection.take();
            let mut open = match last.filter(|(open, used)| open.keeps_for(used.elapsed())) {
                Some((open, _)) => open,
                None => self.connect.connect().await?,
            };
            if open.is_ready().await {
                let (open, _) = connection.insert((open, Instant::now()));
                return Ok(open);
            }
        }
        Err(ClientError::Foreign("it closes every connection".into()))
    }

    async fn ask(&self, request: Request<Body>) -> Result<Response<Body>> {
        let answer = self.send(request).await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        #[derive(Deserialize)]
        struct Refusal {
            error: ErrorBody,
        }
        let status = answer.status();
        let text = whole(answer).await?;
        match serde_json::from_slice::<Refusal>(&text) {
            Ok(Refusal { error }) => Err(ClientError::Refused(error)),
            Err(_) => Err(ClientError::Foreign(status.to_string())),
        }
    }

    async fn ask_json<T: DeserializeOwned>(&self, request: Request<Body>) -> Result<T> {
        let text = whole(self.ask(request).await?).await?;
        serde_json::from_slice(&text).map_err(|error| ClientError::Foreign(error.to_string()))
    }

    /// Who answers.
    pub async fn about(&self) -> Result<About> {
        self.ask_json(get("/larder/v1")).await
    }

    /// The store's time, Unix time in milliseconds.
    pub async fn now_ms(&self) -> Result<u64> {
        let Now { now_ms } = self.ask_json(get("/larder/v1/clock")).await?;
        Ok(now_ms)
    }

    /// Reads the whole store and says what is not as it was written.
    pub async fn check(&self) -> Result<Checked> {
        self.ask_json(post("/larder/v1/check", &json!({}))).await
    }

    /// Gives free space within the store's files back to the system.
    pub async fn compact(&self) -> Result<CompactedFile> {
        self.ask_json(post("/larder/v1/compact", &json!({}))).await
    }

    /// Copies the store to a new one in a directory, by its absolute path, and tells now and then
    /// how far that is. It is given up when the future is dropped.
    pub async fn backup(
        &self,
        directory: &Path,
        mut progress: impl FnMut(Copied),
    ) -> Result<Copied> {
        let request = post("/larder/v1/backup", &json!({ "directory": directory }));
        let mut lines = Lines::new(self.ask(request).await?.into_body());
        while let Some(line) = lines.next().await? {
            let line = serde_json::from_slice(&line);
            match line.map_err(|error| ClientError::Foreign(error.to_string()))? {
                BackupLine::Copied(copied) => progress(copied),
                BackupLine::Done(copied) => return Ok(copied),
                BackupLine::Error(error) => return Err(ClientError::Refused(error)),
            }
        }
        Err(ClientError::Foreign("it ends without an outcome".into()))
    }

    /// Every namespace, in the order of their titles.
    pub async fn namespaces(&self) -> Result<Vec<Namespace>> {
        const PER_PAGE: usize = 1000;
        let mut found = Vec::new();
        for page in 1.. {
            let query = format!("{NAMESPACES}?per_page={PER_PAGE}&page={page}");
            let Enveloped::<Vec<Namespace>> { result } = self.ask_json(get(&query)).await?;
            let last = result.len() < PER_PAGE;
            found.extend(result);
            if last {
                break;
            }
        }
        Ok(found)
    }

    /// The namespace of that title.
    pub async fn namespace(&self, title: &str) -> Result<Option<Namespace>> {
        let query = format!("{NAMESPACES}?title={}", encoded(title));
        let Enveloped::<Vec<Namespace>> { result } = self.ask_json(get(&query)).await?;
        Ok(result.into_iter().next())
    }

    /// The namespace of that id.
    pub async fn namespace_by_id(&self, id: &str) -> Result<Option<Namespace>> {
        let found = self.ask_json(get(&format!("{NAMESPACES}/{}", encoded(id)))).await;
        match found {
            Ok(Enveloped { result }) => Ok(Some(result)),
            Err(error) if error.code() == Some("no-such-namespace") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A new namespace, with an id of your own if you like.
    pub async fn create_namespace(&self, title: &str, id: Option<&str>) -> Result<Namespace> {
        let request = match id {
            Some(id) => json!({ "title": title, "id": id }),
            None => json!({ "title": title }),
        };
        let Enveloped { result } = self.ask_json(post(NAMESPACES, &request)).await?;
        Ok(result)
    }

    /// Another title for the namespace of that id.
    pub async fn rename_namespace(&self, id: &str, title: &str) -> Result<()> {
        let path = format!("{NAMESPACES}/{}", encoded(id));
        self.ask(json_request(Method::PUT, &path, &json!({ "title": title }))).await.map(drop)
    }

    /// How much the namespace of that id may hold from now on.
    pub async fn set_quota(&self, id: &str, quota: Quota) -> Result<Namespace> {
        let path = format!("/larder/v1/namespaces/{}/quota", encoded(id));
        self.ask_json(json_request(Method::PUT, &path, &quota)).await
    }

    /// Deletes the namespace of that id with everything in it.
    pub async fn delete_namespace(&self, id: &str) -> Result<()> {
        let path = format!("{NAMESPACES}/{}", encoded(id));
        self.ask(request(Method::DELETE, &path, Body::empty())).await.map(drop)
    }

    /// The namespace of that id, or the part of it whose keys begin with `scope`.
    pub fn target(&self, id: &str, scope: &str) -> Target<'_> {
        Target::new(self, id, scope)
    }
}

#[derive(Deserialize)]
struct Enveloped<T> {
    result: T,
}

fn request(method: Method, path: &str, body: Body) -> Request<Body> {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    // Whatever stands in a path was encoded, so that nothing but its length can be wrong.
    match path.parse() {
        Ok(uri) => *request.uri_mut() = uri,
        Err(_) => drop(request.extensions_mut().insert(TooLong(path.len()))),
    }
    request
}

/// Of a request whose path no URI has room for.
#[derive(Clone, Copy)]
struct TooLong(usize);

/// The longest path of a URI, in bytes.
const PATH_BYTES_MAX: usize = 65_534;

fn too_long(bytes: usize) -> ClientError {
    let message = format!(
        "what is asked for has {bytes} bytes as a path; at most {PATH_BYTES_MAX} are allowed: a key, \
         a prefix or a title is too long"
    );
    let failure = Failure::new(StatusCode::URI_TOO_LONG, "too-large", message);
    ClientError::Refused(*failure.body)
}

fn get(path: &str) -> Request<Body> {
    request(Method::GET, path, Body::empty())
}

fn post(path: &str, body: &impl Serialize) -> Request<Body> {
    json_request(Method::POST, path, body)
}

fn json_request(method: Method, path: &str, body: &impl Serialize) -> Request<Body> {
    let body = serde_json::to_vec(body).unwrap_or_default();
    let mut request = request(method, path, Body::from(body));
    let json = header::HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::CONTENT_TYPE, json);
    request
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// The rest of an answer.
async fn whole(answer: Response<Body>) -> Result<Bytes> {
    let collected = answer.into_body().collect().await;
    collected.map(|body| body.to_bytes()).map_err(broken_off)
}

/// Why an answer has no end. A store that is open here says it itself.
fn broken_off(error: axum::Error) -> ClientError {
    // A body within a body wraps the errors of the other.
    let inner = match error.into_inner().downcast::<axum::Error>() {
        Ok(wrapped) => return broken_off(*wrapped),
        Err(inner) => inner,
    };
    match inner.downcast::<larder_store::Error>() {
        Ok(error) => ClientError::Refused(*Failure::from(*error).body),
        Err(error) => ClientError::BrokenOff(error),
    }
}
