//! Connecting to a Redis, whichever kind it is. With Sentinels each connection begins with asking who the primary is.

use super::address::{Address, Kind};
use crate::store::Error;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, ErrorKind, Pipeline, RedisError, RedisFuture, RedisResult,
    TlsCertificates, TlsMode, Value,
    aio::{ConnectionLike, MultiplexedConnection, PubSub},
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
    cluster_routing::{MultipleNodeRoutingInfo, Route, RoutingInfo, SingleNodeRoutingInfo, SlotAddr},
    io::tcp::{TcpSettings, socket2::TcpKeepalive},
    sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType},
};
use std::{fs, path::Path, time::Duration};
use tokio::sync::Mutex;

/// To connect.
const CONNECT: Duration = Duration::from_secs(2);

/// For an answer; those who ask have less patience, but for [`super::confirm`].
const ANSWER: Duration = Duration::from_secs(5);

/// How long a connection may be silent before it is probed, and how often it is probed.
const SILENCE: Duration = Duration::from_secs(5);

pub(super) enum Dial {
    Server(Client),
    Sentinel(Mutex<SentinelClient>),
    Cluster { client: ClusterClient, nodes: Vec<Client> },
}

/// Cheap to clone: clones share one connection, or one to each node.
#[derive(Clone)]
pub(super) enum Connection {
    Server(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Dial {
    /// `ca_file`: trust these certificates (PEM) instead of the system's.
    pub fn new(address: Address, ca_file: Option<&Path>) -> Result<Self, Error> {
        let certificates = ca_file.filter(|_| address.encrypted).map(certificates).transpose()?;
        let made = match &address.kind {
            Kind::Server => server(&address, certificates),
            Kind::Sentinel { service, user, password } => {
                sentinel(&address, certificates, service, user.as_deref(), password.as_deref())
            }
            Kind::Cluster => cluster(&address, certificates),
        };
        made.map_err(|error| match (ca_file, error.kind()) {
            (Some(path), ErrorKind::InvalidClientConfig | ErrorKind::Io) if address.encrypted => {
                Error::BadCaFile { path: path.to_owned(), why: "it is not PEM".to_owned() }
            }
            _ => Error::BadUrl { why: "its parts do not fit together".to_owned() },
        })
    }

    /// Its type is forgotten: what the Redis crate does here has more layers than the compiler looks through.
    pub fn connect(&self) -> RedisFuture<'_, Connection> {
        Box::pin(self.connected())
    }

    async fn connected(&self) -> RedisResult<Connection> {
        let config = AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT));
        let config = config.set_response_timeout(Some(ANSWER));
        let client = match self {
            Self::Server(client) => client.clone(),
            Self::Sentinel(sentinel) => sentinel.lock().await.async_get_client().await?,
            Self::Cluster { client, .. } => return client.get_async_connection().await.map(Connection::Cluster),
        };
        client.get_multiplexed_async_connection_with_config(&config).await.map(Connection::Server)
    }

    /// A connection that hears what is published, on whichever node of a Cluster.
    pub async fn listen(&self) -> RedisResult<PubSub> {
        match self {
            Self::Server(client) => client.get_async_pubsub().await,
            Self::Sentinel(sentinel) => {
                let client = sentinel.lock().await.async_get_client().await?;
                client.get_async_pubsub().await
            }
            Self::Cluster { nodes, .. } => {
                let mut last = RedisError::from((ErrorKind::ClusterConnectionNotFound, "no node answers"));
                for node in nodes {
                    match node.get_async_pubsub().await {
                        Ok(connection) => return Ok(connection),
                        Err(error) => last = error,
                    }
                }
                Err(last)
            }
        }
    }
}

