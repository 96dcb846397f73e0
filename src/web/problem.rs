//! Errors of the HTTP API: `application/problem+json` (RFC 9457) with a stable `code`.

use super::errors::Remedy;
use crate::app::App;
use crate::flows::Error;
use crate::flows::api_keys::Verb;
use crate::oauth::definition::FieldError;
use crate::oauth::name::ClientName;
use crate::registry;
use rocket::http::{ContentType, Header, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Cursor;
use utoipa::openapi::{Content, Ref, RefOr, ResponseBuilder};

#[derive(Debug)]
pub struct Problem {
    pub status: Status,
    code: &'static str,
    detail: String,
    authorize_url: Option<String>,
    /// Seconds after which it is worth asking again.
    retry_after: Option<i64>,
    /// What is wrong with a definition, field by field.
    errors: Vec<FieldError>,
}

/// A problem as it is sent (RFC 9457). Of this only the description is made; [`Problem`] writes it.
#[derive(Debug, utoipa::ToSchema)]
#[schema(as = Problem)]
#[allow(dead_code, reason = "the description reads the fields")]
pub struct ProblemJson {
    /// Always `about:blank`: what happened is in `code`.
    r#type: String,
    title: String,
    status: u16,
    /// Stable, for programs: docs/http-api.md lists all.
    code: String,
    /// For people, with the next step.
    detail: String,
    /// With `authorization_required`: the page where a person presses Authorize.
    authorize_url: Option<String>,
    /// With `invalid_definition`: every problem, by the path of its field.
    errors: Option<Vec<FieldError>>,
}

/// Every call may answer with one.
#[derive(Debug)]
pub struct Problems;

impl utoipa::IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        let content = || Content::new(Some(Ref::from_schema_name("Problem")));
        let problem = |said| {
            let response = ResponseBuilder::new().description(said);
            RefOr::T(response.content("application/problem+json", content()).build())
        };
        let said = [("4XX", "The call cannot be answered as it is."), ("5XX", "Something that may pass.")];
        said.into_iter().map(|(status, said)| (status.to_owned(), problem(said))).collect()
    }
}

impl Problem {
    fn new(status: Status, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), authorize_url: None, retry_after: None, errors: Vec::new() }
    }

    pub fn of(app: &App, error: Error) -> Self {
        let Remedy { status, code, .. } = Remedy::of(&error);
        let hint = error.hint().map(|hint| format!(" {hint}")).unwrap_or_default();
        let mut problem = Self::new(status, code, format!("{error}.{hint}"));
        match error {
            Error::AuthorizationRequired { name, .. } => {
                problem.authorize_url = Some(app.page_of(&name.client));
            }
            Error::Invalid(invalid) => problem.errors = invalid.0,
            Error::StillFailing { next_try_at: Some(at), .. } => {
                problem.retry_after = Some(app.now().seconds_until(at).max(1));
            }
            _ => {}
        }
        problem
    }

    /// What a change is refused with that said on which version it may be made.
    pub fn of_conditional(app: &App, error: Error) -> Self {
        match error {
            Error::Registry(error @ (registry::Error::Changed(_) | registry::Error::Exists(_))) => {
                Self::new(Status::PreconditionFailed, "precondition_failed", error.to_string())
            }
            error => Self::of(app, error),
        }
    }

    pub fn invalid_key(detail: &str) -> Self {
        Self::new(Status::Unauthorized, "invalid_key", detail)
    }

    pub fn forbidden_client(client: &ClientName) -> Self {
        Self::new(Status::Forbidden, "forbidden_client", format!("this key may not ask for `{client}`"))
    }

    pub fn forbidden_verb(verb: Verb) -> Self {
        let said = format!("this key may not {}; make one with `--allow {verb}`", verb.meaning());
        Self::new(Status::Forbidden, "forbidden_verb", said)
    }

    /// Its key would make one that may do more.
    pub fn forbidden_key(detail: &str) -> Self {
        Self::new(Status::Forbidden, "forbidden_key", detail)
    }

    pub fn unknown_key(id: &str) -> Self {
        let id: String = id.chars().take(63).collect();
        let said =
            format!("there is no key `{id}`, or none that this key may revoke; `oauth-helper api-key list` shows them");
        Self::new(Status::NotFound, "unknown_key", said)
    }

    pub fn no_registration(client: &ClientName) -> Self {
        let said = format!(
            "this program did not register `{client}`: look at the app on the authorization server's own pages"
        );
        Self::new(Status::NotFound, "no_registration", said)
    }

    pub fn unknown_client(name: &str) -> Self {
        let name: String = name.chars().take(63).collect();
        Self::new(Status::NotFound, "unknown_client", format!("there is no client named `{name}`"))
    }

    pub fn bad_request(detail: &str) -> Self {
        Self::new(Status::BadRequest, "bad_request", detail)
    }

    pub fn internal() -> Self {
        Self::new(Status::InternalServerError, "internal", "something went wrong; the log says more")
    }

    pub fn of_status(status: Status) -> Self {
        let code = match status.code {
            400 => "bad_request",
            401 => "invalid_key",
            404 => "not_found",
            405 => "method_not_allowed",
            413 => "too_large",
            421 => "misdirected",
            422 => "bad_request",
            429 => "too_many_requests",
            503 => "store_unavailable",
            _ => "internal",
        };
        Self::new(status, code, status.reason_lossy())
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let Remedy { status, code, .. } = Remedy::of(&error);
        Self::new(status, code, error.to_string())
    }
}

impl<'r> Responder<'r, 'static> for Problem {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let mut body = json!({
            "type": "about:blank", "title": self.status.reason_lossy(), "status": self.status.code,
            "code": self.code, "detail": self.detail,
        });
        if let Some(url) = &self.authorize_url {
            body["authorize_url"] = json!(url);
        }
        if !self.errors.is_empty() {
            body["errors"] = json!(self.errors);
        }
        let body = body.to_string();
        let mut response = Response::build();
        response.status(self.status).header(ContentType::new("application", "problem+json"));
        match self.status.code {
            401 => drop(response.header(Header::new("WWW-Authenticate", "Bearer"))),
            503 => drop(response.header(Header::new("Retry-After", "5"))),
            _ => {}
        }
        if let Some(seconds) = self.retry_after {
            response.header(Header::new("Retry-After", seconds.to_string()));
        }
        response.sized_body(body.len(), Cursor::new(body)).ok()
    }
}
