//! A file that cannot be read is told with its place, never changed, and the last good definitions stay in force.

use super::*;

/// The complaint about a content, after checking that nothing is read from it and nothing written over it.
async fn complaint(content: &[u8]) -> String {
    let place = Place::with(content);
    let registry = place.registry();
    let Err(Error::Broken(problem)) = registry.list().await else {
        panic!("accepted: {}", String::from_utf8_lossy(content));
    };
    let refused = registry.create(named("new"), definition("id")).await.unwrap_err();
    assert_eq!(refused, Error::Broken(problem.clone()));
    assert_eq!(fs::read(place.path()).unwrap(), content);
    assert_eq!(registry.problems(), std::slice::from_ref(&problem));
    problem.to_string()
}

#[tokio::test]
async fn a_file_cut_anywhere_is_refused_with_line_and_column() {
    let content = format!("{:#}", json!({"version": 1, "clients": {"ä": 1, "a": written("é")}}));
    for end in 1..content.len() {
        let said = complaint(&content.as_bytes()[..end]).await;
        assert!(said.contains(", line ") && said.contains(", column "), "{said}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_named_with_its_place() {
    let bad_url = "{\"clients\": {\n \"a.b\": {\"client_id\": \"x\",\n  \"authorize\": {\"url\": \"https://a.example\"},\n  \
                   \"token\": {\n   \"url\": \"javascript:1\"}}}}";
    for (content, expected) in [
        ("{\"version\": 2, \"clients\": {}}", "line 1, column 2: version: 2 is from a newer version of this program"),
        ("{\"version\": \"1\"}", "version: this must be 1"),
        ("{\"clients\": {},\n\"cliens\": {}}", "line 2, column 1: `cliens` is not known here"),
        ("[]", "the file holds one object"),
        ("{\"clients\": []}", "clients: this must be an object"),
        ("{\"clients\": {\n\"A b\": {}}}", "line 2, column 1: clients.\"A b\": a client name is"),
        ("{\"clients\": {\"a\": {},\n \"a\": {}}}", "line 2, column 4: `a` is there twice"),
        ("{\"clients\": {\"a\": 1}}", "clients.a"),
        ("\u{feff}{}", "line 1, column 1: the file starts with a byte order mark"),
        (bad_url, "line 5, column 4: clients.a.b.token.url: this is not an absolute http or https URL"),
    ] {
        let said = complaint(content.as_bytes()).await;
        assert!(said.contains(expected), "{content}: {said}");
    }
    assert!(complaint(b"{\n \"\xff\": 1}").await.contains("line 2, column 3: this is not UTF-8"));
    assert!(complaint(&vec![b' '; 16 * 1024 * 1024 + 1]).await.contains("larger than 16 MiB"));
}

#[tokio::test]
async fn a_folder_in_its_place_is_told() {
    let place = Place::new();
    fs::create_dir(place.path()).unwrap();
    let said = place.registry().list().await.unwrap_err().to_string();
    assert!(said.contains("clients.json: this is not a file"), "{said}");
}

#[tokio::test]
async fn the_last_good_definitions_stay_in_force() {
    for broken in ["{\"version\": 1, ", "", "{\"clients\": {\"a\": {}}}"] {
        let place = Place::with(file(json!({"a": written("good")})));
        let registry = place.registry();
        assert_eq!(names(&registry).await, ["a"]);
        place.write(broken);
        assert_eq!(names(&registry).await, ["a"]);
        assert_eq!(registry.problems().len(), 1);
        assert!(matches!(registry.delete(&named("a")).await, Err(Error::Broken(_))));
        assert_eq!(place.text(), broken);
        place.write(file(json!({"b": written("good")})));
        assert_eq!(names(&registry).await, ["b"]);
        assert_eq!(registry.problems(), []);
    }
}

#[tokio::test]
async fn an_empty_file_is_a_registry_without_clients() {
    for empty in ["", "\n", "{}", "{\"version\": 1}"] {
        let place = Place::with(empty);
        place.registry().create(named("a"), definition("a")).await.unwrap();
        assert_eq!(names(&place.registry()).await, ["a"]);
    }
}

#[tokio::test]
async fn a_secret_in_a_broken_definition_is_not_repeated() {
    let content = file(json!({"a": {"client_id": ["canary"], "client_secret": "canary"}}));
    assert!(!complaint(content.as_bytes()).await.contains("canary"));
}

#[test]
fn no_changed_byte_makes_the_parser_panic() {
    let ours = format!("{:#}", json!({"version": 1, "clients": {"a": written("é\"\\")}}));
    for content in [ours, conversion::pythons()] {
        for index in 0..content.len() {
            for byte in *b"\"\\{}[],:1 \n\xff\0" {
                let mut changed = content.clone().into_bytes();
                changed[index] = byte;
                let _ = document::Document::parse(Path::new("clients.json"), &changed, REDIRECT);
            }
        }
    }
}
