//! Encryption at rest: XChaCha20-Poly1305, bound to what is sealed and where it belongs.
//!
//! Sealed bytes are `format (1) | algorithm (1) | key id (8) | nonce (24) | ciphertext and tag`. The associated data is
//! the first three and the identity, part by part behind its length, so no two identities give the same bytes. Nonces
//! are random: 192 bits need no counter shared between processes.

use crate::oauth::secret::Secret;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use sha2::{Digest, Sha256};
use std::{fmt, sync::Arc};
use zeroize::Zeroizing;

const FORMAT: u8 = 1;
const XCHACHA20_POLY1305: u8 = 1;
const KEY: usize = 32;
const KEY_ID: usize = 8;
const HEADER: usize = 2 + KEY_ID;
const NONCE: usize = 24;

/// The keys of the store, newest first: the newest seals, each opens. Cheap to clone.
#[derive(Clone)]
pub struct Keyring {
    newest: Arc<Key>,
    older: Arc<[Key]>,
}

struct Key {
    id: KeyId,
    cipher: XChaCha20Poly1305,
}

/// Names a key without giving it away: the first 8 bytes of its SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyId([u8; KEY_ID]);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    #[error("no key is given; make one with `openssl rand -base64 32`")]
    Missing,
    #[error("key {number} is not base64; make one with `openssl rand -base64 32`")]
    NotBase64 { number: usize },
    #[error("key {number} has {bytes} bytes, 32 are needed; make one with `openssl rand -base64 32`")]
    Length { number: usize, bytes: usize },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSeal {
    #[error("it was sealed with another key ({0}); add that key to OAUTHCLIENT_ENCRYPTION__KEY, behind the newest")]
    UnknownKey(KeyId),
    #[error("it is damaged, or was sealed for another place")]
    Damaged,
    #[error("the system gave no random numbers")]
    NoRandomness,
}

/// What sealed bytes belong to. Two domains, so that a sealed text never passes for a record.
enum Identity<'a> {
    Record { kind: &'a str, id: &'a str, version: u64 },
    Text(&'a [&'a str]),
}

impl Keyring {
    /// Reads base64 keys (either alphabet, padded or not) separated by commas or white space, newest first.
    pub fn parse(text: &Secret) -> Result<Self, BadKey> {
        let words = text.expose().split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty());
        let mut keys = words.zip(1..).map(|(word, number)| Key::parse(word, number));
        let newest = Arc::new(keys.next().ok_or(BadKey::Missing)??);
        Ok(Self { newest, older: keys.collect::<Result<_, _>>()? })
    }

    /// A new random key, as the text that [`Keyring::parse`] reads.
    pub fn new_key() -> Result<Secret, BadSeal> {
        let mut key = Zeroizing::new([0; KEY]);
        getrandom::fill(key.as_mut()).map_err(|_| BadSeal::NoRandomness)?;
        Ok(Secret::new(STANDARD.encode(key)))
    }

    /// Seals one text for a place in a file, as base64. `context` says which place, and is needed to open it.
    pub fn seal_text(&self, context: &[&str], text: &Secret) -> Result<String, BadSeal> {
        self.seal(&Identity::Text(context), text.expose().as_bytes()).map(|sealed| STANDARD.encode(sealed))
    }

    pub fn open_text(&self, context: &[&str], sealed: &str) -> Result<Secret, BadSeal> {
        let sealed = STANDARD.decode(sealed.trim()).map_err(|_| BadSeal::Damaged)?;
        let plain = self.open(&Identity::Text(context), &sealed)?;
        std::str::from_utf8(&plain).map(Secret::new).map_err(|_| BadSeal::Damaged)
    }

    pub(super) fn seal_record(&self, kind: &str, id: &str, version: u64, plain: &[u8]) -> Result<Vec<u8>, BadSeal> {
        self.seal(&Identity::Record { kind, id, version }, plain)
    }

    pub(super) fn open_record(
        &self,
        kind: &str,
        id: &str,
        version: u64,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, BadSeal> {
        self.open(&Identity::Record { kind, id, version }, sealed)
    }

    /// Whether the newest key sealed these bytes.
    pub(super) fn is_newest(&self, sealed: &[u8]) -> bool {
        sealed.get(..HEADER) == Some(&self.newest.header())
    }

    fn seal(&self, identity: &Identity<'_>, plain: &[u8]) -> Result<Vec<u8>, BadSeal> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| BadSeal::NoRandomness)?;
        let header = self.newest.header();
        let aad = identity.associated_data(&header);
        let payload = Payload { msg: plain, aad: &aad };
        // The cipher refuses only texts of more than 256 GiB.
        let sealed = self.newest.cipher.encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| BadSeal::Damaged)?;
        Ok([&header[..], &nonce, &sealed].concat())
    }

    fn open(&self, identity: &Identity<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, BadSeal> {
        let (header, rest) = sealed.split_first_chunk::<HEADER>().ok_or(BadSeal::Damaged)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>().ok_or(BadSeal::Damaged)?;
        let [FORMAT, XCHACHA20_POLY1305, id @ ..] = *header else { return Err(BadSeal::Damaged) };
        let key = self.find(KeyId(id)).ok_or(BadSeal::UnknownKey(KeyId(id)))?;
        let payload = Payload { msg: ciphertext, aad: &identity.associated_data(header) };
        let plain = key.cipher.decrypt(XNonce::from_slice(nonce), payload);
        plain.map(Zeroizing::new).map_err(|_| BadSeal::Damaged)
    }

    fn find(&self, id: KeyId) -> Option<&Key> {
        std::iter::once(&*self.newest).chain(self.older.iter()).find(|key| key.id == id)
    }
}

