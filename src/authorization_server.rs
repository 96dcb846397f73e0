//! The only outbound HTTP of the program: limits, TLS, the address policy, and one trace event for each request.
//!
//! A request is sent once or not at all. No redirect is followed, nothing is retried, and no proxy of the environment is
//! asked, because the address policy could not hold behind it. No connection to an authorization server is used twice: one
//! that closes an idle one while a code is on its way would leave us in doubt. What is passed on to an API (`relay`) goes
//! over connections that are kept a while.

mod address;
mod answer;
mod error;
mod relay;
mod request;
mod resolver;
mod trust;

pub use error::Error;
pub use relay::{Relayed, RelayedBody, Relaying};

use crate::oauth::outgoing::{Answer, Outgoing, TlsIdentity};
use address::{Channel, Policy, Private};
use reqwest::Client;
use resolver::{Lookup, Resolver};
use std::{
    fmt,
    path::PathBuf,
    sync::OnceLock,
    time::{Duration, Instant},
};
use trust::Anchors;
use url::{Host, Url};

/// The `OAUTHCLIENT_OUTBOUND__*` settings.
#[derive(Clone, Debug, Default)]
pub struct Outbound {
    /// Authorization servers at private and loopback addresses, there also over plain http.
    pub allow_private: bool,
    /// PEM file of trust anchors beside the system's.
    pub ca_file: Option<PathBuf>,
}

/// How long and how much.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the name's lookup to the last byte of the answer.
    pub total: Duration,
    /// Name lookup, TCP and TLS.
    pub connect: Duration,
    /// Bytes of an answer's body, after decompression.
    pub body: usize,
}

/// The network as this program uses it. Cheap to make; a client with the system's trust anchors is built at the first
/// https request and kept.
pub struct Network {
    private: Private,
    anchors: Anchors,
    limits: Limits,
    lookup: Lookup,
    exchanges: Kept,
    relays: Kept,
}

/// The clients that are kept, for plain http and for https.
#[derive(Default)]
struct Kept {
    plain: OnceLock<Client>,
    tls: OnceLock<Client>,
}

/// What a client is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// One question to an authorization server, with a short answer.
    Exchange,
    /// Somebody else's request to an API, passed on as it is.
    Relay,
}

impl Default for Limits {
    fn default() -> Self {
        Self { total: Duration::from_secs(30), connect: Duration::from_secs(10), body: 1024 * 1024 }
    }
}

impl Network {
    /// # Errors
    /// [`Error::CaFile`] when the file cannot be read or holds no usable certificate.
    pub fn new(outbound: &Outbound) -> Result<Self, Error> {
        Self::with_limits(outbound, Limits::default())
    }

    /// The same with other limits.
    pub fn with_limits(outbound: &Outbound, limits: Limits) -> Result<Self, Error> {
        Ok(Self {
            private: if outbound.allow_private { Private::Allowed } else { Private::Refused },
            anchors: Anchors::read(outbound.ca_file.as_deref())?,
            limits,
            lookup: resolver::system,
            exchanges: Kept::default(),
            relays: Kept::default(),
        })
    }

    /// Sends once and reads the whole answer. Any status but a redirect is an answer.
    pub async fn send(&self, outgoing: Outgoing) -> Result<Answer, Error> {
        let (method, host) = (outgoing.method.as_str(), authority(&outgoing.url));
        let started = Instant::now();
        let result = self.exchange(outgoing, &host).await;
        let duration_ms = started.elapsed().as_millis();
        match &result {
            Ok(answer) => tracing::info!(method, host, status = answer.status, duration_ms, "request sent"),
            Err(error) => tracing::warn!(method, host, %error, duration_ms, "request failed"),
        }
        result
    }

    async fn exchange(&self, mut outgoing: Outgoing, host: &str) -> Result<Answer, Error> {
        let policy = self.admit(&outgoing.url)?;
        let client = self.client(policy, Purpose::Exchange, outgoing.identity.take().as_ref())?;
        let request = request::build(&client, outgoing)?;
        let response = request.send().await.map_err(|failure| Error::sort(&failure, host, self.limits))?;
        answer::read(response, host, self.limits).await
    }

