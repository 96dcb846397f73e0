//! What the page of one client says.

use super::grant_row;
use super::home::server;
use super::pages::{ClientKey, ClientPage, Fact, GrantError, Snippet, words};
use super::presets;
use crate::app::App;
use crate::flows::client_key;
use crate::flows::refresh::first_token::FirstToken;
use crate::oauth::definition::GrantType;
use crate::oauth::grant::Grant;
use crate::oauth::name::{Account, GrantName};
use crate::registry::Client;
use serde_json::Value;

/// `first`: what went wrong with the first token of a client that asks in its own name.
pub fn of(app: &App, client: &Client, grants: &[Grant], first: Option<&FirstToken>) -> ClientPage {
    let definition = &client.definition;
    let account = grants.first().map_or_else(Account::default, |grant| grant.name.account.clone());
    let example = GrantName { client: client.name.clone(), account };
    let (preset, redirect_uri) = (presets::of(app, definition), app.redirect_uri_of(client));
    let by_browser = definition.grant == GrantType::AuthorizationCode;
    ClientPage {
        name: client.name.to_string(),
        service: definition.service.clone(),
        server: server(definition),
        grants: grants.iter().map(|grant| grant_row::of(app, client, grant)).collect(),
        trouble: first.map(|first| GrantError {
            text: first.failing.error.clone(),
            hint: grant_row::trouble(&first.failing, app.now()),
        }),
        snippets: Snippet::of_grant(&example, definition.api.base_url.as_deref(), &app.settings.public_url.to_string()),
        redirect_warning: preset
            .filter(|_| by_browser)
            .and_then(|preset| preset.redirect_advice(&redirect_uri))
            .map(str::to_owned),
        redirect_uri: by_browser.then_some(redirect_uri),
        key: key(app, client),
        facts: facts(client),
        notes: definition.notes.clone(),
        events: Vec::new(),
        declared_in: client.declared_in.as_ref().map(|file| file.display().to_string()),
        can_authorize: definition.needs_resource_owner(),
        can_revoke: definition.revoke.url.is_some(),
        can_discover: definition.issuer.is_some(),
        registered: false,
    }
}

fn key(app: &App, client: &Client) -> Option<ClientKey> {
    if !client.definition.signs_with_its_key() {
        return None;
    }
    let jwks = |set: Value| serde_json::to_string_pretty(&set).unwrap_or_default();
    Some(match client_key::public_jwks(app, client) {
        Ok(set) => ClientKey { jwks: set.map(jwks).unwrap_or_default(), problem: String::new() },
        Err(error) => ClientKey { jwks: String::new(), problem: words::sentence(&error.to_string()) },
    })
}

fn facts(client: &Client) -> Vec<Fact> {
    let definition = &client.definition;
    let fact = |label, value: &str, code| Fact { label, value: value.to_owned(), code };
    let secret = if definition.client_secret.is_some() { "set" } else { "none" };
    let all = vec![
        fact("Client ID", &definition.client_id, true),
        fact("Client secret", secret, false),
        fact("Grant", definition.grant.as_str(), true),
        fact("Scopes", &definition.scopes.join(" "), true),
        fact("Issuer", definition.issuer.as_deref().unwrap_or_default(), true),
        fact("Authorization endpoint", &definition.authorize.url, true),
        fact("Device authorization endpoint", definition.device.url.as_deref().unwrap_or_default(), true),
        fact("Token endpoint", &definition.token.url, true),
    ];
    all.into_iter().filter(|fact| !fact.value.is_empty()).collect()
}
