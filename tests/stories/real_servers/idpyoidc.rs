//! idpyoidc: token exchange, and a client authentication method for each client.

use super::{Options, add, authorize, discover, press, renewed, token};
use crate::support::{Idpyoidc, Program};

async fn stage() -> (Program, Idpyoidc, String) {
    let program = Program::embedded();
    let server = Idpyoidc::start(&program.redirect_uri()).await;
    let secret = program.file("secret", Idpyoidc::CLIENT_SECRET);
    (program, server, secret)
}

#[tokio::test]
async fn a_token_of_one_client_is_exchanged_for_one_of_another() {
    let (program, server, secret) = stage().await;
    let secret = ("--client-secret-file", secret.as_str());
    discover(&program, &server, "test-client", &[secret, ("--scope", "openid offline_access api")]).await;
    let exchange = [
        secret,
        ("--grant", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("--auth", "post"),
        ("--scope", "api"),
        ("--set", "token.params.subject_token={grant.music.access_token}"),
        // It tells nobody about a token but those it is meant for.
        ("--set", "token.params.audience=test-post"),
    ];
    add(&program, "songs", &server, "test-post", &exchange).await;
    assert_eq!(program.run(["token", "songs"]).await.code(), 3, "there is nothing to exchange yet");

    let (_serving, mut agent) = authorize(&program, "music").await;
    let exchanged = token(&program, "songs").await;
    assert_ne!(exchanged, token(&program, "music").await);
    agent.open(&program.url("/clients/songs")).await;
    let said = agent.press("Introspect", &[]).await.text();
    assert!(said.contains("test-post") && said.contains("api"), "{said}");

    let asked = server.requests("POST /token").await;
    assert_eq!(token(&program, "songs").await, exchanged, "it is kept while it is fresh");
    assert_eq!(server.requests("POST /token").await, asked);
    assert_ne!(renewed(&program, "songs").await, exchanged);
}

#[tokio::test]
async fn every_way_to_authenticate_that_it_offers_is_spoken() {
    let (program, server, secret) = stage().await;
    let secret = ("--client-secret-file", secret.as_str());
    let (rs256, es256) = (server.key("rs256"), server.key("es256"));
    let scope = ("--scope", "openid offline_access");
    let signed = ("--auth", "private_key_jwt");
    // Statements must be addressed to the endpoint.
    let to = ("--set", "token.auth.audience=token_endpoint");
    let clients: [(&str, &str, Options<'_>); 6] = [
        ("by-basic", "test-client", &[secret, scope]),
        ("by-post", "test-post", &[secret, scope, ("--auth", "post")]),
        ("by-secret-jwt", "test-secret-jwt", &[secret, scope, ("--auth", "client_secret_jwt"), to]),
        (
            "by-rs256",
            "test-pkjwt",
            &[scope, signed, to, ("--private-key-file", &rs256), ("--set", "token.auth.kid=rs256")],
        ),
        (
            "by-es256",
            "test-pkjwt",
            &[scope, signed, to, ("--private-key-file", &es256), ("--set", "token.auth.kid=es256")],
        ),
        ("by-nothing", "test-public", &[scope, ("--auth", "none")]),
    ];
    for (name, client_id, options) in clients {
        add(&program, name, &server, client_id, options).await;
        authorize(&program, name).await;
        renewed(&program, name).await;
    }
}

#[tokio::test]
async fn who_agreed_is_known_and_a_grant_is_given_back() {
    let (program, server, secret) = stage().await;
    discover(&program, &server, "test-client", &[("--client-secret-file", &secret)]).await;
    let (_serving, mut agent) = authorize(&program, "music").await;
    let said = press(&program, &mut agent, "User info").await.text();
    assert!(said.contains("The token is good"), "{said}");
    program.run(["revoke", "music"]).await.done();
    assert_eq!(program.run(["token", "music"]).await.code(), 3);
    assert!(server.requests("POST /revocation").await >= 1);
}
