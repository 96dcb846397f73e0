//! Names to addresses, of which only those that the policy allows are handed to the connection.

use super::{Error, address::Policy};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{
    io,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
};

/// All addresses of a name, by asking the system or, in tests, a table. It may block.
pub(super) type Lookup = fn(&str) -> io::Result<Vec<IpAddr>>;

/// The one way from a name to a socket. The addresses that were checked are the ones connected to, so that a name
/// which answers differently the second time (DNS rebinding) gains nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resolver {
    pub policy: Policy,
    pub lookup: Lookup,
}

pub(super) fn system(name: &str) -> io::Result<Vec<IpAddr>> {
    Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { policy, lookup } = *self;
        let host = name.as_str().to_owned();
        Box::pin(async move {
            let found = tokio::task::spawn_blocking(move || addresses(&host, policy, lookup)).await?;
            let sockets = found?.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(sockets) as Addrs)
        })
    }
}

/// The allowed addresses of `host`, or why there is none.
fn addresses(host: &str, policy: Policy, lookup: Lookup) -> Result<Vec<IpAddr>, Error> {
    let unknown = || Error::UnknownHost { host: host.to_owned() };
    let mut refusal = unknown();
    let mut allowed = Vec::new();
    for address in lookup(host).map_err(|_| unknown())? {
        match policy.check(host, address) {
            Ok(()) => allowed.push(address),
            Err(error) => refusal = error,
        }
    }
    if allowed.is_empty() { Err(refusal) } else { Ok(allowed) }
}

#[cfg(test)]
mod tests {
    use super::{super::address::*, *};

    const POLICY: Policy = Policy { private: Private::Refused, channel: Channel::Tls };

    #[test]
    fn only_allowed_addresses_leave_the_resolver() {
        let mixed: Lookup =
            |_| Ok(["10.0.0.1", "1.1.1.1", "169.254.169.254"].map(|text| text.parse().unwrap()).to_vec());
        assert_eq!(addresses("as.example", POLICY, mixed), Ok(vec![IpAddr::from([1, 1, 1, 1])]));
    }

    #[test]
    fn a_name_with_forbidden_addresses_only_is_refused() {
        let metadata: Lookup = |_| Ok(vec![IpAddr::from([169, 254, 169, 254])]);
        let host = || "as.example".to_owned();
        assert_eq!(addresses("as.example", POLICY, metadata), Err(Error::ForbiddenAddress { host: host() }));
        let private: Lookup = |_| Ok(vec![IpAddr::from([192, 168, 0, 1])]);
        assert_eq!(addresses("as.example", POLICY, private), Err(Error::PrivateAddress { host: host() }));
        let nothing: Lookup = |_| Ok(Vec::new());
        assert_eq!(addresses("as.example", POLICY, nothing), Err(Error::UnknownHost { host: host() }));
    }
}
