//! Errors of the HTTP API: `application/problem+json` (RFC 9457) with a stable `code`.

use super::errors::Remedy;
use crate::app::App;
use crate::flows::Error;
use crate::oauth::name::ClientName;
use rocket::http::{ContentType, Header, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use serde_json::json;
use std::io::Cursor;

#[derive(Debug)]
pub struct Problem {
    pub status: Status,
    code: &'static str,
    detail: String,
    authorize_url: Option<String>,
}

impl Problem {
    fn new(status: Status, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), authorize_url: None }
    }

    pub fn of(app: &App, error: Error) -> Self {
        let Remedy { status, code, .. } = Remedy::of(&error);
        let hint = error.hint().map(|hint| format!(" {hint}")).unwrap_or_default();
        let mut problem = Self::new(status, code, format!("{error}.{hint}"));
        if let Error::AuthorizationRequired { name, .. } = &error {
            problem.authorize_url = Some(app.settings.public_url.join(&format!("/clients/{}", name.client)));
        }
        problem
    }

    pub fn invalid_key(detail: &str) -> Self {
        Self::new(Status::Unauthorized, "invalid_key", detail)
    }

    pub fn forbidden_client(client: &ClientName) -> Self {
        Self::new(Status::Forbidden, "forbidden_client", format!("this key may not ask for `{client}`"))
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
        let body = body.to_string();
        let mut response = Response::build();
        response.status(self.status).header(ContentType::new("application", "problem+json"));
        match self.status.code {
            401 => drop(response.header(Header::new("WWW-Authenticate", "Bearer"))),
            503 => drop(response.header(Header::new("Retry-After", "5"))),
            _ => {}
        }
        response.sized_body(body.len(), Cursor::new(body)).ok()
    }
}
