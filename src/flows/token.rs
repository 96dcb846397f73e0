//! Handing out an access token.

use super::refresh::{self, When};
use super::{Error, grants};
use crate::app::App;
use crate::oauth::definition::Definition;
use crate::oauth::grant::{Freshness, Grant};
use crate::oauth::name::GrantName;
use crate::oauth::template::{self, Values};
use crate::registry::Client;
use std::sync::Arc;

/// Seconds a token must still be valid for when nothing else is said.
pub const MIN_VALID_S: i64 = 60;

/// A token that is valid now.
#[derive(Debug)]
pub struct Served {
    pub client: Client,
    pub grant: Arc<Grant>,
    /// Why it is not as fresh as it was asked for.
    pub not_renewed: Option<Error>,
}

/// The grant with a token that is valid for at least `min_valid` seconds, refreshed first when less is left. A token
/// that is still valid is served whatever is broken.
pub async fn current(app: &App, name: &GrantName, min_valid: i64) -> Result<(Client, Arc<Grant>), Error> {
    served(app, name, min_valid).await.map(|served| (served.client, served.grant))
}

/// The same, and why the token is not as fresh as it was asked for.
pub async fn served(app: &App, name: &GrantName, min_valid: i64) -> Result<Served, Error> {
    look(app, name).await?.served(app, name, min_valid).await
}

/// What is kept under a name, before anything is done for it.
#[derive(Debug)]
pub struct Kept {
    client: Client,
    grant: Option<Arc<Grant>>,
}

/// Looks, and does nothing else: also for whoever has not shown yet that it may ask.
pub async fn look(app: &App, name: &GrantName) -> Result<Kept, Error> {
    let client = app.client(&name.client).await?;
    let grant = grants::look(app, &client, name).await?;
    Ok(Kept { client, grant })
}

impl Kept {
    /// See [`served`].
    pub async fn served(self, app: &App, name: &GrantName, min_valid: i64) -> Result<Served, Error> {
        let (Self { client, grant }, now) = (self, app.now());
        let usable = grant.filter(|grant| grant.tokens.freshness(now, min_valid) != Freshness::Expired);
        match usable {
            Some(grant) if grant.tokens.freshness(now, min_valid) == Freshness::Valid => {
                Ok(Served { client, grant, not_renewed: None })
            }
            usable => match (Box::pin(refresh::renew(app, &client, name, When::Left(min_valid))).await, usable) {
                (Ok(grant), _) => Ok(Served { client, grant: grant.into(), not_renewed: None }),
                (Err(error), Some(grant)) => Ok(Served { client, grant, not_renewed: Some(error) }),
                (Err(error), None) => Err(error),
            },
        }
    }
}

/// The grant with the further token that was asked for, if one was, in the place of the access token.
pub fn picked(grant: Arc<Grant>, extra: Option<&str>) -> Result<Arc<Grant>, Error> {
    let Some(extra) = extra else { return Ok(grant) };
    let none = || Error::NoExtraToken { name: grant.name.clone(), extra: extra.chars().take(64).collect() };
    grant.with_extra(extra).map(Arc::new).ok_or_else(none)
}

/// A new token now, whatever is left of the old one.
pub async fn refreshed(app: &App, name: &GrantName) -> Result<(Client, Grant), Error> {
    let client = app.client(&name.client).await?;
    let found = grants::get(app, &client, &name.account).await?;
    let when = When::Asked(found.map(|found| found.value.tokens.access_token));
    let grant = refresh::renew(app, &client, name, when).await?;
    Ok((client, grant))
}

/// What requests to the API may use in their templates.
pub(super) fn values(app: &App, client: &Client, grant: &Grant) -> Values {
    let definition = &client.definition;
    let mut values = definition.values(&app.redirect_uri(definition), app.now(), &app.random_text());
    grant.fill(&mut values);
    values.with("access_token", grant.tokens.access_token.expose())
}

/// The header (or query parameter) the API wants the token in: its name and its value.
pub fn attached(definition: &Definition, grant: &Grant) -> Result<(String, String), Error> {
    let mut values = Values::default().with("access_token", grant.tokens.access_token.expose());
    definition.vars.iter().for_each(|(name, value)| values.set(name, value));
    grant.fill(&mut values);
    values.set("client_id", &definition.client_id);
    Ok((definition.api.name.clone(), template::render(&definition.api.template, &values)?))
}
