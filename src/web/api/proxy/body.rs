//! The body of a request on its way to the API, beside the answer that may begin before it has ended.

use crate::flows::proxy::Body;
use crate::web::api::Answer;
use crate::web::problem::Problem;
use rocket::data::{ByteUnit, Data, DataStream};
use rocket::http::Status;
use rocket::request::Request;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};
use tokio::sync::mpsc;
use tokio::time::{Sleep, sleep};

/// Most bytes of a body that is kept to be sent once more after a 401.
const KEPT: u64 = 64 * 1024;
/// Bytes that are passed on at a time.
pub const CHUNK: usize = 16 * 1024;
/// After an answer that broke off.
const KEPT_WAITING: Duration = Duration::from_secs(300);

/// The rest of a body, as long as there is one. It belongs to the request, so it must be moved along by whoever handles
/// that: no task of its own may hold it.
pub struct Upload<'r>(Option<Pin<Box<dyn Future<Output = ()> + Send + 'r>>>);

/// A body whose length is said and small is read whole. Anything else is passed on as it comes.
pub async fn read<'r>(request: &Request<'_>, data: Data<'r>) -> Answer<(Body, Upload<'r>)> {
    let headers = request.headers();
    let length = headers.get_one("Content-Length").and_then(|text| text.trim().parse::<u64>().ok());
    match length {
        None if !headers.contains("Transfer-Encoding") => Ok((Body::None, Upload(None))),
        Some(length) if length <= KEPT => Ok((whole(data, length).await?, Upload(None))),
        length => {
            let (sender, chunks) = mpsc::channel(1);
            let upload = move_along(data.open(ByteUnit::max_value()), sender);
            Ok((Body::Stream { chunks, length }, Upload(Some(Box::pin(upload)))))
        }
    }
}

async fn whole(data: Data<'_>, length: u64) -> Answer<Body> {
    let mut bytes = Vec::new();
    let read = data.open(KEPT.into()).read_to_end(&mut bytes).await;
    match read {
        Ok(read) if u64::try_from(read) == Ok(length) => Ok(Body::Whole(bytes)),
        _ => Err(Problem::of_status(Status::BadRequest)),
    }
}

/// A caller that breaks off in the middle must not look like one that has finished.
async fn move_along(mut data: DataStream<'_>, sender: mpsc::Sender<io::Result<Vec<u8>>>) {
    loop {
        let mut chunk = Vec::with_capacity(CHUNK);
        let next = match data.read_buf(&mut chunk).await {
            Ok(0) => return,
            Ok(_) => Ok(chunk),
            Err(error) => Err(error),
        };
        let is_last = next.is_err();
        // Nobody takes it any more: the API has answered and wants no rest.
        if sender.send(next).await.is_err() || is_last {
            return;
        }
    }
}

impl<'r> Upload<'r> {
    /// Moves it along while the answer is awaited. What is left goes on beside the answer's body.
    pub async fn beside<T>(mut self, answering: impl Future<Output = T>) -> (T, Self) {
        tokio::pin!(answering);
        loop {
            let Some(rest) = &mut self.0 else { return (answering.await, self) };
            tokio::select! {
                answer = &mut answering => return (answer, self),
                () = rest => self.0 = None,
            }
        }
    }

    pub fn and_then<B: AsyncRead + Send + 'r>(self, answer: B, ending: Ending) -> Duplex<'r> {
        Duplex { upload: self, answer: Box::pin(answer), ending, broken: None }
    }
}

/// How the caller knows that the answer is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By its `Content-Length`.
    Counted,
    /// By its end, as the server writes it.
    Open,
}

/// The answer's body, which moves along what is left of the request's whenever it is read.
pub struct Duplex<'r> {
    upload: Upload<'r>,
    answer: Pin<Box<dyn AsyncRead + Send + 'r>>,
    ending: Ending,
    broken: Option<Pin<Box<Sleep>>>,
}

impl Duplex<'_> {
    /// Rocket ends a body that failed like one that is whole, and lets nobody close the connection. Where no length tells
    /// the two apart, the caller is kept waiting: it runs into its own timeout and does not take half for the whole.
    fn broken_off(&mut self, context: &mut Context<'_>, error: io::Error) -> Poll<io::Result<()>> {
        if self.ending == Ending::Counted {
            return Poll::Ready(Err(error));
        }
        tracing::warn!(%error, "an answer that was passed on is not whole; its caller is kept waiting");
        let waiting = self.broken.insert(Box::pin(sleep(KEPT_WAITING)));
        waiting.as_mut().poll(context).map(|()| Err(error))
    }
}

impl AsyncRead for Duplex<'_> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if let Some(rest) = &mut self.upload.0
            && rest.as_mut().poll(context).is_ready()
        {
            self.upload.0 = None;
        }
        if let Some(waiting) = &mut self.broken {
            return waiting.as_mut().poll(context).map(|()| Err(io::ErrorKind::UnexpectedEof.into()));
        }
        match self.answer.as_mut().poll_read(context, out) {
            Poll::Ready(Err(error)) => self.broken_off(context, error),
            polled => polled,
        }
    }
}
