//! Access tokens for scripts.

use super::{Answer, Caller, Unchecked, grant_of};
use crate::app::App;
use crate::flows::api_keys::Verb;
use crate::flows::attachment::Attachment;
use crate::flows::refresh::{self, When};
use crate::flows::token::{self as tokens, MIN_VALID_S, Served};
use crate::flows::token_answer::TokenAnswer;
use crate::oauth::definition::TokenPlace;
use crate::oauth::grant::Grant;
use crate::oauth::secret::Secret;
use crate::registry::Client;
use crate::web::problem::{Problem, Problems};
use futures_util::future::try_join;
use rocket::http::ContentType;
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use rocket::serde::json::Json;
use rocket::{State, get, post};
use std::fmt;
use std::io::Cursor;
use std::sync::Arc;

/// An access token that is valid for a while.
///
/// It is refreshed first when fewer than `min_valid` seconds (60 unless said) are left. A token that is still valid is
/// served whatever is broken.
#[utoipa::path(
    tag = "tokens",
    params(
        ("account" = Option<String>, Query, description = "`default` unless said"),
        ("min_valid" = Option<u32>, Query, description = "Seconds the token must still be valid; 60 unless said"),
        ("extra" = Option<String>, Query, description = "This further token of the same answer instead (response.extra_tokens)"),
    ),
    responses(
        (status = 200, body = TokenAnswer, description = "The token"),
        Problems,
    ),
)]
#[get("/clients/<name>/token?<account>&<min_valid>&<extra>")]
pub async fn token(
    app: &State<App>,
    caller: Unchecked<'_>,
    name: &str,
    account: Option<&str>,
    min_valid: Option<&str>,
    extra: Option<&str>,
) -> Answer<TokenJson> {
    let (client, grant) = wanted(app, caller, (name, account), min_valid, extra).await?;
    TokenJson::of(app, &client, &grant)
}

/// The header to send to the API, as one line: `curl -H @-` reads it.
#[utoipa::path(
    tag = "tokens",
    params(
        ("account" = Option<String>, Query, description = "`default` unless said"),
        ("min_valid" = Option<u32>, Query, description = "Seconds the token must still be valid; 60 unless said"),
    ),
    responses(
        (status = 200, body = String, description = "Name and value", content_type = "text/plain", example = "Authorization: Bearer …\n"),
        Problems,
    ),
)]
#[get("/clients/<name>/header?<account>&<min_valid>")]
pub async fn header(
    app: &State<App>,
    caller: Unchecked<'_>,
    name: &str,
    account: Option<&str>,
    min_valid: Option<&str>,
) -> Answer<(ContentType, String)> {
    let (client, grant) = wanted(app, caller, (name, account), min_valid, None).await?;
    if client.definition.api.token_in == TokenPlace::Query {
        let said = format!("the API of `{}` takes the token in the query, not in a header", grant.name);
        return Err(Problem::bad_request(&said));
    }
    let (header, value) = tokens::attached(&client.definition, &grant).map_err(|error| Problem::of(app, error))?;
    Ok((ContentType::Plain, format!("{header}: {value}\n")))
}

/// All that a request to the API has to carry, for a program that sends it itself: the token where the definition wants
/// it, and the further headers of the definition.
#[utoipa::path(
    tag = "tokens",
    params(
        ("account" = Option<String>, Query, description = "`default` unless said"),
        ("min_valid" = Option<u32>, Query, description = "Seconds the token must still be valid; 60 unless said"),
        ("extra" = Option<String>, Query, description = "This further token of the same answer instead (response.extra_tokens)"),
    ),
    responses(
        (status = 200, body = Attachment, description = "What to attach"),
        Problems,
    ),
)]
#[get("/clients/<name>/attachment?<account>&<min_valid>&<extra>")]
pub async fn attachment(
    app: &State<App>,
    caller: Unchecked<'_>,
    name: &str,
    account: Option<&str>,
    min_valid: Option<&str>,
    extra: Option<&str>,
) -> Answer<Json<Attachment>> {
    let (client, grant) = wanted(app, caller, (name, account), min_valid, extra).await?;
    Attachment::of(app, &client, &grant).map(Json).map_err(|error| Problem::of(app, error))
}

