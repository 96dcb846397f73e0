//! A token endpoint that gives out one long-lived token.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

const ANSWER: &str = r#"{"access_token": "an-access-token", "token_type": "Bearer", "expires_in": 86400}"#;

/// Starts it, for one request: afterwards a token has to come from the store. Returns its URL.
pub fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("a bound socket").port();
    thread::spawn(move || listener.incoming().flatten().take(1).for_each(answer));
    format!("http://127.0.0.1:{port}/token")
}

fn answer(mut stream: TcpStream) {
    // The request fits; what it says does not matter.
    let _ = stream.read(&mut [0; 4096]);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n", ANSWER.len());
    let _ = write!(stream, "{head}Connection: close\r\n\r\n{ANSWER}");
}
