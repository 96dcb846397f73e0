//! Hands in what another program got: a code to exchange, or tokens; then tells what is known of them.
//!
//! `printf '%s' "$CODE" | cargo run --example hand_in -- music code`. Secrets come on standard input: everyone on the machine can
//! read arguments.

use oauth_client_helper::blocking::TokenStore;
use oauth_client_helper::{Code, NewTokens};
use std::error::Error;
use std::time::Duration;
use std::{env, io};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = env::args().skip(1).collect();
    let handed = io::read_to_string(io::stdin())?;
    let mut lines = handed.lines();
    let mut next = || lines.next().ok_or("a line is missing on standard input");

    let store = TokenStore::open()?;
    let [name, what] = words.as_slice() else { return Err("usage: hand_in CLIENT code|tokens".into()) };
    match what.as_str() {
        "code" => store.set_code(name, Code::new(next()?))?,
        "tokens" => {
            let tokens = NewTokens::new(next()?).refresh_token(next()?).expires_in(Duration::from_secs(3600));
            store.set_tokens(name, tokens)?;
        }
        _ => return Err("hand in a code, or tokens".into()),
    }

    let status = store.status(name)?.ok_or("it is not there")?;
    println!("{}: {} s left", status.state.as_str(), status.expires_in.unwrap_or_default().as_secs());
    Ok(())
}
