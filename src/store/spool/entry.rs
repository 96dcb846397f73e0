//! One record that waits for the store, and its form on disk: sealed text, in which everything about it stands.

use crate::oauth::secret::Secret;
use crate::store::{Error, Keyring, Kind, Place, Sealed, lease::Holding, seal::BadSeal};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub kind: Kind,
    pub id: String,
    /// The version it replaces; 0: there was none.
    pub expected: u64,
    pub sealed: Sealed,
    /// Under which lease it was written.
    pub lease: Holding,
}

#[derive(Serialize, Deserialize)]
struct OnDisk {
    kind: String,
    id: String,
    expected: u64,
    version: u64,
    sealed: String,
    lease: Holding,
}

impl Entry {
    pub fn place(&self) -> Place<'_> {
        Place::of(self.kind, &self.id)
    }

    /// `name`: of its file, so that it is found under no other.
    pub fn seal(&self, keys: &Keyring, name: &str) -> Result<String, Error> {
        let form = OnDisk {
            kind: self.kind.name().to_owned(),
            id: self.id.clone(),
            expected: self.expected,
            version: self.sealed.version,
            sealed: STANDARD.encode(&self.sealed.bytes),
            lease: self.lease.clone(),
        };
        let text = serde_json::to_string(&form).map_err(|error| self.place().unreadable(&error))?;
        let sealed = keys.seal_text(&["spool", name], &Secret::new(text));
        sealed.map_err(|_: BadSeal| Error::NoRandomness)
    }

    /// `None`: it is damaged, moved, sealed with another key, or of a form that this version does not know.
    pub fn open(keys: &Keyring, name: &str, text: &str) -> Option<Self> {
        let text = keys.open_text(&["spool", name], text).ok()?;
        let form: OnDisk = serde_json::from_str(text.expose()).ok()?;
        let bytes = STANDARD.decode(form.sealed).ok()?;
        Some(Self {
            kind: Kind::named(&form.kind)?,
            id: form.id,
            expected: form.expected,
            sealed: Sealed { version: form.version, bytes: bytes.into() },
            lease: form.lease,
        })
    }
}
