//! The pages: one typed view and one template each, and the static files they need.
//!
//! A view holds finished texts; a template has no logic but `if` and `for`, and what templates share is a component.
//! Every template's name ends in `.html`, so that everything put into it is escaped. Templates and static files are part
//! of the binary; a debug build reads them from disk, so that an edit shows at the next reload.

mod api_keys;
mod assets;
mod authorizations;
mod client;
mod discovered;
mod edit;
mod events;
mod home;
mod login;
mod messages;
mod presets;
pub mod words;

pub use api_keys::{ApiKeyForm, ApiKeyRow, ApiKeys, Lifetime, MadeKey, VerbBox};
pub use assets::{Asset, static_file};
pub use authorizations::{AuthorizationFailed, Authorized, DeviceCode, Password, Paste, Unsolicited};
pub use client::{
    Action, AttemptRow, Claim, ClientKey, ClientPage, DeleteClient, Fact, GrantError, GrantRow, IdentityView, Snippet,
};
pub use discovered::{DifferenceRow, Discovered};
pub use edit::{EditClient, Register};
pub use events::{EventRow, Events, Notified, TargetRow};
pub use home::{ClientRow, GrantBadge, Home, ServiceGroup};
pub use login::{Login, LoginWithCode};
pub use messages::{ErrorPage, Outcome, Tls};
pub use presets::{Knowledge, PickPreset, PresetCard, PresetGroup};

use rust_embed::RustEmbed;
use serde::Serialize;
use std::borrow::Cow;
use tera::{Context, Kwargs, State, Tera, TeraResult, Value};

#[derive(RustEmbed)]
#[folder = "templates"]
struct Templates;

/// A view and the template that shows it.
pub trait Page: Serialize {
    const TEMPLATE: &'static str;
}

/// What every page has around it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Chrome {
    /// For the hidden `csrf` field of each form.
    pub csrf: String,
    pub flash: Option<Flash>,
    pub signed_in: bool,
    /// How many events need a person and were not read.
    pub unread: u64,
    /// Whether HTTPS is with our own authority, which has to be trusted.
    pub self_signed: bool,
}

/// One sentence about what was just done, shown once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flash {
    pub kind: FlashKind,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FlashKind {
    Done,
    Note,
    Problem,
}

/// The state of a grant as a coloured word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Badge {
    /// As in `status --json`: `ok`, `expiring`, `refreshing`, `failing`, `authorization_required`, `not_authorized`.
    pub key: String,
    pub label: String,
}

/// A template is broken. The text names it and holds no value of the page.
#[derive(Debug, thiserror::Error)]
#[error("the template {template} cannot be shown; reinstall the program, or undo the change to the template")]
pub struct RenderError {
    pub template: &'static str,
    #[source]
    source: tera::Error,
}

/// The renderer.
#[derive(Debug)]
pub struct Pages {
    base: String,
    tera: Tera,
}

impl Pages {
    /// `base` is the path prefix of every link: empty, or such as `/oauth`.
    pub fn new(base: &str) -> Result<Self, RenderError> {
        let base = base.trim_end_matches('/').to_owned();
        Ok(Self { tera: load(&base)?, base })
    }

    pub fn render<P: Page>(&self, chrome: &Chrome, page: &P) -> Result<String, RenderError> {
        let failed = |source| RenderError { template: P::TEMPLATE, source };
        let mut context = Context::from_serialize(chrome).map_err(failed)?;
        context.extend(Context::from_serialize(page).map_err(failed)?);
        context.insert("base", &self.base);
        context.insert("version", env!("CARGO_PKG_VERSION"));
        self.tera()?.render(P::TEMPLATE, &context).map_err(failed)
    }

    #[cfg(not(debug_assertions))]
    fn tera(&self) -> Result<Cow<'_, Tera>, RenderError> {
        Ok(Cow::Borrowed(&self.tera))
    }

    #[cfg(debug_assertions)]
    fn tera(&self) -> Result<Cow<'_, Tera>, RenderError> {
        if assets::changed_since_start::<Templates>() {
            return load(&self.base).map(Cow::Owned);
        }
        Ok(Cow::Borrowed(&self.tera))
    }
}

fn load(base: &str) -> Result<Tera, RenderError> {
    let texts = Templates::iter().filter_map(|name| {
        let text = String::from_utf8_lossy(&Templates::get(&name)?.data).into_owned();
        Some((name, text))
    });
    let base = base.to_owned();
    let mut tera = Tera::default();
    tera.register_filter("urlencode", |text: &str, _: Kwargs, _: &State| words::urlencode(text));
    tera.register_filter("ticks", ticks);
    tera.register_function("asset", move |arguments: Kwargs, _: &State| asset_url(&base, &arguments));
    tera.add_raw_templates(texts).map_err(|source| RenderError { template: "templates", source })?;
    Ok(tera)
}

/// `asset(name="app.css")`: its URL, which changes with its content.
fn asset_url(base: &str, arguments: &Kwargs) -> TeraResult<String> {
    let name = arguments.must_get::<&str>("name")?;
    let asset = static_file(name).ok_or_else(|| tera::Error::message(format!("there is no static file {name}")))?;
    Ok(format!("{base}/static/{name}?v={}", asset.version()))
}

/// Escapes a sentence and sets what stands between two backticks as code.
fn ticks(text: &str, _: Kwargs, state: &State) -> TeraResult<Value> {
    let escaped = state.escape(text)?;
    let parts: Vec<&str> = escaped.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return Ok(Value::safe_string(&escaped));
    }
    let html = parts.into_iter().enumerate().map(|(index, part)| match index % 2 {
        1 => format!("<code>{part}</code>"),
        _ => part.to_owned(),
    });
    Ok(Value::safe_string(&html.collect::<String>()))
}

impl Badge {
    /// From the key of a state; one that is not known is shown as it is.
    pub fn of(state: &str) -> Self {
        let label = match state {
            "ok" => "OK",
            "expiring" => "Expiring",
            "refreshing" => "Refreshing",
            "failing" => "Failing",
            "authorization_required" => "Authorization required",
            "not_authorized" => "Not authorized",
            other => other,
        };
        Self { key: state.to_owned(), label: label.to_owned() }
    }
}

impl Flash {
    pub fn done(text: impl Into<String>) -> Self {
        Self { kind: FlashKind::Done, text: text.into() }
    }

    pub fn problem(text: impl Into<String>) -> Self {
        Self { kind: FlashKind::Problem, text: text.into() }
    }
}

#[cfg(test)]
pub(crate) mod tests;
