//! The command line against a server elsewhere: the same verbs, by URL and API key.

use serde_json::{Value, json};

use crate::support::{AuthorizationServer, Backend, Program, Stage, TokenEndpoint, free_port, leaks};

/// Another machine: an installation of its own, that asks the one of the stage with a key.
pub async fn elsewhere(stage: &Stage, options: &[&str]) -> Program {
    let key = stage.program.run_with(&[&["api-key", "create", "elsewhere"], options].concat()).await.done().out();
    Program::embedded().with("SERVER", &stage.program.public_url()).with_secret("API_KEY", &key)
}

#[tokio::test]
async fn every_verb_that_hands_out_a_token_works_from_elsewhere() {
    let stage = Stage::new(Backend::Embedded).await;
    let there = elsewhere(&stage, &[]).await;
    let mut waiting = there.start(["wait", "music"]);
    waiting.line("Waiting:").await;
    let _server = stage.program.serve().await;
    let early = there.run(["token", "music"]).await;
    assert!(early.code() == 3 && early.err().contains("authorize music"), "{early:?}");
    stage.authorized().await;
    assert!(waiting.exit().await.success(), "it waited for the server, then for the person: {}", waiting.printed());

    let token = stage.program.run(["token", "music"]).await.done().out();
    assert_eq!(there.run(["token", "music"]).await.done().out(), token);
    let json = there.run(["token", "music", "--format", "json"]).await.done().json();
    assert_eq!((&json["access_token"], &json["account"]), (&token.as_str().into(), &"default".into()));
    assert_eq!(there.run(["header", "music"]).await.done().out(), format!("Authorization: Bearer {token}"));
    let echo = ["exec", "music", "--env", "T", "--", "sh", "-c", "echo $T"];
    assert_eq!(there.run(echo).await.done().out(), token);
    let me = stage.authorization_server.url("/me");
    assert_eq!(there.run(["curl", "music", "--", "-sS", &me]).await.done().json()["sub"], "alice");
    let status = there.run(["status", "--json"]).await.done().json();
    assert_eq!((&status[0]["client"], &status[0]["state"]), (&"music".into(), &"ok".into()));
    assert!(there.run(["status"]).await.done().out().contains("music"));

    there.run(["refresh", "music"]).await.done();
    assert_ne!(there.run(["token", "music"]).await.done().out(), token);
    there.run(["revoke", "music"]).await.done();
    assert_eq!(there.run(["token", "music"]).await.code(), 3);
    assert!(!there.data_dir().exists(), "nothing is kept here");
}

#[tokio::test]
async fn the_exit_codes_are_those_of_a_store_of_ones_own() {
    let stage = Stage::new(Backend::Embedded).await;
    stage.add_client("drive").await;
    let there = elsewhere(&stage, &["--client", "music"]).await;
    let down = there.run(["token", "music"]).await;
    assert!(down.code() == 6 && down.err().contains("OAUTHCLIENT_SERVER"), "{down:?}");
    let server = stage.program.serve().await;
    for (arguments, code, words) in [
        (["token", "music"], 3, "oauth-helper authorize music"),
        (["token", "drive"], 2, "may not ask for `drive`"),
        (["refresh", "music"], 2, "--allow grants:write"),
    ] {
        let ran = there.run(arguments).await;
        assert_eq!(ran.code(), code, "{ran:?}");
        assert!(ran.err().contains(words) && ran.out().is_empty(), "{ran:?}");
    }
    let all = elsewhere(&stage, &[]).await;
    assert_eq!(all.run(["token", "none"]).await.code(), 4);
    stage.authorized_and_expired().await;
    let wrong = stage.program.file("wrong", "wrong-wrong-wrong-wrong");
    stage.program.run(["client", "edit", "music", "--client-secret-file", &wrong]).await.done();
    assert_eq!(all.run(["token", "music"]).await.code(), 5);
    stage.set(&format!("token.url=http://127.0.0.1:{}/", free_port())).await;
    assert_eq!(all.run(["refresh", "music"]).await.code(), 6);

    let stranger = all.clone().with_secret("API_KEY", "och_0123456789abcdef_nobody");
    assert_eq!(stranger.run(["token", "music"]).await.code(), 2, "the key is a setting");
    drop(server);
    let other = TokenEndpoint::start().await;
    let lost = all.clone().with("SERVER", &other.url());
    let asking = tokio::spawn(async move { lost.run(["token", "music"]).await });
    other.asked().await.answer("200 OK", Value::String("hello".to_owned())).await;
    let lost = asking.await.expect("no panic");
    assert!(lost.code() == 6 && lost.err().contains("OAUTHCLIENT_SERVER"), "{lost:?}");
}

