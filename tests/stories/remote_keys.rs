//! Keys of a server's API, made on another machine by a key that may.

use crate::remote::elsewhere;
use crate::support::{Api, Backend, Program, Ran, Stage};

async fn list(program: &Program) -> Vec<String> {
    let keys = program.run(["api-key", "list", "--json"]).await.done().json();
    keys.as_array().expect("a list").iter().map(|key| key["id"].as_str().expect("an id").to_owned()).collect()
}

/// Of the key with this label.
async fn id(program: &Program, label: &str) -> String {
    let keys = program.run(["api-key", "list", "--json"]).await.done().json();
    let key = keys.as_array().expect("a list").iter().find(|key| key["label"] == label).expect("it is listed");
    key["id"].as_str().expect("an id").to_owned()
}

/// A program elsewhere with a key that `program` makes.
async fn with_key(stage: &Stage, program: &Program, arguments: &[&str]) -> Program {
    let key = program.run_with(&[&["api-key", "create"], arguments].concat()).await.done().out();
    Program::embedded().with("SERVER", &stage.program.public_url()).with_secret("API_KEY", &key)
}

fn refused(ran: &Ran, words: &str) {
    assert!(ran.code() == 2 && ran.err().contains(words) && ran.out().is_empty(), "{words}: {ran:?}");
}

#[tokio::test]
async fn a_key_makes_others_that_may_do_no_more_and_end_with_it() {
    let stage = Stage::new(Backend::Embedded).await;
    stage.add_client("drive").await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let usual = elsewhere(&stage, &[]).await;
    refused(&usual.run(["api-key", "create", "x"]).await, "--allow keys:write");
    refused(&usual.run(["api-key", "list"]).await, "--allow keys:write");

    let options = ["--client", "music", "--allow", "token:read", "--allow", "keys:write", "--expires", "1h"];
    let maker = elsewhere(&stage, &options).await;
    let create = async |options: &[&str]| maker.run_with(&[&["api-key", "create", "job"], options].concat()).await;
    for (options, words) in [
        (&["--client", "music"][..], "--expires"),
        (&["--client", "music", "--expires", "2h"], "--expires"),
        (&["--expires", "30m"], "--client"),
        (&["--client", "drive", "--expires", "30m"], "music"),
        (&["--client", "music", "--allow", "clients:read", "--expires", "30m"], "clients:read"),
        (&["--client", "music", "--allow", "keys:write", "--expires", "30m"], "only the operator"),
    ] {
        refused(&create(options).await, words);
    }
    let job = with_key(&stage, &maker, &["job", "--client", "music", "--expires", "30m"]).await;
    let token = stage.program.run(["token", "music"]).await.done().out();
    assert_eq!(job.run(["token", "music"]).await.done().out(), token);
    refused(&job.run(["api-key", "list"]).await, "keys:write");

    let known = list(&maker).await;
    assert_eq!((known.len(), list(&stage.program).await.len()), (2, 3), "that one, and itself");
    let foreign = list(&stage.program).await.into_iter().find(|id| !known.contains(id)).expect("another");
    refused(&maker.run(["api-key", "revoke", &foreign]).await, &foreign);
    let facts = stage.program.run(["api-key", "list", "--json"]).await.done().json();
    let job_facts = facts.as_array().expect("a list").iter().find(|key| key["label"] == "job").expect("it is listed");
    let maker_id = job_facts["made_by"].as_str().expect("an id");
    assert!(maker_id != job_facts["id"] && known.iter().any(|id| id == maker_id), "{facts}");

    stage.program.run(["api-key", "revoke", maker_id]).await.done();
    refused(&job.run(["token", "music"]).await, "not known");
    assert_eq!(list(&stage.program).await, [foreign]);
}

#[tokio::test]
async fn a_key_can_be_given_back_from_elsewhere() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let all = oauth_client_helper::flows::api_keys::Verb::ALL.map(|verb| ["--allow", verb.as_str()]).concat();
    let maker = elsewhere(&stage, &all).await;
    let key = maker.run(["api-key", "create", "job"]).await.done();
    assert!(key.err().contains("everything but keys:write"), "{key:?}");
    assert_eq!(list(&maker).await, list(&stage.program).await, "it may do all that any other may");
    let id_of_job = id(&maker, "job").await;
    assert_eq!(maker.run(["api-key", "create", "x", "--client", "nobody"]).await.code(), 4);
    maker.run(["api-key", "revoke", &id_of_job]).await.done();
    refused(&maker.run(["api-key", "revoke", &id_of_job]).await, "there is no key");
    assert_eq!(Api::with_key(&stage.program, key.out()).get("/clients").await.problem().1, "invalid_key");
    assert_eq!(list(&maker).await, [id(&maker, "elsewhere").await]);
    maker.run(["api-key", "revoke", &id(&maker, "elsewhere").await]).await.done();
    refused(&maker.run(["api-key", "list"]).await, "not known");
}
