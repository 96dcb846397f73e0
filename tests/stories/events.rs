//! What happened is told: on the page, to whoever listens, and to other programs on Redis.

use oauth_client_helper::app::App;
use oauth_client_helper::flows::events;
use oauth_client_helper::oauth::event::{Event, EventKind};
use oauth_client_helper::oauth::name::ClientName;
use oauth_client_helper::settings::{Settings, Surroundings};
use serde_json::{Value, json};

use crate::support::{
    Answer, Backend, Page, Program, Redis, Stage, TokenEndpoint, UserAgent, http, in_both_stores, until,
};

in_both_stores!(whoever_watches_hears_what_happens_without_a_secret);

async fn whoever_watches_hears_what_happens_without_a_secret(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    stage.add_client("drive").await;
    let watch = stage.program.start(["watch"]);
    let of_drive = stage.program.start(["watch", "--client", "drive"]);
    let of_revoked = stage.program.start(["watch", "--event", "revoked"]);
    for process in [&watch, &of_drive, &of_revoked] {
        process.line("Watching").await;
    }
    let server = stage.program.serve().await;
    stage.authorized().await;
    let told: Value = serde_json::from_str(&watch.line("\"authorized\"").await).expect("a JSON object");
    let ends = told["expires_at"].as_i64().expect("a time");
    assert_eq!(
        (&told["client"], &told["account"], &told["generation"]),
        (&json!("music"), &json!("default"), &json!(1))
    );
    assert!(ends > told["at"].as_i64().expect("a time"), "{told}");

    let token = stage.program.run(["token", "music"]).await.done().out();
    server.stop().await;
    stage.program.run(["revoke", "music"]).await.done();
    watch.line("\"revoked\"").await;
    of_revoked.line("\"revoked\"").await;
    assert!(!watch.printed().contains(&token), "{}", watch.printed());
    assert!(!of_revoked.printed().contains("\"authorized\""), "{}", of_revoked.printed());
    assert!(!of_drive.printed().contains("music"), "{}", of_drive.printed());
}

#[tokio::test]
async fn a_kind_of_event_that_there_is_not_is_refused_with_those_that_there_are() {
    let ran = Program::embedded().run(["watch", "--event", "exploded"]).await;
    assert_eq!(ran.code(), 2);
    assert!(ran.err().contains("authorization_required"), "{ran:?}");
}

#[tokio::test]
async fn other_programs_hear_events_on_a_redis_channel() {
    let redis = Redis::start().await;
    let stage = Stage::new(Backend::Redis(&redis)).await;
    let client = redis::Client::open(redis.url()).expect("a URL");
    let mut channel = client.get_async_pubsub().await.expect("a connection");
    channel.subscribe("oauth_client:events").await.expect("a subscription");
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let mut messages = channel.into_on_message();
    let mut next = async || -> Value {
        let message = futures_util::StreamExt::next(&mut messages).await.expect("a message");
        let text: String = message.get_payload().expect("text");
        serde_json::from_str(&text).expect("JSON")
    };
    let heard = until(async || Some(next().await).filter(|event| event["event"] == "authorized")).await;
    let members: Vec<&str> = heard.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(members, ["event", "client", "account", "generation", "expires_at", "at"]);
}

in_both_stores!(what_needs_a_person_is_marked_until_it_is_read);

async fn what_needs_a_person_is_marked_until_it_is_read(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.authorized().await;
    let page = agent.open(&stage.program.url("/events")).await;
    assert!(page.text().contains("Authorized"), "{page}");
    assert!(unread(page).is_empty(), "what went well needs nobody: {page}");

    let mut stranger = UserAgent::new();
    stranger.open(&stage.program.url("/login")).await;
    stranger.submit(&[("token", "canary-wrong-token")]).await;
    until(async || Some(unread(agent.open(&stage.program.url("/")).await)).filter(|marks| marks == &["1 unread"]))
        .await;
    let page = agent.open(&stage.program.url("/events")).await;
    assert_eq!(page.all(".events .unread .badge"), ["Login failed"]);
    assert!(page.text().contains("127.0.0.1") && !page.text().contains("canary"), "{page}");
    let page = agent.press("Mark all as read", &[]).await;
    assert!(unread(page).is_empty() && page.all(".events .unread").is_empty(), "{page}");
    assert_eq!(page.all(".events .badge").first().map(String::as_str), Some("Login failed"), "it is still there");
}

fn unread(page: &Page) -> Vec<String> {
    page.all("header .count")
}

#[tokio::test]
async fn the_page_of_a_client_tells_what_happened_to_it_until_it_is_deleted() {
    let stage = Stage::new(Backend::Embedded).await;
    stage.add_client("drive").await;
    let _server = stage.program.serve().await;
    let mut agent = stage.authorized().await;
    let page = agent.open(&stage.program.url("/clients/music")).await;
    assert!(page.all(".events .badge").contains(&"Authorized".to_owned()), "{page}");
    let page = agent.follow("All events of music").await;
    assert_eq!(page.url.query(), Some("client=music"));
    assert!(page.all(".events .badge").contains(&"Authorized".to_owned()), "{page}");
    assert!(agent.open(&stage.program.url("/events?client=drive")).await.all(".events .badge.authorized").is_empty());
    stage.program.run(["client", "delete", "music", "--yes"]).await.done();
    let page = agent.open(&stage.program.url("/events?client=music")).await;
    assert!(page.all(".events .badge.authorized").is_empty(), "{page}");
}

