//! JSON Web Keys (RFC 7517) and the signatures they belong to (RFC 7518 §3, RFC 8037).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// The JSON Web Signature algorithms of this program. `none` is not one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "PS256")]
    Ps256,
    #[serde(rename = "ES256")]
    Es256,
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// With a shared secret.
    #[serde(rename = "HS256")]
    Hs256,
}

/// A public key, ready to verify with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// The uncompressed point: 4, x, y.
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// The keys that a server publishes (RFC 7517 §5).
#[derive(Clone, Debug, Default)]
pub struct KeySet(Vec<Published>);

#[derive(Clone, Debug)]
struct Published {
    kid: Option<String>,
    alg: Option<String>,
    key: PublicKey,
}

/// What a key set says of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    Good,
    Bad,
    /// No key of that `kid` and kind: the set may be an old one.
    NoSuchKey,
}

impl Algorithm {
    pub fn parse(name: &str) -> Option<Self> {
        Self::deserialize(Value::from(name)).ok()
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Hs256 => "HS256",
        }
    }
}

impl PublicKey {
    /// `None`: not a public key that we verify with.
    pub fn from_jwk(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name)?.as_str();
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        match (text("kty")?, text("crv")) {
            ("RSA", _) => Some(Self::Rsa { n: without_zeros(bytes("n")?), e: without_zeros(bytes("e")?) }),
            ("EC", Some("P-256")) => Some(Self::P256(point(&bytes("x")?, &bytes("y")?)?)),
            ("OKP", Some("Ed25519")) => Some(Self::Ed25519(bytes("x")?)),
            _ => None,
        }
    }

    /// The members that make the key, and no others.
    pub fn to_jwk(&self) -> Map<String, Value> {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let jwk = match self {
            Self::Rsa { n, e } => json!({"e": text(e), "kty": "RSA", "n": text(n)}),
            Self::P256(point) => {
                let (x, y) = point[1..].split_at(32);
                json!({"crv": "P-256", "kty": "EC", "x": text(x), "y": text(y)})
            }
            Self::Ed25519(x) => json!({"crv": "Ed25519", "kty": "OKP", "x": text(x)}),
        };
        match jwk {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }

    /// RFC 7638: the digest of the members in the order of their names, which is how they are written above.
    pub fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(Value::Object(self.to_jwk()).to_string()))
    }

    pub fn suits(&self, alg: Algorithm) -> bool {
        matches!(
            (self, alg),
            (Self::Rsa { .. }, Algorithm::Rs256 | Algorithm::Ps256)
                | (Self::P256(_), Algorithm::Es256)
                | (Self::Ed25519(_), Algorithm::EdDsa)
        )
    }

    pub fn verifies(&self, alg: Algorithm, message: &[u8], mark: &[u8]) -> bool {
        let verified = match (self, alg) {
            (Self::Rsa { n, e }, Algorithm::Rs256) => {
                RsaPublicKeyComponents { n, e }.verify(&signature::RSA_PKCS1_2048_8192_SHA256, message, mark)
            }
            (Self::Rsa { n, e }, Algorithm::Ps256) => {
                RsaPublicKeyComponents { n, e }.verify(&signature::RSA_PSS_2048_8192_SHA256, message, mark)
            }
            (Self::P256(point), Algorithm::Es256) => {
                UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point).verify(message, mark)
            }
            (Self::Ed25519(x), Algorithm::EdDsa) => {
                UnparsedPublicKey::new(&signature::ED25519, x).verify(message, mark)
            }
            _ => return false,
        };
        verified.is_ok()
    }
}

