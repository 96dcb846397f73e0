//! A refresh killed (`kill -9`) at random points, again and again: what the next one finds.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::rotating_server::{Manners, RotatingServer};
use crate::support::Program;

/// How the refreshes after a kill went.
#[derive(Debug, Default)]
pub struct Ends {
    /// The killed command had stored the new token, or had not asked yet: the next refresh went on as if nothing was.
    pub went_on: u32,
    /// The server had answered, the answer was lost; the old refresh token was tried once more and taken.
    pub retried: u32,
    /// The same at a server that takes no refresh token twice: "authorize again", in words.
    pub said_plainly: u32,
    /// Anything else, told in full.
    pub breaches: Vec<String>,
}

/// Kills `kills` refreshes at a server that forgives (or not) a refresh token whose successor was never used.
pub async fn run(kills: u32, grace: bool) -> Ends {
    let manners = Manners { lifetime_s: 3600, grace, faults: Default::default(), pause_ms: (3, 3) };
    let server = RotatingServer::start(manners, 7).await;
    let program = Program::embedded();
    let definition = json!({"name": "music", "grant": "password", "client_id": "id", "token": {"url": server.url(), "auth": "none"}});
    let file = program.file("music.json", &definition.to_string());
    program.run(["client", "import", &file]).await.done();
    authorize(&program).await;
    let began = Instant::now();
    program.run(["refresh", "music"]).await.done();
    let whole = began.elapsed();
    let mut ends = Ends::default();
    for number in 0..kills {
        // Evenly over the whole run and a little beyond, so that every step of it is hit.
        one(&program, &server, whole.mul_f64(1.1 * f64::from(number) / f64::from(kills)), &mut ends).await;
    }
    ends
}

async fn authorize(program: &Program) {
    program.run_with_input(["authorize", "music"], "alice\npassword\n").await.done();
}

async fn one(program: &Program, server: &RotatingServer, after: Duration, ends: &mut Ends) {
    let before = server.generation("alice");
    let mut killed = program.start(["refresh", "music"]);
    tokio::time::sleep(after).await;
    let finished = !killed.is_running();
    killed.kill();
    let (rotated, forgiven) = (server.generation("alice") > before, server.counts().forgiven);
    let next = program.run(["refresh", "music"]).await;
    let retried = server.counts().forgiven > forgiven;
    let token = program.run(["token", "music"]).await;
    match (next.code(), rotated) {
        (0, _) if !server.is_newest(&token.out()) => {
            ends.breaches.push(format!("after {after:?} a token is served that is not the newest"));
        }
        (0, true) if retried && finished => ends.breaches.push(format!("after {after:?} a stored token was lost")),
        (0, true) if retried => ends.retried += 1,
        (0, _) => ends.went_on += 1,
        (3, true) if !finished && next.err().contains("authorize") => {
            ends.said_plainly += 1;
            authorize(program).await;
        }
        (code, rotated) => {
            ends.breaches
                .push(format!("after {after:?}: exit {code}, rotated {rotated}, finished {finished}: {next:?}"));
            authorize(program).await;
        }
    }
}
