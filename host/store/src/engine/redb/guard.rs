//! What redb says when it fails, as the store's own errors.

use crate::Error;
use ::redb::Database;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// An [`Error`] that `?` makes of redb's, within this engine only.
#[derive(Clone, Debug)]
pub(super) struct Failed {
    error: Error,
    after: After,
}

/// What is to be done after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    /// Whoever asked is told.
    Nothing,
    /// The file is opened anew, without which redb answers nothing any more.
    Recovery,
    /// The read is done again where it may take longer.
    Patience,
}

pub(super) type Result<T, E = Failed> = std::result::Result<T, E>;

impl Failed {
    /// The end of whatever redb was doing: it may have happened or not.
    pub(super) fn outcome_unknown(error: impl Into<Failed>) -> Self {
        let reason = error.into().error.to_string().into();
        Self { error: Error::OutcomeUnknown { reason }, after: After::Recovery }
    }

    /// The end of a read that takes too long.
    pub(super) fn took_too_long() -> Self {
        let error = Error::io("reading the store", io::ErrorKind::TimedOut.into());
        Self { error, after: After::Patience }
    }

    /// Whether redb answers nothing any more after this until it is opened anew.
    pub(super) fn is_final(&self) -> bool {
        self.after == After::Recovery
    }

    /// Whether the read would go on where it may take longer.
    pub(super) fn needs_patience(&self) -> bool {
        self.after == After::Patience
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error, after: After::Nothing }
    }
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        failed.error
    }
}

impl From<::redb::Error> for Failed {
    fn from(error: ::redb::Error) -> Self {
        let source = match error {
            ::redb::Error::Corrupted(reason) => return Error::corrupt(reason).into(),
            ::redb::Error::DatabaseClosed => return Error::Closed.into(),
            ::redb::Error::Io(source) => source,
            other => io::Error::other(other.to_string()),
        };
        let error = Error::io("reading or writing the store", source);
        Self { error, after: After::Recovery }
    }
}

macro_rules! through_redb_error {
    ($($error:ident),*) => {$(
        impl From<::redb::$error> for Failed {
            fn from(error: ::redb::$error) -> Self {
                ::redb::Error::from(error).into()
            }
        }
    )*};
}

through_redb_error!(
    CommitError,
    CompactionError,
    DatabaseError,
    SetDurabilityError,
    StorageError,
    TableError,
    TransactionError
);

/// Runs code that reads or writes pages. redb asserts some of what it decodes, so that a damaged
/// file can make it panic, which must not reach a guest's host.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked");
        let error = Error::corrupt(format!("its pages cannot be read: {text}"));
        Err(Failed { error, after: After::Recovery })
    })
}

/// Lets go of the file without closing it in order. Where redb has panicked, dropping it panics too.
pub(super) fn let_go(database: Option<Database>) {
    if let Err(failed) = guarded(|| {
        drop(database);
        Ok(())
    }) {
        tracing::warn!(error = %Error::from(failed), "the file was not closed in order");
    }
}
