//! What a Rust program gets that embeds the library: the examples as they are, and what they do not show.

use std::env;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use oauth_client_helper::{
    ApiClient, ErrorKind, GrantState, NewTokens, Options, Request, Response, Secret, TokenStore,
};
use serde_json::{Value, json};

use crate::support::{Backend, Program, Redis, ResourceServer, Stage, leaks};

/// An example, built as this test is. `cargo test` without a filter has done so already.
fn example(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let profile = env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned();
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--examples", "--quiet", "--locked", "--offline", "--target-dir"]);
        cargo.arg(profile.parent().unwrap()).current_dir(env!("CARGO_MANIFEST_DIR"));
        // What cargo tells of this crate; inside of cargo it would count for every crate, and all would be built anew.
        let of_this_crate = |name: &str| ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|start| name.starts_with(start));
        for (name, _) in env::vars_os().filter(|(name, _)| of_this_crate(&name.to_string_lossy())) {
            cargo.env_remove(name);
        }
        if !cfg!(debug_assertions) {
            cargo.arg("--release");
        }
        let built = cargo.output().unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        profile.join("examples")
    });
    folder.join(name)
}

/// The store of a program, as somebody opens it who has no settings for it.
async fn here(program: &Program) -> TokenStore {
    let options = Options::in_folder(program.data_dir()).clients_file(program.token_cache());
    options.allow_private_addresses().open().await.expect("the store of the program")
}

/// The same by way of the server, with a key that may do these verbs.
async fn there(program: &Program, allowed: &[&str]) -> TokenStore {
    let key = program.run_with(&[&["api-key", "create", "embedded"], allowed].concat()).await.done().out();
    Options::of_server(program.public_url(), Secret::new(key)).open().await.expect("nothing is asked yet")
}

#[tokio::test]
async fn the_examples_do_what_they_say() {
    let [embedded, blocking, server, hand_in] = ["embedded", "blocking", "server", "hand_in"].map(example);
    let stage = Stage::new(Backend::Embedded).await;
    let program = &stage.program;
    stage.set(&format!("api.base_url={}", stage.authorization_server.url("/"))).await;
    stage.set("pkce=off").await;
    stage.add_client("drive").await;
    let serving = program.serve().await;
    let mut agent = stage.authorized().await;

    let ran = program.run_other(&embedded, &["music", "/me"], "").await.done().out();
    assert!(ran.starts_with("client drive of service \"\"\nclient music of service \"\"\n200 {"), "{ran}");
    assert!(ran.contains("alice") && ran.contains("music is ok, for 3"), "{ran}");

    let (folder, clients) = (program.data_dir().display().to_string(), program.token_cache().display().to_string());
    let call = |name: &'static str| [folder.clone(), clients.clone(), name.to_owned(), "/me".to_owned()];
    let call_of = async |name| {
        let words = call(name);
        program.run_other(&blocking, &words.each_ref().map(String::as_str), "").await
    };
    assert_eq!(call_of("music").await.done().json()["sub"], "alice");
    let refused = call_of("drive").await;
    assert!(refused.code() == 3 && refused.err().contains("oauth-helper authorize drive"), "{refused:?}");

    let key = program.run(["api-key", "create", "embedded", "--allow", "proxy"]).await.done().out();
    let key = program.file("embedded.key", &key);
    let ran = program.run_other(&server, &[&program.public_url(), &key, "music", "me"], "").await.done().out();
    assert!(ran.starts_with("200 {") && ran.contains("alice"), "{ran}");

    let token = program.run(["token", "music"]).await.done().out();
    let callback = stage.callback(&mut agent, "music").await;
    let code = callback.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    let ran = program.run_other(&hand_in, &["music", "code"], &code).await.done().out();
    assert!(ran.starts_with("ok: 3"), "{ran}");
    assert_ne!(program.run(["token", "music"]).await.done().out(), token, "what the code gave");
    let again = program.run_other(&hand_in, &["music", "code"], &code).await;
    assert!(again.code() == 1 && again.err().contains("invalid_grant") && !leaks(again.err(), &code), "{again:?}");

    let ran = program.run_other(&hand_in, &["drive", "tokens"], "canary-access\ncanary-refresh\n").await.done().out();
    assert!(ran.starts_with("ok: 3"), "{ran}");
    assert_eq!(program.run(["token", "drive"]).await.done().out(), "canary-access");
    assert!(!leaks(serving.stop().await.1, "canary-access"));
}

