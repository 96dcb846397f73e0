//! Writes that must outlive the server that takes them: it says that they are on its disk (`WAITAOF`, where it can), and
//! where there are replicas, one says that it has them too (`WAIT`).
//!
//! Both speak of what was written before on the same connection. So such a write has one to itself, and sends all in a
//! row: on a connection that was made again in between, either would confirm a write that was lost.

use super::{
    dial::{Connection, Request},
    server::{Server, leads_nowhere, within},
};
use crate::store::{Error, place::Written};
use redis::{Cmd, RedisResult, Role, Value, cmd, from_redis_value};
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

/// For the write and both confirmations.
const LONGEST: Duration = Duration::from_secs(4);

/// How long it is believed whether a server has replicas.
const BELIEVE: Duration = Duration::from_secs(10);

/// Connections that are kept for the next write.
const SPARE: usize = 4;

/// Who is asked whether a write is there to stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Confirmation {
    Replica,
    Disk,
}

impl Confirmation {
    fn command(self) -> Cmd {
        match self {
            Self::Replica => cmd("WAIT").arg(1).arg(FOR_REPLICA).take(),
            Self::Disk => cmd("WAITAOF").arg(1).arg(0).arg(FOR_DISK).take(),
        }
    }
}

#[derive(Clone)]
pub(super) struct Confirming(Arc<Inner>);

struct Inner {
    server: Server,
    spare: Mutex<Vec<Connection>>,
    /// Until the server says that it cannot.
    asks_disk: AtomicBool,
    asks_replica: AtomicBool,
    /// Whether the server that has a key has replicas, and until when that is believed.
    replicas: Mutex<HashMap<String, (bool, Instant)>>,
}

impl Confirming {
    pub fn new(server: Server) -> Self {
        let (spare, replicas) = (Mutex::default(), Mutex::default());
        let inner =
            Inner { server, spare, asks_disk: AtomicBool::new(true), asks_replica: AtomicBool::new(true), replicas };
        Self(Arc::new(inner))
    }

    /// Runs a script that says whether it wrote. Harmless when run twice.
    pub async fn write(&self, key: &str, script: Cmd) -> Result<Written, Error> {
        let confirmations = self.confirmations(key).await;
        let row: Vec<Cmd> = std::iter::once(script).chain(confirmations.iter().map(|asked| asked.command())).collect();
        let answers = match self.send(key, &row, self.spare()).await {
            Err(error) if leads_nowhere(&error) => self.send(key, &row, None).await,
            answers => answers,
        };
        let read = |answers| self.read(key, &confirmations, answers);
        answers.and_then(read).map_err(|error| self.0.server.explain(&error))
    }

    async fn confirmations(&self, key: &str) -> Vec<Confirmation> {
        let mut asked = Vec::new();
        if self.0.asks_replica.load(Relaxed) && self.has_replicas(key).await {
            asked.push(Confirmation::Replica);
        }
        if self.0.asks_disk.load(Relaxed) {
            asked.push(Confirmation::Disk);
        }
        asked
    }

    async fn send(&self, key: &str, row: &[Cmd], connection: Option<Connection>) -> RedisResult<Vec<Value>> {
        let mut connection = match connection {
            Some(connection) => connection,
            None => self.0.server.connect_alone().await?,
        };
        let answers = within(LONGEST, connection.answer(Request::At(key, row))).await?;
        if let Some(refused @ Value::ServerError(_)) = answers.first() {
            // It may have led to a server that is no primary any more.
            return refused.clone().extract_error().map(|_| answers);
        }
        let mut spare = locked(&self.0.spare);
        if spare.len() < SPARE {
            spare.push(connection);
        }
        Ok(answers)
    }

    fn read(&self, key: &str, asked: &[Confirmation], answers: Vec<Value>) -> RedisResult<Written> {
        let mut answers = answers.into_iter();
        let wrote: bool = from_redis_value(answers.next().unwrap_or(Value::Nil))?;
        let mut safely = true;
        for (confirmation, answer) in asked.iter().zip(answers) {
            safely &= self.confirms(key, *confirmation, answer);
        }
        Ok(match (wrote, safely) {
            (false, _) => Written::No,
            (true, true) => Written::Safely,
            (true, false) => Written::Unconfirmed,
        })
    }

    fn confirms(&self, key: &str, asked: Confirmation, answer: Value) -> bool {
        match (asked, answer) {
            (_, Value::ServerError(error)) => {
                self.ask_no_more(asked, error.code());
                true
            }
            (Confirmation::Replica, Value::Int(0)) => {
                // There may be none any more.
                locked(&self.0.replicas).remove(key);
                false
            }
            // How many servers have it on their disk, this one first.
            (Confirmation::Disk, Value::Array(counts)) => counts.first() != Some(&Value::Int(0)),
            _ => true,
        }
    }

    /// A server that cannot confirm keeps what it is given as it can; that is noted once.
    fn ask_no_more(&self, asked: Confirmation, code: &str) {
        let flag = match asked {
            Confirmation::Replica => &self.0.asks_replica,
            Confirmation::Disk => &self.0.asks_disk,
        };
        if flag.swap(false, Relaxed) {
            tracing::debug!(?asked, code, "{} does not confirm writes so", self.0.server.place);
        }
    }

    async fn has_replicas(&self, key: &str) -> bool {
        let believed = locked(&self.0.replicas).get(key).copied();
        if let Some((has, _)) = believed.filter(|(_, until)| Instant::now() < *until) {
            return has;
        }
        let has = self.count_replicas(key).await.is_some_and(|count| count > 0);
        locked(&self.0.replicas).insert(key.to_owned(), (has, Instant::now() + BELIEVE));
        has
    }

    /// `None` where it may not be asked.
    async fn count_replicas(&self, key: &str) -> Option<usize> {
        let answers = self.0.server.ask(Request::At(key, &[cmd("ROLE")])).await.ok()?;
        match from_redis_value(answers.into_iter().next()?.extract_error().ok()?).ok()? {
            Role::Primary { replicas, .. } => Some(replicas.len()),
            _ => None,
        }
    }

    fn spare(&self) -> Option<Connection> {
        locked(&self.0.spare).pop()
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
