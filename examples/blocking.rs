//! The same in a program without `async`, with a data folder of its own choice.
//!
//! `cargo run --example blocking -- ~/.local/share/oauth-client-helper ~/.oauth_token_cache.json music /me`

use oauth_client_helper::{Error, Options};
use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let [folder, clients, name, path] = words.as_slice() else {
        eprintln!("usage: blocking DATA_FOLDER CLIENTS_FILE CLIENT PATH");
        return ExitCode::from(2);
    };
    match call(folder, clients, name, path) {
        Ok(body) => {
            println!("{body}");
            ExitCode::SUCCESS
        }
        Err(error) if error.is_authorization_required() => {
            eprintln!("somebody has to agree first: {error}");
            ExitCode::from(3)
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn call(folder: &str, clients: &str, name: &str, path: &str) -> Result<String, Error> {
    let store = Options::in_folder(folder).clients_file(clients).allow_private_addresses().open_blocking()?;
    store.client(name)?.get(path).header("Accept", "application/json").send()?.text()
}
