//! The private Postgres, through starts, stops, crashes and odd folders.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use countersign::clock::Clock;
use countersign::database::embedded::{self, Embedded, Options};
use countersign::database::{self, Settings};
use rustix::process::{Pid, Signal, geteuid, kill_process};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

use crate::harness::cluster;

#[tokio::test]
async fn what_was_written_is_there_after_a_stop() {
    let data = folder();
    let server = start(data.path()).await;
    assert!(!server.joined());
    write(server.url()).await;
    let url = server.url().to_owned();
    server.stop().await;
    assert!(PgConnection::connect(&url).await.is_err(), "stopped is stopped");

    let server = start(data.path()).await;
    assert_eq!(server.url(), url, "the address stays");
    assert!(is_written(server.url()).await);
    assert_eq!(ask(server.url(), "SHOW fsync").await, "on");
    server.stop().await;
}

#[tokio::test]
async fn a_second_process_joins_and_leaves_the_server_running() {
    let data = folder();
    let owner = start(data.path()).await;
    let second = start(data.path()).await;
    assert!(second.joined());
    assert_eq!(second.url(), owner.url());
    write(second.url()).await;
    second.stop().await;

    assert!(is_written(owner.url()).await);
    owner.stop().await;
}

#[tokio::test]
async fn of_several_that_start_at_once_one_owns_the_server() {
    let data = folder();
    let at = data.path();
    let (a, b, c, d) = tokio::join!(start(at), start(at), start(at), start(at));
    let all = [a, b, c, d];
    assert_eq!(all.iter().filter(|server| !server.joined()).count(), 1);
    for server in &all {
        assert_eq!(ask(server.url(), "SELECT 'up'").await, "up");
    }
    for server in all {
        server.stop().await;
    }
}

#[tokio::test]
async fn when_the_owner_ends_one_that_joined_takes_over() {
    let data = folder();
    let owner = start(data.path()).await;
    let (second, third) = (start(data.path()).await, start(data.path()).await);
    write(owner.url()).await;

    let before = cluster::server_pid(data.path());
    owner.stop().await;
    wait_for_successor(before, data.path(), third.url()).await;
    assert!(is_written(third.url()).await);
    second.stop().await;
    third.stop().await;
    assert!(cluster::server_pid(data.path()).is_none(), "the last one has stopped it");
}

#[tokio::test]
async fn a_killed_server_is_started_again() {
    let data = folder();
    let server = start(data.path()).await;
    write(server.url()).await;
    let before = cluster::server_pid(data.path());
    cluster::kill_server(data.path());
    wait_for_successor(before, data.path(), server.url()).await;
    assert!(is_written(server.url()).await);
    server.stop().await;
}

#[tokio::test]
async fn the_server_of_a_killed_process_stops_and_the_next_start_recovers() {
    let data = folder();
    let mut process = OwnerProcess::start(data.path(), None);
    write(&process.url).await;
    let orphan = cluster::server_pid(data.path()).unwrap();
    process.kill();

    let server = start(data.path()).await;
    assert!(!server.joined(), "nobody is there to join");
    assert_ne!(cluster::server_pid(data.path()), Some(orphan));
    assert!(is_written(server.url()).await);
    server.stop().await;
}

#[tokio::test]
async fn the_next_start_recovers_after_everything_was_killed_at_once() {
    let data = folder();
    let mut process = OwnerProcess::start(data.path(), None);
    write(&process.url).await;
    // Stopped first, so that it cannot start the server again in between.
    process.signal(Signal::STOP);
    cluster::kill_server(data.path());
    process.kill();

    let server = start(data.path()).await;
    assert!(is_written(server.url()).await);
    server.stop().await;
}

#[tokio::test]
async fn the_number_of_a_killed_server_may_belong_to_another_process_now() {
    let data = folder();
    let server = start(data.path()).await;
    write(server.url()).await;
    let note = data.path().join("pg/cluster/postmaster.pid");
    let written = fs::read_to_string(&note).unwrap();
    server.stop().await;

    // Postgres refuses to start while any process of its own user has that number.
    let owner = fs::metadata(data.path().join("pg")).unwrap();
    let mut other = Command::new("sleep");
    if geteuid().is_root() {
        other.uid(owner.uid()).gid(owner.gid());
    }
    let mut other = other.arg("600").current_dir("/").spawn().unwrap();
    let (_, rest) = written.split_once('\n').unwrap();
    fs::write(&note, format!("{}\n{rest}", other.id())).unwrap();

    if cfg!(target_os = "linux") {
        let server = start(data.path()).await;
        assert!(!server.joined());
        assert!(is_written(server.url()).await);
        server.stop().await;
    }
    other.kill().unwrap();
    other.wait().unwrap();
}

#[tokio::test]
async fn a_creation_that_was_cut_off_is_done_anew() {
    let data = folder();
    let server = start(data.path()).await;
    server.stop().await;
    let pg = data.path().join("pg");
    fs::rename(pg.join("cluster"), pg.join("cluster.new")).unwrap();
    fs::remove_file(pg.join("cluster.new/PG_VERSION")).unwrap();

    let server = start(data.path()).await;
    assert_eq!(ask(server.url(), "SELECT 'up'").await, "up");
    server.stop().await;
}

