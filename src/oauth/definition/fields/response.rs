//! How a token response is read.

use super::{Field, Group, Kind, Labelled};

pub(super) const FORMATS: &[Labelled] = &[("auto", "whichever it is"), ("json", "JSON"), ("form", "form-encoded")];
pub(super) const EXPIRES: &[Labelled] = &[
    ("auto", "found out from the value"),
    ("s", "seconds from now (RFC 6749)"),
    ("ms", "milliseconds from now"),
    ("epoch", "seconds since 1970"),
    ("epoch_ms", "milliseconds since 1970"),
    ("iso", "a date and time, 2026-01-31T12:00:00Z"),
    ("introspect", "nothing: the introspection endpoint is asked"),
];

pub(super) const FIELDS: &[Field] = &[
    Field::new(
        Group::Response,
        Kind::Text,
        "response.root",
        "Root",
        "The place of the object that holds the token: data for {\"data\": {\"access_token\": …}}. Blank is the whole \
         answer.",
    ),
    Field::new(
        Group::Response,
        Kind::Paths,
        "response.fields",
        "Where things are",
        "For answers with other names: access_token at authed_user.access_token. One place a line, the first that \
         holds a value counts.",
    ),
    Field::new(
        Group::Response,
        Kind::Choice(EXPIRES),
        "response.expires",
        "What the expiry means",
        "How to read the value that says when the token ends.",
    )
    .default("auto"),
    Field::new(
        Group::Response,
        Kind::Number { unit: "seconds" },
        "response.default_ttl_s",
        "Lifetime when the answer is silent",
        "Write it if the documentation names a lifetime that the answer does not, such as 3600. Blank: such a token \
         counts as lasting.",
    ),
    Field::new(
        Group::Response,
        Kind::Choice(FORMATS),
        "response.format",
        "Format",
        "JSON and form-encoded answers are told apart by themselves.",
    )
    .default("auto"),
    Field::new(
        Group::Response,
        Kind::Text,
        "response.ok.path",
        "Success: where",
        "For servers that report errors with HTTP 200: the place to look at, such as ok.",
    ),
    Field::new(
        Group::Response,
        Kind::Scalar,
        "response.ok.equals",
        "Success: what",
        "The value it has when all went well: true, 0 or a text. Put a text that looks like a number in quotes: \"0\".",
    ),
    Field::new(
        Group::Response,
        Kind::Paths,
        "response.error_paths",
        "Where errors are",
        "For answers that hide them: error_description at message. One place a line.",
    ),
    Field::new(
        Group::Response,
        Kind::Map,
        "response.capture",
        "Values to keep",
        "Name and place of further values, such as instance_url at instance_url. Later it is {token.instance_url}.",
    ),
    Field::new(
        Group::Response,
        Kind::Map,
        "response.extra_tokens",
        "Further tokens",
        "Name and place of further tokens in the answer, such as user at authed_user.access_token. They are kept as secrets; \
         later one is {token.user}, and `token NAME --extra user` prints it.",
    ),
];
