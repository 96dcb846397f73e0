//! A request to an authorization server and its answer, before and after the network.

use super::secret::Secret;
use serde_json::{Map, Value};
use url::Url;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

#[derive(Debug)]
pub struct Outgoing {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(String, Secret)>,
    pub body: Option<Body>,
}

#[derive(Debug)]
pub struct Body {
    pub content_type: &'static str,
    pub text: Secret,
}

impl Body {
    pub fn form(pairs: &[(String, String)]) -> Self {
        let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        Self { content_type: "application/x-www-form-urlencoded", text: Secret::new(text) }
    }

    pub fn json(pairs: &[(String, String)]) -> Self {
        let fields: Map<String, Value> =
            pairs.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
        Self { content_type: "application/json", text: Secret::new(Value::Object(fields).to_string()) }
    }
}
