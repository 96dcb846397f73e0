//! What holds for every address of the program, whatever answers there: the routing table itself is walked.

use regex_lite::Regex;
use reqwest::Method;

use crate::support::{Answer, Api, Backend, Program, Stage, http, http_builder};

/// Routes that answer without a login.
const PUBLIC: &[&str] =
    &["/login", "/auth_callback", "/authorizations", "/healthz", "/readyz", "/static", "/misdirected", "/inert"];

#[tokio::test]
async fn nothing_is_shown_and_nothing_is_done_without_a_login() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    let mut walked = 0;
    for (method, path) in routes() {
        if PUBLIC.iter().any(|public| path.starts_with(public)) {
            continue;
        }
        walked += 1;
        let login = stage.program.url("/login");
        for prefix in ["", "/api/v1"] {
            let request = http().request(method.clone(), stage.program.url(&format!("{prefix}{path}")));
            let request = request.header("user-agent", "kube-probe/1.0 oauth2-proxy").body("csrf=x&access_token=x");
            let answer = Answer::to(request.header("content-type", "application/x-www-form-urlencoded")).await;
            let sent_to_login = answer.status == 303
                && (answer.header("location").starts_with("/login") || answer.header("location").starts_with(&login));
            let legacy = ["/add-client", "/client-detail", "/client-auth"].iter().any(|old| path.starts_with(old));
            let redirected = legacy && (300..400).contains(&answer.status);
            let closed = sent_to_login || redirected || [401, 403, 404, 405].contains(&answer.status);
            assert!(closed, "{method} {prefix}{path}: {answer:?}");
            assert!(!answer.body.contains("test-client"), "{method} {prefix}{path}: {answer:?}");
        }
    }
    assert!(walked > 15, "the routing table is read from the source: {walked}");
    stage.program.run(["client", "show", "music"]).await.done();
}

#[tokio::test]
async fn a_foreign_host_name_is_refused_everywhere() {
    let program = Program::embedded();
    let _server = program.serve().await;
    let port = program.port();
    let hosts = ["evil.example", &format!("evil.example:{port}"), "127.0.0.1:1", "localhost.evil.example", "[::2]"];
    let others = [(Method::GET, "/no-such-page".to_owned()), (Method::GET, "/api/v1/clients/music/token".to_owned())];
    for (method, path) in routes().into_iter().chain(others) {
        let url = program.url(&path);
        for host in &hosts[..2] {
            let answer = Answer::to(http().request(method.clone(), &url).header("host", *host)).await;
            assert_eq!(answer.status, 421, "{method} {path} at {host}");
        }
    }
    for host in hosts {
        assert_eq!(Answer::to(http().get(program.url("/login")).header("host", host)).await.status, 421, "{host}");
    }
}

