//! Every way to a token, and every way of a client to prove who it is.

use serde_json::{Value, json};

use crate::support::Program;

mod client_authentication;
mod device;
mod extension;
mod password;
mod strict_server;

/// Adds a client by import, as a container would.
async fn add(program: &Program, name: &str, definition: Value) {
    let file = json!({"version": 1, "clients": {name: definition}});
    program.run_with_input(["client", "import", "-"], &file.to_string()).await.done();
}

async fn definition(program: &Program, name: &str) -> Value {
    program.run(["client", "show", name, "--json"]).await.done().json()
}

async fn token(program: &Program, name: &str) -> String {
    program.run(["token", name]).await.done().out()
}

fn refused(error: &str) -> (u16, Value) {
    (if error == "invalid_client" { 401 } else { 400 }, json!({"error": error}))
}
