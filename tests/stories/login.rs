//! Who may come in, and how: a token, a code that works once, a session that can be ended.

use crate::support::{Answer, Backend, Page, Program, Stage, UserAgent, http};

#[tokio::test]
async fn the_page_that_was_asked_for_comes_after_the_login() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let mut agent = UserAgent::new();
    let page = agent.open(&stage.program.url("/clients/music/edit?from=a%20b")).await;
    assert_eq!((page.url.path(), page.status), ("/login", 200));
    let page = agent.submit(&[("token", Program::LOGIN_TOKEN)]).await;
    assert_eq!(page.url.as_str(), stage.program.url("/clients/music/edit?from=a%20b"));
}

#[tokio::test]
async fn the_login_leads_nowhere_else() {
    let program = Program::embedded();
    let _server = program.serve().await;
    for astray in [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "/%09/evil.example",
        "javascript:alert(1)",
        "@evil.example",
        "%0d%0aSet-Cookie:%20a=b",
        "/logout",
    ] {
        let mut agent = UserAgent::new();
        agent.open(&program.url(&format!("/login?next={astray}"))).await;
        let page = agent.submit(&[("token", Program::LOGIN_TOKEN)]).await;
        assert_eq!(page.url.as_str(), program.url("/"), "{astray}");
    }
    let mut agent = UserAgent::new();
    agent.open(&program.url("/login?next=/clients/..//evil.example")).await;
    let page = agent.submit(&[("token", Program::LOGIN_TOKEN)]).await;
    assert_eq!(page.url.origin().ascii_serialization(), program.public_url(), "{page}");
}

#[tokio::test]
async fn a_code_works_once_and_looking_at_it_costs_nothing() {
    let program = Program::embedded();
    let _server = program.serve().await;
    let code = program.run(["login-code"]).await.done().out();
    let link = program.url(&format!("/login?code={code}"));
    http().head(&link).send().await.expect("an answer");
    for _ in 0..3 {
        UserAgent::new().open(&link).await;
    }
    let mut agent = UserAgent::new();
    agent.open(&link).await;
    assert_eq!(agent.press("Log in", &[]).await.url.path(), "/");
    let mut second = UserAgent::new();
    second.open(&link).await;
    assert_eq!(second.press("Log in", &[]).await.status, 401);

    let typed = program.run(["login-code"]).await.done().out();
    second.open(&program.url("/login")).await;
    assert_eq!(second.submit(&[("token", &typed)]).await.status, 200, "a code may be typed as well");
    assert_ne!(typed, code);
}

#[tokio::test]
async fn five_failures_close_the_door_for_a_while() {
    let program = Program::embedded();
    let server = program.serve().await;
    let mut agent = UserAgent::new();
    agent.sign_in(&program).await;
    let mut stranger = UserAgent::new();
    stranger.open(&program.url("/login")).await;
    for _ in 0..5 {
        let page = stranger.submit(&[("token", "canary-wrong-guess")]).await;
        assert_eq!(page.status, 401);
        assert!(page.text().contains("neither the operator's token nor a login code"), "{page}");
    }
    let page = stranger.submit(&[("token", Program::LOGIN_TOKEN)]).await;
    assert_eq!(page.status, 429, "not even with the right one");
    for header in ["x-forwarded-for", "x-real-ip", "forwarded"] {
        let again = http().post(program.url("/login")).header(header, "203.0.113.9").body("token=guess");
        let again = Answer::to(again.header("content-type", "application/x-www-form-urlencoded")).await;
        assert_eq!(again.status, 429, "{header} is any client's to write");
    }
    assert_eq!(agent.open(&program.url("/")).await.status, 200, "who is in stays in");
    let (_, log) = server.stop().await;
    assert!(log.contains("login failed") && !log.contains("canary-wrong-guess"), "{log}");
}

