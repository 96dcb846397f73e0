//! Pages that tell something: an error, the result of an action, how to trust the certificate.

use super::{Claim, Fact, Page};
use crate::certificates::TrustStep;
use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub struct ErrorPage {
    pub status: u16,
    pub title: String,
    pub text: String,
    pub next_step: String,
    /// Also in the log; blank when there is none.
    pub request_id: String,
}

impl Page for ErrorPage {
    const TEMPLATE: &'static str = "pages/error.html";
}

impl ErrorPage {
    /// The usual words for a status. Any of them can be replaced.
    pub fn of(status: u16, request_id: &str) -> Self {
        let (title, text, next_step) = usual_words(status);
        let own = str::to_owned;
        Self { status, title: own(title), text: own(text), next_step: own(next_step), request_id: own(request_id) }
    }

    /// The same with a text of its own.
    pub fn saying(mut self, text: impl Into<String>, next_step: impl Into<String>) -> Self {
        (self.text, self.next_step) = (text.into(), next_step.into());
        self
    }
}

fn usual_words(status: u16) -> (&'static str, &'static str, &'static str) {
    match status {
        400 => {
            ("Not understood", "This request is incomplete or malformed.", "Go back, reload the page and try again.")
        }
        401 => ("Log in first", "Your session is over, or has not begun.", "Log in and try again."),
        403 => (
            "Refused",
            "This request did not come from one of our own pages, or its form was too old.",
            "Go back, reload the page and send the form again.",
        ),
        404 => ("Not found", "There is nothing at this address.", "Look for the client in the list."),
        405 => ("Not this way", "This address does not take this kind of request.", "Use the buttons on the pages."),
        413 => ("Too much", "What was sent is larger than any form here needs.", "Shorten it and send it again."),
        421 => (
            "Wrong host name",
            "This server does not answer under the host name in the address bar.",
            "Open the public URL, or add the name to OAUTHCLIENT_ALLOWED_HOSTS.",
        ),
        429 => ("Too many attempts", "There were too many failed attempts.", "Wait a minute and try again."),
        503 => (
            "Not available right now",
            "A part of the program cannot be reached, most likely the store.",
            "Try again shortly. `oauth-helper doctor` says what is wrong.",
        ),
        _ => (
            "Something went wrong",
            "This is a fault of the program, not yours. Nothing was lost.",
            "Try again. If it stays, look for the request ID in the log.",
        ),
    }
}

/// What a test call, user info or introspection brought.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Outcome {
    pub name: String,
    pub account: String,
    pub title: String,
    /// One sentence that says whether it is good.
    pub text: String,
    pub good: bool,
    pub facts: Vec<Fact>,
    /// The answer, member by member.
    pub claims: Vec<Claim>,
    /// The answer without secrets, cut to a readable size; blank when there is none.
    pub body: String,
}

impl Page for Outcome {
    const TEMPLATE: &'static str = "pages/outcome.html";
}

/// How to trust the generated certificate authority. The file is offered at `/tls/ca.pem`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Tls {
    pub ca_path: String,
    /// SHA-256 of the certificate, in hex; blank when unknown.
    pub fingerprint: String,
    pub steps: Vec<TrustStep>,
}

impl Page for Tls {
    const TEMPLATE: &'static str = "pages/tls.html";
}
