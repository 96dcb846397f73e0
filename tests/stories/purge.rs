//! A client that is deleted is gone: no key, no row, no sealed value of it stays.

use rusqlite::{Connection, types::Value as Cell};
use serde_json::json;

use crate::support::{Api, Backend, Stage, in_both_stores, until};

in_both_stores!(nothing_of_a_deleted_client_stays_in_the_store);

async fn nothing_of_a_deleted_client_stays_in_the_store(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let server = stage.program.serve().await;
    stage.authorized().await;
    let api = Api::of(&stage.program).await;
    assert_eq!(api.post("/clients/music/refresh", json!({})).await.status, 200);
    let mut agent = stage.operator().await;
    let page = agent.open(&stage.program.url("/events?client=music")).await;
    assert!(page.all(".events .badge").contains(&"Authorized".to_owned()), "{page}");
    assert!(dump(&stage, backend).await.contains("music"), "what is looked for can be found");

    stage.program.run(["client", "delete", "music", "--yes"]).await.done();
    until(async || {
        let page = agent.open(&stage.program.url("/events?client=music")).await;
        (page.all(".events .badge") == ["Changed"]).then_some(())
    })
    .await;
    server.stop().await;
    let left = dump(&stage, backend).await;
    assert!(!left.contains("music"), "{left}");
    for kind in ["grant", "first_token", "registration", "pending_authorization"] {
        assert!(!left.lines().any(|line| line.starts_with(kind)), "{kind}: {left}");
    }
    let cache = std::fs::read_to_string(stage.program.token_cache()).expect("the file of definitions");
    assert!(!cache.contains("music"), "{cache}");
}

/// Every row, or every key and value, of the whole store: the kind first.
async fn dump(stage: &Stage, backend: Backend<'_>) -> String {
    match backend {
        Backend::Redis(redis) => {
            let dump = String::from_utf8_lossy(&redis.raw_dump().await).into_owned();
            dump.replace("oauth_client:", "")
        }
        _ => rows(&stage.program.data_dir().join("store.sqlite3")),
    }
}

fn rows(path: &std::path::Path) -> String {
    let connection = Connection::open(path).expect("the store");
    let mut names = connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").expect("tables");
    let names: Vec<String> = names.query_map([], |row| row.get(0)).expect("names").flatten().collect();
    assert!(names.iter().any(|name| name == "records") && names.iter().any(|name| name == "leases"), "{names:?}");
    let mut text = String::new();
    for name in names {
        let mut all = connection.prepare(&format!("SELECT * FROM \"{name}\"")).expect("a table");
        let columns = all.column_count();
        let mut rows = all.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            for column in 0..columns {
                let cell = match row.get(column).expect("a cell") {
                    Cell::Blob(bytes) => String::from_utf8_lossy(&bytes).replace('\n', " "),
                    Cell::Text(text) => text,
                    other => format!("{other:?}"),
                };
                text.push_str(&cell);
                text.push(' ');
            }
            text.push('\n');
        }
    }
    text
}
