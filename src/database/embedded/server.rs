//! The server as our child process.
//!
//! It must stop when we end, also when we are killed and can do nothing any more. So its standard
//! input is a pipe of which we hold the other end: a shell that waits beside it gets the end of file
//! when we are gone in whatever way, and asks the server to stop. This needs no cooperation of ours,
//! works on every system, and survives the change of user, which a parent-death signal does not.

use std::net::TcpListener;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use std::{fmt, fs};

use anyhow::{Context, Result, bail};
use rand::RngExt;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, ChildStdin};
use tokio::time::{Instant, sleep, timeout};

use super::binaries::Binaries;
use super::folder::Folder;
use super::postmaster::{self, Postmaster, State};

/// The shell becomes the server, so that the process we started is the one to watch and signal. The
/// watcher is started twice removed: Postgres takes each child of its process for one of its own.
const WATCHED: &str = r#"
    server=$$
    exec 3<&0
    ( { read -r _ <&3; kill -INT "$server"; } >/dev/null 2>&1 & )
    exec "$@" 3<&- </dev/null
"#;

/// Modest in memory when idle (pages of `shared_buffers` are taken when used); without the parts a
/// single server has no use for. What is not here stays as Postgres has it, `fsync` above all.
const SETTINGS: [(&str, &str); 16] = [
    ("listen_addresses", "127.0.0.1"),
    ("unix_socket_directories", ""),
    ("shared_buffers", "128MB"),
    ("effective_cache_size", "1GB"),
    ("work_mem", "16MB"),
    ("maintenance_work_mem", "64MB"),
    ("max_connections", "100"),
    ("max_wal_senders", "0"),
    ("wal_level", "minimal"),
    ("max_logical_replication_workers", "0"),
    ("huge_pages", "off"),
    ("jit", "off"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("log_checkpoints", "off"),
    ("log_line_prefix", "%m [%p] "),
];

pub struct Server {
    pub port: u16,
    child: Child,
    /// Kept apart from the child, since waiting for it closes what it holds.
    _leash: Option<ChildStdin>,
}

/// How long a start may fail for reasons that pass: the last processes of a killed server, its port.
const PATIENCE: Duration = Duration::from_secs(10);
const RETRY_PAUSE: Duration = Duration::from_millis(100);
const TICK: Duration = Duration::from_millis(3);

impl Server {
    /// Starts the server and returns when it takes connections.
    pub async fn start(
        folder: &Folder,
        binaries: &Binaries,
        settings: &[(String, String)],
    ) -> Result<Self> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            forget_stale_pid(&folder.cluster());
            let port = free_port(folder.last_port())?;
            let (mut server, logged) = Self::spawn(folder, binaries, settings, port)?;
            let Err(failure) = server.ready(folder).await else {
                folder.remember_port(port)?;
                return Ok(server);
            };

            let said = last_words(&folder.log(), logged);
            if !passes(&said) || Instant::now() > deadline {
                bail!(
                    "Postgres did not start in {}: {failure}. It said:\n{said}",
                    folder.path().display()
                );
            }
            tracing::debug!(%failure, "Postgres did not start yet");
            sleep(RETRY_PAUSE).await;
        }
    }

    /// Returns when the server has ended without being asked to.
    pub async fn ended(&mut self) -> Ending {
        Ending(self.child.wait().await.ok())
    }

    /// Lets running statements be cut off and everything be written down; insists when that lasts.
    pub async fn stop(&mut self) {
        for (signal, patience) in [
            (Signal::INT, Duration::from_secs(20)),
            (Signal::QUIT, Duration::from_secs(5)),
            (Signal::KILL, Duration::from_secs(5)),
        ] {
            let pid = self.child.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
            let Some(pid) = pid else { return };
            if let Err(error) = kill_process(pid, signal) {
                tracing::warn!(%error, ?signal, "cannot signal the private Postgres");
            }
            if timeout(patience, self.child.wait()).await.is_ok() {
                return;
            }
            tracing::warn!(?signal, "the private Postgres takes long to stop");
        }
    }

    /// Also gives the length of the log before it started.
    fn spawn(
        folder: &Folder,
        binaries: &Binaries,
        settings: &[(String, String)],
        port: u16,
    ) -> Result<(Self, u64)> {
        let log = folder.open(&folder.log())?;
        if log.metadata()?.len() > MOST_LOG_BYTES {
            log.set_len(0)?;
        }
        let logged = log.metadata()?.len();

        let mut command = folder.command(Path::new("/bin/sh"));
        command.args(["-c", WATCHED, "postgres"]).arg(binaries.postgres());
        command.arg("-D").arg(folder.cluster()).args(["-p", &port.to_string()]);
        for (name, value) in SETTINGS {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        for (name, value) in settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot start Postgres")?;
        let leash = child.stdin.take();
        Ok((Self { port, child, _leash: leash }, logged))
    }

    async fn ready(&mut self, folder: &Folder) -> Result<(), Ending> {
        let cluster = folder.cluster();
        let mut told = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().ok().flatten() {
                return Err(Ending(Some(status)));
            }
            let written = Postmaster::written(&cluster);
            if written.is_some_and(|written| {
                written.state == State::Ready
                    && Some(written.pid.cast_unsigned()) == self.child.id()
            }) {
                return Ok(());
            }
            // Recovery after a crash takes what it takes: giving up would only make it start over.
            if told.elapsed() > Duration::from_secs(10) {
                told = Instant::now();
                tracing::info!("Postgres is still starting, probably recovering from a crash");
            }
            sleep(TICK).await;
        }
    }
}

