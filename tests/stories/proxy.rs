//! Calling an API by way of the helper, which attaches the token.

use futures_util::StreamExt;
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::support::{Answer, Api, Backend, Call, ResourceServer, Stage, in_both_stores, leaks};

/// `music` is authorized, and its API is one whose answers the story gives.
async fn stage(backend: Backend<'_>) -> (Stage, ResourceServer) {
    let stage = Stage::new(backend).await;
    let api = ResourceServer::start().await;
    stage.set(&format!("api.base_url={}", api.url("/v1"))).await;
    (stage, api)
}

/// Sends a request and lets the API answer its first call.
async fn asked(request: reqwest::RequestBuilder, server: &ResourceServer) -> (Call, tokio::task::JoinHandle<Answer>) {
    let answer = tokio::spawn(Answer::to(request));
    (server.asked().await, answer)
}

in_both_stores!(every_method_goes_to_the_api_with_the_token);

async fn every_method_goes_to_the_api_with_the_token(backend: Backend<'_>) {
    let (stage, server) = stage(backend).await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let token = stage.program.run(["token", "music"]).await.done().out();
    let api = Api::of(&stage.program).await;
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let named = Method::from_bytes(method.as_bytes()).expect("a method");
        let request = api.request(named, "/proxy/music/a%2Fb/c?q=x%20y&q=2").header("x-mine", "1").body("a body");
        let (mut call, answer) = asked(request, &server).await;
        assert_eq!(call.line(), format!("{method} /v1/a%2Fb/c?q=x%20y&q=2 HTTP/1.1"));
        assert_eq!(
            (call.token(), call.header("x-mine"), call.header("content-length")),
            (token.clone(), "1".into(), "6".into())
        );
        assert_eq!(call.body_with("a body").await, "a body");
        call.answer_with("418 Teapot", "x-theirs: 2\r\netag: \"3\"\r\n", "short and stout").await;
        let answer = answer.await.expect("no panic");
        assert_eq!((answer.status, &*answer.body), (418, "short and stout"), "{method}");
        assert_eq!((answer.header("x-theirs"), answer.header("etag")), ("2", "\"3\""));
        assert_eq!(answer.header("oauthclient-proxied"), "music");
    }
    let (call, answer) = asked(api.request(Method::HEAD, "/proxy/music/"), &server).await;
    assert_eq!((call.line(), call.token()), ("HEAD /v1 HTTP/1.1", token));
    let mut call = call;
    call.say("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1234\r\n\r\n").await;
    let answer = answer.await.expect("no panic");
    assert_eq!((answer.status, answer.header("content-length"), &*answer.body), (200, "1234", ""));
}

