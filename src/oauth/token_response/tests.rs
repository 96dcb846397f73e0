use super::*;
use serde_json::json;

const NOW: Timestamp = Timestamp(1_800_000_000);

fn answer(response: Value, status: u16, body: &str) -> Result<Tokens, NoToken> {
    let response: Response = serde_json::from_value(response).unwrap();
    let answer = TokenAnswer { status, content_type: Some("text/html"), body: body.as_bytes(), received_at: NOW };
    read(&response, &answer, &[&Secret::new("canary")])
}

fn granted(response: Value, body: &str) -> Tokens {
    answer(response, 200, body).unwrap()
}

#[test]
fn only_the_access_token_is_required() {
    let tokens = granted(json!({}), r#"{"access_token":"A"}"#);
    assert_eq!((tokens.access_token.expose(), tokens.token_type.as_str()), ("A", "Bearer"));
    assert!(tokens.expires_at.is_none() && tokens.refresh_token.is_none() && tokens.scope.is_none());
}

#[test]
fn a_full_answer_is_read() {
    let tokens = granted(
        json!({}),
        r#"{"access_token":"A","token_type":"bearer","expires_in":"60","refresh_token":"R","refresh_expires_in":120,
            "scope":"a b","id_token":"I"}"#,
    );
    assert_eq!(tokens.expires_at, Some(NOW + 60));
    assert_eq!(tokens.refresh_expires_at, Some(NOW + 120));
    assert_eq!(tokens.scope, Some(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(tokens.refresh_token.unwrap().expose(), "R");
}

#[test]
fn a_form_encoded_answer_is_read() {
    let tokens = granted(json!({}), "access_token=A&expires_in=60&scope=a%2Cb");
    assert_eq!((tokens.access_token.expose(), tokens.expires_at), ("A", Some(NOW + 60)));
    assert_eq!(tokens.scope.unwrap().len(), 2);
}

#[test]
fn nested_and_renamed_fields_are_found() {
    let response = json!({"root": "data", "fields": {"access_token": ["authed_user.access_token", "token"]},
        "capture": {"team": "team.id"}, "default_ttl_s": 10});
    let tokens = granted(response, r#"{"data":{"token":"A","scope":["x","y"]},"team":{"id":7}}"#);
    assert_eq!(tokens.access_token.expose(), "A");
    assert_eq!(tokens.captured["token.team"], "7");
    assert_eq!(tokens.expires_at, Some(NOW + 10));
    assert_eq!(tokens.scope.unwrap(), ["x", "y"]);
}

#[test]
fn further_tokens_are_secrets() {
    let response = json!({"extra_tokens": {"user": "authed_user.access_token", "none": "nowhere", "bad": "bad"}});
    let body = r#"{"access_token":"A","authed_user":{"access_token":"further-canary"},"bad":"a\nb"}"#;
    let tokens = granted(response, body);
    assert_eq!(tokens.extra["token.user"].expose(), "further-canary");
    assert_eq!(tokens.extra.len(), 1, "what is not there, or can be in no header, is none");
    assert!(!format!("{tokens:?}").contains("further-canary"));
    assert!(tokens.secrets().any(|secret| secret.expose() == "further-canary"));
    let kept: Tokens = serde_json::from_value(serde_json::to_value(&tokens).unwrap()).unwrap();
    assert_eq!(kept.extra["token.user"].expose(), "further-canary");
}

#[test]
fn an_error_under_status_200_is_an_error() {
    let refused = answer(json!({}), 200, r#"{"error":"bad_verification_code","error_description":"old"}"#);
    assert!(matches!(refused, Err(NoToken::Refused(answer)) if answer.is("bad_verification_code")));
    let rule = json!({"ok": {"path": "ok", "equals": true}, "error_paths": {"error": "reason"}});
    let refused = answer(rule, 200, r#"{"ok":false,"reason":"invalid_auth","access_token":"A"}"#);
    assert!(matches!(refused, Err(NoToken::Refused(answer)) if answer.is("invalid_auth")));
}

#[test]
fn an_error_object_is_understood() {
    let refused = answer(json!({}), 400, r#"{"error":{"code":190,"message":"expired"}}"#).unwrap_err();
    let NoToken::Refused(answer) = refused else { panic!() };
    assert_eq!(answer.to_string(), "190: expired");
}

#[test]
fn a_page_or_an_outage_is_not_an_answer_of_the_protocol() {
    for (status, body) in [(200, "<html>a=b</html>"), (502, "Bad gateway"), (200, ""), (200, "\"A\""), (500, "{}")] {
        let said = answer(json!({}), status, body);
        assert!(matches!(said, Err(NoToken::NotOAuth { .. })), "{status} {body}: {said:?}");
    }
    assert!(matches!(answer(json!({}), 200, "{}"), Err(NoToken::Missing)));
}

#[test]
fn a_secret_that_the_server_repeats_is_struck_out() {
    let body = r#"{"error":"invalid_grant","error_description":"token canary\r\nis used"}"#;
    let Err(NoToken::Refused(answer)) = answer(json!({}), 400, body) else { panic!() };
    assert_eq!(answer.description.as_deref(), Some("token [secret]  is used"));
}

#[test]
fn a_long_secret_is_struck_out_before_the_text_is_cut() {
    let secret = Secret::new("canary".repeat(100));
    let said = format!("{} {}", "x".repeat(200), secret.expose());
    let body = json!({"error": "invalid_grant", "error_description": said}).to_string();
    let answer = TokenAnswer { status: 400, content_type: None, body: body.as_bytes(), received_at: NOW };
    let Err(NoToken::Refused(said)) = read(&Response::default(), &answer, &[&secret]) else { panic!() };
    assert!(!said.to_string().contains("canary"), "{said}");
}

#[test]
fn what_nobody_could_send_is_no_token() {
    for token in [json!(true), json!(false), json!(""), json!("  "), json!("a\nb"), json!({}), json!(["A"])] {
        let body = json!({"access_token": token}).to_string();
        assert_eq!(answer(json!({}), 200, &body).unwrap_err(), NoToken::Missing, "{body}");
    }
}

#[test]
fn no_prefix_of_an_answer_panics() {
    let whole = r#"{"access_token":"A","expires_in":3.6e3,"scope":["a"],"x":{"y":[1,{"z":null}]},"é":"ü"}"#.as_bytes();
    for end in 0..whole.len() {
        let answer = TokenAnswer { status: 200, content_type: None, body: &whole[..end], received_at: NOW };
        assert!(read(&Response::default(), &answer, &[]).is_err());
    }
}
