//! The URL of a Redis: one server, a service that Sentinels watch, or a Cluster.

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo};
use std::fmt;
use url::Url;

/// Where a Redis is, and how one logs in there.
#[derive(Clone)]
pub struct Address {
    pub(super) kind: Kind,
    /// The server, the Sentinels, or some nodes of the Cluster: at least one.
    pub(super) nodes: Vec<ConnectionInfo>,
    /// Login and database of the servers that hold data.
    pub(super) login: RedisConnectionInfo,
    pub(super) encrypted: bool,
}

#[derive(Clone)]
pub(super) enum Kind {
    Server,
    /// `login`: to the Sentinels themselves.
    Sentinel {
        service: String,
        login: RedisConnectionInfo,
    },
    Cluster,
}

/// What is wrong with a URL, and what one looks like. It quotes nothing: there may be a password in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadAddress(&'static str);

const FORMS: BadAddress = BadAddress(
    "expected redis://[user:password@]host[:port][/database], redis+sentinel://[user:password@]host[:port],…/service or \
     redis+cluster://[user:password@]host[:port],…, or the same with rediss for TLS",
);
const FRAGMENT: BadAddress = BadAddress("may not end in #…; a private CA belongs into OAUTHCLIENT_OUTBOUND__CA_FILE");
const SERVICE: BadAddress =
    BadAddress("lacks the name of the service that the Sentinels watch: redis+sentinel://host:port,host:port/service");
const OPTION: BadAddress = BadAddress("has an option that is not known; there are sentinel_user and sentinel_password");

const SENTINEL_PORT: u16 = 26379;

impl Address {
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        // The Redis crate reads `#insecure` as "do not check the certificate".
        if text.contains('#') {
            return Err(FRAGMENT);
        }
        let (scheme, rest) = text.split_once("://").ok_or(FORMS)?;
        let scheme = scheme.to_ascii_lowercase();
        let (transport, kind) = scheme.split_once('+').unwrap_or((&scheme, ""));
        let parts = Parts::split(rest);
        match (transport, kind) {
            ("redis" | "rediss", "") => parts.server(transport),
            ("redis" | "rediss", "sentinel") => parts.sentinel(transport),
            ("redis" | "rediss", "cluster") => parts.cluster(transport),
            _ => Err(FORMS),
        }
    }

    /// Whether it holds a password.
    pub fn has_password(&self) -> bool {
        let of_sentinels = match &self.kind {
            Kind::Sentinel { login, .. } => login.password().is_some(),
            Kind::Server | Kind::Cluster => false,
        };
        of_sentinels || self.login.password().is_some()
    }

    /// As messages call it.
    pub(super) fn place(&self) -> String {
        let nodes: Vec<_> = self.nodes.iter().map(|node| written(node.addr())).collect();
        let nodes = nodes.join(", ");
        match &self.kind {
            Kind::Server => format!("Redis at {nodes}"),
            Kind::Sentinel { service, .. } => format!("Redis service {service} (Sentinels at {nodes})"),
            Kind::Cluster => format!("the Redis Cluster at {nodes}"),
        }
    }
}

/// As in a URL: an IPv6 address in brackets (RFC 3986 §3.2.2).
fn written(address: &ConnectionAddr) -> String {
    match address {
        ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } if host.contains(':') => {
            format!("[{host}]:{port}")
        }
        address => address.to_string(),
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.place())
    }
}

/// What stands between `://` and the end.
struct Parts<'a> {
    /// With its `@`.
    login: &'a str,
    hosts: &'a str,
    path: &'a str,
    query: &'a str,
}

