//! What only a server needs.

use super::*;

#[test]
fn rocket_gets_its_own_keys_and_never_logs() {
    let toml = "[default]\nident = 'Me'\nlog_level = 'debug'\nlogin.token = 'canary-canary-canary'\ntls.prefer_server_cipher_order = true";
    let settings = with_file(toml, &[("ROCKET_LIMITS", "{json=\"3MiB\"}"), ("ROCKET_LOG_LEVEL", "normal")]).unwrap();
    let figment = settings.rocket();
    assert!(!format!("{figment:?} {settings:?}").contains(CANARY));
    let config: rocket::Config = figment.extract().unwrap();
    assert_eq!((config.port, config.log_level), (8080, rocket::config::LogLevel::Off));
    assert_eq!((config.shutdown.grace, config.ip_header, config.cli_colors), (28, None, false));
    assert_eq!(config.limits.get("json").unwrap().as_u64(), 3 << 20);
    assert!(config.tls.is_none() && config.ident.to_string() == "Me");
    let tls = settings.rocket_with_tls(Path::new("/c.pem"), Path::new("/k.pem")).extract::<rocket::Config>().unwrap();
    assert_eq!(tls.tls.unwrap().certs().left().unwrap(), Path::new("/c.pem"));
}

#[test]
fn a_mistake_in_rockets_own_keys_is_named_without_its_value() {
    for (toml, variables, subject) in [
        ("[default]\nworkers = 'canary'", &[][..], "workers in Rocket.toml"),
        ("[default]\nlimits.json = 'canary'", &[], "limits in Rocket.toml"),
        ("", &[("ROCKET_KEEP_ALIVE", "canary")], "ROCKET_KEEP_ALIVE"),
    ] {
        let error = with_file(toml, variables).unwrap().check_for_serving().unwrap_err();
        assert_eq!(error.problems[0].subject, subject, "{error}");
        assert!(!error.to_string().contains(CANARY), "{error}");
    }
}

#[test]
fn the_files_of_a_server_are_checked_before_it_starts() {
    let pair = || {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(vec!["a.example".into()]).unwrap().self_signed(&key).unwrap();
        (certificate.pem(), key.serialize_pem())
    };
    let ((certs, key), (_, other_key)) = (pair(), pair());
    let broken = certs.replace("MII", "canary!");
    let files = [("c", certs.as_str()), ("k", &key), ("other", &other_key), ("text", CANARY), ("broken", &broken)];
    let folder = folder(&files);
    let check = |certs, key, ca| {
        let variables =
            [("OAUTHCLIENT_TLS__CERTS", certs), ("OAUTHCLIENT_TLS__KEY", key), ("OAUTHCLIENT_OUTBOUND__CA_FILE", ca)];
        Settings::resolve(&surroundings(folder.path(), &variables)).unwrap().check_for_serving()
    };
    check("c", "k", "c").unwrap();
    for (certs, key, ca, expected) in [
        ("missing", "k", "c", "OAUTHCLIENT_TLS__CERTS: cannot read"),
        ("text", "k", "c", "no certificate in PEM"),
        ("broken", "k", "c", "is not valid PEM"),
        ("k", "k", "c", "no certificate in PEM"),
        ("c", "c", "c", "OAUTHCLIENT_TLS__KEY:"),
        ("c", "other", "c", "is not the key of"),
        ("c", "k", "missing", "OAUTHCLIENT_OUTBOUND__CA_FILE: cannot read"),
    ] {
        let error = check(certs, key, ca).unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains(CANARY), "{error}");
    }
    assert_eq!(check("missing", "missing", "missing").unwrap_err().problems.len(), 3);
}
