//! The Redis server: how it is reached, whether it keeps what it is given, and what its errors mean.

use super::super::{Error, Warning};
use super::Eviction;
use crate::oauth::secret::Secret;
use futures_util::StreamExt;
use redis::{
    Client, Cmd, ConnectionAddr, ConnectionInfo, ErrorKind, FromRedisValue, InfoDict, IntoConnectionInfo, Msg,
    RedisError, ServerErrorKind, TlsCertificates, Value,
    aio::{ConnectionManager, ConnectionManagerConfig, PubSubSink, PubSubStream},
    cmd,
    io::tcp::{TcpSettings, socket2::TcpKeepalive},
};
use std::{collections::HashMap, fs, io, path::Path, time::Duration};
use tokio::time::timeout;

/// To connect, and to get an answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a connection may be silent before it is probed, and how often it is probed.
const SILENCE: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(super) struct Server {
    client: Client,
    manager: ConnectionManager,
    /// `Redis at host:port`, as messages call it.
    pub(super) place: String,
}

impl Server {
    pub(super) async fn connect(url: &Secret, ca_file: Option<&Path>) -> Result<Self, Error> {
        let info = parse(url)?;
        let place = format!("Redis at {}", info.addr());
        let client = client(info, ca_file)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(1);
        let connected = ConnectionManager::new_with_config(client.clone(), config).await;
        let manager = connected.map_err(|error| explain(&place, &error))?;
        Ok(Self { client, manager, place })
    }

    /// Runs one command, and once more when the connection turns out to be gone: the first command after a drop always
    /// fails. So every command of ours must be harmless when it is run twice.
    pub(super) async fn run<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Error> {
        let mut connection = self.manager.clone();
        let answer = match command.query_async(&mut connection).await {
            Err(error) if RedisError::is_connection_dropped(&error) => command.query_async(&mut connection).await,
            answer => answer,
        };
        answer.map_err(|error| explain(&self.place, &error))
    }

    /// A connection of its own that hears what is published on these channels.
    pub(super) async fn subscribe(&self, channels: &[&str]) -> Result<Messages, Error> {
        let subscribed = within(PATIENCE, async {
            let (mut sink, stream) = self.client.get_async_pubsub().await?.split();
            sink.subscribe(channels).await?;
            Ok(Messages { sink, stream })
        });
        subscribed.await.map_err(|error| explain(&self.place, &error))
    }

    /// Whether the server keeps what it is given: refuses one that evicts, warns of one that forgets at a restart.
    pub(super) async fn check(&self, eviction: Eviction) -> Result<Vec<Warning>, Error> {
        let place = || self.place.clone();
        let mut warnings = Vec::new();
        let policy = match self.setting("maxmemory-policy").await {
            Some(policy) => Some(policy),
            None => {
                warnings.push(Warning::ConfigBlocked { place: place() });
                self.info("memory", "maxmemory_policy").await
            }
        };
        match (policy, eviction) {
            (Some(policy), _) if policy == "noeviction" => {}
            (Some(policy), Eviction::Refused) => return Err(Error::Evicting { place: place(), policy }),
            (Some(policy), Eviction::Accepted) => warnings.push(Warning::Evicting { place: place(), policy }),
            (None, _) => {}
        }
        if self.forgets().await {
            warnings.push(Warning::NotPersistent { place: place() });
        }
        Ok(warnings)
    }

    /// True only when the server says so.
    async fn forgets(&self) -> bool {
        let log = self.info("persistence", "aof_enabled").await;
        log.as_deref() == Some("0") && self.setting("save").await.is_some_and(|schedule| schedule.is_empty())
    }

    async fn setting(&self, name: &str) -> Option<String> {
        let answer: Result<HashMap<String, String>, _> = self.run(cmd("CONFIG").arg("GET").arg(name)).await;
        answer.ok()?.remove(name)
    }

