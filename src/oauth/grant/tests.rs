use super::*;
use crate::oauth::secret::Secret;
use serde_json::json;

const NOW: Timestamp = Timestamp(1_800_000_000);

fn tokens(lifetime: Option<i64>, refresh_token: Option<&str>) -> Tokens {
    Tokens {
        access_token: Secret::new("A"),
        token_type: "Bearer".to_owned(),
        received_at: NOW,
        expires_at: lifetime.map(|lifetime| NOW + lifetime),
        refresh_token: refresh_token.map(Secret::new),
        refresh_expires_at: None,
        scope: None,
        id_token: None,
        captured: BTreeMap::new(),
    }
}

fn grant(lifetime: Option<i64>, refresh_token: Option<&str>) -> Grant {
    Grant::authorized("a".parse().unwrap(), "id", tokens(lifetime, refresh_token), BTreeMap::new())
}

fn definition(refresh: serde_json::Value) -> Definition {
    Definition::from_json(json!({"client_id": "id", "authorize": {"url": "https://a.example/"},
        "token": {"url": "https://a.example/"}, "refresh": refresh}))
    .unwrap()
}

#[test]
fn freshness_is_decided_by_what_is_left() {
    let hour = tokens(Some(3600), None);
    assert_eq!(hour.freshness(NOW, 60), Freshness::Valid);
    assert_eq!(hour.freshness(NOW + 3541, 60), Freshness::RefreshDue);
    assert_eq!(hour.freshness(NOW + 3600, 60), Freshness::Expired);
    assert_eq!(hour.freshness(NOW + 110, 3500), Freshness::RefreshDue);
    assert_eq!(tokens(None, None).freshness(NOW + 1_000_000, 60), Freshness::Valid);
}

#[test]
fn a_short_lived_token_is_not_refreshed_at_every_use() {
    let short = tokens(Some(30), None);
    assert_eq!(short.freshness(NOW + 1, 60), Freshness::Valid);
    assert_eq!(short.freshness(NOW + 16, 60), Freshness::RefreshDue);
}

#[test]
fn a_new_refresh_token_replaces_and_an_absent_one_keeps() {
    let rotating = definition(json!({}));
    let old = grant(Some(60), Some("R1"));
    let kept = old.refreshed(&rotating, tokens(Some(60), None));
    assert_eq!(kept.tokens.refresh_token.unwrap().expose(), "R1");
    let replaced = old.refreshed(&rotating, tokens(Some(60), Some("R2")));
    assert_eq!(replaced.tokens.refresh_token.unwrap().expose(), "R2");
    let keeping = old.refreshed(&definition(json!({"rotation": "keep"})), tokens(Some(60), Some("R2")));
    assert_eq!(keeping.tokens.refresh_token.unwrap().expose(), "R1");
}

#[test]
fn the_state_of_a_grant_is_one_of_six() {
    let definition = definition(json!({}));
    let refreshable = grant(Some(3600), Some("R"));
    assert_eq!(refreshable.state(&definition, NOW), GrantState::Ok);
    assert_eq!(refreshable.state(&definition, NOW + 3400), GrantState::Expiring);
    assert_eq!(refreshable.refreshing(NOW).state(&definition, NOW), GrantState::Refreshing);
    assert_eq!(refreshable.refreshing(NOW).state(&definition, NOW + 100), GrantState::Ok);
    assert_eq!(refreshable.failed(NOW, "x".to_owned()).state(&definition, NOW), GrantState::Failing);
    let ended = refreshable.ended(NOW, &ErrorAnswer::new(400, Some("invalid_grant".to_owned()), None, None));
    assert_eq!(ended.state(&definition, NOW), GrantState::AuthorizationRequired);
    assert_eq!(grant(Some(60), None).state(&definition, NOW + 60), GrantState::AuthorizationRequired);
}

#[test]
fn failing_is_counted_from_the_first_failure() {
    let twice = grant(None, None).failed(NOW, "a".to_owned()).failed(NOW + 9, "b".to_owned());
    assert_eq!(twice.failing, Some(Failing { since: NOW, error: "b".to_owned() }));
}

#[test]
fn an_answer_without_a_token_extends_only_where_the_definition_says_so() {
    let old = grant(Some(60), None);
    assert!(old.extended(&definition(json!({})), NOW + 50).is_none());
    let extended = old.extended(&definition(json!({"on_missing_token": "extend"})), NOW + 50).unwrap();
    assert_eq!(extended.tokens.expires_at, Some(NOW + 110));
}

#[test]
fn an_answer_that_is_not_used_leaves_its_refresh_token() {
    let old = grant(Some(60), Some("R1"));
    let kept =
        old.rotated(&definition(json!({})), &Tokens { access_token: Secret::new("B"), ..tokens(Some(60), Some("R2")) });
    assert_eq!((kept.tokens.access_token.expose(), kept.tokens.refresh_token.unwrap().expose()), ("A", "R2"));
}
