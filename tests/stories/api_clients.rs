//! Clients and grants over HTTP, for a program that sets everything up without a browser.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Api, Backend, Program, Stage, in_both_stores, leaks};

const SECRET: &str = "canary-secret-put-0123456789";

fn definition() -> Value {
    json!({"service": "Music", "client_id": "an-id", "client_secret": SECRET,
        "authorize": {"url": "https://music.example/authorize"},
        "token": {"url": "https://music.example/token", "auth": "basic"}})
}

in_both_stores!(a_client_is_put_shown_replaced_and_deleted, a_grant_is_refreshed_and_revoked_from_afar,);

async fn a_client_is_put_shown_replaced_and_deleted(backend: Backend<'_>) {
    let program = Program::new(backend);
    let _server = program.serve().await;
    let api = Api::of(&program).await;
    assert_eq!(api.get("/clients").await.json(), json!([]));

    let created = api.put("/clients/music", definition()).await;
    assert_eq!(created.status, 201, "{created:?}");
    let mut shown = definition();
    shown.as_object_mut().expect("an object").remove("client_secret");
    assert_eq!(created.json(), shown);
    assert_eq!(api.get("/clients/music").await.json(), shown);
    assert_eq!(api.get("/clients").await.json(), json!([{"name": "music", "definition": shown}]));

    // What was read can be written back as it is: the secret stays.
    shown["scopes"] = json!(["a", "b"]);
    assert_eq!(api.put("/clients/music", shown.clone()).await.status, 200);
    assert_eq!(api.get("/clients/music").await.json(), shown);
    let exported = program.run(["client", "export", "music"]).await.done().json();
    let kept = &exported["clients"]["music"]["client_secret"];
    assert!(kept["sealed"].is_string(), "{exported}");
    let again = api.put("/clients/music", shown.clone()).await;
    assert_eq!((again.status, again.header("etag")), (200, api.get("/clients/music").await.header("etag")));
    assert_eq!(
        &program.run(["client", "export", "music"]).await.done().json()["clients"]["music"]["client_secret"],
        kept
    );

    // An empty one is taken away.
    shown["client_secret"] = json!("");
    assert_eq!(api.put("/clients/music", shown).await.status, 200);
    let exported = program.run(["client", "export", "music"]).await.done().json();
    assert!(exported["clients"]["music"].get("client_secret").is_none(), "{exported}");

    assert_eq!(api.delete("/clients/music").await.status, 204);
    assert_eq!(api.get("/clients/music").await.problem(), (404, "unknown_client".to_owned()));
    assert_eq!(api.delete("/clients/music").await.problem(), (404, "unknown_client".to_owned()));
    assert!(!leaks(program.bytes_at_rest(), SECRET));
}

async fn a_grant_is_refreshed_and_revoked_from_afar(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let _server = stage.program.serve().await;
    let api = Api::of(&stage.program).await;
    assert_eq!(api.get("/status").await.json(), stage.program.run(["status", "--json"]).await.done().json());
    assert_eq!(
        api.post("/clients/music/refresh", json!({})).await.problem(),
        (409, "authorization_required".to_owned())
    );
    assert_eq!(api.post("/clients/music/revoke", json!({})).await.problem(), (404, "no_grant".to_owned()));

    stage.authorized().await;
    let before = api.get("/clients/music/token").await.json();
    let refreshed = api.post("/clients/music/refresh", json!({})).await;
    assert_eq!(refreshed.json()["state"], "ok", "{refreshed:?}");
    let after = api.get("/clients/music/token").await.json();
    assert_ne!(before["access_token"], after["access_token"]);
    assert!(!leaks(&refreshed.body, after["access_token"].as_str().expect("a token")));
    assert_eq!(api.get("/status").await.json()[0], refreshed.json());

    assert_eq!(api.post("/clients/music/revoke?account=other", json!({})).await.status, 404);
    assert_eq!(api.post("/clients/music/revoke", json!({})).await.status, 204);
    assert_eq!(stage.program.run(["token", "music"]).await.code(), 3);
    assert_eq!(api.get("/status").await.json()[0]["state"], "not_authorized");
}

