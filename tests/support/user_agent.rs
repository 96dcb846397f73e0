//! A browser without JavaScript: an address bar, links, forms, cookies, and the headers a browser adds by itself.

mod form;
mod jar;
mod page;
mod request;

use reqwest::header::SET_COOKIE;
use url::Url;

pub use page::{Hop, Page};

use self::form::Form;
use self::jar::Jar;
use self::request::Request;
use super::{PATIENCE, Program, http_builder};

/// More redirects in a row than this is a loop.
const MAX_HOPS: usize = 20;

/// A person at a browser. Every move panics where a person would be stuck: no such link, field or button.
#[derive(Debug)]
pub struct UserAgent {
    http: reqwest::Client,
    jar: Jar,
    page: Option<Page>,
    stop: Option<Url>,
    /// Who signs in at the authorization server.
    pub login: String,
}

impl Default for UserAgent {
    fn default() -> Self {
        Self::new()
    }
}

impl UserAgent {
    /// A fresh browser, which believes any certificate: the tests of TLS use [`super::http_builder`].
    pub fn new() -> Self {
        let http = http_builder().tls_danger_accept_invalid_certs(true).build().expect("an HTTP client");
        Self { http, jar: Jar::default(), page: None, stop: None, login: "alice".to_owned() }
    }

    /// The page shown.
    pub fn page(&self) -> &Page {
        self.page.as_ref().expect("a page has been opened")
    }

    /// The value of a cookie that would be sent to `url`.
    pub fn cookie(&self, url: &str, name: &str) -> Option<String> {
        self.jar.value(&parse(url), name)
    }

    /// Types an address.
    pub async fn open(&mut self, url: &str) -> &Page {
        self.go(Request::typed(parse(url))).await
    }

    /// Follows a link by what it says.
    pub async fn follow(&mut self, text: &str) -> &Page {
        let target = self.page().link(text);
        self.go(Request::link(self.page(), target)).await
    }

    /// Fills the form that has a button `label`, and presses it. Fields that are not named keep what the page put there.
    pub async fn press(&mut self, label: &str, fields: &[(&str, &str)]) -> &Page {
        let page = self.page();
        let form = page.forms().into_iter().find(|form| form.button(label).is_some());
        let mut form = form.unwrap_or_else(|| panic!("no button {label:?} on {page}"));
        form.fill(fields);
        let submission = form.submit(form.button(label));
        self.go(Request::form(self.page(), submission)).await
    }

    /// The same for a button without words, by its name and value.
    pub async fn press_button(&mut self, name: &str, value: &str, fields: &[(&str, &str)]) -> &Page {
        let page = self.page();
        let form = page.forms().into_iter().find(|form| form.button_of(name, value).is_some());
        let mut form = form.unwrap_or_else(|| panic!("no button {name}={value} on {page}"));
        form.fill(fields);
        let submission = form.submit(form.button_of(name, value));
        self.go(Request::form(self.page(), submission)).await
    }

    /// Fills the form that has all these fields, and presses its first button.
    pub async fn submit(&mut self, fields: &[(&str, &str)]) -> &Page {
        let page = self.page();
        let form = page.forms().into_iter().find(|form| fields.iter().all(|(name, _)| form.has(name)));
        let mut form = form.unwrap_or_else(|| panic!("no form with {fields:?} on {page}"));
        form.fill(fields);
        let submission = form.submit(form.buttons.first());
        self.go(Request::form(self.page(), submission)).await
    }

    /// What a form on the page shown would post, but with any fields at all.
    pub async fn post(&mut self, url: &str, fields: &[(&str, &str)]) -> &Page {
        let request = Request::post(self.page(), parse(url), fields);
        self.go(request).await
    }

    /// The same from a page somewhere else: a forged request.
    pub async fn post_from(&mut self, elsewhere: &str, url: &str, fields: &[(&str, &str)]) -> &Page {
        let request = Request::post(&Page::blank(parse(elsewhere)), parse(url), fields);
        self.go(request).await
    }

