use super::*;
use crate::oauth::definition::{Definition, Invalid};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tempfile::TempDir;

mod catalogue;

fn built_in() -> Presets {
    let presets = Presets::new(None);
    assert_eq!(presets.broken(), []);
    presets
}

fn complaint(result: Result<Definition, Invalid>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn names_are_unique_and_in_order() {
    let presets = built_in();
    let names: Vec<String> = presets.all().iter().map(|preset| preset.name.to_lowercase()).collect();
    assert!(names.is_sorted());
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
}

#[test]
fn a_search_wants_every_word_somewhere() {
    let presets = built_in();
    let found = |query: &str| presets.search(query).map(|preset| preset.id.as_str()).collect::<Vec<_>>();
    assert_eq!(found("JIRA cloud"), ["atlassian"]);
    assert_eq!(found("no such server anywhere"), Vec::<&str>::new());
    assert_eq!(found(" ").len(), presets.all().len());
}

#[test]
fn a_missing_value_is_named_by_label_and_example_beside_everything_else() {
    let presets = built_in();
    let said =
        complaint(presets.read(json!({"preset": "zendesk", "authorize": {"url": "https://{subdomain}.a.example"}})));
    assert!(
        said.contains("vars.subdomain: “Subdomain of your Zendesk” is missing; write it, such as `acme`"),
        "{said}"
    );
    assert!(said.contains("client_id: ") && said.contains("token.url: "), "{said}");
    assert!(!said.contains("is not known here"), "{said}");
}

#[test]
fn a_value_of_another_shape_is_refused_and_a_blank_one_is_the_default() {
    let presets = built_in();
    let with = |id: &str, vars: Value| {
        let mut json = presets.get(id).unwrap().definition();
        json["client_id"] = json!("id");
        json["vars"] = vars;
        presets.read(json)
    };
    let said = complaint(with("tesla", json!({"region": "moon"})));
    assert!(said.starts_with("vars.region: ") && said.contains("does not look like this"), "{said}");
    assert_eq!(with("tesla", json!({"region": " "})).unwrap().vars["region"], "na");
    assert_eq!(with("tesla", json!({"region": " eu "})).unwrap().vars["region"], "eu");
    assert_eq!(with("slack", json!({})).unwrap().vars["user_scopes"], "");
    assert!(complaint(with("tesla", json!([]))).starts_with("vars: "));
}

#[test]
fn a_definition_of_an_unknown_preset_stands_on_its_own() {
    let json = json!({"preset": "gone", "client_id": "id", "authorize": {"url": "https://a.example/a"},
                      "token": {"url": "https://a.example/t"}});
    assert_eq!(built_in().read(json).unwrap().preset.as_deref(), Some("gone"));
}

fn answer(error: &str, description: &str) -> ErrorAnswer {
    ErrorAnswer::new(400, Some(error.to_owned()), Some(description.to_owned()), None)
}

#[test]
fn advice_is_the_presets_own_first_then_that_by_text_then_the_general_one() {
    let folder = TempDir::new().unwrap();
    let hints = json!([{"error": "invalid_grant", "contains": "Policy", "advice": "Ask the office."}]);
    std::fs::write(folder.path().join("house.json"), house(json!({"hints": hints}))).unwrap();
    let presets = Presets::new(Some(folder.path().to_owned()));
    let advice = |preset, error, description| presets.advice(preset, &answer(error, description)).map(str::to_owned);
    assert_eq!(advice(Some("house"), "invalid_grant", "a policy forbids it").as_deref(), Some("Ask the office."));
    let general = advice(None, "invalid_grant", "a policy forbids it").unwrap();
    assert!(general.contains("Authorize again"), "{general}");
    assert_eq!(advice(Some("house"), "invalid_grant", "used twice").unwrap(), general);
    assert!(advice(None, "invalid_request", "code_challenge is not allowed").unwrap().contains("PKCE to off"));
    assert_eq!(advice(None, "never_heard_of", ""), None);
}

#[test]
fn a_redirect_uri_that_will_be_refused_is_known_beforehand() {
    let presets = built_in();
    let refused = |id: &str, uri: &str| presets.get(id).unwrap().redirect_advice(uri).is_some();
    for (id, uri) in [
        ("slack", "http://127.0.0.1:8080/auth_callback"),
        ("spotify", "http://localhost:8080/auth_callback"),
        ("microsoft", "http://127.0.0.1:8080/auth_callback"),
        ("microsoft", "http://[::1]:8080/auth_callback"),
        ("google", "http://192.168.1.7:8080/auth_callback"),
        ("google", "https://helper.local/auth_callback"),
        ("apple", "https://127.0.0.1:8080/auth_callback"),
        ("ebay", "https://a.example/auth_callback"),
    ] {
        assert!(refused(id, uri), "{id}: {uri}");
    }
    for (id, uri) in [
        ("slack", "https://localhost:8080/auth_callback"),
        ("spotify", "http://127.0.0.1:8080/auth_callback"),
        ("microsoft", "http://localhost:8080/auth_callback"),
        ("microsoft", "https://127.0.0.1:8080/auth_callback"),
        ("google", "http://127.0.0.1:8080/auth_callback"),
        ("apple", "https://helper.example.com/auth_callback"),
        ("ebay", "Acme-Acme-Shop-abcde"),
        ("github", "http://127.0.0.1:8080/auth_callback"),
    ] {
        assert!(!refused(id, uri), "{id}: {uri}");
    }
}

/// A file of one's own.
fn house(change: Value) -> String {
    let mut json = json!({"id": "house", "name": "House", "definition": {
        "authorize": {"url": "https://a.example/a"}, "token": {"url": "https://a.example/t"}}});
    for (key, value) in change.as_object().unwrap() {
        json[key] = value.clone();
    }
    json.to_string()
}

fn own(files: &[(&str, &str)]) -> (TempDir, Presets) {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let presets = Presets::new(Some(folder.path().to_owned()));
    (folder, presets)
}

#[test]
fn a_file_of_ones_own_adds_to_the_built_in_ones_or_replaces_one() {
    let github = house(json!({"id": "github", "name": "Our GitHub"}));
    let (_folder, presets) =
        own(&[("house.json", &house(json!({}))), ("github.json", &github), ("notes.txt", "no preset")]);
    assert_eq!(presets.broken(), []);
    assert_eq!(presets.get("house").unwrap().name, "House");
    assert_eq!(presets.get("github").unwrap().name, "Our GitHub");
    assert_eq!(presets.all().len(), built_in().all().len() + 1);
    assert!(presets.check().is_ok());
}

#[test]
fn a_broken_file_of_ones_own_is_named_with_what_is_wrong_and_the_others_are_used() {
    let definition = |definition: Value| house(json!({ "definition": definition }));
    let var =
        |pattern: &str| json!([{"name": "a", "label": "A", "pattern": pattern, "example": "x", "required": true}]);
    for (text, expected) in [
        ("{\n \"id\": \"house\",\n oops", "line 3 column"),
        (&house(json!({"nmae": "x"})), "unknown field `nmae`"),
        (&house(json!({"id": "home"})), "the file must be home.json"),
        (&house(json!({"name": " "})), "name: "),
        (&house(json!({"vars": var("(")})), "`(` is not a pattern"),
        (&house(json!({"vars": var("[0-9]")})), "vars.a: example and default"),
        (&house(json!({"redirect_rules": [{"refuses": "[", "advice": "x"}]})), "`[` is not a pattern"),
        (&house(json!({"hints": [{"advice": "x"}]})), "hints: "),
        (&house(json!({"register_url": "javascript:alert(1)"})), "register_url: "),
        (&definition(json!({"token": {"url": "https://{b}.example"}})), "definition: "),
        (&definition(json!({"client_secret": "canary"})), "definition.client_secret"),
    ] {
        let (_folder, presets) = own(&[("house.json", text), ("z.json", &house(json!({"id": "z"})))]);
        let said = presets.check().unwrap_err().to_string();
        assert!(said.contains("house.json: ") && said.contains(expected), "{expected}: {said}");
        assert!(!said.contains("canary"));
        assert!(presets.get("z").is_some() && presets.get("house").is_none());
    }
}

#[test]
fn the_example_in_the_docs_is_sound() {
    let docs = include_str!("../../docs/presets.md");
    let example = docs.split("```json").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let (_folder, presets) = own(&[("house.json", example)]);
    assert_eq!(presets.broken(), []);
    assert_eq!(presets.get("house").unwrap().check.len(), 2);
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let presets = Presets::new(Some("/nowhere/at/all".into()));
    assert!(presets.check().unwrap_err().to_string().starts_with("/nowhere/at/all: cannot be read"));
    assert!(presets.get("github").is_some());
}

#[test]
fn a_link_waits_for_its_variables_and_keeps_its_route() {
    let presets = built_in();
    let gitea = presets.get("gitea").unwrap();
    assert_eq!(gitea.register_link(&BTreeMap::new()), None);
    let vars = BTreeMap::from([("host".to_owned(), "git.acme.example".to_owned())]);
    assert_eq!(gitea.register_link(&vars).as_deref(), Some("https://git.acme.example/user/settings/applications"));
    let route = presets.get("microsoft").unwrap().register_link(&BTreeMap::new()).unwrap();
    assert!(route.contains("#view/"), "{route}");
}
