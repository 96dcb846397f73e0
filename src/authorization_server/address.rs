//! Which addresses a request may go to. The check is on the address that is connected to, never on the name alone: a
//! name can answer one thing to the check and another to the connection.

use super::Error;
use ipnet::{Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether authorization servers at private and loopback addresses are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Private {
    Allowed,
    Refused,
}

/// Plain http is for addresses on this machine or its own network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    Plain,
    Tls,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    pub private: Private,
    pub channel: Channel,
}

impl Policy {
    pub fn check(self, host: &str, address: IpAddr) -> Result<(), Error> {
        let host = host.to_owned();
        match (Reach::of(address), self.private, self.channel) {
            (Reach::Never, ..) => Err(Error::ForbiddenAddress { host }),
            (Reach::Private, Private::Refused, _) => Err(Error::PrivateAddress { host }),
            (Reach::Public, _, Channel::Plain) => Err(Error::PlainHttp { host }),
            (Reach::Public | Reach::Private, ..) => Ok(()),
        }
    }
}

/// What an address is, for the purpose of sending a client secret to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Public,
    /// Loopback, private networks, carrier-grade NAT, benchmarking (where VPN clients answer with made-up addresses).
    Private,
    /// Link-local, cloud metadata, multicast, documentation, reserved: no authorization server lives there.
    Never,
}

/// An IPv6 address that stands for an IPv4 one is that one (RFC 4291 §2.5.5, RFC 6052, RFC 3056).
impl Reach {
    fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::of_v4(address),
            IpAddr::V6(address) => embedded_v4(address).map_or_else(|| Self::of_v6(address), Self::of_v4),
        }
    }

    fn of_v4(address: Ipv4Addr) -> Self {
        if NEVER_V4.iter().any(|net| net.contains(&address)) {
            Self::Never
        } else if PRIVATE_V4.iter().any(|net| net.contains(&address)) {
            Self::Private
        } else {
            Self::Public
        }
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        if NEVER_V6.iter().any(|net| net.contains(&address)) {
            Self::Never
        } else if PRIVATE_V6.iter().any(|net| net.contains(&address)) {
            Self::Private
        } else if GLOBAL_V6.contains(&address) {
            Self::Public
        } else {
            Self::Never
        }
    }
}

fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let last = || Ipv4Addr::from_bits((address.to_bits() & 0xffff_ffff) as u32);
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None, // unspecified and loopback
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => Some(last()),
        [0x2002, high, low, ..] => Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))),
        _ => None,
    }
}

const NEVER_V4: [Ipv4Net; 12] = [
    v4([0, 0, 0, 0], 8),
    v4([100, 100, 100, 200], 32), // Alibaba Cloud's metadata service
    v4([168, 63, 129, 16], 32),   // Azure's
    v4([169, 254, 0, 0], 16),     // everyone else's
    v4([192, 0, 0, 0], 24),       // IETF protocol assignments, Oracle's among them
    v4([192, 0, 2, 0], 24),
    v4([192, 88, 99, 0], 24), // 6to4 relays
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    v4([224, 0, 0, 0], 4),
    v4([240, 0, 0, 0], 4),
    v4([255, 255, 255, 255], 32),
];

const PRIVATE_V4: [Ipv4Net; 6] = [
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    v4([172, 16, 0, 0], 12),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
];

const NEVER_V6: [Ipv6Net; 6] = [
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), // IETF protocol assignments, Teredo among them
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), // 6to4: only what it embeds counts
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
    v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128), // Amazon's metadata service
    v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128),  // Google's
];

const PRIVATE_V6: [Ipv6Net; 2] = [v6([0, 0, 0, 0, 0, 0, 0, 1], 128), v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7)];

/// All that is assigned for global unicast (RFC 4291 §2.4); what lies outside is refused without being listed.
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

const fn v4([a, b, c, d]: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6([a, b, c, d, e, f, g, h]: [u16; 8], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_all(reach: Reach, addresses: &[&str]) {
        for text in addresses {
            assert_eq!(Reach::of(text.parse().unwrap()), reach, "{text}");
        }
    }

    #[test]
    fn public_addresses_are_reached() {
        assert_all(
            Reach::Public,
            &["1.1.1.1", "172.15.255.255", "172.32.0.1", "100.63.0.1", "100.128.0.1", "192.0.1.1"],
        );
        assert_all(
            Reach::Public,
            &["2606:4700::1111", "2a00:1450::1", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::"],
        );
    }

    #[test]
    fn private_addresses_need_the_setting() {
        assert_all(
            Reach::Private,
            &["127.0.0.1", "127.255.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1"],
        );
        assert_all(Reach::Private, &["100.64.0.1", "198.18.0.1", "::1", "fc00::1", "fd12:3456::1"]);
        assert_all(
            Reach::Private,
            &["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::"],
        );
    }

    #[test]
    fn metadata_link_local_and_reserved_addresses_are_never_reached() {
        assert_all(
            Reach::Never,
            &["169.254.169.254", "169.254.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192"],
        );
        assert_all(Reach::Never, &["0.0.0.0", "0.1.2.3", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"]);
        assert_all(Reach::Never, &["192.0.2.1", "198.51.100.1", "203.0.113.1", "192.88.99.1"]);
        assert_all(Reach::Never, &["::", "fe80::1", "febf::1", "fec0::1", "ff02::1", "fd00:ec2::254", "fd20:ce::254"]);
        assert_all(
            Reach::Never,
            &["2001:db8::1", "2001::1", "3fff::1", "100::1", "64:ff9b:1::a00:1", "5f00::1", "4000::1"],
        );
        assert_all(
            Reach::Never,
            &["::ffff:169.254.169.254", "::169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1"],
        );
    }

    #[test]
    fn the_policy_is_the_same_for_every_spelling_of_an_address() {
        let refused =
            |text: &str, private, channel| Policy { private, channel }.check("h", text.parse().unwrap()).err();
        let host = || "h".to_owned();
        for loopback in ["127.0.0.1", "::1", "::ffff:7f00:1"] {
            assert_eq!(refused(loopback, Private::Allowed, Channel::Plain), None);
            assert_eq!(refused(loopback, Private::Allowed, Channel::Tls), None);
            let error = Some(Error::PrivateAddress { host: host() });
            assert_eq!(refused(loopback, Private::Refused, Channel::Plain), error);
            assert_eq!(refused(loopback, Private::Refused, Channel::Tls), error);
        }
        for channel in [Channel::Plain, Channel::Tls] {
            let error = Some(Error::ForbiddenAddress { host: host() });
            assert_eq!(refused("169.254.169.254", Private::Allowed, channel), error);
        }
        for private in [Private::Allowed, Private::Refused] {
            assert_eq!(refused("1.1.1.1", private, Channel::Tls), None);
            assert_eq!(refused("1.1.1.1", private, Channel::Plain), Some(Error::PlainHttp { host: host() }));
        }
    }
}
