//! Exclusive leases across processes and instances.

use super::{Backend, Error, Store, backend};
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    time::{Duration, Instant},
};

/// No lease is given for longer. One that claims to last longer was given before the clock was set back, and is free.
pub const LONGEST: Duration = Duration::from_secs(5 * 60);

/// The right to be the only one at something, until it runs out. Dropping it does not give it back (that takes I/O):
/// [`Lease::release`] does, or the end of its time.
#[must_use = "an unused lease keeps others out until it runs out"]
pub struct Lease {
    store: Store,
    holding: Holding,
    ttl: Duration,
    fence: u64,
}

/// A lease that somebody had.
pub(super) enum Resumed {
    /// Nobody else has had it since.
    Still(Lease),
    Again(Lease),
    /// Another has it.
    Others,
}

/// Who holds which lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Holding {
    name: String,
    holder: String,
}

/// Whether a lease is still one's own.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    Mine,
    /// It ran out and another took it, or it was released.
    Lost,
}

/// What wakes those who wait for a lease.
pub(super) fn call(name: &str) -> String {
    format!("lease:{name}")
}

impl Store {
    /// Waits until the lease `name` can be had, because its holder gave it back or its time ran out; at most so long.
    /// Another may be faster, so take it, and wait again.
    pub async fn lease_freed(&self, name: &str, at_most: Duration) -> Result<(), Error> {
        let since = Instant::now();
        let mut waiter = self.waiter(&call(name)).await;
        while let Some(left) = backend!(self, lease_left(name))? {
            let patience = at_most.saturating_sub(since.elapsed());
            if patience.is_zero() {
                break;
            }
            waiter.woken(left.min(patience)).await;
        }
        Ok(())
    }
}

impl Lease {
    pub(super) async fn take(store: Store, name: &str, ttl: Duration) -> Result<Option<Self>, Error> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|_| Error::NoRandomness)?;
        let holder = random.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        Self::take_as(store, Holding { name: name.to_owned(), holder }, ttl).await
    }

    async fn take_as(store: Store, holding: Holding, ttl: Duration) -> Result<Option<Self>, Error> {
        let ttl = ttl.min(LONGEST);
        let fence = backend!(store, lease_take(&holding.name, &holding.holder, ttl))?;
        Ok(fence.map(|fence| Self { store, holding, ttl, fence }))
    }

    /// For whoever continues the work of its holder, in any process.
    pub(super) async fn resume(store: Store, holding: &Holding, ttl: Duration) -> Result<Resumed, Error> {
        if backend!(store, lease_extend(&holding.name, &holding.holder, ttl))? {
            return Ok(Resumed::Still(Self { store, holding: holding.clone(), ttl, fence: 0 }));
        }
        let taken = Self::take_as(store, holding.clone(), ttl).await?;
        Ok(taken.map_or(Resumed::Others, Resumed::Again))
    }

    pub(super) fn holding(&self) -> Holding {
        self.holding.clone()
    }

    /// Grows with every holder of this name: what carries a smaller one comes from a holder that lost the lease.
    pub fn fence(&self) -> u64 {
        self.fence
    }

    /// Starts the lease's time again. Renew at a third of it.
    pub async fn renew(&self) -> Result<Held, Error> {
        let mine = backend!(self.store, lease_extend(&self.holding.name, &self.holding.holder, self.ttl))?;
        Ok(if mine { Held::Mine } else { Held::Lost })
    }

    /// Gives the lease back, so that the next need not wait.
    pub async fn release(self) -> Result<Held, Error> {
        let mine = backend!(self.store, lease_extend(&self.holding.name, &self.holding.holder, Duration::ZERO))?;
        // Who waits and is not called looks again soon.
        let _ = self.store.wake(&call(&self.holding.name)).await;
        Ok(if mine { Held::Mine } else { Held::Lost })
    }

    /// Gives it back and leaves nothing of it, not even its name. For what will not be leased again: fences start anew.
    pub async fn forget(self) -> Result<Held, Error> {
        let mine = backend!(self.store, lease_forget(&self.holding.name, &self.holding.holder))?;
        let _ = self.store.wake(&call(&self.holding.name)).await;
        Ok(if mine { Held::Mine } else { Held::Lost })
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lease({}, fence {})", self.holding.name, self.fence)
    }
}
