//! Programs that read the Python helper's keys go on working, where a definition says so.

use redis::cmd;
use std::path::Path;

use serde_json::{Value, json};

use super::recipes::from_redis;
use crate::support::{AuthorizationServer, Backend, Ran, Redis, Stage, TokenEndpoint, until};

async fn get(redis: &Redis, key: &str) -> Option<String> {
    cmd("GET").arg(key).query_async(&mut redis.connect().await).await.expect("GET")
}

async fn ttl(redis: &Redis, key: &str) -> i64 {
    cmd("TTL").arg(key).query_async(&mut redis.connect().await).await.expect("TTL")
}

/// The recipe of docs/scripting.md, with a few more lines, run by a Python that has redis-py.
async fn python(stage: &Stage, redis: &Redis, recipe: &str, more: &str) -> Ran {
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/redis-py/venv/bin/python");
    assert!(Path::new(python).exists(), "make the Python environment of tests/peers/redis-py with scripts/test");
    let file = stage.program.file("reader.py", &format!("{recipe}\n{more}\n"));
    let variables = format!("REDIS_URL='{}' CLIENT_ID='{}'", redis.url(), AuthorizationServer::CLIENT_ID);
    stage.program.shell(&format!("{variables} {python} '{file}'")).await
}

#[tokio::test]
async fn a_python_program_reads_what_is_published_with_its_time_to_live() {
    let redis = Redis::start().await;
    let stage = Stage::new(Backend::Redis(&redis)).await;
    let recipe = from_redis(&stage.authorization_server.url("/me"));
    let (classes, _) = recipe.split_once("\nstore = ").expect("classes, and their use");
    let store = format!("{classes}\nstore = TokenStore(os.environ['REDIS_URL'], os.environ['CLIENT_ID'])\n");
    stage.set("publish=code").await;
    let _server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let callback = stage.callback(&mut agent, "music").await;
    let sent = callback.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    agent.arrive(&callback).await;
    let codes = python(&stage, &redis, &store, "print(json.dumps([store.take_code(), store.take_code()]))").await;
    assert_eq!(codes.done().json(), json!([sent, null]), "whoever reads it deletes it");
    let nothing = python(&stage, &redis, &recipe, "").await;
    assert!(nothing.code() == 1 && nothing.err().contains("press Authorize"), "{nothing:?}");

    stage.set("publish=tokens").await;
    stage.authorized().await;
    until(async || get(&redis, &key("metadata")).await).await;
    assert_eq!(python(&stage, &redis, &recipe, "").await.done().out(), "alice");
    let read = "print(json.dumps([store.access_token(), store.refresh_token(), store.metadata()]))";
    let read = python(&stage, &redis, &store, read).await.done().json();
    let token = stage.program.run(["token", "music", "--format", "json"]).await.done().json();
    assert_eq!(read[0][0], token["access_token"]);
    let left = token["expires_in"].as_i64().expect("an end");
    let time_to_live = read[0][1].as_i64().expect("a time to live");
    // Redis rounds it to the nearest second; when the key ends is exact.
    assert!((left - 1..=left + 60).contains(&time_to_live), "{read}, {left}");
    let ends_at: i64 =
        cmd("PEXPIRETIME").arg(key("accesstoken")).query_async(&mut redis.connect().await).await.unwrap();
    assert!(ends_at >= token["expires_at"].as_i64().expect("an end") * 1000, "not before the token");
    assert!(read[1][0].is_string() && read[1][1].as_i64() > Some(left), "{read}");
    let facts = json!({"client": "music", "account": "default", "generation": 1, "expires_at": token["expires_at"],
        "token_type": "Bearer"});
    assert_eq!(read[2], facts, "and nothing else");
}

#[tokio::test]
async fn metadata_follow_the_tokens_and_go_with_them() {
    let redis = Redis::start().await;
    let stage = Stage::new(Backend::Redis(&redis)).await;
    stage.set("publish=tokens").await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let generation = async || -> Option<i64> {
        let text = get(&redis, &key("metadata")).await?;
        serde_json::from_str::<Value>(&text).expect("JSON")["generation"].as_i64()
    };
    until(async || generation().await.filter(|found| *found == 1)).await;
    stage.program.run(["refresh", "music"]).await.done();
    assert_eq!(generation().await, Some(2));
    assert!(ttl(&redis, &key("metadata")).await > 0);
    stage.set("publish=none").await;
    assert_eq!(generation().await, None);
}

