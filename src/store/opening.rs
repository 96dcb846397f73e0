//! Opening a store: with which key, and where what it holds and what it cannot take is.

use super::{
    Backend, Embedded, Error, Eviction, Keyring, Kind, Record, Redis, Store, Warning, opened::Opened, spool::Spool,
};
use crate::metrics::Metrics;
use crate::oauth::secret::Secret;
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

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

/// A store on its way to being open.
#[derive(Debug)]
pub(super) struct Opening {
    location: Location,
    backend: OnceLock<Backend>,
    /// Of several who open it, one does.
    alone: tokio::sync::Mutex<()>,
    /// Why it is not open.
    problem: Mutex<Option<Error>>,
}

impl Store {
    /// Opens the store and makes sure that `config.keys` is the key it is sealed with. A fresh store is marked with it.
    pub async fn open(config: Config) -> Result<(Self, Vec<Warning>), Error> {
        let store = Self::later(config);
        let warnings = store.connect().await?;
        Ok((store, warnings))
    }

    /// A store that is opened by [`Store::connect`]; until then every verb fails, and says why.
    pub fn later(config: Config) -> Self {
        let (alone, problem) = (tokio::sync::Mutex::default(), Mutex::default());
        let opening = Opening { location: config.location, backend: OnceLock::new(), alone, problem };
        let spool = Spool::in_folder(config.spool, config.keys.clone());
        let opened = Opened::default();
        Self {
            opening: Arc::new(opening),
            keys: config.keys,
            spool,
            opened,
            metrics: Metrics::default(),
            signals: Arc::default(),
        }
    }

    pub fn is_open(&self) -> bool {
        self.backend().is_ok()
    }

    /// Opens it, unless it is open. What was kept aside is brought to it.
    pub async fn connect(&self) -> Result<Vec<Warning>, Error> {
        let _alone = self.opening.alone.lock().await;
        if self.opening.backend.get().is_some() {
            return Ok(Vec::new());
        }
        let (backend, warnings) = match self.checked().await {
            Ok(checked) => checked,
            Err(error) => {
                *self.opening.problem() = Some(error.clone());
                return Err(error);
            }
        };
        let _ = self.opening.backend.set(backend);
        self.bring_signals();
        if let Err(error) = self.replay().await {
            tracing::warn!(%error, "what was kept aside for the store stays there");
        }
        Ok(warnings)
    }

    /// The backend, once it is known to be sealed with our key: nothing is written before.
    async fn checked(&self) -> Result<(Backend, Vec<Warning>), Error> {
        let (backend, warnings) = match &self.opening.location {
            Location::Embedded(folder) => (Backend::Embedded(Embedded::open(folder)?), Vec::new()),
            Location::Redis { url, prefix, ca_file, eviction } => {
                let (redis, warnings) = Redis::open(url, prefix.clone(), ca_file.as_deref(), *eviction).await?;
                (Backend::Redis(redis), warnings)
            }
        };
        let candidate = Self { opening: Arc::new(self.opening.with(backend.clone())), ..self.clone() };
        candidate.check_key().await?;
        Ok((backend, warnings))
    }

    pub(super) fn backend(&self) -> Result<&Backend, Error> {
        self.opening.backend.get().ok_or_else(|| self.opening.problem().clone().unwrap_or_else(not_yet))
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

impl Opening {
    fn with(&self, backend: Backend) -> Self {
        let (alone, problem) = (tokio::sync::Mutex::default(), Mutex::default());
        Self { location: self.location.clone(), backend: OnceLock::from(backend), alone, problem }
    }

    pub(super) fn location(&self) -> &Location {
        &self.location
    }

    fn problem(&self) -> MutexGuard<'_, Option<Error>> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_yet() -> Error {
    let remedy = "Try again in a moment";
    Error::Unavailable { place: "the store".to_owned(), why: "it is being opened".to_owned(), remedy }
}

const CANARY: &str = "key";

#[derive(serde::Serialize, serde::Deserialize)]
struct Canary {
    sealed: bool,
}

impl Record for Canary {
    const KIND: Kind = Kind::Canary;
}
