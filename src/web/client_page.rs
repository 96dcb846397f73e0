//! What the page of one client says.

use super::claims::claims;
use super::home::server;
use super::pages::{Action, Badge, ClientKey, ClientPage, Fact, GrantError, GrantRow, IdentityView, Snippet, words};
use super::presets;
use crate::app::App;
use crate::flows::client_key;
use crate::oauth::definition::{AuthMethod, GrantType};
use crate::oauth::grant::Grant;
use crate::oauth::id_token::{Identity, Trust};
use crate::oauth::name::{Account, GrantName};
use crate::oauth::timestamp::Timestamp;
use crate::registry::Client;
use serde_json::Value;

pub fn of(app: &App, client: &Client, grants: &[Grant]) -> ClientPage {
    let definition = &client.definition;
    let account = grants.first().map_or_else(Account::default, |grant| grant.name.account.clone());
    let example = GrantName { client: client.name.clone(), account };
    let (preset, redirect_uri) = (presets::of(app, definition), app.redirect_uri(definition));
    let by_browser = definition.grant == GrantType::AuthorizationCode;
    ClientPage {
        name: client.name.to_string(),
        service: definition.service.clone(),
        server: server(definition),
        grants: grants.iter().map(|grant| row(app, client, grant)).collect(),
        snippets: Snippet::of_grant(&example, definition.api.base_url.as_deref(), &app.settings.public_url.to_string()),
        redirect_warning: preset
            .filter(|_| by_browser)
            .and_then(|preset| preset.redirect_advice(&redirect_uri))
            .map(str::to_owned),
        redirect_uri: by_browser.then_some(redirect_uri),
        key: key(app, client),
        facts: facts(client),
        notes: definition.notes.clone(),
        can_authorize: definition.needs_resource_owner(),
        can_revoke: definition.revoke.url.is_some(),
        can_discover: definition.issuer.is_some(),
    }
}

fn row(app: &App, client: &Client, grant: &Grant) -> GrantRow {
    let (tokens, now) = (&grant.tokens, app.now());
    GrantRow {
        account: grant.name.account.to_string(),
        state: Badge::of(grant.state(&client.definition, now).as_str()),
        scope: tokens.scope.as_ref().unwrap_or(&client.definition.scopes).join(" "),
        expiry: words::expiry(tokens.expires_at, now),
        expires_at: tokens.expires_at.map(Timestamp::rfc3339).unwrap_or_default(),
        refreshed: words::ago(tokens.received_at, now),
        error: grant.last_error().map(|error| GrantError { text: error, hint: hint(app, client, grant) }),
        advice: refresh_advice(app, client, grant),
        identity: grant.identity.as_ref().map(identity),
        actions: actions(client, grant),
    }
}

fn actions(client: &Client, grant: &Grant) -> Vec<Action> {
    let definition = &client.definition;
    let said = |url: &Option<String>| url.as_deref().is_some_and(|url| !url.is_empty());
    let all = [
        (grant.can_refresh(definition), Action { path: "refresh", label: "Refresh now" }),
        (said(&definition.api.base_url), Action { path: "test", label: "Test" }),
        (said(&definition.userinfo.url), Action { path: "userinfo", label: "User info" }),
        (said(&definition.introspect.url), Action { path: "introspect", label: "Introspect" }),
    ];
    all.into_iter().filter(|(offered, _)| *offered).map(|(_, action)| action).collect()
}

fn identity(identity: &Identity) -> IdentityView {
    IdentityView {
        subject: identity.subject().unwrap_or_default().to_owned(),
        verified: identity.trust == Trust::Verified,
        claims: claims(&identity.claims),
    }
}

/// A token that ends, and nothing to renew it with.
fn refresh_advice(app: &App, client: &Client, grant: &Grant) -> String {
    let renewable = grant.tokens.refresh_token.is_some() || grant.can_refresh(&client.definition);
    let missed = grant.tokens.expires_at.is_some() && !renewable && client.definition.needs_resource_owner();
    if missed { app.presets.refresh_token_advice(&client.definition).to_owned() } else { String::new() }
}

fn hint(app: &App, client: &Client, grant: &Grant) -> String {
    if let Some(ended) = &grant.ended
        && let Some(advice) = app.presets.advice_on(client.definition.preset.as_deref(), &ended.error)
    {
        return advice.to_owned();
    }
    let word = if grant.ended.is_some() { "Authorize again." } else { "It is tried again at the next use." };
    let until = grant.tokens.expires_at.is_some() && client.definition.needs_resource_owner();
    if grant.ended.is_none() && until {
        format!("{word} Until it ends, the present token is used.")
    } else {
        word.to_owned()
    }
}

fn key(app: &App, client: &Client) -> Option<ClientKey> {
    if !client.definition.authenticates_with(AuthMethod::PrivateKeyJwt) {
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
