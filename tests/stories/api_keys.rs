//! What a key may do, and what is known of it.

use oauth_client_helper::flows::api_keys::Verb;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Api, Backend, Program, Stage, UserAgent, in_both_stores, until};

async fn key(program: &Program, options: &[&str]) -> Api {
    let arguments: Vec<&str> = ["api-key", "create", "a script"].iter().chain(options).copied().collect();
    Api::with_key(program, program.run_with(&arguments).await.done().out())
}

/// Every call, and the verb it needs.
const CALLS: &[(&str, &str, &str)] = &[
    ("GET", "/clients/music/token", "token:read"),
    ("GET", "/clients/music/header", "token:read"),
    ("POST", "/clients/music/token/rejected", "token:read"),
    ("GET", "/status", "status:read"),
    ("POST", "/clients/music/refresh", "grants:write"),
    ("POST", "/clients/music/revoke", "grants:write"),
    ("GET", "/clients", "clients:read"),
    ("GET", "/clients/music", "clients:read"),
    ("PUT", "/clients/music", "clients:write"),
    ("DELETE", "/clients/music", "clients:write"),
    ("PATCH", "/proxy/music/me", "proxy"),
    ("GET", "/discover?url=", "clients:write"),
    ("GET", "/clients/music/discover", "clients:read"),
    ("POST", "/clients/music/discover", "clients:write"),
    ("GET", "/clients/music/key", "clients:read"),
    ("POST", "/clients/music/key", "clients:write"),
    ("POST", "/clients/music/registration", "clients:write"),
    ("GET", "/clients/music/registration", "clients:read"),
    ("POST", "/clients/music/registration/update", "clients:write"),
    ("POST", "/clients/music/authorizations", "grants:authorize"),
    ("GET", "/clients/music/authorizations/x", "grants:authorize"),
    ("POST", "/clients/music/authorizations/pasted", "grants:authorize"),
    ("POST", "/clients/music/authorizations/password", "grants:authorize"),
    ("GET", "/events?event=none", "status:read"),
    ("GET", "/keys", "keys:write"),
    ("POST", "/keys", "keys:write"),
    ("DELETE", "/keys/x", "keys:write"),
];

fn includes(verb: &str) -> &'static [&'static str] {
    match verb {
        "token:read" => &["token:read", "proxy", "status:read"],
        "grants:write" => &["grants:write", "status:read"],
        "grants:authorize" => &["grants:authorize", "status:read"],
        "keys:write" => &["keys:write"],
        "clients:read" => &["clients:read", "status:read"],
        "clients:write" => &["clients:write", "clients:read", "status:read"],
        "status:read" => &["status:read"],
        "proxy" => &["proxy"],
        _ => &[],
    }
}

#[tokio::test]
async fn a_key_does_what_its_verbs_say_and_nothing_else() {
    let program = Program::embedded();
    let _server = program.serve().await;
    for verb in Verb::ALL.map(Verb::as_str) {
        let api = key(&program, &["--allow", verb]).await;
        for (method, path, needed) in CALLS {
            let request = api.request(Method::from_bytes(method.as_bytes()).expect("a method"), path);
            let answer = Answer::to(request.body("{}")).await;
            let is_refused = answer.status == 403;
            assert_eq!(is_refused, !includes(verb).contains(needed), "{verb}: {method} {path}: {answer:?}");
            if is_refused {
                assert_eq!(answer.problem().1, "forbidden_verb");
                assert!(answer.body.contains(needed), "{answer:?}");
            }
        }
    }
    let wrong = program.run(["api-key", "create", "x", "--allow", "everything"]).await;
    assert_eq!(wrong.code(), 2);
    assert!(wrong.err().contains("token:read, proxy"), "{wrong:?}");
}

#[tokio::test]
async fn a_key_for_named_clients_reads_their_tokens_and_sees_no_other() {
    let stage = Stage::new(Backend::Embedded).await;
    stage.add_client("drive").await;
    let program = &stage.program;
    let _server = program.serve().await;
    let usual = key(program, &["--client", "drive"]).await;
    assert_eq!(usual.get("/clients/drive/token").await.problem().0, 409);
    assert_eq!(usual.get("/clients/drive").await.problem(), (403, "forbidden_verb".to_owned()));
    assert_eq!(usual.get("/clients/music/token").await.problem(), (403, "forbidden_client".to_owned()));
    let names = |answer: Answer, field: &str| -> Vec<Value> {
        answer.json().as_array().expect("a list").iter().map(|one| one[field].clone()).collect()
    };
    assert_eq!(names(usual.get("/status").await, "client"), ["drive"]);
    let writer = key(program, &["--client", "drive", "--allow", "clients:write"]).await;
    assert_eq!(names(writer.get("/clients").await, "name"), ["drive"]);
    for forbidden in [writer.put("/clients/other", json!({})).await, writer.delete("/clients/music").await] {
        assert_eq!(forbidden.problem(), (403, "forbidden_client".to_owned()));
    }
}

