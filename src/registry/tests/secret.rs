//! Secrets in the file, and where else they may be.

use super::*;

async fn secret_of(registry: &Registry, name: &str) -> Result<Option<String>, String> {
    let client = registry.get(&named(name)).await.unwrap().unwrap();
    let secret = registry.secret(&client).map_err(|error| error.to_string())?;
    Ok(secret.map(|secret| secret.expose().to_owned()))
}

fn found(secret: &str) -> Result<Option<String>, String> {
    Ok(Some(secret.to_owned()))
}

#[tokio::test]
async fn a_secret_typed_by_hand_counts_at_once_and_is_sealed_at_the_next_write() {
    let mut typed = written("a");
    typed["client_secret"] = json!("canary-a");
    let place = Place::with(file(json!({"a": typed})));
    let registry = place.registry();
    assert_eq!(secret_of(&registry, "a").await, found("canary-a"));
    registry.create(named("b"), secret("b", "canary-b")).await.unwrap();
    assert!(!place.text().contains("canary") && place.text().contains("sealed"), "{}", place.text());
    assert_eq!(secret_of(&registry, "a").await, found("canary-a"));
    assert_eq!(secret_of(&place.registry(), "b").await, found("canary-b"));
    assert_eq!(mode(&place.path()), 0o600);
}

#[tokio::test]
async fn a_sealed_secret_moves_with_its_client_id_and_not_without() {
    let place = Place::new();
    let registry = place.registry();
    registry.create(named("a"), secret("a", "canary-a")).await.unwrap();
    registry.create(named("b"), secret("b", "canary-b")).await.unwrap();
    let mut json = place.json();
    let sealed = json["clients"]["a"]["client_secret"].clone();
    json["clients"]["copy"] = json["clients"]["a"].clone();
    json["clients"]["b"]["client_secret"] = sealed;
    place.write(json.to_string());
    assert_eq!(secret_of(&registry, "copy").await, found("canary-a"));
    let said = secret_of(&registry, "b").await.unwrap_err();
    assert!(said.contains("`b`") && said.contains("does not belong to client_id b") && !said.contains("canary"));
}

#[tokio::test]
async fn an_edit_that_keeps_the_secret_keeps_it_under_another_client_id() {
    let place = Place::new();
    let registry = place.registry();
    let old = registry.create(named("a"), secret("old", "canary")).await.unwrap();
    let mut edited = definition("new");
    keep_secrets(&old.definition, &mut edited);
    registry.update(&named("a"), named("b"), edited, Some(&old.version())).await.unwrap();
    assert_eq!(secret_of(&place.registry(), "b").await, found("canary"));
    registry.update(&named("b"), named("b"), definition("new"), None).await.unwrap();
    assert_eq!(secret_of(&registry, "b").await, Ok(None));
}

#[tokio::test]
async fn a_secret_may_be_in_the_environment_or_in_a_file() {
    let place = Place::new();
    let registry = place.registry();
    let kept = place.folder.path().join("secret");
    let from = |source| Definition { client_secret: Some(source), ..definition("id") };
    let env = |name: &str| from(SecretSource::Env(name.to_owned()));
    registry.create(named("env"), env("PATH")).await.unwrap();
    registry.create(named("unset"), env("NO_SUCH_VARIABLE_OF_MINE")).await.unwrap();
    registry.create(named("file"), from(SecretSource::File(kept.clone()))).await.unwrap();
    assert_eq!(secret_of(&registry, "env").await, Ok(std::env::var("PATH").ok()));
    assert!(secret_of(&registry, "unset").await.unwrap_err().contains("NO_SUCH_VARIABLE_OF_MINE, which is not set"));
    assert!(secret_of(&registry, "file").await.unwrap_err().contains("secret, which cannot be read: No such file"));
    for (content, expected) in [("canary\r\n", Ok("canary")), (" x ", Ok(" x ")), ("\n", Err("is empty"))] {
        fs::write(&kept, content).unwrap();
        match (secret_of(&registry, "file").await, expected) {
            (Ok(secret), Ok(expected)) => assert_eq!(secret.as_deref(), Some(expected)),
            (Err(said), Err(expected)) => assert!(said.contains(expected), "{said}"),
            (got, expected) => panic!("{got:?}, not {expected:?}"),
        }
    }
    assert!(!place.text().contains("sealed"));
}

#[tokio::test]
async fn an_empty_secret_is_none() {
    let place = Place::new();
    let registry = place.registry();
    registry.create(named("a"), secret("a", "")).await.unwrap();
    assert_eq!(secret_of(&registry, "a").await, Ok(None));
}

#[tokio::test]
async fn another_key_does_not_open_and_does_not_harm() {
    let place = Place::new();
    place.registry().create(named("a"), secret("a", "canary")).await.unwrap();
    let other_key = Keyring::parse(&Keyring::new_key().unwrap()).unwrap();
    let stranger = Registry::in_file(place.path(), other_key, REDIRECT);
    assert!(secret_of(&stranger, "a").await.is_err());
    stranger.create(named("b"), definition("b")).await.unwrap();
    assert_eq!(secret_of(&place.registry(), "a").await, found("canary"));
}
