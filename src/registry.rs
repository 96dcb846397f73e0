//! The client definitions and where they are kept: the token cache file, which a person may edit at any time, or Redis
//! for several instances.
//!
//! Invariants: what cannot be read is never overwritten; a change is applied to the file as it is at that moment, under
//! a lock between processes; no plain secret is ever written.

mod declared;
mod document;
mod error;
mod file;
pub mod import;
pub mod json;
mod secrets;
mod shared;

pub use error::{Error, NoSecret, Problem, SecretProblem};
pub use secrets::keep_secrets;

use crate::oauth::definition::{CLIENT_SECRET, Definition, PRIVATE_KEY};
use crate::oauth::name::ClientName;
use crate::oauth::secret::Secret;
use crate::store::{Keyring, Store};
use declared::DeclaredClients;
use file::TokenCacheFile;
use sha2::{Digest, Sha256};
use shared::SharedDefinitions;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{convert::Infallible, fmt, str::FromStr};

/// Every client definition, by name.
#[derive(Debug)]
pub struct Registry {
    place: Place,
    declared: Option<DeclaredClients>,
    keyring: Keyring,
}

#[derive(Debug)]
enum Place {
    File(Box<TokenCacheFile>),
    Store(SharedDefinitions),
}

/// One client as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    pub name: ClientName,
    /// Shared by all who asked for this state of it.
    pub definition: Arc<Definition>,
    /// The file of `OAUTHCLIENT_CLIENTS_DIR` that it is declared in; `None`: it is kept, and can be changed here.
    pub declared_in: Option<Arc<Path>>,
}

/// Names one state of a definition, to notice that somebody else changed it in between. Tells nothing about secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(String);

impl Registry {
    /// Definitions in the token cache file; an absent file holds none. `default_redirect` is the redirect URI that
    /// `auto` stands for, needed to convert the Python helper's file.
    pub fn in_file(path: impl Into<PathBuf>, keyring: Keyring, default_redirect: impl Into<String>) -> Self {
        let file = TokenCacheFile::new(path.into(), keyring.clone(), default_redirect.into());
        Self { place: Place::File(Box::new(file)), declared: None, keyring }
    }

    /// Definitions in the store, for several instances that share it.
    pub fn in_store(store: Store) -> Self {
        let keyring = store.keys().clone();
        Self { place: Place::Store(SharedDefinitions::new(store)), declared: None, keyring }
    }

    /// The same with those that a folder declares, which count before others of their names.
    #[must_use]
    pub fn with_declared(self, folder: &Path, default_redirect: &str) -> Self {
        let declared = DeclaredClients::new(folder.to_owned(), default_redirect.to_owned());
        Self { declared: Some(declared), ..self }
    }

