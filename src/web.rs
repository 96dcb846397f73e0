//! The web app: the whole routing table, and the program's server around it.

mod api;
mod api_keys;
mod assets;
mod audit;
mod authorizations;
mod callback;
mod claims;
pub mod client_form;
mod client_key;
mod client_page;
mod clients;
mod discovery;
mod edge;
mod errors;
mod events;
mod grant_row;
mod grants;
mod guards;
mod health;
mod home;
mod inspections;
mod legacy;
mod login;
mod metrics;
mod notifications;
mod page;
pub mod pages;
mod paging;
mod presets;
mod problem;
mod refusals;
mod registrations;
mod tls;
mod under_way;
mod unsolicited;

use crate::app::App;
use rocket::error::ErrorKind;
use rocket::figment::Figment;
use rocket::shield::Shield;
use rocket::{Build, Ignite, Rocket, Route, catchers, routes};
use std::io;
use std::time::Duration;
use under_way::UnderWay;

/// Every page and action, by who asks.
fn routes() -> Vec<Route> {
    routes![
        // The operator, in a browser.
        home::show,
        clients::new,
        discovery::fill_in,
        discovery::register,
        discovery::look,
        registrations::update,
        clients::create,
        clients::show,
        clients::edit,
        clients::update,
        clients::confirm_delete,
        clients::delete,
        presets::pick,
        grants::authorize,
        grants::ask_password,
        grants::give_password,
        unsolicited::ask,
        unsolicited::accept,
        grants::refresh,
        grants::revoke,
        client_key::generate,
        inspections::user_info,
        inspections::introspect,
        inspections::test,
        callback::paste,
        callback::pasted,
        api_keys::show,
        api_keys::create,
        api_keys::revoke,
        events::show,
        events::mark_read,
        events::stream,
        notifications::test,
        tls::show,
        tls::certificate,
        login::leave,
        // Whoever comes.
        login::show,
        login::enter,
        callback::query,
        callback::query_of,
        callback::posted,
        callback::posted_of,
        authorizations::show,
        health::healthz,
        health::readyz,
        metrics::show,
        assets::file,
        // The Python helper's addresses.
        legacy::add_client,
        legacy::client_detail,
        legacy::client_auth,
    ]
}

/// More than the ranks that Rocket gives by itself, -12 to -1, lie apart.
const BEFORE_PAGES: isize = 12;

/// For scripts, with an API key.
fn api() -> Vec<Route> {
    let calls = routes![
        api::tokens::token,
        api::tokens::header,
        api::tokens::attachment,
        api::tokens::rejected,
        api::grants::status,
        api::grants::refresh,
        api::grants::revoke,
        api::authorizations::begin,
        api::authorizations::progress,
        api::authorizations::pasted,
        api::authorizations::password,
        api::clients::list,
        api::clients::show,
        api::clients::put,
        api::clients::delete,
        api::discovery::find,
        api::discovery::look,
        api::discovery::follow,
        api::client_key::show,
        api::client_key::generate,
        api::events::stream,
        api::registrations::register,
        api::registrations::look,
        api::registrations::update,
        api::keys::list,
        api::keys::create,
        api::keys::revoke,
        api::openapi::describe,
    ];
    let mut routes: Vec<Route> = calls.into_iter().chain(api::proxy::routes()).collect();
    // Rocket tries one route after the other, and scripts ask far more often than people.
    routes.iter_mut().for_each(|route| route.rank -= BEFORE_PAGES);
    routes
}

/// The server, ready to launch. Behind a proxy the path prefix may or may not be stripped, so both are served.
fn build(app: App, figment: Figment) -> Result<Rocket<Build>, pages::RenderError> {
    let prefix = app.settings.public_url.prefix().to_owned();
    let pages = pages::Pages::new(&prefix)?;
    let under_way = UnderWay::default();
    let mut rocket = rocket::custom(figment)
        // Rocket's own headers would stand in the way of ours.
        .attach(Shield::new())
        .attach(under_way.clone())
        .attach(edge::Edge::new(&app.settings))
        .manage(under_way)
        .manage(pages)
        .manage(login::Attempts::default())
        .mount("/-", routes![refusals::misdirected, refusals::inert, refusals::elsewhere])
        .register("/", catchers![errors::catch]);
    let mut bases = vec![String::new()];
    bases.extend(Some(prefix).filter(|prefix| !prefix.is_empty()));
    for base in bases {
        let api_base = format!("{base}/api/v1");
        let root = if base.is_empty() { "/".to_owned() } else { base };
        rocket = rocket.mount(root, routes()).mount(api_base.clone(), api()).register(api_base, catchers![api::catch]);
    }
    Ok(rocket.manage(app))
}

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    #[error(transparent)]
    Pages(#[from] pages::RenderError),
    #[error("{0}")]
    Rocket(String),
    /// The program was told to end, and some requests took longer than the grace time.
    #[error("requests under way were cut off at the end of the grace time")]
    CutOff,
}

pub async fn ignite(app: App, figment: Figment) -> Result<Rocket<Ignite>, LaunchError> {
    build(app, figment)?.ignite().await.map_err(|error| LaunchError::Rocket(launch_error(&error)))
}

/// Serves until the process, or something else, tells it to stop; a request that is under way then is finished first.
pub async fn serve(rocket: Rocket<Ignite>) -> Result<(), LaunchError> {
    let (shutdown, under_way) = (rocket.shutdown(), rocket.state::<UnderWay>().cloned().unwrap_or_default());
    let grace = Duration::from_secs(rocket.config().shutdown.grace.into());
    let answered = async {
        shutdown.await;
        tokio::time::timeout(grace, under_way.done()).await.map_err(|_| LaunchError::CutOff)
    };
    let launched = async {
        match rocket.launch().await {
            // It may give up the moment it is told to end. What is under way goes on all the same.
            Err(error) if matches!(error.kind(), ErrorKind::Shutdown(..)) => std::future::pending().await,
            ended => ended.map(drop).map_err(|error| LaunchError::Rocket(launch_error(&error))),
        }
    };
    tokio::select! {
        ended = launched => ended,
        ended = answered => ended,
    }
}

/// What a person can do about it. Asking an error for its kind keeps Rocket from panicking when it is dropped.
fn launch_error(error: &rocket::Error) -> String {
    match error.kind() {
        ErrorKind::Bind(error) | ErrorKind::Io(error) => cannot_listen(error),
        other => format!("cannot start: {other}"),
    }
}

/// The same for the port alone.
pub fn cannot_listen(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "the port is in use; stop the other program, or choose another with OAUTHCLIENT_PORT".to_owned()
        }
        io::ErrorKind::PermissionDenied => {
            "the port needs more rights; choose one above 1023 with OAUTHCLIENT_PORT".to_owned()
        }
        _ => format!("cannot listen: {error}; check OAUTHCLIENT_ADDRESS and the certificates"),
    }
}
