//! `doctor`: one line for everything that has to be right, with the next step where it is not.

use super::{error::Failure, output, serve};
use crate::app::App;
use crate::certificates;
use crate::flows::token_files;
use crate::logging;
use crate::settings::{LogLevel, MessageQueue, Settings, Tls, TokenCache};
use std::fmt::Display;

pub fn run(settings: Settings) -> Result<(), Failure> {
    logging::init(LogLevel::Error, settings.log.format);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut findings = Findings::default();
    findings.good("settings", "can be read");
    runtime.block_on(examine(settings, &mut findings));
    if findings.bad == 0 { Ok(()) } else { Err(Failure::Unwell) }
}

#[derive(Default)]
struct Findings {
    bad: usize,
}

impl Findings {
    fn good(&self, what: &str, said: impl Display) {
        output::note(&format!("ok    {what}: {said}"));
    }

    fn hint(&self, what: &str, said: impl Display) {
        output::note(&format!("note  {what}: {said}"));
    }

    fn judge(&mut self, what: &str, good: impl Display, result: Result<(), impl Display>) {
        match result {
            Ok(()) => self.good(what, good),
            Err(error) => {
                self.bad += 1;
                output::note(&format!("BAD   {what}: {error}"));
            }
        }
    }
}

async fn examine(settings: Settings, findings: &mut Findings) {
    findings.judge("certificates and listener", "usable", settings.check_for_serving());
    network(&settings, findings);
    let store = match &settings.message_queue {
        MessageQueue::Embedded => "embedded, in the data folder",
        MessageQueue::Redis(_) => "Redis",
    };
    match App::open(settings).await {
        Ok(app) => {
            findings.judge("data folder", app.data_folder.path().display(), app.data_folder.check_writable());
            findings.judge("store", store, app.store.ping().await);
            findings.judge("presets", app.presets.all().len(), app.presets.check());
            registry(&app, findings).await;
            token_folder(&app, findings).await;
        }
        Err(error) => findings.judge("data folder and store", "", Err(error)),
    }
}

async fn token_folder(app: &App, findings: &mut Findings) {
    match token_files::check_folder(app).await {
        Ok(Some(folder)) => findings.good("token files", folder.display()),
        Ok(None) => {}
        Err(why) => findings.judge("token files", "", Err(why)),
    }
}

fn network(settings: &Settings, findings: &mut Findings) {
    let url = settings.public_url.join("/");
    if serve::is_listening(settings) {
        findings.good("server", format!("listens; browsers go to {url}"));
    } else {
        findings.hint("server", format!("is not running; `oauth-helper serve` would be at {url}"));
    }
    if !settings.is_loopback() && !settings.public_url.is_https() {
        findings.hint("HTTPS", "off, while other machines can connect; see OAUTHCLIENT_TLS__SELF_SIGNED and _CERTS");
    }
    if settings.tls == Tls::SelfSigned {
        let ca = settings.data_dir.join(crate::data_folder::TLS).join("ca.pem");
        findings.hint("HTTPS", format!("with our own authority {}; to trust it:", ca.display()));
        serve::print_trust(&certificates::how_to_trust(&ca, &settings.public_url.join("/healthz")));
    }
    if !settings.login.required {
        findings.hint("login", "is off: every user of this machine is the operator");
    }
}

async fn registry(app: &App, findings: &mut Findings) {
    let place = match &app.settings.token_cache {
        TokenCache::File(path) => path.display().to_string(),
        TokenCache::Redis => "in Redis".to_owned(),
    };
    let clients = match app.registry.list().await {
        Ok(clients) => clients,
        Err(error) => return findings.judge("client definitions", "", Err(error)),
    };
    let problems = app.registry.problems();
    if problems.is_empty() {
        findings.good("client definitions", format!("{} ({place})", clients.len()));
    }
    for problem in problems {
        findings.judge("client definitions", "", Err(problem));
    }
    for name in app.registry.shadowed().await.unwrap_or_default() {
        findings
            .hint(&format!("client {name}"), format!("is declared in a file, which counts, and also kept ({place})"));
    }
    for client in clients.iter() {
        if let Err(error) = app.registry.secret(client) {
            findings.judge(&format!("client {}", client.name), "", Err(error));
        }
    }
}
