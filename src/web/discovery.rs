//! Filling in a definition from a server's metadata, registering at the server, and reading its metadata again.

use super::client_form::{ClientForm, FieldErrors};
use super::clients::blank_page;
use super::errors::PageError;
use super::guards::{Operator, Submitted};
use super::page::{self, Html, Renderer};
use super::pages::words::sentence;
use super::pages::{DifferenceRow, Discovered, EditClient, Register};
use crate::app::App;
use crate::flows::discover::{self, Found};
use crate::flows::{self, rediscovery, registration};
use crate::oauth::metadata::Difference;
use crate::oauth::name::ClientName;
use crate::oauth::secret::Secret;
use crate::registry::{Client, Version};
use rocket::http::Status;
use rocket::response::{Flash, Redirect};
use rocket::{Responder, State};
use serde_json::Value;
use url::Url;

/// Something was done, or there is something to look at.
#[derive(Debug, Responder)]
pub enum Answer {
    Done(Box<Flash<Redirect>>),
    Page(Html),
}

/// Fills the form in from the URL of a server or of an API.
#[rocket::post("/clients/new", data = "<submitted>")]
pub async fn fill_in(
    app: &State<App>,
    _who: Operator,
    view: Renderer<'_>,
    submitted: Submitted,
) -> Result<Html, PageError> {
    let url = submitted.get("issuer").trim();
    match discover::find(&app.network, url).await {
        Ok(found) => {
            let name = suggested_name(app, url).await?;
            view.page(&filled(app, &found, url, &name, None))
        }
        Err(error) => nothing_found(app, &view, url, &error),
    }
}

fn filled(app: &App, found: &Found, url: &str, name: &str, error: Option<String>) -> EditClient {
    let form = ClientForm::from_json(&found.facts()).named(name);
    let host = |url: &Url| url.host_str().unwrap_or_default().to_owned();
    let register = found.metadata.registration_endpoint.as_ref().map(|endpoint| Register {
        issuer: url.to_owned(),
        name: name.to_owned(),
        server: host(endpoint),
        error,
    });
    EditClient { filled_from: Some(found.origin()), register, ..blank_page(app, &form, FieldErrors::default()) }
}

fn nothing_found(
    app: &App,
    view: &Renderer<'_>,
    url: &str,
    error: &discover::DiscoverError,
) -> Result<Html, PageError> {
    let page = EditClient {
        issuer: url.to_owned(),
        issuer_error: Some(error.to_string()),
        ..blank_page(app, &ClientForm::blank(), FieldErrors::default())
    };
    view.with_status(Status::UnprocessableEntity, &page)
}

/// The server's host, or a preset's id, as a name, unless that is taken.
pub(super) async fn suggested_name(app: &App, issuer: &str) -> Result<String, PageError> {
    let host = issuer.split("://").last().unwrap_or_default().split('/').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let Some(name) = ClientName::slug(host) else { return Ok(String::new()) };
    let taken = app.registry.get(&name).await?.is_some();
    Ok(if taken { String::new() } else { name.to_string() })
}

/// Registers the app and creates the client in one step.
#[rocket::post("/clients/register", data = "<submitted>")]
pub async fn register(
    app: &State<App>,
    _who: Operator,
    view: Renderer<'_>,
    submitted: Submitted,
) -> Result<Answer, PageError> {
    let (url, name) = (submitted.get("issuer").trim(), submitted.get("name").trim());
    let token = Some(submitted.get("initial_access_token").trim()).filter(|text| !text.is_empty()).map(Secret::new);
    let found = match discover::find(&app.network, url).await {
        Ok(found) => found,
        Err(error) => return Ok(Answer::Page(nothing_found(app, &view, url, &error)?)),
    };
    let error = match name.parse::<ClientName>() {
        Ok(named) => match registration::register(app, &found.metadata, named, found.facts(), token.as_ref()).await {
            Ok((client, warnings)) => return Ok(Answer::Done(Box::new(registered(app, &client, &warnings)))),
            Err(error) => told(&error),
        },
        Err(error) => sentence(&error.to_string()),
    };
    let page = filled(app, &found, url, name, Some(error));
    Ok(Answer::Page(view.with_status(Status::UnprocessableEntity, &page)?))
}

fn registered(app: &App, client: &Client, warnings: &[String]) -> Flash<Redirect> {
    let next = if client.definition.needs_resource_owner() { " Next: authorize it." } else { "" };
    let said = format!("Registered and created.{next} {}", warnings.join(" "));
    page::done(app, &format!("/clients/{}", client.name), said.trim_end())
}

pub(super) fn told(error: &flows::Error) -> String {
    let hint = error.hint().map(|hint| format!(" {hint}")).unwrap_or_default();
    format!("{}{hint}", sentence(&error.to_string()))
}

/// Shows what the server's metadata says otherwise; posted from there, takes over what was ticked.
#[rocket::post("/clients/<name>/discover", data = "<submitted>")]
pub async fn look(
    app: &State<App>,
    _who: Operator,
    name: ClientName,
    view: Renderer<'_>,
    submitted: Submitted,
) -> Result<Answer, PageError> {
    let client = app.client(&name).await?;
    let base = submitted.get("base_version");
    if !base.is_empty() {
        return Ok(Answer::Done(Box::new(take(app, &client, base, &submitted).await?)));
    }
    let page = Discovered {
        name: name.to_string(),
        issuer: client.definition.issuer.clone().unwrap_or_default(),
        base_version: client.version().to_string(),
        rows: match rediscovery::look(app, &client).await {
            Ok(differences) => differences.iter().map(row).collect(),
            Err(error) => {
                let page = page::to(app, &format!("/clients/{name}"));
                return Ok(Answer::Done(Box::new(Flash::error(page, told(&error)))));
            }
        },
    };
    Ok(Answer::Page(view.page(&page)?))
}

fn row(difference: &Difference) -> DifferenceRow {
    DifferenceRow {
        field: difference.field.clone(),
        label: difference.label().to_owned(),
        present: words(&difference.present),
        offered: words(&difference.offered),
        json: difference.offered.to_string(),
        proposed: difference.proposed,
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

async fn take(app: &App, client: &Client, base: &str, submitted: &Submitted) -> Result<Flash<Redirect>, PageError> {
    let set = |(name, json): &(String, String)| {
        Some((name.strip_prefix("set.")?.to_owned(), serde_json::from_str(json).ok()?))
    };
    let chosen: Vec<(String, Value)> = submitted.0.iter().filter_map(set).collect();
    let page = format!("/clients/{}", client.name);
    if chosen.is_empty() {
        return Ok(page::done(app, &page, "Nothing was ticked, so nothing is changed."));
    }
    let base = base.parse::<Version>().ok();
    Ok(match rediscovery::take(app, client, &chosen, base.as_ref()).await {
        Ok(_) => page::done(app, &page, "Saved what the server says. The tokens stay."),
        Err(error) => Flash::error(page::to(app, &page), told(&error)),
    })
}