#[tokio::test]
async fn a_request_is_sent_with_the_token_and_once_more_after_a_401() {
    let stage = Stage::new(Backend::Embedded).await;
    let api = ResourceServer::start().await;
    stage.set(&format!("api.base_url={}", api.url("/v1"))).await;
    stage.set(r#"api.name=X-Token"#).await;
    stage.set(r#"api.template=Mine {access_token}"#).await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    for store in [here(&stage.program).await, there(&stage.program, &[]).await] {
        let token = store.token("music").await.unwrap();
        assert!(token.expires_in.unwrap().as_secs() > 60 && !token.scopes.is_empty(), "{token:?}");
        let music = store.client("music").unwrap();
        let whole = api.url("/v1/lists?page=2");
        let request = music.post(&whole).query("q", "a b").header("X-Mine", "1").json(&json!({"title": "x"}));
        assert!(!format!("{request:?}").contains("page=2"), "{request:?}");
        let sending = tokio::spawn(request.into_future());
        let mut first = api.asked().await;
        assert_eq!(first.line(), "POST /v1/lists?page=2&q=a+b HTTP/1.1");
        assert_eq!(first.header("x-token"), format!("Mine {}", token.access_token.expose()));
        assert_eq!((first.header("x-mine"), first.header("content-type")), ("1".into(), "application/json".into()));
        assert_eq!(first.body_with("}").await, r#"{"title":"x"}"#);
        first.answer("401 Unauthorized", "").await;
        let mut second = api.asked().await;
        assert_ne!(second.header("x-token"), format!("Mine {}", token.access_token.expose()), "refreshed");
        assert_eq!(second.body_with("}").await, r#"{"title":"x"}"#);
        second.answer_with("201 Created", "x-theirs: 2\r\n", r#"{"id": 7}"#).await;
        let answer = sending.await.unwrap().unwrap();
        assert!(answer.is_success() && answer.status() == 201 && answer.header("X-Theirs") == Some("2"), "{answer:?}");
        assert_eq!(answer.json::<Value>().await.unwrap()["id"], 7);
        let other = store.token_instead_of("music", &token.access_token).await.unwrap();
        assert_eq!(other.access_token.expose(), store.token("music").await.unwrap().access_token.expose());

        for outside in ["/../me".to_owned(), api.url("/v10/me"), "https://elsewhere.example/v1/me".to_owned()] {
            let refused = music.get(&outside).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Configuration, "{outside}: {refused}");
        }
        store.close().await;
    }
}

#[tokio::test]
async fn what_is_known_of_a_token_is_told_without_asking_for_one() {
    let stage = Stage::new(Backend::Embedded).await;
    stage.set("service=Sound").await;
    stage.add_client("drive").await;
    let store = here(&stage.program).await;
    assert_eq!(store.services().await.unwrap(), ["Sound"]);
    assert_eq!(store.status("music").await.unwrap().unwrap().state, GrantState::NotAuthorized);
    assert_eq!(store.expires_in("music").await.unwrap(), None);
    let tokens = NewTokens::new("canary-access").expires_in(std::time::Duration::from_secs(90));
    assert!(!format!("{tokens:?}").contains("canary"));
    store.set_tokens("music@me", tokens).await.unwrap();
    assert!((1..=90).contains(&store.expires_in("music@me").await.unwrap().unwrap().as_secs()));
    assert_eq!(store.token("music@me").await.unwrap().access_token.expose(), "canary-access");
    assert_eq!(stage.token_requests().await, 0);

    let _server = stage.program.serve().await;
    let remote = there(&stage.program, &["--allow", "token:read", "--allow", "clients:read"]).await;
    assert_eq!(remote.clients().await.unwrap(), store.clients().await.unwrap());
    assert_eq!(remote.status("music@me").await.unwrap().unwrap().state, GrantState::Ok);
    for (result, kind, words) in [
        (remote.set_tokens("music", NewTokens::new("canary")).await, ErrorKind::Configuration, "open the store itself"),
        (remote.refresh("music@me").await, ErrorKind::Configuration, "grants:write"),
        (store.refresh("none").await, ErrorKind::UnknownClient, "client list"),
        (store.refresh("No Name").await, ErrorKind::Configuration, "a client name is"),
        (remote.token("drive").await.map(drop), ErrorKind::AuthorizationRequired, "authorize drive"),
        (store.token("drive").await.map(drop), ErrorKind::AuthorizationRequired, "authorize drive"),
    ] {
        let error = result.unwrap_err();
        assert!(error.kind() == kind && error.to_string().contains(words), "{kind:?}, {words}: {error:?}");
        assert_eq!(format!("{error:?}"), format!("{kind:?}: {error}"));
    }
    store.revoke("music@me").await.unwrap();
    assert!(store.status("music@me").await.unwrap().is_none());
    let nowhere = Options::of_server("http://127.0.0.1:9/canary?x", Secret::new("k")).open().await.unwrap_err();
    assert!(nowhere.kind() == ErrorKind::Configuration && !nowhere.to_string().contains("canary"), "{nowhere}");
}

#[tokio::test]
async fn a_code_that_waits_in_redis_is_taken_once() {
    let redis = Redis::start().await;
    let stage = Stage::new(Backend::Redis(&redis)).await;
    stage.set("publish=code").await;
    let _server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let callback = stage.callback(&mut agent, "music").await;
    let sent = callback.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    agent.arrive(&callback).await;

    let options = Options::in_folder(stage.program.data_dir()).clients_file(stage.program.token_cache());
    let options = options.redis(Secret::new(redis.url()), Secret::new(Program::ENCRYPTION_KEY));
    // A store of its own thread, which must not wait inside of this one.
    let taken = tokio::task::spawn_blocking(move || {
        let store = options.allow_private_addresses().open_blocking()?;
        Ok::<_, oauth_client_helper::Error>([store.take_code("music")?, store.take_code("music")?])
    });
    let [first, second] = taken.await.unwrap().unwrap();
    assert_eq!((first.unwrap().expose(), second.is_none()), (sent.as_str(), true));
}

#[test]
fn handles_go_from_thread_to_thread_and_show_nothing() {
    fn is_a_handle<T: Clone + Send + Sync + std::fmt::Debug + 'static>() {}
    fn goes_along<T: Send + std::fmt::Debug + 'static>() {}
    is_a_handle::<TokenStore>();
    is_a_handle::<ApiClient>();
    is_a_handle::<oauth_client_helper::blocking::TokenStore>();
    is_a_handle::<oauth_client_helper::blocking::ApiClient>();
    goes_along::<Request>();
    goes_along::<Response>();
    goes_along::<oauth_client_helper::blocking::Response>();
    let options = Options::of_server("https://h", Secret::new("canary"));
    assert!(!format!("{options:?}").contains("canary"));
}
