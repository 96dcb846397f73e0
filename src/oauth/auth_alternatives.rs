//! Finding out how a server wants a client to authenticate, where the definition does not say.
//!
//! Servers are split: some take the secret only in the body, some only by HTTP Basic; of those some want it form-encoded
//! as RFC 6749 §2.3.1 says, some as it is. All of them check the client before they look at the code, so a request that
//! was refused with `invalid_client` can be made once more in another spelling.

use super::definition::{Auth, AuthMethod, BasicEncoding, Definition};
use super::secret::Secret;
use super::token_request::{Credentials, form_encoded};
use super::token_response::ErrorAnswer;

/// Whose authentication a request uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthPlace {
    Token,
    Refresh,
    Upgrade,
}

impl AuthPlace {
    /// A refresh authenticates as the token request does, unless it has its own way.
    pub fn of_refresh(definition: &Definition) -> Self {
        if definition.refresh.auth.is_some() { AuthPlace::Refresh } else { AuthPlace::Token }
    }

    pub fn get(self, definition: &Definition) -> &Auth {
        let own = match self {
            AuthPlace::Token => None,
            AuthPlace::Refresh => definition.refresh.auth.as_ref(),
            AuthPlace::Upgrade => definition.upgrade.auth.as_ref(),
        };
        own.unwrap_or(&definition.token.auth)
    }

    pub fn set(self, definition: &mut Definition, auth: Auth) {
        match self {
            AuthPlace::Token => definition.token.auth = auth,
            AuthPlace::Refresh => definition.refresh.auth = Some(auth),
            AuthPlace::Upgrade if definition.upgrade.auth.is_none() => definition.token.auth = auth,
            AuthPlace::Upgrade => definition.upgrade.auth = Some(auth),
        }
    }
}

/// What is tried after a first request with `auth` was refused; empty where a person chose, or where it would be the
/// same request again.
pub fn alternatives(auth: &Auth, who: &Credentials) -> Vec<Auth> {
    let Some(secret) = who.client_secret.as_ref().filter(|secret| !secret.is_empty()) else { return Vec::new() };
    let basic = |encoding| {
        let mut basic = auth.clone();
        (basic.method, basic.encoding) = (AuthMethod::Basic, encoding);
        basic
    };
    let raw_differs = [who.client_id.as_str(), Secret::expose(secret)].iter().any(|text| form_encoded(text) != *text);
    let raw = (auth.encoding == BasicEncoding::Auto && raw_differs).then(|| basic(BasicEncoding::Raw));
    match auth.method {
        AuthMethod::Auto => std::iter::once(basic(auth.encoding)).chain(raw).collect(),
        AuthMethod::Basic => raw.into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Whether the server did not accept the client's authentication (RFC 6749 §5.2).
pub fn is_called_for(answer: &ErrorAnswer) -> bool {
    matches!(answer.status, 400 | 401) && answer.is("invalid_client")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn tried(auth: Value, secret: Option<&str>) -> Value {
        let client_secret = secret.map(Secret::new);
        let who = Credentials { client_id: "id".to_owned(), client_secret, ..Credentials::default() };
        let auth: Auth = serde_json::from_value(auth).unwrap();
        alternatives(&auth, &who).iter().map(|auth| serde_json::to_value(auth).unwrap()).collect()
    }

    #[test]
    fn an_explicit_choice_is_not_second_guessed() {
        for auth in
            [json!("post"), json!("none"), json!({"method": "basic", "encoding": "form"}), json!("private_key_jwt")]
        {
            assert_eq!(tried(auth, Some("a+b")), json!([]));
        }
        assert_eq!(tried(json!({"method": "basic", "encoding": "raw"}), Some("a+b")), json!([]));
    }

    #[test]
    fn basic_is_tried_raw_only_where_that_differs() {
        let raw = json!({"method": "basic", "encoding": "raw"});
        assert_eq!(tried(json!("basic"), Some("a+b")), json!([raw]));
        assert_eq!(tried(json!("basic"), Some("a b")), json!([raw]));
        assert_eq!(tried(json!("basic"), Some("plain-secret_1.2*")), json!([]));
    }

    #[test]
    fn without_a_choice_the_body_is_followed_by_basic() {
        assert_eq!(tried(json!("auto"), Some("ab")), json!(["basic"]));
        assert_eq!(tried(json!("auto"), Some("a%b")), json!(["basic", {"method": "basic", "encoding": "raw"}]));
        assert_eq!(tried(json!("auto"), None), json!([]));
    }

    #[test]
    fn only_a_refused_client_calls_for_another_try() {
        let answer = |status, error: &str| ErrorAnswer::new(status, Some(error.to_owned()), None, None);
        assert!(is_called_for(&answer(400, "invalid_client")) && is_called_for(&answer(401, "invalid_client")));
        assert!(!is_called_for(&answer(400, "invalid_grant")) && !is_called_for(&answer(500, "invalid_client")));
    }

    #[test]
    fn a_refresh_remembers_where_its_authentication_is_written() {
        let mut definition = Definition::default();
        assert_eq!(AuthPlace::of_refresh(&definition), AuthPlace::Token);
        definition.refresh.auth = Some(Auth::default());
        let place = AuthPlace::of_refresh(&definition);
        place.set(&mut definition, serde_json::from_value(json!("basic")).unwrap());
        assert_eq!(place.get(&definition).method, AuthMethod::Basic);
        assert_eq!(definition.token.auth, Auth::default());
    }
}
