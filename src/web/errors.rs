//! How an error becomes a page. The one mapping from what can go wrong to a status, a code and a title.

use super::edge::{arrival, asked};
use super::pages::{Chrome, ErrorPage, Pages, RenderError, words};
use crate::app::App;
use crate::authorization_server::Error as Network;
use crate::flows::Error;
use crate::flows::authorization_code::BadCallback;
use crate::oauth::grant::Cause;
use crate::registry;
use rocket::http::{ContentType, Status};
use rocket::request::Request;
use rocket::response::{self, Redirect, Responder, Response};
use std::io::Cursor;

/// What an error is over HTTP.
#[derive(Debug)]
pub struct Remedy {
    pub status: Status,
    /// Stable, for programs.
    pub code: &'static str,
    /// For people.
    pub title: &'static str,
}

impl Remedy {
    pub fn of(error: &Error) -> Self {
        let (status, code, title) = match error {
            Error::SecondRequest(error) => return Self::of(error),
            Error::UnknownClient(_) => (Status::NotFound, "unknown_client", "No such client"),
            Error::NoExtraToken { .. } => (Status::NotFound, "no_extra_token", "No such token"),
            Error::NoGrant(_) => (Status::NotFound, "no_grant", "No such token"),
            Error::AuthorizationRequired { .. } | Error::NoIdToken(_) => {
                (Status::Conflict, "authorization_required", "Authorization required")
            }
            Error::NoResourceOwner(_) => (Status::Conflict, "no_resource_owner", "Nothing to authorize"),
            Error::NoReaders(_) => (Status::Conflict, "no_redis", "There is no Redis to publish in"),
            Error::Refused { .. }
            | Error::NoAccessToken(_)
            | Error::DeviceCodeExpired(_)
            | Error::Registration(_)
            | Error::RegistrationLeft { .. } => {
                (Status::BadGateway, "server_refused", "The authorization server refused")
            }
            Error::NoEndpoint { .. } => (Status::Conflict, "no_endpoint", "Nowhere to ask"),
            Error::IdToken { .. } => (Status::BadGateway, "server_refused", "The ID token cannot be trusted"),
            Error::StillFailing { failing, .. } => match failing.cause {
                Cause::Server => (Status::BadGateway, "server_unreachable", "The authorization server is not well"),
                Cause::Refusal | Cause::Client | Cause::Definition => {
                    (Status::BadGateway, "server_refused", "The authorization server refused")
                }
            },
            Error::NotOAuth { .. } | Error::BadDeviceAuthorization { .. } => {
                (Status::BadGateway, "server_unreachable", "The authorization server is not well")
            }
            Error::Path(_) => (Status::BadRequest, "bad_path", "This path is not passed on"),
            Error::ApiUnreachable { source: Network::TimedOut { .. }, .. } => {
                (Status::GatewayTimeout, "server_unreachable", "The API did not answer in time")
            }
            Error::ApiUnreachable { .. } => (Status::BadGateway, "server_unreachable", "The API could not be reached"),
            Error::Unreachable { source: Network::TimedOut { .. }, .. } => {
                (Status::GatewayTimeout, "server_unreachable", "The authorization server did not answer in time")
            }
            Error::Unreachable { .. } | Error::Discovery(_) => {
                (Status::BadGateway, "server_unreachable", "The authorization server could not be reached")
            }
            Error::Callback(BadCallback::Response(_)) | Error::ClientChanged(_) => {
                (Status::BadRequest, "bad_callback", "This authorization cannot be used")
            }
            Error::Callback(_) => (Status::BadRequest, "bad_callback", "This is no callback of ours"),
            Error::Invalid(_) | Error::Template(_) | Error::NoKey(_) | Error::Key(_) => {
                (Status::UnprocessableEntity, "invalid_definition", "The definition is not valid")
            }
            Error::Registry(registry::Error::Exists(_) | registry::Error::Changed(_)) => {
                (Status::Conflict, "conflict", "Not saved")
            }
            Error::Registry(registry::Error::Declared { .. }) => (Status::Conflict, "read_only", "Declared in a file"),
            Error::Registry(_) => {
                (Status::ServiceUnavailable, "store_unavailable", "The client definitions cannot be used now")
            }
            Error::Store(_) => (Status::ServiceUnavailable, "store_unavailable", "The store cannot be used now"),
            Error::DataFolder(_) => {
                (Status::ServiceUnavailable, "store_unavailable", "The data folder cannot be used now")
            }
            // Only the command line asks another installation.
            Error::Remote(_) => (Status::BadGateway, "internal", "The other installation did not answer"),
            Error::Interrupted => (Status::InternalServerError, "internal", "Interrupted"),
        };
        Self { status, code, title }
    }
}

/// What a page handler fails with.
#[derive(Debug)]
pub enum PageError {
    Flow(Error),
    Render(RenderError),
}

impl<E: Into<Error>> From<E> for PageError {
    fn from(error: E) -> Self {
        PageError::Flow(error.into())
    }
}

impl From<RenderError> for PageError {
    fn from(error: RenderError) -> Self {
        PageError::Render(error)
    }
}

impl<'r> Responder<'r, 'static> for PageError {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        match self {
            PageError::Flow(error) => {
                let Remedy { status, title, .. } = Remedy::of(&error);
                if status.code >= 500 {
                    tracing::warn!(request = %arrival(request).id, %error, "a page failed");
                }
                let page = ErrorPage { title: title.to_owned(), ..ErrorPage::of(status.code, &arrival(request).id) };
                // A browser's next step is on the page in front of the person.
                let next_step = match error {
                    Error::UnknownClient(_) => "Look for the client in the list.".to_owned(),
                    _ => error.hint().unwrap_or_default(),
                };
                show(request, page.saying(words::sentence(&error.to_string()), next_step))
            }
            PageError::Render(error) => {
                tracing::error!(request = %arrival(request).id, %error, "a page failed");
                Err(Status::InternalServerError)
            }
        }
    }
}

/// Every error that no handler answered.
#[rocket::catch(default)]
pub fn catch(status: Status, request: &Request<'_>) -> Caught {
    if status == Status::Unauthorized && request.method() == rocket::http::Method::Get {
        return Caught::Login(to_login(request));
    }
    Caught::Page(ErrorPage::of(status.code, &arrival(request).id))
}

#[derive(Debug)]
pub enum Caught {
    Login(Redirect),
    Page(ErrorPage),
}

impl<'r> Responder<'r, 'static> for Caught {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        match self {
            Caught::Login(redirect) => redirect.respond_to(request),
            Caught::Page(page) => show(request, page),
        }
    }
}

/// Comes back to the page that was asked for.
fn to_login(request: &Request<'_>) -> Redirect {
    let asked = asked(request);
    let Some(app) = request.rocket().state::<App>() else { return Redirect::to("/login") };
    let public = &app.settings.public_url;
    let path = asked.strip_prefix(public.prefix()).unwrap_or(&asked);
    let next: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
    let next = if matches!(path, "/" | "") { String::new() } else { format!("?next={next}") };
    Redirect::to(format!("{}{next}", public.path("/login")))
}

/// An error page needs no session, so that it can tell of a broken store.
fn show(request: &Request<'_>, page: ErrorPage) -> response::Result<'static> {
    let status = Status::new(page.status);
    let rendered = request.rocket().state::<Pages>().map(|pages| pages.render(&Chrome::default(), &page));
    let Some(Ok(text)) = rendered else {
        return Response::build().status(status).header(ContentType::Plain).ok();
    };
    Response::build().status(status).header(ContentType::HTML).sized_body(text.len(), Cursor::new(text)).ok()
}
