//! Authorizing a client from a terminal on another machine: the link is shown there, the browser comes back here.

use super::{Answer, Caller};
use crate::app::App;
use crate::flows::api_keys::Verb;
use crate::flows::authorize::Way;
use crate::flows::authorize::terminal::{self, Invitation, Progress};
use crate::flows::pasted::Pasted;
use crate::oauth::secret::Secret;
use crate::web::problem::{Problem, Problems};
use rocket::serde::json::{Error, Json};
use rocket::{Shutdown, State, get, post};
use std::time::Duration;

/// Seconds that an answer is kept back at most, below the patience of what is between.
const LONGEST_WAIT_S: u64 = 30;

/// Begins an authorization of a client, and says what a person has to do: open a link, type a code on another device, or
/// hand over a password, as the definition says.
///
/// The link is bound to no browser, so it is as good as a key to this one authorization: show it to nobody else. It ends
/// after ten minutes.
#[utoipa::path(
    tag = "grants",
    params(
        ("account" = Option<String>, Query, description = "`default` unless said"),
        ("way" = Option<String>, Query, description = "`as_defined` (unless said), or `device`: on another device, whatever the grant"),
    ),
    responses((status = 200, body = Invitation, description = "What a person has to do"), Problems),
)]
#[post("/clients/<name>/authorizations?<account>&<way>")]
pub async fn begin(
    app: &State<App>,
    caller: Answer<Caller>,
    name: &str,
    account: Option<&str>,
    way: Option<&str>,
) -> Answer<Json<Invitation>> {
    let name = caller?.grant(Verb::GrantsAuthorize, name, account)?;
    let way = Way::named(way.unwrap_or(Way::AsDefined.as_str()));
    let way = way.ok_or_else(|| Problem::bad_request("way: choose as_defined or device"))?;
    terminal::invite(app, &name, way).await.map(Json).map_err(|error| Problem::of(app, error))
}

/// How far an authorization is: as soon as it is over, or after `wait` seconds (at most 30).
#[utoipa::path(
    tag = "grants",
    params(("wait" = Option<u64>, Query, description = "Seconds to wait for its end; none unless said")),
    responses((status = 200, body = Progress, description = "How far it is"), Problems),
)]
#[get("/clients/<name>/authorizations/<id>?<wait>")]
pub async fn progress(
    app: &State<App>,
    caller: Answer<Caller>,
    name: &str,
    id: &str,
    wait: Option<u64>,
    mut ending: Shutdown,
) -> Answer<Json<Progress>> {
    let client = caller?.client(Verb::GrantsAuthorize, name)?;
    let wait = Duration::from_secs(wait.unwrap_or(0).min(LONGEST_WAIT_S));
    let progress = tokio::select! {
        progress = terminal::progress(app, &client, id, wait) => progress,
        // Whoever waits asks the next instance.
        () = &mut ending => terminal::progress(app, &client, id, Duration::ZERO).await,
    };
    progress.map(Json).map_err(|error| Problem::of(app, error))
}

/// Where the browser ended.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
pub struct Ended {
    /// The whole address, or its query.
    #[schema(value_type = String)]
    url: Secret,
}

/// Takes the address that the browser ended at, where it cannot come back to this server.
#[utoipa::path(
    tag = "grants",
    request_body = Ended,
    responses((status = 200, body = Progress, description = "How the authorization that it belongs to ended"), Problems),
)]
#[post("/clients/<name>/authorizations/pasted", data = "<ended>")]
pub async fn pasted(
    app: &State<App>,
    caller: Answer<Caller>,
    name: &str,
    ended: Result<Json<Ended>, Error<'_>>,
) -> Answer<Json<Progress>> {
    let client = caller?.client(Verb::GrantsAuthorize, name)?;
    let Ok(Json(Ended { url })) = ended else {
        return Err(Problem::bad_request("send {\"url\": \"…\"}, the address that the browser ended at"));
    };
    let pasted = Pasted::read(url.expose()).map_err(|error| Problem::bad_request(&error.to_string()))?;
    terminal::pasted(app, &client, pasted.response).await.map(Json).map_err(|error| Problem::of(app, error))
}

/// A person's user name and password, for a client whose grant is `password`.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
pub struct Login {
    username: String,
    #[schema(value_type = String)]
    password: Secret,
}

/// Hands over a user name and a password, for a client whose grant is `password`. They are sent on once, and not kept.
#[utoipa::path(
    tag = "grants",
    params(("account" = Option<String>, Query, description = "`default` unless said")),
    request_body = Login,
    responses((status = 200, body = Progress, description = "How it ended"), Problems),
)]
#[post("/clients/<name>/authorizations/password?<account>", data = "<login>")]
pub async fn password(
    app: &State<App>,
    caller: Answer<Caller>,
    name: &str,
    account: Option<&str>,
    login: Result<Json<Login>, Error<'_>>,
) -> Answer<Json<Progress>> {
    let name = caller?.grant(Verb::GrantsAuthorize, name, account)?;
    let Ok(Json(Login { username, password })) = login else {
        return Err(Problem::bad_request("send {\"username\": \"…\", \"password\": \"…\"}"));
    };
    let progress = terminal::with_password(app, name, username, password).await;
    progress.map(Json).map_err(|error| Problem::of(app, error))
}
