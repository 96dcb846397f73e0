//! The issuer identifier of an authorization server, as a person types it.

use url::Url;

const WELL_KNOWN: &str = "/.well-known/";

/// Where an authorization server's metadata is found, and the name it must call itself by (RFC 8414 §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    typed: String,
    url: Url,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadIssuer {
    #[error("an issuer is a web address such as https://accounts.example.com: this one cannot be read as a URL")]
    NotAUrl,
    #[error("an issuer starts with https:// (or http:// for a server on your own network)")]
    Scheme,
    #[error("an issuer carries no user name or password: remove what stands before the @")]
    UserInfo,
    #[error("an issuer ends before any '?' or '#' (RFC 8414 §2): remove that part")]
    QueryOrFragment,
}

impl Issuer {
    /// Forgiving: `https://` may be missing, and the whole address of a well-known document may be pasted.
    pub fn parse(text: &str) -> Result<Self, BadIssuer> {
        let text = text.trim();
        let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let mut url = Url::parse(&full).map_err(|_| BadIssuer::NotAUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(BadIssuer::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadIssuer::UserInfo);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BadIssuer::QueryOrFragment);
        }
        let Some(path) = without_well_known(url.path()) else {
            return Ok(Self { typed: without_slash(&full).to_owned(), url });
        };
        url.set_path(&path);
        Ok(Self { typed: without_slash(url.as_str()).to_owned(), url })
    }

    /// The issuer without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Where to look, in this order: OpenID Connect Discovery §4 (appended), RFC 8414 §3 (inserted between host and
    /// path), and the OpenID document under the inserted name (RFC 8414 §5).
    pub fn well_known_urls(&self) -> Vec<Url> {
        let path = without_slash(self.url.path());
        let mut urls: Vec<Url> = Vec::new();
        for candidate in [
            format!("{path}{WELL_KNOWN}openid-configuration"),
            format!("{WELL_KNOWN}oauth-authorization-server{path}"),
            format!("{WELL_KNOWN}openid-configuration{path}"),
        ] {
            let mut url = self.url.clone();
            url.set_path(&candidate);
            if !urls.contains(&url) {
                urls.push(url);
            }
        }
        urls
    }

    /// Whether metadata that calls itself `said` is this issuer's (RFC 8414 §3.3: identical). A slash at the end is
    /// the one difference that is let pass, because both spellings lead to the same well-known address.
    pub fn is_called(&self, said: &str) -> bool {
        let said = without_slash(said);
        said == self.typed || said == without_slash(self.url.as_str())
    }
}

fn without_slash(text: &str) -> &str {
    text.strip_suffix('/').unwrap_or(text)
}

/// The issuer's path, from the path of one of its well-known documents; `None` for any other path.
fn without_well_known(path: &str) -> Option<String> {
    let (before, after) = path.split_once(WELL_KNOWN)?;
    let (document, inserted) = after.split_once('/').unwrap_or((after, ""));
    let known = matches!(document, "openid-configuration" | "oauth-authorization-server");
    known.then(|| if inserted.is_empty() { before.to_owned() } else { format!("{before}/{inserted}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_may_be_typed_in_many_ways() {
        for (typed, issuer) in [
            ("https://as.example", "https://as.example"),
            (" as.example ", "https://as.example"),
            ("https://as.example/", "https://as.example"),
            ("http://localhost:8080/realms/a", "http://localhost:8080/realms/a"),
            ("https://as.example/a/.well-known/openid-configuration", "https://as.example/a"),
            ("as.example/.well-known/openid-configuration", "https://as.example"),
            ("https://as.example/.well-known/oauth-authorization-server/a/b", "https://as.example/a/b"),
            ("https://as.example/.well-known/oauth-authorization-server/", "https://as.example"),
            ("https://as.example/.well-known/other", "https://as.example/.well-known/other"),
        ] {
            assert_eq!(Issuer::parse(typed).unwrap().as_str(), issuer, "{typed}");
        }
    }

    #[test]
    fn what_cannot_be_an_issuer_is_refused_with_its_reason() {
        for (typed, reason) in [
            ("", BadIssuer::NotAUrl),
            ("https://", BadIssuer::NotAUrl),
            ("file:///etc/passwd", BadIssuer::Scheme),
            ("javascript://as.example/%0aalert(1)", BadIssuer::Scheme),
            ("https://user:pw@as.example", BadIssuer::UserInfo),
            ("https://as.example/?tenant=a", BadIssuer::QueryOrFragment),
            ("https://as.example/#a", BadIssuer::QueryOrFragment),
        ] {
            assert_eq!(Issuer::parse(typed), Err(reason), "{typed}");
        }
    }

    #[test]
    fn openid_is_tried_before_rfc_8414_and_nothing_twice() {
        let urls = |typed: &str| -> Vec<String> {
            Issuer::parse(typed).unwrap().well_known_urls().iter().map(Url::to_string).collect()
        };
        assert_eq!(
            urls("https://as.example/a/"),
            [
                "https://as.example/a/.well-known/openid-configuration",
                "https://as.example/.well-known/oauth-authorization-server/a",
                "https://as.example/.well-known/openid-configuration/a",
            ]
        );
        assert_eq!(
            urls("as.example"),
            [
                "https://as.example/.well-known/openid-configuration",
                "https://as.example/.well-known/oauth-authorization-server",
            ]
        );
    }

    #[test]
    fn only_a_slash_at_the_end_may_differ() {
        let issuer = Issuer::parse("https://As.example/a").unwrap();
        for same in ["https://As.example/a", "https://as.example/a", "https://as.example/a/"] {
            assert!(issuer.is_called(same), "{same}");
        }
        for other in ["https://as.example", "http://as.example/a", "https://as.example/A", "https://as.example/a//", ""]
        {
            assert!(!issuer.is_called(other), "{other}");
        }
    }
}
