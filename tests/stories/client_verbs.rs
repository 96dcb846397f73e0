//! Defining clients from a script: a container needs no browser for that.

use serde_json::{Value, json};

use crate::support::{AuthorizationServer, Backend, Program, Stage, in_both_stores, leaks};

in_both_stores!(a_client_is_made_shown_changed_renamed_and_deleted, an_import_can_be_run_at_every_start);

async fn a_client_is_made_shown_changed_renamed_and_deleted(backend: Backend<'_>) {
    let program = Program::new(backend);
    let secret = "canary-client-secret-0123456789";
    let made = program.run_with_input(
        [
            "client",
            "add",
            "shop",
            "--authorize-url=https://{tenant}.example/authorize",
            "--token-url=https://{tenant}.example/token",
            "--client-id=id",
            "--client-secret-file=-",
            "--scope=read write",
            "--service=Work",
            "--auth=basic",
            "--var=tenant=acme",
            "--set=authorize.params.prompt=consent",
            "--set=authorize.params.client_id=null",
            "--set=refresh.margin_s=60",
            "--redirect-uri=https://localhost/cb",
        ],
        secret,
    );
    let made = made.await.done();
    assert!(
        made.err().contains("https://localhost/cb") && made.err().contains("oauth-helper authorize shop"),
        "{made:?}"
    );
    let expected = json!({
        "service": "Work", "client_id": "id", "vars": {"tenant": "acme"}, "redirect_uri": "https://localhost/cb",
        "scopes": ["read", "write"],
        "authorize": {"url": "https://{tenant}.example/authorize", "params": {"prompt": "consent", "client_id": null}},
        "token": {"url": "https://{tenant}.example/token", "auth": "basic"}, "refresh": {"margin_s": 60},
    });
    assert_eq!(shown(&program, "shop").await, expected);
    let listed = program.run(["client", "list", "--json"]).await.done().json();
    assert_eq!((&listed[0]["name"], &listed[0]["service"]), (&json!("shop"), &json!("Work")));

    program.run(["client", "edit", "shop", "--scope", "read", "--rename", "store", "--service", ""]).await.done();
    let changed = shown(&program, "store").await;
    assert_eq!((&changed["scopes"], changed.get("service")), (&json!(["read"]), None));
    assert_eq!(program.run(["client", "show", "shop"]).await.code(), 4);
    let exported = program.run(["client", "export"]).await.done();
    assert!(exported.json()["clients"]["store"]["client_secret"]["sealed"].is_string(), "the secret went along");
    assert!(!leaks(&exported.stdout, secret) && !leaks(&program.run(["client", "show", "store"]).await.stdout, secret));

    let second = program.run(["client", "add", "store", "--client-id", "x", "--token-url", "https://a.example/t"]);
    assert_eq!(second.await.code(), 2, "the name is taken, or the definition wants an authorization endpoint");
    program.run(["client", "delete", "store", "--yes"]).await.done();
    assert_eq!(program.run(["client", "delete", "store", "--yes"]).await.code(), 4);
    assert_eq!(program.run(["client", "list", "--json"]).await.done().json(), json!([]));
}

async fn an_import_can_be_run_at_every_start(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let program = &stage.program;
    let _server = program.serve().await;
    stage.authorized().await;
    let (issuer, id) = (stage.authorization_server.issuer(), AuthorizationServer::CLIENT_ID);
    let definition = json!({
        "issuer": issuer, "client_id": id, "client_secret": AuthorizationServer::CLIENT_SECRET, "scopes": ["openid"],
        "authorize": {"url": format!("{issuer}/auth")}, "token": {"url": format!("{issuer}/token"), "auth": "basic"},
    });
    let file = program.file("clients.json", &json!({"version": 1, "clients": {"music": definition}}).to_string());
    let first = program.run(["client", "import", &file]).await.done();
    assert!(first.err().contains("music: changed"), "{first:?}");
    program.run(["refresh", "music"]).await.done();
    for _ in 0..2 {
        let before = shown(program, "music").await;
        program.run(["client", "import", &file]).await.done();
        assert_eq!(shown(program, "music").await, before);
    }
    program.run(["refresh", "music"]).await.done();

    let exported = program.run(["client", "export", "music"]).await.done().out();
    program.run(["client", "delete", "music", "--yes"]).await.done();
    program.run_with_input(["client", "import", "-"], &exported).await.done();
    stage.authorized().await;
}

