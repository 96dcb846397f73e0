//! What happens on a server, heard on another machine.

use serde_json::{Value, json};

use crate::remote::elsewhere;
use crate::support::{Api, Backend, Process, Stage, UserAgent, in_both_stores};

/// The line about such an event, as JSON.
async fn told(watch: &Process, part: &str) -> Value {
    serde_json::from_str(&watch.line(part).await).expect("a JSON object")
}

async fn mark(stage: &Stage, client: &str, service: &str) {
    stage.program.run(["client", "edit", client, "--service", service]).await.done();
}

in_both_stores!(a_server_is_watched_from_elsewhere_and_nothing_is_lost_while_it_is_away);

async fn a_server_is_watched_from_elsewhere_and_nothing_is_lost_while_it_is_away(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let there = elsewhere(&stage, &["--allow", "status:read"]).await;
    let down = there.run(["watch"]).await;
    assert!(down.code() == 6 && down.err().contains("OAUTHCLIENT_SERVER"), "{down:?}");
    let server = stage.program.serve().await;
    let (watch, near) = (there.start(["watch"]), stage.program.start(["watch"]));
    let of_revoked = there.start(["watch", "--event", "revoked", "--client", "music"]);
    for process in [&watch, &near, &of_revoked] {
        process.line("Watching").await;
    }
    stage.authorized().await;
    assert_eq!(told(&watch, "\"authorized\"").await, told(&near, "\"authorized\"").await);
    stage.program.run(["refresh", "music"]).await.done();
    assert_eq!(told(&watch, "\"refreshed\"").await["generation"], 2, "what is not kept is heard, too");

    server.stop().await;
    watch.line("away").await;
    stage.program.run(["revoke", "music"]).await.done();
    let _server = stage.program.serve().await;
    watch.line("back").await;
    assert_eq!(told(&watch, "\"revoked\"").await, told(&near, "\"revoked\"").await);
    of_revoked.line("\"revoked\"").await;
    mark(&stage, "music", "Audio").await;
    told(&watch, "\"client_changed\"").await;
    for kind in ["authorized", "refreshed", "revoked"] {
        assert_eq!(watch.printed().matches(&format!("\"{kind}\"")).count(), 1, "{}", watch.printed());
    }
    assert!(!of_revoked.printed().contains("client_changed"), "{}", of_revoked.printed());
}

#[tokio::test]
async fn a_key_hears_of_its_own_clients_and_only_while_it_is_one() {
    let stage = Stage::new(Backend::Embedded).await;
    stage.add_client("drive").await;
    let _server = stage.program.serve().await;
    let there = elsewhere(&stage, &["--client", "drive"]).await;
    let foreign = there.run(["watch", "--client", "music"]).await;
    assert!(foreign.code() == 2 && foreign.err().contains("music"), "{foreign:?}");
    let mut watch = there.start(["watch"]);
    watch.line("Watching").await;
    let mut stranger = UserAgent::new();
    stranger.open(&stage.program.url("/login")).await;
    stranger.submit(&[("token", "wrong")]).await;
    mark(&stage, "music", "Audio").await;
    mark(&stage, "drive", "Files").await;
    assert_eq!(told(&watch, "\"client_changed\"").await["client"], "drive");
    assert!(!watch.printed().contains("music") && !watch.printed().contains("login_failed"), "{}", watch.printed());

    let keys = stage.program.run(["api-key", "list", "--json"]).await.done().json();
    stage.program.run(["api-key", "revoke", keys[0]["id"].as_str().expect("an id")]).await.done();
    mark(&stage, "drive", "Other").await;
    assert_eq!(watch.exit().await.code(), Some(2), "{}", watch.printed());
    assert_eq!(watch.printed().matches("client_changed").count(), 1, "{}", watch.printed());
}

#[tokio::test]
async fn a_program_goes_on_after_the_last_event_it_heard() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let api = Api::of(&stage.program).await;
    for service in ["A", "B"] {
        mark(&stage, "music", service).await;
    }
    let request = |last: &str| api.request(reqwest::Method::GET, "/events").header("Last-Event-ID", last);
    let mut stream = request("1").send().await.expect("an answer");
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let mut heard = String::new();
    while heard.matches("data:").count() < 3 {
        let chunk = stream.chunk().await.expect("it comes").expect("it does not end");
        heard.push_str(&String::from_utf8_lossy(&chunk));
    }
    let ids: Vec<&str> = heard.lines().filter_map(|line| line.strip_prefix("id:")).collect();
    assert_eq!(ids, ["1", "2", "3"], "where it begins, and both changes: {heard}");
    let data = heard.lines().filter_map(|line| line.strip_prefix("data:"));
    let data: Vec<Value> = data.map(|json| serde_json::from_str(json).expect("JSON")).collect();
    assert_eq!(data[0], json!({}));
    let mut names: Vec<&String> = data[1].as_object().expect("an object").keys().collect();
    names.sort();
    assert_eq!(json!(names), json!(["account", "at", "client", "event", "expires_at", "generation"]));
    for (path, last, code) in [("/events?event=exploded", "1", 400), ("/events", "soon", 400)] {
        let answer = api.request(reqwest::Method::GET, path).header("Last-Event-ID", last).send().await;
        assert_eq!(answer.expect("an answer").status(), code, "{path}");
    }
    let key = stage.program.run(["api-key", "create", "proxy", "--allow", "proxy"]).await.done().out();
    assert_eq!(Api::with_key(&stage.program, key).get("/events").await.problem(), (403, "forbidden_verb".to_owned()));
}
