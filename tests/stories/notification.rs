//! Events come to who does not look: to a webhook, and to a command.

use std::fs;
use std::time::Instant;

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::hmac;
use serde_json::{Value, json};

use crate::support::{
    Answer, Api, Backend, Call, Program, ResourceServer, Stage, TokenEndpoint, UserAgent, http, in_both_stores, until,
};

const KEY: &str = "whsec_Y2FuYXJ5LXdlYmhvb2sta2V5LTAxMjM0NTY3ODk=";

/// What a receiver was sent, its signature checked.
struct Delivery {
    call: Call,
    id: String,
    event: Value,
}

impl Delivery {
    async fn next(receiver: &ResourceServer) -> Self {
        let mut call = receiver.asked().await;
        // The last member of all.
        let body = call.body_with("\"link\":\"").await;
        let body = if body.ends_with('}') { body } else { body + &call.body_with("}").await };
        let (id, at) = (call.header("webhook-id"), call.header("webhook-timestamp"));
        let key = STANDARD.decode(KEY.trim_start_matches("whsec_")).expect("base64");
        let signed = call.header("webhook-signature");
        let tag = STANDARD.decode(signed.strip_prefix("v1,").expect("version 1")).expect("base64");
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        hmac::verify(&key, format!("{id}.{at}.{body}").as_bytes(), &tag)
            .unwrap_or_else(|_| panic!("not signed by us: {}\n{body}", call.head));
        assert_eq!(call.header("content-type"), "application/json");
        Self { id, event: serde_json::from_str(&body).expect("JSON"), call }
    }

    fn kind(&self) -> &str {
        self.event["event"].as_str().expect("a text")
    }

    async fn take(self) {
        self.call.answer("204 No Content", "").await;
    }
}

fn telling(program: Program, receiver: &ResourceServer) -> Program {
    program.with_secret("WEBHOOK__URL", &receiver.url("/hook?canary=url")).with_secret("WEBHOOK__SECRET", KEY)
}

/// Somebody tries to log in and cannot.
async fn stranger(program: &Program) {
    let mut stranger = UserAgent::new();
    stranger.open(&program.url("/login")).await;
    stranger.submit(&[("token", "canary-wrong-token")]).await;
}

async fn add_client(program: &Program, name: &str) {
    let url = "token.url=https://as.example/token";
    let arguments = ["client", "add", name, "--grant", "client_credentials", "--client-id", "x", "--set", url];
    program.run_with(&arguments).await.done();
}

in_both_stores!(
    a_webhook_hears_that_a_person_is_needed_with_the_link_to_authorize,
    what_a_command_did_while_no_server_ran_is_told_by_the_next,
    of_two_instances_one_tells,
);

async fn a_webhook_hears_that_a_person_is_needed_with_the_link_to_authorize(backend: Backend<'_>) {
    let (receiver, endpoint) = (ResourceServer::start().await, TokenEndpoint::start().await);
    let stage = Stage::with(telling(Program::new(backend), &receiver), &[]).await;
    let server = stage.program.serve().await;
    stage.authorized_and_expired().await;
    stage.set(&format!("token.url={}", endpoint.url())).await;
    let mut refresh = stage.program.start(["refresh", "music"]);
    let refused = json!({"error": "invalid_grant", "error_description": "canary, says the server"});
    endpoint.asked().await.answer("400 Bad Request", refused).await;
    refresh.exit().await;

    let told = Delivery::next(&receiver).await;
    assert_eq!(told.kind(), "authorization_required", "what went well before is not sent: {}", told.event);
    assert_eq!((&told.event["client"], &told.event["account"]), (&json!("music"), &json!("default")));
    let link = told.event["link"].as_str().expect("a link").to_owned();
    let text = told.event["text"].as_str().expect("a text");
    assert!(text.starts_with("Authorization required: music") && text.ends_with(&link), "{text}");
    assert!(!told.event.to_string().contains("canary"), "never a server's words: {}", told.event);
    told.take().await;
    let mut agent = stage.operator().await;
    agent.open(&link).await;
    agent.stop_before(&stage.program.redirect_uri());
    agent.press("Authorize", &[]).await;
    let (_, log) = server.stop().await;
    assert!(!log.contains("canary"), "{log}");
}

