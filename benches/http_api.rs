//! How many tokens a second the HTTP API hands out, beside a bare Rocket route in the same run, and what a million of them
//! cost in memory: called by scripts/bench.

#![allow(clippy::expect_used, reason = "a benchmark that cannot run has nothing to say")]

#[path = "http_api/bare.rs"]
mod bare;
#[path = "command_line/bench.rs"]
#[allow(dead_code, reason = "each benchmark uses a part of it")]
mod bench;
#[path = "http_api/load.rs"]
mod load;
#[path = "command_line/token_endpoint.rs"]
mod token_endpoint;

use bench::{Bench, Redis, Running};
use load::{Load, Target};
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_oauth-helper");
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(4);
/// For memory: measured after the first hundred thousand, by which every buffer has been needed, and after a million.
const WARM: u64 = 100_000;
const MANY: u64 = 1_000_000;

fn main() {
    if let Some(port) = bare::asked_for() {
        return bare::serve(port);
    }
    let redis = Redis::start();
    let (bare, bare_target) = bare::start();
    let [(embedded, in_file), (shared, in_redis)] = [None, Some(&redis)].map(served);
    let targets = [&bare_target, &in_file, &in_redis];
    let load = Load::default();
    let [bare_rate, file_rate, redis_rate] = rates(&load, targets);
    println!("bare Rocket JSON route {bare_rate:>9.0} requests/s, {} connections", load::CONNECTIONS);
    for (name, rate, target) in [("embedded store", file_rate, 75), ("Redis", redis_rate, 50)] {
        println!("GET token, {name:<14} {rate:>7.0} requests/s, {:.0} % (target {target})", 100.0 * rate / bare_rate);
    }
    drop((bare, shared));
    load.requests(&in_file, WARM);
    let before = embedded.resident();
    load.requests(&in_file, MANY - WARM);
    let (mib, after) = (|kib: u64| kib as f64 / 1024.0, embedded.resident());
    println!("memory after 10^5      {:>9.1} MiB, after 10^6 {:.1} MiB", mib(before), mib(after));
}

/// A server with a grant, and the call that asks it for the token.
fn served(redis: Option<&Redis>) -> (Running, Target) {
    let bench = Box::leak(Box::new(Bench::with_a_grant(PROGRAM, redis)));
    let key = bench.out(&["api-key", "create", "bench", "--client", "bench"]);
    let server = bench.serve();
    (server, Target::new(bench.port(), "/api/v1/clients/bench/token", Some(&key)))
}

/// The median rate of each target, taken in turns so that all see the same machine.
fn rates<const N: usize>(load: &Load, targets: [&Target; N]) -> [f64; N] {
    let mut rates = [const { Vec::new() }; N];
    for target in targets {
        load.rate(target, ROUND / 4);
    }
    for _ in 0..ROUNDS {
        for (target, rates) in targets.iter().zip(&mut rates) {
            rates.push(load.rate(target, ROUND));
        }
    }
    rates.map(|mut rates| {
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    })
}
