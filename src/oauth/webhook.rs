//! Signing what is told to a webhook, as the specification Standard Webhooks says: HMAC-SHA256 over id, time and body.

use super::secret::Secret;
use super::timestamp::Timestamp;
use base64::{Engine, engine::general_purpose::STANDARD};
use ring::hmac;

/// Bytes of a key, from the fewest to the most (Standard Webhooks, "Signature scheme").
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;
const PREFIX: &str = "whsec_";

/// A key that the receiver knows too.
#[derive(Clone, Debug)]
pub struct WebhookKey(Secret);

impl WebhookKey {
    /// `whsec_` and 24 to 64 bytes in base64; the word before may be left out.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let key = text.strip_prefix(PREFIX).unwrap_or(text);
        let bytes = STANDARD.decode(key).ok()?;
        LENGTHS.contains(&bytes.len()).then(|| Self(Secret::new(key)))
    }

    fn sign(&self, message: &str) -> String {
        // It was decoded once, when it was parsed.
        let bytes = STANDARD.decode(self.0.expose()).unwrap_or_default();
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &bytes), message.as_bytes());
        format!("v1,{}", STANDARD.encode(tag))
    }
}

/// The value of `webhook-signature`: one signature for each key, so that a receiver can change its own in peace.
pub fn signatures(keys: &[WebhookKey], id: &str, at: Timestamp, body: &str) -> String {
    let message = format!("{id}.{}.{body}", at.0);
    keys.iter().map(|key| key.sign(&message)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    #[test]
    fn a_signature_is_that_of_the_specification() {
        let key = WebhookKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = r#"{"test": 2432232314}"#;
        let signed =
            signatures(std::slice::from_ref(&key), "msg_p5jXN8AQM9LWM0D4loKWxJek", Timestamp(1_614_265_330), body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let two = signatures(&[key.clone(), key], "msg_p5jXN8AQM9LWM0D4loKWxJek", Timestamp(1_614_265_330), body);
        assert_eq!(two, format!("{signed} {signed}"));
    }

    #[test]
    fn a_key_is_long_enough_and_never_shown() {
        assert!(WebhookKey::parse(&STANDARD.encode([7; 32])).is_some());
        for bad in ["", "whsec_", "whsec_c2hvcnQ=", "whsec_not base64 at all, is it", &STANDARD.encode([7; 65])] {
            assert!(WebhookKey::parse(bad).is_none(), "{bad}");
        }
        let key = WebhookKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        assert!(!format!("{key:?}").contains("MfKQ"));
    }
}
