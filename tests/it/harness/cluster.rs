//! A migrated database for every test, within milliseconds.
//!
//! One Postgres runs for all tests of this target folder, with everything off that only matters when
//! the machine loses power. It holds a template database, named by a hash of what it was made from;
//! `database` copies it, and the copy goes when the test is over.
//!
//! Tests run as threads of one process (`cargo test`) or as a process each (`cargo nextest`), several
//! runs at once, and may be killed. So the server belongs to none of them but to a *keeper*: this test
//! binary once more, started by whoever finds none. Each process that uses the server holds a shared
//! lock on a file; the kernel lets go of it however the process ends. When nobody has held it for two
//! seconds the keeper stops the server and ends. When the keeper itself is killed, the server stops.
//!
//! **Invariant:** nothing keeps running after the tests but for those two seconds.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::time::Duration;

use countersign::cli;
use countersign::database::embedded::{self, Embedded, Options};
use countersign::database::{self, MIGRATOR, Settings};
use sha2::{Digest, Sha256};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep};

/// An empty, migrated database, gone when this is dropped.
pub struct TestDatabase {
    /// The login role's, as it would stand in `DATABASE_URL`.
    pub url: String,
    pub name: String,
}

/// Gives a database that nothing else uses.
pub async fn database() -> TestDatabase {
    let shared = SHARED.get_or_init(Shared::join).await;
    let name = format!("test_{}", hex::encode(rand::random::<[u8; 8]>()));
    let mut admin = connect(&shared.url).await.unwrap();

    let template = template_name();
    if !copy(&mut admin, &template, &name).await {
        build_template(&mut admin, &shared.url, &template).await;
        assert!(copy(&mut admin, &template, &name).await, "the template was just built");
    }
    admin.close().await.unwrap();
    TestDatabase { url: url_of(&shared.url, &name), name }
}

impl TestDatabase {
    /// As the service opens it.
    pub async fn pool(&self) -> PgPool {
        database::connect(&self.settings()).await.unwrap()
    }

    pub fn settings(&self) -> Settings {
        Settings { max_connections: 8, ..Settings::new(&self.url) }
    }
}

impl Drop for TestDatabase {
    /// Leaves the work to the keeper, so that no test waits for it.
    fn drop(&mut self) {
        let _ = fs::create_dir_all(gone_folder());
        let _ = File::create(gone_folder().join(&self.name));
    }
}

/// A server of the test's own, to be stopped, killed and started again.
pub struct OwnServer {
    data: TempDir,
    server: Option<Embedded>,
}

impl OwnServer {
    /// With a migrated database.
    pub async fn start() -> Self {
        let own = Self::empty().await;
        install(own.url()).await;
        own
    }

    pub async fn empty() -> Self {
        let open = fs::Permissions::from_mode(0o755);
        let data = tempfile::Builder::new().permissions(open).tempdir().unwrap();
        let mut own = Self { data, server: None };
        own.up().await;
        own
    }

    /// Stays the same over stops and starts.
    pub fn url(&self) -> &str {
        self.server.as_ref().expect("the server is down").url()
    }

    /// Stops it in order.
    pub async fn down(&mut self) {
        self.server.take().expect("the server is down").stop().await;
    }

    pub async fn up(&mut self) {
        // What is committed here has to survive a crash of the server, though not of the machine.
        let settings = vec![("fsync".to_owned(), "off".to_owned())];
        let options = Options { data: self.data.path().to_owned(), settings, binaries: None };
        self.server = Some(embedded::start_or_join(&options).await.unwrap());
    }

    /// Kills it, as a crash would. It comes back by itself after its recovery.
    pub fn crash(&self) {
        kill_server(self.data.path());
    }
}

/// Sends SIGKILL to the server of a data folder.
pub fn kill_server(data: &Path) {
    let pid = server_pid(data).expect("no server in the folder");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

/// The process that runs in a data folder, by the note it leaves there.
pub fn server_pid(data: &Path) -> Option<rustix::process::Pid> {
    let note = fs::read_to_string(data.join("pg/cluster/postmaster.pid")).ok()?;
    rustix::process::Pid::from_raw(note.lines().next()?.trim().parse().ok()?)
}

static SHARED: OnceCell<Shared> = OnceCell::const_new();

/// This process' share in the server of all tests.
struct Shared {
    url: String,
    _use: File,
}

/// Asks this binary, started anew, to be the keeper.
const KEEPER: &str = "COUNTERSIGN_TEST_KEEPER";
const LINGER: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(120);

impl Shared {
    async fn join() -> Self {
        fs::create_dir_all(folder()).unwrap();
        let in_use = open(&users_file());
        in_use.lock_shared().unwrap();

        let deadline = Instant::now() + PATIENCE;
        loop {
            let keeper_file = open(&keeper_file());
            if keeper_file.try_lock().is_ok() {
                drop(keeper_file);
                start_keeper();
            }
            // Up to the deadline, since a keeper that has just taken over from a killed one may still
            // have the address of before in its file.
            for _ in 0..100 {
                if let Ok(url) = fs::read_to_string(url_file())
                    && let Ok(connection) = connect(&url).await
                {
                    connection.close().await.unwrap();
                    return Self { url, _use: in_use };
                }
                sleep(Duration::from_millis(10)).await;
            }
            let trouble = fs::read_to_string(trouble_file()).unwrap_or_default();
            assert!(
                Instant::now() < deadline && trouble.is_empty(),
                "no Postgres for tests: {trouble}"
            );
        }
    }
}

#[expect(clippy::zombie_processes, reason = "it outlives this process")]
fn start_keeper() {
    // Of its own process group, so that Ctrl-C leaves it to tidy up; silent, so that whoever reads
    // our output does not wait for its end.
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "harness::cluster::keeper", "--ignored"])
        .env(KEEPER, "1")
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
}

