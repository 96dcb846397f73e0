//! Redis comes and goes; what it had acknowledged stays.

use std::time::Duration;

use crate::support::{Answer, Api, Backend, Program, Redis, Stage, http, until};

#[tokio::test]
async fn without_redis_the_program_says_so_and_recovers_with_it() {
    let mut redis = Redis::start().await;
    let stage = Stage::new(Backend::Redis(&redis)).await;
    let server = stage.program.serve().await;
    let mut agent = stage.authorized().await;
    let api = Api::of(&stage.program).await;
    let token = stage.program.run(["token", "music"]).await.done().out();
    redis.stop().await;

    let answer = api.get("/clients/music/token").await;
    assert_eq!(answer.problem(), (503, "store_unavailable".to_owned()));
    assert!(answer.header("retry-after").parse::<u32>().is_ok(), "{answer:?}");
    let page = agent.open(&stage.program.url("/")).await;
    assert_eq!(page.status, 503, "{page}");
    assert!(page.text().contains("store") && page.text().contains("oauth-helper doctor"), "{page}");
    let health = async |path: &str| {
        let answer = Answer::to(http().get(stage.program.url(path))).await;
        (answer.status, answer.body)
    };
    assert_eq!(health("/healthz").await, (200, "ok".to_owned()), "it lives");
    assert_eq!(health("/readyz").await, (503, "store".to_owned()), "but cannot work");
    let ran = stage.program.run(["token", "music"]).await;
    assert_eq!((ran.code(), ran.out()), (7, String::new()), "{ran:?}");
    assert_eq!(stage.program.run(["doctor"]).await.code(), 1);

    redis.start_again().await;
    until(async || Some(health("/readyz").await).filter(|answer| answer.0 == 200)).await;
    assert_eq!(api.get("/clients/music/token").await.json()["access_token"], token.as_str());
    assert_eq!(agent.open(&stage.program.url("/")).await.url.path(), "/", "the session is still there");
    assert_eq!(stage.program.run(["token", "music"]).await.done().out(), token);
    assert_eq!(stage.token_requests().await, 1);
    assert!(!server.log().contains("panic"), "{}", server.log());
}

#[tokio::test]
async fn a_redis_that_hangs_holds_nobody_up_for_long() {
    let redis = Redis::start().await;
    let stage = Stage::new(Backend::Redis(&redis)).await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let api = Api::of(&stage.program).await;
    redis.process().signal("STOP");
    let answer = tokio::time::timeout(Duration::from_secs(15), api.get("/clients/music/token")).await;
    redis.process().signal("CONT");
    assert_eq!(answer.expect("an answer in time").problem(), (503, "store_unavailable".to_owned()));
    until(async || Some(api.get("/clients/music/token").await.status).filter(|status| *status == 200)).await;
}

#[tokio::test]
async fn a_redis_that_is_not_there_at_the_start_is_waited_for() {
    let mut redis = Redis::start().await;
    let stage = Stage::new(Backend::Redis(&redis)).await;
    redis.stop().await;
    let server = stage.program.serve().await;
    let page = Answer::to(http().get(stage.program.url("/login"))).await;
    assert_eq!(page.status, 503, "{page:?}");
    assert!(page.body.contains("Redis") && page.body.contains("connection was refused"), "{page:?}");
    let ready = async || Answer::to(http().get(stage.program.url("/readyz"))).await;
    assert_eq!(ready().await.body, "store");

    redis.start_again().await;
    until(async || Some(ready().await.status).filter(|status| *status == 200)).await;
    stage.authorized().await;
    assert!(server.log().contains("the store is there"), "{}", server.log());
}

#[tokio::test]
async fn at_the_start_it_is_said_what_is_wrong_with_redis() {
    let redis = Redis::with_password("canary-redis-password").await;
    Program::new(Backend::Redis(&redis)).run(["status"]).await.done();
    let wrong = redis.url().replace("canary-redis-password", "canary-wrong-password");
    let denied = Program::new(Backend::Redis(&redis)).with("MESSAGE_QUEUE__URL", &wrong);
    let evicting = Redis::with_settings("maxmemory-policy allkeys-lru").await;
    let gone = Redis::start().await;
    let absent = Program::new(Backend::Redis(&gone));
    drop(gone);
    for (program, codes, words, verbs) in [
        (denied, [7, 2], "refuses the login", &["serve", "status"][..]),
        (Program::new(Backend::Redis(&evicting)), [2, 7], "noeviction", &["serve", "status"]),
        // A server waits for it.
        (absent, [7, 7], "cannot be used now", &["status"]),
    ] {
        for &verb in verbs {
            let ran = program.run([verb]).await;
            assert!(codes.contains(&ran.code()), "{words}: {ran:?}");
            assert!(ran.err().contains(words) && !ran.err().contains("canary"), "{words}: {ran:?}");
        }
    }
}