#[tokio::test]
async fn what_belongs_to_the_server_is_said_to() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let there = elsewhere(&stage, &[]).await;
    for verb in ["serve", "login-code", "rekey", "doctor", "healthcheck"] {
        let ran = there.run([verb]).await;
        assert!(ran.code() == 2 && ran.err().contains("unset OAUTHCLIENT_SERVER"), "{verb}: {ran:?}");
    }
    assert!(!there.data_dir().exists(), "nothing is begun here");
    let keyless = there.clone().without("API_KEY_FILE").run(["token", "music"]).await;
    assert!(keyless.code() == 2 && keyless.err().contains("OAUTHCLIENT_API_KEY"), "{keyless:?}");
    let bad = there.with("SERVER", "ftp://canary").run(["token", "music"]).await;
    assert!(bad.code() == 2 && bad.err().contains("OAUTHCLIENT_SERVER") && !bad.err().contains("canary"), "{bad:?}");
}

#[tokio::test]
async fn a_server_with_a_certificate_of_its_own_is_trusted_by_its_authority() {
    let program = Program::embedded().with("TLS__SELF_SIGNED", "true");
    let program = program.with("PUBLIC_URL", &format!("https://127.0.0.1:{}/helper", free_port()));
    let port = program.public_url().rsplit(':').next().and_then(|rest| rest.split('/').next()).map(str::to_owned);
    let program = program.with("PORT", &port.expect("a port"));
    let stage = Stage::with(program, &[]).await;
    stage.set("grant=client_credentials").await;
    stage.set("scopes=[]").await;
    let server = stage.program.serve().await;
    let there = elsewhere(&stage, &[]).await;
    let distrusted = there.run(["token", "music"]).await;
    assert!(distrusted.code() == 6 && distrusted.err().contains("OAUTHCLIENT_OUTBOUND__CA_FILE"), "{distrusted:?}");
    let ca = stage.program.data_dir().join("tls/ca.pem");
    let there = there.with("OUTBOUND__CA_FILE", &ca.display().to_string());
    let token = there.run(["token", "music"]).await.done().out();
    assert_eq!(stage.program.run(["token", "music"]).await.done().out(), token);
    let (_, log) = server.stop().await;
    assert!(!leaks(log, &token));
}

