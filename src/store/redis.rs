//! The Redis backend, for several instances.
//!
//! A kept kind is one hash, `PREFIXkind`, from id to `version:sealed`; a passing record is a string of its own,
//! `PREFIXkind:id`, that Redis lets expire; a lease is a hash, `PREFIXlease:name`. Every verb touches one key, in one
//! command or script, so it is atomic, in a cluster too, and each is harmless when run twice. A token that a server gave is
//! written so that it outlives the server of the store, as far as that can confirm it.

mod address;
mod asked;
mod confirm;
mod dial;
mod explain;
mod sentinels;
mod server;
mod subscription;

pub use self::address::{Address, BadAddress};
pub(super) use self::subscription::Subscription;

use self::{
    asked::Asked,
    confirm::Confirming,
    server::Server,
    subscription::{Channels, publish},
};
use super::{
    Error, Kind, Place, Sealed, Warning, lease,
    place::{Witness, Written},
    signals::{Inbox, Signal, Source},
    unix_millis,
};
use crate::oauth::{secret::Secret, timestamp::Timestamp};
use redis::{Cmd, cmd};
use std::{fmt, path::Path, sync::Arc, time::Duration};

const PUT_KEPT: &str = include_str!("redis/put_kept.lua");
const PUT_PASSING: &str = include_str!("redis/put_passing.lua");
const REMOVE_KEPT: &str = include_str!("redis/remove_kept.lua");
const REMOVE_PASSING: &str = include_str!("redis/remove_passing.lua");
const LEASE_TAKE: &str = include_str!("redis/lease_take.lua");
const LEASE_EXTEND: &str = include_str!("redis/lease_extend.lua");
const LEASE_FORGET: &str = include_str!("redis/lease_forget.lua");
const LEASE_LEFT: &str = include_str!("redis/lease_left.lua");

#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    server: Server,
    confirming: Confirming,
    prefix: String,
    channels: Channels,
    asked: Asked,
}

/// What to do with a Redis that throws records away when its memory is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Eviction {
    #[default]
    Refused,
    Accepted,
}

impl Redis {
    /// Connects, and checks that the server keeps what it is given.
    pub async fn open(
        url: &Secret,
        prefix: String,
        ca_file: Option<&Path>,
        eviction: Eviction,
    ) -> Result<(Self, Vec<Warning>), Error> {
        let address = Address::parse(url.expose()).map_err(|error| Error::BadUrl { why: error.to_string() })?;
        let server = Server::connect(address, ca_file).await?;
        let warnings = server.check(eviction).await?;
        let (channels, confirming) = (Channels::of(&prefix), Confirming::new(server.clone()));
        let asked = Asked::default();
        Ok((Self(Arc::new(Inner { server, confirming, prefix, channels, asked })), warnings))
    }

    pub(super) async fn get(&self, place: &Place<'_>) -> Result<Option<Sealed>, Error> {
        // A passing record is found by a secret that one has: nobody else asks for it.
        if place.kind.is_kept() { self.get_shared(place).await } else { self.get_alone(place).await }
    }

    async fn get_alone(&self, place: &Place<'_>) -> Result<Option<Sealed>, Error> {
        let command = match place.kind.is_kept() {
            true => cmd("HGET").arg(self.hash(place.kind)).arg(&*place.id).take(),
            false => cmd("GET").arg(self.key(place)).take(),
        };
        let value: Option<Vec<u8>> = self.0.server.run(&command).await?;
        value.map(|value| parse(place, &value)).transpose()
    }

    pub(super) async fn list(&self, kind: Kind) -> Result<Vec<(String, Sealed)>, Error> {
        let values: Vec<(String, Vec<u8>)> = self.0.server.run(cmd("HGETALL").arg(self.hash(kind))).await?;
        let parsed = values.into_iter().map(|(id, value)| {
            let sealed = parse(&Place::of(kind, &id), &value)?;
            Ok((id, sealed))
        });
        let mut records = parsed.collect::<Result<Vec<_>, Error>>()?;
        records.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Ok(records)
    }

    /// Whether the record was at `expected` (0: absent or expired) and now is `new`.
    pub(super) async fn put(
        &self,
        place: &Place<'_>,
        expected: u64,
        new: Sealed,
        expires: Option<Timestamp>,
    ) -> Result<bool, Error> {
        if place.kind.is_irreplaceable() {
            return match self.put_safely(place, expected, new, Witness::Replica).await? {
                Written::No => Ok(false),
                Written::Safely => Ok(true),
                Written::Unconfirmed => Err(self.0.server.unconfirmed()),
            };
        }
        let command = match expires {
            None => self.put_kept(place, expected, &new),
            Some(at) => {
                // Counted by our clock, for the server's may differ.
                let left = at.0.saturating_mul(1000).saturating_sub(unix_millis());
                script(PUT_PASSING, &self.key(place)).arg(expected).arg(value(&new)).arg(left).take()
            }
        };
        self.0.server.run(&command).await
    }

    /// The same for a kept record that must not be lost when this server is.
    pub(super) async fn put_safely(
        &self,
        place: &Place<'_>,
        expected: u64,
        new: Sealed,
        witness: Witness,
    ) -> Result<Written, Error> {
        self.0.confirming.write(&self.hash(place.kind), &self.put_kept(place, expected, &new), witness).await
    }