#[tokio::test]
async fn a_logout_ends_the_session_on_the_server_too() {
    let program = Program::embedded();
    let _server = program.serve().await;
    let mut agent = UserAgent::new();
    let entered = agent.sign_in(&program).await;
    let set = entered.hops[0].headers.get("set-cookie").and_then(|set| set.to_str().ok()).unwrap_or_default();
    assert!(set.starts_with("oauth-helper=") && !set.contains("Domain"), "{set}");
    assert!(["HttpOnly", "SameSite=Lax", "Path=/"].iter().all(|flag| set.contains(flag)), "{set}");

    let cookie = format!("oauth-helper={}", agent.cookie(&program.url("/"), "oauth-helper").expect("a session"));
    let status = async || {
        let request = http().get(program.url("/")).header("cookie", &cookie);
        Answer::to(request).await.status
    };
    assert_eq!(status().await, 200);
    let page = agent.press("Log out", &[]).await;
    assert_eq!(page.url.path(), "/login");
    assert_eq!(status().await, 303, "a copy of the cookie is worth nothing");
    assert_eq!(agent.open(&program.url("/")).await.url.path(), "/login");
}

#[tokio::test]
async fn a_form_of_somebody_else_does_nothing() {
    let stage = Stage::new(Backend::Embedded).await;
    let program = &stage.program;
    let _server = program.serve().await;
    let (mut agent, mut other) = (stage.operator().await, stage.operator().await);
    let delete = program.url("/clients/music/delete");
    let token = |page: &Page| page.attributes("[name=csrf]", "value")[0].clone();
    let (own, foreign) = (token(agent.open(&delete).await), token(other.open(&delete).await));
    assert_ne!(own, foreign);

    for fields in [vec![], vec![("csrf", "")], vec![("csrf", "wrong")], vec![("csrf", foreign.as_str())]] {
        agent.open(&delete).await;
        assert_eq!(agent.post(&delete, &fields).await.status, 403, "{fields:?}");
    }
    for elsewhere in ["https://evil.example/", "http://127.0.0.1:1/", "http://localhost:3000/"] {
        // From another site the cookie does not even come along.
        let status = agent.post_from(elsewhere, &delete, &[("csrf", &own)]).await.status;
        assert!(matches!(status, 401 | 403), "{elsewhere}: {status}");
        let login = program.url("/login");
        let page = agent.post_from(elsewhere, &login, &[("token", Program::LOGIN_TOKEN)]).await;
        assert_eq!(page.status, 403, "nobody logs me in from {elsewhere}");
    }
    let cookie = format!("oauth-helper={}", agent.cookie(&delete, "oauth-helper").expect("a session"));
    let headless = http().post(&delete).header("cookie", cookie).header("origin", "null");
    let headless = headless.header("content-type", "application/x-www-form-urlencoded").body(format!("csrf={own}"));
    assert_eq!(Answer::to(headless).await.status, 403);

    program.run(["client", "show", "music"]).await.done();
    agent.open(&delete).await;
    agent.press("Delete music", &[]).await;
    assert_eq!(program.run(["client", "show", "music"]).await.code(), 4, "our own form does");
}

#[tokio::test]
async fn a_login_can_be_switched_off_on_this_machine_alone() {
    let program = Program::embedded().with("LOGIN__REQUIRED", "false");
    let _server = program.serve().await;
    let mut agent = UserAgent::new();
    let page = agent.open(&program.url("/clients/new")).await;
    assert_eq!((page.url.path(), page.status), ("/clients/new", 200));
    let page = agent.post_from("https://evil.example/", &program.url("/clients"), &[("name", "music")]).await;
    assert_eq!(page.status, 403, "other sites are still kept out");
    let open_to_all = program.with("ADDRESS", "0.0.0.0").run(["serve"]).await;
    assert_eq!(open_to_all.code(), 2);
    assert!(open_to_all.err().contains("OAUTHCLIENT_LOGIN__REQUIRED"), "{open_to_all:?}");
}
