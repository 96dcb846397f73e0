//! One function for each reader of what others wrote. It must not panic, hang or eat memory on any bytes, and what it
//! accepts must hold what is asserted here. `tests/seeds.rs` runs the same functions on the committed seeds.

use crate::oauth::authorization_request::{self, Fresh};
use crate::oauth::authorization_response::{AuthorizationResponse, Verdict};
use crate::oauth::definition::{Definition, Response};
use crate::oauth::device::DeviceAuthorization;
use crate::oauth::id_token::{self, Expected};
use crate::oauth::issuer::Issuer;
use crate::oauth::jwk::KeySet;
use crate::oauth::metadata::{Metadata, definition_facts, differences};
use crate::oauth::registration;
use crate::oauth::resource_metadata::{ApiUrl, ResourceMetadata};
use crate::oauth::secret::Secret;
use crate::oauth::signing_key::SigningKey;
use crate::oauth::template::{self, Values};
use crate::oauth::timestamp::Timestamp;
use crate::oauth::token_request::{self, Credentials};
use crate::oauth::token_response::{self, TokenAnswer};
use crate::registry::import::{self, Environment, Import, TextFile};
use crate::registry::json::{self, Position};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::LazyLock;
use url::form_urlencoded;

/// One target.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also the name of the folder with its seeds.
pub const ALL: [(&str, Target); 10] = [
    ("answers", answers),
    ("callback", callback),
    ("challenge", challenge),
    ("definition", definition),
    ("id_token", id_token),
    ("imports", imports),
    ("metadata", metadata),
    ("template", template),
    ("token_cache", token_cache),
    ("token_response", token_response),
];

const NOW: Timestamp = Timestamp(1_800_000_000);
const REDIRECT_URI: &str = "https://me.example/auth_callback";

static DEFINITION: LazyLock<Definition> = LazyLock::new(|| {
    let json = json!({"client_id": "id", "issuer": "https://as.example", "scopes": ["a"],
        "authorize": {"url": "https://as.example/a"}, "token": {"url": "https://as.example/{callback.realm}/t"},
        "callback": {"iss": "required", "capture": [{"name": "realm", "pattern": "[0-9]{1,20}"}]}});
    Definition::from_json(json).expect("a valid definition")
});

static ISSUER: LazyLock<Issuer> = LazyLock::new(|| Issuer::parse("https://as.example").expect("an issuer"));

/// Ways to read a token response; the first byte of the data chooses.
static RESPONSES: LazyLock<Vec<Response>> = LazyLock::new(|| {
    let all = json!([{}, {"format": "form"}, {"root": "data", "capture": {"x": "a.0.b"}},
        {"fields": {"access_token": ["authed_user.access_token", "/token"], "expires_in": "ttl"}, "expires": "ms"},
        {"ok": {"path": "ok", "equals": true}, "error_paths": {"error": "code"}, "expires": "iso"},
        {"expires": "epoch_ms", "default_ttl_s": 60}]);
    serde_json::from_value(all).expect("valid responses")
});

/// The redirect back: a query, or a posted form.
pub fn callback(data: &[u8]) {
    let pairs = form_urlencoded::parse(data).into_owned();
    let Ok(response) = AuthorizationResponse::from_pairs(pairs) else { return };
    let Ok(verdict) = response.judge(&DEFINITION) else { return };
    match verdict {
        Verdict::Refused(answer) => assert!(response.get("error").is_some() && answer.to_string().len() < 4096),
        Verdict::Code { code, captured } => {
            assert!(!code.is_empty() && response.get("error").is_none());
            assert_eq!(response.get("iss"), Some("https://as.example"));
            for realm in captured.values() {
                let url = template::render_url(&DEFINITION.token.url, &Values::default().with("callback.realm", realm));
                assert_eq!(url.expect("a number fits").path(), format!("/{realm}/t"));
            }
        }
    }
}

/// What a token endpoint answers.
pub fn token_response(data: &[u8]) {
    let Some((choice, body)) = data.split_first() else { return };
    let response = &RESPONSES[usize::from(*choice) % RESPONSES.len()];
    let status = if choice.is_ascii_uppercase() { 400 } else { 200 };
    let secret = Secret::new("canary-secret");
    let answer = TokenAnswer { status, content_type: Some("application/json"), body, received_at: NOW };
    match token_response::read(response, &answer, &[&secret]) {
        Ok(tokens) => {
            let token = tokens.access_token.expose();
            assert!(status == 200 && !token.trim().is_empty() && !token.chars().any(char::is_control));
        }
        Err(why) => assert!(!format!("{why:?}").contains(secret.expose())),
    }
}

