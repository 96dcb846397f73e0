//! `login-code`: a way into the browser that is never the operator's token itself.

use super::{error::Failure, output};
use crate::app::App;
use crate::flows::login;

pub async fn run(app: &App) -> Result<(), Failure> {
    let code = login::new_code(app).await?;
    output::note(&format!(
        "Paste this code at {}, or open {} within ten minutes. It works once.",
        app.settings.public_url.join("/login"),
        link(app, code.expose()),
    ));
    output::line(code.expose())
}

/// The page whose one button spends the code.
pub fn link(app: &App, code: &str) -> String {
    app.settings.public_url.join(&format!("/login?code={code}"))
}
