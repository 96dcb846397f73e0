//! Where a definition's secret is.

use crate::oauth::secret::Secret;
use serde::ser::{Error, SerializeMap};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::path::PathBuf;

/// JSON: `{"sealed": "…"}`, `{"env": "VAR"}`, `{"file": "/run/secrets/x"}`, or a plain text as a person types it, which
/// is sealed before it is written anywhere.
#[derive(Clone, Debug)]
pub enum SecretSource {
    Plain(Secret),
    Sealed(String),
    Env(String),
    File(PathBuf),
}

impl PartialEq for SecretSource {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (SecretSource::Plain(a), SecretSource::Plain(b)) => a.matches(b.expose()),
            (SecretSource::Sealed(a), SecretSource::Sealed(b)) | (SecretSource::Env(a), SecretSource::Env(b)) => a == b,
            (SecretSource::File(a), SecretSource::File(b)) => a == b,
            _ => false,
        }
    }
}

impl Serialize for SecretSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            SecretSource::Plain(_) => return Err(S::Error::custom("a secret must be sealed before it is written")),
            SecretSource::Sealed(text) => map.serialize_entry("sealed", text)?,
            SecretSource::Env(name) => map.serialize_entry("env", name)?,
            SecretSource::File(path) => map.serialize_entry("file", path)?,
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for SecretSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Elsewhere {
            Sealed(String),
            Env(String),
            File(PathBuf),
        }
        #[derive(Deserialize)]
        #[serde(
            untagged,
            expecting = "a secret is a text, or one of {\"sealed\": …}, {\"env\": \"VARIABLE\"}, {\"file\": \"/path\"}"
        )]
        enum Written {
            Plain(Secret),
            Elsewhere(Elsewhere),
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::Plain(secret) => SecretSource::Plain(secret),
            Written::Elsewhere(Elsewhere::Sealed(text)) => SecretSource::Sealed(text),
            Written::Elsewhere(Elsewhere::Env(name)) => SecretSource::Env(name),
            Written::Elsewhere(Elsewhere::File(path)) => SecretSource::File(path),
        })
    }
}
