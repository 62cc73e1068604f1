//! A private Postgres for those who have none: the binary runs it as its own child, in the data
//! folder, on loopback, with a password nobody has to know.
//!
//! `binaries` finds an installed Postgres, `folder` lays out `<data>/pg` and creates the cluster in
//! it with its `password`, `postmaster` reads what a running server says about itself, `server` is the child process.
//! This file decides who runs the server:
//!
//! - The process that holds the file lock `pg/lock` *owns* the server: it starts it, starts it again
//!   when it dies, and stops it at the end. Any further process of the same folder *joins* it, and
//!   leaves it running when it ends.
//! - When the owner ends, the server stops with it. One of those that had joined notices within a
//!   quarter of a second, becomes the owner and starts the server again on the same port: connections
//!   break once, pools reconnect, nothing has to be restarted by hand.
//! - A server in the folder that a person started by hand is joined and never stopped.
//!
//! **Invariant:** an owned server never outlives its owner, however that ends (see `server`).
//! **Invariant:** nothing acknowledged is lost: `fsync` stays on, and every start after a crash is
//! Postgres' own recovery.

mod binaries;
mod folder;
mod password;
mod postmaster;
mod server;

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use self::folder::Folder;
use self::postmaster::{Postmaster, State};
use self::server::Server;

#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The folder that holds everything of one installation; the cluster goes into `pg` below it.
    pub data: PathBuf,
    /// Where `postgres` and `initdb` are; found by itself when absent.
    pub binaries: Option<PathBuf>,
    /// Server settings in addition to ours, or instead of them, as `name`, `value`.
    pub settings: Vec<(String, String)>,
}

/// A running private Postgres, ours or joined.
///
/// Dropping it lets the server stop by itself; `stop` also waits until it has.
pub struct Embedded {
    url: String,
    joined: bool,
    ending: CancellationToken,
    keeper: JoinHandle<()>,
}

/// Starts the Postgres of a data folder, or joins the one that another process runs there.
pub async fn start_or_join(options: &Options) -> Result<Embedded> {
    let folder = Folder::prepare(&options.data).await?;
    let hold = hold(&folder, options).await?;

    let (port, joined) = (hold.port(), matches!(hold, Hold::Joined { .. }));
    let url = format!(
        "postgres://{user}:{password}@127.0.0.1:{port}/postgres?sslmode=disable",
        user = folder::SUPERUSER,
        password = folder.password()?,
    );
    tracing::info!(port, joined, folder = %folder.path().display(), "private Postgres is up");

    let ending = CancellationToken::new();
    let keeper = tokio::spawn(keep(hold, folder, options.clone(), ending.clone()));
    Ok(Embedded { url, joined, ending, keeper })
}

impl Embedded {
    /// With the password in it: not for logs.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether another process was running the server when this one came.
    pub fn joined(&self) -> bool {
        self.joined
    }

    /// Stops the server if it is ours, and returns when it has written everything down.
    pub async fn stop(mut self) {
        self.ending.cancel();
        if let Err(error) = (&mut self.keeper).await {
            tracing::error!(%error, "the private Postgres was not stopped in order");
        }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.ending.cancel();
    }
}

enum Hold {
    Owned(Box<Owned>),
    Joined { port: u16 },
}

struct Owned {
    server: Server,
    /// Held for as long as the server runs; the kernel lets go of it when this process dies.
    lock: File,
}

impl Hold {
    fn port(&self) -> u16 {
        match self {
            Self::Owned(owned) => owned.server.port,
            Self::Joined { port } => *port,
        }
    }
}

/// How long a process waits for another one that is busy starting the server.
const PATIENCE_WITH_OTHERS: Duration = Duration::from_secs(60);
/// How long a server that nobody owns is given to disappear, since it usually is on its way out.
const PATIENCE_WITH_STRAYS: Duration = Duration::from_millis(700);
/// How long a server that says it is stopping may take for it.
const PATIENCE_WITH_STOPPING: Duration = Duration::from_secs(20);
const TICK: Duration = Duration::from_millis(5);

