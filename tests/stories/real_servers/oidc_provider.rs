//! oidc-provider: every way to authenticate, and grants without a redirect. Its codes, introspection and revocation are in
//! most other stories, registration is in `discovery.rs`, a TLS certificate in `client_authentication.rs`.

use super::{Options, add, authorize, definition, discover, renewed, token};
use crate::support::{AuthorizationServer, Program, UserAgent};

async fn stage() -> (Program, AuthorizationServer, String) {
    let program = Program::embedded();
    let server = AuthorizationServer::start(&program.redirect_uri()).await;
    let secret = program.file("secret", AuthorizationServer::CLIENT_SECRET);
    (program, server, secret)
}

#[tokio::test]
async fn every_secret_and_every_kind_of_key_authenticates() {
    let (program, server, secret) = stage().await;
    let secret = ("--client-secret-file", secret.as_str());
    let file = |name: &str| server.state().join(name).display().to_string();
    let (rsa, ec, ed) = (file("client-c-rs256.pem"), file("client-c-es256.pem"), file("client-c-ed.pem"));
    let signed =
        |file, kid, alg| [("--auth", "private_key_jwt"), ("--private-key-file", file), ("--set", kid), ("--set", alg)];
    let (rsa_id, ec_id, ed_id) = ("token.auth.kid=c-rs256", "token.auth.kid=c-es256", "token.auth.kid=c-ed");
    let clients: [(&str, &str, Options<'_>); 8] = [
        ("by-nothing", "test-public", &[("--auth", "none")]),
        ("by-basic", "test-client", &[secret]),
        ("by-post", "test-post", &[secret, ("--auth", "post")]),
        ("by-secret-jwt", "test-secret-jwt", &[secret, ("--auth", "client_secret_jwt")]),
        ("by-rs256", "test-pkjwt", &signed(&rsa, rsa_id, "token.auth.alg=RS256")),
        ("by-ps256", "test-pkjwt", &signed(&rsa, rsa_id, "token.auth.alg=PS256")),
        ("by-es256", "test-pkjwt", &signed(&ec, ec_id, "token.auth.alg=ES256")),
        ("by-eddsa", "test-pkjwt", &signed(&ed, ed_id, "token.auth.alg=EdDSA")),
    ];
    for (name, client_id, options) in clients {
        add(&program, name, &server, client_id, options).await;
        authorize(&program, name).await;
        renewed(&program, name).await;
    }
}

#[tokio::test]
async fn a_device_is_authorized_where_the_metadata_says() {
    let (program, server, _) = stage().await;
    let options = [("--auth", "none"), ("--grant", "device_code")];
    discover(&program, &server, AuthorizationServer::PUBLIC_CLIENT_ID, &options).await;
    let mut terminal = program.start(["authorize", "music"]);
    terminal.line("Waiting until").await;
    let printed = terminal.printed();
    let code = printed.lines().map(str::trim).find(|line| line.len() == 9 && line.as_bytes()[4] == b'-');
    let code = code.unwrap_or_else(|| panic!("no code in {printed}"));
    UserAgent::new().approve_device(&server.url(&format!("/device?user_code={code}"))).await;
    assert!(terminal.exit().await.success());
    renewed(&program, "music").await;
}

#[tokio::test]
async fn a_client_that_asks_in_its_own_name_asks_for_no_persons_scopes() {
    let (program, server, secret) = stage().await;
    let options = [("--client-secret-file", secret.as_str()), ("--grant", "client_credentials")];
    discover(&program, &server, AuthorizationServer::CLIENT_ID, &options).await;
    assert!(token(&program, "music").await.len() > 20);
    assert!(definition(&program, "music").await["scopes"].is_null());
}
