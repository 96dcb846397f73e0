//! The rules, each with what the operator wrote and what comes of it.

mod mistakes;
mod serving;

use super::*;
use std::{fs, path::Path};

const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const CANARY: &str = "canary";

/// A working directory with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn surroundings(folder: &Path, variables: &[(&str, &str)]) -> Surroundings {
    Surroundings::of(folder, [("HOME", "/home/u")].into_iter().chain(variables.iter().copied()))
}

fn settings(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    Settings::resolve(&surroundings(Path::new("/nowhere"), variables))
}

fn with_file(toml: &str, variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let folder = folder(&[("Rocket.toml", toml)]);
    Settings::resolve(&surroundings(folder.path(), variables))
}

#[test]
fn nothing_at_all_is_enough() {
    let settings = settings(&[]).unwrap();
    assert_eq!((settings.address.to_string().as_str(), settings.port), ("127.0.0.1", 8080));
    assert_eq!(settings.public_url.to_string(), "http://127.0.0.1:8080");
    assert_eq!(settings.redirect_url.as_str(), "http://127.0.0.1:8080/auth_callback");
    assert_eq!(settings.token_cache, TokenCache::File("/home/u/.oauth_token_cache.json".into()));
    assert_eq!(settings.data_dir, Path::new("/home/u/.local/share/oauth-client-helper"));
    assert_eq!((settings.key_prefix.as_str(), settings.tls.clone()), ("oauth_client:", Tls::Off));
    assert!(matches!(settings.message_queue, MessageQueue::Embedded));
    assert!(settings.login.required && settings.login.token.is_none() && settings.encryption_key.is_none());
    assert_eq!(settings.outbound, Outbound { allow_private: true, ca_file: None });
    assert_eq!(settings.log, Log { level: LogLevel::Info, format: LogFormat::Text });
    settings.check_for_serving().unwrap();
}

#[test]
fn later_sources_win() {
    let toml =
        "[default]\nport = 1001\naddress = '127.0.0.2'\n[release]\nport = 1002\n[global]\npublic_url = 'http://g'";
    let port = |variables: &[(&str, &str)]| with_file(toml, variables).unwrap().port;
    assert_eq!(port(&[("ROCKET_PROFILE", "other")]), 1001);
    assert_eq!(port(&[("ROCKET_PROFILE", "release")]), 1002);
    assert_eq!(port(&[("ROCKET_PROFILE", "release"), ("ROCKET_PORT", "1003")]), 1003);
    let all = [("ROCKET_PORT", "1003"), ("oauthclient_PORT", "1004"), ("OAUTHCLIENT_PUBLIC_URL", "http://e")];
    assert_eq!(port(&all), 1004);
    assert_eq!(with_file(toml, &all).unwrap().public_url.to_string(), "http://e");
    assert_eq!(with_file(toml, &[]).unwrap().public_url.to_string(), "http://g");

    let folder = folder(&[("Rocket.toml", toml)]);
    let mut surroundings = surroundings(folder.path(), &all);
    surroundings.flags = Flags { port: Some("1005".into()), ..Flags::default() };
    assert_eq!(Settings::resolve(&surroundings).unwrap().port, 1005);
    surroundings.flags.port = Some("many".into());
    assert_eq!(Settings::resolve(&surroundings).unwrap_err().problems[0].subject, "--port");
}

