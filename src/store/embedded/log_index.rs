//! Whether a record was written since, told by one look at the index of SQLite's log.
//!
//! The index begins with a header and its copy, which the last step of every commit, of any process, writes anew: that is
//! how SQLite's own readers notice a change (the WAL format, §2.1, "WAL-Index Header", and §2.3.2). While all of it is as
//! it was, no commit ended in between; half of a new one is another state as well.

use super::super::opened::{LOG_MARK, Mark};
use super::File;
use std::{
    cell::Cell,
    collections::HashMap,
    fs,
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
    sync::{
        Arc, LazyLock, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// How long a look counts for the thread that had it, unless this process wrote: less than another one needs to end a
/// commit, tell somebody, and have them ask us. A request looks for several records.
const GLANCE: Duration = Duration::from_micros(5);

thread_local! {
    static LAST: Cell<Option<Look>> = const { Cell::new(None) };
}

/// One look at the index of a store, by the number of it.
#[derive(Clone, Copy)]
struct Look {
    at: Instant,
    store: usize,
    writes: u64,
    head: [u8; LOG_MARK],
}

/// The index of one store, found when it is first asked for: SQLite makes it with the first read.
#[derive(Debug)]
pub(super) struct LogIndex {
    path: PathBuf,
    opened: OnceLock<Option<Arc<fs::File>>>,
    /// Tells it from others of this process.
    number: usize,
}

/// How many writes of this process are over, to whichever store.
static WRITES: AtomicU64 = AtomicU64::new(0);

impl LogIndex {
    pub fn of(file: &File) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self { path: file.beside("-shm"), opened: OnceLock::new(), number }
    }

    /// To be called when a write is over.
    pub fn written() {
        WRITES.fetch_add(1, Ordering::SeqCst);
    }

    /// For somebody who asks at `now`. `None` where it cannot be told. Only Linux promises that what is read from a file is
    /// what others mapped.
    pub fn mark(&self, now: Instant) -> Option<Mark> {
        if !cfg!(target_os = "linux") {
            return None;
        }
        let (store, writes) = (self.number, WRITES.load(Ordering::SeqCst));
        let is_fresh = |last: &Look| last.store == store && last.writes == writes && now - last.at < GLANCE;
        if let Some(last) = LAST.get().filter(is_fresh) {
            return Some(Mark::Log(last.head));
        }
        let index = self.opened.get_or_init(|| open(&self.path)).as_ref()?;
        let mut head = [0; LOG_MARK];
        index.read_exact_at(&mut head, 0).ok()?;
        LAST.set(Some(Look { at: now, store, writes, head }));
        Some(Mark::Log(head))
    }
}

/// By device and inode.
type Indexes = HashMap<(u64, u64), Arc<fs::File>>;

/// Opened once in a process and kept: closing a file gives up the locks that SQLite holds on it in this process
/// (POSIX `fcntl`). One that is deleted is of no use to SQLite any more.
fn open(path: &Path) -> Option<Arc<fs::File>> {
    static OPEN: LazyLock<Mutex<Indexes>> = LazyLock::new(Mutex::default);
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
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
