//! Logging in and out.

use super::errors::PageError;
use super::guards::{Operator, Submitted, Unprotected, session_cookie};
use super::page::{self, Html, Renderer};
use super::pages::{Login, LoginWithCode};
use crate::app::App;
use crate::flows;
use crate::flows::{events, login};
use crate::oauth::event::{Event, EventKind};
use rocket::State;
use rocket::http::{Cookie, CookieJar, Status};
use rocket::response::Redirect;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};

/// Failed attempts within a minute: from one address, and from all.
const MOST_FROM_ONE: usize = 5;
const MOST_FROM_ALL: usize = 60;
const WINDOW_S: i64 = 60;

#[derive(Debug, Responder)]
pub enum Entered {
    In(Redirect),
    Again(Html),
}

use rocket::Responder;

#[rocket::get("/login?<code>&<next>")]
pub async fn show(
    app: &State<App>,
    view: Renderer<'_>,
    code: Option<&str>,
    next: Option<&str>,
) -> Result<Html, PageError> {
    // Nobody types a token for nothing.
    app.store.ping().await.map_err(flows::Error::from)?;
    let next = known(next.unwrap_or_default());
    match code.filter(|code| !code.is_empty() && code.len() < 200) {
        Some(code) => view.page(&LoginWithCode { code: code.to_owned(), next }),
        None => view.page(&Login { next, error: None }),
    }
}

#[rocket::post("/login", data = "<form>")]
pub async fn enter(
    app: &State<App>,
    form: Unprotected,
    attempts: &State<Attempts>,
    from: SocketAddr,
    cookies: &CookieJar<'_>,
    view: Renderer<'_>,
) -> Result<Entered, PageError> {
    let next = known(form.get("next"));
    let again = |status, said: &str| {
        let page = Login { next: next.clone(), error: Some(said.to_owned()) };
        view.with_status(status, &page).map(Entered::Again)
    };
    if attempts.are_too_many(from.ip(), app) {
        return again(Status::TooManyRequests, "Too many failed attempts. Wait a minute, then try again.");
    }
    if !is_the_operator(app, &form).await? {
        attempts.failed(from.ip(), app);
        tracing::warn!(from = %from.ip(), "login failed");
        let event = Event::new(EventKind::LoginFailed, app.now());
        events::tell(app, event.because(format!("from {}", from.ip()))).await;
        return again(Status::Unauthorized, WRONG);
    }
    tracing::info!(from = %from.ip(), "logged in");
    let (cookie, _) = login::open_session(app).await?;
    cookies.add(session_cookie(app, cookie.expose().to_owned()));
    Ok(Entered::In(page::to(app, if next.is_empty() { "/" } else { &next })))
}

const WRONG: &str = "That is neither the operator's token nor a login code that is still good. A code works once, within \
                     ten minutes; get a new one with `oauth-helper login-code`.";

/// A code in either field counts: a person pastes what they have into the one they see.
async fn is_the_operator(app: &App, form: &Unprotected) -> Result<bool, flows::Error> {
    for text in [form.get("token"), form.get("code")].into_iter().filter(|text| !text.trim().is_empty()) {
        if login::is_operator_token(app, text)? || login::spend_code(app, text).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

#[rocket::post("/logout", data = "<_form>")]
pub async fn leave(
    app: &State<App>,
    who: Operator,
    _form: Submitted,
    cookies: &CookieJar<'_>,
) -> Result<Redirect, PageError> {
    login::end_session(app, &who.cookie).await?;
    let cookie: Cookie<'static> = session_cookie(app, String::new());
    cookies.remove(cookie);
    Ok(page::to(app, "/login"))
}

/// Only pages of ours: an address elsewhere would turn the login into a way to lead people astray.
fn known(next: &str) -> String {
    let plain = next.len() < 1000 && next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    let ours = ["/clients/", "/callback/paste", "/events", "/tls", "/api-keys", "/?"];
    let ours = ours.iter().any(|start| next.starts_with(start));
    if plain && ours { next.to_owned() } else { String::new() }
}

/// Failed attempts of the last minute.
#[derive(Debug, Default)]
pub struct Attempts(Mutex<HashMap<IpAddr, Vec<i64>>>);

impl Attempts {
    fn failed(&self, from: IpAddr, app: &App) {
        let now = app.now().0;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(from).or_default().push(now);
    }

    fn are_too_many(&self, from: IpAddr, app: &App) -> bool {
        let since = app.now().0 - WINDOW_S;
        let mut attempts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        attempts.retain(|_, times| {
            times.retain(|time| *time > since);
            !times.is_empty()
        });
        let of_all: usize = attempts.values().map(Vec::len).sum();
        attempts.get(&from).is_some_and(|times| times.len() >= MOST_FROM_ONE) || of_all >= MOST_FROM_ALL
    }
}

#[cfg(test)]
mod tests {
    use super::known;

    #[test]
    fn the_login_leads_to_pages_of_ours_alone() {
        assert_eq!(known("/clients/mail?x=1"), "/clients/mail?x=1");
        for astray in
            ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil", "/clients/\r\nX: y", "evil"]
        {
            assert_eq!(known(astray), "", "{astray}");
        }
    }
}
