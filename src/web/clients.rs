//! Creating, showing, editing and deleting a client.

use super::client_form::{ClientForm, FieldErrors, Intent, SecretChange};
use super::discovery::suggested_name;
use super::errors::PageError;
use super::guards::{Operator, Submitted};
use super::page::{self, Html, Renderer};
use super::pages::{ClientPage, DeleteClient, EditClient};
use super::{client_page, events, home, presets};
use crate::app::App;
use crate::flows::clients::{self, Revocation};
use crate::flows::{self, grants, registration, status};
use crate::oauth::definition::{Definition, Invalid};
use crate::oauth::name::ClientName;
use crate::registry::{self, Client, Version, keep_secrets};
use rocket::http::Status;
use rocket::response::{Flash, Redirect};
use rocket::{Responder, State};

/// A form was good, or comes back with everything that was typed.
#[derive(Debug, Responder)]
pub enum Saved {
    Done(Box<Flash<Redirect>>),
    Again(Html),
}

impl Saved {
    fn to(app: &App, client: &Client, said: &str) -> Self {
        Saved::Done(Box::new(page::done(app, &format!("/clients/{}", client.name), said)))
    }
}

#[rocket::get("/clients/new?<from>&<preset>")]
pub async fn new(
    app: &State<App>,
    _who: Operator,
    view: Renderer<'_>,
    from: Option<&str>,
    preset: Option<&str>,
) -> Result<Html, PageError> {
    let preset = preset.and_then(|id| app.presets.get(id));
    let form = match (from.and_then(|name| name.parse().ok()), preset) {
        (Some(name), _) => copy_of(&app.client(&name).await?),
        (None, Some(preset)) => {
            ClientForm::from_json(&preset.definition()).named(&suggested_name(app, &preset.id).await?)
        }
        (None, None) => ClientForm::blank(),
    };
    view.page(&blank_page(app, &form, FieldErrors::default()))
}

/// Everything but the secret, which belongs to the original's client ID.
fn copy_of(client: &Client) -> ClientForm {
    let json = client.definition.without_secrets().to_json().unwrap_or_default();
    ClientForm::from_json(&json).named(&format!("{}-copy", client.name))
}

pub(super) fn blank_page(app: &App, form: &ClientForm, errors: FieldErrors) -> EditClient {
    let preset = form.preset().and_then(|id| app.presets.get(id));
    let redirect_uri = app.settings.redirect_url.to_string();
    EditClient {
        form: form.view_asking(preset.map_or(&[], |preset| &preset.vars), &errors),
        preset: preset
            .map(|preset| presets::knowledge(preset, &form.vars(), form.redirect_uri().unwrap_or(&redirect_uri))),
        redirect_uri,
        ..EditClient::default()
    }
}

#[rocket::post("/clients", data = "<submitted>")]
pub async fn create(
    app: &State<App>,
    _who: Operator,
    view: Renderer<'_>,
    submitted: Submitted,
) -> Result<Saved, PageError> {
    let (form, intent) = ClientForm::from_pairs(submitted.0);
    if intent == Intent::EditRows {
        return Ok(Saved::Again(view.page(&blank_page(app, &form, FieldErrors::default()))?));
    }
    let result = match parsed(app, &form) {
        Ok((name, definition)) => clients::create(app, name, definition).await.map_err(Refusal::from),
        Err(errors) => Err(Refusal::Form(errors)),
    };
    match result {
        Ok(client) => Ok(Saved::to(app, &client, "Created. Next: authorize it.")),
        Err(refusal) => {
            let (status, errors) = refusal.into_errors()?;
            Ok(Saved::Again(view.with_status(status, &blank_page(app, &form, errors))?))
        }
    }
}

#[rocket::get("/clients/<name>")]
pub async fn show(app: &State<App>, _who: Operator, name: ClientName, view: Renderer<'_>) -> Result<Html, PageError> {
    let client = app.client(&name).await?;
    let grants = grants::of(app, &client).await?;
    let first = status::first_token(app, &client).await?;
    let page = client_page::of(app, &client, &grants, first.as_ref());
    let registered = registration::of(app, &client).await?.is_some();
    let page = ClientPage { events: events::of_client(app, &name).await?, registered, ..page };
    Ok(view.page(&page)?.leading_to([client.definition.authorize.url.as_str()]))
}

#[rocket::get("/clients/<name>/edit")]
pub async fn edit(app: &State<App>, _who: Operator, name: ClientName, view: Renderer<'_>) -> Result<Html, PageError> {
    let client = app.client(&name).await?;
    app.registry.writable(&name)?;
    let json = client.definition.without_secrets().to_json().unwrap_or_default();
    let form = ClientForm::from_json(&json).named(name.as_str()).based_on(&client.version().to_string());
    let form = form.with_stored_secrets(&client.definition);
    view.page(&edit_page(app, &client, &form, FieldErrors::default()))
}

fn edit_page(app: &App, client: &Client, form: &ClientForm, errors: FieldErrors) -> EditClient {
    EditClient { editing: Some(client.name.to_string()), ..blank_page(app, form, errors) }
}

