//! An API that wants a token and says whose (RFC 9728).

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Serves until it is dropped.
#[derive(Debug)]
pub struct ApiServer {
    own: String,
    serving: JoinHandle<()>,
}

impl ApiServer {
    pub async fn start(issuer: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let own = format!("http://{}", listener.local_addr().expect("an address"));
        let (base, issuer) = (own.clone(), issuer.to_owned());
        let serving = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let _ = serve(connection, &base, &issuer).await;
            }
        });
        Self { own, serving }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.own)
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(connection: TcpStream, own: &str, issuer: &str) -> std::io::Result<()> {
    let mut connection = BufReader::new(connection);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if connection.read_line(&mut line).await? == 0 || line == "\r\n" {
            break;
        }
        lines.push(line);
    }
    let path = lines.first().and_then(|line| line.split([' ', '?']).nth(1)).unwrap_or_default();
    let (status, header, body) = answer(path, own, issuer);
    let body = body.to_string();
    let head = format!("HTTP/1.1 {status}\r\n{header}connection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    connection.write_all(format!("{head}{body}").as_bytes()).await?;
    connection.shutdown().await
}

fn answer(path: &str, own: &str, issuer: &str) -> (&'static str, String, Value) {
    let metadata = |resource: String| {
        json!({ "resource": resource, "authorization_servers": [issuer, "https://other.example"],
                "scopes_supported": ["api"], "bearer_methods_supported": ["header"] })
    };
    let challenge = |document: &str| {
        let challenges = format!("Basic realm=\"a, b\", Bearer resource_metadata=\"{own}{document}\"");
        ("401 Unauthorized", format!("www-authenticate: Negotiate\r\nwww-authenticate: {challenges}\r\n"), Value::Null)
    };
    match path {
        "/v1/me" => challenge("/metadata"),
        "/liar" => challenge("/lie"),
        "/metadata" => ("200 OK", String::new(), metadata(format!("{own}/v1"))),
        "/lie" => ("200 OK", String::new(), metadata("https://bank.example/".to_owned())),
        "/.well-known/oauth-protected-resource" => ("200 OK", String::new(), metadata(own.to_owned())),
        _ => ("404 Not Found", String::new(), Value::Null),
    }
}
