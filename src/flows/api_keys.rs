//! Keys for scripts that ask over HTTP: shown once, kept as a digest, limited to clients and verbs, ending when they
//! should.

pub mod delegated;
mod facts;
mod verb;

pub use facts::KeyFacts;
pub use verb::{BadVerb, Verb};

use super::Error;
use crate::app::App;
use crate::oauth::name::ClientName;
use crate::oauth::secret::Secret;
use crate::oauth::timestamp::Timestamp;
use crate::store::{Kind, Put, Record, Versioned};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;

const PREFIX: &str = "och_";
/// Characters of a key's id, which `_` and the secret half follow.
const ID_LENGTH: usize = 16;

/// Seconds between two notes of when a key was used.
const NOTED_EVERY: i64 = 60;

/// What is known of a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ApiKey {
    pub id: String,
    pub label: String,
    /// The clients it may ask for; empty: all.
    pub clients: Vec<ClientName>,
    /// What it may do. Keys made before there was a choice could fetch tokens.
    #[serde(default = "token_read")]
    pub verbs: Vec<Verb>,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// To the minute.
    #[serde(default)]
    pub last_used_at: Option<Timestamp>,
    /// The key that made it; `None`: the operator did.
    #[serde(default)]
    pub made_by: Option<String>,
    /// SHA-256 of the secret half, which is 256 random bits, so no slow hash is needed.
    digest: [u8; 32],
}

fn token_read() -> Vec<Verb> {
    vec![Verb::TokenRead]
}

impl Record for ApiKey {
    const KIND: Kind = Kind::ApiKey;
}

/// What a key opened with may be refused for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    #[error("this API key is not known; make one with `oauth-helper api-key create LABEL`")]
    Unknown,
    #[error("this API key has ended; make a new one with `oauth-helper api-key create LABEL`")]
    Expired,
}

impl ApiKey {
    pub fn admits(&self, client: &ClientName) -> bool {
        self.clients.is_empty() || self.clients.contains(client)
    }

    pub fn may(&self, verb: Verb) -> bool {
        self.verbs.iter().any(|own| own.includes(verb))
    }

    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    fn is_opened_by(&self, secret: &str) -> bool {
        let digest: [u8; 32] = Sha256::digest(secret).into();
        subtle::ConstantTimeEq::ct_eq(&digest[..], &self.digest[..]).into()
    }
}

/// What a new key is for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub label: String,
    /// Empty: all, also those that are added later.
    pub clients: Vec<ClientName>,
    /// Empty: tokens alone for a key of named clients, everything but making keys for a key of all.
    pub verbs: Vec<Verb>,
    pub expires_at: Option<Timestamp>,
}

impl Wanted {
    fn verbs(&self) -> Vec<Verb> {
        let mut verbs = match self.verbs.as_slice() {
            [] if self.clients.is_empty() => Verb::usual(),
            [] => token_read(),
            verbs => verbs.to_vec(),
        };
        verbs.sort();
        verbs.dedup();
        verbs
    }
}

/// Makes a key, for the operator. The text is `och_ID_SECRET` and is not kept.
pub async fn create(app: &App, wanted: Wanted) -> Result<(ApiKey, Secret), Error> {
    make(app, wanted, None).await
}

async fn make(app: &App, wanted: Wanted, made_by: Option<String>) -> Result<(ApiKey, Secret), Error> {
    let id: String = app.random()[..ID_LENGTH / 2].iter().map(|byte| format!("{byte:02x}")).collect();
    let secret = app.random_text();
    let key = ApiKey {
        id: id.clone(),
        verbs: wanted.verbs(),
        label: wanted.label,
        clients: wanted.clients,
        created_at: app.now(),
        expires_at: wanted.expires_at,
        last_used_at: None,
        made_by,
        digest: Sha256::digest(&secret).into(),
    };
    match app.store.put_if_version(&id, &key, 0).await? {
        Put::Stored(_) => Ok((key, Secret::new(format!("{PREFIX}{id}_{secret}")))),
        Put::Conflict => Err(Error::Interrupted),
    }
}

