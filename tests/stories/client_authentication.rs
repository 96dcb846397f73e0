//! Clients that prove who they are with something better than a password: keys and certificates, kept and made here.

use crate::support::{AuthorizationServer, Program, UserAgent, http, leaks};
use serde_json::{Value, json};
use std::fs;

/// A client `music` at a server, with its own client ID.
struct Client {
    program: Program,
    authorization_server: AuthorizationServer,
}

impl Client {
    async fn nowhere_yet() -> Self {
        let program = Program::embedded();
        let authorization_server = AuthorizationServer::start(&program.redirect_uri()).await;
        Self { program, authorization_server }
    }

    async fn add(&self, id: &str, auth: &str, options: &[(&str, &str)]) {
        let issuer = self.authorization_server.issuer();
        let mut arguments = vec!["client", "add", "music", "--issuer", issuer, "--client-id", id, "--auth", auth];
        arguments.extend(options.iter().flat_map(|(name, value)| [*name, *value]));
        self.program.run_with(&arguments).await.done();
    }

    /// Authorizes in a browser; the tokens work and can be refreshed.
    async fn works(&self) {
        let _server = self.program.serve().await;
        let mut agent = UserAgent::new();
        agent.sign_in(&self.program).await;
        agent.open(&self.program.url("/clients/music")).await;
        agent.stop_before(&self.program.redirect_uri());
        agent.press("Authorize", &[]).await;
        let callback = agent.approve(&self.program.redirect_uri()).await;
        let page = agent.arrive(&callback).await;
        assert!(page.text().contains("music is authorized"), "{page}");
        let first = self.program.run(["token", "music"]).await.done().out();
        self.program.run(["refresh", "music"]).await.done();
        assert_ne!(self.program.run(["token", "music"]).await.done().out(), first);
    }

    fn key(&self, name: &str) -> String {
        self.authorization_server.state().join(name).display().to_string()
    }
}

async fn with_private_key(file: &str, kid: &str, more: &[(&str, &str)]) -> Client {
    let client = Client::nowhere_yet().await;
    let file = client.key(file);
    let kid = format!("token.auth.kid={kid}");
    let mut options = vec![("--private-key-file", file.as_str()), ("--set", kid.as_str())];
    options.extend(more);
    client.add("test-pkjwt", "private_key_jwt", &options).await;
    client
}

#[tokio::test]
async fn a_statement_may_be_addressed_to_the_token_endpoint() {
    let to_the_endpoint = [("--set", "token.auth.audience=token_endpoint"), ("--set", "token.auth.alg=ES256")];
    with_private_key("client-c-es256.pem", "c-es256", &to_the_endpoint).await.works().await;
}

#[tokio::test]
async fn a_key_may_be_a_jwk_and_none_of_it_is_kept_in_the_clear() {
    let client = Client::nowhere_yet().await;
    let all: Value = serde_json::from_slice(&fs::read(client.key("client-private-jwks.json")).unwrap()).unwrap();
    let jwk = all["keys"].as_array().unwrap().iter().find(|key| key["kid"] == "c-rs256").unwrap();
    let file = client.program.file("key.jwk", &jwk.to_string());
    client.add("test-pkjwt", "private_key_jwt", &[("--private-key-file", &file)]).await;
    fs::remove_file(file).unwrap();
    client.works().await;
    let shown = client.program.run(["client", "show", "music", "--json"]).await.done().out();
    for secret in ["d", "p", "qi"] {
        let secret = jwk[secret].as_str().unwrap();
        assert!(!leaks(client.program.bytes_at_rest(), secret) && !leaks(&shown, secret));
    }
}

