//! What cannot be, and how the operator is told.

use super::*;

/// What is written, who is named, and with which words.
type Mistake = (&'static [(&'static str, &'static str)], &'static str, &'static str);

const MISTAKES: &[Mistake] = &[
    (&[("OAUTHCLIENT_ADDRESS", "localhost")], "OAUTHCLIENT_ADDRESS", "127.0.0.1"),
    (&[("OAUTHCLIENT_ADDRESS", "1.2.3")], "OAUTHCLIENT_ADDRESS", "an IP address"),
    (&[("OAUTHCLIENT_PORT", "0")], "OAUTHCLIENT_PORT", "1 to 65535"),
    (&[("OAUTHCLIENT_PORT", "65536")], "OAUTHCLIENT_PORT", "1 to 65535"),
    (&[("oauthclient_port", "http")], "oauthclient_port", "1 to 65535"),
    (&[("ROCKET_PORT", "-1")], "ROCKET_PORT", "1 to 65535"),
    (&[("OAUTHCLIENT_PORT", "")], "OAUTHCLIENT_PORT", "is empty"),
    (&[("OAUTHCLIENT_PORT", "1"), ("oauthclient_Port", "2")], "oauthclient_Port", "also set as OAUTHCLIENT_PORT"),
    (&[("OAUTHCLIENT_PUBLIC_URL", "ftp://x")], "OAUTHCLIENT_PUBLIC_URL", "https://"),
    (&[("OAUTHCLIENT_PUBLIC_URL", "https://x?q")], "OAUTHCLIENT_PUBLIC_URL", "query"),
    (&[("OAUTHCLIENT_PUBLIC_URL", "https://u:p@x")], "OAUTHCLIENT_PUBLIC_URL", "password"),
    (&[("OAUTHCLIENT_ALLOWED_HOSTS", "a http://b")], "OAUTHCLIENT_ALLOWED_HOSTS", "without http://"),
    (&[("OAUTHCLIENT_TLS__CERTS", "/c")], "OAUTHCLIENT_TLS__KEY", "OAUTHCLIENT_TLS__CERTS needs it"),
    (&[("OAUTHCLIENT_TLS__KEY", "/k")], "OAUTHCLIENT_TLS__CERTS", "OAUTHCLIENT_TLS__KEY needs it"),
    (&[("OAUTHCLIENT_TLS__SELF_SIGNED", "maybe")], "OAUTHCLIENT_TLS__SELF_SIGNED", "true or false"),
    (
        &[("OAUTHCLIENT_TLS__SELF_SIGNED", "true"), ("OAUTHCLIENT_TLS__CERTS", "c"), ("OAUTHCLIENT_TLS__KEY", "k")],
        "OAUTHCLIENT_TLS__SELF_SIGNED",
        "OAUTHCLIENT_TLS__CERTS",
    ),
    (&[("OAUTHCLIENT_OAUTH__REDIRECT_URL", "javascript:x")], "OAUTHCLIENT_OAUTH__REDIRECT_URL", "http or https"),
    (&[("OAUTHCLIENT_OAUTH__REDIRECT_URL", "https://x/#y")], "OAUTHCLIENT_OAUTH__REDIRECT_URL", "fragment"),
    (&[("OAUTHCLIENT_OAUTH__TOKEN_CACHE", "redis")], "OAUTHCLIENT_OAUTH__TOKEN_CACHE", "MESSAGE_QUEUE__URL"),
    (&[("OAUTHCLIENT_OAUTH__TOKEN_KEY_PREPEND", "a*")], "OAUTHCLIENT_OAUTH__TOKEN_KEY_PREPEND", "without"),
    (&[("OAUTHCLIENT_OAUTH__TOKEN_KEY_PREPEND", "a b")], "OAUTHCLIENT_OAUTH__TOKEN_KEY_PREPEND", "128"),
    (&[("OAUTHCLIENT_MESSAGE_QUEUE__URL", "http://h")], "OAUTHCLIENT_MESSAGE_QUEUE__URL", "redis://"),
    (
        &[("OAUTHCLIENT_MESSAGE_QUEUE__URL", "redis+sentinel://h")],
        "OAUTHCLIENT_MESSAGE_QUEUE__URL",
        "name of the service",
    ),
    (&[("OAUTHCLIENT_MESSAGE_QUEUE__URL", "redis://h")], "OAUTHCLIENT_ENCRYPTION__KEY", "openssl rand -base64 32"),
    (&[("OAUTHCLIENT_MESSAGE_QUEUE__URL", "redis://h")], "OAUTHCLIENT_ENCRYPTION__KEY", "ENCRYPTION__KEY_FILE"),
    (&[("OAUTHCLIENT_LOGIN__TOKEN", "canary-is-short")], "OAUTHCLIENT_LOGIN__TOKEN", "16 characters"),
    (&[("OAUTHCLIENT_LOGIN__TOKEN_FILE", "/none")], "OAUTHCLIENT_LOGIN__TOKEN_FILE", "cannot read /none"),
    (&[("OAUTHCLIENT_ENCRYPTION__KEY", "canary")], "OAUTHCLIENT_ENCRYPTION__KEY", "32 bytes"),
    (
        &[("OAUTHCLIENT_LOGIN__REQUIRED", "false"), ("OAUTHCLIENT_ADDRESS", "0.0.0.0")],
        "OAUTHCLIENT_LOGIN__REQUIRED",
        "loopback",
    ),
    (&[("OAUTHCLIENT_WEBHOOK__URL", "https://u:canary@x")], "OAUTHCLIENT_WEBHOOK__URL", "without user name"),
    (&[("OAUTHCLIENT_WEBHOOK__URL", "https://x/canary")], "OAUTHCLIENT_WEBHOOK__SECRET", "openssl rand -base64 32"),
    (
        &[("OAUTHCLIENT_WEBHOOK__URL", "https://x"), ("OAUTHCLIENT_WEBHOOK__SECRET", CANARY)],
        "OAUTHCLIENT_WEBHOOK__SECRET",
        "24 to 64 bytes",
    ),
    (&[("OAUTHCLIENT_WEBHOOK__EVENTS", "failing")], "OAUTHCLIENT_WEBHOOK__EVENTS", "without OAUTHCLIENT_WEBHOOK__URL"),
    (
        &[("OAUTHCLIENT_COMMAND__ARGV", "/bin/true"), ("OAUTHCLIENT_COMMAND__EVENTS", "failing, exploded")],
        "OAUTHCLIENT_COMMAND__EVENTS",
        "authorization_required",
    ),
    (&[("OAUTHCLIENT_COMMAND__EVENTS", "all")], "OAUTHCLIENT_COMMAND__EVENTS", "without OAUTHCLIENT_COMMAND__ARGV"),
    (&[("OAUTHCLIENT_COMMAND__ARGV", "tell-me canary")], "OAUTHCLIENT_COMMAND__ARGV", "there is no shell"),
    (&[("OAUTHCLIENT_COMMAND__ARGV", "[\"canary")], "OAUTHCLIENT_COMMAND__ARGV", "an array"),
    (&[("OAUTHCLIENT_LOG__LEVEL", "loud")], "OAUTHCLIENT_LOG__LEVEL", "error, warn, info, debug or trace"),
    (&[("OAUTHCLIENT_LOG__FORMAT", "xml")], "OAUTHCLIENT_LOG__FORMAT", "text or json"),
    (&[("OAUTHCLIENT_TLS_CERT", CANARY)], "OAUTHCLIENT_TLS_CERT", "did you mean OAUTHCLIENT_TLS__CERTS?"),
    (&[("OAUTHCLIENT_TLS", CANARY)], "OAUTHCLIENT_TLS", "no such setting"),
    (&[("OAUTHCLIENT_", CANARY)], "OAUTHCLIENT_", "no such setting"),
    (&[("ROCKET_TLS", "{cert=\"canary\"}")], "tls.cert in ROCKET_TLS", "did you mean tls.certs?"),
    (&[("ROCKET_TLS", "canary")], "tls in ROCKET_TLS", "expected a table"),
    (&[("ROCKET_TLS", "{certs=\"c\"}")], "OAUTHCLIENT_TLS__KEY", "ROCKET_TLS needs it"),
    (&[("ROCKET_CONFIG", "/none.toml")], "ROCKET_CONFIG", "cannot read /none.toml"),
];

#[test]
fn every_mistake_names_its_variable_and_what_is_expected() {
    for (variables, subject, message) in MISTAKES {
        let error = settings(variables).unwrap_err();
        assert_eq!(error.problems.len(), 1, "{error}");
        assert_eq!(error.problems[0].subject, *subject, "{error}");
        assert!(error.problems[0].message.contains(message), "{error}");
        assert!(!error.to_string().contains(CANARY), "{error}");
    }
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let error = with_file(
        "[default]\nprot = 1\nlog.level = 'loud'\n",
        &[("OAUTHCLIENT_PORT", "x"), ("OAUTHCLIENT_ADDRESS", "x"), ("OAUTHCLIENT_PROT", "x"), ("ROCKET_PROT", "x")],
    )
    .unwrap_err();
    let subjects: Vec<_> = error.problems.iter().map(|problem| problem.subject.as_str()).collect();
    let expected = [
        "prot in Rocket.toml",
        "OAUTHCLIENT_PROT",
        "OAUTHCLIENT_ADDRESS",
        "OAUTHCLIENT_PORT",
        "log.level in Rocket.toml",
    ];
    assert_eq!(subjects, expected);
    assert_eq!(error.to_string().lines().count(), 5);
}

#[test]
fn mistakes_in_rocket_toml_are_named_by_key_and_file() {
    for (toml, subject, message) in [
        ("[default]\nport = 'x'", "port in Rocket.toml", "1 to 65535"),
        ("[default]\nport = [1]", "port in Rocket.toml", "single value"),
        ("[default.tls]\ncert = 'canary'", "tls.cert in Rocket.toml", "did you mean tls.certs?"),
        ("[release]\nprot = 1", "prot in Rocket.toml", "did you mean port?"),
        ("port = 1", "port in Rocket.toml", "[default]"),
        ("[default]\ntls = 'canary'", "tls in Rocket.toml", "expected a table"),
        ("[default]\nlogin = 'canary'", "login in Rocket.toml", "expected a table"),
        ("[default]\nlogin.tokens = 'canary'", "login.tokens in Rocket.toml", "did you mean login.token?"),
        ("[default]\nlogin.token = 12345678901234567", "login.token in Rocket.toml", "double quotes"),
        ("[default]\nlogin.token = canary", "Rocket.toml", "line 2"),
        ("[default]\nlogin.token = \"canary", "Rocket.toml", "line 2"),
        ("[default]\nencryption.key = \"\"\"\n\\canary\"\"\"", "Rocket.toml", "line 3, column 3"),
    ] {
        let error = with_file(toml, &[]).unwrap_err();
        assert_eq!(error.problems.len(), 1, "{error}");
        assert_eq!(error.problems[0].subject, subject, "{error}");
        assert!(error.problems[0].message.contains(message), "{error}");
        assert!(!error.to_string().contains(CANARY), "{error}");
    }
}

#[test]
fn a_file_that_holds_a_bad_secret_is_the_one_to_be_named() {
    let folder = folder(&[("bad", CANARY)]);
    for variable in
        ["OAUTHCLIENT_MESSAGE_QUEUE__URL_FILE", "OAUTHCLIENT_LOGIN__TOKEN_FILE", "OAUTHCLIENT_ENCRYPTION__KEY_FILE"]
    {
        let error = Settings::resolve(&surroundings(folder.path(), &[(variable, "bad")])).unwrap_err();
        assert_eq!((error.problems.len(), error.problems[0].subject.as_str()), (1, variable), "{error}");
        assert!(!error.to_string().contains(CANARY), "{error}");
    }
}

#[test]
fn a_password_has_no_place_on_the_command_line() {
    let mut surroundings = surroundings(Path::new("/nowhere"), &[("OAUTHCLIENT_ENCRYPTION__KEY", KEY)]);
    surroundings.flags.message_queue_url = Some("redis://h".into());
    assert!(Settings::resolve(&surroundings).is_ok());
    surroundings.flags.message_queue_url = Some("redis://u:canary@h".into());
    let error = Settings::resolve(&surroundings).unwrap_err();
    assert_eq!(error.problems[0].subject, "--message-queue-url");
    assert!(!format!("{error} {surroundings:?}").contains(CANARY));
}

#[test]
fn without_a_home_the_settings_that_need_one_are_named() {
    let bare = |variables: &[(&'static str, &'static str)]| {
        Settings::resolve(&Surroundings::of(Path::new("/nowhere"), variables.iter().copied()))
    };
    let error = bare(&[("OAUTHCLIENT_OUTBOUND__CA_FILE", "~/ca.pem")]).unwrap_err();
    let subjects: Vec<_> = error.problems.iter().map(|problem| problem.subject.as_str()).collect();
    assert_eq!(subjects, ["OAUTHCLIENT_DATA_DIR", "OAUTHCLIENT_OAUTH__TOKEN_CACHE", "OAUTHCLIENT_OUTBOUND__CA_FILE"]);
    let settings = bare(&[("XDG_DATA_HOME", "/xdg"), ("OAUTHCLIENT_OAUTH__TOKEN_CACHE", "cache.json")]).unwrap();
    assert_eq!(settings.data_dir, Path::new("/xdg/oauth-client-helper"));
    assert_eq!(settings.token_cache, TokenCache::File("/nowhere/cache.json".into()));
}
