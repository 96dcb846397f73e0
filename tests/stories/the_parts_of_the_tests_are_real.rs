//! The stories are worth what their parts are worth: these are real ones, and they end with their test.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use crate::support::{AuthorizationServer, Program, Redis, UserAgent, http, http_builder, leaks};

const REDIRECT_URI: &str = "http://127.0.0.1:8080/auth_callback";
const VERIFIER: &str = "a-code-verifier-of-at-least-forty-three-characters";

#[tokio::test]
async fn the_authorization_server_publishes_openid_metadata() {
    let server = AuthorizationServer::start(REDIRECT_URI).await;
    let metadata = server.metadata().await;
    assert_eq!(metadata["issuer"], server.issuer());
    assert_eq!(metadata["token_endpoint"], server.url("/token"));
}

#[tokio::test]
async fn an_authorization_server_with_mutual_tls_names_its_other_endpoints() {
    let server = AuthorizationServer::with_mutual_tls(REDIRECT_URI).await;
    let endpoint = server.metadata().await["mtls_endpoint_aliases"]["token_endpoint"].clone();
    let http = http_builder().tls_danger_accept_invalid_certs(true).build().expect("an HTTP client");
    let answer = http.get(endpoint.as_str().expect("an endpoint")).send().await.expect("an answer over TLS");
    assert_eq!(answer.status(), 404, "it takes only POST");
    assert!(server.state().join("client.key").exists());
}

#[tokio::test]
async fn an_authorization_request_comes_back_with_a_code_that_buys_tokens() {
    let server = AuthorizationServer::start(REDIRECT_URI).await;
    let callback = UserAgent::new().sign_in_at_authorization_server(&authorization_request(&server)).await;
    assert_eq!(parameter(&callback, "state"), "the-state");

    let tokens = redeem(&server, &parameter(&callback, "code")).await;
    assert!(tokens["access_token"].is_string() && tokens["refresh_token"].is_string(), "{tokens}");
    assert_eq!(server.requests("POST /token").await, 1);
}

#[tokio::test]
async fn a_declined_authorization_request_comes_back_with_an_error() {
    let server = AuthorizationServer::start(REDIRECT_URI).await;
    let mut agent = UserAgent::new();
    agent.stop_before(REDIRECT_URI);
    agent.open(&authorization_request(&server)).await;
    let callback = agent.follow("Cancel").await.stopped_before.clone();
    assert_eq!(parameter(&callback.expect("a redirect"), "error"), "access_denied");
}

#[tokio::test]
async fn a_device_is_approved_with_a_second_browser() {
    let server = AuthorizationServer::start(REDIRECT_URI).await;
    let form = format!("client_id={}&scope=openid", AuthorizationServer::PUBLIC_CLIENT_ID);
    let device = post(&server.url("/device/auth"), form, None).await;
    UserAgent::new().approve_device(device["verification_uri_complete"].as_str().expect("a URI")).await;

    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let code = device["device_code"].as_str().expect("a device code");
    let form = format!("client_id={}&grant_type={grant}&device_code={code}", AuthorizationServer::PUBLIC_CLIENT_ID);
    assert!(post(&server.url("/token"), form, None).await["access_token"].is_string());
}

#[tokio::test]
async fn redis_keeps_what_it_was_told_over_a_restart() {
    let mut redis = Redis::with_password("canary-redis-password").await;
    let mut connection = redis.connect().await;
    let told: i64 =
        redis::cmd("HSET").arg("a:key").arg("field").arg("canary").query_async(&mut connection).await.unwrap();
    assert_eq!(told, 1);
    redis.stop().await;
    redis.start_again().await;
    assert!(leaks(redis.raw_dump().await, "canary") && leaks(redis.ever_written(), "a:key"));
}

#[tokio::test]
async fn a_server_ends_with_the_value_that_stands_for_it() {
    let redis = Redis::start().await;
    let (url, process) = (redis.url(), format!("/proc/{}", redis.process().id()));
    assert!(fs::exists(&process).unwrap());
    drop(redis);
    assert!(!fs::exists(&process).unwrap());
    assert!(redis::Client::open(url).unwrap().get_connection().is_err());
}

#[tokio::test]
async fn the_program_runs_without_our_environment() {
    let program = Program::embedded();
    let output = program.run(["--help"]).await;
    assert!(output.status.success(), "{output:?}");
    assert!(!leaks(&output.stdout, Program::LOGIN_TOKEN) && !leaks(&output.stderr, Program::LOGIN_TOKEN));
    assert!(!leaks(program.bytes_at_rest(), Program::LOGIN_TOKEN), "it was only given the file");
}

#[test]
fn a_secret_is_found_in_every_spelling() {
    for text in ["a canary+1 b", "a%20canary%2B1", "YWEgY2FuYXJ5KzEgYg==", "YSBjYW5hcnkrMSBi", "63616e6172792b31"] {
        assert!(leaks(text, "canary+1"), "{text}");
    }
    assert!(!leaks("a canary 1", "canary+1"));
}

fn authorization_request(server: &AuthorizationServer) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let parameters = [
        ("response_type", "code"),
        ("client_id", AuthorizationServer::CLIENT_ID),
        ("redirect_uri", REDIRECT_URI),
        ("scope", "openid profile"),
        ("state", "the-state"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    Url::parse_with_params(&server.url("/auth"), parameters).expect("a URL").to_string()
}

async fn redeem(server: &AuthorizationServer, code: &str) -> Value {
    let form =
        format!("grant_type=authorization_code&code={code}&redirect_uri={REDIRECT_URI}&code_verifier={VERIFIER}");
    post(&server.url("/token"), form, Some(AuthorizationServer::CLIENT_SECRET)).await
}

async fn post(url: &str, form: String, secret: Option<&str>) -> Value {
    let mut request = http().post(url).header("content-type", "application/x-www-form-urlencoded").body(form);
    if secret.is_some() {
        request = request.basic_auth(AuthorizationServer::CLIENT_ID, secret);
    }
    let answer = request.send().await.expect("an answer").text().await.expect("a whole body");
    serde_json::from_str(&answer).expect("JSON")
}

fn parameter(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).unwrap_or_else(|| panic!("no {name} in {url}")).1.into_owned()
}