#[tokio::test]
async fn folders_may_have_any_name_and_length() {
    async fn check(name: &str) {
        let data = folder();
        let inside = data.path().join(name);
        let server = start(&inside).await;
        write(server.url()).await;
        assert!(is_written(server.url()).await, "{name}");
        server.stop().await;
    }

    check("with spaces, 'quotes' and $HOME").await;
    check("Überraschung/資料").await;
    check(&["a-rather-long-name-for-a-folder"; 20].join("/")).await;
}

#[tokio::test]
async fn where_the_server_may_not_go_its_cluster_is_elsewhere() {
    if !geteuid().is_root() {
        println!("skipped: only root starts a server that runs as someone else");
        return;
    }
    let closed = TempDir::new().unwrap();
    fs::set_permissions(closed.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let data = closed.path().join("clone/.data");

    let server = start(&data).await;
    write(server.url()).await;
    server.stop().await;
    let elsewhere = fs::read_link(data.join("pg")).unwrap();
    assert_eq!(elsewhere.parent(), Some(Path::new("/var/lib/countersign")));
    let server = start(&data).await;
    assert!(is_written(server.url()).await);
    server.stop().await;

    fs::remove_dir_all(elsewhere).unwrap();
    let gone = embedded::start_or_join(&options(&data)).await.err().unwrap().to_string();
    assert!(gone.ends_with("which is not there"), "{gone}");
}

#[tokio::test]
async fn it_runs_without_being_root() {
    let (true, Some(nobody)) = (geteuid().is_root(), unprivileged()) else {
        println!("skipped: every other test here does it when not root");
        return;
    };
    let parent = folder();
    fs::set_permissions(parent.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let data = parent.path().join("data");

    let mut process = OwnerProcess::start(&data, Some(nobody));
    write(&process.url).await;
    assert_eq!(fs::metadata(data.join("pg")).unwrap().uid(), nobody);

    // Root joins, and later runs the server as its owner.
    let joined = start(&data).await;
    assert!(joined.joined());
    let before = cluster::server_pid(&data);
    process.kill();
    wait_for_successor(before, &data, joined.url()).await;
    assert!(is_written(joined.url()).await);
    joined.stop().await;

    // And what root did in the folder leaves it usable for its owner.
    let mut process = OwnerProcess::start(&data, Some(nobody));
    assert!(is_written(&process.url).await);
    process.kill();
}

#[tokio::test]
async fn secrets_are_for_the_owner_only() {
    let data = folder();
    let server = start(data.path()).await;
    for file in ["password", "log", "lock", "port", "cluster"] {
        let mode = fs::metadata(data.path().join("pg").join(file)).unwrap().mode();
        assert_eq!(mode & 0o077, 0, "{file}");
    }
    assert!(!data.path().join("pg/verifier").exists());
    let (user, _) = server.url().split_once('@').unwrap();
    let wrong = server.url().replace(user, "postgres://countersign:wrong");
    assert!(PgConnection::connect(&wrong).await.is_err());
    server.stop().await;
}

fn folder() -> TempDir {
    let open = fs::Permissions::from_mode(0o755);
    tempfile::Builder::new().permissions(open).tempdir().unwrap()
}

fn options(data: &Path) -> Options {
    Options { data: data.to_owned(), ..Options::default() }
}

async fn start(data: &Path) -> Embedded {
    embedded::start_or_join(&options(data)).await.unwrap()
}

async fn write(url: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql("CREATE TABLE kept AS SELECT 'yes' AS answer")
        .execute(&mut connection)
        .await
        .unwrap();
}

async fn is_written(url: &str) -> bool {
    ask(url, "SELECT answer FROM kept").await == "yes"
}

async fn ask(url: &str, sql: &'static str) -> String {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
}

/// Returns when another server than this one has come up in its place.
async fn wait_for_successor(before: Option<Pid>, data: &Path, url: &str) {
    assert!(before.is_some(), "there was no server");
    while [before, None].contains(&cluster::server_pid(data)) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    database::check(&Settings::new(url), &Clock::default()).await.unwrap();
}

/// The user and group of `nobody`.
fn unprivileged() -> Option<u32> {
    let id = Command::new("id").args(["-u", "nobody"]).output().ok()?;
    String::from_utf8(id.stdout).ok()?.trim().parse().ok()
}

/// Another process that owns a server, to be killed.
struct OwnerProcess {
    process: Child,
    url: String,
}

/// Asks this binary, started anew, to own the server of the folder it is given.
const OWNER: &str = "COUNTERSIGN_TEST_OWNER";

impl OwnerProcess {
    fn start(data: &Path, user: Option<u32>) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        if let Some(user) = user {
            command.uid(user).gid(user);
        }
        let mut process = command
            .args(["--exact", "embedded::owner_process", "--ignored", "--nocapture"])
            .env(OWNER, data)
            .current_dir("/")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let url = BufReader::new(process.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("running at ").map(str::to_owned))
            .expect("the process ended without starting a server");
        Self { process, url }
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.process);
        kill_process(pid, signal).unwrap();
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for OwnerProcess {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Not a test: the other process.
#[tokio::test]
#[ignore = "runs as the child of other tests"]
async fn owner_process() {
    #[expect(
        clippy::disallowed_methods,
        reason = "a message from the process that started this one"
    )]
    let Some(data) = std::env::var_os(OWNER) else { return };
    let server = start(&PathBuf::from(data)).await;
    println!("\nrunning at {}", server.url());
    std::future::pending::<()>().await;
}
