//! What a person can do about an error of an authorization server.

use crate::oauth::token_response::ErrorAnswer;

/// Error code (RFC 6749 §4.1.2.1 and §5.2, OpenID Connect Core §3.1.2.6, and what servers use besides) → advice.
const ADVICE: &[(&str, &str)] = &[
    ("access_denied", "Somebody pressed Cancel, or the account may not use this app. Authorize again and agree."),
    (
        "invalid_client",
        "The server does not accept the client ID or secret. Compare both with the server's page of your app; if they \
         are right, change the client authentication between post and basic.",
    ),
    (
        "unauthorized_client",
        "The app is not allowed to do this at the server. Enable the authorization code (or refresh token) grant there.",
    ),
    (
        "invalid_grant",
        "The code, refresh token or password is wrong, used up, expired or withdrawn, or the redirect URI differs from the registered \
         one. Authorize again.",
    ),
    (
        "invalid_scope",
        "The server does not know one of the scopes, or wants another separator. Compare the scopes with its documentation.",
    ),
    (
        "redirect_uri_mismatch",
        "Register the redirect URI that the client's page shows, to the letter, at the authorization server.",
    ),
    (
        "invalid_request",
        "The server misses a parameter or does not want one. Compare the request parameters with its documentation; \
         some servers reject PKCE: then set it to off.",
    ),
    ("unsupported_response_type", "The app may not use the authorization code flow; enable it at the server."),
    ("unsupported_grant_type", "The server does not serve this grant for the app; enable it there."),
    ("server_error", "The server has a problem of its own. Try again in a few minutes."),
    ("temporarily_unavailable", "The server is overloaded or under maintenance. Try again in a few minutes."),
    ("login_required", "The server wants a person to log in. Authorize again; remove `prompt=none` if it is set."),
    ("consent_required", "The server wants a person's consent. Authorize again; remove `prompt=none` if it is set."),
    ("interaction_required", "The server wants to ask a person something. Authorize again."),
];

pub fn advice(answer: &ErrorAnswer) -> Option<&'static str> {
    let text = answer.error.as_deref()?;
    ADVICE.iter().find(|(code, _)| *code == text).map(|(_, advice)| *advice)
}
