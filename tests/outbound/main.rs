//! The network as seen from a hostile authorization server.

#![allow(clippy::unwrap_used, clippy::panic)]

mod discovery;
mod hostile;
mod logging;
mod tls;

use hostile::{Hostile, answer};
use oauth_client_helper::{
    authorization_server::{Error, Limits, Network, Outbound},
    oauth::{
        outgoing::{Answer, Body, Outgoing},
        secret::Secret,
    },
};
use std::{
    io::{Read, Write},
    sync::mpsc::RecvTimeoutError,
    time::{Duration, Instant},
};

const LIMITS: Limits = Limits { total: Duration::from_secs(20), connect: Duration::from_secs(10), body: 64 * 1024 };

/// For servers that would never come to an end.
const SHORT: Limits = Limits { total: Duration::from_millis(300), ..LIMITS };

fn network(limits: Limits) -> Network {
    Network::with_limits(&Outbound { allow_private: true, ca_file: None }, limits).unwrap()
}

/// A token request that is secret in every part that can be.
fn token_request(server: &Hostile) -> Outgoing {
    Outgoing::post(server.url("/token?secret=canary"), Body::form([("code", "canary")]))
        .header("Authorization", Secret::new("Basic canary"))
}

async fn send(server: &Hostile) -> Result<Answer, Error> {
    send_within(LIMITS, server).await
}

async fn send_within(limits: Limits, server: &Hostile) -> Result<Answer, Error> {
    let result = network(limits).send(token_request(server)).await;
    if let Err(error) = &result {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("canary") && shown.contains(&server.port.to_string()), "{shown}");
    }
    result
}

#[tokio::test]
async fn a_request_arrives_as_it_was_described() {
    let head =
        "content-type: text/plain; charset=utf-8\r\nretry-after: 7\r\nwww-authenticate: Basic\r\ndpop-nonce: n\r\n";
    let server = Hostile::start(move |socket| socket.write_all(&answer("401 Unauthorized", head, b"no")).unwrap());
    let answer = send(&server).await.unwrap();
    assert_eq!((answer.status, answer.is_success(), answer.retry_after), (401, false, Some(7)));
    assert_eq!(answer.content_type.as_deref(), Some("text/plain; charset=utf-8"));
    assert_eq!((answer.www_authenticate.as_deref(), answer.dpop_nonce.as_deref()), (Some("Basic"), Some("n")));
    assert_eq!(answer.body.expose(), b"no");
    let request = server.seen().remove(0);
    assert!(request.starts_with("POST /token?secret=canary HTTP/1.1\r\n") && request.ends_with("\r\n\r\ncode=canary"));
    for line in [
        "authorization: Basic canary",
        "accept: application/json",
        "content-type: application/x-www-form-urlencoded",
        concat!("user-agent: oauth-client-helper/", env!("CARGO_PKG_VERSION")),
    ] {
        assert_eq!(request.matches(&format!("\r\n{line}\r\n")).count(), 1, "{line} in {request}");
    }
}

#[tokio::test]
async fn a_header_of_the_definition_replaces_ours() {
    let server = Hostile::start(|socket| socket.write_all(&answer("200 OK", "", b"")).unwrap());
    let request = Outgoing::get(server.url("/")).header("ACCEPT", Secret::new("text/xml"));
    network(LIMITS).send(request).await.unwrap();
    let request = server.seen().remove(0);
    assert!(request.contains("accept: text/xml\r\n") && !request.contains("application/json"), "{request}");
}

#[tokio::test]
async fn a_redirect_is_refused_and_its_target_not_contacted() {
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let target = Hostile::start(|socket| socket.write_all(&answer("200 OK", "", b"{}")).unwrap());
        let location = format!("location: {}\r\n", target.url("/stolen?code=canary"));
        let server = Hostile::start(move |socket| socket.write_all(&answer(status, &location, b"")).unwrap());
        let to = format!("http://127.0.0.1:{}", target.port);
        let host = format!("127.0.0.1:{}", server.port);
        assert_eq!(send(&server).await.unwrap_err(), Error::Redirected { host, to });
        assert_eq!((server.seen().len(), target.seen().len()), (1, 0));
    }
}

#[tokio::test]
async fn a_dripping_answer_is_cut() {
    let (keep, kept) = std::sync::mpsc::channel::<()>();
    let server = Hostile::start(move |socket| {
        let mut drop_of = |bytes: &[u8]| socket.write_all(bytes).and_then(|()| socket.flush());
        let mut drips = drop_of(b"HTTP/1.1 200 OK\r\n\r\n");
        while drips.is_ok() && kept.recv_timeout(Duration::from_millis(10)) == Err(RecvTimeoutError::Timeout) {
            drips = drop_of(b" ");
        }
    });
    let started = Instant::now();
    let error = send_within(SHORT, &server).await.unwrap_err();
    assert!(matches!(error, Error::TimedOut { .. }) && error.may_have_been_received(), "{error}");
    assert!(started.elapsed() < LIMITS.total);
    drop(keep);
}

