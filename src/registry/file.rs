//! The token cache file: read again whenever it changes, written at once and durably, never while it is broken.

use super::document::{Document, Origin};
use super::{Client, Error, Problem, Version, secrets};
use crate::files::{self, FileError, Watched};
use crate::oauth::definition::Definition;
use crate::oauth::name::ClientName;
use crate::store::Keyring;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Bytes; a hundred thousand definitions are less.
const LARGEST: u64 = 16 * 1024 * 1024;

#[derive(Debug)]
pub struct TokenCacheFile {
    path: PathBuf,
    keyring: Keyring,
    default_redirect: String,
    seen: RwLock<Seen>,
}

/// The state of the file when it was last read.
#[derive(Debug, Default)]
struct Seen {
    /// None when the file must be read again in any case.
    file: Option<Watched>,
    digest: Option<[u8; 32]>,
    /// The last definitions that could be read.
    good: Option<Arc<[Client]>>,
    problem: Option<Problem>,
}

impl TokenCacheFile {
    pub fn new(path: PathBuf, keyring: Keyring, default_redirect: String) -> Self {
        Self { path, keyring, default_redirect, seen: RwLock::default() }
    }

    pub fn list(&self) -> Result<Arc<[Client]>, Error> {
        let seen = self.look();
        match (&seen.good, &seen.problem) {
            (Some(clients), _) => Ok(clients.clone()),
            (None, Some(problem)) => Err(Error::Broken(problem.clone())),
            (None, None) => Ok(Arc::default()),
        }
    }

    pub fn get(&self, name: &ClientName) -> Result<Option<Client>, Error> {
        let clients = self.list()?;
        Ok(clients.binary_search_by(|client| client.name.cmp(name)).ok().map(|index| clients[index].clone()))
    }

    pub fn problem(&self) -> Option<Problem> {
        self.look().problem.clone()
    }

    pub fn create(&self, name: ClientName, definition: Definition) -> Result<Client, Error> {
        self.change(|document| {
            document.insert(name.clone(), definition)?;
            Ok(name)
        })
    }

    pub fn update(
        &self,
        name: &ClientName,
        new_name: ClientName,
        mut definition: Definition,
        base: Option<&Version>,
    ) -> Result<Client, Error> {
        self.change(|document| {
            let current = document.get(name)?;
            current.is_based_on(base)?;
            secrets::release(&self.keyring, &current.definition, &mut definition)
                .map_err(|why| Error::Secret { client: name.clone(), why })?;
            document.replace(name, new_name.clone(), definition)?;
            Ok(new_name)
        })
    }

    pub fn delete(&self, name: &ClientName) -> Result<Client, Error> {
        self.refuse_while_broken()?;
        self.rewrite(|document| {
            let client = document.get(name)?;
            document.remove(name)?;
            Ok(client)
        })
        .map(|(client, _)| client)
    }

    pub fn rekey(&self) -> Result<usize, Error> {
        self.refuse_while_broken()?;
        self.rewrite(|document| document.open(&self.keyring)).map(|(count, _)| count)
    }

    /// Applies a change that leaves a client under the name it answers, and answers that client as it was written.
    fn change(&self, change: impl FnOnce(&mut Document) -> Result<ClientName, Error>) -> Result<Client, Error> {
        self.refuse_while_broken()?;
        let (name, document) = self.rewrite(change)?;
        document.get(&name)
    }

    fn refuse_while_broken(&self) -> Result<(), Error> {
        self.problem().map_or(Ok(()), |problem| Err(Error::Broken(problem)))
    }

    /// Writes the file as it is now with a change, under the lock between processes.
    fn rewrite<T>(&self, change: impl FnOnce(&mut Document) -> Result<T, Error>) -> Result<(T, Document), Error> {
        let _lock = files::lock(&self.path)?;
        let bytes = self.read().map_err(Error::Broken)?.map(|(_, bytes)| bytes).unwrap_or_default();
        let mut document = self.parse(&bytes).map_err(Error::Broken)?;
        let answer = change(&mut document)?;
        let content = document.seal(&self.keyring)?;
        if document.origin == Origin::PythonHelper {
            self.keep_original(&bytes)?;
        }
        files::write_private(&self.path, &content)?;
        Ok((answer, document))
    }

