//! Pasting one URL: of a server, of an API, and of a server that registers apps by itself.

mod api_server;

use serde_json::{Value, json};

use crate::support::{Backend, Program, Stage, UserAgent, http, in_both_stores};
use api_server::ApiServer;

in_both_stores!(
    a_registration_lives_as_long_as_its_client,
    an_app_is_registered_from_the_page_and_authorized_at_once,
    a_registration_is_brought_up_to_date,
    what_the_user_changed_is_kept_when_the_metadata_is_read_again,
);

/// The registration that a client was made from, as the authorization server has it.
async fn registrations(stage: &Stage) -> (usize, usize) {
    let server = &stage.authorization_server;
    let ended = server.process().printed();
    assert!(!ended.contains("server_error"), "{ended}");
    let asked: Value =
        http().get(server.url("/_requests")).send().await.unwrap().text().await.unwrap().parse().unwrap();
    let asked: Vec<&str> = asked.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let count = |start: &str| asked.iter().filter(|request| request.starts_with(start)).count();
    (count("POST /reg"), count("DELETE /reg/"))
}

async fn a_registration_lives_as_long_as_its_client(backend: Backend<'_>) {
    let stage = Stage::with(Program::new(backend), &[("INITIAL_ACCESS_TOKEN", "canary-initial")]).await;
    let (program, issuer) = (&stage.program, stage.authorization_server.issuer());

    let refused = program.run(["client", "add", "notes", "--issuer", issuer, "--register"]).await;
    assert_eq!(refused.code(), 5, "{refused:?}");
    assert!(refused.err().contains("initial access token"), "{refused:?}");

    let token = program.file("initial", "canary-initial\n");
    let arguments =
        ["client", "add", "notes", "--issuer", issuer, "--register", "--initial-access-token-file", token.as_str()];
    let added = program.run(arguments).await.done();
    assert!(added.err().contains("oauth-helper authorize notes"), "{added:?}");
    let definition = program.run(["client", "show", "notes", "--json"]).await.done().json();
    assert_eq!(definition["token"]["auth"], "basic");
    let id = definition["client_id"].as_str().unwrap().to_owned();
    assert!(!id.is_empty() && id != "test-client" && id != "pending", "{definition}");
    let again = program.run(arguments).await;
    assert_eq!(again.code(), 2, "a taken name is refused before anything is registered: {again:?}");
    assert_eq!(registrations(&stage).await, (2, 0));

    // The registration follows the client to its new name.
    program.run(["client", "edit", "notes", "--rename", "memos"]).await.done();
    let deleted = program.run(["client", "delete", "memos", "--unregister", "--yes"]).await.done();
    assert!(!deleted.err().contains("could not"), "{deleted:?}");
    assert_eq!(registrations(&stage).await, (2, 1));
    for secret in ["canary-initial", &id] {
        let bytes = program.bytes_at_rest();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret} is left behind");
    }
}

async fn an_app_is_registered_from_the_page_and_authorized_at_once(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let program = &stage.program;
    let server = program.serve().await;
    let api = ApiServer::start(stage.authorization_server.issuer()).await;

    let mut agent = stage.operator().await;
    agent.open(&program.url("/clients/new")).await;
    let page = agent.submit(&[("issuer", &api.url("/v1/me?full=1"))]).await;
    assert!(page.text().contains(&format!("the first authorization server that {} names", api.url("/v1"))), "{page}");
    assert_eq!(page.attributes("[name='api.base_url']", "value"), [api.url("/v1")]);
    assert_eq!(page.attributes("[name=scopes]", "value"), ["openid offline_access api"]);

    let page = agent.press("Register this app there for me", &[("name", "Not A Name")]).await;
    assert_eq!(page.status, 422, "{page}");
    assert_eq!(page.attributes("#register-name", "value"), ["Not A Name"], "what was typed is still there");
    let page = agent.press("Register this app there for me", &[("name", "notes")]).await;
    assert!(page.text().contains("Registered and created"), "{page}");
    let callback = stage.callback(&mut agent, "notes").await;
    let page = agent.arrive(&callback).await;
    assert!(page.text().contains("notes is authorized"), "{page}");
    program.run(["token", "notes"]).await.done();

    agent.open(&program.url("/clients/notes/delete")).await;
    let page = agent.press("Delete notes", &[]).await;
    assert!(page.text().contains("notes and its tokens are deleted"), "{page}");
    assert_eq!(registrations(&stage).await, (1, 1));
    // Nothing of this program's was registered for `music`.
    let page = agent.open(&program.url("/clients/music/delete")).await;
    assert_eq!(page.attributes("[name=unregister]", "value"), [""; 0]);
    drop(server);
}

