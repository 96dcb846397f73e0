//! What leaves for the authorization server, and how little it takes to protect it.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use crate::support::{Answer, AuthorizationServer, Backend, Program, Stage, UserAgent, http, leaks};

#[tokio::test]
async fn every_authorization_request_is_new_and_holds_no_secret() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let (mut states, mut challenges) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..50 {
        let url = departure(&stage, &mut agent, stage.authorization_server.issuer()).await;
        let parameters: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(parameters.len(), url.query_pairs().count(), "no parameter comes twice: {url}");
        assert_eq!(parameters["response_type"], "code");
        assert_eq!(parameters["client_id"], AuthorizationServer::CLIENT_ID);
        assert_eq!(parameters["redirect_uri"], stage.program.redirect_uri());
        assert_eq!(parameters["scope"], "openid offline_access");
        assert_eq!(parameters["code_challenge_method"], "S256");
        assert_eq!((parameters["state"].len(), parameters["code_challenge"].len()), (43, 43), "256 bits each");
        assert!(!leaks(url.as_str(), AuthorizationServer::CLIENT_SECRET));
        states.insert(parameters["state"].clone());
        challenges.insert(parameters["code_challenge"].clone());
    }
    assert_eq!((states.len(), challenges.len()), (50, 50));
}

#[tokio::test]
async fn nobody_is_sent_off_without_pressing_the_button() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let start = stage.program.url("/clients/music/authorize");
    assert!((404..=405).contains(&agent.open(&start).await.status), "a link does not start anything");
    agent.open(&stage.program.url("/clients/music")).await;
    assert_eq!(agent.post(&start, &[]).await.status, 403);
    let referring = Answer::to(http().get(&start)).await;
    assert!(!referring.header("location").starts_with(stage.authorization_server.issuer()), "{referring:?}");
    assert_eq!(stage.authorization_server.requests("GET /auth").await, 0);
}

#[tokio::test]
async fn a_definition_bends_the_request_but_not_its_protection() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    stage.set(r#"authorize.params={"prompt": "login", "client_key": "{client_id}", "client_id": null}"#).await;
    stage.set(r#"vars={"tenant": "acme"}"#).await;
    stage.set("authorize.url=https://{tenant}.example/authorize?kept=1&client_id=theirs").await;
    stage.set(r#"scope_separator=",""#).await;
    let mut agent = stage.operator().await;
    let url = departure(&stage, &mut agent, "https://acme.example/").await;
    let value = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    assert_eq!(url.host_str(), Some("acme.example"));
    assert_eq!(value("kept").as_deref(), Some("1"));
    assert_eq!((value("client_key").as_deref(), value("prompt").as_deref()), (Some("test-client"), Some("login")));
    assert_eq!(value("scope").as_deref(), Some("openid,offline_access"));
    assert!(value("state").is_some() && value("code_challenge").is_some());

    for reserved in ["state", "code_challenge", "redirect_uri"] {
        let fixed = format!("authorize.params.{reserved}=fixed");
        let refused = stage.program.run(["client", "edit", "music", "--set", &fixed]).await;
        assert_eq!(refused.code(), 2, "{refused:?}");
        assert!(refused.err().contains(&format!("authorize.params.{reserved}")), "{refused:?}");
    }
    let implicit =
        stage.program.run(["client", "edit", "music", "--set", "authorize.params.response_type=token"]).await;
    assert_eq!(implicit.code(), 2, "{implicit:?}");
}

#[tokio::test]
async fn a_server_for_others_does_not_ask_this_machine_for_tokens() {
    let program = Program::embedded().with("ADDRESS", "0.0.0.0");
    let authorization_server = AuthorizationServer::start(&program.redirect_uri()).await;
    let issuer = authorization_server.issuer();
    let refused = program.run(["client", "discover", issuer]).await;
    assert_eq!(refused.code(), 6, "{refused:?}");
    assert!(refused.err().contains("OAUTHCLIENT_OUTBOUND__ALLOW_PRIVATE"), "{refused:?}");
    assert!(authorization_server.requests("GET /.well-known/openid-configuration").await == 0);
    program.with("OUTBOUND__ALLOW_PRIVATE", "true").run(["client", "discover", issuer]).await.done();
}

/// Where the button Authorize sends the browser.
async fn departure(stage: &Stage, agent: &mut UserAgent, server: &str) -> Url {
    agent.open(&stage.program.url("/clients/music")).await;
    agent.stop_before(server);
    let page = agent.press("Authorize", &[]).await;
    assert_eq!((page.status, page.header("referrer-policy")), (303, "no-referrer"), "{page}");
    page.stopped_before.clone().expect("it leads away")
}
