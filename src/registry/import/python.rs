//! The Python helper's file: `{"1": {"client_id", "auth_endpoint", "token_endpoint", "redirect_url", "service_name"}}`, and
//! the older form of it with `auth_url` and `qs_params` and no token endpoint.

mod parameters;

use super::settings::as_text;
use super::{Imported, names};
use crate::oauth::definition::{Definition, Publish, RedirectUri, RefreshInput, SecretSource};
use crate::oauth::secret::Secret;
use parameters::Parameters;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

type Object = Map<String, Value>;

/// An entry that makes no valid definition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("client {entry}: {why}")]
pub struct Unconvertible {
    pub entry: String,
    why: String,
}

const AUTHORIZE: &[(&str, &str)] = &[
    ("response_type", "code"),
    ("client_id", "{client_id}"),
    ("redirect_uri", "{redirect_uri}"),
    ("scope", "{scope}"),
    ("state", "{state}"),
];
const TOKEN: &[(&str, &str)] = &[
    ("grant_type", "authorization_code"),
    ("code", "{code}"),
    ("redirect_uri", "{redirect_uri}"),
    ("client_id", "{client_id}"),
    ("client_secret", "{client_secret}"),
];
const REFRESH: &[(&str, &str)] = &[
    ("grant_type", "refresh_token"),
    ("refresh_token", "{refresh_token}"),
    ("client_id", "{client_id}"),
    ("client_secret", "{client_secret}"),
];

/// What an entry may hold: the second line is the helper's own bookkeeping, which nobody misses.
const KNOWN: &[&str] = &[
    "client_id",
    "client_secret",
    "service_name",
    "redirect_url",
    "auth_endpoint",
    "token_endpoint",
    "auth_url",
    "qs_params",
    "add_time",
    "last_mod_time",
    "auth_code_set",
    "refresh_token_ttl",
    "acess_token_ttl",
    "redis_keys",
    "redis_values",
];

/// Whether this is the Python helper's file. An empty one says nothing.
pub fn recognises(root: &Object) -> bool {
    let is_entry = |entry: &Value| {
        entry.get("client_id").is_some() && (entry.get("auth_endpoint").is_some() || entry.get("auth_url").is_some())
    };
    !root.contains_key("clients") && root.values().any(is_entry)
}

/// All clients of the file. `default_redirect` is the redirect URI that `auto` stands for.
pub fn convert(root: &Object, default_redirect: &str) -> Result<Vec<Imported>, Unconvertible> {
    let mut taken = BTreeSet::new();
    let each = root.iter().map(|(id, entry)| {
        let unconvertible = |why: String| Unconvertible { entry: id.clone(), why };
        let entry = entry.as_object().ok_or_else(|| unconvertible("this must be an object".to_owned()))?;
        let (mut definition, notes) = definition(entry, default_redirect);
        definition.notes = format!("Converted from the Python helper's file, where this was client {id}.");
        for note in &notes {
            definition.notes.push('\n');
            definition.notes.push_str(note);
        }
        definition.validate().map_err(|invalid| unconvertible(invalid.to_string()))?;
        let name = names::free(&mut taken, &[&definition.service, &format!("client-{id}")]);
        let name = name.ok_or_else(|| unconvertible("its service gives no name".to_owned()))?;
        Ok(Imported { name, definition, notes, tokens: None })
    });
    each.collect()
}

fn definition(entry: &Object, default_redirect: &str) -> (Definition, Vec<String>) {
    let mut notes = Vec::new();
    let nothing = Object::new();
    let part = |name: &str| entry.get(name).and_then(Value::as_object).unwrap_or(&nothing);
    let (authorize, token) = (part("auth_endpoint"), part("token_endpoint"));
    let mut definition = Definition {
        client_id: text(entry, "client_id"),
        service: text(entry, "service_name"),
        redirect_uri: match text(entry, "redirect_url") {
            url if url.is_empty() || url == default_redirect => RedirectUri::Auto,
            url => RedirectUri::Literal(url),
        },
        ..Definition::default()
    };
    definition.authorize.url = [text(authorize, "url"), text(entry, "auth_url")].concat();
    definition.token.url = text(token, "url");

    let asked = Parameters::read(authorize.get("qs_params").or(entry.get("qs_params")), &mut notes);
    let mut exchanged = Parameters::read(token.get("access_params"), &mut notes);
    let mut refreshed = Parameters::read(token.get("refresh_params"), &mut notes);
    let mut secret = Some(text(entry, "client_secret")).filter(|secret| !secret.is_empty());
    exchanged.take_secret(&mut secret, &mut notes);
    refreshed.take_secret(&mut secret, &mut notes);
    definition.client_secret = secret.map(|secret| SecretSource::Plain(Secret::new(secret)));

    let (asked, scope) = asked.without_scope(&mut definition);
    definition.authorize.params = asked.overlay(AUTHORIZE, &mut notes);
    definition.token.params = exchanged.with_scope(&scope).overlay(TOKEN, &mut notes);
    definition.refresh.params = refreshed.with_scope(&scope).overlay(REFRESH, &mut notes);
    refresh_and_publish(&mut definition, token, &mut notes);
    for unknown in entry.keys().filter(|key| !KNOWN.contains(&key.as_str())) {
        notes.push(format!("`{unknown}` was not carried over."));
    }
    (definition, notes)
}

fn refresh_and_publish(definition: &mut Definition, token: &Object, notes: &mut Vec<String>) {
    if definition.token.url.is_empty() {
        definition.publish = Publish::Code;
        notes.push(
            "There was no token endpoint: the code is left in Redis for another program (publish: code).".to_owned(),
        );
    }
    if token.get("use_refresh") == Some(&Value::Bool(false)) {
        definition.refresh.input = RefreshInput::None;
        notes.push(
            "use_refresh was off, so tokens are not refreshed; to change that, set refresh.input to refresh_token."
                .to_owned(),
        );
    }
    notes.push("PKCE (S256) is sent now; if the authorization server refuses it, set pkce to off.".to_owned());
}

/// A field as text; empty when it is absent, null or not a single value.
fn text(object: &Object, name: &str) -> String {
    object.get(name).and_then(as_text).unwrap_or_default()
}
