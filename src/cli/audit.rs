//! Who did what from the command line: one line for each verb that changes something or hands something out, whatever came
//! of it, in a file of the data folder and in the log. It names the verb and the client, never what else was typed.

use crate::app::App;
use crate::data_folder::AUDIT_LOG;
use crate::files;
use crate::oauth::name::GrantName;
use clap::ArgMatches;
use serde_json::json;

/// The verbs that are noted, as they are typed.
const NOTED: [&str; 21] = [
    "api-key create",
    "api-key revoke",
    "authorize",
    "client add",
    "client delete",
    "client discover",
    "client edit",
    "client export",
    "client import",
    "client key",
    "client registration",
    "curl",
    "exec",
    "git-credential",
    "header",
    "kubectl-credential",
    "login-code",
    "refresh",
    "rekey",
    "revoke",
    "token",
];

/// After so many bytes a new file begins; one is kept.
const MOST: u64 = 4 * 1024 * 1024;

/// One verb of one call.
#[derive(Clone, Debug)]
pub struct Entry {
    verb: String,
    /// `name@account`s, as typed.
    about: Vec<String>,
}

impl Entry {
    /// `None`: the verb only looks.
    pub fn of(matches: &ArgMatches) -> Option<Self> {
        let (mut words, mut deepest) = (Vec::new(), matches);
        while let Some((word, below)) = deepest.subcommand() {
            words.push(word);
            deepest = below;
        }
        let verb = words.join(" ");
        let raw = |id| deepest.try_get_raw(id).ok().flatten().into_iter().flatten();
        let named = ["name", "names", "client"].into_iter().flat_map(raw).filter_map(|text| text.to_str());
        let about = named.filter(|text| text.parse::<GrantName>().is_ok()).map(str::to_owned).collect();
        NOTED.contains(&verb.as_str()).then_some(Self { verb, about })
    }

    /// `outcome`: `done`, `failed`, or `begun` where this process becomes another.
    pub fn note(&self, app: &App, outcome: &str) {
        let Self { verb, about } = self;
        let (who, clients) = (user(), about.join(" "));
        tracing::info!(target: "audit", who, action = verb, client = clients, outcome, "audit");
        let line = json!({"at": app.now().rfc3339(), "who": who, "action": verb, "client": about, "outcome": outcome});
        if let Err(error) = files::append_private(&app.data_folder.file(AUDIT_LOG), &line.to_string(), MOST) {
            tracing::warn!(%error, "the audit log was not written");
        }
    }
}

/// The operating system's user, by number and, where it has one, by name.
#[cfg(unix)]
fn user() -> String {
    let id = rustix::process::getuid().as_raw();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number == id.to_string()).then(|| name.to_owned())
    });
    name.map_or_else(|| format!("uid {id}"), |name| format!("uid {id} ({name})"))
}

#[cfg(not(unix))]
fn user() -> String {
    "unknown".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Command, CommandFactory};

    /// The verbs that change nothing and hand nothing out, or are another program's affair.
    const LOOKING: [&str; 13] = [
        "api-key list",
        "client list",
        "client presets",
        "client show",
        "completions",
        "doctor",
        "healthcheck",
        "man",
        "serve",
        "status",
        "wait",
        "watch",
        "client check",
    ];

    fn leaves(command: &Command, above: &str) -> Vec<String> {
        let below = command.get_subcommands();
        let all: Vec<String> = below
            .flat_map(|verb| leaves(verb, &format!("{above} {}", verb.get_name())))
            .filter(|verb| !verb.is_empty())
            .collect();
        if all.is_empty() { vec![above.trim().to_owned()] } else { all }
    }

    #[test]
    fn every_verb_is_noted_or_only_looks() {
        let all = leaves(&super::super::Arguments::command(), "");
        for verb in &all {
            let (noted, looks) = (NOTED.contains(&verb.as_str()), LOOKING.contains(&verb.as_str()));
            assert!(noted != looks, "{verb}: noted {noted}, looks {looks}");
        }
        for verb in NOTED {
            assert!(all.contains(&verb.to_owned()), "there is no {verb}");
        }
    }

    #[test]
    fn an_entry_names_the_verb_and_its_clients_and_nothing_else() {
        let entry = |line: &str| {
            let matches = super::super::Arguments::command().try_get_matches_from(line.split(' ')).unwrap();
            Entry::of(&matches).map(|entry| (entry.verb, entry.about.join(" ")))
        };
        let is = |verb: &str, about: &str| Some((verb.to_owned(), about.to_owned()));
        assert_eq!(entry("oauth-helper token mail@work"), is("token", "mail@work"));
        assert_eq!(entry("oauth-helper client edit mail --set notes=canary"), is("client edit", "mail"));
        assert_eq!(entry("oauth-helper exec mail -- echo canary"), is("exec", "mail"));
        assert_eq!(entry("oauth-helper rekey"), is("rekey", ""));
        assert_eq!(entry("oauth-helper client list"), None);
    }
}