#[tokio::test]
async fn clients_are_defined_from_elsewhere_and_their_secrets_stay_there() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let there = elsewhere(&stage, &[]).await;
    let secret = there.file("secret", AuthorizationServer::CLIENT_SECRET);
    let (issuer, id) = (stage.authorization_server.issuer(), AuthorizationServer::CLIENT_ID);
    let add = ["client", "add", "robot", "--issuer", issuer, "--client-id", id, "--client-secret-file", &secret];
    let add = [&add[..], &["--grant", "client_credentials"]].concat();
    there.run_with(&add).await.done();
    let token = there.run(["token", "robot"]).await.done().out();
    assert_eq!(stage.program.run(["token", "robot"]).await.done().out(), token, "the secret arrived");
    let again = there.run_with(&add).await;
    assert!(again.code() == 2 && again.err().contains("robot"), "a name is taken once: {again:?}");

    there
        .run(["client", "edit", "robot", "--service", "Work", "--set", "api.base_url=https://git.example.com"])
        .await
        .done();
    let shown = stage.program.run(["client", "show", "robot", "--json"]).await.done().json();
    assert_eq!((&shown["service"], &shown["client_id"]), (&"Work".into(), &id.into()));
    there.run(["refresh", "robot"]).await.done();
    let listed = there.run(["client", "list", "--json"]).await.done().json();
    assert_eq!(listed, stage.program.run(["client", "list", "--json"]).await.done().json());
    let host = "protocol=https\nhost=git.example.com\n";
    let credential = there.run_with_input(["git-credential", "get"], host).await.done();
    assert!(credential.out().starts_with("username=oauth2\npassword="), "{credential:?}");

    let exported = there.run(["client", "export", "robot"]).await.done();
    let secretless = !leaks(&exported.stdout, AuthorizationServer::CLIENT_SECRET);
    assert!(secretless && exported.json()["clients"]["robot"]["client_id"] == id, "{exported:?}");
    let with_secret = json!({"version": 1, "clients": {"copy": {"client_id": id, "grant": "client_credentials",
        "client_secret": AuthorizationServer::CLIENT_SECRET,
        "token": {"url": stage.authorization_server.url("/token"), "auth": "basic"}}}});
    let file = there.file("clients.json", &with_secret.to_string());
    assert!(there.run(["client", "import", &file]).await.done().err().contains("copy: added"));
    there.run(["token", "copy"]).await.done();
    assert_eq!(there.run(["client", "show", "none"]).await.code(), 4);
    there.run(["client", "delete", "copy", "--yes"]).await.done();
    assert_eq!(there.run(["client", "delete", "copy", "--yes"]).await.code(), 4);
    assert!(!leaks(there.bytes_at_rest(), AuthorizationServer::CLIENT_SECRET));
}

/// What is printed there and here is the same, byte for byte.
async fn same<const N: usize>(stage: &Stage, there: &Program, arguments: [&str; N]) -> Value {
    let (far, near) = (there.run(arguments).await.done(), stage.program.run(arguments).await.done());
    assert_eq!(far.out(), near.out(), "{arguments:?}");
    far.json()
}

#[tokio::test]
async fn a_client_is_renamed_from_elsewhere_and_its_tokens_go_along() {
    let stage = Stage::new(Backend::Embedded).await;
    stage.add_client("drive").await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let there = elsewhere(&stage, &[]).await;
    let token = there.run(["token", "music"]).await.done().out();
    let taken = there.run(["client", "edit", "music", "--rename", "drive"]).await;
    assert!(taken.code() == 2 && taken.err().contains("drive"), "{taken:?}");
    assert_eq!(there.run(["client", "edit", "none", "--rename", "else"]).await.code(), 4);
    assert_eq!(there.run(["client", "edit", "music", "--rename", "new"]).await.code(), 2, "a word of this program");
    let both = ["client", "edit", "music", "--rename", "songs", "--service", "Audio"];
    assert!(there.run(both).await.done().err().contains("songs is changed"));
    assert_eq!(there.run(["token", "songs"]).await.done().out(), token);
    assert_eq!(same(&stage, &there, ["client", "show", "songs", "--json"]).await["service"], "Audio");
    assert_eq!(there.run(["token", "music"]).await.code(), 4);

    let limited = elsewhere(&stage, &["--client", "songs", "--allow", "clients:write"]).await;
    let outside = limited.run(["client", "edit", "songs", "--rename", "others"]).await;
    assert!(outside.code() == 2 && outside.err().contains("others"), "the key is not for that name: {outside:?}");
    there.run(["client", "show", "songs"]).await.done();
}

