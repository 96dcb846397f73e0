//! Clients of a folder.

use super::*;
use crate::registry::Error;

struct Declared {
    place: Place,
    folder: TempDir,
}

impl Declared {
    fn new() -> Self {
        Self { place: Place::new(), folder: tempfile::tempdir().unwrap() }
    }

    fn registry(&self) -> Registry {
        self.place.registry().with_declared(self.folder.path(), REDIRECT)
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.folder.path().join(name), content).unwrap();
    }
}

const MUSIC: &str =
    r#"{"client_id": "id", "authorize": {"url": "https://as.example/a"}, "token": {"url": "https://as.example/t"}}"#;

async fn names(registry: &Registry) -> Vec<String> {
    registry.list().await.unwrap().iter().map(|client| client.name.to_string()).collect()
}

#[tokio::test]
async fn they_stand_among_the_others_and_are_found_by_name() {
    let declared = Declared::new();
    declared.write("music.json", MUSIC);
    declared.write("more.json", &format!(r#"{{"version": 1, "clients": {{"tv": {MUSIC}, "art": {MUSIC}}}}}"#));
    declared.write(".hidden.json", "nonsense");
    declared.write("readme.md", "nonsense");
    let registry = declared.registry();
    let own = registry.create("own".parse().unwrap(), definition("own")).await.unwrap();
    assert_eq!(own.declared_in, None);
    assert_eq!(names(&registry).await, ["art", "music", "own", "tv"]);
    let music = registry.get(&"music".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(music.declared_in.as_deref(), Some(declared.folder.path().join("music.json").as_path()));
    assert!(registry.problems().is_empty());
    fs::remove_file(declared.folder.path().join("more.json")).unwrap();
    assert_eq!(names(&registry).await, ["music", "own"]);
}

#[tokio::test]
async fn none_is_changed_and_the_file_is_named() {
    let declared = Declared::new();
    declared.write("music.json", MUSIC);
    let registry = declared.registry();
    let music = "music".parse().unwrap();
    let other: ClientName = "other".parse().unwrap();
    registry.create(other.clone(), definition("own")).await.unwrap();
    let refused = [
        registry.create(music, definition("own")).await.map(drop),
        registry.update(&"music".parse().unwrap(), "music".parse().unwrap(), definition("own"), None).await.map(drop),
        registry.update(&other, "music".parse().unwrap(), definition("own"), None).await.map(drop),
        registry.delete(&"music".parse().unwrap()).await.map(drop),
    ];
    for result in refused {
        let error = result.unwrap_err();
        assert!(matches!(error, Error::Declared { .. }) && error.to_string().contains("music.json"), "{error}");
    }
    assert_eq!(fs::read_to_string(declared.folder.path().join("music.json")).unwrap(), MUSIC);
}

#[tokio::test]
async fn a_broken_file_names_the_field_and_hides_nobody() {
    let declared = Declared::new();
    declared.write("music.json", MUSIC);
    declared.write("tv.json", MUSIC);
    let registry = declared.registry();
    assert_eq!(names(&registry).await, ["music", "tv"]);
    for (content, words) in [
        (&MUSIC.replace("\"url\": \"https://as.example/t\"", "\"urll\": \"x\"")[..], "token.urll"),
        (&MUSIC.replace("https://as.example/t", "javascript:canary"), "token.url"),
        ("{", "line 1"),
        ("[]", "tv.json"),
    ] {
        declared.write("tv.json", content);
        let problems = registry.problems();
        assert_eq!(problems.len(), 1, "{problems:?}");
        let said = problems[0].to_string();
        assert!(said.contains("tv.json") && said.contains(words), "{said}");
        assert_eq!(names(&registry).await, ["music", "tv"], "the last good one stays in force");
    }
    let fresh = declared.registry();
    assert_eq!((names(&fresh).await, fresh.problems().len()), (vec!["music".to_owned()], 1));
    declared.write("tv.json", MUSIC);
    assert_eq!((names(&fresh).await.len(), fresh.problems().len()), (2, 0));
    declared.write("Bad Name.json", MUSIC);
    declared.write("zz.json", &format!(r#"{{"clients": {{"tv": {MUSIC}}}}}"#));
    let said: Vec<_> = fresh.problems().iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].contains("Bad Name.json") && said[1].contains("zz.json") && said[1].contains("tv.json"),
        "{said:?}"
    );
    fs::remove_dir_all(declared.folder.path()).unwrap();
    assert_eq!((names(&fresh).await.len(), fresh.problems().len()), (2, 1), "nor does a lost folder");
}

#[tokio::test]
async fn a_declared_client_counts_before_one_of_the_same_name() {
    let declared = Declared::new();
    let registry = declared.registry();
    let music: ClientName = "music".parse().unwrap();
    registry.create(music.clone(), definition("own")).await.unwrap();
    declared.write("music.json", &MUSIC.replace("\"id\"", "\"declared\""));
    assert_eq!(registry.get(&music).await.unwrap().unwrap().definition.client_id, "declared");
    assert_eq!(names(&registry).await, ["music"]);
    assert_eq!(registry.shadowed().await.unwrap(), [music]);
}
