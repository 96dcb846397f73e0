//! The browser's own proof: it draws, and it tells what went wrong on a page.

use std::fs;

use serde_json::json;

use crate::support::{Appearance, AuthorizationServer, Browser, Window};

const WIDTH: &str = "return window.innerWidth";
const DARK: &str = "return matchMedia('(prefers-color-scheme: dark)').matches";

#[tokio::test]
async fn a_page_is_drawn_and_its_errors_are_told() {
    let server = AuthorizationServer::start("http://127.0.0.1:8080/auth_callback").await;
    let browser = Browser::open().await;
    browser.goto(&server.url("/device")).await.unwrap();
    assert!(fs::read(browser.picture("device").await).unwrap().starts_with(b"\x89PNG"));

    browser.goto("data:text/html,<script>console.error('a canary sings')</script>").await.unwrap();
    let told = browser.console().await;
    assert!(told.iter().any(|entry| entry.level == "SEVERE" && entry.message.contains("a canary sings")), "{told:?}");

    let policy = "<meta http-equiv=Content-Security-Policy content=\"script-src 'none'\">";
    browser.goto(&format!("data:text/html,{policy}<script>document.title='ran'</script>")).await.unwrap();
    let told = browser.console().await;
    assert!(told.iter().any(|entry| entry.message.contains("Content Security Policy")), "{told:?}");
}

#[tokio::test]
async fn the_window_is_as_wide_and_as_dark_as_asked() {
    let browser = Browser::open().await;
    browser.goto("data:text/html,<meta name=viewport content='width=device-width'>a page").await.unwrap();
    assert_eq!(browser.execute(WIDTH, Vec::new()).await.unwrap(), json!(1280));
    assert_eq!(browser.execute(DARK, Vec::new()).await.unwrap(), json!(false));

    browser.resize(Window::Narrow).await;
    browser.prefer(Appearance::Dark).await;
    assert_eq!(browser.execute(WIDTH, Vec::new()).await.unwrap(), json!(390));
    assert_eq!(browser.execute(DARK, Vec::new()).await.unwrap(), json!(true));
}
