//! A navigation, and the headers that tell the server where it comes from (Fetch; Referrer Policy; Fetch Metadata).

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, ORIGIN, REFERER, USER_AGENT};
use url::{Host, Url, form_urlencoded};

use super::Page;
use super::form::Submission;

#[derive(Debug)]
pub struct Request {
    pub method: Method,
    pub url: Url,
    form: Option<String>,
    initiator: Option<Initiator>,
    /// The farthest step so far, over all redirects.
    site: Distance,
    /// Whether a redirect has led from one origin to another: the `Origin` is then withheld.
    tainted: bool,
}

/// How far a request goes, with the words of `Sec-Fetch-Site`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Distance {
    None,
    SameOrigin,
    SameSite,
    CrossSite,
}

/// The page that a navigation starts from.
#[derive(Debug, Clone)]
struct Initiator {
    url: Url,
    policy: String,
}

impl Request {
    /// From the address bar.
    pub fn typed(url: Url) -> Self {
        Self { method: Method::GET, url, form: None, initiator: None, site: Distance::None, tainted: false }
    }

    pub fn link(from: &Page, url: Url) -> Self {
        let initiator = Initiator { url: from.url.clone(), policy: from.header("referrer-policy").to_owned() };
        let site = Distance::between(&initiator.url, &url);
        Self { initiator: Some(initiator), site, ..Self::typed(url) }
    }

    pub fn form(from: &Page, submission: Submission) -> Self {
        let encoded = encode(submission.entries.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let mut url = submission.action;
        if submission.method == "post" {
            return Self { method: Method::POST, form: Some(encoded), ..Self::link(from, url) };
        }
        url.set_query(Some(&encoded));
        Self::link(from, url)
    }

    pub fn post(from: &Page, url: Url, fields: &[(&str, &str)]) -> Self {
        Self { method: Method::POST, form: Some(encode(fields.iter().copied())), ..Self::link(from, url) }
    }

    /// The request after a redirect. A form is only sent on by 307 and 308.
    pub fn redirected(self, status: u16, url: Url) -> Self {
        let keeps = matches!(status, 307 | 308);
        let tainted = self.tainted || self.url.origin() != url.origin();
        let step = self.initiator.as_ref().map_or(Distance::None, |from| Distance::between(&from.url, &url));
        let method = if keeps { self.method } else { Method::GET };
        Self { method, form: self.form.filter(|_| keeps), site: self.site.max(step), tainted, url, ..self }
    }

    /// How far its start is from its target: what SameSite cookies go by.
    pub fn started_at(&self) -> Distance {
        self.initiator.as_ref().map_or(Distance::None, |from| Distance::between(&from.url, &self.url))
    }

    pub fn build(&self, http: &reqwest::Client, cookies: Option<String>) -> reqwest::Request {
        let mut wire = http.request(self.method.clone(), self.url.clone());
        wire = wire
            .header(USER_AGENT, "Mozilla/5.0 (X11; Linux x86_64) story-test/1")
            .header(ACCEPT, "text/html,*/*;q=0.8");
        wire = wire.header("sec-fetch-site", self.site.as_str()).header("sec-fetch-mode", "navigate");
        wire = wire.header("sec-fetch-dest", "document").header("sec-fetch-user", "?1");
        let optional = [(COOKIE, cookies), (REFERER, self.referer()), (ORIGIN, self.origin())];
        for (name, value) in optional.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            wire = wire.header(name, value);
        }
        if let Some(form) = &self.form {
            wire = wire.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.clone());
        }
        wire.build().expect("a request")
    }

    fn referer(&self) -> Option<String> {
        let from = self.initiator.as_ref()?;
        let mut page = from.url.clone();
        page.set_fragment(None);
        let origin = format!("{}/", from.url.origin().ascii_serialization());
        let same_origin = from.url.origin() == self.url.origin();
        let downgrade = from.url.scheme() == "https" && self.url.scheme() == "http";
        match from.policy.as_str() {
            "no-referrer" => None,
            "same-origin" => same_origin.then(|| page.to_string()),
            "origin" => Some(origin),
            "unsafe-url" => Some(page.to_string()),
            _ if same_origin => Some(page.to_string()),
            _ => (!downgrade).then_some(origin),
        }
    }

    /// Sent with everything but GET; `null` where the page's referrer policy or a redirect withholds it.
    fn origin(&self) -> Option<String> {
        let from = self.initiator.as_ref().filter(|_| self.method != Method::GET)?;
        let same_origin = from.url.origin() == self.url.origin();
        let withheld = match from.policy.as_str() {
            "no-referrer" => true,
            "same-origin" => !same_origin,
            "origin" | "unsafe-url" => false,
            _ => from.url.scheme() == "https" && self.url.scheme() == "http",
        };
        let origin = if withheld || self.tainted { "null".to_owned() } else { from.url.origin().ascii_serialization() };
        Some(origin)
    }
}

impl Distance {
    fn between(from: &Url, to: &Url) -> Self {
        match () {
            () if from.origin() == to.origin() => Self::SameOrigin,
            () if from.scheme() == to.scheme() && registrable(from) == registrable(to) => Self::SameSite,
            () => Self::CrossSite,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SameOrigin => "same-origin",
            Self::SameSite => "same-site",
            Self::CrossSite => "cross-site",
        }
    }
}

/// The last two labels of a name: good enough without the public suffix list, for the names in tests.
fn registrable(url: &Url) -> String {
    match url.host() {
        Some(Host::Domain(name)) => {
            let labels: Vec<&str> = name.split('.').collect();
            labels[labels.len().saturating_sub(2)..].join(".")
        }
        _ => url.host_str().unwrap_or_default().to_owned(),
    }
}

fn encode<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// Each of these was seen in Chromium 156.
#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "http://127.0.0.1:4000/x";
    const SAME: &str = "http://127.0.0.1:4000/p";
    const ELSEWHERE: &str = "http://localhost:4000/p";

    fn headers(request: &Request) -> [String; 3] {
        let wire = request.build(&crate::support::http(), None);
        [ORIGIN.as_str(), REFERER.as_str(), "sec-fetch-site"]
            .map(|name| wire.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default())
    }

    fn posted(policy: &'static str, to: &str) -> Request {
        let mut page = Page::blank(Url::parse(HERE).unwrap());
        page.headers.insert("referrer-policy", policy.parse().unwrap());
        Request::post(&page, Url::parse(to).unwrap(), &[])
    }

    #[test]
    fn a_form_tells_its_origin() {
        assert_eq!(headers(&posted("", SAME)), ["http://127.0.0.1:4000", HERE, "same-origin"]);
        let across = ["http://127.0.0.1:4000", "http://127.0.0.1:4000/", "cross-site"];
        assert_eq!(headers(&posted("", ELSEWHERE)), across);
    }

    #[test]
    fn a_page_without_referrer_posts_without_origin() {
        assert_eq!(headers(&posted("no-referrer", SAME)), ["null", "", "same-origin"]);
        assert_eq!(headers(&posted("same-origin", SAME)), ["http://127.0.0.1:4000", HERE, "same-origin"]);
    }

    #[test]
    fn a_way_round_over_another_site_stays_cross_site() {
        let back = posted("", ELSEWHERE).redirected(303, Url::parse(SAME).unwrap());
        assert_eq!((&back.method, back.started_at()), (&Method::GET, Distance::SameOrigin));
        assert_eq!(headers(&back)[2], "cross-site");
    }
}
