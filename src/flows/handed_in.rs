//! What somebody got elsewhere and hands in: a code that is not exchanged yet, or tokens.

use super::exchange::Exchange;
use super::{Error, grants, identity};
use crate::app::App;
use crate::oauth::auth_alternatives::AuthPlace;
use crate::oauth::grant::Grant;
use crate::oauth::name::GrantName;
use crate::oauth::secret::Secret;
use crate::oauth::token_request;
use crate::oauth::token_response::{Stage, Tokens};
use crate::registry::Client;
use crate::registry::import::CarriedTokens;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A code that the authorization server issued to this client, for its redirect URI.
#[derive(Debug)]
pub struct Code {
    pub code: Secret,
    /// Of the authorization request, if that had a challenge (RFC 7636 §4.5).
    pub code_verifier: Option<Secret>,
}

/// Exchanges a code and stores what it gives, as a new authorization.
pub async fn code(app: &App, name: GrantName, code: Code) -> Result<Grant, Error> {
    // A code that was sent is spent: what it gave must be stored even when the caller goes away.
    let (app, work) = (app.clone(), app.work.clone());
    let task = work.spawn(async move { exchanged(&app, name, code).await });
    task.await.map_err(|_| Error::Interrupted)?
}

async fn exchanged(app: &App, name: GrantName, handed: Code) -> Result<Grant, Error> {
    let client = app.client(&name.client).await?;
    grants::ready(app).await?;
    identity::prepare(app, &client).await?;
    let definition = &client.definition;
    let mut values = definition.values(&app.redirect_uri_of(&client), app.now(), &app.random_text());
    values.set("code", handed.code.expose());
    if let Some(verifier) = &handed.code_verifier {
        values.set("code_verifier", verifier.expose());
    }
    let secrets: Vec<&Secret> = std::iter::once(&handed.code).chain(&handed.code_verifier).collect();
    let began = Instant::now();
    let exchange = Exchange::new(app, &client, AuthPlace::Token);
    let tokens = exchange.tokens(&values, &secrets, token_request::exchange).await?;
    let identity = identity::of(app, &client, &tokens, None).await?;
    let grant = Grant::authorized(name, &client.definition.client_id, tokens, BTreeMap::new()).from(identity);
    grants::authorize(app, &client, grant, began.elapsed()).await
}

/// Stores tokens over whatever there is of the grant, as a new authorization.
pub async fn tokens(app: &App, client: &Client, name: GrantName, handed: CarriedTokens) -> Result<Grant, Error> {
    let tokens = Tokens {
        access_token: handed.access_token,
        token_type: "Bearer".to_owned(),
        received_at: app.now(),
        expires_at: handed.expires_at,
        refresh_token: handed.refresh_token,
        refresh_expires_at: None,
        scope: None,
        id_token: None,
        captured: BTreeMap::new(),
        extra: BTreeMap::new(),
        stage: Stage::Final,
    };
    let grant = Grant::authorized(name, &client.definition.client_id, tokens, BTreeMap::new());
    grants::authorize(app, client, grant, Duration::ZERO).await
}