#[tokio::test]
async fn a_key_is_made_on_request_and_its_public_half_can_be_registered() {
    let client = Client::nowhere_yet().await;
    client.add("to-be-registered", "private_key_jwt", &[]).await;
    let said = client.program.run(["token", "music"]).await;
    assert_eq!(said.code(), 3, "{said:?}");

    for alg in ["ES256", "EdDSA"] {
        let jwks = client.program.run(["client", "key", "music", "--alg", alg]).await.done().json();
        assert_eq!(jwks["keys"][0]["alg"], alg);
        assert!(jwks["keys"][0]["kid"].is_string() && jwks["keys"][0]["d"].is_null(), "{jwks}");
        let registration = json!({"redirect_uris": [client.program.redirect_uri()], "jwks": jwks,
            "grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "private_key_jwt"});
        let request = http().post(client.authorization_server.url("/reg")).header("content-type", "application/json");
        let answer = request.body(registration.to_string()).send().await.unwrap().text().await.unwrap();
        let registered: Value = serde_json::from_str(&answer).unwrap();
        let id = registered["client_id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
        client.program.run(["client", "edit", "music", "--client-id", &id]).await.done();
        client.works().await;
    }
}

#[tokio::test]
async fn the_page_makes_a_key_and_shows_its_public_half() {
    let client = Client::nowhere_yet().await;
    client.add("test-pkjwt", "private_key_jwt", &[]).await;
    let _server = client.program.serve().await;
    let mut agent = UserAgent::new();
    agent.sign_in(&client.program).await;
    agent.open(&client.program.url("/clients/music")).await;
    let page = agent.press("Generate a key", &[("alg", "EdDSA")]).await;
    let key = |page: &crate::support::Page| -> Value {
        let shown = page.all("section[aria-labelledby=key] code");
        serde_json::from_str(&shown[0]).unwrap_or_else(|_| panic!("{page}"))
    };
    let first = key(page);
    assert_eq!(first["keys"][0]["alg"], "EdDSA");
    let second = key(agent.press("Replace the key", &[]).await);
    assert_ne!(first, second);

    let form = agent.open(&client.program.url("/clients/music/edit")).await;
    assert!(form.text().contains("A secret is set"), "{form}");
    agent.press("Save", &[("service", "Songs")]).await;
    assert_eq!(key(agent.open(&client.program.url("/clients/music")).await), second, "an edit keeps the key");
}

#[tokio::test]
async fn a_key_that_cannot_be_used_is_refused_by_name_and_not_repeated() {
    let client = Client::nowhere_yet().await;
    client.add("test-pkjwt", "private_key_jwt", &[]).await;
    for (text, said) in [
        ("canary-key", "token.auth.private_key: this is neither"),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\ncanary\n-----END ENCRYPTED PRIVATE KEY-----", "passphrase"),
    ] {
        let file = client.program.file("key.pem", text);
        let ran = client.program.run(["client", "edit", "music", "--private-key-file", &file]).await;
        assert_eq!(ran.code(), 2);
        assert!(ran.err().contains(said) && !ran.err().contains("canary"), "{}", ran.err());
    }
    let es256 = client.key("client-c-es256.pem");
    let wrong = ["client", "edit", "music", "--private-key-file", &es256, "--set", "token.auth.alg=RS256"];
    let ran = client.program.run(wrong).await;
    assert!(ran.code() == 2 && ran.err().contains("does not sign with RS256"), "{ran:?}");
    let ran = client.program.run(["client", "edit", "music", "--set", "token.auth.private_key=canary"]).await;
    assert!(ran.code() == 2 && ran.err().contains("--private-key-file"), "{ran:?}");
}

#[tokio::test]
async fn a_tls_certificate_is_enough_at_the_servers_other_endpoints() {
    let program = Program::embedded();
    let authorization_server = AuthorizationServer::with_mutual_tls(&program.redirect_uri()).await;
    let state = authorization_server.state();
    let program = program.with("OUTBOUND__CA_FILE", &state.join("ca.crt").display().to_string());
    let client = Client { program, authorization_server };
    let key = client.key("client.key");
    let certificate = fs::read_to_string(state.join("client.crt")).unwrap();
    let certificate = format!("token.auth.certificate={}", Value::from(certificate));
    client.add("test-mtls", "tls_client_auth", &[("--private-key-file", &key), ("--set", &certificate)]).await;
    let shown = client.program.run(["client", "show", "music", "--json"]).await.done().json();
    assert!(shown["token"]["url"].as_str().unwrap().starts_with("https://"), "{shown}");
    client.works().await;
    assert!(!leaks(client.program.bytes_at_rest(), fs::read_to_string(key).unwrap().lines().nth(1).unwrap()));
}
