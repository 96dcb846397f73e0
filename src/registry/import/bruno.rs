//! Bruno: a collection as its folder of `.bru` files, one of these files, or an export (JSON).

mod blocks;

use super::foreign::Foreign;
use super::settings::{Place, Row, Settings, as_text, rows};
use super::variables::Variables;
use super::{Export, TextFile};
use blocks::Blocks;
use serde_json::Value;
use std::path::Path;

const TOOL: &str = "Bruno";

/// The files of a collection's folder, by their paths in it.
pub fn folder(files: &[TextFile]) -> Export {
    let title = files.iter().find(|file| file.name == "bruno.json");
    let title =
        title.and_then(|file| as_text(&serde_json::from_str::<Value>(&file.text).ok()?["name"])).unwrap_or_default();
    let is_bru = |file: &&TextFile| file.name.ends_with(".bru");
    let (environments, others): (Vec<_>, Vec<_>) =
        files.iter().filter(is_bru).partition(|file| file.name.starts_with("environments/"));
    let read: Vec<_> = others.into_iter().map(|file| (file, Blocks::read(&file.text))).collect();
    let variables = read.iter().filter(|(file, _)| !file.name.contains('/'));
    Export {
        tool: TOOL,
        found: read.iter().filter_map(|(file, blocks)| client(blocks, file, &title)).collect(),
        variables: variables.fold(Variables::default(), |all, (_, blocks)| all.with(blocks.variables())),
        environments: environments.into_iter().map(|file| (stem(&file.name), self::variables(&file.text))).collect(),
    }
}

/// One `.bru` file.
pub fn file(file: &TextFile) -> Option<Export> {
    let blocks = Blocks::read(&file.text);
    let is_bru = file.name.ends_with(".bru") || ["auth", "auth:oauth2", "meta"].iter().any(|name| blocks.has(name));
    let found = client(&blocks, file, "").into_iter().collect();
    is_bru.then(|| Export { tool: TOOL, found, variables: blocks.variables(), environments: Vec::new() })
}

/// What an environment's file sets.
pub fn variables(text: &str) -> Variables {
    Blocks::read(text).variables()
}

fn client(blocks: &Blocks, file: &TextFile, title: &str) -> Option<Foreign> {
    let settings = blocks.pairs("auth:oauth2")?;
    let label = blocks.pairs("meta").and_then(|meta| meta.into_iter().find(|(key, _)| key == "name"));
    // The file of the collection or of a folder is called after neither.
    let of_collection = || if title.is_empty() { stem(&file.name) } else { title.to_owned() };
    let more = |request: &str| {
        let places = [("headers", Place::Header), ("queryparams", Place::Query), ("body", Place::Body)];
        let of = |(part, place)| {
            let pairs = blocks.pairs(&format!("auth:oauth2:additional_params:{request}:{part}")).unwrap_or_default();
            pairs.into_iter().map(move |(name, value)| Row { name, value, place })
        };
        places.into_iter().flat_map(of).collect()
    };
    Some(Foreign {
        label: label.map_or_else(of_collection, |(_, name)| name),
        group: title.to_owned(),
        settings: settings.into_iter().collect(),
        authorize: more("auth_req"),
        token: more("access_token_req"),
        refresh: more("refresh_token_req"),
        ..Foreign::default()
    })
}

fn stem(name: &str) -> String {
    Path::new(name).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// `Export collection`, as JSON.
pub fn export(json: &Value) -> Option<Export> {
    if !json["items"].is_array() || !(json.get("brunoConfig").is_some() || json["version"].is_string()) {
        return None;
    }
    let title = as_text(&json["name"]).unwrap_or_default();
    let mut found = Vec::new();
    found.extend(exported(&json["root"]["request"]["auth"], &title, &title));
    collect(&json["items"], &title, &mut found);
    let environments = json["environments"].as_array().into_iter().flatten();
    Some(Export {
        tool: TOOL,
        found,
        variables: Variables::of_rows(&json["root"]["request"]["vars"]["req"]),
        environments: environments
            .map(|one| (as_text(&one["name"]).unwrap_or_default(), Variables::of_rows(&one["variables"])))
            .collect(),
    })
}

fn collect(items: &Value, title: &str, found: &mut Vec<Foreign>) {
    for item in items.as_array().into_iter().flatten() {
        let label = as_text(&item["name"]).unwrap_or_default();
        let of_folder = &item["root"]["request"]["auth"];
        found.extend(exported(&item["request"]["auth"], &label, title).or_else(|| exported(of_folder, &label, title)));
        collect(&item["items"], title, found);
    }
}

fn exported(auth: &Value, label: &str, title: &str) -> Option<Foreign> {
    if auth["mode"] != "oauth2" {
        return None;
    }
    let more = &auth["oauth2"]["additionalParameters"];
    Some(Foreign {
        label: label.to_owned(),
        group: title.to_owned(),
        settings: Settings::of_object(&auth["oauth2"]),
        authorize: rows(&more["authorization"]),
        token: rows(&more["token"]),
        refresh: rows(&more["refresh"]),
        ..Foreign::default()
    })
}
