//! Clients from elsewhere: what another tool keeps, what would be different, and there and back again.

use std::fs;

use serde_json::{Value, json};

use crate::support::{AuthorizationServer, Backend, Program, Stage, TokenEndpoint, in_both_stores, leaks};

/// 32 bytes: two installations with the same key open each other's secrets.
const KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

in_both_stores!(a_remote_of_rclone_goes_on_without_anybody);

async fn a_remote_of_rclone_goes_on_without_anybody(backend: Backend<'_>) {
    let program = Program::new(backend);
    let server = TokenEndpoint::start().await;
    let conf = format!(
        "[backup]\ntype = drive\nclient_id = id\nclient_secret = canary-secret\nscope = drive\nauth_url = https://as.example/a\n\
         token_url = {}\ntoken = {{\"access_token\":\"old-canary\",\"token_type\":\"Bearer\",\"refresh_token\":\"canary-refresh\",\
         \"expiry\":\"2020-01-31T13:00:00.123456789+01:00\"}}\n\n[borrowed]\ntype = dropbox\ntoken = {{\"access_token\":\"canary\"}}\n",
        server.url()
    );
    let file = program.file("rclone.conf", &conf);
    let ran = program.run(["client", "import", &file]).await.done();
    assert!(ran.err().contains("backup: added") && ran.err().contains("tokens came along"), "{ran:?}");
    assert!(ran.err().contains("`borrowed` was not imported"), "{ran:?}");
    assert!(!leaks(ran.err().as_bytes(), "canary") && !leaks(program.bytes_at_rest(), "canary-refresh"));

    let (token, ()) = tokio::join!(program.run(["token", "backup"]), async {
        let asked = server.asked().await;
        assert_eq!(asked.parameter("refresh_token"), "canary-refresh");
        asked.grant("new-token", "next-refresh").await;
    });
    assert_eq!(token.done().out(), "new-token", "nobody had to agree again");
    let again = program.run(["client", "import", &file]).await.done();
    assert!(again.err().contains("backup: ") && !again.err().contains("came along"), "{again:?}");
    assert_eq!(program.run(["token", "backup"]).await.done().out(), "new-token", "its own tokens are newer");
}

