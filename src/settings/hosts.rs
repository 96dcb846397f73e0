//! Which `Host` headers are for us: the guard against DNS rebinding.

use super::{PublicUrl, Settings};
use std::net::Ipv6Addr;

/// What a `Host` header says about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// The public URL.
    Public,
    /// Another name of ours: pages redirect to the public URL.
    Ours,
    /// Not for us: 421, whatever the path.
    Foreign,
}

/// The names that the program answers to.
#[derive(Debug, Clone)]
pub struct Hosts {
    public: Authority,
    ours: Vec<Authority>,
    /// What a header without a port means: the default port of the public scheme, and of the listener's own.
    implied_ports: [u16; 2],
}

/// A host, in lower case and without a dot at its end, and a port, if one is written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Authority {
    host: String,
    port: Option<u16>,
}

impl Hosts {
    pub(super) fn new(settings: &Settings) -> Self {
        let public = Authority::of(&settings.public_url);
        let listener_default = if settings.tls.is_on() { 443 } else { 80 };
        let mut ours = Vec::new();
        for authority in settings.allowed_hosts.iter().filter_map(|text| Authority::parse(text)) {
            match authority.port {
                Some(_) => ours.push(authority),
                None => ours.extend([settings.port, settings.public_url.port()].map(|port| authority.at(port))),
            }
        }
        if settings.is_loopback() {
            ours.extend(Authority::loopback(settings.port));
            ours.extend(Authority::parse(&settings.address.to_string()).map(|address| address.at(settings.port)));
        }
        // Inside a container the address is 0.0.0.0, and still the browser may say localhost.
        if Authority::loopback(settings.public_url.port()).contains(&public) {
            ours.extend(Authority::loopback(settings.public_url.port()));
        }
        Self { public, ours, implied_ports: [settings.public_url.default_port(), listener_default] }
    }

    /// Judges the `Host` header, or the `:authority`, of a request.
    pub fn verdict(&self, host_header: Option<&str>) -> Host {
        match host_header.and_then(Authority::parse) {
            Some(header) if self.same(&header, &self.public) => Host::Public,
            Some(header) if self.ours.iter().any(|ours| self.same(&header, ours)) => Host::Ours,
            _ => Host::Foreign,
        }
    }

    fn same(&self, header: &Authority, known: &Authority) -> bool {
        let implied = || known.port.is_some_and(|port| self.implied_ports.contains(&port));
        header.host == known.host && (header.port == known.port || (header.port.is_none() && implied()))
    }
}

/// Whether a text is a `Host` value: a name or an address, and perhaps a port.
pub(super) fn is_host(text: &str) -> bool {
    Authority::parse(text).is_some()
}

impl Authority {
    fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.rsplit_once(':') {
            // Colons inside of an IPv6 address separate no port, bare (`::1`) or in brackets.
            Some((host, _)) if text.ends_with(']') || (host.contains(':') && !host.ends_with(']')) => (text, None),
            Some((host, port)) => (host, Some(parse_port(port)?)),
            None => (text, None),
        };
        Some(Self { host: parse_host(host)?, port })
    }

    fn of(url: &PublicUrl) -> Self {
        let host = parse_host(url.host_name()).unwrap_or_else(|| url.host_name().to_owned());
        Self { host, port: Some(url.port()) }
    }

    fn loopback(port: u16) -> [Self; 3] {
        ["localhost", "127.0.0.1", "::1"].map(|host| Self { host: host.to_owned(), port: Some(port) })
    }

    fn at(&self, port: u16) -> Self {
        Self { host: self.host.clone(), port: Some(port) }
    }
}

fn parse_port(text: &str) -> Option<u16> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

fn parse_host(text: &str) -> Option<String> {
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Ok(address) = inner.unwrap_or(text).parse::<Ipv6Addr>() {
        return Some(address.to_string());
    }
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    (!name.is_empty() && name.bytes().all(allowed)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Surroundings;
    use std::path::Path;

    fn verdicts(variables: &[(&str, &str)], table: &[(&str, Host)]) {
        let home = [("HOME", "/home/u")];
        let surroundings = Surroundings::of(Path::new("/nowhere"), home.into_iter().chain(variables.iter().copied()));
        let hosts = Settings::resolve(&surroundings).unwrap().hosts();
        for (header, verdict) in table {
            assert_eq!(hosts.verdict(Some(header)), *verdict, "{header} with {variables:?}");
        }
        assert_eq!(hosts.verdict(None), Host::Foreign);
    }

    #[test]
    fn by_default_only_loopback_names_at_our_port_are_ours() {
        verdicts(
            &[],
            &[
                ("127.0.0.1:8080", Host::Public),
                ("localhost:8080", Host::Ours),
                ("LOCALHOST.:8080", Host::Ours),
                ("[::1]:8080", Host::Ours),
                ("[0:0::1]:8080", Host::Ours),
                ("localhost", Host::Foreign),
                ("localhost:3000", Host::Foreign),
                ("127.0.0.1", Host::Foreign),
                ("evil.example:8080", Host::Foreign),
                ("127.0.0.1.evil.example:8080", Host::Foreign),
                ("user@127.0.0.1:8080", Host::Foreign),
                ("127.0.0.1:8080, evil.example", Host::Foreign),
                ("127.0.0.1:+8080", Host::Foreign),
                ("localhost..:8080", Host::Foreign),
                ("127.0.0.1:", Host::Foreign),
                (" ", Host::Foreign),
                ("", Host::Foreign),
            ],
        );
    }

    #[test]
    fn behind_a_proxy_the_public_name_needs_no_port() {
        verdicts(
            &[("OAUTHCLIENT_ADDRESS", "0.0.0.0"), ("OAUTHCLIENT_PUBLIC_URL", "https://OAuth.example/helper")],
            &[
                ("oauth.example", Host::Public),
                ("oauth.example:443", Host::Public),
                ("OAUTH.EXAMPLE.", Host::Public),
                ("oauth.example:8080", Host::Foreign),
                ("localhost:8080", Host::Foreign),
            ],
        );
    }

    #[test]
    fn allowed_hosts_mean_our_port_unless_they_say_another() {
        verdicts(
            &[("OAUTHCLIENT_PORT", "9000"), ("OAUTHCLIENT_ALLOWED_HOSTS", "Host.Docker.Internal, helper:81 ::2")],
            &[
                ("host.docker.internal:9000", Host::Ours),
                ("host.docker.internal", Host::Foreign),
                ("helper:81", Host::Ours),
                ("helper:9000", Host::Foreign),
                ("[::2]:9000", Host::Ours),
                ("127.0.0.1:9000", Host::Public),
            ],
        );
    }

    #[test]
    fn in_a_container_localhost_reaches_the_default_public_url() {
        verdicts(
            &[("OAUTHCLIENT_ADDRESS", "0.0.0.0")],
            &[("127.0.0.1:8080", Host::Public), ("localhost:8080", Host::Ours), ("10.0.0.7:8080", Host::Foreign)],
        );
    }

    #[test]
    fn at_port_80_a_header_has_no_port() {
        verdicts(
            &[("OAUTHCLIENT_PORT", "80")],
            &[("127.0.0.1", Host::Public), ("localhost", Host::Ours), ("127.0.0.1:80", Host::Public)],
        );
    }
}
