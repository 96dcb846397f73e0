//! What other tools keep, in files as they write them.

use super::super::*;
use crate::oauth::definition::{AuthMethod, GrantType, Pkce, RedirectUri, SecretSource, TokenPlace};

const REDIRECT: &str = "http://127.0.0.1:8080/auth_callback";

fn file(name: &str, text: &str) -> TextFile {
    TextFile { name: name.to_owned(), text: text.to_owned() }
}

fn import(text: &str, environment: Environment) -> Import {
    super::super::read(&[file("file", text)], &environment, REDIRECT).unwrap()
}

fn named(name: &str) -> Environment {
    Environment::Named(name.to_owned())
}

/// Without notes, which each test reads by itself.
fn shown(imported: &Imported) -> Value {
    let mut json = imported.definition.without_secrets().to_json().unwrap();
    json.as_object_mut().unwrap().remove("notes");
    json
}

fn has_secret(imported: &Imported, expected: &str) -> bool {
    matches!(&imported.definition.client_secret, Some(SecretSource::Plain(secret)) if secret.matches(expected))
}

fn names(import: &Import) -> Vec<&str> {
    import.clients.iter().map(|client| client.name.as_str()).collect()
}

const COLLECTION: &str = include_str!("postman_collection.json");
const POSTMAN_ENVIRONMENT: &str = include_str!("postman_environment.json");

#[test]
fn a_postman_collection_gives_a_client_for_each_way_its_requests_are_authorized() {
    let environment = Environment::File(file("live.json", POSTMAN_ENVIRONMENT));
    let import = import(COLLECTION, environment);
    assert_eq!(names(&import), ["calendar-api", "monthly-report"]);
    let [calendar, report] = &import.clients[..] else { panic!() };
    let expected = json!({
        "service": "Calendar API", "client_id": "live-id", "redirect_uri": "https://oauth.pstmn.io/v1/callback",
        "scopes": ["calendar.read", "calendar.write"],
        "authorize": {"url": "https://auth.example.com/authorize", "params": {"prompt": "consent"}},
        "token": {"url": "https://auth.example.com/oauth/token", "auth": "basic"}, "api": {"template": "Token {access_token}"},
    });
    assert_eq!(shown(calendar), expected);
    assert!(has_secret(calendar, "canary-secret"));
    let said = calendar.notes.join("\n");
    assert!(said.contains("`state`") && said.contains(REDIRECT) && !said.contains("PKCE"), "{said}");
    assert!(calendar.definition.notes.starts_with("Imported from Postman (Calendar API)."));

    let expected = json!({
        "service": "Calendar API", "client_id": "reports", "grant": "client_credentials",
        "token": {"url": "https://auth.example.com/oauth/token", "params": {"audience": "https://reports.example.com"},
                  "headers": {"X-Tenant": "acme"}},
        "api": {"token_in": "query", "name": "access_token", "template": "{access_token}"},
    });
    assert_eq!(shown(report), expected);
    assert!(report.notes[0].contains("`reports_secret`") && report.notes[0].contains("--client-secret-file"));
    assert_eq!(import.left.len(), 1);
    assert!(import.left[0].contains("`Broken`") && import.left[0].contains("`nobody_knows`"), "{:?}", import.left);
}

#[test]
fn a_postman_environment_that_names_the_parts_of_a_client_is_one() {
    let import = import(POSTMAN_ENVIRONMENT, Environment::Unsaid);
    assert_eq!(names(&import), ["live"]);
    assert_eq!(import.clients[0].definition.authorize.url, "https://auth.example.com/authorize");
    assert!(has_secret(&import.clients[0], "canary-secret"));
}

