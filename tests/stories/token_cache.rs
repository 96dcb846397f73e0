//! The file of client definitions belongs to a person: it may be edited at any time, and is never destroyed.

use std::fs;

use rocket::futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{Api, Backend, Program, Redis, Stage, in_both_stores, leaks};

in_both_stores!(an_edit_by_hand_counts_at_once, a_broken_file_stays_as_it_is_and_the_last_good_one_in_force);

async fn an_edit_by_hand_counts_at_once(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let file = stage.program.token_cache();
    let _server = stage.program.serve().await;
    let mut agent = stage.authorized().await;
    let mut written: Value = serde_json::from_slice(&fs::read(&file).expect("the file")).expect("JSON");
    assert!(written["clients"]["music"]["client_secret"]["sealed"].is_string(), "{written}");

    written["clients"]["drive"] = json!({"client_id": "id", "client_secret": "canary-typed-by-hand",
        "authorize": {"url": "https://as.example/a"}, "token": {"url": "https://as.example/t"}});
    written["clients"]["music"]["service"] = json!("Evening");
    fs::write(&file, written.to_string()).expect("it can be edited");
    let page = agent.open(&stage.program.url("/")).await;
    assert_eq!(page.all(".client .name"), ["music", "drive"], "{page}");
    assert!(page.text().contains("Evening"), "{page}");
    assert!(leaks(stage.program.bytes_at_rest(), "canary-typed-by-hand"), "a reader changes nothing");

    stage.program.run(["client", "edit", "music", "--service", "Night"]).await.done();
    assert!(!leaks(stage.program.bytes_at_rest(), "canary-typed-by-hand"), "a writer seals what was typed");
    let page = agent.open(&stage.program.url("/clients/drive")).await;
    assert!(page.text().contains("Client secret set"), "{page}");
    stage.program.run(["refresh", "music"]).await.done();

    fs::remove_file(&file).expect("it can be removed");
    assert_eq!(agent.open(&stage.program.url("/")).await.all(".client .name").len(), 0, "a file that is gone is empty");
}

async fn a_broken_file_stays_as_it_is_and_the_last_good_one_in_force(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let file = stage.program.token_cache();
    let _server = stage.program.serve().await;
    let mut agent = stage.authorized().await;
    let api = Api::of(&stage.program).await;
    let good = fs::read_to_string(&file).expect("the file");
    let unknown = good.replacen("\"client_id\"", "\"client_di\"", 1);
    for (broken, place) in
        [("{\n  \"clients\": {\n oops\n", "line 3, column 2"), (&unknown, "client_di"), ("", "emptied")]
    {
        fs::write(&file, broken).expect("it can be edited");
        assert_eq!(api.get("/clients/music/token").await.status, 200, "{place}: the last good definition is in force");
        let page = agent.open(&stage.program.url("/")).await;
        assert_eq!(page.all(".client .name"), ["music"], "{page}");
        assert!(page.text().contains(place), "the page says what is wrong with the file: {page}");
        agent.open(&stage.program.url("/clients/music/edit")).await;
        let page = agent.press("Save", &[("notes", "typed")]).await;
        assert_eq!(page.status, 503, "{page}");
        assert_eq!(fs::read_to_string(&file).expect("the file"), broken, "not a byte is changed");
    }
    fs::write(&file, &unknown).expect("it can be edited");
    for verb in [["token", "music"], ["client", "list"], ["client", "export"]] {
        let ran = stage.program.run(verb).await;
        assert_eq!(ran.code(), 2, "{verb:?}: {ran:?}");
        assert!(ran.err().contains("client_di") && ran.err().contains("line "), "{ran:?}");
    }
    assert_eq!(fs::read_to_string(&file).expect("the file"), unknown);
    fs::write(&file, &good).expect("it can be edited");
    stage.program.run(["refresh", "music"]).await.done();
}

#[tokio::test]
async fn of_many_writers_at_once_none_is_lost() {
    let program = Program::embedded();
    let add = async |number: usize| {
        let (name, token) = (format!("client-{number}"), "https://as.example/t");
        let arguments = ["client", "add", &name, "--client-id=id", "--authorize-url", token, "--token-url", token];
        program.run(arguments).await.done()
    };
    join_all((0..20).map(add)).await;
    let listed = program.run(["client", "list", "--json"]).await.done().json();
    assert_eq!(listed.as_array().map(Vec::len), Some(20));
    let leftovers: Vec<_> =
        fs::read_dir(program.home()).expect("the home").flatten().map(|it| it.file_name()).collect();
    assert!(leftovers.len() <= 3, "{leftovers:?}");
}

#[tokio::test]
async fn definitions_in_redis_are_shared_by_instances_without_a_common_disk() {
    let redis = Redis::start().await;
    let shared = |program: Program| program.with("OAUTH__TOKEN_CACHE", "redis");
    let one = shared(Program::new(Backend::Redis(&redis)));
    let stage = Stage::with(one, &[]).await;
    let other = shared(Program::new(Backend::Redis(&redis)));
    let _servers = [stage.program.serve().await, other.serve().await];
    stage.authorized().await;
    let token = stage.program.run(["token", "music"]).await.done().out();
    assert_eq!(other.run(["token", "music"]).await.done().out(), token);
    let api = Api::of(&stage.program).await;
    assert_eq!(api.at(&other).get("/clients/music/token").await.json()["access_token"], token.as_str());
    other.run(["client", "edit", "music", "--rename", "songs"]).await.done();
    stage.program.run(["refresh", "songs"]).await.done();
    assert!(!stage.program.token_cache().exists() && !other.token_cache().exists());
}

#[tokio::test]
async fn a_file_of_the_python_helper_is_taken_over_and_kept() {
    let program = Program::embedded();
    let python = json!({"7": {"client_id": "id", "service_name": "Old Music", "redirect_url": program.redirect_uri(),
        "auth_endpoint": {"url": "https://as.example/a", "qs_params": {"client_id": "{client_id}"}},
        "token_endpoint": {"url": "https://as.example/t", "use_refresh": true,
            "access_params": {"client_secret": "canary-python-secret"}, "refresh_params": {}}}});
    fs::write(program.token_cache(), python.to_string()).expect("it can be written");
    let listed = program.run(["client", "list", "--json"]).await.done().json();
    assert_eq!(listed[0]["name"], "old-music", "{listed}");
    let kept = program.home().join(".oauth_token_cache.json.bak");
    assert_eq!(fs::read_to_string(&kept).expect("the original is kept"), python.to_string());
    assert!(!leaks(fs::read(program.token_cache()).expect("the file"), "canary-python-secret"));
}
