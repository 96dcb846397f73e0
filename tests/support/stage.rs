//! Where most stories begin: a program, an authorization server, and the client `music` of one at the other.

use serde_json::{Value, json};
use url::Url;

use super::{AuthorizationServer, Backend, Page, Program, Ran, UserAgent};

/// The program does not serve yet: call [`Program::serve`] where the story needs it.
#[derive(Debug)]
pub struct Stage {
    pub program: Program,
    pub authorization_server: AuthorizationServer,
}

impl Stage {
    pub async fn new(backend: Backend<'_>) -> Self {
        Self::with(Program::new(backend), &[]).await
    }

    /// With a program of the story's own, and variables for the authorization server.
    pub async fn with(program: Program, variables: &[(&str, &str)]) -> Self {
        let authorization_server = AuthorizationServer::with(&program.redirect_uri(), variables).await;
        let stage = Self { program, authorization_server };
        stage.add_client("music").await;
        stage
    }

    /// Adds a client as a person would: issuer, client ID, secret.
    pub async fn add_client(&self, name: &str) -> Ran {
        let secret = self.program.file("client_secret", AuthorizationServer::CLIENT_SECRET);
        let (issuer, id) = (self.authorization_server.issuer(), AuthorizationServer::CLIENT_ID);
        let arguments =
            ["client", "add", name, "--issuer", issuer, "--client-id", id, "--client-secret-file", secret.as_str()];
        self.program.run(arguments).await.done()
    }

    /// Changes `music` by one `--set` of `client edit`.
    pub async fn set(&self, field: &str) -> Ran {
        self.program.run(["client", "edit", "music", "--set", field]).await.done()
    }

    /// The redirect URI with the code of an authorization that a signed-in browser started: not requested yet.
    pub async fn callback(&self, agent: &mut UserAgent, name: &str) -> Url {
        agent.open(&self.program.url(&format!("/clients/{name}"))).await;
        agent.stop_before(&self.program.redirect_uri());
        agent.press("Authorize", &[]).await;
        agent.approve(&self.program.redirect_uri()).await
    }

    /// A browser that is signed in.
    pub async fn operator(&self) -> UserAgent {
        let mut agent = UserAgent::new();
        agent.sign_in(&self.program).await;
        agent
    }

    /// Authorizes `music` and shows the page of success. Gives the browser it was done in.
    pub async fn authorized(&self) -> UserAgent {
        let mut agent = self.operator().await;
        let callback = self.callback(&mut agent, "music").await;
        let page = agent.arrive(&callback).await;
        assert!(page.text().contains("music is authorized"), "{page}");
        agent
    }

    /// The same, with tokens that count as over after a second, by a definition that is put right at once: from then on
    /// new ones live as long as the authorization server says. Waits for that second. Nobody refreshes them unasked.
    pub async fn authorized_and_expired(&self) -> UserAgent {
        self.set("refresh.background=false").await;
        self.set(r#"response={"fields": {"expires_in": "nowhere"}, "default_ttl_s": 1}"#).await;
        let agent = self.authorized().await;
        self.set("response={}").await;
        self.until(|grant| grant["state"] == "expiring").await;
        agent
    }

    /// Makes every token of `music` count as so short-lived, in seconds, whatever the authorization server says.
    pub async fn short_lived(&self, seconds: u32) {
        let response = json!({"fields": {"expires_in": "nowhere"}, "default_ttl_s": seconds});
        self.set(&format!("response={response}")).await;
    }

    /// Waits until `status` says so of `music`.
    pub async fn until(&self, fits: impl Fn(&Value) -> bool) -> Value {
        super::until(async || Some(self.status().await).filter(&fits)).await
    }

    /// The grant of `music` as `status --json` has it.
    pub async fn status(&self) -> Value {
        let all = self.program.run(["status", "--json"]).await.done().json();
        let grants = all.as_array().cloned().unwrap_or_default();
        grants.into_iter().find(|grant| grant["client"] == "music").expect("music is listed")
    }

    /// How many token requests there were.
    pub async fn token_requests(&self) -> usize {
        self.authorization_server.requests("POST /token").await
    }
}

/// Whether a page says that `music` was authorized.
pub fn shows_success(page: &Page) -> bool {
    page.status == 200 && page.text().contains("music is authorized")
}
