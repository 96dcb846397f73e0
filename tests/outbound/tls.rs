//! Whose certificates are believed.

use crate::hostile::Hostile;
use oauth_client_helper::{
    authorization_server::{Error, Limits, Network, Outbound},
    oauth::outgoing::{Answer, Outgoing},
};
use rcgen::{CertificateParams, CertifiedKey, KeyPair, date_time_ymd};
use std::{io::Write, process::Command};

fn certificate(name: &str) -> CertifiedKey<KeyPair> {
    rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap()
}

fn expired(name: &str) -> CertifiedKey<KeyPair> {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    let signing_key = KeyPair::generate().unwrap();
    CertifiedKey { cert: params.self_signed(&signing_key).unwrap(), signing_key }
}

async fn ask(server: &Hostile, trusted: Option<&CertifiedKey<KeyPair>>) -> Result<Answer, Error> {
    let folder = tempfile::tempdir().unwrap();
    let ca_file = trusted.map(|certificate| {
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, certificate.cert.pem()).unwrap();
        path
    });
    let network = Network::new(&Outbound { allow_private: true, ca_file }).unwrap();
    let url = format!("https://localhost:{}/token?code=canary", server.port);
    network.send(Outgoing::get(url.parse().unwrap())).await
}

fn assert_untrusted(result: Result<Answer, Error>, reason: &str, server: &Hostile) {
    let error = result.unwrap_err();
    let shown = error.to_string();
    assert!(matches!(error, Error::Tls { .. }) && !error.may_have_been_received(), "{shown}");
    assert!(shown.contains(reason) && !shown.contains("canary"), "{shown}");
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn a_private_certificate_is_believed_with_its_ca_file_only() {
    let own = certificate("localhost");
    let server = Hostile::start_tls(&own);
    assert_untrusted(ask(&server, None).await, "OAUTHCLIENT_OUTBOUND__CA_FILE", &server);
    assert_untrusted(ask(&server, Some(&certificate("localhost"))).await, "", &server);
    assert_eq!(ask(&server, Some(&own)).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let other = certificate("other.example");
    let server = Hostile::start_tls(&other);
    assert_untrusted(ask(&server, Some(&other)).await, "another name", &server);
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let old = expired("localhost");
    let server = Hostile::start_tls(&old);
    assert_untrusted(ask(&server, Some(&old)).await, "expired", &server);
}

#[tokio::test]
async fn https_to_a_server_that_speaks_plain_http_says_so() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap()).parse().unwrap();
    std::thread::spawn(move || {
        listener.accept().unwrap().0.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    });
    let network = Network::new(&Outbound { allow_private: true, ca_file: None }).unwrap();
    let error = network.send(Outgoing::get(url)).await.unwrap_err();
    assert!(error.to_string().contains("does not speak TLS") && !error.may_have_been_received(), "{error}");
}

/// Runs the next test in a process that finds no certificate authorities.
#[test]
fn a_system_without_authorities_is_told_so_at_the_first_https_request() {
    let child = "tls::without_authorities_plain_http_and_a_ca_file_still_work";
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", child, "--ignored"])
        .envs([("SSL_CERT_FILE", "/dev/null"), ("SSL_CERT_DIR", "/nonexistent")])
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && shown.contains("1 passed"), "{shown}");
}

#[tokio::test]
#[ignore = "needs the environment that the test above makes"]
async fn without_authorities_plain_http_and_a_ca_file_still_work() {
    let own = certificate("localhost");
    let server = Hostile::start_tls(&own);
    assert_eq!(ask(&server, None).await.unwrap_err(), Error::NoTrustAnchors);
    assert_eq!(ask(&server, Some(&own)).await.unwrap().status, 200);
    let plain = Hostile::start(|socket| socket.write_all(&crate::answer("200 OK", "", b"{}")).unwrap());
    let outbound = Outbound { allow_private: true, ca_file: None };
    let network = Network::with_limits(&outbound, Limits::default()).unwrap();
    assert_eq!(network.send(Outgoing::get(plain.url("/"))).await.unwrap().status, 200);
}
