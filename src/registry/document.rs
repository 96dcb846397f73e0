//! What the token cache file says: parsed as a whole or not at all, and changed without touching the other entries.

use super::error::{NoSecret, Problem, SecretProblem};
use super::import::{self, python};
use super::json::{self, Position};
use super::{Client, Error, secrets};
use crate::oauth::definition::Definition;
use crate::oauth::name::ClientName;
use crate::store::Keyring;
use serde_json::{Map, Value, json};
use std::path::Path;

/// The form of the file that this program writes.
const VERSION: u64 = 1;
const BYTE_ORDER_MARK: &str = "\u{feff}";

#[derive(Debug)]
pub struct Document {
    entries: Vec<Entry>,
    pub origin: Origin,
}

/// Whose file it was when it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Ours,
    PythonHelper,
}

#[derive(Debug)]
struct Entry {
    name: ClientName,
    definition: Definition,
    /// As it stands in the file; none when it is to be written from the definition.
    written: Option<Value>,
}

impl Document {
    /// Reads a file's content. An empty file holds no clients.
    pub fn parse(path: &Path, bytes: &[u8], default_redirect: &str) -> Result<Self, Problem> {
        let complain = |position, message| Problem { path: path.to_owned(), position: Some(position), message };
        let text = std::str::from_utf8(bytes).map_err(|error| {
            complain(
                Position::at(bytes, error.valid_up_to()),
                "this is not UTF-8 text; save the file as UTF-8".to_owned(),
            )
        })?;
        if text.starts_with(BYTE_ORDER_MARK) {
            let message = "the file starts with a byte order mark; save it as UTF-8 without one";
            return Err(complain(Position::at(bytes, 0), message.to_owned()));
        }
        if text.trim().is_empty() {
            return Ok(Self { entries: Vec::new(), origin: Origin::Ours });
        }
        let root = json::parse(text).map_err(|error| complain(error.position, error.message))?;
        Self::from_json(root, default_redirect).map_err(|wrong| {
            let keys: Vec<&str> = wrong.keys.iter().map(String::as_str).collect();
            complain(Position::of_key(text, &keys), wrong.message)
        })
    }

    pub fn from_json(root: Value, default_redirect: &str) -> Result<Self, Wrong> {
        let Value::Object(mut root) = root else { return Err(Wrong::at(&[], expected_shape())) };
        if python::recognises(&root) {
            let clients = python::convert(&root, default_redirect).map_err(|error| {
                let message = format!("this file of the Python helper cannot be converted: {error}");
                Wrong::at(&[&error.entry], message)
            })?;
            return Ok(Self::converted(clients));
        }
        check_version(root.shift_remove("version"))?;
        let clients = root.shift_remove("clients").unwrap_or_else(|| json!({}));
        if let Some(unknown) = root.keys().next() {
            return Err(Wrong::at(&[unknown], format!("`{unknown}` is not known here; {}", expected_shape())));
        }
        let Value::Object(clients) = clients else {
            return Err(Wrong::at(&["clients"], "clients: this must be an object of names and definitions".to_owned()));
        };
        let entries = clients.into_iter().map(Entry::from_json).collect::<Result<_, _>>()?;
        Ok(Self { entries, origin: Origin::Ours })
    }

    fn converted(clients: Vec<import::Imported>) -> Self {
        let entries = clients.into_iter().map(|client| Entry::new(client.name, client.definition));
        Self { entries: entries.collect(), origin: Origin::PythonHelper }
    }

    /// All clients, ordered by name.
    pub fn clients(&self) -> Vec<Client> {
        let each = self.entries.iter().map(|entry| Client::new(entry.name.clone(), entry.definition.clone()));
        let mut clients: Vec<Client> = each.collect();
        clients.sort_by(|a, b| a.name.cmp(&b.name));
        clients
    }

    pub fn into_clients(self) -> impl Iterator<Item = (ClientName, Definition)> {
        self.entries.into_iter().map(|entry| (entry.name, entry.definition))
    }

    pub fn get(&self, name: &ClientName) -> Result<Client, Error> {
        let entry = &self.entries[self.index(name)?];
        Ok(Client::new(entry.name.clone(), entry.definition.clone()))
    }

    pub fn insert(&mut self, name: ClientName, definition: Definition) -> Result<(), Error> {
        if self.index(&name).is_ok() {
            return Err(Error::Exists(name));
        }
        self.entries.push(Entry::new(name, definition));
        Ok(())
    }

