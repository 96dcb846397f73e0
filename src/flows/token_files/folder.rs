//! One folder of token files, and the ledger in it of what was written for whom.
//!
//! Invariants: a file that this program did not write is neither replaced nor removed. Nothing is reached through a link. A
//! file is in the ledger before it is written, and until it is removed.

use crate::files::{self, FileError, FileLock};
use crate::oauth::name::{ClientName, GrantName};
use crate::oauth::secret::Secret;
use crate::oauth::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// No token file is called so: none begins with a dot.
const LEDGER: &str = ".written.json";

/// A file that is to be there.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Relative to the folder, and valid.
    pub name: String,
    pub of: GrantName,
    pub text: Secret,
    pub expires_at: Option<Timestamp>,
}

/// Whose files are looked at: what is not wanted of these goes.
#[derive(Clone, Debug)]
pub enum Scope {
    One(GrantName),
    /// All, but for clients of which is not known what they want.
    AllBut(BTreeSet<ClientName>),
}

#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("{} is the token file of `{of}`; give one of the two another name (token_file.name)", path.display())]
    Taken { path: PathBuf, of: GrantName },
    #[error("{} was there before and is left as it is; move it away, or choose another name (token_file.name)", .0.display())]
    NotOurs(PathBuf),
    #[error("{} is not a plain file in plain folders, and no link is followed; move it away", .0.display())]
    NotPlain(PathBuf),
    #[error("{} cannot be understood; remove it together with the token files beside it", .0.display())]
    Ledger(PathBuf),
    #[error(transparent)]
    File(#[from] FileError),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Ledger {
    files: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Entry {
    grant: GrantName,
    expires_at: Option<Timestamp>,
}

impl Scope {
    fn covers(&self, grant: &GrantName) -> bool {
        match self {
            Scope::One(name) => name == grant,
            Scope::AllBut(unknown) => !unknown.contains(&grant.client),
        }
    }
}

/// The folder, for whoever has its lock.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    ledger: Ledger,
    _lock: FileLock,
}

/// Whether anything was written into it yet.
pub fn is_used(root: &Path) -> bool {
    root.join(LEDGER).exists()
}

impl Folder {
    /// Waits until no other process has it. Blocks the thread. Makes the folder if need be.
    pub fn open(root: &Path) -> Result<Self, Trouble> {
        if !root.is_dir() {
            files::create_private_folder(root)?;
        }
        let lock = files::lock(&root.join(LEDGER))?;
        Ok(Self { root: root.to_owned(), ledger: Ledger::read(root)?, _lock: lock })
    }

    /// When the first of the tokens in its files ends.
    pub fn next_end(&self) -> Option<Timestamp> {
        self.ledger.files.values().filter_map(|entry| entry.expires_at).min()
    }

    /// Writes what is wanted and removes what is no more. What could not be done, and for whom.
    pub fn settle(&mut self, wanted: &[Wanted], scope: &Scope) -> Vec<(GrantName, Trouble)> {
        let before = self.ledger.clone();
        let mut troubles = Vec::new();
        let mut claimed = Vec::new();
        for file in wanted {
            match self.ledger.admits(&self.root, file, |of| is_still_wanted(wanted, scope, file, of)) {
                Ok(()) => {
                    self.ledger.claim(file);
                    claimed.push(file);
                }
                Err(trouble) => troubles.push((file.of.clone(), trouble)),
            }
        }
        for file in &claimed {
            let written = self.ledger.save(&self.root, &before).and_then(|()| write(&self.root, file));
            troubles.extend(written.err().map(|trouble| (file.of.clone(), trouble)));
        }
        troubles.extend(self.clear(wanted, scope));
        troubles
    }

