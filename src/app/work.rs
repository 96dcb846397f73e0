//! Work that runs to its end even when nobody waits for it any more, such as a browser that hung up.

use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Work(Arc<watch::Sender<usize>>);

#[derive(Debug)]
struct Counted(Arc<watch::Sender<usize>>);

impl Work {
    /// Starts a task of its own.
    pub fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.0.send_modify(|count| *count += 1);
        let counted = Counted(self.0.clone());
        tokio::spawn(async move {
            let _counted = counted;
            work.await
        })
    }

    /// Waits until nothing of it is under way.
    pub async fn done(&self) {
        // It fails only without a sender, and we hold one.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn it_is_done_when_the_last_task_ended_whoever_hung_up() {
        let work = Work::default();
        work.done().await;
        let (end, ended) = oneshot::channel::<()>();
        drop(work.spawn(ended));
        let panicked = work.spawn(async { panic!("as tasks may") });
        assert!(panicked.await.is_err());
        assert!(futures_util::FutureExt::now_or_never(work.done()).is_none());
        end.send(()).unwrap();
        work.done().await;
    }
}
