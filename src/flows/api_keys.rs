//! Keys for scripts that ask over HTTP: shown once, kept as a digest, limited to clients, ending when they should.

use super::Error;
use crate::app::App;
use crate::oauth::name::ClientName;
use crate::oauth::secret::Secret;
use crate::oauth::timestamp::Timestamp;
use crate::store::{Kind, Put, Record};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const PREFIX: &str = "och";

/// What is known of a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ApiKey {
    pub id: String,
    pub label: String,
    /// The clients it may ask for; empty: all.
    pub clients: Vec<ClientName>,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// SHA-256 of the secret half, which is 256 random bits, so no slow hash is needed.
    digest: [u8; 32],
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
}

/// Makes a key. The text is `och_ID_SECRET` and is not kept.
pub async fn create(
    app: &App,
    label: &str,
    clients: Vec<ClientName>,
    expires_at: Option<Timestamp>,
) -> Result<(ApiKey, Secret), Error> {
    let id: String = app.random()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    let secret = app.random_text();
    let key = ApiKey {
        id: id.clone(),
        label: label.to_owned(),
        clients,
        created_at: app.now(),
        expires_at,
        digest: Sha256::digest(&secret).into(),
    };
    match app.store.put_if_version(&id, &key, 0).await? {
        Put::Stored(_) => Ok((key, Secret::new(format!("{PREFIX}_{id}_{secret}")))),
        Put::Conflict => Err(Error::Interrupted),
    }
}

pub async fn list(app: &App) -> Result<Vec<ApiKey>, Error> {
    Ok(app.store.list::<ApiKey>().await?.into_iter().map(|(_, found)| found.value).collect())
}

/// `false`: there is no such key.
pub async fn revoke(app: &App, id: &str) -> Result<bool, Error> {
    Ok(app.store.delete(Kind::ApiKey, id).await?)
}

/// The key that `text` is.
pub async fn open(app: &App, text: &str) -> Result<Result<ApiKey, BadKey>, Error> {
    let mut parts = text.splitn(3, '_');
    let (Some(PREFIX), Some(id), Some(secret)) = (parts.next(), parts.next(), parts.next()) else {
        return Ok(Err(BadKey::Unknown));
    };
    if id.len() != 16 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(Err(BadKey::Unknown));
    }
    let Some(found) = app.store.get::<ApiKey>(id).await? else { return Ok(Err(BadKey::Unknown)) };
    let key = found.value;
    let digest: [u8; 32] = Sha256::digest(secret).into();
    let same: bool = subtle::ConstantTimeEq::ct_eq(&digest[..], &key.digest[..]).into();
    Ok(match key.expires_at {
        _ if !same => Err(BadKey::Unknown),
        Some(end) if end <= app.now() => Err(BadKey::Expired),
        _ => Ok(key),
    })
}
