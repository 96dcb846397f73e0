//! What is counted and timed, for Prometheus. No label holds the name of a client, an account or a server: how many series
//! there are depends on the program, not on what it is used for.

use prometheus::core::Collector;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder};
use std::sync::Arc;
use std::time::Duration;

/// The media type of [`Metrics::text`].
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Seconds. Pages and the store are quick; an authorization server has half a minute.
const QUICK: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5];
const SLOW: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Two instruments have one name, or a name is none: a mistake of ours.
#[derive(Debug, thiserror::Error)]
#[error("the metrics cannot be set up ({0}); reinstall the program")]
pub struct Error(#[from] prometheus::Error);

/// The instruments of one process; clones count together. The default has none and counts nothing, for a process that
/// nobody asks for them.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Option<Arc<Instruments>>);

#[derive(Debug)]
struct Instruments {
    registry: Registry,
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    token_request_seconds: HistogramVec,
    refreshes: IntCounterVec,
    events: IntCounterVec,
    store_seconds: HistogramVec,
    store_errors: IntCounterVec,
    grants: IntGaugeVec,
    notifications: IntCounterVec,
    notifications_waiting: IntGaugeVec,
}

impl Metrics {
    pub fn new() -> Result<Self, Error> {
        let registry = Registry::new_custom(Some("oauth_helper".to_owned()), None)?;
        let known = Known(&registry);
        known
            .gauge("build_info", "The version that runs.", &["version"])?
            .with_label_values(&[env!("CARGO_PKG_VERSION")])
            .set(1);
        Ok(Self(Some(Arc::new(Instruments {
            requests: known.counter("http_requests_total", "Requests answered.", &["method", "route", "status"])?,
            request_seconds: known.times("http_request_seconds", "Until the answer began.", &["route"], QUICK)?,
            token_request_seconds: known.times("token_request_seconds", "Token requests.", &["outcome"], SLOW)?,
            refreshes: known.counter("refreshes_total", "Refreshes and first tokens by outcome.", &["outcome"])?,
            events: known.counter("events_total", "Events that this process told.", &["event"])?,
            store_seconds: known.times("store_seconds", "Calls to the store.", &["verb"], QUICK)?,
            store_errors: known.counter("store_errors_total", "Calls that the store failed.", &["verb"])?,
            grants: known.gauge("grants", "Grants by state, of the whole store.", &["state"])?,
            notifications: known.counter(
                "notifications_total",
                "Attempts to tell a target, and events given up.",
                &["target", "outcome"],
            )?,
            notifications_waiting: known.gauge(
                "notifications_waiting",
                "Events that a target was not told yet.",
                &["target"],
            )?,
            registry,
        }))))
    }

    /// A request to this program. `route` is the pattern of the path, never the path itself.
    pub fn request(&self, method: &str, route: &str, status: u16, took: Duration) {
        let Some(known) = &self.0 else { return };
        known.requests.with_label_values(&[method, route, &status.to_string()]).inc();
        known.request_seconds.with_label_values(&[route]).observe(took.as_secs_f64());
    }

    /// A token request of ours; `outcome` is what the status says, or `unreachable`.
    pub fn token_request(&self, outcome: &str, took: Duration) {
        let Some(known) = &self.0 else { return };
        known.token_request_seconds.with_label_values(&[outcome]).observe(took.as_secs_f64());
    }

    pub fn refresh(&self, outcome: &str) {
        let Some(known) = &self.0 else { return };
        known.refreshes.with_label_values(&[outcome]).inc();
    }

    pub fn event(&self, kind: &str) {
        let Some(known) = &self.0 else { return };
        known.events.with_label_values(&[kind]).inc();
    }

    /// `outcome` is `delivered`, `failed` or `given_up`.
    pub fn notifications(&self, target: &str, outcome: &str, many: u64) {
        let Some(known) = &self.0 else { return };
        known.notifications.with_label_values(&[target, outcome]).inc_by(many);
    }

    pub fn waiting(&self, target: &str, many: usize) {
        let Some(known) = &self.0 else { return };
        let many = i64::try_from(many).unwrap_or(i64::MAX);
        known.notifications_waiting.with_label_values(&[target]).set(many);
    }

    pub fn store(&self, verb: &str, succeeded: bool, took: Duration) {
        let Some(known) = &self.0 else { return };
        known.store_seconds.with_label_values(&[verb]).observe(took.as_secs_f64());
        if !succeeded {
            known.store_errors.with_label_values(&[verb]).inc();
        }
    }

    /// How many grants there are in each state, counted anew.
    pub fn grants<'a>(&self, states: impl IntoIterator<Item = &'a str>) {
        let Some(known) = &self.0 else { return };
        known.grants.reset();
        for state in states {
            known.grants.with_label_values(&[state]).inc();
        }
    }

    /// Everything in the text format of Prometheus.
    pub fn text(&self) -> Result<String, Error> {
        let known = self.0.as_ref().map(|known| known.registry.gather()).unwrap_or_default();
        Ok(TextEncoder::new().encode_to_string(&known)?)
    }
}

/// Makes instruments that the registry knows.
struct Known<'a>(&'a Registry);

impl Known<'_> {
    fn counter(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec, Error> {
        self.keep(IntCounterVec::new(Opts::new(name, help), labels)?)
    }

    fn gauge(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntGaugeVec, Error> {
        self.keep(IntGaugeVec::new(Opts::new(name, help), labels)?)
    }

    fn times(&self, name: &str, help: &str, labels: &[&str], buckets: &[f64]) -> Result<HistogramVec, Error> {
        self.keep(HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets.to_vec()), labels)?)
    }

    fn keep<T: Collector + Clone + 'static>(&self, instrument: T) -> Result<T, Error> {
        self.0.register(Box::new(instrument.clone()))?;
        Ok(instrument)
    }
}
