//! Grants that need no person: fetched when a token is asked for, each by its URI and parameters.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::strict_server::StrictServer;
use super::{add, token};
use crate::support::{AuthorizationServer, Program};

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Gives `canary-subject-1`, `canary-subject-2` … to a client, and exchanges each for another token.
fn server() -> StrictServer {
    let given = AtomicU32::new(0);
    StrictServer::start(move |asked| match asked.field("grant_type") {
        "client_credentials" => {
            let number = given.fetch_add(1, Ordering::Relaxed) + 1;
            (
                200,
                json!({"access_token": format!("canary-subject-{number}"), "id_token": "canary-id", "expires_in": 3600}),
            )
        }
        EXCHANGE if asked.field("subject_token").starts_with("canary-subject") => {
            (200, json!({"access_token": format!("for {}", asked.field("subject_token")), "expires_in": 3600}))
        }
        JWT_BEARER if asked.field("assertion") == "canary-id" => (200, json!({"access_token": "by JWT"})),
        "account_credentials" => (200, json!({"access_token": asked.field("account_id")})),
        _ => (400, json!({"error": "invalid_grant", "error_description": format!("{asked:?}")})),
    })
}

fn machine(server: &StrictServer, grant: &str, params: Value) -> Value {
    json!({"grant": grant, "client_id": "id", "scopes": ["a"],
        "token": {"url": server.url("/token"), "auth": "none", "params": params}})
}

#[tokio::test]
async fn a_token_is_exchanged_for_the_fresh_token_of_another_client() {
    let (program, server) = (Program::embedded(), server());
    add(&program, "idp", machine(&server, "client_credentials", json!({}))).await;
    let params = json!({"subject_token": "{grant.idp.access_token}", "audience": "api"});
    add(&program, "api", machine(&server, EXCHANGE, params)).await;
    assert_eq!(token(&program, "api").await, "for canary-subject-1");
    let asked = server.asked().pop().unwrap();
    assert_eq!(asked.field("subject_token_type"), "urn:ietf:params:oauth:token-type:access_token");
    assert_eq!((asked.field("audience"), asked.field("scope")), ("api", "a"));

    program.run(["refresh", "idp"]).await.done();
    assert_eq!(token(&program, "api").await, "for canary-subject-1", "what is still good is served");
    program.run(["refresh", "api"]).await.done();
    assert_eq!(token(&program, "api").await, "for canary-subject-2");
}

#[tokio::test]
async fn an_account_and_its_id_token_can_be_the_assertion() {
    let (program, server) = (Program::embedded(), server());
    add(&program, "idp", machine(&server, "client_credentials", json!({}))).await;
    let params = json!({"assertion": "{grant.idp@me@example.com.id_token}"});
    add(&program, "api", machine(&server, JWT_BEARER, params)).await;
    assert_eq!(token(&program, "api").await, "by JWT");
    assert_eq!(program.run(["authorize", "api"]).await.code(), 2, "there is nobody to ask");
}

#[tokio::test]
async fn a_grant_of_its_own_kind_is_a_uri_or_a_parameter() {
    let (program, server) = (Program::embedded(), server());
    let params = json!({"grant_type": "account_credentials", "account_id": "canary-account"});
    add(&program, "zoom", machine(&server, "client_credentials", params.clone())).await;
    assert_eq!(token(&program, "zoom").await, "canary-account");
    add(&program, "own", machine(&server, "https://as.example/grant", params)).await;
    assert_eq!(token(&program, "own").await, "canary-account");
}

#[tokio::test]
async fn a_refused_exchange_does_not_repeat_the_tokens_it_carried() {
    let program = Program::embedded();
    let (idp, broken) = (
        server(),
        StrictServer::start(|asked| {
            (
                400,
                json!({"error": "invalid_request",
        "error_description": format!("no: {}", asked.field("subject_token"))}),
            )
        }),
    );
    add(&program, "idp", machine(&idp, "client_credentials", json!({}))).await;
    add(&program, "api", machine(&broken, EXCHANGE, json!({"subject_token": "{grant.idp.access_token}"}))).await;
    let ran = program.run(["token", "api"]).await;
    assert!(ran.code() == 5 && ran.err().contains("[secret]") && !ran.err().contains("canary"), "{ran:?}");
}

#[tokio::test]
async fn a_circle_of_clients_is_refused_with_the_next_step() {
    let (program, server) = (Program::embedded(), server());
    let wants =
        |name: &str| machine(&server, EXCHANGE, json!({"subject_token": format!("{{grant.{name}.access_token}}")}));
    let own = json!({"version": 1, "clients": {"own": wants("own")}});
    let ran = program.run_with_input(["client", "import", "-"], &own.to_string()).await;
    assert!(ran.code() == 2 && ran.err().contains("refer to another client"), "{ran:?}");
    add(&program, "a", wants("b")).await;
    add(&program, "b", wants("a")).await;
    let ran = program.run(["token", "a"]).await;
    assert!(ran.code() == 2 && ran.err().contains("refer to another client"), "{ran:?}");
    add(&program, "c", wants("nobody")).await;
    assert_eq!(program.run(["token", "c"]).await.code(), 4);
}

#[tokio::test]
async fn what_a_grant_cannot_do_without_is_named_before_it_is_saved() {
    let (program, server) = (Program::embedded(), server());
    let refresh = json!({"subject_token": "{grant.idp.refresh_token}"});
    for (definition, said) in [
        (machine(&server, EXCHANGE, json!({})), "token.params.subject_token"),
        (machine(&server, JWT_BEARER, json!({"assertion": null})), "token.params.assertion"),
        (machine(&server, EXCHANGE, refresh), "is not known here"),
        (machine(&server, "password", json!({"x": "{grant.idp.access_token}"})), "needs no person"),
    ] {
        let file = json!({"version": 1, "clients": {"api": definition}});
        let ran = program.run_with_input(["client", "import", "-"], &file.to_string()).await;
        assert!(ran.code() == 2 && ran.err().contains(said), "{said}: {ran:?}");
    }
}

#[tokio::test]
async fn the_real_server_takes_basic_as_the_rfc_writes_it() {
    const SECRET: &str = "canary:a+b%c&d=0123456789-0123456789-0123456789";
    let program = Program::embedded();
    let server = AuthorizationServer::with(&program.redirect_uri(), &[("CLIENT_SECRET", SECRET)]).await;
    let definition = json!({"grant": "client_credentials", "client_id": AuthorizationServer::CLIENT_ID,
        "client_secret": SECRET, "scopes": ["api"], "token": {"url": server.url("/token"), "auth": "basic"}});
    add(&program, "robot", definition).await;
    assert!(!token(&program, "robot").await.is_empty());
    assert_eq!(server.requests("POST /token").await, 1);
}