impl KeySet {
    /// Reads a JWK Set. Keys that are not for signatures, or of a kind unknown here, are passed over (RFC 7517 §5).
    /// `None`: this is no key set.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let document: Value = serde_json::from_slice(body).ok()?;
        let published = |jwk: &Value| {
            let text = |name: &str| jwk.get(name).and_then(Value::as_str).map(str::to_owned);
            let key = PublicKey::from_jwk(jwk).filter(|_| text("use").is_none_or(|purpose| purpose == "sig"))?;
            Some(Published { kid: text("kid"), alg: text("alg"), key })
        };
        Some(Self(document.get("keys")?.as_array()?.iter().filter_map(published).collect()))
    }

    /// Whether one of the keys made this signature. Without a `kid` every suitable key is tried.
    pub fn judge(&self, alg: Algorithm, kid: Option<&str>, message: &[u8], mark: &[u8]) -> Judgement {
        let meant = |published: &&Published| {
            kid.is_none_or(|kid| published.kid.as_deref() == Some(kid))
                && published.alg.as_deref().is_none_or(|said| said == alg.as_str())
                && published.key.suits(alg)
        };
        let mut judgement = Judgement::NoSuchKey;
        for published in self.0.iter().filter(meant) {
            if published.key.verifies(alg, message, mark) {
                return Judgement::Good;
            }
            // Without a kid the right key may be one that is not here yet.
            judgement = if kid.is_some() { Judgement::Bad } else { Judgement::NoSuchKey };
        }
        judgement
    }
}

/// RFC 7518 §6.2.1.2: both coordinates have the full size of the curve.
pub(super) fn point(x: &[u8], y: &[u8]) -> Option<Vec<u8>> {
    (x.len() == 32 && y.len() == 32).then(|| [&[4], x, y].concat())
}

fn without_zeros(bytes: Vec<u8>) -> Vec<u8> {
    bytes.into_iter().skip_while(|byte| *byte == 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7638 §3.1.
    const RSA_N: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCi\
                         FV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgn\
                         Yb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqb\
                         w0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

    #[test]
    fn a_thumbprint_is_that_of_the_rfc() {
        let key = PublicKey::from_jwk(&json!({"kty": "RSA", "n": RSA_N, "e": "AQAB", "alg": "RS256"})).unwrap();
        assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn an_ed25519_signature_and_thumbprint_are_those_of_rfc_8037() {
        let key = PublicKey::from_jwk(
            &json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}),
        )
        .unwrap();
        assert_eq!(key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let mark = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        let mark = URL_SAFE_NO_PAD.decode(mark).unwrap();
        let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        assert!(key.verifies(Algorithm::EdDsa, message, &mark));
        assert!(!key.verifies(Algorithm::EdDsa, b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmd", &mark));
    }

    #[test]
    fn an_es256_signature_is_that_of_rfc_7515() {
        let key = PublicKey::from_jwk(&json!({"kty": "EC", "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}));
        let mark = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        let message = b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        assert!(key.unwrap().verifies(Algorithm::Es256, message, &URL_SAFE_NO_PAD.decode(mark).unwrap()));
    }

    #[test]
    fn a_key_set_passes_over_what_it_does_not_know() {
        let set = KeySet::parse(
            &json!({"keys": [
                {"kty": "oct", "k": "c2VjcmV0"}, {"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"}, 7,
                {"kty": "RSA", "n": RSA_N, "e": "AQAB", "use": "enc"},
                {"kty": "RSA", "n": RSA_N, "e": "AQAB", "kid": "a"}]})
            .to_string()
            .into_bytes(),
        )
        .unwrap();
        assert_eq!(set.0.len(), 1);
        assert_eq!(set.judge(Algorithm::Rs256, Some("a"), b"", b""), Judgement::Bad);
        assert_eq!(set.judge(Algorithm::Rs256, Some("b"), b"", b""), Judgement::NoSuchKey);
        assert_eq!(set.judge(Algorithm::Es256, Some("a"), b"", b""), Judgement::NoSuchKey);
        assert_eq!(set.judge(Algorithm::Hs256, None, b"", b""), Judgement::NoSuchKey);
        assert!(KeySet::parse(b"<html>").is_none() && KeySet::parse(b"{}").is_none());
    }
}
