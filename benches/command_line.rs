//! How quick and how small the program is, as ratios measured in one run: called by scripts/bench.

#![allow(clippy::expect_used, reason = "a benchmark that cannot run has nothing to say")]

#[path = "command_line/bench.rs"]
#[allow(dead_code, reason = "each benchmark uses a part of it")]
mod bench;
#[path = "command_line/token_endpoint.rs"]
mod token_endpoint;

use bench::{Bench, Redis};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_oauth-helper");
const RUNS: usize = 200;
const STARTS: usize = 20;

fn main() {
    if let Some(file) = std::env::args().skip_while(|argument| argument != "--callgrind").nth(1) {
        return trace(&file);
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let hello = installed(folder.path(), &hello_world(folder.path()));
    let program = installed(folder.path(), Path::new(PROGRAM));
    let redis = Redis::start();
    let [embedded, shared] = [None, Some(&redis)].map(|redis| Bench::with_a_grant(&program, redis));

    let commands = [Command::new(hello), embedded.command(&["token", "bench"]), shared.command(&["token", "bench"])];
    let [hello, embedded_token, shared_token] = medians(commands);
    let ratio = |time: Duration| time.as_secs_f64() / hello.as_secs_f64();
    println!("hello world            {}", ms(hello));
    println!("token, embedded store  {}  {:.2} x hello world (target 2)", ms(embedded_token), ratio(embedded_token));
    println!("token, Redis           {}  {:.2} x hello world (target 3)", ms(shared_token), ratio(shared_token));
    for (name, bench) in [("embedded store", &embedded), ("Redis", &shared)] {
        let starts: Vec<_> = (0..STARTS).map(|_| start(bench)).collect();
        let memory = starts.iter().map(|start| start.1).max().unwrap_or_default();
        let listening = median(starts.iter().map(|start| start.0).collect());
        println!("start, {name:<14}  {}  to listening (target 50)", ms(listening));
        println!("idle, {name:<15}  {:>6.1} MiB resident (target 20)", memory as f64 / 1024.0);
    }
    let size = fs::metadata(PROGRAM).map_or(0, |file| file.len());
    println!("program                {:>6.1} MiB", size as f64 / f64::from(1 << 20));
}

/// Writes down what `token` calls, for scripts/order-functions.
fn trace(file: &str) {
    let bench = Bench::with_a_grant(PROGRAM, None);
    let token = bench.command(&["token", "bench"]);
    let mut valgrind = Command::new("valgrind");
    valgrind.args([
        "--tool=callgrind",
        "--demangle=no",
        "--compress-strings=no",
        &format!("--callgrind-out-file={file}"),
    ]);
    valgrind.arg(token.get_program()).args(token.get_args());
    valgrind.envs(token.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let traced = valgrind.output().expect("valgrind is installed");
    assert!(traced.status.success(), "{}", String::from_utf8_lossy(&traced.stderr));
}

/// A copy, as of an installation: a file that a linker has just written lies in the page cache in small pieces and is slower
/// to start than one that was copied, or read from disk.
fn installed(folder: &Path, program: &Path) -> PathBuf {
    let copy = folder.join(program.with_extension("installed").file_name().expect("a program has a name"));
    fs::copy(program, &copy).expect("the folder is writable");
    copy
}

/// The least a process can be.
fn hello_world(folder: &Path) -> PathBuf {
    let (source, program) = (folder.join("hello.rs"), folder.join("hello"));
    fs::write(&source, "fn main() { println!(\"hello world\"); }").expect("the folder is writable");
    let compiled = Command::new("rustc").args(["-O", "-o"]).args([&program, &source]).status();
    assert!(compiled.is_ok_and(|status| status.success()), "rustc compiles hello world");
    program
}

/// The median wall time of each command, taken in turns so that all see the same machine.
fn medians<const N: usize>(mut commands: [Command; N]) -> [Duration; N] {
    let mut times = [const { Vec::new() }; N];
    for _ in 0..RUNS {
        for (command, times) in commands.iter_mut().zip(&mut times) {
            let before = Instant::now();
            let output = command.stdin(Stdio::null()).output().expect("the command starts");
            times.push(before.elapsed());
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
    times.map(median)
}

/// Until the server accepts connections; and its resident memory a moment later, in KiB.
fn start(bench: &Bench) -> (Duration, u64) {
    let before = Instant::now();
    let server = bench.serve();
    let listening = before.elapsed();
    sleep(Duration::from_millis(200));
    (listening, server.resident())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn ms(time: Duration) -> String {
    format!("{:>6.2} ms", time.as_secs_f64() * 1000.0)
}
