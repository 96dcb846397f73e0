//! A signature over a token request, for servers that want one beside or instead of client authentication.

use super::definition::{Signer, SignerAlgorithm, SignerEncoding, SignerPlace};
use super::outgoing::Outgoing;
use super::secret::Secret;
use super::template::{self, TemplateError, Values};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::hmac;

const KEY: &str = "{client_secret}";
/// What some requests know and others do not.
const SIGNED: &[&str] = &["client_secret", "code", "code_verifier", "state", "access_token", "refresh_token"];

impl Signer {
    pub fn is_wanted(&self) -> bool {
        !self.message.is_empty()
    }

    /// The signature of what `values` make of the message. They hold `path`, `params` and `body` besides the request's own.
    fn sign(&self, values: &Values) -> Result<String, TemplateError> {
        let alg = match self.alg {
            SignerAlgorithm::HmacSha256 => hmac::HMAC_SHA256,
            SignerAlgorithm::HmacSha512 => hmac::HMAC_SHA512,
            SignerAlgorithm::HmacSha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        };
        let key = template::render(self.key.as_deref().unwrap_or(KEY), values)?;
        let message = template::render(&self.message, values)?;
        let mark = hmac::sign(&hmac::Key::new(alg, key.as_bytes()), message.as_bytes());
        Ok(encoded(self.encoding, mark.as_ref()))
    }

    /// The parameter that carries the signature over `pairs`, where it is one of them.
    pub fn parameter(
        &self,
        pairs: &[(String, String)],
        path: &str,
        values: &Values,
    ) -> Result<Option<(String, String)>, TemplateError> {
        if !self.is_wanted() || self.place != SignerPlace::Param {
            return Ok(None);
        }
        let values = about(values, path, pairs).with("body", "");
        Ok(Some((self.name.clone(), self.sign(&values)?)))
    }

    /// The finished request with the signature in its query or in a header.
    pub fn attach(
        &self,
        request: Outgoing,
        pairs: &[(String, String)],
        values: &Values,
    ) -> Result<Outgoing, TemplateError> {
        if !self.is_wanted() || self.place == SignerPlace::Param {
            return Ok(request);
        }
        let body = request.body.as_ref().map_or("", |body| body.text.expose());
        let values = about(values, request.url.path(), pairs).with("body", body);
        let mark = self.sign(&values)?;
        Ok(match self.place {
            SignerPlace::Query => {
                let mut request = request;
                request.url.query_pairs_mut().append_pair(&self.name, &mark);
                request
            }
            SignerPlace::Header | SignerPlace::Param => request.header(self.name.clone(), Secret::new(mark)),
        })
    }
}

/// What a message may hold. It serves every request, so what one of them does not know is blank there.
fn about(values: &Values, path: &str, pairs: &[(String, String)]) -> Values {
    let absent = SIGNED.iter().filter(|name| !values.has(name));
    let values = absent.fold(values.clone(), |values, name| values.with(*name, ""));
    values.with("path", path).with("params", sorted(pairs))
}

/// Names and values in the order of the names, without anything in between.
fn sorted(pairs: &[(String, String)]) -> String {
    let mut pairs: Vec<_> = pairs.iter().collect();
    pairs.sort();
    pairs.into_iter().map(|(name, value)| format!("{name}{value}")).collect()
}

fn encoded(encoding: SignerEncoding, mark: &[u8]) -> String {
    match encoding {
        SignerEncoding::Hex => mark.iter().map(|byte| format!("{byte:02x}")).collect(),
        SignerEncoding::HexUpper => mark.iter().map(|byte| format!("{byte:02X}")).collect(),
        SignerEncoding::Base64 => STANDARD.encode(mark),
        SignerEncoding::Base64url => URL_SAFE_NO_PAD.encode(mark),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(json: serde_json::Value) -> Signer {
        serde_json::from_value(json).unwrap()
    }

    fn pairs() -> Vec<(String, String)> {
        vec![("b".to_owned(), "2".to_owned()), ("a".to_owned(), "1".to_owned())]
    }

    /// RFC 4231 §4.3.
    #[test]
    fn the_signature_is_that_of_the_rfc() {
        let signer = signer(serde_json::json!({"message": "{body}", "key": "Jefe", "in": "header", "name": "X-Sign"}));
        let values = Values::default().with("body", "what do ya want for nothing?");
        let mark = signer.sign(&values).unwrap();
        assert_eq!(mark, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn a_parameter_signs_the_others_in_the_order_of_their_names() {
        let signer = signer(serde_json::json!({"message": "{path}{params}", "name": "sign", "encoding": "hex_upper"}));
        let values = Values::default().with("client_secret", "k");
        let (name, mark) = signer.parameter(&pairs(), "/token", &values).unwrap().unwrap();
        let by_hand = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"k"), b"/tokena1b2");
        assert_eq!((name.as_str(), mark), ("sign", encoded(SignerEncoding::HexUpper, by_hand.as_ref())));
    }
}
