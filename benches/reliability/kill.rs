//! Refreshes killed (`kill -9`) at random points of their rotation: what the next one finds.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::rotating_server::{Manners, Random, RotatingServer};
use crate::support::Program;

/// How the refreshes after a kill went.
#[derive(Debug, Default)]
pub struct Ends {
    /// The killed command had stored the new token, or the server had not answered yet: the next refresh went on as if
    /// nothing was.
    pub went_on: u32,
    /// The server had answered, the answer was lost; the old refresh token was tried once more and taken.
    pub retried: u32,
    /// The same at a server that takes no refresh token twice: "authorize again", in words.
    pub said_plainly: u32,
    /// Anything else, told in full.
    pub breaches: Vec<String>,
}

enum End {
    WentOn,
    Retried,
    SaidPlainly,
    Breach(String),
}

/// Kills `kills` refreshes, each of an installation of its own, at servers that forgive (or not) a refresh token whose
/// successor was never used. They are killed one by one; then all wait at once for the leases of the dead.
pub async fn run(kills: u32, grace: bool) -> Ends {
    let alone = Semaphore::new(1);
    let mut random = Random::new(23);
    let points = (0..kills).map(|_| random.thousandths() as f64 / 1000.0);
    let mut ends = Ends::default();
    for end in join_all(points.map(|point| one(point, grace, &alone))).await {
        match end {
            End::WentOn => ends.went_on += 1,
            End::Retried => ends.retried += 1,
            End::SaidPlainly => ends.said_plainly += 1,
            End::Breach(words) => ends.breaches.push(words),
        }
    }
    ends
}

/// `point`: 0 as the request reaches the server, 1 a little after everything is done.
async fn one(point: f64, grace: bool, alone: &Semaphore) -> End {
    let manners = Manners { lifetime_s: 3600, grace, faults: Default::default(), pause_ms: (10, 10) };
    let server = RotatingServer::start(manners, 7).await;
    let program = Program::embedded();
    let before;
    let finished = {
        let _alone = alone.acquire().await.expect("it is never closed");
        let definition = json!({"name": "music", "grant": "password", "client_id": "id", "token": {"url": server.url(), "auth": "none"}});
        let file = program.file("music.json", &definition.to_string());
        program.run(["client", "import", &file]).await.done();
        program.run_with_input(["authorize", "music"], "alice\npassword\n").await.done();
        let rotation = rotation(&program, &server).await;
        before = server.generation("alice");
        killed_after(rotation.mul_f64(1.1 * point), &program, &server).await
    };
    let next = program.run(["refresh", "music"]).await;
    // The server goes on after its client was killed.
    let rotated = server.generation("alice") > before;
    let retried = server.counts().forgiven > 0;
    let token = program.run(["token", "music"]).await;
    let told = || format!("at {point}: exit {}, rotated {rotated}, finished {finished}: {next:?}", next.code());
    match next.code() {
        0 if !server.is_newest(&token.out()) => End::Breach(format!("a token that is not the newest, {}", told())),
        0 if retried && finished => End::Breach(format!("a stored token was lost, {}", told())),
        0 if retried => End::Retried,
        0 => End::WentOn,
        3 if rotated && !finished && !grace && next.err().contains("oauth-helper authorize") => End::SaidPlainly,
        _ => End::Breach(told()),
    }
}

/// How long an undisturbed refresh takes from its request on: the answer, and writing it.
async fn rotation(program: &Program, server: &RotatingServer) -> Duration {
    let mut refreshes = server.refreshes();
    let mut whole = program.start(["refresh", "music"]);
    refreshes.changed().await.expect("the server runs");
    let began = Instant::now();
    assert!(whole.exit().await.success());
    began.elapsed()
}

/// Whether the refresh had ended before it was killed.
async fn killed_after(pause: Duration, program: &Program, server: &RotatingServer) -> bool {
    let mut refreshes = server.refreshes();
    let mut killed = program.start(["refresh", "music"]);
    refreshes.changed().await.expect("the server runs");
    tokio::time::sleep(pause).await;
    let finished = !killed.is_running();
    killed.kill();
    finished
}
