//! The store: typed records over a few verbs, sealed before any backend sees them.
//!
//! Invariants: nothing reaches a backend unsealed; a record that cannot be opened is an error, never an absent one, and
//! is never overwritten by a create; every write says which version it replaces.

pub mod embedded;
pub mod error;
pub mod kind;
pub mod lease;
mod opened;
mod opening;
mod place;
mod published;
pub mod redis;
mod renaming;
pub mod seal;
mod sealing;
pub mod signals;
mod spool;

pub use self::{
    embedded::Embedded,
    error::{Error, Warning},
    kind::Kind,
    lease::{Held, Lease},
    opening::{Config, Location},
    redis::{Address, Eviction, Redis},
    renaming::Renamed,
    seal::Keyring,
    signals::{Heard, Listener, Waiter},
    spool::Saved,
};

use self::{
    opened::{Mark, Opened},
    opening::Opening,
    place::{Place, Sealed},
    signals::{Inbox, Signals, Source},
    spool::Spool,
};
use crate::metrics::Metrics;
use crate::oauth::timestamp::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// What can be stored: JSON that is sealed as a whole.
pub trait Record: Serialize + DeserializeOwned {
    const KIND: Kind;
}

/// A record with its version: 1 when created, one more with each write. A record that was deleted and created again
/// starts at 1 again, so whoever writes what can be recreated holds its lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned<T> {
    pub value: T,
    pub version: u64,
}

/// How a conditional write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is durable, as this version.
    Stored(u64),
    /// The record is not at the expected version; nothing was written.
    Conflict,
}

/// Cheap to clone: clones share their connections.
#[derive(Clone, Debug)]
pub struct Store {
    opening: Arc<Opening>,
    keys: Keyring,
    spool: Spool,
    opened: Opened,
    metrics: Metrics,
    signals: Arc<Signals>,
}

#[derive(Clone, Debug)]
enum Backend {
    Embedded(Embedded),
    Redis(Redis),
}

/// Calls the same verb of whichever backend it is, and measures it.
macro_rules! backend {
    ($store:expr, $verb:ident($($argument:expr),*)) => {{
        let began = std::time::Instant::now();
        let result = match $store.backend() {
            Ok(Backend::Embedded(embedded)) => embedded.$verb($($argument),*).await,
            Ok(Backend::Redis(redis)) => redis.$verb($($argument),*).await,
            Err(error) => Err(error),
        };
        $store.measure(stringify!($verb), result.is_ok(), began);
        result
    }};
}
use backend;

impl Backend {
    /// The state that it is in; `None`: that cannot be told cheaply.
    fn mark(&self, now: Instant) -> Option<Mark> {
        match self {
            Self::Embedded(embedded) => embedded.mark(now),
            Self::Redis(_) => None,
        }
    }

    fn bring_signals(&self, inbox: Arc<Inbox>) -> Source {
        match self {
            Self::Embedded(embedded) => embedded.bring_signals(inbox),
            Self::Redis(redis) => redis.bring_signals(inbox),
        }
    }
}

impl Store {
    /// The same, with its calls counted and timed.
    #[must_use]
    pub fn measured_by(self, metrics: Metrics) -> Self {
        Self { metrics, ..self }
    }

    fn measure(&self, verb: &str, succeeded: bool, began: Instant) {
        self.metrics.store(verb, succeeded, began.elapsed());
    }

    /// The keys that seal this store, for what is sealed outside of it.
    pub fn keys(&self) -> &Keyring {
        &self.keys
    }

    pub async fn get<T: Record>(&self, id: &str) -> Result<Option<Versioned<T>>, Error> {
        let place = Place::of(T::KIND, id);
        self.find(&place).await?.map(|sealed| self.unseal(&place, &sealed)).transpose()
    }

