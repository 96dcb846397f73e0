use super::*;
use crate::web::pages::EditClient;
use crate::web::pages::tests::{edit_client, render, rich};
use scraper::{ElementRef, Html, Selector};
use serde_json::json;

mod secrets;

type Pairs = Vec<(String, String)>;

fn page(form: &ClientForm) -> String {
    render(&EditClient { form: form.view(&FieldErrors::default()), ..EditClient::default() })
}

/// What a browser without JavaScript would submit.
fn submitted(html: &str) -> Pairs {
    let page = Html::parse_document(html);
    let form = page.select(&Selector::parse("form.definition").unwrap()).next().unwrap();
    let controls = Selector::parse("input[name], select[name], textarea[name]").unwrap();
    form.select(&controls)
        .filter_map(|control| Some((control.value().attr("name")?.to_owned(), value(control)?)))
        .collect()
}

fn value(control: ElementRef<'_>) -> Option<String> {
    let element = control.value();
    match (element.name(), element.attr("type")) {
        ("select", _) => {
            let chosen = Selector::parse("option[selected]").unwrap();
            let first = Selector::parse("option").unwrap();
            let option = control.select(&chosen).next().or_else(|| control.select(&first).next())?;
            option.value().attr("value").map(str::to_owned)
        }
        ("textarea", _) => Some(control.text().collect::<String>().replace('\n', "\r\n")),
        (_, Some("checkbox")) => element.attr("checked").and(element.attr("value")).map(str::to_owned),
        _ => element.attr("value").map(|value| value.replace('\n', "")),
    }
}

fn through_a_browser(definition: &Value) -> Value {
    let (form, intent) = ClientForm::from_pairs(submitted(&page(&ClientForm::from_json(definition))));
    assert_eq!(intent, Intent::Save);
    form.definition_json().unwrap()
}

fn without_secret(mut definition: Value) -> Value {
    definition.as_object_mut().unwrap().remove("client_secret");
    definition["token"]["auth"].as_object_mut().unwrap().remove("private_key");
    definition
}

