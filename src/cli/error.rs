//! How a verb fails: what stderr says, and the exit code.

use super::output;
use crate::app::OpenError;
use crate::files::FileError;
use crate::flows;
use crate::oauth::grant::Cause;
use crate::registry;
use crate::remote;
use crate::settings::SettingsError;
use crate::store;
use std::io;
use std::process::ExitCode;

#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Flow(#[from] flows::Error),
    #[error(transparent)]
    Certificates(#[from] crate::certificates::Error),
    #[error("{0}")]
    Serve(String),
    /// The authorization server refused, and everything was said already.
    #[error("")]
    Refused,
    #[error("")]
    Unwell,
    /// Another program ended so, or could not be started.
    #[error("{said}")]
    Command { said: String, code: u8 },
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Failure::Flow(error.into())
    }
}

impl From<remote::Error> for Failure {
    fn from(error: remote::Error) -> Self {
        Failure::Flow(error.into())
    }
}

impl From<registry::Error> for Failure {
    fn from(error: registry::Error) -> Self {
        Failure::Flow(error.into())
    }
}

impl Failure {
    pub fn report(&self) -> ExitCode {
        let said = self.to_string();
        if !said.is_empty() {
            output::note(&format!("oauth-helper: {said}"));
        }
        if let Failure::Flow(error) = self
            && let Some(hint) = error.hint()
        {
            output::note(&hint);
        }
        ExitCode::from(self.exit_code())
    }

    fn exit_code(&self) -> u8 {
        match self {
            Failure::Usage(_) | Failure::Settings(_) | Failure::Certificates(_) => 2,
            Failure::Open(OpenError::Store(error)) => of_store(error),
            Failure::Open(_) => 2,
            Failure::Flow(error) => of_flow(error),
            Failure::Refused => 5,
            Failure::Command { code, .. } => *code,
            Failure::Serve(_) | Failure::Unwell | Failure::Io(_) | Failure::File(_) => 1,
        }
    }
}

/// What the operator has to set right is configuration; what may pass is the store.
fn of_store(error: &store::Error) -> u8 {
    use store::Error::*;
    match error {
        WrongKey { .. } | Evicting { .. } | BadUrl { .. } | BadCaFile { .. } | Newer { .. } => 2,
        Unavailable { .. } | Denied { .. } | Full { .. } | ReadOnly { .. } => 7,
        Broken { .. } | Damaged { .. } | Unreadable { .. } | SpoolDamaged { .. } | NoRandomness => 7,
    }
}

fn of_registry(error: &registry::Error) -> u8 {
    use registry::Error::*;
    match error {
        Broken(_) | Invalid(_) | Exists(_) | Declared { .. } | Secret { .. } => 2,
        Unknown(_) => 4,
        Changed(_) => 1,
        Store(error) => of_store(error),
        Write { .. } => 7,
    }
}

/// As the failure itself, whoever met it.
fn of_cause(cause: Cause) -> u8 {
    match cause {
        Cause::Server => 6,
        Cause::Refusal | Cause::Client => 5,
        Cause::Definition => 2,
    }
}

fn of_flow(error: &flows::Error) -> u8 {
    use flows::Error::*;
    match error {
        SecondRequest(error) => of_flow(error),
        NoResourceOwner(_) | NoReaders(_) | Invalid(_) | Template(_) | NoKey(_) | Key(_) | NoEndpoint { .. } => 2,
        NoExtraToken { .. } => 2,
        AuthorizationRequired { .. } | NoGrant(_) | NoIdToken(_) => 3,
        UnknownClient(_) => 4,
        Refused { .. } | NoAccessToken(_) | DeviceCodeExpired(_) | IdToken { .. } => 5,
        Registration(_) | RegistrationLeft { .. } => 5,
        StillFailing { failing, .. } => of_cause(failing.cause),
        Path(_) => 2,
        Unreachable { .. } | ApiUnreachable { .. } | NotOAuth { .. } | BadDeviceAuthorization { .. } | Discovery(_) => {
            6
        }
        Registry(error) => of_registry(error),
        Remote(error) => of_remote(error),
        Store(error) => of_store(error),
        DataFolder(_) => 7,
        Callback(_) | ClientChanged(_) | Interrupted => 1,
    }
}

/// By the same words that a script finds in the answer itself.
fn of_remote(error: &remote::Error) -> u8 {
    let Some(code) = error.code() else { return 6 };
    match code {
        "invalid_key" | "forbidden_client" | "forbidden_verb" | "bad_request" | "invalid_definition" => 2,
        "no_resource_owner" | "no_endpoint" | "no_redis" | "read_only" | "conflict" => 2,
        "authorization_required" | "no_grant" => 3,
        "unknown_client" => 4,
        "server_refused" => 5,
        "server_unreachable" => 6,
        "store_unavailable" => 7,
        _ => 1,
    }
}