    fn put_kept(&self, place: &Place<'_>, expected: u64, new: &Sealed) -> Cmd {
        script(PUT_KEPT, &self.hash(place.kind)).arg(&*place.id).arg(expected).arg(value(new)).take()
    }

    /// Deletes the record if it still is `old`; whether it was.
    pub(super) async fn remove(&self, place: &Place<'_>, old: Sealed) -> Result<bool, Error> {
        let command = match place.kind.is_kept() {
            true => script(REMOVE_KEPT, &self.hash(place.kind)).arg(&*place.id).arg(value(&old)).take(),
            false => script(REMOVE_PASSING, &self.key(place)).arg(value(&old)).take(),
        };
        self.0.server.run(&command).await
    }

    pub(super) async fn delete(&self, place: &Place<'_>) -> Result<bool, Error> {
        let command = match place.kind.is_kept() {
            true => cmd("HDEL").arg(self.hash(place.kind)).arg(&*place.id).take(),
            false => cmd("DEL").arg(self.key(place)).take(),
        };
        self.0.server.run(&command).await
    }

    /// The value as it is, for other programs.
    pub(super) async fn publish_plain(&self, key: &str, value: &Secret, ttl: Option<Duration>) -> Result<(), Error> {
        let mut command = cmd("SET").arg(self.plain(key)).arg(value.expose()).take();
        if let Some(ttl) = ttl {
            command.arg("PX").arg(millis(ttl));
        }
        self.0.server.run(&command).await
    }

    pub(super) async fn take_plain(&self, key: &str) -> Result<Option<Secret>, Error> {
        let value: Option<String> = self.0.server.run(&cmd("GETDEL").arg(self.plain(key)).take()).await?;
        Ok(value.map(Secret::new))
    }

    pub(super) async fn withdraw_plain(&self, key: &str) -> Result<(), Error> {
        let _: u64 = self.0.server.run(&cmd("DEL").arg(self.plain(key)).take()).await?;
        Ok(())
    }

    pub(super) async fn ping(&self) -> Result<(), Error> {
        self.0.server.run(&cmd("PING")).await
    }

    /// The new holder's fence, or `None` while another holds the lease.
    pub(super) async fn lease_take(&self, name: &str, holder: &str, ttl: Duration) -> Result<Option<u64>, Error> {
        let longest = millis(lease::LONGEST);
        self.0.server.run(script(LEASE_TAKE, &self.lease(name)).arg(holder).arg(millis(ttl)).arg(longest)).await
    }

    /// Lets the lease run `ttl` from now (zero: ends it) if `holder` still has it; whether so.
    pub(super) async fn lease_extend(&self, name: &str, holder: &str, ttl: Duration) -> Result<bool, Error> {
        self.0.server.run(script(LEASE_EXTEND, &self.lease(name)).arg(holder).arg(millis(ttl))).await
    }

    /// Ends the lease if `holder` still has it, and leaves nothing of it; whether so.
    pub(super) async fn lease_forget(&self, name: &str, holder: &str) -> Result<bool, Error> {
        self.0.server.run(script(LEASE_FORGET, &self.lease(name)).arg(holder)).await
    }

    /// How long the lease still runs; `None`: it is free.
    pub(super) async fn lease_left(&self, name: &str) -> Result<Option<Duration>, Error> {
        let left: u64 = self.0.server.run(script(LEASE_LEFT, &self.lease(name)).arg(millis(lease::LONGEST))).await?;
        Ok(Some(Duration::from_millis(left)).filter(|left| !left.is_zero()))
    }

    pub(super) async fn signal(&self, signal: Signal) -> Result<(), Error> {
        match signal {
            Signal::Announced(text) => publish(&self.0.server, &self.0.channels.events, &text).await,
            Signal::Woken(name) => publish(&self.0.server, &self.0.channels.wake, &name).await,
            Signal::Missed => Ok(()),
        }
    }

    pub(super) fn bring_signals(&self, inbox: Arc<Inbox>) -> Source {
        let _subscription = Subscription::start(self.0.server.clone(), self.0.channels.clone(), inbox);
        Source::Subscription { _subscription }
    }

    fn hash(&self, kind: Kind) -> String {
        format!("{}{kind}", self.0.prefix)
    }

    fn plain(&self, key: &str) -> String {
        format!("{}{key}", self.0.prefix)
    }

    fn lease(&self, name: &str) -> String {
        format!("{}lease:{name}", self.0.prefix)
    }

    fn key(&self, place: &Place<'_>) -> String {
        format!("{}{}:{}", self.0.prefix, place.kind, place.id)
    }
}

/// Redis knows a script by its text, so one that it has seen is not compiled again, and one that it lost is no error.
fn script(text: &str, key: &str) -> Cmd {
    cmd("EVAL").arg(text).arg(1).arg(key).take()
}

fn value(sealed: &Sealed) -> Vec<u8> {
    [sealed.version.to_string().as_bytes(), b":", &sealed.bytes].concat()
}

fn parse(place: &Place<'_>, value: &[u8]) -> Result<Sealed, Error> {
    let colon = value.iter().position(|&byte| byte == b':').ok_or_else(|| place.damaged())?;
    let version = std::str::from_utf8(&value[..colon]).ok().and_then(|digits| digits.parse().ok());
    let version = version.ok_or_else(|| place.damaged())?;
    Ok(Sealed { version, bytes: value[colon + 1..].into() })
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redis({}, prefix {})", self.0.server.place, self.0.prefix)
    }
}
