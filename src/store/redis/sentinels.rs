//! Finding the primary of a service that Sentinels watch.
//!
//! All are asked. Of two that name different servers one does not know of a failover yet, and the greater epoch is right.
//! A server that any of them is about to replace is not used: what is written there would be lost.

use futures_util::future::join_all;
use redis::{Client, ErrorKind, RedisError, RedisResult, aio::MultiplexedConnection, cmd};
use std::{collections::HashMap, io, time::Duration};
use tokio::{sync::Mutex, time::timeout};

/// For one of them. More is not needed for a process that does next to nothing.
const PATIENCE: Duration = Duration::from_millis(500);

pub(super) struct Sentinels {
    service: String,
    sentinels: Vec<Sentinel>,
}

struct Sentinel {
    client: Client,
    connection: Mutex<Option<MultiplexedConnection>>,
}

/// Where a server is.
pub(super) type HostAndPort = (String, u16);

/// What one Sentinel says of the primary.
#[derive(Debug, PartialEq, Eq)]
struct View {
    primary: HostAndPort,
    /// Grows with every failover.
    epoch: u64,
    is_being_replaced: bool,
}

impl Sentinels {
    pub fn new(service: String, clients: Vec<Client>) -> Self {
        let sentinels = clients.into_iter().map(|client| Sentinel { client, connection: Mutex::default() });
        Self { service, sentinels: sentinels.collect() }
    }

    pub async fn primary(&self) -> RedisResult<HostAndPort> {
        let views = join_all(self.sentinels.iter().map(|sentinel| sentinel.view(&self.service))).await;
        let mut last = unknown();
        let mut known = Vec::new();
        for view in views {
            match view {
                Ok(view) => known.push(view),
                Err(error) => last = error,
            }
        }
        judge(&known).ok_or(if known.is_empty() { last } else { not_now() })
    }
}

fn judge(views: &[View]) -> Option<HostAndPort> {
    let newest = views.iter().max_by_key(|view| view.epoch)?;
    let doubted = views.iter().any(|view| view.primary == newest.primary && view.is_being_replaced);
    (!doubted).then(|| newest.primary.clone())
}

pub(super) fn not_now() -> RedisError {
    nobody("a failover is under way")
}

fn unknown() -> RedisError {
    nobody("the Sentinels know no service of that name")
}

fn nobody(why: &str) -> RedisError {
    RedisError::from((ErrorKind::MasterNameNotFoundBySentinel, "no primary", why.to_owned()))
}

impl Sentinel {
    async fn view(&self, service: &str) -> RedisResult<View> {
        let late = |_| Err(io::Error::from(io::ErrorKind::TimedOut).into());
        let answer = timeout(PATIENCE, self.ask(service)).await.unwrap_or_else(late);
        if answer.is_err() {
            *self.connection.lock().await = None;
        }
        View::of(&answer?).ok_or_else(unknown)
    }

    async fn ask(&self, service: &str) -> RedisResult<HashMap<String, String>> {
        let mut connection = self.connection.lock().await;
        let mut connection = match &mut *connection {
            Some(connection) => connection.clone(),
            none => none.insert(self.client.get_multiplexed_async_connection().await?).clone(),
        };
        let answer = cmd("SENTINEL").arg("MASTER").arg(service).query_async(&mut connection).await;
        answer.map_err(|error: RedisError| match error.code() {
            // `ERR No such master with that name`
            Some("ERR") => unknown(),
            _ => error,
        })
    }
}

impl View {
    fn of(facts: &HashMap<String, String>) -> Option<Self> {
        let flags: Vec<_> = facts.get("flags")?.split(',').collect();
        Some(Self {
            primary: (facts.get("ip")?.clone(), facts.get("port")?.parse().ok()?),
            epoch: facts.get("config-epoch")?.parse().ok()?,
            is_being_replaced: flags.iter().any(|flag| ["o_down", "failover_in_progress"].contains(flag)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(port: u16, epoch: u64, flags: &str) -> View {
        let facts = [("ip", "a"), ("port", &port.to_string()), ("config-epoch", &epoch.to_string()), ("flags", flags)];
        View::of(&facts.map(|(name, value)| (name.to_owned(), value.to_owned())).into()).unwrap()
    }

    #[test]
    fn a_sentinel_that_does_not_know_of_a_failover_yet_is_overruled() {
        let (old, new) = (view(1, 3, "master"), view(2, 4, "master"));
        assert_eq!(judge(&[old, new]), Some(("a".to_owned(), 2)));
        assert_eq!(judge(&[]), None);
    }

    #[test]
    fn a_primary_that_is_being_replaced_is_not_used() {
        for flags in ["master,s_down,o_down", "master,failover_in_progress"] {
            assert_eq!(judge(&[view(1, 3, "master"), view(1, 3, flags)]), None, "{flags}");
        }
        assert!(judge(&[view(1, 3, "master,s_down"), view(1, 3, "master")]).is_some(), "one alone may be cut off");
        assert_eq!(judge(&[view(1, 3, "master,o_down"), view(2, 4, "master")]), Some(("a".to_owned(), 2)));
    }
}
