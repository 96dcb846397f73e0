//! JSON Web Tokens in compact form (RFC 7519, RFC 7515 §3.1).

use super::jwk::{Algorithm, Judgement, KeySet};
use super::secret::Secret;
use super::signing_key::{BadKey, SigningKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

/// The claims of a token.
pub type Claims = Map<String, Value>;

/// A token as it came; nothing in it is to be believed before [`Unverified::verify`].
#[derive(Debug)]
pub struct Unverified<'t> {
    algorithm: String,
    kid: Option<String>,
    signed: &'t str,
    signature: Vec<u8>,
    claims: Claims,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadJwt {
    #[error("it is not a signed JSON Web Token")]
    NotAJwt,
    #[error("it is not signed (alg none)")]
    Unsigned,
    #[error("it is signed with {0}, which is not accepted here (RS256, PS256, ES256 and EdDSA are)")]
    Algorithm(String),
    #[error("it wants an extension to be understood (crit), which is not known here")]
    Critical,
    #[error("it is signed with a key that the server does not publish")]
    UnknownKey,
    #[error("its signature is wrong")]
    Signature,
}

/// Signs `claims`. `kid` names the key to whoever verifies.
pub fn sign(claims: &Value, key: &SigningKey, alg: Algorithm, kid: Option<&str>) -> Result<Secret, BadKey> {
    let mut header = json!({"alg": alg, "typ": "JWT"});
    if let Some(kid) = kid {
        header["kid"] = kid.into();
    }
    let encode = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let message = format!("{}.{}", encode(&header), encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(alg, message.as_bytes())?);
    Ok(Secret::new(format!("{message}.{signature}")))
}

impl<'t> Unverified<'t> {
    pub fn parse(token: &'t str) -> Result<Self, BadJwt> {
        let (signed, signature) = token.rsplit_once('.').ok_or(BadJwt::NotAJwt)?;
        let (header, claims) = signed.split_once('.').ok_or(BadJwt::NotAJwt)?;
        let header = object(header)?;
        if header.contains_key("crit") {
            return Err(BadJwt::Critical);
        }
        let text = |name: &str| header.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(Self {
            algorithm: text("alg").ok_or(BadJwt::NotAJwt)?,
            kid: text("kid"),
            signed,
            signature: URL_SAFE_NO_PAD.decode(signature).map_err(|_| BadJwt::NotAJwt)?,
            claims: object(claims)?,
        })
    }

    /// The claims, when one of the keys made the signature.
    ///
    /// # Errors
    /// [`BadJwt::UnknownKey`] may pass with a newer key set; nothing else does.
    pub fn verify(&self, keys: &KeySet) -> Result<&Claims, BadJwt> {
        let alg = match self.algorithm() {
            _ if self.algorithm.eq_ignore_ascii_case("none") => return Err(BadJwt::Unsigned),
            // A key set is public, so it verifies nothing that is made with a shared secret.
            None | Some(Algorithm::Hs256) => {
                let shown = self.algorithm.chars().filter(char::is_ascii_graphic).take(20).collect();
                return Err(BadJwt::Algorithm(shown));
            }
            Some(alg) => alg,
        };
        match keys.judge(alg, self.kid.as_deref(), self.signed.as_bytes(), &self.signature) {
            Judgement::Good => Ok(&self.claims),
            Judgement::Bad => Err(BadJwt::Signature),
            Judgement::NoSuchKey => Err(BadJwt::UnknownKey),
        }
    }

    /// What the token says it is signed with.
    pub fn algorithm(&self) -> Option<Algorithm> {
        Algorithm::parse(&self.algorithm)
    }

    /// The claims, whoever wrote them.
    pub fn unverified_claims(&self) -> &Claims {
        &self.claims
    }
}

fn object(part: &str) -> Result<Map<String, Value>, BadJwt> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| BadJwt::NotAJwt)?;
    serde_json::from_slice(&bytes).map_err(|_| BadJwt::NotAJwt)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn key(alg: Algorithm) -> SigningKey {
        SigningKey::parse(&SigningKey::generate(alg).unwrap()).unwrap()
    }

    pub fn published(key: &SigningKey, kid: &str) -> KeySet {
        let mut jwk = key.public().unwrap().to_jwk();
        jwk.insert("kid".to_owned(), kid.into());
        KeySet::parse(json!({"keys": [jwk]}).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_signed_token_is_verified_and_its_claims_come_back() {
        for alg in [Algorithm::Es256, Algorithm::EdDsa] {
            let key = key(alg);
            let token = sign(&json!({"sub": "a"}), &key, alg, Some("k")).unwrap();
            let token = Unverified::parse(token.expose()).unwrap();
            assert_eq!(token.verify(&published(&key, "k")).unwrap()["sub"], "a");
            assert_eq!(token.verify(&published(&key, "other")), Err(BadJwt::UnknownKey));
            assert_eq!(token.verify(&KeySet::default()), Err(BadJwt::UnknownKey));
        }
    }

    #[test]
    fn a_token_of_another_key_is_refused() {
        let token = sign(&json!({}), &key(Algorithm::Es256), Algorithm::Es256, Some("k")).unwrap();
        let other = published(&key(Algorithm::Es256), "k");
        assert_eq!(Unverified::parse(token.expose()).unwrap().verify(&other), Err(BadJwt::Signature));
    }

    #[test]
    fn an_unsigned_or_oddly_signed_token_is_refused() {
        let with_header = |header: Value| format!("{}.e30.", URL_SAFE_NO_PAD.encode(header.to_string()));
        let verdict = |header: Value| {
            let token = with_header(header);
            Unverified::parse(&token).and_then(|token| token.verify(&KeySet::default()).cloned()).unwrap_err()
        };
        for none in ["none", "NONE", "nOnE"] {
            assert_eq!(verdict(json!({"alg": none})), BadJwt::Unsigned);
        }
        assert_eq!(verdict(json!({"alg": "HS256"})), BadJwt::Algorithm("HS256".to_owned()));
        assert_eq!(verdict(json!({"alg": "ES512"})), BadJwt::Algorithm("ES512".to_owned()));
        assert_eq!(verdict(json!({"alg": "ES256", "crit": ["b64"]})), BadJwt::Critical);
        for junk in ["", "a", "a.b", "a.b.c", "e30.e30.", "....", "e30.e30.e30.e30"] {
            assert_eq!(Unverified::parse(junk).unwrap_err(), BadJwt::NotAJwt, "{junk}");
        }
    }
}
