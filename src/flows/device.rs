//! The device authorization grant (RFC 8628): a person agrees on another device while this program asks for the tokens.
//!
//! Invariant: one poll at a time. Whoever polls holds the authorization's lease; what is heard is stored, so that a page
//! that is reloaded goes on where another process left off.

use super::authorization_code::{Binding, Outcome, Settled, TIME_LIMIT_S};
use super::exchange::Exchange;
use super::refresh::{LEASE, Writer};
use super::{Error, grants, identity};
use crate::app::App;
use crate::oauth::auth_alternatives::AuthPlace;
use crate::oauth::definition::{Definition, Invalid};
use crate::oauth::device::{DeviceAuthorization, Heard, Next, Polling};
use crate::oauth::grant::Grant;
use crate::oauth::name::GrantName;
use crate::oauth::outgoing::Answer;
use crate::oauth::template::Values;
use crate::oauth::token_request::{self, Credentials};
use crate::oauth::token_response::Tokens;
use crate::registry::Client;
use crate::store::{Kind, Record};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A device authorization that nobody has answered yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Waiting {
    pub name: GrantName,
    pub binding: Binding,
    client_id: String,
    pub authorization: DeviceAuthorization,
}

impl Record for Waiting {
    const KIND: Kind = Kind::DeviceAuthorization;
}

/// Asks for a code, and gives the id of the authorization; [`watch`] it.
pub(super) async fn start(
    app: &App,
    client: &Client,
    name: &GrantName,
    binding: Binding,
) -> Result<(String, Waiting), Error> {
    let definition = &client.definition;
    if definition.device.url.as_deref().unwrap_or_default().is_empty() {
        let missing = "the device authorization endpoint is missing; the server's documentation names it";
        return Err(Invalid::field("device.url", missing).into());
    }
    let values = values(app, definition);
    let exchange = Exchange::new(app, client, AuthPlace::Token);
    let authorization = exchange
        .ask(
            |definition, who| token_request::device_authorization(definition, values.clone(), who),
            |answer, who| read(&exchange, answer, who),
        )
        .await?;
    let id = app.random_text();
    let client_id = definition.client_id.clone();
    let waiting = Waiting { name: name.clone(), binding, client_id, authorization };
    put(app, &id, &waiting).await?;
    tracing::info!(client = %name.client, account = %name.account, "device authorization started");
    Ok((id, waiting))
}

/// The authorization while it waits.
pub async fn waiting(app: &App, id: &str) -> Result<Option<Waiting>, Error> {
    Ok(app.store.get::<Waiting>(id).await?.map(|found| found.value))
}

/// Asks until there is a result, unless somebody does so already. The task outlives whoever started it.
pub fn watch(app: &App, id: &str) -> tokio::task::JoinHandle<Result<(), Error>> {
    let (app, id) = (app.clone(), id.to_owned());
    tokio::spawn(async move {
        let lease_name = format!("device:{id}");
        let Some(lease) = app.store.lease(&lease_name, LEASE).await? else { return Ok(()) };
        let writer = Writer::new(lease);
        let result = tokio::select! {
            result = poll(&app, &id) => result,
            never = writer.keep() => match never {},
        };
        writer.end().await;
        if let Err(error) = &result {
            tracing::warn!(%error, "a device authorization cannot be followed");
        }
        result
    })
}

async fn poll(app: &App, id: &str) -> Result<(), Error> {
    // Nothing is kept once there is a result.
    while let Some(waiting) = waiting(app, id).await? {
        let Polling { interval, .. } = waiting.authorization.polling;
        tokio::time::sleep(Duration::from_secs(interval.unsigned_abs())).await;
        match step(app, &waiting).await {
            Step::Wait(polling) => {
                let authorization = DeviceAuthorization { polling, ..waiting.authorization };
                put(app, id, &Waiting { authorization, ..waiting }).await?;
            }
            Step::End(result) => settle(app, id, waiting, *result).await?,
        }
    }
    Ok(())
}