impl Key {
    fn parse(word: &str, number: usize) -> Result<Self, BadKey> {
        let to_standard = |c| match c {
            '-' => '+',
            '_' => '/',
            other => other,
        };
        let standard = Zeroizing::new(word.trim_end_matches('=').chars().map(to_standard).collect::<String>());
        let bytes = STANDARD_NO_PAD.decode(standard.as_bytes()).map_err(|_| BadKey::NotBase64 { number })?;
        let bytes = Zeroizing::new(bytes);
        let cipher =
            XChaCha20Poly1305::new_from_slice(&bytes).map_err(|_| BadKey::Length { number, bytes: bytes.len() })?;
        let mut id = [0; KEY_ID];
        id.copy_from_slice(&Sha256::digest(&*bytes)[..KEY_ID]);
        Ok(Self { id: KeyId(id), cipher })
    }

    fn header(&self) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        header[0] = FORMAT;
        header[1] = XCHACHA20_POLY1305;
        header[2..].copy_from_slice(&self.id.0);
        header
    }
}

impl Identity<'_> {
    fn associated_data(&self, header: &[u8; HEADER]) -> Vec<u8> {
        let mut data = header.to_vec();
        let mut part = |part: &[u8]| {
            data.extend((part.len() as u64).to_be_bytes());
            data.extend(part);
        };
        match self {
            Identity::Record { kind, id, version } => {
                for text in ["record", kind, id] {
                    part(text.as_bytes());
                }
                part(&version.to_be_bytes());
            }
            Identity::Text(context) => {
                part(b"text");
                context.iter().for_each(|text| part(text.as_bytes()));
            }
        }
        data
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({}, {} older)", self.newest.id, self.older.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring(keys: &[[u8; 32]]) -> Keyring {
        let text = keys.iter().map(|key| STANDARD.encode(key)).collect::<Vec<_>>().join(", ");
        Keyring::parse(&Secret::new(text)).unwrap()
    }

    #[test]
    fn a_text_opens_where_it_was_sealed_and_nowhere_else() {
        let keys = keyring(&[[1; 32]]);
        let sealed = keys.seal_text(&["client", "a"], &Secret::new("canary")).unwrap();
        assert_eq!(keys.open_text(&["client", "a"], &sealed).unwrap().expose(), "canary");
        for elsewhere in [&["client", "b"][..], &["clienta"], &["cl", "ienta"], &["client", "a", ""], &[]] {
            assert_eq!(keys.open_text(elsewhere, &sealed).unwrap_err(), BadSeal::Damaged, "{elsewhere:?}");
        }
    }

    #[test]
    fn a_changed_byte_anywhere_is_refused() {
        let keys = keyring(&[[1; 32]]);
        let sealed = keys.seal_record("grant", "a", 1, b"plain").unwrap();
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(keys.open_record("grant", "a", 1, &changed).is_err(), "byte {place}");
            assert!(keys.open_record("grant", "a", 1, &sealed[..place]).is_err(), "cut at {place}");
        }
        assert_eq!(keys.open_record("grant", "a", 2, &sealed).unwrap_err(), BadSeal::Damaged);
    }

    #[test]
    fn the_newest_key_seals_and_older_ones_still_open() {
        let (old, both, new) = (keyring(&[[1; 32]]), keyring(&[[2; 32], [1; 32]]), keyring(&[[2; 32]]));
        let by_old = old.seal_text(&[], &Secret::new("text")).unwrap();
        let by_both = both.seal_text(&[], &Secret::new("text")).unwrap();
        assert!(both.open_text(&[], &by_old).is_ok() && new.open_text(&[], &by_both).is_ok());
        assert_eq!(new.open_text(&[], &by_old).unwrap_err(), BadSeal::UnknownKey(old.newest.id));
    }

    #[test]
    fn a_bad_key_is_described_and_not_shown() {
        let parse = |text: &str| Keyring::parse(&Secret::new(text)).unwrap_err();
        assert_eq!(parse(" ,\n"), BadKey::Missing);
        assert_eq!(parse("c2hvcnQ="), BadKey::Length { number: 1, bytes: 5 });
        let second_is_bad = format!("{} canary!", Keyring::new_key().unwrap().expose());
        assert_eq!(parse(&second_is_bad), BadKey::NotBase64 { number: 2 });
        assert!(!parse(&second_is_bad).to_string().contains("canary"));
    }

    #[test]
    fn a_key_is_read_in_either_alphabet() {
        let url_safe = Secret::new(STANDARD.encode([0xfb; 32]).replace('+', "-").replace('/', "_").replace('=', ""));
        assert_eq!(Keyring::parse(&url_safe).unwrap().newest.id, keyring(&[[0xfb; 32]]).newest.id);
    }

    #[test]
    fn debug_shows_nothing_of_a_key() {
        let keys = keyring(&[*b"canarycanarycanarycanarycanaryca"]);
        assert!(!format!("{keys:?}").contains("canary"));
    }
}
