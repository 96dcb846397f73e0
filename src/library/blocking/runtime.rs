//! The thread on which the asynchronous half runs.

use crate::library::error::Cause;
use crate::library::{Error, TokenStore};
use std::sync::Arc;
use tokio::runtime::{Builder, Handle};

/// A handle; the thread ends with the last of them.
#[derive(Clone, Debug)]
pub(super) struct Runtime(Arc<Running>);

#[derive(Debug)]
struct Running(Option<tokio::runtime::Runtime>, Handle);

impl Runtime {
    pub fn start() -> Result<Self, Error> {
        let runtime =
            Builder::new_multi_thread().worker_threads(1).enable_all().thread_name("oauth-client-helper").build();
        let runtime = runtime.map_err(Cause::Runtime)?;
        let handle = runtime.handle().clone();
        Ok(Self(Arc::new(Running(Some(runtime), handle))))
    }

    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.0.1.block_on(work)
    }

    /// The end of the last handle: what happened is told first.
    pub fn end(&self, store: TokenStore) {
        // Whoever drops a store inside of `async` code must not wait there.
        if Arc::strong_count(&self.0) == 1 && Handle::try_current().is_err() {
            self.wait(store.close());
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
