//! The private key of a client: read, made, and signed with.

use super::jwk::{Algorithm, PublicKey, point};
use super::secret::Secret;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair as RsaKeyPair, KeyPairComponents, PublicKeyComponents};
use ring::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject};
use serde_json::Value;
use zeroize::Zeroizing;

/// A key to sign with. `Debug` shows the public half at most. Signatures draw their randomness from the system.
#[derive(Debug)]
pub struct SigningKey {
    pair: Pair,
    /// The JWK's own.
    kid: Option<String>,
}

#[derive(Debug)]
enum Pair {
    Rsa(Box<RsaKeyPair>),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Shared(ring::hmac::Key),
}

/// Why a key cannot be used; none holds any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    #[error(
        "this is neither a private key in PEM (-----BEGIN PRIVATE KEY-----) nor a private JWK ({{\"kty\": …, \"d\": …}})"
    )]
    NotAKey,
    #[error("this key is locked with a passphrase; unlock it first: openssl pkey -in KEY.pem -out UNLOCKED.pem")]
    Locked,
    #[error("this is no usable RSA (2048 bits or more), P-256 or Ed25519 private key")]
    Unusable,
    #[error("this key does not sign with {}; change the algorithm or the key", .0.as_str())]
    OtherKind(Algorithm),
    #[error("a key for {} cannot be made here; choose ES256 or EdDSA, or make it with openssl and paste it", .0.as_str())]
    NotMade(Algorithm),
    #[error("the system gave no random numbers; try again")]
    NoRandomness,
}

impl SigningKey {
    /// Reads a PEM (PKCS#8, PKCS#1 or SEC 1) or a JWK.
    pub fn parse(text: &Secret) -> Result<Self, BadKey> {
        let text = text.expose().trim();
        if text.starts_with('{') {
            return Self::from_jwk(&serde_json::from_str(text).map_err(|_| BadKey::NotAKey)?);
        }
        if text.contains("ENCRYPTED") {
            return Err(BadKey::Locked);
        }
        let der = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| BadKey::NotAKey)?;
        let pair = match &der {
            PrivateKeyDer::Pkcs1(der) => rsa(RsaKeyPair::from_der(der.secret_pkcs1_der())),
            PrivateKeyDer::Sec1(der) => pkcs8_of_sec1(der.secret_sec1_der()).and_then(|der| pkcs8(&der)),
            PrivateKeyDer::Pkcs8(der) => pkcs8(der.secret_pkcs8_der()),
            _ => None,
        };
        Ok(Self { pair: pair.ok_or(BadKey::Unusable)?, kid: None })
    }

    fn from_jwk(jwk: &Value) -> Result<Self, BadKey> {
        let pair = pair_of_jwk(jwk).ok_or(BadKey::Unusable)?;
        Ok(Self { pair, kid: jwk.get("kid").and_then(Value::as_str).map(str::to_owned) })
    }

    /// The client secret as a key (OpenID Connect Core §9, `client_secret_jwt`).
    pub fn shared(secret: &Secret) -> Self {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.expose().as_bytes());
        Self { pair: Pair::Shared(key), kid: None }
    }

    /// Makes a key, as a PEM. Ring makes no RSA keys.
    pub fn generate(alg: Algorithm) -> Result<Secret, BadKey> {
        let random = SystemRandom::new();
        let made = match alg {
            Algorithm::Es256 => EcdsaKeyPair::generate_pkcs8(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, &random),
            Algorithm::EdDsa => Ed25519KeyPair::generate_pkcs8(&random),
            other => return Err(BadKey::NotMade(other)),
        };
        Ok(pem(made.map_err(|_| BadKey::NoRandomness)?.as_ref()))
    }

    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// What one signs with when nothing else is said.
    pub fn usual_algorithm(&self) -> Algorithm {
        match self.pair {
            Pair::Rsa(_) => Algorithm::Rs256,
            Pair::P256(_) => Algorithm::Es256,
            Pair::Ed25519(_) => Algorithm::EdDsa,
            Pair::Shared(_) => Algorithm::Hs256,
        }
    }

    /// `None` for a shared secret.
    pub fn public(&self) -> Option<PublicKey> {
        match &self.pair {
            Pair::Rsa(pair) => {
                let PublicKeyComponents { n, e } = PublicKeyComponents::from(pair.public());
                Some(PublicKey::Rsa { n, e })
            }
            Pair::P256(pair) => Some(PublicKey::P256(pair.public_key().as_ref().to_vec())),
            Pair::Ed25519(pair) => Some(PublicKey::Ed25519(pair.public_key().as_ref().to_vec())),
            Pair::Shared(_) => None,
        }
    }

    /// # Errors
    /// [`BadKey::OtherKind`] when the key does not sign with this algorithm.
    pub fn sign(&self, alg: Algorithm, message: &[u8]) -> Result<Vec<u8>, BadKey> {
        let random = SystemRandom::new();
        match (&self.pair, alg) {
            (Pair::Rsa(pair), Algorithm::Rs256) => rsa_signature(pair, &signature::RSA_PKCS1_SHA256, message),
            (Pair::Rsa(pair), Algorithm::Ps256) => rsa_signature(pair, &signature::RSA_PSS_SHA256, message),
            (Pair::P256(pair), Algorithm::Es256) => {
                let made = pair.sign(&random, message).map_err(|_| BadKey::NoRandomness)?;
                Ok(made.as_ref().to_vec())
            }
            (Pair::Ed25519(pair), Algorithm::EdDsa) => Ok(pair.sign(message).as_ref().to_vec()),
            (Pair::Shared(key), Algorithm::Hs256) => Ok(ring::hmac::sign(key, message).as_ref().to_vec()),
            _ => Err(BadKey::OtherKind(alg)),
        }
    }
}

