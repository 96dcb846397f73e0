//! The form and what leads to it, in the states that matter.

use super::samples::CALLBACK;
use crate::presets::Presets;
use crate::web::client_form::{ClientForm, FieldErrors};
use crate::web::pages::*;
use crate::web::presets::{knowledge, picker as pick};
use serde_json::json;

pub fn new_client() -> EditClient {
    EditClient {
        form: ClientForm::blank().view(&FieldErrors::default()),
        redirect_uri: CALLBACK.into(),
        ..EditClient::default()
    }
}

/// From a preset that asks for things, one of which is missing.
pub fn preset_client(id: &str) -> EditClient {
    let presets = Presets::new(None);
    let preset = presets.get(id).unwrap();
    let form = ClientForm::from_json(&preset.definition()).named(id);
    let missing = preset.vars.iter().filter(|variable| variable.required && variable.default.is_none());
    let missing = missing.map(|variable| (format!("vars.{}", variable.name), "it is missing".to_owned()));
    EditClient {
        form: form.view_asking(&preset.vars, &FieldErrors(missing.collect())),
        preset: Some(knowledge(preset, &form.vars(), CALLBACK)),
        redirect_uri: CALLBACK.into(),
        ..EditClient::default()
    }
}

pub fn picker(query: &str) -> PickPreset {
    PickPreset { broken: vec!["/etc/presets/a.json: line 3".into()], ..pick(&Presets::new(None), query) }
}

pub fn edit_client() -> EditClient {
    let errors = FieldErrors(vec![
        ("token.url".into(), "`{region}` is not known here; add `region` to the variables or correct it".into()),
        ("authorize.params.state".into(), "the state protects the callback: rename it".into()),
        ("callback.capture[0].pattern".into(), "this pattern cannot be read".into()),
        ("tokn".into(), "unknown field `tokn`".into()),
    ]);
    let form = ClientForm::from_json(&rich()).named("music").based_on("7");
    EditClient {
        editing: Some("music".into()),
        form: form.view(&errors),
        redirect_uri: CALLBACK.into(),
        ..EditClient::default()
    }
}

/// A definition that differs from its defaults nearly everywhere.
pub fn rich() -> serde_json::Value {
    json!({
        "service": "Music", "preset": "music", "grant": "device_code", "client_id": "id",
        "client_secret": {"sealed": "canary-sealed"}, "issuer": "https://a.example", "vars": {"tenant": "acme"},
        "redirect_uri": "https://b.example/cb", "scopes": ["read", "write"], "scope_separator": ",", "pkce": "off",
        "authorize": {"url": "https://{tenant}.example/authorize?a=b", "fragment_route": "/oauth",
            "params": {"prompt": "consent", "state": null, "client_key": "{client_id}", "z": "line\nbreak", "a": ""},
            "raw_params": ["scope", "audience"], "drop_empty": false},
        "callback": {"code_param": "auth_code", "state_param": "customField", "state_policy": "unsolicited",
            "iss": "required", "methods": ["GET"],
            "capture": [{"name": "realmId", "pattern": "[0-9]{1,20}"}, {"name": "dc", "pattern": "eu|us"}]},
        "token": {"url": "https://{tenant}.example/token", "method": "GET",
            "auth": {"method": "private_key_jwt", "encoding": "raw", "private_key": {"sealed": "canary-sealed"}, "kid": "k",
                "user": "{client_id}", "password": "{client_secret}", "alg": "ES256", "audience": "token_endpoint",
                "claims": {"iss": "a.example", "jti": null}, "certificate": "-----BEGIN CERTIFICATE-----"},
            "body": "json", "params": {"grant_type": null},
            "headers": {"X-Api-Key": "{client_id}"}},
        "assertion": {"claims": {"sub": "me", "jti": null}, "lifetime_s": 30},
        "signer": {"message": "{path}{params}", "key": "{client_secret}&", "alg": "hmac_sha512", "encoding": "base64",
            "in": "header", "name": "X-Sign"},
        "upgrade": {"url": "https://a.example/long", "method": "GET", "auth": {"method": "basic", "encoding": "raw",
            "user": "{client_secret}", "password": "{client_id}"}, "body": "json", "params": {"a": null, "b": "c"},
            "headers": {"A": "b"}, "after_refresh": true,
            "response": {"root": "data", "format": "json", "fields": {"access_token": ["BhRestToken"]}, "expires": "s",
                "default_ttl_s": 600, "ok": {"path": "ok", "equals": 0}, "error_paths": {"error": ["code"]},
                "capture": {"rest_url": "restUrl"}, "extra_tokens": {"other": "other"}}},
        "refresh": {"url": "https://a.example/refresh", "method": "POST", "auth": {"method": "basic", "encoding": "raw"}, "body": "query",
            "input": "access_token", "params": {"type": "refresh"}, "headers": {"A": "b"}, "rotation": "keep",
            "on_missing_token": "extend", "margin_s": 0, "background": false},
        "response": {"root": "data", "format": "json",
            "fields": {"access_token": ["authed_user.access_token", "/a/b,c d"], "scope": ["s"]},
            "expires": "epoch_ms", "default_ttl_s": 3600, "ok": {"path": "ok", "equals": true},
            "error_paths": {"error": ["code"]}, "capture": {"instance_url": "instance_url"}, "extra_tokens": {"user": "authed_user.access_token"}},
        "api": {"token_in": "query", "name": "token", "template": "{access_token}", "base_url": "https://api.example",
            "headers": {"Notion-Version": "2022-06-28"}, "probe": "/me"},
        "revoke": {"url": "https://a.example/r", "params": {"all": "true"}},
        "introspect": {"url": "https://a.example/i", "params": {"token_type_hint": null}},
        "userinfo": {"url": "https://a.example/u"}, "id_token": {"jwks_url": "https://a.example/jwks"},
        "device": {"url": "https://a.example/d", "params": {"audience": "api"}},
        "publish": "tokens", "token_file": {"name": "{account}.token", "format": "env", "login": "me"}, "notes": "First line\nsecond line"
    })
}

pub fn offered() -> EditClient {
    let register = Register {
        issuer: "https://api.example.com/v1".into(),
        name: "api.example.com".into(),
        server: "accounts.example.com".into(),
        error: Some("The server refused the registration: invalid_redirect_uri.".into()),
    };
    let origin = "https://accounts.example.com, the authorization server of https://api.example.com/v1";
    EditClient { filled_from: Some(origin.into()), register: Some(register), ..new_client() }
}

pub fn discovered() -> Discovered {
    let row = |field: &str, label: &str, present: &str, offered: &str, proposed| DifferenceRow {
        field: field.into(),
        label: label.into(),
        present: present.into(),
        offered: offered.into(),
        json: format!("{offered:?}"),
        proposed,
    };
    Discovered {
        name: "google-drive".into(),
        issuer: "https://accounts.google.com".into(),
        base_version: "7".into(),
        rows: vec![
            row(
                "token.url",
                "Token endpoint",
                "https://oauth2.googleapis.com/token",
                &format!("https://oauth2.googleapis.com/{}/token", "v4".repeat(40)),
                true,
            ),
            row("revoke.url", "Revocation endpoint", "", "https://oauth2.googleapis.com/revoke", true),
            row("scopes", "Scopes", "drive.readonly", "openid offline_access", false),
            row("authorize.params.prompt", "authorize.params.prompt", "", "consent", false),
        ],
    }
}
