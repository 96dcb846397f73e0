//! Nobody renews a token by hand, and nobody loses one.

use rocket::futures::future::join_all;
use serde_json::json;

use crate::support::{Api, AuthorizationServer, Backend, Stage, TokenEndpoint, free_port, in_both_stores, until};

in_both_stores!(
    any_number_of_callers_of_a_due_token_cause_one_refresh,
    a_rejected_token_is_replaced_once_for_all_who_complain,
    a_refresh_on_demand_gives_another_token_each_time,
    a_valid_token_is_served_whatever_happens_to_the_authorization_server,
    a_grant_survives_a_server_that_cannot_be_reached,
);

async fn any_number_of_callers_of_a_due_token_cause_one_refresh(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let (one, other) = (&stage.program, &stage.program.twin());
    let _servers = [one.serve().await, other.serve().await];
    stage.authorized_and_expired().await;
    let before = stage.token_requests().await;

    let api = Api::of(one).await;
    let apis = [api.clone(), api.at(other)];
    let calls = join_all((0..170).map(|n| apis[n % 2].get("/clients/music/token")));
    let verbs = join_all((0..30).map(|_| one.run(["token", "music"])));
    let (answers, ran) = tokio::join!(calls, verbs);

    let token = ran[0].out();
    assert!(ran.iter().all(|ran| ran.code() == 0 && ran.out() == token), "{ran:?}");
    assert!(answers.iter().all(|answer| answer.json()["access_token"] == token.as_str()), "{answers:?}");
    assert_eq!(stage.token_requests().await - before, 1);
}

async fn a_rejected_token_is_replaced_once_for_all_who_complain(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let old = stage.program.run(["token", "music"]).await.done().out();
    let api = Api::of(&stage.program).await;
    let complain = || api.post("/clients/music/token/rejected", json!({"access_token": old}));

    let answers = join_all((0..20).map(|_| complain())).await;
    let new = answers[0].json()["access_token"].as_str().expect("a token").to_owned();
    assert_ne!(new, old);
    assert!(answers.iter().all(|answer| answer.json()["access_token"] == new.as_str()), "{answers:?}");
    assert_eq!(complain().await.json()["access_token"], new.as_str(), "who comes late gets the new one");
    assert_eq!(stage.token_requests().await, 2);
}

async fn a_refresh_on_demand_gives_another_token_each_time(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.authorized().await;
    let mut tokens = vec![stage.program.run(["token", "music"]).await.done().out()];
    for _ in 0..3 {
        // The authorization server takes every refresh token once: a lost one would show here.
        let refreshed = stage.program.run(["refresh", "music"]).await.done();
        assert_eq!(refreshed.out(), "", "the token is only printed when it is asked for");
        tokens.push(stage.program.run(["token", "music"]).await.done().out());
    }
    agent.open(&stage.program.url("/clients/music")).await;
    let page = agent.press("Refresh now", &[]).await;
    assert!(page.text().contains("music has a new token"), "{page}");
    tokens.push(stage.program.run(["token", "music"]).await.done().out());
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 5);
}

async fn a_valid_token_is_served_whatever_happens_to_the_authorization_server(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let Stage { program, authorization_server } = stage;
    let token = program.run(["token", "music"]).await.done().out();
    drop(authorization_server);
    let left = async || program.run(["token", "music", "--format", "json"]).await.done().json()["expires_in"].as_i64();
    until(async || left().await.filter(|left| *left < 3599)).await;

    let asked_for_more = program.run(["token", "music", "--min-valid", "3599"]).await.done();
    assert_eq!(asked_for_more.out(), token);
    assert!(asked_for_more.err().contains("music was not refreshed"), "a person learns of it: {asked_for_more:?}");
    let status = program.run(["status", "--json"]).await.done().json();
    assert_eq!(status[0]["state"], "failing", "a refresh was due, and tried: {status}");
    let answer = Api::of(&program).await.get("/clients/music/token?min_valid=3599").await;
    assert_eq!(answer.json()["access_token"], token.as_str(), "{answer:?}");
    assert_eq!(program.run(["refresh", "music"]).await.code(), 6);
    assert_eq!(program.run(["token", "music"]).await.done().out(), token, "the failure took nothing away");
}

