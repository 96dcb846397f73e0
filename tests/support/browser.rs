//! A real Chromium, headless, driven by a real chromedriver.

use std::fs;
use std::ops::Deref;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::{ParseError, Url};

use super::Process;

/// The visible area, in CSS pixels.
#[derive(Debug, Clone, Copy)]
pub enum Window {
    /// A laptop: 1280 × 900.
    Wide,
    /// A phone: 390 × 844.
    Narrow,
}

/// What the operating system prefers.
#[derive(Debug, Clone, Copy)]
pub enum Appearance {
    Light,
    Dark,
}

/// One line of the console: an error of a script, a refusal by the content security policy, a failed load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// `SEVERE`, `WARNING`, `INFO`.
    pub level: String,
    /// `console-api`, `security`, `network`, `javascript`.
    pub source: String,
    pub message: String,
}

/// An open window. Everything that [`fantoccini::Client`] does, it does too.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    // In this order: the driver and its Chromium end before their folder is removed.
    driver: Process,
    profile: TempDir,
}

impl Browser {
    /// Opens a wide, light window.
    pub async fn open() -> Self {
        let profile = TempDir::new().expect("a temporary folder");
        let mut command = Process::command("chromedriver");
        // Both leave files in the temporary folder; there they go with the profile.
        command.arg("--port=0").env("TMPDIR", profile.path());
        let driver = Process::start(command);
        let started = driver.line("started successfully on port").await;
        let port: String = started.chars().filter(char::is_ascii_digit).collect();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let Value::Object(wanted) = capabilities(&profile) else { unreachable!("it is an object") };
        builder.capabilities(wanted);
        let client = builder.connect(&format!("http://127.0.0.1:{port}")).await.expect("Chromium starts");
        let browser = Self { client, driver, profile };
        browser.resize(Window::Wide).await;
        browser.prefer(Appearance::Light).await;
        browser
    }

    /// Sets the visible area.
    pub async fn resize(&self, window: Window) {
        let (width, height) = match window {
            Window::Wide => (1280, 900),
            Window::Narrow => (390, 844),
        };
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Sets `prefers-color-scheme`.
    pub async fn prefer(&self, appearance: Appearance) {
        let value = match appearance {
            Appearance::Light => "light",
            Appearance::Dark => "dark",
        };
        let feature = json!({"name": "prefers-color-scheme", "value": value});
        // A picture is taken of the end of a change of colours, not of its middle.
        let still = json!({"name": "prefers-reduced-motion", "value": "reduce"});
        self.cdp("Emulation.setEmulatedMedia", json!({"features": [feature, still]})).await;
    }

    /// What the console has said since this was last asked.
    pub async fn console(&self) -> Vec<LogEntry> {
        let log = self.issue("se/log", json!({"type": "browser"})).await;
        let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        let read = |entry| LogEntry {
            level: text(entry, "level"),
            source: text(entry, "source"),
            message: text(entry, "message"),
        };
        log.as_array().into_iter().flatten().map(read).collect()
    }

    /// Takes a picture of the whole page, below the fold too: `target/tmp/screenshots/NAME.png`.
    pub async fn picture(&self, name: &str) -> PathBuf {
        let shot = self.cdp("Page.captureScreenshot", json!({"captureBeyondViewport": true})).await;
        let png = STANDARD.decode(shot["data"].as_str().unwrap_or_default()).expect("base64");
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
        let file = folder.join(name).with_extension("png");
        fs::create_dir_all(folder).and_then(|()| fs::write(&file, png)).expect("a writable target folder");
        file
    }

    /// A command of the Chrome DevTools protocol.
    pub async fn cdp(&self, command: &str, parameters: Value) -> Value {
        self.issue("goog/cdp/execute", json!({"cmd": command, "params": parameters})).await
    }

    async fn issue(&self, path: &'static str, body: Value) -> Value {
        let command = Extension { path, body };
        self.client.issue_cmd(command).await.unwrap_or_else(|e| panic!("chromedriver refuses {path}: {e}"))
    }
}

impl Deref for Browser {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// A command of chromedriver beyond the standard.
#[derive(Debug)]
struct Extension {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

fn capabilities(profile: &TempDir) -> Value {
    let folder = format!("--user-data-dir={}", profile.path().join("profile").display());
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // Over a pipe, Chromium ends with its driver, however that ends.
        "--remote-debugging-pipe",
        &folder,
    ];
    json!({
        "acceptInsecureCerts": true,
        "goog:loggingPrefs": {"browser": "ALL"},
        "goog:chromeOptions": {"args": arguments},
    })
}
