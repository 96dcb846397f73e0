//! Style sheet, script and icons, out of the binary.

use super::pages::{Asset, static_file};
use rocket::http::{ContentType, Header, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use std::io::Cursor;

/// A file whose URL changes with its content, so that it may be kept for good.
#[derive(Debug)]
pub struct Cached(Asset);

#[rocket::get("/static/<name>")]
pub fn file(name: &str) -> Option<Cached> {
    static_file(name).map(Cached)
}

impl<'r> Responder<'r, 'static> for Cached {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let Cached(asset) = self;
        let named = request.query_value::<&str>("v").is_some_and(|v| v == Ok(asset.version()));
        let keep = if named { "public, max-age=31536000, immutable" } else { "no-cache" };
        let mut response = Response::build();
        response
            .header(ContentType::parse_flexible(asset.content_type).unwrap_or(ContentType::Binary))
            .header(Header::new("ETag", asset.etag.clone()))
            .header(Header::new("Cache-Control", keep));
        if request.headers().get_one("If-None-Match") == Some(&asset.etag) {
            return response.status(Status::NotModified).ok();
        }
        response.sized_body(asset.bytes.len(), Cursor::new(asset.bytes)).ok()
    }
}
