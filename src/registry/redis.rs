//! Definitions in the store, one record each. Their secrets are sealed in themselves too, so that a definition is the
//! same JSON wherever it is kept.

use super::{Client, Error, SecretProblem, Version, secrets};
use crate::oauth::definition::Definition;
use crate::oauth::name::ClientName;
use crate::store::{self, Kind, Put, Record, Renamed, Store, Versioned};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug)]
pub struct StoredDefinitions {
    store: Store,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct Stored(Value);

impl Record for Stored {
    const KIND: Kind = Kind::Definition;
}

impl StoredDefinitions {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    pub async fn list(&self) -> Result<Vec<Client>, Error> {
        let mut clients = Vec::new();
        for (id, Versioned { value, .. }) in self.store.list::<Stored>().await? {
            let name = id.parse().map_err(|error| unreadable(&id, &error))?;
            clients.push(value.client(name)?);
        }
        clients.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(clients)
    }

    pub async fn get(&self, name: &ClientName) -> Result<Option<Client>, Error> {
        let found = self.store.get::<Stored>(name.as_str()).await?;
        found.map(|found| found.value.client(name.clone())).transpose()
    }

    pub async fn create(&self, name: ClientName, definition: Definition) -> Result<Client, Error> {
        match self.put(&name, definition, 0).await? {
            Some(client) => Ok(client),
            None => Err(Error::Exists(name)),
        }
    }

    pub async fn update(
        &self,
        name: &ClientName,
        new_name: ClientName,
        mut definition: Definition,
        base: Option<&Version>,
    ) -> Result<Client, Error> {
        let (current, version) = self.current(name).await?;
        current.is_based_on(base)?;
        secrets::release(self.store.keys(), &current.definition, &mut definition)
            .map_err(|why| Error::Secret { client: name.clone(), why })?;
        if *name != new_name {
            self.rename(name, &new_name).await?;
        }
        self.put(&new_name, definition, version).await?.ok_or(Error::Changed(new_name))
    }

    pub async fn delete(&self, name: &ClientName) -> Result<Client, Error> {
        let (client, _) = self.current(name).await?;
        self.store.delete(Kind::Definition, name.as_str()).await?;
        Ok(client)
    }

    pub async fn rekey(&self) -> Result<usize, Error> {
        let mut count = 0;
        for client in self.list().await? {
            let (Client { name, mut definition, .. }, version) = self.current(&client.name).await?;
            let opened = secrets::open_all(self.store.keys(), &mut definition);
            if opened.map_err(|why| Error::Secret { client: name.clone(), why })? > 0 {
                // Whoever was faster sealed with the newest key.
                self.put(&name, definition, version).await?;
                count += 1;
            }
        }
        Ok(count)
    }

    async fn current(&self, name: &ClientName) -> Result<(Client, u64), Error> {
        let found = self.store.get::<Stored>(name.as_str()).await?;
        let Versioned { value, version } = found.ok_or_else(|| Error::Unknown(name.clone()))?;
        Ok((value.client(name.clone())?, version))
    }

    async fn rename(&self, name: &ClientName, new_name: &ClientName) -> Result<(), Error> {
        match self.store.rename::<Stored>(name.as_str(), new_name.as_str()).await? {
            Renamed::Done => Ok(()),
            Renamed::Missing => Err(Error::Unknown(name.clone())),
            Renamed::Taken => Err(Error::Exists(new_name.clone())),
            Renamed::Changed => Err(Error::Changed(name.clone())),
        }
    }

    /// None when the record is not at the expected version.
    async fn put(&self, name: &ClientName, mut definition: Definition, expected: u64) -> Result<Option<Client>, Error> {
        let wrong = |why| Error::Secret { client: name.clone(), why };
        secrets::seal(self.store.keys(), &mut definition).map_err(|error| wrong(SecretProblem::Seal(error)))?;
        let json = definition.to_json().map_err(|_| wrong(SecretProblem::NotSealed))?;
        let put = self.store.put_if_version(name.as_str(), &Stored(json), expected).await?;
        Ok(matches!(put, Put::Stored(_)).then(|| Client::new(name.clone(), definition)))
    }
}

impl Stored {
    fn client(self, name: ClientName) -> Result<Client, Error> {
        let definition = Definition::from_json(self.0).map_err(|invalid| unreadable(name.as_str(), &invalid))?;
        Ok(Client::new(name, definition))
    }
}

fn unreadable(id: &str, why: &impl ToString) -> Error {
    Error::Store(store::Error::Unreadable { kind: Kind::Definition, id: id.to_owned(), why: why.to_string() })
}
