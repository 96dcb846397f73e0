//! The HTTP API for scripts: a key in the header, JSON out, problems as RFC 9457 describes.

use super::problem::Problem;
use crate::app::App;
use crate::flows::api_keys::{self, ApiKey};
use crate::flows::refresh::{self, When};
use crate::flows::token as tokens;
use crate::flows::token::MIN_VALID_S;
use crate::flows::token_answer::TokenAnswer;
use crate::oauth::definition::TokenPlace;
use crate::oauth::grant::Grant;
use crate::oauth::name::{Account, ClientName, GrantName};
use crate::oauth::secret::Secret;
use crate::registry::Client;
use rocket::State;
use rocket::http::ContentType;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest, Request};
use rocket::serde::json::Json;

type Answer<T> = Result<T, Problem>;

/// Whoever holds an API key. Cookies never count here.
#[derive(Debug)]
pub struct Caller(ApiKey);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Caller {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Problem> {
        let result = authenticate(request).await;
        match result {
            Ok(caller) => Outcome::Success(caller),
            Err(problem) => Outcome::Error((problem.status, problem)),
        }
    }
}

async fn authenticate(request: &Request<'_>) -> Answer<Caller> {
    let app = request.rocket().state::<App>().ok_or_else(Problem::internal)?;
    let header = request.headers().get_one("Authorization");
    let key = header.and_then(|header| {
        let (scheme, key) = header.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
    });
    let key = key.ok_or_else(|| Problem::invalid_key("send `Authorization: Bearer KEY`"))?;
    match api_keys::open(app, key).await? {
        Ok(key) => Ok(Caller(key)),
        Err(bad) => Err(Problem::invalid_key(&bad.to_string())),
    }
}

/// The grant a call is about, if the key may see it.
fn named(caller: &Caller, name: &str, account: Option<&str>) -> Answer<GrantName> {
    let client: ClientName = name.parse().map_err(|_| Problem::unknown_client(name))?;
    if !caller.0.admits(&client) {
        return Err(Problem::forbidden_client(&client));
    }
    let account = account.filter(|text| !text.is_empty()).map_or(Ok(Account::default()), str::parse);
    let account = account.map_err(|error| Problem::bad_request(&format!("account: {error}")))?;
    Ok(GrantName { client, account })
}

#[rocket::get("/clients/<name>/token?<account>&<min_valid>")]
pub async fn token(
    app: &State<App>,
    caller: Answer<Caller>,
    name: &str,
    account: Option<&str>,
    min_valid: Option<&str>,
) -> Answer<TokenJson> {
    let name = named(&caller?, name, account)?;
    let found = tokens::current(app, &name, seconds(min_valid)?).await;
    let (client, grant) = found.map_err(|error| Problem::of(app, error))?;
    TokenJson::of(app, &client, &grant)
}

#[rocket::get("/clients/<name>/header?<account>&<min_valid>")]
pub async fn header(
    app: &State<App>,
    caller: Answer<Caller>,
    name: &str,
    account: Option<&str>,
    min_valid: Option<&str>,
) -> Answer<(ContentType, String)> {
    let name = named(&caller?, name, account)?;
    let found = tokens::current(app, &name, seconds(min_valid)?).await;
    let (client, grant) = found.map_err(|error| Problem::of(app, error))?;
    if client.definition.api.token_in == TokenPlace::Query {
        let said = format!("the API of `{name}` takes the token in the query, not in a header");
        return Err(Problem::bad_request(&said));
    }
    let (header, value) = tokens::attached(&client.definition, &grant).map_err(|error| Problem::of(app, error))?;
    Ok((ContentType::Plain, format!("{header}: {value}\n")))
}

/// What a caller says of a token that an API answered 401 to.
#[derive(Debug, serde::Deserialize)]
#[serde(crate = "rocket::serde")]
pub struct Rejected {
    access_token: Secret,
}

#[rocket::post("/clients/<name>/token/rejected?<account>", data = "<rejected>")]
pub async fn rejected(
    app: &State<App>,
    caller: Answer<Caller>,
    name: &str,
    account: Option<&str>,
    rejected: Result<Json<Rejected>, rocket::serde::json::Error<'_>>,
) -> Answer<TokenJson> {
    let name = named(&caller?, name, account)?;
    let Ok(Json(Rejected { access_token })) = rejected else {
        return Err(Problem::bad_request("send {\"access_token\": \"…\"}, the token that was rejected"));
    };
    let client = app.client(&name.client).await.map_err(|error| Problem::of(app, error.into()))?;
    let renewed = refresh::renew(app, &client, &name, When::Rejected(access_token)).await;
    TokenJson::of(app, &client, &renewed.map_err(|error| Problem::of(app, error))?)
}

/// JSON that is rendered at once, since it borrows from the grant.
#[derive(Debug, rocket::Responder)]
#[response(content_type = "json")]
pub struct TokenJson(String);

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

/// Anything else below `/api`.
#[rocket::catch(default)]
pub fn catch(status: rocket::http::Status, _: &Request<'_>) -> Problem {
    Problem::of_status(status)
}
