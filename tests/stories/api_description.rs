//! What a program learns of the API from the API itself.

use std::path::Path;
use std::process::Command;

use crate::support::{Answer, Api, Program, http};

const VALIDATOR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/openapi");

#[tokio::test]
async fn the_api_describes_itself_to_whoever_has_a_key() {
    let program = Program::embedded().with("PUBLIC_URL", "https://tokens.example/oauth");
    let _server = program.serve().await;
    let key = program.run(["api-key", "create", "a tool", "--allow", "status:read"]).await.done().out();
    let at = format!("http://127.0.0.1:{}/api/v1/openapi.json", program.port());
    let request = || http().get(&at).header("host", "tokens.example");
    assert_eq!(Answer::to(request()).await.problem(), (401, "invalid_key".to_owned()));
    let described = Answer::to(request().bearer_auth(key)).await;
    assert_eq!((described.status, described.header("content-type")), (200, "application/json"));
    assert_eq!(described.json()["servers"][0]["url"], "https://tokens.example/oauth/api/v1");
    assert_eq!(described.json()["components"]["securitySchemes"]["key"]["scheme"], "bearer");
}

#[tokio::test]
async fn the_description_is_valid_openapi() {
    let folder = Path::new(VALIDATOR);
    assert!(folder.join("node_modules").exists(), "run `npm ci --ignore-scripts` in {VALIDATOR}, or scripts/test");
    let program = Program::embedded();
    let _server = program.serve().await;
    let description = Api::of(&program).await.get("/openapi.json").await.body;
    let validate = |document: &str| {
        let mut node = Command::new("node");
        node.arg("validate.mjs").current_dir(folder);
        assert_cmd::Command::from_std(node).write_stdin(document).output().expect("node runs")
    };
    let said = validate(&description);
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    assert!(!validate(&description.replace("\"responses\"", "\"answers\"")).status.success());
}