#[tokio::test]
async fn a_postman_collection_works_as_soon_as_it_is_imported() {
    let stage = Stage::new(Backend::Embedded).await;
    let program = &stage.program;
    let entry = |key: &str, value: &str| json!({"key": key, "value": value, "type": "string"});
    let collection = json!({
        "info": {"name": "Robots", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
        "item": [], "variable": [{"key": "host", "value": "nowhere"}],
        "auth": {"type": "oauth2", "oauth2": [
            entry("grant_type", "client_credentials"), entry("accessTokenUrl", "{{host}}/token"),
            entry("clientId", AuthorizationServer::CLIENT_ID), entry("clientSecret", "{{secret}}"),
            entry("client_authentication", "header"),
        ]},
    });
    let environment = json!({"name": "Live", "values": [
        {"key": "host", "value": stage.authorization_server.issuer(), "enabled": true},
        {"key": "secret", "value": AuthorizationServer::CLIENT_SECRET, "type": "secret", "enabled": true},
    ], "_postman_variable_scope": "environment"});
    let file = program.file("robots.json", &collection.to_string());
    let environment = program.file("live.json", &environment.to_string());
    program.run(["client", "import", &file, "--environment", &environment]).await.done();
    program.run(["token", "robots"]).await.done();
    assert!(!leaks(program.bytes_at_rest(), AuthorizationServer::CLIENT_SECRET));

    let unknown = program.run(["client", "import", &file, "--environment", "no-such"]).await;
    assert!(unknown.code() == 2 && unknown.err().contains("no-such"), "{unknown:?}");
}

#[tokio::test]
async fn a_dry_run_shows_what_would_be_different_and_changes_nothing() {
    let program = Program::embedded();
    let file = |definition: Value| program.file("clients.json", &json!({"clients": {"shop": definition}}).to_string());
    let definition = json!({"client_id": "id", "client_secret": "canary-1", "scopes": ["read"], "notes": "n",
        "authorize": {"url": "https://a.example"}, "token": {"url": "https://a.example/t"}});
    let first = file(definition.clone());
    let dry = program.run(["client", "import", "--dry-run", &first]).await.done();
    assert!(
        dry.out().starts_with("shop: would be added\n") && dry.out().contains("  + client_secret: (secret)"),
        "{dry:?}"
    );
    assert_eq!(program.run(["client", "list", "--json"]).await.done().json(), json!([]));

    program.run(["client", "import", &first]).await.done();
    let dry = program.run(["client", "import", "--dry-run", &first]).await.done();
    assert_eq!(dry.out(), "shop: unchanged", "also the secret, which lies sealed");
    assert!(program.run(["client", "import", &first]).await.done().err().contains("shop: unchanged"));

    let mut other = definition;
    other["client_secret"] = json!("canary-2");
    other["scopes"] = json!(["read", "write"]);
    other.as_object_mut().expect("an object").remove("notes");
    let second = file(other);
    let dry = program.run(["client", "import", &second, "--dry-run"]).await.done();
    let expected = "shop: would be changed\n  - notes: \"n\"\n  ~ scopes: [\"read\"] → [\"read\",\"write\"]\n  \
                    ~ client_secret: (secret) → (another secret)";
    assert_eq!(dry.out(), expected);
    assert!(!leaks(&dry.stdout, "canary"));
    let shown = program.run(["client", "show", "shop", "--json"]).await.done().json();
    assert_eq!(shown["scopes"], json!(["read"]));

    let stage = Stage { authorization_server: AuthorizationServer::start(&program.redirect_uri()).await, program };
    let _server = stage.program.serve().await;
    let key = stage.program.run(["api-key", "create", "elsewhere"]).await.done().out();
    let there = Program::embedded().with("SERVER", &stage.program.public_url()).with_secret("API_KEY", &key);
    let dry = there.run(["client", "import", &second, "--dry-run"]).await.done();
    assert!(dry.out().contains("  ~ scopes: [\"read\"] → [\"read\",\"write\"]"), "{dry:?}");
    assert!(dry.out().contains("client_secret: (sent)") && !leaks(&dry.stdout, "canary"), "{dry:?}");
    assert_eq!(stage.program.run(["client", "show", "shop", "--json"]).await.done().json()["scopes"], json!(["read"]));
}

/// With every definition of the documentation, the oddest among them, and sealed secrets.
#[tokio::test]
async fn what_is_exported_is_imported_elsewhere_without_a_loss() {
    let [here, there] = [0, 1].map(|_| Program::embedded().with_secret("ENCRYPTION__KEY", KEY));
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/describe-your-server.md");
    let document = fs::read_to_string(document).expect("the document");
    let examples = document.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
    let definitions = examples.filter_map(|text| serde_json::from_str::<Value>(text).ok()?.as_object().cloned());
    let mut clients = serde_json::Map::new();
    for (number, mut definition) in definitions.filter(|one| one.contains_key("client_id")).enumerate() {
        if number % 2 == 0 {
            definition.insert("client_secret".to_owned(), json!(format!("canary-{number}")));
        }
        clients.insert(format!("client-{number}"), Value::Object(definition));
    }
    assert!(clients.len() > 8, "{clients:?}");
    let file = here.file("clients.json", &json!({"version": 1, "clients": clients}).to_string());
    here.run(["client", "import", &file]).await.done();
    let exported = here.run(["client", "export"]).await.done();
    assert!(!leaks(&exported.stdout, "canary"));
    there.run_with_input(["client", "import", "-"], &exported.out()).await.done();
    assert_eq!(there.run(["client", "export"]).await.done().out(), exported.out());
    let again = there.run_with_input(["client", "import", "-"], &exported.out()).await.done();
    assert_eq!(again.err().matches(": unchanged").count(), clients.len(), "{again:?}");
}
