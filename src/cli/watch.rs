//! `watch`: events as they happen, one JSON object a line.

use super::{completions, error::Failure, output};
use crate::flows::events::Wanted;
use crate::flows::installation::{Installation, Told};
use crate::oauth::event::{Event, EventKind};
use crate::oauth::name::ClientName;
use clap::Args;
use std::io::{self, Write};

const WATCHING: &str = "Watching for events. Ctrl-C ends it.";

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  oauth-helper watch --event authorization_required |\n      while read -r event; do notify-send \"Authorize again\"; done\n\n\
                        It ends with Ctrl-C, or when nobody reads any more. Whether the server is up makes no difference."
)]
pub struct Arguments {
    /// Only events about this client
    #[arg(long, value_name = "NAME", add = completions::clients())]
    client: Option<ClientName>,
    /// Only events of this kind, such as failing; can be given more than once
    #[arg(long = "event", value_name = "KIND", value_parser = kind, add = completions::words(EventKind::ALL.map(EventKind::as_str)))]
    kinds: Vec<EventKind>,
}

fn kind(text: &str) -> Result<EventKind, String> {
    let all = || EventKind::ALL.map(EventKind::as_str).join(", ");
    EventKind::named(text).ok_or_else(|| format!("expected one of {}", all()))
}

pub async fn run(installation: &Installation, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { client, kinds } = arguments;
    let mut following = installation.following(Wanted { client, kinds }).await;
    let mut was_connected = following.is_connected();
    if was_connected {
        output::note(WATCHING);
    }
    loop {
        match following.next().await? {
            Told::Event(event) if !tell(&event)? => return Ok(()),
            Told::Event(_) | Told::Missed => {}
            Told::Connected if was_connected => output::note("The server is back; what was kept meanwhile is told."),
            Told::Connected => {
                was_connected = true;
                output::note(WATCHING);
            }
            Told::Lost(error) if !was_connected => return Err(error.into()),
            Told::Lost(error) => output::note(&format!("The server is away ({error}); it is asked again.")),
        }
    }
}

/// `false`: nobody reads any more.
fn tell(event: &Event) -> Result<bool, Failure> {
    let line = serde_json::to_string(event).map_err(io::Error::from)? + "\n";
    match io::stdout().lock().write_all(line.as_bytes()).and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => Ok(written.map(|()| true)?),
    }
}
