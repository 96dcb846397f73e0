//! The keys of authorization servers, as fetched.

use crate::oauth::jwk::KeySet;
use crate::oauth::timestamp::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

/// The key sets fetched so far, by address.
#[derive(Debug, Default)]
pub struct KeySets(Mutex<HashMap<Url, Fetched>>);

#[derive(Clone, Debug)]
pub struct Fetched {
    pub keys: Arc<KeySet>,
    pub at: Timestamp,
    /// When an unknown key last made us look again.
    pub again_at: Option<Timestamp>,
}

impl KeySets {
    pub fn get(&self, url: &Url) -> Option<Fetched> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(url).cloned()
    }

    pub fn put(&self, url: &Url, fetched: Fetched) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(url.clone(), fetched);
    }
}
