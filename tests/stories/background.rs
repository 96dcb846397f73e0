//! Tokens are kept fresh without anybody asking.

use serde_json::json;

use crate::support::{AuthorizationServer, Backend, Program, Stage, TokenEndpoint, in_both_stores, until};

in_both_stores!(
    instances_keep_a_token_fresh_together_and_never_twice,
    a_definition_that_another_process_changed_counts_at_once,
);

async fn instances_keep_a_token_fresh_together_and_never_twice(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    stage.short_lived(12).await;
    let (one, other) = (&stage.program, &stage.program.twin());
    let _servers = [one.serve().await, other.serve().await];
    stage.authorized().await;
    let first = stage.program.run(["token", "music", "--min-valid", "0"]).await.done().out();

    let status = stage.until(|grant| grant["generation"].as_u64() >= Some(4)).await;
    assert_eq!(stage.token_requests().await as u64, status["generation"].as_u64().expect("a number"), "{status}");
    assert_ne!(stage.program.run(["token", "music", "--min-valid", "0"]).await.done().out(), first);
    assert_eq!(status["last_error"], json!(null), "the authorization server takes every refresh token once: {status}");
}

async fn a_definition_that_another_process_changed_counts_at_once(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let _server = stage.program.serve().await;
    stage.authorized_and_expired().await;
    assert_eq!(stage.token_requests().await, 1, "the background leaves it alone, as the definition says");
    stage.set("refresh.background=true").await;
    let status = stage.until(|grant| grant["state"] == "ok").await;
    assert_eq!((stage.token_requests().await, &status["generation"]), (2, &json!(2)));
}

/// A stage whose `music` is authorized for an hour, refreshed at `endpoint` from now on, and due at once.
async fn due_at(endpoint: &TokenEndpoint) -> Stage {
    let stage = Stage::new(Backend::Embedded).await;
    {
        let _server = stage.program.serve().await;
        stage.authorized_and_expired().await;
    }
    stage.set(&format!("token.url={}", endpoint.url())).await;
    stage.set("refresh.background=true").await;
    stage
}

#[tokio::test]
async fn a_server_that_is_slow_delays_no_other_client() {
    let stage = Stage::new(Backend::Embedded).await;
    let slow = TokenEndpoint::start().await;
    let secret = stage.program.file("secret", "secret");
    for number in 0..12 {
        let (name, url) = (format!("slow{number}"), format!("token.url={}", slow.url()));
        let arguments = ["client", "add", &name, "--grant", "client_credentials", "--client-id", "x", "--set", &url];
        stage.program.run_with(&[&arguments[..], &["--client-secret-file", &secret]].concat()).await.done();
        let mut verb = stage.program.start(["token", name.as_str()]);
        slow.asked().await.answer("200 OK", json!({"access_token": name, "expires_in": 1})).await;
        assert!(verb.exit().await.success());
    }
    stage.short_lived(12).await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let held = slow.asked().await;
    stage.until(|grant| grant["generation"].as_u64() >= Some(2)).await;
    drop(held);
}

#[tokio::test]
async fn what_fails_is_tried_again_by_itself_and_recovers() {
    let endpoint = TokenEndpoint::start().await;
    let stage = due_at(&endpoint).await;
    let server = stage.program.serve().await;
    let busy = endpoint.asked().await;
    busy.answer_with("503 Service Unavailable", "retry-after: 3\r\n", b"<h1>busy</h1>").await;
    let status = stage.until(|grant| grant["state"] == "failing").await;
    let (since, next) = (status["since"].as_i64().expect("since"), status["next_try_at"].as_i64().expect("a time"));
    assert!((3..=16).contains(&(next - since)), "{status}");
    assert!(status["last_error"].as_str().is_some_and(|error| error.contains("503")), "{status}");
    let asked = stage.program.run(["token", "music"]).await;
    assert_eq!(asked.code(), 6, "{asked:?}");
    assert!(asked.err().contains("503") && asked.err().contains("next try"), "{asked:?}");
    assert!(asked.err().contains("oauth-helper refresh music"), "{asked:?}");

    endpoint.asked().await.grant("second", "r2").await;
    let status = stage.until(|grant| grant["state"] == "ok").await;
    assert_eq!((&status["last_error"], &status["next_try_at"]), (&json!(null), &json!(null)));
    assert_eq!(stage.program.run(["token", "music"]).await.done().out(), "second");
    let log = server.log();
    for event in ["failing", "refreshed", "recovered"] {
        assert!(
            log.contains(&format!("event=\"{event}\"")) || log.contains(&format!("event={event}")),
            "{event}: {log}"
        );
    }
}

