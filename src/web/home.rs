//! All clients, by service, with the state of every grant.

use super::errors::PageError;
use super::guards::Operator;
use super::page::{Html, Renderer};
use super::pages::{Badge, ClientRow, GrantBadge, Home, ServiceGroup, words};
use super::paging::Paged;
use crate::app::App;
use crate::flows::status::{self, Status};
use crate::oauth::definition::Definition;
use crate::oauth::timestamp::Timestamp;
use crate::registry::Client;
use rocket::State;
use url::Url;

#[rocket::get("/?<q>&<page>")]
pub async fn show(
    app: &State<App>,
    _who: Operator,
    view: Renderer<'_>,
    q: Option<&str>,
    page: Option<usize>,
) -> Result<Html, PageError> {
    let query = q.unwrap_or_default().trim();
    let all = app.registry.list().await?;
    let mut clients: Vec<&Client> = all.iter().filter(|client| matches(client, query)).collect();
    // A client without a service comes last, under no title.
    clients.sort_by_key(|client| {
        let service = client.definition.service.to_lowercase();
        (service.is_empty(), service, client.name.clone())
    });
    let Paged { shown, page, pages, total } = Paged::of(clients, page);
    let mut states = status::by_client(app).await?;
    let mut groups: Vec<ServiceGroup> = Vec::new();
    for client in &shown {
        let row = row(client, &states.remove(&client.name).unwrap_or_default(), app.now());
        let title = &client.definition.service;
        match groups.last_mut().filter(|group| group.title == *title) {
            Some(group) => group.clients.push(row),
            None => groups.push(ServiceGroup { title: title.clone(), clients: vec![row] }),
        }
    }
    let redirect_uri = app.settings.redirect_url.to_string();
    let problems = app.registry.problems().iter().map(ToString::to_string).collect();
    let home = Home { query: query.to_owned(), page, pages, total, groups, problems, redirect_uri };
    let leads_to = shown.iter().map(|client| client.definition.authorize.url.as_str());
    Ok(view.page(&home)?.leading_to(leads_to))
}

/// Every word must occur in the name, the service or the server's host.
fn matches(client: &Client, query: &str) -> bool {
    let definition = &client.definition;
    let text = format!("{} {} {}", client.name, definition.service, server(definition)).to_lowercase();
    query.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

fn row(client: &Client, states: &[Status], now: Timestamp) -> ClientRow {
    let can_authorize = client.definition.needs_resource_owner();
    let badge = |status: &Status| GrantBadge {
        account: status.account.to_string(),
        state: Badge::of(status.state.as_str()),
        expiry: if status.is_there() { words::expiry(status.expires_at, now) } else { String::new() },
    };
    ClientRow {
        name: client.name.to_string(),
        server: server(&client.definition),
        grants: states.iter().filter(|status| status.is_there() || status.last_error.is_some()).map(badge).collect(),
        can_authorize,
        is_declared: client.declared_in.is_some(),
        urgent: can_authorize && !states.iter().any(|status| status.state.works()),
    }
}

/// The authorization server's host.
pub fn server(definition: &Definition) -> String {
    let known = [definition.issuer.as_deref(), Some(&definition.authorize.url), Some(&definition.token.url)];
    let host = |text: &str| Url::parse(text).ok()?.host_str().map(str::to_owned);
    known.into_iter().flatten().find_map(host).unwrap_or_default()
}
