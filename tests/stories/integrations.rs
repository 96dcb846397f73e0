//! Programs that ask for a credential in their own way: git, kubectl, mail programs, shells.

use std::fs;
use std::process::Command;

use serde_json::json;

use crate::support::{AuthorizationServer, Backend, Program, Stage};

/// `music`, with a token and without a browser.
async fn stage() -> Stage {
    let stage = Stage::new(Backend::Embedded).await;
    stage.set("grant=client_credentials").await;
    stage.set("scopes=[]").await;
    stage
}

#[tokio::test]
async fn git_gets_a_token_for_its_host_and_another_one_when_that_was_refused() {
    let stage = stage().await;
    let program = &stage.program;
    let token = program.run(["token", "music"]).await.done().out();
    let git = async |helper: &str, url: &str, verb: &str| {
        let (protocol, host) = url.split_once("://").expect("a URL");
        let asked = format!("printf 'protocol={protocol}\\nhost={host}\\n{verb}\\n'");
        let verb = if verb.is_empty() { "fill" } else { "reject" };
        let line = format!("{asked} | GIT_TERMINAL_PROMPT=0 git -c credential.helper='{helper}' credential {verb}");
        program.shell(&line).await
    };
    let named = "!oauth-helper git-credential --client music";
    let filled = git(named, "https://git.example.com", "").await.done();
    assert!(filled.out().contains(&format!("username=oauth2\npassword={token}")), "{filled:?}");
    let nothing = git(named, "http://git.example.com", "").await;
    assert!(nothing.code() != 0 && !nothing.out().contains("password"), "the network would read along: {nothing:?}");

    let by_host = "!oauth-helper git-credential --username me";
    let unknown = git(by_host, "https://git.example.com", "").await;
    assert!(unknown.code() != 0 && !unknown.out().contains("password"), "no client is of this host: {unknown:?}");
    stage.set("api.base_url=https://git.example.com/api").await;
    let filled = git(by_host, "https://git.example.com", "").await.done();
    assert!(filled.out().contains(&format!("username=me\npassword={token}")), "{filled:?}");
    assert_ne!(git(by_host, "https://git.example.com:8443", "").await.code(), 0, "another port is another host");

    let refused = format!("username=oauth2\\npassword={token}\\n");
    git(named, "https://git.example.com", &refused).await.done();
    let second = program.run(["token", "music"]).await.done().out();
    assert_ne!(second, token, "a refused token is not offered again");
    git(named, "https://git.example.com", &refused).await.done();
    assert_eq!(program.run(["token", "music"]).await.done().out(), second, "it is not the current one any more");

    stage.add_client("forge").await;
    let ended = git("!oauth-helper git-credential --client forge", "https://git.example.com", "").await;
    assert!(ended.code() != 0 && ended.err().contains("oauth-helper authorize forge"), "{ended:?}");
    assert!(ended.err().contains("quit"), "a script is not asked for a password: {ended:?}");
}

#[tokio::test]
async fn kubectl_gets_a_credential_with_its_end() {
    let stage = stage().await;
    let token = stage.program.run(["token", "music", "--format", "json"]).await.done().json();
    let credential = stage.program.run(["kubectl-credential", "music"]).await.done().json();
    assert_eq!(credential["apiVersion"], "client.authentication.k8s.io/v1");
    assert_eq!(
        (&credential["kind"], &credential["status"]["token"]),
        (&json!("ExecCredential"), &token["access_token"])
    );
    let end = credential["status"]["expirationTimestamp"].as_str().expect("an end");
    assert!(end.ends_with('Z') && end.starts_with("20"), "{end}");
}

