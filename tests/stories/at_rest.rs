//! Who gets hold of the disk or of Redis gets hold of no secret, and a wrong key destroys nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::support::{Api, AuthorizationServer, Backend, Program, Redis, Stage, TokenEndpoint, in_both_stores, leaks};

const OTHER_KEY: [u8; 32] = [7; 32];

in_both_stores!(no_secret_is_ever_written_in_plain);

async fn no_secret_is_ever_written_in_plain(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let endpoint = TokenEndpoint::start().await;
    stage.set(&format!("token.url={}", endpoint.url())).await;
    // Then an ID token is kept without being looked at.
    stage.set(r#"scopes=["offline_access"]"#).await;
    let server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let callback = stage.callback(&mut agent, "music").await;
    let (mut access, mut refresh) = (Vec::new(), Vec::new());
    let answer = async |number: usize| {
        let tokens = json!({"access_token": format!("canary-access-{number}-0123456789"), "token_type": "Bearer",
            "refresh_token": format!("canary-refresh-{number}-0123456789"), "id_token": "canary-id-token-0123456789"});
        let request = endpoint.asked().await;
        request.answer("200 OK", tokens).await;
    };
    for number in 0..2 {
        access.push(format!("canary-access-{number}-0123456789"));
        refresh.push(format!("canary-refresh-{number}-0123456789"));
    }
    tokio::join!(agent.arrive(&callback), answer(0));
    let (ran, ()) = tokio::join!(stage.program.run(["refresh", "music"]), answer(1));
    ran.done();
    let api = Api::of(&stage.program).await;
    let login_code = stage.program.run(["login-code"]).await.done().out();

    let mut secrets = [access, refresh].concat();
    secrets.push("canary-id-token-0123456789".to_owned());
    secrets.extend([AuthorizationServer::CLIENT_SECRET.to_owned(), login_code]);
    secrets.push(api.key.splitn(3, '_').last().unwrap_or_default().to_owned());
    secrets.extend(agent.cookie(&stage.program.url("/"), "oauth-helper"));
    secrets.extend(callback.query_pairs().filter(|(key, _)| key == "code" || key == "state").map(|(_, it)| it.into()));
    assert_eq!(secrets.len(), 11);
    let (_, log) = server.stop().await;
    let mut kept = stage.program.bytes_at_rest();
    if let Backend::Redis(redis) = backend {
        kept.extend(redis.raw_dump().await);
        kept.extend(redis.ever_written());
    }
    assert!(kept.windows(5).any(|window| window == b"music"), "names are kept in plain, so something was read");
    for secret in secrets {
        assert!(!leaks(&kept, &secret), "{secret} is kept in plain");
        assert!(!leaks(&log, &secret), "{secret} is in the log");
    }
}

#[tokio::test]
async fn another_key_is_refused_and_destroys_nothing_on_disk() {
    let stage = Stage::new(Backend::Embedded).await;
    let server = stage.program.serve().await;
    stage.authorized().await;
    let token = stage.program.run(["token", "music"]).await.done().out();
    drop(server);
    let key = stage.program.data_dir().join("encryption.key");
    let right = fs::read(&key).expect("a key");
    for wrong in [Some(STANDARD.encode(OTHER_KEY)), None] {
        match &wrong {
            Some(wrong) => fs::write(&key, wrong).expect("it can be written"),
            None => fs::remove_file(&key).expect("it can be removed"),
        }
        for verb in [["token", "music"], ["status", "--json"], ["serve", "--port=1"]] {
            let ran = stage.program.run(verb).await;
            assert_eq!(ran.code(), 2, "{verb:?}: {ran:?}");
            assert!(ran.err().contains("sealed with another key"), "{ran:?}");
        }
        fs::write(&key, &right).expect("it can be written");
    }
    assert_eq!(stage.program.run(["token", "music"]).await.done().out(), token);
}

#[tokio::test]
async fn another_key_is_refused_and_destroys_nothing_in_redis() {
    let redis = Redis::start().await;
    let stage = Stage::new(Backend::Redis(&redis)).await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let stranger = Program::new(Backend::Redis(&redis)).with_secret("ENCRYPTION__KEY", &STANDARD.encode(OTHER_KEY));
    let before = redis.raw_dump().await;
    let ran = stranger.run(["token", "music"]).await;
    assert_eq!(ran.code(), 2, "{ran:?}");
    assert!(ran.err().contains("OAUTHCLIENT_ENCRYPTION__KEY") && ran.err().contains("another key"), "{ran:?}");
    assert_eq!(redis.raw_dump().await, before);
    stage.program.run(["token", "music"]).await.done();
}

#[tokio::test]
async fn a_store_that_is_damaged_is_not_taken_for_an_empty_one() {
    let stage = Stage::new(Backend::Embedded).await;
    let server = stage.program.serve().await;
    stage.authorized().await;
    drop(server);
    let store = stage.program.data_dir().join("store.sqlite3");
    let whole = fs::read(&store).expect("a store");
    for damage in [&b"not a database at all, but long enough to be looked at as one"[..], &whole[..whole.len() / 2]] {
        for file in ["-wal", "-shm"] {
            _ = fs::remove_file(store.with_file_name(format!("store.sqlite3{file}")));
        }
        fs::write(&store, damage).expect("it can be written");
        let ran = stage.program.run(["token", "music"]).await;
        assert_eq!(ran.code(), 7, "{ran:?}");
        assert!(ran.err().contains("is damaged and was left as it is"), "{ran:?}");
        assert_eq!(fs::read(&store).expect("a store"), damage);
    }
}

#[tokio::test]
async fn nobody_else_on_this_machine_may_read_anything() {
    let stage = Stage::with(Program::embedded().with("TLS__SELF_SIGNED", "true"), &[]).await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    stage
        .program
        .shell("umask 0; oauth-helper client edit music --service Open && oauth-helper login-code")
        .await
        .done();
    let mut seen = 0;
    let mut folders = vec![stage.program.data_dir()];
    while let Some(folder) = folders.pop() {
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
        for entry in fs::read_dir(folder).expect("a readable folder").flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => assert_eq!(mode(&path), 0o600, "{}", path.display()),
            }
            seen += 1;
        }
    }
    assert!(seen > 4, "{seen} files");
    assert_eq!(mode(&stage.program.token_cache()), 0o600);

    fs::set_permissions(stage.program.data_dir(), fs::Permissions::from_mode(0o755)).expect("it is ours");
    let ran = stage.program.run(["status"]).await.done();
    assert_eq!(mode(&stage.program.data_dir()), 0o700, "an open folder is closed: {ran:?}");
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}
