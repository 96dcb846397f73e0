//! Who asks, and whether a form is ours.

use super::audit::{self, Who};
use crate::app::App;
use crate::flows::login::{self, Session};
use crate::oauth::name::ClientName;
use rocket::data::{self, FromData, ToByteUnit};
use rocket::http::{Cookie, SameSite, Status};
use rocket::outcome::{Outcome, try_outcome};
use rocket::request::{self, FromParam, FromRequest};
use rocket::{Data, Request};

/// The operator, logged in.
#[derive(Clone, Debug)]
pub struct Operator {
    pub session: Session,
    /// The cookie's text: what an authorization is bound to.
    pub cookie: String,
}

/// The pairs of a form that came from a page of ours, in order, without the CSRF token.
#[derive(Debug)]
pub struct Submitted(pub Vec<(String, String)>);

impl Submitted {
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

/// Most bytes of a form.
const FORM_LIMIT_KIB: u32 = 512;

/// `__Host-` where HTTPS allows it: no other host and no plain HTTP page can then set the cookie.
pub fn cookie_name(app: &App) -> &'static str {
    if app.settings.public_url.is_https() { "__Host-oauth-helper" } else { "oauth-helper" }
}

/// Lax, so that it comes along when the authorization server sends the browser back.
pub fn session_cookie(app: &App, value: String) -> Cookie<'static> {
    Cookie::build((cookie_name(app), value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.settings.public_url.is_https())
        .build()
}

pub fn cookie_text(request: &Request<'_>, app: &App) -> Option<String> {
    request.cookies().get(cookie_name(app)).map(|cookie| cookie.value().to_owned())
}

fn app<'r>(request: &'r Request<'_>) -> Result<&'r App, Status> {
    request.rocket().state::<App>().ok_or(Status::InternalServerError)
}

async fn find(request: &Request<'_>) -> Result<Option<Operator>, Status> {
    let app = app(request)?;
    let unavailable = |error: crate::flows::Error| {
        tracing::error!(%error, "the session could not be read");
        Status::ServiceUnavailable
    };
    if let Some(cookie) = cookie_text(request, app)
        && let Some(session) = login::session(app, &cookie).await.map_err(unavailable)?
    {
        return Ok(Some(Operator { session, cookie }));
    }
    if app.settings.login.required {
        return Ok(None);
    }
    // Without a login there is still a session, which forms and authorizations are bound to.
    let (cookie, session) = login::open_session(app).await.map_err(unavailable)?;
    request.cookies().add(session_cookie(app, cookie.expose().to_owned()));
    Ok(Some(Operator { session, cookie: cookie.expose().to_owned() }))
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Operator {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        let found: &Result<Option<Operator>, Status> = request.local_cache_async(find(request)).await;
        match found {
            Ok(Some(operator)) => {
                audit::let_in(request, Who::Operator);
                Outcome::Success(operator.clone())
            }
            Ok(None) => Outcome::Error((Status::Unauthorized, ())),
            Err(status) => Outcome::Error((*status, ())),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromData<'r> for Submitted {
    type Error = ();

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> data::Outcome<'r, Self> {
        let operator = match request.guard::<Operator>().await {
            Outcome::Success(operator) => operator,
            Outcome::Error((status, ())) => return Outcome::Error((status, ())),
            Outcome::Forward(status) => return Outcome::Error((status, ())),
        };
        let Unprotected(mut pairs) = try_outcome!(Unprotected::from_data(request, data).await);
        let csrf = pairs.iter().position(|(name, _)| name == "csrf").map(|at| pairs.remove(at).1);
        match csrf {
            Some(csrf) if operator.session.csrf.matches(&csrf) => Outcome::Success(Submitted(pairs)),
            _ => Outcome::Error((Status::Forbidden, ())),
        }
    }
}

/// A form that no session protects (logging in): its origin alone is checked.
#[derive(Debug)]
pub struct Unprotected(pub Vec<(String, String)>);

impl Unprotected {
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

#[rocket::async_trait]
impl<'r> FromData<'r> for Unprotected {
    type Error = ();

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> data::Outcome<'r, Self> {
        match app(request) {
            Ok(app) if comes_from_us(request, app) => {}
            Ok(_) => return Outcome::Error((Status::Forbidden, ())),
            Err(status) => return Outcome::Error((status, ())),
        }
        match pairs(data).await {
            Ok(pairs) => Outcome::Success(Unprotected(pairs)),
            Err(status) => Outcome::Error((status, ())),
        }
    }
}

/// The form's pairs as they came.
pub async fn pairs(data: Data<'_>) -> Result<Vec<(String, String)>, Status> {
    let body = data.open(FORM_LIMIT_KIB.kibibytes()).into_bytes().await.map_err(|_| Status::BadRequest)?;
    if !body.is_complete() {
        return Err(Status::PayloadTooLarge);
    }
    Ok(url::form_urlencoded::parse(&body.into_inner()).into_owned().collect())
}

/// The exact origin, with its port: cookies and SameSite know no ports, so another program on this host is "same site".
/// A request without `Origin` comes from no browser's foreign page; the CSRF token still guards it.
fn comes_from_us(request: &Request<'_>, app: &App) -> bool {
    match request.headers().get_one("Origin") {
        Some(origin) => origin.eq_ignore_ascii_case(&app.settings.public_url.origin()),
        None => !matches!(request.headers().get_one("Sec-Fetch-Site"), Some("cross-site" | "same-site")),
    }
}

impl<'a> FromParam<'a> for ClientName {
    type Error = crate::oauth::name::BadName;

    fn from_param(text: &'a str) -> Result<Self, Self::Error> {
        text.parse()
    }
}
