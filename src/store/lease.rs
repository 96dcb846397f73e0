//! Exclusive leases across processes and instances.

use super::{Backend, Error, Store, backend};
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
    name: String,
    holder: String,
    ttl: Duration,
    fence: u64,
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
        let ttl = ttl.min(LONGEST);
        let fence = backend!(store, lease_take(name, &holder, ttl))?;
        Ok(fence.map(|fence| Self { store, name: name.to_owned(), holder, ttl, fence }))
    }

    /// Grows with every holder of this name: what carries a smaller one comes from a holder that lost the lease.
    pub fn fence(&self) -> u64 {
        self.fence
    }

    /// Starts the lease's time again. Renew at a third of it.
    pub async fn renew(&self) -> Result<Held, Error> {
        let mine = backend!(self.store, lease_extend(&self.name, &self.holder, self.ttl))?;
        Ok(if mine { Held::Mine } else { Held::Lost })
    }

    /// Gives the lease back, so that the next need not wait.
    pub async fn release(self) -> Result<Held, Error> {
        let mine = backend!(self.store, lease_extend(&self.name, &self.holder, Duration::ZERO))?;
        // Who waits and is not called looks again soon.
        let _ = self.store.wake(&call(&self.name)).await;
        Ok(if mine { Held::Mine } else { Held::Lost })
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lease({}, fence {})", self.name, self.fence)
    }
}