    /// Keeps a file of the Python helper as `FILE.bak`, or the next free name.
    fn keep_original(&self, bytes: &[u8]) -> Result<(), FileError> {
        for number in 0.. {
            let mut copy = self.path.clone().into_os_string();
            copy.push(if number == 0 { ".bak".to_owned() } else { format!(".bak.{number}") });
            let copy = PathBuf::from(copy);
            match files::read(&copy) {
                Ok(kept) if kept == bytes => return Ok(()),
                Ok(_) => {}
                Err(error) if error.source.kind() == ErrorKind::NotFound => return files::write_private(&copy, bytes),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// What is known of the file, after reading it again if it has changed.
    fn look(&self) -> RwLockReadGuard<'_, Seen> {
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
        if seen.file.as_ref().is_some_and(|file| file.is_unchanged(&self.path)) {
            return seen;
        }
        drop(seen);
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        if self.look_again(&mut seen) == Some(Origin::PythonHelper) {
            match self.rewrite(|_| Ok(())) {
                Ok(((), document)) => {
                    let (count, path) = (document.clients().len(), self.path.display());
                    tracing::warn!(
                        "{path} was the Python helper's: {count} clients converted, the original kept as .bak"
                    );
                    self.look_again(&mut seen);
                }
                // A file that cannot be replaced, such as one mounted read-only, is converted in memory alone.
                Err(error) => tracing::warn!("the Python helper's file stays as it is: {error}"),
            }
        }
        RwLockWriteGuard::downgrade(seen)
    }

    fn look_again(&self, seen: &mut Seen) -> Option<Origin> {
        let (file, read) = match self.read() {
            Ok(Some((file, bytes))) => (Some(file), Ok(Some(bytes))),
            Ok(None) => (None, Ok(None)),
            Err(problem) => (None, Err(problem)),
        };
        seen.file = file.filter(Watched::is_settled);
        let digest = read.as_ref().ok().and_then(|read| read.as_ref()).map(|bytes| Sha256::digest(bytes).into());
        if digest.is_some() && seen.digest == digest {
            return None;
        }
        seen.digest = digest;
        let emptied = |bytes: &[u8]| bytes.is_empty() && seen.good.as_ref().is_some_and(|clients| !clients.is_empty());
        let document = match read {
            Ok(None) => self.parse(b""),
            Ok(Some(bytes)) if emptied(&bytes) => {
                Err(self.complain("the file was emptied; remove it to delete all clients"))
            }
            Ok(Some(bytes)) => self.parse(&bytes),
            Err(problem) => Err(problem),
        };
        match document {
            Ok(document) => {
                seen.good = Some(document.clients().into());
                seen.problem = None;
                Some(document.origin)
            }
            Err(problem) => {
                seen.problem = Some(problem);
                None
            }
        }
    }

    fn parse(&self, bytes: &[u8]) -> Result<Document, Problem> {
        Document::parse(&self.path, bytes, &self.default_redirect)
    }

    /// The file and its content. None when there is no file.
    fn read(&self) -> Result<Option<(Watched, Vec<u8>)>, Problem> {
        let metadata = match fs::metadata(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            metadata => metadata.map_err(|error| self.unreadable(&error))?,
        };
        // Before it is opened: a pipe would make us wait.
        if !metadata.is_file() {
            return Err(self.complain("this is not a file; OAUTHCLIENT_OAUTH__TOKEN_CACHE names the token cache file"));
        }
        match self.read_file() {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.unreadable(&error)),
            Ok((_, bytes)) if bytes.len() as u64 > LARGEST => Err(self.complain("the file is larger than 16 MiB")),
            Ok(read) => Ok(Some(read)),
        }
    }

    fn read_file(&self) -> io::Result<(Watched, Vec<u8>)> {
        let file = Watched::of(File::open(&self.path)?).ok_or(ErrorKind::Unsupported)?;
        let mut bytes = Vec::new();
        file.file().take(LARGEST + 1).read_to_end(&mut bytes)?;
        Ok((file, bytes))
    }

    fn unreadable(&self, error: &io::Error) -> Problem {
        self.complain(&format!("the file cannot be read: {error}"))
    }

    fn complain(&self, message: &str) -> Problem {
        Problem { path: Path::to_owned(&self.path), position: None, message: message.to_owned() }
    }
}
