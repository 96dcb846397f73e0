//! Running other programs with a token: `curl` and `exec`.

use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::support::{Backend, PATIENCE, Process, Stage, TokenEndpoint, in_both_stores, leaks};

in_both_stores!(curl_sends_the_token_and_no_argument_holds_it, a_command_has_each_token_in_its_own_variable);

async fn curl_sends_the_token_and_no_argument_holds_it(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let server = stage.program.serve().await;
    stage.authorized().await;
    let token = stage.program.run(["token", "music"]).await.done().out();
    drop(server);
    let me = stage.authorization_server.url("/me");
    let answer = stage.program.run(["curl", "music", "--", "-sS", &me]).await.done();
    assert_eq!(answer.json()["sub"], "alice", "and the server is not needed");

    stage
        .set(r#"api={"name": "X-Token", "template": "\"{access_token}\\", "headers": {"X-Client": "{client_id}"}}"#)
        .await;
    let api = TokenEndpoint::start().await;
    let mut curl = stage.program.start(["curl", "music", "--", "-q", "-sS", "-d", "a=b", &api.url()]);
    let asked = api.asked().await;
    let text = asked.text.to_lowercase();
    assert!(text.starts_with("post /token http/1.1") && text.ends_with("a=b"), "{text}");
    assert!(asked.text.contains(&format!("X-Token: \"{token}\\\r\nX-Client: test-client\r\n")), "{}", asked.text);
    assert!(!leaks(arguments(&curl), &token), "others see the arguments of every process");
    asked.answer("200 OK", serde_json::json!({"said": "yes"})).await;
    assert!(curl.exit().await.success() && curl.printed().contains("yes"));

    stage.set(r#"api={"token_in": "query", "name": "key", "template": "a&{access_token}"}"#).await;
    let mut curl = stage.program.start(["curl", "music", "--", "-sS", &format!("{}?q=1", api.url())]);
    let asked = api.asked().await;
    assert!(asked.text.starts_with(&format!("GET /token?q=1&key=a%26{token} ")), "{}", asked.text);
    assert!(!leaks(arguments(&curl), &token));
    asked.answer("200 OK", serde_json::json!({})).await;
    assert!(curl.exit().await.success());
    let refused = stage.program.run(["header", "music"]).await;
    assert!(refused.code() == 2 && refused.err().contains("oauth-helper curl music"), "{refused:?}");
}

async fn a_command_has_each_token_in_its_own_variable(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    stage.add_client("robot").await;
    let program = &stage.program;
    program.run(["client", "edit", "robot", "--set", "grant=client_credentials", "--set", "scopes=[]"]).await.done();
    let _server = program.serve().await;
    stage.authorized().await;
    let music = program.run(["token", "music"]).await.done().out();
    let robot = program.run(["token", "robot"]).await.done().out();

    let said = program.run_with_input(["exec", "music", "--", "sh", "-c", "cat; echo $ACCESS_TOKEN"], "in, ").await;
    assert_eq!(said.done().out(), format!("in, {music}"));
    for line in [
        "oauth-helper exec music robot --env A --env B -- sh -c 'echo $A $B'",
        "oauth-helper exec --env A=music --env B=robot -- sh -c 'echo $A $B'",
        "oauth-helper exec robot --env A=music --env B -- sh -c 'echo $A $B'",
    ] {
        assert_eq!(program.shell(line).await.done().out(), format!("{music} {robot}"), "{line}");
    }
    let unclear = program.run(["exec", "music", "robot", "--", "true"]).await;
    assert!(unclear.code() == 2 && unclear.err().contains("--env"), "{unclear:?}");
    assert_eq!(program.run(["exec", "music"]).await.code(), 2, "there is no command");

    let mut held = program.start(["exec", "music", "--", "sh", "-c", "echo ready; exec sleep 60"]);
    held.line("ready").await;
    assert!(leaks(environment(&held), &music) && !leaks(arguments(&held), &music));
    held.signal("TERM");
    assert!(!held.exit().await.success());
}

#[tokio::test]
async fn a_command_ends_as_in_a_shell() {
    let stage = Stage::new(Backend::Embedded).await;
    let program = &stage.program;
    let not_authorized = program.run(["exec", "music", "--", "touch", "ran"]).await;
    assert!(not_authorized.code() == 3 && !program.home().join("ran").exists(), "{not_authorized:?}");
    assert_eq!(program.run(["exec", "none", "--", "true"]).await.code(), 4);

    stage.set("grant=client_credentials").await;
    stage.set("scopes=[]").await;
    let plain = program.file("not-executable", "#!/bin/sh\n");
    for options in ["", "--renew"] {
        for (command, code) in [
            ("true", 0),
            ("sh -c 'exit 7'", 7),
            ("sh -c 'kill -TERM $$'", 143),
            ("sh -c 'kill -KILL $$'", 137),
            ("no-such-command", 127),
            (plain.as_str(), 126),
        ] {
            let line = format!("oauth-helper exec music {options} -- {command}; echo $?");
            let ran = program.shell(&line).await.done();
            assert_eq!(ran.out(), code.to_string(), "{line}: {ran:?}");
        }
    }
    let missing = program.shell("PATH=/nowhere \"$(command -v oauth-helper)\" curl music -- x; echo $?").await.done();
    assert!(missing.out() == "127" && missing.err().contains("curl cannot be started"), "{missing:?}");
    assert_eq!(program.run(["curl", "music", "--", "--no-such-option"]).await.code(), 2, "curl's own code");
}

#[tokio::test]
async fn a_long_command_reads_a_file_that_stays_fresh() {
    let stage = Stage::with(crate::support::Program::embedded(), &[("ACCESS_TTL", "4")]).await;
    stage.set("grant=client_credentials").await;
    stage.set("scopes=[]").await;
    let script = r#"
        first=$(cat "$ACCESS_TOKEN_FILE")
        stat -c '%a %F' "$ACCESS_TOKEN_FILE" "$(dirname "$ACCESS_TOKEN_FILE")"
        while [ "$(cat "$ACCESS_TOKEN_FILE")" = "$first" ]; do sleep 0.05; done
        echo "first $first"; echo "then $(cat "$ACCESS_TOKEN_FILE")"; echo "file $ACCESS_TOKEN_FILE"
        echo "variable ${ACCESS_TOKEN-none}"
        exit 9"#;
    let ran = stage.program.run(["exec", "music", "--renew", "--min-valid", "2", "--", "sh", "-c", script]).await;
    assert_eq!(ran.code(), 9, "{ran:?}");
    let out = ran.out();
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[..2], ["600 regular file", "700 directory"]);
    let after = |word: &str| lines.iter().find_map(|line| line.strip_prefix(word)).unwrap_or_else(|| panic!("{out}"));
    assert!(after("first ").len() > 20 && after("then ").len() > 20 && after("first ") != after("then "), "{out}");
    assert_eq!(after("variable "), "none", "a variable would grow old");
    let file = Path::new(after("file "));
    assert!(!file.parent().expect("a folder").exists(), "the file goes with the command");
    assert!(stage.token_requests().await <= 4, "it is asked for when it is due, not again and again");
}

#[tokio::test]
async fn a_signal_reaches_the_command_and_the_file_still_goes() {
    let stage = Stage::new(Backend::Embedded).await;
    stage.set("grant=client_credentials").await;
    stage.set("scopes=[]").await;
    for (signal, code) in [("TERM", 5), ("INT", 5), ("HUP", 5), ("USR1", 5)] {
        let script = format!("trap 'exit 5' {signal}; echo at $TOKEN_FILE; while :; do sleep 0.05; done");
        let arguments = ["exec", "music", "--env", "TOKEN", "--renew", "--", "sh", "-c", script.as_str()];
        let mut process = stage.program.start(arguments);
        let line = process.line("at /").await;
        let file = Path::new(line.trim_start_matches("at "));
        assert!(file.is_file(), "{line}");
        process.signal(signal);
        assert_eq!(process.exit().await.code(), Some(code), "{signal}: {}", process.printed());
        assert!(!file.parent().expect("a folder").exists(), "{signal}");
    }
}

/// The argument list of a process and of all its children.
fn arguments(process: &Process) -> Vec<u8> {
    of_proc(process, "cmdline")
}

fn environment(process: &Process) -> Vec<u8> {
    of_proc(process, "environ")
}

fn of_proc(process: &Process, what: &str) -> Vec<u8> {
    let began = Instant::now();
    loop {
        let bytes = fs::read(format!("/proc/{}/{what}", process.id())).expect("the process lives");
        // While a process becomes another program, it has none for a moment.
        if !bytes.is_empty() {
            return bytes;
        }
        assert!(began.elapsed() < PATIENCE, "the process lives");
    }
}
