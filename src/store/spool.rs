//! Records that must not be lost and that the store could not take: kept aside, sealed, until it can.
//!
//! Each is a file of its own in the data folder, on disk before anyone relies on it, found by every process that uses the
//! same folder. Where even that fails, it is kept in memory. A reserve on the same disk is given up for it first.

mod entry;
mod replay;
mod reserve;

pub(super) use entry::Entry;

use self::reserve::Reserve;
use super::{Error, Keyring, Kind, Place};
use crate::files::{self, Stamp};
use std::{
    collections::HashMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::Notify;

const SUFFIX: &str = ".sealed";
/// What the store has something newer of goes there, for a person to look at.
const ASIDE: &str = "set-aside";

/// How long a look at the folder counts for whoever only looks.
const LOOKED: Duration = Duration::from_millis(100);

/// How a write that must not be lost ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is durable in the store, as this version.
    Stored(u64),
    /// The store could not take it. It is kept aside as this version, is read from there, and goes to the store later.
    Spooled(u64),
    /// The record is not at the expected version; nothing was written.
    Conflict,
}

/// Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Spool(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    keys: Keyring,
    reserve: Reserve,
    /// What could not be written even here, by file name.
    memory: Mutex<HashMap<String, Entry>>,
    /// The folder as it was when nothing waited in it.
    empty: Mutex<Option<Stamp>>,
    /// When nothing waited at the last look of [`Spool::was_empty`].
    quiet: Mutex<Option<Instant>>,
    filled: Notify,
}

/// Where an entry was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    OnDisk,
    InMemory,
    /// Nowhere: another process keeps a newer one.
    Newer,
}

impl Spool {
    pub fn in_folder(folder: PathBuf, keys: Keyring) -> Self {
        let reserve = Reserve::in_folder(&folder);
        Self(Arc::new(Inner {
            folder,
            keys,
            reserve,
            memory: Mutex::default(),
            empty: Mutex::default(),
            quiet: Mutex::default(),
            filled: Notify::new(),
        }))
    }

    /// What waits for this place.
    pub fn find(&self, place: &Place<'_>) -> Result<Option<Entry>, Error> {
        if !place.kind.is_kept() {
            return Ok(None);
        }
        if self.is_empty() {
            return Ok(None);
        }
        let name = file_name(place);
        let remembered = self.memory().get(&name).cloned();
        if remembered.is_some() { Ok(remembered) } else { self.read(&name) }
    }

    /// Whether nothing waits at `now`, or nothing waited in the tenth of a second before, during which only another process
    /// can have put something here: for whoever only looks, for the token of before was valid at that time.
    pub fn was_empty(&self, now: Instant) -> bool {
        let mut quiet = self.quiet();
        if quiet.is_some_and(|since| now.saturating_duration_since(since) < LOOKED) {
            return true;
        }
        *quiet = self.is_empty().then_some(now);
        quiet.is_some()
    }