/// Against a resource that wants a bearer token over TLS; kubectl sends none without.
#[tokio::test]
async fn kubectl_itself_reads_the_credential() {
    if Command::new("kubectl").arg("version").arg("--client").output().is_err() {
        eprintln!("kubectl is not installed here");
        return;
    }
    let program = Program::embedded();
    let server = AuthorizationServer::with_mutual_tls(&program.redirect_uri()).await;
    let stage = Stage { program, authorization_server: server };
    stage.add_client("music").await;
    let _server = stage.program.serve().await;
    stage.authorized().await;
    let metadata = stage.authorization_server.metadata().await;
    let me = metadata["mtls_endpoint_aliases"]["userinfo_endpoint"].as_str().expect("an address over TLS");
    let origin = me.trim_end_matches("/me");
    let ca = stage.authorization_server.state().join("ca.crt");
    let line = format!(
        "export KUBECONFIG=$HOME/kubeconfig
         kubectl config set-cluster c --server={origin} --certificate-authority={} >/dev/null
         kubectl config set-credentials me --exec-api-version=client.authentication.k8s.io/v1 \\
             --exec-interactive-mode=Never --exec-command=oauth-helper \\
             --exec-arg=kubectl-credential --exec-arg=music >/dev/null
         kubectl --cluster=c --user=me get --raw /me",
        ca.display()
    );
    let said = stage.program.shell(&line).await.done();
    assert_eq!(said.json()["sub"], "alice", "{said:?}");
}

#[tokio::test]
async fn mail_programs_get_the_message_they_send() {
    let stage = stage().await;
    let token = stage.program.run(["token", "music"]).await.done().out();
    for (format, expected) in [
        ("xoauth2", format!("user=me@example.com\x01auth=Bearer {token}\x01\x01")),
        ("oauthbearer", format!("n,a=me@example.com,\x01auth=Bearer {token}\x01\x01")),
    ] {
        let line = format!("oauth-helper token music --format {format} --user me@example.com | base64 -d");
        assert_eq!(stage.program.shell(&line).await.done().stdout, expected.into_bytes());
    }
}

#[tokio::test]
async fn the_tab_key_knows_verbs_options_and_clients() {
    let stage = stage().await;
    stage.add_client("mail").await;
    stage.program.run(["token", "music@work"]).await.done();
    let press = async |words: &str| {
        let script = format!(
            "source <(oauth-helper completions bash)
             COMP_WORDS=({words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 )); COMP_TYPE=9
             definition=($(complete -p oauth-helper)); function=$(printf '%s\\n' \"${{definition[@]}}\" | grep -A1 -- '^-F$' | tail -1)
             $function oauth-helper \"${{COMP_WORDS[$COMP_CWORD]}}\" ''; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        let file = stage.program.file("complete.bash", &script);
        let out = stage.program.shell(&format!("bash {file}")).await.done().out();
        out.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(press("oauth-helper kube").await, ["kubectl-credential"]);
    assert_eq!(press("oauth-helper token mu").await, ["music", "music@work"]);
    assert_eq!(press("oauth-helper client show m").await, ["mail", "music"]);
    assert_eq!(press("oauth-helper token music --form").await, ["--format"]);
    assert!(!press("oauth-helper token m ''").await.contains(&"--data-dir".to_owned()), "settings do not crowd it");
    assert_eq!(press("oauth-helper watch --client m").await, ["mail", "music"]);
    assert_eq!(press("oauth-helper watch --event auth").await, ["authorized", "authorization_required"]);
    assert_eq!(press("oauth-helper client discover mu").await, ["music"]);
    assert_eq!(press("oauth-helper client add desk --preset zend").await, ["zendesk"]);
    assert_eq!(press("oauth-helper api-key create x --allow grants").await, ["grants:write", "grants:authorize"]);
    let key = stage.program.run(["api-key", "create", "x"]).await.done().out();
    assert_eq!(press("oauth-helper api-key revoke ''").await[0], key[4..20]);
    for shell in ["zsh", "fish", "powershell", "elvish"] {
        let script = stage.program.run(["completions", shell]).await.done().out();
        assert!(script.contains("OAUTH_HELPER_COMPLETE"), "{shell}: {script}");
    }
}

#[tokio::test]
async fn the_manual_has_a_page_for_each_verb() {
    let program = Program::embedded();
    program.run(["man", "manual"]).await.done();
    let page = |name: &str| fs::read_to_string(program.home().join("manual").join(name)).expect("a page");
    assert!(page("oauth-helper.1").contains(".SH"));
    assert!(page("oauth-helper-token.1").contains("xoauth2"));
    assert!(page("oauth-helper-token.1").contains("Folder of keys"), "the settings are explained, too");
    assert!(page("oauth-helper-client-add.1").contains("issuer"));
}
