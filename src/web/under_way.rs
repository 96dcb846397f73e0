//! How many requests are under way. Rocket waits out its whole grace time while any connection is open, and browsers
//! leave theirs open: so the end comes when the last request was answered, and the grace time only limits it.

use rocket::fairing::{Fairing, Info, Kind};
use rocket::{Data, Request};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How long a request that has just arrived takes to be counted, and an answer to leave.
const ON_THE_WIRE: Duration = Duration::from_millis(100);

#[derive(Clone, Debug, Default)]
pub struct UnderWay(Arc<watch::Sender<usize>>);

/// One request, until its answer has been written.
#[derive(Debug)]
struct Counted(Arc<watch::Sender<usize>>);

impl UnderWay {
    /// Waits until nothing is under way.
    pub async fn done(&self) {
        tokio::time::sleep(ON_THE_WIRE).await;
        // It fails only without a sender, and we hold one.
        let _ = self.0.subscribe().wait_for(|requests| *requests == 0).await;
        tokio::time::sleep(ON_THE_WIRE).await;
    }

    fn count(&self) -> Counted {
        self.0.send_modify(|requests| *requests += 1);
        Counted(self.0.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|requests| *requests -= 1);
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