/// A server's metadata, and the definition that it makes.
pub fn metadata(data: &[u8]) {
    let Ok(metadata) = Metadata::parse(data, &ISSUER) else { return };
    let mut facts = definition_facts(&metadata);
    assert_eq!(metadata.token_endpoint.scheme(), "https");
    assert!(metadata.authorization_endpoint.iter().all(|url| url.scheme() == "https"));
    differences(&DEFINITION, &facts);
    facts["client_id"] = "id".into();
    if let Ok(definition) = Definition::from_json(facts.clone()) {
        let differ = differences(&definition, &facts);
        assert!(differ.is_empty(), "{differ:?}");
    }
}

/// A definition, and the requests that it makes.
pub fn definition(data: &[u8]) {
    let Ok(json) = serde_json::from_slice::<Value>(data) else { return };
    let Ok(definition) = Definition::from_json(json) else { return };
    let shown = definition.without_secrets();
    let written = shown.to_json().expect("nothing is left that cannot be written");
    match Definition::from_json(written) {
        Ok(again) => assert_eq!(again, shown),
        // A client without its secret may be none.
        Err(_) => assert_ne!(definition, shown),
    }
    requests(&definition);
}

fn requests(definition: &Definition) {
    let values = definition.values(REDIRECT_URI, NOW, "r");
    let code_verifier = Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    let fresh = Fresh { state: Secret::new("the-state"), nonce: "n".to_owned(), code_verifier };
    if let Ok(url) = authorization_request::url(definition, values.clone(), &fresh) {
        assert!(url.has_host() && matches!(url.scheme(), "http" | "https"));
        for (name, value) in url.query_pairs() {
            assert!(name != "state" || value.contains("the-state"), "{url}");
        }
    }
    let values = values.with("code", "the-code").with("state", "the-state").with("refresh_token", "R");
    let who =
        Credentials { client_id: "id".to_owned(), client_secret: Some(Secret::new("s")), ..Credentials::default() };
    for request in [token_request::exchange, token_request::refresh, token_request::unattended] {
        if let Ok(request) = request(definition, values.clone(), &who) {
            assert!(
                request.headers.iter().all(|(name, value)| !name.is_empty() && !value.expose().contains(['\r', '\n']))
            );
        }
    }
}

/// `WWW-Authenticate`, and below its line the metadata of the API.
pub fn challenge(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (header, document) = text.split_once('\n').unwrap_or((&text, ""));
    let api = ApiUrl::parse("https://api.example/v1/me").expect("a URL");
    if let Some((url, _)) = api.named_by(header) {
        assert_eq!(url.scheme(), "https");
    }
    for (_, speaks_for) in api.well_known() {
        if let Ok(metadata) = ResourceMetadata::parse(document.as_bytes(), &speaks_for) {
            let mut facts = json!({"token": {"url": "https://as.example/t"}});
            metadata.add_to(&mut facts);
            assert!(!metadata.authorization_servers.is_empty() && metadata.resource.starts_with("https://api.example"));
        }
    }
}

/// An ID token, below its line a key set, below that a private key.
pub fn id_token(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut parts = text.splitn(3, '\n');
    let token = Secret::new(parts.next().unwrap_or_default());
    let keys = KeySet::parse(parts.next().unwrap_or_default().as_bytes()).unwrap_or_default();
    let access_token = Secret::new("A");
    let expected = Expected {
        issuer: "https://as.example",
        client_id: "id",
        nonce: Some("n"),
        access_token: &access_token,
        now: NOW,
    };
    if let Ok(identity) = id_token::verify(&token, &keys, &expected) {
        assert!(identity.subject().is_some());
    }
    if let Some(identity) = id_token::unverified(&token) {
        // Whoever wrote it: it is about the same person as itself, if it names one.
        let same = id_token::check_refreshed(&identity, &token);
        assert!(same.is_ok() || identity.subject().is_none(), "{same:?}");
    }
    if let Ok(key) = SigningKey::parse(&Secret::new(parts.next().unwrap_or_default())) {
        assert!(!format!("{key:?}").contains("PRIVATE"));
        let _ = key.public().map(|key| key.thumbprint());
    }
}

