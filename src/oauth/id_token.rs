//! ID tokens (OpenID Connect Core §2): who authorized the client, and whether to believe it (§3.1.3.7).

use super::jwk::{Algorithm, KeySet};
use super::jwt::{BadJwt, Claims, Unverified};
use super::secret::Secret;
use super::timestamp::Timestamp;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256, Sha512};

/// Seconds that two clocks may differ by.
const LEEWAY_S: i64 = 60;

/// Claims that bind the token to its flow and say nothing about anybody.
const NOT_SHOWN: [&str; 5] = ["at_hash", "c_hash", "s_hash", "nonce", "jti"];

/// What a grant knows of who gave it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    pub claims: Claims,
    pub trust: Trust,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// By the server's published keys.
    Verified,
    /// The definition does not say where the keys are.
    NotVerified,
}

/// What an ID token must say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    /// As sent in the authorization request; `None`: none was sent.
    pub nonce: Option<&'a str>,
    /// The access token that came with it.
    pub access_token: &'a Secret,
    pub now: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadIdToken {
    #[error(transparent)]
    Jwt(#[from] BadJwt),
    #[error("the server's keys could not be read: what is at their address is no JWK set")]
    NoKeySet,
    #[error("it does not say \"{0}\"")]
    Missing(&'static str),
    #[error("it was issued by \"{said}\", not by \"{expected}\"")]
    Issuer { said: String, expected: String },
    #[error("it was issued for another client (aud)")]
    Audience,
    #[error("it was issued to another client (azp)")]
    AuthorizedParty,
    #[error("it is over since {}", .0.rfc3339())]
    Expired(Timestamp),
    #[error("it is from the future ({}); compare the clocks of this machine and of the server", .0.rfc3339())]
    Future(Timestamp),
    #[error("it answers another authorization request (nonce)")]
    Nonce,
    #[error("it came with another access token (at_hash)")]
    AccessToken,
    #[error("it is about another person than before (sub)")]
    OtherSubject,
}

impl Identity {
    pub fn subject(&self) -> Option<&str> {
        self.claims.get("sub").and_then(Value::as_str)
    }

    fn of(claims: &Claims, trust: Trust) -> Self {
        let shown = claims.iter().filter(|(name, _)| !NOT_SHOWN.contains(&name.as_str()));
        Self { claims: shown.map(|(name, value)| (name.clone(), value.clone())).collect(), trust }
    }
}

/// Checks everything.
///
/// # Errors
/// [`BadJwt::UnknownKey`] may pass with a newer key set.
pub fn verify(token: &Secret, keys: &KeySet, expected: &Expected<'_>) -> Result<Identity, BadIdToken> {
    let token = Unverified::parse(token.expose())?;
    let claims = token.verify(keys)?;
    check_parties(claims, expected)?;
    check_times(claims, expected.now)?;
    if expected.nonce.is_some_and(|sent| claims.get("nonce").and_then(Value::as_str) != Some(sent)) {
        return Err(BadIdToken::Nonce);
    }
    if let Some(hash) = claims.get("at_hash")
        && hash.as_str() != Some(&half_hash(token.algorithm(), expected.access_token))
    {
        return Err(BadIdToken::AccessToken);
    }
    Ok(Identity::of(claims, Trust::Verified))
}

/// What a token says without a check; `None`: it cannot be read.
pub fn unverified(token: &Secret) -> Option<Identity> {
    let token = Unverified::parse(token.expose()).ok()?;
    Some(Identity::of(token.unverified_claims(), Trust::NotVerified))
}

/// Whether the token of a refresh is still about the same person (§12.2). It came from the token endpoint itself, so the
/// connection vouches for it.
pub fn check_refreshed(before: &Identity, token: &Secret) -> Result<(), BadIdToken> {
    let token = Unverified::parse(token.expose())?;
    let claims = token.unverified_claims();
    match ["iss", "sub"].iter().all(|name| claims.get(*name) == before.claims.get(*name)) {
        true => Ok(()),
        false => Err(BadIdToken::OtherSubject),
    }
}

fn check_parties(claims: &Claims, expected: &Expected<'_>) -> Result<(), BadIdToken> {
    let text = |name| claims.get(name).and_then(Value::as_str);
    let issuer = text("iss").ok_or(BadIdToken::Missing("iss"))?;
    if issuer != expected.issuer {
        let said = issuer.chars().filter(|c| !c.is_control()).take(200).collect();
        return Err(BadIdToken::Issuer { said, expected: expected.issuer.to_owned() });
    }
    text("sub").filter(|subject| !subject.is_empty()).ok_or(BadIdToken::Missing("sub"))?;
    let audience: Vec<&str> = match claims.get("aud").ok_or(BadIdToken::Missing("aud"))? {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !audience.contains(&expected.client_id) {
        return Err(BadIdToken::Audience);
    }
    match claims.get("azp") {
        Some(party) if party.as_str() != Some(expected.client_id) => Err(BadIdToken::AuthorizedParty),
        // Of several recipients one asked, and that must have been us.
        None if audience.len() > 1 => Err(BadIdToken::AuthorizedParty),
        _ => Ok(()),
    }
}

fn check_times(claims: &Claims, now: Timestamp) -> Result<(), BadIdToken> {
    let end = moment(claims, "exp").ok_or(BadIdToken::Missing("exp"))?;
    if now >= end + LEEWAY_S {
        return Err(BadIdToken::Expired(end));
    }
    let made = moment(claims, "iat").ok_or(BadIdToken::Missing("iat"))?;
    let starts = moment(claims, "nbf").map_or(made, |starts| starts.max(made));
    if starts > now + LEEWAY_S { Err(BadIdToken::Future(starts)) } else { Ok(()) }
}

/// RFC 7519 §2: seconds, perhaps with a fraction.
fn moment(claims: &Claims, name: &str) -> Option<Timestamp> {
    let number = claims.get(name)?;
    // A float beyond the range becomes the end of the range.
    number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds as i64)).map(Timestamp)
}

/// The left half of the digest that belongs to the signature's algorithm (§3.1.3.6); Ed25519 signs with SHA-512.
fn half_hash(alg: Option<Algorithm>, access_token: &Secret) -> String {
    let token = access_token.expose();
    match alg {
        Some(Algorithm::EdDsa) => URL_SAFE_NO_PAD.encode(&Sha512::digest(token)[..32]),
        _ => URL_SAFE_NO_PAD.encode(&Sha256::digest(token)[..16]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::jwt::{self, tests::*};
    use serde_json::json;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    /// The token of `claims` laid over good ones (`null` removes), as judged.
    fn judged(alg: Algorithm, changes: Value) -> Result<Identity, BadIdToken> {
        let access_token = Secret::new("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
        let mut claims = json!({"iss": "https://as.example", "sub": "alice", "aud": "me", "nonce": "n",
            "exp": NOW + 300, "iat": NOW, "name": "Alice"});
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let key = key(alg);
        let token = jwt::sign(&claims, &key, alg, Some("k")).unwrap();
        let expected = Expected {
            issuer: "https://as.example",
            client_id: "me",
            nonce: Some("n"),
            access_token: &access_token,
            now: NOW,
        };
        verify(&token, &published(&key, "k"), &expected)
    }

    #[test]
    fn a_good_token_gives_its_claims_without_those_of_the_flow() {
        let identity = judged(Algorithm::Es256, json!({})).unwrap();
        assert_eq!((identity.subject(), identity.trust), (Some("alice"), Trust::Verified));
        assert!(identity.claims.contains_key("name") && !identity.claims.contains_key("nonce"));
    }

    #[test]
    fn every_rule_is_kept() {
        let issuer =
            |said: &str| BadIdToken::Issuer { said: said.to_owned(), expected: "https://as.example".to_owned() };
        for (changes, verdict) in [
            (json!({"iss": "https://as.example/"}), issuer("https://as.example/")),
            (json!({"iss": "https://evil.example"}), issuer("https://evil.example")),
            (json!({"iss": null}), BadIdToken::Missing("iss")),
            (json!({"sub": null}), BadIdToken::Missing("sub")),
            (json!({"sub": ""}), BadIdToken::Missing("sub")),
            (json!({"aud": null}), BadIdToken::Missing("aud")),
            (json!({"aud": "you"}), BadIdToken::Audience),
            (json!({"aud": []}), BadIdToken::Audience),
            (json!({"aud": {"me": 1}}), BadIdToken::Audience),
            (json!({"aud": ["me", "you"]}), BadIdToken::AuthorizedParty),
            (json!({"aud": ["me", "you"], "azp": "you"}), BadIdToken::AuthorizedParty),
            (json!({"azp": "you"}), BadIdToken::AuthorizedParty),
            (json!({"exp": null}), BadIdToken::Missing("exp")),
            (json!({"exp": "soon"}), BadIdToken::Missing("exp")),
            (json!({"exp": NOW - 60}), BadIdToken::Expired(NOW - 60)),
            (json!({"iat": null}), BadIdToken::Missing("iat")),
            (json!({"iat": NOW + 61}), BadIdToken::Future(NOW + 61)),
            (json!({"nbf": NOW + 61}), BadIdToken::Future(NOW + 61)),
            (json!({"nonce": null}), BadIdToken::Nonce),
            (json!({"nonce": "m"}), BadIdToken::Nonce),
            (json!({"nonce": ["n"]}), BadIdToken::Nonce),
            (json!({"at_hash": "x"}), BadIdToken::AccessToken),
            (json!({"at_hash": 7}), BadIdToken::AccessToken),
        ] {
            assert_eq!(judged(Algorithm::Es256, changes.clone()), Err(verdict), "{changes}");
        }
    }

    #[test]
    fn what_is_allowed_is_not_refused() {
        // The hash is that of OpenID Connect Core A.3.
        for changes in [
            json!({"aud": ["me"]}),
            json!({"aud": ["me", "you"], "azp": "me"}),
            json!({"exp": NOW - 59}),
            json!({"exp": 1_800_000_300.5}),
            json!({"iat": NOW + 60}),
            json!({"at_hash": "77QmUPtjPfzWtF2AnpK9RQ"}),
        ] {
            assert!(judged(Algorithm::Es256, changes.clone()).is_ok(), "{changes}");
        }
    }

    #[test]
    fn an_unsigned_token_is_refused_whatever_it_says() {
        let none =
            Secret::new(format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), URL_SAFE_NO_PAD.encode("{}")));
        let access_token = Secret::new("a");
        let expected = Expected { issuer: "i", client_id: "c", nonce: None, access_token: &access_token, now: NOW };
        assert_eq!(verify(&none, &KeySet::default(), &expected), Err(BadIdToken::Jwt(BadJwt::Unsigned)));
        assert_eq!(unverified(&none).unwrap().trust, Trust::NotVerified);
    }

    #[test]
    fn a_refresh_must_be_about_the_same_person() {
        let before = judged(Algorithm::EdDsa, json!({})).unwrap();
        let key = key(Algorithm::EdDsa);
        let token =
            |sub| jwt::sign(&json!({"iss": "https://as.example", "sub": sub}), &key, Algorithm::EdDsa, None).unwrap();
        assert_eq!(check_refreshed(&before, &token("alice")), Ok(()));
        assert_eq!(check_refreshed(&before, &token("bob")), Err(BadIdToken::OtherSubject));
    }
}
