//! The token request and its repetition as a refresh.

use super::{Field, Group, Kind, Labelled};

pub(super) const METHODS: &[Labelled] = &[("POST", "POST"), ("GET", "GET")];
pub(super) const BODIES: &[Labelled] =
    &[("form", "form (RFC 6749)"), ("json", "JSON"), ("query", "in the URL's query, without a body")];
const AUTH: &[Labelled] = &[
    ("auto", "found out: in the body, then HTTP Basic"),
    ("post", "ID and secret in the body"),
    ("basic", "HTTP Basic"),
    ("none", "none: a public client, the ID alone"),
    ("client_secret_jwt", "a JWT signed with the secret"),
    ("private_key_jwt", "a JWT signed with a private key"),
    ("tls_client_auth", "a TLS client certificate"),
];
const ALGORITHMS: &[Labelled] = &[
    ("", "what the key suggests"),
    ("RS256", "RS256 (RSA)"),
    ("PS256", "PS256 (RSA)"),
    ("ES256", "ES256 (P-256)"),
    ("EdDSA", "EdDSA (Ed25519)"),
    ("HS256", "HS256 (the client secret)"),
];
const AUDIENCES: &[Labelled] = &[("issuer", "the issuer, if it is known"), ("token_endpoint", "the token endpoint")];
pub(super) const ENCODINGS: &[Labelled] = &[
    ("auto", "found out: form-encoded, then as they are"),
    ("form", "form-encoded (RFC 6749)"),
    ("raw", "as they are"),
];

const INHERIT: &str = "as in the token request";
const REFRESH_METHODS: &[Labelled] = &[("", INHERIT), METHODS[0], METHODS[1]];
const REFRESH_BODIES: &[Labelled] = &[("", INHERIT), BODIES[0], BODIES[1], BODIES[2]];
pub(super) const AUTH_OR_SAME: &[Labelled] =
    &[("", INHERIT), AUTH[0], AUTH[1], AUTH[2], AUTH[3], AUTH[4], AUTH[5], AUTH[6]];
const INPUTS: &[Labelled] = &[
    ("refresh_token", "the refresh token"),
    ("access_token", "the old access token"),
    ("none", "nothing: the token is asked for anew"),
];
const ROTATIONS: &[Labelled] = &[
    ("replace_if_present", "take the new one, keep the old one if none comes"),
    ("keep", "always keep the first one"),
];
const MISSING: &[Labelled] = &[("error", "the refresh failed"), ("extend", "the old token lives on")];

