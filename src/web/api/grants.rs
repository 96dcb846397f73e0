//! The state of grants, and what can be done with one.

use super::{Answer, Caller};
use crate::app::App;
use crate::flows::api_keys::Verb;
use crate::flows::status::{self as states, Status};
use crate::flows::{revoke as revocation, token};
use crate::web::problem::{Problem, Problems};
use rocket::http::Status as Code;
use rocket::serde::json::Json;
use rocket::{State, get, post};

/// The state of every grant that the key is for: what `oauth-helper status --json` prints.
#[utoipa::path(
    tag = "grants",
    responses(
        (status = 200, body = Vec<Status>, description = "One object a grant, and one for a client without"),
        Problems,
    ),
)]
#[get("/status")]
pub async fn status(app: &State<App>, caller: Answer<Caller>) -> Answer<Json<Vec<Status>>> {
    let caller = caller?;
    caller.may(Verb::StatusRead)?;
    let mut all = states::all(app).await.map_err(|error| Problem::of(app, error))?;
    all.retain(|status| caller.admits(&status.client));
    Ok(Json(all))
}

/// A new token now, whatever is left of the old one. It is not in the answer: that is what `token` is for.
#[utoipa::path(
    tag = "grants",
    params(("account" = Option<String>, Query, description = "`default` unless said")),
    responses(
        (status = 200, body = Status, description = "The grant as it is now"),
        Problems,
    ),
)]
#[post("/clients/<name>/refresh?<account>")]
pub async fn refresh(
    app: &State<App>,
    caller: Answer<Caller>,
    name: &str,
    account: Option<&str>,
) -> Answer<Json<Status>> {
    let name = caller?.grant(Verb::GrantsWrite, name, account)?;
    let renewed = token::refreshed(app, &name).await;
    let (client, grant) = renewed.map_err(|error| Problem::of(app, error))?;
    Ok(Json(Status::of(&client, &grant, app.now())))
}

/// Gives the grant back to the authorization server where it takes one back (RFC 7009), and deletes its tokens.
///
/// A server that refuses or cannot be reached leaves everything as it was.
#[utoipa::path(
    tag = "grants",
    params(("account" = Option<String>, Query, description = "`default` unless said")),
    responses(
        (status = 204, description = "Revoked, and its tokens deleted"),
        Problems,
    ),
)]
#[post("/clients/<name>/revoke?<account>")]
pub async fn revoke(app: &State<App>, caller: Answer<Caller>, name: &str, account: Option<&str>) -> Answer<Code> {
    let name = caller?.grant(Verb::GrantsWrite, name, account)?;
    revocation::revoke(app, &name).await.map_err(|error| Problem::of(app, error))?;
    Ok(Code::NoContent)
}
