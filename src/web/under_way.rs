//! How many requests are under way. Rocket waits out its whole grace time while any connection is open, and browsers
//! leave theirs open: so the end comes when the last request was answered, and the grace time only limits it.

use rocket::fairing::{Fairing, Info, Kind};
use rocket::{Data, Request};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// How long a request that has just arrived takes to be counted, and an answer to leave.
const ON_THE_WIRE: Duration = Duration::from_millis(100);

#[derive(Clone, Debug, Default)]
pub struct UnderWay(Arc<Count>);

#[derive(Debug, Default)]
struct Count {
    requests: AtomicUsize,
    /// Told when the last of them was answered.
    none_left: Notify,
}

/// One request, until its answer has been written.
#[derive(Debug)]
struct Counted(Arc<Count>);

impl UnderWay {
    /// Waits until nothing is under way.
    pub async fn done(&self) {
        tokio::time::sleep(ON_THE_WIRE).await;
        loop {
            let mut none_left = pin!(self.0.none_left.notified());
            none_left.as_mut().enable();
            if self.0.requests.load(Ordering::SeqCst) == 0 {
                break;
            }
            none_left.await;
        }
        tokio::time::sleep(ON_THE_WIRE).await;
    }

    fn count(&self) -> Counted {
        self.0.requests.fetch_add(1, Ordering::SeqCst);
        Counted(self.0.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if self.0.requests.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.none_left.notify_waiters();
        }
    }
}

#[rocket::async_trait]
impl Fairing for UnderWay {
    fn info(&self) -> Info {
        Info { name: "requests under way", kind: Kind::Request }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        request.local_cache(|| self.count());
    }
}
