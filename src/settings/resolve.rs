//! From what was written to [`Settings`]: the defaults, and the rules between settings.

use super::{
    Login, MessageQueue, Outbound, Problem, PublicUrl, Server, Settings, SettingsError, Surroundings, Tls, TokenCache,
    encryption_key::encryption_keys, hosts, names, reader::Reader, sources,
};
use crate::oauth::secret::Secret;
use crate::store::Address;
use std::{
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
};
use url::Url;

const SHORTEST_LOGIN_TOKEN: usize = 16;

impl Settings {
    /// The settings in these surroundings, or everything that is wrong with them.
    pub fn resolve(surroundings: &Surroundings) -> Result<Self, SettingsError> {
        let mut problems = Vec::new();
        let figment = sources::merged(surroundings, &mut problems);
        let mut reader = Reader::new(figment, surroundings, problems);
        let settings = reader.settings();
        SettingsError::unless_none(reader.problems)?;
        // Without a problem, nothing is missing.
        settings.ok_or_else(|| SettingsError { problems: vec![Problem::new("settings", "are incomplete")] })
    }
}

impl Reader<'_> {
    /// A part that is wrong is noted and replaced by its default, so that the other parts are judged too.
    fn settings(&mut self) -> Option<Settings> {
        let address = self.address();
        let port = self.port();
        let tls = self.tls();
        let public_url = self.public_url(address, port, &tls);
        let allowed_hosts = self.allowed_hosts();
        let data_dir = self.data_dir();
        let presets_dir = self.path("presets_dir");
        let clients_dir = self.path("clients_dir");
        let token_files_dir = self.path("token_files_dir");
        let redirect_url = public_url.as_ref().and_then(|url| self.redirect_url(url));
        let token_cache = self.token_cache();
        let key_prefix = self.key_prefix();
        let message_queue = self.message_queue();
        let login = self.login(address);
        let encryption_key = self.encryption_key();
        let outbound = self.outbound(address);
        let log = self.log();
        let (webhook, command) = (self.webhook(), self.command());
        let server = self.server();
        self.judge_redis(token_cache.as_ref(), message_queue.as_ref());
        Some(Settings {
            address,
            port,
            public_url: public_url?,
            allowed_hosts,
            tls,
            data_dir: data_dir?,
            presets_dir,
            clients_dir,
            token_files_dir,
            redirect_url: redirect_url?,
            token_cache: token_cache?,
            key_prefix,
            message_queue: message_queue?,
            login,
            encryption_key,
            outbound,
            log,
            webhook,
            command,
            server,
            #[cfg(feature = "program")]
            serving: super::serving::Serving::of(self),
        })
    }

    fn address(&mut self) -> IpAddr {
        let expected = "an IP address, such as 127.0.0.1 (this machine only, not the word localhost) or 0.0.0.0";
        let unbracketed = |text: &str| text.trim_matches(['[', ']']).parse().ok();
        self.parsed("address", expected, unbracketed).unwrap_or(Ipv4Addr::LOCALHOST.into())
    }

    fn port(&mut self) -> u16 {
        let not_zero = |text: &str| text.parse().ok().filter(|&port| port != 0);
        self.parsed("port", "a port number from 1 to 65535", not_zero).unwrap_or(8080)
    }

    fn tls(&mut self) -> Tls {
        let certs = self.path("tls.certs");
        let key = self.path("tls.key");
        let self_signed = self.flag("tls.self_signed").unwrap_or(false);
        if self_signed && (certs.is_some() || key.is_some()) {
            let own = self.name(if certs.is_some() { "tls.certs" } else { "tls.key" });
            self.complain("tls.self_signed", format!("does not go together with {own}; leave one of them"));
        }
        match (certs, key) {
            (Some(certs), Some(key)) => return Tls::Files { certs, key },
            (Some(_), None) if !self.is_set("tls.key") => self.complain_missing("tls.key", "tls.certs"),
            (None, Some(_)) if !self.is_set("tls.certs") => self.complain_missing("tls.certs", "tls.key"),
            _ => {}
        }
        if self_signed { Tls::SelfSigned } else { Tls::Off }
    }

    fn complain_missing(&mut self, missing: &str, present: &str) {
        let present = self.name(present);
        self.complain(missing, format!("is missing; {present} needs it"));
    }

    fn public_url(&mut self, address: IpAddr, port: u16, tls: &Tls) -> Option<PublicUrl> {
        if let Some(text) = self.text("public_url") {
            return text
                .trim()
                .parse()
                .map_err(|bad: super::BadPublicUrl| self.complain("public_url", bad.to_string()))
                .ok();
        }
        let scheme = if tls.is_on() { "https" } else { "http" };
        let host = match address.to_canonical() {
            unspecified if unspecified.is_unspecified() => "127.0.0.1".to_owned(),
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        format!("{scheme}://{host}:{port}").parse().ok()
    }

    fn allowed_hosts(&mut self) -> Vec<String> {
        let hosts = self.words("allowed_hosts");
        if !hosts.iter().all(|host| hosts::is_host(host)) {
            self.complain("allowed_hosts", "expected names such as helper.local or helper.local:8080, without http://");
        }
        hosts
    }

    fn data_dir(&mut self) -> Option<PathBuf> {
        if self.is_set("data_dir") {
            return self.path("data_dir");
        }
        // An XDG variable that is not absolute is to be ignored, says its specification.
        let xdg = self.surroundings.variable("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let folder = xdg.or_else(|| Some(self.home("data_dir")?.join(".local/share")))?;
        Some(folder.join("oauth-client-helper"))
    }

    /// The home folder, for the default of a setting.
    fn home(&mut self, key: &str) -> Option<PathBuf> {
        let home = self.surroundings.variable("HOME").map(PathBuf::from);
        if home.is_none() {
            self.complain(key, "is needed, because HOME is not set and there is no other default");
        }
        home
    }

    fn redirect_url(&mut self, public_url: &PublicUrl) -> Option<Url> {
        if !self.is_set("oauth.redirect_url") {
            return Url::parse(&public_url.join("auth_callback")).ok();
        }
        let expected = "an http or https URL without #fragment, user name or password";
        self.parsed("oauth.redirect_url", expected, |text| {
            let plain = |url: &Url| {
                matches!(url.scheme(), "http" | "https")
                    && url.fragment().is_none()
                    && url.username().is_empty()
                    && url.password().is_none()
            };
            Url::parse(text).ok().filter(plain)
        })
    }

    fn token_cache(&mut self) -> Option<TokenCache> {
        let key = "oauth.token_cache";
        if !self.is_set(key) {
            return self.home(key).map(|home| TokenCache::File(home.join(".oauth_token_cache.json")));
        }
        match self.text(key)?.as_str() {
            "redis" => Some(TokenCache::Redis),
            _ => self.path(key).map(TokenCache::File),
        }
    }

    fn key_prefix(&mut self) -> String {
        // These characters mean something in patterns (SCAN) and hash tags (Cluster).
        let plain = |b: u8| b.is_ascii_graphic() && !b"*?[]{}\\".contains(&b);
        let plain = |text: &str| (text.len() <= 128 && text.bytes().all(plain)).then(|| text.to_owned());
        let expected = "up to 128 characters without white space and without any of * ? [ ] { } \\";
        self.parsed("oauth.token_key_prepend", expected, plain).unwrap_or_else(|| "oauth_client:".to_owned())
    }

    fn message_queue(&mut self) -> Option<MessageQueue> {
        let key = "message_queue.url";
        if !self.is_set(key) && !self.is_set("message_queue.url_file") {
            return Some(MessageQueue::Embedded);
        }
        let url = Secret::new(self.secret(key)?.expose().trim());
        let name = self.secret_name(key);
        let address = match Address::parse(url.expose()) {
            Ok(address) => address,
            Err(bad) => {
                self.problems.push(Problem::new(name, bad.to_string()));
                return None;
            }
        };
        if name.starts_with("--") && address.has_password() {
            let twin = names::variable("message_queue.url_file");
            self.complain(key, format!("everyone on this machine can read a password in a command line; use {twin}"));
        }
        Some(MessageQueue::Redis(url))
    }

    fn login(&mut self, address: IpAddr) -> Login {
        let token = self.secret("login.token");
        if token.as_ref().is_some_and(|token| token.expose().chars().count() < SHORTEST_LOGIN_TOKEN) {
            let name = self.secret_name("login.token");
            let message =
                format!("expected at least {SHORTEST_LOGIN_TOKEN} characters; openssl rand -hex 32 makes one");
            self.problems.push(Problem::new(name, message));
        }
        let required = self.flag("login.required").unwrap_or(true);
        if !required && !address.to_canonical().is_loopback() {
            let message = "false is only possible while OAUTHCLIENT_ADDRESS is a loopback address, such as 127.0.0.1";
            self.complain("login.required", message);
        }
        Login { token, required }
    }

    fn encryption_key(&mut self) -> Option<Secret> {
        let text = self.secret("encryption.key")?;
        if encryption_keys(&text).is_none() {
            let name = self.secret_name("encryption.key");
            let expected = "32 bytes in base64; openssl rand -base64 32 makes them \
                            (several keys, newest first, have commas between them)";
            self.problems.push(Problem::expected(name, expected));
        }
        Some(text)
    }

    fn outbound(&mut self, address: IpAddr) -> Outbound {
        let allow_private = self.flag("outbound.allow_private").unwrap_or(address.to_canonical().is_loopback());
        Outbound { allow_private, ca_file: self.path("outbound.ca_file") }
    }

    /// The key alone is no mistake: one file of variables may serve a server and its scripts.
    fn server(&mut self) -> Option<Server> {
        let key = self.secret("api_key").map(|key| Secret::new(key.expose().trim()));
        if !self.is_set("server") {
            return None;
        }
        let expected = "the http or https URL of another installation, without user name, query and #fragment";
        let url = self.parsed("server", expected, |text| Url::parse(text).ok().filter(is_plain))?;
        if !self.is_set("api_key") && !self.is_set("api_key_file") {
            let message = "is required with a server; `oauth-helper api-key create LABEL` makes one there (put it into a file and \
                           name that in OAUTHCLIENT_API_KEY_FILE)";
            self.complain("api_key", message);
        }
        Some(Server { url, key: key? })
    }

    fn judge_redis(&mut self, token_cache: Option<&TokenCache>, message_queue: Option<&MessageQueue>) {
        let has_key = self.is_set("encryption.key") || self.is_set("encryption.key_file");
        match message_queue {
            Some(MessageQueue::Embedded) if token_cache == Some(&TokenCache::Redis) => {
                let url = names::variable("message_queue.url");
                self.complain("oauth.token_cache", format!("redis needs {url}, a Redis to keep the definitions in"));
            }
            Some(MessageQueue::Redis(_)) if !has_key => {
                let twin = names::variable("encryption.key_file");
                let message = format!(
                    "is required with Redis, so that nobody who reads the Redis reads a token; make one with \
                     openssl rand -base64 32 (in a container, put it into a file and name that in {twin})"
                );
                self.complain("encryption.key", message);
            }
            _ => {}
        }
    }
}

fn is_plain(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
}
