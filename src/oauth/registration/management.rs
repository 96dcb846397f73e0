//! Reading, changing and ending a registration (RFC 7592).

use super::{BadRegistration, Management, bearer, grant_type, refused, shown};
use crate::oauth::definition::{Definition, GrantType};
use crate::oauth::outgoing::{Body, Outgoing};
use crate::oauth::secret::Secret;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use url::Url;

/// What a server gives with a registration, and takes no change of (§2.2).
const THE_SERVERS_OWN: [&str; 4] =
    ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"];

const CLIENT_SECRET: &str = "client_secret";

/// A registration as the server keeps it now (§3).
#[derive(Debug)]
pub struct Kept {
    /// Without secrets, and without what is the server's own.
    metadata: Map<String, Value>,
    /// Maybe another one than before.
    pub client_secret: Option<Secret>,
    /// The same as before, or another: then the old one is over.
    pub management: Management,
}

/// What the server keeps otherwise than the definition has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outdated {
    /// As RFC 7591 §2 calls it.
    pub name: &'static str,
    pub present: Value,
    pub wanted: Value,
}

/// §2.1.
pub fn look(management: &Management) -> Outgoing {
    Outgoing::get(management.uri.clone()).header("Authorization", bearer(&management.access_token))
}

/// §2.2: all that the server keeps, since what is left out is taken for deleted, with the changes in it.
pub fn change(kept: &Kept, changes: &[Outdated]) -> Outgoing {
    let mut metadata = kept.metadata.clone();
    // It may be repeated, but not changed.
    if let Some(secret) = &kept.client_secret {
        metadata.insert(CLIENT_SECRET.to_owned(), secret.expose().into());
    }
    for Outdated { name, wanted, .. } in changes {
        metadata.insert((*name).to_owned(), wanted.clone());
    }
    let request = Outgoing::put(kept.management.uri.clone(), Body::json(&metadata.into()));
    request.header("Authorization", bearer(&kept.management.access_token))
}

/// §2.3.
pub fn end(management: &Management) -> Outgoing {
    Outgoing::delete(management.uri.clone()).header("Authorization", bearer(&management.access_token))
}

/// The answer to [`look`] and [`change`] (§3). A new place for them is believed at the old one's origin only.
pub fn read(status: u16, body: &[u8], asked: &Management, client_id: &str) -> Result<Kept, BadRegistration> {
    let answer: Option<Map<String, Value>> = serde_json::from_slice(body).ok();
    match status {
        200..=299 => {}
        401 | 403 | 404 => return Err(BadRegistration::Unknown { status }),
        _ => return Err(refused(status, &answer.unwrap_or_default(), &[&asked.access_token])),
    }
    let mut metadata = answer.ok_or(BadRegistration::NotJson)?;
    let text = |name: &str| metadata.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    if text("client_id") != Some(client_id) {
        return Err(BadRegistration::OtherClient(shown(text("client_id").unwrap_or("none"))));
    }
    let uri = text("registration_client_uri").and_then(|uri| Url::parse(uri).ok());
    let management = Management {
        uri: uri.filter(|uri| uri.origin() == asked.uri.origin()).unwrap_or_else(|| asked.uri.clone()),
        access_token: text("registration_access_token").map_or_else(|| asked.access_token.clone(), Secret::new),
    };
    let client_secret = text(CLIENT_SECRET).map(Secret::new);
    metadata.retain(|name, _| name != CLIENT_SECRET && !THE_SERVERS_OWN.contains(&name.as_str()));
    Ok(Kept { metadata, client_secret, management })
}

impl Kept {
    /// Where it is behind the definition. What a server does not say is left to it, and what it has besides is kept.
    pub fn outdated(&self, definition: &Definition, client_name: &str, redirect_uri: &str) -> Vec<Outdated> {
        let by_browser = definition.grant == GrantType::AuthorizationCode;
        let (scopes, grant) = (definition.scopes.join(" "), grant_type(&definition.grant));
        let all = [
            ("client_name", json!(client_name), self.text("client_name") == client_name),
            ("redirect_uris", json!([redirect_uri]), !by_browser || self.lists("redirect_uris", redirect_uri)),
            ("grant_types", self.with("grant_types", grant), self.lists("grant_types", grant)),
            ("scope", json!(scopes), scopes.is_empty() || words(self.text("scope")) == words(&scopes)),
        ];
        let outdated = all.into_iter().filter(|(name, _, same)| !same && self.metadata.contains_key(*name));
        outdated.map(|(name, wanted, _)| Outdated { name, present: self.metadata[name].clone(), wanted }).collect()
    }

