//! What scripts rely on: exit codes, a stdout that holds the answer alone, and argument lists without secrets.

use std::fs;

use crate::support::{AuthorizationServer, Backend, Program, Redis, Stage, free_port, leaks};

#[tokio::test]
async fn every_exit_code_says_what_to_do_next() {
    let stage = Stage::new(Backend::Embedded).await;
    let program = &stage.program;
    let _server = program.serve().await;
    let said = async |arguments: [&str; 2], code: i32, words: &str| {
        let ran = program.run(arguments).await;
        assert_eq!(ran.code(), code, "{arguments:?}: {ran:?}");
        assert!(ran.err().contains(words), "{arguments:?}: {ran:?}");
        assert_eq!(ran.out(), "", "{arguments:?}");
    };
    said(["token", "music"], 3, "oauth-helper authorize music").await;
    said(["token", "none"], 4, "oauth-helper client list").await;
    said(["tokn", "music"], 2, "token").await;
    said(["token", "Not A Name"], 2, "Not A Name").await;
    said(["token", "--min-valid=soon"], 2, "a number of seconds").await;
    said(["token", "--min-valid=-5"], 2, "a number of seconds").await;
    said(["client", "import"], 2, "FILE").await;
    let empty = program.file("empty", "\n");
    let nothing = program.run(["client", "import", &empty]).await;
    assert!(nothing.code() == 2 && nothing.err().contains("nothing in it"), "{nothing:?}");
    let keys = program.run(["api-key", "list"]).await.done();
    assert!(keys.out().is_empty() && keys.err().contains("api-key create"), "{keys:?}");

    stage.authorized().await;
    program.run(["token", "music"]).await.done();
    let wrong = program.file("wrong", "wrong-wrong-wrong-wrong");
    program.run(["client", "edit", "music", "--client-secret-file", &wrong]).await.done();
    said(["refresh", "music"], 5, "invalid_client").await;
    stage.set(&format!("token.url=http://127.0.0.1:{}/", free_port())).await;
    said(["refresh", "music"], 6, "could not be reached").await;

    let redis = Redis::start().await;
    let nowhere = Program::new(Backend::Redis(&redis));
    drop(redis);
    let ran = nowhere.run(["token", "music"]).await;
    assert_eq!(ran.code(), 7, "{ran:?}");
    assert!(ran.err().contains("Redis at 127.0.0.1") && ran.err().lines().count() <= 3, "{ran:?}");
}

#[tokio::test]
async fn stdout_holds_the_answer_and_nothing_else() {
    let stage = Stage::with(Program::embedded().with("LOG__LEVEL", "trace"), &[]).await;
    let _server = stage.program.serve().await;
    stage.authorized_and_expired().await;
    let ran = stage.program.run(["token", "music"]).await.done();
    let token = String::from_utf8(ran.stdout.clone()).expect("UTF-8");
    assert!(token.ends_with('\n') && token.trim_end().bytes().all(|b| b.is_ascii_graphic()), "{token:?}");
    assert!(!leaks(&ran.stderr, token.trim_end()), "{ran:?}");
    let token = token.trim_end();
    let formats = [
        ("raw", token.to_owned()),
        ("header", format!("Authorization: Bearer {token}")),
        ("env", format!("ACCESS_TOKEN='{token}'")),
    ];
    for (format, expected) in formats {
        assert_eq!(stage.program.run(["token", "music", "--format", format]).await.done().out(), expected);
    }
    let sasl = stage.program.run(["token", "music", "--format", "xoauth2"]).await;
    assert_eq!((sasl.code(), sasl.out()), (2, String::new()));
    assert!(sasl.err().contains("music@you@example.com"), "a mailbox has no default: {sasl:?}");
    let evaluated = "eval \"$(oauth-helper token music --format env)\"; printf %s \"$ACCESS_TOKEN\"";
    assert_eq!(stage.program.shell(evaluated).await.done().out(), token);
}

#[tokio::test]
async fn a_reader_that_goes_away_is_no_failure() {
    let program = Program::embedded();
    for arguments in
        [["client", "list", "--json"], ["status", "--json", "--port=8080"], ["completions", "zsh", "--port=1"]]
    {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = program.command(arguments).stdout(writer).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !said.contains("panic"), "{arguments:?}: {output:?}");
    }
}

