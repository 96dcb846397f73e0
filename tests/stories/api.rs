//! What a script meets that asks over HTTP with a key.

use serde_json::json;

use crate::support::{Answer, Api, Backend, Stage, http, in_both_stores, leaks, until};

const TOKEN: &str = "/clients/music/token";

in_both_stores!(a_key_opens_what_it_is_for_as_long_as_it_lives);

async fn a_key_opens_what_it_is_for_as_long_as_it_lives(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    stage.add_client("drive").await;
    let program = &stage.program;
    let _server = program.serve().await;
    stage.authorized().await;

    let create = async |options: [&str; 2]| {
        let [option, value] = options;
        let key = program.run(["api-key", "create", "backup job", option, value]).await.done();
        Api::with_key(program, key.out())
    };
    let drive = create(["--client", "drive"]).await;
    assert_eq!(drive.get(TOKEN).await.problem(), (403, "forbidden_client".to_owned()));
    assert_eq!(drive.get("/clients/other/token").await.problem(), (403, "forbidden_client".to_owned()));
    assert_eq!(drive.get("/clients/drive/token").await.problem(), (409, "authorization_required".to_owned()));

    let music = create(["--client", "music"]).await;
    assert_eq!(music.get(TOKEN).await.status, 200);
    let short = create(["--expires", "2s"]).await;
    assert_eq!(short.get(TOKEN).await.status, 200);
    let ended = until(async || Some(short.get(TOKEN).await).filter(|answer| answer.status != 200)).await;
    assert_eq!(ended.problem(), (401, "invalid_key".to_owned()));
    assert!(ended.json()["detail"].as_str().is_some_and(|said| said.contains("ended")), "{ended:?}");

    let keys = program.run(["api-key", "list", "--json"]).await.done().json();
    let keys = keys.as_array().expect("a list");
    assert_eq!(keys.len(), 3);
    let of_music = keys.iter().find(|key| key["clients"] == json!(["music"])).expect("it is listed");
    program.run(["api-key", "revoke", of_music["id"].as_str().expect("an id")]).await.done();
    assert_eq!(music.get(TOKEN).await.problem(), (401, "invalid_key".to_owned()));
    let secret = music.key.splitn(3, '_').last().expect("a secret half").to_owned();
    assert!(!leaks(program.bytes_at_rest(), &secret) && !keys.iter().any(|key| leaks(key.to_string(), &secret)));
}

#[tokio::test]
async fn only_a_key_in_the_header_counts() {
    let stage = Stage::new(Backend::Embedded).await;
    let program = &stage.program;
    let server = program.serve().await;
    let agent = stage.authorized().await;
    let api = Api::of(program).await;
    let cookie = format!("oauth-helper={}", agent.cookie(&program.url("/"), "oauth-helper").expect("a session"));
    let url = program.url("/api/v1/clients/music/token");
    let changed = api.key.replace(|c: char| c.is_ascii_lowercase(), "a");
    for (what, request) in [
        ("nothing", http().get(&url)),
        ("a cookie", http().get(&url).header("cookie", cookie)),
        ("the query", http().get(format!("{url}?key={0}&access_token={0}", api.key))),
        ("another scheme", http().get(&url).header("authorization", format!("Basic {}", api.key))),
        ("no scheme", http().get(&url).header("authorization", &api.key)),
        ("an empty key", http().get(&url).bearer_auth("")),
        ("a wrong key", http().get(&url).bearer_auth(changed)),
        ("a key cut short", http().get(&url).bearer_auth(&api.key[..api.key.len() - 1])),
        ("a login token", http().get(&url).bearer_auth(crate::support::Program::LOGIN_TOKEN)),
    ] {
        let answer = Answer::to(request).await;
        assert_eq!(answer.problem(), (401, "invalid_key".to_owned()), "{what}");
        assert!(answer.header("www-authenticate").starts_with("Bearer"), "{what}");
    }
    assert_eq!(Answer::to(http().get(&url).header("authorization", format!("bearer {}", api.key))).await.status, 200);
    let (_, log) = server.stop().await;
    assert!(!leaks(log, &api.key), "a key in a query is not even logged");
}

#[tokio::test]
async fn every_mistake_is_answered_by_a_problem_with_a_code() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let api = Api::of(&stage.program).await;
    for (path, status, code) in [
        ("/clients/none/token", 404, "unknown_client"),
        ("/clients/NOT%20A%20NAME/token", 404, "unknown_client"),
        ("/clients/music/token", 409, "authorization_required"),
        ("/clients/music/header", 409, "authorization_required"),
        ("/clients/music/token?account=%00", 400, "bad_request"),
        ("/clients/music/token?min_valid=soon", 400, "bad_request"),
        ("/clients/music/token?min_valid=-1", 400, "bad_request"),
        ("/no/such/thing", 404, "not_found"),
    ] {
        assert_eq!(api.get(path).await.problem(), (status, code.to_owned()), "{path}");
    }
    let required = api.get("/clients/music/token?account=work").await.json();
    assert_eq!(required["authorize_url"], stage.program.url("/clients/music"));
    for wrong in [json!({}), json!("text"), json!({"access_token": 1})] {
        let answer = api.post("/clients/music/token/rejected", wrong).await;
        assert_eq!(answer.problem(), (400, "bad_request".to_owned()));
    }
    let answer = api.post("/clients/music/token/rejected", json!({"access_token": "x".repeat(3 << 20)})).await;
    assert!([400, 413].contains(&answer.status), "{answer:?}");
}

#[tokio::test]
async fn a_script_learns_what_the_authorization_server_says() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let api = Api::of(&stage.program).await;
    stage.authorized_and_expired().await;
    let wrong = stage.program.file("wrong", "canary-wrong-secret-0123");
    stage.program.run(["client", "edit", "music", "--client-secret-file", &wrong]).await.done();
    let refused = api.get(TOKEN).await;
    assert_eq!(refused.problem(), (502, "server_refused".to_owned()));
    let detail = refused.json()["detail"].as_str().unwrap_or_default().to_owned();
    assert!(detail.contains("invalid_client") && detail.contains("client ID or secret"), "{detail}");
    assert!(!leaks(&detail, "canary-wrong-secret-0123"));

    stage.set(&format!("token.url=http://127.0.0.1:{}/token", crate::support::free_port())).await;
    assert_eq!(api.get(TOKEN).await.problem(), (502, "server_unreachable".to_owned()));
}

#[tokio::test]
async fn a_header_is_made_the_way_the_api_wants_it() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let api = Api::of(&stage.program).await;
    let token = stage.program.run(["token", "music"]).await.done().out();
    stage.set(r#"api={"name": "X-Auth", "template": "OAuth {access_token};{client_id}"}"#).await;
    let expected = format!("X-Auth: OAuth {token};test-client");
    assert_eq!(api.get("/clients/music/header").await.body, format!("{expected}\n"));
    assert_eq!(stage.program.run(["header", "music"]).await.done().out(), expected);
    stage.set(r#"api={"token_in": "query", "name": "key", "template": "{access_token}"}"#).await;
    assert_eq!(api.get("/clients/music/header").await.problem(), (400, "bad_request".to_owned()));
    assert_eq!(stage.program.run(["header", "music"]).await.code(), 2);
}
