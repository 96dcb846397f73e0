//! The audit log: who did what from where. One line, under the target `audit`, for each request that may change something
//! or let somebody in, whatever came of it. It names routes and clients, never what was sent.

use rocket::Request;
use rocket::http::Method;

/// Whom a guard let in.
#[derive(Clone, Debug, Default)]
pub enum Who {
    #[default]
    Nobody,
    Operator,
    /// An API key, by its id.
    Key(String),
}

/// To be called by the guard that lets somebody in; the first call counts.
pub fn let_in(request: &Request<'_>, who: Who) {
    request.local_cache(|| who);
}

/// Whether an API key was shown, and was a good one.
pub fn is_by_key(request: &Request<'_>) -> bool {
    matches!(request.local_cache(Who::default), Who::Key(_))
}

pub fn note(request: &Request<'_>, id: &str, status: u16) {
    let Some(route) = request.route() else { return };
    let pattern = route.uri.path();
    let only_looks = matches!(request.method(), Method::Get | Method::Head | Method::Options);
    // `/auth_callback`, or with a name after it.
    let is_callback = pattern.rsplit('/').take(2).any(|part| part == "auth_callback");
    if only_looks && !is_callback {
        return;
    }
    let who = match request.local_cache(Who::default) {
        Who::Nobody => "nobody".to_owned(),
        Who::Operator => "operator".to_owned(),
        Who::Key(id) => format!("key {id}"),
    };
    let from = request.client_ip().map(|address| address.to_string());
    let action = format!("{} {pattern}", request.method());
    let client = named(pattern, request.uri().path().as_str());
    tracing::info!(target: "audit", request = id, who, from, action, client, status, "audit");
}

/// The client that the path names. Whatever is no name of a client is not repeated.
fn named(pattern: &str, path: &str) -> Option<String> {
    let mut pairs = pattern.split('/').zip(path.split('/'));
    let (_, text) = pairs.find(|(part, _)| *part == "<name>")?;
    let name: crate::oauth::name::ClientName = text.parse().ok()?;
    Some(name.to_string())
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn the_client_is_found_wherever_the_routes_are_mounted() {
        assert_eq!(named("/clients/<name>/delete", "/clients/mail/delete").as_deref(), Some("mail"));
        assert_eq!(named("/oauth/api/v1/clients/<name>", "/oauth/api/v1/clients/mail").as_deref(), Some("mail"));
        assert_eq!(named("/clients/<name>", "/clients/NOT%20A%20NAME"), None);
        assert_eq!(named("/login", "/login"), None);
    }
}
