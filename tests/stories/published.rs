//! Programs that read the Python helper's keys go on working, where a definition says so.

use redis::cmd;
use serde_json::json;

use crate::support::{Backend, Redis, Stage, TokenEndpoint, until};

async fn get(redis: &Redis, key: &str) -> Option<String> {
    cmd("GET").arg(key).query_async(&mut redis.connect().await).await.expect("GET")
}

async fn ttl(redis: &Redis, key: &str) -> i64 {
    cmd("TTL").arg(key).query_async(&mut redis.connect().await).await.expect("TTL")
}

fn keys() -> [String; 3] {
    ["accesscode", "accesstoken", "refreshtoken"]
        .map(|kind| format!("oauth_client:_{kind}:_{}", crate::support::AuthorizationServer::CLIENT_ID))
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
    let request = request.basic_auth(
        crate::support::AuthorizationServer::CLIENT_ID,
        Some(crate::support::AuthorizationServer::CLIENT_SECRET),
    );
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