#[test]
fn every_setting_can_stand_in_rocket_toml() {
    let files = [("token", "0123456789012345\n"), ("key", KEY)];
    let toml = "
        [default]
        address = '::1'
        port = 9000
        public_url = 'https://oauth.example/helper/'
        allowed_hosts = ['a.example', 'b.example:81']
        data_dir = 'data'
        tls.self_signed = true
        oauth = { redirect_url = 'https://elsewhere.example/back', token_cache = '~/cache.json', token_key_prepend = 'x:' }
        message_queue.url = 'rediss://u:canary@h'
        login = { token_file = 'token', required = false }
        encryption.key_file = 'key'
        presets_dir = 'presets'
        clients_dir = 'clients'
        token_files_dir = '../tokens'
        outbound = { allow_private = false, ca_file = '/etc/ca.pem' }
        log = { level = 'DEBUG', format = 'json' }
        workers = 3
        [default.limits]
        json = '2MiB'";
    let folder = folder(&[files[0], files[1], ("Rocket.toml", toml)]);
    let settings = Settings::resolve(&surroundings(folder.path(), &[])).unwrap();
    assert_eq!(settings.public_url.join("x"), "https://oauth.example/helper/x");
    assert_eq!(settings.allowed_hosts, ["a.example", "b.example:81"]);
    assert_eq!((settings.tls.clone(), settings.data_dir.clone()), (Tls::SelfSigned, folder.path().join("data")));
    assert_eq!(settings.redirect_url.as_str(), "https://elsewhere.example/back");
    assert_eq!(settings.token_cache, TokenCache::File("/home/u/cache.json".into()));
    assert_eq!(settings.login.token.as_ref().unwrap().expose(), "0123456789012345");
    assert_eq!(settings.presets_dir, Some(folder.path().join("presets")));
    assert_eq!(settings.clients_dir, Some(folder.path().join("clients")));
    assert_eq!(settings.token_files_dir, Some(folder.path().join("../tokens")));
    assert_eq!(settings.outbound, Outbound { allow_private: false, ca_file: Some("/etc/ca.pem".into()) });
    assert_eq!(settings.log, Log { level: LogLevel::Debug, format: LogFormat::Json });
    let MessageQueue::Redis(url) = &settings.message_queue else { panic!("embedded") };
    assert_eq!(url.expose(), "rediss://u:canary@h");
    assert!(!format!("{settings:?}").contains(CANARY));
    let rocket: rocket::Config = settings.rocket().extract().unwrap();
    assert_eq!((rocket.workers, rocket.limits.get("json").unwrap().as_u64()), (3, 2 << 20));
}

#[test]
fn a_secret_stays_the_text_that_it_is() {
    for secret in
        ["0123450000000000", "1e50000000000000", "{a=1,b=[2,3]}xyzw", "\"quoted-secret-1\"", "1234567890123456789"]
    {
        let token = settings(&[("OAUTHCLIENT_LOGIN__TOKEN", secret)]).unwrap().login.token.unwrap();
        assert_eq!(token.expose(), secret);
    }
}

#[test]
fn every_secret_may_come_from_a_file() {
    let folder = folder(&[
        ("url", "redis://u:canary@h\n"),
        ("token", "true-true-true-true\r\n"),
        ("key", &format!("{KEY}\n{KEY}\n")),
        ("empty", "\n"),
    ]);
    let files = [
        ("OAUTHCLIENT_MESSAGE_QUEUE__URL_FILE", "url"),
        ("OAUTHCLIENT_LOGIN__TOKEN_FILE", "token"),
        ("OAUTHCLIENT_ENCRYPTION__KEY_FILE", "key"),
        ("OAUTHCLIENT_OAUTH__TOKEN_CACHE", "redis"),
    ];
    let settings = Settings::resolve(&surroundings(folder.path(), &files)).unwrap();
    assert_eq!(settings.login.token.unwrap().expose(), "true-true-true-true");
    assert_eq!(settings.token_cache, TokenCache::Redis);
    assert_eq!(encryption_keys(&settings.encryption_key.unwrap()).unwrap().len(), 2);
    let MessageQueue::Redis(url) = settings.message_queue else { panic!("embedded") };
    assert_eq!(url.expose(), "redis://u:canary@h");

    for (variable, _) in &files[..3] {
        let plain = variable.trim_end_matches("_FILE");
        for (variables, subject, message) in [
            (vec![(*variable, "empty")], *variable, "is empty"),
            (vec![(*variable, "missing")], *variable, "cannot read"),
            (vec![(*variable, "/dev/zero")], *variable, "larger"),
            (vec![(*variable, "url"), (plain, CANARY)], plain, *variable),
        ] {
            let error = Settings::resolve(&surroundings(folder.path(), &variables)).unwrap_err();
            assert_eq!(error.problems[0].subject, subject, "{error}");
            assert!(error.problems[0].message.contains(message) && !error.to_string().contains(CANARY), "{error}");
        }
    }
}

