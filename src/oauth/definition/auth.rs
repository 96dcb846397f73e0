//! Client authentication at the token endpoint (RFC 6749 §2.3, OpenID Connect Core §9).

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// JSON: the method's name, or an object with `method` and its details.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Auth {
    pub method: AuthMethod,
    pub encoding: BasicEncoding,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Found out: in the body first, then HTTP Basic (see [`crate::oauth::auth_alternatives`]).
    #[default]
    Auto,
    /// `client_id` and `client_secret` in the body.
    Post,
    /// HTTP Basic.
    Basic,
    /// A public client: `client_id` alone.
    None,
    ClientSecretJwt,
    PrivateKeyJwt,
    TlsClientAuth,
}

/// How the two halves of HTTP Basic are written: RFC 6749 §2.3.1 wants them form-encoded, many servers take them raw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BasicEncoding {
    /// Found out: form-encoded first, then raw (see [`crate::oauth::auth_alternatives`]).
    #[default]
    Auto,
    Form,
    Raw,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Detailed {
    method: AuthMethod,
    #[serde(default, skip_serializing_if = "super::is_default")]
    encoding: BasicEncoding,
}

impl Serialize for Auth {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.encoding == BasicEncoding::default() {
            self.method.serialize(serializer)
        } else {
            Detailed { method: self.method, encoding: self.encoding }.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Auth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(
            untagged,
            expecting = "client authentication is auto, post, basic, none, client_secret_jwt, private_key_jwt, tls_client_auth, \
                         or an object with `method` and its details"
        )]
        enum Written {
            Method(AuthMethod),
            Detailed(Detailed),
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::Method(method) => Auth { method, encoding: BasicEncoding::default() },
            Written::Detailed(Detailed { method, encoding }) => Auth { method, encoding },
        })
    }
}
