//! A program that reads its token from a file finds the present one there, and none that is over.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::support::{Api, Backend, Program, Redis, Stage, TokenEndpoint, in_both_stores, until};

in_both_stores!(the_file_holds_the_present_token_and_goes_with_it);

fn file(program: &Program, name: &str) -> PathBuf {
    program.data_dir().join("token-files").join(name)
}

fn text(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

async fn token(program: &Program) -> String {
    program.run(["token", "music"]).await.done().out()
}

/// Waits until the file holds this, or is gone.
async fn becomes(path: &Path, wanted: Option<&str>) {
    until(async || (text(path).as_deref() == wanted).then_some(())).await;
}

async fn the_file_holds_the_present_token_and_goes_with_it(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let program = &stage.program;
    let (first, second) = (file(program, "music.token"), file(program, "sub/other"));
    let server = program.serve().await;
    stage.authorized().await;
    assert!(!first.exists(), "nobody asked for it");

    // A verb has written when it ends, whether a server runs or not.
    stage.set("token_file.name=music.token").await;
    assert_eq!(text(&first), Some(token(program).await));
    assert_eq!(fs::metadata(&first).expect("a file").permissions().mode() & 0o777, 0o600);
    drop(server);
    program.run(["refresh", "music"]).await.done();
    assert_eq!(text(&first), Some(token(program).await));

    let edit = ["client", "edit", "music", "--set", "token_file.name=sub/other", "--rename", "tunes"];
    program.run(edit).await.done();
    assert_eq!((text(&first), text(&second)), (None, Some(program.run(["token", "tunes"]).await.done().out())));
    program.run(["client", "edit", "tunes", "--set", "token_file={}", "--rename", "music"]).await.done();
    assert_eq!(text(&second), None);

    stage.set("token_file.name=music.token").await;
    program.run(["revoke", "music"]).await.done();
    assert_eq!(text(&first), None);
    let _server = program.serve().await;
    let mut agent = stage.authorized().await;
    becomes(&first, Some(&token(program).await)).await;
    agent.open(&program.url("/clients/music")).await;
    assert!(agent.page().text().contains("music.token"), "{}", agent.page());
    program.run(["client", "delete", "music", "--yes"]).await.done();
    assert_eq!(text(&first), None);
}

fn holding(path: &Path, token: &str) -> Option<Value> {
    let json: Value = serde_json::from_str(&text(path)?).expect("whole JSON, at any time");
    (json["access_token"] == token).then_some(json)
}

#[tokio::test]
async fn a_server_writes_what_another_instance_refreshed() {
    let redis = Redis::start().await;
    let stage = Stage::with(Program::new(Backend::Redis(&redis)).with("OAUTH__TOKEN_CACHE", "redis"), &[]).await;
    stage.set("token_file.name={account}.json").await;
    stage.set("token_file.format=json").await;
    let elsewhere = stage.program.home().join("elsewhere");
    let twin = stage.program.twin().with("TOKEN_FILES_DIR", &elsewhere.display().to_string());
    let _here = stage.program.serve().await;
    let _there = twin.serve().await;
    stage.authorized().await;
    stage.program.run(["refresh", "music"]).await.done();
    let token = token(&stage.program).await;
    for path in [elsewhere.join("default.json"), file(&stage.program, "default.json")] {
        let json = until(async || holding(&path, &token)).await;
        assert!(json["client"] == "music" && json["expires_at"].as_i64().is_some(), "{json}");
        assert!(json.get("expires_in").is_none(), "nobody counts the seconds in a file: {json}");
    }
}

#[tokio::test]
async fn a_server_that_starts_writes_what_is_missing_and_removes_what_is_over() {
    let stage = Stage::new(Backend::Embedded).await;
    let program = &stage.program;
    let (token_file, renamed) = (file(program, "music.token"), file(program, "by-hand"));
    let server = program.serve().await;
    stage.authorized().await;
    stage.set("token_file.name=music.token").await;
    drop(server);
    fs::remove_file(&token_file).expect("the file");
    let server = program.serve().await;
    let token = token(program).await;
    becomes(&token_file, Some(&token)).await;
    drop(server);
    let cache = fs::read_to_string(program.token_cache()).expect("the definitions");
    fs::write(program.token_cache(), cache.replace("music.token", "by-hand")).expect("edited by hand");
    let _server = program.serve().await;
    becomes(&renamed, Some(&token)).await;
    becomes(&token_file, None).await;
}

#[tokio::test]
async fn a_token_that_is_over_is_in_no_file() {
    let stage = Stage::new(Backend::Embedded).await;
    stage.set("refresh.background=false").await;
    stage.set("token_file.name=music.token").await;
    stage.short_lived(5).await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let path = file(&stage.program, "music.token");
    until(async || text(&path)).await;
    becomes(&path, None).await;
    let ended = stage.status().await;
    assert_eq!((&ended["state"], &ended["token_file"]), (&json!("expiring"), &json!(null)));
}

#[tokio::test]
async fn a_client_that_needs_nobody_has_its_file_without_being_asked() {
    let stage = Stage::new(Backend::Embedded).await;
    for field in ["grant=client_credentials", "scopes=[]", "token_file.name=own.token"] {
        stage.set(field).await;
    }
    let _server = stage.program.serve().await;
    let found = until(async || text(&file(&stage.program, "own.token"))).await;
    assert_eq!(found, token(&stage.program).await);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_keeps_nobody_from_a_token() {
    let program = Program::embedded();
    let blocked = program.file("blocked", "no folder");
    let stage = Stage::with(program.with("TOKEN_FILES_DIR", &format!("{blocked}/tokens")), &[]).await;
    let program = &stage.program;
    stage.set("token_file.name=music.token").await;
    let mut watch = program.start(["watch", "--event", "token_file_failed"]);
    let _server = program.serve().await;
    stage.authorized().await;
    let event = watch.line("token_file_failed").await;
    assert!(event.contains(r#""client":"music""#), "{event}");
    program.run(["refresh", "music"]).await.done();
    token(program).await;
    let status = stage.status().await;
    assert_eq!(status["state"], "ok");
    let problem = status["token_file"]["problem"].as_str().expect("a problem");
    assert!(problem.contains("/tokens"), "{problem}");
    let doctor = program.run(["doctor"]).await;
    assert!(doctor.code() == 1 && doctor.err().contains("BAD   token files: cannot create the folder"), "{doctor:?}");
    watch.kill();
}

#[tokio::test]
async fn what_was_there_before_is_left_as_it_is() {
    let stage = Stage::new(Backend::Embedded).await;
    let mine = file(&stage.program, "mine");
    fs::create_dir_all(mine.parent().expect("a folder")).expect("a folder");
    fs::write(&mine, "mine").expect("a file");
    let _server = stage.program.serve().await;
    stage.authorized().await;
    stage.set("token_file.name=mine").await;
    let status = stage.status().await;
    let problem = status["token_file"]["problem"].as_str().expect("a problem");
    assert!(problem.contains("was there before") && problem.contains("token_file.name"), "{problem}");
    let table = stage.program.run(["status"]).await.done().out();
    assert!(table.contains("was there before"), "{table}");
    stage.set("token_file={}").await;
    assert_eq!(text(&mine).as_deref(), Some("mine"));
}

#[tokio::test]
async fn a_definition_cannot_name_a_place_elsewhere_or_somebody_elses() {
    let stage = Stage::new(Backend::Embedded).await;
    let program = &stage.program;
    let _server = program.serve().await;
    let api = Api::of(program).await;
    let definition = |file: Value| {
        json!({"client_id": "id", "grant": "client_credentials", "token": {"url": "http://127.0.0.1:1/token"},
            "token_file": file})
    };
    for name in ["/etc/passwd", "../up", "a/../../up", ".bashrc", "a b", "{user}"] {
        let answer = api.put("/clients/other", definition(json!({"name": name}))).await;
        assert_eq!(answer.problem(), (422, "invalid_definition".to_owned()), "{name}");
        assert!(answer.body.contains("token_file.name"), "{}", answer.body);
    }
    for (file, field) in [
        (json!({"name": "n", "format": "netrc"}), "api.base_url"),
        (json!({"name": "n", "login": "two words"}), "token_file.login"),
        (json!({"format": "env"}), "token_file.name"),
    ] {
        let answer = api.put("/clients/other", definition(file)).await;
        assert!(answer.status == 422 && answer.body.contains(field), "{}", answer.body);
    }
    stage.set("token_file.name=shared").await;
    let answer = api.put("/clients/other", definition(json!({"name": "Shared"}))).await;
    assert!(answer.status == 422 && answer.body.contains("token file of `music`"), "{}", answer.body);
    assert_eq!(api.put("/clients/music", definition(json!({"name": "shared"}))).await.status, 200);
}

#[tokio::test]
async fn a_netrc_line_names_the_host_of_the_api() {
    let stage = Stage::new(Backend::Embedded).await;
    let program = &stage.program;
    let api = TokenEndpoint::start().await;
    stage.set(&format!("api.base_url={}", api.url())).await;
    let _server = program.serve().await;
    stage.authorized().await;
    let token = token(program).await;
    let line = program.run(["token", "music", "--format", "netrc"]).await.done().out();
    assert_eq!(line, format!("machine 127.0.0.1 login oauth2 password {token}"));
    for field in ["token_file.name=netrc", "token_file.format=netrc", "token_file.login=x-access-token"] {
        stage.set(field).await;
    }
    let line = format!("machine 127.0.0.1 login x-access-token password {token}\n");
    assert_eq!(text(&file(program, "netrc")), Some(line));
    let curl = format!("curl -sS --netrc-file '{}' {}", file(program, "netrc").display(), api.url());
    let (ran, ()) = rocket::tokio::join!(program.shell(&curl), async {
        let asked = api.asked().await;
        let basic = STANDARD.encode(format!("x-access-token:{token}"));
        assert!(asked.text.contains(&format!("Basic {basic}")), "{}", asked.text);
        asked.answer("200 OK", json!({})).await;
    });
    ran.done();
    let ran = program.run(["client", "edit", "music", "--set", "api.base_url="]).await;
    assert!(ran.code() == 2 && ran.err().contains("api.base_url: a netrc file names the host"), "{ran:?}");
}
