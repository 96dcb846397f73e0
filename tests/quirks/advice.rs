//! What a server says becomes what a person can do: each of its errors, seen through the flow that met it.

use super::simulator::{Authorization, Exchange, Pairs, Simulator};
use super::{lay_over, open, plain, serve};
use oauth_client_helper::app::App;
use oauth_client_helper::flows::authorization_code::{self, Binding, Outcome};
use oauth_client_helper::flows::token;
use oauth_client_helper::oauth::authorization_response::AuthorizationResponse;
use oauth_client_helper::oauth::definition::Definition;
use oauth_client_helper::oauth::name::GrantName;
use serde_json::{Value, json};
use tempfile::TempDir;

/// What the flow says to do when the server acts like this. `exchanges`: what the token endpoint answers, with the
/// status 400 where that is an error.
async fn advice(change: Value, callback: Value, exchanges: &[Value]) -> String {
    let simulator = Simulator::default();
    let (base, server) = serve(simulator.clone()).await;
    let mut definition = plain();
    lay_over(&mut definition, &json!({"token": {"auth": "post"}}));
    lay_over(&mut definition, &change);
    let definition = serde_json::from_str(&definition.to_string().replace("{base}", &base)).unwrap();
    let ways = [token_request, refresh_request].into_iter().zip(exchanges);
    simulator.expect(ways.map(|(request, answer)| request(answer)).collect());
    let folder = TempDir::new().unwrap();
    let app = open(&folder).await;
    app.registry.create("quirk".parse().unwrap(), Definition::from_json(definition).unwrap()).await.unwrap();
    let said = told(&app, &simulator, callback).await;
    server.notify();
    assert_eq!(simulator.violations(), Vec::<String>::new());
    said
}

async fn told(app: &App, simulator: &Simulator, callback: Value) -> String {
    let name: GrantName = "quirk".parse().unwrap();
    let started = authorization_code::start(app, &name, Binding::Terminal).await.unwrap();
    let sent: Pairs = started.url.query_pairs().into_owned().collect();
    let query = sent.keys().map(|name| (name.clone(), if name == "state" { "{state}" } else { "*" }.to_owned()));
    let mut callback: Pairs = serde_json::from_value(callback).unwrap();
    callback.insert("state".to_owned(), "{state}".to_owned());
    let callback =
        simulator.authorize(&started.url, &Authorization { query: query.collect(), callback, ..Default::default() });
    let response = AuthorizationResponse::from_pairs(callback).unwrap();
    let id = authorization_code::finish(app, response, None, None).await.unwrap();
    match authorization_code::result(app, &id).await.unwrap().unwrap().outcome {
        Outcome::Failed { hint, .. } => hint.unwrap(),
        _ => token::current(app, &name, 60).await.unwrap_err().hint().unwrap(),
    }
}

fn token_request(answer: &Value) -> Exchange {
    exchange(answer, &["grant_type", "code", "redirect_uri", "code_verifier"])
}

fn refresh_request(answer: &Value) -> Exchange {
    exchange(answer, &["grant_type", "refresh_token"])
}

fn exchange(answer: &Value, params: &[&str]) -> Exchange {
    let params: Pairs =
        params.iter().chain(&["client_id", "client_secret"]).map(|name| ((*name).to_owned(), "*".to_owned())).collect();
    let status = if answer["error"].is_null() { 200 } else { 400 };
    serde_json::from_value(json!({"params": params, "status": status, "answer": answer})).unwrap()
}

/// The server agreed.
fn code() -> Value {
    json!({"code": "CODE"})
}

fn ended() -> Value {
    json!({"access_token": "A1", "expires_in": 1_500_000_000})
}

fn renewable() -> Value {
    json!({"access_token": "A1", "expires_in": 1_500_000_000, "refresh_token": "R1"})
}

fn holds(advice: &str, words: &str) {
    assert!(advice.contains(words), "wanted `{words}`, got: {advice}");
}

#[tokio::test]
async fn a_redirect_uri_that_is_not_registered_is_to_be_registered() {
    let callback = json!({"error": "redirect_uri_mismatch"});
    holds(&advice(json!({}), callback.clone(), &[]).await, "Register the redirect URI that the client's page shows");
    holds(&advice(json!({"preset": "github"}), callback, &[]).await, "to the callback URLs of the app");
    let later = [json!({"error": "redirect_uri_mismatch"})];
    holds(&advice(json!({"preset": "google"}), code(), &later).await, "“Authorized redirect URIs”");
}

#[tokio::test]
async fn a_client_that_is_not_accepted_may_have_to_authenticate_in_the_other_way() {
    let refused = [json!({"error": "invalid_client"})];
    holds(&advice(json!({}), code(), &refused).await, "in the body (post) or HTTP Basic (basic)");
}

#[tokio::test]
async fn a_scope_that_is_not_known_may_be_two_with_the_wrong_sign_in_between() {
    let advice = advice(json!({}), json!({"error": "invalid_scope"}), &[]).await;
    holds(&advice, "“Between scopes” (a comma instead of a space)");
}

#[tokio::test]
async fn a_token_that_ended_without_a_refresh_token_tells_what_brings_one() {
    for (change, words) in [
        (json!({}), "Many servers give one for a scope such as `offline_access`"),
        (json!({"scopes": ["openid", "offline_access"]}), "The scope for one was asked for"),
        (json!({"preset": "google"}), "Keep `access_type = offline` and `prompt = consent`"),
        (json!({"preset": "atlassian"}), "Ask for the scope `offline_access`"),
    ] {
        let advice = advice(change, code(), &[ended()]).await;
        holds(&advice, words);
        holds(&advice, "oauth-helper authorize quirk");
    }
}

#[tokio::test]
async fn a_grant_of_google_that_ended_may_be_that_of_an_app_in_testing() {
    let over =
        [renewable(), json!({"error": "invalid_grant", "error_description": "Token has been expired or revoked."})];
    let advice_of_google = advice(json!({"preset": "google"}), code(), &over).await;
    holds(&advice_of_google, "about 7 days, the app's publishing status is Testing: publish it");
    holds(&advice(json!({}), code(), &over).await, "wrong, used up, expired or withdrawn");
}
