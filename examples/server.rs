//! Calls an API by way of a server that runs, which never shows a token.
//!
//! `cargo run --example server -- http://127.0.0.1:8080 backup.key music /me`. The key has to be allowed `proxy`.

use oauth_client_helper::{Options, Secret};
use std::error::Error;
use std::{env, fs};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [server, key_file, name, path] = words.as_slice() else {
        return Err("usage: server URL KEY_FILE CLIENT PATH".into());
    };
    let key = Secret::new(fs::read_to_string(key_file)?);

    let store = Options::of_server(server, key).open().await?;
    let answer = store.client(name)?.get(path).await?;
    println!("{} {}", answer.status(), answer.text().await?);
    Ok(())
}
