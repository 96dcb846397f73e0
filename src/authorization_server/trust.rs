//! Whose certificates are believed: the system's authorities and those of the CA file.

use super::Error;
use crate::oauth::outgoing::TlsIdentity;
use reqwest::{Certificate, Identity};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::{fs, path::Path};
use zeroize::Zeroizing;

/// The trust anchors of the CA file, checked; empty without one.
#[derive(Clone, Debug, Default)]
pub(super) struct Anchors(Vec<Certificate>);

impl Anchors {
    pub fn read(ca_file: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = ca_file else { return Ok(Self::default()) };
        let pem = fs::read(path).map_err(|error| bad(path, error))?;
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        let found = found.map_err(|_| bad(path, "it is not a PEM file"))?;
        if found.is_empty() {
            return Err(bad(path, "it holds no certificate (BEGIN CERTIFICATE)"));
        }
        found
            .into_iter()
            .map(anchor)
            .collect::<Option<_>>()
            .map(Self)
            .ok_or_else(|| bad(path, "it holds a broken certificate"))
    }

    pub fn certificates(&self) -> impl Iterator<Item = Certificate> {
        self.0.iter().cloned()
    }
}

/// A client certificate and its key, as the HTTP client wants them.
pub(super) fn identity(identity: &TlsIdentity) -> Result<Identity, Error> {
    let pem = Zeroizing::new(format!("{}\n{}", identity.certificate, identity.private_key.expose()));
    Identity::from_pem(pem.as_bytes()).map_err(|_| Error::Identity)
}

fn anchor(der: CertificateDer<'static>) -> Option<Certificate> {
    let certificate = Certificate::from_der(&der).ok()?;
    RootCertStore::empty().add(der).is_ok().then_some(certificate)
}

fn bad(path: &Path, reason: impl ToString) -> Error {
    Error::CaFile { path: path.display().to_string(), reason: reason.to_string() }
}

/// Ring is the only cryptography in the program. Whoever installs it first wins, and a second time changes nothing.
pub(super) fn install_ring() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unusable_ca_file_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        assert!(Anchors::read(Some(&path)).unwrap_err().to_string().contains("ca.pem"));
        for junk in ["", "canary", "-----BEGIN CERTIFICATE-----\nY2FuYXJ5\n-----END CERTIFICATE-----\n"] {
            fs::write(&path, junk).unwrap();
            let shown = Anchors::read(Some(&path)).unwrap_err().to_string();
            assert!(shown.starts_with("OAUTHCLIENT_OUTBOUND__CA_FILE: ") && !shown.contains("canary"), "{shown}");
        }
    }
}
