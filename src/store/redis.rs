//! The Redis backend, for several instances.
//!
//! A kept kind is one hash, `PREFIXkind`, from id to `version:sealed`; a passing record is a string of its own,
//! `PREFIXkind:id`, that Redis lets expire; a lease is a hash, `PREFIXlease:name`. Every verb touches one key, in one
//! command or script, so it is atomic, in a cluster too, and each is harmless when run twice.

mod server;

use self::server::Server;
use super::{Error, Kind, Place, Sealed, Warning, lease, unix_millis};
use crate::oauth::{secret::Secret, timestamp::Timestamp};
use redis::{Cmd, cmd};
use std::{fmt, path::Path, time::Duration};

const PUT_KEPT: &str = include_str!("redis/put_kept.lua");
const PUT_PASSING: &str = include_str!("redis/put_passing.lua");
const REMOVE_KEPT: &str = include_str!("redis/remove_kept.lua");
const REMOVE_PASSING: &str = include_str!("redis/remove_passing.lua");
const LEASE_TAKE: &str = include_str!("redis/lease_take.lua");
const LEASE_EXTEND: &str = include_str!("redis/lease_extend.lua");

#[derive(Clone)]
pub struct Redis {
    server: Server,
    prefix: String,
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
        let server = Server::connect(url, ca_file).await?;
        let warnings = server.check(eviction).await?;
        Ok((Self { server, prefix }, warnings))
    }

    pub(super) async fn get(&self, place: &Place<'_>) -> Result<Option<Sealed>, Error> {
        let command = match place.kind.is_kept() {
            true => cmd("HGET").arg(self.hash(place.kind)).arg(&*place.id).take(),
            false => cmd("GET").arg(self.key(place)).take(),
        };
        let value: Option<Vec<u8>> = self.server.run(&command).await?;
        value.map(|value| parse(place, &value)).transpose()
    }

    pub(super) async fn list(&self, kind: Kind) -> Result<Vec<(String, Sealed)>, Error> {
        let values: Vec<(String, Vec<u8>)> = self.server.run(cmd("HGETALL").arg(self.hash(kind))).await?;
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
        let command = match expires {
            None => script(PUT_KEPT, &self.hash(place.kind)).arg(&*place.id).arg(expected).arg(value(&new)).take(),
            Some(at) => {
                // Counted by our clock, for the server's may differ.
                let left = at.0.saturating_mul(1000).saturating_sub(unix_millis());
                script(PUT_PASSING, &self.key(place)).arg(expected).arg(value(&new)).arg(left).take()
            }
        };
        self.server.run(&command).await
    }

    /// Deletes the record if it still is `old`; whether it was.
    pub(super) async fn remove(&self, place: &Place<'_>, old: Sealed) -> Result<bool, Error> {
        let command = match place.kind.is_kept() {
            true => script(REMOVE_KEPT, &self.hash(place.kind)).arg(&*place.id).arg(value(&old)).take(),
            false => script(REMOVE_PASSING, &self.key(place)).arg(value(&old)).take(),
        };
        self.server.run(&command).await
    }

    pub(super) async fn delete(&self, place: &Place<'_>) -> Result<bool, Error> {
        let command = match place.kind.is_kept() {
            true => cmd("HDEL").arg(self.hash(place.kind)).arg(&*place.id).take(),
            false => cmd("DEL").arg(self.key(place)).take(),
        };
        self.server.run(&command).await
    }

    pub(super) async fn ping(&self) -> Result<(), Error> {
        self.server.run(&cmd("PING")).await
    }

    /// The new holder's fence, or `None` while another holds the lease.
    pub(super) async fn lease_take(&self, name: &str, holder: &str, ttl: Duration) -> Result<Option<u64>, Error> {
        let key = format!("{}lease:{name}", self.prefix);
        let longest = millis(lease::LONGEST);
        self.server.run(script(LEASE_TAKE, &key).arg(holder).arg(millis(ttl)).arg(longest)).await
    }

    /// Lets the lease run `ttl` from now (zero: ends it) if `holder` still has it; whether so.
    pub(super) async fn lease_extend(&self, name: &str, holder: &str, ttl: Duration) -> Result<bool, Error> {
        let key = format!("{}lease:{name}", self.prefix);
        self.server.run(script(LEASE_EXTEND, &key).arg(holder).arg(millis(ttl))).await
    }

    fn hash(&self, kind: Kind) -> String {
        format!("{}{kind}", self.prefix)
    }

    fn key(&self, place: &Place<'_>) -> String {
        format!("{}{}:{}", self.prefix, place.kind, place.id)
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
    Ok(Sealed { version, bytes: value[colon + 1..].to_vec() })
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redis({}, prefix {})", self.server.place, self.prefix)
    }
}