#[tokio::test]
async fn what_a_server_says_is_found_from_elsewhere_too() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let there = elsewhere(&stage, &[]).await;
    let issuer = stage.authorization_server.issuer();
    let found = same(&stage, &there, ["client", "discover", issuer]).await;
    assert_eq!(found["token"]["url"], stage.authorization_server.url("/token"));
    stage.set(&format!("revoke.url={}", stage.authorization_server.url("/old"))).await;
    let differences = same(&stage, &there, ["client", "discover", "music"]).await;
    let named = |all: &Value| all.as_array().expect("a list").iter().any(|one| one["field"] == "revoke.url");
    assert!(named(&differences), "{differences}");
    let proposed = |all: &Value| all.as_array().expect("a list").iter().filter(|one| one["proposed"] == true).count();
    assert!(proposed(&differences) > 0, "{differences}");

    let reader = elsewhere(&stage, &["--client", "music", "--allow", "clients:read"]).await;
    assert!(named(&reader.run(["client", "discover", "music"]).await.done().json()), "looking changes nothing");
    for arguments in [&["client", "discover", "music", "--apply"][..], &["client", "discover", issuer]] {
        let refused = reader.run_with(arguments).await;
        assert!(refused.code() == 2 && refused.err().contains("clients:write"), "{refused:?}");
    }
    let applied = there.run(["client", "discover", "music", "--apply"]).await.done();
    assert_eq!(applied.json(), differences);
    assert!(applied.err().contains(&format!("{} field(s) of music", proposed(&differences))), "{applied:?}");
    assert_eq!(proposed(&same(&stage, &there, ["client", "discover", "music"]).await), 0);
    let none = there.run(["client", "discover", "nothing-here", "--apply"]).await;
    assert!(none.code() == 2 && none.err().contains("nothing-here"), "{none:?}");
    let nobody = format!("http://127.0.0.1:{}", free_port());
    assert_eq!(there.run(["client", "discover", &nobody]).await.code(), 6);
}

#[tokio::test]
async fn a_key_is_made_on_the_server_and_only_its_public_half_leaves_it() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let there = elsewhere(&stage, &[]).await;
    let none = there.run(["client", "key", "music", "--show"]).await;
    assert!(none.code() == 2 && none.err().contains("client key music"), "{none:?}");
    let made = there.run(["client", "key", "music", "--alg", "EdDSA"]).await.done().json();
    assert_eq!((&made["keys"][0]["alg"], made["keys"][0].get("d")), (&"EdDSA".into(), None));
    assert_eq!(same(&stage, &there, ["client", "key", "music", "--show"]).await, made, "it makes no other");
    let shown = there.run(["client", "show", "music", "--json"]).await.done().json();
    assert_eq!(shown["token"]["auth"]["method"], "private_key_jwt");
    assert_eq!(there.run(["client", "key", "nobody"]).await.code(), 4);
}

#[tokio::test]
async fn an_app_is_registered_kept_and_unregistered_from_elsewhere() {
    let stage = Stage::with(Program::embedded(), &[("INITIAL_ACCESS_TOKEN", "canary-initial")]).await;
    let _server = stage.program.serve().await;
    let there = elsewhere(&stage, &[]).await;
    let (issuer, file) = (stage.authorization_server.issuer(), there.file("initial", "canary-initial"));
    let register = ["client", "add", "notes", "--issuer", issuer, "--register"];
    let refused = there.run(register).await;
    assert!(refused.code() == 5 && refused.err().contains("initial access token"), "{refused:?}");
    let added = there.run_with(&[&register[..], &["--initial-access-token-file", &file]].concat()).await.done();
    assert!(added.err().contains("oauth-helper authorize notes"), "{added:?}");
    let place = r#"client_secret={"file": "/etc/hostname"}"#;
    let stolen = ["client", "add", "thief", "--issuer", issuer, "--register", "--set", place];
    assert_eq!(there.run(stolen).await.code(), 2, "no file of the server is named from elsewhere");
    assert_eq!(same(&stage, &there, ["client", "registration", "notes"]).await, json!([]));
    there.run(["client", "edit", "notes", "--scope", "openid"]).await.done();
    let updated = there.run(["client", "registration", "notes", "--update"]).await.done();
    assert!(updated.json() == json!([]) && updated.err().contains("1 of 1"), "{updated:?}");
    assert_eq!(there.run(["client", "registration", "music"]).await.code(), 2, "nobody registered that one");
    let id = there.run(["client", "show", "notes", "--json"]).await.done().json()["client_id"].clone();
    there.run(["client", "delete", "notes", "--unregister", "--yes"]).await.done();
    let ended = format!("DELETE /reg/{}", id.as_str().expect("an id"));
    assert_eq!(stage.authorization_server.requests(&ended).await, 1);
    assert_eq!(there.run(["client", "registration", "notes"]).await.code(), 4);
}
