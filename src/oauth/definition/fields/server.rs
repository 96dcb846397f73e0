//! What happens with a token afterwards.

use super::{Field, Group, Kind, Labelled};

const PLACES: &[Labelled] = &[("header", "in a header"), ("query", "in the URL's query (it will be in logs)")];
const TOKEN_FORMATS: &[Labelled] = &[
    ("raw", "the token alone"),
    ("header", "the header line, for curl -H @FILE"),
    ("json", "JSON, as the HTTP API answers"),
    ("env", "ACCESS_TOKEN='…', for a shell"),
    ("netrc", "netrc: machine, login, password"),
];
const PUBLISH: &[Labelled] = &[
    ("none", "nothing"),
    ("code", "the code, unexchanged, in plain text"),
    ("tokens", "access and refresh token, in plain text"),
];

pub(super) const FIELDS: &[Field] = &[
    Field::new(
        Group::Api,
        Kind::Url,
        "api.base_url",
        "API address",
        "What the API's paths are appended to, such as https://api.example.com/v1. Needed by the proxy, and shown in \
         the examples.",
    ),
    Field::new(
        Group::Api,
        Kind::Text,
        "api.probe",
        "Path to test with",
        "A harmless GET that needs a token, such as /me. The Test button calls it.",
    ),
    Field::new(Group::Api, Kind::Choice(PLACES), "api.token_in", "The token goes", "Nearly always in a header.")
        .default("header"),
    Field::new(
        Group::Api,
        Kind::Text,
        "api.name",
        "Header or parameter",
        "Its name. Shopify, for example, wants X-Shopify-Access-Token.",
    )
    .default("Authorization"),
    Field::new(
        Group::Api,
        Kind::Text,
        "api.template",
        "Value with the token",
        "How the token is written into that header or parameter. It must hold {access_token}.",
    )
    .default("Bearer {access_token}"),
    Field::new(
        Group::Api,
        Kind::Map,
        "api.headers",
        "Extra headers",
        "Sent with every call through the proxy, such as Notion-Version = 2022-06-28.",
    ),
    Field::new(
        Group::Endpoints,
        Kind::Url,
        "revoke.url",
        "Revocation endpoint",
        "Where a token is handed back (RFC 7009). Deleting offers it.",
    ),
    Field::new(
        Group::Endpoints,
        Kind::Overlay,
        "revoke.params",
        "Extra parameters to revoke",
        "Added to the revocation request, or replacing one of its own: token, token_type_hint.",
    ),
    Field::new(
        Group::Endpoints,
        Kind::Url,
        "introspect.url",
        "Introspection endpoint",
        "Where the server says what a token is good for (RFC 7662).",
    ),
    Field::new(
        Group::Endpoints,
        Kind::Overlay,
        "introspect.params",
        "Extra parameters to introspect",
        "Added to the introspection request, or replacing one of its own: token, token_type_hint.",
    ),
    Field::new(
        Group::Endpoints,
        Kind::Url,
        "userinfo.url",
        "User info endpoint",
        "Where the server says whose token it is (OpenID Connect).",
    ),
    Field::new(
        Group::Endpoints,
        Kind::Url,
        "id_token.jwks_url",
        "Keys of the server",
        "Where the server publishes the keys that ID tokens are verified with (jwks_uri). Without it they are shown as not \
         verified.",
    ),
    Field::new(
        Group::Endpoints,
        Kind::Url,
        "device.url",
        "Device authorization endpoint",
        "Needed for the device_code grant (RFC 8628), and for `authorize NAME --device` with any other.",
    ),
    Field::new(
        Group::Endpoints,
        Kind::Overlay,
        "device.params",
        "Extra parameters for the device",
        "Added to the device authorization request. Auth0, for example, wants audience = https://api.example.com here.",
    ),
    Field::new(
        Group::Sharing,
        Kind::Choice(PUBLISH),
        "publish",
        "Publish in Redis",
        "For programs that read the Python helper's Redis keys. Whoever may read that Redis can use what is in it.",
    )
    .default("none"),
    Field::new(
        Group::Sharing,
        Kind::Text,
        "token_file.name",
        "Token file",
        "A file that always holds the current token, for programs that read one: music.token, or mail/{account}.json where each account is to have its own. It lies below the folder of token files (OAUTHCLIENT_TOKEN_FILES_DIR), only you may read it, and it goes with the token.",
    ),
    Field::new(
        Group::Sharing,
        Kind::Choice(TOKEN_FORMATS),
        "token_file.format",
        "Written as",
        "How the file holds the token.",
    )
    .default("raw"),
    Field::new(
        Group::Sharing,
        Kind::Text,
        "token_file.login",
        "Login in netrc",
        "Beside the token, which is the password there. The host is that of the API\u{2019}s base URL.",
    )
    .default("oauth2"),
    Field::new(
        Group::Sharing,
        Kind::Text,
        "preset",
        "Preset",
        "The built-in description these settings were made from, such as github. Its advice goes when you clear it; \
         the settings stay.",
    ),
    Field::new(Group::Sharing, Kind::Note, "notes", "Notes", "For yourself: who registered the app, and where."),
];
