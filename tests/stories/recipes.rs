//! docs/scripting.md, run as it is written: only the addresses are those of the test.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Backend, Program, Ran, Stage, TokenEndpoint};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/scripting.md");
const API: &str = "https://calendar.example.com/v1/me";
/// What only the recipe has that needs a Redis, see [`super::published`].
const FROM_REDIS: &str = "import redis\n";
const SERVER: &str = "https://oauth.example.com";

/// What stands between two fences.
#[derive(Debug, Clone)]
struct Recipe {
    language: String,
    text: String,
}

/// All of the document, and what they need: `calendar` is authorized, the others ask in their own name.
struct Kitchen {
    stage: Stage,
    recipes: Vec<Recipe>,
}

impl Kitchen {
    async fn new() -> Self {
        let stage = Stage::new(Backend::Embedded).await;
        let program = &stage.program;
        stage.add_client("calendar").await;
        for name in ["forge", "mail", "cluster"] {
            stage.add_client(name).await;
            let own = ["client", "edit", name, "--set", "grant=client_credentials", "--set", "scopes=[]"];
            program.run(own).await.done();
        }
        let server = program.serve().await;
        let mut agent = stage.operator().await;
        let callback = stage.callback(&mut agent, "calendar").await;
        agent.arrive(&callback).await;
        drop(server);
        let key = program.run(["api-key", "create", "sync", "--client", "calendar"]).await.done().out();
        fs::write(program.home().join("sync.key"), key).expect("a file in the home");
        let text = fs::read_to_string(DOCUMENT).expect("the document");
        let text = text.replace(API, &stage.authorization_server.url("/me")).replace(SERVER, &program.public_url());
        Self { recipes: recipes(&text), stage }
    }

    fn of(&self, language: &str) -> Vec<&str> {
        let found: Vec<_> = self.recipes.iter().filter(|recipe| recipe.language == language).collect();
        assert!(!found.is_empty(), "there is no recipe in {language}");
        found.into_iter().map(|recipe| recipe.text.as_str()).collect()
    }

    /// Runs a recipe that is a file of its own, as whoever has the key of the other container.
    async fn run_file(&self, name: &str, text: &str, interpreter: &str) -> Ran {
        let file = self.stage.program.file(name, text);
        let server =
            format!("OAUTHCLIENT_SERVER={} OAUTHCLIENT_API_KEY_FILE=sync.key", self.stage.program.public_url());
        let environment = if text.contains("OAUTHCLIENT_SERVER") { server } else { String::new() };
        self.program().shell(&format!("{environment} {interpreter} {file}")).await
    }

    fn program(&self) -> &Program {
        &self.stage.program
    }
}

/// The one that reads the Python helper's keys, for this API.
pub fn from_redis(api: &str) -> String {
    let text = fs::read_to_string(DOCUMENT).expect("the document").replace(API, api);
    let recipe = recipes(&text).into_iter().find(|recipe| recipe.text.contains(FROM_REDIS));
    recipe.expect("a recipe that reads from Redis").text
}

fn recipes(text: &str) -> Vec<Recipe> {
    let mut recipes: Vec<Recipe> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(language) if !inside => recipes.push(Recipe { language: language.to_owned(), text: String::new() }),
            Some(_) => {}
            None if inside => recipes.last_mut().expect("a fence").text.push_str(&format!("{line}\n")),
            None => continue,
        }
        inside ^= line.starts_with("```");
    }
    recipes
}

/// What a recipe prints that calls the API.
fn assert_called(recipe: &str, ran: Ran) {
    let ran = ran.done();
    assert!(!recipe.contains("/me") || ran.out().contains("alice"), "{recipe}\n{ran:?}");
}

fn is_installed(command: &str) -> bool {
    Command::new(command).arg("--version").output().is_ok()
}

