//! Text that must never be shown.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// A secret text: a token, a password, a code. It has no `Display` and no `Serialize`, is redacted in `Debug`, and is
/// wiped from memory when dropped. [`Secret::expose`] is the one way to read it.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text itself. Every use of this word is a place to review.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }

    /// Equality whose duration does not depend on where the texts differ.
    pub fn matches(&self, other: &str) -> bool {
        use subtle::ConstantTimeEq;
        self.expose().as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(STRUCK_OUT)
    }
}

/// What stands where a secret was.
const STRUCK_OUT: &str = "[secret]";

/// Strikes secrets out of what a server says. To be done before anything is cut off: half a secret is not recognized.
pub fn struck_out(text: String, secrets: &[&Secret]) -> String {
    let long = secrets.iter().filter(|secret| secret.expose().len() > 3);
    long.fold(text, |text, secret| text.replace(secret.expose(), STRUCK_OUT))
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }
}

/// `#[serde(with = "exposed")]`: writes the secret in the clear. Only for records that the store seals as a whole.
pub mod exposed {
    use super::Secret;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        Secret::deserialize(deserializer)
    }

    /// The same for secrets by name.
    pub mod map {
        use super::Secret;
        use serde::{Deserialize, Deserializer, Serializer};
        use std::collections::BTreeMap;

        pub fn serialize<S: Serializer>(map: &BTreeMap<String, Secret>, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(map.iter().map(|(name, secret)| (name, secret.expose())))
        }

        pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Secret>, D::Error> {
            BTreeMap::deserialize(deserializer)
        }
    }

    /// The same for a secret that may be absent.
    pub mod option {
        use super::Secret;
        use serde::{Deserialize, Deserializer, Serializer};

        pub fn serialize<S: Serializer>(secret: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
            match secret {
                Some(secret) => serializer.serialize_some(secret.expose()),
                None => serializer.serialize_none(),
            }
        }

        pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
            Option::<Secret>::deserialize(deserializer)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_shows_nothing_of_a_secret() {
        assert_eq!(format!("{:?}", Secret::new("canary")), "[secret]");
    }
}
