//! The catalogue that is part of the binary: whole, sound, and honest about what nobody verified.

use super::*;
use crate::oauth::definition::{GrantType, fields};
use crate::oauth::template;
use url::Url;

/// Which facts have no evidence, id by id: paths of the definition and keys of the file. Who verifies one strikes it
/// out here and in `check`.
fn unverified() -> BTreeMap<String, Vec<String>> {
    serde_json::from_str(include_str!("unverified.json")).unwrap()
}

/// What a preset says about a path or key; `Null`: nothing, so there is nothing to doubt.
fn said(preset: &Preset, path: &str) -> Value {
    match path {
        "register_url" => json!(preset.register_url),
        "redirect_uris" => json!(preset.redirect_uris),
        "refresh_token" => json!(preset.refresh_token),
        "lifetime" => json!(preset.lifetime),
        _ => path.split('.').fold(preset.definition(), |value, key| value[key].clone()),
    }
}

#[test]
fn what_nobody_verified_is_named_or_left_out() {
    let unverified = unverified();
    for preset in built_in().all() {
        for path in &unverified[&preset.id] {
            let named = preset.check.iter().any(|check| check == path || check.starts_with(&format!("{path}.")));
            assert!(named || said(preset, path).is_null(), "{}: {path} has no evidence: name it in check", preset.id);
        }
    }
}

#[test]
fn what_is_to_be_checked_is_a_field_a_key_or_a_sentence() {
    let keys = ["register_url", "redirect_uris", "refresh_token", "lifetime"];
    for preset in built_in().all() {
        for check in &preset.check {
            let field =
                fields::fields().any(|field| field.path == check || field.path.starts_with(&format!("{check}.")));
            let sentence = check.contains(' ') && check.starts_with(char::is_uppercase) && !check.ends_with('.');
            assert!(field || keys.contains(&check.as_str()) || sentence, "{}: {check}", preset.id);
        }
        assert_eq!(preset.check.iter().collect::<BTreeSet<_>>().len(), preset.check.len(), "{}", preset.id);
    }
}

/// Each as if the server had said just what the hint waits for.
#[test]
fn no_hint_stands_in_the_shadow_of_an_earlier_one() {
    let presets = built_in();
    let own = presets.all().iter().map(|preset| (preset.id.as_str(), preset.hints.as_slice()));
    for (whose, hints) in own.chain([("everyone", advice::general())]) {
        for hint in hints {
            let answer = ErrorAnswer::new(400, hint.error.clone(), hint.contains.clone(), None);
            assert_eq!(advice::on(hints, &answer), Some(hint.advice.as_str()), "{whose}: {answer}");
        }
    }
}

#[test]
fn every_general_hint_is_about_something() {
    assert!(advice::general().len() > 15);
    assert!(advice::general().iter().all(|hint| !hint.is_about_everything() && hint.advice.ends_with('.')));
}

#[test]
fn a_server_that_takes_https_only_is_known_to_refuse_our_own_address() {
    for preset in built_in().all() {
        let sure = !preset.check.iter().any(|check| check == "redirect_uris");
        if sure && preset.redirect_uris.starts_with("https only") {
            assert!(preset.redirect_advice("http://127.0.0.1:8080/auth_callback").is_some(), "{}", preset.id);
        }
    }
}

#[test]
fn every_built_in_preset_is_sound_and_none_is_missing() {
    let presets = built_in();
    let ids: BTreeSet<&str> = presets.all().iter().map(|preset| preset.id.as_str()).collect();
    assert_eq!(
        ids,
        unverified().keys().map(String::as_str).collect(),
        "the list of unverified facts names every preset"
    );
    for preset in presets.all() {
        let file = format!("{}.json", preset.id);
        preset.clone().sound(Path::new(&file)).unwrap();
    }
}

#[test]
fn every_built_in_preset_tells_a_person_what_is_needed() {
    for preset in built_in().all() {
        let id = &preset.id;
        for text in [&preset.category, &preset.about, &preset.redirect_uris, &preset.refresh_token, &preset.lifetime] {
            assert!(!text.is_empty(), "{id}");
        }
        let advice = preset.hints.iter().map(|hint| &hint.advice);
        let advice = advice.chain(preset.redirect_rules.iter().map(|rule| &rule.advice));
        let told = [&preset.redirect_uris, &preset.refresh_token, &preset.lifetime].into_iter().chain(advice);
        for sentence in told.chain(Some(&preset.notice).filter(|notice| !notice.is_empty())) {
            assert!(sentence.ends_with('.') && sentence.matches('`').count() % 2 == 0, "{id}: {sentence}");
        }
        assert!(!preset.about.ends_with('.') && preset.about.len() <= 80, "{id}: {}", preset.about);
        let samples = preset.vars.iter().map(|variable| (variable.name.clone(), variable.example.clone())).collect();
        let link = preset.register_link(&samples).unwrap();
        assert!(link.starts_with("https://"), "{id}: {link}");
        for variable in &preset.vars {
            assert!(template::is_variable_name(&variable.name) && !variable.label.is_empty(), "{id}");
            assert!(!variable.pattern.is_empty(), "{id}: {}", variable.name);
        }
    }
}

#[test]
fn every_url_of_a_built_in_preset_is_https_and_every_variable_is_of_use() {
    for preset in built_in().all() {
        let definition = sample(preset);
        let urls = [Some(&definition.authorize.url), Some(&definition.token.url), definition.refresh.url.as_ref()];
        let further =
            [&definition.revoke.url, &definition.userinfo.url, &definition.api.base_url, &definition.api.probe];
        for url in urls.into_iter().flatten().chain(further.into_iter().flatten()) {
            let path_below_base = url.starts_with('/');
            let kept = path_below_base || url.starts_with("{callback.") || url.starts_with("{token.");
            assert!(url.starts_with("https://") || kept, "{}: {url}", preset.id);
        }
        if let Some(issuer) = &definition.issuer {
            assert_eq!(Url::parse(issuer).unwrap().scheme(), "https", "{}", preset.id);
        }
        assert_eq!(definition.grant, GrantType::AuthorizationCode, "{}", preset.id);
        let text = preset.definition().to_string();
        for variable in &preset.vars {
            assert!(text.contains(&format!("{{{}}}", variable.name)), "{}: {}", preset.id, variable.name);
        }
    }
}

/// As someone would have it who typed nothing but the examples.
fn sample(preset: &Preset) -> Definition {
    let mut json = preset.definition();
    json["client_id"] = json!("id");
    for variable in &preset.vars {
        json["vars"][&variable.name] = json!(variable.example);
    }
    Definition::from_json(json).unwrap()
}
