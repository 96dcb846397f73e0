//! The callback is the one door that anybody can knock at: what comes in by it, and what does not.

use rocket::futures::future::join_all;
use url::Url;

use crate::support::{Backend, Stage, UserAgent, http, in_both_stores, shows_success};

in_both_stores!(
    a_replayed_callback_shows_the_result_and_does_nothing,
    of_fifty_callbacks_at_once_one_is_exchanged_and_all_see_the_result,
    a_callback_from_another_browser_is_refused,
);

async fn a_replayed_callback_shows_the_result_and_does_nothing(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let callback = stage.callback(&mut agent, "music").await;
    for _ in 0..3 {
        let page = agent.arrive(&callback).await;
        assert!(shows_success(page), "{page}");
    }
    let result = agent.page().url.clone();
    assert!(shows_success(agent.open(result.as_str()).await), "a reload");
    assert_eq!(stage.token_requests().await, 1);
    let page = UserAgent::new().open(result.as_str()).await.status;
    assert_eq!(page, 400, "the result is for the browser that started it");
}

async fn of_fifty_callbacks_at_once_one_is_exchanged_and_all_see_the_result(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let callback = stage.callback(&mut agent, "music").await;
    let cookie = agent.cookie(&stage.program.url("/"), "oauth-helper").expect("a session");
    let cookie = format!("oauth-helper={cookie}");
    let (http, base) = (http(), Url::parse(&stage.program.url("/")).expect("a URL"));
    let bring = async || {
        let answer = http.get(callback.clone()).header("cookie", &cookie).send().await.expect("an answer");
        let location = answer.headers().get("location").and_then(|to| to.to_str().ok());
        let location = location.unwrap_or_else(|| panic!("no redirect: {}", answer.status())).to_owned();
        let result = http.get(base.join(&location).expect("a URL")).header("cookie", &cookie).send().await;
        result.expect("an answer").text().await.expect("a body")
    };
    let pages = join_all((0..50).map(|_| bring())).await;
    assert_eq!(pages.iter().filter(|page| page.contains("music is authorized")).count(), 50);
    assert_eq!(stage.token_requests().await, 1);
}

async fn a_callback_from_another_browser_is_refused(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let callback = stage.callback(&mut agent, "music").await;
    for mut other in [UserAgent::new(), stage.operator().await] {
        let page = other.open(callback.as_str()).await;
        assert_eq!(page.status, 400);
        assert!(page.text().contains("started in another browser"), "{page}");
    }
    assert_eq!(stage.token_requests().await, 0);
    assert!(shows_success(agent.arrive(&callback).await), "the right one still can");
}

#[tokio::test]
async fn an_answer_of_another_issuer_or_of_none_is_refused() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    for (iss, said) in [(Some("https://evil.example"), "another issuer"), (None, "names no issuer")] {
        let callback = stage.callback(&mut agent, "music").await;
        let page = agent.arrive(&with(&callback, "iss", iss)).await;
        assert!(page.text().contains(said) && !shows_success(page), "{page}");
        let page = agent.arrive(&callback).await;
        assert!(page.text().contains(said), "its state is used up: {page}");
    }
    assert_eq!(stage.token_requests().await, 0);
}

#[tokio::test]
async fn a_callback_that_nobody_waits_for_is_refused() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let callback = stage.callback(&mut agent, "music").await;
    let foreign = "x".repeat(43);
    for state in [None, Some(""), Some("x"), Some(foreign.as_str())] {
        let page = agent.arrive(&with(&callback, "state", state)).await;
        assert_eq!(page.status, 400);
        assert!(page.text().contains("belongs to no authorization"), "{page}");
    }
    for repeated in ["code", "state", "iss", "error"] {
        let mut twice = callback.clone();
        twice.query_pairs_mut().append_pair(repeated, "a").append_pair(repeated, "b");
        assert_eq!(agent.arrive(&twice).await.status, 400, "{repeated} twice");
    }
    let mut flood = callback.clone();
    (0..100).for_each(|n| _ = flood.query_pairs_mut().append_pair(&format!("p{n}"), "1"));
    assert_eq!(agent.arrive(&flood).await.status, 400);
    assert_eq!(stage.token_requests().await, 0);
    assert!(shows_success(agent.arrive(&callback).await), "none of these cost the state");
}

#[tokio::test]
async fn a_link_checker_does_not_use_up_a_callback() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let callback = stage.callback(&mut agent, "music").await;
    let cookie = agent.cookie(&stage.program.url("/"), "oauth-helper").expect("a session");
    let head = http().head(callback.clone()).header("cookie", format!("oauth-helper={cookie}")).send().await;
    assert_eq!(head.expect("an answer").status(), 405);
    assert_eq!(stage.token_requests().await, 0);
    assert!(shows_success(agent.arrive(&callback).await));
}

#[tokio::test]
async fn the_state_of_one_client_is_refused_at_the_address_of_another() {
    let stage = Stage::new(Backend::Embedded).await;
    stage.add_client("drive").await;
    let _server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let callback = stage.callback(&mut agent, "music").await;
    let at = |client: &str| {
        let mut there = callback.clone();
        there.set_path(&format!("/auth_callback/{client}"));
        there
    };
    let page = agent.arrive(&at("drive")).await;
    assert_eq!(page.status, 400);
    assert!(page.text().contains("address of another client"), "{page}");
    assert_eq!(stage.token_requests().await, 0);
    assert!(shows_success(agent.arrive(&at("music")).await));
}

#[tokio::test]
async fn a_client_changed_meanwhile_gets_no_token_of_its_predecessor() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let callback = stage.callback(&mut agent, "music").await;
    stage.set("client_id=another").await;
    let page = agent.arrive(&callback).await;
    assert!(page.text().contains("client ID of music was changed"), "{page}");
    assert_eq!(stage.token_requests().await, 0);
}

/// The same URL with a parameter of another value, or without it.
fn with(url: &Url, name: &str, value: Option<&str>) -> Url {
    let mut changed = url.clone();
    changed.query_pairs_mut().clear();
    for (key, old) in url.query_pairs().filter(|(key, _)| key != name || value.is_some()) {
        changed.query_pairs_mut().append_pair(&key, if key == name { value.unwrap_or_default() } else { &old });
    }
    changed
}
