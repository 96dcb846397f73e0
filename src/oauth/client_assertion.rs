//! Client authentication by a signed statement (RFC 7523 §2.2 and §3, OpenID Connect Core §9).

use super::jwk::Algorithm;
use super::jwt;
use super::secret::Secret;
use super::signing_key::{BadKey, SigningKey};
use super::timestamp::Timestamp;
use serde_json::json;

/// `client_assertion_type` (RFC 7523 §2.2).
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Seconds a statement holds: it is made for one request.
const LIFETIME_S: i64 = 60;

/// Who states it, to whom.
#[derive(Clone, Copy, Debug)]
pub struct ClientAssertion<'a> {
    pub client_id: &'a str,
    /// The one recipient: the issuer or the exact token endpoint, so that no other server can use it.
    pub audience: &'a str,
    /// Never used twice.
    pub id: &'a str,
    pub now: Timestamp,
}

impl ClientAssertion<'_> {
    pub fn sign(&self, key: &SigningKey, alg: Option<Algorithm>, kid: Option<&str>) -> Result<Secret, BadKey> {
        let claims = json!({
            "iss": self.client_id, "sub": self.client_id, "aud": self.audience, "jti": self.id,
            "iat": self.now, "exp": self.now + LIFETIME_S,
        });
        jwt::sign(&claims, key, alg.unwrap_or(key.usual_algorithm()), kid.or(key.kid()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::jwt::{Unverified, tests::*};

    #[test]
    fn it_is_from_and_about_the_client_for_one_recipient_and_a_minute() {
        let key = key(Algorithm::Es256);
        let said = ClientAssertion { client_id: "me", audience: "https://as.example", id: "j", now: Timestamp(1000) };
        let token = said.sign(&key, None, Some("k")).unwrap();
        let token = Unverified::parse(token.expose()).unwrap();
        assert_eq!(
            serde_json::Value::from(token.verify(&published(&key, "k")).unwrap().clone()),
            json!({"iss": "me", "sub": "me", "aud": "https://as.example", "jti": "j", "iat": 1000, "exp": 1060})
        );
    }

    #[test]
    fn a_shared_secret_signs_with_hs256() {
        let said = ClientAssertion { client_id: "me", audience: "a", id: "j", now: Timestamp(0) };
        let key = SigningKey::shared(&Secret::new("secret"));
        assert!(said.sign(&key, None, None).is_ok());
        assert_eq!(said.sign(&key, Some(Algorithm::Rs256), None).unwrap_err(), BadKey::OtherKind(Algorithm::Rs256));
    }
}
