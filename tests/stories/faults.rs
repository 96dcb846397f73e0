//! The fault table: what an authorization server may do wrong, and what becomes of the grant. Every story asks while the
//! token is still valid, and so it has to be served all the same.

use serde_json::{Value, json};

use crate::support::{Api, Backend, Ran, Stage, TokenEndpoint, TokenRequest, until};

/// A grant with a valid token, that `endpoint` refreshes. Nothing happens in the background.
struct Grant {
    stage: Stage,
    endpoint: TokenEndpoint,
    token: String,
}

impl Grant {
    async fn new() -> Self {
        let (stage, endpoint) = (Stage::new(Backend::Embedded).await, TokenEndpoint::start().await);
        stage.set("refresh.background=false").await;
        {
            let _server = stage.program.serve().await;
            stage.authorized().await;
        }
        stage.set(r#"token.auth="basic""#).await;
        stage.set(&format!("token.url={}", endpoint.url())).await;
        let token = stage.program.run(["token", "music"]).await.done().out();
        Self { stage, endpoint, token }
    }

    /// A person asks for a new token, and the server answers so.
    async fn refreshed(&self, answer: impl AsyncFnOnce(TokenRequest)) -> Ran {
        let asking = tokio::spawn({
            let program = self.stage.program.clone();
            async move { program.run(["refresh", "music"]).await }
        });
        answer(self.endpoint.asked().await).await;
        asking.await.expect("it ran")
    }

    /// What holds after every fault that may pass.
    async fn is_kept(&self, why: &str) -> Value {
        let program = &self.stage.program;
        // More is wanted than is left: a refresh is due, but the server was asked a moment ago.
        until(async || {
            Some(program.run(["token", "music", "--format", "json"]).await.json()["expires_in"].as_i64()? < 3600)
                .filter(|so| *so)
        })
        .await;
        let served = program.run(["token", "music", "--min-valid", "3600"]).await.done();
        let status = self.stage.status().await;
        assert_eq!(program.run(["token", "music"]).await.done().out(), self.token, "{why}");
        assert_eq!(served.out(), self.token, "{why}");
        assert_eq!(status["state"], "failing", "{why}: {status}");
        assert!(status["since"].is_i64() && status["last_error"].is_string(), "{why}: {status}");
        assert!(self.endpoint.was_left_alone().await, "{why}: no storm");
        status
    }
}

/// What a server answers, and what is to come of it.
struct Fault {
    what: &'static str,
    status: &'static str,
    headers: &'static str,
    body: Vec<u8>,
    code: i32,
    /// Of what is said and kept.
    words: &'static str,
}

const HTML: &str = "content-type: text/html\r\n";
const JSON: &str = "content-type: application/json\r\n";
const WAIT: &str = "retry-after: 120\r\n";
const ELSEWHERE: &str = "location: http://canary.example/token?x=y\r\n";

#[rustfmt::skip]
fn faults() -> Vec<Fault> {
    let fault = |what, status, headers, body: &[u8], code, words| Fault { what, status, headers, body: body.to_vec(), code, words };
    let refusal = |what, status, error: &'static str| fault(what, status, JSON, json!({"error": error}).to_string().as_bytes(), 5, error);
    vec![
        fault("an error of its own", "500 Internal Server Error", HTML, b"<h1>oops</h1>", 6, "500"),
        refusal("an outage", "503 Service Unavailable", "temporarily_unavailable"),
        refusal("an outage that says invalid_grant", "500 Internal Server Error", "invalid_grant"),
        fault("a page", "200 OK", HTML, b"<html>sign in</html>", 6, "text/html"),
        fault("garbage", "200 OK", JSON, b"{\"access_token\": ", 6, "not OAuth"),
        fault("nothing", "200 OK", "", b"", 6, "not OAuth"),
        fault("a giant", "200 OK", JSON, &[b' '; 2 * 1024 * 1024], 6, "1048576 bytes"),
        fault("a redirect", "302 Found", ELSEWHERE, b"", 6, "http://canary.example"),
        refusal("an error under status 200", "200 OK", "invalid_request"),
        fault("too many requests", "429 Too Many Requests", WAIT, b"", 6, "429"),
        refusal("a wrong secret", "401 Unauthorized", "invalid_client"),
        refusal("a wrong kind of client", "400 Bad Request", "unauthorized_client"),
        fault("an answer without a token", "200 OK", JSON, b"{}", 5, "no access token"),
    ]
}

#[tokio::test]
async fn no_answer_but_a_confirmed_invalid_grant_ends_a_grant() {
    let grant = Grant::new().await;
    for fault in faults() {
        let Fault { what, status, headers, body, code, words } = fault;
        let ran = grant.refreshed(async |request| request.answer_with(status, headers, &body).await).await;
        assert_eq!(ran.code(), code, "{what}: {ran:?}");
        assert!(ran.err().contains(words), "{what}: {ran:?}");
        let kept = grant.is_kept(what).await;
        assert!(kept["last_error"].as_str().is_some_and(|error| error.contains(words)), "{what}: {kept}");
        assert_eq!(kept["next_try_at"].is_null(), what.starts_with("a wrong"), "{what}: {kept}");
    }
    let history = grant.stage.program.run(["status", "music", "--json"]).await.done().json();
    let outcomes: Vec<&str> =
        history[0]["history"].as_array().expect("a list").iter().filter_map(|one| one["outcome"].as_str()).collect();
    assert_eq!(outcomes.len(), 14, "{history}");
    assert_eq!((outcomes[0], outcomes[13]), ("failed", "authorized"));
    let said = grant.stage.program.run(["status", "music"]).await.done().out();
    assert!(said.contains("failed") && said.contains("no access token") && said.contains(" ms"), "{said}");

    let ran = grant
        .refreshed(async |request| request.answer("400 Bad Request", json!({"error": "invalid_grant"})).await)
        .await;
    assert_eq!(ran.code(), 3, "{ran:?}");
    assert_eq!(grant.stage.status().await["state"], "authorization_required");
    assert_eq!(grant.stage.program.run(["token", "music"]).await.done().out(), grant.token, "it is still valid");
    assert_eq!(grant.stage.program.run(["refresh", "music"]).await.code(), 3);
    assert!(grant.endpoint.was_left_alone().await, "what is over is not asked for again");
}

#[tokio::test]
async fn a_server_that_wants_to_be_left_alone_is() {
    let grant = Grant::new().await;
    let busy =
        async |request: TokenRequest| request.answer_with("429 Too Many Requests", "retry-after: 600\r\n", b"").await;
    grant.refreshed(busy).await;
    let kept = grant.is_kept("429").await;
    let wait = kept["next_try_at"].as_i64().zip(kept["since"].as_i64()).map(|(next, since)| next - since);
    assert_eq!(wait, Some(600), "{kept}");
    let _server = grant.stage.program.serve().await;
    let api = Api::of(&grant.stage.program).await;
    let rejected = api.post("/clients/music/token/rejected", json!({"access_token": grant.token})).await;
    assert_eq!(rejected.problem(), (502, "server_unreachable".to_owned()));
    let wait: i64 = rejected.header("retry-after").parse().expect("seconds");
    assert!((500..=600).contains(&wait), "{rejected:?}");
    assert!(grant.endpoint.was_left_alone().await);
    let ran = grant.refreshed(async |request| request.grant("new", "r2").await).await;
    assert_eq!(ran.code(), 0, "a person is not put off: {ran:?}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up_after_half_a_minute() {
    let grant = Grant::new().await;
    let _server = grant.stage.program.serve().await;
    let api = Api::of(&grant.stage.program).await;
    let ran = grant
        .refreshed(async |mut request| {
            // The headers come, and then nothing.
            request.begin(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{").await;
            let answer = api.get("/clients/music/token").await;
            assert_eq!(answer.json()["access_token"], grant.token.as_str(), "nobody waits for it: {answer:?}");
            // It holds the connection until the program has hung up.
            grant.stage.until(|status| status["state"] == "failing").await;
            drop(request);
        })
        .await;
    assert_eq!(ran.code(), 6, "{ran:?}");
    assert!(ran.err().contains("within 30 s"), "{ran:?}");
    grant.is_kept("silence").await;

    // The server may have replaced the refresh token: if it says so, the reason is told.
    let over = json!({"error": "invalid_grant"});
    let ran = grant.refreshed(async |request| request.answer("400 Bad Request", over).await).await;
    assert_eq!(ran.code(), 3, "{ran:?}");
    assert!(ran.err().contains("was lost on its way"), "{ran:?}");
}

#[tokio::test]
async fn who_has_no_token_asks_now_and_then_and_not_all_at_once() {
    let (stage, endpoint) = (Stage::new(Backend::Embedded).await, TokenEndpoint::start().await);
    let _server = stage.program.serve().await;
    stage.authorized_and_expired().await;
    stage.set(r#"token.auth="basic""#).await;
    stage.set(&format!("token.url={}", endpoint.url())).await;
    let api = Api::of(&stage.program).await;
    let calls = rocket::futures::future::join_all((0..50).map(|_| api.get("/clients/music/token")));
    let (answers, ()) = tokio::join!(calls, async {
        endpoint.asked().await.answer_with("503 Service Unavailable", "", b"").await;
    });
    assert!(answers.iter().all(|answer| answer.problem() == (502, "server_unreachable".to_owned())), "{answers:?}");
    assert!(endpoint.was_left_alone().await, "fifty callers, one request");
    let again = until(async || Some(api.get("/clients/music/token").await).filter(|answer| answer.status == 200));
    let (answer, ()) = tokio::join!(again, async { endpoint.asked().await.grant("back", "r2").await });
    assert_eq!(answer.json()["access_token"], "back");
}

/// The disk lets no file grow beyond half a megabyte: what the program keeps in reserve does not fit any more.
#[tokio::test]
async fn on_a_full_disk_no_refresh_token_is_spent() {
    let grant = Grant::new().await;
    let program = &grant.stage.program;
    let reserve = program.data_dir().join("spool/reserve");
    std::fs::remove_file(&reserve).expect("it was taken before the code was exchanged");
    let ran = program.shell("trap '' XFSZ; ulimit -f 1024; exec oauth-helper refresh music").await;
    assert_eq!(ran.code(), 7, "{ran:?}");
    assert!(ran.err().contains("is full") && ran.err().contains("Make room"), "{ran:?}");
    assert!(grant.endpoint.was_left_alone().await, "nothing was asked for that could not be kept");
    assert_eq!(program.run(["token", "music"]).await.done().out(), grant.token);

    let ran = grant.refreshed(async |request| request.grant("with room", "r2").await).await;
    assert_eq!(ran.code(), 0, "{ran:?}");
    assert!(reserve.exists());
}
