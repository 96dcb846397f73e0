//! What the operator chose: read once, judged as a whole, typed from then on.
//!
//! This is the only reader of the environment. Sources, later wins: built-in defaults, `Rocket.toml`, `ROCKET_*`,
//! `OAUTHCLIENT_*`, command-line flags. Loading touches no network and no file but `Rocket.toml` and secret files; what
//! only a server needs is checked by [`Settings::check_for_serving`].

mod encryption_key;
mod entry;
mod hosts;
mod log;
mod names;
mod notification;
mod problem;
mod public_url;
mod reader;
mod resolve;
mod rocket_toml;
mod secret_file;
#[cfg(feature = "program")]
mod serving;
mod sources;
mod surroundings;
#[cfg(feature = "program")]
#[cfg(test)]
mod tests;
mod unknown;

pub use encryption_key::encryption_keys;
pub use hosts::{Host, Hosts};
pub use notification::{Command, Webhook};
pub use problem::{Problem, SettingsError};
pub use public_url::{BadPublicUrl, PublicUrl};
pub use surroundings::{Flags, Surroundings};

use crate::oauth::event::EventKind;
use crate::oauth::secret::Secret;
use std::{net::IpAddr, path::PathBuf};
use url::Url;

/// Every setting, valid on its own and together with the others.
#[derive(Debug, Clone)]
pub struct Settings {
    pub address: IpAddr,
    /// Never 0: redirect URIs are made of it.
    pub port: u16,
    pub public_url: PublicUrl,
    /// Further `Host` values, each `name` or `name:port`.
    pub allowed_hosts: Vec<String>,
    pub tls: Tls,
    pub data_dir: PathBuf,
    /// Preset files of the user's own.
    pub presets_dir: Option<PathBuf>,
    /// Clients of the operator's own files, which this program never writes.
    pub clients_dir: Option<PathBuf>,
    /// Where the files lie that hold current tokens; `None`: in the data folder.
    pub token_files_dir: Option<PathBuf>,
    /// The redirect URI of clients that name none.
    pub redirect_url: Url,
    pub token_cache: TokenCache,
    /// The beginning of every Redis key and channel.
    pub key_prefix: String,
    pub message_queue: MessageQueue,
    pub login: Login,
    /// One or more keys, newest first; [`encryption_keys`] takes them apart.
    pub encryption_key: Option<Secret>,
    pub outbound: Outbound,
    pub log: Log,
    /// `None`: no webhook is told of events.
    pub webhook: Option<Webhook>,
    /// `None`: no command is.
    pub command: Option<Command>,
    /// `None`: the installation here.
    pub server: Option<Server>,
    /// What is for Rocket, and what the operator calls the files that only a server reads.
    #[cfg(feature = "program")]
    serving: serving::Serving,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    Off,
    /// PEM files of the operator.
    Files {
        certs: PathBuf,
        key: PathBuf,
    },
    /// A generated authority and leaf, see [`crate::certificates`].
    SelfSigned,
}

/// Where client definitions live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenCache {
    File(PathBuf),
    Redis,
}

/// Where grants live.
#[derive(Debug, Clone)]
pub enum MessageQueue {
    /// SQLite in the data folder.
    Embedded,
    /// A `redis://` or `rediss://` URL, which may hold a password.
    Redis(Secret),
}

#[derive(Debug, Clone)]
pub struct Login {
    /// `None`: generated into the data folder.
    pub token: Option<Secret>,
    /// `false` only when bound to loopback.
    pub required: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbound {
    /// Whether authorization servers may be at private or loopback addresses.
    pub allow_private: bool,
    /// Trust anchors besides the system's, PEM.
    pub ca_file: Option<PathBuf>,
}

/// Another installation, whose tokens the command line hands out.
#[derive(Debug, Clone)]
pub struct Server {
    /// Its public URL.
    pub url: Url,
    pub key: Secret,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    pub level: LogLevel,
    pub format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    /// One JSON object a line.
    Json,
}

impl Settings {
    /// Whether a webhook or a command is to be told of such events.
    pub fn notifies_of(&self, kind: EventKind) -> bool {
        let webhook = self.webhook.iter().flat_map(|webhook| &webhook.events);
        webhook.chain(self.command.iter().flat_map(|command| &command.events)).any(|wanted| *wanted == kind)
    }

    /// Reads the environment of this process, `Rocket.toml` and the flags.
    pub fn load(flags: Flags) -> Result<Self, SettingsError> {
        Self::resolve(&Surroundings::of_this_process(flags))
    }

    /// Which `Host` headers are ours.
    pub fn hosts(&self) -> Hosts {
        Hosts::new(self)
    }

    /// Whether only this machine can connect.
    pub fn is_loopback(&self) -> bool {
        self.address.to_canonical().is_loopback()
    }
}

impl Tls {
    pub fn is_on(&self) -> bool {
        *self != Tls::Off
    }
}
