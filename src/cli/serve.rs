//! `serve`: the web app. The only verb that starts [`crate::web`].

mod certificates;

use super::{error::Failure, login_code, output};
use crate::app::App;
use crate::certificates::{self as own, Change, TrustStep};
use crate::data_folder::LOGIN_TOKEN;
use crate::flows::keeper;
use crate::flows::login;
use crate::flows::{notification, token_files};
use crate::settings::{Settings, Tls};
use crate::{logging, web};
use certificates::Certificates;
use rocket::{Shutdown, figment::Figment};
use std::io::{self, IsTerminal};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};
use tokio::task::{JoinHandle, JoinSet};

/// Less than the half minute after which those who told it to end lose patience.
const LAST_EXCHANGES: Duration = Duration::from_secs(28);

/// Between two attempts to open the store: doubled each time, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

pub fn run(settings: Settings) -> Result<(), Failure> {
    logging::init(settings.log.level, settings.log.format);
    settings.check_for_serving()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers()).enable_all().build()?;
    runtime.block_on(async {
        let app = App::prepare(settings)?;
        open_store(&app).await?;
        app.data_folder.check_writable().map_err(crate::app::OpenError::from)?;
        app.login_token().map_err(crate::app::OpenError::from)?;
        app.presets.check().map_err(|bad| Failure::Usage(format!("OAUTHCLIENT_PRESETS_DIR: {bad}")))?;
        listener(&app)?;
        check_port(&app.settings)?;
        welcome(&app).await?;
        let store = app.store.clone();
        tokio::spawn(async move { store.keep_replaying().await });
        serve(app).await
    })
}

/// A Redis that does not answer is waited for: until then, every page says what is missing.
async fn open_store(app: &App) -> Result<(), Failure> {
    match app.connect().await {
        Err(error) if error.may_pass() => {
            tracing::warn!("{error}. Until then, nothing works but the pages that say so");
            tokio::spawn(keep_opening_store(app.clone()));
            Ok(())
        }
        opened => Ok(opened.map_err(crate::app::OpenError::from)?),
    }
}

async fn keep_opening_store(app: App) {
    let mut pause = FIRST_PAUSE;
    loop {
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        match app.connect().await {
            Ok(()) => return tracing::info!("the store is there"),
            Err(error) if error.may_pass() => tracing::debug!(%error, "the store is not there yet"),
            Err(error) => tracing::error!("{error}"),
        }
    }
}

/// Serves until the program is told to end. Where the certificate changes, a server with the new one takes the place of
/// the one before, which finishes what it began: Rocket reads certificates at its start alone.
async fn serve(app: App) -> Result<(), Failure> {
    let background = (keeper::start(&app), notification::start(&app), token_files::start(&app));
    let mut certificates = Certificates::of(&app);
    let mut before = JoinSet::new();
    loop {
        let rocket = web::ignite(app.clone(), certificates.rocket()).await.map_err(cannot_serve)?;
        let shutdown = rocket.shutdown();
        free(&app.settings, !before.is_empty()).await;
        let mut serving = tokio::spawn(web::serve(rocket));
        tokio::select! {
            // The end that was asked for comes first: what is under way is finished, also where all is answered already.
            biased;
            () = shutdown.clone() => {
                drop(background);
                let (served, _) = tokio::join!(serving, finished(&app));
                before.join_all().await;
                return served.map_err(cannot_serve)?.map_err(cannot_serve);
            }
            served = &mut serving => return served.map_err(cannot_serve)?.map_err(cannot_serve),
            () = certificates.changed() => {}
        }
        shutdown.notify();
        before.spawn(serving);
    }
}

fn cannot_serve(error: impl ToString) -> Failure {
    Failure::Serve(error.to_string())
}

/// Once the program is told to end nothing new is begun, and what is under way with an authorization server is finished
/// and stored, also where nobody waits for it any more.
async fn finished(app: &App) {
    let _ = tokio::time::timeout(LAST_EXCHANGES, app.work.done()).await;
}

/// Waits until a server that gives up its place has left the port, which takes it a moment.
async fn free(settings: &Settings, has_predecessor: bool) {
    let deadline = Instant::now() + LAST_REQUESTS;
    while has_predecessor && check_port(settings).is_err() && Instant::now() < deadline {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Requests wait for I/O, not for the processor: two threads serve as much as sixteen, in less memory.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 4))
}

