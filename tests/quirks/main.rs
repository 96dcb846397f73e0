//! One row for each way in which real authorization servers deviate from the RFC: the whole story passes with a
//! definition that is data alone, and a server that is as strict as the one it plays sees no violation.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod advice;
mod examples;
mod proofs;
mod simulator;

use oauth_client_helper::app::App;
use oauth_client_helper::flows::authorization_code::{self, Binding, Outcome, unsolicited};
use oauth_client_helper::flows::authorize::{self, Begun, Way};
use oauth_client_helper::flows::{device, inspect, login, token};
use oauth_client_helper::oauth::authorization_response::AuthorizationResponse;
use oauth_client_helper::oauth::definition::{CallbackMethod, Definition, StatePolicy};
use oauth_client_helper::oauth::name::GrantName;
use oauth_client_helper::oauth::timestamp::Timestamp;
use oauth_client_helper::settings::{Settings, Surroundings};
use proofs::KEY;
use rocket::figment::Figment;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use simulator::{Authorization, Exchange, Pairs, Simulator};
use std::net::{Ipv4Addr, TcpListener};
use tempfile::TempDir;

/// A deviation: what the definition says, what the server wants, what a script gets in the end.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Row {
    quirk: String,
    /// Laid over the plain definition.
    definition: Value,
    /// Absent: the client asks in its own name.
    authorization: Option<Authorization>,
    exchanges: Vec<Exchange>,
    /// The header (or query parameter) that carries the first token.
    attached: Pairs,
    lifetime: Option<Lifetime>,
    /// What carries the token after a refresh; absent: there is none.
    refreshed: Option<Pairs>,
    #[serde(default)]
    captured: Pairs,
    /// `token.NAME` of each further token.
    #[serde(default)]
    extra: Pairs,
    /// What the program says instead of giving a token.
    refused: Option<String>,
    /// The call of the API that tests the first token.
    probe: Option<Exchange>,
}

/// How long the first token lives; `null`: no end is known.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
enum Lifetime {
    Seconds(i64),
    /// RFC 3339.
    Until(String),
}

fn rows() -> Vec<Row> {
    let text = include_str!("rows.json");
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn every_deviation_is_told_to_the_program_as_data() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let mut failures = Vec::new();
    let rows = rows();
    assert!(rows.len() >= 40, "only {} rows", rows.len());
    for row in rows {
        let quirk = row.quirk.clone();
        if let Err(why) = play(row).await {
            failures.push(format!("{quirk}: {why}"));
        }
    }
    assert!(failures.is_empty(), "{} rows failed:\n{}", failures.len(), failures.join("\n"));
}

/// Plays one row to its end, with a plain client that deviates in what the row says.
async fn play(row: Row) -> Result<(), String> {
    let mut definition = plain();
    lay_over(&mut definition, &row.definition);
    play_whole(Row { definition, ..row }).await
}

/// The same with the row's definition as it stands.
async fn play_whole(row: Row) -> Result<(), String> {
    let simulator = Simulator::default();
    let (base, server) = serve(simulator.clone()).await;
    let row = row.at(&base);
    simulator.expect(row.script());
    let folder = TempDir::new().unwrap();
    let app = open(&folder).await;
    let result = tell(&app, &simulator, &row).await;
    server.notify();
    let told = simulator.violations().into_iter().chain(result.err()).collect::<Vec<_>>();
    if told.is_empty() { Ok(()) } else { Err(told.join("; ")) }
}

async fn tell(app: &App, simulator: &Simulator, row: &Row) -> Result<(), String> {
    let definition = Definition::from_json(row.definition.clone()).map_err(|error| error.to_string())?;
    let client = app.registry.create("quirk".parse().unwrap(), definition).await.map_err(|error| error.to_string())?;
    let name: GrantName = "quirk".parse().unwrap();
    if let Some(wanted) = &row.authorization {
        match (authorize(app, simulator, &name, wanted).await, &row.refused) {
            (Err(said), Some(wanted)) if said.contains(wanted) => return Ok(()),
            (Ok(()), Some(wanted)) => return Err(format!("it was not refused with {wanted}")),
            (result, _) => result?,
        }
    } else if client.definition.needs_resource_owner() {
        on_another_device(app, &name).await?;
    }
    let (client, grant) = token::current(app, &name, 60).await.map_err(|error| format!("{error} ({client:?})"))?;
    let (header, value) = token::attached(&client.definition, &grant).map_err(|error| error.to_string())?;
    same("attached", &row.attached, &Pairs::from([(header, value)]))?;
    if !fits(row.lifetime.as_ref(), grant.tokens.expires_at, app.now()) {
        return Err(format!("lifetime: wanted {:?}, got {:?}", row.lifetime, grant.tokens.expires_at));
    }
    let captured =
        grant.captured.iter().chain(&grant.tokens.captured).map(|(name, value)| (name.clone(), value.clone()));
    same("captured", &row.captured, &captured.collect())?;
    let extra = grant.tokens.extra.iter().map(|(name, token)| (name.clone(), token.expose().to_owned()));
    same("extra", &row.extra, &extra.collect())?;
    if row.probe.is_some() {
        inspect::test(app, &name).await.map_err(|error| error.to_string())?;
    }
    if let Some(wanted) = &row.refreshed {
        let (client, grant) = token::refreshed(app, &name).await.map_err(|error| error.to_string())?;
        let (header, value) = token::attached(&client.definition, &grant).map_err(|error| error.to_string())?;
        same("refreshed", wanted, &Pairs::from([(header, value)]))?;
    }
    Ok(())
}

