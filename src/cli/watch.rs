//! `watch`: events as they happen, one JSON object a line.

use super::{error::Failure, output};
use crate::app::App;
use crate::flows::events::{self, News, Wanted};
use crate::oauth::event::EventKind;
use crate::oauth::name::ClientName;
use clap::Args;
use std::io::{self, Write};

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  oauth-helper watch --event authorization_required | while read -r event; do …; done\n\n\
                        It ends with Ctrl-C, or when nobody reads any more. Whether the server is up makes no difference."
)]
pub struct Arguments {
    /// Only events about this client
    #[arg(long, value_name = "NAME")]
    client: Option<ClientName>,
    /// Only events of this kind, such as failing; can be given more than once
    #[arg(long = "event", value_name = "KIND", value_parser = kind)]
    kinds: Vec<EventKind>,
}

fn kind(text: &str) -> Result<EventKind, String> {
    let all = || EventKind::ALL.map(EventKind::as_str).join(", ");
    EventKind::named(text).ok_or_else(|| format!("expected one of {}", all()))
}

pub async fn run(app: &App, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { client, kinds } = arguments;
    let mut watch = events::watch(app, Wanted { client, kinds }).await;
    output::note("Watching for events. Ctrl-C ends it.");
    loop {
        let News::Event(event) = watch.next().await else { continue };
        let line = serde_json::to_string(&event).map_err(io::Error::from)? + "\n";
        match io::stdout().lock().write_all(line.as_bytes()).and_then(|()| io::stdout().flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written?,
        }
    }
}
