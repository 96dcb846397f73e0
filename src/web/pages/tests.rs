mod forms;
mod samples;

pub use forms::*;
pub use samples::*;

use super::*;
use scraper::{Html, Selector};
use std::fs;
use std::path::Path;

pub fn render<P: Page>(page: &P) -> String {
    let chrome = Chrome { csrf: "csrf-token".into(), signed_in: true, ..Chrome::default() };
    Pages::new("").unwrap().render(&chrome, page).unwrap()
}

/// Every page with sample data, by the name of its preview.
fn all() -> Vec<(&'static str, String)> {
    let signed_out = Chrome { csrf: "csrf-token".into(), ..Chrome::default() };
    let pages = Pages::new("").unwrap();
    let login = Login {
        next: "/".into(),
        error: Some("This is neither the login token nor a code that is still good.".into()),
    };
    let search = Home { query: "nothing like it".into(), ..Home::default() };
    let empty = Home { redirect_uri: CALLBACK.into(), ..Home::default() };
    let fresh = ClientPage { grants: vec![], ..client() };
    let flash = Chrome {
        flash: Some(Flash::done("google-drive was saved.")),
        csrf: "c".into(),
        signed_in: true,
        ..Chrome::default()
    };
    vec![
        ("login", pages.render(&signed_out, &login).unwrap()),
        ("login-code", pages.render(&signed_out, &LoginWithCode { code: "abc".into(), next: "/".into() }).unwrap()),
        ("home", render(&home())),
        ("home-empty", render(&empty)),
        ("home-search", render(&search)),
        ("client", pages.render(&flash, &client()).unwrap()),
        ("client-new", render(&fresh)),
        ("new", render(&new_client())),
        ("new-preset", render(&preset_client("slack"))),
        ("new-preset-asks", render(&preset_client("keycloak"))),
        ("presets", render(&picker(""))),
        ("presets-search", render(&picker("shop"))),
        ("presets-none", render(&picker("<nothing>"))),
        ("edit", render(&edit_client())),
        ("offered", render(&offered())),
        ("discovered", render(&discovered())),
        ("discovered-nothing", render(&Discovered { rows: vec![], ..discovered() })),
        ("events", render(&events())),
        ("notified", render(&notified())),
        ("events-none", render(&Events::default())),
        ("delete", render(&delete())),
        ("api-keys", render(&api_keys())),
        ("api-keys-none", render(&ApiKeys::default())),
        ("authorized", render(&authorized())),
        ("failed", render(&failed())),
        ("paste", render(&Paste { error: Some("This address has no code in it. Copy the whole of it.".into()) })),
        ("device", render(&device())),
        ("outcome", render(&outcome())),
        ("error", render(&ErrorPage::of(503, "8f3a2c91"))),
        ("tls", render(&tls())),
    ]
}

#[test]
fn every_page_renders_and_can_be_looked_at_in_target_preview() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/preview");
    fs::create_dir_all(folder.join("static")).unwrap();
    for name in ["app.css", "app.js", "icons.svg", "mark.svg"] {
        fs::write(folder.join("static").join(name), static_file(name).unwrap().bytes).unwrap();
    }
    for (name, html) in all() {
        assert!(html.starts_with("<!doctype html>"), "{name}");
        fs::write(folder.join(format!("{name}.html")), html).unwrap();
    }
}

#[test]
fn every_page_keeps_to_the_content_security_policy() {
    let forbidden = "script:not([src]), style, [style], base, [onclick], [onload], [onerror], a[href^='javascript:']";
    let elsewhere = "script[src^='http'], link[href^='http'], img[src^='http']";
    for (name, html) in all() {
        let page = Html::parse_document(&html);
        for selector in [forbidden, elsewhere] {
            assert_eq!(page.select(&Selector::parse(selector).unwrap()).count(), 0, "{name}: {selector}");
        }
    }
}

#[test]
fn every_page_has_its_landmarks_and_every_input_a_label() {
    for (name, html) in all() {
        let page = Html::parse_document(&html);
        let count = |selector: &str| page.select(&Selector::parse(selector).unwrap()).count();
        assert_eq!((count("html[lang=en]"), count("main#main"), count("h1"), count("a.skip")), (1, 1, 1, 1), "{name}");
        for input in page.select(&Selector::parse("input:not([type=hidden]), select, textarea").unwrap()) {
            let id = input.value().attr("id").unwrap_or("none");
            let labelled = input.value().attr("aria-label").is_some()
                || count(&format!("label[for='{id}']")) == 1
                || input.ancestors().any(|node| node.value().as_element().is_some_and(|e| e.name() == "label"));
            assert!(labelled, "{name}: {}", input.html());
        }
    }
}

