//! Records in, as an export writes them.

use crate::failure::{ErrorBody, Failure};
use crate::record::{Line, NotALine, Record};
use crate::target::Target;
use crate::values::Whole;
use crate::wire::If;
use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use futures_util::future::join_all;
use larder_store::{Condition, Error, Expiration, Namespace, PutOptions, WriteOutcome};
use serde::{Deserialize, Serialize};
use tokio::task::unconstrained;

/// Most records in a request.
pub const IMPORT_RECORDS_MAX: usize = 1000;

#[derive(Deserialize)]
pub(crate) struct ImportQuery {
    r#if: Option<If>,
}

/// What became of the records of a request.
#[derive(Debug, Serialize, Deserialize)]
pub struct Imported {
    /// For each record, in order: why it was not written, if it was not.
    pub results: Vec<Option<ErrorBody>>,
}

/// Every record is a write of its own, so that one that is refused keeps no other back; they run
/// at once, so that they are made durable together.
pub(crate) async fn import(
    target: Target,
    query: Result<Query<ImportQuery>, QueryRejection>,
    body: Whole,
) -> Result<Json<Imported>, Failure> {
    let Query(ImportQuery { r#if }) = query?;
    let condition = r#if.map(|If(condition)| condition);
    let body = body?;
    let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let lines: Vec<_> = lines.collect();
    if lines.len() > IMPORT_RECORDS_MAX {
        let records = lines.len();
        return Err(Failure::invalid(format!(
            "{records} records in a request; at most {IMPORT_RECORDS_MAX} are allowed"
        )));
    }
    let namespace = target.writing()?;
    // Each is begun in its turn, so that of records with the same key the last stays. The budget
    // that tokio gives a task would begin the rest of them backwards when it is used up.
    let writes = join_all(lines.into_iter().map(|line| write(namespace, line, condition)));
    let results = unconstrained(writes).await;
    let results = results.into_iter().map(|result| result.err().map(|failure| *failure.body));
    Ok(Json(Imported { results: results.collect() }))
}

async fn write(
    namespace: &Namespace,
    line: &[u8],
    condition: Option<Condition>,
) -> Result<(), Failure> {
    let Record { key, expiration, metadata, value } = match Line::read(line) {
        Ok(Line::Record(record)) => record,
        Ok(Line::Namespace(_)) => return Err(Failure::invalid("it is a namespace, not a record")),
        Err(NotALine { reason, .. }) => return Err(Failure::invalid(reason)),
    };
    let expiration = expiration.map(Expiration::from);
    let options = PutOptions { expiration, metadata, condition };
    match namespace.put_with(&key, value, options).await {
        // Nothing that is wrong with the record: it was good for its time.
        Err(error @ Error::ExpirationPassed { .. }) => {
            Err(Failure::new(StatusCode::BAD_REQUEST, "expired", error.to_string()))
        }
        Ok(WriteOutcome::Conflict(found)) => Err(Failure::conflict(found)),
        written => Ok(written.map(drop)?),
    }
}
