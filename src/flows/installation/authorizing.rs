//! Authorizing a client with a person's help, from a terminal.

use super::{Installation, about};
use crate::flows::Error;
use crate::flows::authorize::Way;
use crate::flows::authorize::terminal::{self, Invitation, Progress};
use crate::flows::pasted::Pasted;
use crate::oauth::name::GrantName;
use crate::oauth::secret::Secret;
use crate::remote::Call;
use serde_json::{Value, json};
use std::time::Duration;

/// How long another installation may keep an answer back, below the patience of what is between.
const LONGEST_POLL: Duration = Duration::from_secs(20);

impl Installation {
    /// Begins an authorization, and says what a person has to do.
    pub async fn invite(&self, name: &GrantName, way: Way) -> Result<Invitation, Error> {
        match self {
            Self::Here(app) => terminal::invite(app, name, way).await,
            Self::There(remote) => {
                let path = ["clients", name.client.as_str(), "authorizations"];
                Ok(remote.post(about(name, &path, None).with("way", way.as_str()), &Value::Null).await?)
            }
        }
    }

    /// How far it is: as soon as it is over, or after so long.
    pub async fn progress(&self, name: &GrantName, id: &str, at_most: Duration) -> Result<Progress, Error> {
        match self {
            Self::Here(app) => terminal::progress(app, &name.client, id, at_most).await,
            Self::There(remote) => {
                let path = ["clients", name.client.as_str(), "authorizations", id];
                Ok(remote.get(Call::to(&path).with("wait", at_most.min(LONGEST_POLL).as_secs())).await?)
            }
        }
    }

    /// Takes the address that the browser ended at, as a person copied it.
    pub async fn pasted(&self, name: &GrantName, pasted: Pasted) -> Result<Progress, Error> {
        match self {
            Self::Here(app) => terminal::pasted(app, &name.client, pasted.response).await,
            Self::There(remote) => {
                let path = ["clients", name.client.as_str(), "authorizations", "pasted"];
                Ok(remote.post(Call::to(&path), &json!({"url": pasted.text.expose()})).await?)
            }
        }
    }

    /// Hands over a user name and a password, which are not kept.
    pub async fn with_password(&self, name: &GrantName, username: String, password: Secret) -> Result<Progress, Error> {
        match self {
            Self::Here(app) => terminal::with_password(app, name.clone(), username, password).await,
            Self::There(remote) => {
                let path = ["clients", name.client.as_str(), "authorizations", "password"];
                let body = json!({"username": username, "password": password.expose()});
                Ok(remote.post(about(name, &path, None), &body).await?)
            }
        }
    }
}
