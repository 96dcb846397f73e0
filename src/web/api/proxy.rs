//! The authenticating proxy: any request, sent to the client's API with its token attached.

mod body;

use super::{Answer, Caller};
use crate::app::App;
use crate::authorization_server::Relaying;
use crate::flows::api_keys::Verb;
use crate::flows::proxy::{self as flow, Request as Passed, Target};
use crate::oauth::name::ClientName;
use crate::oauth::proxied::{self, ACCOUNT, PROXIED};
use crate::web::problem::{Problem, Problems};
use body::{CHUNK, Ending, Upload};
use rocket::data::Data;
use rocket::http::{Header, Method, Status};
use rocket::request::Request;
use rocket::response::Response;
use rocket::route::{Handler, Outcome};
use rocket::{Route, async_trait};

const RENAMING: &[u8] = b"_method=";
/// Every method that has a route; Rocket knows no others.
const METHODS: [Method; 7] =
    [Method::Get, Method::Head, Method::Options, Method::Post, Method::Put, Method::Patch, Method::Delete];

/// One route for each method. Each is the function below: Rocket's own handlers could not stream both ways at once.
pub fn routes() -> Vec<Route> {
    METHODS.into_iter().map(|method| Route::new(method, "/proxy/<name>/<_..>", Proxy)).collect()
}

#[derive(Clone, Copy, Debug)]
struct Proxy;

#[async_trait]
impl Handler for Proxy {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        match proxy(request, data).await {
            Ok(response) => Outcome::Success(response),
            Err(problem) => Outcome::from(request, problem),
        }
    }
}

/// The request, sent to the client's `api.base_url` with its token attached; the answer as it comes.
///
/// Method, query, headers and body go along as they are, without the key, cookies and what counts for one hop. Bodies are
/// streamed. After a 401 the token is refreshed and the request sent once more, if it has no body or one of at most 64 KiB
/// with a `Content-Length`. Redirects are not followed. The path cannot leave the base URL. An answer of the API carries
/// `OAuthClient-Proxied`; one without is this program's own.
#[utoipa::path(
    method(get, head, options, post, put, patch, delete),
    path = "/proxy/{name}/{path}",
    operation_id = "proxy",
    tag = "proxy",
    params(
        ("name" = String, Path),
        ("path" = String, Path, description = "The rest of the path, slashes and all, and the query"),
        ("oauthclient-account" = Option<String>, Header, description = "`default` unless said"),
    ),
    responses((status = 200, description = "What the API answers, with whichever status"), Problems),
)]
pub async fn proxy<'r>(request: &'r Request<'_>, mut data: Data<'r>) -> Answer<Response<'r>> {
    let app = request.rocket().state::<App>().ok_or_else(Problem::internal)?;
    let (name, path) = asked(request).ok_or_else(|| Problem::of_status(Status::NotFound))?;
    let name = Caller::of(request).await?.grant(Verb::Proxy, name, request.headers().get_one(ACCOUNT))?;
    let headers: Vec<Header<'_>> = request.headers().iter().collect();
    let headers = headers.iter().map(|header| (header.name.as_str(), &*header.value)).collect();
    let query = request.uri().query().map(|query| query.as_str());
    let method = method(request, &mut data).await;
    let (body, upload) = body::read(request, data).await?;
    let target = Target::Path { path, query };
    let answering = flow::send(app, &name, Passed { method, target, headers, body });
    let (answer, upload) = upload.beside(answering).await;
    Ok(passed_back(answer.map_err(|error| Problem::of(app, error))?, upload, &name.client))
}

/// The client's name and the rest of the path, as they stand in the request.
fn asked<'r>(request: &'r Request<'_>) -> Option<(&'r str, &'r str)> {
    let base = request.route()?.uri.base();
    let below = request.uri().path().as_str().strip_prefix(base)?.strip_prefix("/proxy/")?;
    Some(below.split_once('/').unwrap_or((below, "")))
}

/// As it was sent. Rocket takes a posted form whose first field is `_method` for a request with that method.
async fn method(request: &Request<'_>, data: &mut Data<'_>) -> &'static str {
    let is_form = request.content_type().is_some_and(|kind| kind.is_form());
    if is_form && data.peek(RENAMING.len()).await == RENAMING {
        return Method::Post.as_str();
    }
    request.method().as_str()
}

fn passed_back<'r>(answer: Relaying, upload: Upload<'r>, client: &ClientName) -> Response<'r> {
    let mut response = Response::new();
    response.set_status(Status::new(answer.status()));
    for (name, value) in proxied::response_headers(&answer.headers()) {
        response.adjoin_raw_header(name.to_owned(), value.into_owned());
    }
    response.set_raw_header(PROXIED, client.to_string());
    let ending = match answer.length() {
        Some(length) => {
            response.set_raw_header("Content-Length", length.to_string());
            Ending::Counted
        }
        None => Ending::Open,
    };
    response.set_streamed_body(upload.and_then(answer.into_body(), ending));
    response.set_max_chunk_size(CHUNK);
    response
}