    /// The same for what is read often and changes seldom: opened once, then shared, and looked for again only when the
    /// store has changed.
    pub async fn read<T: Record + Send + Sync + 'static>(&self, id: &str) -> Result<Option<Versioned<Arc<T>>>, Error> {
        const { assert!(T::KIND.is_kept(), "a passing record ends without a change of the store") };
        let (place, now) = (Place::of(T::KIND, id), Instant::now());
        let waits = !self.spool.was_empty(now);
        let mark = self.backend().ok().filter(|_| !waits).and_then(|backend| backend.mark(now));
        if let Some(known) = mark.and_then(|mark| self.opened.at(mark, &place)) {
            return Ok(Some(known));
        }
        // In a box of its own: most calls have no need of it.
        let found =
            Box::pin(async { if waits { self.find(&place).await } else { backend!(self, get(&place)) } }).await?;
        match found {
            Some(sealed) => self.opened.of(&place, sealed, mark, |sealed| self.unseal(&place, sealed)).map(Some),
            None => {
                self.opened.forget(&place);
                Ok(None)
            }
        }
    }

    /// Writes a kept record if it is at version `expected`; 0 means that it must be absent.
    pub async fn put_if_version<T: Record>(&self, id: &str, value: &T, expected: u64) -> Result<Put, Error> {
        const { assert!(T::KIND.is_kept(), "a passing record has an expiry: put_until") };
        self.put(id, value, expected, None).await
    }

    /// The same for a passing record, which is gone at `expires`.
    pub async fn put_until<T: Record>(
        &self,
        id: &str,
        value: &T,
        expected: u64,
        expires: Timestamp,
    ) -> Result<Put, Error> {
        const { assert!(!T::KIND.is_kept(), "a kept record has no expiry: put_if_version") };
        self.put(id, value, expected, Some(expires)).await
    }

    /// Gets and deletes: of any number of parallel takes, one gets the record. One that cannot be opened stays.
    pub async fn take<T: Record>(&self, id: &str) -> Result<Option<T>, Error> {
        let place = Place::of(T::KIND, id);
        let Some(sealed) = backend!(self, get(&place))? else { return Ok(None) };
        let record: Versioned<T> = self.unseal(&place, &sealed)?;
        let mine = backend!(self, remove(&place, sealed))?;
        Ok(mine.then_some(record.value))
    }

    /// Every record of a kept kind, ordered by id.
    pub async fn list<T: Record>(&self) -> Result<Vec<(String, Versioned<T>)>, Error> {
        const { assert!(T::KIND.is_kept(), "passing records are not listed") };
        let open = |(id, sealed): (String, Sealed)| {
            let record = self.unseal(&Place::of(T::KIND, &id), &sealed)?;
            Ok((id, record))
        };
        self.find_all(T::KIND).await?.into_iter().map(open).collect()
    }

    /// The same without those that cannot be opened, which are named in the log: for whoever has work to do for the rest.
    pub async fn list_readable<T: Record>(&self) -> Result<Vec<(String, Versioned<T>)>, Error> {
        const { assert!(T::KIND.is_kept(), "passing records are not listed") };
        let open = |(id, sealed): (String, Sealed)| match self.unseal(&Place::of(T::KIND, &id), &sealed) {
            Ok(record) => Some((id, record)),
            Err(error) => {
                tracing::warn!(%error, "a record is left out");
                None
            }
        };
        Ok(self.find_all(T::KIND).await?.into_iter().filter_map(open).collect())
    }

    /// Deletes whatever is there, readable or not. Whether there was something.
    pub async fn delete(&self, kind: Kind, id: &str) -> Result<bool, Error> {
        let place = Place::of(kind, id);
        let there = backend!(self, delete(&place))?;
        self.spool.forget(&place)?;
        Ok(there)
    }

    /// Takes the lease `name` for `ttl` (at most [`lease::LONGEST`]); `None` while another holds it, in any process.
    pub async fn lease(&self, name: &str, ttl: Duration) -> Result<Option<Lease>, Error> {
        Lease::take(self.clone(), name, ttl).await
    }

    /// To be called at the end of a process, which needs no tidying up: the system does that.
    pub fn leave(&self) {
        if let Ok(Backend::Embedded(embedded)) = self.backend() {
            embedded.leave();
        }
    }

    /// Whether the backend answers.
    pub async fn ping(&self) -> Result<(), Error> {
        backend!(self, ping())
    }

    async fn put<T: Record>(
        &self,
        id: &str,
        value: &T,
        expected: u64,
        expires: Option<Timestamp>,
    ) -> Result<Put, Error> {
        let place = Place::of(T::KIND, id);
        let sealed = self.sealed(&place, value, expected + 1)?;
        let version = sealed.version;
        let stored = self.write(&place, expected, sealed, expires).await?;
        Ok(if stored { Put::Stored(version) } else { Put::Conflict })
    }

    /// A record that waits for the store goes there first, so that the new one is laid over it and not beside it.
    async fn write(
        &self,
        place: &Place<'_>,
        expected: u64,
        new: Sealed,
        expires: Option<Timestamp>,
    ) -> Result<bool, Error> {
        self.settle(place).await?;
        backend!(self, put(place, expected, new, expires))
    }

    /// What the store holds, or the newer one that waits for it. That one is looked for first: it may move meanwhile.
    async fn find(&self, place: &Place<'_>) -> Result<Option<Sealed>, Error> {
        let waiting = self.spool.find(place)?;
        let found = backend!(self, get(place));
        match (waiting, found) {
            (Some(waiting), Ok(found)) => Ok(waiting.or_newer(found)),
            (Some(waiting), Err(_)) => Ok(Some(waiting.sealed)),
            (None, found) => found,
        }
    }

    async fn find_all(&self, kind: Kind) -> Result<BTreeMap<String, Sealed>, Error> {
        let waiting = self.spool.of_kind(kind)?;
        let mut found: BTreeMap<_, _> = backend!(self, list(kind))?.into_iter().collect();
        for entry in waiting {
            let id = entry.id.clone();
            if let Some(sealed) = entry.or_newer(found.remove(&id)) {
                found.insert(id, sealed);
            }
        }
        Ok(found)
    }
}

/// Milliseconds since 1970, for the backends: leases and Redis expiries are finer than a [`Timestamp`].
fn unix_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
