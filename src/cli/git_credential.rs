//! `git-credential`: git asks for a password, and gets a token (gitcredentials(7)).

use super::{completions, error::Failure, grant_name, output};
use crate::flows::installation::Installation;
use crate::flows::token::MIN_VALID_S;
use crate::oauth::name::GrantName;
use crate::oauth::secret::Secret;
use clap::Args;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::net::IpAddr;

/// Longer than anything git has to say.
const LONGEST: u64 = 64 * 1024;

#[derive(Debug, Args)]
#[command(after_help = "\
Example, once; then git clone, fetch and push ask nobody:
  git config --global credential.https://git.example.com.helper \\
      '!oauth-helper git-credential --client forge'

Without --client, it is the client whose api.base_url has the host that git asks for. A token that \
the host refuses is refreshed before the next try. Over http, only this machine is given one.")]
pub struct Arguments {
    /// The client, or client@account
    #[arg(long, value_name = "NAME", value_parser = grant_name, add = completions::grants())]
    client: Option<GrantName>,
    /// The user name to send with the token, where git names none
    #[arg(long, value_name = "NAME", default_value = "oauth2")]
    username: String,
    /// get, store or erase: git says which
    operation: String,
}

pub async fn run(installation: &Installation, arguments: Arguments) -> Result<(), Failure> {
    let mut said = String::new();
    io::stdin().take(LONGEST).read_to_string(&mut said)?;
    let asked = Asked::read(&said);
    if !asked.is_private() {
        output::note("oauth-helper: over http a token would be shown to the network; nothing is sent");
        return Ok(());
    }
    let of_host = match arguments.client {
        Some(name) => Some(name),
        None => installation.client_for_host(asked.text("host")).await?.map(GrantName::from),
    };
    // Another helper may know the host.
    let Some(name) = of_host else { return Ok(()) };
    match arguments.operation.as_str() {
        "get" => get(installation, &name, &asked, &arguments.username).await,
        "erase" => erase(installation, &name, &asked).await,
        // There is nothing to store, and git may learn new words.
        _ => Ok(()),
    }
}

async fn get(installation: &Installation, name: &GrantName, asked: &Asked, username: &str) -> Result<(), Failure> {
    let token = match installation.token(name, MIN_VALID_S.into()).await {
        Ok(handed) => output::handed(handed),
        Err(error) => {
            // Else git asks a person for a password, and a script waits for ever.
            output::line("quit=1")?;
            return Err(error.into());
        }
    };
    let username = asked.0.get("username").map_or(username, String::as_str);
    let ends = token.expires_at.map(|end| format!("password_expiry_utc={}\n", end.0)).unwrap_or_default();
    output::stdout(&format!("username={username}\npassword={}\n{ends}", token.access_token.expose()))
}

/// The host refused what we gave.
async fn erase(installation: &Installation, name: &GrantName, asked: &Asked) -> Result<(), Failure> {
    if let Some(password) = asked.0.get("password") {
        installation.instead_of(name, &Secret::new(password)).await?;
    }
    Ok(())
}

/// What git says: one `key=value` a line.
struct Asked(BTreeMap<String, String>);

impl Asked {
    fn read(text: &str) -> Self {
        let pairs = text.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_once('='));
        Self(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
    }

    fn text(&self, key: &str) -> &str {
        self.0.get(key).map_or("", String::as_str)
    }

    /// Whether nobody on the way can read along.
    fn is_private(&self) -> bool {
        match self.text("protocol") {
            "https" => true,
            "http" => is_this_machine(self.text("host")),
            _ => false,
        }
    }
}

fn is_this_machine(host: &str) -> bool {
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name).trim_matches(['[', ']']);
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::Asked;

    #[test]
    fn a_token_goes_over_https_or_stays_on_this_machine() {
        for (protocol, host, expected) in [
            ("https", "git.example.com", true),
            ("http", "git.example.com", false),
            ("http", "127.0.0.1:8080", true),
            ("http", "[::1]:8080", true),
            ("http", "[::1]", true),
            ("http", "localhost", true),
            ("http", "localhost.example.com", false),
            ("ssh", "localhost", false),
            ("", "", false),
        ] {
            let asked = Asked::read(&format!("protocol={protocol}\nhost={host}\n\nprotocol=https\n"));
            assert_eq!(asked.is_private(), expected, "{protocol}://{host}");
        }
    }
}
