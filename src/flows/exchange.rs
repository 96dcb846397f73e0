//! One request to the authorization server in the client's name, and what its answer means.

mod ending;

use super::Error;
use super::refresh::Writer;
use crate::app::App;
use crate::oauth::auth_alternatives::{self, AuthPlace};
use crate::oauth::definition::{Auth, Definition, Response};
use crate::oauth::outgoing::{Answer, Outgoing};
use crate::oauth::secret::Secret;
use crate::oauth::template::{TemplateError, Values};
use crate::oauth::token_request::Credentials;
use crate::oauth::token_response::{self, ErrorAnswer, NoToken, Stage, TokenAnswer, Tokens};
use crate::registry::{self, Client};
use std::sync::Arc;
use std::time::Instant;

/// How often a definition that somebody else changes at the same moment is written again.
const WRITES: usize = 3;

/// Lays out a request as the definition says.
pub(super) type LayOut = fn(&Definition, Values, &Credentials) -> Result<Outgoing, TemplateError>;

/// Who asks, with whose authentication.
pub(super) struct Exchange<'a> {
    pub app: &'a App,
    pub client: &'a Client,
    pub place: AuthPlace,
    writer: Option<&'a Writer>,
}

impl<'a> Exchange<'a> {
    pub fn new(app: &'a App, client: &'a Client, place: AuthPlace) -> Self {
        Self { app, client, place, writer: None }
    }

    /// The same for whoever may ask only while a lease holds.
    pub fn under(self, writer: &'a Writer) -> Self {
        Self { writer: Some(writer), ..self }
    }

    /// Asks for tokens. `secrets` and the client's own are struck out of whatever the server says.
    pub async fn tokens(&self, values: &Values, secrets: &[&Secret], lay_out: LayOut) -> Result<Tokens, Error> {
        let request = |definition: &Definition, who: &Credentials| lay_out(definition, values.clone(), who);
        let read = |answer: &Answer, who: &Credentials| {
            let secrets: Vec<&Secret> = secrets.iter().copied().chain(who.secrets()).collect();
            self.read(answer, &secrets)
        };
        let tokens = self.ask(request, read).await?;
        let stage = match self.place {
            AuthPlace::Token | AuthPlace::Refresh => self.client.definition.first_stage(),
            AuthPlace::Upgrade => Stage::Final,
        };
        Ok(self.ending(values, Tokens { stage, ..tokens }).await)
    }

    /// Sends a request once; where the definition leaves the client's authentication open and the server does not take
    /// it, once more in each other way. What then works is remembered in the definition.
    pub async fn ask<T>(
        &self,
        request: impl Fn(&Definition, &Credentials) -> Result<Outgoing, TemplateError>,
        read: impl Fn(&Answer, &Credentials) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let who = self.app.credentials(self.client)?;
        let first = self.send(request(&self.client.definition, &who)?).await?;
        let refusal = match read(&first, &who) {
            Err(refusal) if is_called_for(&refusal) => refusal,
            result => return result,
        };
        for auth in auth_alternatives::alternatives(self.place.get(&self.client.definition), &who) {
            let mut definition = Definition::clone(&self.client.definition);
            self.place.set(&mut definition, auth.clone());
            if self.writer.is_some_and(|writer| !writer.may_ask()) {
                break;
            }
            match read(&self.send(request(&definition, &who)?).await?, &who) {
                Err(refusal) if is_called_for(&refusal) => {}
                Ok(value) => {
                    self.remember(auth).await;
                    return Ok(value);
                }
                Err(error) => return Err(error),
            }
        }
        Err(refusal)
    }

    async fn send(&self, request: Outgoing) -> Result<Answer, Error> {
        let unreachable = |source| Error::Unreachable { client: self.client.name.clone(), source };
        let began = Instant::now();
        let result = self.app.network.send(request).await;
        let outcome = match &result {
            Ok(answer) if answer.is_success() => "answered",
            Ok(answer) if answer.status < 500 => "refused",
            Ok(_) => "server_error",
            Err(_) => "unreachable",
        };
        self.app.metrics.token_request(outcome, began.elapsed());
        result.map_err(unreachable)
    }

    /// Reads a token response.
    pub fn read(&self, answer: &Answer, secrets: &[&Secret]) -> Result<Tokens, Error> {
        let said = TokenAnswer {
            status: answer.status,
            content_type: answer.content_type.as_deref(),
            body: answer.body.expose(),
            received_at: self.app.now(),
        };
        let name = || self.client.name.clone();
        token_response::read(self.response(), &said, secrets).map_err(|no_token| match no_token {
            NoToken::Refused(said) => {
                Error::refused(self.app, self.client, ErrorAnswer { retry_after: answer.retry_after, ..said })
            }
            NoToken::Missing => Error::NoAccessToken(name()),
            NoToken::NotOAuth { status, content_type } => {
                Error::NotOAuth { client: name(), status, content_type, retry_after: answer.retry_after }
            }
        })
    }

    fn response(&self) -> &Response {
        let definition = &self.client.definition;
        match self.place {
            AuthPlace::Token | AuthPlace::Refresh => &definition.response,
            AuthPlace::Upgrade => definition.upgrade.response.as_ref().unwrap_or(&definition.response),
        }
    }

    /// The tokens in hand count for more than the note, so a failure is only logged: the next request finds out again.
    async fn remember(&self, auth: Auth) {
        let name = &self.client.name;
        for _ in 0..WRITES {
            match self.write(&auth).await {
                Ok(()) => return tracing::info!(client = %name, "client authentication found out and remembered"),
                Err(registry::Error::Changed(_)) => {}
                Err(registry::Error::Declared { file, .. }) => {
                    let method = auth.method;
                    let file = file.display();
                    return tracing::warn!(client = %name, ?method, %file, "client authentication found out; write token.auth there");
                }
                Err(error) => return tracing::warn!(client = %name, %error, "client authentication not remembered"),
            }
        }
    }

    /// Changes nothing but the authentication, and that only while it still is what was found wanting.
    async fn write(&self, auth: &Auth) -> Result<(), registry::Error> {
        let (registry, name) = (&self.app.registry, &self.client.name);
        let Some(current) = registry.get(name).await? else { return Ok(()) };
        let version = current.version();
        let mut definition = Arc::unwrap_or_clone(current.definition);
        let asked = &self.client.definition;
        if definition.client_id != asked.client_id || self.place.get(&definition) != self.place.get(asked) {
            return Ok(());
        }
        self.place.set(&mut definition, auth.clone());
        registry.update(name, name.clone(), definition, Some(&version)).await.map(drop)
    }
}

/// Whether another way to authenticate may be what is missing.
fn is_called_for(refusal: &Error) -> bool {
    matches!(refusal, Error::Refused { answer, .. } if auth_alternatives::is_called_for(answer))
}