    /// Signs in to the program as its operator.
    pub async fn sign_in(&mut self, program: &Program) -> &Page {
        self.open(&program.url("/login")).await;
        self.submit(&[("token", Program::LOGIN_TOKEN)]).await
    }

    /// Opens an authorization request, logs in and consents. Gives the redirect back, which has not been requested.
    pub async fn sign_in_at_authorization_server(&mut self, authorization_request: &str) -> Url {
        let url = parse(authorization_request);
        let redirect_uri =
            url.query_pairs().find(|(key, _)| key == "redirect_uri").map(|(_, value)| value.into_owned());
        let redirect_uri = redirect_uri.expect("the authorization request names its redirect URI");
        self.stop_before(&redirect_uri);
        self.open(authorization_request).await;
        self.approve(&redirect_uri).await
    }

    /// Logs in and consents on the page shown. Gives the redirect to `redirect_uri`, which has not been requested:
    /// tamper with it, then [`Self::arrive`].
    pub async fn approve(&mut self, redirect_uri: &str) -> Url {
        self.stop_before(redirect_uri);
        for _ in 0..MAX_HOPS {
            if let Some(callback) = self.page().stopped_before.clone() {
                self.stop = None;
                return callback;
            }
            self.press_on().await;
        }
        panic!("no end of the pages at the authorization server: {}", self.page());
    }

    /// Approves a device: `url` is the `verification_uri_complete`.
    pub async fn approve_device(&mut self, url: &str) {
        self.open(url).await;
        for _ in 0..MAX_HOPS {
            if self.page().text().contains("Success") {
                return;
            }
            self.press_on().await;
        }
        panic!("no end of the pages at the authorization server: {}", self.page());
    }

    /// From now on, a redirect to `url` or below it is not followed; see [`Page::stopped_before`].
    pub fn stop_before(&mut self, url: &str) {
        self.stop = Some(parse(url));
    }

    /// Goes where the page shown sends the browser, or where a tampered redirect does.
    pub async fn arrive(&mut self, url: &Url) -> &Page {
        self.stop = None;
        self.go(Request::link(self.page(), url.clone())).await
    }

    /// One page of the authorization server: its login, or whatever its button agrees to.
    async fn press_on(&mut self) {
        let asks_who = self.page().forms().iter().any(|form| form.has("login"));
        let answers = [("login", self.login.clone()), ("password", "password".to_owned())];
        let answers: Vec<_> = answers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.submit(if asks_who { &answers } else { &[] }).await;
    }

    async fn go(&mut self, mut request: Request) -> &Page {
        let mut hops = Vec::new();
        let page = loop {
            assert!(hops.len() < MAX_HOPS, "a loop of redirects: {hops:#?}");
            let mut page = self.send(&request).await;
            hops.push(page.hop());
            let Some(next) = page.redirect() else { break page };
            if self.stops(&next) {
                page.stopped_before = Some(next);
                break page;
            }
            request = request.redirected(page.status, next);
        };
        self.page.insert(Page { hops, ..page })
    }

    async fn send(&mut self, request: &Request) -> Page {
        let wire = request.build(&self.http, self.jar.header(request));
        let answer = self.http.execute(wire).await.unwrap_or_else(|e| panic!("{} is not answered: {e:?}", request.url));
        for set in answer.headers().get_all(SET_COOKIE) {
            self.jar.set(&request.url, set.to_str().expect("a cookie in ASCII"));
        }
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = tokio::time::timeout(PATIENCE, answer.text()).await.expect("in time").expect("a whole body");
        Page { url: request.url.clone(), status, headers, body, hops: Vec::new(), stopped_before: None }
    }

    fn stops(&self, next: &Url) -> bool {
        let below = |stop: &Url| stop.origin() == next.origin() && next.path().starts_with(stop.path());
        self.stop.as_ref().is_some_and(below)
    }
}

fn parse(url: &str) -> Url {
    Url::parse(url).unwrap_or_else(|e| panic!("{url:?} is no URL: {e}"))
}
