//! How an authorization ended. The page can be reloaded: it shows a result, it does nothing.

use super::errors::PageError;
use super::guards::cookie_text;
use super::page::{Html, Renderer};
use super::pages::{AuthorizationFailed, Authorized, DeviceCode, Snippet, words};
use crate::app::App;
use crate::flows::authorization_code::{self, BadCallback, Outcome, Settled};
use crate::flows::device::{self, Waiting};
use crate::oauth::definition::Definition;
use rocket::State;
use rocket::http::Status;
use rocket::outcome;
use rocket::request::{self, FromRequest, Request};

/// What the browser shows of its session, if it has one.
#[derive(Debug)]
pub struct Shown(Option<String>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Shown {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        let app = request.rocket().state::<App>();
        outcome::Outcome::Success(Shown(app.and_then(|app| cookie_text(request, app))))
    }
}

#[rocket::get("/authorizations/<id>")]
pub async fn show(app: &State<App>, id: &str, browser: Shown, view: Renderer<'_>) -> Result<Html, PageError> {
    if let Some(waiting) = device::waiting(app, id).await? {
        return device_code(app, &view, id, &waiting, &browser);
    }
    let found = authorization_code::result(app, id).await?;
    let settled = found.filter(|settled| settled.binding.admits(browser.0.as_deref()));
    let settled = settled.ok_or(BadCallback::Unknown).map_err(crate::flows::Error::from)?;
    app.result_shown.notify_one();
    match &settled.outcome {
        Outcome::UnderWay { .. } => Err(crate::flows::Error::Interrupted.into()),
        Outcome::Granted { scope, expires_at, refreshable, unfinished } => {
            let client = app.client(&settled.name.client).await?;
            let renewal = renewal(app, &client.definition, *refreshable, expires_at.is_some());
            view.page(&Authorized {
                name: settled.name.client.to_string(),
                account: settled.name.account.to_string(),
                scope: scope.as_ref().unwrap_or(&client.definition.scopes).join(" "),
                expiry: words::expiry(*expires_at, app.now()),
                renewal: unfinished.as_ref().map_or(renewal, |why| still_missing(why)),
                snippets: snippets(app, &settled, client.definition.api.base_url.as_deref()),
            })
        }
        Outcome::Published => view.page(&Authorized {
            name: settled.name.client.to_string(),
            account: settled.name.account.to_string(),
            scope: String::new(),
            expiry: "none here: the other program exchanges the code".to_owned(),
            renewal: "The code waits in Redis for the program that reads it there, once.".to_owned(),
            snippets: Vec::new(),
        }),
        Outcome::Failed { said, hint } => failed(app, &view, &settled, said, hint.clone()).await,
    }
}

fn still_missing(why: &str) -> String {
    format!("But {why}. The token of the first request is kept and used until then; it is tried again at the next use.")
}

fn renewal(app: &App, definition: &Definition, refreshable: bool, ends: bool) -> String {
    match (definition.refreshes(refreshable), ends) {
        (true, _) => "Refreshed before it ends while this server runs, and otherwise when a script asks.".to_owned(),
        (false, false) => "The server names no end; the token is good until you withdraw it.".to_owned(),
        (false, true) => format!(
            "The server gave no refresh token: when this one ends, authorize again. {}",
            app.presets.refresh_token_advice(definition)
        ),
    }
}

/// How often the page of a waiting authorization looks for its result.
const LOOK_AGAIN_S: u32 = 5;

/// A page that is looked at keeps the asking alive, also after the program was started anew.
fn device_code(
    app: &State<App>,
    view: &Renderer<'_>,
    id: &str,
    waiting: &Waiting,
    browser: &Shown,
) -> Result<Html, PageError> {
    if !waiting.binding.admits(browser.0.as_deref()) {
        return Err(crate::flows::Error::from(BadCallback::OtherBrowser).into());
    }
    drop(device::watch(app, id));
    let authorization = &waiting.authorization;
    let page = view.page(&DeviceCode {
        id: id.to_owned(),
        name: waiting.name.to_string(),
        user_code: authorization.user_code.clone(),
        verification_uri: authorization.verification_uri.to_string(),
        verification_uri_complete: authorization.verification_uri_complete.as_ref().map(ToString::to_string),
        qr_code: DeviceCode::qr_code(authorization.address().as_str()),
        expiry: words::expiry(Some(authorization.polling.expires_at), app.now()),
    })?;
    Ok(page.reloading(LOOK_AGAIN_S))
}

fn snippets(app: &App, settled: &Settled, api_url: Option<&str>) -> Vec<Snippet> {
    Snippet::of_grant(&settled.name, api_url, &app.settings.public_url.to_string())
}

async fn failed(
    app: &App,
    view: &Renderer<'_>,
    settled: &Settled,
    said: &str,
    hint: Option<String>,
) -> Result<Html, PageError> {
    let page = AuthorizationFailed {
        name: Some(settled.name.client.to_string()),
        account: settled.name.account.to_string(),
        title: format!("{} was not authorized", settled.name),
        said: Some(words::sentence(said)),
        meaning: "Nothing was changed: tokens that were there before are still used.".to_owned(),
        next_step: hint.unwrap_or_else(|| {
            "Try again; if it stays, compare the definition with the server's page of \
                                           your app."
                .to_owned()
        }),
    };
    let client = app.client(&settled.name.client).await;
    let leads_to = client.map(|client| client.definition.authorize.url.clone()).unwrap_or_default();
    Ok(view.with_status(Status::Ok, &page)?.leading_to([leads_to.as_str()]))
}
