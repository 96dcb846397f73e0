//! From an issuer's URL to a working curl, without reading anybody's documentation.

use crate::support::{Api, AuthorizationServer, Backend, Program, Stage, UserAgent, in_both_stores, shows_success};

in_both_stores!(
    a_minute_after_the_definition_every_script_has_a_token,
    two_accounts_of_one_client_have_a_token_each,
    a_client_that_asks_in_its_own_name_needs_no_browser,
);

async fn a_minute_after_the_definition_every_script_has_a_token(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let program = &stage.program;
    let server = program.serve().await;

    let mut agent = log_in_with_a_code(program).await;
    assert!(agent.page().text().contains("music"), "{}", agent.page());
    let callback = stage.callback(&mut agent, "music").await;
    let page = agent.arrive(&callback).await;
    assert!(shows_success(page), "{page}");
    let snippets = page.all(".snippets code");
    assert_eq!(snippets[0], "oauth-helper token music");
    assert_eq!(snippets[1], "oauth-helper header music | curl -H @- API_URL", "no token is in a command line");

    let me = stage.authorization_server.url("/me");
    let answer = program.shell(&snippets[1].replace("curl", "curl -sS").replace("API_URL", &me)).await.done();
    assert_eq!(answer.json()["sub"], "alice");

    let token = program.shell(&snippets[0]).await.done().out();
    let said = program.run(["token", "music", "--format", "json"]).await.done().json();
    assert_eq!(said["access_token"], token.as_str());
    assert_eq!((&said["client"], &said["account"]), (&"music".into(), &"default".into()));
    assert_eq!(said["token_type"], "Bearer");
    assert!(said["expires_in"].as_i64().is_some_and(|left| (3500..=3600).contains(&left)), "{said}");
    assert!(said["scope"].as_str().is_some_and(|scope| scope.split(' ').any(|word| word == "openid")), "{said}");
    assert_eq!(program.run(["header", "music"]).await.done().out(), format!("Authorization: Bearer {token}"));

    let api = Api::of(program).await;
    let answer = api.get("/clients/music/token?min_valid=30").await;
    assert_eq!((answer.status, &answer.json()["access_token"]), (200, &token.as_str().into()));
    let answer = api.get("/clients/music/header").await;
    assert_eq!(answer.body, format!("Authorization: Bearer {token}\n"));
    assert!(answer.header("content-type").starts_with("text/plain"));

    let (status, log) = server.stop().await;
    assert!(status.success(), "{status}: {log}");
    assert_eq!(program.run(["token", "music"]).await.done().out(), token, "the server is not needed");
    let status = stage.status().await;
    assert_eq!((&status["state"], &status["account"]), (&"ok".into(), &"default".into()));
    assert_eq!(stage.token_requests().await, 1, "nothing was refreshed that is fresh");
}

async fn two_accounts_of_one_client_have_a_token_each(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let program = &stage.program;
    let _server = program.serve().await;
    for person in ["alice", "bob@example.com"] {
        let mut agent = stage.operator().await;
        agent.login = person.to_owned();
        agent.open(&program.url("/clients/music")).await;
        agent.stop_before(&program.redirect_uri());
        agent.submit(&[("account", person)]).await;
        let callback = agent.approve(&program.redirect_uri()).await;
        let page = agent.arrive(&callback).await;
        assert!(shows_success(page) && page.text().contains(&format!("oauth-helper token music@{person}")), "{page}");

        let me = stage.authorization_server.url("/me");
        let answer = program.shell(&format!("curl -sS -H \"$(oauth-helper header music@{person})\" {me}")).await;
        assert_eq!(answer.done().json()["sub"], person);
    }
    let mailbox = program.shell("oauth-helper token music@bob@example.com --format xoauth2 | base64 -d").await.done();
    let token = program.run(["token", "music@bob@example.com"]).await.done().out();
    assert_eq!(mailbox.stdout, format!("user=bob@example.com\x01auth=Bearer {token}\x01\x01").into_bytes());
    assert_eq!(program.run(["token", "music"]).await.code(), 3, "nobody authorized the default account");
    let listed = program.run(["client", "list", "--json"]).await.done().json();
    assert_eq!(listed[0]["accounts"].as_array().map(Vec::len), Some(2), "{listed}");
}

async fn a_client_that_asks_in_its_own_name_needs_no_browser(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    stage.set("grant=client_credentials").await;
    stage.set("scopes=[]").await;
    let token = stage.program.run(["token", "music"]).await.done().out();
    assert!(token.len() > 20, "{token}");
    assert_eq!(stage.program.run(["token", "music"]).await.done().out(), token, "it is kept while it is fresh");
    assert_eq!(stage.token_requests().await, 1);
    let refused = stage.program.run(["authorize", "music"]).await;
    assert_eq!(refused.code(), 2);
    assert!(refused.err().contains("oauth-helper token music"), "{refused:?}");
}

#[tokio::test]
async fn a_public_client_needs_no_secret() {
    let program = Program::embedded();
    let authorization_server = AuthorizationServer::start(&program.redirect_uri()).await;
    let (issuer, id) = (authorization_server.issuer(), AuthorizationServer::PUBLIC_CLIENT_ID);
    program.run(["client", "add", "music", "--issuer", issuer, "--client-id", id, "--auth", "none"]).await.done();
    let stage = Stage { program, authorization_server };
    let _server = stage.program.serve().await;
    stage.authorized().await;
    stage.program.run(["refresh", "music"]).await.done();
}

async fn log_in_with_a_code(program: &Program) -> UserAgent {
    let code = program.run(["login-code"]).await.done();
    assert!(code.err().contains(&program.url("/login?code=")), "{code:?}");
    let mut agent = UserAgent::new();
    agent.open(&program.url(&format!("/login?code={}", code.out()))).await;
    agent.press("Log in", &[]).await;
    assert_eq!(agent.page().url.as_str(), program.url("/"));
    agent
}
