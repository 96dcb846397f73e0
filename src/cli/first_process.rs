//! What differs for process 1 of a container, which `docker run IMAGE VERB` makes of a verb.

use super::error::Failure;
use std::future::pending;
use tokio::signal::unix::{SignalKind, signal};

/// Ends when somebody tells the program to. The kernel keeps a signal that nothing handles from process 1 alone, so that
/// `wait` in an init container would have to be killed; for every other process this never ends.
pub async fn told_to_end() -> Failure {
    if std::process::id() != 1 {
        return pending().await;
    }
    let code = tokio::select! {
        () = arrival(SignalKind::terminate()) => 128 + 15,
        () = arrival(SignalKind::interrupt()) => 128 + 2,
        () = arrival(SignalKind::hangup()) => 128 + 1,
    };
    Failure::Command { said: String::new(), code }
}

async fn arrival(kind: SignalKind) {
    match signal(kind) {
        Ok(mut arrivals) => drop(arrivals.recv().await),
        Err(_) => pending().await,
    }
}
