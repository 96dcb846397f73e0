//! `curl`: the real one, with the token in a configuration that it reads from a pipe.

use super::{command, error::Failure, output, token::Of};
use crate::flows::attachment::{Attachment, Carried};
use crate::flows::installation::Installation;
use crate::oauth::definition::TokenPlace;
use crate::oauth::secret::Secret;
use clap::Args;
use rustix::io::{FdFlags, fcntl_setfd, ioctl_fionbio};
use std::ffi::OsString;
use std::io::{self, PipeReader, Write};
use std::os::fd::AsRawFd;
use std::process::Command;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth-helper curl mail -- https://api.example.com/me
  oauth-helper curl mail@work -- -sS -X DELETE https://api.example.com/mail/1

The token is attached as the client's definition says, in no argument and no file. From the moment \
curl runs, the exit code is curl's own. (A second request after curl's --next goes without the token.)")]
pub struct Arguments {
    #[command(flatten)]
    of: Of,
    /// What curl is to do
    #[arg(last = true, required = true, value_name = "CURL_ARGS")]
    arguments: Vec<OsString>,
}

/// Becomes curl.
pub async fn run(installation: Installation, arguments: Arguments) -> Result<(), Failure> {
    let handed = installation.attachment(&arguments.of.name, arguments.of.wanted()).await?;
    let attachment = output::handed(handed);
    // Before this process becomes another.
    installation.close().await;
    let pipe = filled(&configuration(&attachment)?)?;
    let mut curl = Command::new("curl");
    // -q counts as the first argument only.
    let (first, others) = match arguments.arguments.split_first() {
        Some((first, others)) if first == "-q" || first == "--disable" => (Some(first), others),
        _ => (None, arguments.arguments.as_slice()),
    };
    curl.args(first).arg("--config").arg(format!("/dev/fd/{}", pipe.as_raw_fd())).args(others);
    Err(command::become_it(curl))
}

/// In curl's own notation. A parameter of the query is encoded by curl.
fn configuration(attachment: &Attachment) -> Result<Secret, Failure> {
    let Carried { name, value } = &attachment.token;
    let token = match attachment.token_in {
        TokenPlace::Header => option("header", attachment.token.line().expose())?,
        TokenPlace::Query => option("url-query", &format!("{name}={}", value.expose()))?,
    };
    let headers = attachment.headers.iter().map(|header| option("header", header.line().expose()));
    let headers = headers.collect::<Result<Vec<_>, _>>()?;
    Ok(Secret::new(std::iter::once(token).chain(headers).collect::<String>()))
}

fn option(name: &str, value: &str) -> Result<String, Failure> {
    if value.contains(|c: char| c.is_control() && c != '\t') {
        return Err(Failure::Usage("the token holds a character that no request can carry".to_owned()));
    }
    Ok(format!("{name} = \"{}\"\n", value.replace('\\', r"\\").replace('"', "\\\"")))
}

/// A pipe with all of the text in it and nobody at its other end, which the next program inherits.
fn filled(text: &Secret) -> Result<PipeReader, Failure> {
    let (reader, mut writer) = io::pipe()?;
    // Nobody reads yet: what does not fit is an error, not a wait for ever.
    ioctl_fionbio(&writer, true).map_err(io::Error::from)?;
    writer.write_all(text.expose().as_bytes())?;
    fcntl_setfd(&reader, FdFlags::empty()).map_err(io::Error::from)?;
    Ok(reader)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carried(name: &str, value: &str) -> Carried {
        Carried { name: name.to_owned(), value: Secret::new(value) }
    }

    #[test]
    fn the_configuration_says_exactly_what_the_definition_says() {
        let headers = vec![carried("X-Key", r#"a "quoted\" text"#)];
        let in_header = Attachment {
            token_in: TokenPlace::Header,
            token: carried("Authorization", "Bearer t"),
            headers,
            host: None,
        };
        let expected = "header = \"Authorization: Bearer t\"\nheader = \"X-Key: a \\\"quoted\\\\\\\" text\"\n";
        assert_eq!(configuration(&in_header).unwrap().expose(), expected);
        let in_query = |value| Attachment {
            token_in: TokenPlace::Query,
            token: carried("access_token", value),
            headers: Vec::new(),
            host: None,
        };
        assert_eq!(configuration(&in_query("t&u")).unwrap().expose(), "url-query = \"access_token=t&u\"\n");
        let split = in_query("t\"\noutput = \"/etc/passwd");
        assert!(configuration(&split).is_err(), "a token adds no option of its own");
    }

    #[test]
    fn what_is_too_long_for_a_pipe_is_an_error_and_no_wait() {
        assert!(filled(&Secret::new("x".repeat(100))).is_ok());
        assert!(filled(&Secret::new("x".repeat(1 << 22))).is_err());
    }
}