async fn a_registration_is_brought_up_to_date(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let (program, issuer) = (&stage.program, stage.authorization_server.issuer());
    program.run(["client", "add", "notes", "--issuer", issuer, "--register"]).await.done();
    let same = program.run(["client", "registration", "notes"]).await.done().json();
    assert_eq!(same, json!([]));

    let uri = program.url("/auth_callback/memos");
    let edit = ["client", "edit", "notes", "--rename", "memos", "--redirect-uri", uri.as_str(), "--scope", "openid"];
    program.run(edit).await.done();
    let outdated = program.run(["client", "registration", "memos"]).await.done().json();
    let names: Vec<&str> = outdated.as_array().unwrap().iter().filter_map(|change| change["name"].as_str()).collect();
    assert_eq!(names, ["client_name", "redirect_uris", "scope"], "{outdated}");
    assert_eq!(outdated[1]["wanted"], json!([uri]));
    let updated = program.run(["client", "registration", "memos", "--update"]).await.done();
    assert!(updated.json() == json!([]) && updated.err().contains("3 of 3"), "{updated:?}");

    // With what the server gave anew: it takes each token for a registration once.
    program.run(["client", "edit", "memos", "--scope", "openid offline_access"]).await.done();
    let server = program.serve().await;
    let mut agent = stage.operator().await;
    agent.open(&program.url("/clients/memos")).await;
    let page = agent.press("Bring the registration up to date", &[]).await;
    assert!(page.text().contains("as it is here now. It changed scope."), "{page}");
    let page = agent.press("Bring the registration up to date", &[]).await;
    assert!(page.text().contains("Nothing is changed"), "{page}");
    let page = agent.press("Authorize", &[]).await;
    assert!(page.url.as_str().starts_with(issuer), "the new redirect URI and scope are taken: {page}");

    let page = agent.open(&program.url("/clients/music")).await;
    assert!(!page.text().contains("Bring the registration"), "nobody registered it from here: {page}");
    assert_eq!(program.run(["client", "registration", "music"]).await.code(), 2);
    drop(server);
}

async fn what_the_user_changed_is_kept_when_the_metadata_is_read_again(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let (program, authorization_server) = (&stage.program, &stage.authorization_server);
    let nothing = program.run(["client", "discover", "music"]).await.done().json();
    assert_eq!(nothing, json!([]));

    stage.set("revoke={}").await;
    stage.set(&format!(r#"introspect.url="{}""#, authorization_server.url("/old"))).await;
    stage.set(r#"userinfo.url="https://mine.example/me""#).await;
    stage.set(r#"scopes=["openid"]"#).await;
    let differences = program.run(["client", "discover", "music"]).await.done().json();
    let proposed = |wanted: bool| -> Vec<&str> {
        let all = differences.as_array().unwrap().iter().filter(|difference| difference["proposed"] == wanted);
        all.filter_map(|difference| difference["field"].as_str()).collect()
    };
    assert_eq!(
        (proposed(true), proposed(false)),
        (vec!["revoke.url", "introspect.url"], vec!["scopes", "userinfo.url"])
    );

    let server = program.serve().await;
    let mut agent = stage.operator().await;
    agent.open(&program.url("/clients/music")).await;
    let page = agent.press("Read the server’s metadata again", &[]).await;
    let ticked = page.attributes("input[checked]", "name");
    assert_eq!(ticked, ["set.revoke.url", "set.introspect.url"], "{page}");
    let page = agent.press("Take over what is ticked", &[("set.introspect.url", "")]).await;
    assert!(page.text().contains("Saved what the server says"), "{page}");
    let definition = program.run(["client", "show", "music", "--json"]).await.done().json();
    assert_eq!(definition["revoke"]["url"], authorization_server.url("/token/revocation").as_str());
    assert_eq!(definition["scopes"], json!(["openid"]));
    assert_eq!(definition["userinfo"]["url"], "https://mine.example/me");
    drop(server);

    program.run(["client", "discover", "music", "--apply"]).await.done();
    let left = program.run(["client", "discover", "music"]).await.done().json();
    assert!(left.as_array().unwrap().iter().all(|difference| difference["proposed"] == false), "{left}");
    let secret = program.run(["client", "export", "music"]).await.done().json();
    assert!(secret["clients"]["music"]["client_secret"]["sealed"].is_string(), "the secret stays: {secret}");
}

#[tokio::test]
async fn an_api_leads_to_its_authorization_server() {
    let program = Program::embedded();
    let stage = Stage::with(program, &[]).await;
    let api = ApiServer::start(stage.authorization_server.issuer()).await;
    for (path, base) in [
        ("/v1/me", api.url("/v1")),
        // No challenge: the well-known address of the origin.
        ("/silent/me", api.url("")),
        ("", api.url("")),
    ] {
        let found = stage.program.run(["client", "discover", &api.url(path)]).await.done();
        assert_eq!(found.json()["api"]["base_url"], base.as_str(), "{path}");
        assert_eq!(found.json()["issuer"], stage.authorization_server.issuer(), "{path}");
    }
    let lie = stage.program.run(["client", "discover", &api.url("/liar")]).await;
    assert_eq!(lie.code(), 6, "{lie:?}");
    assert!(lie.err().contains("speaks for \"https://bank.example/\""), "{lie:?}");
}

#[tokio::test]
async fn a_page_without_javascript_shows_why_nothing_was_found() {
    let program = Program::embedded();
    let server = program.serve().await;
    let mut agent = UserAgent::new();
    agent.sign_in(&program).await;
    agent.open(&program.url("/clients/new")).await;
    let page = agent.submit(&[("issuer", &program.url("/healthz"))]).await;
    assert_eq!(page.status, 422, "{page}");
    assert!(page.text().contains("publishes no usable metadata"), "{page}");
    assert_eq!(page.attributes("#issuer", "value"), [program.url("/healthz")]);
    drop(server);
}
