//! What an installation does with the definitions of its clients beyond reading and writing them.

use super::Installation;
use crate::flows::discover::{self, Discovered};
use crate::flows::{Error, client_key, rediscovery};
use crate::oauth::jwk::Algorithm;
use crate::oauth::metadata::{Chosen, Difference};
use crate::oauth::name::ClientName;
use crate::remote::Call;
use serde_json::Value;

/// What becomes of the differences that are proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proposed {
    Shown,
    TakenOver,
}

impl Installation {
    /// The definition that a server's metadata makes, for who has chosen something already. It is the installation that
    /// asks: what only it can reach is found, too.
    pub async fn discovered(&self, url: &str, chosen: &Chosen) -> Result<Discovered, Error> {
        match self {
            Self::Here(app) => Ok(Discovered::of(&discover::find(&app.network, url).await?, chosen)),
            Self::There(remote) => {
                let call = Call::to(&["discover"]).with("url", url);
                let call = chosen.auth.iter().fold(call, |call, auth| call.with("auth", auth));
                let call = chosen.grant.iter().fold(call, |call, grant| call.with("grant", grant.as_str()));
                Ok(remote.get(call).await?)
            }
        }
    }

    /// What the metadata of the client's issuer says otherwise than its definition.
    pub async fn differences(&self, name: &ClientName, proposed: Proposed) -> Result<Vec<Difference>, Error> {
        let path = ["clients", name.as_str(), "discover"];
        match (self, proposed) {
            (Self::Here(app), proposed) => {
                let client = app.client(name).await?;
                let differences = rediscovery::look(app, &client).await?;
                if proposed == Proposed::TakenOver {
                    rediscovery::follow(app, &client, &differences).await?;
                }
                Ok(differences)
            }
            (Self::There(remote), Proposed::Shown) => Ok(remote.get(Call::to(&path)).await?),
            (Self::There(remote), Proposed::TakenOver) => Ok(remote.post(Call::to(&path), &Value::Null).await?),
        }
    }

    /// Makes a key for the client and gives its public half, as a JWK Set.
    pub async fn new_key(&self, name: &ClientName, alg: Algorithm) -> Result<Value, Error> {
        match self {
            Self::Here(app) => {
                client_key::generate(app, name, alg).await?;
                self.public_key(name).await
            }
            Self::There(remote) => {
                let path = ["clients", name.as_str(), "key"];
                Ok(remote.post(Call::to(&path).with("alg", alg.as_str()), &Value::Null).await?)
            }
        }
    }

    /// The public half of the client's key, as a JWK Set.
    pub async fn public_key(&self, name: &ClientName) -> Result<Value, Error> {
        match self {
            Self::Here(app) => client_key::public_half(app, name).await,
            Self::There(remote) => Ok(remote.get(Call::to(&["clients", name.as_str(), "key"])).await?),
        }
    }
}
