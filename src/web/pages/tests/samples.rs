//! One or more views of every page, as a test or a preview wants them.

use crate::flows::api_keys::Verb;
use crate::flows::token_files::TokenFileState;
use crate::oauth::name::GrantName;
use crate::web::pages::*;

pub const CALLBACK: &str = "http://127.0.0.1:8080/auth_callback";

fn grant(account: &str, state: &str, expiry: &str) -> GrantBadge {
    GrantBadge { account: account.into(), state: Badge::of(state), expiry: expiry.into() }
}

fn row(name: &str, server: &str, grants: Vec<GrantBadge>) -> ClientRow {
    let urgent = grants.iter().all(|grant| grant.state.key == "authorization_required");
    ClientRow { name: name.into(), server: server.into(), grants, can_authorize: true, is_declared: false, urgent }
}

pub fn home() -> Home {
    let google = vec![
        row(
            "google-drive",
            "accounts.google.com",
            vec![
                grant("me@example.com", "ok", "expires in 52 min"),
                grant("work@example.com", "expiring", "expires in 3 min"),
            ],
        ),
        row("gmail-reader", "accounts.google.com", vec![grant("default", "refreshing", "expires in 12 s")]),
    ];
    let work = vec![
        row("atlassian", "auth.atlassian.com", vec![grant("default", "failing", "expires in 14 min")]),
        row("xero", "identity.xero.com", vec![grant("default", "authorization_required", "expired 3 h ago")]),
        row(&"long-name.".repeat(6), &format!("{}.example.com", "login".repeat(14)), vec![]),
        row("slack", "slack.com", vec![grant("default", "ok", "does not expire")]),
    ];
    let machine = ClientRow {
        can_authorize: false,
        ..row("billing-job", "id.example.com", vec![grant("default", "ok", "expires in 7 h")])
    };
    let group = |title: &str, clients| ServiceGroup { title: title.into(), clients };
    Home {
        page: 1,
        pages: 3,
        total: 7,
        groups: vec![group("Google", google), group("Work", work), group("", vec![machine])],
        redirect_uri: CALLBACK.into(),
        ..Home::default()
    }
}

fn error(text: &str, hint: &str) -> Option<GrantError> {
    Some(GrantError { text: text.into(), hint: hint.into() })
}

pub fn event(kind: &str, label: &str, client: &str, reason: &str) -> EventRow {
    EventRow {
        kind: Badge { key: kind.into(), label: label.into() },
        client: client.into(),
        account: String::new(),
        reason: reason.into(),
        ago: "3 min ago".into(),
        at: "2026-01-01T10:00:00Z".into(),
        unread: kind == "failing" || kind == "authorization_required",
        authorize: kind == "authorization_required",
    }
}

pub fn events() -> Events {
    let rows = vec![
        event("authorization_required", "Authorization required", "xero", "The server said `invalid_grant`."),
        event("failing", "Failing", &"long-name.".repeat(6), "The authorization server did not answer in time."),
        event("login_failed", "Login failed", "", "From 192.0.2.7."),
        event("authorized", "Authorized", "google-drive", ""),
        event("client_changed", "Changed", "google-drive", ""),
        event("refresh_token_ending", "Refresh token ends", "atlassian", "In 5 days."),
    ];
    let clients = vec!["google-drive".into(), "xero".into()];
    let target = |key, title, to: &str, good, state: &str, given_up| TargetRow {
        key,
        title,
        to: to.into(),
        events: "Failing, Works again, Authorization required".into(),
        good,
        state: state.into(),
        given_up,
    };
    let failing = "Fails since 3 h ago: it answered with HTTP status 500. 4 events wait. Next try in 58 min.";
    let targets = vec![
        target("webhook", "Webhook", "https://hooks.example.com", false, failing, 2),
        target("command", "Command", "/usr/local/bin/tell-me", true, "Last delivered 3 min ago.", 0),
    ];
    Events { rows, clients, page: 2, pages: 3, total: 120, targets, ..Events::default() }
}

pub fn notified() -> Notified {
    let text = "The test did not arrive: it answered with HTTP status 403.".into();
    Notified { title: "Webhook".into(), text, good: false, answer: "<b>who</b> are you?".into() }
}

