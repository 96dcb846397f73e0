//! The assertion of a JWT bearer grant (RFC 7523 §2.1, §3): what the client says of itself, or of whom it acts for.

use super::definition::{Assertion, Definition, Overlay};
use super::jwk::Algorithm;
use super::jwt;
use super::secret::Secret;
use super::signing_key::{BadKey, SigningKey};
use super::template::{self, TemplateError, Values};
use super::timestamp::Timestamp;
use serde_json::{Map, Value};

/// Why there is no assertion.
#[derive(Debug, thiserror::Error)]
pub enum NoAssertion {
    #[error(transparent)]
    Key(#[from] BadKey),
    #[error(transparent)]
    Template(#[from] TemplateError),
}

/// Signs what the definition says with the client's key. `audience` is the issuer or the token endpoint; `id` is never
/// used twice.
pub fn sign(
    definition: &Definition,
    values: &Values,
    (audience, id, now): (&str, &str, Timestamp),
    key: &SigningKey,
) -> Result<Secret, NoAssertion> {
    let auth = &definition.token.auth;
    let claims = claims(&definition.assertion, &definition.client_id, values, (audience, id, now))?;
    let alg: Algorithm = auth.alg.unwrap_or(key.usual_algorithm());
    Ok(jwt::sign(&claims, key, alg, auth.kid.as_deref().or(key.kid()))?)
}

/// The RFC's claims with the definition's laid over them.
fn claims(
    assertion: &Assertion,
    client_id: &str,
    values: &Values,
    (audience, id, now): (&str, &str, Timestamp),
) -> Result<Value, TemplateError> {
    let mut claims = Map::new();
    for (name, value) in [("iss", client_id), ("aud", audience), ("jti", id)] {
        claims.insert(name.to_owned(), value.into());
    }
    claims.insert("iat".to_owned(), now.0.into());
    claims.insert("exp".to_owned(), (now + i64::from(assertion.lifetime_s)).0.into());
    laid_over(claims, &assertion.claims, values)
}

/// Claims with those of a definition over them.
pub(super) fn laid_over(
    mut claims: Map<String, Value>,
    overlay: &Overlay,
    values: &Values,
) -> Result<Value, TemplateError> {
    for (name, value) in &overlay.0 {
        match value {
            None => drop(claims.shift_remove(name)),
            Some(template) => {
                claims.insert(name.clone(), claim(name, template::render(template, values)?));
            }
        }
    }
    Ok(claims.into())
}

/// A text of digits is an ID far more often than a number, so only dates and what is structured are read.
fn claim(name: &str, text: String) -> Value {
    let is_date = ["iat", "nbf", "exp"].contains(&name);
    let read = if is_date || text.starts_with(['[', '{']) { serde_json::from_str(&text).ok() } else { None };
    read.unwrap_or(Value::String(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_definition_adds_replaces_and_drops_claims() {
        let assertion: Assertion = serde_json::from_value(json!({"lifetime_s": 3600, "claims": {
            "sub": "me@example.com", "scope": "{scope}", "jti": null, "aud": "https://as.example/token", "acts": "[\"a\"]", "nbf": "{now}", "id": "42"
        }}))
        .unwrap();
        let values = Values::default().with("scope", "read write").with("now", "1000");
        let claims = claims(&assertion, "id", &values, ("https://as.example", "J", Timestamp(1000))).unwrap();
        assert_eq!(
            claims,
            json!({"iss": "id", "aud": "https://as.example/token", "iat": 1000, "exp": 4600, "sub": "me@example.com",
                   "scope": "read write", "acts": ["a"], "nbf": 1000, "id": "42"})
        );
    }

    #[test]
    fn without_a_word_it_is_from_the_client_to_its_server_for_a_minute() {
        let said = claims(&Assertion::default(), "id", &Values::default(), ("a", "J", Timestamp(0))).unwrap();
        assert_eq!(said, json!({"iss": "id", "aud": "a", "jti": "J", "iat": 0, "exp": 60}));
    }
}
