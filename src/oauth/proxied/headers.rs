//! Which headers of a request reach the API, and which of its answer reach the caller.

use super::ACCOUNT;
use std::borrow::Cow;

/// Headers that count between two neighbours only (RFC 9110 §7.6.1), and the ones that each hop writes anew.
const OF_THE_HOP: [&str; 12] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "expect",
];

/// What a caller says to this program, not to the API: its key, its cookies, the way it came.
const OF_THE_CALLER: [&str; 9] = [
    "host",
    "authorization",
    "cookie",
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
];

/// What would speak to a browser in the name of this program's own origin.
const OF_THE_ORIGIN: [&str; 14] = [
    "set-cookie",
    "set-cookie2",
    "strict-transport-security",
    "content-security-policy",
    "content-security-policy-report-only",
    "x-frame-options",
    "x-content-type-options",
    "referrer-policy",
    "permissions-policy",
    "clear-site-data",
    "alt-svc",
    "service-worker-allowed",
    "nel",
    "report-to",
];

/// The headers of a request that reach the API.
pub fn request_headers<'h>(headers: &[(&'h str, &'h str)]) -> Vec<(&'h str, &'h str)> {
    let named = named_by_connection(headers);
    let stays = |name: &str| {
        is_in(&OF_THE_HOP, name) || is_in(&OF_THE_CALLER, name) || name.eq_ignore_ascii_case(ACCOUNT) || named(name)
    };
    headers.iter().copied().filter(|(name, _)| !stays(name)).collect()
}

/// The headers of an answer that reach the caller.
pub fn response_headers<'h>(headers: &[(&'h str, &'h str)]) -> Vec<(&'h str, Cow<'h, str>)> {
    let named = named_by_connection(headers);
    let stays =
        |name: &str| is_in(&OF_THE_HOP, name) || is_in(&OF_THE_ORIGIN, name) || is_for_browsers(name) || named(name);
    let passed = headers.iter().filter(|(name, _)| !stays(name));
    passed.map(|&(name, value)| (name, of_one_caller(name, value))).collect()
}

/// What `Connection` names counts for this hop alone.
fn named_by_connection<'h>(headers: &[(&'h str, &'h str)]) -> impl Fn(&str) -> bool + use<'h> {
    let values = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("connection"));
    let names: Vec<&str> = values.flat_map(|(_, value)| value.split(',')).map(str::trim).collect();
    move |name| is_in(&names, name)
}

fn is_in(list: &[&str], name: &str) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Other origins are not let in here, whatever the API allows.
fn is_for_browsers(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("access-control-") || name.starts_with("cross-origin-")
}

/// A cache between us and the caller must not hand one caller's answer to another (RFC 9111 §3.5): an API whose token is
/// in the query may well call it public.
fn of_one_caller<'h>(name: &str, value: &'h str) -> Cow<'h, str> {
    if !name.eq_ignore_ascii_case("cache-control") {
        return Cow::Borrowed(value);
    }
    let shared = |part: &&str| {
        let word = part.split('=').next().unwrap_or_default().trim();
        ["public", "s-maxage", "private"].iter().any(|known| word.eq_ignore_ascii_case(known))
    };
    let others = value.split(',').map(str::trim).filter(|part| !part.is_empty() && !shared(part));
    Cow::Owned(std::iter::once("private").chain(others).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_the_hop_nor_the_caller_is_passed_on() {
        let headers = [
            ("Host", "us"),
            ("Authorization", "Bearer och_key"),
            ("Cookie", "a=b"),
            ("Connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("TE", "trailers"),
            ("oauthclient-account", "work"),
            ("Accept", "*/*"),
            ("X-Mine", "1"),
        ];
        let passed = request_headers(&headers);
        assert_eq!(passed, [("Accept", "*/*"), ("X-Mine", "1")]);
    }

    #[test]
    fn an_answer_says_nothing_in_the_name_of_our_origin() {
        let headers = [
            ("Set-Cookie", "oauth-helper=x"),
            ("Access-Control-Allow-Origin", "*"),
            ("Content-Security-Policy", "default-src *"),
            ("Strict-Transport-Security", "max-age=1"),
            ("ETag", "\"1\""),
            ("Cache-Control", "public, max-age=60, s-maxage=600"),
        ];
        let passed = response_headers(&headers);
        assert_eq!(passed, [("ETag", Cow::Borrowed("\"1\"")), ("Cache-Control", Cow::Borrowed("private, max-age=60"))]);
    }
}