#[tokio::test]
async fn another_name_of_ours_leads_to_the_public_one() {
    let program = Program::embedded();
    let _server = program.serve().await;
    let port = program.port();
    let at = async |host: &str, path: &str| {
        let request = http().get(program.url(path)).header("host", format!("{host}:{port}"));
        Answer::to(request).await
    };
    let answer = at("localhost", "/clients/new?a=b").await;
    assert!((300..400).contains(&answer.status), "{answer:?}");
    assert_eq!(answer.header("location"), program.url("/clients/new?a=b"));
    assert_eq!(at("localhost", "/healthz").await.body, "ok", "a machine asks by any name");
    assert_eq!(at("127.0.0.1", "/login").await.status, 200);
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_protect_it() {
    let stage = Stage::new(Backend::Embedded).await;
    let program = &stage.program;
    let _server = program.serve().await;
    let agent = stage.operator().await;
    let cookie = format!("oauth-helper={}", agent.cookie(&program.url("/"), "oauth-helper").expect("a session"));
    let (client, http) = (http_builder().build().expect("an HTTP client"), http());
    let pages = ["/", "/clients/new", "/clients/music", "/clients/music/edit", "/clients/music/delete", "/tls"];
    let rest = ["/callback/paste", "/login", "/healthz", "/readyz", "/static/app.css", "/auth_callback", "/add-client"];
    let errors = ["/no-such-page", "/api/v1/clients/music/token", "/api/v1/none", "/clients/no-such-client"];
    let all = pages.iter().chain(&rest).chain(&errors);
    let signed_in = all.clone().map(|path| (path, client.get(program.url(path)).header("cookie", &cookie)));
    let signed_out = all.map(|path| (path, http.get(program.url(path))));
    for (path, request) in signed_in.chain(signed_out) {
        check_headers(path, &Answer::to(request).await);
    }
    let refusals = [
        ("a foreign host", http.get(program.url("/")).header("host", "evil.example")),
        ("HEAD", http.head(program.url("/"))),
        ("a forged form", http.post(program.url("/clients/music/delete")).header("cookie", &cookie)),
        ("an unknown method", http.request(Method::PATCH, program.url("/"))),
        ("a huge form", http.post(program.url("/login")).body("x".repeat(1 << 20))),
    ];
    for (what, request) in refusals {
        let answer = Answer::to(request).await;
        assert!(answer.status >= 400, "{what}: {answer:?}");
        check_headers(what, &answer);
    }
    // What holds an API key is no browser.
    let api = Api::of(program).await;
    for path in ["/clients", "/clients/music", "/clients/none", "/clients/music/token"] {
        let answer = api.get(path).await;
        check_headers_for_all(path, &answer);
        assert_eq!(answer.header("x-frame-options"), "", "{path}: {answer:?}");
    }
}

fn check_headers(what: &str, answer: &Answer) {
    check_headers_for_all(what, answer);
    for (name, values) in [
        ("x-frame-options", &["DENY"][..]),
        ("referrer-policy", &["same-origin", "no-referrer"]),
        ("cross-origin-opener-policy", &["same-origin"]),
        ("cross-origin-resource-policy", &["same-origin"]),
        ("permissions-policy", &["camera=(), geolocation=(), microphone=(), payment=(), usb=()"]),
    ] {
        assert!(values.contains(&answer.header(name)), "{what}: {name}: {:?}", answer.header(name));
    }
}

fn check_headers_for_all(what: &str, answer: &Answer) {
    let policy = answer.header("content-security-policy");
    for rule in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
        assert!(policy.contains(rule), "{what}: {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("*"), "{what}: {policy}");
    for (name, values) in [
        ("x-content-type-options", &["nosniff"][..]),
        ("strict-transport-security", &[""]),
        ("access-control-allow-origin", &[""]),
        ("server", &[""]),
        ("cache-control", &["no-store", "no-cache"]),
    ] {
        assert!(values.contains(&answer.header(name)), "{what}: {name}: {:?}", answer.header(name));
    }
    assert_eq!(answer.header("x-request-id").len(), 16, "{what}");
}

#[tokio::test]
async fn an_error_page_names_its_request_and_the_log_knows_it() {
    let program = Program::embedded();
    let server = program.serve().await;
    let answer = Answer::to(http().get(program.url("/no-such-page"))).await;
    assert_eq!(answer.status, 404);
    let id = answer.header("x-request-id").to_owned();
    assert!(answer.body.contains(&id), "{}", answer.body);
    server.line(&id).await;
}

/// Every route of the program, read from its source: what is added there is walked here. `<name>` is `music`.
fn routes() -> Vec<(Method, String)> {
    let route = Regex::new(r#"#\[rocket::(get|post|put|delete)\("([^"?]*)"#).expect("a pattern");
    let parameter = Regex::new(r"<[a-z_]+(\.\.)?>").expect("a pattern");
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/web")).expect("the source");
    let mut all = Vec::new();
    for file in folder.flatten().filter(|file| file.path().is_file()) {
        let source = std::fs::read_to_string(file.path()).expect("the source");
        for found in route.captures_iter(&source) {
            let path = parameter.replace_all(&found[2], "music").into_owned();
            all.push((found[1].to_uppercase().parse().expect("a method"), path));
        }
    }
    all
}
