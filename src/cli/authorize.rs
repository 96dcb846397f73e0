//! `authorize`: the link on stderr, the browser opened when there is one, and a wait for the result. On another device:
//! a code and a QR code instead of the link.

mod device;
mod password;

use super::{completions, error::Failure, grant_name, output, serve};
use crate::app::App;
use crate::flows;
use crate::flows::authorization_code::{self, Binding, Outcome, Settled, Started, TIME_LIMIT_S};
use crate::flows::authorize::{self, Begun, Way};
use crate::flows::installation::Installation;
use crate::oauth::name::GrantName;
use clap::Args;
use std::env;
use std::io::{self, IsTerminal};
use std::time::Duration;
use url::Url;

/// How often the store is asked for the result that another process writes.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oauth-helper authorize mail@work\n  oauth-helper authorize mail --paste     \
                        on a machine that the browser cannot reach\n  oauth-helper authorize tv --device      \
                        with a code that is typed on another device")]
pub struct Arguments {
    /// The client, or client@account
    #[arg(value_parser = grant_name, add = completions::grants())]
    name: GrantName,
    /// Do not wait for the callback: paste the address that the browser ends at
    #[arg(long)]
    paste: bool,
    /// Agree on another device: print an address, a code to type there, and both as a QR code
    #[arg(long, conflicts_with = "paste")]
    device: bool,
}

pub async fn run(installation: &Installation, arguments: Arguments) -> Result<(), Failure> {
    let name = &arguments.name;
    let app = match installation {
        Installation::Here(app) => app,
        // The answer comes back to the server, so a person begins there.
        Installation::There(remote) => {
            let page = remote.page(&["clients", name.client.as_str()]);
            let said = format!("open {page} and press Authorize; `oauth-helper wait {name}` tells when that is done");
            return Err(Failure::Usage(said));
        }
    };
    let way = if arguments.device { Way::Device } else { Way::AsDefined };
    let outcome = match authorize::begin(app, name, Binding::Terminal, way).await? {
        Begun::Browser(started) => in_browser(app, name, &started, arguments.paste).await?.outcome,
        Begun::Device(id, waiting) => device::follow(app, &id, &waiting).await?.outcome,
        Begun::Password => password::ask(app, name).await?,
    };
    report(app, name, outcome).await
}

async fn in_browser(app: &App, name: &GrantName, started: &Started, paste: bool) -> Result<Settled, Failure> {
    let link = format!("Open this link to authorize {name}:\n\n  {}\n", started.url);
    if paste || !comes_back_to_us(app, name).await? {
        output::note(&link);
        return pasted(app, started).await;
    }
    let mut server = serve::in_background_unless_running(app).await?;
    output::note(&link);
    open_browser(&started.url);
    output::note("Waiting for the authorization server to come back (Ctrl-C to stop) …");
    let settled = tokio::select! {
        settled = wait(app, &started.id) => settled?,
        () = server.stopped() => return Err(Failure::Usage("stopped; run the command again".to_owned())),
    };
    server.stop_after_result(app).await;
    Ok(settled)
}

async fn comes_back_to_us(app: &App, name: &GrantName) -> Result<bool, Failure> {
    let client = app.client(&name.client).await?;
    let ours = app.redirect_uri_of(&client).starts_with(&app.settings.public_url.join("/auth_callback"));
    if !ours {
        output::note("The registered redirect URI is not this program's, so the result has to be pasted here.");
    }
    Ok(ours)
}

/// Only where a person sits in front of a screen.
fn open_browser(url: &Url) {
    let screen =
        cfg!(not(target_os = "linux")) || ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|v| env::var_os(v).is_some());
    if screen && io::stderr().is_terminal() && open::that_detached(url.as_str()).is_err() {
        output::note("No browser could be opened; open the link yourself.");
    }
}

async fn wait(app: &App, id: &str) -> Result<Settled, Failure> {
    let end = app.now() + TIME_LIMIT_S;
    while app.now() < end {
        if let Some(settled) = authorization_code::result(app, id).await? {
            return Ok(settled);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Err(Failure::Usage("ten minutes are over without an answer; run the command again".to_owned()))
}

async fn pasted(app: &App, started: &Started) -> Result<Settled, Failure> {
    output::note("Then paste here the whole address that the browser ends at, and press Enter:");
    let response = loop {
        match flows::pasted::response(&line().await?) {
            Ok(response) => break response,
            // Whoever sits there can paste once more; a script cannot.
            Err(error) if io::stdin().is_terminal() => output::note(&format!("{error}. Once more:")),
            Err(error) => return Err(Failure::Usage(error.to_string())),
        }
    };
    let id = authorization_code::finish(app, response, None, None).await?;
    if id != started.id {
        output::note("That address belongs to another authorization, which is now complete.");
    }
    authorization_code::result(app, &id).await?.ok_or(Failure::Flow(flows::Error::Interrupted))
}

async fn line() -> Result<String, Failure> {
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    });
    Ok(read.await.map_err(io::Error::other)??)
}

async fn report(app: &App, name: &GrantName, outcome: Outcome) -> Result<(), Failure> {
    match outcome {
        Outcome::UnderWay { .. } => Err(Failure::Flow(flows::Error::Interrupted)),
        Outcome::Granted { refreshable, expires_at, unfinished, .. } => {
            let definition = app.client(&name.client).await?.definition;
            output::note(&format!("{name} is authorized. Next: oauth-helper token {name}"));
            if let Some(why) = unfinished {
                output::note(&format!(
                    "But {why}. The token of the first request is kept; `oauth-helper refresh {name}` tries again."
                ));
            } else if !definition.refreshes(refreshable) && expires_at.is_some() {
                let advice = app.presets.refresh_token_advice(&definition);
                output::note(&format!(
                    "The server gave no refresh token: when this token ends, authorize again. {advice}"
                ));
            }
            Ok(())
        }
        Outcome::Published => {
            output::note(&format!("{name} is authorized; its code waits in Redis for the program that exchanges it."));
            Ok(())
        }
        Outcome::Failed { said, hint } => {
            output::note(&format!("oauth-helper: {said}"));
            hint.iter().for_each(|hint| output::note(hint));
            Err(Failure::Refused)
        }
    }
}
