//! A well-known server needs no documentation: its preset fills in the form, asks for what differs, and gives advice.

use serde_json::{Value, json};
use std::path::Path;

use crate::support::{AuthorizationServer, Program, Stage, UserAgent, shows_success};

async fn operator(program: &Program) -> UserAgent {
    let mut agent = UserAgent::new();
    agent.sign_in(program).await;
    agent
}

#[tokio::test]
async fn a_server_is_found_by_a_word_and_fills_in_the_form_without_javascript() {
    let program = Program::embedded();
    let _server = program.serve().await;
    let mut agent = operator(&program).await;
    agent.follow("Choose a well-known server").await;
    assert!(agent.page().all(".preset").len() >= 77, "{}", agent.page());
    let page = agent.submit(&[("q", "tickets support")]).await;
    assert_eq!(page.all(".preset strong"), ["Zendesk Support"]);
    assert!(page.url.as_str().ends_with("/presets?q=tickets+support"), "{}", page.url);

    let zendesk = program.url("/clients/new?preset=zendesk");
    assert_eq!(page.attributes(".preset a", "href"), ["/clients/new?preset=zendesk"]);
    let page = agent.open(&zendesk).await;
    for said in ["Subdomain of your Zendesk", "What to know about Zendesk Support", "Please check"] {
        assert!(page.text().contains(said), "{page}");
    }
    let page = agent.press("Create client", &[("client_id", "id"), ("name", "desk")]).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("is missing; write it, such as acme"), "{page}");
    assert!(!page.text().contains("is not known here"), "{page}");
    let filled = [("vars.subdomain", "acme"), ("client_id", "id"), ("name", "desk")];
    let page = agent.press("Create client", &filled).await;
    assert!(page.url.as_str().ends_with("/clients/desk"), "{page}");

    let definition = program.run(["client", "show", "desk", "--json"]).await.done().json();
    assert_eq!((&definition["preset"], &definition["vars"]), (&json!("zendesk"), &json!({"subdomain": "acme"})));
    assert_eq!(definition["token"]["url"], "https://{subdomain}.zendesk.com/oauth/tokens");
    agent.open(&program.url("/clients/desk/edit")).await;
    let page = agent.press("Save", &[("vars.subdomain", "acme.example/x")]).await;
    assert_eq!(page.status, 422, "{page}");
    let links = agent.open(&program.url("/clients/desk/edit")).await.attributes(".knowledge a", "rel");
    assert_eq!(links, ["noreferrer"]);
}

#[tokio::test]
async fn a_search_for_nothing_known_leads_to_the_form() {
    let program = Program::embedded();
    let _server = program.serve().await;
    let mut agent = operator(&program).await;
    let page = agent.open(&program.url("/presets?q=no+such+server")).await;
    assert!(page.text().contains("Nothing found"), "{page}");
    let page = agent.follow("Define it yourself").await;
    assert!(page.url.as_str().ends_with("/clients/new"));
    let page = agent.open(&program.url("/clients/new?preset=unheard-of")).await;
    assert_eq!((page.status, page.all(".knowledge").len()), (200, 0));
}

#[tokio::test]
async fn the_command_line_starts_from_a_preset_and_names_the_value_that_is_missing() {
    let program = Program::embedded();
    let secret = program.file("secret", "s3cret");
    let add = ["client", "add", "desk", "--preset", "zendesk", "--client-id", "id", "--client-secret-file", &secret];
    let refused = program.run(add).await;
    assert_eq!(refused.code(), 2);
    for said in ["vars.subdomain", "Subdomain of your Zendesk", "`acme`"] {
        assert!(refused.err().contains(said), "{refused:?}");
    }
    let with_var: Vec<&str> = add.into_iter().chain(["--var", "subdomain=acme"]).collect();
    let with_var: [&str; 11] = with_var.try_into().unwrap();
    let added = program.run(with_var).await.done();
    assert!(added.err().contains("https://acme.zendesk.com/admin/"), "{added:?}");
    let definition = program.run(["client", "show", "desk", "--json"]).await.done().json();
    assert_eq!(definition["service"], "Zendesk Support");

    let unknown = program.run(["client", "add", "x", "--preset", "nothing", "--client-id", "id"]).await;
    assert_eq!(unknown.code(), 2);
    assert!(unknown.err().contains("client presets"), "{unknown:?}");
    let listed = program.run(["client", "presets", "jira", "--json"]).await.done().json();
    assert_eq!((&listed[0]["id"], listed.as_array().map(Vec::len)), (&json!("atlassian"), Some(1)));
    assert!(program.run(["client", "presets"]).await.done().out().lines().count() >= 77);
}

