//! Whether a record was written since, told by one look at the index of SQLite's log.
//!
//! The index begins with a header and its copy, which the last step of every commit, of any process, writes anew: that is
//! how SQLite's own readers notice a change (the WAL format, §2.1, "WAL-Index Header", and §2.3.2). While all of it is as
//! it was, no commit ended in between; half of a new one is another state as well.

use super::super::opened::{LOG_MARK, Mark};
use super::File;
use std::{
    collections::HashMap,
    fs,
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

/// The index of one store, found when it is first asked for: SQLite makes it with the first read.
#[derive(Debug)]
pub(super) struct LogIndex {
    path: PathBuf,
    opened: OnceLock<Option<Arc<fs::File>>>,
}

impl LogIndex {
    pub fn of(file: &File) -> Self {
        Self { path: file.beside("-shm"), opened: OnceLock::new() }
    }

    /// `None` where it cannot be told. Only Linux promises that what is read from a file is what others mapped.
    pub fn mark(&self) -> Option<Mark> {
        if !cfg!(target_os = "linux") {
            return None;
        }
        let index = self.opened.get_or_init(|| open(&self.path)).as_ref()?;
        let mut head = [0; LOG_MARK];
        index.read_exact_at(&mut head, 0).ok()?;
        Some(Mark::Log(head))
    }
}

/// Opened once in a process and kept: closing a file gives up the locks that SQLite holds on it in this process
/// (POSIX `fcntl`). One that is deleted is of no use to SQLite any more.
fn open(path: &Path) -> Option<Arc<fs::File>> {
    static OPEN: Mutex<Option<HashMap<(u64, u64), Arc<fs::File>>>> = Mutex::new(None);
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    let open = open.get_or_insert_default();
    open.retain(|_, index| index.metadata().is_ok_and(|index| index.nlink() > 0));
    let found = fs::metadata(path).ok()?;
    let id = (found.dev(), found.ino());
    if let Some(index) = open.get(&id) {
        return Some(index.clone());
    }
    let index = Arc::new(fs::File::open(path).ok()?);
    open.insert(id, index.clone());
    Some(index)
}
