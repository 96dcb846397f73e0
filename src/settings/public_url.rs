//! What the browser sees of us.

use std::{fmt, str::FromStr};
use url::Url;

/// The address under which browsers reach the program: scheme, host, port and perhaps a path prefix. The only source of
/// redirect URIs and of the accepted `Origin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    url: Url,
    /// Empty, or `/helper`: never with a slash at its end.
    prefix: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPublicUrl {
    #[error("expected a URL such as https://oauth.example.com or http://127.0.0.1:8080/helper")]
    NotHttp,
    #[error("a public URL has no ?query and no #fragment")]
    QueryOrFragment,
    #[error("a public URL has no user name or password")]
    UserInfo,
    #[error("port 0 is no port")]
    NoPort,
    /// Such a path would be read as the name of another host.
    #[error("the path of a public URL has no empty parts (//)")]
    EmptyPart,
}

impl PublicUrl {
    /// The absolute URL of a path of ours: `join("/auth_callback")`.
    pub fn join(&self, path: &str) -> String {
        format!("{}{}", self.origin(), self.path(path))
    }

    /// A path of ours behind the prefix: what links, forms and cookies carry.
    pub fn path(&self, path: &str) -> String {
        format!("{}/{}", self.prefix, path.trim_start_matches('/'))
    }

    /// RFC 6454 §6.2, exactly as browsers send it: `https://oauth.example.com`, default ports left out.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.url.scheme(), self.host())
    }

    /// RFC 9110 §7.2, the value of a `Host` header: `oauth.example.com:8443`, default ports left out.
    pub fn host(&self) -> String {
        match self.url.port() {
            Some(port) => format!("{}:{port}", self.bracketed()),
            None => self.bracketed().to_owned(),
        }
    }

    /// The host alone, as certificates name it: no port, no brackets.
    pub fn host_name(&self) -> &str {
        self.bracketed().trim_matches(['[', ']'])
    }

    pub fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(self.default_port())
    }

    /// The port that a URL of this scheme leaves out.
    pub fn default_port(&self) -> u16 {
        if self.is_https() { 443 } else { 80 }
    }

    /// Empty, or such as `/helper`.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    fn bracketed(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }
}

impl FromStr for PublicUrl {
    type Err = BadPublicUrl;

    fn from_str(text: &str) -> Result<Self, BadPublicUrl> {
        let url = Url::parse(text).map_err(|_| BadPublicUrl::NotHttp)?;
        let prefix = url.path().trim_end_matches('/').to_owned();
        if !matches!(url.scheme(), "http" | "https") || !text.contains("://") {
            Err(BadPublicUrl::NotHttp)
        } else if url.query().is_some() || url.fragment().is_some() {
            Err(BadPublicUrl::QueryOrFragment)
        } else if !url.username().is_empty() || url.password().is_some() {
            Err(BadPublicUrl::UserInfo)
        } else if url.port() == Some(0) {
            Err(BadPublicUrl::NoPort)
        } else if prefix.contains("//") {
            Err(BadPublicUrl::EmptyPart)
        } else {
            Ok(Self { url, prefix })
        }
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin(), self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> PublicUrl {
        text.parse().unwrap()
    }

    #[test]
    fn paths_are_joined_behind_the_prefix_with_one_slash() {
        for text in ["https://a.example/helper", "https://a.example/helper/"] {
            assert_eq!(url(text).join("auth_callback"), "https://a.example/helper/auth_callback");
            assert_eq!(url(text).path("/auth_callback/x"), "/helper/auth_callback/x");
            assert_eq!(url(text).to_string(), "https://a.example/helper");
        }
        assert_eq!(url("http://127.0.0.1:8080").join("/"), "http://127.0.0.1:8080/");
        assert_eq!(url("http://127.0.0.1:8080/").path("//evil.example"), "/evil.example");
    }

    #[test]
    fn origin_and_host_leave_the_default_port_out() {
        for (text, origin, host, name) in [
            ("https://A.Example:443/x", "https://a.example", "a.example", "a.example"),
            ("http://a.example:80", "http://a.example", "a.example", "a.example"),
            ("https://a.example:80", "https://a.example:80", "a.example:80", "a.example"),
            ("http://[::1]:8080", "http://[::1]:8080", "[::1]:8080", "::1"),
            (
                "https://bücher.example",
                "https://xn--bcher-kva.example",
                "xn--bcher-kva.example",
                "xn--bcher-kva.example",
            ),
        ] {
            let url = url(text);
            assert_eq!((url.origin().as_str(), url.host().as_str(), url.host_name()), (origin, host, name), "{text}");
        }
    }

    #[test]
    fn a_public_url_is_plain_http_or_https() {
        for (text, why) in [
            ("ftp://a.example", BadPublicUrl::NotHttp),
            ("a.example:8080", BadPublicUrl::NotHttp),
            ("https:a.example", BadPublicUrl::NotHttp),
            ("https://", BadPublicUrl::NotHttp),
            ("http://a.example:99999", BadPublicUrl::NotHttp),
            ("http://a.example:0", BadPublicUrl::NoPort),
            ("http://a.example?x", BadPublicUrl::QueryOrFragment),
            ("http://a.example#x", BadPublicUrl::QueryOrFragment),
            ("http://u@a.example", BadPublicUrl::UserInfo),
            ("http://u:p@a.example", BadPublicUrl::UserInfo),
            ("http://a.example//evil.example", BadPublicUrl::EmptyPart),
            ("http://a.example/\\evil.example", BadPublicUrl::EmptyPart),
        ] {
            assert_eq!(text.parse::<PublicUrl>(), Err(why), "{text}");
        }
    }
}
