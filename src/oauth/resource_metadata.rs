//! What an API says about itself, and with that which authorization server it trusts (RFC 9728).

mod challenge;

pub use challenge::{Challenge, challenges};

use serde_json::{Map, Value, json};
use url::Url;

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";
/// Most scopes that are taken over: a consent page with more is read by nobody.
const MOST_SCOPES: usize = 50;

/// The address of an API, as a person pastes it. A query is kept, a fragment is not: it never reaches the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiUrl(Url);

/// The members that this program acts upon. Never empty of authorization servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceMetadata {
    /// As the API spells it.
    pub resource: String,
    /// Issuers, in the order of the API's preference.
    pub authorization_servers: Vec<String>,
    /// Those that are scopes (RFC 6749 §3.3), without repetition.
    pub scopes: Vec<String>,
    /// `None`: the API does not say.
    pub bearer_methods: Option<Vec<String>>,
}

/// Where metadata was found decides what it may speak for (RFC 9728 §3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpeaksFor {
    /// Found at the well-known address of this URL: for that URL alone.
    Exactly(Url),
    /// Named by the answer to a request: for the URL asked, or for one above it at the same origin. The RFC wants the
    /// very URL, but APIs have one document for all their paths; none can speak for a neighbour by this.
    Around(Url),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadResourceMetadata {
    #[error("it is not a JSON object")]
    NotJson,
    #[error("it has no \"resource\"")]
    NoResource,
    #[error("it speaks for \"{said}\", not for {expected} (RFC 9728 §3.3): if that is the API you mean, enter its URL")]
    OtherResource { said: String, expected: String },
    #[error("it names no authorization server")]
    NoServer,
}

impl ApiUrl {
    /// `https://` may be missing. `None`: this cannot be a web address.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let mut url = Url::parse(&full).ok()?;
        url.set_fragment(None);
        let usable = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
        usable.then_some(Self(url))
    }

    pub fn url(&self) -> &Url {
        &self.0
    }

    /// Where to look without being told (RFC 9728 §3.1: inserted between host and path), and the origin's document.
    pub fn well_known(&self) -> Vec<(Url, SpeaksFor)> {
        let origin = self.0.join("/").unwrap_or_else(|_| self.0.clone());
        let mut places = vec![place(&self.0)];
        if !same(&origin, &self.0) {
            places.push(place(&origin));
        }
        places
    }

    /// The document that an answer names (RFC 9728 §5.1), in whatever scheme's challenge. It is not fetched over plain
    /// http when the API itself speaks https.
    pub fn named_by(&self, www_authenticate: &str) -> Option<(Url, SpeaksFor)> {
        let named =
            challenges(www_authenticate).iter().find_map(|c| Url::parse(c.parameter("resource_metadata")?).ok());
        let url = named.filter(|url| matches!(url.scheme(), "http" | "https") && !self.would_weaken(url))?;
        Some((url, SpeaksFor::Around(self.0.clone())))
    }

    fn would_weaken(&self, url: &Url) -> bool {
        self.0.scheme() == "https" && url.scheme() != "https"
    }
}

fn place(resource: &Url) -> (Url, SpeaksFor) {
    let mut url = resource.clone();
    url.set_path(&format!("{WELL_KNOWN}{}", resource.path().trim_end_matches('/')));
    (url, SpeaksFor::Exactly(resource.clone()))
}

impl SpeaksFor {
    fn allows(&self, said: &Url) -> bool {
        match self {
            Self::Exactly(url) => same(url, said),
            Self::Around(url) => same(url, said) || is_above(said, url),
        }
    }

    fn url(&self) -> &Url {
        match self {
            Self::Exactly(url) | Self::Around(url) => url,
        }
    }
}

/// A slash at the end may differ: people paste both.
fn same(a: &Url, b: &Url) -> bool {
    a.as_str().trim_end_matches('/') == b.as_str().trim_end_matches('/')
}

/// Whole segments only: `/v1` is above `/v1/me`, not above `/v10`.
fn is_above(parent: &Url, child: &Url) -> bool {
    let path = parent.path().trim_end_matches('/');
    let below = child.path().strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    parent.origin() == child.origin() && parent.query().is_none() && below
}

impl ResourceMetadata {
    pub fn parse(body: &[u8], found: &SpeaksFor) -> Result<Self, BadResourceMetadata> {
        let document: Map<String, Value> = serde_json::from_slice(body).map_err(|_| BadResourceMetadata::NotJson)?;
        let said = document.get("resource").and_then(Value::as_str).ok_or(BadResourceMetadata::NoResource)?;
        if !Url::parse(said).is_ok_and(|url| found.allows(&url) && url.fragment().is_none()) {
            let shown = said.chars().filter(|c| !c.is_control()).take(200).collect();
            return Err(BadResourceMetadata::OtherResource { said: shown, expected: found.url().to_string() });
        }
        let weaker = |issuer: &String| found.url().scheme() == "https" && !issuer.starts_with("https://");
        let mut servers = list(&document, "authorization_servers").unwrap_or_default();
        servers.retain(|issuer| !weaker(issuer));
        if servers.is_empty() {
            return Err(BadResourceMetadata::NoServer);
        }
        Ok(Self {
            resource: said.to_owned(),
            authorization_servers: servers,
            scopes: scopes(list(&document, "scopes_supported").unwrap_or_default()),
            bearer_methods: list(&document, "bearer_methods_supported"),
        })
    }

    /// What a definition gets to know from it, on top of what the authorization server says.
    pub fn add_to(&self, facts: &mut Value) {
        let mut api = json!({ "base_url": self.resource });
        if self.wants_the_query() {
            // RFC 6750 §2.3.
            api["token_in"] = json!("query");
            api["name"] = json!("access_token");
            api["template"] = json!("{access_token}");
        }
        facts["api"] = api;
        let mut scopes: Vec<Value> = facts["scopes"].as_array().cloned().unwrap_or_default();
        for scope in &self.scopes {
            if !scopes.iter().any(|known| known == scope) {
                scopes.push(json!(scope));
            }
        }
        if !scopes.is_empty() {
            facts["scopes"] = Value::Array(scopes);
        }
    }

    /// A header is used wherever the API does not rule it out.
    fn wants_the_query(&self) -> bool {
        let has = |method: &str| self.bearer_methods.iter().flatten().any(|known| known == method);
        has("query") && !has("header")
    }
}

fn list(document: &Map<String, Value>, name: &str) -> Option<Vec<String>> {
    let items = document.get(name)?.as_array()?;
    Some(items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect())
}

fn scopes(offered: Vec<String>) -> Vec<String> {
    let is_scope =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
    let mut scopes: Vec<String> = Vec::new();
    for scope in offered {
        if is_scope(&scope) && !scopes.contains(&scope) && scopes.len() < MOST_SCOPES {
            scopes.push(scope);
        }
    }
    scopes
}

#[cfg(test)]
mod tests;
