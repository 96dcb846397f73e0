//! Everything outside the program that settings come from.

use std::{
    env,
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
};

/// The command-line flags that are settings. An absent flag leaves the setting to the other sources.
#[derive(Clone, Default)]
#[cfg_attr(feature = "program", derive(clap::Args), command(next_help_heading = "Settings"))]
pub struct Flags {
    /// IP address to listen on
    #[cfg_attr(feature = "program", arg(long, global = true, hide_short_help = true, value_name = "IP"))]
    pub address: Option<String>,
    /// Port to listen on
    #[cfg_attr(feature = "program", arg(long, global = true, hide_short_help = true, value_name = "PORT"))]
    pub port: Option<String>,
    /// What the browser sees: scheme, host, port, and a path prefix if there is one
    #[cfg_attr(feature = "program", arg(long, global = true, hide_short_help = true, value_name = "URL"))]
    pub public_url: Option<String>,
    /// Certificate chain, PEM
    #[cfg_attr(feature = "program", arg(long, global = true, hide_short_help = true, value_name = "FILE"))]
    pub tls_certs: Option<String>,
    /// Private key of the certificate, PEM
    #[cfg_attr(feature = "program", arg(long, global = true, hide_short_help = true, value_name = "FILE"))]
    pub tls_key: Option<String>,
    /// HTTPS with a generated certificate
    #[cfg_attr(feature = "program", arg(long, global = true, hide_short_help = true))]
    pub tls_self_signed: bool,
    /// Folder of keys, tokens and generated certificates
    #[cfg_attr(feature = "program", arg(long, global = true, hide_short_help = true, value_name = "FOLDER"))]
    pub data_dir: Option<String>,
    /// Redirect URI of clients that name none
    #[cfg_attr(feature = "program", arg(long, global = true, hide_short_help = true, value_name = "URL"))]
    pub redirect_url: Option<String>,
    /// File of client definitions, or the word redis
    #[cfg_attr(feature = "program", arg(long, global = true, hide_short_help = true, value_name = "FILE"))]
    pub token_cache: Option<String>,
    /// Redis, without a password: that one belongs into OAUTHCLIENT_MESSAGE_QUEUE__URL_FILE
    #[cfg_attr(feature = "program", arg(long, global = true, hide_short_help = true, value_name = "URL"))]
    pub message_queue_url: Option<String>,
    /// error, warn, info, debug or trace
    #[cfg_attr(feature = "program", arg(long, global = true, hide_short_help = true, value_name = "LEVEL"))]
    pub log_level: Option<String>,
    /// text or json
    #[cfg_attr(feature = "program", arg(long, global = true, hide_short_help = true, value_name = "FORMAT"))]
    pub log_format: Option<String>,
    /// Another installation to ask, by its public URL; needs an API key
    #[cfg_attr(feature = "program", arg(long, global = true, hide_short_help = true, value_name = "URL"))]
    pub server: Option<String>,
    /// File with the API key for it
    #[cfg_attr(feature = "program", arg(long, global = true, hide_short_help = true, value_name = "FILE"))]
    pub api_key_file: Option<String>,
}

/// What surrounds a process, as a value: rules are tested without a process of their own.
#[derive(Clone, Default)]
pub struct Surroundings {
    pub variables: Vec<(OsString, OsString)>,
    /// The working directory: `Rocket.toml` is looked for here, relative paths start here.
    pub folder: PathBuf,
    pub flags: Flags,
}

impl Flags {
    /// Each flag that was given: its setting, its name, its value.
    pub(super) fn given(&self) -> impl Iterator<Item = (&'static str, &'static str, String)> {
        let self_signed = self.tls_self_signed.then(|| "true".to_owned());
        let all = [
            ("address", "--address", &self.address),
            ("port", "--port", &self.port),
            ("public_url", "--public-url", &self.public_url),
            ("tls.certs", "--tls-certs", &self.tls_certs),
            ("tls.key", "--tls-key", &self.tls_key),
            ("tls.self_signed", "--tls-self-signed", &self_signed),
            ("data_dir", "--data-dir", &self.data_dir),
            ("oauth.redirect_url", "--redirect-url", &self.redirect_url),
            ("oauth.token_cache", "--token-cache", &self.token_cache),
            ("message_queue.url", "--message-queue-url", &self.message_queue_url),
            ("log.level", "--log-level", &self.log_level),
            ("log.format", "--log-format", &self.log_format),
            ("server", "--server", &self.server),
            ("api_key_file", "--api-key-file", &self.api_key_file),
        ];
        all.map(|(key, flag, value)| Some((key, flag, value.clone()?))).into_iter().flatten()
    }
}

impl Surroundings {
    pub fn of_this_process(flags: Flags) -> Self {
        Self { variables: env::vars_os().collect(), folder: env::current_dir().unwrap_or_default(), flags }
    }

    /// These variables and nothing else; the working directory is `folder`.
    pub fn of<'a>(folder: &Path, variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { variables, folder: folder.to_owned(), flags: Flags::default() }
    }

    /// A variable of the system, such as `HOME`. An empty one counts as absent.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        let (_, value) = self.variables.iter().find(|(key, _)| key == name)?;
        value.to_str().filter(|value| !value.is_empty())
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.given().map(|(_, flag, _)| flag)).finish()
    }
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings").field("folder", &self.folder).field("flags", &self.flags).finish_non_exhaustive()
    }
}

#[cfg(feature = "program")]
#[cfg(test)]
mod tests {
    use super::Flags;
    use clap::Parser;

    /// The program itself
    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        flags: Flags,
    }

    #[test]
    fn each_flag_is_known_by_the_name_that_is_typed() {
        assert_eq!(Program::parse_from(["program"]).flags.given().count(), 0);
        let all = ["--address", "--port", "--public-url", "--tls-certs", "--tls-key", "--data-dir", "--redirect-url"];
        let all = all.into_iter().chain(["--token-cache", "--message-queue-url", "--log-level", "--log-format"]);
        let all = all.chain(["--server", "--api-key-file"]);
        let typed = all.flat_map(|flag| [flag, "value"]);
        let flags = Program::parse_from(["program", "--tls-self-signed"].into_iter().chain(typed)).flags;
        assert_eq!(flags.given().count(), 14);
        let help = <Program as clap::CommandFactory>::command().render_long_help().to_string();
        assert!(help.starts_with("The program itself"), "{help}");
        assert!(flags.given().all(|(_, flag, _)| help.contains(flag)));
    }
}
