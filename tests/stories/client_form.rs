//! Defining a client in a browser that has no JavaScript.

use serde_json::{Value, json};

use crate::support::{AuthorizationServer, Backend, Page, Program, Stage, UserAgent, shows_success};

/// What a person types for a client that is in order.
const TYPED: &[(&str, &str)] = &[
    ("name", "drive"),
    ("service", "Work"),
    ("authorize.url", "https://as.example/{tenant}/authorize?x=1"),
    ("token.url", "https://as.example/{tenant}/token"),
    ("client_id", "id with space"),
    ("client_secret", "canary-typed-secret-0123456789"),
    ("scopes", "read  write\nadmin"),
    ("pkce", "off"),
    ("token.auth.method", "basic"),
    ("refresh.margin_s", "60"),
    ("authorize.drop_empty", ""),
    ("notes", "first line\nsecond line"),
];

#[tokio::test]
async fn what_is_typed_is_what_is_kept() {
    let program = Program::embedded();
    let _server = program.serve().await;
    let mut agent = new_client(&program).await;
    agent.press("Add a row to Variables", TYPED).await;
    let again = [("vars.0.name", "tenant"), ("vars.0.value", "acme"), ("client_secret", secret())];
    agent.press("Add a row to Extra parameters", &again).await;
    agent.press("Add a row to Extra parameters", &[("client_secret", secret())]).await;
    let rows = [
        ("authorize.params.0.name", "audience"),
        ("authorize.params.0.value", "https://api.example/?a=b&c"),
        ("authorize.params.1.name", "scope"),
        ("authorize.params.1.drop", "true"),
        ("client_secret", secret()),
    ];
    let page = agent.press("Create client", &rows).await;
    assert_eq!(page.url.path(), "/clients/drive", "{page}");
    assert!(page.text().contains("Next: authorize it"), "{page}");
    let expected = json!({
        "service": "Work", "client_id": "id with space", "vars": {"tenant": "acme"},
        "scopes": ["read", "write", "admin"], "pkce": "off",
        "authorize": {"url": "https://as.example/{tenant}/authorize?x=1", "drop_empty": false,
                      "params": {"audience": "https://api.example/?a=b&c", "scope": null}},
        "token": {"url": "https://as.example/{tenant}/token", "auth": "basic"},
        "refresh": {"margin_s": 60}, "notes": "first line\nsecond line",
    });
    assert_eq!(shown(&program, "drive").await, expected);
    let facts = agent.page().text();
    assert!(facts.contains("Client secret set") && !agent.page().body.contains(secret()), "{facts}");
}

#[tokio::test]
async fn what_is_wrong_is_said_beside_it_and_nothing_typed_is_lost() {
    let program = Program::embedded();
    let _server = program.serve().await;
    let mut agent = new_client(&program).await;
    let mut typed = TYPED.to_vec();
    typed.extend([("name", "Not A Name"), ("token.url", "nonsense"), ("refresh.margin_s", "soon"), ("client_id", " ")]);
    let page = agent.press("Create client", &typed).await;
    assert_eq!(page.status, 422);
    for field in ["name", "refresh.margin_s"] {
        assert_eq!(page.all(&format!("[id='f-{field}-error']")).len(), 1, "{field}: {page}");
    }
    let invalid = page.attributes("[aria-invalid=true]", "name");
    assert!(invalid.contains(&"name".to_owned()), "{invalid:?}");
    assert!(page.text().contains("except secrets"), "{page}");
    assert!(!page.body.contains(secret()), "a secret is not sent back");
    let kept = &page.forms()[page.forms().len() - 1];
    for (name, value) in &typed[12..] {
        assert_eq!(kept.value(name).map(str::trim), Some(value.trim()), "{name}");
    }
    for (name, value) in [("service", "Work"), ("pkce", "off"), ("notes", "first line\r\nsecond line")] {
        assert_eq!(kept.value(name), Some(value), "{name}");
    }

    let mended = [("name", "drive"), ("refresh.margin_s", "60")];
    let page = agent.press("Create client", &mended).await;
    assert_eq!(page.status, 422, "now what the definition as a whole lacks is said: {page}");
    for field in ["token.url", "client_id"] {
        assert_eq!(page.all(&format!("[id='f-{field}-error']")).len(), 1, "{field}: {page}");
    }
    assert_eq!(program.run(["client", "list", "--json"]).await.done().json(), json!([]), "nothing was saved");
}

