//! Registrations that an installation makes at authorization servers, and keeps as their clients are.

use super::Installation;
use crate::flows::Error;
use crate::flows::registration::{self, Registered, upkeep};
use crate::oauth::name::ClientName;
use crate::oauth::secret::Secret;
use crate::remote::{self, Call};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What the server kept otherwise than the client is, and what it keeps otherwise still.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "program", derive(utoipa::ToSchema))]
pub struct Updated {
    #[cfg_attr(feature = "program", schema(value_type = Vec<Object>))]
    pub before: Vec<Value>,
    #[cfg_attr(feature = "program", schema(value_type = Vec<Object>))]
    pub after: Vec<Value>,
}

impl Installation {
    /// Registers for the definition as far as it is known, and creates the client.
    pub async fn register(&self, name: &ClientName, facts: Value, token: Option<Secret>) -> Result<Registered, Error> {
        match self {
            Self::Here(app) => registration::at_issuer(app, name.clone(), facts, token.as_ref()).await,
            Self::There(remote) => {
                let token = token.as_ref().map(Secret::expose);
                let body = json!({"definition": facts, "initial_access_token": token});
                Ok(remote.post(Call::to(&["clients", name.as_str(), "registration"]), &body).await?)
            }
        }
    }

    /// What the server keeps otherwise than the client is. `None`: this program did not register it.
    pub async fn outdated(&self, name: &ClientName) -> Result<Option<Vec<Value>>, Error> {
        match self {
            Self::Here(app) => {
                let client = app.client(name).await?;
                let Some(registered) = registration::of(app, &client).await? else { return Ok(None) };
                Ok(Some(values(&upkeep::look(app, &client, registered).await?)))
            }
            Self::There(remote) => known(remote.get(Call::to(&["clients", name.as_str(), "registration"])).await),
        }
    }

    /// Has the server keep it as the client is. `None`: this program did not register it.
    pub async fn update_registration(&self, name: &ClientName) -> Result<Option<Updated>, Error> {
        match self {
            Self::Here(app) => {
                let client = app.client(name).await?;
                let Some(registered) = registration::of(app, &client).await? else { return Ok(None) };
                let (before, after) = upkeep::update(app, &client, registered).await?;
                Ok(Some(Updated { before: values(&before), after: values(&after) }))
            }
            Self::There(remote) => {
                let path = ["clients", name.as_str(), "registration", "update"];
                known(remote.post(Call::to(&path), &Value::Null).await)
            }
        }
    }
}

fn values(all: &[impl Serialize]) -> Vec<Value> {
    all.iter().filter_map(|one| serde_json::to_value(one).ok()).collect()
}

fn known<T>(answer: Result<T, remote::Error>) -> Result<Option<T>, Error> {
    match answer {
        Err(error) if error.code() == Some("no_registration") => Ok(None),
        answer => Ok(Some(answer?)),
    }
}
