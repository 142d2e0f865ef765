//! Spin's key-value store on SQLite: its statements, through rusqlite, since its crates are not
//! published. As there, one connection behind a lock, and statements that are prepared once.

use crate::{Plan, stores};
use anyhow::Result;
use rusqlite::{Connection, OptionalExtension as _, named_params};
use std::fs;
use std::sync::Mutex;

const STORE: &str = "default";

pub struct Store(Mutex<Connection>);

impl Store {
    pub fn filled(plan: &Plan, keys: u32, bytes: usize) -> Result<Self> {
        let file = plan.scratch.join(format!("spin-{keys}-{bytes}.db"));
        let _ = fs::remove_file(&file);
        let connection = Connection::open(&file)?;
        connection.execute(
            "CREATE TABLE IF NOT EXISTS spin_key_value (
               store TEXT NOT NULL,
               key   TEXT NOT NULL,
               value BLOB NOT NULL,
               PRIMARY KEY (store, key)
            )",
            [],
        )?;
        let this = Self(Mutex::new(connection));
        this.lock(|connection| Ok(connection.execute_batch("BEGIN")?))?;
        for number in 0..keys {
            this.set(&stores::key(number), &stores::value(bytes))?;
        }
        this.lock(|connection| Ok(connection.execute_batch("COMMIT")?))?;
        Ok(this)
    }

    fn lock<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let connection = self.0.lock().map_err(|_| anyhow::anyhow!("poisoned"))?;
        work(&connection)
    }

    pub fn get(&self, key: &str) -> Result<usize> {
        self.lock(|connection| {
            let value: Option<Vec<u8>> = connection
                .prepare_cached("SELECT value FROM spin_key_value WHERE store=:store AND key=:key")?
                .query_row(named_params! { ":store": STORE, ":key": key }, |row| row.get(0))
                .optional()?;
            Ok(value.map_or(0, |value| value.len()))
        })
    }

    pub fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.lock(|connection| {
            connection
                .prepare_cached(
                    "INSERT INTO spin_key_value (store, key, value) VALUES (:store, :key, :value)
                     ON CONFLICT(store, key) DO UPDATE SET value=:value",
                )?
                .execute(named_params! { ":store": STORE, ":key": key, ":value": value })?;
            Ok(())
        })
    }
}
