//! What machines see of the program: metrics, and a log of who did what.

use serde_json::json;

use crate::support::{Answer, Api, Backend, Program, Stage, UserAgent, http, in_both_stores};

async fn scrape(program: &Program, key: &str) -> Answer {
    Answer::to(http().get(program.url("/metrics")).bearer_auth(key)).await
}

/// The value of one series, as it is written.
fn value<'a>(text: &'a str, series: &str) -> &'a str {
    let line = text.lines().find(|line| line.starts_with(series));
    let line = line.unwrap_or_else(|| panic!("there is no {series} in\n{text}"));
    line.rsplit(' ').next().expect("a value")
}

in_both_stores!(prometheus_sees_requests_refreshes_grants_and_the_store);

async fn prometheus_sees_requests_refreshes_grants_and_the_store(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let api = Api::of(&stage.program).await;
    assert_eq!(api.post("/clients/music/refresh", json!({})).await.status, 200);
    let answer = scrape(&stage.program, &api.key).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/plain; version=0.0.4; charset=utf-8"));
    let text = &answer.body;
    let state = stage.status().await["state"].as_str().expect("a state").to_owned();
    for (series, expected) in [
        (r#"oauth_helper_build_info{version="0.1.0"}"#, "1"),
        (r#"oauth_helper_refreshes_total{outcome="refreshed"}"#, "1"),
        (r#"oauth_helper_token_request_seconds_count{outcome="answered"}"#, "2"),
        (r#"oauth_helper_events_total{event="authorized"}"#, "1"),
        (&format!("oauth_helper_grants{{state=\"{state}\"}}"), "1"),
        (r#"oauth_helper_http_requests_total{method="POST",route="/api/v1/clients/<name>/refresh"#, "1"),
    ] {
        assert_eq!(value(text, series), expected, "{series}");
    }
    assert_ne!(value(text, r#"oauth_helper_store_seconds_count{verb="get"}"#), "0");
    assert!(!text.contains("music"), "no series of a client: {text}");
}

#[tokio::test]
async fn metrics_are_for_the_operator_and_for_keys_that_may() {
    let program = Program::embedded();
    let _server = program.serve().await;
    let without = Answer::to(http().get(program.url("/metrics"))).await;
    assert_eq!(without.problem(), (401, "invalid_key".to_owned()));
    let key = async |verb| program.run(["api-key", "create", "x", "--allow", verb]).await.done().out();
    assert_eq!(scrape(&program, &key("metrics:read").await).await.status, 200);
    assert_eq!(scrape(&program, &key("token:read").await).await.problem(), (403, "forbidden_verb".to_owned()));
    let mut agent = UserAgent::new();
    agent.sign_in(&program).await;
    let page = agent.open(&program.url("/metrics")).await;
    assert_eq!(page.status, 200, "{page}");
}

#[tokio::test]
async fn the_log_says_who_did_what_from_where_and_no_secret() {
    let stage = Stage::with(Program::embedded().with("LOG__FORMAT", "json"), &[]).await;
    let server = stage.program.serve().await;
    let mut stranger = UserAgent::new();
    stranger.open(&stage.program.url("/login")).await;
    stranger.submit(&[("token", "canary-wrong-token")]).await;
    let mut agent = stage.authorized().await;
    agent.open(&stage.program.url("/clients/music/delete")).await;
    let api = Api::of(&stage.program).await;
    api.post("/clients/music/refresh", json!({})).await;
    let id = api.key.split('_').nth(1).expect("an id").to_owned();
    api.delete("/clients/music").await;
    server.line("DELETE /api/v1/clients/<name>").await;
    let log = server.log();
    let audit: Vec<serde_json::Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &serde_json::Value| line["target"] == "audit")
        .collect();
    let done = |who: &str, action: &str, status: u16| {
        let fits = |line: &&serde_json::Value| {
            line["who"] == who && line["action"] == action && line["status"] == status && line["from"] == "127.0.0.1"
        };
        audit.iter().find(fits).unwrap_or_else(|| panic!("{who} {action} {status} is not in {audit:#?}")).clone()
    };
    done("nobody", "POST /login", 401);
    done("nobody", "POST /login", 303);
    assert_eq!(done("operator", "POST /clients/<name>/authorize", 303)["client"], "music");
    done("nobody", "GET /auth_callback", 303);
    done(&format!("key {id}"), "POST /api/v1/clients/<name>/refresh", 200);
    assert_eq!(done(&format!("key {id}"), "DELETE /api/v1/clients/<name>", 204)["client"], "music");
    assert!(!log.contains("canary") && !log.contains(&api.key), "{log}");
}

#[tokio::test]
async fn what_is_done_from_the_command_line_is_noted_with_its_user_and_no_secret() {
    let stage = Stage::new(Backend::Embedded).await;
    let (program, server) = (&stage.program, stage.program.serve().await);
    stage.authorized().await;
    let token = program.run(["token", "music"]).await.done().out();
    program.run(["client", "edit", "music", "--set", "notes=canary-note"]).await.done();
    program.run(["token", "nobody"]).await;
    let ran = program.run(["exec", "music", "--", "true"]).await.done();
    let key = program.run(["api-key", "create", "a label"]).await.done().out();
    let code = program.run(["login-code"]).await.done().out();
    program.run(["status"]).await.done();
    drop((ran, server));
    let log = std::fs::read_to_string(program.data_dir().join("audit.log")).expect("an audit log");
    let entries: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let noted = |action: &str, client: &[&str], outcome: &str| {
        let fits = |entry: &&serde_json::Value| {
            let who = entry["who"].as_str().is_some_and(|who| who.starts_with("uid "));
            who && entry["action"] == action && entry["client"] == json!(client) && entry["outcome"] == outcome
        };
        assert!(entries.iter().any(|entry| fits(&entry)), "{action} {client:?} {outcome} is not in {log}");
    };
    noted("client add", &["music"], "done");
    noted("token", &["music"], "done");
    noted("client edit", &["music"], "done");
    noted("token", &["nobody"], "failed");
    noted("exec", &["music"], "begun");
    noted("api-key create", &[], "done");
    noted("login-code", &[], "done");
    assert!(!log.contains("status") && !log.contains("canary"), "{log}");
    for secret in [&token, &key, &code] {
        assert!(!log.contains(secret.trim()), "{log}");
    }
}
