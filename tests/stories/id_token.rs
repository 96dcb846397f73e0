//! Who authorized a client: ID tokens of a real server are verified and shown, others are refused.

use crate::support::{AuthorizationServer, Page, Program, Stage, TokenEndpoint, UserAgent, shows_success};
use oauth_client_helper::oauth::jwk::Algorithm;
use oauth_client_helper::oauth::jwt;
use oauth_client_helper::oauth::secret::Secret;
use oauth_client_helper::oauth::signing_key::SigningKey;
use oauth_client_helper::oauth::timestamp::Timestamp;
use serde_json::{Value, json};
use url::Url;

#[tokio::test]
async fn the_claims_of_a_verified_token_are_shown() {
    for id in [AuthorizationServer::CLIENT_ID, "test-es256", "test-eddsa"] {
        let stage = Stage::new(crate::support::Backend::Embedded).await;
        let _server = stage.program.serve().await;
        stage.program.run(["client", "edit", "music", "--client-id", id, "--scope", "openid email"]).await.done();
        let mut agent = stage.authorized().await;
        let page = agent.open(&stage.program.url("/clients/music")).await;
        let said = page.all(".identity").join(" ");
        assert!(said.contains("Authorized by alice") && said.contains("ID token verified"), "{id}: {page}");
        assert!(said.contains("sub") && !said.contains("nonce"), "{said}");

        stage.program.run(["refresh", "music"]).await.done();
        let page = agent.open(&stage.program.url("/clients/music")).await;
        assert!(page.text().contains("ID token verified"), "{page}");
    }
}

#[tokio::test]
async fn without_the_servers_keys_a_token_is_shown_as_not_verified() {
    let stage = Stage::new(crate::support::Backend::Embedded).await;
    let _server = stage.program.serve().await;
    stage.set("id_token={}").await;
    let mut agent = stage.authorized().await;
    let page = agent.open(&stage.program.url("/clients/music")).await;
    assert!(page.text().contains("ID token not verified"), "{page}");
}

/// A server whose every word the test chooses, and a client of it.
struct Forger {
    program: Program,
    endpoint: TokenEndpoint,
    agent: UserAgent,
}

impl Forger {
    async fn start(program: Program) -> Self {
        let endpoint = TokenEndpoint::start().await;
        let issuer = endpoint.url().replace("/token", "");
        let set = |path: &str, value: &str| format!("{path}={issuer}{value}");
        let definition = [
            set("issuer", ""),
            set("authorize.url", "/authorize"),
            set("token.url", "/token"),
            set("id_token.jwks_url", "/jwks"),
        ];
        let mut arguments = vec!["client", "add", "music", "--client-id", "me", "--auth", "none", "--scope", "openid"];
        arguments.extend(definition.iter().flat_map(|set| ["--set", set.as_str()]));
        program.run_with(&arguments).await.done();
        let mut agent = UserAgent::new();
        agent.sign_in(&program).await;
        Self { program, endpoint, agent }
    }

    fn issuer(&self) -> String {
        self.endpoint.url().replace("/token", "")
    }

    /// Authorizes once: the token endpoint answers with `token(nonce)`, and each fetch of the keys with the next of `keys`.
    async fn authorize(&mut self, token: impl Fn(&Self, &str) -> Secret, keys: &[&Value]) -> &Page {
        self.agent.open(&self.program.url("/clients/music")).await;
        self.agent.stop_before(&format!("{}/authorize", self.issuer()));
        let request = self.agent.press("Authorize", &[]).await.stopped_before.clone().expect("a redirect");
        let parameter = |name| request.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
        let callback = format!("{}?code=c&state={}", self.program.redirect_uri(), parameter("state"));
        let id_token = token(self, &parameter("nonce"));
        let answers = async {
            let tokens = json!({"access_token": "canary-access-token", "id_token": id_token.expose()});
            let mut keys = keys.iter();
            for _ in 0..=keys.len() {
                let request = self.endpoint.asked().await;
                let answer = match request.text.starts_with("GET /jwks ") {
                    true => (*keys.next().expect("no further fetch of the keys")).clone(),
                    false => tokens.clone(),
                };
                request.answer("200 OK", answer).await;
            }
        };
        let callback = Url::parse(&callback).unwrap();
        tokio::join!(answers, self.agent.arrive(&callback)).1
    }

    fn claims(&self, nonce: &str) -> Value {
        let now = Timestamp::now();
        json!({"iss": self.issuer(), "sub": "alice", "aud": "me", "nonce": nonce, "iat": now, "exp": now + 60})
    }

    async fn has_token(&self) -> bool {
        self.program.run(["token", "music"]).await.code() == 0
    }
}

fn key() -> SigningKey {
    SigningKey::parse(&SigningKey::generate(Algorithm::Es256).unwrap()).unwrap()
}

fn published(key: &SigningKey, kid: &str) -> Value {
    let mut jwk = key.public().unwrap().to_jwk();
    jwk.insert("kid".to_owned(), kid.into());
    json!({"keys": [jwk]})
}

