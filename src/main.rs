//! The `oauth-helper` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    oauth_client_helper::cli::run()
}
