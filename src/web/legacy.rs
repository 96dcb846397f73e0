//! The Python helper's addresses, for bookmarks.

use crate::app::App;
use rocket::State;
use rocket::response::Redirect;

#[rocket::get("/add-client")]
pub fn add_client(app: &State<App>) -> Redirect {
    Redirect::permanent(app.settings.public_url.path("/clients/new"))
}

/// Its clients had numbers; the list shows their names.
#[rocket::get("/client-detail/<_id>")]
pub fn client_detail(app: &State<App>, _id: &str) -> Redirect {
    Redirect::to(app.settings.public_url.path("/"))
}

#[rocket::get("/client-auth/<_id>")]
pub fn client_auth(app: &State<App>, _id: &str) -> Redirect {
    Redirect::to(app.settings.public_url.path("/"))
}
