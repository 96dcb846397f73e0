//! Getting the next access token without a person.
//!
//! Invariant: one writer per grant. Whoever renews holds the grant's lease, reads again inside it, writes its intent,
//! asks, and stores under the version it read; so of any number of threads, processes and instances one asks. New tokens
//! are stored before anyone gets them, and nothing older is ever stored over them.

mod answer;
mod ask;
pub mod first_token;
mod lease;
mod upgrade;
mod when;

pub(super) use lease::{LEASE, Writer, lease, take};
pub use when::When;

use super::references::{self, Referred};
use super::{Error, events, grants};
use crate::app::App;
use crate::oauth::event::{Event, EventKind};
use crate::oauth::grant::{Attempt, Failing, Grant, Outcome};
use crate::oauth::name::GrantName;
use crate::oauth::token_response::Stage;
use crate::registry::Client;
use crate::store::{Kind, Lease, Put, Versioned};
use first_token::FirstToken;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long whoever holds a valid token waits for a refresh that somebody else has in hand.
const PATIENCE: Duration = Duration::from_secs(2);

/// The grant with a token that is fresh in the sense of `when`, renewed if need be. It runs to its end even when the
/// caller goes away, since an answer that is not stored is a lost refresh token.
pub async fn renew(app: &App, client: &Client, name: &GrantName, when: When) -> Result<Grant, Error> {
    let (app, client, name) = (app.clone(), client.clone(), name.clone());
    let task = app.work.clone().spawn(async move {
        let flight = app.flight(&name);
        let tried_with = app.tried_with(&client);
        let renewal =
            Renewal { app: &app, client: &client, name: &name, when: &when, tried_with, since: Instant::now() };
        tokio::select! {
            _alone_in_this_process = flight.lock() => renewal.run().await,
            grant = renewal.in_hand() => grant,
        }
    });
    task.await.map_err(|_| Error::Interrupted)?
}

struct Renewal<'a> {
    app: &'a App,
    client: &'a Client,
    name: &'a GrantName,
    when: &'a When,
    /// See [`Failing::tried_with`].
    tried_with: String,
    since: Instant,
}

/// What is kept under the grant's name now.
struct Known {
    grant: Option<Versioned<Grant>>,
    first_token: Option<Versioned<FirstToken>>,
}

impl Known {
    fn grant(&self) -> Option<&Grant> {
        self.grant.as_ref().map(|found| &found.value)
    }

    fn failing(&self) -> Option<&Failing> {
        let first = self.first_token.as_ref().map(|found| &found.value.failing);
        self.grant().map_or(first, |grant| grant.failing.as_ref())
    }
}