#[tokio::test]
async fn every_problem_of_a_definition_is_named_by_its_path() {
    let program = Program::embedded();
    let _server = program.serve().await;
    let api = Api::of(&program).await;
    let bad = json!({"service": "a\nb", "authorize": {"url": "ftp://x"}, "token": {"url": "javascript:alert(1)"}});
    let answer = api.put("/clients/music", bad).await;
    assert_eq!(answer.problem(), (422, "invalid_definition".to_owned()));
    let errors = answer.json()["errors"].as_array().cloned().expect("a list");
    let paths: Vec<_> = errors.iter().map(|error| error["path"].as_str().expect("a path")).collect();
    for path in ["client_id", "service", "authorize.url", "token.url"] {
        assert!(paths.contains(&path), "{path}: {answer:?}");
    }
    assert!(errors.iter().all(|error| error["message"].as_str().is_some_and(|said| said.len() > 10)));

    let unknown = api.put("/clients/music", json!({"client_id": "x", "tokne": {}})).await;
    assert_eq!(unknown.problem(), (422, "invalid_definition".to_owned()));
    assert!(unknown.body.contains("tokne"), "{unknown:?}");
    for (name, status, code) in [("new", 422, "invalid_definition"), ("NO", 404, "unknown_client")] {
        let answer = api.put(&format!("/clients/{name}"), definition()).await;
        assert_eq!(answer.problem(), (status, code.to_owned()), "{name}");
    }
    let text = api.request(Method::PUT, "/clients/music").body("{");
    assert_eq!(Answer::to(text).await.problem(), (400, "bad_request".to_owned()));
    assert_eq!(api.get("/clients").await.json(), json!([]));
}

#[tokio::test]
async fn a_change_can_be_bound_to_a_version() {
    let program = Program::embedded();
    let _server = program.serve().await;
    let api = Api::of(&program).await;
    let put = async |name: &str, value: &str, service: &str| {
        let body = json!({"service": service, "client_id": "id", "authorize": {"url": "https://a.example/a"},
            "token": {"url": "https://a.example/t"}});
        let request = api.request(Method::PUT, "/clients/music").header(name, value).body(body.to_string());
        Answer::to(request).await
    };
    assert_eq!(put("If-Match", "*", "A").await.problem(), (412, "precondition_failed".to_owned()));
    let first = put("If-None-Match", "*", "A").await;
    assert_eq!(first.status, 201);
    assert_eq!(put("If-None-Match", "*", "B").await.problem(), (412, "precondition_failed".to_owned()));
    let tag = first.header("etag").to_owned();
    assert_eq!(tag, api.get("/clients/music").await.header("etag"));
    let second = put("If-Match", &tag, "B").await;
    assert_eq!(second.status, 200);
    assert_ne!(second.header("etag"), tag);
    assert_eq!(put("If-Match", &tag, "C").await.problem(), (412, "precondition_failed".to_owned()));
    assert_eq!(put("If-Match", "*", "C").await.status, 200);
    assert_eq!(put("If-None-Match", &tag, "C").await.problem(), (400, "bad_request".to_owned()));
}

#[tokio::test]
async fn nobody_from_afar_says_where_on_this_machine_a_secret_is() {
    let program = Program::embedded();
    let _server = program.serve().await;
    let api = Api::of(&program).await;
    let mut body = definition();
    for place in [json!({"file": "/etc/passwd"}), json!({"env": "OAUTHCLIENT_LOGIN__TOKEN"})] {
        body["client_secret"] = place;
        let answer = api.put("/clients/music", body.clone()).await;
        assert_eq!(answer.problem(), (422, "invalid_definition".to_owned()));
        assert_eq!(answer.json()["errors"][0]["path"], "client_secret");
    }
    // Where the operator said so, it may be repeated.
    let file = program.file("secret", SECRET);
    body["client_secret"] = json!({"file": file});
    let wrapped = json!({"version": 1, "clients": {"music": body}}).to_string();
    program.run(["client", "import", &program.file("clients.json", &wrapped)]).await.done();
    assert_eq!(api.put("/clients/music", body).await.status, 200);
}
