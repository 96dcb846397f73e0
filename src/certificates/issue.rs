//! Making certificates, and judging them as a client does.

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints,
};
use rustls::{
    CertificateError, Error, RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime},
    sign::CertifiedKey,
};
use std::{net::IpAddr, sync::Arc};
use time::{Duration, OffsetDateTime};

const AUTHORITY_LIFE: Duration = Duration::days(3650);
/// Browsers take no more than 398 days.
const LEAF_LIFE: Duration = Duration::days(397);
/// For clocks that are late.
const BACKDATED: Duration = Duration::HOUR;

/// A certificate authority whose key we have.
pub(super) struct Authority {
    pub certificate: CertificateDer<'static>,
    pub key: KeyPair,
}

impl Authority {
    /// A new authority that can vouch for these names only, and for what is below them.
    pub fn create(names: &[String], now: OffsetDateTime) -> Result<(Self, Certificate), rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut params = authority_params();
        params.not_before = now - BACKDATED;
        params.not_after = now + AUTHORITY_LIFE;
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: names.iter().map(|name| subtree(name)).collect(),
            excluded_subtrees: Vec::new(),
        });
        let certificate = params.self_signed(&key)?;
        Ok((Self { certificate: certificate.der().clone(), key }, certificate))
    }

    /// A certificate for these names, with a key of its own.
    pub fn issue(&self, names: &[String], now: OffsetDateTime) -> Result<(Certificate, KeyPair), rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(names.to_vec())?;
        params.not_before = now - BACKDATED;
        params.not_after = params.not_before + LEAF_LIFE;
        params.distinguished_name = named("OAuth Client Helper");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let authority_params = authority_params();
        let certificate = params.signed_by(&key, &Issuer::from_params(&authority_params, &self.key))?;
        Ok((certificate, key))
    }

    /// Whether a client that trusts this authority accepts the certificate for every name at that time.
    pub fn vouches_for(&self, leaf: &CertificateDer<'_>, names: &[String], at: OffsetDateTime) -> bool {
        let mut roots = RootCertStore::empty();
        if roots.add(self.certificate.clone()).is_err() {
            return false;
        }
        let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::new(default_provider()));
        let (Ok(verifier), Some(at)) = (builder.build(), unix_time(at)) else { return false };
        let verify = |certificate: &CertificateDer<'_>, name: &str| {
            let name = ServerName::try_from(name).map_err(|_| CertificateError::NotValidForName)?;
            verifier.verify_server_cert(certificate, &[], &name, &[], at).map(drop)
        };
        // Clients look at the dates of an authority too, webpki only at those of the certificate in question.
        let authority = verify(&self.certificate, "localhost");
        let expired = |error: &CertificateError| {
            matches!(error, CertificateError::Expired | CertificateError::ExpiredContext { .. })
        };
        !matches!(authority, Err(Error::InvalidCertificate(error)) if expired(&error))
            && names.iter().all(|name| verify(leaf, name).is_ok())
    }
}

/// The parts of an authority's certificate that what it issues depends on. Never change them: authorities that people
/// trust by now were made with them.
fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named("OAuth Client Helper local authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

/// An address permits itself; a name permits itself and the names below it.
fn subtree(name: &str) -> GeneralSubtree {
    match name.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => GeneralSubtree::IpAddress(CidrSubnet::V4(address.octets(), [0xff; 4])),
        Ok(IpAddr::V6(address)) => GeneralSubtree::IpAddress(CidrSubnet::V6(address.octets(), [0xff; 16])),
        Err(_) => GeneralSubtree::DnsName(name.to_owned()),
    }
}

fn unix_time(at: OffsetDateTime) -> Option<UnixTime> {
    let seconds = u64::try_from(at.unix_timestamp()).ok()?;
    Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)))
}

/// Whether the key is the certificate's.
pub(super) fn belong_together(certificate: &CertificateDer<'static>, key: &KeyPair) -> bool {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    CertifiedKey::from_der(vec![certificate.clone()], key, &default_provider()).is_ok()
}
