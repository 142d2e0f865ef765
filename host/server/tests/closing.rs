//! Commands that come and go on one store: each opens it when it is free and answers the others
//! meanwhile, or else asks whoever has it open.
#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use larder_server::client::{Client, ClientError, Connect, Connection, NewKey};
use larder_server::{Listening, Server, socket};
use larder_store::{Error, Larder};
use std::future::Future;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::time::sleep;

type Opened = Arc<Mutex<Option<(Larder, Listening)>>>;

/// The way of a command to the store in a directory.
struct Way {
    directory: PathBuf,
    opened: Opened,
}

impl Way {
    async fn find(&self) -> Connection {
        loop {
            match Larder::open(&self.directory) {
                Ok(larder) => {
                    let server = Server::new(&larder);
                    let socket = server.clone().listen().unwrap();
                    *self.opened.lock().unwrap() = Some((larder, socket));
                    return Connection::Here(server.router());
                }
                Err(Error::Locked { .. }) => {}
                Err(error) => panic!("{error}"),
            }
            if let Some(path) = socket::of_store(&self.directory).unwrap()
                && let Ok(connection) = Connection::to_socket(&path).await
            {
                return connection;
            }
            sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Connect for Way {
    fn connect(
        &self,
    ) -> Pin<Box<dyn Future<Output = Result<Connection, ClientError>> + Send + '_>> {
        Box::pin(async { Ok(self.find().await) })
    }
}

fn command(directory: &Path) -> (Client, Opened) {
    let opened = Opened::default();
    let way = Way { directory: directory.to_owned(), opened: Arc::clone(&opened) };
    (Client::new(way), opened)
}

async fn end(opened: Opened) {
    let opened = opened.lock().unwrap().take();
    if let Some((larder, socket)) = opened {
        socket.close().await;
        larder.close().await.unwrap();
    }
}

async fn put(directory: &Path, key: &str) -> Result<(), ClientError> {
    let (client, opened) = command(directory);
    let id = client.namespace("n").await?.unwrap().id;
    let result = client.target(&id, "").put(key, "v".into(), NewKey::default()).await;
    drop(client);
    end(opened).await;
    result
}

async fn with_namespace() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let larder = Larder::open(directory.path()).unwrap();
    larder.create_namespace("n").await.unwrap();
    larder.close().await.unwrap();
    directory
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_come_and_go_at_once_are_all_answered() {
    const COMMANDS: usize = 8;
    const TIMES: usize = 25;
    let directory = with_namespace().await;
    let commands = (0..COMMANDS).map(|command| {
        let directory = directory.path().to_owned();
        tokio::spawn(async move {
            for time in 0..TIMES {
                let put = put(&directory, &format!("{command}-{time}")).await;
                put.unwrap_or_else(|error| panic!("{command}-{time}: {error}"));
            }
        })
    });
    for command in commands.collect::<Vec<_>>() {
        command.await.unwrap();
    }
    let larder = Larder::open(directory.path()).unwrap();
    let keys = larder.namespaces().await.unwrap()[0].keys;
    assert_eq!(keys, (COMMANDS * TIMES) as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_connected_is_answered_by_an_owner_that_closes() {
    let directory = with_namespace().await;
    let larder = Larder::open(directory.path()).unwrap();
    let socket = larder_server::listen(&larder).unwrap();
    let connection = Connection::to_socket(socket.path()).await.unwrap();
    let closing = tokio::spawn(socket.close());
    sleep(Duration::from_millis(100)).await;
    let client = Client::new(Once(Mutex::new(Some(connection))));
    assert_eq!(client.namespaces().await.unwrap().len(), 1);
    closing.await.unwrap();
}

struct Once(Mutex<Option<Connection>>);

impl Connect for Once {
    fn connect(
        &self,
    ) -> Pin<Box<dyn Future<Output = Result<Connection, ClientError>> + Send + '_>> {
        let connection = self.0.lock().unwrap().take();
        Box::pin(async { Ok(connection.unwrap()) })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asks_nothing_does_not_keep_an_owner_from_closing() {
    let directory = with_namespace().await;
    let larder = Larder::open(directory.path()).unwrap();
    let socket = larder_server::listen(&larder).unwrap();
    let path = socket.path().to_owned();
    let _silent = std::os::unix::net::UnixStream::connect(&path).unwrap();
    let started = Instant::now();
    socket.close().await;
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert!(!path.exists());
}

#[tokio::test]
async fn what_no_path_has_room_for_is_told_for_what_it_is() {
    let directory = with_namespace().await;
    let (client, opened) = command(directory.path());
    let id = client.namespace("n").await.unwrap().unwrap().id;
    let refused = client.target(&id, "").get(&"k".repeat(100_000)).await.unwrap_err();
    assert_eq!(refused.code(), Some("too-large"));
    assert!(refused.to_string().contains("65534"), "{refused}");
    end(opened).await;
}

#[tokio::test]
async fn a_pointer_that_came_with_a_store_has_no_file_removed() {
    let directory = with_namespace().await;
    let file = directory.path().join("precious");
    std::fs::write(&file, "precious").unwrap();
    std::fs::write(directory.path().join("socket.path"), file.to_str().unwrap()).unwrap();
    let larder = Larder::open(directory.path()).unwrap();
    let socket = larder_server::listen(&larder).unwrap();
    assert!(file.exists());
    assert!(!directory.path().join("socket.path").exists());
    socket.close().await;
}

#[tokio::test]
async fn a_socket_of_a_process_that_died_is_replaced() {
    let directory = with_namespace().await;
    let path = directory.path().join("socket");
    drop(UnixListener::bind(&path).unwrap());
    let larder = Larder::open(directory.path()).unwrap();
    let socket = larder_server::listen(&larder).unwrap();
    let client = Client::new(Once(Mutex::new(Some(Connection::to_socket(&path).await.unwrap()))));
    assert_eq!(client.about().await.unwrap().process, std::process::id());
    drop(client);
    socket.close().await;
}
