//! The picker of well-known authorization servers, and what their presets tell on other pages.

use super::errors::PageError;
use super::guards::Operator;
use super::page::{Html, Renderer};
use super::pages::{Knowledge, PickPreset, PresetCard, PresetGroup};
use crate::app::App;
use crate::oauth::definition::{Definition, fields};
use crate::presets::{Preset, Presets};
use rocket::State;
use std::collections::BTreeMap;

#[rocket::get("/presets?<q>")]
pub fn pick(app: &State<App>, _who: Operator, view: Renderer<'_>, q: Option<&str>) -> Result<Html, PageError> {
    view.page(&picker(&app.presets, q.unwrap_or_default().trim()))
}

pub fn picker(presets: &Presets, query: &str) -> PickPreset {
    let mut by_category: BTreeMap<&str, Vec<PresetCard>> = BTreeMap::new();
    for preset in presets.search(query) {
        by_category.entry(&preset.category).or_default().push(card(preset));
    }
    PickPreset {
        query: query.to_owned(),
        total: by_category.values().map(Vec::len).sum(),
        groups: by_category.into_iter().map(group).collect(),
        broken: presets.broken().iter().map(ToString::to_string).collect(),
    }
}

fn group((title, presets): (&str, Vec<PresetCard>)) -> PresetGroup {
    PresetGroup { title: title.to_owned(), presets }
}

fn card(preset: &Preset) -> PresetCard {
    PresetCard { id: preset.id.clone(), name: preset.name.clone(), about: preset.about.clone() }
}

/// The preset a definition was made from, if it is still there.
pub fn of<'a>(app: &'a App, definition: &Definition) -> Option<&'a Preset> {
    app.presets.get(definition.preset.as_deref()?)
}

/// What there is to know for a client with these variables and this redirect URI.
pub fn knowledge(preset: &Preset, vars: &BTreeMap<String, String>, redirect_uri: &str) -> Knowledge {
    Knowledge {
        name: preset.name.clone(),
        notice: preset.notice.clone(),
        register_page: preset.register_url.clone(),
        register_url: preset.register_link(vars),
        register_at: preset.register_at.clone(),
        redirect_uris: preset.redirect_uris.clone(),
        redirect_uri: redirect_uri.to_owned(),
        redirect_warning: preset.redirect_advice(redirect_uri).map(str::to_owned),
        refresh_token: preset.refresh_token.clone(),
        lifetime: preset.lifetime.clone(),
        check: preset.check.iter().map(|what| in_words(what)).collect(),
    }
}

/// A field is named by its label, a key of the preset's file by what it is; a sentence stays one.
fn in_words(what: &str) -> String {
    let labelled = fields::fields().find(|field| field.path == what || field.path.starts_with(&format!("{what}.")));
    match what {
        "register_url" => "where an app is registered".to_owned(),
        "redirect_uris" => "which redirect URIs are allowed".to_owned(),
        "refresh_token" => "what brings a refresh token".to_owned(),
        "lifetime" => "how long tokens live".to_owned(),
        "response" => "how the token response is read".to_owned(),
        _ => labelled.map_or_else(|| what.to_owned(), |field| format!("“{}”", field.label)),
    }
}