#[tokio::test]
async fn an_import_names_what_is_wrong_and_changes_nothing() {
    let program = Program::embedded();
    let sound =
        json!({"client_id": "a", "authorize": {"url": "https://a.example"}, "token": {"url": "https://a.example"}});
    let unknown = json!({"client_id": "a", "tokn": {}});
    let lying =
        json!({"client_id": "a", "authorize": {"url": "javascript:alert(1)"}, "token": {"url": "https://a.example"}});
    let fixed = json!({"client_id": "a", "authorize": {"url": "https://a.example", "params": {"state": "canary-fixed"}},
        "token": {"url": "https://a.example"}});
    let many = |bad: Value| json!({"clients": {"good": sound, "bad": bad}}).to_string();
    for (text, words) in [
        (many(unknown), "tokn"),
        (many(lying), "authorize.url"),
        (many(fixed), "authorize.params.state"),
        (json!({"clients": {"Bad Name": sound}}).to_string(), "Bad Name"),
        (json!({"version": 99, "clients": {}}).to_string(), "version"),
        ("{\"clients\": {".to_owned(), "line 1"),
        ("[]".to_owned(), "clients"),
    ] {
        let file = program.file("bad.json", &text);
        let ran = program.run(["client", "import", &file]).await;
        assert_eq!(ran.code(), 2, "{text}: {ran:?}");
        assert!(ran.err().contains(words), "{text}: {ran:?}");
        assert_eq!(program.run(["client", "list", "--json"]).await.done().json(), json!([]), "{text}");
    }
    let missing = program.run(["client", "import", "/no/such/file"]).await;
    assert_eq!(missing.code(), 2);
    assert!(missing.err().contains("/no/such/file"), "{missing:?}");
}

#[tokio::test]
async fn the_python_helpers_file_is_understood() {
    let program = Program::embedded();
    let authorization_server = AuthorizationServer::start(&program.redirect_uri()).await;
    let file = program.file("python.json", &python_file(&authorization_server, &program.redirect_uri()).to_string());
    let ran = program.run(["client", "import", &file]).await.done();
    assert!(ran.err().contains("music: added"), "{ran:?}");
    let definition = shown(&program, "music").await;
    assert_eq!(definition["client_id"], AuthorizationServer::CLIENT_ID);
    assert_eq!(definition["scopes"], json!(["openid", "offline_access"]));
    assert!(!leaks(program.bytes_at_rest(), AuthorizationServer::CLIENT_SECRET));

    let stage = Stage { program, authorization_server };
    stage.set("token.auth=basic").await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    stage.program.run(["refresh", "music"]).await.done();
}

#[tokio::test]
async fn discovery_prints_a_definition_to_go_on_with() {
    let stage = Stage::new(Backend::Embedded).await;
    let issuer = stage.authorization_server.issuer();
    let found = stage.program.run(["client", "discover", issuer]).await.done().json();
    assert_eq!(found["issuer"], issuer);
    assert_eq!(found["token"]["url"], stage.authorization_server.url("/token"));
    assert_eq!(found["userinfo"]["url"], stage.authorization_server.url("/me"));
    let nobody = format!("http://127.0.0.1:{}", crate::support::free_port());
    assert_eq!(stage.program.run(["client", "discover", &nobody]).await.code(), 6);
    let nothing = stage.program.run(["client", "discover", &stage.authorization_server.url("/device")]).await;
    assert_ne!(nothing.code(), 0, "{nothing:?}");
    for wrong in ["javascript:alert(1)", "file:///etc/passwd", "$(id)", "http://169.254.169.254/"] {
        let refused = stage.program.run(["client", "add", "x", "--client-id", "x", "--issuer", wrong]).await;
        assert_ne!(refused.code(), 0, "{wrong}: {refused:?}");
    }
}

/// What the Python helper wrote, for a client of this server.
fn python_file(server: &AuthorizationServer, redirect_uri: &str) -> Value {
    json!({"1": {
        "client_id": AuthorizationServer::CLIENT_ID, "service_name": "Music", "redirect_url": redirect_uri,
        "auth_endpoint": {"url": server.url("/auth"), "qs_params": {
            "response_type": "code", "client_id": "{client_id}", "redirect_uri": "{redirect_url}",
            "scope": "openid offline_access", "prompt": "consent"}},
        "token_endpoint": {"url": server.url("/token"), "use_refresh": true,
            "access_params": {"grant_type": "authorization_code", "code": "{code}", "redirect_uri": "{redirect_url}",
                "client_id": "{client_id}", "client_secret": AuthorizationServer::CLIENT_SECRET},
            "refresh_params": {"grant_type": "refresh_token", "refresh_token": "{refresh_token}",
                "client_id": "{client_id}", "client_secret": AuthorizationServer::CLIENT_SECRET}},
    }})
}

async fn shown(program: &Program, name: &str) -> Value {
    program.run(["client", "show", name, "--json"]).await.done().json()
}