    fn text(&self, name: &str) -> &str {
        self.metadata.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn list(&self, name: &str) -> Vec<&str> {
        let list = self.metadata.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    fn lists(&self, name: &str, wanted: &str) -> bool {
        self.list(name).contains(&wanted)
    }

    fn with(&self, name: &str, more: &str) -> Value {
        json!(self.list(name).into_iter().chain([more]).collect::<Vec<_>>())
    }
}

/// The order of scopes means nothing (RFC 6749 §3.3).
fn words(scope: &str) -> BTreeSet<&str> {
    scope.split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Management {
        let uri = Url::parse("https://as.example/reg/id").unwrap();
        Management { uri, access_token: Secret::new("canary-old") }
    }

    fn kept(changes: Value) -> Result<Kept, BadRegistration> {
        let mut answer = json!({"client_id": "id", "client_secret": "canary", "client_secret_expires_at": 0,
            "client_id_issued_at": 1, "client_name": "music", "redirect_uris": ["https://old.example/cb"],
            "grant_types": ["authorization_code", "refresh_token"], "scope": "b a", "logo_uri": "https://x.example/l",
            "registration_client_uri": "https://as.example/reg/id", "registration_access_token": "canary-new"});
        for (name, value) in changes.as_object().unwrap() {
            answer[name] = value.clone();
        }
        read(200, answer.to_string().as_bytes(), &asked(), "id")
    }

    fn definition(grant: GrantType) -> Definition {
        Definition { grant, scopes: vec!["a".to_owned(), "b".to_owned()], ..Definition::default() }
    }

    #[test]
    fn a_change_carries_all_that_is_kept_but_what_is_the_servers_own() {
        let kept = kept(json!({})).unwrap();
        let outdated = kept.outdated(&definition(GrantType::AuthorizationCode), "music", "https://new.example/cb");
        assert_eq!(outdated.iter().map(|change| change.name).collect::<Vec<_>>(), ["redirect_uris"]);
        let request = change(&kept, &outdated);
        let sent: Value = serde_json::from_str(request.body.unwrap().text.expose()).unwrap();
        assert_eq!(
            sent,
            json!({"client_id": "id", "client_secret": "canary", "client_name": "music", "scope": "b a",
                "redirect_uris": ["https://new.example/cb"], "grant_types": ["authorization_code", "refresh_token"],
                "logo_uri": "https://x.example/l"})
        );
        assert_eq!(request.headers[0].1.expose(), "Bearer canary-new", "the old token is over");
        assert!(!format!("{kept:?}").contains("canary"));
    }

    #[test]
    fn what_is_as_wanted_or_not_said_is_left_alone() {
        let outdated = |changes: Value, grant| {
            let outdated = kept(changes).unwrap().outdated(&definition(grant), "music", "https://old.example/cb");
            outdated.into_iter().map(|change| (change.name, change.wanted)).collect::<Vec<_>>()
        };
        assert_eq!(outdated(json!({}), GrantType::AuthorizationCode), []);
        assert_eq!(outdated(json!({"scope": "a"}), GrantType::AuthorizationCode), [("scope", json!("a b"))]);
        let more = json!(["authorization_code", "refresh_token", "client_credentials"]);
        assert_eq!(outdated(json!({"redirect_uris": []}), GrantType::ClientCredentials), [("grant_types", more)]);
        let silent = read(200, br#"{"client_id": "id"}"#, &asked(), "id").unwrap();
        assert_eq!(silent.outdated(&definition(GrantType::AuthorizationCode), "music", "https://x.example"), []);
        assert_eq!(silent.management.access_token.expose(), "canary-old");
    }

    #[test]
    fn another_place_another_client_and_a_refusal_are_not_believed() {
        let elsewhere = kept(json!({"registration_client_uri": "https://evil.example/reg/id"})).unwrap();
        assert_eq!(elsewhere.management.uri.as_str(), "https://as.example/reg/id");
        assert_eq!(kept(json!({"client_id": "x"})).unwrap_err(), BadRegistration::OtherClient("x".to_owned()));
        assert_eq!(read(401, b"", &asked(), "id").unwrap_err(), BadRegistration::Unknown { status: 401 });
        let said = read(400, br#"{"error": "x", "error_description": "canary-old"}"#, &asked(), "id").unwrap_err();
        assert!(!said.to_string().contains("canary"), "{said}");
    }
}
