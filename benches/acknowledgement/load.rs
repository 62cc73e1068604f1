//! Sending signed requests over kept-alive connections, as fast as they are answered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::process;
use super::requests::Kind;

/// One measurement to make.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub kind: Kind,
    pub clients: usize,
    pub requests: usize,
}

/// What a measurement found.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub per_second: f64,
    pub p50: Duration,
    pub p99: Duration,
    /// Processor time of whoever asks, for each request.
    pub client: Duration,
    /// Processor time of the server under test for each request.
    pub server: Option<Duration>,
    /// Processor time of Postgres for each request.
    pub database: Duration,
    /// Resident memory of the server under test after the load, in bytes.
    pub memory: Option<u64>,
}

/// Longer than Slack would wait, so that what is lost shows as a failure and not as a pause.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends all of `requests` and measures each. Any answer but 200 fails the measurement.
///
/// All of it happens in one thread of its own, as in pgbench: whoever asks is not to take more from
/// the machine than whoever asks Postgres directly.
pub async fn send(address: SocketAddr, clients: usize, requests: Vec<Bytes>) -> Result<Outcome> {
    let sending = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let before = process::cpu_of_this_thread()?;
        let sent = runtime.block_on(send_all(address, clients, requests))?;
        let client = (process::cpu_of_this_thread()? - before) / u32::try_from(sent.times.len())?;
        Ok(Outcome { client, ..sent.into() })
    };
    tokio::task::spawn_blocking(sending).await?
}

struct Sent {
    /// Of each request, sorted.
    times: Vec<Duration>,
    took: Duration,
}

impl From<Sent> for Outcome {
    fn from(sent: Sent) -> Self {
        let at = |share: f64| sent.times[((sent.times.len() - 1) as f64 * share) as usize];
        Self {
            per_second: sent.times.len() as f64 / sent.took.as_secs_f64(),
            p50: at(0.50),
            p99: at(0.99),
            ..Self::default()
        }
    }
}

async fn send_all(address: SocketAddr, clients: usize, requests: Vec<Bytes>) -> Result<Sent> {
    let requests = Arc::new(requests);
    let next = Arc::new(AtomicUsize::new(0));
    let mut connections = Vec::with_capacity(clients);
    for _ in 0..clients {
        connections.push(Connection::open(address).await?);
    }

    let started = Instant::now();
    let senders: Vec<_> = connections
        .into_iter()
        .map(|connection| {
            tokio::spawn(send_some(address, connection, Arc::clone(&requests), Arc::clone(&next)))
        })
        .collect();
    let mut times = Vec::with_capacity(requests.len());
    for sender in senders {
        times.extend(sender.await??);
    }
    let took = started.elapsed();
    times.sort_unstable();
    Ok(Sent { times, took })
}

async fn send_some(
    address: SocketAddr,
    mut connection: Connection,
    requests: Arc<Vec<Bytes>>,
    next: Arc<AtomicUsize>,
) -> Result<Vec<Duration>> {
    let mut times = Vec::with_capacity(requests.len());
    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        let sent = Instant::now();
        let keeps = timeout(PATIENCE, connection.exchange(request))
            .await
            .context("a request was not answered within ten seconds")??;
        times.push(sent.elapsed());
        if !keeps {
            connection = Connection::open(address).await?;
        }
    }
    Ok(times)
}

struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.context("the server takes no connection")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(4096) })
    }

    /// Sends a request and reads its answer to the end. False if the connection ends with it.
    async fn exchange(&mut self, request: &[u8]) -> Result<bool> {
        self.stream.write_all(request).await?;
        self.received.clear();
        let head = loop {
            if let Some(end) = find(&self.received, b"\r\n\r\n") {
                break end + 4;
            }
            self.read().await?;
        };
        let (length, keeps) = read_head(&self.received[..head])?;
        match length {
            Some(length) => {
                while self.received.len() < head + length {
                    self.read().await?;
                }
            }
            None => {
                while !self.received.ends_with(b"0\r\n\r\n") {
                    self.read().await?;
                }
            }
        }
        Ok(keeps)
    }

    async fn read(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.received).await? == 0 {
            bail!("the server closed the connection in the middle of an answer");
        }
        Ok(())
    }
}

/// The length of the body, unless it comes in chunks, and whether the connection stays.
fn read_head(head: &[u8]) -> Result<(Option<usize>, bool)> {
    let head = std::str::from_utf8(head)?;
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap_or_default();
    if !status.starts_with("HTTP/1.1 200") {
        bail!("the server answered {status:?}");
    }
    let header = |name: &str| {
        head.split("\r\n")
            .filter_map(|line| line.split_once(':'))
            .find(|(it, _)| it.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    };
    let is_chunked =
        header("transfer-encoding").is_some_and(|it| it.eq_ignore_ascii_case("chunked"));
    let length = header("content-length").map_or(Ok(0), str::parse)?;
    let keeps = !header("connection").is_some_and(|it| it.eq_ignore_ascii_case("close"));
    Ok(((!is_chunked).then_some(length), keeps))
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
