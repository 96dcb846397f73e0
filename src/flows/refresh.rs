//! Getting the next access token without a person.
//!
//! Invariant: one writer per grant. Whoever renews holds the grant's lease, reads again inside it, writes its intent,
//! asks, and stores under the version it read; so of any number of threads, processes and instances one asks.

use super::exchange::Exchange;
use super::references::{self, Referred};
use super::{Error, grants, identity};
use crate::app::App;
use crate::oauth::auth_alternatives::AuthPlace;
use crate::oauth::grant::{Freshness, Grant};
use crate::oauth::name::GrantName;
use crate::oauth::secret::Secret;
use crate::oauth::template::Values;
use crate::oauth::token_request;
use crate::oauth::token_response::Tokens;
use crate::registry::Client;
use crate::store::{Lease, Put, Versioned};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::{Duration, Instant};

/// Longer than the limit of one outbound request (30 s), so that a lease outlives what it protects; renewed meanwhile.
pub(super) const LEASE: Duration = Duration::from_secs(45);
/// How often a waiter in another process looks for the result.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How long whoever holds a valid token waits for a refresh that somebody else has in hand.
const PATIENCE: Duration = Duration::from_secs(2);

/// When a grant is to be renewed.
#[derive(Clone, Debug)]
pub enum When {
    /// When fewer than this many seconds are left.
    Left(i64),
    /// When this access token is still the current one: it was rejected, or a person asked.
    Still(Secret),
}

impl When {
    fn is_due(&self, grant: &Grant, app: &App) -> bool {
        match self {
            When::Left(least) => grant.tokens.freshness(app.now(), *least) != Freshness::Valid,
            When::Still(token) => grant.tokens.access_token.matches(token.expose()),
        }
    }
}

/// The grant with a token that is fresh in the sense of `when`, renewed if need be. It runs to its end even when the
/// caller goes away, since an answer that is not stored is a lost refresh token.
pub async fn renew(app: &App, client: &Client, name: &GrantName, when: When) -> Result<Grant, Error> {
    let (app, client, name) = (app.clone(), client.clone(), name.clone());
    let task = tokio::spawn(async move {
        let flight = app.flight(&name);
        let renewal = Renewal { app: &app, client: &client, name: &name, when: &when, since: Instant::now() };
        tokio::select! {
            _alone_in_this_process = flight.lock() => renewal.run().await,
            grant = renewal.in_hand() => grant,
        }
    });
    task.await.map_err(|_| Error::Interrupted)?
}

