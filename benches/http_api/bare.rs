//! The least a Rocket server can do: one route, one JSON object of the size of a token answer. A process of its own, as the
//! program is.

use crate::bench::{Running, free_port, wait_for};
use crate::load::Target;
use rocket::serde::json::{Json, Value, json};
use std::net::Ipv4Addr;
use std::process::{Command, Stdio};

const VARIABLE: &str = "BENCH_BARE_PORT";

/// The port to serve at, when this process is the bare server.
pub fn asked_for() -> Option<u16> {
    std::env::var(VARIABLE).ok()?.parse().ok()
}

pub fn start() -> (Running, Target) {
    let port = free_port();
    let own = std::env::current_exe().expect("the path of this program");
    let server = Command::new(own).env(VARIABLE, port.to_string()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let running = Running::of(server.expect("this program starts"));
    wait_for(port);
    (running, Target::new(port, "/", None))
}

#[rocket::get("/")]
fn token() -> Json<Value> {
    Json(json!({
        "access_token": "x".repeat(43), "token_type": "Bearer", "expires_at": 1_769_860_800, "expires_in": 3599,
        "scope": "", "client": "bench", "account": "default",
    }))
}

pub fn serve(port: u16) {
    let workers = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 4);
    let config = rocket::Config {
        address: Ipv4Addr::LOCALHOST.into(),
        port,
        workers,
        log_level: rocket::config::LogLevel::Off,
        ..rocket::Config::release_default()
    };
    let served = rocket::execute(rocket::custom(config).mount("/", rocket::routes![token]).launch());
    served.map(drop).expect("it serves");
}
