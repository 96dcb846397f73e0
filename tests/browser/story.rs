//! The whole story by clicking: log in, define, authorize, use, change, delete. No page says anything on the console.

use std::fs;

use fantoccini::Locator;
use serde_json::{Value, json};

use crate::support::{
    Appearance, AuthorizationServer, Backend, Browser, LogEntry, Program, Stage, Window, in_both_stores,
};

/// As long as a name may be.
const LONG: &str = "a-client-with-a-very-long-name-that-does-not-break-anywhere-at-";

in_both_stores!(a_person_gets_a_token_by_clicking);

async fn a_person_gets_a_token_by_clicking(backend: Backend<'_>) {
    let program = Program::new(backend);
    let authorization_server = AuthorizationServer::start(&program.redirect_uri()).await;
    let _server = program.serve().await;
    let browser = Browser::open().await;
    log_in(&browser, &program).await;

    fill(&browser, "#issuer", authorization_server.issuer()).await;
    press(&browser, "Fill in").await;
    fill(&browser, "[name=name]", "music").await;
    fill(&browser, "[name=client_id]", AuthorizationServer::CLIENT_ID).await;
    fill(&browser, "[name=client_secret]", AuthorizationServer::CLIENT_SECRET).await;
    press(&browser, "Create client").await;
    assert_eq!(address(&browser).await, program.url("/clients/music"));

    press(&browser, "Authorize").await;
    agree(&browser, "alice").await;
    assert_eq!(heading(&browser).await, "music is authorized");
    let token = program.run(["token", "music"]).await.done().out();
    assert!(!browser.source().await.unwrap().contains(&token), "no page shows a token");

    follow(&browser, "Open music").await;
    assert_eq!(text(&browser, ".badge").await, "OK");
    press(&browser, "Refresh now").await;
    assert!(text(&browser, "[role=status]").await.contains("music has a new token"));
    assert_ne!(program.run(["token", "music"]).await.done().out(), token);

    follow(&browser, "Edit").await;
    fill(&browser, "[name=service]", "Evening").await;
    press(&browser, "Save").await;
    assert!(text(&browser, "h1 + p").await.contains("Evening"));
    follow(&browser, "Delete…").await;
    press(&browser, "Delete music").await;
    assert!(text(&browser, "[role=status]").await.contains("music and its tokens are deleted"));
    press(&browser, "Log out").await;
    assert_eq!(address(&browser).await, program.url("/login"));
    is_silent(&browser, &program, "the story").await;
}

#[tokio::test]
async fn a_form_that_is_posted_back_finds_its_browser() {
    let program = Program::embedded();
    // Two sites, so that the session's cookie stays behind.
    let public = format!("http://localhost:{}", program.port());
    let stage = Stage::with(program.with("PUBLIC_URL", &public), &[]).await;
    stage.set("authorize.params.response_mode=form_post").await;
    let _server = stage.program.serve().await;
    let browser = Browser::open().await;
    log_in(&browser, &stage.program).await;
    browser.goto(&stage.program.url("/clients/music")).await.unwrap();
    press(&browser, "Authorize").await;
    agree(&browser, "alice").await;
    assert_eq!(heading(&browser).await, "music is authorized");
}

