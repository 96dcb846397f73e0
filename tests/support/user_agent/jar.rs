//! Cookies as browsers keep them: by host and path, never by port (RFC 6265bis).

use reqwest::Method;
use rocket::http::{Cookie, SameSite};
use url::Url;

use super::request::{Distance, Request};

#[derive(Debug, Default)]
pub struct Jar {
    cookies: Vec<Kept>,
}

#[derive(Debug)]
struct Kept {
    name: String,
    value: String,
    host: String,
    /// Whether hosts below this one get it too: it came with a `Domain`.
    below: bool,
    path: String,
    secure: bool,
    same_site: SameSite,
}

impl Jar {
    /// Keeps, replaces or forgets, as one `Set-Cookie` header from `url` says.
    pub fn set(&mut self, url: &Url, header: &str) {
        let cookie = Cookie::parse(header.to_owned()).unwrap_or_else(|e| panic!("no cookie: {header:?}: {e}"));
        if !allowed(&cookie, url) {
            return;
        }
        let kept = Kept::new(&cookie, url);
        self.cookies.retain(|old| (&old.name, &old.host, &old.path) != (&kept.name, &kept.host, &kept.path));
        if !expired(&cookie) {
            self.cookies.push(kept);
        }
    }

    /// The `Cookie` header of a request, or nothing.
    pub fn header(&self, request: &Request) -> Option<String> {
        let sent = self.cookies.iter().filter(|cookie| cookie.matches(&request.url) && cookie.goes_with(request));
        let pairs: Vec<String> = sent.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    pub fn value(&self, url: &Url, name: &str) -> Option<String> {
        let found = self.cookies.iter().find(|cookie| cookie.name == name && cookie.matches(url));
        found.map(|cookie| cookie.value.clone())
    }
}

impl Kept {
    fn new(cookie: &Cookie<'_>, url: &Url) -> Self {
        let domain = cookie.domain().map(|domain| domain.trim_start_matches('.').to_lowercase());
        let folder = url.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        let default_path = if folder.is_empty() { "/" } else { folder };
        Self {
            name: cookie.name().to_owned(),
            value: cookie.value().to_owned(),
            below: domain.is_some(),
            host: domain.unwrap_or_else(|| host(url)),
            path: cookie.path().filter(|path| path.starts_with('/')).unwrap_or(default_path).to_owned(),
            secure: cookie.secure() == Some(true),
            same_site: cookie.same_site().unwrap_or(SameSite::Lax),
        }
    }

    fn matches(&self, url: &Url) -> bool {
        let host = host(url);
        let path = url.path();
        let at_host = host == self.host || (self.below && host.ends_with(&format!(".{}", self.host)));
        let rest = path.strip_prefix(&self.path);
        let at_path = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/'));
        at_host && at_path && (!self.secure || trustworthy(url))
    }

    fn goes_with(&self, request: &Request) -> bool {
        match self.same_site {
            SameSite::None => true,
            SameSite::Lax => request.started_at() != Distance::CrossSite || request.method == Method::GET,
            SameSite::Strict => request.started_at() != Distance::CrossSite,
        }
    }
}

/// Refused by Chromium: a secure cookie over plain HTTP to anywhere but this machine, one for a foreign domain, one
/// whose name promises what it does not keep, `SameSite=None` without `Secure`.
fn allowed(cookie: &Cookie<'_>, url: &Url) -> bool {
    let secure = cookie.secure() == Some(true);
    let host = host(url);
    let domain = cookie.domain().map(|domain| domain.trim_start_matches('.').to_lowercase());
    let ours = domain.as_ref().is_none_or(|domain| host == *domain || host.ends_with(&format!(".{domain}")));
    let prefix_kept = match cookie.name() {
        name if name.starts_with("__Host-") => secure && domain.is_none() && cookie.path() == Some("/"),
        name if name.starts_with("__Secure-") => secure,
        _ => true,
    };
    ours && prefix_kept && (!secure || trustworthy(url)) && (secure || cookie.same_site() != Some(SameSite::None))
}

fn expired(cookie: &Cookie<'_>) -> bool {
    match (cookie.max_age(), cookie.expires_datetime()) {
        (Some(age), _) => !age.is_positive(),
        (None, Some(moment)) => moment <= time::OffsetDateTime::now_utc(),
        (None, None) => false,
    }
}

/// Where Chromium and Firefox take and send secure cookies.
fn trustworthy(url: &Url) -> bool {
    let host = host(url);
    url.scheme() == "https"
        || host == "localhost"
        || host.ends_with(".localhost")
        || host.starts_with("127.")
        || host == "[::1]"
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_lowercase()
}

/// Each of these was seen in Chromium 156.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::Page;

    const HERE: &str = "http://127.0.0.1:4000/";

    /// The names of the cookies that go to `/page` on this host, another port of it even, in a request that starts at `from`.
    fn sent(from: Option<&str>, method: Method, cookies: &[&str]) -> Vec<String> {
        let here = Url::parse(HERE).unwrap();
        let mut jar = Jar::default();
        cookies.iter().for_each(|cookie| jar.set(&here, cookie));
        let target = Url::parse("http://127.0.0.1:5000/page").unwrap();
        let mut request = match from {
            Some(from) => Request::link(&Page::blank(Url::parse(from).unwrap()), target),
            None => Request::typed(target),
        };
        request.method = method;
        let header = jar.header(&request).unwrap_or_default();
        header.split("; ").filter_map(|pair| Some(pair.split_once('=')?.0.to_owned())).collect()
    }

    const EVERY: &[&str] = &[
        "__Host-h=1; Secure; Path=/; SameSite=Lax",
        "none=1; SameSite=None; Secure; Path=/",
        "strict=1; SameSite=Strict; Path=/",
        "lax=1; SameSite=Lax; Path=/",
    ];

    #[test]
    fn an_address_typed_in_sends_all_cookies_of_the_host_whatever_the_port() {
        assert_eq!(sent(None, Method::GET, EVERY), ["__Host-h", "none", "strict", "lax"]);
    }

    #[test]
    fn a_link_from_elsewhere_does_not_send_strict_cookies() {
        assert_eq!(sent(Some("http://localhost:4000/"), Method::GET, EVERY), ["__Host-h", "none", "lax"]);
    }

    #[test]
    fn a_form_from_elsewhere_sends_only_cookies_for_every_site() {
        assert_eq!(sent(Some("http://localhost:4000/"), Method::POST, EVERY), ["none"]);
    }

    #[test]
    fn a_cookie_that_breaks_its_promise_is_refused() {
        let broken =
            ["__Host-a=1; Path=/", "__Host-b=1; Secure; Path=/page", "n=1; SameSite=None", "d=1; Domain=else.example"];
        assert!(sent(None, Method::GET, &broken).is_empty());
    }

    #[test]
    fn a_cookie_goes_to_its_path_and_can_be_taken_back() {
        assert_eq!(sent(None, Method::GET, &["a=1; Path=/page", "b=1; Path=/pa", "c=1; Path=/"]), ["a", "c"]);
        assert!(sent(None, Method::GET, &["a=1; Path=/", "a=; Path=/; Max-Age=0"]).is_empty());
    }
}
