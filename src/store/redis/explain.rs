//! What an error of Redis means, and what can be done about it.

use crate::store::Error;
use redis::{ErrorKind, RedisError, ServerErrorKind};
use std::time::Duration;

const WAIT: &str = "Check that it runs and that OAUTHCLIENT_MESSAGE_QUEUE__URL names it, then try again";

/// `patience`: how long an answer was waited for.
pub(super) fn explain(place: &str, patience: Duration, error: &RedisError) -> Error {
    let place = place.to_owned();
    let code = error.code().unwrap_or_default();
    match (error.kind(), code) {
        (ErrorKind::AuthenticationFailed, _) | (_, "NOAUTH" | "WRONGPASS") => {
            let remedy = "Put the user and password into OAUTHCLIENT_MESSAGE_QUEUE__URL";
            Error::Denied { place, why: "the user or password is missing or wrong".to_owned(), remedy }
        }
        (ErrorKind::Server(ServerErrorKind::NoPerm), _) => {
            let remedy =
                "Allow this user (ACL SETUSER) the keys and channels of our prefix and the commands +@all -@dangerous";
            Error::Denied { place, why: error.detail().unwrap_or("NOPERM").to_owned(), remedy }
        }
        (ErrorKind::Server(ServerErrorKind::ReadOnly), _) => {
            let remedy =
                "It is a replica: wait for the failover to end, or point OAUTHCLIENT_MESSAGE_QUEUE__URL at the primary";
            Error::ReadOnly { place, remedy }
        }
        (ErrorKind::MasterNameNotFoundBySentinel, _) => {
            let remedy = "Wait for the failover to end, or check the service name in OAUTHCLIENT_MESSAGE_QUEUE__URL";
            Error::Unavailable { place, why: error.detail().unwrap_or("no primary").to_owned(), remedy }
        }
        (ErrorKind::Server(ServerErrorKind::ClusterDown), _) => {
            let remedy = "Wait for the failover to end, or look at the nodes of the Cluster";
            Error::Unavailable { place, why: "some of its keys have no server".to_owned(), remedy }
        }
        (_, "OOM") => Error::Full { place, remedy: "Raise its maxmemory, or delete other data in it" },
        (_, "MISCONF") => {
            let remedy = "Look into its log: it cannot write its snapshot, so it takes no writes";
            Error::Unavailable { place, why: "it cannot save to its disk".to_owned(), remedy }
        }
        (_, "NOREPLICAS") => {
            let remedy = "Look at its replicas: it takes writes only with as many as min-replicas-to-write says";
            Error::Unavailable { place, why: "it lacks replicas".to_owned(), remedy }
        }
        (kind, code) => Error::Unavailable { place, why: cause(patience, kind, code, error), remedy: WAIT },
    }
}

/// The cause in words of ours or of the operating system; what the server says is only quoted as its error code.
fn cause(patience: Duration, kind: ErrorKind, code: &str, error: &RedisError) -> String {
    match kind {
        _ if error.is_timeout() => format!("no answer within {} seconds", patience.as_secs()),
        _ if error.is_connection_refusal() => "the connection was refused".to_owned(),
        ErrorKind::Io => error.to_string(),
        _ if code.is_empty() => error.category().to_owned(),
        _ => format!("it answered {code}"),
    }
}