async fn what_a_command_did_while_no_server_ran_is_told_by_the_next(backend: Backend<'_>) {
    let receiver = ResourceServer::start().await;
    let program = telling(Program::new(backend), &receiver).with("WEBHOOK__EVENTS", "client_changed");
    add_client(&program, "before").await;
    let server = program.serve().await;
    stranger(&program).await;
    // Until the server has its place in the row of events, nothing is new.
    until(async || Some(()).filter(|()| server.log().contains("login_failed"))).await;
    server.stop().await;
    let bare = program.clone().without("WEBHOOK__URL_FILE").without("WEBHOOK__SECRET_FILE").without("WEBHOOK__EVENTS");
    add_client(&bare, "while").await;
    let _server = program.serve().await;
    let told = Delivery::next(&receiver).await;
    assert_eq!((told.kind(), &told.event["client"]), ("client_changed", &json!("while")));
    told.take().await;
}

async fn of_two_instances_one_tells(backend: Backend<'_>) {
    let receiver = ResourceServer::start().await;
    let program = telling(Program::new(backend), &receiver).with("WEBHOOK__EVENTS", "client_changed");
    let _servers = [program.serve().await, program.twin().serve().await];
    // One in the middle of the first delivery, so that the other looks meanwhile.
    add_client(&program, "one").await;
    let first = Delivery::next(&receiver).await;
    add_client(&program, "two").await;
    first.take().await;
    let second = Delivery::next(&receiver).await;
    assert_eq!(second.event["client"], "two");
    second.take().await;
    add_client(&program, "three").await;
    let third = Delivery::next(&receiver).await;
    assert_eq!(third.event["client"], "three", "neither came twice");
    third.take().await;
}

#[tokio::test]
async fn refreshes_are_told_where_that_is_asked_for() {
    let receiver = ResourceServer::start().await;
    let program = telling(Program::embedded(), &receiver).with("WEBHOOK__EVENTS", "refreshed");
    let stage = Stage::with(program, &[]).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.authorized().await;
    stage.program.run(["refresh", "music"]).await.done();
    let told = Delivery::next(&receiver).await;
    assert_eq!((told.kind(), &told.event["client"]), ("refreshed", &json!("music")), "and nothing else");
    assert_eq!(told.event["generation"], 2);
    told.take().await;
    let page = agent.open(&stage.program.url("/events")).await;
    assert!(page.text().contains("Refreshed"), "{page}");
}

#[tokio::test]
async fn what_the_webhook_did_not_take_is_sent_again_and_is_the_same_event() {
    let receiver = ResourceServer::start().await;
    let program = telling(Program::embedded(), &receiver);
    let server = program.serve().await;
    stranger(&program).await;
    let first = Delivery::next(&receiver).await;
    let (id, event, began) = (first.id.clone(), first.event.clone(), Instant::now());
    first.call.answer("500 Internal Server Error", "canary, and no log").await;
    let mut agent = UserAgent::new();
    agent.sign_in(&program).await;
    let failing = until(async || {
        let page = agent.open(&program.url("/events")).await;
        page.text().contains("HTTP status 500").then(|| page.text())
    });
    let page = failing.await;
    assert!(page.contains("1 event waits") && !page.contains("canary"), "{page}");
    let again = Delivery::next(&receiver).await;
    assert!(began.elapsed().as_secs() >= 3, "not at once");
    assert_eq!((&again.id, &again.event), (&id, &event));
    again.take().await;
    until(async || {
        let page = agent.open(&program.url("/events")).await;
        page.text().contains("Last delivered").then_some(())
    })
    .await;
    let (_, log) = server.stop().await;
    assert!(!log.contains("canary"), "{log}");
}

