//! Everything a flow can end with that is not success: one variant for each thing a person can do next.

mod kind;

pub use kind::ErrorKind;

use super::authorization_code::BadCallback;
use super::discover::DiscoverError;
use crate::app::App;
use crate::authorization_server;
use crate::data_folder::DataFolderError;
use crate::oauth::definition::Invalid;
use crate::oauth::device::BadDeviceAuthorization;
use crate::oauth::grant::{Asker, Cause, Failing, Grant};
use crate::oauth::id_token::BadIdToken;
use crate::oauth::name::{ClientName, GrantName};
use crate::oauth::proxied::BadPath;
use crate::oauth::registration::BadRegistration;
use crate::oauth::signing_key::BadKey;
use crate::oauth::template::TemplateError;
use crate::oauth::timestamp::Timestamp;
use crate::oauth::token_response::ErrorAnswer;
use crate::registry::{self, Client};
use crate::remote;
use crate::store;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no client named `{0}`")]
    UnknownClient(ClientName),
    #[error("`{name}` must be authorized by a person{}", because(.reason))]
    AuthorizationRequired { name: GrantName, reason: Option<String>, advice: Option<String> },
    #[error("the server gave `{name}` no further token named `{extra}`")]
    NoExtraToken { name: GrantName, extra: String },
    #[error("there is no token of `{0}`")]
    NoGrant(GrantName),
    #[error("`{0}` asks in its own name: there is nobody to authorize it")]
    NoResourceOwner(ClientName),
    #[error("`{0}` publishes in Redis for other programs, and there is no Redis")]
    NoReaders(ClientName),
    #[error("the authorization server of `{client}` refused: {answer}")]
    Refused { client: ClientName, answer: Box<ErrorAnswer>, advice: Option<String> },
    #[error("the second request (upgrade.url) failed: {0}")]
    SecondRequest(Box<Error>),
    #[error("the authorization server of `{0}` agreed but sent no access token")]
    NoAccessToken(ClientName),
    #[error(
        "the authorization server of `{client}` answered with HTTP status {status} and something that is not OAuth{}",
        of_type(.content_type)
    )]
    NotOAuth { client: ClientName, status: u16, content_type: Option<String>, retry_after: Option<u64> },
    #[error("{}{}", failing.error, until(.next_try_at))]
    StillFailing { name: GrantName, failing: Box<Failing>, next_try_at: Option<Timestamp> },
    #[error("the authorization server of `{client}` could not be asked: {source}")]
    Unreachable { client: ClientName, source: authorization_server::Error },
    #[error("the API of `{client}` could not be asked: {source}")]
    ApiUnreachable { client: ClientName, source: authorization_server::Error },
    #[error("{0}, so it is not passed on")]
    Path(BadPath),
    #[error("the authorization server of `{client}` gave no code for another device: {why}")]
    BadDeviceAuthorization { client: ClientName, why: BadDeviceAuthorization },
    #[error("the code for `{0}` ended before anybody had agreed on another device")]
    DeviceCodeExpired(ClientName),
    #[error(transparent)]
    Discovery(#[from] DiscoverError),
    #[error(transparent)]
    Registration(#[from] BadRegistration),
    #[error("the registration at {host} could not be ended: {why}")]
    RegistrationLeft { host: String, why: String },
    #[error(transparent)]
    Callback(#[from] BadCallback),
    #[error("the client ID of `{0}` was changed while it was being authorized")]
    ClientChanged(ClientName),
    #[error("`{0}` has no key to authenticate with")]
    NoKey(ClientName),
    #[error("the client's private key cannot be used: {0}")]
    Key(#[from] BadKey),
    #[error("`{0}` has no ID token")]
    NoIdToken(GrantName),
    #[error("the definition of `{client}` does not say where to ask ({field})")]
    NoEndpoint { client: ClientName, field: &'static str },
    #[error("the ID token of `{client}` cannot be trusted: {why}")]
    IdToken { client: ClientName, why: BadIdToken },
    #[error("the definition is not valid\n{0}")]
    Invalid(#[from] Invalid),
    #[error("the definition cannot be used: {0}")]
    Template(#[from] TemplateError),
    #[error(transparent)]
    Registry(registry::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    DataFolder(#[from] DataFolderError),
    #[error(transparent)]
    Remote(#[from] remote::Error),
    #[error("the work was interrupted; try again")]
    Interrupted,
}

fn until(next_try_at: &Option<Timestamp>) -> String {
    next_try_at.map(|at| format!(" (the next try is at {})", at.rfc3339())).unwrap_or_default()
}

fn because(reason: &Option<String>) -> String {
    reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default()
}

fn of_type(content_type: &Option<String>) -> String {
    content_type.as_ref().map(|text| format!(" ({text})")).unwrap_or_default()
}

/// Who can end a row of failures, and how.
pub fn mend(name: &GrantName, cause: Cause) -> String {
    match cause {
        Cause::Server => format!("The server was asked a moment ago; `oauth-helper refresh {name}` asks it at once."),
        Cause::Client => {
            "Correct the client ID, the secret, or how the client authenticates; then it is tried at once.".to_owned()
        }
        Cause::Refusal | Cause::Definition => {
            format!("Correct the definition; then it is tried at once. `oauth-helper refresh {name}` tries now.")
        }
    }
}

impl From<registry::Error> for Error {
    fn from(error: registry::Error) -> Self {
        match error {
            registry::Error::Unknown(name) => Error::UnknownClient(name),
            registry::Error::Invalid(invalid) => Error::Invalid(invalid),
            registry::Error::Store(error) => Error::Store(error),
            other => Error::Registry(other),
        }
    }
}

impl Error {
    pub fn refused(app: &App, client: &Client, answer: ErrorAnswer) -> Self {
        let advice = app.presets.advice(client.definition.preset.as_deref(), &answer).map(str::to_owned);
        Error::Refused { client: client.name.clone(), answer: Box::new(answer), advice }
    }

    pub fn authorization_required(app: &App, client: &Client, name: &GrantName, grant: Option<&Grant>) -> Self {
        let definition = &client.definition;
        let (reason, advice) = match grant.map(Grant::last_error) {
            None => (None, None),
            Some(Some(error)) => {
                let said = grant.and_then(|grant| grant.ended.as_ref()).map(|ended| ended.error.as_str());
                (Some(error), said.and_then(|said| app.presets.advice_on(definition.preset.as_deref(), said)))
            }
            Some(None) => {
                let reason = "its token ended and the server gave no refresh token".to_owned();
                (Some(reason), Some(app.presets.refresh_token_advice(definition)))
            }
        };
        Error::AuthorizationRequired { name: name.clone(), reason, advice: advice.map(str::to_owned) }
    }

    /// What went wrong, whichever step it was.
    pub fn root(&self) -> &Error {
        match self {
            Error::SecondRequest(error) => error.root(),
            error => error,
        }
    }

    /// A refresh failed so recently that it is not tried again for `asker`.
    pub fn still_failing(name: &GrantName, failing: &Failing, asker: Asker) -> Self {
        let next_try_at = failing.next_for(asker);
        Error::StillFailing { name: name.clone(), failing: Box::new(failing.clone()), next_try_at }
    }

    /// The next step, where the error itself does not name it.
    pub fn hint(&self) -> Option<String> {
        let advice = match self {
            Error::UnknownClient(_) => "See the names with `oauth-helper client list`, or add one with `client add`.",
            Error::AuthorizationRequired { name, advice, .. } => {
                let first = advice.as_ref().map(|advice| format!("{advice} ")).unwrap_or_default();
                let run = format!("Run `oauth-helper authorize {name}`, or press Authorize on the client's page.");
                return Some(first + &run);
            }
            Error::NoGrant(_) => "`oauth-helper status` shows the tokens that there are.",
            Error::NoExtraToken { .. } => "Say where it is in response.extra_tokens, then authorize again.",
            Error::NoResourceOwner(name) => return Some(format!("Just run `oauth-helper token {name}`.")),
            Error::NoReaders(_) => "Set OAUTHCLIENT_MESSAGE_QUEUE__URL, or set `publish` to none.",
            Error::Refused { advice, .. } => return advice.clone(),
            Error::SecondRequest(error) => return error.hint(),
            Error::NoAccessToken(_) => "If the server names it otherwise, say where it is in response.fields.",
            Error::NoIdToken(_) => "Add the scope openid to that client and authorize it again.",
            Error::BadDeviceAuthorization { .. } => "Check device.url in the definition.",
            Error::DeviceCodeExpired(_) => "Authorize again, and type the code while it is shown.",
            Error::StillFailing { name, failing, .. } => return Some(mend(name, failing.cause)),
            Error::NotOAuth { .. } => "Check the token URL; if it is right, the server has a problem: try again later.",
            Error::Callback(BadCallback::OtherBrowser) => {
                "Press Authorize again, and stay in the browser in which you pressed it."
            }
            Error::Callback(BadCallback::SignedOut) => "Log in here, then begin again at the authorization server.",
            Error::Callback(BadCallback::Unknown) => {
                "It was used before, or is older than ten minutes. Press Authorize again."
            }
            Error::Callback(BadCallback::OtherClient) => {
                "Register the redirect URI that the client's own page shows, then authorize again."
            }
            Error::Callback(BadCallback::Response(_)) | Error::ClientChanged(_) => "Press Authorize again.",
            Error::RegistrationLeft { .. } => "Delete the app on the server's own pages.",
            Error::NoEndpoint { field, .. } => return Some(format!("Edit the client and fill in {field}.")),
            Error::IdToken { .. } => {
                "No token was stored. Compare the issuer, the client ID and the address of the server's keys \
                 (id_token.jwks_url) with the server's metadata."
            }
            Error::NoKey(name) => {
                return Some(format!(
                    "Edit the client and add its key (or its secret), or run `oauth-helper client key {name}`."
                ));
            }
            Error::Unreachable { .. }
            | Error::ApiUnreachable { .. }
            | Error::Path(_)
            | Error::Discovery(_)
            | Error::Registration(_)
            | Error::Key(_)
            | Error::Invalid(_)
            | Error::Template(_)
            | Error::Registry(_) => return None,
            Error::Store(_) | Error::DataFolder(_) | Error::Remote(_) | Error::Interrupted => return None,
        };
        Some(advice.to_owned())
    }
}