#[rocket::post("/clients/<name>", data = "<submitted>")]
pub async fn update(
    app: &State<App>,
    _who: Operator,
    name: ClientName,
    view: Renderer<'_>,
    submitted: Submitted,
) -> Result<Saved, PageError> {
    let client = app.client(&name).await?;
    let (form, intent) = ClientForm::from_pairs(submitted.0);
    let form = form.with_stored_secrets(&client.definition);
    if intent == Intent::EditRows {
        return Ok(Saved::Again(view.page(&edit_page(app, &client, &form, FieldErrors::default()))?));
    }
    match save(app, &client, &form).await {
        Ok(changed) => Ok(Saved::to(app, &changed, "Saved. Its tokens stay.")),
        Err(refusal) => {
            let (status, errors) = refusal.into_errors()?;
            Ok(Saved::Again(view.with_status(status, &edit_page(app, &client, &form, errors))?))
        }
    }
}

async fn save(app: &App, client: &Client, form: &ClientForm) -> Result<Client, Refusal> {
    let (new_name, mut definition) = parsed(app, form).map_err(Refusal::Form)?;
    let mut stored = Definition::clone(&client.definition);
    for (path, secret) in stored.secrets_mut() {
        if form.secret_change(path) == SecretChange::Remove {
            *secret = None;
        }
    }
    keep_secrets(&stored, &mut definition);
    let base = Some(form.base_version()).filter(|text| !text.is_empty()).and_then(|text| text.parse::<Version>().ok());
    Ok(clients::update(app, &client.name, new_name, definition, base.as_ref()).await?)
}

/// The name and the definition that a form makes, or every problem it has.
fn parsed(app: &App, form: &ClientForm) -> Result<(ClientName, Definition), FieldErrors> {
    let name = form.name().parse::<ClientName>().map_err(|error| FieldErrors::one("name", error.to_string()));
    let definition = form.definition_json().and_then(|json| app.presets.read(json).map_err(errors_of));
    match (name, definition) {
        (Ok(name), Ok(definition)) => Ok((name, definition)),
        (name, definition) => {
            let all = [name.err(), definition.err()].into_iter().flatten().flat_map(|FieldErrors(errors)| errors);
            Err(FieldErrors(all.collect()))
        }
    }
}

fn errors_of(Invalid(errors): Invalid) -> FieldErrors {
    FieldErrors(errors.into_iter().map(|error| (error.path, error.message)).collect())
}

/// Why a form was not saved.
enum Refusal {
    Form(FieldErrors),
    Flow(flows::Error),
}

impl From<flows::Error> for Refusal {
    fn from(error: flows::Error) -> Self {
        Refusal::Flow(error)
    }
}

impl Refusal {
    /// What the form shows, or an error that has its own page.
    fn into_errors(self) -> Result<(Status, FieldErrors), flows::Error> {
        match self {
            Refusal::Form(errors) => Ok((Status::UnprocessableEntity, errors)),
            Refusal::Flow(flows::Error::Invalid(invalid)) => Ok((Status::UnprocessableEntity, errors_of(invalid))),
            Refusal::Flow(flows::Error::Registry(error @ registry::Error::Exists(_))) => {
                Ok((Status::Conflict, FieldErrors::one("name", error.to_string())))
            }
            Refusal::Flow(flows::Error::Registry(
                error @ (registry::Error::Changed(_) | registry::Error::Declared { .. }),
            )) => Ok((Status::Conflict, FieldErrors::one("", error.to_string()))),
            Refusal::Flow(error @ flows::Error::Registry(_)) => {
                Ok((Status::ServiceUnavailable, FieldErrors::one("", error.to_string())))
            }
            Refusal::Flow(error) => Err(error),
        }
    }
}

#[rocket::get("/clients/<name>/delete")]
pub async fn confirm_delete(
    app: &State<App>,
    _who: Operator,
    name: ClientName,
    view: Renderer<'_>,
) -> Result<Html, PageError> {
    let client = app.client(&name).await?;
    app.registry.writable(&name)?;
    let grants = grants::of(app, &client).await?;
    view.page(&DeleteClient {
        name: name.to_string(),
        accounts: grants.iter().map(|grant| grant.name.account.to_string()).collect(),
        can_revoke: client.definition.revoke.url.is_some() && !grants.is_empty(),
        registered: registration::of(app, &client).await?.is_some(),
        server: home::server(&client.definition),
    })
}

#[rocket::post("/clients/<name>/delete", data = "<submitted>")]
pub async fn delete(
    app: &State<App>,
    _who: Operator,
    name: ClientName,
    submitted: Submitted,
) -> Result<Flash<Redirect>, PageError> {
    let revocation = if submitted.get("revoke") == "true" { Revocation::Ask } else { Revocation::Skip };
    let registered = match submitted.get("unregister") {
        "true" => registration::of(app, &app.client(&name).await?).await?,
        _ => None,
    };
    let mut failed = Vec::new();
    for (grant, error) in clients::delete(app, &name, revocation).await? {
        failed.push(format!("{grant} could not be revoked at the server: {error}"));
    }
    if let Some(registered) = registered
        && let Err(error) = registration::end(app, registered).await
    {
        failed.push(error.to_string());
    }
    let home = page::to(app, "/");
    Ok(match failed.first() {
        None => Flash::success(home, format!("{name} and its tokens are deleted.")),
        Some(first) => Flash::error(home, format!("{name} is deleted, but {first}.")),
    })
}
