"""An authorization server of the tests: idpyoidc (PyPI) behind Flask.

It is here for token exchange (RFC 8693), and for being particular about client authentication: each client has one method.
Alice is logged in without a page, by the package's own NoAuthn. Nothing here is fit for production.

Environment: PORT, STATE_DIR (keys), REDIRECT_URI (comma list), CLIENT_SECRET, ACCESS_TTL (seconds).
In STATE_DIR it puts the private keys of its client `test-pkjwt`: client-rs256.pem, client-es256.pem.
"""

import json
import os
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptojwt.jwk.ec import new_ec_key
from cryptojwt.jwk.rsa import new_rsa_key
from flask import Flask, Response, jsonify, redirect, request
from idpyoidc.server import Server
from idpyoidc.server.configure import OPConfiguration

PORT = int(os.environ.get("PORT", "4080"))
ISSUER = f"http://127.0.0.1:{PORT}"
STATE = Path(os.environ["STATE_DIR"])
REDIRECT_URIS = os.environ.get("REDIRECT_URI", "http://127.0.0.1:8080/auth_callback").split(",")
SECRET = os.environ.get("CLIENT_SECRET", "test-secret-0123456789-0123456789-0123456789")
ACCESS_TTL = int(os.environ.get("ACCESS_TTL", "3600"))

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
EXCHANGEABLE = [f"urn:ietf:params:oauth:token-type:{kind}_token" for kind in ("access", "refresh")]
GRANTS = ["authorization_code", "refresh_token", "client_credentials", EXCHANGE]
SCOPES = ["openid", "profile", "email", "offline_access", "api"]
METHODS = ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "public"]


# ---- the package's own configuration ----

def part(name, /, **arguments):
    return {"class": f"idpyoidc.server.{name}", "kwargs": arguments}


def endpoint(path, name, /, **arguments):
    return {"path": path, **part(name, **arguments)}


def symmetric(*kids):
    return {"key_defs": [{"type": "oct", "bytes": 24, "use": ["enc"], "kid": kid} for kid in kids], "read_only": True}


def token_endpoint():
    scopes_that_pass = {"function": "idpyoidc.server.oauth2.token_helper.validate_token_exchange_policy",
                        "kwargs": {"scope": ["openid", "api"]}}
    exchange = part(
        "oidc.token_helper.token_exchange.TokenExchangeHelper",
        subject_token_types_supported=EXCHANGEABLE, requested_token_types_supported=EXCHANGEABLE,
        default_requested_token_type=EXCHANGEABLE[0], policy={"": scopes_that_pass})
    helpers = {
        "authorization_code": part("oidc.token_helper.access_token.AccessTokenHelper"),
        "refresh_token": part("oidc.token_helper.refresh_token.RefreshTokenHelper"),
        "client_credentials": part("oauth2.token_helper.client_credentials.ClientCredentials"),
        EXCHANGE: exchange,
    }
    return endpoint("token", "oidc.token.Token", client_authn_method=METHODS, grant_types_helpers=helpers)


def configuration():
    users = STATE / "users.json"
    users.write_text(json.dumps({"alice": {"name": "Alice", "email": "alice@example.test", "email_verified": True}}))
    may_mint = {
        "authorization_code": {"supports_minting": ["access_token", "refresh_token", "id_token"], "max_usage": 1},
        "access_token": {"supports_minting": ["access_token"], "expires_in": ACCESS_TTL},
        "refresh_token": {"supports_minting": ["access_token", "refresh_token", "id_token"], "expires_in": 86400},
    }
    jwt = "token.jwt_token.JWTToken"
    return {
        "issuer": ISSUER,
        "preference": {"grant_types_supported": GRANTS, "scopes_supported": SCOPES, "response_types_supported": ["code"],
                       "subject_types_supported": ["public"]},
        "key_conf": {"key_defs": [{"type": "RSA", "use": ["sig"]}, {"type": "EC", "crv": "P-256", "use": ["sig"]}],
                     "uri_path": "jwks"},
        "endpoint": {
            "provider_info": endpoint(".well-known/openid-configuration", "oidc.provider_config.ProviderConfiguration",
                                      client_authn_method=None),
            "authorization": endpoint("authorization", "oidc.authorization.Authorization", client_authn_method=None,
                                      response_types_supported=["code"], response_modes_supported=["query", "form_post"]),
            "token": token_endpoint(),
            "userinfo": endpoint("userinfo", "oidc.userinfo.UserInfo", client_authn_method=["bearer_header"]),
            "introspection": endpoint("introspection", "oauth2.introspection.Introspection", client_authn_method=METHODS),
            "token_revocation": endpoint("revocation", "oauth2.token_revocation.TokenRevocation",
                                         client_authn_method=METHODS),
        },
        "add_on": {"pkce": {"function": "idpyoidc.server.oauth2.add_on.pkce.add_support",
                            "kwargs": {"essential": False, "code_challenge_method": "S256"}}},
        "authz": part("authz.AuthzHandling", grant_config={"usage_rules": may_mint, "expires_in": 86400}),
        "authentication": {"anyone": {"acr": "0", **part("user_authn.user.NoAuthn", user="alice")}},
        "userinfo": part("user_info.UserInfo", db_file=str(users)),
        "cookie_handler": part("cookie_handler.CookieHandler", keys=symmetric("enc", "sig"),
                               name={"session": "idpyoidc", "register": "idpyoidc_rp", "session_management": "idpyoidc_sm"}),
        "token_handler_args": {
            "jwks_def": symmetric("code", "token", "refresh"),
            "code": {"lifetime": 120},
            "token": part(jwt, lifetime=ACCESS_TTL, aud=[ISSUER]),
            "refresh": part(jwt, lifetime=86400, aud=[ISSUER]),
            "id_token": part("token.id_token.IDToken"),
        },
        "session_params": {"encrypter": {"kwargs": {"keys": symmetric("password", "salt"), "iterations": 1}}},
        "template_dir": str(STATE),
    }


