//! The examples of docs/describe-your-server.md: each is valid as it stands there, and gets a token from a server that is
//! as strict as its text says.

use super::proofs::KEY;
use super::{Row, lay_over, play_whole};
use oauth_client_helper::oauth::definition::Definition;
use oauth_client_helper::presets::Presets;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tempfile::TempDir;

const DOCUMENT: &str = include_str!("../../docs/describe-your-server.md");

/// Each heading with the definition below it, and the preset at the end.
fn examples() -> (BTreeMap<&'static str, Value>, Value) {
    let mut definitions = BTreeMap::new();
    let mut presets = Vec::new();
    for section in DOCUMENT.split("\n## ").skip(1) {
        let heading = section.lines().next().unwrap();
        let blocks: Vec<&str> =
            section.split("```json").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
        assert_eq!(blocks.len(), 1, "{heading}: one example");
        let json: Value = serde_json::from_str(blocks[0]).unwrap();
        match json.get("definition") {
            Some(_) => presets.push(json),
            None => assert!(definitions.insert(heading, json).is_none(), "{heading}"),
        }
    }
    assert_eq!(presets.len(), 1);
    (definitions, presets.remove(0))
}

/// The server of each, by its heading, which is the quirk of the row. What the row says of the definition can only be true here.
fn played() -> BTreeMap<String, Row> {
    let rows: Vec<Row> = serde_json::from_str(include_str!("examples.json")).unwrap();
    rows.into_iter().map(|row| (row.quirk.clone(), row)).collect()
}

#[test]
fn every_example_is_valid_as_it_stands() {
    for (heading, json) in examples().0 {
        assert_eq!(Definition::from_json(json).err().map(|error| error.to_string()), None, "{heading}");
    }
}

#[tokio::test]
async fn every_example_gets_a_token_from_the_server_it_describes() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let (definitions, mut played) = (examples().0, played());
    let headings: BTreeSet<&str> = played.keys().map(String::as_str).collect();
    assert_eq!(headings, definitions.keys().copied().collect());
    let mut failures = Vec::new();
    for (heading, definition) in definitions {
        if let Err(why) = play_whole(row(definition, played.remove(heading).unwrap())).await {
            failures.push(format!("{heading}: {why}"));
        }
    }
    assert_eq!(failures, Vec::<String>::new());
}

#[tokio::test]
async fn an_error_under_http_200_is_read_as_the_example_says() {
    let heading = "It reports errors with HTTP 200";
    let mut played = played().remove(heading).unwrap();
    played.exchanges.truncate(1);
    played.exchanges[0].answer = json!({"status": 503, "body": {}, "detail": "the scales are asleep"});
    let said = play_whole(row(examples().0.remove(heading).unwrap(), played)).await.unwrap_err();
    assert!(said.contains("the scales are asleep"), "{said}");
}

#[test]
fn the_preset_at_the_end_can_be_used() {
    let folder = TempDir::new().unwrap();
    let (_, preset) = examples();
    let id = preset["id"].as_str().unwrap();
    std::fs::write(folder.path().join(format!("{id}.json")), preset.to_string()).unwrap();
    let presets = Presets::new(Some(folder.path().to_owned()));
    assert_eq!(presets.broken(), []);
    let read = |vars: Value| {
        let mut json = presets.get(id).unwrap().definition();
        (json["client_id"], json["vars"]) = (json!("ID"), vars);
        presets.read(json).map(|definition| definition.vars["shop"].clone())
    };
    assert_eq!(read(json!({"shop": "acme"})).unwrap(), "acme");
    assert!(read(json!({})).unwrap_err().to_string().contains("“Name of the shop” is missing"));
}

/// The example, registered at the simulator, with secrets in the place of files and variables.
fn row(mut definition: Value, played: Row) -> Row {
    for (path, secret) in [("/client_secret", "SECRET&+"), ("/token/auth/private_key", KEY)] {
        if let Some(place) = definition.pointer_mut(path) {
            *place = json!(secret);
        }
    }
    let text = definition.to_string().replace("https://auth.example.com", "{base}");
    let mut definition = serde_json::from_str(&text).unwrap();
    lay_over(&mut definition, &played.definition);
    Row { definition, ..played }
}
