//! Opening a store: with which key, and where what it holds and what it cannot take is.

use super::{Backend, Embedded, Error, Eviction, Keyring, Kind, Record, Redis, Store, Warning, spool::Spool};
use crate::oauth::secret::Secret;
use std::path::PathBuf;

#[derive(Clone, Debug)]
pub struct Config {
    pub location: Location,
    pub keys: Keyring,
    /// The folder for what the store cannot take. It is made when it is needed.
    pub spool: PathBuf,
}

#[derive(Clone, Debug)]
pub enum Location {
    /// A file in this folder.
    Embedded(PathBuf),
    /// `ca_file`: trust these certificates (PEM) instead of the system's.
    Redis { url: Secret, prefix: String, ca_file: Option<PathBuf>, eviction: Eviction },
}

impl Store {
    /// Opens the store and makes sure that `config.keys` is the key it is sealed with. A fresh store is marked with it.
    pub async fn open(config: Config) -> Result<(Self, Vec<Warning>), Error> {
        let (backend, warnings) = match config.location {
            Location::Embedded(folder) => (Backend::Embedded(Embedded::open(&folder)?), Vec::new()),
            Location::Redis { url, prefix, ca_file, eviction } => {
                let (redis, warnings) = Redis::open(&url, prefix, ca_file.as_deref(), eviction).await?;
                (Backend::Redis(redis), warnings)
            }
        };
        let spool = Spool::in_folder(config.spool, config.keys.clone());
        let store = Self { backend, keys: config.keys, spool, metrics: None };
        store.check_key().await?;
        if let Err(error) = store.replay().await {
            tracing::warn!(%error, "what was kept aside for the store stays there");
        }
        Ok((store, warnings))
    }

    /// The canary opens, or is written where there is none. Of two processes that find none, one writes it and the
    /// other reads what the first wrote.
    async fn check_key(&self) -> Result<(), Error> {
        while self.get::<Canary>(CANARY).await?.is_none() {
            self.put_if_version(CANARY, &Canary { sealed: true }, 0).await?;
        }
        Ok(())
    }
}

const CANARY: &str = "key";

#[derive(serde::Serialize, serde::Deserialize)]
struct Canary {
    sealed: bool,
}

impl Record for Canary {
    const KIND: Kind = Kind::Canary;
}
