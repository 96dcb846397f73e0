//! Proof Key for Code Exchange (RFC 7636).

use super::{definition::Pkce, secret::Secret};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// The code verifier of one authorization: 43 characters from 32 random bytes (RFC 7636 §4.1).
pub fn verifier(random: [u8; 32]) -> Secret {
    Secret::new(URL_SAFE_NO_PAD.encode(random))
}

/// What the authorization request shows of the verifier: `(code_challenge, code_challenge_method)`; nothing when off.
pub fn challenge(method: Pkce, verifier: &Secret) -> Option<(String, &'static str)> {
    match method {
        Pkce::S256 => Some((URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose())), "S256")),
        Pkce::Plain => Some((verifier.expose().to_owned(), "plain")),
        Pkce::Off => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_of_rfc_7636_appendix_b_holds() {
        let verifier = Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        let (challenge, method) = challenge(Pkce::S256, &verifier).unwrap();
        assert_eq!((challenge.as_str(), method), ("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "S256"));
    }
}