#[test]
fn the_public_url_follows_the_address_and_tls() {
    for (variables, expected) in [
        (vec![("OAUTHCLIENT_ADDRESS", "::1")], "http://[::1]:8080"),
        (vec![("OAUTHCLIENT_ADDRESS", "[::1]")], "http://[::1]:8080"),
        (vec![("OAUTHCLIENT_ADDRESS", "127.0.0.2")], "http://127.0.0.2:8080"),
        (vec![("OAUTHCLIENT_ADDRESS", "0.0.0.0"), ("OAUTHCLIENT_PORT", "80")], "http://127.0.0.1"),
        (vec![("OAUTHCLIENT_ADDRESS", "::")], "http://127.0.0.1:8080"),
        (vec![("OAUTHCLIENT_TLS__SELF_SIGNED", "true")], "https://127.0.0.1:8080"),
        (vec![("OAUTHCLIENT_TLS__CERTS", "c"), ("OAUTHCLIENT_TLS__KEY", "k")], "https://127.0.0.1:8080"),
    ] {
        assert_eq!(settings(&variables).unwrap().public_url.to_string(), expected);
    }
}

#[test]
fn only_loopback_may_drop_the_login_or_reach_private_addresses_by_default() {
    for (address, loopback) in [
        ("127.0.0.1", true),
        ("127.9.9.9", true),
        ("::1", true),
        ("::ffff:127.0.0.1", true),
        ("0.0.0.0", false),
        ("::", false),
    ] {
        let variables = [("OAUTHCLIENT_ADDRESS", address)];
        assert_eq!(settings(&variables).unwrap().outbound.allow_private, loopback, "{address}");
        let variables = [("OAUTHCLIENT_ADDRESS", address), ("OAUTHCLIENT_LOGIN__REQUIRED", "false")];
        assert_eq!(settings(&variables).is_ok(), loopback, "{address}");
        let variables = [("OAUTHCLIENT_ADDRESS", address), ("OAUTHCLIENT_OUTBOUND__ALLOW_PRIVATE", "true")];
        assert!(settings(&variables).unwrap().outbound.allow_private);
    }
}

#[test]
fn another_server_is_asked_with_a_key() {
    assert!(settings(&[("OAUTHCLIENT_CLIENTS_DIR", "x")]).is_ok(), "whether it is there is judged where it is read");
    let key = ("OAUTHCLIENT_API_KEY", "canary");
    assert!(settings(&[key]).unwrap().server.is_none(), "scripts and server may share their variables");
    let server = settings(&[key, ("OAUTHCLIENT_SERVER", "https://h/prefix")]).unwrap().server.unwrap();
    assert_eq!((server.url.as_str(), server.key.expose()), ("https://h/prefix", "canary"));
    assert!(settings(&[("OAUTHCLIENT_SERVER", "https://h")]).unwrap_err().to_string().contains("OAUTHCLIENT_API_KEY"));
    for bad in ["h", "ftp://h", "https://canary@h", "https://h?canary", "https://h#canary"] {
        let said = settings(&[key, ("OAUTHCLIENT_SERVER", bad)]).unwrap_err().to_string();
        assert!(said.contains("OAUTHCLIENT_SERVER") && !said.contains(CANARY), "{said}");
    }
}

#[test]
fn the_example_and_the_documentation_know_every_setting() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let example = fs::read_to_string(root.join("Rocket.toml")).unwrap();
    let documentation = fs::read_to_string(root.join("docs/configuration.md")).unwrap();
    for key in names::OURS {
        assert!(documentation.contains(&format!("`{}`", names::variable(key))), "{key} is not documented");
        assert!(example.contains(&format!("# {key} = ")), "{key} is not in Rocket.toml");
    }
    assert!(Settings::resolve(&surroundings(root, &[])).is_ok());
    let all: String = example
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|l| l.contains(" = ")).unwrap_or(line).to_owned() + "\n")
        .collect();
    let known =
        |error: &SettingsError| error.problems.iter().all(|problem| !problem.message.contains("no such setting"));
    assert!(with_file(&all, &[]).err().is_none_or(|error| known(&error)));
}
