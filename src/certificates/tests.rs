use super::*;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection,
    crypto::ring::default_provider,
    pki_types::{PrivateKeyDer, ServerName},
};
use std::{fs, sync::Arc};

fn ensure_at(data_dir: &Path, hosts: &[&str], days: i64) -> Result<Paths, Error> {
    Folder(data_dir.join(TLS)).ensure(hosts, OffsetDateTime::now_utc() + Duration::days(days))
}

/// A TLS handshake in memory, of a client that trusts only this authority.
fn handshake(paths: &Paths, name: &str) -> Result<(), rustls::Error> {
    let provider = Arc::new(default_provider());
    let chain = CertificateDer::pem_file_iter(&paths.cert).unwrap().collect::<Result<_, _>>().unwrap();
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(&paths.key).unwrap())?;
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&paths.ca).unwrap())?;
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut server = ServerConnection::new(Arc::new(server))?;
    let mut client = ClientConnection::new(Arc::new(client), ServerName::try_from(name.to_owned()).unwrap())?;
    while client.is_handshaking() || server.is_handshaking() {
        let mut sent = Vec::new();
        client.write_tls(&mut sent).unwrap();
        server.read_tls(&mut sent.as_slice()).unwrap();
        server.process_new_packets()?;
        let mut answered = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut answered).unwrap();
        }
        let mut rest = answered.as_slice();
        while !rest.is_empty() {
            client.read_tls(&mut rest).unwrap();
            client.process_new_packets()?;
        }
    }
    Ok(())
}

fn contents(paths: &Paths) -> [Vec<u8>; 3] {
    [&paths.ca, &paths.cert, &paths.key].map(|path| fs::read(path).unwrap())
}

#[test]
fn a_client_that_trusts_the_authority_reaches_us_under_every_name_of_ours_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ensure(folder.path(), &["Helper.Example", "[fd00::7]", "127.0.0.1"]).unwrap();
    assert_eq!(paths.change, Change::Authority);
    for name in ["localhost", "127.0.0.1", "::1", "helper.example", "fd00::7"] {
        handshake(&paths, name).unwrap();
    }
    for name in ["other.example", "127.0.0.2", "x.helper.example"] {
        assert!(handshake(&paths, name).is_err(), "{name}");
    }
}

#[test]
fn another_authority_is_not_trusted() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (ours, theirs) = (ensure(ours.path(), &[]).unwrap(), ensure(theirs.path(), &[]).unwrap());
    assert!(handshake(&Paths { ca: theirs.ca, ..ours }, "localhost").is_err());
}

#[test]
fn certificates_are_made_once_and_renewed_in_their_last_month() {
    let folder = tempfile::tempdir().unwrap();
    let first = ensure_at(folder.path(), &[], 0).unwrap();
    let before = contents(&first);
    let kept = ensure_at(folder.path(), &[], 366).unwrap();
    assert_eq!((kept.change, contents(&kept)), (Change::None, before.clone()));
    let renewed = ensure_at(folder.path(), &[], 368).unwrap();
    let after = contents(&renewed);
    assert_eq!(renewed.change, Change::Certificate);
    assert!(after[0] == before[0] && after[1] != before[1] && after[2] != before[2]);
    let replaced = ensure_at(folder.path(), &[], 3640).unwrap();
    assert_eq!(replaced.change, Change::Authority);
    assert_ne!(contents(&replaced)[0], before[0]);
}

#[test]
fn a_name_within_the_limits_of_the_authority_needs_only_a_new_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let first = ensure(folder.path(), &["helper.example"]).unwrap();
    let paths = ensure(folder.path(), &["helper.example", "work.helper.example", "app.localhost"]).unwrap();
    assert_eq!((paths.change, &contents(&paths)[0]), (Change::Certificate, &contents(&first)[0]));
    handshake(&paths, "app.localhost").unwrap();
    let paths = ensure(folder.path(), &["elsewhere.example"]).unwrap();
    assert_eq!(paths.change, Change::Authority);
    handshake(&paths, "elsewhere.example").unwrap();
}

#[test]
fn the_authority_cannot_vouch_for_other_sites() {
    let names = names(&[]).unwrap();
    let now = OffsetDateTime::now_utc();
    let (authority, _) = Authority::create(&names, now).unwrap();
    let bank = vec!["bank.example".to_owned()];
    let (forged, _) = authority.issue(&bank, now).unwrap();
    assert!(!authority.vouches_for(forged.der(), &bank, now));
    let (own, _) = authority.issue(&names, now).unwrap();
    assert!(authority.vouches_for(own.der(), &names, now));
}

#[test]
fn what_a_crash_leaves_behind_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ensure(folder.path(), &[]).unwrap();
    let ca = fs::read(&paths.ca).unwrap();
    let stale_key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    fs::write(&paths.key, stale_key).unwrap();
    assert_eq!(ensure(folder.path(), &[]).unwrap().change, Change::Certificate);
    fs::remove_file(&paths.cert).unwrap();
    assert_eq!(ensure(folder.path(), &[]).unwrap().change, Change::Certificate);
    assert_eq!(fs::read(&paths.ca).unwrap(), ca);
    handshake(&paths, "localhost").unwrap();
    fs::remove_file(&paths.ca).unwrap();
    assert_eq!(ensure(folder.path(), &[]).unwrap().change, Change::Authority);
}

#[test]
fn a_broken_file_is_named_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ensure(folder.path(), &[]).unwrap();
    let ca_key = folder.path().join("tls/ca.key");
    for path in [&paths.ca, &ca_key, &paths.cert, &paths.key] {
        let good = fs::read(path).unwrap();
        for broken in [b"".as_slice(), b"canary", &good[..good.len() / 2]] {
            fs::write(path, broken).unwrap();
            let error = ensure(folder.path(), &[]).unwrap_err().to_string();
            assert!(error.contains(path.to_str().unwrap()) && !error.contains("canary"), "{error}");
            assert_eq!(fs::read(path).unwrap(), broken);
        }
        fs::write(path, good).unwrap();
    }
    fs::write(&ca_key, fs::read(&paths.key).unwrap()).unwrap();
    assert!(ensure(folder.path(), &[]).unwrap_err().to_string().contains("is not the key of ca.pem"));
    fs::remove_file(&ca_key).unwrap();
    assert!(matches!(ensure(folder.path(), &[]).unwrap_err(), Error::Missing { .. }));
}

#[test]
fn a_host_that_no_certificate_can_name_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(ensure(folder.path(), &["no host"]), Err(Error::BadHost(_))));
}

#[cfg(unix)]
#[test]
fn keys_are_for_us_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let paths = ensure(folder.path(), &[]).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&paths.key), 0o600);
    assert_eq!(mode(&folder.path().join("tls/ca.key")), 0o600);
    assert_eq!(mode(&folder.path().join("tls")), 0o700);
}

#[test]
fn everyone_is_told_how_to_trust_the_authority() {
    let steps = how_to_trust(Path::new("/data/it's/ca.pem"), "https://localhost:8080/");
    for program in ["curl", "Debian", "macOS", "Windows", "Firefox"] {
        assert!(steps.iter().any(|step| step.system.starts_with(program)), "{program}");
    }
    assert!(steps[0].lines[0].contains(r"'/data/it'\''s/ca.pem'"), "{:?}", steps[0]);
}