#[tokio::test]
async fn every_recipe_for_a_shell_works() {
    let kitchen = Kitchen::new().await;
    let _server = kitchen.program().serve().await;
    for recipe in kitchen.of("sh") {
        if recipe.starts_with("kubectl") && !is_installed("kubectl") {
            eprintln!("kubectl is not installed here");
            continue;
        }
        // What is called with the token is the reader's.
        let recipe = recipe.replace("gh api user", "printenv GH_TOKEN");
        assert_called(&recipe, kitchen.program().shell(&format!("set -e\n{recipe}")).await);
    }
    for recipe in kitchen.of("bash") {
        assert_called(recipe, kitchen.run_file("recipe.bash", recipe, "bash").await);
    }
    let filled = "printf 'protocol=https\\nhost=git.example.com\\n\\n' | GIT_TERMINAL_PROMPT=0 git credential fill";
    let token = kitchen.program().run(["token", "forge"]).await.done().out();
    assert!(kitchen.program().shell(filled).await.done().out().contains(&token), "git was taught");
}

#[tokio::test]
async fn every_recipe_for_a_language_works() {
    let kitchen = Kitchen::new().await;
    let _server = kitchen.program().serve().await;
    let installed = [
        ("python", "recipe.py", "python3", true),
        ("js", "recipe.mjs", "node", true),
        ("go", "recipe.go", "go run", true),
        ("powershell", "recipe.ps1", "pwsh -NoProfile -File", is_installed("pwsh")),
    ];
    for (language, name, interpreter, is_installed) in installed {
        for recipe in kitchen.of(language).into_iter().filter(|recipe| !recipe.contains(FROM_REDIS)) {
            if is_installed {
                assert_called(recipe, kitchen.run_file(name, recipe, interpreter).await);
            } else {
                eprintln!("{interpreter} is not installed here");
            }
        }
    }
}

/// Where PowerShell cannot be had, its grammar can.
#[test]
fn the_recipe_for_powershell_is_well_formed() {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).expect("the grammar");
    let mut is_well_formed = |text: &str| !parser.parse(text, None).expect("a tree").root_node().has_error();
    assert!(!is_well_formed("$headers = @{ Authorization = \"Bearer"));
    let recipes = recipes(&fs::read_to_string(DOCUMENT).expect("the document"));
    let mut found = recipes.iter().filter(|recipe| recipe.language == "powershell").peekable();
    assert!(found.peek().is_some());
    for recipe in found {
        assert!(is_well_formed(&recipe.text), "{}", recipe.text);
    }
}

#[tokio::test]
async fn a_python_script_gets_another_token_when_the_api_refuses_the_first() {
    let kitchen = Kitchen::new().await;
    let _server = kitchen.program().serve().await;
    let token = kitchen.program().run(["token", "calendar"]).await.done().out();
    let recipe = kitchen.of("python").into_iter().find(|text| text.contains("rejected")).expect("it tries again");
    let api = TokenEndpoint::start().await;
    let recipe = recipe.replace(&kitchen.stage.authorization_server.url("/me"), &api.url());
    let (ran, ()) = rocket::tokio::join!(kitchen.run_file("recipe.py", &recipe, "python3"), async {
        let first = api.asked().await;
        assert!(first.text.contains(&token), "{}", first.text);
        first.answer("401 Unauthorized", json!({})).await;
        let second = api.asked().await;
        assert!(second.text.contains("Bearer ") && !second.text.contains(&token), "{}", second.text);
        second.answer("200 OK", json!({"sub": "alice"})).await;
    });
    assert!(ran.done().out().contains("alice"));
    assert_ne!(kitchen.program().run(["token", "calendar"]).await.done().out(), token);
}

#[tokio::test]
async fn what_cron_and_systemd_start_works() {
    let kitchen = Kitchen::new().await;
    let fetched = kitchen.program().home().join("me.json");
    let cron = kitchen.of("crontab");
    let jobs = cron.iter().flat_map(|tab| tab.lines()).filter(|line| line.starts_with(['*', '0']));
    let jobs = jobs.filter_map(|line| line.splitn(6, ' ').nth(5)).map(str::to_owned);
    let units = kitchen.of("systemd").join("\n");
    let service = units.lines().filter_map(|line| line.strip_prefix("Exec")?.split_once('='));
    let service = service.map(|(_, command)| command.replace("/usr/local/bin/", "").replace("%h", "$HOME"));
    let lines: Vec<String> = jobs.chain(service).collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    for line in lines {
        let ran = kitchen.program().shell(&line).await.done();
        assert_eq!(ran.out(), "", "cron would mail it");
        let is_fetch = line.contains("curl");
        assert!(!is_fetch || fs::read_to_string(&fetched).expect("it is fetched").contains("alice"), "{line}");
        let _ = fs::remove_file(&fetched);
    }
}

