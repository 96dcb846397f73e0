//! The Redis server as it is used: one connection that is made again when it is lost, and a deadline for every command.

use super::{
    Eviction,
    address::Address,
    dial::{Connection, Dial, Request},
    explain::explain,
};
use crate::store::{Error, Warning};
use futures_util::StreamExt;
use redis::{
    Cmd, ErrorKind, FromRedisValue, InfoDict, Msg, RedisError, RedisResult, ServerErrorKind, Value,
    aio::{PubSubSink, PubSubStream},
    cmd, from_redis_value,
};
use std::{
    collections::HashMap,
    fmt, io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::timeout;

/// For a command, with all that it takes to connect and to ask again.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// How long a subscription may be silent before the server is asked whether it is still there.
const SILENCE: Duration = Duration::from_secs(5);

/// Cheap to clone: clones share the connection.
#[derive(Clone)]
pub(super) struct Server {
    dial: Arc<Dial>,
    current: Arc<Mutex<Current>>,
    /// Of several commands that find no connection, one connects.
    dialing: Arc<tokio::sync::Mutex<()>>,
    /// As messages call it.
    pub(super) place: String,
}

/// The connection in use, and how many there were before it.
#[derive(Default)]
struct Current {
    connection: Option<Connection>,
    number: u64,
}

impl Current {
    fn of_use(&self) -> Option<(Connection, u64)> {
        self.connection.clone().map(|connection| (connection, self.number))
    }
}

impl Server {
    pub(super) async fn connect(address: Address, ca_file: Option<&Path>) -> Result<Self, Error> {
        let place = address.place();
        let dial = Arc::new(Dial::new(address, ca_file)?);
        let server = Self { dial, current: Arc::default(), dialing: Arc::default(), place };
        server.run::<Value>(&cmd("PING")).await?;
        Ok(server)
    }

    /// Runs one command, and once more on a new connection when the old one turns out to be gone, or to lead to a server
    /// that is no primary any more. So every command of ours must be harmless when it is run twice.
    pub(super) async fn run<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Error> {
        let mut answers = self.ask(Request::One(command)).await?;
        let answer = answers.pop().unwrap_or(Value::Nil);
        from_redis_value(answer).map_err(|error| self.explain(&error.into()))
    }

    /// The same on each server that takes writes.
    async fn run_on_all<T: FromRedisValue>(&self, command: &Cmd) -> Result<Vec<T>, Error> {
        let answers = self.ask(Request::All(command)).await?;
        let answers = answers.into_iter().map(from_redis_value).collect::<Result<_, _>>();
        answers.map_err(|error| self.explain(&error.into()))
    }

    /// The same for any request.
    pub(super) async fn ask(&self, request: Request<'_>) -> Result<Vec<Value>, Error> {
        let mut used = None;
        // In a box of its own: whatever looks at a store has room for this, also where that is no Redis.
        let answer = Box::pin(within(PATIENCE, self.attempt(request, &mut used))).await;
        // A server that hangs is not asked again on the same connection: it may not be the primary by then.
        if answer.as_ref().is_err_and(|error| error.is_timeout() || leads_nowhere(error)) {
            used.into_iter().for_each(|number| self.forget(number));
        }
        answer.map_err(|error| self.explain(&error))
    }

    async fn attempt(&self, request: Request<'_>, used: &mut Option<u64>) -> RedisResult<Vec<Value>> {
        let (mut connection, number) = self.connection().await?;
        *used = Some(number);
        match connection.answer(request).await {
            Err(error) if leads_nowhere(&error) => {
                self.forget(number);
                let (mut connection, number) = self.connection().await?;
                *used = Some(number);
                connection.answer(request).await
            }
            answer => answer,
        }
    }

    async fn connection(&self) -> RedisResult<(Connection, u64)> {
        if let Some(connection) = self.current().of_use() {
            return Ok(connection);
        }
        let _alone = self.dialing.lock().await;
        if let Some(connection) = self.current().of_use() {
            return Ok(connection);
        }
        let connection = self.dial.connect().await?;
        let mut current = self.current();
        current.number += 1;
        current.connection = Some(connection.clone());
        Ok((connection, current.number))
    }

    /// Unless another command was faster, and there is a new one already.
    fn forget(&self, number: u64) {
        let mut current = self.current();
        if current.number == number {
            current.connection = None;
        }
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection that nobody else uses.
    pub(super) async fn connect_alone(&self) -> RedisResult<Connection> {
        within(PATIENCE, self.dial.connect()).await
    }

    /// Whether a connection leads to the primary still, as far as anyone can say.
    pub(super) async fn still_leads_to(&self, connection: &Connection) -> bool {
        self.dial.still_leads_to(connection).await
    }

    pub(super) fn is_cluster(&self) -> bool {
        self.dial.is_cluster()
    }

    /// A connection of its own that hears what is published on these channels.
    pub(super) async fn subscribe(&self, channels: &[&str]) -> Result<Messages, Error> {
        let subscribed = within(PATIENCE, async {
            let (mut sink, stream) = self.dial.listen().await?.split();
            sink.subscribe(channels).await?;
            Ok(Messages { sink, stream })
        });
        subscribed.await.map_err(|error| self.explain(&error))
    }

    pub(super) fn explain(&self, error: &RedisError) -> Error {
        explain(&self.place, PATIENCE, error)
    }

    /// The program ends.
    pub(super) fn interrupted(&self) -> Error {
        let why = "the program is about to end".to_owned();
        Error::Unavailable { place: self.place.clone(), why, remedy: "Start it again" }
    }

    /// What was written may be lost with the server that took it.
    pub(super) fn unconfirmed(&self) -> Error {
        let remedy = "Wait for the failover to end, or look at its replicas";
        Error::Unavailable { place: self.place.clone(), why: "no replica confirms the write".to_owned(), remedy }
    }

    /// Whether the server keeps what it is given: refuses one that evicts, warns of one that forgets at a restart.
    pub(super) async fn check(&self, eviction: Eviction) -> Result<Vec<Warning>, Error> {
        let place = || self.place.clone();
        let mut warnings = Vec::new();
        let policies = match self.setting("maxmemory-policy").await {
            Some(policies) => policies,
            None => {
                warnings.push(Warning::ConfigBlocked { place: place() });
                self.info("memory", "maxmemory_policy").await
            }
        };
        let evicting = policies.into_iter().find(|policy| policy != "noeviction");
        match (evicting, eviction) {
            (None, _) => {}
            (Some(policy), Eviction::Refused) => return Err(Error::Evicting { place: place(), policy }),
            (Some(policy), Eviction::Accepted) => warnings.push(Warning::Evicting { place: place(), policy }),
        }
        if self.forgets().await {
            warnings.push(Warning::NotPersistent { place: place() });
        }
        Ok(warnings)
    }

    /// True only when the server says so.
    async fn forgets(&self) -> bool {
        let logs = self.info("persistence", "aof_enabled").await;
        let schedules = self.setting("save").await.unwrap_or_default();
        logs.iter().any(|log| log == "0") && schedules.iter().any(String::is_empty)
    }

    /// As each server has it; `None` where it may not be asked.
    async fn setting(&self, name: &str) -> Option<Vec<String>> {
        let answers: Result<Vec<HashMap<String, String>>, _> =
            self.run_on_all(cmd("CONFIG").arg("GET").arg(name)).await;
        answers.ok()?.into_iter().map(|mut answer| answer.remove(name)).collect()
    }

    async fn info(&self, section: &str, name: &str) -> Vec<String> {
        let answers: Result<Vec<InfoDict>, _> = self.run_on_all(cmd("INFO").arg(section)).await;
        answers.unwrap_or_default().into_iter().filter_map(|answer| answer.get(name)).collect()
    }
}

/// What is published, as long as the connection lasts.
pub(super) struct Messages {
    sink: PubSubSink,
    stream: PubSubStream,
}

impl Messages {
    /// The next one; an error when the connection is lost.
    pub(super) async fn next(&mut self) -> Result<Msg, RedisError> {
        loop {
            match timeout(SILENCE, self.stream.next()).await {
                Ok(message) => return message.ok_or_else(|| io::Error::from(io::ErrorKind::BrokenPipe).into()),
                // A server that hangs, or is gone without a word, is as silent as one without news.
                Err(_) => within(PATIENCE, self.sink.ping::<Value>()).await.map(drop)?,
            }
        }
    }
}

/// Whether a new connection may lead to a server that answers better.
pub(super) fn leads_nowhere(error: &RedisError) -> bool {
    let demoted = matches!(
        error.kind(),
        ErrorKind::Server(ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown)
            | ErrorKind::ClusterConnectionNotFound
    );
    demoted || error.is_connection_dropped() || error.is_unrecoverable_error()
}

pub(super) async fn within<T>(patience: Duration, work: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    let late = |_| Err(io::Error::from(io::ErrorKind::TimedOut).into());
    timeout(patience, work).await.unwrap_or_else(late)
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}
