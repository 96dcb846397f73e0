//! What only a server needs: Rocket's own settings, and the files it will read.

use super::{Problem, Settings, SettingsError, Tls, entry::Entry, names, reader::Reader};
use figment::{Figment, Profile, value::Value};
use rustls::{
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
    sign::CertifiedKey,
};
use std::path::Path;

/// Seconds that a request may take once the program is told to stop: nearly a whole exchange with an authorization
/// server, and less than the half minute after which it would be killed.
const SHUTDOWN_GRACE: u32 = 28;

#[derive(Debug, Clone)]
pub(super) struct Serving {
    profile: Profile,
    /// What was written for Rocket itself.
    rocket: Vec<Entry>,
    certs: String,
    key: String,
    ca_file: String,
    command: String,
}

impl Serving {
    pub fn of(reader: &Reader<'_>) -> Self {
        let entry = |&key: &&str| {
            let value = reader.value(key)?.clone();
            Some(Entry::over_all_profiles(key, reader.name(key), value))
        };
        let own = names::ROCKET.iter().filter(|key| !["address", "port", "tls"].contains(key));
        Self {
            profile: reader.profile().clone(),
            rocket: own.chain(names::ROCKET_TLS).filter_map(entry).collect(),
            certs: reader.name("tls.certs"),
            key: reader.name("tls.key"),
            ca_file: reader.name("outbound.ca_file"),
            command: reader.name("command.argv"),
        }
    }

    /// Without the words of figment, which hold the value.
    fn problem(&self, error: &figment::Error) -> Problem {
        let path = error.path.join(".");
        let holds = |entry: &&Entry| path == entry.key || path.starts_with(&format!("{}.", entry.key));
        let name = self.rocket.iter().find(holds).map_or(path.as_str(), |entry| entry.name.as_str());
        Problem::new(name, format!("is not what Rocket expects for {path}; see its guide on configuration"))
    }
}

impl Settings {
    /// What Rocket itself is given. With [`Tls::SelfSigned`] use [`Settings::rocket_with_tls`].
    pub fn rocket(&self) -> Figment {
        match &self.tls {
            Tls::Files { certs, key } => self.rocket_with_tls(certs, key),
            Tls::Off | Tls::SelfSigned => {
                let plain = self.serving.rocket.iter().filter(|entry| !entry.key.starts_with("tls."));
                self.rocket_from(plain.cloned())
            }
        }
    }

    /// The same, with these PEM files.
    pub fn rocket_with_tls(&self, certs: &Path, key: &Path) -> Figment {
        let file = |key: &str, path: &Path| Entry::over_all_profiles(key, key, path.to_string_lossy().into_owned());
        let files = [file("tls.certs", certs), file("tls.key", key)];
        self.rocket_from(self.serving.rocket.iter().cloned().chain(files))
    }

    /// The same, with what was read of such files.
    pub fn rocket_with_certificate(&self, certs: &[u8], key: &[u8]) -> Figment {
        let bytes = |key: &str, pem: &[u8]| Entry::over_all_profiles(key, key, pem.to_vec());
        self.rocket_from(self.serving.rocket.iter().cloned().chain([bytes("tls.certs", certs), bytes("tls.key", key)]))
    }

    /// Whether these PEM files are a certificate and its key.
    pub fn check_certificate(&self, certs: &Path, key: &Path) -> Result<(), SettingsError> {
        SettingsError::unless_none(self.check_tls(certs, key))
    }

    fn rocket_from(&self, entries: impl Iterator<Item = Entry>) -> Figment {
        let defaults = [
            Entry::default("ident", false),
            // A header that any client can send.
            Entry::default("ip_header", false),
            Entry::default("shutdown.grace", SHUTDOWN_GRACE),
            // A definition may hold private keys and certificates.
            Entry::default("limits.form", "128KiB"),
        ];
        let fixed = [
            ("address", Value::from(self.address.to_string())),
            ("port", Value::from(self.port)),
            // Rocket's own log holds whole URIs, with codes in them.
            ("log_level", Value::from("off")),
            ("cli_colors", Value::from(false)),
        ];
        let fixed = fixed.map(|(key, value)| Entry::over_all_profiles(key, key, value));
        let figment = Figment::from(rocket::Config::default());
        Entry::merge_all(figment, defaults.into_iter().chain(entries).chain(fixed)).select(self.serving.profile.clone())
    }

    /// Checks what [`Settings::load`] leaves alone because only a server needs it: certificates, trust anchors, the
    /// command for events, and Rocket's own settings.
    pub fn check_for_serving(&self) -> Result<(), SettingsError> {
        let mut problems = Vec::new();
        if let Tls::Files { certs, key } = &self.tls {
            problems.extend(self.check_tls(certs, key));
        }
        if let Some(path) = &self.outbound.ca_file {
            problems.extend(read_certificates(&self.serving.ca_file, path).err());
        }
        problems.extend(self.command.as_ref().and_then(|command| command.check(&self.serving.command)));
        if let Err(errors) = self.rocket().extract::<rocket::Config>() {
            problems.extend(errors.into_iter().map(|error| self.serving.problem(&error)));
        }
        SettingsError::unless_none(problems)
    }

    fn check_tls(&self, certs: &Path, key: &Path) -> Vec<Problem> {
        let certificates = read_certificates(&self.serving.certs, certs);
        let private_key = PrivateKeyDer::from_pem_file(key)
            .map_err(|error| pem_problem(&self.serving.key, key, "private key", &error));
        match (certificates, private_key) {
            (Ok(certificates), Ok(private_key)) => {
                let pair = CertifiedKey::from_der(certificates, private_key, &default_provider());
                let unfit = |_| {
                    let message =
                        format!("{} is not the key of the first certificate in {}", key.display(), certs.display());
                    Problem::new(&self.serving.key, message)
                };
                pair.map_err(unfit).err().into_iter().collect()
            }
            (certificates, private_key) => certificates.err().into_iter().chain(private_key.err()).collect(),
        }
    }
}

fn read_certificates(name: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let problem = |error: pem::Error| pem_problem(name, path, "certificate", &error);
    let certificates: Vec<_> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(problem)?;
    if certificates.is_empty() { Err(problem(pem::Error::NoItemsFound)) } else { Ok(certificates) }
}

/// Without the words of the parser, which may quote the file.
fn pem_problem(name: &str, path: &Path, what: &str, error: &pem::Error) -> Problem {
    let path = path.display();
    let message = match error {
        pem::Error::Io(error) => format!("cannot read {path}: {error}"),
        pem::Error::NoItemsFound => format!("{path} holds no {what} in PEM (a block -----BEGIN …-----)"),
        _ => format!("{path} is not valid PEM"),
    };
    Problem::new(name, message)
}
