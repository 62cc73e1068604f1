//! `<data>/pg`: the cluster, and beside it the password, the port, the log and the lock.
//!
//! Postgres refuses to run as root. When we are root, everything here belongs to the account
//! `postgres`, or `nobody` where there is none; a folder that already belongs to someone keeps its
//! owner. Where that account cannot reach the data folder (a clone below `/root`), the cluster goes to
//! a folder of its own below `/var/lib/countersign`, and `<data>/pg` becomes a link to it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::geteuid;
use tokio::process::Command;
use tokio::time::sleep;

use super::binaries::Binaries;
use super::password;

pub const SUPERUSER: &str = "countersign";

/// Where clusters go that the account of Postgres could not reach in the data folder.
const ELSEWHERE: &str = "/var/lib/countersign";

#[derive(Debug)]
pub struct Folder {
    pg: PathBuf,
    account: Option<Account>,
}

/// Whom the server runs as, when we are root.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Account {
    uid: u32,
    gid: u32,
}

impl Folder {
    pub async fn prepare(data: &Path) -> Result<Self> {
        fs::create_dir_all(data)
            .with_context(|| format!("cannot create the data folder {}", data.display()))?;
        // One at a time, so that nobody finds the folder half made.
        let turn = File::open(data)?;
        while let Err(TryLockError::WouldBlock) = turn.try_lock() {
            sleep(Duration::from_millis(2)).await;
        }

        let pg = data.join("pg");
        let folder = match fs::symlink_metadata(&pg) {
            // Root's own is one that was not handed over yet.
            Ok(found) if found.is_dir() && found.uid() == 0 => Self::create(&pg).await?,
            Ok(_) => Self::existing(&pg)?,
            Err(error) if error.kind() == ErrorKind::NotFound => Self::create(&pg).await?,
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", pg.display()));
            }
        };
        folder.ensure_password()?;
        Ok(folder)
    }

    pub fn path(&self) -> &Path {
        &self.pg
    }

    pub fn cluster(&self) -> PathBuf {
        self.pg.join("cluster")
    }

    pub fn lock(&self) -> PathBuf {
        self.pg.join("lock")
    }

    pub fn log(&self) -> PathBuf {
        self.pg.join("log")
    }

    pub fn password(&self) -> Result<String> {
        let password = self.password_file();
        let password = fs::read_to_string(&password)
            .with_context(|| format!("cannot read {}", password.display()))?;
        Ok(password.trim().to_owned())
    }

    /// The port of the last start, which the next one takes again if it can.
    pub fn last_port(&self) -> Option<u16> {
        fs::read_to_string(self.port_file()).ok()?.trim().parse().ok()
    }

    pub fn remember_port(&self, port: u16) -> Result<()> {
        let mut file = self.open(&self.port_file())?;
        file.set_len(0)?;
        writeln!(file, "{port}")?;
        Ok(())
    }

    /// Opens a file of this folder for reading and appending, created for its owner only.
    pub fn open(&self, path: &Path) -> Result<File> {
        let open = || -> std::io::Result<File> {
            let file =
                OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
            if let Some(Account { uid, gid }) = self.account {
                chown(path, Some(uid), Some(gid))?;
            }
            Ok(file)
        };
        open().with_context(|| format!("cannot open {}", path.display()))
    }

    /// The major version that made the cluster, if there is one.
    pub fn cluster_version(&self) -> Result<Option<u32>> {
        let file = self.cluster().join("PG_VERSION");
        match fs::read_to_string(&file) {
            Ok(version) => {
                let version = version.trim().parse();
                Ok(Some(version.with_context(|| format!("{} is damaged", file.display()))?))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
        }
    }

    /// Creates the cluster unless it is there. Interrupted at any point, the next call does it anew.
    pub async fn ensure_cluster(&self, binaries: &Binaries) -> Result<()> {
        if self.cluster_version()?.is_some() {
            return Ok(());
        }
        let draft = self.pg.join("cluster.new");
        match fs::remove_dir_all(&draft) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove {}", draft.display()));
            }
            _ => {}
        }
        let verifier = self.pg.join("verifier");
        let mut file = self.open(&verifier)?;
        file.set_len(0)?;
        writeln!(file, "{}", password::verifier(&self.password()?, rand::random()))?;

        // Sorting by code point does not change under the indexes when the system's C library does;
        // the character classes must be those of Unicode, for search to know that Ä is ä.
        let ctype = if cfg!(target_os = "macos") { "en_US.UTF-8" } else { "C.UTF-8" };
        let output = self
            .command(&binaries.initdb())
            .arg("--pgdata")
            .arg(&draft)
            .arg("--pwfile")
            .arg(&verifier)
            .args(["--username", SUPERUSER, "--auth", "scram-sha-256", "--encoding", "UTF8"])
            .args(["--lc-collate", "C", "--lc-ctype", ctype, "--no-instructions"])
            .kill_on_drop(true)
            .output()
            .await
            .with_context(|| format!("cannot run {}", binaries.initdb().display()))?;
        ensure!(
            output.status.success(),
            "{} could not create {}: {}",
            binaries.initdb().display(),
            draft.display(),
            String::from_utf8_lossy(&output.stderr).trim(),
        );

        fs::remove_file(&verifier)?;
        fs::rename(&draft, self.cluster())?;
        File::open(&self.pg)?.sync_all()?;
        tracing::info!(version = binaries.version, folder = %self.pg.display(), "created a Postgres cluster");
        Ok(())
    }

    /// A command that runs as the owner of this folder, apart from our environment (which holds
    /// tokens), our terminal (whose Ctrl-C is ours to answer) and our working folder.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("LC_ALL", "C").env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command.current_dir("/").process_group(0).stdin(std::process::Stdio::null());
        if let Some(Account { uid, gid }) = self.account {
            command.uid(uid).gid(gid);
        }
        command
    }

    fn existing(pg: &Path) -> Result<Self> {
        let real = fs::canonicalize(pg).with_context(|| match fs::read_link(pg) {
            Ok(target) => {
                format!("{} points to {}, which is not there", pg.display(), target.display())
            }
            Err(_) => format!("cannot read {}", pg.display()),
        })?;
        let owner = fs::metadata(&real)?;
        let (me, uid) = (geteuid(), owner.uid());
        if !me.is_root() && me.as_raw() != uid {
            bail!(
                "{} belongs to another user (id {uid}); run this as that user, or choose another data folder",
                real.display()
            );
        }
        let account = me.is_root().then_some(Account { uid, gid: owner.gid() });
        ensure!(
            account.is_none_or(|account| account.uid != 0),
            "{} belongs to root, and Postgres refuses to run as root; remove it",
            real.display()
        );
        Ok(Self { pg: real, account })
    }

    async fn create(pg: &Path) -> Result<Self> {
        if !geteuid().is_root() {
            make_private(pg, None)?;
            return Ok(Self { pg: fs::canonicalize(pg)?, account: None });
        }

        let account = Account::for_postgres().await?;
        make_private(pg, Some(account))?;
        let here = Self { pg: fs::canonicalize(pg)?, account: Some(account) };
        if here.is_reachable().await? {
            return Ok(here);
        }

        // The name is new each time: a folder that was moved keeps its cluster, and whatever comes
        // into its old place does not find it.
        let elsewhere = Path::new(ELSEWHERE).join(hex::encode(rand::random::<[u8; 8]>()));
        fs::create_dir_all(ELSEWHERE).with_context(|| format!("cannot create {ELSEWHERE}"))?;
        make_private(&elsewhere, Some(account))?;
        let there = Self { pg: elsewhere, account: Some(account) };
        ensure!(
            there.is_reachable().await?,
            "the user that runs Postgres (id {}) can reach neither {} nor {}",
            account.uid,
            here.pg.display(),
            there.pg.display()
        );
        fs::remove_dir(pg)?;
        symlink(&there.pg, pg)
            .with_context(|| format!("cannot create the link {}", pg.display()))?;
        tracing::info!(link = %pg.display(), folder = %there.pg.display(), "the data folder is closed to Postgres; its cluster is elsewhere");
        Ok(there)
    }

    /// Whether the account can work in this folder, found out by doing it: modes, access lists and
    /// mount options all have their say.
    async fn is_reachable(&self) -> Result<bool> {
        let status = self
            .command(Path::new("/bin/sh"))
            .args(["-c", "cd \"$1\" 2>/dev/null && test -w . && test -x .", "sh"])
            .arg(&self.pg)
            .status()
            .await?;
        Ok(status.success())
    }

    /// Written in one piece, so that an interrupted start leaves all of it or nothing.
    fn ensure_password(&self) -> Result<()> {
        let path = self.password_file();
        if path.exists() {
            return Ok(());
        }
        let draft = self.pg.join("password.new");
        let mut file = self.open(&draft)?;
        file.set_len(0)?;
        writeln!(file, "{}", password::generate())?;
        file.sync_all()?;
        fs::rename(&draft, &path).with_context(|| format!("cannot write {}", path.display()))
    }

    fn password_file(&self) -> PathBuf {
        self.pg.join("password")
    }

    fn port_file(&self) -> PathBuf {
        self.pg.join("port")
    }
}

impl Account {
    async fn for_postgres() -> Result<Self> {
        for name in ["postgres", "nobody"] {
            if let (Some(uid), Some(gid)) = (id("-u", name).await, id("-g", name).await)
                && uid != 0
            {
                return Ok(Self { uid, gid });
            }
        }
        bail!(
            "Postgres refuses to run as root, and there is no user postgres or nobody to run it as"
        )
    }
}

/// What the system's own `id` says, whichever directory it asks.
async fn id(flag: &str, name: &str) -> Option<u32> {
    let output = Command::new("id").args([flag, name]).output().await.ok()?;
    let id: i64 = String::from_utf8(output.stdout).ok()?.trim().parse().ok()?;
    // macOS calls nobody -2.
    u32::try_from(id).ok().or_else(|| i32::try_from(id).ok().map(i32::cast_unsigned))
}

fn make_private(folder: &Path, account: Option<Account>) -> Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            return Err(error).with_context(|| format!("cannot create {}", folder.display()));
        }
        _ => {}
    }
    if let Some(Account { uid, gid }) = account {
        chown(folder, Some(uid), Some(gid))?;
    }
    Ok(())
}