#[tokio::test]
async fn no_argument_list_holds_a_secret() {
    let stage = Stage::new(Backend::Embedded).await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let token = stage.program.run(["token", "music"]).await.done().out();
    let asking = stage.program.start(["authorize", "music@other"]);
    asking.line("/auth?").await;
    let secrets = [&token, AuthorizationServer::CLIENT_SECRET, Program::LOGIN_TOKEN, Program::ENCRYPTION_KEY];
    let processes = fs::read_dir("/proc").expect("/proc").flatten();
    let arguments: Vec<u8> = processes.flat_map(|it| fs::read(it.path().join("cmdline")).unwrap_or_default()).collect();
    assert!(leaks(&arguments, "music@other"), "this process is among them");
    assert!(!secrets.iter().any(|secret| leaks(&arguments, secret)));

    let refused = stage.program.run(["client", "edit", "music", "--set", "client_secret=canary-on-argv"]).await;
    assert_eq!(refused.code(), 2);
    assert!(refused.err().contains("--client-secret-file") && !refused.err().contains("canary"), "{refused:?}");
}

#[tokio::test]
async fn a_wrong_setting_is_named_and_its_value_is_not_shown() {
    for (name, value, words) in [
        ("PORT", "canary", "1 to 65535"),
        ("PROT", "canary", "did you mean OAUTHCLIENT_PORT"),
        ("LOGIN__TOKEN", "canary", "LOGIN__TOKEN"),
        ("LOGIN__TOKEN_FILE", "/no/such/file", "/no/such/file"),
        ("ENCRYPTION__KEY", "canary", "32 bytes"),
        ("PUBLIC_URL", "ftp://canary", "OAUTHCLIENT_PUBLIC_URL"),
        ("MESSAGE_QUEUE__URL", "http://user:canary@redis", "redis://"),
        ("TLS__CERTS", "/no/such/certificate", "TLS__KEY"),
        ("LOG__LEVEL", "canary", "debug"),
    ] {
        for verb in ["serve", "status"] {
            let ran = Program::embedded().with(name, value).run([verb]).await;
            assert_eq!(ran.code(), 2, "{name}: {ran:?}");
            let said = ran.err();
            assert!(said.contains(&format!("OAUTHCLIENT_{name}")) && said.contains(words), "{said}");
            assert!(!said.contains("canary"), "{said}");
        }
    }
    let redis = Redis::start().await;
    let keyless = Program::new(Backend::Redis(&redis)).without("ENCRYPTION__KEY_FILE").run(["serve"]).await;
    assert_eq!(keyless.code(), 2);
    assert!(keyless.err().contains("OAUTHCLIENT_ENCRYPTION__KEY"), "{keyless:?}");
    assert!(redis.raw_dump().await.is_empty(), "nothing was written");
}

#[tokio::test]
async fn the_doctor_finds_what_is_wrong_and_says_what_to_do() {
    let stage = Stage::new(Backend::Embedded).await;
    let healthy = stage.program.run(["doctor"]).await.done();
    assert!(healthy.err().contains("is not running") && !healthy.err().contains("BAD"), "{healthy:?}");
    let server = stage.program.serve().await;
    assert!(stage.program.run(["doctor"]).await.done().err().contains("listens"));
    drop(server);

    stage.set(r#"client_secret={"env": "NOT_SET"}"#).await;
    let ill = stage.program.run(["doctor"]).await;
    assert_eq!(ill.code(), 1, "{ill:?}");
    assert!(ill.err().contains("BAD   client music") && ill.err().contains("NOT_SET"), "{ill:?}");
    fs::write(stage.program.token_cache(), "{").expect("it can be written");
    let ill = stage.program.run(["doctor"]).await;
    assert_eq!(ill.code(), 1, "{ill:?}");
    assert!(ill.err().contains("line 1, column"), "{ill:?}");
}

#[tokio::test]
async fn a_port_in_use_is_said_in_one_sentence() {
    let program = Program::embedded();
    let _server = program.serve().await;
    let second = program.run(["serve"]).await;
    assert_eq!(second.code(), 1, "{second:?}");
    assert!(second.err().contains("the port is in use") && second.err().contains("OAUTHCLIENT_PORT"), "{second:?}");
    assert!(!second.err().contains("panic"), "{second:?}");
}