async fn hold(folder: &Folder, options: &Options) -> Result<Hold> {
    let deadline = Instant::now() + PATIENCE_WITH_OTHERS;
    loop {
        if let Some(lock) = try_lock(folder)? {
            return take(lock, folder, options).await;
        }
        if let Some(running) = Postmaster::alive(&folder.cluster())
            && running.state == State::Ready
        {
            return Ok(Hold::Joined { port: running.port });
        }
        if Instant::now() > deadline {
            bail!(
                "another process has been starting the Postgres in {} for {} seconds without success; \
                 stop that process, or see {}",
                folder.path().display(),
                PATIENCE_WITH_OTHERS.as_secs(),
                folder.log().display(),
            );
        }
        sleep(TICK).await;
    }
}

fn try_lock(folder: &Folder) -> Result<Option<File>> {
    let lock = folder.open(&folder.lock())?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", folder.lock().display()))
        }
    }
}

/// With the lock in hand: starts the server, unless one runs that nobody owns.
async fn take(lock: File, folder: &Folder, options: &Options) -> Result<Hold> {
    if let Some(port) = outlast_strays(folder).await? {
        tracing::warn!(port, "a Postgres that no process of ours runs is in the data folder");
        return Ok(Hold::Joined { port });
    }

    let binaries = binaries::find(options.binaries.as_deref(), folder.cluster_version()?).await?;
    folder.ensure_cluster(&binaries).await?;
    let server = Server::start(folder, &binaries, &options.settings).await?;
    Ok(Hold::Owned(Box::new(Owned { server, lock })))
}

/// Waits for the server of a process that was killed to finish stopping.
///
/// Gives the port of one that shows no sign of it.
async fn outlast_strays(folder: &Folder) -> Result<Option<u16>> {
    let began = Instant::now();
    while let Some(stray) = Postmaster::alive(&folder.cluster()) {
        match stray.state {
            State::Ready if began.elapsed() > PATIENCE_WITH_STRAYS => return Ok(Some(stray.port)),
            _ if began.elapsed() > PATIENCE_WITH_STOPPING => bail!(
                "a Postgres (process {}) in {} is neither usable nor gone after {} seconds; stop that process",
                stray.pid,
                folder.path().display(),
                PATIENCE_WITH_STOPPING.as_secs(),
            ),
            _ => sleep(TICK).await,
        }
    }
    Ok(None)
}

/// How soon a joined process notices that the server has gone with its owner.
const OWNER_CHECK: Duration = Duration::from_millis(250);
const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// Keeps the server running until told to end: restarts ours, takes over an orphaned one.
async fn keep(mut hold: Hold, folder: Folder, options: Options, ending: CancellationToken) {
    let mut port = hold.port();
    loop {
        match &mut hold {
            Hold::Owned(owned) => tokio::select! {
                () = ending.cancelled() => return owned.server.stop().await,
                status = owned.server.ended() => tracing::warn!(%status, "the private Postgres ended; starting it again"),
            },
            Hold::Joined { .. } => tokio::select! {
                () = ending.cancelled() => return,
                () = sleep(OWNER_CHECK) => {}
            },
        }
        let renewed = tokio::select! {
            () = ending.cancelled() => return,
            renewed = renew(hold, &folder, &options) => renewed,
        };
        match renewed {
            Ok(renewed) => {
                hold = renewed;
                let moved_to = hold.port();
                if moved_to != port {
                    tracing::error!(
                        port,
                        moved_to,
                        "the private Postgres had to move; restart this process"
                    );
                    port = moved_to;
                }
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::error!(error, "the private Postgres cannot be started");
                hold = Hold::Joined { port };
                tokio::select! {
                    () = ending.cancelled() => return,
                    () = sleep(RESTART_PAUSE) => {}
                }
            }
        }
    }
}

async fn renew(hold: Hold, folder: &Folder, options: &Options) -> Result<Hold> {
    match hold {
        Hold::Owned(owned) => take(owned.lock, folder, options).await,
        Hold::Joined { port } => match Postmaster::alive(&folder.cluster()) {
            Some(running) if running.state == State::Ready => {
                Ok(Hold::Joined { port: running.port })
            }
            Some(_) => Ok(Hold::Joined { port }),
            None => match try_lock(folder)? {
                Some(lock) => take(lock, folder, options).await,
                None => Ok(Hold::Joined { port }),
            },
        },
    }
}
