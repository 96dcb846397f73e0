//! How processes on one machine signal each other: a short file in the data folder that each appends to and watches.
//!
//! It holds the latest signals, one JSON object a line under a number that only grows. Nobody relies on it: what is lost
//! of it (it is not synced) costs a listener a look into the store.

use crate::store::signals::{Inbox, Signal};
use notify::{EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};
use serde::{Deserialize, Serialize};
use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// In the data folder: a folder of its own, so that watching it does not mean watching the database.
const FOLDER: &str = "signals";
const NAME: &str = "log";

/// Bytes. Above, the older half goes.
const MOST: usize = 64 * 1024;

/// How often the file is looked at where the system does not tell of changes (all of its watches are in use).
const POLL: Duration = Duration::from_millis(500);

#[derive(Clone, Debug)]
pub(super) struct SignalLog {
    folder: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Line {
    number: u64,
    #[serde(flatten)]
    signal: Signal,
}

/// Brings what others append into an inbox, until it is dropped.
pub(in crate::store) struct Watch {
    _watcher: Option<Box<dyn Watcher + Send + Sync>>,
}

struct Reader {
    log: SignalLog,
    inbox: Arc<Inbox>,
    last: u64,
}

impl SignalLog {
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.join(FOLDER) }
    }

    /// Blocks, though never for long.
    pub fn append(&self, signal: Signal) -> io::Result<()> {
        let mut file = self.open()?;
        file.lock()?;
        let mut text = read(&mut file)?;
        let number = lines(&text).next_back().map_or(0, |line| line.number) + 1;
        let mut added = serde_json::to_string(&Line { number, signal })? + "\n";
        if text.len() + added.len() > MOST {
            let younger = text.split_off(text.floor_char_boundary(text.len() / 2));
            let whole = younger.split_once('\n').map_or("", |(_, lines)| lines);
            added.insert_str(0, whole);
            file.set_len(0)?;
        } else if !text.is_empty() && !text.ends_with('\n') {
            // Somebody died over the last line.
            added.insert(0, '\n');
        }
        file.write_all(added.as_bytes())
    }

    /// Watches the file from now on. Where that is not possible, the inbox stays unconnected.
    pub fn watch(&self, inbox: Arc<Inbox>) -> Watch {
        let watcher = self.start(&inbox);
        if let Err(error) = &watcher {
            tracing::warn!(%error, folder = %self.folder.display(), "changes by other processes are noticed late");
        }
        Watch { _watcher: watcher.ok() }
    }

    fn start(&self, inbox: &Arc<Inbox>) -> notify::Result<Box<dyn Watcher + Send + Sync>> {
        let last = lines(&read(&mut self.open()?)?).next_back().map_or(0, |line| line.number);
        let reader = Arc::new(Mutex::new(Reader { log: self.clone(), inbox: Arc::clone(inbox), last }));
        let watcher = self.watcher(&reader)?;
        inbox.connected();
        // What was appended before the watch began.
        look(&reader);
        Ok(watcher)
    }

    fn watcher(&self, reader: &Arc<Mutex<Reader>>) -> notify::Result<Box<dyn Watcher + Send + Sync>> {
        let handler = || {
            let reader = Arc::clone(reader);
            move |event: notify::Result<notify::Event>| {
                // Reading the file is an event as well.
                if !event.is_ok_and(|event| matches!(event.kind, EventKind::Access(_))) {
                    look(&reader);
                }
            }
        };
        let told = RecommendedWatcher::new(handler(), notify::Config::default()).and_then(|mut watcher| {
            watcher.watch(&self.folder, RecursiveMode::NonRecursive)?;
            Ok(Box::new(watcher) as _)
        });
        told.or_else(|_| {
            let mut watcher = PollWatcher::new(handler(), notify::Config::default().with_poll_interval(POLL))?;
            watcher.watch(&self.folder, RecursiveMode::NonRecursive)?;
            Ok(Box::new(watcher) as _)
        })
    }

    fn open(&self) -> io::Result<File> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        OpenOptions::new().create(true).read(true).append(true).mode(0o600).open(self.folder.join(NAME))
    }
}

impl Reader {
    fn look(&mut self) -> io::Result<()> {
        let mut file = self.log.open()?;
        file.lock_shared()?;
        let text = read(&mut file)?;
        let newest = lines(&text).next_back().map_or(0, |line| line.number);
        let oldest = lines(&text).next().map_or(0, |line| line.number);
        // Removed and begun again, or grown faster than it was read.
        if newest < self.last || oldest > self.last + 1 {
            self.inbox.put(Signal::Missed);
            self.last = self.last.min(newest);
        }
        for line in lines(&text).filter(|line| line.number > self.last) {
            self.inbox.put(line.signal);
        }
        self.last = newest;
        Ok(())
    }
}

fn look(reader: &Mutex<Reader>) {
    let mut reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
    if reader.look().is_err() {
        reader.inbox.put(Signal::Missed);
    }
}

fn read(file: &mut File) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What cannot be read is of no use to anyone.
fn lines(text: &str) -> impl DoubleEndedIterator<Item = Line> {
    text.lines().filter_map(|line| serde_json::from_str(line).ok())
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watch")
    }
}
