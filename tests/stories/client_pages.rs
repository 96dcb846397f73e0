//! Finding a client, looking at it, being rid of it.

use serde_json::{Map, Value, json};

use crate::support::{Answer, Backend, Program, Stage, UserAgent, free_port, http};

#[tokio::test]
async fn sixty_clients_are_found_by_service_name_and_host() {
    let program = Program::embedded();
    let _server = program.serve().await;
    let mut clients = Map::new();
    for number in 0..60 {
        let service = ["Work", "Home", ""][number % 3];
        let host = format!("https://as{number}.example");
        clients.insert(format!("client-{number:02}"), definition(service, &host));
    }
    let file = program.file("clients.json", &json!({"version": 1, "clients": clients}).to_string());
    program.run(["client", "import", &file]).await.done();

    let mut agent = UserAgent::new();
    let page = agent.sign_in(&program).await;
    assert_eq!(page.all(".client .name").len(), 50);
    assert_eq!(page.all("section h2"), ["Home", "Work", "Without a service"]);
    assert!(page.text().contains("Page 1 of 2"), "{page}");
    let page = agent.follow("Next").await;
    assert_eq!(page.all(".client .name").len(), 10);
    assert!(page.text().contains("Page 2 of 2"), "{page}");
    assert!(agent.open(&program.url("/?page=999")).await.text().contains("Page 2 of 2"));

    let page = agent.submit(&[("q", "AS17.example")]).await;
    assert_eq!(page.all(".client .name"), ["client-17"]);
    let page = agent.submit(&[("q", "home client-0")]).await;
    assert_eq!(page.all(".client .name"), ["client-01", "client-04", "client-07"]);
    let page = agent.submit(&[("q", "<b>none</b>")]).await;
    assert!(page.text().contains("No client has “<b>none</b>”"), "{page}");
    agent.follow("Show all").await;
    assert_eq!(agent.page().all(".client .name").len(), 50);
}

#[tokio::test]
async fn the_list_tells_how_every_grant_is() {
    let stage = Stage::new(Backend::Embedded).await;
    stage.add_client("drive").await;
    let _server = stage.program.serve().await;
    let mut agent = stage.authorized().await;
    let page = agent.open(&stage.program.url("/")).await;
    assert_eq!(page.all(".client .badge"), ["Not authorized", "OK"]);
    assert!(page.text().contains("expires in 59 min") || page.text().contains("expires in 60 min"), "{page}");
}

#[tokio::test]
async fn a_deleted_client_leaves_no_token_behind_here_or_there() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.authorized().await;
    agent.open(&stage.program.url("/clients/music")).await;
    let page = agent.follow("Delete").await;
    assert!(page.text().contains("the tokens of one account"), "{page}");
    stage.program.run(["client", "show", "music"]).await.done();
    let page = agent.press("Delete music", &[]).await;
    assert!(page.text().contains("music and its tokens are deleted"), "{page}");
    assert_eq!(stage.authorization_server.requests("POST /token/revocation").await, 1);
    assert_eq!(stage.program.run(["token", "music"]).await.code(), 4);

    stage.add_client("music").await;
    assert_eq!(stage.program.run(["token", "music"]).await.code(), 3, "a namesake starts afresh");
    agent.open(&stage.program.url("/clients/music/delete")).await;
    agent.press("Delete music", &[]).await;
    assert_eq!(stage.authorization_server.requests("POST /token/revocation").await, 1, "there was nothing to revoke");
}

#[tokio::test]
async fn the_tokens_of_one_account_go_and_the_client_stays() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.authorized().await;
    agent.open(&stage.program.url("/clients/music")).await;
    let page = agent.press("Revoke and delete", &[]).await;
    assert!(page.text().contains("The tokens of music are deleted."), "{page}");
    assert!(page.text().contains("No account has authorized this client yet"), "{page}");
    assert_eq!(stage.authorization_server.requests("POST /token/revocation").await, 1);
    assert_eq!(stage.program.run(["token", "music"]).await.code(), 3);

    let mut agent = stage.authorized().await;
    stage.set(&format!("revoke.url=http://127.0.0.1:{}/", free_port())).await;
    agent.open(&stage.program.url("/clients/music")).await;
    let page = agent.press("Revoke and delete", &[]).await;
    assert!(page.text().contains("deleted here, but they still hold at the server"), "{page}");
    assert_eq!(stage.program.run(["token", "music"]).await.code(), 3);
}

#[tokio::test]
async fn whatever_a_definition_holds_is_shown_as_text() {
    let stage = Stage::new(Backend::Embedded).await;
    let program = &stage.program;
    let hostile = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}";
    let mut definition = definition(hostile, "https://as.example");
    definition["notes"] = json!(format!("`{hostile}`"));
    definition["client_id"] = json!(hostile);
    definition["scopes"] = json!([hostile.replace(' ', "_")]);
    definition["authorize"]["params"] = json!({hostile: hostile});
    definition["api"] = json!({"base_url": "https://api.example/'$(id)"});
    let file = program.file("hostile.json", &json!({"clients": {"hostile": definition}}).to_string());
    program.run(["client", "import", &file]).await.done();
    let _server = program.serve().await;
    let mut agent = stage.operator().await;
    for path in
        ["/", "/clients/hostile", "/clients/hostile/edit", "/clients/hostile/delete", "/clients/new?from=hostile"]
    {
        let page = agent.open(&program.url(path)).await;
        assert_eq!(page.status, 200, "{page}");
        assert!(page.attributes("script:not([src]), img[onerror], [onclick], style", "class").is_empty());
        assert!(!page.body.contains("<script>alert") && !page.body.contains("<img src=x"), "{path}");
        assert!(!page.body.contains(">49"), "{path}: a template was run");
    }
    let page = agent.open(&program.url("/clients/hostile")).await;
    assert!(page.text().contains(hostile), "{page}");
    agent.open(&program.url("/clients/hostile/edit")).await;
    let page = agent.press("Save", &[]).await;
    assert_eq!(page.url.path(), "/clients/hostile", "{page}");
    let shown = program.run(["client", "show", "hostile", "--json"]).await.done().json();
    assert_eq!((&shown["notes"], &shown["authorize"]), (&definition["notes"], &definition["authorize"]));
}

#[tokio::test]
async fn a_form_has_a_size_that_no_definition_reaches() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    agent.open(&stage.program.url("/clients/music/edit")).await;
    let page = agent.press("Save", &[("notes", &"n".repeat(100_000))]).await;
    assert_eq!(page.url.path(), "/clients/music", "{}", page.status);
    agent.open(&stage.program.url("/clients/music/edit")).await;
    assert_eq!(agent.press("Save", &[("notes", &"n".repeat(600_000))]).await.status, 413);
    let huge = http().post(stage.program.url("/clients")).body("x".repeat(700_000));
    assert!((400..500).contains(&Answer::to(huge).await.status));
}

#[tokio::test]
async fn the_python_helpers_addresses_lead_to_the_new_pages() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    for (old, new) in [
        ("/add-client", "/clients/new"),
        ("/client-detail/test-client", "/clients/music"),
        ("/client-auth/test-client", "/clients/music"),
        ("/client-detail/7", "/"),
    ] {
        assert_eq!(agent.open(&stage.program.url(old)).await.url.path(), new, "{old}");
    }
}

fn definition(service: &str, host: &str) -> Value {
    json!({
        "service": service, "client_id": "id", "client_secret": "canary-imported",
        "authorize": {"url": format!("{host}/authorize")}, "token": {"url": format!("{host}/token")},
    })
}