in_both_stores!(the_last_use_of_a_key_is_shown);

async fn the_last_use_of_a_key_is_shown(backend: Backend<'_>) {
    let program = Program::new(backend);
    let _server = program.serve().await;
    let listed = async || program.run(["api-key", "list", "--json"]).await.done().json()[0].clone();
    let api = key(&program, &["--expires", "1h"]).await;
    let unused = listed().await;
    assert_eq!(unused["last_used_at"], Value::Null);
    assert_eq!(unused["verbs"].as_array().map(Vec::len), Some(Verb::usual().len()));
    api.get("/status").await;
    let used = until(async || Some(listed().await["last_used_at"].clone()).filter(Value::is_number)).await;
    for _ in 0..5 {
        api.get("/status").await;
    }
    assert_eq!(listed().await["last_used_at"], used, "it is noted once a minute");
    let id = unused["id"].as_str().expect("an id");
    program.run(["api-key", "revoke", id]).await.done();
    assert_eq!(api.get("/status").await.problem(), (401, "invalid_key".to_owned()));
    assert_eq!(program.run(["api-key", "list", "--json"]).await.done().json(), json!([]));
}

#[tokio::test]
async fn a_key_is_made_and_revoked_in_the_browser() {
    let stage = Stage::new(Backend::Embedded).await;
    let program = &stage.program;
    let _server = program.serve().await;
    let mut agent = stage.authorized().await;
    agent.open(&program.url("/")).await;
    let page = agent.follow("API keys").await;
    assert!(page.text().contains("There are no keys yet."), "{page}");
    assert_eq!(page.attributes("input[name=verb][checked]", "value"), ["token:read"]);

    let fields = [("label", "backup"), ("clients", "music"), ("expires", "30")];
    let page = agent.press("Make the key", &fields).await;
    assert_eq!((page.status, page.header("cache-control")), (200, "no-store"));
    let text = page.all(".copyable code").first().cloned().expect("the key");
    let api = Api::with_key(program, text.clone());
    assert_eq!(api.get("/clients/music/token").await.status, 200);
    assert_eq!(api.get("/clients").await.problem(), (403, "forbidden_verb".to_owned()));
    let listed = program.run(["api-key", "list", "--json"]).await.done().json()[0].clone();
    assert_eq!(
        (&listed["label"], &listed["clients"], &listed["verbs"]),
        (&json!("backup"), &json!(["music"]), &json!(["token:read"]))
    );
    let left = listed["expires_at"].as_i64().expect("an end") - listed["created_at"].as_i64().expect("a time");
    assert_eq!(left, 30 * 86_400);

    let page = agent.open(&program.url("/api-keys")).await;
    assert!(!page.text().contains(&text), "{page}");
    // Thirty for the rest of the second in which it was made.
    let ends = ["29", "30"].map(|days| format!("expires in {days} days"));
    assert!(ends.iter().any(|end| page.text().contains(end)), "{page}");
    let page = agent.press("Revoke backup", &[]).await;
    assert!(page.text().contains("The key is revoked"), "{page}");
    assert_eq!(api.get("/clients/music/token").await.problem(), (401, "invalid_key".to_owned()));
}

#[tokio::test]
async fn a_form_for_a_key_comes_back_with_what_is_wrong() {
    let program = Program::embedded();
    let _server = program.serve().await;
    let mut agent = UserAgent::new();
    agent.sign_in(&program).await;
    agent.open(&program.url("/api-keys")).await;
    let page = agent.press("Make the key", &[("label", "<b>x</b>"), ("clients", "none")]).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("There is no client named none"), "{page}");
    assert_eq!(page.attributes("#label", "value"), ["<b>x</b>"]);
    let page = agent.press("Make the key", &[("label", ""), ("clients", "")]).await;
    assert!(page.text().contains("Say what the key is for"), "{page}");
    assert_eq!(program.run(["api-key", "list", "--json"]).await.done().json(), json!([]));
    let bare = agent.post(&program.url("/api-keys"), &[("label", "x"), ("verb", "token:read")]).await;
    assert_eq!(bare.status, 403);
}