    /// All clients, ordered by name.
    pub async fn list(&self) -> Result<Arc<[Client]>, Error> {
        let kept = self.kept().await?;
        let declared = self.declared.as_ref().map(DeclaredClients::list).unwrap_or_default();
        if declared.is_empty() {
            return Ok(kept);
        }
        let is_free = |client: &&Client| declared.binary_search_by(|other| other.name.cmp(&client.name)).is_err();
        let mut all: Vec<Client> = kept.iter().filter(is_free).chain(declared.iter()).cloned().collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all.into())
    }

    async fn kept(&self) -> Result<Arc<[Client]>, Error> {
        match &self.place {
            Place::File(file) => file.list(),
            Place::Store(store) => store.list().await,
        }
    }

    pub async fn get(&self, name: &ClientName) -> Result<Option<Client>, Error> {
        if let Some(client) = self.declared.as_ref().and_then(|declared| declared.get(name)) {
            return Ok(Some(client));
        }
        match &self.place {
            Place::File(file) => file.get(name),
            // In a box of its own, since the other place needs none of it.
            Place::Store(store) => Box::pin(store.get(name)).await,
        }
    }

    /// Those that are kept and do not count, because they are declared, too.
    pub async fn shadowed(&self) -> Result<Vec<ClientName>, Error> {
        let Some(declared) = &self.declared else { return Ok(Vec::new()) };
        let kept = self.kept().await?;
        Ok(kept.iter().map(|client| client.name.clone()).filter(|name| declared.get(name).is_some()).collect())
    }

    /// `Err` when the client is declared, and can be changed in its file alone.
    pub fn writable(&self, name: &ClientName) -> Result<(), Error> {
        match self.declared.as_ref().and_then(|declared| declared.get(name)?.declared_in) {
            Some(file) => Err(Error::Declared { client: name.clone(), file: file.to_path_buf() }),
            None => Ok(()),
        }
    }

    /// The first client with this client ID, which is how the Python helper's paths name a client.
    pub async fn with_client_id(&self, client_id: &str) -> Result<Option<Client>, Error> {
        Ok(self.list().await?.iter().find(|client| client.definition.client_id == client_id).cloned())
    }

    pub async fn create(&self, name: ClientName, definition: Definition) -> Result<Client, Error> {
        self.writable(&name)?;
        definition.validate()?;
        match &self.place {
            Place::File(file) => file.create(name, definition),
            Place::Store(store) => store.create(name, definition).await,
        }
    }

    /// Replaces a definition, and its name when `new_name` is another. With a `base`, only while that is still the
    /// current version. A secret that the definition does not hold is gone: see [`keep_secrets`].
    pub async fn update(
        &self,
        name: &ClientName,
        new_name: ClientName,
        definition: Definition,
        base: Option<&Version>,
    ) -> Result<Client, Error> {
        self.writable(name)?;
        self.writable(&new_name)?;
        definition.validate()?;
        match &self.place {
            Place::File(file) => file.update(name, new_name, definition, base),
            Place::Store(store) => store.update(name, new_name, definition, base).await,
        }
    }

    /// Removes a client and answers what it was.
    pub async fn delete(&self, name: &ClientName) -> Result<Client, Error> {
        self.writable(name)?;
        match &self.place {
            Place::File(file) => file.delete(name),
            Place::Store(store) => store.delete(name).await,
        }
    }

    /// Seals every secret with the newest key; how many clients have one. All of them must open, or nothing is written
    /// to the file.
    pub async fn rekey(&self) -> Result<usize, Error> {
        match &self.place {
            Place::File(file) => file.rekey(),
            Place::Store(store) => store.rekey().await,
        }
    }

    /// Gives a definition the secrets of the client that it does not name itself, and leaves those as they are kept that it
    /// names in another form: to import the same file again changes nothing.
    pub fn settle_secrets(&self, client: &Client, definition: &mut Definition) {
        if client.definition.client_id == definition.client_id {
            secrets::settle(&self.keyring, &client.definition, definition);
        }
    }

    /// The client's secret, wherever it is kept.
    pub fn secret(&self, client: &Client) -> Result<Option<Secret>, Error> {
        self.secret_at(client, CLIENT_SECRET)
    }

    /// The client's private key, PEM or JWK, wherever it is kept.
    pub fn private_key(&self, client: &Client) -> Result<Option<Secret>, Error> {
        self.secret_at(client, PRIVATE_KEY)
    }

    fn secret_at(&self, client: &Client, field: &'static str) -> Result<Option<Secret>, Error> {
        secrets::resolve(&self.keyring, &client.definition, field)
            .map_err(|why| Error::Secret { client: client.name.clone(), why })
    }

    /// What is wrong with the files right now. Meanwhile the last good definitions stay in force and nothing is written.
    pub fn problems(&self) -> Vec<Problem> {
        let kept = match &self.place {
            Place::File(file) => file.problem(),
            Place::Store(_) => None,
        };
        let declared = self.declared.as_ref().map(DeclaredClients::problems).unwrap_or_default();
        kept.into_iter().chain(declared).collect()
    }
}

impl Client {
    fn new(name: ClientName, definition: Definition) -> Self {
        Self { name, definition: Arc::new(definition), declared_in: None }
    }

    /// Made anew at each call: most who ask for a client do without.
    pub fn version(&self) -> Version {
        Version::of(&self.definition)
    }

    fn is_based_on(&self, base: Option<&Version>) -> Result<(), Error> {
        if base.is_none_or(|base| *base == self.version()) { Ok(()) } else { Err(Error::Changed(self.name.clone())) }
    }
}

impl Version {
    fn of(definition: &Definition) -> Self {
        // A plain secret is left out: a version is shown, and must not let anybody try guesses.
        let text = definition.to_json().or_else(|_| definition.without_secrets().to_json());
        let digest = Sha256::digest(text.unwrap_or_default().to_string());
        Self(digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Version {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests;
