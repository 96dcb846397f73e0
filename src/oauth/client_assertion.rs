//! Client authentication by a signed statement (RFC 7523 §2.2 and §3, OpenID Connect Core §9).

use super::assertion::{self, NoAssertion};
use super::definition::Auth;
use super::jwt;
use super::secret::Secret;
use super::signing_key::SigningKey;
use super::template::Values;
use super::timestamp::Timestamp;

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
    /// Signs it as `auth` says, with its claims laid over the RFC's.
    pub fn sign(&self, key: &SigningKey, auth: &Auth, values: &Values) -> Result<Secret, NoAssertion> {
        let texts = [("iss", self.client_id), ("sub", self.client_id), ("aud", self.audience), ("jti", self.id)];
        let dates = [("iat", self.now), ("exp", self.now + LIFETIME_S)];
        let texts = texts.map(|(name, text)| (name.to_owned(), text.into()));
        let dates = dates.map(|(name, date)| (name.to_owned(), date.0.into()));
        let claims = assertion::laid_over(texts.into_iter().chain(dates).collect(), &auth.claims, values)?;
        Ok(jwt::sign(&claims, key, auth.alg.unwrap_or(key.usual_algorithm()), auth.kid.as_deref().or(key.kid()))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::jwk::Algorithm;
    use crate::oauth::jwt::{Unverified, tests::*};
    use crate::oauth::signing_key::BadKey;
    use serde_json::{Value, json};

    fn auth(details: Value) -> Auth {
        let mut json = json!({"method": "private_key_jwt"});
        for (name, value) in details.as_object().unwrap() {
            json[name] = value.clone();
        }
        serde_json::from_value(json).unwrap()
    }

    fn said(details: Value) -> Value {
        let key = key(Algorithm::Es256);
        let said = ClientAssertion { client_id: "me", audience: "https://as.example", id: "j", now: Timestamp(1000) };
        let values = Values::default().with("client_id", "me");
        let token = said.sign(&key, &auth(details), &values).unwrap();
        let token = Unverified::parse(token.expose()).unwrap();
        Value::from(token.verify(&published(&key, "k")).unwrap().clone())
    }

    #[test]
    fn it_is_from_and_about_the_client_for_one_recipient_and_a_minute() {
        assert_eq!(
            said(json!({"kid": "k"})),
            json!({"iss": "me", "sub": "me", "aud": "https://as.example", "jti": "j", "iat": 1000, "exp": 1060})
        );
    }

    #[test]
    fn a_definition_says_other_claims_where_a_server_wants_them() {
        let claims = json!({"iss": "me.example", "aud": "https://other.example", "jti": null, "who": "{client_id}"});
        assert_eq!(
            said(json!({"kid": "k", "claims": claims})),
            json!({"iss": "me.example", "sub": "me", "aud": "https://other.example", "iat": 1000, "exp": 1060, "who": "me"})
        );
    }

    #[test]
    fn a_shared_secret_signs_with_hs256() {
        let said = ClientAssertion { client_id: "me", audience: "a", id: "j", now: Timestamp(0) };
        let key = SigningKey::shared(&Secret::new("secret"));
        let sign = |details: Value| said.sign(&key, &auth(details), &Values::default());
        assert!(sign(json!({})).is_ok());
        let error = sign(json!({"alg": "RS256"})).unwrap_err();
        assert_eq!(error.to_string(), BadKey::OtherKind(Algorithm::Rs256).to_string());
    }
}
