//! One value with the name that its writer knows it by.

use figment::{
    Error, Figment, Metadata, Profile, Provider,
    util::nest,
    value::{Dict, Map, Value},
};
use std::fmt;

/// A source of a single value, so that every value in a [`Figment`] can tell where it was written.
#[derive(Clone)]
pub(super) struct Entry {
    /// Dotted: `tls.certs`.
    pub key: String,
    /// `OAUTHCLIENT_TLS__CERTS` or `--tls-certs`.
    pub name: String,
    pub value: Value,
    pub profile: Profile,
}

impl Entry {
    /// A value that no profile of `Rocket.toml` outdoes.
    pub fn over_all_profiles(key: &str, name: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { key: key.to_owned(), name: name.into(), value: value.into(), profile: Profile::Global }
    }

    /// A value that every other source outdoes.
    #[cfg(feature = "program")]
    pub fn default(key: &str, value: impl Into<Value>) -> Self {
        Self { key: key.to_owned(), name: "default".to_owned(), value: value.into(), profile: Profile::Default }
    }

    pub fn merge_all(figment: Figment, entries: impl IntoIterator<Item = Entry>) -> Figment {
        entries.into_iter().fold(figment, Figment::merge)
    }
}

impl Provider for Entry {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let dict = nest(&self.key, self.value.clone()).into_dict().unwrap_or_default();
        Ok(Map::from([(self.profile.clone(), dict)]))
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)
    }
}
