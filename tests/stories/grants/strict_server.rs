//! A token endpoint that takes exactly what a test says, for what the real authorization server does not do.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

/// What one request said.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub path: String,
    /// The two halves of HTTP Basic, decoded from Base64 alone.
    pub basic: Option<String>,
    pub form: BTreeMap<String, String>,
}

impl Asked {
    pub fn field(&self, name: &str) -> &str {
        self.form.get(name).map_or("", String::as_str)
    }
}

/// It lives as long as the test's process.
#[derive(Debug)]
pub struct StrictServer {
    url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl StrictServer {
    pub fn start(answer: impl Fn(&Asked) -> (u16, Value) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = asked.clone();
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let request = read(&connection);
                let (status, body) = answer(&request);
                log.lock().expect("a log").push(request);
                write(connection, status, &body.to_string());
            }
        });
        Self { url, asked }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Every request so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("a log").clone()
    }
}

fn read(connection: &TcpStream) -> Asked {
    let mut reader = BufReader::new(connection);
    let mut line = String::new();
    let mut next = |reader: &mut BufReader<&TcpStream>| {
        line.clear();
        reader.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    };
    let mut asked =
        Asked { path: next(&mut reader).split(' ').nth(1).unwrap_or_default().to_owned(), ..Asked::default() };
    let mut length = 0;
    loop {
        let header = next(&mut reader);
        let Some((name, value)) = header.split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().expect("a length"),
            "authorization" => asked.basic = value.strip_prefix("Basic ").map(decoded),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a whole body");
    asked.form = url::form_urlencoded::parse(&body).into_owned().collect();
    asked
}

fn decoded(text: &str) -> String {
    String::from_utf8(STANDARD.decode(text).expect("Base64")).expect("UTF-8")
}

fn write(mut connection: TcpStream, status: u16, body: &str) {
    let head = format!(
        "HTTP/1.1 {status} -\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close",
        body.len()
    );
    let _ = write!(connection, "{head}\r\n\r\n{body}");
}