#[tokio::test]
async fn rows_come_and_go_without_javascript() {
    let program = Program::embedded();
    let _server = program.serve().await;
    let mut agent = new_client(&program).await;
    for number in 0..3 {
        let page = agent.press("Add a row to Variables", &[]).await;
        let focused = page.attributes("[autofocus]", "name");
        assert_eq!(focused, [format!("vars.{number}.name")], "one goes on typing there: {page}");
    }
    let names = [("vars.0.name", "a"), ("vars.1.name", "b"), ("vars.2.name", "c"), ("vars.2.value", "x < y")];
    let page = remove_row(&mut agent, "vars.1", &names).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.attributes("[data-rows] [name^='vars.'][name$='.name']", "value"), ["a", "c"]);
    assert_eq!(page.attributes("[data-rows] [name^='vars.'][name$='.value']", "value"), ["", "x < y"]);
}

#[tokio::test]
async fn a_blank_secret_keeps_the_old_one_until_it_is_removed() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.authorized().await;
    let edit = stage.program.url("/clients/music/edit");
    let page = agent.open(&edit).await;
    assert!(page.text().contains("A secret is set. Leave this blank to keep it."), "{page}");
    assert!(!page.body.contains("sealed") && !page.body.contains(AuthorizationServer::CLIENT_SECRET));
    agent.press("Save", &[("service", "Renamed"), ("scopes", "openid")]).await;
    assert_eq!(shown(&stage.program, "music").await["service"], "Renamed");
    stage.program.run(["refresh", "music"]).await.done();

    agent.open(&edit).await;
    agent.press("Save", &[("client_secret.remove", "true")]).await;
    assert!(agent.page().text().contains("Client secret none"), "{}", agent.page());
    assert_eq!(stage.program.run(["refresh", "music"]).await.code(), 5);

    agent.open(&edit).await;
    agent.press("Save", &[("client_secret", AuthorizationServer::CLIENT_SECRET)]).await;
    stage.program.run(["refresh", "music"]).await.done();
}

#[tokio::test]
async fn a_new_name_keeps_the_tokens() {
    let stage = Stage::new(Backend::Embedded).await;
    let program = &stage.program;
    let _server = program.serve().await;
    let mut agent = stage.authorized().await;
    let token = program.run(["token", "music"]).await.done().out();
    agent.open(&program.url("/clients/music/edit")).await;
    let page = agent.press("Save", &[("name", "songs")]).await;
    assert_eq!(page.url.path(), "/clients/songs", "{page}");
    assert_eq!(program.run(["token", "songs"]).await.done().out(), token);
    program.run(["refresh", "songs"]).await.done();
    assert_eq!(program.run(["token", "music"]).await.code(), 4);
    assert_eq!(agent.open(&program.url("/clients/music")).await.status, 404);
}

#[tokio::test]
async fn a_name_belongs_to_one_client() {
    let stage = Stage::new(Backend::Embedded).await;
    stage.add_client("drive").await;
    let program = &stage.program;
    let _server = program.serve().await;
    let mut agent = stage.authorized().await;
    let token = program.run(["token", "music"]).await.done().out();
    agent.open(&program.url("/clients/music/edit")).await;
    let page = agent.press("Save", &[("name", "drive"), ("notes", "typed")]).await;
    assert_eq!((page.status, page.all("[id='f-name-error']").len()), (409, 1), "{page}");
    assert_eq!(page.forms().iter().find_map(|form| form.value("notes").map(str::to_owned)).as_deref(), Some("typed"));
    assert_eq!(program.run(["token", "music"]).await.done().out(), token, "its tokens are where they were");

    let mut agent = new_client(program).await;
    let page = agent.press("Create client", &[TYPED, &[("name", "drive")]].concat()).await;
    assert_eq!(page.status, 422, "{page}");
    let sound = [("name", "drive"), ("authorize.url", "https://as.example/a"), ("token.url", "https://as.example/t")];
    let page = agent.press("Create client", &sound).await;
    assert_eq!(page.status, 409, "{page}");
    assert!(page.text().contains("already a client called drive"), "{page}");
}

