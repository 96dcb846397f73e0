//! Who calls, and what they may.

use super::Answer;
use crate::app::App;
use crate::flows::api_keys::{self, ApiKey, Verb};
use crate::oauth::event::Event;
use crate::oauth::name::{Account, ClientName, GrantName};
use crate::web::audit::{self, Who};
use crate::web::problem::Problem;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest, Request};
use std::sync::Arc;

/// Whoever holds an API key. Cookies never count here.
#[derive(Debug)]
pub struct Caller(Arc<ApiKey>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Caller {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Problem> {
        match Caller::of(request).await {
            Ok(caller) => Outcome::Success(caller),
            Err(problem) => Outcome::Error((problem.status, problem)),
        }
    }
}

/// Whoever asks, before the key is looked up: so that what is asked for can be looked up at the same time.
#[derive(Debug)]
pub struct Unchecked<'r>(&'r Request<'r>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Unchecked<'r> {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Problem> {
        Outcome::Success(Self(request))
    }
}

impl Unchecked<'_> {
    pub async fn checked(&self) -> Answer<Caller> {
        Caller::of(self.0).await
    }
}

/// The grant of a client, by the account, `default` where none is said.
pub fn grant_of(client: ClientName, account: Option<&str>) -> Answer<GrantName> {
    let account = account.filter(|text| !text.is_empty()).map_or(Ok(Account::default()), str::parse);
    let account = account.map_err(|error| Problem::bad_request(&format!("account: {error}")))?;
    Ok(GrantName { client, account })
}

impl Caller {
    /// Whose key is in the header, `Authorization: Bearer KEY` (RFC 6750 §2.1).
    pub async fn of(request: &Request<'_>) -> Answer<Self> {
        let app = request.rocket().state::<App>().ok_or_else(Problem::internal)?;
        let header = request.headers().get_one("Authorization");
        let key = header.and_then(|header| {
            let (scheme, key) = header.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
        });
        let key = key.ok_or_else(|| Problem::invalid_key("send `Authorization: Bearer KEY`"))?;
        match api_keys::open(app, key).await? {
            Ok(key) => {
                audit::let_in(request, Who::Key(key.id.clone()));
                Ok(Caller(key))
            }
            Err(bad) => Err(Problem::invalid_key(&bad.to_string())),
        }
    }

    pub fn key(&self) -> &ApiKey {
        &self.0
    }

    pub fn may(&self, verb: Verb) -> Answer<()> {
        if self.0.may(verb) { Ok(()) } else { Err(Problem::forbidden_verb(verb)) }
    }

    pub fn admits(&self, client: &ClientName) -> bool {
        self.0.admits(client)
    }

    /// Whether what happened may be told to it. What is about the program itself is for keys of all clients.
    pub fn hears(&self, event: &Event) -> bool {
        event.client.as_ref().map_or(self.0.clients.is_empty(), |client| self.admits(client))
    }

    /// Whether the key is still one: it may be revoked while its call goes on.
    pub async fn still_stands(&self, app: &App) -> bool {
        api_keys::still_stands(app, &self.0).await.unwrap_or(false)
    }

    /// The client a call is about, if the key is for it and allows the verb.
    pub fn client(&self, verb: Verb, name: &str) -> Answer<ClientName> {
        let client: ClientName = name.parse().map_err(|_| Problem::unknown_client(name))?;
        if !self.admits(&client) {
            return Err(Problem::forbidden_client(&client));
        }
        self.may(verb).map(|()| client)
    }

    /// The same with the account, `default` where none is said.
    pub fn grant(&self, verb: Verb, name: &str, account: Option<&str>) -> Answer<GrantName> {
        grant_of(self.client(verb, name)?, account)
    }
}
