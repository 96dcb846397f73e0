//! What an authorization server may answer, and who learns of it.

use crate::support::{Backend, Program, Stage, UserAgent, http, leaks, shows_success};

#[tokio::test]
async fn a_person_who_cancels_is_told_so_and_keeps_the_old_token() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let token = stage.program.run(["token", "music"]).await.done().out();

    let mut agent = stage.operator().await;
    agent.open(&stage.program.url("/clients/music")).await;
    agent.press("Authorize again", &[]).await;
    let page = agent.follow("Cancel").await;
    assert_eq!(page.all("h1"), ["music was not authorized"], "{page}");
    assert!(page.text().contains("access_denied") && page.text().contains("pressed Cancel"), "{page}");
    assert_eq!(stage.program.run(["token", "music"]).await.done().out(), token);
    assert_eq!(stage.token_requests().await, 1);

    agent.stop_before(&stage.program.redirect_uri());
    agent.press("Try again", &[]).await;
    let callback = agent.approve(&stage.program.redirect_uri()).await;
    assert!(shows_success(agent.arrive(&callback).await), "the page of failure leads on");
}

#[tokio::test]
async fn an_error_without_a_state_of_ours_changes_nothing() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let page =
        UserAgent::new().open(&stage.program.url("/auth_callback?error=access_denied&state=forged")).await.status;
    assert_eq!(page, 400);
    stage.program.run(["token", "music"]).await.done();
    assert_eq!(stage.status().await["state"], "ok");
}

#[tokio::test]
async fn whatever_a_server_says_is_shown_as_text_and_not_at_any_length() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let markup = "<script>alert(1)</script><img src=x onerror=alert(1)>\r\nSet-Cookie: a=b";
    let long = "endless ".repeat(3000);
    for description in [markup, &long] {
        let page = failed(&stage, &mut agent, description).await;
        assert!(page.0.contains(&description[..20]), "{}", page.0);
        assert!(page.1.len() < 20_000 && !page.1.contains("<script>alert") && !page.1.contains("<img src=x"));
    }
    let mut callback = stage.callback(&mut agent, "music").await;
    callback.query_pairs_mut().append_pair("error_description", &"x".repeat(1 << 20));
    let status = http().get(callback).send().await.map(|answer| answer.status().as_u16());
    assert!(status.is_err() || status.is_ok_and(|status| (400..500).contains(&status)));
    assert_eq!(agent.open(&stage.program.url("/")).await.status, 200, "the server lives on");
}

/// The page of an authorization that failed with this description: its text and its HTML.
async fn failed(stage: &Stage, agent: &mut UserAgent, description: &str) -> (String, String) {
    let mut callback = stage.callback(agent, "music").await;
    let kept: Vec<_> = callback.query_pairs().into_owned().filter(|(key, _)| key != "code").collect();
    callback.query_pairs_mut().clear().extend_pairs(kept).append_pair("error", "server_error");
    callback.query_pairs_mut().append_pair("error_description", description);
    let page = agent.arrive(&callback).await;
    assert_eq!(page.all("h1")[0], "music was not authorized", "{page}");
    (page.text(), page.body.clone())
}

#[tokio::test]
async fn a_posted_answer_finds_its_browser_although_its_cookie_stays_behind() {
    // Two names, so that the form comes from another site.
    let program = Program::embedded();
    let public = format!("http://localhost:{}", program.port());
    let stage = Stage::with(program.with("PUBLIC_URL", &public), &[]).await;
    stage.set("authorize.params.response_mode=form_post").await;
    let _server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let kept = stage.callback(&mut agent, "music").await;
    assert!(kept.query().is_some_and(|query| query.starts_with("posted=")), "the code is in no URL: {kept}");
    assert_eq!(UserAgent::new().open(kept.as_str()).await.status, 400, "nobody else can fetch it");
    assert_eq!(stage.token_requests().await, 0);
    let kept = stage.callback(&mut agent, "music").await;
    assert!(shows_success(agent.arrive(&kept).await));

    let huge = http().post(stage.program.redirect_uri()).header("content-type", "application/x-www-form-urlencoded");
    let huge = huge.body(format!("state=a&error_description={}", "x".repeat(1 << 20))).send().await;
    assert_eq!(huge.expect("an answer").status(), 413);
}

#[tokio::test]
async fn a_code_is_seen_by_nobody_but_the_token_endpoint() {
    let program = Program::embedded().with("LOG__LEVEL", "trace");
    let stage = Stage::with(program, &[]).await;
    let server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let callback = stage.callback(&mut agent, "music").await;
    let secrets = callback.query_pairs().filter(|(key, _)| key == "code" || key == "state");
    let mut secrets: Vec<String> = secrets.map(|(_, value)| value.into_owned()).collect();
    assert_eq!(secrets.len(), 2);

    let page = agent.arrive(&callback).await;
    assert!(shows_success(page), "{page}");
    let redirect = &page.hops[0];
    let header = |name: &str| redirect.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    assert_eq!((redirect.status, header("referrer-policy")), (303, "no-referrer"));
    assert_eq!(header("cache-control"), "no-store");
    assert!(page.url.query().is_none() && page.url.path().starts_with("/authorizations/"), "{}", page.url);
    assert!(secrets.iter().all(|secret| !leaks(&page.body, secret) && !leaks(header("location"), secret)));

    // A person who mistypes the redirect URI at the server shows codes to paths that do not exist.
    for path in ["/auth_callbak", "/auth_callback/", "/auth_callback/no-such-client", "/clients", "/api/v1/none"] {
        let canary = format!("canary{}", path.len());
        agent.open(&stage.program.url(&format!("{path}?code={canary}"))).await;
        secrets.push(canary);
    }
    secrets.push(stage.program.run(["token", "music"]).await.done().out());
    let (_, log) = server.stop().await;
    for secret in secrets {
        assert!(!leaks(&log, &secret), "{secret} in {log}");
    }
    assert!(log.contains("route=/auth_callback status=303"), "the request itself is logged: {log}");
}