/// What a caller says of a token that an API answered 401 to.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
pub struct Rejected {
    #[schema(value_type = String)]
    access_token: Secret,
}

/// Another token, because an API answered 401 to this one.
///
/// It is refreshed once, and only if that token is still the current one.
#[utoipa::path(
    tag = "tokens",
    params(("account" = Option<String>, Query, description = "`default` unless said")),
    request_body = Rejected,
    responses(
        (status = 200, body = TokenAnswer, description = "The token"),
        Problems,
    ),
)]
#[post("/clients/<name>/token/rejected?<account>", data = "<rejected>")]
pub async fn rejected(
    app: &State<App>,
    caller: Answer<Caller>,
    name: &str,
    account: Option<&str>,
    rejected: Result<Json<Rejected>, rocket::serde::json::Error<'_>>,
) -> Answer<TokenJson> {
    let name = caller?.grant(Verb::TokenRead, name, account)?;
    let Ok(Json(Rejected { access_token })) = rejected else {
        return Err(Problem::bad_request("send {\"access_token\": \"…\"}, the token that was rejected"));
    };
    let client = app.client(&name.client).await.map_err(|error| Problem::of(app, error.into()))?;
    let renewed = refresh::renew(app, &client, &name, When::Rejected(access_token)).await;
    TokenJson::of(app, &client, &renewed.map_err(|error| Problem::of(app, error))?)
}

/// JSON that is rendered at once, since it borrows from the grant.
pub struct TokenJson(String);

impl fmt::Debug for TokenJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenJson(…)")
    }
}

impl<'r> Responder<'r, 'static> for TokenJson {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let length = self.0.len();
        // One more than the body, so that its end shows without another buffer; by itself Rocket takes 4 KiB.
        let chunk = length + 1;
        Response::build().header(ContentType::JSON).sized_body(length, Cursor::new(self.0)).max_chunk_size(chunk).ok()
    }
}

impl TokenJson {
    fn of(app: &App, client: &Client, grant: &Grant) -> Answer<Self> {
        let answer = TokenAnswer::of(client, grant, app.now());
        serde_json::to_string(&answer).map(Self).map_err(|_| Problem::internal())
    }
}

fn seconds(text: Option<&str>) -> Answer<i64> {
    let Some(text) = text else { return Ok(MIN_VALID_S) };
    let number = text.parse::<u32>().map(i64::from);
    number.map_err(|_| Problem::bad_request("min_valid: write a number of seconds"))
}

/// The grant with the token that was asked for, valid for so long. The key is looked up together with it.
async fn wanted(
    app: &App,
    caller: Unchecked<'_>,
    (name, account): (&str, Option<&str>),
    min_valid: Option<&str>,
    extra: Option<&str>,
) -> Answer<(Client, Arc<Grant>)> {
    let asked = name.parse().ok().and_then(|client| grant_of(client, account).ok());
    let look = async {
        let Some(name) = &asked else { return Ok(None) };
        Ok(Some(tokens::look(app, name).await))
    };
    // The key comes first: without one, nothing is looked up. In a box of its own, so that the request stays small.
    let (caller, kept) = Box::pin(try_join(caller.checked(), look)).await?;
    let name = caller.grant(Verb::TokenRead, name, account)?;
    let min_valid = seconds(min_valid)?;
    let served = match kept {
        Some(Ok(kept)) => kept.served(app, &name, min_valid).await,
        Some(Err(error)) => Err(error),
        None => return Err(Problem::unknown_client(name.client.as_str())),
    };
    let Served { client, grant, .. } = served.map_err(|error| Problem::of(app, error))?;
    let grant = tokens::picked(grant, extra).map_err(|error| Problem::of(app, error))?;
    Ok((client, grant))
}