#[tokio::test]
async fn a_client_that_is_not_accepted_is_left_alone_until_its_secret_is_mended() {
    let endpoint = TokenEndpoint::start().await;
    let stage = due_at(&endpoint).await;
    let server = stage.program.serve().await;
    // Basic raw and encoded and the body are tried, since the definition leaves it open.
    let refused = json!({"error": "invalid_client"});
    while stage.status().await["state"] != "failing" {
        tokio::select! {
            request = endpoint.asked() => request.answer("401 Unauthorized", refused.clone()).await,
            _ = stage.until(|grant| grant["state"] == "failing") => {}
        }
    }
    let status = stage.status().await;
    assert_eq!(status["next_try_at"], json!(null), "{status}");
    let mut agent = stage.operator().await;
    let page = agent.open(&stage.program.url("/clients/music")).await;
    assert!(page.text().contains("the secret"), "what to mend is named: {page}");
    let secret = stage.program.file("another", "another-secret");
    stage.program.run(["client", "edit", "music", "--client-secret-file", &secret]).await.done();
    endpoint.asked().await.grant("mended", "r2").await;
    stage.until(|grant| grant["state"] == "ok").await;
    drop(server);
}

#[tokio::test]
async fn a_server_that_is_told_to_end_finishes_its_background_refresh() {
    let endpoint = TokenEndpoint::start().await;
    let stage = due_at(&endpoint).await;
    let server = stage.program.serve().await;
    let request = endpoint.asked().await;
    server.process().signal("TERM");
    let address = format!("127.0.0.1:{}", stage.program.port());
    until(async || tokio::net::TcpStream::connect(&address).await.err()).await;
    request.grant("late", "r2").await;
    let (status, log) = server.stop().await;
    assert!(status.success(), "{status}: {log}");
    assert_eq!(stage.program.run(["token", "music"]).await.done().out(), "late");
}

#[tokio::test]
async fn a_first_token_that_did_not_come_is_fetched_in_the_background() {
    let program = Program::embedded();
    let endpoint = TokenEndpoint::start().await;
    let secret = program.file("secret", AuthorizationServer::CLIENT_SECRET);
    let url = format!("token.url={}", endpoint.url());
    let arguments = ["client", "add", "own", "--grant", "client_credentials", "--client-id", "x", "--set", &url];
    program.run_with(&[&arguments[..], &["--client-secret-file", &secret]].concat()).await.done();
    let status = async || program.run(["status", "--json"]).await.done().json()[0].clone();
    assert_eq!(status().await["state"], "expiring", "nobody has to authorize it");

    let asking = tokio::spawn({
        let program = program.clone();
        async move { program.run(["token", "own"]).await.code() }
    });
    endpoint.asked().await.answer_with("502 Bad Gateway", "", b"").await;
    assert_eq!(asking.await.expect("it ran"), 6);
    let failing = status().await;
    assert_eq!(failing["state"], "failing");
    assert!(failing["next_try_at"].is_i64() && failing["last_error"].is_string(), "{failing}");
    assert_eq!(program.run(["token", "own"]).await.code(), 6);
    assert!(endpoint.was_left_alone().await, "a server in trouble is not stormed");

    let _server = program.serve().await;
    endpoint.asked().await.answer("200 OK", json!({"access_token": "first", "expires_in": 3600})).await;
    until(async || Some(status().await).filter(|status| status["state"] == "ok")).await;
    assert_eq!(program.run(["token", "own"]).await.done().out(), "first");
}