impl<'a> Parts<'a> {
    fn split(rest: &'a str) -> Self {
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, hosts) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
        Self { login, hosts, path, query }
    }

    fn server(&self, transport: &str) -> Result<Address, BadAddress> {
        if self.hosts.contains(',') {
            return Err(FORMS);
        }
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        let node = node(&format!("{transport}://{}{}/{}{query}", self.login, self.hosts, self.path))?;
        Ok(Address { login: node.redis_settings().clone(), kind: Kind::Server, ..Address::of(vec![node], transport) })
    }

    fn cluster(&self, transport: &str) -> Result<Address, BadAddress> {
        if !self.query.is_empty() || !self.path.is_empty() {
            return Err(FORMS);
        }
        let nodes = self.nodes(transport, self.login, None)?;
        Ok(Address { kind: Kind::Cluster, ..Address::of(nodes, transport) })
    }

    fn sentinel(&self, transport: &str) -> Result<Address, BadAddress> {
        let (service, database) = self.path.split_once('/').unwrap_or((self.path, ""));
        if service.is_empty() {
            return Err(SERVICE);
        }
        let mut of_sentinels = RedisConnectionInfo::default();
        for (name, value) in url::form_urlencoded::parse(self.query.as_bytes()) {
            of_sentinels = match &*name {
                "sentinel_user" => of_sentinels.set_username(value),
                "sentinel_password" => of_sentinels.set_password(value),
                _ => return Err(OPTION),
            }
        }
        let login = node(&format!("{transport}://{}host/{database}", self.login))?.redis_settings().clone();
        let kind = Kind::Sentinel { service: service.to_owned(), login: of_sentinels };
        let nodes = self.nodes(transport, "", Some(SENTINEL_PORT))?;
        Ok(Address { kind, login, ..Address::of(nodes, transport) })
    }

    fn nodes(&self, transport: &str, login: &str, port: Option<u16>) -> Result<Vec<ConnectionInfo>, BadAddress> {
        let of_host = |host: &str| {
            let text = format!("{transport}://{login}{host}");
            let has_port = Url::parse(&text).map_err(|_| FORMS)?.port().is_some();
            match port.filter(|_| !has_port) {
                Some(port) => node(&format!("{text}:{port}")),
                None => node(&text),
            }
        };
        self.hosts.split(',').map(of_host).collect()
    }
}

impl Address {
    fn of(nodes: Vec<ConnectionInfo>, transport: &str) -> Self {
        let login = nodes.first().map(|node| node.redis_settings().clone()).unwrap_or_default();
        Self { kind: Kind::Server, nodes, login, encrypted: transport == "rediss" }
    }
}

/// One server's URL, read by the Redis crate. What it says of a bad one is not passed on: it may quote it.
fn node(text: &str) -> Result<ConnectionInfo, BadAddress> {
    let url = Url::parse(text).map_err(|_| FORMS)?;
    let has_host = url.host_str().is_some_and(|host| !host.is_empty());
    let database = url.path().trim_start_matches('/');
    if !has_host || !database.bytes().all(|b| b.is_ascii_digit()) {
        return Err(FORMS);
    }
    text.into_connection_info().map_err(|_| FORMS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(text: &str) -> Vec<String> {
        Address::parse(text).unwrap().nodes.iter().map(|node| written(node.addr())).collect()
    }

    #[test]
    fn a_redis_url_names_a_server_and_perhaps_a_database() {
        for good in ["redis://localhost", "rediss://u:p@redis.example:6380/2", "redis://[::1]:6379/", "redis://:p@h"] {
            assert!(Address::parse(good).is_ok(), "{good}");
        }
        for bad in
            ["localhost:6379", "http://h", "redis://", "redis://h/zero", "rediss://h#insecure", "redis", "redis://a,b"]
        {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Address::parse("redis://u:p%40ss@h:1/3").unwrap().login.db(), 3);
    }

    #[test]
    fn sentinels_are_named_with_the_service_they_watch() {
        let address = Address::parse("redis+sentinel://u:p%40ss@a:1,[::1],c/main/2?sentinel_password=q").unwrap();
        assert_eq!(hosts("redis+sentinel://u:p@a:1,[::1],c/main"), ["a:1", "[::1]:26379", "c:26379"]);
        assert_eq!(
            (address.login.username(), address.login.password(), address.login.db()),
            (Some("u"), Some("p@ss"), 2)
        );
        let Kind::Sentinel { service, login } = &address.kind else { panic!("no service") };
        assert_eq!((service.as_str(), login.username(), login.password()), ("main", None, Some("q")));
        assert!(!address.place().contains("p@ss") && address.place().contains("main"), "{}", address.place());
        for bad in
            ["redis+sentinel://a:1,b:2", "redis+sentinel:///main", "redis+sentinel://a:x/main", "redis+sentinel://a,/m"]
        {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Address::parse("redis+sentinel://a/m?tls=no").err(), Some(OPTION));
    }

    #[test]
    fn a_cluster_is_named_by_some_of_its_nodes() {
        assert_eq!(hosts("redis+cluster://a:1,b:2,c"), ["a:1", "b:2", "c:6379"]);
        assert!(Address::parse("rediss+cluster://u:p@a").unwrap().encrypted);
        assert!(Address::parse("rediss+cluster://u:p@a").unwrap().has_password());
        for bad in ["redis+cluster://", "redis+cluster://a/1", "redis+other://a", "unix+cluster://a"] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }
}
