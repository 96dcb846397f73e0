//! `status`: one line a grant.

use super::{error::Failure, output};
use crate::app::App;
use crate::flows::status::{self, Status};
use crate::oauth::timestamp::Timestamp;
use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oauth-helper status --json | jq -r '.[] | select(.state != \"ok\") | .client'")]
pub struct Arguments {
    /// One JSON object a grant
    #[arg(long)]
    json: bool,
}

pub async fn run(app: &App, arguments: Arguments) -> Result<(), Failure> {
    let lines = status::all(app).await?;
    if arguments.json {
        return output::json(&lines);
    }
    if lines.is_empty() {
        output::note("There are no clients yet. Add one with `oauth-helper client add`, or in the browser.");
        return Ok(());
    }
    let heading = ["CLIENT", "ACCOUNT", "STATE", "EXPIRES", "LAST ERROR"].map(str::to_owned).to_vec();
    let rows = lines.iter().map(|line| row(line, app.now()));
    output::table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>())
}

fn row(status: &Status, now: Timestamp) -> Vec<String> {
    vec![
        status.client.to_string(),
        status.account.to_string(),
        status.state.as_str().replace('_', " "),
        status.expires_at.map_or_else(|| "-".to_owned(), |end| in_words(now.seconds_until(end))),
        status.last_error.clone().unwrap_or_default(),
    ]
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
