//! What a backend sees of a record: where it is, and sealed bytes.

use super::{Error, Kind, seal::BadSeal};
use sha2::{Digest, Sha256};
use std::{borrow::Cow, sync::Arc};

/// What a backend holds of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sealed {
    pub version: u64,
    pub bytes: Arc<[u8]>,
}

/// Who has to confirm a write of what must not be lost, besides the server that took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Witness {
    /// A replica, where there is one.
    Replica,
    /// Also the server's own disk, where it can say so.
    ReplicaAndDisk,
}

/// How a conditional write of what must not be lost ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// The record was at another version.
    No,
    Safely,
    /// Written, but it is not confirmed that it outlives this server.
    Unconfirmed,
}

/// Where a backend holds a record.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    pub kind: Kind,
    pub id: Cow<'a, str>,
}

impl<'a> Place<'a> {
    /// A passing record is found by a secret (a state, a cookie, a code), so its id is kept only as a hash.
    pub fn of(kind: Kind, id: &'a str) -> Self {
        let hash = || hex(&Sha256::digest(id));
        Self { kind, id: if kind.is_kept() { Cow::Borrowed(id) } else { Cow::Owned(hash()) } }
    }

    /// Names the place without showing it.
    pub fn digest(&self) -> String {
        hex(&Sha256::digest([self.kind.name(), &*self.id].join("\0")))
    }

    pub fn not_opened(&self, error: BadSeal) -> Error {
        match error {
            BadSeal::UnknownKey(key) => Error::WrongKey { key },
            BadSeal::Damaged => self.damaged(),
            BadSeal::NoRandomness => Error::NoRandomness,
        }
    }

    pub fn damaged(&self) -> Error {
        Error::Damaged { kind: self.kind, id: self.id.to_string() }
    }

    /// Only the place in the JSON is told: serde's own message can hold a value.
    pub fn unreadable(&self, error: &serde_json::Error) -> Error {
        let why = format!("{:?} error at column {}", error.classify(), error.column()).to_lowercase();
        Error::Unreadable { kind: self.kind, id: self.id.to_string(), why }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
