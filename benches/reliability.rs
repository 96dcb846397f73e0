//! What becomes of grants when everything around them fails, counted: called by scripts/reliability. Ends with 1 where a
//! promise of docs/reliability.md was broken.

#![allow(clippy::expect_used, clippy::panic, reason = "a harness that cannot run has nothing to say")]

#[path = "reliability/kill.rs"]
mod kill;
#[path = "reliability/rotating_server.rs"]
mod rotating_server;
#[path = "reliability/soak.rs"]
mod soak;
#[path = "../tests/support/lib.rs"]
mod support;

use std::process::ExitCode;

/// Memory may grow by this much: caches that fill, and the allocator's own reserve.
const GROWTH: f64 = 1.25;

#[tokio::main]
async fn main() -> ExitCode {
    let number = |name: &str, usual: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let kills = u32::try_from(number("KILLS", 100)).unwrap_or(100);
    let mut sound = true;
    for (grace, words) in [(true, "forgives a lost answer"), (false, "forgives nothing")] {
        let ends = kill::run(kills, grace).await;
        println!("{kills} kills, at a server that {words}");
        println!("  went on                 {:>6}", ends.went_on);
        println!("  old token tried again   {:>6}", ends.retried);
        println!("  said \"authorize again\"  {:>6}", ends.said_plainly);
        println!("  anything else           {:>6}", ends.breaches.len());
        ends.breaches.iter().for_each(|breach| println!("    {breach}"));
        sound &= ends.breaches.is_empty();
    }
    sound &= report(&soak::run(number("GRANTS", 1000) as usize, number("SOAK_SECONDS", 180)).await);
    if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn report(outcome: &soak::Outcome) -> bool {
    let counts = outcome.server;
    println!("{} grants, 3 instances, {} s, faults on", outcome.grants, outcome.seconds);
    println!("  token requests          {:>6}, of which failed on purpose {}", counts.requests, counts.faults);
    println!("  rotations               {:>6}", counts.rotations);
    println!("  answers taken away      {:>6}, retried within the grace {}", counts.lost, counts.forgiven);
    println!("  used twice              {:>6}", counts.reused);
    println!("  overlapping             {:>6}", counts.overlapping);
    println!(
        "  asked by scripts        {:>6}, unanswered {}, stale {}",
        outcome.asked, outcome.unanswered, outcome.stale
    );
    println!("  grants lost             {:>6}", outcome.lost);
    for (early, late) in &outcome.memory {
        println!("  memory                  {:>6} KiB early, {late} KiB at the end", early);
    }
    let flat = outcome.memory.iter().all(|(early, late)| *late as f64 <= *early as f64 * GROWTH);
    counts.reused == 0 && counts.overlapping == 0 && outcome.stale == 0 && outcome.lost == 0 && flat
}
