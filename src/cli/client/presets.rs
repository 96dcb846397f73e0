//! `client presets`, and what a preset tells when a client is added from it.

use crate::app::App;
use crate::cli::{error::Failure, output};
use crate::oauth::definition::Definition;
use crate::presets::{Preset, Presets};
use serde_json::{Value, json};

pub fn list(presets: &Presets, query: &str, as_json: bool) -> Result<(), Failure> {
    presets.check().map_err(|bad| Failure::Usage(bad.to_string()))?;
    let found = presets.search(query);
    if as_json {
        return output::json(&found.map(described).collect::<Vec<_>>());
    }
    let rows = found.map(|preset| vec![preset.id.clone(), preset.name.clone(), preset.about.clone()]);
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        output::note(&format!(
            "No preset has `{query}` in it. Most servers need none: --issuer, or two URLs, are enough."
        ));
    }
    output::table(&rows)
}

fn described(preset: &Preset) -> Value {
    let vars = preset.vars.iter().map(|variable| {
        json!({"name": variable.name, "label": variable.label, "example": variable.example,
               "default": variable.default, "required": variable.required})
    });
    json!({"id": preset.id, "name": preset.name, "category": preset.category, "about": preset.about,
           "notice": preset.notice, "register_url": preset.register_url, "redirect_uris": preset.redirect_uris,
           "refresh_token": preset.refresh_token, "lifetime": preset.lifetime, "check": preset.check,
           "vars": vars.collect::<Vec<_>>()})
}

pub fn find<'a>(presets: &'a Presets, id: &str) -> Result<&'a Preset, Failure> {
    presets.check().map_err(|bad| Failure::Usage(bad.to_string()))?;
    presets.get(id).ok_or_else(|| {
        Failure::Usage(format!("there is no preset named `{id}`; `oauth-helper client presets` lists them"))
    })
}

/// What a person needs to know before the first authorization.
pub fn tell(app: &App, definition: &Definition) {
    let Some(preset) = definition.preset.as_deref().and_then(|id| app.presets.get(id)) else { return };
    let register = preset.register_link(&definition.vars).unwrap_or_default();
    let warning = preset.redirect_advice(&app.redirect_uri(definition)).unwrap_or_default();
    for (what, text) in [
        ("Please note", preset.notice.as_str()),
        ("Register an app", register.as_str()),
        ("Redirect URIs", &preset.redirect_uris),
        ("Refresh token", &preset.refresh_token),
        ("Lifetime", &preset.lifetime),
        ("Please check", &preset.check.join(", ")),
        ("Warning", warning),
    ] {
        if !text.is_empty() {
            output::note(&format!("{what}: {text}"));
        }
    }
}
