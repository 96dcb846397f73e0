//! Real authorization servers, each told to the program by nothing but its issuer, a client ID and what proves it.

use serde_json::Value;

use crate::support::{Page, Peer, Program, Server, UserAgent};

mod doorkeeper;
mod idpyoidc;
mod oidc_provider;

/// Further options of `client add`, each with its value.
type Options<'a> = &'a [(&'a str, &'a str)];

/// Adds the client `music` of a server as a person would: the rest is discovered.
async fn discover(program: &Program, server: &Peer, client_id: &str, options: Options<'_>) {
    add(program, "music", server, client_id, options).await;
}

async fn add(program: &Program, name: &str, server: &Peer, client_id: &str, options: Options<'_>) {
    let mut arguments = vec!["client", "add", name, "--issuer", server.issuer(), "--client-id", client_id];
    arguments.extend(options.iter().flat_map(|(name, value)| [*name, *value]));
    program.run_with(&arguments).await.done();
}

/// Authorizes a client in a browser that is signed in to the program; gives it, with the client's page open.
async fn authorize(program: &Program, name: &str) -> (Server, UserAgent) {
    let server = program.serve().await;
    let mut agent = UserAgent::new();
    agent.sign_in(program).await;
    agent.open(&program.url(&format!("/clients/{name}"))).await;
    agent.stop_before(&program.redirect_uri());
    agent.press("Authorize", &[]).await;
    let callback = agent.approve(&program.redirect_uri()).await;
    let page = agent.arrive(&callback).await;
    assert!(page.text().contains(&format!("{name} is authorized")), "{page}");
    agent.open(&program.url(&format!("/clients/{name}"))).await;
    (server, agent)
}

/// Presses a button on the page of `music`, as often as there is a token to try.
async fn press<'a>(program: &Program, agent: &'a mut UserAgent, button: &str) -> &'a Page {
    agent.open(&program.url("/clients/music")).await;
    agent.press(button, &[]).await
}

async fn token(program: &Program, name: &str) -> String {
    program.run(["token", name]).await.done().out()
}

/// The token after a refresh, which is another one.
async fn renewed(program: &Program, name: &str) -> String {
    let before = token(program, name).await;
    program.run(["refresh", name]).await.done();
    let after = token(program, name).await;
    assert_ne!(after, before);
    after
}

async fn definition(program: &Program, name: &str) -> Value {
    program.run(["client", "show", name, "--json"]).await.done().json()
}