#[tokio::test]
async fn of_two_edits_at_once_the_second_is_not_lost_and_does_not_win() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let (mut one, mut other) = (stage.operator().await, stage.operator().await);
    let edit = stage.program.url("/clients/music/edit");
    one.open(&edit).await;
    other.open(&edit).await;
    assert_eq!(one.press("Save", &[("service", "One")]).await.url.path(), "/clients/music");
    let page = other.press("Save", &[("service", "Other"), ("notes", "typed")]).await;
    assert_eq!(page.status, 409, "{page}");
    assert!(page.text().contains("changed meanwhile"), "{page}");
    assert_eq!(page.forms().iter().find_map(|form| form.value("notes").map(str::to_owned)).as_deref(), Some("typed"));
    assert_eq!(shown(&stage.program, "music").await["service"], "One");
}

#[tokio::test]
async fn a_copy_has_everything_but_the_secret_and_the_tokens() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.authorized().await;
    agent.open(&stage.program.url("/clients/music")).await;
    agent.follow("Duplicate").await;
    let page = agent.press("Create client", &[]).await;
    assert_eq!(page.url.path(), "/clients/music-copy", "{page}");
    assert!(page.text().contains("Client secret none") && page.text().contains("No account has authorized"), "{page}");
    assert_eq!(shown(&stage.program, "music-copy").await, shown(&stage.program, "music").await);
}

#[tokio::test]
async fn a_form_is_filled_in_from_the_issuer_alone() {
    let program = Program::embedded();
    let authorization_server = AuthorizationServer::start(&program.redirect_uri()).await;
    let _server = program.serve().await;
    let mut agent = UserAgent::new();
    agent.sign_in(&program).await;
    let page = agent.press("Fill in", &[("issuer", "http://127.0.0.1:1")]).await;
    assert_eq!((page.status, page.all("#issuer-error").len()), (422, 1), "{page}");
    assert_eq!(page.attributes("#issuer", "value"), ["http://127.0.0.1:1"]);

    let page = agent.press("Fill in", &[("issuer", authorization_server.issuer())]).await;
    assert!(page.text().contains("Filled in from"), "{page}");
    let own = [
        ("name", "music"),
        ("client_id", AuthorizationServer::CLIENT_ID),
        ("client_secret", AuthorizationServer::CLIENT_SECRET),
    ];
    agent.press("Create client", &own).await;
    let stage = Stage { program, authorization_server };
    let callback = stage.callback(&mut agent, "music").await;
    assert!(shows_success(agent.arrive(&callback).await));
    stage.program.run(["refresh", "music"]).await.done();
}

async fn new_client(program: &Program) -> UserAgent {
    let mut agent = UserAgent::new();
    agent.sign_in(program).await;
    agent.open(&program.url("/clients/new")).await;
    agent
}

/// Presses the button with a cross of one row.
async fn remove_row<'a>(agent: &'a mut UserAgent, row: &str, fields: &[(&str, &str)]) -> &'a Page {
    agent.press_button("remove_row", row, fields).await
}

async fn shown(program: &Program, name: &str) -> Value {
    program.run(["client", "show", name, "--json"]).await.done().json()
}

fn secret() -> &'static str {
    TYPED.iter().find(|(name, _)| *name == "client_secret").expect("it is typed").1
}
