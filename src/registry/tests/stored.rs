//! The same promises where definitions are records of the store.

use super::*;
use crate::store::{Config, Location, Store};

async fn store(place: &Place, key: &Secret) -> Store {
    let location = Location::Embedded(place.folder.path().to_owned());
    let keys = Keyring::parse(key).unwrap();
    let spool = place.folder.path().join("spool");
    Store::open(Config { location, keys, spool }).await.unwrap().0
}

async fn registry(place: &Place) -> Registry {
    Registry::in_store(store(place, &place.key).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_in_the_store_is_kept_changed_renamed_and_deleted() {
    let place = Place::new();
    let (registry, other) = (registry(&place).await, registry(&place).await);
    let first = registry.create(named("b"), secret("1", "canary")).await.unwrap();
    registry.create(named("a"), definition("2")).await.unwrap();
    assert_eq!(names(&other).await, ["a", "b"]);
    assert_eq!(other.get(&named("b")).await.unwrap(), Some(first.clone()));
    let mut edited = definition("3");
    keep_secrets(&first.definition, &mut edited);
    let renamed = other.update(&named("b"), named("c"), edited, Some(&first.version())).await.unwrap();
    assert_eq!(names(&registry).await, ["a", "c"]);
    assert_eq!(registry.secret(&renamed).unwrap().unwrap().expose(), "canary");
    assert_eq!(registry.delete(&named("c")).await.unwrap(), renamed);
    assert_eq!(names(&other).await, ["a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_lost_updates_in_the_store_are_told() {
    let place = Place::new();
    let registry = registry(&place).await;
    let (a, b, c) = (named("a"), named("b"), named("c"));
    let old = registry.create(a.clone(), definition("1")).await.unwrap();
    registry.create(b.clone(), definition("1")).await.unwrap();
    assert_eq!(registry.create(a.clone(), definition("2")).await, Err(Error::Exists(a.clone())));
    assert_eq!(registry.update(&a, b.clone(), definition("2"), None).await, Err(Error::Exists(b)));
    registry.update(&a, a.clone(), definition("2"), Some(&old.version())).await.unwrap();
    let late = registry.update(&a, a.clone(), definition("3"), Some(&old.version())).await;
    assert_eq!(late, Err(Error::Changed(a)));
    assert_eq!(registry.delete(&c).await, Err(Error::Unknown(c)));
}

/// Changes the key the way an operator does. Afterwards the new one alone must do.
async fn change_key(old: &Secret, open: impl AsyncFn(&Secret) -> Registry) {
    let new = Keyring::new_key().unwrap();
    let both = Secret::new(format!("{} {}", new.expose(), old.expose()));
    open(old).await.create(named("a"), secret("id", "canary")).await.unwrap();
    open(old).await.create(named("b"), definition("id")).await.unwrap();
    assert_eq!(open(&both).await.rekey().await, Ok(1));
    let registry = open(&new).await;
    let client = registry.get(&named("a")).await.unwrap().unwrap();
    assert_eq!(registry.secret(&client).unwrap().unwrap().expose(), "canary");
}

#[tokio::test]
async fn a_change_of_key_reaches_the_file() {
    let place = Place::new();
    change_key(&place.key, async |key| Registry::in_file(place.path(), Keyring::parse(key).unwrap(), REDIRECT)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_key_reaches_the_store() {
    let place = Place::new();
    let open = async |key: &Secret| {
        let store = store(&place, key).await;
        store.rekey().await.unwrap();
        Registry::in_store(store)
    };
    change_key(&place.key, open).await;
}
