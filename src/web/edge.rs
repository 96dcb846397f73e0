//! What happens to every request before routing and to every response on its way out.

use super::audit;
use crate::app::App;
use crate::settings::{Host, Hosts, Settings, Tls};
use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::uri::Origin;
use rocket::http::{Header, Method};
use rocket::{Data, Request, Response};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Paths that answer under every name of ours, since no browser with a cookie asks for them.
const MACHINES: [&str; 5] = ["/api/", "/healthz", "/readyz", "/metrics", "/static/"];

/// The policy of every other page: its forms lead to us.
macro_rules! csp {
    () => {
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
         base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    };
}

/// Host check, inert HEAD, security headers, and one line of log for each request.
#[derive(Debug)]
pub struct Edge {
    hosts: Hosts,
    prefix: String,
    has_tls: bool,
}

/// What is remembered of a request from its start to its response.
#[derive(Debug)]
pub struct Arrival {
    pub id: String,
    started: Instant,
    /// Path and query as they came, where a refusal replaced them.
    refused: Option<String>,
}

/// The id that a page, a log line and the `X-Request-Id` header name a request with.
pub fn arrival<'r>(request: &'r Request<'_>) -> &'r Arrival {
    request.local_cache(|| Arrival { id: new_id(), started: Instant::now(), refused: None })
}

/// Path and query as the browser sent them.
pub fn asked(request: &Request<'_>) -> String {
    arrival(request).refused.clone().unwrap_or_else(|| request.uri().to_string())
}

/// Counted from a random start and scrambled by one step of SplitMix64, which maps no two numbers to one: never twice in a
/// process, and it tells nothing of how many there were.
fn new_id() -> String {
    static NEXT: LazyLock<AtomicU64> = LazyLock::new(|| AtomicU64::new(getrandom::u64().unwrap_or_default()));
    let mut id = NEXT.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
    id = (id ^ (id >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    id = (id ^ (id >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    format!("{:016x}", id ^ (id >> 31))
}

impl Edge {
    pub fn new(settings: &Settings) -> Self {
        Self {
            hosts: settings.hosts(),
            prefix: settings.public_url.prefix().to_owned(),
            has_tls: settings.tls != Tls::Off,
        }
    }
}

#[rocket::async_trait]
impl Fairing for Edge {
    fn info(&self) -> Info {
        Info { name: "edge", kind: Kind::Request | Kind::Response }
    }

    /// A fairing cannot answer, so a refused request is sent to a route that does (see [`super::refusals`]).
    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        let path = request.uri().path().as_str();
        let path = path.strip_prefix(&self.prefix).unwrap_or(path);
        let machine = MACHINES.iter().any(|known| path.starts_with(known));
        let refusal = match self.hosts.verdict(request.headers().get_one("host")) {
            Host::Foreign => Some("/-/misdirected"),
            // The session's cookie belongs to the public name.
            Host::Ours if !machine && request.method() == Method::Get => Some("/-/elsewhere"),
            // Rocket runs GET handlers for HEAD; a link checker must not use up a callback.
            _ if request.method() == Method::Head && !machine => Some("/-/inert"),
            _ => None,
        };
        let (id, started) = (new_id(), Instant::now());
        request.local_cache(|| Arrival { id, started, refused: refusal.map(|_| request.uri().to_string()) });
        if let Some(refusal) = refusal {
            request.set_method(Method::Get);
            request.set_uri(Origin::parse(refusal).unwrap_or(Origin::ROOT));
        }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let arrival = arrival(request);
        harden(response, audit::is_by_key(request));
        // HSTS, which Rocket then sends, holds for every port of a host: on localhost it would break the neighbours.
        if self.has_tls {
            response.remove_header("Strict-Transport-Security");
        }
        response.set_header(Header::new("X-Request-Id", arrival.id.clone()));
        // The route, not the path: a mistyped callback may carry a code anywhere.
        let route = request.route().map_or("-", |route| route.uri.as_str());
        let (status, took) = (response.status().code, arrival.started.elapsed());
        if let Some(app) = request.rocket().state::<App>() {
            app.metrics.request(request.method().as_str(), route, status, took);
        }
        audit::note(request, &arrival.id, status);
        tracing::info!(
            request = arrival.id.as_str(),
            method = request.method().as_str(),
            route,
            status,
            ms = took.as_millis() as u64,
            "request"
        );
    }
}

/// What every response says of itself. A handler that set its own header keeps it.
const FOR_ALL: [(&str, &str); 3] =
    [("Content-Security-Policy", csp!()), ("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store")];

/// What tells a browser how to treat a document. No browser sends an API key by itself, so whoever did is none.
const FOR_BROWSERS: [(&str, &str); 5] = [
    ("X-Frame-Options", "DENY"),
    // `no-referrer` would make browsers send `Origin: null` with our own forms.
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

fn harden(response: &mut Response<'_>, is_by_key: bool) {
    let for_browsers = FOR_BROWSERS.iter().filter(|_| !is_by_key);
    for (name, value) in FOR_ALL.iter().chain(for_browsers) {
        // A handler sets few, so they are looked through: Rocket's look-up costs more than that.
        if !response.headers().iter().any(|own| own.name() == *name) {
            response.set_raw_header(*name, *value);
        }
    }
}

/// The policy of a page whose form leads to `origins`: browsers apply `form-action` to redirects too, and an
/// authorization server redirects further, so every https origin is allowed.
pub fn csp_with_forms_to(origins: &[String]) -> Header<'static> {
    let more: String = origins.iter().map(|origin| format!(" {origin}")).collect();
    Header::new("Content-Security-Policy", format!("{} https:{more}", csp!()))
}
