//! A program that is killed in the middle of something goes on where it was, or says why it cannot. Each story waits
//! until the lease of the dead process has run out.

use serde_json::json;

use crate::support::{Backend, Program, Server, Stage, TokenEndpoint, TokenRequest};

/// A server that was killed while the first refresh request was on its way. It was due, and the token is over.
async fn killed_at(endpoint: &TokenEndpoint) -> (Stage, TokenRequest) {
    let stage = Stage::new(Backend::Embedded).await;
    let server = stage.program.serve().await;
    stage.authorized_and_expired().await;
    stage.set(&format!("token.url={}", endpoint.url())).await;
    stage.set(r#"token.auth="basic""#).await;
    stage.set("refresh.background=true").await;
    let request = endpoint.asked().await;
    server.kill();
    (stage, request)
}

async fn restarted(program: &Program) -> Server {
    program.serve().await
}

#[tokio::test]
async fn the_next_start_tries_the_old_refresh_token_once_more() {
    let endpoint = TokenEndpoint::start().await;
    let (stage, lost) = killed_at(&endpoint).await;
    let _server = restarted(&stage.program).await;
    let again = endpoint.asked().await;
    assert_eq!(again.refresh_token(), lost.refresh_token());
    again.grant("after the stop", "r2").await;
    let status = stage.until(|grant| grant["state"] == "ok").await;
    assert_eq!(status["last_error"], json!(null), "{status}");
    assert_eq!(stage.program.run(["token", "music"]).await.done().out(), "after the stop");
    assert!(endpoint.was_left_alone().await, "once");
}

#[tokio::test]
async fn where_the_answer_is_lost_for_good_that_is_what_is_said() {
    let endpoint = TokenEndpoint::start().await;
    let (stage, _lost) = killed_at(&endpoint).await;
    // Without a server, the next ask does the same.
    let asking = tokio::spawn({
        let program = stage.program.clone();
        async move { program.run(["token", "music"]).await }
    });
    endpoint.asked().await.answer("400 Bad Request", json!({"error": "invalid_grant"})).await;
    let ran = asking.await.expect("it ran");
    assert_eq!((ran.code(), ran.out()), (3, String::new()), "{ran:?}");
    assert!(ran.err().contains("stopped in the middle") && ran.err().contains("oauth-helper authorize"), "{ran:?}");
    let status = stage.status().await;
    assert_eq!(status["state"], "authorization_required");
    assert!(status["last_error"].as_str().is_some_and(|error| error.contains("was lost")), "{status}");
}

#[tokio::test]
async fn a_code_whose_exchange_was_killed_asks_for_another_authorization() {
    let stage = Stage::new(Backend::Embedded).await;
    let endpoint = TokenEndpoint::start().await;
    stage.set(&format!("token.url={}", endpoint.url())).await;
    let server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let callback = stage.callback(&mut agent, "music").await;
    let arriving =
        tokio::spawn(crate::support::http().get(callback.clone()).header("cookie", cookies(&agent, &stage)).send());
    let _request = endpoint.asked().await;
    server.kill();
    assert!(arriving.await.expect("no panic").is_err());

    let _server = restarted(&stage.program).await;
    let page = agent.arrive(&callback).await;
    let text = page.text();
    assert!(text.contains("stopped while it exchanged the code") && text.contains("Press Authorize again"), "{page}");
    assert_eq!(stage.status().await["state"], "not_authorized");
}

fn cookies(agent: &crate::support::UserAgent, stage: &Stage) -> String {
    let session = agent.cookie(&stage.program.url("/"), "oauth-helper").expect("a session");
    format!("oauth-helper={session}")
}
