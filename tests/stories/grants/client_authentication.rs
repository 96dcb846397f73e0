//! Servers are split over how a client proves who it is; the program finds out, once.

use serde_json::{Value, json};

use super::strict_server::{Asked, StrictServer};
use super::{add, definition, refused, token};
use crate::support::Program;

const SECRET: &str = "canary:a+b%c é";
const ENCODED: &str = "id:canary%3Aa%2Bb%25c+%C3%A9";

fn taking(right: impl Fn(&Asked) -> bool + Send + 'static) -> StrictServer {
    StrictServer::start(move |asked| match right(asked) {
        true => (200, json!({"access_token": "T", "token_type": "Bearer", "expires_in": 3600})),
        false => refused("invalid_client"),
    })
}

fn raw() -> String {
    format!("id:{SECRET}")
}

async fn client(server: &StrictServer, auth: Value) -> Program {
    let program = Program::embedded();
    let definition = json!({"grant": "client_credentials", "client_id": "id", "client_secret": SECRET,
        "token": {"url": server.url("/token"), "auth": auth}, "notes": "kept", "scopes": ["a"]});
    add(&program, "robot", definition).await;
    program
}

#[tokio::test]
async fn a_server_that_wants_basic_raw_is_found_out_and_remembered() {
    let server = taking(|asked| asked.basic == Some(raw()));
    let program = client(&server, json!("basic")).await;
    assert_eq!(token(&program, "robot").await, "T");
    let spellings: Vec<_> = server.asked().into_iter().map(|asked| asked.basic.unwrap_or_default()).collect();
    assert_eq!(spellings, [ENCODED, &raw()]);

    let learned = definition(&program, "robot").await;
    assert_eq!(learned["token"]["auth"], json!({"method": "basic", "encoding": "raw"}));
    assert_eq!((&learned["notes"], &learned["scopes"]), (&json!("kept"), &json!(["a"])));
    program.run(["refresh", "robot"]).await.done();
    assert_eq!(server.asked().len(), 3, "it asks in the right way at once");
}

#[tokio::test]
async fn a_server_that_follows_the_rfc_is_asked_once_and_nothing_is_written() {
    let server = taking(|asked| asked.basic.as_deref() == Some(ENCODED));
    let program = client(&server, json!("basic")).await;
    assert_eq!(token(&program, "robot").await, "T");
    assert_eq!(server.asked().len(), 1);
    assert_eq!(definition(&program, "robot").await["token"]["auth"], "basic");
}

#[tokio::test]
async fn an_explicit_encoding_turns_finding_out_off() {
    let server = taking(|asked| asked.basic == Some(raw()));
    let program = client(&server, json!({"method": "basic", "encoding": "form"})).await;
    let output = program.run(["token", "robot"]).await;
    assert_eq!((output.code(), server.asked().len()), (5, 1));
}

#[tokio::test]
async fn a_wrong_secret_is_tried_in_both_spellings_and_the_definition_stays() {
    let server = taking(|_| false);
    let program = client(&server, json!("basic")).await;
    let output = program.run(["token", "robot"]).await;
    assert_eq!((output.code(), server.asked().len()), (5, 2));
    assert!(!output.err().contains("canary"), "{output:?}");
    assert_eq!(definition(&program, "robot").await["token"]["auth"], "basic");
}

#[tokio::test]
async fn a_client_without_a_chosen_method_goes_from_the_body_to_basic() {
    let server = taking(|asked| asked.basic.as_deref() == Some(ENCODED));
    let program = client(&server, Value::Null).await;
    assert_eq!(token(&program, "robot").await, "T");
    let tried: Vec<_> =
        server.asked().iter().map(|asked| (asked.field("client_secret") == SECRET, asked.basic.is_some())).collect();
    assert_eq!(tried, [(true, false), (false, true)]);
    assert_eq!(definition(&program, "robot").await["token"]["auth"], "basic");
}

#[tokio::test]
async fn a_chosen_method_is_not_changed() {
    let server = taking(|asked| asked.basic.is_some());
    let program = client(&server, json!("post")).await;
    let output = program.run(["token", "robot"]).await;
    assert_eq!((output.code(), server.asked().len()), (5, 1));
}
