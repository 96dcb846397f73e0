//! What a definition changes of a request's parameters.

use std::collections::BTreeSet;

use oauth_client_helper::oauth::definition::Overlay;
use proptest::prelude::*;

/// Few names, so that both sides often mean the same parameter.
fn names() -> impl Strategy<Value = Vec<String>> {
    prop::collection::btree_set("[a-e]", 0..5).prop_map(|names| names.into_iter().collect::<Vec<_>>()).prop_shuffle()
}

fn base() -> impl Strategy<Value = Vec<(String, String)>> {
    names().prop_map(|names| names.into_iter().map(|name| (name, "base".to_owned())).collect())
}

fn overlay() -> impl Strategy<Value = Overlay> {
    let values = prop::collection::vec(prop::option::of(".{0,4}"), 5);
    (names(), values).prop_map(|(names, values)| Overlay(names.into_iter().zip(values).collect()))
}

proptest! {
    #[test]
    fn every_name_stands_once_and_what_was_there_keeps_its_order(base in base(), overlay in overlay()) {
        let result = overlay.over(base.clone());
        let names: Vec<&String> = result.iter().map(|(name, _)| name).collect();
        prop_assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        let stays = |name: &&String| overlay.get(name) != Some(&None);
        let was_there = base.iter().map(|(name, _)| name).filter(stays);
        let is_new = overlay.0.iter().map(|(name, _)| name).filter(stays).filter(|name| base.iter().all(|(known, _)| known != *name));
        prop_assert_eq!(names, was_there.chain(is_new).collect::<Vec<_>>());
    }

    #[test]
    fn what_it_says_counts_and_all_else_is_as_before(base in base(), overlay in overlay()) {
        for (name, value) in overlay.over(base) {
            match overlay.get(&name) {
                Some(said) => prop_assert_eq!(Some(value), said.clone()),
                None => prop_assert_eq!(value, "base"),
            }
        }
    }

    #[test]
    fn laid_twice_it_is_as_laid_once(base in base(), overlay in overlay()) {
        let once = overlay.over(base);
        prop_assert_eq!(overlay.over(once.clone()), once);
    }

    #[test]
    fn it_survives_being_written(overlay in overlay()) {
        let written = serde_json::to_string(&overlay).unwrap();
        prop_assert_eq!(serde_json::from_str::<Overlay>(&written).unwrap(), overlay);
    }
}
