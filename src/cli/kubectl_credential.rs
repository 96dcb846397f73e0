//! `kubectl-credential`: an `ExecCredential` (client.authentication.k8s.io), which kubectl and every client-go program
//! read.

use super::{error::Failure, output, token::Of};
use crate::flows::installation::Installation;
use crate::oauth::timestamp::Timestamp;
use clap::Args;
use serde_json::{Value, json};
use std::env;

const V1: &str = "client.authentication.k8s.io/v1";
/// The only other version that kubectl still asks for.
const V1BETA1: &str = "client.authentication.k8s.io/v1beta1";

#[derive(Debug, Args)]
#[command(after_help = "\
Example, once; then kubectl has a fresh token at every call:
  kubectl config set-credentials me \\
      --exec-api-version=client.authentication.k8s.io/v1 \\
      --exec-interactive-mode=Never --exec-command=oauth-helper \\
      --exec-arg=kubectl-credential --exec-arg=cluster")]
pub struct Arguments {
    #[command(flatten)]
    of: Of,
}

pub async fn run(installation: &Installation, Arguments { of }: Arguments) -> Result<(), Failure> {
    let token = output::handed(installation.token(&of.name, of.wanted()).await?);
    let info = env::var("KUBERNETES_EXEC_INFO").unwrap_or_default();
    output::json(&json!({
        "apiVersion": version(&info),
        "kind": "ExecCredential",
        "status": {
            "token": token.access_token.expose(),
            "expirationTimestamp": token.expires_at.map(Timestamp::rfc3339),
        },
    }))
}

/// The version that was asked for has to be answered.
fn version(info: &str) -> &'static str {
    let info: Value = serde_json::from_str(info).unwrap_or_default();
    if info["apiVersion"] == V1BETA1 { V1BETA1 } else { V1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_one_that_was_asked_for() {
        let asked = |version: &str| json!({"apiVersion": version, "kind": "ExecCredential"}).to_string();
        assert_eq!(version(&asked(V1)), V1);
        assert_eq!(version(&asked(V1BETA1)), V1BETA1);
        assert_eq!(version(""), V1);
    }
}