#[tokio::test]
async fn silence_is_cut() {
    let (keep, kept) = std::sync::mpsc::channel::<()>();
    let server = Hostile::start(move |_| assert!(kept.recv().is_err()));
    assert!(matches!(send_within(SHORT, &server).await.unwrap_err(), Error::TimedOut { .. }));
    drop(keep);
}

#[tokio::test]
async fn an_endless_body_is_cut() {
    let server = Hostile::start(|socket| {
        let mut more = socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while more.is_ok() {
            more = socket.write_all(&[b' '; 8192]);
        }
    });
    let error = send(&server).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }) && error.may_have_been_received(), "{error}");
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_read() {
    for (more, fits) in [(0, true), (1, false)] {
        let server = Hostile::start(move |socket| {
            let _ = socket.write_all(&answer("200 OK", "", &vec![b'a'; LIMITS.body + more]));
        });
        assert_eq!(send(&server).await.is_ok(), fits, "{more} bytes more");
    }
}

#[tokio::test]
async fn compression_is_understood_and_a_bomb_is_cut() {
    for (size, fits) in [(1000, true), (64 * 1024 * 1024, false)] {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&vec![b'a'; size]).unwrap();
        let bomb = encoder.finish().unwrap();
        let server = Hostile::start(move |socket| {
            let _ = socket.write_all(&answer("200 OK", "content-encoding: gzip\r\n", &bomb));
        });
        match network(Limits { body: 1024 * 1024, ..Limits::default() }).send(token_request(&server)).await {
            Ok(answer) => assert!(fits && answer.body.len() == size),
            Err(error) => assert!(!fits && matches!(error, Error::TooLarge { .. }), "{error}"),
        }
    }
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_leaves_doubt_and_is_not_tried_again() {
    for fragment in ["", "HTTP/1.1 200 OK\r\ncontent-le", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"] {
        let server = Hostile::start(move |socket| socket.write_all(fragment.as_bytes()).unwrap());
        let error = send(&server).await.unwrap_err();
        assert!(matches!(error, Error::Interrupted { .. }) && error.may_have_been_received(), "{error}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_connection_is_closed_after_its_answer_and_not_used_twice() {
    let server = Hostile::start(|socket| {
        socket.write_all(&answer("200 OK", "connection: keep-alive\r\n", b"{}")).unwrap();
        let mut more = Vec::new();
        socket.read_to_end(&mut more).unwrap();
        assert!(more.is_empty());
    });
    let network = network(LIMITS);
    for _ in 0..3 {
        network.send(token_request(&server)).await.unwrap();
    }
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn garbage_instead_of_http_is_an_error() {
    let server = Hostile::start(|socket| socket.write_all(b"SSH-2.0-canary\r\n\r\n").unwrap());
    assert!(matches!(send(&server).await.unwrap_err(), Error::Interrupted { .. }));
}

#[tokio::test]
async fn a_refused_connection_was_certainly_not_received() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}/?code=canary").parse().unwrap();
    let error = network(LIMITS).send(Outgoing::get(url)).await.unwrap_err();
    assert!(matches!(&error, Error::Connect { .. }) && !error.may_have_been_received());
    assert!(error.to_string().contains("refused") && !error.to_string().contains("canary"), "{error}");
}

#[tokio::test]
async fn a_name_without_an_address_was_certainly_not_received() {
    let error =
        network(Limits::default()).send(Outgoing::get("http://nobody.invalid/".parse().unwrap())).await.unwrap_err();
    assert_eq!(error, Error::UnknownHost { host: "nobody.invalid".to_owned() });
    assert!(!error.may_have_been_received());
}

#[tokio::test]
async fn addresses_are_checked_in_every_spelling() {
    let server = Hostile::start(|socket| socket.write_all(&answer("200 OK", "", b"{}")).unwrap());
    let strict = Network::new(&Outbound::default()).unwrap();
    for host in ["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::ffff:127.0.0.1]", "localhost"] {
        let url = format!("http://{host}:{}/", server.port).parse().unwrap();
        let error = strict.send(Outgoing::get(url)).await.unwrap_err();
        assert!(matches!(error, Error::PrivateAddress { .. }), "{host}: {error}");
    }
    for host in
        ["169.254.169.254", "0xa9fea9fe", "[fe80::1]", "[::ffff:a9fe:a9fe]", "0.0.0.0", "[::]", "[fd00:ec2::254]"]
    {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{host}/").parse().unwrap();
            let error = network(LIMITS).send(Outgoing::get(url)).await.unwrap_err();
            assert!(matches!(error, Error::ForbiddenAddress { .. }), "{host}: {error}");
        }
    }
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn only_web_addresses_without_credentials_are_sent_to() {
    for url in ["ftp://as.example/", "file:///etc/passwd", "unix:/run/x", "http://a:canary@127.0.0.1/", "data:,canary"]
    {
        let error = network(LIMITS).send(Outgoing::get(url.parse().unwrap())).await.unwrap_err();
        assert!(matches!(error, Error::BadUrl { .. }) && !error.to_string().contains("canary"), "{error}");
    }
    let error = network(LIMITS).send(Outgoing::get("http://1.1.1.1/".parse().unwrap())).await.unwrap_err();
    assert_eq!(error, Error::PlainHttp { host: "1.1.1.1".to_owned() });
}
