//! One process of the bot: the built binary, as it is in life.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{ExitStatus, Stdio};
use std::thread::panicking;
use std::time::Duration;

use tempfile::NamedTempFile;
use tokio::process::{Child, Command};
use url::Url;

/// How long anything here may take. Far more than it takes, since a loaded machine is no defect.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// One process of the bot. Dropping it kills it.
pub struct Process {
    pub url: Url,
    pub(super) child: Child,
    log: NamedTempFile,
}

impl Process {
    /// With nothing but this environment; it serves a moment later.
    pub(super) fn start(environment: &[(&'static str, String)], address: SocketAddr) -> Self {
        let log = NamedTempFile::new().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_countersign"))
            .arg("serve")
            .env_clear()
            .envs(environment.iter().cloned())
            .env("COUNTERSIGN_LISTEN", address.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(log.path()).unwrap())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { url: url_of(address), child, log }
    }

    pub fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// SIGKILL: it does nothing any more.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Asks it to stop, as an orchestrator would, and waits until it has.
    pub async fn stop(self) -> ExitStatus {
        self.ask_to_stop();
        self.ended().await
    }

    pub fn ask_to_stop(&self) {
        let id = rustix::process::Pid::from_raw(self.id().cast_signed()).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    }

    pub async fn ended(mut self) -> ExitStatus {
        tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it ends in time").unwrap()
    }

    pub async fn is_ready(&self) -> bool {
        self.get("ready").await.is_some_and(|(status, _)| status == 200)
    }

    /// The sum of a metric over its labels, or with the labels that are given.
    pub async fn metric(&self, name: &str) -> Option<f64> {
        let (_, text) = self.get("metrics").await?;
        let of_name = text.lines().filter(|line| line.starts_with(name));
        Some(of_name.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }

    /// Status and text, if it answers at all.
    pub async fn get(&self, path: &str) -> Option<(u16, String)> {
        let client = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
        let answer = client.get(self.url.join(path).unwrap()).send().await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap_or_default()
    }
}

impl Drop for Process {
    #[expect(clippy::print_stdout, reason = "whoever reads a failed test needs it")]
    fn drop(&mut self) {
        if panicking() {
            println!("The log of the bot at {}:\n{}", self.url, self.log());
        }
    }
}

/// Outside of the range from which systems give ports by themselves, so that nobody is given it
/// while the bot is down.
pub(super) fn free_address() -> SocketAddr {
    loop {
        let port = rand::random_range(20_000..32_000);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if std::net::TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

pub(super) fn url_of(address: SocketAddr) -> Url {
    format!("http://{address}/").parse().unwrap()
}
