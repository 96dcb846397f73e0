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
        extra: BTreeMap::new(),
        stage: Stage::Final,
    }
}

fn grant(lifetime: Option<i64>, refresh_token: Option<&str>) -> Grant {
    Grant::authorized("a".parse().unwrap(), "id", tokens(lifetime, refresh_token), BTreeMap::new())
}

fn first(lifetime: Option<i64>, refresh_token: Option<&str>) -> Grant {
    let grant = grant(lifetime, refresh_token);
    Grant { tokens: Tokens { stage: Stage::First, ..grant.tokens.clone() }, ..grant }
}

fn failure(error: &str) -> Failure {
    Failure { error: error.to_owned(), cause: Cause::Server, retry_after: None, tried_with: "v1".to_owned() }
}

fn definition(refresh: serde_json::Value) -> Definition {
    Definition::from_json(json!({"client_id": "id", "authorize": {"url": "https://a.example/"},
        "token": {"url": "https://a.example/"}, "refresh": refresh}))
    .unwrap()
}

#[test]
fn a_first_token_is_due_at_once_and_served_until_it_ends() {
    let definition = definition(json!({}));
    for lifetime in [None, Some(3600)] {
        let first = first(lifetime, None);
        assert_eq!(first.tokens.freshness(NOW, 60), Freshness::RefreshDue);
        assert!(first.can_refresh(&definition));
        assert_eq!(first.refresh_at(&definition, NOW, 0.0), Some(NOW));
    }
    assert_eq!(first(Some(10), None).tokens.freshness(NOW + 10, 0), Freshness::Expired);
}

#[test]
fn the_answer_to_the_second_request_replaces_the_token_and_forgets_nothing_else() {
    let mut first = first(Some(3600), Some("R"));
    first.tokens.captured.insert("token.team".to_owned(), "T".to_owned());
    first.tokens.extra.insert("token.user".to_owned(), Secret::new("U"));
    let answer = Tokens { access_token: Secret::new("LONG"), ..tokens(None, None) };
    let next = first.failed(NOW, failure("x"), 1.0).upgraded(answer);
    assert_eq!((next.tokens.access_token.expose(), next.tokens.stage), ("LONG", Stage::Final));
    assert_eq!(next.tokens.refresh_token.as_ref().map(Secret::expose), Some("R"));
    assert_eq!((next.tokens.captured["token.team"].as_str(), next.tokens.extra["token.user"].expose()), ("T", "U"));
    assert!(next.failing.is_none() && next.generation == 2 && next.tokens.expires_at.is_none());
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
    assert_eq!(refreshable.intending(NOW).state(&definition, NOW), GrantState::Refreshing);
    assert_eq!(refreshable.intending(NOW).state(&definition, NOW + 100), GrantState::Ok);
    assert_eq!(refreshable.failed(NOW, failure("x"), 0.0).state(&definition, NOW), GrantState::Failing);
    let ended = refreshable.ended(NOW, &ErrorAnswer::new(400, Some("invalid_grant".to_owned()), None, None));
    assert_eq!(ended.state(&definition, NOW), GrantState::AuthorizationRequired);
    assert_eq!(grant(Some(60), None).state(&definition, NOW + 60), GrantState::AuthorizationRequired);
}

#[test]
fn a_client_without_a_grant_needs_a_person_only_where_a_person_has_to_agree() {
    let of_a_person = definition(json!({}));
    let own_name = Definition::from_json(json!({"client_id": "id", "grant": "client_credentials",
        "token": {"url": "https://a.example/"}}))
    .unwrap();
    let failing = grant(None, None).failed(NOW, failure("x"), 0.0).failing;
    assert_eq!(GrantState::without_grant(&of_a_person, None), GrantState::NotAuthorized);
    assert_eq!(GrantState::without_grant(&own_name, None), GrantState::Expiring);
    assert_eq!(GrantState::without_grant(&own_name, failing.as_ref()), GrantState::Failing);
}

#[test]
fn failing_is_counted_from_the_first_failure() {
    let twice = grant(None, None).failed(NOW, failure("a"), 0.0).failed(NOW + 9, failure("b"), 0.0);
    let failing = twice.failing.as_ref().unwrap();
    assert_eq!((failing.since, failing.tries, failing.error.as_str()), (NOW, 2, "b"));
    assert_eq!(twice.since(NOW + 9), Some(NOW));
    let recovered = twice.refreshed(&definition(json!({})), tokens(Some(60), None));
    assert_eq!((recovered.failing, recovered.generation), (None, 2));
}

#[test]
fn generations_go_on_through_a_new_authorization() {
    let rotating = definition(json!({}));
    let old = grant(Some(60), Some("R1")).refreshed(&rotating, tokens(Some(60), Some("R2")));
    let again = grant(Some(60), Some("R3")).in_place_of(&old);
    assert_eq!((old.generation, again.generation), (2, 3));
    assert!(old.follows(&grant(Some(60), Some("R1"))) && !grant(Some(60), None).follows(&old));
}

#[test]
fn what_a_stopped_process_left_is_told_when_the_grant_turns_out_to_be_over() {
    let invalid_grant = ErrorAnswer::new(400, Some("invalid_grant".to_owned()), None, None);
    let stopped = grant(Some(60), Some("R1")).intending(NOW);
    assert!(stopped.last_error().is_none());
    let retried = stopped.intending(NOW + 50);
    assert_eq!(retried.unanswered, Some(Unanswered { at: NOW, why: Lost::Stopped }));
    let ended = retried.ended(NOW + 51, &invalid_grant).last_error().unwrap();
    assert!(ended.contains("invalid_grant") && ended.contains("stopped in the middle"), "{ended}");

    let unheard = grant(Some(60), Some("R1")).intending(NOW).failed(NOW, failure("timeout"), 0.0).without_answer(NOW);
    let ended = unheard.intending(NOW + 50).ended(NOW + 51, &invalid_grant).last_error().unwrap();
    assert!(ended.contains("lost on its way"), "{ended}");

    let good = retried.refreshed(&definition(json!({})), tokens(Some(60), Some("R2")));
    let ended = good.intending(NOW + 90).ended(NOW + 91, &invalid_grant).last_error().unwrap();
    assert_eq!(ended, "invalid_grant", "an answer came since");
}

#[test]
fn an_intent_for_another_refresh_token_was_not_about_this_one() {
    let stopped = grant(Some(60), Some("R1")).intending(NOW);
    let replaced = Grant { tokens: tokens(Some(60), Some("R2")), ..stopped };
    assert_eq!(replaced.intending(NOW + 50).unanswered, None);
}

#[test]
fn a_clock_that_is_set_back_makes_a_token_due_and_not_eternal() {
    let hour = tokens(Some(3600), None);
    assert_eq!(hour.freshness(NOW - 86_400, 60), Freshness::RefreshDue);
    assert_eq!(hour.freshness(NOW - 30, 60), Freshness::Valid, "a little is no jump");
    assert_eq!(hour.freshness(NOW + 86_400, 60), Freshness::Expired);
    let left = grant(Some(3600), Some("R")).intending(NOW);
    assert_eq!(left.state(&definition(json!({})), NOW - 86_400), GrantState::Expiring, "not refreshing for a day");
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

mod due;
