use super::*;
use serde_json::json;

/// RFC 7517 A.2, the P-256 key.
fn jwk() -> Value {
    json!({"kty": "EC", "crv": "P-256", "kid": "1", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM", "d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"})
}

fn parsed(text: impl ToString) -> Result<SigningKey, BadKey> {
    SigningKey::parse(&Secret::new(text.to_string()))
}

#[test]
fn a_made_key_signs_what_its_public_half_verifies() {
    for alg in [Algorithm::Es256, Algorithm::EdDsa] {
        let key = SigningKey::parse(&SigningKey::generate(alg).unwrap()).unwrap();
        assert_eq!(key.usual_algorithm(), alg);
        let mark = key.sign(alg, b"message").unwrap();
        let public = key.public().unwrap();
        assert!(public.verifies(alg, b"message", &mark) && !public.verifies(alg, b"massage", &mark));
        assert_eq!(PublicKey::from_jwk(&public.to_jwk().into()), Some(public));
        assert_eq!(key.sign(Algorithm::Rs256, b""), Err(BadKey::OtherKind(Algorithm::Rs256)));
    }
    assert_eq!(SigningKey::generate(Algorithm::Rs256).unwrap_err(), BadKey::NotMade(Algorithm::Rs256));
}

#[test]
fn ed25519_signs_as_rfc_8037_says() {
    let key = parsed(json!({"kty": "OKP", "crv": "Ed25519", "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}))
    .unwrap();
    let mark = key.sign(Algorithm::EdDsa, b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc").unwrap();
    assert_eq!(
        URL_SAFE_NO_PAD.encode(mark),
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    );
}

#[test]
fn hs256_signs_as_rfc_7515_says() {
    let message = b"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let shared = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &URL_SAFE_NO_PAD.decode(shared).unwrap());
    let key = SigningKey { pair: Pair::Shared(key), kid: None };
    let mark = key.sign(Algorithm::Hs256, message).unwrap();
    assert_eq!(URL_SAFE_NO_PAD.encode(mark), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

#[test]
fn a_jwk_keeps_its_name_and_debug_shows_nothing_private() {
    let key = parsed(jwk()).unwrap();
    assert_eq!(key.kid(), Some("1"));
    assert!(!format!("{key:?}").contains("870MB6gfuTJ4"));
}

#[test]
fn what_is_no_key_is_refused_with_its_reason() {
    let mut broken = jwk();
    broken["d"] = json!("AAAA");
    let mut public = jwk();
    public.as_object_mut().unwrap().remove("d");
    let locked = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----";
    let certificate = "-----BEGIN CERTIFICATE-----\nY2FuYXJ5\n-----END CERTIFICATE-----\n";
    let empty = "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5\n-----END PRIVATE KEY-----\n";
    for (text, reason) in [
        (String::new(), BadKey::NotAKey),
        ("canary".to_owned(), BadKey::NotAKey),
        ("{\"kty\"".to_owned(), BadKey::NotAKey),
        (certificate.to_owned(), BadKey::NotAKey),
        (locked.to_owned(), BadKey::Locked),
        (empty.to_owned(), BadKey::Unusable),
        (broken.to_string(), BadKey::Unusable),
        (public.to_string(), BadKey::Unusable),
    ] {
        assert_eq!(parsed(&text).unwrap_err(), reason, "{text}");
    }
}

#[test]
fn a_sec1_key_is_read() {
    let der = URL_SAFE_NO_PAD.decode(jwk()["d"].as_str().unwrap()).unwrap();
    let (x, y) = (jwk()["x"].as_str().unwrap().to_owned(), jwk()["y"].as_str().unwrap().to_owned());
    let public = point(&URL_SAFE_NO_PAD.decode(x).unwrap(), &URL_SAFE_NO_PAD.decode(y).unwrap()).unwrap();
    let curve = [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    let sec1 =
        [&[0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20], &der[..], &curve, &[0xa1, 0x44, 0x03, 0x42, 0x00], &public];
    let text =
        format!("-----BEGIN EC PRIVATE KEY-----\n{}\n-----END EC PRIVATE KEY-----\n", STANDARD.encode(sec1.concat()));
    assert_eq!(parsed(text).unwrap().public(), parsed(jwk()).unwrap().public());
}

/// The key of RFC 7515 A.2.
fn rsa() -> SigningKey {
    parsed(include_str!("rfc7515_a2.json")).unwrap()
}

#[test]
fn rs256_signs_as_rfc_7515_says() {
    let message = b"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let mark = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1d\
                nZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC\
                -eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    let made = rsa().sign(Algorithm::Rs256, message).unwrap();
    assert_eq!(URL_SAFE_NO_PAD.encode(&made), mark);
    assert!(rsa().public().unwrap().verifies(Algorithm::Rs256, message, &made));
}

#[test]
fn an_rsa_key_signs_with_either_padding_and_neither_passes_for_the_other() {
    let public = rsa().public().unwrap();
    for (alg, other) in [(Algorithm::Ps256, Algorithm::Rs256), (Algorithm::Rs256, Algorithm::Ps256)] {
        let made = rsa().sign(alg, b"message").unwrap();
        assert!(public.verifies(alg, b"message", &made) && !public.verifies(other, b"message", &made));
    }
}