fn signed(claims: &Value, key: &SigningKey, kid: &str) -> Secret {
    jwt::sign(claims, key, Algorithm::Es256, Some(kid)).unwrap()
}

/// A good token of this key.
fn by<'k>(key: &'k SigningKey, kid: &'k str) -> impl Fn(&Forger, &str) -> Secret + 'k {
    move |forger, nonce| signed(&forger.claims(nonce), key, kid)
}

#[tokio::test]
async fn a_token_that_is_wrong_in_one_thing_stores_nothing() {
    let program = Program::embedded();
    let _server = program.serve().await;
    let mut forger = Forger::start(program).await;
    let (key, other) = (key(), key());
    let keys = published(&key, "k");
    let wrong = [
        ("iss", json!("https://evil.example"), "issued by"),
        ("aud", json!("you"), "another client"),
        ("nonce", json!("replayed"), "another authorization request"),
        ("exp", json!(1), "it is over since"),
        ("at_hash", json!("AAAA"), "another access token"),
    ];
    let mut fetches = vec![&keys];
    for (claim, value, said) in wrong {
        let token = |forger: &Forger, nonce: &str| {
            let mut claims = forger.claims(nonce);
            claims[claim] = value.clone();
            signed(&claims, &key, "k")
        };
        let page = forger.authorize(token, &fetches).await;
        assert!(page.text().contains("cannot be trusted") && page.text().contains(said), "{claim}: {page}");
        assert!(!page.text().contains("canary"));
        assert!(!forger.has_token().await, "{claim}");
        fetches.clear();
    }
    let page = forger.authorize(by(&other, "k"), &[]).await;
    assert!(page.text().contains("signature is wrong"), "{page}");
    let none = |_: &Forger, _: &str| Secret::new("eyJhbGciOiJub25lIn0.e30.");
    let page = forger.authorize(none, &[]).await;
    assert!(page.text().contains("not signed (alg none)"), "{page}");
    assert!(!forger.has_token().await);
}

#[tokio::test]
async fn new_keys_of_the_server_are_fetched_once() {
    let program = Program::embedded();
    let _server = program.serve().await;
    let mut forger = Forger::start(program).await;
    let (old, new, nobodys) = (key(), key(), key());
    let (before, after) = (published(&old, "old"), published(&new, "new"));
    assert!(shows_success(forger.authorize(by(&old, "old"), &[&before]).await));
    assert!(shows_success(forger.authorize(by(&old, "old"), &[]).await), "the keys are kept");
    assert!(shows_success(forger.authorize(by(&new, "new"), &[&after]).await), "a new key is looked for");
    let page = forger.authorize(by(&nobodys, "x"), &[]).await;
    assert!(page.text().contains("a key that the server does not publish"), "{page}");
    assert!(forger.has_token().await, "the last good tokens stay");
}

#[tokio::test]
async fn the_buttons_say_whose_the_token_is_and_whether_it_holds() {
    let stage = Stage::new(crate::support::Backend::Embedded).await;
    let _server = stage.program.serve().await;
    stage.program.run(["client", "edit", "music", "--scope", "openid email"]).await.done();
    let mut agent = stage.authorized().await;
    let page = stage.program.url("/clients/music");
    let token = stage.program.run(["token", "music"]).await.done().out();

    assert!(!agent.open(&page).await.text().contains("Test"), "there is no API to test");
    let said = agent.press("User info", &[]).await.text();
    assert!(said.contains("it is the one of alice") && said.contains("alice@example.test"), "{said}");
    agent.open(&page).await;
    let said = agent.press("Introspect", &[]).await.text();
    assert!(said.contains("the token is active") && said.contains("exp"), "{said}");

    stage.set(&format!("api.base_url={}", stage.authorization_server.issuer())).await;
    stage.set("api.probe=/me").await;
    agent.open(&page).await;
    let said = agent.press("Test", &[]).await.text();
    assert!(said.contains("The API answered 200.") && said.contains("alice@example.test"), "{said}");
    assert!(!said.contains(&token));
    stage.set("api.template=Wrong {access_token}").await;
    agent.open(&page).await;
    let said = agent.press("Test", &[]).await.text();
    assert!(said.contains("The API answered 40"), "{said}");
}

#[tokio::test]
async fn user_info_about_somebody_else_is_not_shown() {
    let program = Program::embedded();
    let _server = program.serve().await;
    let mut forger = Forger::start(program).await;
    let key = key();
    assert!(shows_success(forger.authorize(by(&key, "k"), &[&published(&key, "k")]).await));
    let url = format!("userinfo.url={}/me", forger.issuer());
    forger.program.run(["client", "edit", "music", "--set", &url]).await.done();
    forger.agent.open(&forger.program.url("/clients/music")).await;
    let answer = async {
        let request = forger.endpoint.asked().await;
        assert!(request.text.contains("authorization: Bearer canary-access-token"), "{}", request.text);
        request.answer("200 OK", json!({"sub": "mallory", "email": "mallory@evil.example"})).await;
    };
    let ((), page) = tokio::join!(answer, forger.agent.press("User info", &[]));
    assert!(page.text().contains("another person") && !page.text().contains("mallory"), "{page}");
}
