//! Steps as a store is asked for them, and what it told.

use super::expected::Answer;
use super::steps::Step;
use larder_store::{
    CommitOutcome, Condition, DeleteOutcome, Error, ErrorKind, Larder, Namespace, Operation,
    PutOptions, Result, Version, WriteOutcome,
};
use std::collections::BTreeMap;

/// What a step was told.
#[derive(Debug)]
pub struct Told {
    pub answer: Answer,
    pub version: Option<Version>,
    /// What a conflict found instead.
    pub found: Option<Version>,
    pub created: Option<Namespace>,
}

impl Told {
    pub fn new(answer: Answer) -> Self {
        Self { answer, version: None, found: None, created: None }
    }

    fn with(self, version: Version) -> Self {
        Self { version: Some(version), ..self }
    }
}

impl From<WriteOutcome> for Told {
    fn from(outcome: WriteOutcome) -> Self {
        match outcome {
            WriteOutcome::Written(version) => Self::new(Answer::Done).with(version),
            WriteOutcome::Conflict(found) => Self { found, ..Self::new(Answer::Conflict(0)) },
        }
    }
}

/// Asks for a step; an error is the disk's.
pub async fn ask(
    larder: &Larder,
    handles: &BTreeMap<String, Namespace>,
    step: &Step,
) -> Result<Told> {
    let handle = async |id: &String| match handles.get(id) {
        Some(namespace) => Ok(namespace.clone()),
        None => larder.namespace_by_id(id).await?.ok_or(Error::NamespaceDeleted),
    };
    let result = match step {
        Step::Write { id, operation, condition } => match handle(id).await {
            Ok(namespace) => write(&namespace, operation.clone(), *condition).await,
            Err(error) => Err(error),
        },
        Step::Commit { id, checks, operations } => match handle(id).await {
            Ok(namespace) => {
                let outcome = namespace.commit(checks.clone(), operations.clone()).await;
                outcome.map(|outcome| match outcome {
                    CommitOutcome::Committed { version, counters } => {
                        Told::new(Answer::Counters(counters)).with(version)
                    }
                    CommitOutcome::Conflict(check) => Told::new(Answer::Conflict(check)),
                })
            }
            Err(error) => Err(error),
        },
        Step::Create { id, title } => {
            let created = larder.create_namespace_with_id(title, id).await;
            created.map(|created| Told { created: Some(created), ..Told::new(Answer::Done) })
        }
        Step::Rename { title, new_title } => {
            larder.rename_namespace(title, new_title).await.map(|()| Told::new(Answer::Done))
        }
        Step::Delete { title } => {
            larder.delete_namespace(title).await.map(|()| Told::new(Answer::Done))
        }
    };
    told(result)
}

/// What is refused by the contract is told like any other answer.
pub fn told(result: Result<Told>) -> Result<Told> {
    result.or_else(|error| match error.kind() {
        refused @ (ErrorKind::NotACounter
        | ErrorKind::NamespaceDeleted
        | ErrorKind::NamespaceNotFound
        | ErrorKind::NamespaceExists) => Ok(Told::new(Answer::Refused(refused))),
        _ => Err(error),
    })
}

async fn write(
    namespace: &Namespace,
    operation: Operation,
    condition: Option<Condition>,
) -> Result<Told> {
    match operation {
        Operation::Put { key, value, expiration, metadata } => {
            let options = PutOptions { expiration, metadata, condition };
            namespace.put_with(&key, value, options).await.map(Told::from)
        }
        Operation::Delete { key } => {
            let Some(Condition::Version(version)) = condition else {
                return Ok(Told::new(Answer::Was(namespace.delete(&key).await?)));
            };
            Ok(match namespace.delete_if(&key, version).await? {
                DeleteOutcome::Deleted => Told::new(Answer::Was(true)),
                DeleteOutcome::Conflict(found) => Told { found, ..Told::new(Answer::Conflict(0)) },
            })
        }
        Operation::Expire { key, expiration } => {
            let version = namespace.expire(&key, expiration).await?;
            Ok(Told { version, ..Told::new(Answer::Was(version.is_some())) })
        }
        Operation::Increment { key, delta, expiration } => {
            let counter = namespace.increment(&key, delta, expiration).await?;
            Ok(Told::new(Answer::Counters(vec![counter.value])).with(counter.version))
        }
    }
}