/// What is asked, and of which server where there are several.
#[derive(Clone, Copy)]
pub(super) enum Request<'a> {
    /// Whichever the command itself says.
    One(&'a Cmd),
    /// Each server that takes writes.
    All(&'a Cmd),
    /// The one that has this key: on one TCP connection, one after the other. Each answer may be an error.
    At(&'a str, &'a [Cmd]),
}

impl Connection {
    pub fn answer<'a>(&'a mut self, request: Request<'a>) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(self.answered(request))
    }

    async fn answered(&mut self, request: Request<'_>) -> RedisResult<Vec<Value>> {
        match (self, request) {
            (Self::Server(connection), Request::One(command) | Request::All(command)) => {
                Ok(vec![connection.req_packed_command(command).await?.extract_error()?])
            }
            (Self::Server(connection), Request::At(_, commands)) => {
                connection.req_packed_commands(&in_a_row(commands), 0, commands.len()).await
            }
            (Self::Cluster(connection), Request::One(command)) => {
                Ok(vec![connection.req_packed_command(command).await?.extract_error()?])
            }
            (Self::Cluster(connection), Request::All(command)) => {
                let routing = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
                match connection.route_command(command.clone(), routing).await?.extract_error()? {
                    Value::Map(answers) => Ok(answers.into_iter().map(|(_, answer)| answer).collect()),
                    answer => Ok(vec![answer]),
                }
            }
            (Self::Cluster(connection), Request::At(key, commands)) => {
                let route = SingleNodeRoutingInfo::SpecificNode(Route::with_key(key, SlotAddr::Master));
                connection.route_pipeline(in_a_row(commands), 0, commands.len(), route).await
            }
        }
    }
}

fn in_a_row(commands: &[Cmd]) -> Pipeline {
    let mut pipeline = Pipeline::with_capacity(commands.len());
    for command in commands {
        pipeline.add_command(command.clone());
    }
    pipeline
}

fn server(address: &Address, certificates: Option<TlsCertificates>) -> RedisResult<Dial> {
    let node = address.nodes.first().ok_or((ErrorKind::InvalidClientConfig, "no address"))?;
    client(node, certificates.as_ref()).map(Dial::Server)
}

fn client(node: &ConnectionInfo, certificates: Option<&TlsCertificates>) -> RedisResult<Client> {
    let node = node.clone().set_tcp_settings(tcp());
    match certificates {
        Some(certificates) => Client::build_with_tls(node, certificates.clone()),
        None => Client::open(node),
    }
}

fn sentinel(
    address: &Address,
    certificates: Option<TlsCertificates>,
    service: &str,
    user: Option<&str>,
    password: Option<&str>,
) -> RedisResult<Dial> {
    let nodes = address.nodes.iter().map(|node| node.addr().clone());
    let mut builder = SentinelClientBuilder::new(nodes, service, SentinelServerType::Master)?
        .set_client_to_redis_db(address.login.db())
        .set_client_to_redis_protocol(address.login.protocol())
        .set_client_to_redis_tcp_settings(tcp())
        .set_client_to_sentinel_tcp_settings(tcp());
    if let Some(name) = address.login.username() {
        builder = builder.set_client_to_redis_username(name);
    }
    if let Some(password) = address.login.password() {
        builder = builder.set_client_to_redis_password(password);
    }
    if let Some(name) = user {
        builder = builder.set_client_to_sentinel_username(name);
    }
    if let Some(password) = password {
        builder = builder.set_client_to_sentinel_password(password);
    }
    if address.encrypted {
        builder = builder.set_client_to_redis_tls_mode(TlsMode::Secure);
    }
    if let Some(certificates) = certificates {
        builder = builder.set_client_to_redis_certificates(certificates.clone());
        builder = builder.set_client_to_sentinel_certificates(certificates);
    }
    builder.build().map(|client| Dial::Sentinel(Mutex::new(client)))
}

fn cluster(address: &Address, certificates: Option<TlsCertificates>) -> RedisResult<Dial> {
    let nodes =
        address.nodes.iter().map(|node| client(node, certificates.as_ref())).collect::<RedisResult<Vec<_>>>()?;
    let mut builder = ClusterClient::builder(address.nodes.clone())
        .tcp_settings(tcp())
        .connection_timeout(CONNECT)
        .response_timeout(ANSWER)
        .retries(2);
    if let Some(certificates) = certificates {
        builder = builder.certs(certificates);
    }
    Ok(Dial::Cluster { client: builder.build()?, nodes })
}

fn certificates(path: &Path) -> Result<TlsCertificates, Error> {
    let read = fs::read(path).map_err(|error| Error::BadCaFile { path: path.to_owned(), why: error.to_string() });
    Ok(TlsCertificates { client_tls: None, root_cert: Some(read?) })
}

fn tcp() -> TcpSettings {
    let keepalive = TcpKeepalive::new().with_time(SILENCE).with_interval(SILENCE);
    let tcp = TcpSettings::default().set_nodelay(true).set_keepalive(keepalive);
    // Notices a peer that vanished without a word (a failover) while answers are outstanding.
    #[cfg(target_os = "linux")]
    let tcp = tcp.set_user_timeout(SILENCE * 2);
    tcp
}