enum Step {
    Wait(Polling),
    End(Box<Result<Grant, Error>>),
}

/// One request, and how it goes on.
async fn step(app: &App, waiting: &Waiting) -> Step {
    let (end, began) = (|result| Step::End(Box::new(result)), Instant::now());
    let error = match ask(app, waiting).await {
        Ok((client, tokens)) => return end(keep(app, waiting, &client, tokens, began).await),
        Err(error) => error,
    };
    let heard = match &error {
        Error::Refused { answer, .. } => Heard::Refused(answer),
        Error::Unreachable { .. } | Error::NotOAuth { .. } => Heard::Nothing,
        _ => return end(Err(error)),
    };
    match waiting.authorization.polling.after(heard, app.now()) {
        Next::Ask(polling) => Step::Wait(polling),
        Next::Expired => end(Err(Error::DeviceCodeExpired(waiting.name.client.clone()))),
        Next::Refused => end(Err(error)),
    }
}

async fn ask(app: &App, waiting: &Waiting) -> Result<(Client, Tokens), Error> {
    let client = app.client(&waiting.name.client).await?;
    if client.definition.client_id != waiting.client_id {
        return Err(Error::ClientChanged(client.name));
    }
    let device_code = &waiting.authorization.device_code;
    let values = values(app, &client.definition).with("device_code", device_code.expose());
    let tokens = Exchange::new(app, &client, AuthPlace::Token)
        .tokens(&values, &[device_code], token_request::device_token)
        .await?;
    Ok((client, tokens))
}

async fn keep(app: &App, waiting: &Waiting, client: &Client, tokens: Tokens, began: Instant) -> Result<Grant, Error> {
    let identity = identity::of(app, client, &tokens, None).await?;
    let grant = Grant::authorized(waiting.name.clone(), &client.definition.client_id, tokens, BTreeMap::new());
    let grant = grant.from(identity);
    grants::authorize(app, client, grant, began.elapsed()).await
}

async fn settle(app: &App, id: &str, waiting: Waiting, result: Result<Grant, Error>) -> Result<(), Error> {
    let outcome = Outcome::of(&result);
    tracing::info!(client = %waiting.name.client, account = %waiting.name.account, outcome = outcome.word(), "device authorization ended");
    Settled { name: waiting.name, binding: waiting.binding, outcome }.keep(app, id, 0).await?;
    app.store.take::<Waiting>(id).await?;
    Ok(())
}

/// Kept a little longer than the code itself, so that its end is heard of.
async fn put(app: &App, id: &str, waiting: &Waiting) -> Result<(), Error> {
    let version = app.store.get::<Waiting>(id).await?.map_or(0, |found| found.version);
    let until = waiting.authorization.polling.expires_at + TIME_LIMIT_S;
    app.store.put_until(id, waiting, version, until).await?;
    Ok(())
}

fn values(app: &App, definition: &Definition) -> Values {
    definition.values(&app.redirect_uri(definition), app.now(), &app.random_text())
}

/// Some servers refuse with status 200 (GitHub), so what is no authorization is read for an error.
fn read(exchange: &Exchange<'_>, answer: &Answer, who: &Credentials) -> Result<DeviceAuthorization, Error> {
    let found = DeviceAuthorization::read(answer.body.expose(), exchange.app.now());
    match (found, exchange.read(answer, &who.secrets().collect::<Vec<_>>())) {
        (Ok(authorization), _) if answer.is_success() => Ok(authorization),
        (_, Err(error @ Error::Refused { .. })) => Err(error),
        (Err(why), _) if answer.is_success() => {
            Err(Error::BadDeviceAuthorization { client: exchange.client.name.clone(), why })
        }
        (_, result) => result.and(Err(Error::NoAccessToken(exchange.client.name.clone()))),
    }
}