/// Not a test: the process that the server of all tests belongs to.
#[tokio::test]
#[ignore = "runs by itself when tests need a server"]
async fn keeper() {
    #[expect(
        clippy::disallowed_methods,
        reason = "a message from the process that started this one"
    )]
    if std::env::var_os(KEEPER).is_none() {
        return;
    }
    let keeper = open(&keeper_file());
    if keeper.try_lock().is_err() {
        return;
    }
    let _ = fs::remove_file(url_file());
    let _ = fs::remove_file(trouble_file());

    let options = Options { data: folder(), settings: fast(), binaries: None };
    let mut started = embedded::start_or_join(&options).await;
    if started.is_err() {
        // Without fsync a machine that went down leaves what no server starts from. None of it is
        // needed.
        let _nothing_was_there = fs::remove_dir_all(folder().join("pg"));
        started = embedded::start_or_join(&options).await;
    }
    match started {
        Ok(server) => {
            let mut admin = connect(server.url()).await.unwrap();
            tidy(&mut admin).await;
            publish(&url_file(), server.url());
            let unused = serve(&mut admin).await;
            admin.close().await.unwrap();
            server.stop().await;
            fs::remove_file(url_file()).unwrap();
            drop((keeper, unused));
        }
        Err(error) => publish(&trouble_file(), &format!("{error:#}")),
    }
}

/// In one piece, so that nobody reads half of it.
fn publish(path: &Path, text: &str) {
    let draft = path.with_extension("new");
    fs::write(&draft, text).unwrap();
    fs::rename(draft, path).unwrap();
}

/// Drops what tests are done with, until no process has used the server for a while. The lock it
/// returns keeps new ones waiting.
async fn serve(admin: &mut PgConnection) -> File {
    let users = open(&users_file());
    let mut last_used = Instant::now();
    loop {
        for gone in fs::read_dir(gone_folder()).into_iter().flatten().flatten() {
            drop_database(admin, &gone.file_name().into_string().unwrap()).await;
            fs::remove_file(gone.path()).unwrap();
        }
        if users.try_lock().is_err() {
            last_used = Instant::now();
        } else if last_used.elapsed() > LINGER {
            return users;
        } else {
            users.unlock().unwrap();
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Removes what killed tests have left, and the templates of other versions.
async fn tidy(admin: &mut PgConnection) {
    let left: Vec<String> = sqlx::query_scalar(
        "SELECT datname::text FROM pg_database WHERE datname LIKE 'test\\_%' OR datname LIKE 'migrated\\_%'",
    )
    .fetch_all(&mut *admin)
    .await
    .unwrap();
    for name in left.iter().filter(|name| **name != template_name()) {
        drop_database(admin, name).await;
    }
}

/// Copies the template, if it is there.
async fn copy(admin: &mut PgConnection, template: &str, name: &str) -> bool {
    let sql = format!("CREATE DATABASE {name} TEMPLATE {template}");
    match sqlx::raw_sql(AssertSqlSafe(sql)).execute(admin).await {
        Ok(_) => true,
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("3D000") => false,
        Err(error) => panic!("cannot create a database: {error}"),
    }
}

/// Whoever comes first builds it, under another name until it is whole.
async fn build_template(admin: &mut PgConnection, admin_url: &str, template: &str) {
    sqlx::raw_sql("SELECT pg_advisory_lock(7)").execute(&mut *admin).await.unwrap();
    let built: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(template)
            .fetch_one(&mut *admin)
            .await
            .unwrap();
    if !built {
        let draft = format!("{template}_draft");
        drop_database(admin, &draft).await;
        execute(admin, format!("CREATE DATABASE {draft}")).await;
        install(&url_of(admin_url, &draft)).await;
        execute(admin, format!("ALTER DATABASE {draft} RENAME TO {template}")).await;
    }
    sqlx::raw_sql("SELECT pg_advisory_unlock(7)").execute(admin).await.unwrap();
}

/// What the service does to a database before it uses it.
async fn install(url: &str) {
    let settings = Settings::new(url);
    cli::prepare(&settings).await.unwrap().close().await;
}

fn template_name() -> String {
    let mut hash = Sha256::new();
    for migration in MIGRATOR.iter() {
        hash.update(migration.version.to_be_bytes());
        hash.update(&migration.checksum);
    }
    // The job engine brings its own tables.
    hash.update(include_str!("../../../Cargo.lock"));
    format!("migrated_{}", hex::encode(&hash.finalize()[..8]))
}

async fn drop_database(admin: &mut PgConnection, name: &str) {
    execute(admin, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
}

async fn execute(admin: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(admin).await.unwrap();
}

async fn connect(url: &str) -> sqlx::Result<PgConnection> {
    PgConnectOptions::from_str(url)?.application_name("tests").connect().await
}

fn url_of(admin_url: &str, name: &str) -> String {
    admin_url.replace("/postgres?", &format!("/{name}?"))
}

/// Nothing here has to survive the machine.
fn fast() -> Vec<(String, String)> {
    [
        ("fsync", "off"),
        ("synchronous_commit", "off"),
        ("full_page_writes", "off"),
        ("max_connections", "400"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("postgres")
}

fn users_file() -> PathBuf {
    folder().join("users")
}

fn keeper_file() -> PathBuf {
    folder().join("keeper")
}

fn url_file() -> PathBuf {
    folder().join("url")
}

fn trouble_file() -> PathBuf {
    folder().join("trouble")
}

/// Holds an empty file for each database that may go, by its name.
fn gone_folder() -> PathBuf {
    folder().join("gone")
}

fn open(path: &Path) -> File {
    OpenOptions::new().read(true).append(true).create(true).open(path).unwrap()
}
