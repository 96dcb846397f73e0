//! HTTPS, with a certificate of this machine's own authority or with one from elsewhere.

use std::fs;
use std::time::Duration;

use reqwest::Certificate;

use crate::support::{Answer, Program, Server, Stage, UserAgent, http, http_builder, until};

#[tokio::test]
async fn a_generated_authority_is_all_there_is_to_trust() {
    let stage = Stage::with(Program::embedded().with("TLS__SELF_SIGNED", "true"), &[]).await;
    let program = &stage.program;
    let server = program.serve().await;
    let pem = fs::read(program.data_dir().join("tls/ca.pem")).expect("an authority");
    let trusting = trusting(&pem);
    for name in ["127.0.0.1", "localhost"] {
        let url = format!("https://{name}:{}/healthz", program.port());
        assert_eq!(trusting.get(&url).send().await.expect("a trusted answer").status(), 200);
        assert!(http().get(&url).send().await.is_err(), "nobody else believes it");
    }
    let answer = Answer::to(trusting.get(program.url("/login"))).await;
    assert_eq!(answer.header("strict-transport-security"), "", "it would hold for every port of localhost");

    let mut agent = UserAgent::new();
    let page = agent.sign_in(program).await;
    let set = page.hops[0].headers.get("set-cookie").and_then(|set| set.to_str().ok()).unwrap_or_default();
    assert!(set.starts_with("__Host-oauth-helper=") && set.contains("Secure") && set.contains("HttpOnly"), "{set}");
    let page = agent.open(&program.url("/tls")).await;
    assert!(page.text().contains(&program.data_dir().join("tls/ca.pem").display().to_string()), "{page}");
    let fingerprint = page.all("code").into_iter().find(|code| code.matches(':').count() == 31);
    assert!(fingerprint.is_some(), "a SHA-256 fingerprint: {page}");
    let page = agent.follow("Download ca.pem").await;
    assert_eq!(page.body.as_bytes(), pem);

    stage.authorized().await;
    stage.program.run(["token", "music"]).await.done();
    server.stop().await;
    let _server = program.serve().await;
    assert_eq!(fs::read(program.data_dir().join("tls/ca.pem")).expect("an authority"), pem, "it is trusted once");
    assert!(trusting.get(program.url("/healthz")).send().await.is_ok());
}

#[tokio::test]
async fn a_certificate_of_ones_own_is_served() {
    let (certificate, key) = certificate();
    let program = Program::embedded();
    let (certs, key) = (program.file("cert.pem", &certificate), program.file("key.pem", &key));
    let program = program.with("TLS__CERTS", &certs).with("TLS__KEY", &key);
    let _server = program.serve().await;
    let trusting = trusting(certificate.as_bytes());
    assert_eq!(trusting.get(program.url("/healthz")).send().await.expect("a trusted answer").status(), 200);
    assert_eq!(program.run(["healthcheck"]).await.code(), 0);
    let mut agent = UserAgent::new();
    agent.sign_in(&program).await;
    assert_eq!(agent.open(&program.url("/tls")).await.status, 404, "there is no authority of ours to trust");
}

#[tokio::test]
async fn wrong_certificates_are_named_before_anything_starts() {
    let program = Program::embedded();
    let (certificate, key) = certificate();
    let (_, foreign) = self::certificate();
    let file = |name: &str, text: &str| program.file(name, text);
    let (certs, own, foreign) = (file("c.pem", &certificate), file("k.pem", &key), file("f.pem", &foreign));
    let nonsense = file("n.pem", "canary, and no PEM");
    for (certs, key, named) in [
        ("/no/such/file", own.as_str(), "OAUTHCLIENT_TLS__CERTS"),
        (&certs, "/no/such/file", "OAUTHCLIENT_TLS__KEY"),
        (&nonsense, &own, "OAUTHCLIENT_TLS__CERTS"),
        (&certs, &nonsense, "OAUTHCLIENT_TLS__KEY"),
        (&certs, &foreign, "OAUTHCLIENT_TLS__KEY"),
        (&own, &certs, "OAUTHCLIENT_TLS__"),
    ] {
        let ran = program.clone().with("TLS__CERTS", certs).with("TLS__KEY", key).run(["serve"]).await;
        assert_eq!(ran.code(), 2, "{certs} {key}: {ran:?}");
        assert!(ran.err().contains(named) && !ran.err().contains("canary"), "{certs} {key}: {ran:?}");
        assert!(!ran.err().contains("PRIVATE KEY"), "{ran:?}");
    }
}

