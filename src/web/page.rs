//! Turning views into responses: what surrounds every page, and how an error becomes one.

use super::edge::csp_with_forms_to;
use super::errors::PageError;
use super::guards::Operator;
use super::pages::{Chrome, Flash, FlashKind, Page, Pages};
use crate::app::App;
use crate::flows::events;
use crate::settings::Tls;
use rocket::http::{ContentType, Header, Status};
use rocket::outcome::Outcome;
use rocket::request::{self, FlashMessage, FromRequest, Request};
use rocket::response::{self, Redirect, Responder, Response};
use std::io::Cursor;
use url::Url;

/// A finished page.
#[derive(Debug)]
pub struct Html {
    status: Status,
    text: String,
    policy: Option<Header<'static>>,
    refresh: Option<Header<'static>>,
}

/// Renders a handler's view with what is around it: who is logged in, and what was just done.
#[derive(Debug)]
pub struct Renderer<'r> {
    pages: &'r Pages,
    chrome: Chrome,
}

impl Renderer<'_> {
    pub fn page(&self, page: &impl Page) -> Result<Html, PageError> {
        self.with_status(Status::Ok, page)
    }

    pub fn with_status(&self, status: Status, page: &impl Page) -> Result<Html, PageError> {
        Ok(Html { status, text: self.pages.render(&self.chrome, page)?, policy: None, refresh: None })
    }
}

impl Html {
    /// The browser asks for the page again after so many seconds, without any script.
    pub fn reloading(mut self, seconds: u32) -> Self {
        self.refresh = Some(Header::new("Refresh", seconds.to_string()));
        self
    }

    /// The page has a form that leads, by redirect, to these URLs.
    pub fn leading_to<'u>(mut self, urls: impl IntoIterator<Item = &'u str>) -> Self {
        let mut origins: Vec<String> = urls.into_iter().filter_map(plain_http_origin).collect();
        origins.sort();
        origins.dedup();
        self.policy = Some(csp_with_forms_to(&origins));
        self
    }
}

/// Https is allowed as a whole; a server on this machine without it has to be named.
fn plain_http_origin(url: &str) -> Option<String> {
    let url = Url::parse(url).ok().filter(|url| url.scheme() == "http")?;
    Some(url.origin().ascii_serialization())
}

impl<'r> Responder<'r, 'static> for Html {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Response::build();
        response.status(self.status).header(ContentType::HTML).sized_body(self.text.len(), Cursor::new(self.text));
        if let Some(policy) = self.policy {
            response.header(policy);
        }
        if let Some(refresh) = self.refresh {
            response.header(refresh);
        }
        response.ok()
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Renderer<'r> {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        let Some(pages) = request.rocket().state::<Pages>() else {
            return Outcome::Error((Status::InternalServerError, ()));
        };
        let operator = request.guard::<Operator>().await.succeeded();
        let signed_in = operator.is_some();
        let csrf = operator.map(|operator| operator.session.csrf.expose().to_owned()).unwrap_or_default();
        let flash = request.guard::<FlashMessage<'_>>().await.succeeded().map(|flash| Flash {
            kind: if flash.kind() == "error" { FlashKind::Problem } else { FlashKind::Done },
            text: flash.message().to_owned(),
        });
        let self_signed =
            signed_in && request.rocket().state::<App>().is_some_and(|app| app.settings.tls == Tls::SelfSigned);
        let unread = if signed_in { unread(request).await } else { 0 };
        Outcome::Success(Renderer { pages, chrome: Chrome { csrf, flash, signed_in, unread, self_signed } })
    }
}

/// A page is shown without the number rather than not at all.
async fn unread(request: &Request<'_>) -> u64 {
    match request.rocket().state::<App>() {
        Some(app) => events::unread(app).await.unwrap_or(0),
        None => 0,
    }
}

/// A redirect to a page of ours.
pub fn to(app: &App, path: &str) -> Redirect {
    Redirect::to(app.settings.public_url.path(path))
}

/// The same, with a sentence for the next page.
pub fn done(app: &App, path: &str, said: impl Into<String>) -> response::Flash<Redirect> {
    response::Flash::success(to(app, path), said.into())
}
