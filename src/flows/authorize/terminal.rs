//! An authorization that a terminal began, here or on another machine: what a person has to do, and how far it is. Its link
//! is bound to no browser, because the one that opens it may know no session (RFC 8252 §8.9): whoever may begin one is
//! trusted with that.

use super::{Way, begin};
use crate::app::App;
use crate::flows::authorization_code::{self, BadCallback, Binding, Outcome, Settled};
use crate::flows::authorize::Begun;
use crate::flows::{Error, device, password};
use crate::oauth::authorization_response::AuthorizationResponse;
use crate::oauth::definition::Definition;
use crate::oauth::device::DeviceAuthorization;
use crate::oauth::name::{ClientName, GrantName};
use crate::oauth::secret::Secret;
use crate::oauth::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};
use tokio::time::timeout;
use url::Url;

/// What a person has to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "program", derive(utoipa::ToSchema))]
#[serde(tag = "way", rename_all = "snake_case")]
pub enum Invitation {
    /// Open the link in a browser.
    Browser {
        id: String,
        #[cfg_attr(feature = "program", schema(value_type = String))]
        url: Url,
        /// Whether the browser comes back to this program. Otherwise the address that it ends at has to be pasted.
        comes_back: bool,
    },
    /// Open the address on any device and type the code there.
    Device {
        id: String,
        #[cfg_attr(feature = "program", schema(value_type = String))]
        verification_uri: Url,
        /// The same with the code in it.
        #[cfg_attr(feature = "program", schema(value_type = Option<String>))]
        verification_uri_complete: Option<Url>,
        user_code: String,
        /// When the code ends, in Unix seconds.
        #[cfg_attr(feature = "program", schema(value_type = i64))]
        expires_at: Timestamp,
    },
    /// Hand over a user name and a password.
    Password,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "program", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Waiting,
    Granted,
    /// The code was left for another program, which exchanges it.
    Published,
    Failed,
}

/// How far an authorization is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "program", derive(utoipa::ToSchema))]
pub struct Progress {
    pub id: String,
    pub stage: Stage,
    /// Why it failed, or what is still missing where it was granted.
    pub detail: Option<String>,
    /// What to do next, where there is more to say.
    pub hint: Option<String>,
}

/// Begins an authorization.
pub async fn invite(app: &App, name: &GrantName, way: Way) -> Result<Invitation, Error> {
    Ok(match begin(app, name, Binding::Terminal, way).await? {
        Begun::Browser(started) => {
            let redirect_uri = app.redirect_uri_of(&app.client(&name.client).await?);
            let comes_back = redirect_uri.starts_with(&app.settings.public_url.join("/auth_callback"));
            Invitation::Browser { id: started.id, url: started.url, comes_back }
        }
        Begun::Device(id, waiting) => {
            drop(device::watch(app, &id));
            let DeviceAuthorization { verification_uri, verification_uri_complete, user_code, polling, .. } =
                waiting.authorization;
            let expires_at = polling.expires_at;
            Invitation::Device { id, verification_uri, verification_uri_complete, user_code, expires_at }
        }
        Begun::Password => Invitation::Password,
    })
}

/// How far an authorization of this client is: as soon as it is over, or after so long.
///
/// # Errors
/// [`BadCallback::Unknown`] where a terminal began none under this id, or long ago.
pub async fn progress(app: &App, client: &ClientName, id: &str, at_most: Duration) -> Result<Progress, Error> {
    let end = Instant::now() + at_most;
    let mut waiter = authorization_code::waiter(app, id).await;
    if device::waiting(app, id).await?.is_some() {
        // Whoever waits keeps the asking alive, also after the program was started anew.
        drop(device::watch(app, id));
    }
    loop {
        let left = end.saturating_duration_since(Instant::now());
        match timeout(left.max(Duration::from_millis(1)), authorization_code::result(app, id)).await {
            Ok(settled) => match settled? {
                Some(settled) => return own(app, client, id, settled).await,
                None if !waits(app, client, id).await? => return Err(BadCallback::Unknown.into()),
                None => {}
            },
            // The code is being exchanged.
            Err(_) => return Ok(Progress::new(id, Stage::Waiting)),
        }
        if left.is_zero() {
            return Ok(Progress::new(id, Stage::Waiting));
        }
        waiter.woken(left).await;
    }
}

async fn waits(app: &App, client: &ClientName, id: &str) -> Result<bool, Error> {
    let pending = authorization_code::waiting(app, id).await?;
    let device = device::waiting(app, id).await?.map(|waiting| (waiting.name, waiting.binding));
    let found = pending.or(device);
    Ok(found.is_some_and(|(name, binding)| name.client == *client && matches!(binding, Binding::Terminal)))
}

/// Takes the address that the browser ended at.
pub async fn pasted(app: &App, client: &ClientName, response: AuthorizationResponse) -> Result<Progress, Error> {
    let id = authorization_code::finish(app, response, Some(client), None).await?;
    let settled = authorization_code::result(app, &id).await?.ok_or(Error::Interrupted)?;
    own(app, client, &id, settled).await
}

/// Hands over a user name and a password, which are not kept; to its end also when whoever asked is gone.
pub async fn with_password(app: &App, name: GrantName, username: String, password: Secret) -> Result<Progress, Error> {
    let client = app.client(&name.client).await?;
    let task = {
        let app = app.clone();
        app.work.clone().spawn(async move { password::redeem(&app, &name, &username, &password).await })
    };
    let grant = task.await.map_err(|_| Error::Interrupted)??;
    Ok(ended(app, &client.definition, &app.random_text(), Outcome::granted(&grant)))
}

async fn own(app: &App, client: &ClientName, id: &str, settled: Settled) -> Result<Progress, Error> {
    if settled.name.client != *client || !matches!(settled.binding, Binding::Terminal) {
        return Err(BadCallback::Unknown.into());
    }
    Ok(ended(app, &app.client(client).await?.definition, id, settled.outcome))
}

fn ended(app: &App, definition: &Definition, id: &str, outcome: Outcome) -> Progress {
    let progress = |stage| Progress::new(id, stage);
    match outcome {
        Outcome::UnderWay { .. } => progress(Stage::Waiting),
        Outcome::Published => progress(Stage::Published),
        Outcome::Failed { said, hint } => Progress { detail: Some(said), hint, ..progress(Stage::Failed) },
        Outcome::Granted { refreshable, expires_at, unfinished, .. } => {
            let lasts = unfinished.is_some() || definition.refreshes(refreshable) || expires_at.is_none();
            let advice = app.presets.refresh_token_advice(definition);
            let said = format!("The server gave no refresh token: when this token ends, authorize again. {advice}");
            Progress { detail: unfinished, hint: (!lasts).then_some(said), ..progress(Stage::Granted) }
        }
    }
}

impl Progress {
    fn new(id: &str, stage: Stage) -> Self {
        Self { id: id.to_owned(), stage, detail: None, hint: None }
    }
}
