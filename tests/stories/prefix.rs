//! Below a path of another server, behind a proxy that may or may not take that path away.

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{Answer, Api, Program, Stage, free_port, http};

#[tokio::test]
async fn everything_works_below_a_path() {
    let program = Program::embedded();
    let public = format!("http://127.0.0.1:{}/oauth", program.port());
    tells_the_story(program.with("PUBLIC_URL", &public)).await;
}

#[tokio::test]
async fn everything_works_behind_a_proxy_that_strips_the_path() {
    let (program, port) = (Program::embedded(), free_port());
    let proxy = TcpListener::bind(("127.0.0.1", port)).await.expect("a free port");
    let upstream = format!("127.0.0.1:{}", program.port());
    tokio::spawn(strip(proxy, upstream));
    tells_the_story(program.with("PUBLIC_URL", &format!("http://127.0.0.1:{port}/oauth/"))).await;
}

async fn tells_the_story(program: Program) {
    let stage = Stage::with(program, &[]).await;
    let program = &stage.program;
    let _server = program.serve().await;
    assert!(program.redirect_uri().ends_with("/oauth/auth_callback"));
    let mut agent = stage.authorized().await;
    for path in ["/", "/clients/music", "/clients/music/edit", "/clients/new", "/no-such-page"] {
        let page = agent.open(&program.url(path)).await;
        for (selector, attribute) in
            [("a[href]", "href"), ("form", "action"), ("link[href]", "href"), ("script", "src")]
        {
            for link in page.attributes(selector, attribute) {
                let ours = link.starts_with('/') && !link.starts_with("//");
                assert!(!ours || link.starts_with("/oauth/"), "{path}: {link} leaves the path");
            }
        }
        for file in page.attributes("link[rel=stylesheet], link[rel=icon]", "href") {
            let url = format!("{}{}", program.public_url().trim_end_matches("/oauth"), file);
            assert_eq!(Answer::to(http().get(url)).await.status, 200, "{file}");
        }
    }
    agent.open(&program.url("/clients/music/edit")).await;
    let page = agent.press("Save", &[("service", "Below")]).await;
    assert_eq!(page.url.as_str(), program.url("/clients/music"));
    assert_eq!(Api::of(program).await.get("/clients/music/token").await.status, 200);
    let page = agent.press("Log out", &[]).await;
    assert_eq!(page.url.as_str(), program.url("/login"));
    let page = agent.open(&program.url("/clients/music?a=b")).await;
    assert_eq!(page.url.path(), "/oauth/login");
    let page = agent.submit(&[("token", Program::LOGIN_TOKEN)]).await;
    assert_eq!(page.url.as_str(), program.url("/clients/music?a=b"));
}

/// A proxy that takes `/oauth` away, one request a connection.
async fn strip(proxy: TcpListener, upstream: String) {
    while let Ok((mut browser, _)) = proxy.accept().await {
        let upstream = upstream.clone();
        tokio::spawn(async move {
            let mut head = Vec::new();
            while !head.windows(4).any(|window| window == b"\r\n\r\n") {
                if browser.read_buf(&mut head).await.unwrap_or(0) == 0 {
                    return;
                }
            }
            let head = String::from_utf8_lossy(&head);
            let head = head.replacen(" /oauth", " ", 1).replacen("  HTTP", " / HTTP", 1).replacen(" ?", " /?", 1);
            let head = head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
            let mut server = TcpStream::connect(upstream).await.expect("the program listens");
            server.write_all(head.as_bytes()).await.expect("it reads");
            _ = copy_bidirectional(&mut browser, &mut server).await;
        });
    }
}
