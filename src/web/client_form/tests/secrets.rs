//! What is typed once and never shown again.

use super::*;

#[test]
fn a_secret_never_goes_back_into_the_page() {
    for stored in [json!({"sealed": "canary"}), json!("canary")] {
        let html = page(&ClientForm::from_json(&json!({"client_secret": stored})));
        assert!(!html.contains("canary") && html.contains("A secret is set. Leave this blank to keep it."));
    }
    let (form, _) = ClientForm::from_pairs(pairs(&[("client_secret", " canary "), ("add_row", "vars")]));
    assert_eq!(form.definition_json().unwrap()["client_secret"], "canary");
    assert_eq!(form.secret_change("client_secret"), SecretChange::Replace);
    assert!(!format!("{form:?}").contains("canary"));
    let html = page(&form);
    assert!(!html.contains("canary") && html.contains("Type the secret again"));
}

#[test]
fn a_stored_secret_is_kept_removed_or_replaced() {
    let change = |typed: &[(&str, &str)]| ClientForm::from_pairs(pairs(typed)).0.secret_change("client_secret");
    assert_eq!(change(&[("client_secret", "")]), SecretChange::Keep);
    assert_eq!(change(&[("client_secret", ""), ("client_secret.remove", "true")]), SecretChange::Remove);
    assert_eq!(change(&[("client_secret", "new"), ("client_secret.remove", "true")]), SecretChange::Replace);
    assert_eq!(
        change(&[("token.auth.private_key", "new"), ("token.auth.private_key.remove", "true")]),
        SecretChange::Keep
    );
    let html = page(&ClientForm::from_json(&json!({"client_secret": {"env": "MUSIC_SECRET"}})));
    assert!(html.contains("environment variable MUSIC_SECRET"));
}
