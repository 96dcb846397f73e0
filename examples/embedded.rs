//! Calls an API with the tokens of this machine, in a program that is asynchronous anyway.
//!
//! `cargo run --example embedded -- music /me`, with the settings of the command line.

use oauth_client_helper::{Error, TokenStore};
use std::env;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut words = env::args().skip(1);
    let name = words.next().unwrap_or_else(|| "music".to_owned());
    let path = words.next().unwrap_or_else(|| "/me".to_owned());

    let store = TokenStore::open().await?;
    for client in store.clients().await? {
        println!("client {} of service {:?}", client.name, client.service);
    }

    let answer = store.client(&name)?.get(&path).await?;
    println!("{} {}", answer.status(), answer.text().await?);

    if let Some(status) = store.status(&name).await? {
        println!(
            "{} is {}, for {} more seconds",
            name,
            status.state.as_str(),
            status.expires_in.unwrap_or_default().as_secs()
        );
    }
    store.close().await;
    Ok(())
}
