//! The keys of an installation's HTTP API.

use super::Installation;
use crate::flows::Error;
use crate::flows::api_keys::{self, KeyFacts, Verb, Wanted};
use crate::oauth::name::ClientName;
use crate::oauth::secret::{Secret, exposed};
use crate::oauth::timestamp::Timestamp;
use crate::remote::Call;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// What a new key is for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "program", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    pub label: String,
    /// Empty: all, also those that are added later.
    #[serde(default)]
    #[cfg_attr(feature = "program", schema(value_type = Vec<String>))]
    pub clients: Vec<ClientName>,
    /// Empty: `token:read` for a key of named clients, everything but `keys:write` for a key of all.
    #[serde(default)]
    #[cfg_attr(feature = "program", schema(value_type = Vec<String>))]
    pub verbs: Vec<Verb>,
    /// Seconds that it lives; absent: until it is revoked.
    #[serde(default)]
    pub expires_in: Option<u64>,
}

/// A key in the one answer that shows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "program", derive(utoipa::ToSchema))]
pub struct ShownKey {
    #[serde(with = "exposed")]
    #[cfg_attr(feature = "program", schema(value_type = String))]
    pub key: Secret,
    #[serde(flatten)]
    pub facts: KeyFacts,
}

impl Installation {
    pub async fn make_key(&self, wanted: NewKey) -> Result<ShownKey, Error> {
        match self {
            Self::Here(app) => {
                for client in &wanted.clients {
                    app.client(client).await?;
                }
                let (key, text) = api_keys::create(app, wanted.from(app.now())).await?;
                Ok(ShownKey { key: text, facts: KeyFacts::from(&key) })
            }
            Self::There(remote) => {
                let body = serde_json::to_value(&wanted).unwrap_or(Value::Null);
                Ok(remote.post(Call::to(&["keys"]), &body).await?)
            }
        }
    }

    /// The newest first. Another installation tells of those that could do no more than the key it is asked with.
    pub async fn keys(&self) -> Result<Vec<KeyFacts>, Error> {
        match self {
            Self::Here(app) => Ok(api_keys::list(app).await?.iter().map(KeyFacts::from).collect()),
            Self::There(remote) => Ok(remote.get(Call::to(&["keys"])).await?),
        }
    }

    /// `false`: there is no such key.
    pub async fn revoke_key(&self, id: &str) -> Result<bool, Error> {
        match self {
            Self::Here(app) => api_keys::revoke(app, id).await,
            Self::There(remote) => match remote.delete(Call::to(&["keys", id])).await {
                Err(error) if error.code() == Some("unknown_key") => Ok(false),
                done => Ok(done.map(|()| true)?),
            },
        }
    }
}

impl NewKey {
    /// What it is when it is made at this moment.
    pub fn from(self, now: Timestamp) -> Wanted {
        let Self { label, clients, verbs, expires_in } = self;
        let expires_at = expires_in.map(|life| now + i64::try_from(life).unwrap_or(i64::MAX));
        Wanted { label, clients, verbs, expires_at }
    }

    /// The same with the lifetime as people say it.
    #[must_use]
    pub fn living(self, life: Option<Duration>) -> Self {
        Self { expires_in: life.map(|life| life.as_secs()), ..self }
    }
}
