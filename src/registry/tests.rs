use super::*;
use crate::files;
use crate::oauth::definition::SecretSource;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::Barrier;
use std::thread;
use tempfile::TempDir;

mod broken;
mod conversion;
mod declared;
mod secret;
mod stored;

const REDIRECT: &str = "http://127.0.0.1:8080/auth_callback";

/// A registry in a folder of its own, and another one on the same file as a second process has it.
struct Place {
    folder: TempDir,
    key: Secret,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), key: Keyring::new_key().unwrap() }
    }

    fn with(content: impl AsRef<[u8]>) -> Self {
        let place = Self::new();
        place.write(content);
        place
    }

    fn registry(&self) -> Registry {
        Registry::in_file(self.path(), Keyring::parse(&self.key).unwrap(), REDIRECT)
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("clients.json")
    }

    fn write(&self, content: impl AsRef<[u8]>) {
        fs::write(self.path(), content).unwrap();
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path()).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }
}

fn named(name: &str) -> ClientName {
    name.parse().unwrap()
}

fn written(client_id: &str) -> Value {
    json!({"client_id": client_id, "authorize": {"url": "https://as.example/a"}, "token": {"url": "https://as.example/t"}})
}

fn definition(client_id: &str) -> Definition {
    Definition::from_json(written(client_id)).unwrap()
}

fn secret(client_id: &str, secret: &str) -> Definition {
    Definition { client_secret: Some(SecretSource::Plain(Secret::new(secret))), ..definition(client_id) }
}

fn file(clients: Value) -> String {
    json!({"version": 1, "clients": clients}).to_string()
}

async fn names(registry: &Registry) -> Vec<String> {
    registry.list().await.unwrap().iter().map(|client| client.name.to_string()).collect()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_client_is_kept_changed_renamed_and_deleted() {
    let place = Place::new();
    let (registry, other) = (place.registry(), place.registry());
    assert_eq!(names(&registry).await, Vec::<String>::new());
    let first = registry.create(named("b"), definition("1")).await.unwrap();
    registry.create(named("a"), definition("2")).await.unwrap();
    assert_eq!(names(&other).await, ["a", "b"]);
    assert_eq!(other.get(&named("b")).await.unwrap(), Some(first.clone()));
    let renamed = other.update(&named("b"), named("c"), definition("3"), Some(&first.version())).await.unwrap();
    assert_eq!(names(&registry).await, ["a", "c"]);
    assert_eq!(registry.with_client_id("3").await.unwrap(), Some(renamed.clone()));
    assert_eq!(place.json()["clients"].as_object().unwrap().keys().collect::<Vec<_>>(), ["c", "a"]);
    assert_eq!(registry.delete(&named("c")).await.unwrap(), renamed);
    assert_eq!(names(&other).await, ["a"]);
    assert_eq!(mode(&place.path()), 0o600);
}

#[tokio::test]
async fn names_and_lost_updates_are_told() {
    let place = Place::new();
    let registry = place.registry();
    let old = registry.create(named("a"), definition("1")).await.unwrap();
    registry.create(named("b"), definition("1")).await.unwrap();
    let (a, b) = (named("a"), named("b"));
    assert_eq!(registry.create(a.clone(), definition("2")).await, Err(Error::Exists(a.clone())));
    assert_eq!(registry.update(&a, b.clone(), definition("2"), None).await, Err(Error::Exists(b)));
    registry.update(&a, a.clone(), definition("2"), Some(&old.version())).await.unwrap();
    let late = registry.update(&a, a.clone(), definition("3"), Some(&old.version())).await;
    assert_eq!(late, Err(Error::Changed(a)));
    let c = named("c");
    assert_eq!(registry.update(&c, c.clone(), definition("2"), None).await, Err(Error::Unknown(c.clone())));
    assert_eq!(registry.delete(&c).await, Err(Error::Unknown(c.clone())));
    assert!(matches!(registry.create(c, Definition::default()).await, Err(Error::Invalid(_))));
}

#[tokio::test]
async fn an_edit_by_hand_is_picked_up_even_when_it_leaves_the_same_length_and_time() {
    let place = Place::with(file(json!({"a": written("one")})));
    let registry = place.registry();
    assert_eq!(registry.get(&named("a")).await.unwrap().unwrap().definition.client_id, "one");
    let time = fs::metadata(place.path()).unwrap().modified().unwrap();
    place.write(file(json!({"a": written("two")})));
    fs::File::options().write(true).open(place.path()).unwrap().set_modified(time).unwrap();
    assert_eq!(registry.get(&named("a")).await.unwrap().unwrap().definition.client_id, "two");
    fs::remove_file(place.path()).unwrap();
    assert_eq!(names(&registry).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_write_leaves_the_other_entries_as_they_were_typed() {
    let by_hand = json!({"token": {"method": "POST", "url": "https://as.example/t"}, "client_id": "z",
        "authorize": {"url": "https://as.example/a"}, "issuer": null});
    let place = Place::with(file(json!({"z": by_hand, "m": written("m")})));
    place.registry().create(named("a"), definition("a")).await.unwrap();
    assert_eq!(
        place.text(),
        format!(
            "{:#}\n",
            json!({"version": 1, "clients":
        {"z": by_hand, "m": written("m"), "a": written("a")}})
        )
    );
}

#[test]
fn processes_that_create_at_once_lose_nothing() {
    let place = Place::new();
    let start = Barrier::new(4);
    let writer = |writer: usize| {
        let (registry, start) = (place.registry(), &start);
        move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            start.wait();
            for number in 0..10 {
                let name = named(&format!("client-{writer}-{number}"));
                runtime.block_on(registry.create(name, definition("id"))).unwrap();
            }
        }
    };
    thread::scope(|scope| (0..4).for_each(|number| drop(scope.spawn(writer(number)))));
    assert_eq!(place.json()["clients"].as_object().unwrap().len(), 40);
}

#[test]
fn a_writer_waits_for_the_lock_and_then_reads_again() {
    let place = Place::new();
    let held = files::lock(&place.path()).unwrap();
    let start = Barrier::new(2);
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            start.wait();
            runtime.block_on(place.registry().create(named("b"), definition("b"))).unwrap();
        });
        start.wait();
        place.write(file(json!({"a": written("a")})));
        assert!(!writer.is_finished());
        drop(held);
    });
    assert_eq!(place.json()["clients"].as_object().unwrap().keys().collect::<Vec<_>>(), ["a", "b"]);
}

#[tokio::test]
async fn a_symlink_stays_one() {
    let place = Place::new();
    let real = place.folder.path().join("real.json");
    fs::write(&real, file(json!({}))).unwrap();
    symlink(&real, place.path()).unwrap();
    place.registry().create(named("a"), definition("a")).await.unwrap();
    assert!(fs::symlink_metadata(place.path()).unwrap().is_symlink());
    assert!(fs::read_to_string(real).unwrap().contains("\"a\""));
}
