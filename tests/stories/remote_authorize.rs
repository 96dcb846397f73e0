//! A client of a server is authorized from a terminal on another machine.

use serde_json::{Value, json};

use crate::authorize_verb::authorize_by_pasting;
use crate::remote::elsewhere;
use crate::support::{
    Api, AuthorizationServer, Backend, Process, Program, Stage, UserAgent, in_both_stores, shows_success,
};

async fn link(verb: &Process) -> String {
    verb.line("/auth?").await.trim().to_owned()
}

in_both_stores!(the_browser_comes_back_to_the_server_and_the_terminal_elsewhere_hears_of_it);

async fn the_browser_comes_back_to_the_server_and_the_terminal_elsewhere_hears_of_it(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let server = stage.program.serve().await;
    let there = elsewhere(&stage, &["--client", "music", "--allow", "grants:authorize"]).await;
    let mut verb = there.start(["authorize", "music@work"]);
    let link = link(&verb).await;
    verb.line("Waiting").await;
    let mut agent = UserAgent::new();
    let callback = agent.sign_in_at_authorization_server(&link).await;
    server.stop().await;
    verb.line("asked again").await;
    let _server = stage.program.serve().await;
    assert!(shows_success(agent.arrive(&callback).await), "{}", agent.page());
    assert!(verb.exit().await.success(), "it outlived a server that was started anew: {}", verb.printed());
    assert!(verb.printed().contains("oauth-helper token music@work"), "{}", verb.printed());
    stage.program.run(["token", "music@work"]).await.done();
    let token = there.run(["token", "music@work"]).await;
    assert!(token.code() == 2 && token.err().contains("token:read"), "that is another verb: {token:?}");
    assert!(!there.data_dir().exists(), "nothing is kept here");
}

#[tokio::test]
async fn it_ends_elsewhere_as_it_would_here() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let there = elsewhere(&stage, &[]).await;
    let mut verb = there.start(["authorize", "music"]);
    let mut agent = UserAgent::new();
    agent.open(&link(&verb).await).await;
    agent.follow("Cancel").await;
    assert_eq!(verb.exit().await.code(), Some(5), "{}", verb.printed());
    assert!(verb.printed().contains("access_denied"), "{}", verb.printed());

    assert_eq!(there.run(["authorize", "nobody"]).await.code(), 4);
    stage.set("device.url=null").await;
    let deviceless = there.run(["authorize", "music", "--device"]).await;
    assert_eq!(deviceless.code(), stage.program.run(["authorize", "music", "--device"]).await.code(), "{deviceless:?}");
    let writer = elsewhere(&stage, &["--allow", "grants:write", "--allow", "clients:write"]).await;
    let refused = writer.run(["authorize", "music"]).await;
    assert!(refused.code() == 2 && refused.err().contains("--allow grants:authorize"), "{refused:?}");
    stage.set("grant=client_credentials").await;
    let nobody = there.run(["authorize", "music"]).await;
    assert!(nobody.code() == 2 && nobody.err().contains("own name"), "{nobody:?}");
}

#[tokio::test]
async fn an_address_can_be_pasted_elsewhere() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let there = elsewhere(&stage, &[]).await;
    authorize_by_pasting(&there).await;
    there.run(["token", "music"]).await.done();
    for nonsense in ["", "hello", "http://127.0.0.1/?code=a&state=b"] {
        let far = there.run_with_input(["authorize", "music", "--paste"], nonsense).await;
        let near = stage.program.run_with_input(["authorize", "music", "--paste"], nonsense).await;
        assert_eq!(far.code(), near.code(), "{nonsense}: {far:?} {near:?}");
        assert!(far.code() != 0, "{far:?}");
    }
}

