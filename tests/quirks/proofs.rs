//! What a server computes anew to see who asks: signatures over a request, and assertions.

use crate::simulator::{Pairs, Seen};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::{hmac, rand::SystemRandom, signature};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The client's key, for these tests alone; `{pem}` in a row.
pub const KEY: &str = "\
-----BEGIN PRIVATE KEY-----\n\
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgLrSUNVVnSUR7m2VO\n\
PyDe+9hSOoE3kuOJZ3oMVBDX3VWhRANCAATrb/hxB3qPPfJf5/5nDM+AsnE0mQIg\n\
N3j9WEQT8cpZE5f3KeYhJtFnwvaU79mIx9jPTkfPzF0ot9J0ZjBy5JMd\n\
-----END PRIVATE KEY-----";

/// An HMAC over pieces of the request.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// `params`, `query` or `headers`.
    place: String,
    name: String,
    /// Pieces: `path`, `body`, `sorted` (every parameter but this one, by name), `params.NAME`, `query.NAME`,
    /// `headers.NAME`; anything else is itself.
    message: Vec<String>,
    key: String,
    /// `SHA-256 hex`, `SHA-256 HEX`, `SHA-512 base64` or `SHA-1 base64url`.
    kind: String,
}

impl Signature {
    /// What is wrong with the request's.
    pub fn violation(&self, request: &Seen) -> Option<String> {
        let got = request.part(&self.place).get(&self.name).cloned().unwrap_or_default();
        let wanted = self.made_for(request);
        (wanted != got).then(|| format!("signature `{}`: wanted `{wanted}`, got `{got}`", self.name))
    }

    fn made_for(&self, request: &Seen) -> String {
        let message: String = self.message.iter().map(|piece| self.piece(request, piece)).collect();
        let mark = |alg| hmac::sign(&hmac::Key::new(alg, self.key.as_bytes()), message.as_bytes());
        let hex = |mark: hmac::Tag| mark.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        match self.kind.as_str() {
            "SHA-256 hex" => hex(mark(hmac::HMAC_SHA256)),
            "SHA-256 HEX" => hex(mark(hmac::HMAC_SHA256)).to_uppercase(),
            "SHA-512 base64" => STANDARD.encode(mark(hmac::HMAC_SHA512)),
            "SHA-1 base64url" => URL_SAFE_NO_PAD.encode(mark(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY)),
            other => panic!("unknown kind {other}"),
        }
    }

    fn piece(&self, request: &Seen, piece: &str) -> String {
        match (piece, piece.split_once('.')) {
            ("path", _) => request.path.clone(),
            ("body", _) => request.text.clone(),
            ("sorted", _) => {
                let others = request.part("params").iter().filter(|(name, _)| **name != self.name);
                others.map(|(name, value)| format!("{name}{value}")).collect()
            }
            (_, Some((part, name))) => request.part(part)[name].clone(),
            (text, None) => text.to_owned(),
        }
    }
}

/// A JWT in a parameter, signed with [`KEY`].
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    param: String,
    kid: Option<String>,
    /// Exactly these; `*` stands for any text or number.
    claims: Map<String, Value>,
    /// Seconds from `iat` to `exp`.
    lifetime: i64,
}

impl Assertion {
    pub fn violations(&self, params: &Pairs) -> Vec<String> {
        let jwt = params.get(&self.param).map(String::as_str).unwrap_or_default();
        let Some((header, claims)) = verified(jwt) else {
            return vec![format!("`{}` is not signed by us", self.param)];
        };
        let mut wrong = Vec::new();
        let kid = header.get("kid").and_then(Value::as_str);
        if header["alg"] != "ES256" || kid != self.kid.as_deref() {
            wrong.push(format!("header of the assertion: {header:?}"));
        }
        for (name, wanted) in &self.claims {
            let got = claims.get(name).unwrap_or(&Value::Null);
            if got.is_null() || (wanted != "*" && wanted != got) {
                wrong.push(format!("claim `{name}`: wanted {wanted}, got {got}"));
            }
        }
        wrong.extend(
            claims.keys().filter(|name| !self.claims.contains_key(*name)).map(|name| format!("claim `{name}`")),
        );
        if claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap() != self.lifetime {
            wrong.push(format!("the assertion lives from {} to {}", claims["iat"], claims["exp"]));
        }
        wrong
    }
}

fn verified(jwt: &str) -> Option<(Map<String, Value>, Map<String, Value>)> {
    let (signed, mark) = jwt.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let mark = URL_SAFE_NO_PAD.decode(mark).ok()?;
    let pem: String = KEY.lines().filter(|line| !line.starts_with('-')).collect();
    let key = STANDARD.decode(pem).unwrap();
    let alg = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
    let pair = signature::EcdsaKeyPair::from_pkcs8(alg, &key, &SystemRandom::new()).unwrap();
    let public = signature::KeyPair::public_key(&pair);
    let known = signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, public);
    known.verify(signed.as_bytes(), &mark).ok()?;
    let part = |text: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok();
    Some((part(header)?, part(claims)?))
}
