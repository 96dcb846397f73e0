//! An authorization server that means harm: real sockets, one thread, and a script for each connection.

use rcgen::{CertifiedKey, KeyPair};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

pub struct Hostile {
    pub port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Hostile {
    /// Reads each request whole, then lets `script` write what it likes and closes.
    pub fn start(script: impl Fn(&mut TcpStream) + Send + 'static) -> Self {
        Self::serve(move |socket, seen| {
            let mut socket = BufReader::new(socket);
            if let Some(request) = read(&mut socket) {
                seen.lock().unwrap().push(request);
                script(socket.get_mut());
            }
        })
    }

    /// The same over TLS, with an empty JSON object for an answer.
    pub fn start_tls(certificate: &CertifiedKey<KeyPair>) -> Self {
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.cert.der().clone()],
                certificate.signing_key.serialize_der().try_into().unwrap(),
            );
        let config = Arc::new(config.unwrap());
        Self::serve(move |socket, seen| {
            let connection = ServerConnection::new(config.clone()).unwrap();
            let mut socket = BufReader::new(StreamOwned::new(connection, socket));
            if let Some(request) = read(&mut socket) {
                seen.lock().unwrap().push(request);
                socket.get_mut().write_all(&answer("200 OK", "content-type: application/json\r\n", b"{}")).unwrap();
            }
        })
    }

    fn serve(each: impl Fn(TcpStream, &Mutex<Vec<String>>) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = seen.clone();
        thread::spawn(move || listener.incoming().flatten().for_each(|socket| each(socket, &kept)));
        Self { port, seen }
    }

    pub fn url(&self, path: &str) -> url::Url {
        format!("http://127.0.0.1:{}{path}", self.port).parse().unwrap()
    }

    /// The requests that were read to their end, head and body.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// A whole HTTP/1.1 answer; `headers` end in CRLF.
pub fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn read(socket: &mut impl BufRead) -> Option<String> {
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") {
        if socket.read_line(&mut request).ok()? == 0 {
            return None;
        }
    }
    let length =
        request.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    socket.read_exact(&mut body).ok()?;
    Some(request + &String::from_utf8(body).unwrap())
}
