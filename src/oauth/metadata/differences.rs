//! What a server's metadata says otherwise than a definition does.

use crate::oauth::definition::fields::{Field, fields};
use crate::oauth::definition::{Definition, Invalid};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::Url;

/// Where a server moves to without anybody's wish. All else may be as it is because a person wanted it so.
const FOLLOWED: [&str; 8] = [
    "authorize.url",
    "token.url",
    "revoke.url",
    "introspect.url",
    "userinfo.url",
    "device.url",
    "id_token.jwks_url",
    "callback.iss",
];

/// One field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "program", derive(utoipa::ToSchema))]
pub struct Difference {
    /// Where it is in the definition, dotted.
    pub field: String,
    /// As the definition has it, or the default; `null` where there is none.
    pub present: Value,
    /// As the server would have it.
    pub offered: Value,
    /// Whether to take the server's value unless somebody says no.
    pub proposed: bool,
}

impl Difference {
    /// As the form calls the field, or its path.
    pub fn label(&self) -> &str {
        in_the_form(&self.field).map_or(&self.field, |known| known.label)
    }
}

/// Every field of `facts` (see [`super::definition_facts`]) that would change the definition.
pub fn differences(definition: &Definition, facts: &Value) -> Vec<Difference> {
    let present = json_of(definition);
    let (mut facts, mut leaves) = (facts.clone(), Vec::new());
    spell_out_auth(&mut facts);
    flatten("", &facts, &mut leaves);
    // Compared as definitions, because a default need not be written. What would not be valid is a difference, too.
    leaves.retain(|(field, offered)| apply(definition, [(field.as_str(), offered.clone())]).as_ref() != Ok(definition));
    let difference = |(field, offered): (String, Value)| {
        let written = present.pointer(&format!("/{}", field.replace('.', "/"))).cloned();
        let default = || in_the_form(&field).map(|known| known.default).filter(|text| !text.is_empty());
        let present = written.or_else(|| default().map(Value::from)).unwrap_or_default();
        let proposed = FOLLOWED.contains(&field.as_str()) && is_the_servers_own(&present, &offered);
        Difference { field, present, offered, proposed }
    };
    leaves.into_iter().map(difference).collect()
}

fn in_the_form(field: &str) -> Option<&'static Field> {
    fields().find(|known| known.path == field)
}

/// `"auth": "basic"` is short for an object, whose other members nobody wants to lose.
fn spell_out_auth(definition: &mut Value) {
    if let Some(auth @ Value::String(_)) = definition.pointer_mut("/token/auth") {
        *auth = json!({ "method": auth.take() });
    }
}

/// Nothing yet, or an address at the same host without anything filled in. Another host, a placeholder or a query was
/// put there by a person or a preset.
fn is_the_servers_own(present: &Value, offered: &Value) -> bool {
    let host = |value: &Value| Url::parse(value.as_str()?).ok()?.host_str().map(str::to_owned);
    match present.as_str() {
        None => present.is_null(),
        Some(text) if text.contains(['{', '?']) => false,
        Some(_) => host(present) == host(offered),
    }
}

/// The definition with these fields set, all else as it was.
pub fn apply<'a>(
    definition: &Definition,
    fields: impl IntoIterator<Item = (&'a str, Value)>,
) -> Result<Definition, Invalid> {
    let mut json = json_of(definition);
    fields.into_iter().for_each(|(field, value)| set(&mut json, field, value));
    let (mut changed, mut original) = (Definition::from_json(json)?, definition.clone());
    for ((_, secret), (_, kept)) in changed.secrets_mut().into_iter().zip(original.secrets_mut()) {
        secret.clone_from(kept);
    }
    Ok(changed)
}

/// A secret that was not sealed yet has no JSON.
fn json_of(definition: &Definition) -> Value {
    let written = definition.to_json().or_else(|_| definition.without_secrets().to_json());
    let mut json = written.unwrap_or_default();
    spell_out_auth(&mut json);
    json
}

fn flatten(path: &str, value: &Value, leaves: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(&path, value, leaves);
            }
        }
        value => leaves.push((path.to_owned(), value.clone())),
    }
}

fn set(json: &mut Value, path: &str, value: Value) {
    if !json.is_object() {
        *json = json!({});
    }
    let Some(fields): Option<&mut Map<String, Value>> = json.as_object_mut() else { return };
    match path.split_once('.') {
        Some((first, rest)) => set(fields.entry(first).or_insert(Value::Null), rest, value),
        None => drop(fields.insert(path.to_owned(), value)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{definition_facts, tests::parse};
    use super::*;

    fn facts(changes: Value) -> Value {
        definition_facts(&parse(changes).unwrap())
    }

    fn definition(changes: Value) -> Definition {
        let mut json = facts(json!({}));
        json["client_id"] = json!("id");
        for (field, value) in changes.as_object().unwrap() {
            set(&mut json, field, value.clone());
        }
        Definition::from_json(json).unwrap()
    }

    #[test]
    fn what_is_as_discovered_does_not_differ() {
        assert_eq!(differences(&definition(json!({})), &facts(json!({}))), []);
        let written_out = definition(json!({ "grant": "authorization_code", "pkce": "s256" }));
        assert_eq!(differences(&written_out, &facts(json!({}))), []);
    }

    #[test]
    fn endpoints_are_followed_and_wishes_are_kept() {
        let kept = definition(json!({
            "client_secret": "canary", "scopes": ["mine"], "pkce": "off", "token.auth": "post",
            "authorize.url": "https://as.example/authorize?mine=1",
            "introspect.url": "https://mine.example/introspect",
            "userinfo.url": "https://as.example/old",
        }));
        let offered = facts(json!({
            "scopes_supported": ["openid"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "revocation_endpoint": "https://as.example/revoke",
            "introspection_endpoint": "https://as.example/introspect",
            "userinfo_endpoint": "https://as.example/new",
            "authorization_response_iss_parameter_supported": true,
        }));
        let found = differences(&kept, &offered);
        let proposed = |found: &[Difference], proposed: bool| -> Vec<String> {
            let mut fields: Vec<_> = found.iter().filter(|d| d.proposed == proposed).map(|d| d.field.clone()).collect();
            fields.sort();
            fields
        };
        assert_eq!(proposed(&found, true), ["callback.iss", "revoke.url", "userinfo.url"]);
        assert_eq!(proposed(&found, false), ["authorize.url", "introspect.url", "pkce", "scopes", "token.auth.method"]);
        let auth = found.iter().find(|d| d.field == "token.auth.method").unwrap();
        assert_eq!(
            (auth.label(), &auth.present, &auth.offered),
            ("Client authentication", &json!("post"), &json!("basic"))
        );
        assert!(!format!("{found:?}").contains("canary"));
    }

    #[test]
    fn what_is_applied_is_what_was_chosen() {
        let before = definition(json!({ "client_secret": "canary", "scopes": ["mine"] }));
        let after = apply(&before, [("revoke.url", json!("https://as.example/revoke"))]).unwrap();
        assert_eq!(after.revoke.url.as_deref(), Some("https://as.example/revoke"));
        assert_eq!((&after.scopes, &after.client_secret), (&before.scopes, &before.client_secret));
        assert!(apply(&before, [("token.url", json!("javascript:alert(1)"))]).is_err());
        assert!(apply(&before, [("no.such", json!(1))]).is_err());
    }
}
