//! Watching a project's sources.

use crate::output;
use crate::settings::is_source;
use anyhow::{Context as _, Result};
use larder_build::UNFINISHED;
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// How long nothing must have changed: an editor writes several files, and each in several steps.
const QUIET: Duration = Duration::from_millis(100);

/// Tells of changes from when it is made until it is dropped.
pub struct Watch {
    changes: mpsc::Receiver<()>,
    _watcher: RecommendedWatcher,
}

impl Watch {
    /// Watches files, which may not be there yet, and directories with all below them, but for what
    /// is no source: what a build and what a running component write. What appears in the directory `growing` may be a source
    /// too.
    pub fn new(paths: &[PathBuf], except: &[PathBuf], growing: Option<&Path>) -> Result<Self> {
        let (sender, changes) = mpsc::channel(1);
        let paths = canonical(paths)?;
        let except = except.iter().map(|path| canonical_or_missing(path).unwrap_or(path.clone()));
        let except: Vec<_> = except.collect();
        let growing = growing.map(|path| path.canonicalize().with_context(|| cannot_watch(path)));
        let growing = growing.transpose()?;
        let (watched, root) = (paths.clone(), growing.clone());
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let Ok(event) = event else { return };
            let is_new = |path: &Path| {
                // Not what a component or a store is put into.
                let is_around = except.iter().any(|except| except.starts_with(path));
                root.is_some() && path.parent() == root.as_deref() && is_source(path) && !is_around
            };
            let ours = |path: &PathBuf| {
                (is_below(path, &watched) || is_new(path))
                    && !is_below(path, &except)
                    && !is_unfinished(path)
            };
            // Reading is no change, and a full channel holds one already.
            if !matches!(event.kind, EventKind::Access(_)) && event.paths.iter().any(ours) {
                let _ = sender.try_send(());
            }
        })?;
        for path in &paths {
            // A file is watched by its directory: most editors put a new file in its place.
            let (path, mode) = match path.parent() {
                Some(directory) if !path.is_dir() => (directory, RecursiveMode::NonRecursive),
                _ => (path.as_path(), RecursiveMode::Recursive),
            };
            watcher.watch(path, mode).with_context(|| cannot_watch(path))?;
        }
        if let Some(growing) = growing {
            watcher
                .watch(&growing, RecursiveMode::NonRecursive)
                .with_context(|| cannot_watch(&growing))?;
        }
        Ok(Self { changes, _watcher: watcher })
    }

    /// Waits for a change, and until the changes pause.
    pub async fn changed(&mut self) {
        if self.changes.recv().await.is_some() {
            while timeout(QUIET, self.changes.recv()).await.is_ok() {}
        }
    }
}

/// As the system will name them in its events.
fn canonical(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let canonical =
        paths.iter().map(|path| canonical_or_missing(path).with_context(|| cannot_watch(path)));
    canonical.collect()
}

fn is_below(path: &Path, roots: &[PathBuf]) -> bool {
    roots.iter().any(|root| path.starts_with(root))
}

/// Whether it is a component that is being put into its place.
fn is_unfinished(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(UNFINISHED))
}

/// As `canonical`, for a path that may not exist yet, which its directory then may.
fn canonical_or_missing(path: &Path) -> Option<PathBuf> {
    let missing = || Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(missing)
}

fn cannot_watch(path: &Path) -> String {
    format!("cannot watch {}", output::path(path))
}
