//! What can go wrong on the way, each with the next step. No message holds a path, a query, a body or a secret.

use super::Limits;
use rustls::CertificateError;
use std::{error::Error as StdError, io, time::Duration};

/// `host` is the host of the URL, with its port where one is written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("a request cannot be sent to this URL: {reason}")]
    BadUrl { reason: &'static str },
    #[error("the header \"{name}\" cannot be sent: remove it from the definition, or correct its value")]
    BadHeader { name: String },
    #[error(
        "{host} is a private or loopback address: set OAUTHCLIENT_OUTBOUND__ALLOW_PRIVATE=true if it is your authorization server"
    )]
    PrivateAddress { host: String },
    #[error("{host} is a link-local, metadata or reserved address, where no authorization server is: correct the URL")]
    ForbiddenAddress { host: String },
    #[error("{host} is a public address, and plain http would show your secrets to the network: use https")]
    PlainHttp { host: String },
    #[error("{host} has no address: check its spelling, and the DNS of this machine or container")]
    UnknownHost { host: String },
    #[error("{host} could not be reached: {reason}. Check the address and port, and that the server is running")]
    Connect { host: String, reason: String },
    #[error("{host} is not trusted: {reason}")]
    Tls { host: String, reason: String },
    #[error(
        "no certificate authorities were found on this system: install ca-certificates, or set OAUTHCLIENT_OUTBOUND__CA_FILE"
    )]
    NoTrustAnchors,
    #[error("OAUTHCLIENT_OUTBOUND__CA_FILE: {path}: {reason}")]
    CaFile { path: String, reason: String },
    #[error(
        "the TLS client certificate cannot be used: write certificate and private key in PEM, without a passphrase, and see that \
         they belong together"
    )]
    Identity,
    #[error("{host} redirects to {to}, and a request with secrets follows no redirect: enter the final URL")]
    Redirected { host: String, to: String },
    #[error("{host} did not answer completely within {} s: try again later", .limit.as_secs_f32())]
    TimedOut { host: String, limit: Duration },
    #[error("{host} answered with more than {limit} bytes: check that the URL is an OAuth endpoint")]
    TooLarge { host: String, limit: usize },
    #[error(
        "the connection to {host} broke before the answer was complete ({reason}): check whether the request took effect before sending it again"
    )]
    Interrupted { host: String, reason: String },
}

impl Error {
    /// Whether the authorization server may have acted upon the request. A code or a rotating refresh token in it must
    /// then not be sent again blindly. `false` is certain; `true` includes doubt.
    pub fn may_have_been_received(&self) -> bool {
        match self {
            Self::Redirected { .. } | Self::TimedOut { .. } | Self::TooLarge { .. } | Self::Interrupted { .. } => true,
            Self::BadUrl { .. }
            | Self::BadHeader { .. }
            | Self::PrivateAddress { .. }
            | Self::ForbiddenAddress { .. }
            | Self::PlainHttp { .. }
            | Self::UnknownHost { .. }
            | Self::Connect { .. }
            | Self::Tls { .. }
            | Self::NoTrustAnchors
            | Self::Identity
            | Self::CaFile { .. } => false,
        }
    }

    /// Sorts a failure of the HTTP client. Its own text holds the URL and is dropped.
    pub(super) fn sort(failure: &reqwest::Error, host: &str, limits: Limits) -> Self {
        let host = host.to_owned();
        if let Some(own) = cause::<Self>(failure) {
            return own.clone();
        }
        if failure.is_builder() {
            return Self::BadUrl { reason: "it is not a valid web address" };
        }
        if failure.is_connect() {
            return match cause::<rustls::Error>(failure) {
                Some(tls) => Self::Tls { host, reason: distrust(tls) },
                None if failure.is_timeout() => {
                    Self::Connect { host, reason: format!("no connection within {} s", limits.connect.as_secs_f32()) }
                }
                None => Self::Connect { host, reason: root(failure) },
            };
        }
        if failure.is_timeout() {
            return Self::TimedOut { host, limit: limits.total };
        }
        Self::Interrupted { host, reason: root(failure) }
    }
}

/// The first `E` among the causes; an `io::Error` hides what it carries from `source`.
fn cause<'a, E: StdError + 'static>(failure: &'a reqwest::Error) -> Option<&'a E> {
    let mut next: Option<&'a (dyn StdError + 'static)> = failure.source();
    while let Some(error) = next {
        let carried = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let found = error.downcast_ref::<E>().or_else(|| carried.and_then(|inner| inner.downcast_ref()));
        if found.is_some() {
            return found;
        }
        next = carried.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| error.source());
    }
    None
}

/// The innermost cause in words: an operating system's or a parser's message, which quotes nothing.
fn root(failure: &reqwest::Error) -> String {
    let mut root = None;
    let mut next = failure.source();
    while let Some(error) = next {
        root = Some(error);
        next = error.source();
    }
    root.filter(|error| !error.is::<reqwest::Error>())
        .map_or_else(|| "the request failed".to_owned(), ToString::to_string)
}

/// Why TLS was not established, with the next step where there is one.
fn distrust(error: &rustls::Error) -> String {
    use CertificateError as Bad;
    match error {
        rustls::Error::InvalidCertificate(Bad::UnknownIssuer) => {
            "its certificate is signed by an authority unknown here; for a private one, set OAUTHCLIENT_OUTBOUND__CA_FILE \
             to its PEM file"
                .to_owned()
        }
        rustls::Error::InvalidCertificate(Bad::Expired | Bad::ExpiredContext { .. }) => {
            "its certificate has expired; renew it, or set this machine's clock".to_owned()
        }
        rustls::Error::InvalidCertificate(Bad::NotValidYet | Bad::NotValidYetContext { .. }) => {
            "its certificate is not valid yet; set this machine's clock".to_owned()
        }
        rustls::Error::InvalidCertificate(Bad::NotValidForName | Bad::NotValidForNameContext { .. }) => {
            "its certificate is for another name; use the name that the certificate was made for".to_owned()
        }
        rustls::Error::InvalidMessage(_) => "it does not speak TLS on this port; check the port, or use http".to_owned(),
        other => other.to_string(),
    }
}
