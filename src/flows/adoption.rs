//! Taking over what a person agreed to elsewhere.

use super::{Error, grants, handed_in};
use crate::app::App;
use crate::oauth::name::Account;
use crate::registry::Client;
use crate::registry::import::CarriedTokens;

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
    handed_in::tokens(app, client, client.name.clone().into(), carried).await?;
    Ok(Adopted::Taken)
}