/// How a server ended.
#[derive(Debug)]
pub struct Ending(Option<ExitStatus>);

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(status) => write!(f, "it ended with {status}"),
            None => f.write_str("it ended"),
        }
    }
}

/// Removes the note of a killed server whose process number now belongs to something else.
///
/// Postgres itself refuses to start for as long as that process lives (in containers, where numbers
/// are small and soon used again, for ever), because it cannot tell that it is none of its own. We
/// can: we hold the lock, and no process works in the cluster.
fn forget_stale_pid(cluster: &Path) {
    if Postmaster::written(cluster).is_some()
        && Postmaster::alive(cluster).is_none()
        && postmaster::anyone_works_in(cluster) == Some(false)
        && let Err(error) = fs::remove_file(cluster.join("postmaster.pid"))
    {
        tracing::warn!(%error, "cannot remove a stale postmaster.pid");
    }
}

/// Below the ports that systems give to outgoing connections, so that it is still free for a restart.
const PORTS: std::ops::Range<u16> = 15_000..30_000;
const PORT_TRIES: usize = 200;

/// The last port if nothing else has taken it, so that those who know it find the server again.
fn free_port(last: Option<u16>) -> Result<u16> {
    let mut rng = rand::rng();
    let others = std::iter::repeat_with(|| rng.random_range(PORTS)).take(PORT_TRIES);
    last.into_iter()
        .chain(others)
        .find(|&port| TcpListener::bind(("127.0.0.1", port)).is_ok())
        .context("found no free port on 127.0.0.1 for Postgres")
}

const MOST_LOG_BYTES: u64 = 4 << 20;
const LAST_WORDS: usize = 2_000;

fn last_words(log: &Path, from: u64) -> String {
    let log = fs::read(log).unwrap_or_default();
    let new = usize::try_from(from).ok().and_then(|from| log.get(from..)).unwrap_or(&log);
    let new = &new[new.len().saturating_sub(LAST_WORDS)..];
    String::from_utf8_lossy(new).trim().to_owned()
}

/// Whether another attempt may succeed where this one failed.
fn passes(said: &str) -> bool {
    ["postmaster.pid", "shared memory block", "Address already in use", "could not bind"]
        .iter()
        .any(|reason| said.contains(reason))
}
