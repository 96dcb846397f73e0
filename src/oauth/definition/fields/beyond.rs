//! What goes beyond one plain token request: a second one, a signature, an assertion.

use super::response::{EXPIRES, FORMATS};
use super::token::{AUTH_OR_SAME, BODIES, ENCODINGS, METHODS};
use super::{Field, Group, Kind, Labelled};

const HMACS: &[Labelled] =
    &[("hmac_sha256", "HMAC SHA-256"), ("hmac_sha512", "HMAC SHA-512"), ("hmac_sha1", "HMAC SHA-1 (old)")];
const MARKS: &[Labelled] = &[
    ("hex", "hexadecimal, small letters"),
    ("hex_upper", "hexadecimal, capital letters"),
    ("base64", "Base64"),
    ("base64url", "Base64 for URLs, without padding"),
];
const PLACES: &[Labelled] =
    &[("param", "among the parameters"), ("query", "in the URL's query"), ("header", "in a header")];

pub(super) const FIELDS: &[Field] = &[
    Field::new(
        Group::Upgrade,
        Kind::Url,
        "upgrade.url",
        "Second endpoint",
        "Asked after the token response for the token that counts, such as https://graph.example.com/access_token. Blank: there is no second request.",
    ),
    Field::new(Group::Upgrade, Kind::Choice(METHODS), "upgrade.method", "Method", "Instagram, for example, wants GET.")
        .default("POST"),
    Field::new(
        Group::Upgrade,
        Kind::Choice(AUTH_OR_SAME),
        "upgrade.auth.method",
        "Client authentication",
        "Only if it differs from the token request.",
    ),
    Field::new(
        Group::Upgrade,
        Kind::Choice(ENCODINGS),
        "upgrade.auth.encoding",
        "ID and secret in HTTP Basic",
        "Counts only with an authentication of its own above.",
    )
    .default("auto"),
    Field::new(
        Group::Upgrade,
        Kind::Text,
        "upgrade.auth.user",
        "User in HTTP Basic",
        "Only if it is not the client ID.",
    ),
    Field::new(
        Group::Upgrade,
        Kind::Text,
        "upgrade.auth.password",
        "Password in HTTP Basic",
        "Beside a user of its own: {client_secret}, or blank for none.",
    ),
    Field::new(Group::Upgrade, Kind::Choice(BODIES), "upgrade.body", "Body", "How the parameters are written.")
        .default("form"),
    Field::new(
        Group::Upgrade,
        Kind::Overlay,
        "upgrade.params",
        "Parameters",
        "Added to access_token, which is sent by itself, or replacing it: grant_type = ig_exchange_token. {access_token}, {refresh_token}, {token.NAME}, {callback.NAME} and {client_secret} are filled in.",
    ),
    Field::new(Group::Upgrade, Kind::Map, "upgrade.headers", "Headers", "Sent with the second request."),
    Field::new(
        Group::Upgrade,
        Kind::Flag,
        "upgrade.after_refresh",
        "After a refresh too",
        "For servers whose refresh gives a first token again. Bullhorn, for example, opens a session with each.",
    )
    .default("false"),
    Field::new(
        Group::SecondResponse,
        Kind::Text,
        "upgrade.response.root",
        "Root",
        "If one of the answer\u{2019}s fields below is set, its answer is read by these alone, and no longer as the token response.",
    ),
    Field::new(
        Group::SecondResponse,
        Kind::Paths,
        "upgrade.response.fields",
        "Where things are",
        "For answers with other names: access_token at BhRestToken.",
    ),
    Field::new(
        Group::SecondResponse,
        Kind::Choice(EXPIRES),
        "upgrade.response.expires",
        "What the expiry means",
        "How to read the value that says when the token ends.",
    )
    .default("auto"),
    Field::new(
        Group::SecondResponse,
        Kind::Number { unit: "seconds" },
        "upgrade.response.default_ttl_s",
        "Lifetime when the answer is silent",
        "Blank: such a token counts as lasting.",
    ),
    Field::new(
        Group::SecondResponse,
        Kind::Choice(FORMATS),
        "upgrade.response.format",
        "Format",
        "JSON and form-encoded answers are told apart by themselves.",
    )
    .default("auto"),
    Field::new(
        Group::SecondResponse,
        Kind::Text,
        "upgrade.response.ok.path",
        "Success: where",
        "The place to look at where errors come with HTTP 200.",
    ),
    Field::new(
        Group::SecondResponse,
        Kind::Scalar,
        "upgrade.response.ok.equals",
        "Success: what",
        "The value it has when all went well.",
    ),
    Field::new(
        Group::SecondResponse,
        Kind::Paths,
        "upgrade.response.error_paths",
        "Where errors are",
        "For answers that hide them.",
    ),
    Field::new(
        Group::SecondResponse,
        Kind::Map,
        "upgrade.response.capture",
        "Values to keep",
        "Name and place of further values, such as rest_url at restUrl. Later it is {token.rest_url}.",
    ),
    Field::new(
        Group::SecondResponse,
        Kind::Map,
        "upgrade.response.extra_tokens",
        "Further tokens",
        "Name and place of further tokens, kept as secrets.",
    ),
    Field::new(
        Group::Signer,
        Kind::Text,
        "signer.message",
        "Signed message",
        "What is signed in each token and refresh request, such as {path}{params}: the URL\u{2019}s path, and all parameters in the order of their names without anything in between. {body} and the values of the request are known too; one that it does not have is blank. Blank: nothing is signed.",
    ),
    Field::new(
        Group::Signer,
        Kind::Text,
        "signer.key",
        "Key of the signature",
        "What it is signed with, if it is not the client secret alone: {client_secret}&, for example.",
    )
    .default("{client_secret}"),
    Field::new(Group::Signer, Kind::Choice(HMACS), "signer.alg", "Signature", "How it is computed.")
        .default("hmac_sha256"),
    Field::new(Group::Signer, Kind::Choice(MARKS), "signer.encoding", "Written as", "How the signature is written.")
        .default("hex"),
    Field::new(
        Group::Signer,
        Kind::Choice(PLACES),
        "signer.in",
        "The signature goes",
        "Among the parameters, wherever those go; or elsewhere.",
    )
    .default("param"),
    Field::new(
        Group::Signer,
        Kind::Text,
        "signer.name",
        "Parameter or header",
        "The name that the signature is sent under, such as sign.",
    ),
    Field::new(
        Group::Signer,
        Kind::Overlay,
        "assertion.claims",
        "Claims of the assertion",
        "For the grant urn:ietf:params:oauth:grant-type:jwt-bearer without an assertion in its parameters: laid over iss (the client ID), aud, iat, exp and jti. Google, for example, wants scope = {scope}. A text in brackets is read as JSON. It is signed with the private key of the token request.",
    ),
    Field::new(
        Group::Signer,
        Kind::Number { unit: "seconds" },
        "assertion.lifetime_s",
        "An assertion lives",
        "Box, for example, takes at most 60 seconds, Google 3600.",
    )
    .default("60"),
];
