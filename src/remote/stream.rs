//! What another installation tells as it happens: server-sent events (WHATWG HTML §9.2), as far as this program sends them.

use super::{Call, Error, Remote};
use crate::authorization_server::{Relayed, RelayedBody};
use std::fmt;
use std::pin::Pin;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader, Lines};

/// Longer than any problem that this program describes, in bytes.
const LONGEST_PROBLEM: u64 = 64 * 1024;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Where to go on after a break: see [`Remote::stream`].
    pub id: Option<String>,
    pub data: String,
}

/// Events as they come. Dropping it ends the connection.
pub struct Stream {
    lines: Lines<BufReader<Pin<Box<dyn AsyncRead + Send>>>>,
    begun: Message,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}

impl Remote {
    /// Listens. With the id of the last event that was heard, those since then come first.
    pub async fn stream(&self, call: Call<'_>, last_id: Option<&str>) -> Result<Stream, Error> {
        let key = ("Authorization".to_owned(), self.authorization());
        let headers = last_id.map(|id| ("Last-Event-ID", id)).into_iter();
        let headers = headers.chain([("Accept", "text/event-stream")]).collect();
        let (url, body) = (self.url(call), RelayedBody::None);
        let relayed =
            Relayed { method: "GET", url, headers, secret_headers: vec![key], body, length: None, identity: None };
        let answer = self.network.relay(relayed).await?;
        let status = answer.status();
        let is_stream = answer.headers().iter().any(|(name, value)| {
            *name == "content-type" && value.split(';').next().is_some_and(|kind| kind.trim() == "text/event-stream")
        });
        if status == 200 && is_stream {
            return Ok(Stream::of(answer.into_body()));
        }
        let mut text = Vec::new();
        // What is cut off is no problem of ours either.
        let _ = Box::pin(answer.into_body()).take(LONGEST_PROBLEM).read_to_end(&mut text).await;
        Err(self.problem(status, &text))
    }
}

impl Stream {
    fn of(body: impl AsyncRead + Send + 'static) -> Self {
        let body: Pin<Box<dyn AsyncRead + Send>> = Box::pin(body);
        Self { lines: BufReader::new(body).lines(), begun: Message::default() }
    }

    /// The next event; `None` when the connection is over. Safe to drop and to call again.
    pub async fn next(&mut self) -> Option<Message> {
        loop {
            let line = self.lines.next_line().await.ok()??;
            if line.is_empty() {
                let message = std::mem::take(&mut self.begun);
                if !message.data.is_empty() {
                    return Some(message);
                }
                continue;
            }
            let (field, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "id" => self.begun.id = Some(value.to_owned()),
                "data" => self.begun.data += value,
                // A comment keeps the connection alive; other fields are not sent.
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn events_are_read_one_by_one_and_half_of_one_is_none() {
        let text = ":\n\nid: 7\ndata: {\"a\":1}\n\ndata:{}\n\nretry: 5\n\nid: 9\ndata: half";
        let mut stream = Stream::of(text.as_bytes());
        let message = |id: Option<&str>, data: &str| Message { id: id.map(str::to_owned), data: data.to_owned() };
        assert_eq!(stream.next().await, Some(message(Some("7"), "{\"a\":1}")));
        assert_eq!(stream.next().await, Some(message(None, "{}")));
        assert_eq!(stream.next().await, None);
    }
}
