//! Nothing secret is logged, by us or by the crates below us, at any level.

use crate::{answer, hostile::Hostile, send};
use std::{
    io::{self, Write},
    sync::Mutex,
};

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct ToLog;

impl Write for ToLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_most_talkative_log_holds_one_event_for_a_request_and_no_secret() {
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false).with_writer(|| ToLog).init();
    let head = "location: https://as.example/?code=canary\r\nx-token: canary\r\n";
    let good = Hostile::start(move |socket| socket.write_all(&answer("200 OK", head, b"canary")).unwrap());
    let bad = Hostile::start(move |socket| socket.write_all(&answer("302 Found", head, b"canary")).unwrap());
    send(&good).await.unwrap();
    send(&bad).await.unwrap_err();
    let log = String::from_utf8(LOG.lock().unwrap().clone()).unwrap();
    assert!(!log.contains("canary"), "{log}");
    for (event, server) in [("request sent", &good), ("request failed", &bad)] {
        let host = format!("host=\"127.0.0.1:{}\"", server.port);
        let lines = log.lines().filter(|line| line.contains(event) && line.contains(&host) && line.contains("POST"));
        assert_eq!(lines.count(), 1, "{log}");
    }
}
