//! Where [`super::edge`] sends requests that must not reach a page. Asked for directly, these paths say the same.

use super::edge;
use crate::app::App;
use rocket::State;
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome, Request};
use rocket::response::Redirect;

#[rocket::get("/misdirected")]
pub fn misdirected() -> Status {
    Status::MisdirectedRequest
}

#[rocket::get("/inert")]
pub fn inert() -> Status {
    Status::MethodNotAllowed
}

/// The same page under the public URL, where the session's cookie is.
#[rocket::get("/elsewhere")]
pub fn elsewhere(app: &State<App>, asked: Asked) -> Redirect {
    let public = &app.settings.public_url;
    let path = asked.0.strip_prefix(public.prefix()).unwrap_or(&asked.0);
    let path = if path.starts_with("/-/") { "/" } else { path };
    Redirect::temporary(public.join(path))
}

/// Path and query as the browser sent them.
#[derive(Debug)]
pub struct Asked(String);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Asked {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        Outcome::Success(Asked(edge::asked(request)))
    }
}
