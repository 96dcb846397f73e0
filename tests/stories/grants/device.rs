//! A client is authorized on another device, from a terminal and from a page.

use serde_json::json;

use super::strict_server::StrictServer;
use super::{add, refused, token};
use crate::support::{AuthorizationServer, Program, Server, UserAgent, until};

async fn with_real_server() -> (Program, AuthorizationServer) {
    let program = Program::embedded();
    let server = AuthorizationServer::start(&program.redirect_uri()).await;
    let definition = json!({"grant": "device_code", "client_id": AuthorizationServer::PUBLIC_CLIENT_ID,
        "scopes": ["openid"], "device": {"url": server.url("/device/auth")},
        "token": {"url": server.url("/token"), "auth": "none"}});
    add(&program, "tv", definition).await;
    (program, server)
}

async fn serving(program: &Program) -> (Server, UserAgent) {
    let server = program.serve().await;
    let mut agent = UserAgent::new();
    agent.sign_in(program).await;
    (server, agent)
}

#[tokio::test]
async fn a_code_from_the_terminal_is_approved_on_another_device() {
    let (program, server) = with_real_server().await;
    let mut terminal = program.start(["authorize", "tv"]);
    terminal.line("Waiting until").await;
    let printed = terminal.printed();
    let code = printed.lines().map(str::trim).find(|line| line.len() == 9 && line.as_bytes()[4] == b'-');
    let code = code.unwrap_or_else(|| panic!("no code in {printed}"));
    assert!(printed.contains(&server.url("/device")) && printed.contains('█'), "{printed}");
    assert_eq!(program.run(["token", "tv"]).await.code(), 3, "nobody has agreed yet");

    UserAgent::new().approve_device(&server.url(&format!("/device?user_code={code}"))).await;
    assert!(terminal.exit().await.success());
    assert!(!token(&program, "tv").await.is_empty());
}

#[tokio::test]
async fn a_page_shows_the_code_and_turns_into_the_result() {
    let (program, _server) = with_real_server().await;
    let (_serving, mut agent) = serving(&program).await;
    agent.open(&program.url("/clients/tv")).await;
    let page = agent.press("Authorize", &[]).await;
    let (address, code) = (page.attributes(".device a", "href"), page.all(".user-code"));
    assert_eq!(page.header("refresh"), "5");
    assert!(page.body.contains("src=\"data:image/svg+xml;base64,"), "{page}");
    assert!(page.text().contains(&code[0]) && address[0].contains("user_code="), "{page}");
    let shown = page.url.to_string();

    UserAgent::new().approve_device(&address[0]).await;
    until(async || agent.open(&shown).await.text().contains("tv is authorized").then_some(())).await;
    assert!(!token(&program, "tv").await.is_empty());
    let page = UserAgent::new().open(&shown).await.status;
    assert_eq!(page, 400, "the result belongs to the browser that asked");
}

#[tokio::test]
async fn a_declined_code_is_said_and_nothing_is_kept() {
    let server = StrictServer::start(|asked| match asked.path.as_str() {
        "/device" => (
            200,
            json!({"device_code": "canary-device-code", "user_code": "AB-CD", "interval": 1,
            "verification_uri": "https://as.example/device", "expires_in": 300}),
        ),
        _ => (400, json!({"error": "access_denied", "error_description": "no to canary-device-code"})),
    });
    let program = Program::embedded();
    add(&program, "tv", device_client(&server)).await;
    let ran = program.run(["authorize", "tv"]).await;
    assert_eq!(ran.code(), 5);
    assert!(ran.err().contains("AB-CD") && ran.err().contains("https://as.example/device"), "{ran:?}");
    assert!(ran.err().contains('█') && ran.err().contains("access_denied"), "{ran:?}");
    assert!(!ran.err().contains("canary"), "{ran:?}");
    assert_eq!(program.run(["token", "tv"]).await.code(), 3);
}

#[tokio::test]
async fn an_address_that_is_not_of_the_web_is_never_shown() {
    let server = StrictServer::start(|_| {
        (200, json!({"device_code": "D", "user_code": "AB-CD", "verification_uri": "javascript:alert(1)"}))
    });
    let program = Program::embedded();
    add(&program, "tv", device_client(&server)).await;
    let ran = program.run(["authorize", "tv"]).await;
    assert_eq!(ran.code(), 6);
    assert!(!ran.err().contains("javascript") && ran.err().contains("verification_uri"), "{ran:?}");
}

#[tokio::test]
async fn any_client_with_a_device_endpoint_can_be_authorized_that_way() {
    let server = StrictServer::start(|asked| match asked.path.as_str() {
        "/device" => (
            200,
            json!({"device_code": "D", "user_code": "AB-CD", "interval": 1,
            "verification_uri": "https://as.example/device", "expires_in": 300}),
        ),
        _ if asked.field("grant_type").ends_with(":device_code") && asked.field("device_code") == "D" => {
            (200, json!({"access_token": "T", "refresh_token": "R", "expires_in": 3600}))
        }
        _ => refused("invalid_grant"),
    });
    let program = Program::embedded();
    let mut definition = device_client(&server);
    definition["grant"] = json!("authorization_code");
    definition["authorize"] = json!({"url": "https://as.example/authorize"});
    add(&program, "tv", definition).await;
    program.run(["authorize", "tv@anna", "--device"]).await.done();
    assert_eq!(token(&program, "tv@anna").await, "T");
    assert_eq!(server.asked()[0].field("audience"), "api");
}

#[tokio::test]
async fn without_a_device_endpoint_the_missing_field_is_named() {
    let program = Program::embedded();
    let definition = json!({"client_id": "id", "authorize": {"url": "https://as.example/a"}, "token": {"url": "https://as.example/t"}});
    add(&program, "web", definition).await;
    let ran = program.run(["authorize", "web", "--device"]).await;
    assert!(ran.code() == 2 && ran.err().contains("device.url"), "{ran:?}");
}

fn device_client(server: &StrictServer) -> serde_json::Value {
    json!({"grant": "device_code", "client_id": "id", "token": {"url": server.url("/token"), "auth": "none"},
        "device": {"url": server.url("/device"), "params": {"audience": "api"}}})
}
