//! The names that settings have.

/// The settings, as they are nested in `Rocket.toml`.
pub(super) const OURS: &[&str] = &[
    "address",
    "port",
    "public_url",
    "allowed_hosts",
    "tls.certs",
    "tls.key",
    "tls.self_signed",
    "data_dir",
    "presets_dir",
    "clients_dir",
    "token_files_dir",
    "oauth.redirect_url",
    "oauth.token_cache",
    "oauth.token_key_prepend",
    "message_queue.url",
    "message_queue.url_file",
    "login.token",
    "login.token_file",
    "login.required",
    "encryption.key",
    "encryption.key_file",
    "outbound.allow_private",
    "outbound.ca_file",
    "webhook.url",
    "webhook.url_file",
    "webhook.secret",
    "webhook.secret_file",
    "webhook.events",
    "command.argv",
    "command.events",
    "log.level",
    "log.format",
    "server",
    "api_key",
    "api_key_file",
];

/// Rocket's own top-level keys.
pub(super) const ROCKET: &[&str] = &[
    "address",
    "port",
    "workers",
    "max_blocking",
    "keep_alive",
    "ident",
    "ip_header",
    "limits",
    "tls",
    "secret_key",
    "temp_dir",
    "log_level",
    "shutdown",
    "cli_colors",
];

/// Rocket's own keys in the table that it shares with us.
pub(super) const ROCKET_TLS: &[&str] = &["tls.ciphers", "tls.prefer_server_cipher_order", "tls.mutual"];

pub(super) const PREFIX: &str = "OAUTHCLIENT_";

/// `tls.certs` is `OAUTHCLIENT_TLS__CERTS`.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_ascii_uppercase().replace('.', "__"))
}

/// The setting that the rest of a variable's name, after the prefix, stands for.
pub(super) fn key_of(rest: &str) -> Option<&'static str> {
    let key = rest.to_ascii_lowercase().replace("__", ".");
    OURS.iter().copied().find(|&known| known == key)
}

/// The variable whose name is most like `name`.
pub(super) fn nearest_variable(name: &str) -> Option<String> {
    let name = name.to_ascii_uppercase();
    nearest(&name, OURS.iter().map(|key| variable(key)), PREFIX.len())
}

/// The key of `Rocket.toml` that is most like `key`.
pub(super) fn nearest_key(key: &str) -> Option<String> {
    let known = OURS.iter().chain(ROCKET).chain(ROCKET_TLS).map(|&known| known.to_owned());
    nearest(&key.to_ascii_lowercase(), known, 0)
}

/// `shared` characters at the start tell nothing; of the others, half have to be right.
fn nearest(name: &str, known: impl Iterator<Item = String>, shared: usize) -> Option<String> {
    let distance = |candidate: String| (strsim::damerau_levenshtein(name, &candidate), candidate);
    let (distance, candidate) = known.map(distance).min()?;
    (distance * 2 <= candidate.len() - shared).then_some(candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_through_the_usual_slips() {
        for (slip, meant) in [
            ("OAUTHCLIENT_TLS_CERTS", "OAUTHCLIENT_TLS__CERTS"),
            ("oauthclient_tls__cert", "OAUTHCLIENT_TLS__CERTS"),
            ("OAUTHCLIENT_PROT", "OAUTHCLIENT_PORT"),
            ("OAUTHCLIENT_LOGIN_TOKEN_FILE", "OAUTHCLIENT_LOGIN__TOKEN_FILE"),
            ("OAUTHCLIENT_REDIRECT_URL", "OAUTHCLIENT_OAUTH__REDIRECT_URL"),
        ] {
            assert_eq!(nearest_variable(slip).as_deref(), Some(meant));
        }
        assert_eq!(nearest_variable("OAUTHCLIENT_COMPLETELY_DIFFERENT_THING"), None);
    }

    #[test]
    fn a_variable_is_its_key_in_capitals() {
        assert_eq!(variable("message_queue.url"), "OAUTHCLIENT_MESSAGE_QUEUE__URL");
        assert!(OURS.iter().all(|key| key_of(&variable(key)[PREFIX.len()..]) == Some(key)));
    }
}