#[tokio::test]
async fn a_stranger_that_never_finishes_its_handshake_holds_nobody_up() {
    let program = Program::embedded().with("TLS__SELF_SIGNED", "true");
    let _server: Server = program.serve().await;
    let address = format!("127.0.0.1:{}", program.port());
    let mut strangers = Vec::new();
    for _ in 0..50 {
        strangers.push(tokio::net::TcpStream::connect(&address).await.expect("a connection"));
    }
    let trusting = trusting(&fs::read(program.data_dir().join("tls/ca.pem")).expect("an authority"));
    let answer = tokio::time::timeout(Duration::from_secs(5), trusting.get(program.url("/healthz")).send()).await;
    assert!(answer.is_ok_and(|answer| answer.is_ok()));
}

#[tokio::test]
async fn a_certificate_that_is_replaced_is_served_without_a_restart_and_a_bad_one_is_told_of() {
    let (first, first_key) = certificate();
    let (second, second_key) = certificate();
    let program = Program::embedded();
    let (certs, key) = (program.file("cert.pem", &first), program.file("key.pem", &first_key));
    let program = program.with("TLS__CERTS", &certs).with("TLS__KEY", &key);
    let server = program.serve().await;
    let mut agent = UserAgent::new();
    agent.sign_in(&program).await;
    let health = program.url("/healthz");

    program.file("key.pem", "canary, and no PEM");
    let page = until(async || {
        let page = agent.open(&program.url("/events")).await;
        page.text().contains("cannot be used").then(|| page.text())
    })
    .await;
    assert!(page.contains("key.pem is") || page.contains("key.pem holds"), "{page}");
    assert_eq!(trusting(first.as_bytes()).get(&health).send().await.expect("the old one stays").status(), 200);

    program.file("cert.pem", &second);
    program.file("key.pem", &second_key);
    let trusting_second = trusting(second.as_bytes());
    until(async || trusting_second.get(&health).send().await.ok()).await;
    assert!(trusting(first.as_bytes()).get(&health).send().await.is_err(), "the old one is gone");
    assert_eq!(agent.open(&program.url("/events")).await.status, 200, "whoever was signed in stays so");
    let (status, log) = server.stop().await;
    assert!(status.success() && !log.contains("canary"), "{status}: {log}");
}

#[tokio::test]
async fn a_certificate_that_ends_soon_is_told_of_once() {
    let program = Program::embedded();
    let (certificate, key) = certificate_for(10);
    let (certs, key) = (program.file("cert.pem", &certificate), program.file("key.pem", &key));
    let program = program.with("TLS__CERTS", &certs).with("TLS__KEY", &key);
    let mut agent = UserAgent::new();
    {
        let _server = program.serve().await;
        agent.sign_in(&program).await;
        until(async || {
            let page = agent.open(&program.url("/events")).await;
            (page.all(".events .unread .badge") == ["Certificate"]).then_some(())
        })
        .await;
        let page = agent.open(&program.url("/events")).await;
        assert!(page.text().contains("It ends at"), "{page}");
    }
    let server = program.serve().await;
    let (later, key) = certificate_for(20);
    program.file("cert.pem", &later);
    program.file("key.pem", &key);
    server.line("certificate files have changed").await;
    let trusting = trusting(later.as_bytes());
    until(async || trusting.get(program.url("/healthz")).send().await.ok()).await;
    let page = agent.open(&program.url("/events")).await;
    assert_eq!(page.all(".events .badge"), ["Certificate"], "neither after a restart nor for a new one");
}

fn trusting(pem: &[u8]) -> reqwest::Client {
    let authority = Certificate::from_pem(pem).expect("a certificate");
    http_builder().tls_certs_only([authority]).build().expect("an HTTP client")
}

/// A certificate for this machine and its key, in PEM.
fn certificate() -> (String, String) {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    (made.cert.pem(), made.signing_key.serialize_pem())
}

/// The same, for so many days.
fn certificate_for(days: i64) -> (String, String) {
    let key = rcgen::KeyPair::generate().expect("a key");
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let mut params = rcgen::CertificateParams::new(names).expect("names");
    params.not_after = time::OffsetDateTime::now_utc() + time::Duration::days(days);
    (params.self_signed(&key).expect("a certificate").pem(), key.serialize_pem())
}
