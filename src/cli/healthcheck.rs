//! `healthcheck`: for a container that holds nothing but this binary.

use super::error::Failure;
use super::serve::near_end;
use crate::settings::Settings;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(3);

pub fn run(settings: &Settings) -> Result<(), Failure> {
    let address = near_end(settings);
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)
        .map_err(|error| Failure::Serve(format!("nothing answers at {address}: {error}; start it with `serve`")))?;
    if settings.tls.is_on() {
        // The certificate is for browsers; that the listener accepts says that the process lives.
        return Ok(());
    }
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let host = settings.public_url.host();
    write!(stream, "GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(4096).read_to_string(&mut answer)?;
    if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(Failure::Unwell) }
}