server = Server(OPConfiguration(conf=configuration(), base_path=str(STATE), domain="127.0.0.1", port=PORT), cwd=str(STATE))


# ---- its clients, each with one way to authenticate ----

def add_client(client_id, method):
    server.context.cdb[client_id] = {
        "client_id": client_id, "client_secret": SECRET, "client_salt": "salt", "allowed_scopes": SCOPES,
        "redirect_uris": [(uri, {}) for uri in REDIRECT_URIS], "response_types_supported": ["code"],
        "grant_types_supported": GRANTS, "token_endpoint_auth_method": method, "client_authn_method": [method],
        "userinfo_endpoint_client_authn_method": ["bearer_header"],
    }


def public_half(key):
    private = key.priv_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (STATE / f"client-{key.kid}.pem").write_bytes(private)
    return key.serialize()


for client, authentication in {
    "test-client": "client_secret_basic", "test-post": "client_secret_post", "test-public": "public",
    "test-secret-jwt": "client_secret_jwt", "test-pkjwt": "private_key_jwt",
}.items():
    add_client(client, authentication)
    server.keyjar.add_symmetric(client, SECRET)
server.keyjar.import_jwks({"keys": [
    public_half(new_rsa_key(kid="rs256", use="sig")),
    public_half(new_ec_key("P-256", kid="es256", use="sig")),
]}, "test-pkjwt")


# ---- HTTP ----

app = Flask(__name__)
asked = []


def serve(one):
    http = {"headers": {name.lower(): value for name, value in request.headers.items()}, "method": request.method,
            "url": request.url, "cookie": [{"name": name, "value": value} for name, value in request.cookies.items()]}
    asked.append(f"{request.method} {request.path}")
    try:
        parsed = one.parse_request(request.values.to_dict(), http_info=http)
        answer = parsed if "error" in parsed else one.process_request(parsed, http_info=http)
    except Exception as error:  # Its refusals of a client are exceptions.
        app.logger.info("refused: %r", error)
        return jsonify(error="invalid_client", error_description=type(error).__name__), 401
    if "error" in answer:
        said = {name: answer[name] for name in ("error", "error_description") if name in answer}
        return jsonify(said), 401 if said["error"] == "invalid_client" else 400
    if "redirect_location" in answer:
        return redirect(answer["redirect_location"])
    return written(one, one.do_response(request=parsed, **answer))


def written(one, out):
    in_the_url = out.get("response_placement", one.response_placement) == "url"
    reply = redirect(out["response"]) if in_the_url else Response(out["response"], out.get("response_code", 200))
    for name, value in out["http_headers"]:
        if name.lower() != "location":
            reply.headers[name] = value
    for cookie in out.get("cookie") or []:
        reply.set_cookie(cookie["name"], cookie["value"], httponly=True)
    return reply


for name, one in server.get_endpoints().items():
    app.add_url_rule(f"/{one.endpoint_path}", name, lambda one=one: serve(one), methods=["GET", "POST"])
app.add_url_rule("/jwks", "jwks", lambda: server.keyjar.export_jwks())
# What was asked of this server, for tests that count: ["POST /token", ...]. Asking for it is not counted.
app.add_url_rule("/_requests", "requests", lambda: jsonify(asked))

if __name__ == "__main__":
    from werkzeug.serving import make_server

    listening = make_server("127.0.0.1", PORT, app, threaded=True)
    print(f"authorization server ready: {ISSUER}", flush=True)
    listening.serve_forever()