impl Renewal<'_> {
    async fn run(&self) -> Result<Grant, Error> {
        loop {
            let known = self.known().await?;
            if let Some(done) = self.settled(&known)? {
                return Ok(done);
            }
            // Before the lease: another grant may have to be refreshed for it.
            let referred = references::fetch(self.app, self.client).await?;
            if let Some(lease) = lease::take(self.app, self.name).await? {
                match self.under(lease, &referred).await {
                    Ok(Some(grant)) => return Ok(grant),
                    Ok(None) => continue,
                    Err(error) => return Err(error),
                }
            }
            // A slow server, or a process that died in the middle, keeps nobody from a token that is still valid.
            let usable = known.grant().filter(|grant| self.when.is_served_by(grant, self.app.now()));
            let patience = usable.map_or(LEASE, |_| PATIENCE.saturating_sub(self.since.elapsed()));
            match usable {
                Some(grant) if patience.is_zero() => return Ok(grant.clone()),
                _ => lease::freed(self.app, self.name, patience).await?,
            }
        }
    }

    /// The token that can be served although another task of this process is still at it.
    async fn in_hand(&self) -> Result<Grant, Error> {
        tokio::time::sleep(PATIENCE).await;
        match self.known().await?.grant {
            Some(found) if self.when.is_served_by(&found.value, self.app.now()) => Ok(found.value),
            _ => std::future::pending().await,
        }
    }

    async fn known(&self) -> Result<Known, Error> {
        let grant = grants::get(self.app, self.client, &self.name.account).await?;
        let first_token = match grant {
            Some(_) => None,
            None => first_token::get(self.app, self.client, self.name).await?,
        };
        Ok(Known { grant, first_token: first_token.filter(|found| found.value.belongs_to(self.client)) })
    }

    /// The grant when there is nothing to do, an error when nothing can be done, or nothing yet.
    fn settled(&self, known: &Known) -> Result<Option<Grant>, Error> {
        let (definition, now) = (&self.client.definition, self.app.now());
        match known.grant() {
            Some(grant) if !self.when.is_due(grant, definition, now) => return Ok(Some(grant.clone())),
            Some(grant) if !grant.can_refresh(definition) => {
                return Err(self.authorization_required(Some(grant)));
            }
            None if definition.needs_resource_owner() => return Err(self.authorization_required(None)),
            _ => {}
        }
        let asker = self.when.asker(known.grant(), now);
        match known.failing() {
            Some(failing) if !failing.may_try(asker, &self.tried_with, now) => {
                Err(Error::still_failing(self.name, failing, asker))
            }
            _ => Ok(None),
        }
    }

    fn authorization_required(&self, grant: Option<&Grant>) -> Error {
        Error::authorization_required(self.app, self.client, self.name, grant)
    }

    /// With the lease in hand; `None`: something changed meanwhile, so look again.
    async fn under(&self, lease: Lease, referred: &Referred) -> Result<Option<Grant>, Error> {
        let writer = Writer::new(lease);
        let result = tokio::select! {
            result = self.alone(referred, &writer) => result,
            never = writer.keep() => match never {},
        };
        writer.end().await;
        result
    }

    /// Reads again, then asks.
    async fn alone(&self, referred: &Referred, writer: &Writer) -> Result<Option<Grant>, Error> {
        let known = self.known().await?;
        if let Some(done) = self.settled(&known)? {
            return Ok(Some(done));
        }
        let renewed = match known.grant {
            Some(Versioned { value: grant, version }) => self.renew(grant, version, referred, writer).await?,
            None => self.acquire(known.first_token, referred, writer).await.map(Some)?,
        };
        // After first tokens comes a second request.
        Ok(renewed.filter(|grant| grant.tokens.stage == Stage::Final))
    }

    async fn renew(
        &self,
        grant: Grant,
        version: u64,
        referred: &Referred,
        writer: &Writer,
    ) -> Result<Option<Grant>, Error> {
        // Before a refresh token is spent, there must be room for the next.
        self.app.store.has_room().await?;
        let intent = grant.intending(self.app.now());
        let put = self.app.store.put_if_version(&grants::id(self.name), &intent, version).await?;
        let Put::Stored(version) = put else { return Ok(None) };
        let began = Instant::now();
        let verdict = match self.upgrade_is_next(&grant) {
            true => self.upgrade(&intent, writer).await,
            false => self.verdict(&intent, self.ask(Some(&grant), referred, writer).await),
        };
        let (next, result) = self.noted(verdict, began.elapsed());
        if !grants::supersede(self.app, writer, &next, version).await? {
            return Ok(None);
        }
        self.tell(&grant, &next).await;
        result.map(|()| Some(next))
    }

    /// The first token of a client that asks in its own name.
    async fn acquire(
        &self,
        before: Option<Versioned<FirstToken>>,
        referred: &Referred,
        writer: &Writer,
    ) -> Result<Grant, Error> {
        let (app, began) = (self.app, Instant::now());
        let result = self.ask(None, referred, writer).await;
        let (now, took) = (app.now(), began.elapsed());
        app.metrics.refresh(if result.is_ok() { "refreshed" } else { "failed" });
        match result {
            Ok(tokens) => {
                let client_id = &self.client.definition.client_id;
                let grant = Grant::authorized(self.name.clone(), client_id, tokens, BTreeMap::new());
                let attempt = Attempt::new(now, took, Outcome::Authorized, None);
                let grant = grants::replace(app, writer, grant, attempt).await?;
                app.store.delete(Kind::FirstToken, &grants::id(self.name)).await?;
                events::tell(app, grants::event(EventKind::Authorized, &grant, now)).await;
                Ok(grant)
            }
            Err(error) => {
                let row = before.as_ref().map(|found| &found.value.failing);
                let is_first = row.is_none();
                let failing = Failing::after(row, now, self.failure(&error), app.jitter());
                let (attempt, why) = (Attempt::new(now, took, Outcome::Failed, Some(&failing.error)), failing.cause);
                first_token::failed(app, self.client, self.name, before, (failing, attempt)).await?;
                if is_first {
                    let event = Event::of_grant(EventKind::Failing, self.name, now).because(why.in_our_words());
                    events::tell(app, event).await;
                }
                Err(error)
            }
        }
    }

    /// What changed, to whoever wants to know.
    async fn tell(&self, before: &Grant, after: &Grant) {
        self.app.metrics.refresh(match after {
            after if after.ended.is_some() => "authorization_required",
            after if after.failing.is_some() => "failed",
            _ => "refreshed",
        });
        let kinds: &[EventKind] = match (before, after) {
            (_, after) if after.ended.is_some() => &[EventKind::AuthorizationRequired],
            (before, after) if after.failing.is_some() && before.failing.is_none() => &[EventKind::Failing],
            (_, after) if after.failing.is_some() => &[],
            (before, _) if before.failing.is_some() => &[EventKind::Refreshed, EventKind::Recovered],
            _ => &[EventKind::Refreshed],
        };
        for kind in kinds {
            events::tell(self.app, grants::event(*kind, after, self.app.now())).await;
        }
    }
}