#[tokio::test]
async fn a_webhook_that_does_not_answer_delays_no_refresh_and_no_page() {
    let receiver = ResourceServer::start().await;
    let stage = Stage::with(telling(Program::embedded(), &receiver), &[]).await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    stranger(&stage.program).await;
    let held = Delivery::next(&receiver).await;
    let api = Api::of(&stage.program).await;
    let began = Instant::now();
    for _ in 0..3 {
        assert_eq!(api.post("/clients/music/refresh", json!({})).await.status, 200);
    }
    assert!(began.elapsed().as_secs() < 15, "{:?}", began.elapsed());
    held.take().await;
}

#[tokio::test]
async fn a_receiver_that_takes_nothing_is_told_of_on_the_page_once_and_counted() {
    let receiver = ResourceServer::start().await;
    let program = telling(Program::embedded(), &receiver).with("WEBHOOK__EVENTS", "client_changed");
    let _server = program.serve().await;
    let key = program.run(["api-key", "create", "x", "--allow", "metrics:read"]).await.done().out();
    for name in ["one", "two", "three", "four"] {
        add_client(&program, name).await;
        Delivery::next(&receiver).await.call.answer("500 Internal Server Error", "").await;
    }
    let mut agent = UserAgent::new();
    agent.sign_in(&program).await;
    let page = until(async || {
        let page = agent.open(&program.url("/events")).await;
        page.all(".events .unread .badge").contains(&"Not delivered".to_owned()).then(|| page.text())
    })
    .await;
    assert_eq!(page.matches("does not take events").count(), 1, "{page}");
    let metrics = Answer::to(http().get(program.url("/metrics")).bearer_auth(key)).await.body;
    let failed = r#"oauth_helper_notifications_total{outcome="failed",target="webhook"} 4"#;
    assert!(metrics.contains(failed), "{metrics}");
    assert!(metrics.contains(r#"oauth_helper_notifications_waiting{target="webhook"} 4"#), "{metrics}");
}

#[tokio::test]
async fn the_test_button_shows_what_the_receiver_answered() {
    let receiver = ResourceServer::start().await;
    let program = telling(Program::embedded(), &receiver);
    let server = program.serve().await;
    let mut agent = UserAgent::new();
    agent.sign_in(&program).await;
    let page = agent.open(&program.url("/events")).await;
    assert!(page.text().contains("Webhook") && !page.body.contains("canary"), "the URL may hold a secret: {page}");
    let answered = async |status: &str, headers: &str, body: &str, agent: &mut UserAgent| {
        agent.open(&program.url("/events")).await;
        let answer = async {
            let told = Delivery::next(&receiver).await;
            assert_eq!(told.kind(), "test");
            told.call.answer_with(status, headers, body).await;
        };
        let (page, ()) = tokio::join!(agent.press("Send a test to the webhook", &[]), answer);
        page.text()
    };
    let page = answered("200 OK", "", "thanks for <b>that</b>", &mut agent).await;
    assert!(page.contains("The test arrived: it answered with HTTP status 200"), "{page}");
    assert!(page.contains("thanks for <b>that</b>"), "{page}");
    let page = answered("403 Forbidden", "", "who are you?", &mut agent).await;
    assert!(page.contains("did not arrive") && page.contains("403") && page.contains("who are you?"), "{page}");
    let page = answered("302 Found", "location: http://127.0.0.1:1/elsewhere\r\n", "", &mut agent).await;
    assert!(page.contains("did not arrive") && page.contains("redirects to http://127.0.0.1:1"), "{page}");
    let (_, log) = server.stop().await;
    assert!(!log.contains("thanks") && !log.contains("canary"), "{log}");
}

#[tokio::test]
async fn a_webhook_goes_nowhere_that_no_other_request_may_go() {
    let receiver = ResourceServer::start().await;
    let port = receiver.url("").rsplit(':').next().expect("a port").to_owned();
    for (url, private, why) in [
        ("http://169.254.169.254/latest/meta-data".to_owned(), "true", "link-local, metadata or reserved"),
        (receiver.url("/"), "false", "private or loopback address"),
        (format!("http://localhost:{port}/"), "false", "private or loopback address"),
        (format!("http://[::ffff:127.0.0.1]:{port}/"), "false", "private or loopback address"),
    ] {
        let program = telling(Program::embedded(), &receiver);
        let program = program.with_secret("WEBHOOK__URL", &url).with("OUTBOUND__ALLOW_PRIVATE", private);
        let _server = program.serve().await;
        let mut agent = UserAgent::new();
        agent.sign_in(&program).await;
        agent.open(&program.url("/events")).await;
        let page = agent.press("Send a test to the webhook", &[]).await;
        assert!(page.text().contains("did not arrive") && page.text().contains(why), "{url}: {page}");
    }
}

/// A script that keeps what it was told, and ends with the code that lies beside it.
fn script(program: &Program) -> String {
    let log = program.home().join("told");
    let code = program.home().join("code");
    let text = format!(
        "#!/bin/sh\n{{ cat; env; echo \"$1\"; }} >> {log}\necho canary >&2\nexit $(cat {code} 2>/dev/null || echo 0)\n",
        log = log.display(),
        code = code.display()
    );
    let file = program.file("tell me", &text);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs::set_permissions(&file, mode).expect("it can be run");
    file
}

#[tokio::test]
async fn a_command_hears_of_events_without_a_shell_and_without_secrets() {
    let program = Program::embedded();
    let file = script(&program);
    let argv = json!([file, "; touch pwned $(id)"]).to_string();
    let program = program.with("COMMAND__ARGV", &argv).with("ENCRYPTION__KEY", Program::ENCRYPTION_KEY);
    let server = program.serve().await;
    stranger(&program).await;
    let told = until(async || {
        let told = fs::read_to_string(program.home().join("told")).unwrap_or_default();
        told.contains("; touch pwned $(id)").then_some(told)
    })
    .await;
    let event: Value = serde_json::from_str(told.lines().next().expect("a line")).expect("JSON");
    assert_eq!(event["event"], "login_failed");
    assert_eq!(event["link"], program.url("/events").as_str());
    for variable in ["OAUTH_HELPER_EVENT=login_failed", "OAUTH_HELPER_TEXT=Login failed (from 127.0.0.1).", "PATH="] {
        assert!(told.contains(variable), "{variable}: {told}");
    }
    assert!(!told.contains("OAUTHCLIENT") && !told.contains(Program::ENCRYPTION_KEY), "{told}");

    fs::write(program.home().join("code"), "7").expect("it is written");
    let mut agent = UserAgent::new();
    agent.sign_in(&program).await;
    agent.open(&program.url("/events")).await;
    let page = agent.press("Send a test to the command", &[]).await.text();
    assert!(page.contains("did not arrive: it ended with exit code 7") && page.contains("canary"), "{page}");
    stranger(&program).await;
    server.line("exit code 7").await;
    assert!(!server.log().contains("canary"), "what it prints is not ours to log: {}", server.log());
    fs::write(program.home().join("code"), "0").expect("it is written");
    until(async || {
        let told = fs::read_to_string(program.home().join("told")).unwrap_or_default();
        // The first, the test, the second twice.
        (told.matches("OAUTH_HELPER_EVENT=login_failed").count() == 3).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_command_that_cannot_be_run_is_named_before_anything_starts() {
    let program = Program::embedded();
    let file = program.file("plain", "no program");
    for (argv, why) in [("/no/such/program", "cannot find"), (file.as_str(), "chmod +x"), ("/", "is not a program")] {
        let ran = program.clone().with("COMMAND__ARGV", argv).run(["serve"]).await;
        assert_eq!(ran.code(), 2, "{ran:?}");
        assert!(ran.err().contains("OAUTHCLIENT_COMMAND__ARGV") && ran.err().contains(why), "{ran:?}");
    }
}