fn rsa_signature(
    pair: &RsaKeyPair,
    padding: &'static dyn signature::RsaEncoding,
    message: &[u8],
) -> Result<Vec<u8>, BadKey> {
    let mut made = vec![0; pair.public().modulus_len()];
    pair.sign(padding, &SystemRandom::new(), message, &mut made).map_err(|_| BadKey::NoRandomness)?;
    Ok(made)
}

fn rsa<E>(read: Result<RsaKeyPair, E>) -> Option<Pair> {
    read.ok().map(Box::new).map(Pair::Rsa)
}

fn pkcs8(der: &[u8]) -> Option<Pair> {
    let alg = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
    let p256 = || EcdsaKeyPair::from_pkcs8(alg, der, &SystemRandom::new()).ok().map(Pair::P256);
    let ed25519 = || Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok().map(Pair::Ed25519);
    p256().or_else(ed25519).or_else(|| rsa(RsaKeyPair::from_pkcs8(der)))
}

/// Puts what `openssl ecparam -genkey` writes for P-256 into the frame that ring reads (RFC 5208 §5, RFC 5915 §3).
fn pkcs8_of_sec1(sec1: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    const VERSION_AND_CURVE: [u8; 24] = [
        0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
        0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
    ];
    let inner = u8::try_from(sec1.len()).ok().filter(|length| *length < 0x80)?;
    let outer = u8::try_from(VERSION_AND_CURVE.len() + 2 + sec1.len()).ok()?;
    let head: &[u8] = if outer < 0x80 { &[0x30, outer] } else { &[0x30, 0x81, outer] };
    Some(Zeroizing::new([head, &VERSION_AND_CURVE, &[0x04, inner], sec1].concat()))
}

fn pair_of_jwk(jwk: &Value) -> Option<Pair> {
    let text = |name: &str| jwk.get(name)?.as_str();
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok().map(Zeroizing::new);
    match (text("kty")?, text("crv")) {
        ("EC", Some("P-256")) => {
            let alg = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
            let public = point(&bytes("x")?, &bytes("y")?)?;
            let pair = EcdsaKeyPair::from_private_key_and_public_key(alg, &bytes("d")?, &public, &SystemRandom::new());
            pair.ok().map(Pair::P256)
        }
        ("OKP", Some("Ed25519")) => {
            Ed25519KeyPair::from_seed_and_public_key(&bytes("d")?, &bytes("x")?).ok().map(Pair::Ed25519)
        }
        ("RSA", _) => rsa(RsaKeyPair::from_components(&KeyPairComponents {
            public_key: PublicKeyComponents { n: bytes("n")?.to_vec(), e: bytes("e")?.to_vec() },
            d: bytes("d")?.to_vec(),
            p: bytes("p")?.to_vec(),
            q: bytes("q")?.to_vec(),
            dP: bytes("dp")?.to_vec(),
            dQ: bytes("dq")?.to_vec(),
            qInv: bytes("qi")?.to_vec(),
        })),
        _ => None,
    }
}

fn pem(der: &[u8]) -> Secret {
    let text = Zeroizing::new(STANDARD.encode(der));
    let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    Secret::new(format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n")))
}

#[cfg(test)]
mod tests;
