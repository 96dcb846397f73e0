//! What the seal promises, whatever the backend.

use crate::bench::{Bench, Note, Slip, note};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use oauth_client_helper::{
    oauth::timestamp::Timestamp,
    store::{Error, Kind, Put, Record, Store, Versioned},
};

const PLANTED: &str = "planted-canary-0123456789";

fn has(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}

pub async fn nothing_at_rest_can_be_read(bench: &Bench) {
    let store = bench.store().await;
    store.put_if_version("visible-name", &note(PLANTED), 0).await.unwrap();
    store.put_until(PLANTED, &Slip(PLANTED.to_owned()), 0, Timestamp::now() + 60).await.unwrap();
    let bytes = bench.at_rest();
    assert!(has(&bytes, "visible-name"), "the files are the ones that were written");
    for secret in [PLANTED, &STANDARD_NO_PAD.encode(PLANTED), r#"{"text""#] {
        assert!(!has(&bytes, secret), "{secret}");
    }
}

pub async fn swapped_records_are_refused(bench: &Bench) {
    let store = bench.store().await;
    for id in ["a", "b"] {
        store.put_if_version(id, &note(id), 0).await.unwrap();
    }
    let (a, b) = (bench.raw("a"), bench.raw("b"));
    bench.set_raw("a", &b);
    bench.set_raw("b", &a);
    for id in ["a", "b"] {
        let refused = Error::Damaged { kind: Kind::Grant, id: id.to_owned() };
        assert_eq!(store.get::<Note>(id).await.unwrap_err(), refused);
    }
}

pub async fn a_changed_byte_is_refused_and_never_overwritten(bench: &Bench) {
    let store = bench.store().await;
    store.put_if_version("a", &note("text"), 0).await.unwrap();
    let whole = bench.raw("a");
    for place in [0, 2, whole.len() / 2, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[place] ^= 0x80;
        bench.set_raw("a", &changed);
        assert!(store.get::<Note>("a").await.is_err(), "byte {place}");
        assert!(store.take::<Note>("a").await.is_err(), "byte {place}");
        assert!(store.list::<Note>().await.is_err(), "byte {place}");
        assert_eq!(store.put_if_version("a", &note("new"), 0).await.unwrap(), Put::Conflict);
        assert_eq!(bench.raw("a"), changed);
    }
    assert!(store.delete(Kind::Grant, "a").await.unwrap());
    assert_eq!(store.put_if_version("a", &note("new"), 0).await.unwrap(), Put::Stored(1));
}

pub async fn a_wrong_key_is_refused_and_changes_nothing(bench: &Bench) {
    let store = bench.store().await;
    store.put_if_version("a", &note("text"), 0).await.unwrap();
    let before = bench.at_rest();
    let error = bench.open("B").await.unwrap_err();
    assert!(matches!(error, Error::WrongKey { .. }));
    assert!(error.to_string().contains("OAUTHCLIENT_ENCRYPTION__KEY"));
    assert!(bench.at_rest() == before);
    assert_eq!(store.get("a").await.unwrap(), Some(Versioned { value: note("text"), version: 1 }));
}

pub async fn of_two_keys_for_a_fresh_store_one_wins(bench: &Bench) {
    let open = |letter: &'static str| tokio::spawn(Store::open(bench.config(letter)));
    let openings = ["A", "B", "A", "B", "A", "B"].map(|letter| (letter, open(letter)));
    let mut opened = Vec::new();
    for (letter, opening) in openings {
        match opening.await.unwrap() {
            Ok(_) => opened.push(letter),
            Err(error) => assert!(matches!(error, Error::WrongKey { .. }), "{error}"),
        }
    }
    assert_eq!(opened.len(), 3);
    assert!(opened.iter().all(|letter| *letter == opened[0]));
}

pub async fn an_old_key_opens_after_a_rotation_and_a_rekey_retires_it(bench: &Bench) {
    bench.store().await.put_if_version("a", &note("text"), 0).await.unwrap();
    let (store, _) = bench.open("BA").await.unwrap();
    assert_eq!(store.get("a").await.unwrap(), Some(Versioned { value: note("text"), version: 1 }));
    assert_eq!(store.rekey().await.unwrap(), 2, "the note and the canary");
    assert_eq!(store.rekey().await.unwrap(), 0);

    let (store, _) = bench.open("B").await.unwrap();
    assert_eq!(store.get("a").await.unwrap(), Some(Versioned { value: note("text"), version: 1 }));
    assert!(matches!(bench.open("A").await.unwrap_err(), Error::WrongKey { .. }));
}

pub async fn a_record_of_another_form_is_described_without_its_content(bench: &Bench) {
    #[derive(Debug, serde::Serialize, serde::Deserialize)]
    struct Other {
        text: u8,
    }
    impl Record for Other {
        const KIND: Kind = Kind::Grant;
    }
    let store = bench.store().await;
    store.put_if_version("a", &note(PLANTED), 0).await.unwrap();
    let error = store.get::<Other>("a").await.unwrap_err();
    assert!(matches!(error, Error::Unreadable { .. }));
    assert!(!format!("{error} {error:?}").contains(PLANTED));
}
