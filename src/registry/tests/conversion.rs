//! The Python helper's file in the place of ours.

use super::*;

pub fn pythons() -> String {
    json!({
        "1": {"client_id": "ABC", "auth_endpoint": {"url": "https://as.example/authorize", "qs_params": {}},
            "token_endpoint": {"url": "https://as.example/token", "use_refresh": true,
                "access_params": {"client_secret": "canary", "code": "{access_code}"}, "refresh_params": {}},
            "redirect_url": REDIRECT, "service_name": "My Music", "last_mod_time": 1600000000},
    })
    .to_string()
}

fn backup(place: &Place, suffix: &str) -> String {
    let path = format!("{}.{suffix}", place.path().display());
    assert_eq!(mode(Path::new(&path)), 0o600);
    fs::read_to_string(path).unwrap()
}

#[tokio::test]
async fn it_is_converted_at_once_and_the_original_kept() {
    let place = Place::with(pythons());
    let registry = place.registry();
    assert_eq!(names(&registry).await, ["my-music"]);
    assert_eq!(backup(&place, "bak"), pythons());
    assert!(!place.text().contains("canary"));
    assert_eq!(place.json()["version"], 1);
    let client = place.registry().get(&named("my-music")).await.unwrap().unwrap();
    assert_eq!(registry.secret(&client).unwrap().unwrap().expose(), "canary");
    assert_eq!(registry.with_client_id("ABC").await.unwrap(), Some(client));
}

#[tokio::test]
async fn an_older_backup_is_not_overwritten() {
    let place = Place::with(pythons());
    fs::write(format!("{}.bak", place.path().display()), "mine").unwrap();
    assert_eq!(names(&place.registry()).await, ["my-music"]);
    assert_eq!(fs::read_to_string(format!("{}.bak", place.path().display())).unwrap(), "mine");
    assert_eq!(backup(&place, "bak.1"), pythons());
}

#[test]
fn processes_that_convert_at_once_keep_one_original() {
    let place = Place::with(pythons());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                assert_eq!(runtime.block_on(names(&place.registry())), ["my-music"]);
            });
        }
    });
    assert_eq!(backup(&place, "bak"), pythons());
    assert!(!Path::new(&format!("{}.bak.1", place.path().display())).exists());
}

#[tokio::test]
async fn it_is_read_even_where_nothing_can_be_written() {
    let place = Place::with(pythons());
    fs::create_dir(format!("{}.bak", place.path().display())).unwrap();
    let registry = place.registry();
    assert_eq!(names(&registry).await, ["my-music"]);
    assert!(matches!(registry.delete(&named("my-music")).await, Err(Error::Write(_))));
    assert_eq!(place.text(), pythons());
}

#[tokio::test]
async fn an_entry_that_cannot_be_converted_leaves_the_file_alone() {
    let content = pythons().replace("https://as.example/token", "nowhere");
    let place = Place::with(&content);
    let said = place.registry().list().await.unwrap_err().to_string();
    assert!(
        said.contains("line 1, column 2: this file of the Python helper") && said.contains("client 1: token.url"),
        "{said}"
    );
    assert_eq!(place.text(), content);
}
