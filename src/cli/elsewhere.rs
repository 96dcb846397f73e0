//! What is asked of another installation, and what is not.

use super::Verb;
use super::error::Failure;
use crate::app::App;
use crate::flows::installation::Installation;

/// For what can be done only where the store is.
pub fn here(installation: &Installation) -> Result<&App, Failure> {
    match installation {
        Installation::Here(app) => Ok(app),
        Installation::There(_) => Err(refused("it needs the store itself")),
    }
}

/// Why a verb is never asked of another installation: docs/elsewhere.md says the same.
pub fn stays_local(verb: &Verb) -> Option<&'static str> {
    match verb {
        Verb::Serve => Some("a server starts where it is to run"),
        Verb::LoginCode => Some("a login code opens every page, so only who is on the server's machine gets one"),
        Verb::Rekey => Some("the encryption keys are on the server's machine alone"),
        Verb::Doctor => Some(
            "it looks at settings, files and certificates of its own machine; `oauth-helper status` asks the server",
        ),
        Verb::Healthcheck => Some("it asks the server of its own machine; elsewhere, ask for /healthz"),
        _ => None,
    }
}

pub fn refused(why: &str) -> Failure {
    Failure::Usage(format!(
        "{why}. Run it where the server runs (in a container: docker compose exec oauth-helper oauth-helper …), or unset \
         OAUTHCLIENT_SERVER for the installation here"
    ))
}

#[cfg(test)]
mod tests {
    use crate::cli::Arguments;
    use clap::{Command, CommandFactory};

    fn leaves(command: &Command, above: &str) -> Vec<String> {
        let verbs: Vec<_> = command.get_subcommands().collect();
        if verbs.is_empty() {
            return vec![above.trim_start().to_owned()];
        }
        verbs.iter().flat_map(|verb| leaves(verb, &format!("{above} {}", verb.get_name()))).collect()
    }

    #[test]
    fn what_each_verb_needs_from_elsewhere_is_documented() {
        let document = include_str!("../../docs/elsewhere.md");
        for verb in leaves(&Arguments::command(), "") {
            assert!(document.contains(&format!("`{verb}")), "{verb}");
        }
    }
}
