//! `status`: one line a grant.

use super::{completions, error::Failure, grant_name, output};
use crate::flows;
use crate::flows::installation::Installation;
use crate::flows::status::Status;
use crate::oauth::grant::History;
use crate::oauth::name::GrantName;
use crate::oauth::timestamp::Timestamp;
use clap::Args;
use serde::Serialize;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  oauth-helper status mail\n  oauth-helper status --json |\n      jq -r '.[] | select(.state != \"ok\") | .client'"
)]
pub struct Arguments {
    /// The client, or client@account: its last refreshes are shown, too
    #[arg(value_parser = grant_name, add = completions::grants())]
    name: Option<GrantName>,
    /// One JSON object a grant
    #[arg(long)]
    json: bool,
}

pub async fn run(installation: &Installation, arguments: Arguments) -> Result<(), Failure> {
    let (lines, now) = (installation.status().await?, installation.now());
    if let Some(name) = arguments.name {
        return one(lines, &name, arguments.json, now);
    }
    if arguments.json {
        return output::json(&lines);
    }
    if lines.is_empty() {
        output::note("There are no clients yet. Add one with `oauth-helper client add`, or in the browser.");
        return Ok(());
    }
    table(&lines, now)
}

fn table(lines: &[Status], now: Timestamp) -> Result<(), Failure> {
    let heading = ["CLIENT", "ACCOUNT", "STATE", "EXPIRES", "LAST ERROR"].map(str::to_owned).to_vec();
    let rows = lines.iter().map(|line| row(line, now));
    output::table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>())
}

/// A grant with its history.
#[derive(Debug, Serialize)]
struct Detailed<'a> {
    #[serde(flatten)]
    status: &'a Status,
    history: &'a History,
}

/// Without an account, all accounts of the client.
fn one(mut lines: Vec<Status>, name: &GrantName, as_json: bool, now: Timestamp) -> Result<(), Failure> {
    lines.retain(|line| line.client == name.client);
    if lines.is_empty() {
        return Err(flows::Error::UnknownClient(name.client.clone()).into());
    }
    lines.retain(|line| name.account.is_default() || line.account == name.account);
    if lines.is_empty() {
        return Err(flows::Error::NoGrant(name.clone()).into());
    }
    if as_json {
        let detailed = |status| Detailed { status, history: &status.history };
        return output::json(&lines.iter().map(detailed).collect::<Vec<_>>());
    }
    table(&lines, now)?;
    lines.iter().try_for_each(|line| told(line, now))
}

/// When the next try is, and how the last ones went.
fn told(status: &Status, now: Timestamp) -> Result<(), Failure> {
    let (client, account) = (&status.client, &status.account);
    let since = status.since.map(|at| format!("since {}", in_words(now.seconds_until(at))));
    let next = status.next_try_at.map(|at| format!("next try {}", in_words(now.seconds_until(at))));
    let times: Vec<String> = since.into_iter().chain(next).collect();
    let line = format!("\n{client}@{account}: {} {}", status.state.as_str().replace('_', " "), times.join(", "));
    output::line(line.trim_end())?;
    let rows = status.history.iter().map(|attempt| {
        let error = attempt.error.clone().unwrap_or_default();
        let (took, outcome) = (format!("{} ms", attempt.took_ms), attempt.outcome.as_str().to_owned());
        vec![attempt.at.rfc3339(), outcome, took, error]
    });
    output::table(&rows.collect::<Vec<_>>())
}

fn row(status: &Status, now: Timestamp) -> Vec<String> {
    vec![
        status.client.to_string(),
        status.account.to_string(),
        status.state.as_str().replace('_', " "),
        status.expires_at.map_or_else(|| "-".to_owned(), |end| in_words(now.seconds_until(end))),
        status.last_error.clone().or_else(|| file_problem(status)).unwrap_or_default(),
    ]
}

/// What keeps the token out of its file.
fn file_problem(status: &Status) -> Option<String> {
    let file = status.token_file.as_ref()?;
    file.problem.as_ref().map(|problem| format!("token file {}: {problem}", file.path))
}

/// `in 52 min`, `3 h ago`.
pub fn in_words(seconds: i64) -> String {
    let amount = match seconds.unsigned_abs() {
        s @ ..60 => format!("{s} s"),
        s @ ..3600 => format!("{} min", s / 60),
        s @ ..172_800 => format!("{} h", s / 3600),
        s => format!("{} days", s / 86_400),
    };
    if seconds >= 0 { format!("in {amount}") } else { format!("{amount} ago") }
}
