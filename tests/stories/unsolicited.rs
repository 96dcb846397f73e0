//! A code that the authorization server sends of its own accord.

use serde_json::json;

use crate::support::{Backend, Stage, TokenEndpoint, UserAgent, in_both_stores};

in_both_stores!(a_code_that_nobody_asked_for_waits_until_the_operator_accepts_it);

async fn a_code_that_nobody_asked_for_waits_until_the_operator_accepts_it(backend: Backend<'_>) {
    let (stage, endpoint) = stage(backend).await;
    let server = stage.program.serve().await;
    let callback = stage.program.url("/auth_callback/music?code=code-canary");
    let mut nobody = UserAgent::new();
    let refused = nobody.open(&callback).await;
    assert!(refused.status == 400 && refused.text().contains("nobody is signed in"), "{refused}");

    let mut agent = stage.operator().await;
    let shown = agent.open(&stage.program.url("/clients/music")).await.text();
    assert!(shown.contains(&stage.program.url("/auth_callback/music")), "what to register is told: {shown}");
    let page = agent.open(&callback).await;
    assert_eq!(page.all("h1"), ["Accept a code for music?"], "{page}");
    assert!(!page.url.as_str().contains("code-canary") && !page.body.contains("code-canary"), "{page}");
    let page = page.url.to_string();
    let other = stage.operator().await.open(&page).await.status;
    assert_eq!(other, 400, "it waits for one browser");
    assert_eq!(stage.status().await["state"], "not_authorized", "nothing happened yet");

    let (shown, ()) = tokio::join!(async { agent.press("Accept it", &[]).await.text() }, async {
        let request = endpoint.asked().await;
        assert_eq!(request.parameter("code"), "code-canary");
        assert_eq!(request.parameter("redirect_uri"), stage.program.url("/auth_callback/music"));
        assert!(!request.text.contains("code_verifier"), "{}", request.text);
        request.answer("200 OK", json!({"access_token": "theirs", "expires_in": 3600})).await;
    });
    assert!(shown.contains("music is authorized"), "{shown}");
    assert_eq!(stage.program.run(["token", "music"]).await.done().out(), "theirs");
    assert_eq!(agent.open(&page).await.status, 400, "it serves once");
    assert!(!server.stop().await.1.contains("code-canary"));
}

#[tokio::test]
async fn a_code_without_a_state_is_taken_only_where_and_as_the_definition_says() {
    let (stage, _endpoint) = stage(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let old_state = "A".repeat(43);
    for elsewhere in ["/auth_callback?code=a", "/auth_callback/music?error=b", "/auth_callback/music?code=a&code=b"] {
        assert_eq!(agent.open(&stage.program.url(elsewhere)).await.status, 400, "{elsewhere}");
    }
    let late = format!("/auth_callback/music?code=a&state={old_state}");
    assert_eq!(agent.open(&stage.program.url(&late)).await.status, 400, "a state of ours was asked for once");
    stage.set("callback.state_policy=required").await;
    assert_eq!(agent.open(&stage.program.url("/auth_callback/music?code=a")).await.status, 400);
    let refused = stage.program.run([
        "client",
        "edit",
        "music",
        "--set",
        "callback.state_policy=unsolicited",
        "--set",
        "pkce=s256",
    ]);
    let refused = refused.await;
    assert!(refused.code() == 2 && refused.err().contains("set pkce to off"), "{refused:?}");
}

async fn stage(backend: Backend<'_>) -> (Stage, TokenEndpoint) {
    let (stage, endpoint) = (Stage::new(backend).await, TokenEndpoint::start().await);
    stage.set("pkce=off").await;
    stage.set("scopes=[]").await;
    stage.set(r#"callback={"state_policy": "unsolicited"}"#).await;
    stage.set(&format!("token.url={}", endpoint.url())).await;
    (stage, endpoint)
}
