//! Stand-in for `crate::store::seal` until that is here.

use crate::oauth::secret::Secret;
use base64::{Engine, engine::general_purpose::STANDARD};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};

#[derive(Clone)]
pub struct Keyring(XChaCha20Poly1305);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSeal {
    #[error("it is damaged, or was sealed for another place")]
    Damaged,
    #[error("the system gave no random numbers")]
    NoRandomness,
}

impl Keyring {
    pub fn parse(text: &Secret) -> Result<Self, BadSeal> {
        let key = STANDARD.decode(text.expose()).map_err(|_| BadSeal::Damaged)?;
        XChaCha20Poly1305::new_from_slice(&key).map(Self).map_err(|_| BadSeal::Damaged)
    }

    pub fn new_key() -> Result<Secret, BadSeal> {
        random::<32>().map(|key| Secret::new(STANDARD.encode(key)))
    }

    pub fn seal_text(&self, context: &[&str], text: &Secret) -> Result<String, BadSeal> {
        let nonce = random::<24>()?;
        let context = context.join("\0");
        let payload = Payload { msg: text.expose().as_bytes(), aad: context.as_bytes() };
        let sealed = self.0.encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| BadSeal::Damaged)?;
        Ok(STANDARD.encode([&nonce[..], &sealed].concat()))
    }

    pub fn open_text(&self, context: &[&str], sealed: &str) -> Result<Secret, BadSeal> {
        let sealed = STANDARD.decode(sealed).map_err(|_| BadSeal::Damaged)?;
        let (nonce, sealed) = sealed.split_first_chunk::<24>().ok_or(BadSeal::Damaged)?;
        let context = context.join("\0");
        let payload = Payload { msg: sealed, aad: context.as_bytes() };
        let plain = self.0.decrypt(XNonce::from_slice(nonce), payload).map_err(|_| BadSeal::Damaged)?;
        String::from_utf8(plain).map(Secret::new).map_err(|_| BadSeal::Damaged)
    }
}

fn random<const N: usize>() -> Result<[u8; N], BadSeal> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| BadSeal::NoRandomness)?;
    Ok(bytes)
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyring")
    }
}