#[tokio::test]
async fn what_javascript_adds_works() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let browser = Browser::open().await;
    log_in(&browser, &stage.program).await;
    browser.goto(&stage.program.url("/clients/music")).await.unwrap();
    let copied = "return [...document.querySelectorAll('[data-copy]')].filter((b) => b.hidden).length";
    assert_eq!(run(&browser, copied).await, json!(0), "the buttons are shown");
    browser.find(Locator::Css("[data-copy]")).await.unwrap().click().await.unwrap();
    browser.wait().for_element(Locator::XPath("//*[@data-copy]/span[text()='Copied']")).await.unwrap();

    browser.goto(&stage.program.url("/clients/music/edit")).await.unwrap();
    run(&browser, "window.stayed = true; document.querySelectorAll('details').forEach((d) => d.open = true)").await;
    let field = "[id='f-vars']";
    for count in 1..=2 {
        // Away from the bar of buttons, which stays at the lower edge of the window.
        let scroll = format!("document.querySelector(\"{field} [data-add-row]\").scrollIntoView({{block: 'center'}})");
        run(&browser, &scroll).await;
        browser.find(Locator::Css(&format!("{field} [data-add-row]"))).await.unwrap().click().await.unwrap();
        assert_eq!(
            browser.find_all(Locator::Css(&format!("{field} [data-rows] [data-row]"))).await.unwrap().len(),
            count
        );
    }
    assert_eq!(run(&browser, "return document.activeElement.name").await, json!("vars.1.name"));
    fill(&browser, "[name='vars.1.name']", "tenant").await;
    fill(&browser, "[name='vars.1.value']", "acme").await;
    browser.find(Locator::Css("[data-remove-row][value='vars.0']")).await.unwrap().click().await.unwrap();
    assert_eq!(run(&browser, "return window.stayed").await, json!(true), "no page was loaded for that");
    fill(&browser, "[data-filter='.field']", "margin").await;
    let shown = "return [...document.querySelectorAll('.groups .field')].filter((f) => f.checkVisibility()).length";
    assert_eq!(run(&browser, shown).await, json!(1));
    press(&browser, "Save").await;
    assert_eq!(address(&browser).await, stage.program.url("/clients/music"));
    let shown = stage.program.run(["client", "show", "music", "--json"]).await.done().json();
    assert_eq!(shown["vars"], json!({"tenant": "acme"}));
    is_silent(&browser, &stage.program, "the form").await;
}

#[tokio::test]
async fn every_page_fits_a_phone_and_both_appearances() {
    let stage = Stage::new(Backend::Embedded).await;
    stage.add_client(LONG).await;
    let program = &stage.program;
    let _server = program.serve().await;
    stage.authorized().await;
    let browser = Browser::open().await;
    browser.goto(&stage.program.url("/login")).await.unwrap();
    photograph(&browser, program, "login").await;
    log_in(&browser, &stage.program).await;
    for (name, path) in [
        ("home", "/"),
        ("nothing-found", "/?q=nothing"),
        ("new", "/clients/new"),
        ("client", "/clients/music"),
        ("long-name", &format!("/clients/{LONG}")),
        ("edit", "/clients/music/edit"),
        ("delete", "/clients/music/delete"),
        ("paste", "/callback/paste"),
        ("api-keys", "/api-keys"),
        ("error", "/no-such-page"),
    ] {
        browser.goto(&stage.program.url(path)).await.unwrap();
        photograph(&browser, program, name).await;
    }
    browser.goto(&stage.program.url("/api-keys")).await.unwrap();
    fill(&browser, "[name=label]", LONG).await;
    press(&browser, "Make the key").await;
    photograph(&browser, program, "api-key-made").await;
    browser.goto(&stage.program.url("/clients/music/edit")).await.unwrap();
    run(&browser, "document.querySelectorAll('details').forEach((d) => d.open = true)").await;
    photograph(&browser, program, "edit-open").await;
    fill(&browser, "[name=name]", "Not A Name").await;
    press(&browser, "Save").await;
    photograph(&browser, program, "edit-wrong").await;
    browser.goto(&stage.program.url("/clients/music")).await.unwrap();
    press(&browser, "Authorize again").await;
    follow(&browser, "[ Cancel ]").await;
    photograph(&browser, program, "cancelled").await;
    press(&browser, "Try again").await;
    agree(&browser, "alice").await;
    photograph(&browser, program, "authorized").await;
}

