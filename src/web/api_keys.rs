//! The page of the HTTP API's keys. A new key is in the answer to its form and nowhere else.

use super::errors::PageError;
use super::guards::{Operator, Submitted};
use super::page::{self, Html, Renderer};
use super::pages::{ApiKeyForm, ApiKeyRow, ApiKeys, Lifetime, MadeKey, Snippet, VerbBox, words};
use crate::app::App;
use crate::flows::api_keys::{self, ApiKey, Verb, Wanted};
use crate::oauth::name::ClientName;
use crate::oauth::secret::Secret;
use crate::oauth::timestamp::Timestamp;
use rocket::State;
use rocket::http::Status;
use rocket::response::{Flash, Redirect};

/// Days, and how one says them. The first is proposed.
const LIVES: [(&str, &str); 4] = [("90", "90 days"), ("30", "30 days"), ("365", "a year"), ("", "until it is revoked")];
const LONGEST_LABEL: usize = 100;
const DAY_S: i64 = 86_400;

#[rocket::get("/api-keys")]
pub async fn show(app: &State<App>, _who: Operator, view: Renderer<'_>) -> Result<Html, PageError> {
    view.page(&ApiKeys { keys: rows(app).await?, made: None, form: blank() })
}

#[rocket::post("/api-keys", data = "<submitted>")]
pub async fn create(
    app: &State<App>,
    _who: Operator,
    view: Renderer<'_>,
    submitted: Submitted,
) -> Result<Html, PageError> {
    let (wanted, form) = read(app, &submitted).await?;
    let Some(wanted) = wanted else {
        let page = ApiKeys { keys: rows(app).await?, made: None, form };
        return view.with_status(Status::UnprocessableEntity, &page);
    };
    let (key, text) = api_keys::create(app, wanted).await?;
    view.page(&ApiKeys { keys: rows(app).await?, made: Some(made(app, &key, &text)), form: blank() })
}

#[rocket::post("/api-keys/<id>/revoke", data = "<_form>")]
pub async fn revoke(
    app: &State<App>,
    _who: Operator,
    id: &str,
    _form: Submitted,
) -> Result<Flash<Redirect>, PageError> {
    let said = match api_keys::revoke(app, id).await? {
        true => "The key is revoked, and worthless from now on, with those that it made.",
        false => "The key was revoked already.",
    };
    Ok(page::done(app, "/api-keys", said))
}

/// What a form asks for, unless something is wrong with it; and the form as it is shown again.
async fn read(app: &App, submitted: &Submitted) -> Result<(Option<Wanted>, ApiKeyForm), PageError> {
    let ticked: Vec<&str> = submitted.0.iter().filter(|(name, _)| name == "verb").map(|(_, verb)| &**verb).collect();
    let mut form = form(&submitted.0, &ticked);
    let verbs: Vec<Verb> = ticked.iter().filter_map(|text| text.parse().ok()).collect();
    let (clients, unknown) = clients(app, &form.clients).await?;
    form.label_error = match form.label.chars().count() {
        0 => Some("Say what the key is for, so that you know later what ends with it.".to_owned()),
        1..=LONGEST_LABEL => None,
        _ => Some(format!("Use at most {LONGEST_LABEL} characters.")),
    };
    form.clients_error = unknown.map(|name| format!("There is no client named `{name}`."));
    form.verbs_error = verbs.is_empty().then(|| "Tick what the key may do.".to_owned());
    if form.label_error.is_some() || form.clients_error.is_some() || form.verbs_error.is_some() {
        return Ok((None, form));
    }
    let days = submitted.get("expires").parse().ok().filter(|days| (1..=36_500).contains(days));
    let expires_at = days.map(|days: i64| app.now() + days * DAY_S);
    Ok((Some(Wanted { label: form.label.clone(), clients, verbs, expires_at }), form))
}

/// The clients that are named, and the first name that is none.
async fn clients(app: &App, names: &str) -> Result<(Vec<ClientName>, Option<String>), PageError> {
    let mut clients = Vec::new();
    for name in names.split([' ', ',']).filter(|name| !name.is_empty()) {
        match name.parse::<ClientName>() {
            Ok(client) if app.registry.get(&client).await?.is_some() => clients.push(client),
            _ => return Ok((clients, Some(words::cut(name, 63)))),
        }
    }
    Ok((clients, None))
}

fn blank() -> ApiKeyForm {
    form(&[], &[Verb::TokenRead.as_str()])
}

fn form(typed: &[(String, String)], ticked: &[&str]) -> ApiKeyForm {
    let text = |name: &str| typed.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim());
    let verb = |verb: Verb| {
        let name = verb.as_str();
        VerbBox { name, meaning: verb.meaning(), checked: ticked.contains(&name) }
    };
    let life = |(days, label)| Lifetime { days, label, selected: days == text("expires") && !typed.is_empty() };
    ApiKeyForm {
        label: text("label").to_owned(),
        clients: text("clients").to_owned(),
        verbs: Verb::ALL.into_iter().map(verb).collect(),
        lives: LIVES.into_iter().map(life).collect(),
        ..ApiKeyForm::default()
    }
}

async fn rows(app: &App) -> Result<Vec<ApiKeyRow>, PageError> {
    let now = app.now();
    Ok(api_keys::list(app).await?.iter().map(|key| row(key, now)).collect())
}

fn row(key: &ApiKey, now: Timestamp) -> ApiKeyRow {
    let names: Vec<&str> = key.clients.iter().map(ClientName::as_str).collect();
    ApiKeyRow {
        id: key.id.clone(),
        label: key.label.clone(),
        clients: if names.is_empty() { "all clients".to_owned() } else { names.join(", ") },
        verbs: key.verbs.iter().map(|verb| verb.as_str()).collect(),
        created: created(key, now),
        expires: words::expiry(key.expires_at, now),
        ended: key.has_ended(now),
        last_used: key.last_used_at.map_or_else(|| "never".to_owned(), |used| words::ago(used, now)),
    }
}

fn created(key: &ApiKey, now: Timestamp) -> String {
    let ago = words::ago(key.created_at, now);
    match &key.made_by {
        None => ago,
        Some(maker) => format!("{ago} by the key {maker}"),
    }
}

fn made(app: &App, key: &ApiKey, text: &Secret) -> MadeKey {
    let path = match key.clients.first() {
        Some(client) if key.may(Verb::TokenRead) => format!("/api/v1/clients/{client}/token"),
        _ => "/api/v1/openapi.json".to_owned(),
    };
    let url = words::shell_word(&app.settings.public_url.join(&path));
    let line = format!("printf 'Authorization: Bearer %s' \"$(cat FILE)\" | curl -sS -H @- {url}");
    let snippet = Snippet { title: "With the key in a file of yours", text: line };
    MadeKey { label: key.label.clone(), text: text.expose().to_owned(), snippets: vec![snippet] }
}