pub(super) const FIELDS: &[Field] = &[
    Field::new(
        Group::Token,
        Kind::Choice(AUTH),
        "token.auth.method",
        "Client authentication",
        "How the client proves who it is. What is found out is remembered here the first time it works.",
    )
    .default("auto"),
    Field::new(
        Group::Token,
        Kind::Choice(ENCODINGS),
        "token.auth.encoding",
        "ID and secret in HTTP Basic",
        "The RFC wants them form-encoded; some servers take them only as they are. It matters for secrets with signs \
         such as + or %.",
    )
    .default("auto"),
    Field::new(
        Group::Token,
        Kind::Text,
        "token.auth.user",
        "User in HTTP Basic",
        "Only if it is not the client ID. Stripe apps, for example, want {client_secret} here and no password.",
    ),
    Field::new(
        Group::Token,
        Kind::Text,
        "token.auth.password",
        "Password in HTTP Basic",
        "Beside a user of its own: {client_secret}, or blank for none. A password itself is not taken.",
    ),
    Field::new(
        Group::Token,
        Kind::SecretLines,
        "token.auth.private_key",
        "Private key",
        "For a JWT or an assertion signed with a private key: PEM or JWK. For a TLS client certificate: its key in PEM. Sealed before it \
         is stored, and never shown again. The client\u{2019}s page can make one.",
    ),
    Field::new(
        Group::Token,
        Kind::Text,
        "token.auth.kid",
        "Key ID",
        "What the server calls the key (kid). Needed only where several keys are registered.",
    ),
    Field::new(
        Group::Token,
        Kind::Choice(ALGORITHMS),
        "token.auth.alg",
        "Signature algorithm",
        "How a JWT is signed. It must suit the key and be the one that the server expects.",
    ),
    Field::new(
        Group::Token,
        Kind::Choice(AUDIENCES),
        "token.auth.audience",
        "A JWT is addressed to",
        "The issuer is right for most servers. Okta, for example, wants the token endpoint.",
    )
    .default("issuer"),
    Field::new(
        Group::Token,
        Kind::Overlay,
        "token.auth.claims",
        "Claims of the JWT",
        "Laid over iss and sub (the client ID), aud, iat, exp and jti, where the client proves itself with a JWT. Revolut, for \
         example, wants the host of your redirect URI as iss, and aud = https://revolut.com.",
    ),
    Field::new(
        Group::Token,
        Kind::Note,
        "token.auth.certificate",
        "TLS client certificate",
        "PEM, with the certificates between it and the authority below it. Its key goes into the private key.",
    ),
    Field::new(
        Group::Token,
        Kind::Choice(BODIES),
        "token.body",
        "Body",
        "How the parameters are written. Notion and Atlassian, for example, want JSON.",
    )
    .default("form"),
    Field::new(Group::Token, Kind::Choice(METHODS), "token.method", "Method", "POST, but for a few old servers.")
        .default("POST"),
    Field::new(
        Group::Token,
        Kind::Overlay,
        "token.params",
        "Extra parameters",
        "Added to the token request, or replacing one of its own: audience = https://api.example.com. Tick \u{201c}left \
         out\u{201d} to drop one, such as grant_type.",
    ),
    Field::new(
        Group::Token,
        Kind::Map,
        "token.headers",
        "Extra headers",
        "Sent with the token request, such as X-Api-Key = {client_id}.",
    ),
    Field::new(
        Group::Refresh,
        Kind::Url,
        "refresh.url",
        "Refresh endpoint",
        "Only if it is not the token endpoint, such as https://api.example.com/oauth/refresh.",
    ),
    Field::new(
        Group::Refresh,
        Kind::Number { unit: "seconds" },
        "refresh.margin_s",
        "Refresh before the end",
        "How long before a token ends it is refreshed. At most half of the token's life counts.",
    )
    .default("300"),
    Field::new(
        Group::Refresh,
        Kind::Flag,
        "refresh.background",
        "Refresh in the background",
        "The server refreshes the token before anybody asks. Without it, a token is refreshed when somebody asks and it \
         is nearly over.",
    )
    .default("true"),
    Field::new(
        Group::Refresh,
        Kind::Choice(INPUTS),
        "refresh.input",
        "Refresh with",
        "What is handed in for the next token. Instagram, for example, takes the old access token.",
    )
    .default("refresh_token"),
    Field::new(
        Group::Refresh,
        Kind::Choice(ROTATIONS),
        "refresh.rotation",
        "New refresh token",
        "What happens to the refresh token when the answer brings another one.",
    )
    .default("replace_if_present"),
    Field::new(
        Group::Refresh,
        Kind::Choice(MISSING),
        "refresh.on_missing_token",
        "Answer without a token",
        "A few servers, such as COROS, only confirm that the old token lives longer.",
    )
    .default("error"),
    Field::new(
        Group::Refresh,
        Kind::Choice(AUTH_OR_SAME),
        "refresh.auth.method",
        "Client authentication",
        "Only if it differs from the token request.",
    ),
    Field::new(
        Group::Refresh,
        Kind::Choice(ENCODINGS),
        "refresh.auth.encoding",
        "ID and secret in HTTP Basic",
        "Counts only with an authentication of its own above.",
    )
    .default("auto"),
    Field::new(
        Group::Refresh,
        Kind::Choice(REFRESH_BODIES),
        "refresh.body",
        "Body",
        "Only if it differs from the token request.",
    ),
    Field::new(
        Group::Refresh,
        Kind::Choice(REFRESH_METHODS),
        "refresh.method",
        "Method",
        "Only if it differs from the token request.",
    ),
    Field::new(
        Group::Refresh,
        Kind::Overlay,
        "refresh.params",
        "Extra parameters",
        "Added to the refresh request, or replacing one of its own, such as type = refresh.",
    ),
    Field::new(
        Group::Refresh,
        Kind::Map,
        "refresh.headers",
        "Headers",
        "Instead of the token request's extra headers. Without a row, those are sent here too.",
    ),
];
