//! Where the authorization server sends the browser back, and where a person pastes what it could not bring.

use super::errors::PageError;
use super::guards::{self, Operator, Submitted, cookie_text};
use super::page::{self, Html, Renderer};
use super::pages::Paste;
use crate::app::App;
use crate::flows;
use crate::flows::authorization_code::posted as kept;
use crate::flows::authorization_code::{self, BadCallback, unsolicited};
use crate::oauth::authorization_response::AuthorizationResponse;
use crate::oauth::name::ClientName;
use rocket::http::{Header, Status};
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest, Request};
use rocket::response::Redirect;
use rocket::{Data, Responder, State};

/// A redirect that takes the code out of the address bar and tells nobody about it.
#[derive(Debug, Responder)]
pub struct Clean {
    redirect: Redirect,
    referrer: Header<'static>,
}

fn clean(app: &App, path: &str) -> Clean {
    Clean { redirect: page::to(app, path), referrer: Header::new("Referrer-Policy", "no-referrer") }
}

/// The query as pairs, repeated names included, and what the browser shows of its session.
#[derive(Debug)]
pub struct Arrived {
    pairs: Vec<(String, String)>,
    browser: Option<String>,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Arrived {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        let query = request.uri().query().map(|query| query.as_str()).unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let browser = request.rocket().state::<App>().and_then(|app| cookie_text(request, app));
        Outcome::Success(Arrived { pairs, browser })
    }
}

#[rocket::get("/auth_callback")]
pub async fn query(app: &State<App>, arrived: Arrived) -> Result<Clean, PageError> {
    finish(app, arrived, None).await
}

#[rocket::get("/auth_callback/<name>")]
pub async fn query_of(app: &State<App>, name: ClientName, arrived: Arrived) -> Result<Clean, PageError> {
    if let Some(id) = unsolicited::keep(app, &name, &arrived.pairs, arrived.browser.as_deref()).await? {
        return Ok(clean(app, &format!("/clients/{name}/unsolicited/{id}")));
    }
    finish(app, arrived, Some(&name)).await
}

async fn finish(app: &App, arrived: Arrived, path: Option<&ClientName>) -> Result<Clean, PageError> {
    let (pairs, method) = kept::collect(app, arrived.pairs).await?;
    let response = AuthorizationResponse::from_pairs(pairs).map_err(BadCallback::from)?.by(method);
    let id = authorization_code::finish(app, response, path, arrived.browser.as_deref()).await?;
    Ok(clean(app, &format!("/authorizations/{id}")))
}

#[rocket::post("/auth_callback", data = "<data>")]
pub async fn posted(app: &State<App>, data: Data<'_>) -> Result<Result<Clean, PageError>, Status> {
    let pairs = guards::pairs(data).await?;
    Ok(keep(app, "/auth_callback", pairs).await)
}

#[rocket::post("/auth_callback/<name>", data = "<data>")]
pub async fn posted_of(app: &State<App>, name: ClientName, data: Data<'_>) -> Result<Result<Clean, PageError>, Status> {
    let pairs = guards::pairs(data).await?;
    Ok(keep(app, &format!("/auth_callback/{name}"), pairs).await)
}

/// A POST from another site brings no Lax cookie; the GET that follows a redirect does. So the answer waits in the
/// store for a moment, where its code is in no URL.
async fn keep(app: &App, path: &str, pairs: Vec<(String, String)>) -> Result<Clean, PageError> {
    let id = kept::keep(app, pairs).await?;
    Ok(clean(app, &format!("{path}?{}={id}", kept::PARAMETER)))
}

#[rocket::get("/callback/paste")]
pub fn paste(_who: Operator, view: Renderer<'_>) -> Result<Html, PageError> {
    view.page(&Paste { error: None })
}

#[derive(Debug, Responder)]
pub enum Pasted {
    Done(Box<Clean>),
    Again(Html),
}

#[rocket::post("/callback/paste", data = "<form>")]
pub async fn pasted(app: &State<App>, who: Operator, form: Submitted, view: Renderer<'_>) -> Result<Pasted, PageError> {
    match flows::pasted::response(form.get("url")) {
        Ok(response) => {
            let id = authorization_code::finish(app, response, None, Some(&who.cookie)).await?;
            Ok(Pasted::Done(Box::new(clean(app, &format!("/authorizations/{id}")))))
        }
        Err(error) => {
            let page = Paste { error: Some(error.to_string()) };
            Ok(Pasted::Again(view.with_status(Status::UnprocessableEntity, &page)?))
        }
    }
}
