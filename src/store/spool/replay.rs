//! Writing what must not be lost, and bringing to the store what it could not take.

use super::{Entry, Kept, Saved};
use crate::store::{
    Backend, Error, Held, Lease, Place, Record, Sealed, Store, backend,
    lease::Resumed,
    place::{Witness, Written},
};
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
enum Alone {
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
        let entry = Entry { kind: T::KIND, id: id.to_owned(), expected, sealed, lease: lease.holding() };
        match self.write_safely(&entry, lease).await {
            Ok(Written::Safely) => return Ok(Saved::Stored(version)),
            Ok(Written::No) => return Ok(Saved::Conflict),
            Ok(Written::Unconfirmed) => {
                tracing::warn!(kind = %place.kind, id, "no other server has this record yet; it is kept aside as well");
            }
            Err(error) => {
                tracing::warn!(kind = %place.kind, id, %error, "the store could not take this record; it is kept aside");
            }
        }
        let spool = self.spool.clone();
        match blocking(move || spool.put(entry)).await? {
            Kept::OnDisk | Kept::InMemory => Ok(Saved::Spooled(version)),
            Kept::Newer => Ok(Saved::Conflict),
        }
    }

    async fn write_safely(&self, entry: &Entry, lease: &Lease) -> Result<Written, Error> {
        let place = entry.place();
        self.settle(&place).await?;
        let written = self.put_entry(entry, entry.expected).await?;
        if written != Written::No || lease.renew().await? == Held::Lost {
            return Ok(written);
        }
        // Nobody else wrote, and yet it is not at that version: the store lost its last writes, in a failover.
        match entry.against(backend!(self, get(&place))?.as_ref(), Since::Alone) {
            Standing::Newer(version) => self.put_entry(entry, version).await,
            Standing::Older => Ok(Written::No),
        }
    }

    async fn put_entry(&self, entry: &Entry, expected: u64) -> Result<Written, Error> {
        backend!(self, put_safely(&entry.place(), expected, entry.sealed.clone(), Witness::ReplicaAndDisk))
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

    /// How many records wait for the store.
    pub fn spooled(&self) -> Result<usize, Error> {
        Ok(self.spool.entries()?.len())
    }

    /// Brings everything that waits to the store; how many still have to wait, because someone else writes to them or no
    /// replica confirms them. One that cannot be opened keeps no other from its place.
    pub async fn replay(&self) -> Result<usize, Error> {
        let (mut waiting, mut damaged) = (0, None);
        for entry in self.spool.each()? {
            match entry {
                Ok(entry) => waiting += usize::from(!self.bring(&entry, Alone::TakeLease).await?),
                Err(error) => damaged = Some(error),
            }
        }
        damaged.map_or(Ok(waiting), Err)
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

    /// Whether the entry is done with. It never takes the place of what is newer or was deleted. Until it is done with,
    /// its lease keeps others from spending what the store still has.
    async fn bring(&self, entry: &Entry, alone: Alone) -> Result<bool, Error> {
        if alone == Alone::CallerHoldsLease {
            return self.bring_alone(entry, Since::Now).await;
        }
        let (lease, since) = match Lease::resume(self.clone(), &entry.lease, LEASE).await? {
            Resumed::Still(lease) => (lease, Since::Alone),
            Resumed::Again(lease) => (lease, Since::Now),
            Resumed::Others => return Ok(false),
        };
        let done = self.bring_alone(entry, since).await?;
        if done {
            let _ = lease.release().await;
        }
        Ok(done)
    }

    async fn bring_alone(&self, entry: &Entry, since: Since) -> Result<bool, Error> {
        let found = backend!(self, get(&entry.place()))?;
        let (kind, id) = (entry.kind, &entry.id);
        let (spool, entry) = (self.spool.clone(), entry.clone());
        let Standing::Newer(version) = entry.against(found.as_ref(), since) else {
            let path = blocking(move || spool.set_aside(&entry)).await?;
            let path = path.display();
            tracing::warn!(%kind, id, %path, "the store has something newer than what was kept aside for it");
            return Ok(true);
        };
        if self.put_entry(&entry, version).await? != Written::Safely {
            return Ok(false);
        }
        tracing::info!(%kind, id, "brought to the store what was kept aside");
        blocking(move || spool.remove(&entry)).await?;
        Ok(true)
    }
}

/// How long nobody else can have written to a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Since {
    /// From before the entry was made: its lease was never lost.
    Alone,
    Now,
}

/// How an entry stands against what the store holds.
enum Standing {
    /// It replaces this version, or is there already, and nobody knows whether for good.
    Newer(u64),
    /// The store has a newer one, or the record was deleted.
    Older,
}

impl Entry {
    fn against(&self, found: Option<&Sealed>, since: Since) -> Standing {
        let held = found.map_or(0, |found| found.version);
        // A failover may bring an older version back. So may a deletion and a new authorization, but not under a lease.
        let lost = since == Since::Alone && found.is_some() && held < self.sealed.version;
        if held == self.expected || lost || found == Some(&self.sealed) {
            Standing::Newer(held)
        } else {
            Standing::Older
        }
    }

    /// What counts for a reader, of this and what the store holds.
    pub(in crate::store) fn or_newer(self, found: Option<Sealed>) -> Option<Sealed> {
        match self.against(found.as_ref(), Since::Alone) {
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