    async fn info(&self, section: &str, name: &str) -> Option<String> {
        let answer: Result<InfoDict, _> = self.run(cmd("INFO").arg(section)).await;
        answer.ok()?.get(name)
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

async fn within<T>(patience: Duration, work: impl Future<Output = Result<T, RedisError>>) -> Result<T, RedisError> {
    let late = |_| Err(io::Error::from(io::ErrorKind::TimedOut).into());
    timeout(patience, work).await.unwrap_or_else(late)
}

/// What the parser says of a bad URL is not passed on: it may quote it.
fn parse(url: &Secret) -> Result<ConnectionInfo, Error> {
    let text = url.expose();
    if let Some(kind) = ["sentinel", "cluster"].iter().find(|kind| text.starts_with(&format!("redis+{kind}:"))) {
        return Err(Error::BadUrl { why: format!("this version does not speak to a Redis {kind}") });
    }
    let info = text.into_connection_info().map_err(|_| Error::BadUrl { why: "it does not parse".to_owned() })?;
    let keepalive = TcpKeepalive::new().with_time(SILENCE).with_interval(SILENCE);
    let tcp = TcpSettings::default().set_nodelay(true).set_keepalive(keepalive);
    // Notices a peer that vanished without a word (a failover) while answers are outstanding.
    #[cfg(target_os = "linux")]
    let tcp = tcp.set_user_timeout(SILENCE * 2);
    Ok(info.set_tcp_settings(tcp))
}

fn client(info: ConnectionInfo, ca_file: Option<&Path>) -> Result<Client, Error> {
    let bad_url = |_| Error::BadUrl { why: "its parts do not fit together".to_owned() };
    let encrypted = matches!(info.addr(), ConnectionAddr::TcpTls { .. });
    let Some(path) = ca_file.filter(|_| encrypted) else { return Client::open(info).map_err(bad_url) };
    let bad_file = |why: String| Error::BadCaFile { path: path.to_owned(), why };
    let root_cert = fs::read(path).map_err(|error| bad_file(error.to_string()))?;
    let certificates = TlsCertificates { client_tls: None, root_cert: Some(root_cert) };
    Client::build_with_tls(info, certificates).map_err(|_| bad_file("it is not PEM".to_owned()))
}

fn explain(place: &str, error: &RedisError) -> Error {
    let place = place.to_owned();
    let code = error.code().unwrap_or_default();
    match (error.kind(), code) {
        (ErrorKind::AuthenticationFailed, _) | (_, "NOAUTH" | "WRONGPASS") => {
            let remedy = "Put the user and password into OAUTHCLIENT_MESSAGE_QUEUE__URL";
            Error::Denied { place, why: "the user or password is missing or wrong".to_owned(), remedy }
        }
        (ErrorKind::Server(ServerErrorKind::NoPerm), _) => {
            let remedy =
                "Allow this user (ACL SETUSER) the keys and channels of our prefix and the commands +@all -@dangerous";
            Error::Denied { place, why: error.detail().unwrap_or("NOPERM").to_owned(), remedy }
        }
        (ErrorKind::Server(ServerErrorKind::ReadOnly), _) => {
            Error::ReadOnly { place, remedy: "It is a replica: point OAUTHCLIENT_MESSAGE_QUEUE__URL at the primary" }
        }
        (_, "OOM") => Error::Full { place, remedy: "Raise its maxmemory, or delete other data in it" },
        (_, "MISCONF") => {
            let remedy = "Look into its log: it cannot write its snapshot, so it takes no writes";
            Error::Unavailable { place, why: "it cannot save to its disk".to_owned(), remedy }
        }
        (kind, code) => Error::Unavailable { place, why: cause(kind, code, error), remedy: WAIT },
    }
}

const WAIT: &str = "Check that it runs and that OAUTHCLIENT_MESSAGE_QUEUE__URL names it, then try again";

/// The cause in words of ours or of the operating system; what the server says is only quoted as its error code.
fn cause(kind: ErrorKind, code: &str, error: &RedisError) -> String {
    match kind {
        _ if error.is_timeout() => format!("no answer within {} seconds", PATIENCE.as_secs()),
        _ if error.is_connection_refusal() => "the connection was refused".to_owned(),
        ErrorKind::Io => error.to_string(),
        _ if code.is_empty() => error.category().to_owned(),
        _ => format!("it answered {code}"),
    }
}
