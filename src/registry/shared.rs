//! Definitions in the store instead of a file, for several instances that share it. Each is sealed as a whole, its
//! secret once more for its client ID, so that the two places hold the same JSON.

use super::{Client, Error, Version, secrets};
use crate::oauth::definition::Definition;
use crate::oauth::name::ClientName;
use crate::store::{Kind, Put, Record, Renamed, Store};
use std::sync::Arc;

impl Record for Definition {
    const KIND: Kind = Kind::Definition;
}

#[derive(Debug)]
pub struct SharedDefinitions(Store);

impl SharedDefinitions {
    pub fn new(store: Store) -> Self {
        Self(store)
    }

    pub async fn list(&self) -> Result<Arc<[Client]>, Error> {
        let records = self.0.list::<Definition>().await?;
        let clients = records.into_iter().filter_map(|(id, found)| Some(Client::new(id.parse().ok()?, found.value)));
        Ok(clients.collect())
    }

    pub async fn get(&self, name: &ClientName) -> Result<Option<Client>, Error> {
        let found = self.0.get::<Definition>(name.as_str()).await?;
        Ok(found.map(|found| Client::new(name.clone(), found.value)))
    }

    pub async fn create(&self, name: ClientName, definition: Definition) -> Result<Client, Error> {
        let client = self.sealed(name, definition)?;
        self.put(&client, 0, Error::Exists(client.name.clone())).await?;
        Ok(client)
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
        secrets::release(self.0.keys(), &current.definition, &mut definition)
            .map_err(|why| Error::Secret { client: name.clone(), why })?;
        let client = self.sealed(new_name, definition)?;
        // Moved with its version, so that a change made meanwhile under either name is noticed.
        if client.name != *name {
            self.rename(name, &client.name).await?;
        }
        self.put(&client, version, Error::Changed(name.clone())).await?;
        Ok(client)
    }

    pub async fn delete(&self, name: &ClientName) -> Result<Client, Error> {
        let found = self.0.take::<Definition>(name.as_str()).await?;
        Ok(Client::new(name.clone(), found.ok_or_else(|| Error::Unknown(name.clone()))?))
    }

    pub async fn rekey(&self) -> Result<usize, Error> {
        let mut count = 0;
        for client in self.list().await?.iter() {
            let (Client { name, definition, .. }, version) = self.current(&client.name).await?;
            let mut definition = Arc::unwrap_or_clone(definition);
            let opened = secrets::open_all(self.0.keys(), &mut definition);
            if opened.map_err(|why| Error::Secret { client: name.clone(), why })? > 0 {
                let client = self.sealed(name, definition)?;
                self.put(&client, version, Error::Changed(client.name.clone())).await?;
                count += 1;
            }
        }
        Ok(count)
    }

    async fn current(&self, name: &ClientName) -> Result<(Client, u64), Error> {
        let found = self.0.get::<Definition>(name.as_str()).await?.ok_or_else(|| Error::Unknown(name.clone()))?;
        Ok((Client::new(name.clone(), found.value), found.version))
    }

    async fn rename(&self, name: &ClientName, new_name: &ClientName) -> Result<(), Error> {
        match self.0.rename::<Definition>(name.as_str(), new_name.as_str()).await? {
            Renamed::Done => Ok(()),
            Renamed::Missing => Err(Error::Unknown(name.clone())),
            Renamed::Taken => Err(Error::Exists(new_name.clone())),
            Renamed::Changed => Err(Error::Changed(name.clone())),
        }
    }

    fn sealed(&self, name: ClientName, mut definition: Definition) -> Result<Client, Error> {
        match secrets::seal(self.0.keys(), &mut definition) {
            Ok(_) => Ok(Client::new(name, definition)),
            Err(why) => Err(Error::Secret { client: name, why }),
        }
    }

    async fn put(&self, client: &Client, version: u64, conflict: Error) -> Result<(), Error> {
        match self.0.put_if_version(client.name.as_str(), &*client.definition, version).await? {
            Put::Stored(_) => Ok(()),
            Put::Conflict => Err(conflict),
        }
    }
}
