//! `authorize`: the link on stderr, the browser opened when there is one, and a wait for the result. On another device:
//! a code and a QR code instead of the link. Asked of another installation, the browser comes back there.

mod device;
mod password;

use super::serve::{self, Background};
use super::{completions, error::Failure, grant_name, output};
use crate::app::App;
use crate::flows;
use crate::flows::authorization_code::{BadCallback, TIME_LIMIT_S};
use crate::flows::authorize::Way;
use crate::flows::authorize::terminal::{Invitation, Progress, Stage};
use crate::flows::installation::Installation;
use crate::flows::pasted::Pasted;
use crate::oauth::name::GrantName;
use crate::remote;
use clap::Args;
use std::env;
use std::io::{self, IsTerminal};
use std::time::Duration;
use url::Url;

/// How long one look may take: it comes back as soon as there is a result.
const ONE_LOOK: Duration = Duration::from_secs(20);

/// Before a server is asked again that does not answer just now.
const PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth-helper authorize mail@work
  oauth-helper authorize mail --paste
  oauth-helper authorize tv --device

--paste is for a machine that the browser cannot reach, --device for a code that is typed elsewhere.")]
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
    let Arguments { name, paste, device } = arguments;
    let way = if device { Way::Device } else { Way::AsDefined };
    let ended = match installation.invite(&name, way).await? {
        Invitation::Browser { id, url, comes_back } if paste || !comes_back => {
            if !comes_back {
                output::note("The registered redirect URI is not this program's, so the result has to be pasted here.");
            }
            output::note(&link(&name, &url));
            pasted(installation, &name, &id).await?
        }
        Invitation::Browser { id, url, .. } => in_browser(installation, &name, &id, &url).await?,
        Invitation::Device { id, verification_uri, verification_uri_complete, user_code, .. } => {
            device::show(&name, &verification_uri, verification_uri_complete.as_ref(), &user_code);
            ended(installation, &name, &id).await?
        }
        Invitation::Password => password::ask(installation, &name).await?,
    };
    report(&name, ended)
}

fn link(name: &GrantName, url: &Url) -> String {
    format!("Open this link to authorize {name}:\n\n  {url}\n")
}

async fn in_browser(installation: &Installation, name: &GrantName, id: &str, url: &Url) -> Result<Progress, Failure> {
    let mut server = match installation {
        Installation::Here(app) => Some((app, serve::in_background_unless_running(app).await?)),
        Installation::There(_) => None,
    };
    output::note(&link(name, url));
    open_browser(url);
    output::note("Waiting for the authorization server to come back (Ctrl-C to stop) …");
    let progress = tokio::select! {
        progress = ended(installation, name, id) => progress?,
        () = stopped(server.as_mut()) => return Err(Failure::Usage("stopped; run the command again".to_owned())),
    };
    if let Some((app, server)) = server {
        server.stop_after_result(app).await;
    }
    Ok(progress)
}

async fn stopped(server: Option<&mut (&App, Background)>) {
    match server {
        Some((_, server)) => server.stopped().await,
        None => std::future::pending().await,
    }
}

/// Only where a person sits in front of a screen.
fn open_browser(url: &Url) {
    let screen =
        cfg!(not(target_os = "linux")) || ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|v| env::var_os(v).is_some());
    if screen && io::stderr().is_terminal() && open::that_detached(url.as_str()).is_err() {
        output::note("No browser could be opened; open the link yourself.");
    }
}

/// Waits for the end. A server that goes away meanwhile is waited for, too.
async fn ended(installation: &Installation, name: &GrantName, id: &str) -> Result<Progress, Failure> {
    let end = installation.now() + TIME_LIMIT_S;
    let mut told = false;
    loop {
        match installation.progress(name, id, ONE_LOOK).await {
            Ok(progress) if progress.stage != Stage::Waiting => return Ok(progress),
            Ok(_) => {}
            Err(flows::Error::Remote(remote::Error::Network(error))) if installation.now() < end => {
                if !std::mem::replace(&mut told, true) {
                    output::note(&format!("The server does not answer ({error}); it is asked again."));
                }
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) if is_over(&error) => {
                let said = "ten minutes are over without an answer; run the command again";
                return Err(Failure::Usage(said.to_owned()));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn is_over(error: &flows::Error) -> bool {
    match error {
        flows::Error::Callback(BadCallback::Unknown) => true,
        flows::Error::Remote(error) => error.code() == Some("bad_callback"),
        _ => false,
    }
}

async fn pasted(installation: &Installation, name: &GrantName, id: &str) -> Result<Progress, Failure> {
    output::note("Then paste here the whole address that the browser ends at, and press Enter:");
    let pasted = loop {
        match Pasted::read(&line().await?) {
            Ok(pasted) => break pasted,
            // Whoever sits there can paste once more; a script cannot.
            Err(error) if io::stdin().is_terminal() => output::note(&format!("{error}. Once more:")),
            Err(error) => return Err(Failure::Usage(error.to_string())),
        }
    };
    let progress = installation.pasted(name, pasted).await?;
    if progress.id != id {
        output::note("That address belongs to another authorization, which is now complete.");
    }
    Ok(progress)
}

async fn line() -> Result<String, Failure> {
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    });
    Ok(read.await.map_err(io::Error::other)??)
}

fn report(name: &GrantName, progress: Progress) -> Result<(), Failure> {
    let Progress { stage, detail, hint, .. } = progress;
    match stage {
        Stage::Waiting => return Err(Failure::Flow(flows::Error::Interrupted)),
        Stage::Granted => {
            output::note(&format!("{name} is authorized. Next: oauth-helper token {name}"));
            let kept = "The token of the first request is kept";
            detail.iter().for_each(|why| {
                output::note(&format!("But {why}. {kept}; `oauth-helper refresh {name}` tries again."));
            });
        }
        Stage::Published => {
            output::note(&format!("{name} is authorized; its code waits in Redis for the program that exchanges it."));
        }
        Stage::Failed => output::note(&format!("oauth-helper: {}", detail.unwrap_or_default())),
    }
    hint.iter().for_each(|hint| output::note(hint));
    if stage == Stage::Failed { Err(Failure::Refused) } else { Ok(()) }
}
