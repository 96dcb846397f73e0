//! Every way to a token, and every way of a client to prove who it is.

use serde_json::{Value, json};

use crate::support::Program;

mod client_authentication;
mod strict_server;

/// Adds a client by import, as a container would.
async fn add(program: &Program, name: &str, definition: Value) {
    let file = json!({"version": 1, "clients": {name: definition}});
    let output = program.run_with_input(["client", "import", "-"], &file.to_string()).await;
    assert!(output.status.success(), "{output:?}");
}

async fn definition(program: &Program, name: &str) -> Value {
    let output = program.run(["client", "show", name, "--json"]).await;
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"))
}

async fn token(program: &Program, name: &str) -> String {
    let output = program.run(["token", name]).await;
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
}

fn refused(error: &str) -> (u16, Value) {
    (if error == "invalid_client" { 401 } else { 400 }, json!({"error": error}))
}
