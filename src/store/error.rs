//! What can go wrong with the store, and what can be done about it.

use super::{kind::Kind, seal::KeyId};
use std::path::PathBuf;

/// Each message names the store and the next step. None holds a secret: no password, no URL, no record's content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{place} cannot be used now: {why}. {remedy}")]
    Unavailable { place: String, why: String, remedy: &'static str },
    #[error("{place} refuses the login: {why}. {remedy}")]
    Denied { place: String, why: String, remedy: &'static str },
    #[error("{place} is full. {remedy}")]
    Full { place: String, remedy: &'static str },
    #[error("{place} is read-only. {remedy}")]
    ReadOnly { place: String, remedy: &'static str },
    #[error(
        "{} is damaged and was left as it is. Restore it from a backup, or move it (and its -wal and -shm files) away \
         to start with an empty store", path.display()
    )]
    Broken { path: PathBuf },
    #[error(
        "{} was written by a newer version of this program (schema {found}, this one knows {known}). Use that version",
        path.display()
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error(
        "the store is sealed with another key ({key}), so nothing was changed. Set OAUTHCLIENT_ENCRYPTION__KEY to the \
         key it was sealed with; after a change of key it holds the new key, then the old one"
    )]
    WrongKey { key: KeyId },
    #[error(
        "the {kind} record `{id}` was damaged or moved in the store and is not used. Restore a backup of the store, or \
         delete that record"
    )]
    Damaged { kind: Kind, id: String },
    #[error(
        "the {kind} record `{id}` has a form that this version does not read ({why}). Was it written by a newer version?"
    )]
    Unreadable { kind: Kind, id: String, why: String },
    #[error(
        "{} holds a token that the store could not take, and cannot be opened. Set OAUTHCLIENT_ENCRYPTION__KEY to the key \
         it was sealed with, or move it away and authorize again", path.display()
    )]
    SpoolDamaged { path: PathBuf },
    #[error(
        "{place} throws records away when its memory is full (maxmemory-policy {policy}), so grants would get lost. Run \
         `CONFIG SET maxmemory-policy noeviction` and write it to redis.conf, or use another Redis"
    )]
    Evicting { place: String, policy: String },
    #[error(
        "OAUTHCLIENT_MESSAGE_QUEUE__URL is not a Redis URL that can be used ({why}). Write \
         redis://[user:password@]host[:port][/database], or rediss:// for TLS"
    )]
    BadUrl { why: String },
    #[error("the CA file {} cannot be used: {why}. It holds the certificates to trust, in PEM", path.display())]
    BadCaFile { path: PathBuf, why: String },
    #[error("the system gave no random numbers, so nothing was written. Try again")]
    NoRandomness,
}

/// What is odd about a store that can still be used. To be logged once, at start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    #[error(
        "{place} keeps nothing on disk: a restart of Redis loses every grant. Run `CONFIG SET appendonly yes` and write \
         it to redis.conf"
    )]
    NotPersistent { place: String },
    #[error(
        "{place} does not say how it is configured (CONFIG is blocked): make sure that it has `appendonly yes` and \
         `maxmemory-policy noeviction`"
    )]
    ConfigBlocked { place: String },
    #[error("{place} throws records away when its memory is full (maxmemory-policy {policy}), as you allowed")]
    Evicting { place: String, policy: String },
}

impl Error {
    /// Whether it may be otherwise in a moment without anybody doing anything here.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Full { .. } | Self::ReadOnly { .. })
    }
}
