//! Ports for servers that must be told one.

use std::net::TcpListener;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below 32768, where Linux begins to number outgoing connections: none of those can take a port between our look at
/// it and the server's bind.
const FIRST: u16 = 12_000;
const COUNT: u16 = 20_000;

static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| AtomicU16::new(start()));

/// A free port on loopback. No two calls in one process get the same one; two processes start far apart.
pub fn free_port() -> u16 {
    (0..COUNT)
        .map(|_| FIRST + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port on loopback")
}

fn start() -> u16 {
    let spread = u64::from(std::process::id()).wrapping_mul(7919) % u64::from(COUNT);
    u16::try_from(spread).expect("less than COUNT")
}