fn pairs(list: &[(&str, &str)]) -> Pairs {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn every_field_survives_the_way_through_a_browser() {
    let expected = without_secret(rich());
    assert_eq!(ClientForm::from_json(&rich()).definition_json().unwrap(), expected);
    let returned = through_a_browser(&rich());
    assert_eq!(returned, expected);
    let order = |json: &Value| json["authorize"]["params"].to_string();
    assert_eq!(order(&returned), order(&expected));
}

#[test]
fn the_sample_sets_every_field_of_the_table() {
    let form = ClientForm::from_json(&rich());
    for field in crate::oauth::definition::fields::fields() {
        assert!(form.is_set(field), "{}", field.path);
    }
    assert!(form.extra.is_empty());
}

#[test]
fn defaults_and_nulls_are_left_out() {
    let spelled_out = json!({
        "service": "", "preset": null, "grant": "authorization_code", "client_id": "id", "client_secret": null,
        "issuer": null, "vars": {}, "redirect_uri": "auto", "scopes": [], "scope_separator": " ", "pkce": "s256",
        "authorize": {"url": "https://a.example/a", "params": {}, "fragment_route": null, "drop_empty": true},
        "callback": {"code_param": "code", "state_param": "state", "state_policy": "required",
            "methods": ["GET", "POST"], "capture": []},
        "token": {"url": "https://a.example/t", "method": "POST", "auth": {"method": "auto"}, "body": "form"},
        "refresh": {"url": null, "auth": null, "headers": null, "margin_s": 300}, "response": {"ok": null},
        "api": {"name": "Authorization", "template": "Bearer {access_token}"}, "revoke": {"url": null}, "device": {},
        "publish": "none", "notes": ""
    });
    let small = json!({"client_id": "id", "authorize": {"url": "https://a.example/a"}, "token": {"url": "https://a.example/t"}});
    assert_eq!(through_a_browser(&spelled_out), small);
    assert_eq!(ClientForm::blank().definition_json().unwrap(), json!({}));
    assert_eq!(through_a_browser(&json!({})), json!({}));
}

#[test]
fn what_the_form_has_no_field_for_is_carried_along() {
    let strange = json!({"tokn": {"a": [1]}, "token": {"url": "https://a.example", "auth": {"method": "private_key_jwt", "vault": "k"}},
        "refresh": {"headers": {}}, "scopes": "a b", "scope_separator": "::", "grant": "urn:x:y"});
    assert_eq!(through_a_browser(&strange), strange);
}

#[test]
fn client_authentication_is_written_as_short_as_it_can_be() {
    for auth in [json!("basic"), json!("none"), json!({"method": "basic", "encoding": "raw"})] {
        let definition = json!({"token": {"auth": auth}, "refresh": {"auth": auth}});
        assert_eq!(through_a_browser(&definition), definition);
    }
    let (form, _) = ClientForm::from_pairs(pairs(&[("token.auth.encoding", "raw")]));
    assert_eq!(form.definition_json().unwrap()["token"]["auth"], json!({"method": "auto", "encoding": "raw"}));
}

#[test]
fn a_success_value_keeps_its_type() {
    for equals in [
        json!(true),
        json!(0),
        json!(1.5),
        json!("true"),
        json!("0"),
        json!("fine"),
        json!(""),
        json!(" a"),
        json!("\"a\""),
    ] {
        let definition = json!({"response": {"ok": {"path": "ok", "equals": equals}}});
        assert_eq!(through_a_browser(&definition), definition);
    }
}

#[test]
fn hostile_texts_come_back_as_they_were() {
    let huge = "€<&\"'".repeat(20_000);
    for text in
        ["<script>alert(1)</script>", "\"'><b>", "a\nb", "\n\na", "{{ 7 * 7 }}", "&amp;&lt;", "\t", huge.as_str()]
    {
        let definition =
            json!({"authorize": {"params": {"p": text}}, "vars": {"v": text}, "notes": format!("x{text}x")});
        assert_eq!(through_a_browser(&definition), definition, "{}", &text[..text.len().min(40)]);
        let html = page(&ClientForm::from_json(&definition));
        let inline = Selector::parse("script:not([src]), form b").unwrap();
        assert_eq!(Html::parse_document(&html).select(&inline).count(), 0);
    }
}

#[test]
fn a_row_is_added_at_the_end_and_nothing_typed_is_lost() {
    let mut typed = submitted(&page(&ClientForm::from_json(&rich())));
    typed.push(("add_row".into(), "authorize.params".into()));
    let (form, intent) = ClientForm::from_pairs(typed);
    assert_eq!(intent, Intent::EditRows);
    assert_eq!(form.rows("authorize.params").len(), 6);
    assert_eq!(form.definition_json().unwrap(), without_secret(rich()));
    let html = page(&form);
    assert!(
        Html::parse_document(&html)
            .select(&Selector::parse("[autofocus][name='authorize.params.5.name']").unwrap())
            .count()
            == 1
    );
}

#[test]
fn the_row_that_was_meant_is_removed() {
    let mut typed = submitted(&page(&ClientForm::from_json(&rich())));
    typed.push(("remove_row".into(), "callback.capture.0".into()));
    let (form, intent) = ClientForm::from_pairs(typed);
    assert_eq!(intent, Intent::EditRows);
    let json = form.definition_json().unwrap();
    assert_eq!(json["callback"]["capture"], json!([{"name": "dc", "pattern": "eu|us"}]));
}

#[test]
fn rows_with_gaps_in_their_numbers_keep_their_order() {
    let typed = pairs(&[
        ("vars.7.name", "b"),
        ("vars.7.value", "1"),
        ("vars.2.value", "2"),
        ("vars.2.name", "a"),
        ("vars.x.name", "no"),
        ("vars.99999999999999999999.name", "no"),
        ("nonsense", "no"),
        ("vars.9.name", " "),
        ("vars.9.value", ""),
    ]);
    let (form, _) = ClientForm::from_pairs(typed);
    assert_eq!(form.definition_json().unwrap()["vars"].to_string(), r#"{"b":"1","a":"2"}"#);
}

#[test]
fn a_submission_without_our_checkboxes_means_the_defaults() {
    let (form, _) =
        ClientForm::from_pairs(pairs(&[("name", " music "), ("client_id", " id\t"), ("scopes", "a  b\r\nc")]));
    assert_eq!(form.name(), "music");
    assert_eq!(form.definition_json().unwrap(), json!({"client_id": "id", "scopes": ["a", "b", "c"]}));
}

#[test]
fn what_cannot_be_read_is_named() {
    let (form, _) = ClientForm::from_pairs(pairs(&[
        ("refresh.margin_s", "soon"),
        ("vars.0.value", "x"),
        ("vars.1.name", "a"),
        ("vars.2.name", "a"),
    ]));
    let FieldErrors(errors) = form.definition_json().unwrap_err();
    let paths: Vec<_> = errors.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["vars.0.name", "vars.2.name", "refresh.margin_s"]);
    let html = render(&EditClient { form: form.view(&FieldErrors(errors)), ..EditClient::default() });
    assert!(html.contains(r#"value="soon""#));
}

#[test]
fn each_error_stands_beside_its_field() {
    let html = render(&edit_client());
    let page = Html::parse_document(&html);
    let text = |selector: &str| -> String {
        page.select(&Selector::parse(selector).unwrap())
            .flat_map(|element| element.text())
            .collect::<String>()
            .trim()
            .to_owned()
    };
    assert!(text("[id='f-token.url-error']").starts_with("{region} is not known here"));
    assert!(text("[id='f-authorize.params.1.value-error']").starts_with("The state protects"));
    assert!(text("[id='f-callback.capture.0.value-error']").starts_with("This pattern"));
    assert_eq!(text(".callout.problem li:last-child > code:first-child"), "tokn");
    let invalid = page.select(&Selector::parse("[aria-invalid=true]").unwrap()).count();
    assert_eq!(invalid, 3);
}

#[test]
fn an_error_finds_its_place_by_any_way_of_writing_the_path() {
    let form = ClientForm::from_json(&rich());
    for (path, anchor) in [
        ("name", "f-name"),
        ("scopes[1]", "f-scopes"),
        ("client_secret.sealed", "f-client_secret"),
        ("token.auth", "f-token.auth.method"),
        ("response.ok", "f-response.ok.path"),
        ("vars.tenant", "f-vars.0.value"),
        ("vars.other", "f-vars"),
        ("authorize.params.2.name", "f-authorize.params.2.name"),
        ("callback.capture.1", "f-callback.capture.1.value"),
        ("callback.capture.5.name", "f-callback.capture"),
        ("response.fields.scope", "f-response.fields.1.value"),
    ] {
        assert_eq!(form.place(path).map(|place| place.anchor()).as_deref(), Some(anchor), "{path}");
    }
    assert!(form.place("definition").is_none() && form.place("").is_none() && form.place("tok").is_none());
}

#[test]
fn only_groups_that_say_something_are_open() {
    let open = |form: &ClientForm| -> Vec<&'static str> {
        let view = form.view(&FieldErrors::one("refresh.margin_s", "write a whole number"));
        view.groups.into_iter().filter(|group| group.open).map(|group| group.slug).collect()
    };
    assert_eq!(open(&ClientForm::blank()), ["refresh"]);
    assert_eq!(
        open(&ClientForm::from_json(&json!({"pkce": "off", "authorize": {"url": "https://a.example"}}))),
        ["flow", "refresh"]
    );
    let filled_in = ClientForm::from_json(&json!({"pkce": "off", "preset": "slack"}));
    assert_eq!(open(&filled_in), ["refresh"], "what a preset filled in is folded away, an error is not");
}

#[test]
fn name_and_version_travel_with_the_form() {
    let form = ClientForm::blank().named("music").based_on("41");
    let (form, _) = ClientForm::from_pairs(submitted(&page(&form)));
    assert_eq!((form.name(), form.base_version()), ("music", "41"));
}

#[test]
fn every_preset_goes_through_the_form_unchanged() {
    for preset in crate::presets::Presets::new(None).all() {
        let definition = preset.definition();
        let form = ClientForm::from_json(&definition);
        assert_eq!(form.definition_json().unwrap(), definition, "{}", preset.id);
        let view = form.view_asking(&preset.vars, &FieldErrors::default());
        assert_eq!((view.asked.len(), view.extra.as_str()), (preset.vars.len(), ""), "{}", preset.id);
        let table = view.groups.iter().flat_map(|group| &group.fields).find(|field| field.path == "vars").unwrap();
        assert_eq!(table.rows.len(), 0, "{}", preset.id);
    }
}