fn key(kind: &str) -> String {
    format!("oauth_client:_{kind}:_{}", AuthorizationServer::CLIENT_ID)
}

fn keys() -> [String; 3] {
    ["accesscode", "accesstoken", "refreshtoken"].map(key)
}

#[tokio::test]
async fn tokens_are_left_in_redis_where_a_definition_says_so_and_go_with_it() {
    let redis = Redis::start().await;
    let stage = Stage::new(Backend::Redis(&redis)).await;
    let [_, access, refresh] = keys();
    let _server = stage.program.serve().await;
    stage.authorized().await;
    assert_eq!(get(&redis, &access).await, None, "nobody asked for it");

    stage.set("publish=tokens").await;
    let token = stage.program.run(["token", "music"]).await.done().out();
    assert_eq!(get(&redis, &access).await.as_deref(), Some(token.as_str()), "what there is, at once");
    let left = ttl(&redis, &access).await;
    assert!((1..=3600).contains(&left), "it ends with the token: {left}");
    let first = get(&redis, &refresh).await.expect("a refresh token");
    assert!(ttl(&redis, &refresh).await > 3600);

    let token = stage.program.run(["refresh", "music"]).await.done();
    assert_eq!(token.out(), "");
    let token = stage.program.run(["token", "music"]).await.done().out();
    until(async || get(&redis, &access).await.filter(|published| *published == token)).await;
    assert_ne!(get(&redis, &refresh).await, Some(first), "the one that is good now");

    stage.set("publish=none").await;
    assert_eq!((get(&redis, &access).await, get(&redis, &refresh).await), (None, None));
    stage.set("publish=tokens").await;
    stage.program.run(["revoke", "music"]).await.done();
    until(async || get(&redis, &access).await.is_none().then_some(())).await;
    assert_eq!(get(&redis, &refresh).await, None);
}

#[tokio::test]
async fn an_access_token_stays_published_as_long_as_it_is_valid() {
    let (redis, endpoint) = (Redis::start().await, TokenEndpoint::start().await);
    let stage = Stage::new(Backend::Redis(&redis)).await;
    let [_, access, refresh] = keys();
    stage.set("publish=tokens").await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let token = stage.program.run(["token", "music"]).await.done().out();
    until(async || get(&redis, &refresh).await).await;
    stage.set(&format!("token.url={}", endpoint.url())).await;
    let mut refused = stage.program.start(["refresh", "music"]);
    endpoint.asked().await.answer("400 Bad Request", json!({"error": "invalid_grant"})).await;
    assert_eq!(refused.exit().await.code(), Some(3));
    until(async || get(&redis, &refresh).await.is_none().then_some(())).await;
    assert_eq!(get(&redis, &access).await, Some(token));
}

#[tokio::test]
async fn a_code_is_left_in_redis_for_the_program_that_exchanges_it() {
    let redis = Redis::start().await;
    let stage = Stage::new(Backend::Redis(&redis)).await;
    stage.set("publish=code").await;
    let _server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let callback = stage.callback(&mut agent, "music").await;
    let sent = callback.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    let page = agent.arrive(&callback).await;
    assert!(page.text().contains("waits in Redis"), "{page}");

    let [code, access, _] = keys();
    assert_eq!(get(&redis, &code).await, Some(sent.clone()));
    assert_eq!(ttl(&redis, &code).await, -1, "until somebody reads it");
    assert_eq!((get(&redis, &access).await, stage.token_requests().await), (None, 0));

    // The other program has no verifier, and needs none.
    let form = [
        ("grant_type", "authorization_code"),
        ("code", sent.as_str()),
        ("redirect_uri", &stage.program.redirect_uri()),
    ];
    let request = crate::support::http().post(format!("{}/token", stage.authorization_server.issuer()));
    let request = request.basic_auth(AuthorizationServer::CLIENT_ID, Some(AuthorizationServer::CLIENT_SECRET));
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{:?}", answer.text().await);

    stage.program.run(["client", "delete", "music", "--yes"]).await.done();
    assert_eq!(get(&redis, &code).await, None);
}

#[tokio::test]
async fn without_redis_there_is_nobody_to_publish_for() {
    let stage = Stage::new(Backend::Embedded).await;
    stage.set("publish=code").await;
    let ran = stage.program.run(["authorize", "music"]).await;
    assert_eq!(ran.code(), 2, "{ran:?}");
    assert!(ran.err().contains("there is no Redis") && ran.err().contains("`publish` to none"), "{ran:?}");
}