async fn authorize(app: &App, simulator: &Simulator, name: &GrantName, wanted: &Authorization) -> Result<(), String> {
    let started = authorization_code::start(app, name, Binding::Terminal).await.map_err(|error| error.to_string())?;
    let callback = simulator.authorize(&started.url, wanted);
    let client = app.client(&name.client).await.map_err(|error| error.to_string())?;
    if client.definition.callback.state_policy == StatePolicy::Unsolicited {
        return accept(app, name, &callback).await;
    }
    let response = AuthorizationResponse::from_pairs(callback).map_err(|error| error.to_string())?;
    let method = if wanted.method.as_deref() == Some("POST") { CallbackMethod::Post } else { CallbackMethod::Get };
    let response = response.by(method);
    let id = authorization_code::finish(app, response, None, None).await.map_err(|error| error.to_string())?;
    settled(app, &id).await
}

/// The operator presses the button on the page of a code that brought no state.
async fn accept(app: &App, name: &GrantName, callback: &[(String, String)]) -> Result<(), String> {
    let (cookie, _) = login::open_session(app).await.map_err(|error| error.to_string())?;
    let id = unsolicited::keep(app, &name.client, callback, Some(cookie.expose())).await;
    let id = id.map_err(|error| error.to_string())?.ok_or("no code without a state is taken")?;
    let id = unsolicited::accept(app, &id, name.clone(), cookie.expose()).await.map_err(|error| error.to_string())?;
    settled(app, &id).await
}

async fn on_another_device(app: &App, name: &GrantName) -> Result<(), String> {
    let begun = authorize::begin(app, name, Binding::Terminal, Way::AsDefined).await;
    let Begun::Device(id, _) = begun.map_err(|error| error.to_string())? else { return Err("not a device".to_owned()) };
    device::watch(app, &id).await.unwrap().map_err(|error| error.to_string())?;
    settled(app, &id).await
}

async fn settled(app: &App, id: &str) -> Result<(), String> {
    match authorization_code::result(app, id).await.map_err(|error| error.to_string())?.map(|settled| settled.outcome) {
        Some(Outcome::Failed { said, .. }) => Err(said),
        Some(_) => Ok(()),
        None => Err("the authorization has no result".to_owned()),
    }
}

fn fits(wanted: Option<&Lifetime>, end: Option<Timestamp>, now: Timestamp) -> bool {
    match (wanted, end) {
        (None, None) => true,
        (Some(Lifetime::Seconds(seconds)), Some(end)) => (now.seconds_until(end) - seconds).abs() <= 5,
        (Some(Lifetime::Until(date)), Some(end)) => Timestamp::parse_rfc3339(date) == Some(end),
        _ => false,
    }
}

fn same(what: &str, wanted: &Pairs, got: &Pairs) -> Result<(), String> {
    if wanted == got { Ok(()) } else { Err(format!("{what}: wanted {wanted:?}, got {got:?}")) }
}

impl Row {
    /// The row with the simulator's address for `{base}`, and the port alone for `{port}`.
    fn at(self, base: &str) -> Self {
        let text = serde_json::to_string(&self).unwrap();
        let (_, port) = base.rsplit_once(':').unwrap();
        let text = text.replace("{base}", base).replace("{port}", port).replace("{pem}", &KEY.replace('\n', "\\n"));
        serde_json::from_str(&text).unwrap()
    }

    /// The requests in their order. The first token is tested before it is refreshed.
    fn script(&self) -> Vec<Exchange> {
        let (first, refresh) = match &self.refreshed {
            Some(_) => self.exchanges.split_at(self.exchanges.len() - 1),
            None => (&self.exchanges[..], &[][..]),
        };
        first.iter().chain(&self.probe).chain(refresh).cloned().collect()
    }
}

/// A plain client of the simulator.
fn plain() -> Value {
    json!({
        "client_id": "ID", "client_secret": "SECRET&+", "scopes": ["a:read", "b:write"],
        "authorize": {"url": "{base}/authorize"}, "token": {"url": "{base}/token"}
    })
}

fn lay_over(json: &mut Value, change: &Value) {
    match (json, change) {
        (Value::Object(fields), Value::Object(changes)) => {
            for (name, change) in changes {
                lay_over(fields.entry(name.clone()).or_insert(Value::Null), change);
            }
        }
        (json, change) => *json = change.clone(),
    }
}

async fn serve(simulator: Simulator) -> (String, rocket::Shutdown) {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let figment = Figment::from(rocket::Config::default()).merge(("port", port)).merge(("log_level", "off"));
    let (up, ready) = tokio::sync::oneshot::channel();
    let up = std::sync::Mutex::new(Some(up));
    let rocket = rocket::custom(figment)
        .manage(simulator)
        .mount("/", rocket::routes![simulator::post_any, simulator::get_any])
        .attach(rocket::fairing::AdHoc::on_liftoff("up", move |_| {
            let up = up.lock().unwrap().take();
            Box::pin(async move { up.map(|up| up.send(())).map_or((), drop) })
        }))
        .ignite()
        .await
        .unwrap();
    let shutdown = rocket.shutdown();
    tokio::spawn(rocket.launch());
    ready.await.unwrap();
    (format!("http://127.0.0.1:{port}"), shutdown)
}

async fn open(folder: &TempDir) -> App {
    let home = folder.path().display().to_string();
    let surroundings = Surroundings::of(folder.path(), [("HOME", home.as_str())]);
    App::open(Settings::resolve(&surroundings).unwrap()).await.unwrap()
}