#[tokio::test]
async fn an_open_page_hears_of_events_but_only_that_of_the_operator() {
    let stage = Stage::new(Backend::Embedded).await;
    let server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let url = stage.program.url("/events/stream");
    assert_ne!(Answer::to(http().get(&url)).await.header("content-type"), "text/event-stream");

    let cookie = format!("oauth-helper={}", agent.cookie(&url, "oauth-helper").expect("a session"));
    let mut stream = http().get(&url).header("cookie", cookie).send().await.expect("an answer");
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let callback = stage.callback(&mut agent, "music").await;
    agent.arrive(&callback).await;
    let mut heard = String::new();
    while !heard.contains("\"authorized\"") {
        let chunk = stream.chunk().await.expect("the stream goes on").expect("there is more");
        heard.push_str(&String::from_utf8_lossy(&chunk));
    }
    let (status, _) = server.stop().await;
    assert!(status.success(), "an open stream holds up nobody who ends the program");
}

#[tokio::test]
async fn the_last_thousand_events_are_kept_and_no_refresh() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().to_str().expect("a path");
    let settings = Settings::resolve(&Surroundings::of(folder.path(), [("HOME", home)])).expect("settings");
    let app = App::open(settings).await.expect("an app");
    let client: ClientName = "music".parse().expect("a name");
    let tell = async |kind, at| events::tell(&app, Event::of_client(kind, &client, at)).await;
    for number in 0..1_200 {
        tell(EventKind::Failing, app.now() + number).await;
    }
    for _ in 0..10_000 {
        tell(EventKind::Refreshed, app.now()).await;
    }
    app.work.done().await;
    let kept = events::list(&app).await.expect("a list");
    assert_eq!(kept.len(), 1_000);
    assert!(kept.windows(2).all(|pair| pair[0].event.at >= pair[1].event.at), "the newest is first");
    assert!(kept.iter().all(|noted| noted.event.event == EventKind::Failing && noted.is_unread));
    assert_eq!(events::unread(&app).await.expect("a number"), 1_000);
    events::forget(&app, &client).await.expect("done");
    assert_eq!(events::list(&app).await.expect("a list").len(), 0);
    assert_eq!(events::unread(&app).await.expect("a number"), 0);
}

#[tokio::test]
async fn every_event_of_the_list_is_told_and_none_in_a_servers_words() {
    let redis = Redis::start().await;
    let stage = Stage::new(Backend::Redis(&redis)).await;
    let endpoint = TokenEndpoint::start().await;
    let watch = stage.program.start(["watch"]);
    watch.line("Watching").await;
    let server = stage.program.serve().await;
    stage.authorized_and_expired().await;
    watch.line("\"authorized\"").await;
    watch.line("\"client_changed\"").await;
    let mut stranger = UserAgent::new();
    stranger.open(&stage.program.url("/login")).await;
    stranger.submit(&[("token", "canary-wrong-token")]).await;
    watch.line("\"login_failed\"").await;

    stage.set(&format!("token.url={}", endpoint.url())).await;
    let words = json!({"error": "temporarily_unavailable", "error_description": "canary, says the server"});
    let refresh = async |status: &str, answer: Value| {
        let mut refresh = stage.program.start(["refresh", "music"]);
        endpoint.asked().await.answer(status, answer).await;
        refresh.exit().await;
    };
    refresh("503 Service Unavailable", words).await;
    watch.line("\"failing\"").await;
    let ends = json!({"access_token": "second", "refresh_token": "r2", "expires_in": 3600, "token_type": "Bearer",
                      "refresh_token_expires_in": 20});
    refresh("200 OK", ends).await;
    watch.line("\"recovered\"").await;
    watch.line("\"refreshed\"").await;
    // At four fifths of its life.
    watch.line("\"refresh_token_ending\"").await;
    refresh("400 Bad Request", json!({"error": "invalid_grant", "error_description": "canary, says the server"})).await;
    watch.line("\"authorization_required\"").await;
    stage.set("revoke.url=null").await;
    stage.program.run(["revoke", "music"]).await.done();
    watch.line("\"revoked\"").await;

    let mut agent = stage.operator().await;
    let page = agent.open(&stage.program.url("/events")).await;
    assert!(page.text().contains("has a problem of its own") && !page.text().contains("canary"), "{page}");
    assert!(!watch.printed().contains("canary") && !watch.printed().contains("reason"), "{}", watch.printed());
    let (_, log) = server.stop().await;
    assert!(!log.contains("canary"), "{log}");
}