#[tokio::test]
async fn a_code_is_typed_on_another_device_while_the_server_asks() {
    let program = Program::embedded();
    let server = AuthorizationServer::start(&program.redirect_uri()).await;
    let definition = json!({"grant": "device_code", "client_id": AuthorizationServer::PUBLIC_CLIENT_ID,
        "scopes": ["openid"], "device": {"url": server.url("/device/auth")},
        "token": {"url": server.url("/token"), "auth": "none"}});
    let _serving = program.serve().await;
    let stage = Stage { program, authorization_server: server };
    let there = elsewhere(&stage, &[]).await;
    let file = there.file("tv.json", &json!({"version": 1, "clients": {"tv": definition}}).to_string());
    there.run(["client", "import", &file]).await.done();
    let mut terminal = there.start(["authorize", "tv"]);
    terminal.line("Waiting until").await;
    let printed = terminal.printed();
    let code = printed.lines().map(str::trim).find(|line| line.len() == 9 && line.as_bytes()[4] == b'-');
    let code = code.unwrap_or_else(|| panic!("no code in {printed}"));
    assert!(printed.contains(&stage.authorization_server.url("/device")) && printed.contains('█'), "{printed}");
    let complete = stage.authorization_server.url(&format!("/device?user_code={code}"));
    UserAgent::new().approve_device(&complete).await;
    assert!(terminal.exit().await.success(), "{}", terminal.printed());
    there.run(["token", "tv"]).await.done();
}

#[tokio::test]
async fn an_authorization_is_followed_and_ended_by_its_own_client_and_terminal_alone() {
    let stage = Stage::new(Backend::Embedded).await;
    stage.add_client("drive").await;
    let _server = stage.program.serve().await;
    let api = async |client: &str| {
        let create = ["api-key", "create", "x", "--client", client, "--allow", "grants:authorize"];
        Api::with_key(&stage.program, stage.program.run(create).await.done().out())
    };
    let (own, other) = (api("music").await, api("drive").await);
    let begun = own.post("/clients/music/authorizations", Value::Null).await.json();
    assert_eq!((&begun["way"], &begun["comes_back"]), (&json!("browser"), &json!(true)));
    let (id, url) = (begun["id"].as_str().expect("an id"), begun["url"].as_str().expect("a link"));
    let waiting = own.get(&format!("/clients/music/authorizations/{id}")).await.json();
    assert_eq!((&waiting["stage"], &waiting["id"]), (&json!("waiting"), &json!(id)));
    assert_eq!(other.get(&format!("/clients/music/authorizations/{id}")).await.status, 403);
    let unknown = (400, "bad_callback".to_owned());
    assert_eq!(other.get(&format!("/clients/drive/authorizations/{id}")).await.problem(), unknown);
    let callback = UserAgent::new().sign_in_at_authorization_server(url).await;
    let pasted = json!({"url": callback.as_str()});
    assert_eq!(other.post("/clients/drive/authorizations/pasted", pasted.clone()).await.problem(), unknown);
    let ended = own.post("/clients/music/authorizations/pasted", pasted).await.json();
    assert_eq!((&ended["stage"], &ended["id"]), (&json!("granted"), &json!(id)));
    assert_eq!(own.get(&format!("/clients/music/authorizations/{id}?wait=30")).await.json()["stage"], "granted");
    assert_eq!(other.get(&format!("/clients/drive/authorizations/{id}")).await.problem(), unknown);

    let mut agent = stage.operator().await;
    let callback = stage.callback(&mut agent, "music").await;
    let pasted = json!({"url": callback.as_str()});
    assert_eq!(own.post("/clients/music/authorizations/pasted", pasted).await.problem(), unknown, "a browser's own");
    assert!(shows_success(agent.arrive(&callback).await), "{}", agent.page());
    let id = agent.page().url.path_segments().and_then(|mut path| path.next_back().map(str::to_owned)).expect("an id");
    assert_eq!(own.get(&format!("/clients/music/authorizations/{id}")).await.problem(), unknown);
    for (path, body) in
        [("authorizations?way=by_foot", Value::Null), ("authorizations/pasted", json!({"url": "hello"}))]
    {
        let answer = own.post(&format!("/clients/music/{path}"), body).await;
        assert_eq!(answer.problem(), (400, "bad_request".to_owned()), "{path}");
    }
}
