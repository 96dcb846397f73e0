//! Trying a token: what the server says of it, whose it is, and whether the API takes it.

use super::{Error, token};
use crate::app::App;
use crate::oauth::grant::Grant;
use crate::oauth::inspection;
use crate::oauth::jwt::Claims;
use crate::oauth::name::GrantName;
use crate::oauth::outgoing::{Answer, Outgoing};
use crate::oauth::secret::Secret;
use crate::oauth::template::{self, Values};
use crate::oauth::token_request;
use crate::registry::Client;
use serde_json::Value;
use std::sync::Arc;
use url::Url;

/// What came of it.
#[derive(Debug)]
pub struct Inspection {
    pub verdict: Verdict,
    /// What the server says, member by member; empty where the body is shown instead.
    pub claims: Claims,
    /// For people, without secrets; blank when the claims say it all.
    pub body: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// User info of this subject.
    About(String),
    /// User info of somebody else than the ID token named: not to be used.
    AboutAnother,
    Active,
    NotActive,
    /// The API answered with this status.
    Answered(u16),
    /// An endpoint of the authorization server did, and not with what it is for.
    Unfit(u16),
}

impl Verdict {
    pub fn is_good(&self) -> bool {
        match self {
            Verdict::About(_) | Verdict::Active => true,
            Verdict::Answered(status) => (200..300).contains(status),
            Verdict::AboutAnother | Verdict::NotActive | Verdict::Unfit(_) => false,
        }
    }
}

/// Whose token it is (OpenID Connect Core §5.3).
pub async fn user_info(app: &App, name: &GrantName) -> Result<Inspection, Error> {
    let trial = Trial::of(app, name).await?;
    let url = trial.endpoint(&trial.client.definition.userinfo.url, "userinfo.url")?;
    let request = inspection::user_info(url, &trial.grant.tokens.access_token);
    let answer = trial.send(Outgoing { identity: app.tls_identity(&trial.client)?, ..request }).await?;
    let Some(claims) = inspection::object(&answer).filter(|_| answer.is_success()) else {
        return Ok(trial.unfit(&answer));
    };
    if !inspection::is_about(&claims, trial.grant.identity.as_ref()) {
        return Ok(Inspection { verdict: Verdict::AboutAnother, claims: Claims::new(), body: String::new() });
    }
    let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(trial.said(Verdict::About(subject), claims))
}

/// What the server holds of the token (RFC 7662).
pub async fn introspect(app: &App, name: &GrantName) -> Result<Inspection, Error> {
    let trial = Trial::of(app, name).await?;
    let url = trial.endpoint(&trial.client.definition.introspect.url, "introspect.url")?;
    let values =
        trial.values().with("token", trial.grant.tokens.access_token.expose()).with("token_type_hint", "access_token");
    let credentials = app.credentials(&trial.client)?;
    let request = token_request::introspection(&trial.client.definition, url.as_str(), values, &credentials)?;
    let answer = trial.send(request).await?;
    let claims = inspection::object(&answer).filter(|_| answer.is_success());
    Ok(match claims.as_ref().and_then(|claims| claims.get("active")).and_then(Value::as_bool) {
        Some(true) => trial.said(Verdict::Active, claims.unwrap_or_default()),
        Some(false) => trial.said(Verdict::NotActive, Claims::new()),
        None => trial.unfit(&answer),
    })
}

/// Whether the API takes it: a call of the definition's probe.
pub async fn test(app: &App, name: &GrantName) -> Result<Inspection, Error> {
    let trial = Trial::of(app, name).await?;
    let definition = &trial.client.definition;
    let request = inspection::probe(definition, &trial.values(), token::attached(definition, &trial.grant)?)?;
    let request = request.ok_or_else(|| trial.no_endpoint("api.base_url"))?;
    let answer = trial.send(Outgoing { identity: app.tls_identity(&trial.client)?, ..request }).await?;
    Ok(Inspection { verdict: Verdict::Answered(answer.status), claims: Claims::new(), body: trial.readable(&answer) })
}

/// A fresh token under examination.
struct Trial<'a> {
    app: &'a App,
    client: Client,
    grant: Arc<Grant>,
    client_secret: Option<Secret>,
}

impl<'a> Trial<'a> {
    async fn of(app: &'a App, name: &GrantName) -> Result<Self, Error> {
        let (client, grant) = token::current(app, name, token::MIN_VALID_S).await?;
        let client_secret = app.registry.secret(&client)?;
        Ok(Self { app, client, grant, client_secret })
    }

    fn values(&self) -> Values {
        token::values(self.app, &self.client, &self.grant)
    }

    fn endpoint(&self, url: &Option<String>, field: &'static str) -> Result<Url, Error> {
        match url.as_deref().filter(|url| !url.is_empty()) {
            Some(url) => Ok(template::render_url(url, &self.values())?),
            None => Err(self.no_endpoint(field)),
        }
    }

    fn no_endpoint(&self, field: &'static str) -> Error {
        Error::NoEndpoint { client: self.client.name.clone(), field }
    }

    async fn send(&self, request: Outgoing) -> Result<Answer, Error> {
        let unreachable = |source| Error::Unreachable { client: self.client.name.clone(), source };
        self.app.network.send(request).await.map_err(unreachable)
    }

    fn said(&self, verdict: Verdict, claims: Claims) -> Inspection {
        Inspection { verdict, claims: inspection::struck_out(claims, &self.secrets()), body: String::new() }
    }

    fn unfit(&self, answer: &Answer) -> Inspection {
        Inspection { verdict: Verdict::Unfit(answer.status), claims: Claims::new(), body: self.readable(answer) }
    }

    fn readable(&self, answer: &Answer) -> String {
        inspection::readable(answer, &self.secrets())
    }

    fn secrets(&self) -> Vec<&Secret> {
        self.grant.tokens.secrets().chain(&self.client_secret).collect()
    }
}