/// Pictures of the page shown, wide and narrow, light and dark; and nothing of it is beside the screen.
async fn photograph(browser: &Browser, program: &Program, name: &str) {
    for (window, width) in [(Window::Wide, 1280), (Window::Narrow, 390)] {
        browser.resize(window).await;
        let script = "return document.documentElement.scrollWidth";
        let scrolls = run(browser, script).await.as_i64().expect("a width");
        assert!(scrolls <= width, "{name} is {scrolls} wide on a screen of {width}");
        for (appearance, word) in [(Appearance::Light, "light"), (Appearance::Dark, "dark")] {
            browser.prefer(appearance).await;
            let picture = fs::read(browser.picture(&format!("{name}-{width}-{word}")).await).expect("a picture");
            assert!(picture.len() > 5_000, "{name}: {} bytes", picture.len());
        }
    }
    browser.resize(Window::Wide).await;
    browser.prefer(Appearance::Light).await;
    let background = run(browser, "return getComputedStyle(document.documentElement).backgroundColor").await;
    browser.prefer(Appearance::Dark).await;
    let dark = run(browser, "return getComputedStyle(document.documentElement).backgroundColor").await;
    assert_ne!(background, dark, "{name} is dark where that is preferred");
    browser.prefer(Appearance::Light).await;
    is_silent(browser, program, name).await;
}

async fn log_in(browser: &Browser, program: &Program) {
    let code = program.run(["login-code"]).await.done().out();
    browser.goto(&program.url(&format!("/login?code={code}"))).await.unwrap();
    press(browser, "Log in").await;
    assert_eq!(address(browser).await, program.url("/"));
}

/// Signs in at oidc-provider's own pages, if they ask, and agrees.
async fn agree(browser: &Browser, who: &str) {
    if browser.find(Locator::Css("[name=login]")).await.is_ok() {
        fill(browser, "[name=login]", who).await;
        fill(browser, "[name=password]", "password").await;
        press(browser, "Sign-in").await;
    }
    press(browser, "Continue").await;
    browser.wait().for_element(Locator::Css("header.top")).await.unwrap();
}

async fn press(browser: &Browser, label: &str) {
    click(browser, &format!("//button[normalize-space(.)=\"{label}\"][not(contains(@class, 'hidden'))]")).await;
}

async fn follow(browser: &Browser, label: &str) {
    click(browser, &format!("//a[normalize-space(.)=\"{label}\"]")).await;
}

/// Clicks what leads to another page, and waits for that.
async fn click(browser: &Browser, path: &str) {
    let found = browser.find(Locator::XPath(path)).await;
    let element = match found {
        Ok(element) => element,
        Err(error) => panic!("{path} at {}: {error}\n{}", address(browser).await, text(browser, "body").await),
    };
    run(browser, "window.left = false").await;
    element.click().await.unwrap();
    crate::support::until(async || {
        let script = "return window.left !== false && document.readyState === 'complete'";
        browser.execute(script, Vec::new()).await.ok().filter(|done| *done == json!(true))
    })
    .await;
}

async fn fill(browser: &Browser, selector: &str, value: &str) {
    let field = browser.find(Locator::Css(selector)).await.unwrap_or_else(|e| panic!("{selector}: {e}"));
    field.clear().await.unwrap();
    field.send_keys(value).await.unwrap();
}

async fn text(browser: &Browser, selector: &str) -> String {
    let found = browser.find(Locator::Css(selector)).await.unwrap_or_else(|e| panic!("{selector}: {e}"));
    found.text().await.unwrap()
}

async fn heading(browser: &Browser) -> String {
    text(browser, "h1").await
}

async fn address(browser: &Browser) -> String {
    browser.current_url().await.unwrap().to_string()
}

async fn run(browser: &Browser, script: &str) -> Value {
    browser.execute(script, Vec::new()).await.unwrap_or_else(|e| panic!("{script}: {e}"))
}

/// No error of a script, no refusal by the content security policy, nothing that could not be loaded. What Chromium
/// says of other servers' pages is theirs, and that an error page has the status of one is as it should be.
async fn is_silent(browser: &Browser, program: &Program, what: &str) {
    let told = browser.console().await;
    let ours = |message: &str| !message.starts_with("http") || message.starts_with(&program.public_url());
    let expected = |entry: &LogEntry| entry.source == "network" && entry.message.contains("status of 4");
    let advice = |entry: &LogEntry| entry.source == "recommendation";
    let told = told.iter().filter(|entry| ours(&entry.message) && !expected(entry) && !advice(entry));
    let told: Vec<_> = told.collect();
    assert!(told.is_empty(), "{what}: {told:#?}");
}
