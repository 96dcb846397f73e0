//! Values in templates, and above all in URLs.

use oauth_client_helper::oauth::template::{Values, is_variable_name, placeholders, render, render_url};
use proptest::prelude::*;

use crate::one_of;

/// Text that is full of what means something in a URL or a template.
fn tricky() -> impl Strategy<Value = String> {
    let parts = one_of(&[
        "evil.example",
        "/",
        "..",
        ".",
        "%2e",
        "%2F",
        "\\",
        "@",
        ":",
        "?",
        "#",
        "&",
        "=",
        "%",
        " ",
        "\t",
        "\n",
        "\u{3002}",
        "é",
        "１",
        "{",
        "}",
        "acme",
        "80",
        "ß",
    ]);
    let part = prop_oneof![4 => parts, 1 => ".{0,3}"];
    prop::collection::vec(part, 0..5).prop_map(|parts| parts.concat())
}

/// Plain in every second case, so that the other values of a URL are looked at.
fn mostly_plain() -> impl Strategy<Value = String> {
    prop_oneof![Just("acme".to_owned()), tricky()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn a_value_stays_where_the_url_has_it(tenant in mostly_plain(), realm in mostly_plain(), query in tricky()) {
        let values = Values::default().with("tenant", &tenant).with("realm", &realm).with("query", &query);
        let template = "https://{tenant}.as.example/realms/{realm}/token?q={query}&end=1";
        if let Ok(url) = render_url(template, &values) {
            prop_assert_eq!(url.scheme(), "https");
            prop_assert_eq!(url.port(), None);
            prop_assert!(url.host_str().unwrap().ends_with(".as.example"), "{}", url);
            prop_assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
            let path: Vec<&str> = url.path_segments().unwrap().collect();
            prop_assert!(matches!(path[..], ["realms", realm, "token"] if !realm.is_empty()), "{}", url);
            let pairs: Vec<_> = url.query_pairs().into_owned().collect();
            prop_assert_eq!(pairs, [("q".to_owned(), query), ("end".to_owned(), "1".to_owned())]);
        }
    }

    #[test]
    fn a_plain_value_is_never_in_the_way(tenant in "[a-z]([a-z0-9]{1,5}-)?[a-z0-9]{1,5}", realm in "[A-Za-z0-9_~-]{1,12}", query in ".{0,12}") {
        let values = Values::default().with("tenant", &tenant).with("realm", &realm).with("query", &query);
        let url = render_url("https://{tenant}.as.example/{realm}?q={query}", &values).unwrap();
        let host = format!("{tenant}.as.example");
        prop_assert_eq!(url.host_str(), Some(host.as_str()));
        prop_assert_eq!(url.path(), format!("/{realm}"));
        prop_assert_eq!(url.query_pairs().next().unwrap().1, query);
    }

    #[test]
    fn every_placeholder_filled_with_itself_is_the_template(template in "[{}a-z.@-]{0,40}") {
        let itself = |values: Values, name: &str| values.with(name, format!("{{{name}}}"));
        let values = placeholders(&template).fold(Values::default(), itself);
        prop_assert_eq!(render(&template, &values).unwrap(), template);
    }

    #[test]
    fn text_without_braces_is_what_it_is(text in "[^{}]{0,40}") {
        prop_assert_eq!(placeholders(&text).count(), 0);
        prop_assert_eq!(render(&text, &Values::default()).unwrap(), text);
    }

    #[test]
    fn the_name_of_a_variable_is_a_placeholder(name in ".{0,8}|[a-zA-Z][a-zA-Z0-9_]{0,20}") {
        if is_variable_name(&name) {
            let template = format!("{{{name}}}");
            prop_assert_eq!(placeholders(&template).collect::<Vec<_>>(), [name.as_str()]);
        }
    }

    #[test]
    fn no_template_is_too_odd(template in tricky(), value in tricky()) {
        let values = placeholders(&template).fold(Values::default(), |values, name| values.with(name, &value));
        if let Ok(url) = render_url(&template, &values) {
            prop_assert!(matches!(url.scheme(), "http" | "https") && url.has_host());
        }
    }
}
