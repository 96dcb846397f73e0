//! The password grant: asks for both on the terminal, or takes them as two lines of standard input.

use crate::cli::error::Failure;
use crate::cli::output;
use crate::flows::authorize::terminal::Progress;
use crate::flows::installation::Installation;
use crate::flows::password;
use crate::oauth::name::GrantName;
use crate::oauth::secret::Secret;
use std::io::{self, BufRead, IsTerminal, Write};
use zeroize::Zeroizing;

pub async fn ask(installation: &Installation, name: &GrantName) -> Result<Progress, Failure> {
    output::note(&format!("{}\nIt is sent to the authorization server once, and not kept.", password::WARNING));
    let (username, password) = tokio::task::spawn_blocking(read).await.map_err(io::Error::other)??;
    if username.is_empty() || password.is_empty() {
        let said = "write the user name and the password, each on a line of its own";
        return Err(Failure::Usage(said.to_owned()));
    }
    Ok(installation.with_password(name, username, password).await?)
}

fn read() -> io::Result<(String, Secret)> {
    let typed = io::stdin().is_terminal();
    if typed {
        write!(io::stderr(), "User name: ")?;
    }
    let username = line()?;
    let password = if typed { Zeroizing::new(rpassword::prompt_password("Password: ")?) } else { line()? };
    Ok((username.trim().to_owned(), Secret::new(password.as_str())))
}

/// One line without its end; spaces may be part of a password.
fn line() -> io::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    io::stdin().lock().read_line(&mut line)?;
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    Ok(line)
}
