//! Postman: collections (v2.0 and v2.1), whose folders and requests may each say how they are authorized, and environments,
//! which may hold the parts of one client.

use super::Export;
use super::foreign::Foreign;
use super::settings::{Settings, as_text, rows};
use super::variables::Variables;
use serde_json::{Map, Value};

const TOOL: &str = "Postman";

pub fn read(json: &Value) -> Option<Export> {
    let export = |found, variables| Some(Export { tool: TOOL, found, variables, environments: Vec::new() });
    if json["values"].is_array() && (json.get("_postman_variable_scope").is_some() || json["name"].is_string()) {
        let found = environment(json);
        return export(found.into_iter().collect(), Variables::of_rows(&json["values"]));
    }
    // An answer of Postman's API has the collection in an envelope.
    let collection = json.get("collection").filter(|inside| inside["item"].is_array()).unwrap_or(json);
    if !collection["info"].is_object() || !collection["item"].is_array() {
        return None;
    }
    let title = as_text(&collection["info"]["name"]).unwrap_or_default();
    let mut found = Vec::new();
    collect(collection, &title, &title, &mut found);
    export(found, Variables::of_rows(&collection["variable"]))
}

/// A folder or a request inherits what the one above says, which was found there.
fn collect(item: &Value, label: &str, title: &str, found: &mut Vec<Foreign>) {
    let auth = item.get("auth").unwrap_or(&item["request"]["auth"]);
    if auth["type"] == "oauth2" {
        found.push(client(&auth["oauth2"], label, title));
    }
    for inner in item["item"].as_array().into_iter().flatten() {
        collect(inner, &as_text(&inner["name"]).unwrap_or_default(), title, found);
    }
}

fn client(oauth2: &Value, label: &str, title: &str) -> Foreign {
    let oauth2 = as_object(oauth2);
    let mut settings = Settings::of_object(&oauth2);
    if oauth2["grant_type"] == "authorization_code" {
        settings = settings.with("pkce", "false");
    }
    Foreign {
        label: label.to_owned(),
        group: title.to_owned(),
        settings,
        authorize: rows(&oauth2["authRequestParams"]),
        token: rows(&oauth2["tokenRequestParams"]),
        refresh: rows(&oauth2["refreshRequestParams"]),
        ..Foreign::default()
    }
}

/// Version 2.1 lists keys and values, version 2.0 has an object.
fn as_object(oauth2: &Value) -> Value {
    let Value::Array(entries) = oauth2 else { return oauth2.clone() };
    let pair = |entry: &Value| Some((as_text(&entry["key"])?, entry["value"].clone()));
    Value::Object(entries.iter().filter_map(pair).collect::<Map<_, _>>())
}

/// Names such as `clientId` or `CLIENT_ID` make it a client.
fn environment(json: &Value) -> Option<Foreign> {
    let settings: Settings = Variables::of_rows(&json["values"]).into_pairs().collect();
    let settings = settings.only(&[
        "clientid",
        "clientsecret",
        "authurl",
        "authorizationurl",
        "authorizeurl",
        "accesstokenurl",
        "tokenurl",
        "scope",
        "scopes",
        "redirecturi",
        "redirecturl",
        "callbackurl",
        "granttype",
        "audience",
        "resource",
    ]);
    let label = as_text(&json["name"]).unwrap_or_default();
    settings.has("clientid").then(|| Foreign { group: label.clone(), label, settings, ..Foreign::default() })
}