    /// Removes what its owner does not want.
    fn clear(&mut self, wanted: &[Wanted], scope: &Scope) -> Vec<(GrantName, Trouble)> {
        let (before, mut troubles) = (self.ledger.clone(), Vec::new());
        for (name, entry) in &before.files {
            let is_wanted = wanted.iter().any(|file| file.name == *name && file.of == entry.grant);
            if is_wanted || !scope.covers(&entry.grant) {
                continue;
            }
            match remove(&self.root, name) {
                Ok(()) => drop(self.ledger.files.remove(name)),
                Err(trouble) => troubles.push((entry.grant.clone(), trouble)),
            }
        }
        let saved = self.ledger.save(&self.root, &before);
        let of = before.files.values().next().map(|entry| entry.grant.clone());
        troubles.extend(of.zip(saved.err()));
        troubles
    }
}

/// What keeps a file from being what is wanted, without touching it; `None`: it is.
pub fn look(root: &Path, file: &Wanted) -> Result<bool, Trouble> {
    Ledger::read(root)?.admits(root, file, |_| true)?;
    Ok(fs::read(root.join(&file.name)).is_ok_and(|there| file.text.matches(&String::from_utf8_lossy(&there))))
}

/// Whether somebody else's file of this name is to stay.
fn is_still_wanted(wanted: &[Wanted], scope: &Scope, file: &Wanted, of: &GrantName) -> bool {
    !scope.covers(of) || wanted.iter().any(|other| other.name == file.name && other.of == *of)
}

impl Ledger {
    fn read(root: &Path) -> Result<Self, Trouble> {
        let path = root.join(LEDGER);
        match files::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| Trouble::Ledger(path)),
            Err(error) if error.source.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error.into()),
        }
    }

    fn save(&self, root: &Path, before: &Self) -> Result<(), Trouble> {
        if self == before {
            return Ok(());
        }
        let path = root.join(LEDGER);
        let json = serde_json::to_vec_pretty(self).map_err(|_| Trouble::Ledger(path.clone()))?;
        Ok(files::write_private_here(&path, &json)?)
    }

    fn claim(&mut self, file: &Wanted) {
        let entry = Entry { grant: file.of.clone(), expires_at: file.expires_at };
        self.files.insert(file.name.clone(), entry);
    }

    fn admits(&self, root: &Path, file: &Wanted, stays: impl Fn(&GrantName) -> bool) -> Result<(), Trouble> {
        let path = root.join(&file.name);
        let found = plain(root, &file.name)?;
        match self.files.get(&file.name) {
            Some(entry) if entry.grant != file.of && stays(&entry.grant) => {
                Err(Trouble::Taken { path, of: entry.grant.clone() })
            }
            None if found == Found::File => Err(Trouble::NotOurs(path)),
            _ => Ok(()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    File,
    Nothing,
}

/// What is there, on a way of plain folders.
fn plain(root: &Path, name: &str) -> Result<Found, Trouble> {
    let mut path = root.to_owned();
    let mut parts = name.split('/').peekable();
    while let Some(part) = parts.next() {
        path.push(part);
        let is_last = parts.peek().is_none();
        match fs::symlink_metadata(&path) {
            Ok(found) if !is_last && found.is_dir() => {}
            Ok(found) if is_last && found.is_file() => return Ok(Found::File),
            Ok(_) => return Err(Trouble::NotPlain(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(source) => return Err(FileError { action: files::Action::Read, path, source }.into()),
        }
    }
    Ok(Found::Nothing)
}

fn write(root: &Path, file: &Wanted) -> Result<(), Trouble> {
    let path = root.join(&file.name);
    let text = file.text.expose().as_bytes();
    if fs::read(&path).is_ok_and(|there| there == text) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        files::create_private_folder(folder)?;
    }
    Ok(files::write_private_here(&path, text)?)
}

fn remove(root: &Path, name: &str) -> Result<(), Trouble> {
    match plain(root, name)? {
        Found::File => Ok(files::remove(&root.join(name))?),
        Found::Nothing => Ok(()),
    }
}

#[cfg(test)]
mod tests;
