//! Writing what must not be lost, and bringing to the store what it could not take.

use super::{Entry, Kept, Saved};
use crate::store::{Backend, Error, Lease, Place, Record, Sealed, Store, backend, place::Written};
use std::{convert::Infallible, time::Duration};
use tokio::time::{sleep, timeout};

/// While something waits, between two attempts: doubled each time, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How often it is looked for what another process left.
const LOOK: Duration = Duration::from_secs(5);

/// For bringing one record to the store.
const LEASE: Duration = Duration::from_secs(10);

/// Who sees to it that nobody else writes to the record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Alone {
    CallerHoldsLease,
    TakeLease,
}

impl Store {
    /// Writes a kept record that must not be lost, such as a token that a server just gave, if it is at version `expected`.
    /// When the store cannot take it, for whatever reason, it is kept aside (see [`Saved::Spooled`]). An error means that
    /// it could not even be sealed.
    pub async fn put_or_spool<T: Record>(
        &self,
        lease: &Lease,
        id: &str,
        value: &T,
        expected: u64,
    ) -> Result<Saved, Error> {
        const { assert!(T::KIND.is_kept(), "what passes is not worth a spool") };
        let place = Place::of(T::KIND, id);
        let sealed = self.sealed(&place, value, expected + 1)?;
        let version = sealed.version;
        match self.write_safely(&place, expected, sealed.clone()).await {
            Ok(Written::Safely) => return Ok(Saved::Stored(version)),
            Ok(Written::No) => return Ok(Saved::Conflict),
            Ok(Written::Unconfirmed) => {
                tracing::warn!(kind = %place.kind, id, "no other server has this record yet; it is kept aside as well");
            }
            Err(error) => {
                tracing::warn!(kind = %place.kind, id, %error, "the store could not take this record; it is kept aside");
            }
        }
        let entry = Entry { kind: T::KIND, id: id.to_owned(), expected, sealed, lease: lease.holding() };
        let spool = self.spool.clone();
        match blocking(move || spool.put(entry)).await? {
            Kept::OnDisk | Kept::InMemory => Ok(Saved::Spooled(version)),
            Kept::Newer => Ok(Saved::Conflict),
        }
    }

    async fn write_safely(&self, place: &Place<'_>, expected: u64, new: Sealed) -> Result<Written, Error> {
        self.settle(place).await?;
        backend!(self, put_safely(place, expected, new))
    }

    /// Whether what a server is about to give could be kept: to be asked before a refresh token is spent. An error says
    /// what to do.
    pub async fn has_room(&self) -> Result<(), Error> {
        let spool = self.spool.clone();
        match blocking(move || spool.ensure_room()).await {
            Err(error) if matches!(self.backend(), Ok(Backend::Redis(_))) => {
                tracing::debug!(%error, "no room for what Redis might not take");
                Ok(())
            }
            room => room,
        }
    }

    /// How many records wait for the store, as far as they can be read.
    pub fn spooled(&self) -> Result<usize, Error> {
        Ok(self.spool.entries()?.len())
    }

    /// Brings everything that waits to the store; how many still have to wait, because someone else writes to them.
    pub async fn replay(&self) -> Result<usize, Error> {
        let mut waiting = 0;
        for entry in self.spool.entries()? {
            waiting += usize::from(!self.bring(&entry, Alone::TakeLease).await?);
        }
        Ok(waiting)
    }

    /// Nothing may stay behind that only an old key opens.
    pub(in crate::store) async fn replay_all(&self) -> Result<(), Error> {
        match self.replay().await? {
            0 => Ok(()),
            _ => Err(interrupted("a record that is kept aside is being renewed")),
        }
    }

    /// The same for as long as the program runs: at once, when the store answers again, and when another process left
    /// something.
    pub async fn keep_replaying(&self) -> Infallible {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.replay().await {
                Ok(0) => {
                    pause = FIRST_PAUSE;
                    let _ = timeout(LOOK, self.spool.filled()).await;
                }
                result => {
                    tracing::debug!(?result, "records wait for the store");
                    sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    /// Brings what waits for one place, for whoever is about to write there.
    pub(in crate::store) async fn settle(&self, place: &Place<'_>) -> Result<(), Error> {
        if let Some(entry) = self.spool.find(place)? {
            self.bring(&entry, Alone::CallerHoldsLease).await?;
        }
        Ok(())
    }

    /// Whether the entry is done with. It never takes the place of what is newer or was deleted.
    async fn bring(&self, entry: &Entry, alone: Alone) -> Result<bool, Error> {
        let lease = match alone {
            Alone::CallerHoldsLease => None,
            Alone::TakeLease => match Lease::resume(self.clone(), &entry.lease, LEASE).await? {
                Some(lease) => Some(lease),
                None => return Ok(false),
            },
        };
        let done = self.bring_alone(entry).await;
        if let Some(lease) = lease {
            let _ = lease.release().await;
        }
        done
    }

    async fn bring_alone(&self, entry: &Entry) -> Result<bool, Error> {
        let place = entry.place();
        let found = backend!(self, get(&place))?;
        let (kind, id) = (entry.kind, &entry.id);
        let (spool, entry) = (self.spool.clone(), entry.clone());
        let Standing::Newer(version) = entry.against(found.as_ref()) else {
            let path = blocking(move || spool.set_aside(&entry)).await?;
            tracing::warn!(%kind, id, path = %path.display(), "the store has something newer than what was kept aside for it");
            return Ok(true);
        };
        if backend!(self, put_safely(&place, version, entry.sealed.clone()))? != Written::Safely {
            return Ok(false);
        }
        tracing::info!(%kind, id, "brought to the store what was kept aside");
        blocking(move || spool.remove(&entry)).await?;
        Ok(true)
    }
}

/// How an entry stands against what the store holds.
enum Standing {
    /// It replaces this version. That can be an older one than it was made for, as a failover may lose the last writes; or
    /// it is there already, and nobody knows whether for good.
    Newer(u64),
    /// The store has a newer one, or the record was deleted.
    Older,
}

impl Entry {
    fn against(&self, found: Option<&Sealed>) -> Standing {
        match found {
            Some(found) if found.version < self.sealed.version || *found == self.sealed => {
                Standing::Newer(found.version)
            }
            None if self.expected == 0 => Standing::Newer(0),
            Some(_) | None => Standing::Older,
        }
    }

    /// What counts for a reader, of this and what the store holds.
    pub(in crate::store) fn or_newer(self, found: Option<Sealed>) -> Option<Sealed> {
        match self.against(found.as_ref()) {
            Standing::Newer(_) => Some(self.sealed),
            Standing::Older => found,
        }
    }
}

/// The work goes on even where its caller has gone away.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(interrupted("the write was interrupted")))
}

fn interrupted(why: &str) -> Error {
    Error::Unavailable { place: "the spool".to_owned(), why: why.to_owned(), remedy: "Try again" }
}
