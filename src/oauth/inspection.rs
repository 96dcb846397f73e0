//! Asking what a token is good for: introspection (RFC 7662), user info (OpenID Connect Core §5.3), a call of the API.

use super::definition::{Definition, TokenPlace};
use super::id_token::Identity;
use super::jwt::Claims;
use super::outgoing::{Answer, Outgoing};
use super::secret::{self, Secret};
use super::template::{self, TemplateError, Values};
use super::timestamp::Timestamp;
use serde_json::Value;
use url::Url;

/// Most characters of an answer that are shown.
const LONGEST_BODY: usize = 4000;

/// `GET` of the user info endpoint with the token in a header (RFC 6750 §2.1).
pub fn user_info(url: Url, access_token: &Secret) -> Outgoing {
    Outgoing::get(url).header("Authorization", Secret::new(format!("Bearer {}", access_token.expose())))
}

/// `GET` of the API's probe with the token attached as the definition says. `None`: it says no address.
pub fn probe(
    definition: &Definition,
    values: &Values,
    token: (String, String),
) -> Result<Option<Outgoing>, TemplateError> {
    let api = &definition.api;
    let Some(mut url) = address(definition, values)? else { return Ok(None) };
    let (name, value) = token;
    let mut request = match api.token_in {
        TokenPlace::Header => Outgoing::get(url).header(name, Secret::new(value)),
        TokenPlace::Query => {
            url.query_pairs_mut().append_pair(&name, &value);
            Outgoing::get(url)
        }
    };
    for (name, template) in &api.headers {
        request = request.header(name.clone(), Secret::new(template::render(template, values)?));
    }
    Ok(Some(request))
}

/// The probe is a URL, or a path below the base.
fn address(definition: &Definition, values: &Values) -> Result<Option<Url>, TemplateError> {
    let said = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let (base, probe) = (said(&definition.api.base_url), said(&definition.api.probe));
    match (base, probe) {
        (_, Some(probe)) if probe.contains("://") && !probe.starts_with('/') => {
            template::render_url(&probe, values).map(Some)
        }
        (Some(base), Some(path)) => {
            let path = path.trim_start_matches('/');
            template::render_url(&format!("{}/{path}", base.trim_end_matches('/')), values).map(Some)
        }
        (Some(base), None) => template::render_url(&base, values).map(Some),
        (None, _) => Ok(None),
    }
}

/// An answer as an object; `None`: it is none.
pub fn object(answer: &Answer) -> Option<Claims> {
    serde_json::from_slice(answer.body.expose()).ok()
}

/// When an active token ends, as introspection says (RFC 7662 §2.2).
pub fn end(answer: &Answer) -> Option<Timestamp> {
    let claims = object(answer).filter(|_| answer.is_success())?;
    let active = claims.get("active").and_then(Value::as_bool) != Some(false);
    let end = claims.get("exp").and_then(Value::as_i64).filter(|end| *end > 0)?;
    active.then_some(Timestamp(end))
}

/// Whether a person is the one whom the ID token named (§5.3.2: `sub` must be there and equal).
pub fn is_about(claims: &Claims, identity: Option<&Identity>) -> bool {
    let subject = claims.get("sub").and_then(Value::as_str);
    subject.is_some() && identity.and_then(Identity::subject).is_none_or(|known| subject == Some(known))
}

/// An answer's body for people: JSON laid out, secrets struck out, cut.
pub fn readable(answer: &Answer, secrets: &[&Secret]) -> String {
    let json = serde_json::from_slice::<Value>(answer.body.expose()).ok().map(|json| clean(json, secrets));
    let text = json.and_then(|json| serde_json::to_string_pretty(&json).ok());
    let text = text.unwrap_or_else(|| secret::struck_out(answer.body.expose_text().into_owned(), secrets));
    let shown: String = text.chars().filter(|c| !c.is_control() || *c == '\n').take(LONGEST_BODY).collect();
    if shown.len() < text.len() { format!("{shown}…") } else { shown }
}

/// Strikes secrets out of an object, wherever in it they are.
pub fn struck_out(claims: Claims, secrets: &[&Secret]) -> Claims {
    let text = |text| secret::struck_out(text, secrets);
    claims.into_iter().map(|(name, value)| (text(name), clean(value, secrets))).collect()
}

/// Text by text: written as JSON, a secret with a quotation mark in it would look different.
fn clean(json: Value, secrets: &[&Secret]) -> Value {
    match json {
        Value::String(text) => Value::String(secret::struck_out(text, secrets)),
        Value::Array(items) => items.into_iter().map(|item| clean(item, secrets)).collect(),
        Value::Object(members) => Value::Object(struck_out(members, secrets)),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::outgoing::AnswerBody;
    use serde_json::json;

    fn answer(body: &str) -> Answer {
        Answer {
            status: 200,
            content_type: None,
            retry_after: None,
            www_authenticate: None,
            dpop_nonce: None,
            etag: None,
            body: AnswerBody::new(body.as_bytes().to_vec()),
        }
    }

    #[test]
    fn what_is_shown_is_cut_and_without_secrets() {
        let token = Secret::new("canary");
        let shown = readable(&answer(r#"{"token":"canary","a":[1]}"#), &[&token]);
        assert_eq!(shown, "{\n  \"token\": \"[secret]\",\n  \"a\": [\n    1\n  ]\n}");
        let long = readable(&answer(&"x".repeat(10_000)), &[]);
        assert!(long.ends_with('…') && long.chars().count() == LONGEST_BODY + 1);
        assert_eq!(readable(&answer("a\u{1b}[31m\r\nb"), &[]).trim_end_matches('…'), "a[31m\nb");
    }

    #[test]
    fn user_info_is_about_the_person_of_the_id_token_or_nobody() {
        let claims = |json: Value| json.as_object().cloned().unwrap();
        let identity =
            Identity { claims: claims(json!({"sub": "alice"})), trust: crate::oauth::id_token::Trust::Verified };
        assert!(is_about(&claims(json!({"sub": "alice"})), Some(&identity)));
        assert!(is_about(&claims(json!({"sub": "bob"})), None));
        assert!(!is_about(&claims(json!({"sub": "bob"})), Some(&identity)));
        assert!(!is_about(&claims(json!({})), None));
    }

    #[test]
    fn a_probe_stays_at_the_apis_address() {
        let definition = |api: Value| {
            Definition::from_json(json!({"client_id": "id", "authorize": {"url": "https://a.example/"},
                "token": {"url": "https://a.example/"}, "api": api}))
            .unwrap()
        };
        let url = |api: Value| {
            let definition = definition(api);
            let token = (definition.api.name.clone(), "Bearer A".to_owned());
            probe(&definition, &Values::default(), token).unwrap().map(|request| request.url.to_string())
        };
        assert_eq!(url(json!({})), None);
        for (base, path, expected) in [
            ("https://api.example/v1/", "/me?a=b", "https://api.example/v1/me?a=b"),
            ("https://api.example", "//evil.example/", "https://api.example/evil.example/"),
            ("https://api.example", "@evil.example", "https://api.example/@evil.example"),
            ("https://api.example/v1", "https://other.example/me", "https://other.example/me"),
        ] {
            assert_eq!(url(json!({"base_url": base, "probe": path})).as_deref(), Some(expected));
        }
        let in_query = url(json!({"base_url": "https://api.example", "token_in": "query", "name": "key"}));
        assert_eq!(in_query.as_deref(), Some("https://api.example/?key=Bearer+A"));
    }
}
