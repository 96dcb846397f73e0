//! Who the client is, and what passes through the browser.

use super::{Field, Group, Kind, Labelled};

const GRANTS: &[Labelled] = &[
    ("authorization_code", "authorization code: a person agrees in the browser"),
    ("device_code", "device code: a person types a code on another device"),
    ("client_credentials", "client credentials: no person, the client itself"),
    ("password", "password: only where the server offers nothing else"),
];
const SEPARATORS: &[Labelled] =
    &[(" ", "a space (RFC 6749)"), (",", "a comma ,"), ("+", "a plus +"), (";", "a semicolon ;"), ("|", "a bar |")];
const PKCE: &[Labelled] =
    &[("s256", "S256"), ("plain", "plain (weaker)"), ("off", "off (only for servers that reject the challenge)")];
const METHODS: &[Labelled] = &[("GET POST", "GET and POST"), ("GET", "GET only"), ("POST", "POST only")];
const STATE_POLICY: &[Labelled] = &[
    ("required", "required: only flows that were started here"),
    ("unsolicited", "unsolicited: the server may start the flow (weaker)"),
];
const ISS: &[Labelled] = &[("if_present", "compare it when it is sent"), ("required", "refuse a response without it")];

pub(super) const FIELDS: &[Field] = &[
    Field::new(
        Group::Usual,
        Kind::Text,
        "service",
        "Service",
        "Groups clients in the list. Any text, such as Google or Work.",
    ),
    Field::new(
        Group::Usual,
        Kind::Url,
        "issuer",
        "Issuer",
        "The URL that names the authorization server, such as https://accounts.example.com. When it is set, every \
         answer must come from it.",
    ),
    Field::new(
        Group::Usual,
        Kind::Url,
        "authorize.url",
        "Authorization endpoint",
        "The page where one agrees, such as https://accounts.example.com/authorize. A query in it is kept, and \
         {placeholders} are filled in.",
    ),
    Field::new(
        Group::Usual,
        Kind::Url,
        "token.url",
        "Token endpoint",
        "Where the code is exchanged, such as https://accounts.example.com/token. {placeholders} are filled in.",
    ),
    Field::new(
        Group::Usual,
        Kind::Text,
        "client_id",
        "Client ID",
        "The authorization server shows it where you registered your app.",
    ),
    Field::new(
        Group::Usual,
        Kind::Secret,
        "client_secret",
        "Client secret",
        "Sealed before it is stored, and never shown again. Leave it blank for a public client.",
    ),
    Field::new(
        Group::Usual,
        Kind::Words,
        "scopes",
        "Scopes",
        "What you ask for, with spaces in between: read:user repo. The API's documentation lists them.",
    ),
    Field::new(
        Group::Usual,
        Kind::Text,
        "redirect_uri",
        "Redirect URI",
        "Where the browser comes back to. Blank is this program's own callback; write another text only if you \
         registered another one.",
    )
    .default("auto"),
    Field::new(
        Group::Flow,
        Kind::Suggest(GRANTS),
        "grant",
        "Grant",
        "How a token is obtained: authorization_code, device_code, client_credentials, password, or the URI of an \
         extension grant.",
    )
    .default("authorization_code"),
    Field::new(
        Group::Flow,
        Kind::Map,
        "vars",
        "Variables",
        "Values for {placeholders} in URLs, parameters and headers: tenant = acme makes https://{tenant}.example.com \
         work.",
    ),
    Field::new(
        Group::Flow,
        Kind::Choice(SEPARATORS),
        "scope_separator",
        "Between scopes",
        "What stands between two scopes on the wire. Slack and Strava, for example, want a comma.",
    )
    .default(" "),
    Field::new(
        Group::Flow,
        Kind::Choice(PKCE),
        "pkce",
        "PKCE",
        "Binds the code to this program, so that a stolen code is worth nothing. Switch it off only when the server \
         rejects the request because of code_challenge.",
    )
    .default("s256"),
    Field::new(
        Group::Authorize,
        Kind::Overlay,
        "authorize.params",
        "Extra parameters",
        "Added to the authorization request, or replacing one of its own: prompt = consent. Tick \u{201c}left \
         out\u{201d} to drop a parameter; {client_id}, {scope} and the like are filled in.",
    ),
    Field::new(
        Group::Authorize,
        Kind::Text,
        "authorize.fragment_route",
        "Route after #",
        "For pages that want the parameters after a route in the fragment, such as /oauth/authorize.",
    ),
    Field::new(
        Group::Authorize,
        Kind::Words,
        "authorize.raw_params",
        "Unencoded parameters",
        "Names of parameters whose values are sent without percent-encoding, such as scope.",
    ),
    Field::new(
        Group::Authorize,
        Kind::Flag,
        "authorize.drop_empty",
        "Leave out parameters without a value",
        "Most servers dislike an empty scope=. Untick it for a server that wants every parameter to be there.",
    )
    .default("true"),
    Field::new(
        Group::Callback,
        Kind::Text,
        "callback.code_param",
        "Name of the code",
        "The parameter the code comes back in. Amazon, for example, sends spapi_oauth_code.",
    )
    .default("code"),
    Field::new(
        Group::Callback,
        Kind::Text,
        "callback.state_param",
        "Name of the state",
        "The parameter the state comes back in, if the server renames it.",
    )
    .default("state"),
    Field::new(
        Group::Callback,
        Kind::Choice(STATE_POLICY),
        "callback.state_policy",
        "State",
        "Whether a callback must carry the state of a flow that was started here. Loosen it only for servers that begin by \
         themselves or never send it back: a code without it, at /auth_callback/NAME, then waits until you accept it.",
    )
    .default("required"),
    Field::new(
        Group::Callback,
        Kind::Choice(ISS),
        "callback.iss",
        "Issuer in the response",
        "Some servers send iss along (RFC 9207). It is always compared when it is there.",
    )
    .default("if_present"),
    Field::new(
        Group::Callback,
        Kind::ListChoice(METHODS),
        "callback.methods",
        "Accepted methods",
        "Apple posts its answer (response_mode=form_post); nearly everyone else redirects with GET.",
    )
    .default("GET POST"),
    Field::new(
        Group::Callback,
        Kind::Captures,
        "callback.capture",
        "Values to keep",
        "Parameters of the callback to keep, such as realmId with the pattern [0-9]{1,20}. The whole value must match; \
         later it is {callback.realmId}.",
    ),
];
