//! A request that somebody sends to an API by way of this program: where it goes, and which headers go along.

mod headers;

pub use headers::{request_headers, response_headers};

use std::borrow::Cow;
use url::{Position, Url};

/// Names the account whose token is attached. The query is the API's own.
pub const ACCOUNT: &str = "OAuthClient-Account";

/// Tells an answer of the API from one of this program's own.
pub const PROXIED: &str = "OAuthClient-Proxied";

/// Why a path is not passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPath {
    #[error("the path holds a segment `.` or `..`, written out or encoded, which could leave the base URL")]
    Dots,
    #[error("the path holds a control character or a backslash")]
    Character,
    #[error("the path would not stay below the base URL")]
    Outside,
}

/// The URL of `path` (percent-encoded, without its first slash) below `base`. `query` is the caller's, as it came.
pub fn target(base: &Url, path: &str, query: Option<&str>) -> Result<Url, BadPath> {
    check(path)?;
    let folder = base.path().trim_end_matches('/');
    let whole = if path.is_empty() { base.path().to_owned() } else { format!("{folder}/{path}") };
    let mut url = base.clone();
    url.set_path(&whole);
    // The parser may encode what nobody writes so. If it did anything else, what was checked is not what would be sent.
    if decode(url.path()) != decode(&whole) {
        return Err(BadPath::Outside);
    }
    let both =
        [base.query(), query].into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("&");
    url.set_query(Some(both.as_str()).filter(|both| !both.is_empty()));
    Ok(url)
}

/// The path of `url` below `base`, as [`target`] takes it, and its query.
pub fn below(base: &Url, url: &Url) -> Result<(String, Option<String>), BadPath> {
    let folder = base.path().trim_end_matches('/');
    let rest = url.path().strip_prefix(folder).ok_or(BadPath::Outside)?;
    let is_one_of_ours = url[..Position::BeforePath] == base[..Position::BeforePath];
    if !is_one_of_ours || !(rest.is_empty() || rest.starts_with('/')) {
        return Err(BadPath::Outside);
    }
    Ok((rest.strip_prefix('/').unwrap_or(rest).to_owned(), url.query().map(str::to_owned)))
}

/// Decoded as often as any server may decode it, no segment climbs. An encoded slash alone is left alone: some APIs name
/// things by it.
fn check(path: &str) -> Result<(), BadPath> {
    let mut decoded = Cow::Borrowed(path);
    loop {
        if decoded.chars().any(|c| c.is_control() || c == '\\') {
            return Err(BadPath::Character);
        }
        // Some servers cut parameters off (`..;x`) before they look.
        let climbs = |segment: &str| matches!(segment.split(';').next(), Some("." | ".."));
        if decoded.split('/').any(climbs) {
            return Err(BadPath::Dots);
        }
        let once_more = decode(&decoded);
        if once_more == decoded {
            return Ok(());
        }
        decoded = Cow::Owned(once_more);
    }
}

/// `%XX` as the character it stands for; what is no UTF-8 becomes U+FFFD.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let value = if *first == b'%' { after.get(..2).and_then(hex) } else { None };
        bytes.push(value.unwrap_or(*first));
        rest = if value.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(digits[0])? * 16 + digit(digits[1])?)
}

/// The query without the parameter that carries the token.
pub fn query_without(query: &str, name: &str) -> String {
    let is_other = |pair: &&str| {
        let parsed = url::form_urlencoded::parse(pair.as_bytes()).next();
        parsed.is_none_or(|(found, _)| found != name)
    };
    query.split('&').filter(is_other).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str) -> Result<String, BadPath> {
        target(&"https://api.example/v1/".parse().unwrap(), path, None).map(String::from)
    }

    #[test]
    fn a_path_goes_below_the_base_as_it_came() {
        for (path, url) in [
            ("", "https://api.example/v1/"),
            ("me", "https://api.example/v1/me"),
            ("me/", "https://api.example/v1/me/"),
            ("projects/a%2Fb/x%20y", "https://api.example/v1/projects/a%2Fb/x%20y"),
            ("/evil.example/x", "https://api.example/v1//evil.example/x"),
            ("http://evil.example/", "https://api.example/v1/http://evil.example/"),
            ("a.b/..c/...", "https://api.example/v1/a.b/..c/..."),
            ("@evil.example", "https://api.example/v1/@evil.example"),
            ("100%", "https://api.example/v1/100%"),
        ] {
            assert_eq!(at(path).as_deref(), Ok(url), "{path}");
        }
    }

    #[test]
    fn nothing_leaves_the_base() {
        for path in [
            "..",
            "../x",
            "a/../b",
            "a/./b",
            "%2e%2e/x",
            ".%2E/x",
            "a/%2e%2e%2fb",
            "a%2f..%2fb",
            "%252e%252e/x",
            "..;/x",
            "..;a=b/x",
            "%2e%2e%3b/x",
            "%25252e%25252e/x",
            ".",
            "a/..",
        ] {
            assert_eq!(at(path), Err(BadPath::Dots), "{path}");
        }
        for path in ["a\\b", "..\\x", "%5c..%5cx", "a%0d%0aX: y", "a\r\nb", "%00", "a%250d%250ab", "\t../x"] {
            assert_eq!(at(path), Err(BadPath::Character), "{path:?}");
        }
    }

    #[test]
    fn a_whole_url_is_taken_apart_if_it_is_below_the_base() {
        let base = "https://api.example/v1/".parse().unwrap();
        let below = |url: &str| below(&base, &url.parse().unwrap());
        for (url, path, query) in [
            ("https://api.example/v1", "", None),
            ("https://API.example:443/v1/me?a=%20", "me", Some("a=%20")),
            ("https://api.example/v1//x", "/x", None),
        ] {
            assert_eq!(below(url), Ok((path.to_owned(), query.map(str::to_owned))), "{url}");
        }
        for url in [
            "https://api.example/v10/me",
            "https://api.example/v1/../me",
            "https://api.example.evil/v1/me",
            "https://user@api.example/v1/me",
            "https://api.example:444/v1/me",
            "http://api.example/v1/me",
        ] {
            assert_eq!(below(url), Err(BadPath::Outside), "{url}");
        }
    }

    #[test]
    fn the_query_is_the_callers_but_for_the_token() {
        let base = "https://api.example/v1?tenant=a".parse().unwrap();
        let url = target(&base, "me", Some("a=1&b=%20")).unwrap();
        assert_eq!(url.as_str(), "https://api.example/v1/me?tenant=a&a=1&b=%20");
        assert_eq!(query_without("a=1&k%65y=x&key&b=2&keys=3", "key"), "a=1&b=2&keys=3");
    }
}