#[tokio::test]
async fn systemd_understands_the_units() {
    if !is_installed("systemd-analyze") {
        eprintln!("systemd is not installed here");
        return;
    }
    let kitchen = Kitchen::new().await;
    let folder = kitchen.program().home().join("units");
    fs::create_dir(&folder).expect("a folder");
    for unit in kitchen.of("systemd") {
        let name = if unit.contains("[Timer]") { "sync.timer" } else { "sync.service" };
        let unit = unit.replace("/usr/local/bin/oauth-helper", env!("CARGO_BIN_EXE_oauth-helper"));
        fs::write(folder.join(name), unit).expect("a unit");
    }
    for name in ["sync.service", "sync.timer"] {
        let said = kitchen.program().shell(&format!("systemd-analyze verify units/{name} 2>&1")).await;
        let ours = said.out().lines().any(|line| line.contains("sync."));
        assert!(said.code() == 0 && !ours, "{name}: {said:?}");
    }
}

#[tokio::test]
async fn an_init_container_waits_as_its_description_says() {
    let kitchen = Kitchen::new().await;
    let _server = kitchen.program().serve().await;
    for text in kitchen.of("yaml") {
        let parse = "python3 -c 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)'";
        let file = kitchen.program().file("recipe.yaml", text);
        let described = kitchen.program().shell(&format!("{parse} < {file}")).await.done().json();
        let compose = &described["services"]["authorized"];
        let pod = &described["spec"]["initContainers"][0];
        let (arguments, variables) = match compose {
            Value::Null => (&pod["args"], of_pod(&pod["env"])),
            compose => (&compose["command"], of_compose(&compose["environment"])),
        };
        let arguments: Vec<&str> = arguments.as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        assert_eq!(arguments[0], "wait");
        let lines: Vec<String> = variables.iter().map(|(name, value)| format!("{name}='{value}'")).collect();
        assert!(lines.len() == 2, "{lines:?}");
        let line = lines.join(" ").replace("/run/secrets/sync_key", "sync.key").replace("/key/", "");
        let line = format!("{line} oauth-helper {}", arguments.join(" "));
        let ran = kitchen.program().shell(&line).await.done();
        assert!(ran.err().contains("calendar is authorized"), "{line}: {ran:?}");
    }
}

#[tokio::test]
async fn mail_programs_run_the_command_of_their_configuration() {
    let kitchen = Kitchen::new().await;
    let token = kitchen.program().run(["token", "mail"]).await.done().out();
    let (msmtp, mbsync) = (kitchen.of("msmtp").join(""), kitchen.of("mbsync").join(""));
    let asked = msmtp.lines().chain(mbsync.lines()).filter_map(|line| {
        let command = line.strip_prefix("passwordeval ").or_else(|| line.strip_prefix("PassCmd "))?;
        Some(command.trim_matches('"').to_owned())
    });
    let asked: Vec<_> = asked.collect();
    assert_eq!(asked.len(), 2);
    for command in asked {
        assert_eq!(kitchen.program().shell(&command).await.done().out(), token);
    }
}

#[test]
fn no_recipe_is_left_out() {
    let known = ["sh", "bash", "python", "js", "go", "powershell", "crontab", "systemd", "yaml", "msmtp", "mbsync"];
    let all = recipes(&fs::read_to_string(DOCUMENT).expect("the document"));
    assert!(all.len() > 20);
    for recipe in all {
        assert!(known.contains(&recipe.language.as_str()), "no test runs this: {recipe:?}");
    }
}

fn of_compose(environment: &Value) -> Vec<(String, String)> {
    let pairs = environment.as_object().expect("an object").iter();
    pairs.map(|(name, value)| (name.clone(), value.as_str().expect("a text").to_owned())).collect()
}

fn of_pod(environment: &Value) -> Vec<(String, String)> {
    let text = |entry: &Value, key: &str| entry[key].as_str().expect("a text").to_owned();
    environment.as_array().expect("a list").iter().map(|entry| (text(entry, "name"), text(entry, "value"))).collect()
}
