//! The one thing that is written in plain text: what a definition publishes for programs that read the Python helper's
//! keys. Only Redis has such readers. This program reads none of it but a code, for a program that embeds it.

use super::{Backend, Error, Location, Store};
use crate::oauth::secret::Secret;
use std::time::Duration;

impl Store {
    /// Whether other programs can read what is published.
    pub fn has_readers(&self) -> bool {
        matches!(self.opening.location(), Location::Redis { .. })
    }

    /// Puts a value under a key (the prefix comes before it), over whatever is there. `ttl`: how long; `None`: until
    /// somebody deletes it.
    pub async fn publish(&self, key: &str, value: &Secret, ttl: Option<Duration>) -> Result<(), Error> {
        match self.backend()? {
            Backend::Redis(redis) => redis.publish_plain(key, value, ttl).await,
            Backend::Embedded(_) => Err(nobody_reads()),
        }
    }

    /// Reads what was published and deletes it, in one step. Where the answer is lost on the way, so is what was read.
    pub async fn take_published(&self, key: &str) -> Result<Option<Secret>, Error> {
        match self.backend()? {
            Backend::Redis(redis) => redis.take_plain(key).await,
            Backend::Embedded(_) => Ok(None),
        }
    }

    /// Deletes what was published. That there is nothing is no error.
    pub async fn withdraw(&self, key: &str) -> Result<(), Error> {
        match self.backend()? {
            Backend::Redis(redis) => redis.withdraw_plain(key).await,
            Backend::Embedded(_) => Ok(()),
        }
    }
}

fn nobody_reads() -> Error {
    let remedy = "Set OAUTHCLIENT_MESSAGE_QUEUE__URL, or set `publish` to none";
    Error::Unavailable { place: "Redis".to_owned(), why: "there is none".to_owned(), remedy }
}