#[tokio::test]
async fn what_is_for_the_helper_does_not_reach_the_api_and_nothing_it_says_of_us_comes_back() {
    let (stage, server) = stage(Backend::Embedded).await;
    stage.set(r#"api.headers={"X-Version": "2022", "X-App": "{client_id}"}"#).await;
    let serving = stage.program.serve().await;
    let agent = stage.authorized().await;
    let api = Api::of(&stage.program).await;
    let cookie = format!("oauth-helper={}", agent.cookie(&stage.program.url("/"), "oauth-helper").expect("a session"));
    let request = api.request(Method::GET, "/proxy/music/me?canary=1").header("cookie", &cookie);
    let request = request.header("connection", "x-hop").header("x-hop", "1").header("x-version", "mine");
    let request = request.header("x-forwarded-for", "10.0.0.1").header("proxy-authorization", "Basic eA==");
    let (call, answer) = asked(request.header("te", "trailers"), &server).await;
    for header in ["cookie", "x-hop", "x-forwarded-for", "proxy-authorization", "te", "connection"] {
        assert_eq!(call.header(header), "", "{header}");
    }
    assert!(!leaks(&call.head, &api.key) && !leaks(&call.head, &cookie));
    assert_eq!(call.header("host"), server.url("").trim_start_matches("http://"));
    assert_eq!((call.header("x-version"), call.header("x-app")), ("2022".to_owned(), "test-client".to_owned()));
    let token = call.token();
    call.answer_with(
        "302 Found",
        "location: https://elsewhere.example/x\r\nset-cookie: oauth-helper=stolen\r\naccess-control-allow-origin: *\r\n\
         content-security-policy: default-src *\r\nx-hop: 1\r\nproxy-connection: x\r\n\
         cache-control: public, max-age=60\r\nwww-authenticate: Basic\r\n",
        "",
    )
    .await;
    let answer = answer.await.expect("no panic");
    assert_eq!((answer.status, answer.header("location")), (302, "https://elsewhere.example/x"));
    for header in ["set-cookie", "access-control-allow-origin", "proxy-connection"] {
        assert_eq!(answer.header(header), "", "{header}");
    }
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
    assert_eq!((answer.header("cache-control"), answer.header("www-authenticate")), ("private, max-age=60", "Basic"));
    let (_, log) = serving.stop().await;
    assert!(log.contains("/api/v1/proxy/<name>/<_..>") && !log.contains("canary"), "{log}");
    assert!(!leaks(log, &token));
}

#[tokio::test]
async fn the_token_goes_where_the_definition_says_and_is_of_the_account_that_is_named() {
    let (stage, server) = stage(Backend::Embedded).await;
    stage.set(r#"api.name=X-Token"#).await;
    stage.set(r#"api.template=Mine {access_token}"#).await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let token = stage.program.run(["token", "music"]).await.done().out();
    let api = Api::of(&stage.program).await;
    let (call, answer) = asked(api.request(Method::GET, "/proxy/music/me").header("x-token", "forged"), &server).await;
    assert_eq!((call.header("x-token"), call.header("authorization")), (format!("Mine {token}"), String::new()));
    call.answer("200 OK", "").await;
    answer.await.expect("no panic");

    stage.set("api.token_in=query").await;
    stage.set("api.name=key").await;
    stage.set("api.template={access_token}").await;
    let (call, answer) = asked(api.request(Method::GET, "/proxy/music/me?a=1&k%65y=forged&b=2"), &server).await;
    assert_eq!(call.line(), format!("GET /v1/me?a=1&b=2&key={token} HTTP/1.1"));
    call.answer("200 OK", "").await;
    answer.await.expect("no panic");

    let other = api.request(Method::GET, "/proxy/music/me?account=default").header("OAuthClient-Account", "work");
    assert_eq!(Answer::to(other).await.problem(), (409, "authorization_required".to_owned()));
}

in_both_stores!(a_rejected_token_is_refreshed_and_the_request_repeated_once);

async fn a_rejected_token_is_refreshed_and_the_request_repeated_once(backend: Backend<'_>) {
    let (stage, server) = stage(backend).await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let api = Api::of(&stage.program).await;
    let post = |body: String| api.request(Method::POST, "/proxy/music/things").body(body);

    let (mut first, answer) = asked(post("small".into()), &server).await;
    first.body_with("small").await;
    let old = first.token();
    first.answer("401 Unauthorized", "old").await;
    let mut second = server.asked().await;
    assert_eq!(second.body_with("small").await, "small");
    let new = second.token();
    assert_ne!(new, old);
    second.answer("201 Created", "made").await;
    let answer = answer.await.expect("no panic");
    assert_eq!((answer.status, &*answer.body), (201, "made"));
    assert_eq!(stage.program.run(["token", "music"]).await.done().out(), new);

    // Too large to be kept: the API's word is final.
    let before = stage.token_requests().await;
    let (mut call, answer) = asked(post(format!("{}END", "x".repeat(100_000))), &server).await;
    assert_eq!(call.header("content-length"), "100003");
    call.body_with("END").await;
    call.answer("401 Unauthorized", "no").await;
    assert_eq!(answer.await.expect("no panic").body, "no");
    assert_eq!(stage.token_requests().await, before);

    // An API that rejects even the new one is not asked a third time, and does not cost a refresh for each call.
    for calls in [2, 1] {
        let (mut call, answer) = asked(api.request(Method::GET, "/proxy/music/me"), &server).await;
        for _ in 1..calls {
            call.answer("401 Unauthorized", "never").await;
            call = server.asked().await;
        }
        call.answer_with("401 Unauthorized", "www-authenticate: Bearer error=\"x\"\r\n", "never").await;
        let answer = answer.await.expect("no panic");
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer error=\"x\""));
    }
    assert_eq!(stage.token_requests().await, before + 1);
}

#[tokio::test]
async fn bodies_are_streamed_both_ways_at_the_same_time() {
    let (stage, server) = stage(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let api = Api::of(&stage.program).await;
    let (sender, pieces) = mpsc::channel::<Result<String, std::io::Error>>(1);
    let pieces = futures_util::stream::unfold(pieces, async |mut pieces| Some((pieces.recv().await?, pieces)));
    let request = api.request(Method::POST, "/proxy/music/talk").body(reqwest::Body::wrap_stream(pieces));
    let answer = tokio::spawn(request.send());
    sender.send(Ok("first question".into())).await.expect("somebody reads");
    let mut call = server.asked().await;
    assert_eq!((call.header("transfer-encoding"), call.header("content-length")), ("chunked".into(), String::new()));
    call.body_with("first question").await;
    call.say("HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\nc\r\nfirst answer\r\n").await;
    let answer = answer.await.expect("no panic").expect("an answer");
    let mut answered = answer.bytes_stream();
    assert_eq!(answered.next().await.expect("a piece").expect("it is whole"), "first answer");
    sender.send(Ok("second question".into())).await.expect("somebody reads");
    call.body_with("second question").await;
    call.say("d\r\nsecond answer\r\n").await;
    assert_eq!(answered.next().await.expect("a piece").expect("it is whole"), "second answer");
    drop(sender);
    call.body_with("0\r\n\r\n").await;
    call.say("0\r\n\r\n").await;
    assert!(answered.next().await.is_none());
}

#[tokio::test]
async fn what_breaks_off_on_one_side_breaks_off_on_the_other() {
    let (stage, server) = stage(Backend::Embedded).await;
    let serving = stage.program.serve().await;
    stage.authorized().await;
    let api = Api::of(&stage.program).await;
    // The API in the middle of its answer.
    let request = api.request(Method::GET, "/proxy/music/long");
    let answer = tokio::spawn(request.send());
    let mut call = server.asked().await;
    call.say("HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nhalf").await;
    let answered = answer.await.expect("no panic").expect("a head");
    drop(call);
    assert!(answered.bytes().await.is_err(), "half an answer does not look like a whole one");
    // The same where no length was said: then nothing tells the caller that it was all.
    let answer = tokio::spawn(api.request(Method::GET, "/proxy/music/long").send());
    let mut call = server.asked().await;
    call.say("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n").await;
    let mut answered = answer.await.expect("no panic").expect("a head").bytes_stream();
    assert_eq!(answered.next().await.expect("a piece").expect("it is whole"), "half");
    drop(call);
    serving.line("is not whole").await;
    assert!(futures_util::FutureExt::now_or_never(answered.next()).is_none(), "it has no end");
    // The caller in the middle of its body.
    let address = stage.program.url("").trim_start_matches("http://").to_owned();
    let mut caller = TcpStream::connect(&address).await.expect("a connection");
    let key = &api.key;
    let head = format!(
        "POST /api/v1/proxy/music/long HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
         Transfer-Encoding: chunked\r\n\r\n14\r\na quite long message\r\n"
    );
    caller.write_all(head.as_bytes()).await.expect("it is taken");
    let mut call = server.asked().await;
    call.body_with("a quite long message").await;
    drop(caller);
    call.left().await;
    // The caller in the middle of the answer.
    let request = api.request(Method::GET, "/proxy/music/long");
    let answer = tokio::spawn(request.send());
    let mut call = server.asked().await;
    call.say("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n").await;
    drop(answer.await.expect("no panic").expect("a head"));
    call.talked_to_nobody().await;
    // It would wait for the one who is kept waiting.
    serving.kill();
}

#[tokio::test]
async fn no_path_leaves_the_base_url() {
    let (stage, server) = stage(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let api = Api::of(&stage.program).await;
    let address = stage.program.url("").trim_start_matches("http://").to_owned();
    // As text, since every client tidies up what it is given.
    let raw = async |target: &str| {
        let mut connection = TcpStream::connect(&address).await.expect("a connection");
        let key = &api.key;
        let head = format!(
            "GET {target} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n"
        );
        connection.write_all(head.as_bytes()).await.expect("it is taken");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.expect("an answer");
        answer
    };
    for path in [
        "../x",
        "..",
        "a/../../x",
        "%2e%2e/x",
        "a/%2E%2E%2Fx",
        "..%2fx",
        "%252e%252e/x",
        "..;/x",
        "a%5c..%5cx",
        "a%0d%0ab",
    ] {
        let answer = raw(&format!("/api/v1/proxy/music/{path}")).await;
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("bad_path"), "{path}: {answer}");
    }
    for target in ["/api/v1//proxy/music/x", "/api/v1/./proxy/music/x", "/api/v1/proxy//music/x", "/api/v1/proxy/../x"]
    {
        let answer = raw(target).await;
        assert!(answer.starts_with("HTTP/1.1 40"), "{target}: {answer}");
    }
    for (path, below) in [
        ("//evil.example/x", "//evil.example/x"),
        ("/http://evil.example/x", "/http://evil.example/x"),
        ("/@evil.example", "/@evil.example"),
        ("/", ""),
        ("", ""),
    ] {
        let target = format!("/api/v1/proxy/music{path}");
        let called = async {
            let call = server.asked().await;
            let line = call.line().to_owned();
            call.answer("200 OK", "").await;
            line
        };
        let (answer, line) = tokio::join!(raw(&target), called);
        assert_eq!(line, format!("GET /v1{below} HTTP/1.1"), "{answer}");
    }
}

#[tokio::test]
async fn what_cannot_be_passed_on_is_answered_with_a_code() {
    let (stage, server) = stage(Backend::Embedded).await;
    stage.add_client("bare").await;
    let _server = stage.program.serve().await;
    let api = Api::of(&stage.program).await;
    assert_eq!(api.get("/proxy/music/me").await.problem(), (409, "authorization_required".to_owned()));
    stage.authorized().await;
    for (path, status, code) in
        [("/proxy/none/me", 404, "unknown_client"), ("/proxy/bare/me", 409, "authorization_required")]
    {
        assert_eq!(api.get(path).await.problem(), (status, code.to_owned()), "{path}");
    }
    drop(server);
    assert_eq!(api.get("/proxy/music/me").await.problem(), (502, "server_unreachable".to_owned()));
    stage.set("api.base_url=http://169.254.169.254/latest").await;
    let refused = api.get("/proxy/music/me").await;
    assert_eq!(refused.problem(), (502, "server_unreachable".to_owned()));
    assert!(refused.body.contains("link-local"), "{refused:?}");
    stage.set("api={}").await;
    assert_eq!(api.get("/proxy/music/me").await.problem(), (409, "no_endpoint".to_owned()));
    let none = crate::support::http().get(stage.program.url("/api/v1/proxy/music/me"));
    assert_eq!(Answer::to(none).await.problem(), (401, "invalid_key".to_owned()));
    let key = stage.program.run(["api-key", "create", "x", "--client", "bare", "--allow", "proxy"]).await.done().out();
    let limited = Api::with_key(&stage.program, key);
    assert_eq!(limited.get("/proxy/music/me").await.problem(), (403, "forbidden_client".to_owned()));
    assert_eq!(limited.post("/proxy/music/me", json!({})).await.problem(), (403, "forbidden_client".to_owned()));
}

#[tokio::test]
async fn a_posted_form_stays_one_whatever_its_first_field_is_called() {
    let (stage, server) = stage(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let api = Api::of(&stage.program).await;
    let form =
        api.request(Method::POST, "/proxy/music/things").header("content-type", "application/x-www-form-urlencoded");
    let (mut call, answer) = asked(form.body("_method=delete&id=1"), &server).await;
    assert_eq!(call.line(), "POST /v1/things HTTP/1.1");
    assert_eq!(call.body_with("id=1").await, "_method=delete&id=1");
    call.answer("200 OK", "").await;
    answer.await.expect("no panic");
}