pub fn client() -> ClientPage {
    let refresh = Action { path: "refresh", label: "Refresh" };
    let test = Action { path: "test", label: "Test" };
    let userinfo = Action { path: "userinfo", label: "User info" };
    let row = |account: &str, state: &str, expiry: &str, error| GrantRow {
        account: account.into(),
        state: Badge::of(state),
        scope: "https://www.googleapis.com/auth/drive.readonly openid email profile".into(),
        expiry: expiry.into(),
        expires_at: "2026-01-31T12:00:00Z".into(),
        refreshed: "8 min ago".into(),
        error,
        advice: if account.starts_with("work") { "Ask for the scope `offline_access`.".into() } else { String::new() },
        identity: Some(IdentityView {
            subject: "838474".into(),
            verified: true,
            claims: vec![Claim { name: "email".into(), value: account.into() }],
        }),
        token_file: Some(TokenFileState {
            path: "/data/token-files/google-drive.token".into(),
            problem: Some("the folder is full".into()),
        }),
        history: vec![
            AttemptRow {
                when: "2 min ago".into(),
                at: "2026-01-31T11:58:00Z".into(),
                outcome: "failed",
                took: "30.0 s".into(),
                error: "the server did not answer completely within 30 s".into(),
            },
            AttemptRow {
                when: "62 min ago".into(),
                at: "2026-01-31T10:58:00Z".into(),
                outcome: "refreshed",
                took: "212 ms".into(),
                error: String::new(),
            },
        ],
        actions: vec![refresh, test, userinfo],
    };
    let failed = error(
        "The token endpoint answered 503 (Service Unavailable) 2 min ago.",
        "The token is still good. The next try is in 40 s; there is nothing to do.",
    );
    let fact = |label, value: &str, code| Fact { label, value: value.into(), code };
    ClientPage {
        events: events().rows.into_iter().take(2).collect(),
        name: "google-drive".into(),
        service: "Google".into(),
        server: "accounts.google.com".into(),
        grants: vec![
            row("me@example.com", "ok", "expires in 52 min", None),
            row("work@example.com", "failing", "expires in 3 min", failed),
        ],
        trouble: None,
        snippets: snippets(),
        redirect_uri: Some(CALLBACK.into()),
        redirect_warning: Some("Slack takes https only. Set `OAUTHCLIENT_TLS__SELF_SIGNED`.".into()),
        key: Some(ClientKey { jwks: "{\n  \"keys\": []\n}".into(), problem: String::new() }),
        facts: vec![
            fact("Grant", "Authorization code with PKCE S256", false),
            fact("Client ID", "838474-ab93kd93kdk.apps.googleusercontent.com", true),
            fact("Client secret", "set", false),
            fact("Scopes", "https://www.googleapis.com/auth/drive.readonly openid email", false),
            fact("Authorization endpoint", "https://accounts.google.com/o/oauth2/v2/auth", true),
            fact("Token endpoint", "https://oauth2.googleapis.com/token", true),
        ],
        notes: "Registered by Ada in the project “scripts”.\nThe app is in testing: tokens end after 7 days.".into(),
        declared_in: Some("/etc/oauth-helper/clients/google-drive.json".into()),
        can_authorize: true,
        can_revoke: true,
        can_discover: true,
        registered: true,
    }
}

pub fn snippets() -> Vec<Snippet> {
    let grant: GrantName = "google-drive@me@example.com".parse().unwrap();
    Snippet::of_grant(&grant, Some("https://www.googleapis.com/drive/v3/about?fields=user"), "http://127.0.0.1:8080")
}

pub fn authorized() -> Authorized {
    Authorized {
        name: "google-drive".into(),
        account: "me@example.com".into(),
        scope: "https://www.googleapis.com/auth/drive.readonly openid".into(),
        expiry: "expires in 60 min".into(),
        renewal: "The token is kept fresh from now on.".into(),
        snippets: snippets(),
    }
}

pub fn failed() -> AuthorizationFailed {
    AuthorizationFailed {
        name: Some("google-drive".into()),
        account: "default".into(),
        title: "Google refused the request".into(),
        said: Some("redirect_uri_mismatch: The redirect URI in the request did not match a registered one.".into()),
        meaning: "The redirect URI that was sent is not registered for this client.".into(),
        next_step: "Register http://127.0.0.1:8080/auth_callback at the authorization server, then try again.".into(),
    }
}

pub fn delete() -> DeleteClient {
    DeleteClient {
        name: "google-drive".into(),
        accounts: vec!["me@example.com".into(), "work@example.com".into()],
        can_revoke: true,
        registered: true,
        server: "accounts.google.com".into(),
    }
}

pub fn device() -> DeviceCode {
    DeviceCode {
        id: "a1".into(),
        qr_code: DeviceCode::qr_code("https://example.com/device?user_code=WDJB-MJHT"),
        name: "tv-app".into(),
        user_code: "WDJB-MJHT".into(),
        verification_uri: "https://example.com/device".into(),
        verification_uri_complete: None,
        expiry: "expires in 15 min".into(),
    }
}

pub fn outcome() -> Outcome {
    Outcome {
        claims: vec![Claim { name: "active".into(), value: "true".into() }],
        name: "google-drive".into(),
        account: "me@example.com".into(),
        title: "Test of google-drive".into(),
        text: "The API took the token: 200 OK.".into(),
        good: true,
        facts: vec![Fact {
            label: "Called",
            value: "GET https://www.googleapis.com/drive/v3/about".into(),
            code: true,
        }],
        body: "{\n  \"user\": {\n    \"displayName\": \"Ada\"\n  }\n}".into(),
    }
}

pub fn api_keys() -> ApiKeys {
    let key = |id: &str, label: &str, verbs, ended| ApiKeyRow {
        id: id.into(),
        label: label.into(),
        clients: "google-drive, gmail-reader".into(),
        verbs,
        created: "12 days ago".into(),
        expires: if ended { "expired 3 h ago".into() } else { "expires in 78 days".into() },
        ended,
        last_used: "4 min ago".into(),
    };
    let verbs = Verb::ALL.map(|verb| VerbBox { name: verb.as_str(), meaning: verb.meaning(), checked: true });
    ApiKeys {
        keys: vec![
            key("0a1b2c3d4e5f6071", "nightly backup", vec!["token:read"], false),
            key("1a1b2c3d4e5f6072", &"long-label.".repeat(9), Verb::ALL.map(Verb::as_str).to_vec(), true),
        ],
        made: Some(MadeKey {
            label: "nightly backup".into(),
            text: format!("och_0a1b2c3d4e5f6071_{}", "x".repeat(43)),
            snippets: vec![Snippet { title: "With the key in a file of yours", text: "curl -H @- URL".into() }],
        }),
        form: ApiKeyForm {
            label_error: Some("Say what the key is for.".into()),
            clients_error: Some("There is no client named `x`.".into()),
            verbs_error: Some("Tick what the key may do.".into()),
            verbs: verbs.to_vec(),
            lives: vec![Lifetime { days: "90", label: "90 days", selected: true }],
            ..ApiKeyForm::default()
        },
    }
}
