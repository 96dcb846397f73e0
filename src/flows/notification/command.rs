//! A command is told: the event as JSON on its standard input, and the gist of it in variables.

use super::message::Message;
use super::{Tried, Verdict};
use crate::app::App;
use crate::hook::{self, Ended};
use std::time::Duration;

/// How long it may take.
const LIMIT: Duration = Duration::from_secs(30);

pub(super) async fn run(app: &App, message: &Message) -> Tried {
    let Some(command) = &app.settings.command else { return tried(Verdict::Silent, "there is no command".to_owned()) };
    let Message { id, event, client, account, text, link, body } = message;
    let gist = [("ID", id), ("EVENT", event), ("CLIENT", client), ("ACCOUNT", account), ("TEXT", text), ("LINK", link)];
    let gist = gist.map(|(name, value)| (format!("OAUTH_HELPER_{name}"), value.clone()));
    let variables: Vec<_> = command.surroundings.iter().cloned().chain(gist).collect();
    match hook::run(&command.argv, &variables, &format!("{body}\n"), LIMIT).await {
        Ok(ended) => of_end(ended),
        Err(error) => tried(Verdict::Silent, format!("it {error}")),
    }
}

fn of_end(Ended { status, line }: Ended) -> Tried {
    let verdict = if status.success() { Verdict::Taken } else { Verdict::Refused };
    let said = match status.code() {
        Some(code) => format!("it ended with exit code {code}"),
        None => format!("it was ended ({status})"),
    };
    Tried { answer: line, ..tried(verdict, said) }
}

fn tried(verdict: Verdict, said: String) -> Tried {
    Tried { verdict, said, answer: String::new(), retry_after: None }
}
