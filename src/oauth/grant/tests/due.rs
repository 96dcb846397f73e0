//! When the background does something.

use super::*;

/// From when until when it may be, over all jitter.
fn refresh_between(grant: &Grant, refresh: serde_json::Value) -> Option<(i64, i64)> {
    let definition = definition(refresh);
    let at = |jitter| grant.refresh_at(&definition, NOW, jitter).map(|at| NOW.seconds_until(at));
    Some((at(0.0)?, at(1.0)?))
}

#[test]
fn a_token_is_refreshed_ahead_of_its_end_by_the_margin_or_half_its_life() {
    let refreshable = |lifetime| grant(Some(lifetime), Some("R"));
    assert_eq!(refresh_between(&refreshable(3600), json!({})), Some((3240, 3300)));
    assert_eq!(refresh_between(&refreshable(3600), json!({"margin_s": 60})), Some((3528, 3540)));
    assert_eq!(refresh_between(&refreshable(60), json!({})), Some((30, 36)), "never before half its life");
    assert_eq!(refresh_between(&refreshable(2), json!({})), Some((5, 5)), "never in a storm");
    assert_eq!(refresh_between(&refreshable(-60), json!({})), Some((300, 300)), "a clock is wrong");
}

#[test]
fn what_cannot_or_shall_not_be_refreshed_is_left_alone() {
    let refreshable = grant(Some(60), Some("R"));
    assert_eq!(refresh_between(&grant(None, Some("R")), json!({})), None, "it does not end");
    assert_eq!(refresh_between(&grant(Some(60), None), json!({})), None);
    assert_eq!(refresh_between(&refreshable, json!({"background": false})), None);
    let ended = refreshable.ended(NOW, &ErrorAnswer::new(400, Some("invalid_grant".to_owned()), None, None));
    assert_eq!(refresh_between(&ended, json!({})), None);
}

#[test]
fn after_a_failure_its_own_time_counts() {
    let failing = grant(Some(3600), Some("R")).failed(NOW, failure("x"), 1.0);
    assert_eq!(refresh_between(&failing, json!({})), Some((15, 15)));
    let refused = Failure { cause: Cause::Client, ..failure("invalid_client") };
    let paused = grant(Some(3600), Some("R")).failed(NOW, refused, 1.0);
    assert_eq!(refresh_between(&paused, json!({})), Some((3600, 3600)), "no more than a look at the secret");
}

#[test]
fn what_a_stopped_process_left_is_due_at_once() {
    assert_eq!(refresh_between(&grant(Some(3600), Some("R")).intending(NOW), json!({})), Some((0, 0)));
}

#[test]
fn a_clock_that_jumps_by_a_day_makes_it_due() {
    let (definition, refreshable) = (definition(json!({})), grant(Some(3600), Some("R")));
    let day = 86_400;
    assert_eq!(refreshable.refresh_at(&definition, NOW - day, 0.5), Some(NOW - day));
    assert!(refreshable.refresh_at(&definition, NOW + day, 0.5).unwrap() < NOW + day);
}

#[test]
fn a_refresh_token_that_ends_first_is_used_before_and_only_once() {
    let with_end = |end| {
        let tokens = Tokens { refresh_expires_at: Some(NOW + end), ..tokens(Some(3600), Some("R")) };
        Grant::authorized("a".parse().unwrap(), "id", tokens, BTreeMap::new())
    };
    let early = with_end(1800);
    assert_eq!(refresh_between(&early, json!({})), Some((1440, 1500)));
    assert_eq!(refresh_between(&with_end(7200), json!({})), Some((3240, 3300)));
    let late = Tokens { received_at: NOW + 1450, expires_at: Some(NOW + 5050), ..early.tokens.clone() };
    let refreshed = early.refreshed(&definition(json!({})), late);
    let at = refreshed.refresh_at(&definition(json!({})), NOW + 1450, 0.0);
    assert_eq!(at, Some(NOW + 4690), "its end did not move, so asking again would not help");
}

#[test]
fn the_end_of_a_refresh_token_is_told_a_week_or_a_fifth_of_its_life_before() {
    let definition = definition(json!({"background": false}));
    for (life, told) in [(100 * 86_400, 93 * 86_400), (1000, 800)] {
        let tokens = Tokens { refresh_expires_at: Some(NOW + life), ..tokens(Some(3600), Some("R")) };
        let mut grant = Grant::authorized("a".parse().unwrap(), "id", tokens, BTreeMap::new());
        assert_eq!(grant.next_task(&definition, NOW, 0.0), Some((NOW + told, Task::TellRefreshTokenEnding)));
        grant.told.refresh_token_ending = true;
        assert_eq!(grant.next_task(&definition, NOW, 0.0), None);
        let longer = Tokens { refresh_expires_at: Some(NOW + 2 * life), ..grant.tokens.clone() };
        assert!(!grant.refreshed(&definition, longer).told.refresh_token_ending, "another end is told again");
    }
}

#[test]
fn a_token_that_nothing_follows_is_told_of_when_it_ends() {
    let definition = definition(json!({}));
    let mut last = grant(Some(3600), None);
    assert_eq!(last.next_task(&definition, NOW, 0.0), Some((NOW + 3600, Task::TellAuthorizationRequired)));
    last.told.authorization_required = true;
    assert_eq!(last.next_task(&definition, NOW, 0.0), None);
}
