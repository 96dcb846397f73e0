//! Clients that are declared in a folder, for whoever keeps configuration as code: read again whenever a file changes, never
//! written. What is wrong with one file hides no client of another, and the last good state of that file stays in force.

use super::document::Document;
use super::json::{self, Position};
use super::{Client, Problem};
use crate::files::Stamp;
use crate::oauth::definition::{Definition, Invalid};
use crate::oauth::name::ClientName;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug)]
pub struct DeclaredClients {
    folder: PathBuf,
    default_redirect: String,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    files: BTreeMap<PathBuf, File>,
    clients: Arc<[Client]>,
    problems: Vec<Problem>,
}

/// One file as it was last read.
#[derive(Debug, Default)]
struct File {
    /// None when it must be read again in any case.
    stamp: Option<Stamp>,
    good: Vec<(ClientName, Definition)>,
    problem: Option<Problem>,
}

impl DeclaredClients {
    pub fn new(folder: PathBuf, default_redirect: String) -> Self {
        Self { folder, default_redirect, seen: Mutex::default() }
    }

    /// Ordered by name.
    pub fn list(&self) -> Arc<[Client]> {
        self.looked_at(|seen| seen.clients.clone())
    }

    pub fn get(&self, name: &ClientName) -> Option<Client> {
        let clients = self.list();
        clients.binary_search_by(|client| client.name.cmp(name)).ok().map(|index| clients[index].clone())
    }

    /// What is wrong right now, by file.
    pub fn problems(&self) -> Vec<Problem> {
        self.looked_at(|seen| seen.problems.clone())
    }

    fn looked_at<T>(&self, take: impl FnOnce(&Seen) -> T) -> T {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        self.look(&mut seen);
        take(&seen)
    }

    fn look(&self, seen: &mut Seen) {
        let paths = match files_of(&self.folder) {
            Ok(paths) => paths,
            Err(error) => {
                seen.problems = vec![complain(&self.folder, None, format!("the folder cannot be read: {error}"))];
                return;
            }
        };
        let before = seen.files.len();
        seen.files.retain(|path, _| paths.contains(path));
        let mut has_changed = seen.files.len() != before || !seen.problems.is_empty();
        for path in paths {
            has_changed |= seen.files.entry(path.clone()).or_default().look(&path, &self.default_redirect);
        }
        if has_changed {
            seen.gather();
        }
    }
}

impl Seen {
    /// Of two files with the same client, the first by name counts.
    fn gather(&mut self) {
        let mut clients: BTreeMap<&ClientName, Client> = BTreeMap::new();
        let mut problems = Vec::new();
        for (path, file) in &self.files {
            problems.extend(file.problem.clone());
            for (name, definition) in &file.good {
                let declared_in = Some(Arc::from(path.as_path()));
                let client = Client { declared_in, ..Client::new(name.clone(), definition.clone()) };
                match clients.get(name).and_then(|first| first.declared_in.clone()) {
                    Some(first) => {
                        let said = format!("`{name}` is declared in {} already, which counts", first.display());
                        problems.push(complain(path, None, said));
                    }
                    None => drop(clients.insert(name, client)),
                }
            }
        }
        self.clients = clients.into_values().collect();
        self.problems = problems;
    }
}

impl File {
    /// Reads the file if it is another one; whether it was.
    fn look(&mut self, path: &Path, default_redirect: &str) -> bool {
        let stamp = fs::metadata(path).ok().as_ref().and_then(Stamp::of);
        if self.stamp.is_some() && self.stamp == stamp {
            return false;
        }
        self.stamp = stamp.filter(Stamp::is_settled);
        let read = fs::read(path).map_err(|error| complain(path, None, format!("the file cannot be read: {error}")));
        match read.and_then(|bytes| clients_of(path, &bytes, default_redirect)) {
            Ok(clients) => (self.good, self.problem) = (clients, None),
            Err(problem) => self.problem = Some(problem),
        }
        true
    }
}

/// `NAME.json`, in order; a mounted volume keeps its own things under names with a dot before.
fn files_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.extension().is_some_and(|end| end == "json") && !is_hidden && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// One definition, of the client that the file is named after; or several, as in the token cache file.
fn clients_of(path: &Path, bytes: &[u8], default_redirect: &str) -> Result<Vec<(ClientName, Definition)>, Problem> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| complain(path, None, "this is not UTF-8 text; save the file as UTF-8".to_owned()))?;
    let json = json::parse(text).map_err(|error| complain(path, Some(error.position), error.message))?;
    if json.get("clients").is_some() {
        return Ok(Document::parse(path, bytes, default_redirect)?.into_clients().collect());
    }
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let name: ClientName = name
        .parse()
        .map_err(|error| complain(path, None, format!("the file is named after its client, and {error}")))?;
    let definition = Definition::from_json(json).map_err(|invalid| of_field(path, text, &invalid))?;
    Ok(vec![(name, definition)])
}

fn of_field(path: &Path, text: &str, invalid: &Invalid) -> Problem {
    let first = invalid.0.first().map(|error| error.path.replace('[', ".").replace(']', "")).unwrap_or_default();
    let keys: Vec<&str> = first.split('.').filter(|key| !key.is_empty()).collect();
    complain(path, Some(Position::of_key(text, &keys)), invalid.to_string())
}

fn complain(path: &Path, position: Option<Position>, message: String) -> Problem {
    Problem { path: path.to_owned(), position, message }
}
