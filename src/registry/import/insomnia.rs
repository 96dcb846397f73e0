//! Insomnia: exports of version 4 (JSON, a flat list of resources) and 5 (YAML, a tree).

use super::Export;
use super::foreign::Foreign;
use super::settings::{Settings, as_text};
use super::variables::Variables;
use serde_json::Value;

const TOOL: &str = "Insomnia";

pub fn read(json: &Value) -> Option<Export> {
    if json["_type"] == "export" && json["resources"].is_array() {
        return Some(flat(json));
    }
    json["type"].as_str().filter(|kind| kind.contains(".insomnia.rest/")).map(|_| tree(json))
}

pub fn yaml(text: &str) -> Option<Export> {
    if !text.contains(".insomnia.rest/") {
        return None;
    }
    read(&serde_yaml_ng::from_str(text).ok()?)
}

fn flat(json: &Value) -> Export {
    let resources: Vec<&Value> = json["resources"].as_array().into_iter().flatten().collect();
    let of_kind =
        |kind: &str| resources.iter().copied().filter(move |resource| resource["_type"] == kind).collect::<Vec<_>>();
    let title = of_kind("workspace").first().and_then(|workspace| as_text(&workspace["name"])).unwrap_or_default();
    let environments = of_kind("environment");
    let is_inner = |one: &Value| environments.iter().any(|other| other["_id"] == one["parentId"]);
    let (inner, base): (Vec<&Value>, Vec<&Value>) = environments.iter().copied().partition(|one| is_inner(one));
    let folders = of_kind("request_group");
    let variables = base.iter().map(|base| &base["data"]).chain(folders.iter().map(|folder| &folder["environment"]));
    Export {
        tool: TOOL,
        found: [of_kind("request"), folders.clone()]
            .concat()
            .into_iter()
            .filter_map(|item| client(item, &title))
            .collect(),
        variables: variables.fold(Variables::default(), |all, data| all.with(Variables::of_object(data))),
        environments: inner.into_iter().map(named).collect(),
    }
}

fn tree(json: &Value) -> Export {
    let title = as_text(&json["name"]).unwrap_or_default();
    let mut found = Vec::new();
    collect(&json["collection"], &title, &mut found);
    // One base environment, or a list of them.
    let base = match &json["environments"] {
        Value::Array(several) => several.iter().collect(),
        one => vec![one],
    };
    let inner = base.iter().flat_map(|base| base["subEnvironments"].as_array().into_iter().flatten());
    Export {
        tool: TOOL,
        found,
        variables: base.iter().fold(Variables::default(), |all, base| all.with(Variables::of_object(&base["data"]))),
        environments: inner.map(named).collect(),
    }
}

fn collect(items: &Value, title: &str, found: &mut Vec<Foreign>) {
    for item in items.as_array().into_iter().flatten() {
        found.extend(client(item, title));
        collect(&item["children"], title, found);
    }
}

fn named(environment: &Value) -> (String, Variables) {
    (as_text(&environment["name"]).unwrap_or_default(), Variables::of_object(&environment["data"]))
}

fn client(item: &Value, title: &str) -> Option<Foreign> {
    let authentication = &item["authentication"];
    if authentication["type"] != "oauth2" || authentication["disabled"] == true {
        return None;
    }
    Some(Foreign {
        label: as_text(&item["name"]).unwrap_or_default(),
        group: title.to_owned(),
        settings: Settings::of_object(authentication),
        ..Foreign::default()
    })
}