/// The file of definitions that a person edits: JSON with a place for each mistake.
pub fn token_cache(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let lines = text.split('\n').count();
    let root = match json::parse(text) {
        Ok(root) => root,
        Err(wrong) => return assert!((1..=lines + 1).contains(&wrong.position.line), "{wrong}"),
    };
    assert_eq!(serde_json::from_str::<Value>(text).expect("JSON is JSON"), root);
    for (name, client) in root.get("clients").and_then(Value::as_object).into_iter().flatten() {
        let Err(invalid) = Definition::from_json(client.clone()) else { continue };
        for error in &invalid.0 {
            let path: Vec<&str> = ["clients", name].into_iter().chain(error.path.split('.')).collect();
            let place = Position::of_key(text, &path);
            assert!((1..=lines).contains(&place.line), "{place} of {lines} lines");
        }
    }
}

/// What other tools keep of clients: one file, or several with a NUL between them, which are a Bruno collection, or a file
/// and its environment.
pub fn imports(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let parts = text.split('\0').enumerate();
    let files: Vec<_> = parts.map(|(at, text)| TextFile { name: format!("{at}.bru"), text: text.to_owned() }).collect();
    imported(import::read(&files, &Environment::Unsaid, REDIRECT_URI).unwrap_or_default());
    if let [file, environment] = files.as_slice() {
        let environment = Environment::File(environment.clone());
        imported(import::read(std::slice::from_ref(file), &environment, REDIRECT_URI).unwrap_or_default());
    }
}

fn imported(import: Import) {
    let mut names = BTreeSet::new();
    for imported in import.clients {
        assert!(names.insert(imported.name.clone()), "two are called {}", imported.name);
        assert_eq!(imported.definition.validate(), Ok(()), "{}", imported.name);
        let shown = imported.definition.without_secrets();
        let written = shown.to_json().expect("nothing is left that cannot be written");
        let mut again: Definition = serde_json::from_value(written).expect("what was written can be read");
        again.notes.clone_from(&shown.notes);
        assert_eq!(again, shown);
        assert!(imported.tokens.is_none_or(|tokens| !tokens.access_token.is_empty()));
    }
    assert!(import.left.iter().all(|why| !why.trim().is_empty()));
}

/// A template, and the value for all of its placeholders below its last line.
pub fn template(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (template, value) = text.rsplit_once('\n').unwrap_or((&text, "acme"));
    let names: Vec<&str> = template::placeholders(template).collect();
    let all =
        |value: &dyn Fn(&str) -> String| names.iter().fold(Values::default(), |all, name| all.with(*name, value(name)));
    assert_eq!(template::render(template, &all(&|name| format!("{{{name}}}"))).as_deref(), Ok(template));
    let Ok(url) = template::render_url(template, &all(&|_| value.to_owned())) else { return };
    assert!(url.has_host() && url.fragment().is_none() && url.username().is_empty());
    // Where the host is the template's own, no value moves the URL elsewhere.
    let plain = template::render_url(template, &all(&|_| "acme".to_owned()));
    let host_is_fixed = template.trim_start().starts_with("https://as.example/");
    if let (true, Ok(plain)) = (host_is_fixed && !value.is_empty(), plain) {
        assert_eq!(url.origin(), plain.origin());
        assert_eq!(url.path_segments().map(Iterator::count), plain.path_segments().map(Iterator::count));
        assert_eq!(url.query_pairs().count(), plain.query_pairs().count());
    }
}

/// What a server says to a device, and to an app that registers.
pub fn answers(data: &[u8]) {
    if let Ok(device) = DeviceAuthorization::read(data, NOW) {
        assert!(matches!(device.address().scheme(), "http" | "https"));
        assert!(!device.user_code.chars().any(char::is_control) && device.polling.interval > 0);
    }
    let document = json!({"issuer": "https://as.example", "token_endpoint": "https://as.example/t",
        "registration_endpoint": "https://as.example/register"});
    let metadata = Metadata::parse(document.to_string().as_bytes(), &ISSUER).expect("usable metadata");
    for status in [201, 400] {
        if let Ok(registered) = registration::read(status, data, &metadata, Some(REDIRECT_URI), None) {
            assert!(status == 201 && !registered.client_id.is_empty());
            assert!(registered.management.is_none_or(|place| place.uri.origin() == metadata.token_endpoint.origin()));
        }
    }
}