    /// What is allowed for this URL. An address written in it is checked here, because the resolver is asked about
    /// names only.
    fn admit(&self, url: &Url) -> Result<Policy, Error> {
        let channel = match url.scheme() {
            "https" => Channel::Tls,
            "http" => Channel::Plain,
            _ => return Err(Error::BadUrl { reason: "it starts with neither https:// nor http://" }),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::BadUrl { reason: "it carries a user name or a password before the host" });
        }
        let policy = Policy { private: self.private, channel };
        match url.host() {
            Some(Host::Ipv4(address)) => policy.check(&authority(url), address.into())?,
            Some(Host::Ipv6(address)) => policy.check(&authority(url), address.into())?,
            Some(Host::Domain(_)) => {}
            None => return Err(Error::BadUrl { reason: "it has no host" }),
        }
        Ok(policy)
    }

    fn client(&self, policy: Policy, purpose: Purpose, identity: Option<&TlsIdentity>) -> Result<Client, Error> {
        if identity.is_some() {
            // Made for one request: a certificate is shown by its own client alone, and its key is kept nowhere.
            return self.build(policy, purpose, identity);
        }
        let all = match purpose {
            Purpose::Exchange => &self.exchanges,
            Purpose::Relay => &self.relays,
        };
        let kept = match policy.channel {
            Channel::Plain => &all.plain,
            Channel::Tls => &all.tls,
        };
        match kept.get() {
            Some(client) => Ok(client.clone()),
            None => self.build(policy, purpose, None).map(|client| kept.get_or_init(|| client).clone()),
        }
    }

    fn build(&self, policy: Policy, purpose: Purpose, identity: Option<&TlsIdentity>) -> Result<Client, Error> {
        trust::install_ring();
        // Without https there is no need for trust anchors, which take milliseconds to load or may be missing.
        let trusted = match policy.channel {
            Channel::Plain => Client::builder().tls_certs_only([]),
            Channel::Tls => Client::builder().tls_certs_merge(self.anchors.certificates()).https_only(true),
        };
        let (introduced, failure) = match identity {
            None => (trusted, Error::NoTrustAnchors),
            Some(_) if policy.channel == Channel::Plain => {
                return Err(Error::BadUrl { reason: "it is plain http, and a TLS client certificate needs https" });
            }
            Some(identity) => (trusted.identity(trust::identity(identity)?), Error::Identity),
        };
        let limited = match purpose {
            Purpose::Exchange => introduced.timeout(self.limits.total).pool_max_idle_per_host(0),
            // Neither unpacked nor cut off: what the API sends is what the caller gets, for as long as something comes.
            Purpose::Relay => introduced.no_gzip().read_timeout(relay::SILENCE).pool_idle_timeout(relay::IDLE),
        };
        limited
            .user_agent(concat!("oauth-client-helper/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.limits.connect)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .dns_resolver(Resolver { policy, lookup: self.lookup })
            .build()
            .map_err(|_| failure)
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").field("private", &self.private).field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// Host, and port where one is written: all of a URL that may be shown.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, TcpListener};

    const LOOPBACK: Lookup = |_| Ok(vec![IpAddr::from([127, 0, 0, 1])]);

    fn network(outbound: &Outbound, lookup: Lookup) -> Network {
        Network { lookup, ..Network::new(outbound).unwrap() }
    }

    async fn refusal(network: &Network, url: &str) -> Error {
        network.send(Outgoing::get(url.parse().unwrap())).await.unwrap_err()
    }

    #[tokio::test]
    async fn a_name_that_leads_to_a_metadata_address_is_never_connected_to() {
        let network =
            network(&Outbound { allow_private: true, ca_file: None }, |_| Ok(vec![IpAddr::from([169, 254, 169, 254])]));
        for url in ["http://as.example/latest", "https://as.example/latest"] {
            assert_eq!(refusal(&network, url).await, Error::ForbiddenAddress { host: "as.example".to_owned() });
        }
    }

    #[tokio::test]
    async fn a_public_name_is_not_asked_over_plain_http() {
        let network = network(&Outbound::default(), |_| Ok(vec![IpAddr::from([1, 1, 1, 1])]));
        let error = refusal(&network, "http://as.example/token?code=canary").await;
        assert_eq!(error, Error::PlainHttp { host: "as.example".to_owned() });
    }

    #[tokio::test]
    async fn the_checked_address_is_the_one_connected_to() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("http://as.example:{port}/");
        let refusing = network(&Outbound::default(), LOOPBACK);
        assert_eq!(refusal(&refusing, &url).await, Error::PrivateAddress { host: "as.example".to_owned() });
        listener.set_nonblocking(true).unwrap();
        assert!(listener.accept().is_err());
        let limits = Limits { total: Duration::from_millis(500), ..Limits::default() };
        let outbound = Outbound { allow_private: true, ca_file: None };
        let allowing = Network { lookup: LOOPBACK, ..Network::with_limits(&outbound, limits).unwrap() };
        assert!(refusal(&allowing, &url).await.may_have_been_received());
        assert!(listener.accept().is_ok());
    }
}