/// A preset for the authorization server of the tests, in a folder of one's own; and a client made from it.
async fn house(change: Value, secret: &str) -> Stage {
    let program = Program::embedded();
    let authorization_server = AuthorizationServer::start(&program.redirect_uri()).await;
    let url = |path| authorization_server.url(path);
    let mut preset = json!({"id": "house", "name": "Our house", "definition": {
        "issuer": authorization_server.issuer(), "scopes": ["openid"],
        "authorize": {"url": url("/auth")}, "token": {"url": url("/token"), "auth": "basic"}}});
    for (key, value) in change.as_object().into_iter().flatten() {
        preset[key] = value.clone();
    }
    let file = program.file("house.json", &preset.to_string());
    let folder = Path::new(&file).parent().unwrap().display().to_string();
    let secret = program.file("client_secret", secret);
    let program = program.with("PRESETS_DIR", &folder);
    let id = AuthorizationServer::CLIENT_ID;
    let add = ["client", "add", "music", "--preset", "house", "--client-id", id, "--client-secret-file", &secret];
    program.run(add).await.done();
    Stage { program, authorization_server }
}

#[tokio::test]
async fn a_preset_of_ones_own_is_offered_and_tells_what_brings_a_refresh_token() {
    let ask = "Ask for the scope `offline_access` at the office.";
    let stage = house(json!({"refresh_token": ask, "category": "Ours"}), AuthorizationServer::CLIENT_SECRET).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let page = agent.open(&stage.program.url("/presets?q=house")).await;
    assert_eq!(page.all(".preset strong"), ["Our house"]);
    stage.set(r#"response={"fields": {"refresh_token": "nowhere"}}"#).await;
    let callback = stage.callback(&mut agent, "music").await;
    let page = agent.arrive(&callback).await;
    assert!(shows_success(page) && page.text().contains("offline_access at the office"), "{page}");
    let page = agent.open(&stage.program.url("/clients/music")).await;
    assert!(page.text().contains("offline_access at the office"), "{page}");
}

#[tokio::test]
async fn what_somebody_must_know_first_is_told_in_the_form_and_on_the_command_line() {
    let notice = "The house is closed on Sundays.";
    let stage = house(json!({"notice": notice, "redirect_uris": "Any."}), AuthorizationServer::CLIENT_SECRET).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let page = agent.open(&stage.program.url("/clients/new?preset=house")).await;
    assert_eq!(page.all(".knowledge .callout"), [notice]);
    assert!(page.text().contains(&format!("Any. Yours is {}", stage.program.redirect_uri())), "{page}");
    let added = stage.program.run(["client", "add", "other", "--preset", "house", "--client-id", "id"]).await.done();
    assert!(added.err().contains(notice), "{added:?}");
}

#[tokio::test]
async fn an_error_of_the_server_becomes_the_advice_of_its_preset() {
    let hints = json!([{"error": "invalid_client", "advice": "Ask the office for the new secret."}]);
    let stage = house(json!({ "hints": hints }), "not the secret").await;
    let _server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    let callback = stage.callback(&mut agent, "music").await;
    let page = agent.arrive(&callback).await;
    assert!(page.text().contains("invalid_client") && page.text().contains("Ask the office"), "{page}");

    stage.set("preset=null").await;
    let callback = stage.callback(&mut agent, "music").await;
    let page = agent.arrive(&callback).await;
    assert!(page.text().contains("in the body (post) or HTTP Basic (basic)"), "{page}");
}

#[tokio::test]
async fn a_redirect_uri_that_the_server_refuses_is_told_before_anyone_authorizes() {
    let rules = json!([{"refuses": "http://127\\.0\\.0\\.1.*", "advice": "The house takes localhost only."}]);
    let stage = house(json!({ "redirect_rules": rules }), AuthorizationServer::CLIENT_SECRET).await;
    let _server = stage.program.serve().await;
    let mut agent = stage.operator().await;
    for page in ["/clients/music", "/clients/music/edit", "/clients/new?preset=house"] {
        let page = agent.open(&stage.program.url(page)).await;
        assert!(page.text().contains("The house takes localhost only."), "{page}");
    }
}

#[tokio::test]
async fn a_broken_preset_stops_the_start_and_what_needs_no_preset_goes_on() {
    let program = Program::embedded();
    let file = program.file("mine.json", "{\n  \"id\": \"mine\",\n  \"nmae\": 1\n}");
    let folder = Path::new(&file).parent().unwrap().display().to_string();
    let program = program.with("PRESETS_DIR", &folder);
    for arguments in [["serve", "--port", "1"], ["client", "presets", "mine"]] {
        let refused = program.run(arguments).await;
        assert_eq!(refused.code(), 2, "{refused:?}");
        for said in ["mine.json", "nmae", "line 3"] {
            assert!(refused.err().contains(said), "{refused:?}");
        }
    }
    assert!(program.run(["doctor"]).await.err().contains("BAD   presets"));
    program.run(["client", "list"]).await.done();
}
