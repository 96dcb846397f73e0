//! What an error means to whoever asked: the same for an exit code and for a program that embeds the library.

use super::Error;
use crate::oauth::grant::Cause;
use crate::registry;
use crate::remote;
use crate::store;

/// Who has to do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Whoever wrote the settings, the definition or the call: what is asked cannot be done as it stands.
    Configuration,
    /// The resource owner has to agree, once more or for the first time.
    AuthorizationRequired,
    /// There is no client of this name.
    UnknownClient,
    /// The authorization server said no.
    Refused,
    /// The authorization server, the API or the other installation could not be asked. It may pass.
    Unreachable,
    /// The store could not. It may pass.
    Store,
    /// Try again.
    Other,
}

impl Error {
    pub fn kind(&self) -> ErrorKind {
        use Error::*;
        match self {
            SecondRequest(error) => error.kind(),
            NoResourceOwner(_) | NoReaders(_) | Invalid(_) | Template(_) => ErrorKind::Configuration,
            NoKey(_) | Key(_) | NoEndpoint { .. } | NoExtraToken { .. } | Path(_) => ErrorKind::Configuration,
            AuthorizationRequired { .. } | NoGrant(_) | NoIdToken(_) => ErrorKind::AuthorizationRequired,
            UnknownClient(_) => ErrorKind::UnknownClient,
            Refused { .. } | NoAccessToken(_) | DeviceCodeExpired(_) | IdToken { .. } => ErrorKind::Refused,
            Registration(_) | RegistrationLeft { .. } => ErrorKind::Refused,
            StillFailing { failing, .. } => failing.cause.into(),
            Unreachable { .. } | ApiUnreachable { .. } | NotOAuth { .. } => ErrorKind::Unreachable,
            BadDeviceAuthorization { .. } | Discovery(_) => ErrorKind::Unreachable,
            Registry(error) => error.into(),
            Remote(error) => error.into(),
            Store(error) => error.into(),
            DataFolder(_) => ErrorKind::Store,
            Callback(_) | ClientChanged(_) | Interrupted => ErrorKind::Other,
        }
    }
}

/// What the operator has to set right is configuration; what may pass is the store.
impl From<&store::Error> for ErrorKind {
    fn from(error: &store::Error) -> Self {
        use store::Error::*;
        match error {
            WrongKey { .. } | Evicting { .. } | BadUrl { .. } | BadCaFile { .. } | Newer { .. } => Self::Configuration,
            Unavailable { .. } | Denied { .. } | Full { .. } | ReadOnly { .. } => Self::Store,
            Broken { .. } | Damaged { .. } | Unreadable { .. } | SpoolDamaged { .. } | NoRandomness => Self::Store,
        }
    }
}

impl From<&registry::Error> for ErrorKind {
    fn from(error: &registry::Error) -> Self {
        use registry::Error::*;
        match error {
            Broken(_) | Invalid(_) | Exists(_) | Declared { .. } | Secret { .. } => Self::Configuration,
            Unknown(_) => Self::UnknownClient,
            Changed(_) => Self::Other,
            Store(error) => error.into(),
            Write { .. } => Self::Store,
        }
    }
}

/// As the failure itself, whoever met it.
impl From<Cause> for ErrorKind {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Server => Self::Unreachable,
            Cause::Refusal | Cause::Client => Self::Refused,
            Cause::Definition => Self::Configuration,
        }
    }
}

/// By the same words that a script finds in the answer itself.
impl From<&remote::Error> for ErrorKind {
    fn from(error: &remote::Error) -> Self {
        let Some(code) = error.code() else { return Self::Unreachable };
        match code {
            "invalid_key" | "forbidden_client" | "forbidden_verb" | "bad_request" => Self::Configuration,
            "no_resource_owner" | "no_endpoint" | "no_redis" | "read_only" | "conflict" => Self::Configuration,
            "invalid_definition" | "forbidden_key" | "unknown_key" | "no_registration" => Self::Configuration,
            "authorization_required" | "no_grant" => Self::AuthorizationRequired,
            "unknown_client" => Self::UnknownClient,
            "server_refused" => Self::Refused,
            "server_unreachable" => Self::Unreachable,
            "store_unavailable" => Self::Store,
            _ => Self::Other,
        }
    }
}
