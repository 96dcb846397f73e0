//! Connecting to a Redis, whichever kind it is. With Sentinels each connection begins with asking who the primary is.

use super::{
    address::{Address, Kind},
    sentinels::{HostAndPort, Sentinels, not_now},
};
use crate::store::Error;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo, Pipeline,
    RedisConnectionInfo, RedisError, RedisFuture, RedisResult, Role, TlsCertificates, Value,
    aio::{ConnectionLike, MultiplexedConnection, PubSub},
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
    cluster_routing::{MultipleNodeRoutingInfo, Route, RoutingInfo, SingleNodeRoutingInfo, SlotAddr},
    cmd,
    io::tcp::{TcpSettings, socket2::TcpKeepalive},
};
use std::{fs, path::Path, time::Duration};

/// To connect.
const CONNECT: Duration = Duration::from_secs(2);

/// For an answer; those who ask have less patience, but for [`super::confirm`].
const ANSWER: Duration = Duration::from_secs(5);

/// How long a connection may be silent before it is probed, and how often it is probed.
const SILENCE: Duration = Duration::from_secs(5);

pub(super) enum Dial {
    Server(Client),
    Sentinel { sentinels: Sentinels, servers: Template },
    Cluster { client: Box<ClusterClient>, nodes: Vec<Client> },
}

/// Cheap to clone: clones share one connection, or one to each node.
#[derive(Clone)]
pub(super) enum Connection {
    /// `found`: where the Sentinels said that it is.
    Server {
        connection: MultiplexedConnection,
        found: Option<HostAndPort>,
    },
    Cluster(ClusterConnection),
}

/// How one connects to a server that was found.
pub(super) struct Template {
    login: RedisConnectionInfo,
    encrypted: bool,
    certificates: Option<TlsCertificates>,
}

impl Dial {
    /// `ca_file`: trust these certificates (PEM) instead of the system's.
    pub fn new(address: Address, ca_file: Option<&Path>) -> Result<Self, Error> {
        let certificates = ca_file.filter(|_| address.encrypted).map(certificates).transpose()?;
        let made = match &address.kind {
            Kind::Server => server(&address, certificates),
            Kind::Sentinel { service, login } => sentinels(&address, certificates, service, login),
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
        match self {
            Self::Server(client) => Ok(Connection::Server { connection: connect(client).await?, found: None }),
            Self::Sentinel { sentinels, servers } => {
                let found = sentinels.primary().await?;
                let mut connection = connect(&servers.client(&found)?).await?;
                // Where that may not be asked, the Sentinels are believed.
                match cmd("ROLE").query_async(&mut connection).await {
                    Ok(Role::Replica { .. }) => Err(not_now()),
                    _ => Ok(Connection::Server { connection, found: Some(found) }),
                }
            }
            Self::Cluster { client, .. } => client.get_async_connection().await.map(Connection::Cluster),
        }
    }

    /// Whether the connection leads to the primary still. Others than Sentinels cannot be asked.
    pub async fn still_leads_to(&self, connection: &Connection) -> bool {
        match (self, connection) {
            (Self::Sentinel { sentinels, .. }, Connection::Server { found, .. }) => {
                sentinels.primary().await.ok().is_some_and(|primary| Some(primary) == *found)
            }
            _ => true,
        }
    }

    pub fn is_cluster(&self) -> bool {
        matches!(self, Self::Cluster { .. })
    }

    /// A connection that hears what is published, on whichever node of a Cluster.
    pub async fn listen(&self) -> RedisResult<PubSub> {
        match self {
            Self::Server(client) => client.get_async_pubsub().await,
            Self::Sentinel { sentinels, servers } => {
                servers.client(&sentinels.primary().await?)?.get_async_pubsub().await
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

impl Template {
    fn client(&self, (host, port): &HostAndPort) -> RedisResult<Client> {
        let (host, port) = (host.clone(), *port);
        let address = match self.encrypted {
            true => ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None },
            false => ConnectionAddr::Tcp(host, port),
        };
        client(address.into_connection_info()?.set_redis_settings(self.login.clone()), self.certificates.as_ref())
    }
}

async fn connect(client: &Client) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT));
    client.get_multiplexed_async_connection_with_config(&config.set_response_timeout(Some(ANSWER))).await
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
            (Self::Server { connection, .. }, Request::One(command) | Request::All(command)) => {
                Ok(vec![connection.req_packed_command(command).await?.extract_error()?])
            }
            (Self::Server { connection, .. }, Request::At(_, commands)) => {
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
    client(node.clone(), certificates.as_ref()).map(Dial::Server)
}

fn client(node: ConnectionInfo, certificates: Option<&TlsCertificates>) -> RedisResult<Client> {
    let node = node.set_tcp_settings(tcp());
    match certificates {
        Some(certificates) => Client::build_with_tls(node, certificates.clone()),
        None => Client::open(node),
    }
}

fn sentinels(
    address: &Address,
    certificates: Option<TlsCertificates>,
    service: &str,
    login: &RedisConnectionInfo,
) -> RedisResult<Dial> {
    let nodes = address.nodes.iter().map(|node| node.clone().set_redis_settings(login.clone()));
    let clients = nodes.map(|node| client(node, certificates.as_ref())).collect::<RedisResult<Vec<_>>>()?;
    let servers = Template { login: address.login.clone(), encrypted: address.encrypted, certificates };
    Ok(Dial::Sentinel { sentinels: Sentinels::new(service.to_owned(), clients), servers })
}

fn cluster(address: &Address, certificates: Option<TlsCertificates>) -> RedisResult<Dial> {
    let nodes = address
        .nodes
        .iter()
        .map(|node| client(node.clone(), certificates.as_ref()))
        .collect::<RedisResult<Vec<_>>>()?;
    let mut builder = ClusterClient::builder(address.nodes.clone())
        .tcp_settings(tcp())
        .connection_timeout(CONNECT)
        .response_timeout(ANSWER)
        .retries(2);
    if let Some(certificates) = certificates {
        builder = builder.certs(certificates);
    }
    Ok(Dial::Cluster { client: Box::new(builder.build()?), nodes })
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
