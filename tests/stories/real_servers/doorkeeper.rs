//! Doorkeeper: HTTP Basic only as it is, refresh tokens that are replaced, passwords.

use serde_json::json;

use super::{authorize, definition, discover, press, renewed, token};
use crate::support::{Doorkeeper, Program, http, leaks};

const CLIENT: &str = "test-client";

async fn stage(options: &[(&str, &str)]) -> (Program, Doorkeeper) {
    let program = Program::embedded();
    let server = Doorkeeper::start(&program.redirect_uri()).await;
    let secret = program.file("secret", Doorkeeper::CLIENT_SECRET);
    let options = [&[("--client-secret-file", secret.as_str())], options].concat();
    discover(&program, &server, CLIENT, &options).await;
    (program, server)
}

/// The status with which its user info endpoint answers a token.
async fn user_info(server: &Doorkeeper, token: &str) -> u16 {
    let request = http().get(server.url("/oauth/userinfo")).bearer_auth(token);
    request.send().await.expect("an answer").status().as_u16()
}

#[tokio::test]
async fn a_grant_lives_and_ends_where_basic_is_wanted_raw() {
    let (program, server) = stage(&[("--scope", "openid profile read")]).await;
    assert_eq!(definition(&program, "music").await["token"]["auth"], "basic", "as its metadata says");
    let (_serving, mut agent) = authorize(&program, "music").await;
    assert_eq!(definition(&program, "music").await["token"]["auth"], json!({"method": "basic", "encoding": "raw"}));
    assert_eq!(server.requests("POST /oauth/token").await, 2, "form-encoded, then raw");

    // The first use of a new access token ends the refresh token before the one it came with.
    for _ in 0..2 {
        let token = renewed(&program, "music").await;
        assert_eq!(user_info(&server, &token).await, 200);
    }
    assert_eq!(server.requests("POST /oauth/token").await, 4, "nothing is found out again");

    let said = press(&program, &mut agent, "User info").await.text();
    assert!(said.contains("alice"), "{said}");
    let said = press(&program, &mut agent, "Introspect").await.text();
    assert!(said.contains("the token is active"), "{said}");

    let last = token(&program, "music").await;
    program.run(["revoke", "music"]).await.done();
    assert_eq!(program.run(["token", "music"]).await.code(), 3);
    assert_eq!(user_info(&server, &last).await, 401, "it is given back there too");
    assert!(!leaks(program.bytes_at_rest(), Doorkeeper::CLIENT_SECRET));
}

#[tokio::test]
async fn a_password_is_exchanged_for_tokens_that_are_renewed_without_it() {
    let (program, server) = stage(&[("--grant", "password"), ("--scope", "read")]).await;
    let wrong = program.run_with_input(["authorize", "music"], "alice\ncanary-wrong\n").await;
    assert!(wrong.code() == 5 && wrong.err().contains("invalid_grant"), "{wrong:?}");
    let typed = format!("alice\n{}\n", Doorkeeper::PASSWORD);
    program.run_with_input(["authorize", "music"], &typed).await.done();
    let second = renewed(&program, "music").await;
    assert_ne!(renewed(&program, "music").await, second);
    assert_eq!(definition(&program, "music").await["token"]["auth"]["encoding"], "raw");
    assert_eq!(server.requests("POST /oauth/token").await, 6);
}

#[tokio::test]
async fn a_client_asks_in_its_own_name() {
    let (program, server) = stage(&[("--grant", "client_credentials")]).await;
    assert!(token(&program, "music").await.len() > 20);
    assert_eq!(server.requests("POST /oauth/token").await, 2);
}