/// Waits until nobody else writes to the grant.
pub(super) async fn lease(app: &App, name: &GrantName) -> Result<Lease, Error> {
    loop {
        if let Some(lease) = app.store.lease(&lease_name(name), LEASE).await? {
            return Ok(lease);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Renews a lease for as long as its work lasts: a slow server may be asked more than once.
pub(super) async fn keep(lease: &Lease) -> Infallible {
    loop {
        tokio::time::sleep(LEASE / 3).await;
        let _ = lease.renew().await;
    }
}

fn lease_name(name: &GrantName) -> String {
    format!("refresh:{}", grants::id(name))
}

struct Renewal<'a> {
    app: &'a App,
    client: &'a Client,
    name: &'a GrantName,
    when: &'a When,
    since: Instant,
}

impl Renewal<'_> {
    async fn run(&self) -> Result<Grant, Error> {
        loop {
            let current = self.current().await?;
            if let Some(done) = self.settled(&current)? {
                return Ok(done);
            }
            // Before the lease: another grant may have to be refreshed for it.
            let referred = references::fetch(self.app, self.client).await?;
            if let Some(lease) = self.app.store.lease(&lease_name(self.name), LEASE).await? {
                let result = tokio::select! {
                    result = self.alone(&referred) => result,
                    never = keep(&lease) => match never {},
                };
                // A lease that could not be given back runs out by itself.
                let _ = lease.release().await;
                return result;
            }
            // A slow server, or a process that died in the middle, keeps nobody from a token that is still valid.
            if let Some(found) = current.filter(|found| self.since.elapsed() > PATIENCE && self.can_serve(&found.value))
            {
                return Ok(found.value);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// The token that can be served although another task of this process is still at it.
    async fn in_hand(&self) -> Result<Grant, Error> {
        tokio::time::sleep(PATIENCE).await;
        match self.current().await? {
            Some(found) if self.can_serve(&found.value) => Ok(found.value),
            _ => std::future::pending().await,
        }
    }

    fn can_serve(&self, grant: &Grant) -> bool {
        matches!(self.when, When::Left(_)) && grant.tokens.freshness(self.app.now(), 0) != Freshness::Expired
    }

    async fn current(&self) -> Result<Option<Versioned<Grant>>, Error> {
        grants::get(self.app, self.client, &self.name.account).await
    }

    /// The grant when there is nothing to do, an error when nothing can be done.
    fn settled(&self, current: &Option<Versioned<Grant>>) -> Result<Option<Grant>, Error> {
        match current {
            Some(found) if !self.when.is_due(&found.value, self.app) => Ok(Some(found.value.clone())),
            Some(found) if !found.value.can_refresh(&self.client.definition) => {
                Err(self.authorization_required(Some(&found.value)))
            }
            None if self.client.definition.needs_resource_owner() => Err(self.authorization_required(None)),
            _ => Ok(None),
        }
    }

    /// With the lease in hand: read again, then ask.
    async fn alone(&self, referred: &Referred) -> Result<Grant, Error> {
        let current = self.current().await?;
        if let Some(done) = self.settled(&current)? {
            return Ok(done);
        }
        match current {
            Some(Versioned { value: grant, version }) => self.renew(grant, version, referred).await,
            None => self.acquire(referred).await,
        }
    }

    async fn renew(&self, grant: Grant, version: u64, referred: &Referred) -> Result<Grant, Error> {
        let intent = grant.refreshing(self.app.now());
        let Put::Stored(version) = self.put(&intent, version).await? else {
            return self.newer().await;
        };
        let result = self.ask(Some(&grant), referred).await;
        let (next, result) = self.judge(&grant, result);
        match self.put(&next, version).await? {
            Put::Stored(_) => result.map(|()| next),
            Put::Conflict => self.newer().await,
        }
    }

    /// What an answer makes of the grant. Only a confirmed `invalid_grant` ends it.
    fn judge(&self, grant: &Grant, result: Result<Tokens, Error>) -> (Grant, Result<(), Error>) {
        let (definition, now) = (&self.client.definition, self.app.now());
        let error = match result {
            Ok(tokens) => match identity::check_refreshed(self.client, grant, &tokens) {
                Ok(()) => {
                    tracing::info!(client = %self.name.client, account = %self.name.account, "refreshed");
                    return (grant.refreshed(definition, tokens), Ok(()));
                }
                Err(error) => return (grant.rotated(definition, &tokens).failed(now, error.to_string()), Err(error)),
            },
            Err(error) => error,
        };
        if let (Error::NoAccessToken(_), Some(extended)) = (&error, grant.extended(definition, now)) {
            return (extended, Ok(()));
        }
        tracing::warn!(client = %self.name.client, account = %self.name.account, %error, "refresh failed");
        match &error {
            Error::Refused { answer, .. } if answer.is("invalid_grant") && definition.needs_resource_owner() => {
                let ended = grant.ended(now, answer);
                let error = self.authorization_required(Some(&ended));
                (ended, Err(error))
            }
            _ => (grant.failed(now, error.to_string()), Err(error)),
        }
    }

    /// The first token of a client that asks in its own name.
    async fn acquire(&self, referred: &Referred) -> Result<Grant, Error> {
        let tokens = self.ask(None, referred).await?;
        let grant = Grant::authorized(self.name.clone(), &self.client.definition.client_id, tokens, BTreeMap::new());
        grants::replace(self.app, &grant).await?;
        Ok(grant)
    }

    async fn ask(&self, grant: Option<&Grant>, referred: &Referred) -> Result<Tokens, Error> {
        let definition = &self.client.definition;
        let mut values = self.values(grant);
        referred.iter().for_each(|(name, token)| values.set(name, token.expose()));
        let tokens = grant.map(|grant| &grant.tokens);
        let secrets =
            [tokens.and_then(|tokens| tokens.refresh_token.as_ref()), tokens.map(|tokens| &tokens.access_token)];
        let secrets: Vec<&Secret> = secrets.into_iter().flatten().chain(referred.values()).collect();
        // One rule for every grant: where a person agreed, that consent is prolonged; else the client asks again.
        if definition.needs_resource_owner() {
            let exchange = Exchange { app: self.app, client: self.client, place: AuthPlace::of_refresh(definition) };
            exchange.tokens(&secrets, |definition, who| token_request::refresh(definition, values.clone(), who)).await
        } else {
            let exchange = Exchange { app: self.app, client: self.client, place: AuthPlace::Token };
            exchange
                .tokens(&secrets, |definition, who| token_request::unattended(definition, values.clone(), who))
                .await
        }
    }

    fn values(&self, grant: Option<&Grant>) -> Values {
        let definition = &self.client.definition;
        let mut values = definition.values(&self.app.redirect_uri(definition), self.app.now(), &self.app.random_text());
        if let Some(grant) = grant {
            grant.captured.iter().chain(&grant.tokens.captured).for_each(|(name, value)| values.set(name, value));
            values.set("access_token", grant.tokens.access_token.expose());
            values.set("refresh_token", grant.tokens.refresh_token.as_ref().map_or("", Secret::expose));
        }
        values
    }

    async fn put(&self, grant: &Grant, version: u64) -> Result<Put, Error> {
        Ok(self.app.store.put_if_version(&grants::id(self.name), grant, version).await?)
    }

    /// Someone stored a newer generation meanwhile (a new authorization, a deletion): that one counts.
    async fn newer(&self) -> Result<Grant, Error> {
        let current = self.current().await?.map(|found| found.value);
        current.ok_or_else(|| self.authorization_required(None))
    }

    fn authorization_required(&self, grant: Option<&Grant>) -> Error {
        Error::authorization_required(self.app, self.client, self.name, grant)
    }
}
