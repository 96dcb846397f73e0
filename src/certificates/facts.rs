//! What a certificate says of itself.

use rustls::pki_types::{CertificateDer, pem::PemObject};
use sha2::{Digest, Sha256};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// SHA-256 of the certificate, in hex as browsers show it.
    pub fingerprint: String,
    /// Unix seconds after which nobody accepts it.
    pub ends_at: i64,
}

impl Facts {
    /// Of the first certificate of a PEM file; `None` where there is none that can be read.
    pub fn of(pem: &[u8]) -> Option<Self> {
        let certificate = CertificateDer::from_pem_slice(pem).ok()?;
        let (_, parsed) = x509_parser::parse_x509_certificate(&certificate).ok()?;
        let digest = Sha256::digest(&certificate);
        let fingerprint = digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":");
        Some(Self { fingerprint, ends_at: parsed.validity().not_after.timestamp() })
    }
}
