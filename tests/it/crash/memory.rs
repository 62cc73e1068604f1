//! What a request costs that is far larger than any of Slack's.

use std::fs;
use std::time::Duration;

use countersign::clock::Clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::harness::{Deployment, Process};

const MIB: usize = 1024 * 1024;

#[derive(Clone, Copy, Debug)]
enum Framing {
    Length,
    Chunks,
}

#[tokio::test]
async fn sixty_four_mebibytes_take_less_than_two() {
    if !cfg!(target_os = "linux") {
        println!("skipped: a process's peak memory is read from /proc, which this system lacks");
        return;
    }
    let team = Deployment::start().await;
    let bot = team.bot().await;
    for framing in [Framing::Length, Framing::Chunks] {
        // What a first request takes once and keeps is not this one's.
        team.floods(&bot, framing, 2 * MIB).await;
    }
    for framing in [Framing::Length, Framing::Chunks] {
        fs::write(format!("/proc/{}/clear_refs", bot.id()), "5").unwrap();
        let before = peak_kib(&bot);
        team.floods(&bot, framing, 64 * MIB).await;
        // Less than nothing when it gave memory back that it had before.
        let grown = peak_kib(&bot) - before;
        println!("{framing:?}: {grown} KiB on top of {before}");
        assert!(grown < 2048, "{framing:?}: peak memory grew by {grown} KiB");
    }
    team.done(bot).await;
}

impl Deployment {
    /// Sends a body with headers as Slack signs them, until the bot has had enough of it.
    async fn floods(&self, bot: &Process, framing: Framing, size: usize) {
        let address = (bot.url.host_str().unwrap(), bot.url.port().unwrap());
        let (mut from, mut to) = TcpStream::connect(address).await.unwrap().into_split();
        let signed = self.sandbox.sign(b"", Clock::default().now());
        let signed: String =
            signed.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = match framing {
            Framing::Length => format!("Content-Length: {size}"),
            Framing::Chunks => "Transfer-Encoding: chunked".to_owned(),
        };
        let head =
            format!("POST /slack/commands HTTP/1.1\r\nHost: bot\r\n{signed}{length}\r\n\r\n");
        let send = async {
            to.write_all(head.as_bytes()).await?;
            let piece = vec![b'x'; MIB / 4];
            for _ in 0..size / piece.len() {
                if matches!(framing, Framing::Chunks) {
                    to.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
                }
                to.write_all(&piece).await?;
                if matches!(framing, Framing::Chunks) {
                    to.write_all(b"\r\n").await?;
                }
            }
            Ok::<_, std::io::Error>(())
        };
        let receive = async {
            let mut answer = [0; 12];
            from.read_exact(&mut answer).await.map(|_| answer)
        };
        let both = async { tokio::join!(send, receive) };
        let (_cut_off, answer) = timeout(Duration::from_secs(20), both).await.unwrap();
        assert_eq!(&answer.unwrap(), b"HTTP/1.1 413");
    }
}

/// The most that a process has had in memory so far.
fn peak_kib(bot: &Process) -> i64 {
    let status = fs::read_to_string(format!("/proc/{}/status", bot.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