    fn quiet(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.quiet.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether certainly nothing waits: one look at the folder, whose stamp changes with every file in it.
    fn is_empty(&self) -> bool {
        if !self.memory().is_empty() {
            return false;
        }
        let stamp = match fs::metadata(&self.0.folder) {
            Err(error) => return is_absent(&error),
            Ok(folder) => Stamp::of(&folder),
        };
        let mut empty = self.0.empty.lock().unwrap_or_else(PoisonError::into_inner);
        if stamp.is_none() || *empty != stamp {
            let nothing = self.names().is_ok_and(|names| names.is_empty());
            *empty = stamp.filter(|stamp| nothing && stamp.is_settled());
            return nothing;
        }
        true
    }

    /// Everything that waits; an error in the place of what cannot be opened.
    pub fn each(&self) -> Result<Vec<Result<Entry, Error>>, Error> {
        let mut entries: Vec<_> = self.memory().values().cloned().map(Ok).collect();
        for name in self.names().map_err(|error| self.unavailable(&error))? {
            // What is in memory is newer than its file.
            if !self.memory().contains_key(&name) {
                entries.extend(self.read(&name).transpose());
            }
        }
        Ok(entries)
    }

    pub fn entries(&self) -> Result<Vec<Entry>, Error> {
        self.each()?.into_iter().collect()
    }

    pub fn of_kind(&self, kind: Kind) -> Result<Vec<Entry>, Error> {
        Ok(self.entries()?.into_iter().filter(|entry| entry.kind == kind).collect())
    }

    /// On disk when it returns, if that can be. Blocks.
    pub fn put(&self, entry: Entry) -> Result<Kept, Error> {
        let name = file_name(&entry.place());
        let _ = files::create_private_folder(&self.0.folder);
        let _alone = self.lock();
        let waiting = self.find(&entry.place()).ok().flatten();
        if waiting.as_ref().is_some_and(|waiting| waiting.sealed.version >= entry.sealed.version) {
            return Ok(Kept::Newer);
        }
        // Of two that wait one after the other, the first knows what the store has.
        let expected = waiting.map_or(entry.expected, |waiting| waiting.expected);
        let entry = Entry { expected, ..entry };
        let bytes = entry.seal(&self.0.keys, &name)?;
        let write = || files::write_private(&self.0.folder.join(&name), bytes.as_bytes());
        let written = write().or_else(|_| {
            self.0.reserve.give_up();
            write()
        });
        let mut memory = self.memory();
        memory.remove(&name);
        let kept = match written {
            Ok(()) => Kept::OnDisk,
            Err(error) => {
                tracing::error!(kind = %entry.kind, id = entry.id, %error, "kept in memory only: do not stop this program");
                memory.insert(name, entry);
                Kept::InMemory
            }
        };
        drop(memory);
        *self.quiet() = None;
        self.0.filled.notify_one();
        Ok(kept)
    }

    /// Forgets an entry that is in the store by now, unless a newer one took its place. Blocks.
    pub fn remove(&self, entry: &Entry) -> Result<(), Error> {
        let _alone = self.lock();
        let is_it = self.find(&entry.place())?.is_some_and(|waiting| waiting.sealed == entry.sealed);
        if is_it { self.drop_file(&entry.place()) } else { Ok(()) }
    }

    /// Forgets what waits for a place that was deleted, readable or not. Blocks.
    pub fn forget(&self, place: &Place<'_>) -> Result<(), Error> {
        let _alone = self.lock();
        if place.kind.is_kept() { self.drop_file(place) } else { Ok(()) }
    }

    /// Moves an entry out of the way that cannot go to the store; where it is now. Blocks.
    pub fn set_aside(&self, entry: &Entry) -> Result<PathBuf, Error> {
        let name = file_name(&entry.place());
        let aside = self.0.folder.join(ASIDE).join(format!("{name}.{}", entry.sealed.version));
        let bytes = entry.seal(&self.0.keys, &name)?;
        files::write_private(&aside, bytes.as_bytes()).map_err(|error| self.unavailable(&error.source))?;
        self.remove(entry)?;
        Ok(aside)
    }

    /// Makes sure that there is room for what a server is about to give. Blocks.
    pub fn ensure_room(&self) -> Result<(), Error> {
        self.0.reserve.ensure().map_err(|error| self.unavailable(&error))
    }

    pub async fn filled(&self) {
        self.0.filled.notified().await;
    }

    fn drop_file(&self, place: &Place<'_>) -> Result<(), Error> {
        let name = file_name(place);
        self.memory().remove(&name);
        match fs::remove_file(self.0.folder.join(name)) {
            Err(error) if !is_absent(&error) => Err(self.unavailable(&error)),
            _ => Ok(()),
        }
    }

    fn read(&self, name: &str) -> Result<Option<Entry>, Error> {
        let path = self.0.folder.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Entry::open(&self.0.keys, name, &text).map(Some).ok_or(Error::SpoolDamaged { path }),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(self.unavailable(&error)),
        }
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let files = match fs::read_dir(&self.0.folder) {
            Err(error) if is_absent(&error) => return Ok(Vec::new()),
            files => files?,
        };
        let names = files.map(|file| file.map(|file| file.file_name().to_string_lossy().into_owned()));
        names.filter(|name| !name.as_ref().is_ok_and(|name| !name.ends_with(SUFFIX))).collect()
    }

    /// Of several processes one at a time changes the folder. Where there can be none, nothing changes in it.
    fn lock(&self) -> Option<File> {
        let folder = File::open(&self.0.folder).ok()?;
        folder.lock().ok().map(|()| folder)
    }

    fn memory(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.0.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unavailable(&self, error: &io::Error) -> Error {
        of_folder(&self.0.folder, error)
    }
}

fn of_folder(folder: &Path, error: &io::Error) -> Error {
    let place = folder.display().to_string();
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            Error::Full { place: format!("the disk of {place}"), remedy: "Make room, then try again" }
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            Error::ReadOnly { place, remedy: "Make the data folder (OAUTHCLIENT_DATA_DIR) writable" }
        }
        _ => {
            let remedy = "Check that the data folder (OAUTHCLIENT_DATA_DIR) belongs to this user, then try again";
            Error::Unavailable { place, why: error.to_string(), remedy }
        }
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Names a place without showing it.
fn file_name(place: &Place<'_>) -> String {
    format!("{}{SUFFIX}", place.digest())
}