/// Before a link is printed that would lead nowhere.
fn check_port(settings: &Settings) -> Result<(), Failure> {
    let address = SocketAddr::new(settings.address, settings.port);
    TcpListener::bind(address).map(drop).map_err(|error| Failure::Serve(web::cannot_listen(&error)))
}

/// What Rocket binds and with which certificate.
fn listener(app: &App) -> Result<Figment, Failure> {
    let settings = &app.settings;
    if settings.tls != Tls::SelfSigned {
        return Ok(settings.rocket());
    }
    let paths = own::ensure(app.data_folder.path(), &[settings.public_url.host_name()])?;
    if paths.change == Change::Authority || io::stderr().is_terminal() {
        output::note(&format!("HTTPS with a certificate of this machine's own authority: {}", paths.ca.display()));
        print_trust(&own::how_to_trust(&paths.ca, &settings.public_url.join("/healthz")));
    }
    Ok(settings.rocket_with_tls(&paths.cert, &paths.key))
}

pub fn print_trust(steps: &[TrustStep]) {
    for TrustStep { system, lines } in steps {
        output::note(&format!("  {system:<16} {}", lines.join(" && ")));
    }
}

/// The way in: in a terminal a link that works once, in a log only how to get one.
async fn welcome(app: &App) -> Result<(), Failure> {
    let settings = &app.settings;
    tracing::info!(url = %settings.public_url.join("/"), address = %settings.address, port = settings.port, "starting");
    if !settings.login.required {
        output::note(&format!("OAuth Client Helper: {} (no login, this machine only)", settings.public_url.join("/")));
    } else if io::stderr().is_terminal() && app.store.is_open() {
        let code = login::new_code(app).await?;
        output::note(&format!(
            "\nOAuth Client Helper\n\n  Open  {}\n\n  The link logs you in once, within ten minutes. For another one: \
             oauth-helper login-code\n  The operator's token is in {}\n",
            login_code::link(app, code.expose()),
            app.data_folder.file(LOGIN_TOKEN).display()
        ));
    } else {
        tracing::info!(
            "to log in, run `oauth-helper login-code` (in a container: docker compose exec oauth-helper \
                        oauth-helper login-code)"
        );
    }
    Ok(())
}

/// A server of our own for as long as an authorization needs one.
#[derive(Debug)]
pub struct Background(Option<(Shutdown, JoinHandle<()>)>);

const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// How long a browser is given to fetch what the result page links to.
const LAST_REQUESTS: Duration = Duration::from_secs(1);
/// How long a browser is waited for that may not come back at all.
const RESULT_PAGE: Duration = Duration::from_secs(5);

impl Background {
    /// Stops once the browser has shown the result, so that the person does not end at an error.
    pub async fn stop_after_result(self, app: &App) {
        if let Some((shutdown, task)) = self.0 {
            if tokio::time::timeout(RESULT_PAGE, app.result_shown.notified()).await.is_ok() {
                tokio::time::sleep(LAST_REQUESTS).await;
            }
            shutdown.notify();
            let _ = task.await;
        }
    }

    /// Waits until the server has stopped of its own accord: Ctrl-C reaches it first.
    pub async fn stopped(&mut self) {
        match &mut self.0 {
            Some((_, task)) => drop(task.await),
            None => std::future::pending().await,
        }
    }
}

/// Starts the web app in this process unless something listens at its address already.
pub async fn in_background_unless_running(app: &App) -> Result<Background, Failure> {
    if is_listening(&app.settings) {
        return Ok(Background(None));
    }
    app.settings.check_for_serving()?;
    app.login_token().map_err(crate::app::OpenError::from)?;
    let rocket = web::ignite(app.clone(), listener(app)?).await.map_err(|error| Failure::Serve(error.to_string()))?;
    let shutdown = rocket.shutdown();
    let task = tokio::spawn(async move {
        if let Err(error) = web::serve(rocket).await {
            tracing::error!("{error}");
        }
    });
    // A link that is followed at once must not come back to a closed port.
    while !is_listening(&app.settings) && !task.is_finished() {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Ok(Background(Some((shutdown, task))))
}

pub fn is_listening(settings: &Settings) -> bool {
    TcpStream::connect_timeout(&near_end(settings), Duration::from_secs(1)).is_ok()
}

/// Where a program on this machine reaches the server.
pub fn near_end(settings: &Settings) -> SocketAddr {
    let address = match settings.address {
        IpAddr::V4(address) if address.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(address) if address.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        address => address,
    };
    SocketAddr::new(address, settings.port)
}