#[test]
fn a_request_of_bruno_keeps_all_that_is_said_of_it() {
    let environment = Environment::File(file("live.bru", include_str!("environment.bru")));
    let files = [file("request.bru", include_str!("request.bru"))];
    let import = super::super::read(&files, &environment, REDIRECT).unwrap();
    let [client] = &import.clients[..] else { panic!("{import:?}") };
    assert_eq!(client.name.as_str(), "my-calendar");
    let expected = json!({
        "client_id": "bruno-id", "redirect_uri": "https://localhost:8080/auth_callback", "scopes": ["read", "write"],
        "scope_separator": ",",
        "authorize": {"url": "https://auth.example.com/authorize?tenant=acme", "params": {"prompt": "consent"}},
        "token": {"url": "https://auth.example.com/oauth/token", "auth": "basic", "headers": {"X-Tenant": "acme"}},
        "refresh": {"url": "https://auth.example.com/oauth/refresh", "params": {"extra": "1"}},
        "api": {"token_in": "query", "name": "token", "template": "{access_token}"},
    });
    assert_eq!(shown(client), expected);
    assert_eq!(client.definition.client_secret, Some(SecretSource::Env("CALENDAR_SECRET".to_owned())));
    let said = client.notes.join("\n");
    for expected in ["CALENDAR_SECRET", "PKCE", "`resource`", "`nowhere`"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn a_parameter_that_is_said_twice_is_carried_over_once() {
    let request = include_str!("request.bru").replace("  prompt: consent\n", "  prompt: consent\n  prompt: login\n");
    let environment = Environment::File(file("live.bru", include_str!("environment.bru")));
    let import = super::super::read(&[file("request.bru", &request)], &environment, REDIRECT).unwrap();
    assert_eq!(shown(&import.clients[0])["authorize"]["params"], json!({"prompt": "consent"}));
    assert_eq!(import.clients[0].definition.authorize.params.0.len(), 1);
    assert!(import.clients[0].notes.iter().any(|note| note.starts_with("`prompt` was there more than once")));
}

#[test]
fn the_folder_of_a_bruno_collection_is_read_as_one() {
    let request = include_str!("request.bru");
    let files = [
        file("bruno.json", r#"{"version": "1", "name": "Calendar", "type": "collection"}"#),
        file("collection.bru", &request.replace("meta", "ignored")),
        file("environments/live.bru", include_str!("environment.bru")),
        file("environments/test.bru", "vars {\n  auth_host: https://test.example.com\n  client_id: test-id\n}\n"),
        file("people/me.bru", request),
        file(
            "people/robot.bru",
            &request.replace("authorization_code", "client_credentials").replace("My calendar", "Robot"),
        ),
    ];
    let import = super::super::read(&files, &named("test"), REDIRECT).unwrap();
    assert_eq!(names(&import), ["calendar", "robot"], "what is the same is not said twice");
    assert_eq!(import.clients[1].definition.client_id, "test-id");
    assert_eq!(import.clients[1].definition.service, "Calendar");
    let unknown = super::super::read(&files, &named("lives"), REDIRECT).unwrap_err().to_string();
    assert!(unknown.contains("live, test"), "{unknown}");
    let unsaid = super::super::read(&files, &Environment::Unsaid, REDIRECT).unwrap_err().to_string();
    assert!(unsaid.contains("--environment"), "{unsaid}");
}

#[test]
fn an_export_of_bruno_needs_no_environment_where_it_has_one() {
    let import = import(include_str!("bruno_export.json"), Environment::Unsaid);
    assert_eq!(names(&import), ["calendar", "robot"]);
    let [people, robot] = &import.clients[..] else { panic!() };
    assert_eq!(
        (&people.definition.grant, people.definition.token.url.as_str()),
        (&GrantType::Password, "https://auth.example.com/oauth/token")
    );
    assert!(people.notes.join("\n").contains("never kept"));
    let expected = json!({"service": "Calendar", "client_id": "robot", "grant": "client_credentials", "scopes": ["people"],
        "token": {"url": "https://auth.example.com/oauth/token", "auth": "post", "params": {"audience": "people"}}});
    assert_eq!(shown(robot), expected);
    assert!(!format!("{import:?}").contains("canary"));
}

#[test]
fn insomnia_is_read_in_both_of_its_notations() {
    let v4 = include_str!("insomnia_v4.json");
    let live = import(v4, named("Live"));
    let [client] = &live.clients[..] else { panic!("{live:?}") };
    let definition = &client.definition;
    assert_eq!((client.name.as_str(), definition.client_id.as_str()), ("who-am-i", "live-id"));
    assert_eq!(definition.token.url, "https://auth.example.com/oauth/token");
    assert_eq!((definition.token.auth.method, definition.pkce), (AuthMethod::Post, Pkce::Plain));
    assert_eq!((&definition.redirect_uri, definition.api.token_in), (&RedirectUri::Auto, TokenPlace::Header));
    let params = |overlay: &crate::oauth::definition::Overlay| serde_json::to_value(overlay).unwrap();
    assert_eq!(params(&definition.authorize.params), json!({"audience": "https://calendar.example.com"}));
    assert!(has_secret(client, "canary-secret") && client.notes.is_empty(), "{:?}", client.notes);
    let base = import(v4, Environment::Unsaid);
    assert_eq!(base.clients[0].definition.client_id, "base-id");
    assert!(base.clients[0].notes[0].contains("`client_secret`"));

    let yaml = include_str!("insomnia_v5.yaml");
    let weather = import(yaml, Environment::Unsaid);
    assert_eq!(names(&weather), ["today"]);
    let expected = json!({"service": "Weather", "client_id": "weather", "grant": "client_credentials",
        "scopes": ["forecast", "read"], "token": {"url": "https://weather.example.com/token", "auth": "basic"}});
    assert_eq!(shown(&weather.clients[0]), expected);
    let staging = import(yaml, named("Staging"));
    assert_eq!(staging.clients[0].definition.token.url, "https://staging.weather.example.com/token");
}

#[test]
fn a_remote_of_rclone_brings_its_tokens_when_its_client_is_its_own() {
    let import = import(include_str!("rclone.conf"), Environment::Unsaid);
    assert_eq!(names(&import), ["own-drive", "own-cloud"]);
    let [drive, cloud] = &import.clients[..] else { panic!() };
    assert_eq!(
        drive.definition.scope(),
        "https://www.googleapis.com/auth/drive.readonly https://www.googleapis.com/auth/drive.file"
    );
    assert_eq!(drive.definition.token.url, "https://oauth2.googleapis.com/token");
    assert!(has_secret(drive, "canary-secret"));
    assert_eq!(drive.definition.redirect_uri, RedirectUri::Literal("http://127.0.0.1:53682/".to_owned()));
    let tokens = drive.tokens.as_ref().unwrap();
    assert!(tokens.refresh_token.as_ref().unwrap().matches("canary-refresh"));
    assert_eq!(tokens.expires_at.unwrap().rfc3339(), "2026-01-31T12:00:00Z");
    assert_eq!(cloud.definition.token.url, "https://cloud.example.com/token");
    let tokens = cloud.tokens.as_ref().unwrap();
    assert!(tokens.refresh_token.is_none() && tokens.expires_at.is_none(), "it has no end");
    assert_eq!(import.left.len(), 1, "what has no token is no client: {:?}", import.left);
    assert!(import.left[0].contains("`borrowed`") && import.left[0].contains("rclone brings along"));
    assert!(!format!("{import:?}").contains("canary"));
}

#[test]
fn what_is_nothing_for_us_is_said_to_be() {
    let fails =
        |text: &str| super::super::read(&[file("x", text)], &Environment::Unsaid, REDIRECT).unwrap_err().to_string();
    for (text, words) in [
        ("hello", "rclone.conf"),
        ("<xml/>", "Postman"),
        ("# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nabc", "rclone config show"),
        (r#"{"info": {"name": "x"}, "item": []}"#, "no OAuth 2.0 settings"),
        ("[a]\ntype = local\n", "no OAuth 2.0 settings"),
        (r#"{"clients": "#, "line 1"),
        ("[borrowed]\ntype = box\ntoken = {\"access_token\": \"canary\"}\n", "`borrowed`"),
    ] {
        let said = fails(text);
        assert!(said.contains(words) && !said.contains("canary"), "{text}: {said}");
    }
}

#[test]
fn no_cut_and_no_changed_byte_makes_it_panic_or_tell_a_secret() {
    let samples = [
        COLLECTION,
        POSTMAN_ENVIRONMENT,
        include_str!("request.bru"),
        include_str!("bruno_export.json"),
        include_str!("insomnia_v4.json"),
        include_str!("insomnia_v5.yaml"),
        include_str!("rclone.conf"),
    ];
    for sample in samples {
        for at in (0..sample.len()).step_by(29).filter(|&at| sample.is_char_boundary(at)) {
            let (before, rest) = sample.split_at(at);
            let mut after = rest.chars();
            after.next();
            for changed in ["", "{", "}", "\"", "\n", "é"].map(|sign| format!("{before}{sign}{}", after.as_str())) {
                for text in [before, &changed] {
                    let read = super::super::read(&[file("file.bru", text)], &Environment::Unsaid, REDIRECT);
                    let said = read.map_or_else(|error| error.to_string(), |import| import.left.join(" "));
                    assert!(!said.contains("canary"), "{said}");
                }
            }
        }
    }
}