    /// Puts another definition, under the same or another name, in the place of one.
    pub fn replace(&mut self, name: &ClientName, new_name: ClientName, definition: Definition) -> Result<(), Error> {
        let index = self.index(name)?;
        if *name != new_name && self.index(&new_name).is_ok() {
            return Err(Error::Exists(new_name));
        }
        self.entries[index] = Entry::new(new_name, definition);
        Ok(())
    }

    pub fn remove(&mut self, name: &ClientName) -> Result<(), Error> {
        let index = self.index(name)?;
        self.entries.remove(index);
        Ok(())
    }

    /// The file's new content, in which no secret is plain.
    pub fn seal(&mut self, keyring: &Keyring) -> Result<Vec<u8>, Error> {
        let mut clients = Map::new();
        for entry in &mut self.entries {
            clients.insert(entry.name.to_string(), entry.seal(keyring)?);
        }
        Ok(format!("{:#}\n", json!({"version": VERSION, "clients": clients})).into_bytes())
    }

    /// Makes every sealed secret plain, to be sealed anew; how many clients have one.
    pub fn open(&mut self, keyring: &Keyring) -> Result<usize, Error> {
        let mut count = 0;
        for entry in &mut self.entries {
            let opened = secrets::open_all(keyring, &mut entry.definition);
            let opened = opened.map_err(|why| Error::Secret { client: entry.name.clone(), why })?;
            count += usize::from(opened > 0);
        }
        Ok(count)
    }

    fn index(&self, name: &ClientName) -> Result<usize, Error> {
        self.entries.iter().position(|entry| entry.name == *name).ok_or_else(|| Error::Unknown(name.clone()))
    }
}

impl Entry {
    fn new(name: ClientName, definition: Definition) -> Self {
        Self { name, definition, written: None }
    }

    fn from_json((name, written): (String, Value)) -> Result<Self, Wrong> {
        let named =
            name.parse().map_err(|error| Wrong::at(&["clients", &name], format!("clients.{name:?}: {error}")))?;
        let definition = Definition::from_json(written.clone()).map_err(|invalid| {
            let first =
                invalid.0.first().map(|error| error.path.replace('[', ".").replace(']', "")).unwrap_or_default();
            let keys: Vec<&str> = ["clients", &name].into_iter().chain(first.split('.')).collect();
            let each = invalid.0.iter().map(|error| format!("clients.{name}.{}: {}", error.path, error.message));
            Wrong::at(&keys, each.collect::<Vec<_>>().join("; "))
        })?;
        Ok(Self { name: named, definition, written: Some(written) })
    }

    fn seal(&mut self, keyring: &Keyring) -> Result<Value, Error> {
        let wrong = |why| Error::Secret { client: self.name.clone(), why };
        let sealed = secrets::seal(keyring, &mut self.definition).map_err(wrong)?;
        let plain = |_| wrong(SecretProblem { field: "secret", why: NoSecret::NotSealed });
        let ours = self.definition.to_json().map_err(plain)?;
        let Some(mut written) = self.written.take() else { return Ok(ours) };
        for field in sealed {
            let pointer = format!("/{}", field.replace('.', "/"));
            if let Some(place) = written.pointer_mut(&pointer) {
                *place = ours.pointer(&pointer).cloned().unwrap_or_default();
            }
        }
        Ok(written)
    }
}

/// Something that is valid JSON but not a registry, and the keys that lead to it.
#[derive(Debug)]
pub struct Wrong {
    keys: Vec<String>,
    pub message: String,
}

impl Wrong {
    fn at(keys: &[&str], message: String) -> Self {
        Self { keys: keys.iter().map(|&key| key.to_owned()).collect(), message }
    }
}

/// A file without a version is taken for the first: people write it by hand.
fn check_version(version: Option<Value>) -> Result<(), Wrong> {
    let message = match version.map(|version| version.as_u64()) {
        None | Some(Some(VERSION)) => return Ok(()),
        Some(Some(newer)) if newer > VERSION => format!(
            "version: {newer} is from a newer version of this program; this one reads version {VERSION}. Update it"
        ),
        Some(_) => format!("version: this must be {VERSION}"),
    };
    Err(Wrong::at(&["version"], message))
}

fn expected_shape() -> String {
    format!(r#"the file holds one object, {{"version": {VERSION}, "clients": {{NAME: {{…}}}}}}"#)
}
