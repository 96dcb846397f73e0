//! From an issuer to its metadata.

use crate::{LIMITS, answer, hostile::Hostile, network};
use oauth_client_helper::flows::discover::{Attempt, DiscoverError, Outcome, discover};
use std::{io::Write, net::TcpListener, sync::mpsc};

/// A server that answers its requests with these, in order. `ISSUER` in a body becomes its own address.
fn server(answers: &[(&'static str, &str)]) -> Hostile {
    let (next, script) = mpsc::channel::<(&str, String)>();
    let server = Hostile::start(move |socket| {
        let (status, body) = script.recv().unwrap();
        socket.write_all(&answer(status, "", body.as_bytes())).unwrap();
    });
    let own = format!("http://127.0.0.1:{}", server.port);
    answers.iter().for_each(|(status, body)| next.send((status, body.replace("ISSUER", &own))).unwrap());
    server
}

const DOCUMENT: &str = r#"{"issuer":"ISSUER/a","token_endpoint":"ISSUER/token"}"#;

fn paths(server: &Hostile) -> Vec<String> {
    server.seen().iter().filter_map(|request| request.split(' ').nth(1).map(str::to_owned)).collect()
}

#[tokio::test]
async fn the_first_usable_document_is_taken() {
    let server = server(&[("404 Not Found", ""), ("200 OK", DOCUMENT)]);
    let metadata = discover(&network(LIMITS), server.url("/a").as_str()).await.unwrap();
    assert_eq!(metadata.token_endpoint, server.url("/token"));
    assert_eq!(paths(&server), ["/a/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/a"]);
}

#[tokio::test]
async fn a_well_known_url_may_be_pasted() {
    let server = server(&[("200 OK", DOCUMENT)]);
    let pasted = server.url("/a/.well-known/openid-configuration");
    assert_eq!(discover(&network(LIMITS), pasted.as_str()).await.unwrap().issuer, server.url("/a").as_str());
}

#[tokio::test]
async fn where_nothing_is_found_every_attempt_is_told() {
    let lie = r#"{"issuer":"https://evil.example","token_endpoint":"https://evil.example/token"}"#;
    let server = server(&[("200 OK", lie), ("500 Oh", ""), ("200 OK", "<html>")]);
    let error = discover(&network(LIMITS), server.url("/a/").as_str()).await.unwrap_err();
    let shown = error.to_string();
    for part in ["its issuer is \"https://evil.example\"", "answered 500", "not a JSON object", "by hand"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let DiscoverError::NothingFound { attempts, .. } = error else { panic!("{error}") };
    assert!(matches!(&attempts[1], Attempt { outcome: Outcome::Status(500), .. }) && attempts.len() == 3);
}

#[tokio::test]
async fn a_host_that_cannot_be_reached_is_asked_once() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = discover(&network(LIMITS), &format!("http://127.0.0.1:{port}")).await.unwrap_err();
    assert!(matches!(error, DiscoverError::Unreachable(_)), "{error}");
    let error = discover(&network(LIMITS), "file:///etc/passwd").await.unwrap_err();
    assert!(matches!(error, DiscoverError::Issuer(_)), "{error}");
}
