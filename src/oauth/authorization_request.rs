//! The authorization request (RFC 6749 §4.1.1): the URL the resource owner is sent to.

use super::definition::{Definition, Overlay};
use super::pkce;
use super::secret::Secret;
use super::template::{self, TemplateError, Values};
use url::Url;

/// What is made anew for each authorization.
#[derive(Debug)]
pub struct Fresh {
    /// Comes back in the response; at least 128 random bits (RFC 6749 §10.10).
    pub state: Secret,
    /// Comes back in the ID token (OpenID Connect Core §3.1.2.1).
    pub nonce: String,
    pub code_verifier: Secret,
}

/// The request's URL. `values` holds what any request of this client may use (see [`Definition::values`]).
pub fn url(definition: &Definition, mut values: Values, fresh: &Fresh) -> Result<Url, TemplateError> {
    values.set("state", fresh.state.expose());
    values.set("nonce", &fresh.nonce);
    let mut base = vec![
        ("response_type", "code"),
        ("client_id", "{client_id}"),
        ("redirect_uri", "{redirect_uri}"),
        ("scope", "{scope}"),
        ("state", "{state}"),
    ];
    if let Some((challenge, method)) = pkce::challenge(definition.challenges_with(), &fresh.code_verifier) {
        values.set("code_challenge", challenge);
        values.set("code_challenge_method", method);
        base.extend([("code_challenge", "{code_challenge}"), ("code_challenge_method", "{code_challenge_method}")]);
    }
    if definition.scopes.iter().any(|scope| scope == "openid") {
        base.push(("nonce", "{nonce}"));
    }
    let authorize = &definition.authorize;
    let mut pairs = filled_in(&authorize.params, &base, &values)?;
    pairs.retain(|(name, value)| !value.is_empty() || !(authorize.drop_empty || name == "scope"));
    let (address, fragment) = authorize.address();
    let url = template::render_url(address, &values)?;
    let mut url = with_query(url, &pairs, &authorize.raw_params, authorize.fragment_route.as_deref());
    if fragment.is_some() {
        url.set_fragment(fragment);
    }
    Ok(url)
}

/// The RFC's parameters under the definition's overlay, every template filled in.
pub(super) fn filled_in(
    overlay: &Overlay,
    base: &[(&str, &str)],
    values: &Values,
) -> Result<Vec<(String, String)>, TemplateError> {
    let base = base.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    overlay.over(base).into_iter().map(|(name, value)| Ok((name, template::render(&value, values)?))).collect()
}

/// Adds parameters to a URL, whose own query is kept except for what is said anew.
pub(super) fn with_query(mut url: Url, pairs: &[(String, String)], raw: &[String], route: Option<&str>) -> Url {
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let ours: Vec<String> = pairs
        .iter()
        .map(|(name, value)| {
            let value = if raw.contains(name) { one_value(value) } else { encode(value).replace('+', "%20") };
            format!("{}={value}", encode(name))
        })
        .collect();
    if let Some(route) = route {
        let joint = if route.contains('?') { '&' } else { '?' };
        url.set_fragment(Some(&format!("{route}{joint}{}", ours.join("&"))));
        return url;
    }
    let kept = url.query_pairs().filter(|(name, _)| !pairs.iter().any(|(ours, _)| ours == name));
    let kept = kept.map(|(name, value)| format!("{}={}", encode(&name), encode(&value)));
    let query: Vec<String> = kept.chain(ours.iter().cloned()).collect();
    url.set_query(if query.is_empty() { None } else { Some(query.join("&")) }.as_deref());
    url
}

/// As it is, but for the signs that would begin another parameter or the fragment.
fn one_value(raw: &str) -> String {
    raw.replace('&', "%26").replace('#', "%23")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn request(change: Value) -> Url {
        let mut json = json!({"client_id": "me & you", "scopes": ["read", "write"],
            "authorize": {"url": "https://as.example/authorize?tenant=a&response_type=old"}, "token": {"url": "https://as.example/t"}});
        for (key, value) in change.as_object().unwrap() {
            json[key] = value.clone();
        }
        let definition = Definition::from_json(json).unwrap();
        let values = definition.values("https://me.example/cb", crate::oauth::timestamp::Timestamp(0), "r");
        let verifier = Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        let fresh = Fresh { state: Secret::new("STATE"), nonce: "NONCE".to_owned(), code_verifier: verifier };
        url(&definition, values, &fresh).unwrap()
    }

    #[test]
    fn the_request_is_the_rfcs_with_pkce_and_keeps_the_urls_own_query() {
        assert_eq!(
            request(json!({})).as_str(),
            "https://as.example/authorize?tenant=a&response_type=code&client_id=me%20%26%20you\
             &redirect_uri=https%3A%2F%2Fme.example%2Fcb&scope=read%20write&state=STATE\
             &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
        );
    }

    #[test]
    fn the_overlay_renames_adds_and_drops() {
        let url = request(json!({"pkce": "off", "scope_separator": ",", "authorize": {
            "url": "https://as.example/a", "raw_params": ["scope"],
            "params": {"client_id": null, "client_key": "{client_id}", "response_type": null, "access_type": "offline"}}}));
        assert_eq!(
            url.query(),
            Some(
                "redirect_uri=https%3A%2F%2Fme.example%2Fcb&scope=read,write&state=STATE&client_key=me%20%26%20you&access_type=offline"
            )
        );
    }

    #[test]
    fn parameters_follow_a_route_behind_the_number_sign() {
        let url = request(json!({"pkce": "off", "scopes": [], "authorize": {
            "url": "https://as.example/app", "fragment_route": "/oauth/authorize"}}));
        assert!(
            url.as_str().starts_with("https://as.example/app#/oauth/authorize?response_type=code&client_id="),
            "{url}"
        );
    }

    #[test]
    fn a_nonce_goes_with_openid_alone() {
        assert!(!request(json!({})).query().unwrap().contains("nonce"));
        assert!(request(json!({"scopes": ["openid"]})).query().unwrap().contains("&nonce=NONCE"));
    }
}
