//! A certificate authority of this machine, and the certificate that it gives us: HTTPS without a certificate of one's own.
//!
//! What is kept is judged as a browser will judge it in a month: if a client that trusts `ca.pem` would then accept
//! `cert.pem` for every name, nothing is done. So expiry, names and constraints need no rules of their own. The authority
//! is limited to our names, so that its key, once stolen, opens no other site. That is why a name outside of its limits
//! needs a new authority, which has to be trusted anew.

mod facts;
mod issue;
mod trust;

pub use facts::Facts;
pub use trust::{TrustStep, how_to_trust};

use crate::{
    data_folder::TLS,
    files::{self, FileError},
};
use issue::Authority;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::{
    io,
    path::{Path, PathBuf},
};
use time::{Duration, OffsetDateTime};

/// How long before its end a certificate is renewed.
const RENEWAL: Duration = Duration::days(30);
/// Under which names every certificate works.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Where the certificates are, and what had to be done for them to be good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// What browsers and other clients are to trust.
    pub ca: PathBuf,
    pub cert: PathBuf,
    pub key: PathBuf,
    pub change: Change,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// All was good.
    None,
    /// A new certificate by the authority that is already trusted.
    Certificate,
    /// A new authority: [`how_to_trust`] it.
    Authority,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{path} is not {expected}; restore it, or move the whole folder away to have new certificates made", path = path.display())]
    Broken { path: PathBuf, expected: &'static str },
    #[error("{missing} is missing beside {present}; restore it, or move the whole folder away to have new certificates made",
            missing = missing.display(), present = present.display())]
    Missing { missing: PathBuf, present: PathBuf },
    #[error("no certificate can name the host {0}; check OAUTHCLIENT_PUBLIC_URL")]
    BadHost(String),
    #[error("cannot make a certificate: {0}")]
    Rcgen(#[from] rcgen::Error),
    #[error(transparent)]
    File(#[from] FileError),
}

/// Makes sure that the data folder holds a certificate for `localhost`, `127.0.0.1`, `::1` and these hosts (names or
/// addresses, no port) that is good for another month. Safe between processes. Blocks the thread.
pub fn ensure(data_dir: &Path, hosts: &[&str]) -> Result<Paths, Error> {
    Folder(data_dir.join(TLS)).ensure(hosts, OffsetDateTime::now_utc())
}

/// The folder of the four files.
struct Folder(PathBuf);

impl Folder {
    fn ensure(&self, hosts: &[&str], now: OffsetDateTime) -> Result<Paths, Error> {
        let names = names(hosts)?;
        files::create_private_folder(&self.0)?;
        let _lock = files::lock(&self.path("certificates"))?;
        let (authority, leaf) = (self.read_authority()?, self.read_leaf()?);
        if let Some(authority) = &authority {
            if leaf.is_some_and(|leaf| authority.vouches_for(&leaf, &names, now + RENEWAL)) {
                return Ok(self.paths(Change::None));
            }
            if self.issue_leaf(authority, &names, now)? {
                return Ok(self.paths(Change::Certificate));
            }
        }
        let (authority, certificate) = Authority::create(&names, now)?;
        // In this order a crash leaves a key without a certificate, which `read_authority` takes for nothing.
        files::write_private(&self.path("ca.key"), authority.key.serialize_pem().as_bytes())?;
        files::write_private(&self.path("ca.pem"), certificate.pem().as_bytes())?;
        self.issue_leaf(&authority, &names, now)?;
        Ok(self.paths(Change::Authority))
    }

    /// Writes a new certificate, unless this authority may not vouch for it.
    fn issue_leaf(&self, authority: &Authority, names: &[String], now: OffsetDateTime) -> Result<bool, Error> {
        let (certificate, key) = authority.issue(names, now)?;
        let good = authority.vouches_for(certificate.der(), names, now + RENEWAL);
        if good {
            files::write_private(&self.path("key.pem"), key.serialize_pem().as_bytes())?;
            files::write_private(&self.path("cert.pem"), certificate.pem().as_bytes())?;
        }
        Ok(good)
    }

    fn read_authority(&self) -> Result<Option<Authority>, Error> {
        let (ca, key) = (self.path("ca.pem"), self.path("ca.key"));
        let Some(ca_pem) = read(&ca)? else { return Ok(None) };
        let Some(key_pem) = read(&key)? else { return Err(Error::Missing { missing: key, present: ca }) };
        let broken = |path: &Path, expected| Error::Broken { path: path.to_owned(), expected };
        let certificate = certificate(&ca_pem).ok_or_else(|| broken(&ca, "a certificate in PEM"))?;
        let key_pair = private_key(&key_pem).ok_or_else(|| broken(&key, "a private key in PEM"))?;
        if !issue::belong_together(&certificate, &key_pair) {
            return Err(broken(&key, "the key of ca.pem"));
        }
        Ok(Some(Authority { certificate, key: key_pair }))
    }

    /// A certificate without its key, or the reverse, is what a crash leaves: nothing to keep.
    fn read_leaf(&self) -> Result<Option<CertificateDer<'static>>, Error> {
        let (path, key_path) = (self.path("cert.pem"), self.path("key.pem"));
        let (Some(pem), Some(key_pem)) = (read(&path)?, read(&key_path)?) else { return Ok(None) };
        let certificate = certificate(&pem).ok_or(Error::Broken { path, expected: "a certificate in PEM" })?;
        let key = private_key(&key_pem).ok_or(Error::Broken { path: key_path, expected: "a private key in PEM" })?;
        Ok(issue::belong_together(&certificate, &key).then_some(certificate))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn paths(&self, change: Change) -> Paths {
        Paths { ca: self.path("ca.pem"), cert: self.path("cert.pem"), key: self.path("key.pem"), change }
    }
}

/// Every name once, the local ones first.
fn names(hosts: &[&str]) -> Result<Vec<String>, Error> {
    let mut names = LOCAL.map(str::to_owned).to_vec();
    for host in hosts {
        let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
        if rustls::pki_types::ServerName::try_from(host.as_str()).is_err() {
            return Err(Error::BadHost(host));
        }
        if !names.contains(&host) {
            names.push(host);
        }
    }
    Ok(names)
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match files::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn certificate(pem: &[u8]) -> Option<CertificateDer<'static>> {
    let der = CertificateDer::from_pem_slice(pem).ok()?;
    rustls::server::ParsedCertificate::try_from(&der).is_ok().then_some(der)
}

fn private_key(pem: &[u8]) -> Option<rcgen::KeyPair> {
    rcgen::KeyPair::from_pem(str::from_utf8(pem).ok()?).ok()
}

#[cfg(test)]
mod tests;
