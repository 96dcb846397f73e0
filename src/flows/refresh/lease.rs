//! The lease of a grant: the right to be the only one who writes to it.

use crate::app::App;
use crate::flows::{Error, grants};
use crate::oauth::grant::Grant;
use crate::oauth::name::GrantName;
use crate::store::{Held, Lease, Put, Saved};
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Longer than the limit of one outbound request (30 s), so that a lease outlives what it protects; renewed meanwhile.
pub(in crate::flows) const LEASE: Duration = Duration::from_secs(45);

/// Waits until nobody else writes to the grant.
pub(in crate::flows) async fn lease(app: &App, name: &GrantName) -> Result<Writer, Error> {
    loop {
        if let Some(lease) = take(app, name).await? {
            return Ok(Writer::new(lease));
        }
        freed(app, name, LEASE).await?;
    }
}

/// The lease, unless somebody has it.
pub(in crate::flows) async fn take(app: &App, name: &GrantName) -> Result<Option<Lease>, Error> {
    Ok(app.store.lease(&name_of(name), LEASE).await?)
}

/// Waits until it may be had, at most so long. Whoever gives it back wakes all who wait, on every instance.
pub(super) async fn freed(app: &App, name: &GrantName, at_most: Duration) -> Result<(), Error> {
    Ok(app.store.lease_freed(&name_of(name), at_most).await?)
}

fn name_of(name: &GrantName) -> String {
    format!("refresh:{}", grants::id(name))
}

/// Whoever holds the lease. Once it is lost, nothing may be asked in its name any more; what is under way is heard to
/// its end, for its answer may hold the only token that is good.
#[derive(Debug)]
pub(in crate::flows) struct Writer {
    lease: Lease,
    lost: AtomicBool,
    spooled: AtomicBool,
}

impl Writer {
    pub fn new(lease: Lease) -> Self {
        Self { lease, lost: AtomicBool::new(false), spooled: AtomicBool::new(false) }
    }

    pub fn may_ask(&self) -> bool {
        !self.lost.load(Ordering::Relaxed)
    }

    /// Renews the lease for as long as its work lasts: a slow server may be asked more than once.
    pub async fn keep(&self) -> Infallible {
        loop {
            tokio::time::sleep(LEASE / 3).await;
            if let Ok(Held::Lost) = self.lease.renew().await {
                tracing::warn!(lease = ?self.lease, "lost the lease");
                self.lost.store(true, Ordering::Relaxed);
                return std::future::pending().await;
            }
        }
    }

    /// Writes what must not be lost: where the store cannot take it, it is kept aside, and read from there.
    pub async fn put(&self, app: &App, grant: &Grant, version: u64) -> Result<Put, Error> {
        match app.store.put_or_spool(&self.lease, &grants::id(&grant.name), grant, version).await? {
            Saved::Stored(version) => Ok(Put::Stored(version)),
            Saved::Spooled(version) => {
                self.spooled.store(true, Ordering::Relaxed);
                Ok(Put::Stored(version))
            }
            Saved::Conflict => Ok(Put::Conflict),
        }
    }

    /// Gives the lease back, unless something is kept aside: until that is in the store, no other instance may spend what
    /// the store still has. A lease that cannot be given back runs out by itself.
    pub async fn end(self) {
        if !self.spooled.load(Ordering::Relaxed) {
            let _ = self.lease.release().await;
        }
    }

    /// The same where the grant is gone: nothing of the lease stays either.
    pub async fn end_for_good(self) {
        if !self.spooled.load(Ordering::Relaxed) {
            let _ = self.lease.forget().await;
        }
    }
}
