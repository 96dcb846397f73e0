//! The authorization code flow with PKCE (RFC 6749 §4.1, RFC 7636, RFC 9700): from the button to a stored grant.
//!
//! Invariant: a `state` leads to at most one token request, and only from the browser (or terminal) that started it. A code
//! without one leads to none, unless the operator says so: see [`unsolicited`].

pub mod posted;
mod records;
pub mod unsolicited;

pub use records::{Binding, Outcome, Settled};

use records::Pending;

use super::exchange::Exchange;
use super::refresh::{LEASE, Writer};
use super::{Error, events, grants, identity, published};
use crate::app::App;
use crate::oauth::auth_alternatives::AuthPlace;
use crate::oauth::authorization_request::{self, Fresh};
use crate::oauth::authorization_response::{AuthorizationResponse, BadResponse, Verdict};
use crate::oauth::definition::{Pkce, Publish};
use crate::oauth::event::{Event, EventKind};
use crate::oauth::grant::Grant;
use crate::oauth::name::{Account, ClientName, GrantName};
use crate::oauth::secret::Secret;
use crate::oauth::{pkce, token_request};
use crate::registry::Client;
use crate::store::{Versioned, Waiter};
use std::time::Instant;
use url::Url;

/// Seconds an authorization may take from the button to the callback.
pub const TIME_LIMIT_S: i64 = 600;

/// An authorization that waits for the resource owner.
#[derive(Debug)]
pub struct Started {
    /// Where the browser goes.
    pub url: Url,
    /// Names the result: see [`result`].
    pub id: String,
}

/// Why a callback was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum BadCallback {
    #[error("this callback belongs to no authorization that is under way")]
    Unknown,
    #[error("this authorization was started in another browser")]
    OtherBrowser,
    #[error("this callback came to the address of another client")]
    OtherClient,
    #[error("this code was not asked for here, and nobody is signed in in this browser")]
    SignedOut,
    #[error(transparent)]
    Response(#[from] BadResponse),
}

/// Starts an authorization of `name` and says where the browser goes. [`super::authorize::begin`] knows the other ways.
pub async fn start(app: &App, name: &GrantName, binding: Binding) -> Result<Started, Error> {
    let client = app.client(&name.client).await?;
    let definition = &client.definition;
    let fresh = Fresh {
        state: Secret::new(app.random_text()),
        nonce: app.random_text(),
        code_verifier: pkce::verifier(app.random()),
    };
    let redirect_uri = app.redirect_uri_of(&client);
    let values = definition.values(&redirect_uri, app.now(), &app.random_text());
    let url = authorization_request::url(definition, values, &fresh)?;
    let id = records::id(fresh.state.expose());
    let pending = Pending {
        name: name.clone(),
        client_id: definition.client_id.clone(),
        binding,
        code_verifier: fresh.code_verifier,
        state: fresh.state,
        redirect_uri,
        nonce: Some(fresh.nonce).filter(|nonce| url.as_str().contains(nonce)),
    };
    app.store.put_until(&id, &pending, 0, app.now() + TIME_LIMIT_S).await?;
    tracing::info!(client = %name.client, account = %name.account, "authorization started");
    Ok(Started { url, id })
}

/// Takes a callback to its end and returns the id of its result. `path`: the client named in the callback's path;
/// `browser`: what the browser shows of the session that started the authorization.
pub async fn finish(
    app: &App,
    response: AuthorizationResponse,
    path: Option<&ClientName>,
    browser: Option<&str>,
) -> Result<String, Error> {
    let (id, under_way) = match find(app, &response, path, browser).await? {
        Found::Pending(id, under_way) => (id, under_way),
        Found::Settled(id) => return Ok(id),
    };
    // Of two callbacks at the same moment one goes on; it holds the lease until there is a result.
    let Some(lease) = app.store.lease(&records::lease_name(&id), LEASE).await? else { return Ok(id) };
    // Before the other record goes, so that the second callback finds one of the two.
    app.store.put_until(&id, &under_way, 0, app.now() + TIME_LIMIT_S).await?;
    let Some(pending) = app.store.take::<Pending>(&id).await? else {
        let _ = lease.forget().await;
        return Ok(id);
    };
    // An exchange must be stored even when the browser hangs up meanwhile.
    let task = {
        let (app, id) = (app.clone(), id.clone());
        app.work.clone().spawn(async move {
            let writer = Writer::new(lease);
            let result = tokio::select! {
                result = settle(&app, &id, pending, response) => result,
                never = writer.keep() => match never {},
            };
            writer.end().await;
            result
        })
    };
    task.await.map_err(|_| Error::Interrupted)??;
    Ok(id)
}

/// The result of an authorization; an exchange that is under way is waited for. `None` before that, and when it is long
/// over.
pub async fn result(app: &App, id: &str) -> Result<Option<Settled>, Error> {
    loop {
        let found = app.store.get::<Settled>(id).await?;
        match found {
            Some(found) if found.value.is_under_way() => {}
            found => return Ok(found.map(|found| found.value)),
        }
        app.store.lease_freed(&records::lease_name(id), LEASE).await?;
        if let Some(lease) = app.store.lease(&records::lease_name(id), LEASE).await? {
            let cleared = clear(app, id).await;
            let _ = lease.forget().await;
            cleared?;
        }
    }
}

