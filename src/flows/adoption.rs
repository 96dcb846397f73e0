//! Taking over what a person agreed to elsewhere.

use super::{Error, grants};
use crate::app::App;
use crate::oauth::grant::Grant;
use crate::oauth::name::Account;
use crate::oauth::token_response::{Stage, Tokens};
use crate::registry::Client;
use crate::registry::import::CarriedTokens;
use std::collections::BTreeMap;
use std::time::Duration;

/// What became of tokens from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adopted {
    Taken,
    /// The client has a grant of its own, which stays.
    NotNeeded,
}

/// Makes tokens that another program got for the same client ID the grant of the default account.
pub async fn adopt(app: &App, client: &Client, carried: CarriedTokens) -> Result<Adopted, Error> {
    if grants::get(app, client, &Account::default()).await?.is_some() {
        return Ok(Adopted::NotNeeded);
    }
    let tokens = Tokens {
        access_token: carried.access_token,
        token_type: "Bearer".to_owned(),
        received_at: app.now(),
        expires_at: carried.expires_at,
        refresh_token: carried.refresh_token,
        refresh_expires_at: None,
        scope: None,
        id_token: None,
        captured: BTreeMap::new(),
        extra: BTreeMap::new(),
        stage: Stage::Final,
    };
    let grant = Grant::authorized(client.name.clone().into(), &client.definition.client_id, tokens, BTreeMap::new());
    grants::authorize(app, client, grant, Duration::ZERO).await?;
    Ok(Adopted::Taken)
}
