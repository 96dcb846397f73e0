//! For containers and load balancers: is the program alive, and can it work?

use crate::app::App;
use rocket::State;
use rocket::http::Status;

#[rocket::get("/healthz")]
pub fn healthz() -> &'static str {
    "ok"
}

/// Names the part that is down, never why: the log says that.
#[rocket::get("/readyz")]
pub async fn readyz(app: &State<App>) -> (Status, &'static str) {
    if let Err(error) = app.store.ping().await {
        tracing::warn!(%error, "the store is not ready");
        return (Status::ServiceUnavailable, "store");
    }
    if let Err(error) = app.registry.list().await {
        tracing::warn!(%error, "the client definitions are not ready");
        return (Status::ServiceUnavailable, "clients");
    }
    (Status::Ok, "ok")
}
