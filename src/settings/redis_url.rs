//! The URL of a Redis server.

use url::Url;

/// What is wrong with the URL, without quoting it: it may hold a password.
pub(super) fn check(text: &str) -> Result<(), String> {
    for scheme in ["redis+sentinel", "redis+cluster"] {
        if text.to_ascii_lowercase().starts_with(&format!("{scheme}:")) {
            return Err(format!(
                "{scheme}:// is not served by this version; use redis:// or rediss:// with the address of one server"
            ));
        }
    }
    let expected = || "expected redis://[user:password@]host[:port][/number], or rediss:// for TLS".to_owned();
    let url = Url::parse(text).map_err(|_| expected())?;
    let known_scheme = matches!(url.scheme(), "redis" | "rediss");
    let has_host = url.host_str().is_some_and(|host| !host.is_empty());
    let database = url.path().trim_start_matches('/');
    if !known_scheme || !has_host || !database.bytes().all(|b| b.is_ascii_digit()) {
        return Err(expected());
    }
    // The Redis crate reads `#insecure` as "do not check the certificate".
    if url.fragment().is_some() {
        return Err("may not end in #…; a private CA belongs into OAUTHCLIENT_OUTBOUND__CA_FILE".to_owned());
    }
    Ok(())
}

/// Whether a password stands in the URL.
pub(super) fn has_password(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.password().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redis_url_names_a_server_and_perhaps_a_database() {
        for good in ["redis://localhost", "rediss://u:p@redis.example:6380/2", "redis://[::1]:6379/", "redis://:p@h"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["localhost:6379", "http://h", "redis://", "redis://h/zero", "rediss://h#insecure", "redis"] {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert!(check("redis+sentinel://a:1,b:2/main").unwrap_err().contains("not served"));
        assert!(check("redis+cluster://a:1,b:2").unwrap_err().contains("not served"));
    }
}
