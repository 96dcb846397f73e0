//! Whether the keys of a definition can be what they are for.
//!
//! That there is a key at all is not asked: a form leaves the stored one out, and one may still be made.

use super::Check;
use crate::oauth::definition::{AuthMethod, SecretSource};
use crate::oauth::jwk::Algorithm;
use crate::oauth::signing_key::{BadKey, SigningKey};
use rustls::pki_types::{CertificateDer, pem::PemObject};

impl Check<'_> {
    pub(super) fn keys(&mut self) {
        let (auth, refresh) = (&self.definition.token.auth, &self.definition.refresh.auth);
        if refresh.as_ref().is_some_and(|auth| auth.has_key_details()) {
            self.fail("refresh.auth", "a client has one key: write it and its details at token.auth");
        }
        if self.definition.upgrade.auth.as_ref().is_some_and(|auth| auth.has_key_details()) {
            self.fail("upgrade.auth", "a client has one key: write it and its details at token.auth");
        }
        let shared = auth.alg == Some(Algorithm::Hs256);
        match auth.method {
            _ if shared && self.definition.makes_assertions() => {
                self.fail("token.auth.alg", "an assertion is signed with the private key: choose what suits it");
            }
            AuthMethod::PrivateKeyJwt if shared => {
                self.fail("token.auth.alg", "HS256 signs with the client secret: choose client_secret_jwt for it");
            }
            AuthMethod::ClientSecretJwt if auth.alg.is_some() && !shared => {
                self.fail("token.auth.alg", "the client secret signs with HS256; for a key choose private_key_jwt");
            }
            _ => {}
        }
        if let Some(SecretSource::Plain(text)) = auth.private_key.as_ref().filter(|_| !shared)
            && let Err(error) = SigningKey::parse(text).and_then(|key| suits(&key, auth.alg))
            && !text.is_empty()
        {
            self.fail("token.auth.private_key", error.to_string());
        }
        for (name, value) in &auth.claims.0 {
            self.template(&format!("token.auth.claims.{name}"), value.as_deref().unwrap_or_default(), &[], false);
        }
        if !auth.claims.0.is_empty() && !matches!(auth.method, AuthMethod::PrivateKeyJwt | AuthMethod::ClientSecretJwt)
        {
            self.fail("token.auth.claims", "they are those of a JWT: choose private_key_jwt or client_secret_jwt");
        }
        if let Some(pem) = &auth.certificate
            && !is_certificate(pem)
        {
            self.fail(
                "token.auth.certificate",
                "write the certificate in PEM (-----BEGIN CERTIFICATE-----), without its key",
            );
        }
    }
}

fn suits(key: &SigningKey, alg: Option<Algorithm>) -> Result<(), BadKey> {
    let alg = alg.unwrap_or(key.usual_algorithm());
    match key.public() {
        Some(public) if public.suits(alg) => Ok(()),
        _ => Err(BadKey::OtherKind(alg)),
    }
}

/// The text is shown, so a key in it is refused.
fn is_certificate(pem: &str) -> bool {
    let mut found = CertificateDer::pem_slice_iter(pem.as_bytes()).peekable();
    found.peek().is_some() && found.all(|certificate| certificate.is_ok()) && !pem.contains("PRIVATE KEY")
}
