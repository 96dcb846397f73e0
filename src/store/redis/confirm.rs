//! Writes that must outlive the server that takes them. Where it has replicas, one says that it has them too (`WAIT`), and
//! the server itself, where it can, that they are on its disk (`WAITAOF`).
//!
//! Both speak of what was written before on the same connection. So such a write has one to itself, and sends all in a
//! row: on a connection that was made again in between, either would confirm a write that was lost. And a server that was
//! replaced without knowing it yet confirms nothing: the Sentinels are asked once more afterwards.

use super::{
    dial::{Connection, Request},
    server::{Server, leads_nowhere, within},
};
use crate::store::{
    Error,
    place::{Witness, Written},
};
use futures_util::future::BoxFuture;
use redis::{Cmd, ErrorKind, RedisError, RedisResult, Role, Value, cmd, from_redis_value};
use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// Milliseconds. A log that is synced every second needs that long.
const FOR_DISK: u64 = 1500;
const FOR_REPLICA: u64 = 1000;

/// For one row: the write and its confirmations.
const LONGEST: Duration = Duration::from_secs(4);

/// So long it is assumed that a server still has replicas.
const BELIEVE: Duration = Duration::from_secs(10);

/// So long a server of a Cluster whose replicas have just gone may have been replaced by one of them.
const SUSPICION: Duration = Duration::from_secs(15);

/// Connections that are kept for the next write.
const SPARE: usize = 4;

#[derive(Clone)]
pub(super) struct Confirming(Arc<Inner>);

struct Inner {
    server: Server,
    spare: Mutex<Vec<Connection>>,
    /// Until the server says that it cannot.
    asks_disk: AtomicBool,
    /// When the server that has a key was last seen with replicas.
    replicas: Mutex<HashMap<String, Instant>>,
}

/// What stands in a row, in this order.
struct Row<'a> {
    key: &'a str,
    script: &'a Cmd,
    waits: bool,
    asks_disk: bool,
}

/// What one row of commands came to.
struct Answers {
    wrote: bool,
    /// `None` where it may not be asked.
    has_replicas: Option<bool>,
    /// Of those that were asked.
    confirmed: bool,
}

impl Confirming {
    pub fn new(server: Server) -> Self {
        let (spare, replicas) = (Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { server, spare, asks_disk: AtomicBool::new(true), replicas }))
    }

    /// Runs a script that says whether it wrote. Harmless when run twice. Its type is forgotten: see [`super::dial`].
    pub fn write<'a>(
        &'a self,
        key: &'a str,
        script: &'a Cmd,
        witness: Witness,
    ) -> BoxFuture<'a, Result<Written, Error>> {
        Box::pin(self.written(key, script, witness))
    }

    async fn written(&self, key: &str, script: &Cmd, witness: Witness) -> Result<Written, Error> {
        let spare = locked(&self.0.spare).pop();
        let written = match spare {
            Some(connection) => match self.write_on(connection, key, script, witness).await {
                Err(error) if leads_nowhere(&error) => self.write_anew(key, script, witness).await,
                written => written,
            },
            None => self.write_anew(key, script, witness).await,
        };
        written.map_err(|error| self.0.server.explain(&error))
    }

    async fn write_anew(&self, key: &str, script: &Cmd, witness: Witness) -> RedisResult<Written> {
        let connection = self.0.server.connect_alone().await?;
        self.write_on(connection, key, script, witness).await
    }

    async fn write_on(
        &self,
        mut connection: Connection,
        key: &str,
        script: &Cmd,
        witness: Witness,
    ) -> RedisResult<Written> {
        let seen = self.last_seen(key);
        let waits = seen.is_some_and(|seen| seen.elapsed() < BELIEVE);
        let asks_disk = witness == Witness::ReplicaAndDisk && self.0.asks_disk.load(Relaxed);
        let row = Row { key, script, waits, asks_disk };
        let mut answers = self.send(&mut connection, &row).await?;
        if answers.wrote && answers.has_replicas == Some(true) && !row.waits {
            let again = Row { waits: true, asks_disk: false, ..row };
            answers.confirmed &= self.send(&mut connection, &again).await?.confirmed;
        }
        let replaced = answers.has_replicas == Some(false) && self.may_be_replaced(seen);
        if answers.wrote && (!answers.confirmed || replaced || !self.0.server.still_leads_to(&connection).await) {
            return Ok(Written::Unconfirmed);
        }
        self.keep(connection);
        Ok(if answers.wrote { Written::Safely } else { Written::No })
    }

    async fn send(&self, connection: &mut Connection, row: &Row<'_>) -> RedisResult<Answers> {
        let commands = row.commands();
        let answers = within(LONGEST, connection.answer(Request::At(row.key, &commands))).await?;
        let mut answers = answers.into_iter();
        let mut next = || answers.next().unwrap_or(Value::Nil).extract_error();
        let (role, wrote) = (next(), from_redis_value(next()?)?);
        let has_replicas = self.has_replicas(row.key, role)?;
        let mut confirmed = true;
        if row.waits {
            confirmed = next()? != Value::Int(0) || has_replicas == Some(false);
        }
        if row.asks_disk {
            confirmed &= self.is_on_disk(next());
        }
        Ok(Answers { wrote, has_replicas, confirmed })
    }

    /// It may not be asked for its role, but it must not be a replica.
    fn has_replicas(&self, key: &str, role: RedisResult<Value>) -> RedisResult<Option<bool>> {
        let Ok(role) = role else { return Ok(None) };
        match from_redis_value(role)? {
            Role::Primary { replicas, .. } if replicas.is_empty() => Ok(Some(false)),
            Role::Primary { .. } => {
                locked(&self.0.replicas).insert(key.to_owned(), Instant::now());
                Ok(Some(true))
            }
            _ => Err(RedisError::from((ErrorKind::ClusterConnectionNotFound, "it is a replica"))),
        }
    }

    /// A server that cannot say keeps what it is given as it can; that is noted once.
    fn is_on_disk(&self, answer: RedisResult<Value>) -> bool {
        match answer {
            // How many servers have it on their disk, this one first.
            Ok(Value::Array(counts)) => counts.first() != Some(&Value::Int(0)),
            Ok(_) => true,
            Err(error) => {
                if self.0.asks_disk.swap(false, Relaxed) {
                    tracing::debug!(code = error.code(), "{} does not say what is on its disk", self.0.server.place);
                }
                true
            }
        }
    }

    fn last_seen(&self, key: &str) -> Option<Instant> {
        locked(&self.0.replicas).get(key).copied()
    }

    /// Sentinels would say so.
    fn may_be_replaced(&self, seen: Option<Instant>) -> bool {
        self.0.server.is_cluster() && seen.is_some_and(|seen| seen.elapsed() < SUSPICION)
    }

    fn keep(&self, connection: Connection) {
        let mut spare = locked(&self.0.spare);
        if spare.len() < SPARE {
            spare.push(connection);
        }
    }
}

impl Row<'_> {
    fn commands(&self) -> Vec<Cmd> {
        let mut commands = vec![cmd("ROLE"), self.script.clone()];
        if self.waits {
            commands.push(cmd("WAIT").arg(1).arg(FOR_REPLICA).take());
        }
        if self.asks_disk {
            commands.push(cmd("WAITAOF").arg(1).arg(0).arg(FOR_DISK).take());
        }
        commands
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Confirming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Confirming({:?})", self.0.server)
    }
}