/// Ends an exchange whose process was stopped, for whoever holds its lease: with the grant, if that was stored before.
async fn clear(app: &App, id: &str) -> Result<(), Error> {
    let Some(Versioned { value: settled, version }) = app.store.get::<Settled>(id).await? else { return Ok(()) };
    let Outcome::UnderWay { since } = settled.outcome else { return Ok(()) };
    let client = app.client(&settled.name.client).await?;
    let grant = grants::get(app, &client, &settled.name.account).await?.map(|found| found.value);
    let outcome = match grant.filter(|grant| grant.authorized_at >= since) {
        Some(grant) => Outcome::granted(&grant),
        None => Outcome::stopped(&settled.name),
    };
    Settled { outcome, ..settled }.keep(app, id, version).await
}

/// To wait for a result without looking again and again: it is woken when there is one.
pub async fn waiter(app: &App, id: &str) -> Waiter {
    app.store.waiter(&records::call(id)).await
}

/// Whose authorization it is, while nobody has come back.
pub async fn waiting(app: &App, id: &str) -> Result<Option<(GrantName, Binding)>, Error> {
    let pending = app.store.get::<Pending>(id).await?.map(|found| found.value);
    Ok(pending.map(|pending| (pending.name, pending.binding)))
}

/// Whether a response carries the `state` of an authorization that is under way or was just settled.
async fn is_awaited(app: &App, response: &AuthorizationResponse) -> Result<bool, Error> {
    for (_, value) in response.parameters().filter(|(_, value)| records::looks_like_a_state(value)) {
        let id = records::id(value);
        if app.store.get::<Pending>(&id).await?.is_some() || app.store.get::<Settled>(&id).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

enum Found {
    Pending(String, Settled),
    /// This callback was answered before: a reload, or the second of two.
    Settled(String),
}

/// The authorization a response belongs to. The parameter that carries `state` has the name the client's definition
/// gives it, so it is recognised by its value.
async fn find(
    app: &App,
    response: &AuthorizationResponse,
    path: Option<&ClientName>,
    browser: Option<&str>,
) -> Result<Found, Error> {
    for (parameter, value) in response.parameters().filter(|(_, value)| records::looks_like_a_state(value)) {
        let id = records::id(value);
        if let Some(pending) = app.store.get::<Pending>(&id).await? {
            let client = app.client(&pending.value.name.client).await?;
            if client.definition.callback.state_param != parameter {
                continue;
            }
            if path.is_some_and(|path| *path != client.name) {
                return Err(BadCallback::OtherClient.into());
            }
            if !pending.value.binding.admits(browser) {
                return Err(BadCallback::OtherBrowser.into());
            }
            return Ok(Found::Pending(id, pending.value.under_way(app.now())));
        }
        if let Some(settled) = app.store.get::<Settled>(&id).await? {
            return match settled.value.binding.admits(browser) {
                true => Ok(Found::Settled(id)),
                false => Err(BadCallback::OtherBrowser.into()),
            };
        }
    }
    Err(BadCallback::Unknown.into())
}

async fn settle(app: &App, id: &str, pending: Pending, response: AuthorizationResponse) -> Result<(), Error> {
    let result = redeem(app, &pending, &response).await;
    let outcome = match result {
        Ok(Redeemed::Published) => Outcome::Published,
        Ok(Redeemed::Tokens(grant)) => Outcome::granted(&grant),
        Err(error) => Outcome::failed(&error),
    };
    tracing::info!(client = %pending.name.client, account = %pending.name.account, outcome = outcome.word(), "authorization ended");
    let settled = Settled { name: pending.name, binding: pending.binding, outcome };
    let version = app.store.get::<Settled>(id).await?.map_or(0, |found| found.version);
    settled.keep(app, id, version).await
}

/// What became of a code.
enum Redeemed {
    Tokens(Box<Grant>),
    /// It was left for another program.
    Published,
}

async fn redeem(app: &App, pending: &Pending, response: &AuthorizationResponse) -> Result<Redeemed, Error> {
    let client = app.client(&pending.name.client).await?;
    if client.definition.client_id != pending.client_id {
        return Err(Error::ClientChanged(client.name));
    }
    let (code, captured) = match response.judge(&client.definition).map_err(BadCallback::from)? {
        Verdict::Code { code, captured } => (code, captured),
        Verdict::Refused(answer) => return Err(Error::refused(app, &client, answer)),
    };
    if client.definition.publish == Publish::Code {
        published::code(app, &client.definition, &code).await?;
        events::tell(app, Event::of_grant(EventKind::Authorized, &pending.name, app.now())).await;
        return Ok(Redeemed::Published);
    }
    grants::ready(app).await?;
    identity::prepare(app, &client).await?;
    let mut values = definition_values(app, &client, pending);
    values.set("code", code.expose());
    for (name, value) in &captured {
        values.set(name, value);
    }
    let began = Instant::now();
    let tokens = Exchange::new(app, &client, AuthPlace::Token)
        .tokens(&values, &[&code, &pending.code_verifier], token_request::exchange)
        .await?;
    let identity = identity::of(app, &client, &tokens, pending.nonce.as_deref()).await?;
    let grant = Grant::authorized(pending.name.clone(), &client.definition.client_id, tokens, captured).from(identity);
    grants::authorize(app, &client, grant, began.elapsed()).await.map(Box::new).map(Redeemed::Tokens)
}

fn definition_values(app: &App, client: &Client, pending: &Pending) -> crate::oauth::template::Values {
    let definition = &client.definition;
    let mut values = definition.values(&pending.redirect_uri, app.now(), &app.random_text());
    values.set("state", pending.state.expose());
    if definition.challenges_with() != Pkce::Off {
        values.set("code_verifier", pending.code_verifier.expose());
    }
    values
}

/// The account an authorization is for when the form leaves it blank.
pub fn account(text: &str) -> Result<Account, crate::oauth::name::BadName> {
    if text.trim().is_empty() { Ok(Account::default()) } else { text.trim().parse() }
}
