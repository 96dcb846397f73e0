//! A password is handed over once, by choice, and never kept.

use serde_json::json;

use super::strict_server::{Asked, StrictServer};
use super::{add, refused, token};
use crate::support::{Program, UserAgent, leaks};

const PASSWORD: &str = "canary-päss word";

async fn stage() -> (Program, StrictServer) {
    let server = StrictServer::start(|asked: &Asked| match asked.field("grant_type") {
        "password" if (asked.field("username"), asked.field("password")) == ("anna", PASSWORD) => {
            (200, json!({"access_token": "T1", "refresh_token": "R1", "expires_in": 3600}))
        }
        "password" => (
            400,
            json!({"error": "invalid_grant",
            "error_description": format!("{} is not the password", asked.field("password"))}),
        ),
        "refresh_token" if asked.field("refresh_token") == "R1" => {
            (200, json!({"access_token": "T2", "expires_in": 3600}))
        }
        _ => refused("unsupported_grant_type"),
    });
    let program = Program::embedded();
    let definition = json!({"grant": "password", "client_id": "id", "scopes": ["read"],
        "token": {"url": server.url("/token"), "auth": "none"}});
    add(&program, "old", definition).await;
    (program, server)
}

#[tokio::test]
async fn two_lines_of_input_are_a_grant_that_is_refreshed_without_them() {
    let (program, server) = stage().await;
    assert_eq!(program.run(["token", "old"]).await.code(), 3, "a person is needed");
    let ran = program.run_with_input(["authorize", "old"], &format!("anna\n{PASSWORD}\n")).await.done();
    assert!(ran.err().contains("hands your password"), "{ran:?}");
    assert_eq!(token(&program, "old").await, "T1");
    program.run(["refresh", "old"]).await.done();
    assert_eq!(token(&program, "old").await, "T2");
    let grants: Vec<_> = server.asked().iter().map(|asked| asked.field("grant_type").to_owned()).collect();
    assert_eq!(grants, ["password", "refresh_token"]);
    assert!(!leaks(program.bytes_at_rest(), PASSWORD));
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_not_repeated() {
    let (program, _server) = stage().await;
    let ran = program.run_with_input(["authorize", "old"], "anna\ncanary-wrong\n").await;
    assert!(ran.code() == 5 && ran.err().contains("invalid_grant") && !ran.err().contains("canary"), "{ran:?}");
    let ran = program.run_with_input(["authorize", "old"], "anna\n").await;
    assert!(ran.code() == 2 && ran.err().contains("a line of its own"), "{ran:?}");
}

#[tokio::test]
async fn the_page_warns_takes_the_password_and_shows_the_result() {
    let (program, _server) = stage().await;
    let serving = program.serve().await;
    let mut agent = UserAgent::new();
    agent.sign_in(&program).await;
    agent.open(&program.url("/clients/old")).await;
    let page = agent.press("Authorize", &[]).await;
    assert!(page.text().contains("hands your password"), "{page}");
    let page = agent.press("Authorize", &[("username", "anna"), ("password", "canary-wrong")]).await;
    assert!(page.text().contains("invalid_grant") && !page.body.contains("canary"), "{page}");
    agent.press("Try again", &[]).await;
    let page = agent.press("Authorize", &[("username", "anna"), ("password", PASSWORD)]).await;
    assert!(page.text().contains("old is authorized"), "{page}");
    assert_eq!(token(&program, "old").await, "T1");
    assert!(!leaks(serving.stop().await.1, PASSWORD) && !leaks(program.bytes_at_rest(), PASSWORD));
}

#[tokio::test]
async fn it_is_handed_over_from_another_machine_and_ends_there_as_it_would_here() {
    let (program, _server) = stage().await;
    let _serving = program.serve().await;
    let key = program.run(["api-key", "create", "elsewhere"]).await.done().out();
    let there = Program::embedded().with("SERVER", &program.public_url()).with_secret("API_KEY", &key);
    let wrong = there.run_with_input(["authorize", "old"], "anna\ncanary-wrong\n").await;
    assert!(wrong.code() == 5 && wrong.err().contains("invalid_grant") && !wrong.err().contains("canary"), "{wrong:?}");
    let ran = there.run_with_input(["authorize", "old"], &format!("anna\n{PASSWORD}\n")).await.done();
    assert!(ran.err().contains("hands your password") && ran.err().contains("old is authorized"), "{ran:?}");
    assert_eq!(token(&program, "old").await, "T1");
    assert!(!leaks(program.bytes_at_rest(), PASSWORD));
}