#[test]
fn every_id_is_unique_and_every_reference_has_its_target() {
    for (name, html) in all() {
        let page = Html::parse_document(&html);
        let of = |attribute: &str| -> Vec<String> {
            let all = Selector::parse(&format!("[{attribute}]")).unwrap();
            page.select(&all).filter_map(|e| e.value().attr(attribute)).map(str::to_owned).collect()
        };
        let ids = of("id");
        assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len(), "{name}");
        let mut wanted: Vec<String> = of("for");
        for list in of("aria-describedby").into_iter().chain(of("aria-labelledby")) {
            wanted.extend(list.split_whitespace().map(str::to_owned));
        }
        wanted.extend(of("href").into_iter().filter_map(|href| href.strip_prefix('#').map(str::to_owned)));
        for id in wanted {
            assert!(ids.contains(&id), "{name}: {id}");
        }
    }
}

#[test]
fn every_post_carries_the_csrf_token() {
    for (name, html) in all() {
        let page = Html::parse_document(&html);
        for form in page.select(&Selector::parse("form[method=post]").unwrap()) {
            let csrf = Selector::parse("input[name=csrf]").unwrap();
            assert_eq!(form.select(&csrf).count(), 1, "{name}: {}", form.html());
        }
    }
}

#[test]
fn hostile_texts_stay_texts() {
    let hostile = r#"<script>alert(1)</script>"'><img src=x onerror=alert(1)>"#;
    let failed = AuthorizationFailed {
        said: Some(hostile.into()),
        title: hostile.into(),
        meaning: hostile.into(),
        next_step: hostile.into(),
        name: Some(hostile.into()),
        account: hostile.into(),
    };
    let row = ClientRow {
        name: hostile.into(),
        server: hostile.into(),
        grants: vec![],
        can_authorize: true,
        is_declared: true,
        urgent: true,
    };
    let group = ServiceGroup { title: hostile.into(), clients: vec![row] };
    let home = Home {
        query: hostile.into(),
        total: 1,
        pages: 2,
        page: 1,
        groups: vec![group],
        problems: vec![hostile.into()],
        redirect_uri: hostile.into(),
    };
    for html in [render(&failed), render(&home)] {
        let page = Html::parse_document(&html);
        let strange = Selector::parse("script:not([src]), img[src=x], [onerror]").unwrap();
        assert_eq!(page.select(&strange).count(), 0);
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&gt;"));
    }
}

#[test]
fn backticks_become_code_and_nothing_else_becomes_markup() {
    let page = |text: &str| render(&ErrorPage::of(500, "").saying(text, ""));
    assert!(page("run `a <b>` & wait").contains("<p>run <code>a &lt;b&gt;</code> &amp; wait</p>"));
    assert!(page("one ` tick <i>").contains("<p>one ` tick &lt;i&gt;</p>"));
}

#[test]
fn links_carry_the_path_prefix() {
    let html = Pages::new("/oauth/").unwrap().render(&Chrome::default(), &home()).unwrap();
    for expected in
        ["href=\"/oauth/clients/new\"", "href=\"/oauth/static/app.css?v=", "action=\"/oauth/clients/slack/authorize\""]
    {
        assert!(html.contains(expected), "{expected}");
    }
    assert!(!html.contains("href=\"/clients") && !html.contains("action=\"/clients"));
}

#[test]
fn a_static_file_has_a_type_and_a_tag_and_nothing_else_is_served() {
    let css = static_file("app.css").unwrap();
    assert_eq!((css.content_type, css.etag.len(), css.version().len()), ("text/css; charset=utf-8", 14, 12));
    for name in ["", "app", "../Cargo.toml", "..%2fCargo.toml", "/etc/passwd", "missing.css"] {
        assert!(static_file(name).is_none(), "{name}");
    }
}

#[test]
fn examples_quote_what_a_shell_would_read() {
    let grant = "drive@it's me".parse().unwrap();
    let texts: Vec<String> =
        Snippet::of_grant(&grant, None, "https://a.example/p/").into_iter().map(|s| s.text).collect();
    assert_eq!(texts[0], r"oauth-helper token 'drive@it'\''s me'");
    assert_eq!(texts[1], r#"oauth-helper header 'drive@it'\''s me' | curl -H @- API_URL"#);
    assert!(texts[2].ends_with("'https://a.example/p/api/v1/clients/drive/token?account=it%27s%20me'"), "{}", texts[2]);
}

#[test]
fn a_template_that_is_missing_is_named() {
    #[derive(Serialize)]
    struct Missing {}
    impl Page for Missing {
        const TEMPLATE: &'static str = "pages/missing.html";
    }
    let error = Pages::new("").unwrap().render(&Chrome::default(), &Missing {}).unwrap_err();
    assert!(error.to_string().starts_with("the template pages/missing.html cannot be shown"));
}

fn tls() -> Tls {
    let ca_path = "/var/lib/oauth client helper/tls/ca.pem";
    let steps = crate::certificates::how_to_trust(ca_path.as_ref(), "https://localhost:8080/healthz");
    Tls { ca_path: ca_path.to_owned(), fingerprint: "3F:2A:91:07".to_owned(), steps }
}
