//! For Prometheus: what was counted and timed.

use super::api::Caller;
use super::guards::Operator;
use super::problem::Problem;
use crate::app::App;
use crate::flows::api_keys::Verb;
use crate::flows::status;
use crate::metrics::MEDIA_TYPE;
use rocket::State;
use rocket::http::Header;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest, Request};

#[derive(Debug, rocket::Responder)]
pub struct Text {
    text: String,
    media_type: Header<'static>,
}

/// Without the store there is everything but the grants.
#[rocket::get("/metrics")]
pub async fn show(app: &State<App>, who: Result<Scraper, Problem>) -> Result<Text, Problem> {
    who?;
    let grants = status::all(app).await.unwrap_or_default();
    app.metrics.grants(grants.iter().map(|grant| grant.state.as_str()));
    let text = app.metrics.text().map_err(|error| {
        tracing::error!(%error, "no metrics");
        Problem::internal()
    })?;
    Ok(Text { text, media_type: Header::new("Content-Type", MEDIA_TYPE) })
}

/// Whoever may look: the operator, or an API key with `metrics:read`.
#[derive(Debug)]
pub struct Scraper;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Scraper {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Problem> {
        let has_key = request.headers().contains("Authorization");
        if !has_key && request.guard::<Operator>().await.is_success() {
            return Outcome::Success(Scraper);
        }
        let allowed = Caller::of(request).await.and_then(|caller| caller.may(Verb::MetricsRead));
        match allowed {
            Ok(()) => Outcome::Success(Scraper),
            Err(problem) => Outcome::Error((problem.status, problem)),
        }
    }
}