/// The newest first.
pub async fn list(app: &App) -> Result<Vec<ApiKey>, Error> {
    let mut keys: Vec<ApiKey> = app.store.list::<ApiKey>().await?.into_iter().map(|(_, found)| found.value).collect();
    keys.sort_by_key(|key| std::cmp::Reverse(key.created_at));
    Ok(keys)
}

/// Makes a key worthless, and those that it made. `false`: there is no such key.
pub async fn revoke(app: &App, id: &str) -> Result<bool, Error> {
    // Before those that it made are looked for: it makes none any more.
    let was_there = app.store.delete(Kind::ApiKey, id).await?;
    for key in list(app).await?.iter().filter(|key| key.made_by.as_deref() == Some(id)) {
        app.store.delete(Kind::ApiKey, &key.id).await?;
    }
    Ok(was_there)
}

/// The key that `text` is. That it was used is noted afterwards: no caller waits for it.
pub async fn open(app: &App, text: &str) -> Result<Result<Arc<ApiKey>, BadKey>, Error> {
    let Some((id, secret)) = halves(text) else { return Ok(Err(BadKey::Unknown)) };
    let Some(found) = app.store.read::<ApiKey>(id).await? else { return Ok(Err(BadKey::Unknown)) };
    if !found.value.is_opened_by(secret) {
        return Ok(Err(BadKey::Unknown));
    }
    let now = app.now();
    if found.value.has_ended(now) {
        return Ok(Err(BadKey::Expired));
    }
    note_use(app, &found, now);
    Ok(Ok(found.value))
}

/// Whether a key that was opened a while ago would open still.
pub async fn still_stands(app: &App, key: &ApiKey) -> Result<bool, Error> {
    let found = app.store.get::<ApiKey>(&key.id).await?.map(|found| found.value);
    Ok(found.is_some_and(|found| found.digest == key.digest && !found.has_ended(app.now())))
}

/// The id and the secret half.
fn halves(text: &str) -> Option<(&str, &str)> {
    let (id, secret) = text.strip_prefix(PREFIX)?.split_at_checked(ID_LENGTH)?;
    let is_id = id.bytes().all(|b| b.is_ascii_hexdigit());
    secret.strip_prefix('_').filter(|_| is_id).map(|secret| (id, secret))
}

/// Writes down when a key was used, at most once a minute. A key that was revoked meanwhile stays so, since the write
/// says which version it replaces.
fn note_use(app: &App, found: &Versioned<Arc<ApiKey>>, now: Timestamp) {
    let is_noted = found.value.last_used_at.is_some_and(|last| last.seconds_until(now) < NOTED_EVERY);
    if is_noted || !app.once_in(NOTED_EVERY, &found.value.id) {
        return;
    }
    let (app, version) = (app.clone(), found.version);
    let key = ApiKey { last_used_at: Some(now), ..ApiKey::clone(&found.value) };
    tokio::spawn(async move {
        if let Err(error) = app.store.put_if_version(&key.id, &key, version).await {
            tracing::warn!(%error, key = key.id, "when the key was used could not be noted");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verbs(clients: &[&str], verbs: &[Verb]) -> Vec<Verb> {
        let clients = clients.iter().map(|name| name.parse().unwrap()).collect();
        Wanted { clients, verbs: verbs.to_vec(), ..Wanted::default() }.verbs()
    }

    #[test]
    fn a_key_of_named_clients_fetches_tokens_and_a_key_of_all_does_all() {
        assert_eq!(verbs(&["mail"], &[]), [Verb::TokenRead]);
        assert_eq!(verbs(&[], &[]), Verb::usual());
        assert!(!Verb::usual().contains(&Verb::KeysWrite) && Verb::usual().len() + 1 == Verb::ALL.len());
        assert_eq!(verbs(&[], &[Verb::Proxy, Verb::TokenRead, Verb::Proxy]), [Verb::TokenRead, Verb::Proxy]);
    }

    #[test]
    fn a_key_of_an_earlier_version_fetches_tokens() {
        let earlier = serde_json::json!({"id": "00", "label": "", "clients": [], "created_at": 1, "expires_at": null,
            "digest": vec![0; 32]});
        let key: ApiKey = serde_json::from_value(earlier).unwrap();
        assert!(key.may(Verb::TokenRead) && !key.may(Verb::ClientsRead) && key.last_used_at.is_none());
    }
}
