//! A server whose first token only buys the one that counts.

use serde_json::json;

use crate::support::{Backend, Stage, TokenEndpoint, in_both_stores, shows_success};

in_both_stores!(
    a_second_request_that_fails_loses_nothing_and_is_made_again,
    a_process_killed_in_the_second_request_loses_nothing,
);

async fn a_second_request_that_fails_loses_nothing_and_is_made_again(backend: Backend<'_>) {
    let (stage, endpoint) = stage(backend).await;
    let server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let callback = stage.callback(&mut agent, "music").await;
    let arriving = tokio::spawn(async move {
        let page = agent.arrive(&callback).await;
        assert!(shows_success(page), "{page}");
        page.text()
    });
    let request = endpoint.asked().await;
    let first = request.parameter("subject");
    request.answer("400 Bad Request", json!({"error": "slow_exchange", "error_description": first})).await;
    let said = arriving.await.unwrap();
    assert!(said.contains("the second request (upgrade.url) failed") && said.contains("slow_exchange"), "{said}");
    assert!(!said.contains(&first), "{said}");

    let status = stage.status().await;
    assert_eq!(status["state"], "failing", "{status}");
    assert!(status["last_error"].as_str().unwrap().contains("second request"), "{status}");
    let served = stage.program.run(["token", "music"]).await.done();
    assert_eq!(served.out(), first, "the first token is valid, so it is served");
    assert!(!served.err().contains(&first), "{served:?}");

    let (ran, ()) = tokio::join!(stage.program.run(["refresh", "music"]), async {
        let again = endpoint.asked().await;
        assert_eq!(again.parameter("subject"), first);
        again.answer("200 OK", json!({"access_token": "long-lived", "expires_in": 5_000_000})).await;
    });
    ran.done();
    assert_eq!(stage.program.run(["token", "music"]).await.done().out(), "long-lived");
    assert_eq!(stage.token_requests().await, 1, "the code was exchanged once, and nothing was refreshed");
    assert_eq!(stage.status().await["state"], "ok");
    let (_, log) = server.stop().await;
    assert!(!log.contains(&first) && !log.contains("long-lived"), "{log}");
}

async fn a_process_killed_in_the_second_request_loses_nothing(backend: Backend<'_>) {
    let (stage, endpoint) = stage(backend).await;
    let server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let callback = stage.callback(&mut agent, "music").await;
    let arriving = tokio::spawn(async move { agent.arrive(&callback).await.status });
    let request = endpoint.asked().await;
    let first = request.parameter("subject");
    server.kill();
    drop((request, arriving));

    let (ran, ()) = tokio::join!(stage.program.run(["refresh", "music"]), async {
        let again = endpoint.asked().await;
        assert_eq!(again.parameter("subject"), first);
        again.answer("200 OK", json!({"access_token": "long-lived", "expires_in": 5_000_000})).await;
    });
    ran.done();
    assert_eq!(stage.program.run(["token", "music"]).await.done().out(), "long-lived");
}

async fn stage(backend: Backend<'_>) -> (Stage, TokenEndpoint) {
    let (stage, endpoint) = (Stage::new(backend).await, TokenEndpoint::start().await);
    let upgrade =
        json!({"url": endpoint.url(), "auth": "none", "params": {"access_token": null, "subject": "{access_token}"}});
    stage.set(&format!("upgrade={upgrade}")).await;
    (stage, endpoint)
}