async fn a_grant_survives_a_server_that_cannot_be_reached(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let server = stage.program.serve().await;
    stage.authorized_and_expired().await;
    let nobody = format!("token.url=http://127.0.0.1:{}/token", free_port());
    let html = format!("token.url={}", server.url("/healthz"));
    let wrong_secret = stage.program.file("wrong", "wrong-wrong-wrong-wrong");
    let wrong_secret = format!(r#"client_secret={{"file": "{wrong_secret}"}}"#);
    for (outage, code) in [(nobody, 6), (html, 6), (wrong_secret, 5)] {
        stage.set(&format!("token.url={}", stage.authorization_server.url("/token"))).await;
        stage.set(&outage).await;
        let ran = stage.program.run(["token", "music"]).await;
        assert_eq!((ran.code(), ran.out()), (code, String::new()), "{outage}: {ran:?}");
        let status = stage.status().await;
        assert_eq!(status["state"], "failing", "{outage}: {status}");
        assert!(status["last_error"].is_string(), "{outage}: {status}");
    }
    let secret = stage.program.file("client_secret", AuthorizationServer::CLIENT_SECRET);
    stage.program.run(["client", "edit", "music", "--client-secret-file", &secret]).await.done();
    stage.program.run(["token", "music"]).await.done();
    let status = stage.status().await;
    assert_eq!((&status["state"], &status["last_error"]), (&json!("ok"), &json!(null)));
}

#[tokio::test]
async fn a_grant_that_the_server_no_longer_knows_ends_with_its_token() {
    let mut stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.authorized().await;
    let token = stage.program.run(["token", "music"]).await.done().out();
    // It forgets every grant.
    stage.authorization_server.start_again().await;

    let refused = stage.program.run(["refresh", "music"]).await;
    assert_eq!(refused.code(), 3, "{refused:?}");
    assert!(refused.err().contains("oauth-helper authorize music"), "the next step is named: {refused:?}");
    assert_eq!(stage.program.run(["token", "music"]).await.done().out(), token, "it is still valid");
    assert_eq!(stage.status().await["state"], "authorization_required");
    let page = agent.open(&stage.program.url("/clients/music")).await;
    assert!(page.text().contains("Authorization required") && page.text().contains("invalid_grant"), "{page}");

    stage.authorized_and_expired().await;
    stage.authorization_server.start_again().await;
    let ended = stage.program.run(["token", "music"]).await;
    assert_eq!((ended.code(), ended.out()), (3, String::new()), "{ended:?}");
    let before = stage.token_requests().await;
    let answer = Api::of(&stage.program).await.get("/clients/music/token").await;
    assert_eq!(answer.problem(), (409, "authorization_required".to_owned()));
    assert_eq!(answer.json()["authorize_url"], stage.program.url("/clients/music"));
    assert_eq!(stage.token_requests().await, before, "what is over is not asked for again");

    stage.authorized().await;
    assert_eq!(stage.status().await["state"], "ok");
}

#[tokio::test]
async fn a_revoked_grant_is_gone_here_and_there() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let me = stage.authorization_server.url("/me");
    let asks = format!("curl -sS -o /dev/null -w '%{{http_code}}' -H \"$(oauth-helper header music)\" {me}");
    assert_eq!(stage.program.shell(&asks).await.out(), "200");
    let token = stage.program.run(["token", "music"]).await.done().out();

    stage.program.run(["revoke", "music"]).await.done();
    assert_eq!(stage.program.run(["token", "music"]).await.code(), 3);
    assert_eq!(stage.authorization_server.requests("POST /token/revocation").await, 1);
    let still = crate::support::http().get(me).bearer_auth(token).send().await.expect("an answer");
    assert_eq!(still.status(), 401, "the access token went with its grant");
}

#[tokio::test]
async fn a_server_that_is_told_to_end_finishes_its_exchange_first() {
    let stage = Stage::new(Backend::Embedded).await;
    let endpoint = TokenEndpoint::start().await;
    stage.set(&format!("token.url={}", endpoint.url())).await;
    let server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let callback = stage.callback(&mut agent, "music").await;

    let arriving = tokio::spawn(async move { agent.arrive(&callback).await.status });
    let request = endpoint.asked().await;
    server.process().signal("TERM");
    let address = format!("127.0.0.1:{}", stage.program.port());
    until(async || tokio::net::TcpStream::connect(&address).await.err()).await;
    request.answer("200 OK", json!({"access_token": "late", "token_type": "Bearer", "expires_in": 3600})).await;
    let (status, log) = server.stop().await;
    assert!(status.success(), "{status}: {log}");
    drop(arriving);
    assert_eq!(stage.program.run(["token", "music"]).await.done().out(), "late");
}

#[tokio::test]
async fn a_process_killed_in_the_middle_of_a_refresh_loses_no_valid_token() {
    let stage = Stage::new(Backend::Embedded).await;
    let endpoint = TokenEndpoint::start().await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let token = stage.program.run(["token", "music"]).await.done().out();
    stage.set(&format!("token.url={}", endpoint.url())).await;
    let mut verb = stage.program.start(["refresh", "music"]);
    let request = endpoint.asked().await;
    verb.kill();
    assert_eq!(stage.program.run(["token", "music"]).await.done().out(), token);
    assert_eq!(stage.status().await["state"], "refreshing", "what was under way is known");
    drop(request);
}
