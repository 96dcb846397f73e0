//! Authorizing from a terminal, with or without the server, with or without a way back.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use crate::support::{Backend, Process, Program, Stage, UserAgent, in_both_stores, shows_success, until};

in_both_stores!(a_terminal_waits_for_the_browser_whoever_serves_it);

async fn a_terminal_waits_for_the_browser_whoever_serves_it(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    for server in [None, Some(stage.program.serve().await)] {
        let mut verb = stage.program.start(["authorize", "music"]);
        let link = link(&stage, &verb).await;
        let mut agent = UserAgent::new();
        let callback = agent.sign_in_at_authorization_server(&link).await;
        assert!(shows_success(agent.arrive(&callback).await), "{}", agent.page());
        assert!(verb.exit().await.success(), "{}", verb.printed());
        assert!(verb.printed().contains("oauth-helper token music"), "{}", verb.printed());
        let token = stage.program.run(["token", "music"]).await.done().out();
        assert!(!verb.printed().contains(&token));
        stage.program.run(["revoke", "music"]).await.done();
        drop(server);
    }
}

#[tokio::test]
async fn a_person_who_cancels_is_told_so_in_the_terminal() {
    let stage = Stage::new(Backend::Embedded).await;
    let mut verb = stage.program.start(["authorize", "music"]);
    let link = link(&stage, &verb).await;
    let mut agent = UserAgent::new();
    agent.open(&link).await;
    let page = agent.follow("Cancel").await;
    assert!(page.text().contains("music was not authorized"), "{page}");
    assert_eq!(verb.exit().await.code(), Some(5), "{}", verb.printed());
    assert!(verb.printed().contains("access_denied"), "{}", verb.printed());
}

#[tokio::test]
async fn waiting_can_be_given_up() {
    let stage = Stage::new(Backend::Embedded).await;
    let mut verb = stage.program.start(["authorize", "music"]);
    link(&stage, &verb).await;
    verb.line("Waiting").await;
    verb.signal("INT");
    assert!(!verb.exit().await.success(), "{}", verb.printed());
    assert!(!verb.printed().contains("panic"), "{}", verb.printed());
}

/// Somebody agrees in a browser, and pastes the address that it ends at into the terminal.
pub async fn authorize_by_pasting(program: &Program) {
    let mut command = program.command(["authorize", "music", "--paste"]);
    let mut verb = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut said = BufReader::new(verb.stderr.take().expect("stderr")).lines().map_while(Result::ok);
    let link = said.find(|line| line.contains("/auth?")).expect("a link");
    let callback = UserAgent::new().sign_in_at_authorization_server(link.trim()).await;
    writeln!(verb.stdin.take().expect("stdin"), "  {callback}  ").expect("it listens");
    let rest: Vec<String> = tokio::task::spawn_blocking(move || said.collect()).await.expect("no panic");
    assert!(verb.wait().is_ok_and(|status| status.success()), "{rest:?}");
}

#[tokio::test]
async fn an_address_can_be_pasted_where_the_browser_cannot_come_back() {
    let stage = Stage::new(Backend::Embedded).await;
    authorize_by_pasting(&stage.program).await;
    stage.program.run(["token", "music"]).await.done();

    for nonsense in ["", "hello", "http://127.0.0.1/?code=a&state=b"] {
        let ran = stage.program.run_with_input(["authorize", "music", "--paste"], nonsense).await;
        assert!(![0, 101].contains(&ran.code()), "{nonsense}: {ran:?}");
    }
}

#[tokio::test]
async fn an_address_can_be_pasted_into_the_browser_too() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let callback = stage.callback(&mut agent, "music").await;
    let paste = stage.program.url("/callback/paste");
    agent.open(&paste).await;
    let page = agent.submit(&[("url", "https://localhost/nothing")]).await;
    assert_eq!((page.status, page.all("#url-error").len()), (422, 1), "{page}");
    let page = agent.submit(&[("url", &format!(" {callback} "))]).await;
    assert!(shows_success(page), "{page}");
    let mut other = stage.operator().await;
    let callback = stage.callback(&mut agent, "music").await;
    other.open(&paste).await;
    let page = other.submit(&[("url", callback.as_str())]).await;
    assert_eq!(page.status, 400, "it was started in another browser: {page}");
}

/// The link that the verb prints. A person takes longer to open it than the verb to listen; a test does not.
async fn link(stage: &Stage, verb: &Process) -> String {
    let link = verb.line("/auth?").await.trim().to_owned();
    let address = format!("127.0.0.1:{}", stage.program.port());
    until(async || tokio::net::TcpStream::connect(&address).await.ok()).await;
    link
}
