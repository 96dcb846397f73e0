//! Clients that stand in files of the operator's, for whoever keeps configuration as code.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Api, AuthorizationServer, Backend, Program, Stage, in_both_stores, leaks};

in_both_stores!(a_declared_client_is_used_as_any_other_and_changed_in_its_file_alone);

/// A program with a folder of declared clients, of which `robot` and `calendar` are sound.
struct Declared {
    stage: Stage,
    folder: PathBuf,
}

impl Declared {
    async fn new(backend: Backend<'_>) -> Self {
        let program = Program::new(backend);
        let folder = program.home().join("declared");
        fs::create_dir_all(&folder).expect("a folder");
        let program = program.with("CLIENTS_DIR", &folder.display().to_string());
        let secret = program.file("client_secret", AuthorizationServer::CLIENT_SECRET);
        let declared = Self { stage: Stage::with(program, &[]).await, folder };
        declared.write("calendar", &declared.definition(&secret));
        let mut robot = declared.definition(&secret);
        robot["grant"] = json!("client_credentials");
        robot["scopes"] = json!([]);
        declared.write("robot", &robot);
        declared
    }

    fn definition(&self, secret: &str) -> Value {
        let server = &self.stage.authorization_server;
        json!({"service": "Work", "issuer": server.issuer(), "client_id": AuthorizationServer::CLIENT_ID,
            "client_secret": {"file": secret}, "scopes": ["openid"], "authorize": {"url": server.url("/auth")},
            "token": {"url": server.url("/token"), "auth": "basic"}})
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }

    fn write(&self, name: &str, json: &Value) {
        fs::write(self.file(name), json.to_string()).expect("a file");
    }
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).expect("a file")
}

async fn a_declared_client_is_used_as_any_other_and_changed_in_its_file_alone(backend: Backend<'_>) {
    let declared = Declared::new(backend).await;
    let program = &declared.stage.program;
    let server = program.serve().await;
    let before = text(&declared.file("calendar"));
    let file = declared.file("calendar").display().to_string();

    let mut agent = declared.stage.operator().await;
    let callback = declared.stage.callback(&mut agent, "calendar").await;
    assert!(agent.arrive(&callback).await.text().contains("calendar is authorized"));
    let token = program.run(["token", "calendar"]).await.done().out();
    program.run(["refresh", "calendar"]).await.done();
    program.run(["token", "robot"]).await.done();

    let home = agent.open(&program.url("/")).await;
    assert_eq!(home.text().matches("read-only").count(), 2, "{home}");
    let page = agent.open(&program.url("/clients/calendar")).await;
    assert!(page.text().contains("read-only") && page.text().contains(&file), "{page}");
    assert!(!page.attributes("a", "href").iter().any(|link| link.ends_with("/edit") || link.ends_with("/delete")));
    for path in ["/clients/calendar/edit", "/clients/calendar/delete"] {
        let refused = agent.open(&program.url(path)).await;
        assert!(refused.status == 409 && refused.text().contains(&file), "{refused}");
    }

    let api = Api::of(program).await;
    let listed = api.get("/clients").await.json();
    let marks: Vec<_> = listed.as_array().expect("a list").iter().map(|client| &client["declared_in"]).collect();
    assert_eq!(marks, [&json!(file), &Value::Null, &json!(declared.file("robot"))], "music stands between");
    let sound = json!({"client_id": "x", "grant": "client_credentials", "token": {"url": "https://a.example"}});
    let put = api.put("/clients/calendar", sound).await;
    let deleted = api.delete("/clients/calendar").await;
    for refused in [put, deleted] {
        assert!(format!("{refused:?}").contains(&file), "{refused:?}");
        assert_eq!(refused.problem(), (409, "read_only".to_owned()));
    }

    let listed = program.run(["client", "list"]).await.done().out();
    assert_eq!(listed.lines().filter(|line| line.ends_with("read-only")).count(), 2, "{listed}");
    for arguments in [
        &["client", "edit", "calendar", "--scope", "x"][..],
        &["client", "edit", "calendar", "--rename", "other"],
        &["client", "delete", "calendar", "--yes", "--revoke"],
        &["client", "key", "calendar"],
    ] {
        let refused = program.run_with(arguments).await;
        assert!(refused.code() == 2 && refused.err().contains(&file), "{arguments:?}: {refused:?}");
    }
    let taken = program.run(["client", "edit", "music", "--rename", "calendar"]).await;
    assert!(taken.code() == 2 && taken.err().contains("already a client called `calendar`"), "{taken:?}");
    program.run(["token", "calendar"]).await.done();
    assert_eq!(text(&declared.file("calendar")), before);
    drop(server);
    assert!(!leaks(program.bytes_at_rest(), &token));
}

#[tokio::test]
async fn a_broken_file_is_named_with_its_field_and_hides_no_other_client() {
    let declared = Declared::new(Backend::Embedded).await;
    let program = &declared.stage.program;
    let _server = program.serve().await;
    declared.write("broken", &json!({"client_id": "x", "tokn": {"url": "https://canary.example"}}));
    let mut agent = declared.stage.operator().await;
    let home = agent.open(&program.url("/")).await;
    assert!(home.text().contains("broken.json") && home.text().contains("tokn"), "{home}");
    assert!(home.text().contains("calendar") && home.text().contains("music"), "{home}");
    program.run(["token", "robot"]).await.done();
    let doctor = program.run(["doctor"]).await;
    let said = format!("{}{}", doctor.out(), doctor.err());
    assert!(doctor.code() != 0 && said.contains("broken.json") && said.contains("tokn"), "{doctor:?}");

    let mut moved: Value = serde_json::from_str(&text(&declared.file("robot"))).expect("JSON");
    moved["service"] = json!("Moved");
    declared.write("robot", &moved);
    fs::remove_file(declared.file("broken")).expect("a file");
    let home = agent.open(&program.url("/")).await;
    assert!(
        home.text().contains("Moved") && !home.text().contains("broken.json"),
        "read again without a restart: {home}"
    );
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named_before_anything_starts() {
    let program = Program::embedded().with("CLIENTS_DIR", "/no/such/folder");
    for arguments in [&["serve"][..], &["client", "list"]] {
        let ran = program.run_with(arguments).await;
        assert_eq!(ran.code(), 2, "{ran:?}");
        assert!(ran.err().contains("OAUTHCLIENT_CLIENTS_DIR") && ran.err().contains("/no/such/folder"), "{ran:?}");
    }
}
