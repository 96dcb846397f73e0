//! `wait`: what has to start after a person has agreed.

use crate::support::{Backend, Stage, in_both_stores};

in_both_stores!(whoever_waits_goes_on_when_a_person_has_agreed);

async fn whoever_waits_goes_on_when_a_person_has_agreed(backend: Backend<'_>) {
    let stage = Stage::new(backend).await;
    let program = &stage.program;
    let _server = program.serve().await;
    let given_up = program.run(["wait", "music", "--timeout", "1s"]).await;
    assert_eq!((given_up.code(), given_up.out()), (3, String::new()), "{given_up:?}");
    assert!(given_up.err().contains("oauth-helper authorize music"), "{given_up:?}");
    assert_eq!(program.run(["wait", "none"]).await.code(), 4);
    assert_eq!(program.run(["wait", "music", "--timeout", "soon"]).await.code(), 2);

    let mut waiting = program.start(["wait", "music"]);
    waiting.line("Waiting:").await;
    stage.authorized().await;
    waiting.line("music is authorized").await;
    assert!(waiting.exit().await.success());
    assert_eq!(program.run(["wait", "music", "--timeout", "1"]).await.done().out(), "", "the token is not printed");
    assert_eq!(program.run(["wait", "music@other", "--timeout", "1"]).await.code(), 3);
}
