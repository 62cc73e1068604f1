//! What outlives the bot, so that it can be killed, stopped and started again: a workspace, which the
//! test serves, and a database.
//!
//! The bot is a [`Process`] with nothing but its environment. It has no switches for tests;
//! [`hold`](super::hold) makes it wait at a step from outside. Time is real here, so tests wait for
//! what must come to be true, with [`Deployment::until`] and its patience.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use countersign::audit::{self, Keys, Signer};
use countersign::clock::Clock;
use countersign::evidence::Visibility;
use countersign::ids::WorkspaceId;
use countersign::jobs;
use countersign::sandbox::{self, Delivery, Sandbox, Seed};
use countersign::workspaces;
use serde_json::Value;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::Door;
use super::cluster::{self, TestDatabase};
use super::process::{PATIENCE, Process, free_address, url_of};
use super::team::{ingest, is_told, listen, name_of, readable, serve_on};

/// How long a replica may be silent before the others take its jobs, in seconds.
const RECOVERY_S: &str = "1";

/// A workspace and a database, on which processes of the bot come and go.
pub struct Deployment {
    pub sandbox: Sandbox,
    /// As the login role, which may do more than the bot.
    pub db: PgPool,
    address: SocketAddr,
    environment: Vec<(&'static str, String)>,
    keys: Keys,
    stop: CancellationToken,
    served: JoinHandle<()>,
    /// What the bot keeps outside of the database.
    data: TempDir,
    _database: Option<TestDatabase>,
}

impl Deployment {
    /// The sample company, reached by signed requests, on a database of its own.
    pub async fn start() -> Self {
        Self::start_with(Door::Http).await
    }

    pub async fn start_with(door: Door) -> Self {
        let database = cluster::database().await;
        let url = database.url.clone();
        Self { _database: Some(database), ..Self::on(&url, door).await }
    }

    /// The same on a database that somebody else looks after.
    pub async fn on(database: &str, door: Door) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (listener, slack) = listen().await;
        let sandbox = Sandbox::new(Seed::example(), Clock::default());
        sandbox.at(slack.clone());
        let settings = sandbox::Settings { settle: Duration::ZERO, ..sandbox.settings() };
        sandbox.set(settings);
        let stop = CancellationToken::new();
        let served = serve_on(listener, sandbox.router(), &stop);

        let key = Signer::generate("test.example/audit").unwrap();
        let signer = Signer::from_key(&key).unwrap();
        let db = PgPoolOptions::new().max_connections(4).connect_lazy(database).unwrap();
        let address = free_address();
        let data = tempfile::tempdir().unwrap();
        let team = Self {
            environment: environment(&sandbox, database, &slack, door, key, data.path()),
            data,
            keys: signer.keys().clone(),
            sandbox,
            db,
            address,
            stop,
            served,
            _database: None,
        };
        match door {
            Door::Socket => team.sandbox.deliver(Delivery::SocketMode),
            Door::Http => team.delivers_to(&url_of(address)),
        }
        team
    }

    /// Tells every process that is started from now on something else than the others.
    pub fn set(&mut self, name: &'static str, value: &str) {
        self.environment.retain(|(known, _)| *known != name);
        self.environment.push((name, value.to_owned()));
    }

    /// The files that the bot has put into its outbox, whole or not.
    pub fn outbox(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.data.path().join("outbox")).into_iter().flatten();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// Waits until `look` finds what it looks for.
    pub async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look().await {
                return found;
            }
            if Instant::now() > deadline {
                panic!("{what}: not within {PATIENCE:?}; in the queue:\n{}", self.queue().await);
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Lets Slack send everything to this process from now on.
    pub fn delivers_to(&self, bot: &Url) {
        self.sandbox.deliver(Delivery::Http {
            commands: bot.join("slack/commands").unwrap(),
            interactivity: bot.join("slack/interactivity").unwrap(),
            events: bot.join("slack/events").unwrap(),
        });
    }

    /// Starts the bot where Slack expects it.
    pub async fn bot(&self) -> Process {
        self.process(self.address).await
    }

    /// Starts another one, at an address of its own.
    pub async fn replica(&self) -> Process {
        self.process(free_address()).await
    }

    async fn process(&self, address: SocketAddr) -> Process {
        let mut bot = Process::start(&self.environment, address);
        let by_socket = self.environment.iter().any(|(name, _)| *name == "SLACK_APP_TOKEN");
        self.until("the bot serves", async || {
            if let Some(status) = bot.child.try_wait().unwrap() {
                panic!("the bot ended as it started, with {status}");
            }
            let is_open = !by_socket || bot.metric("countersign_sockets_open").await > Some(0.0);
            (bot.is_ready().await && is_open).then_some(())
        })
        .await;
        bot
    }

    pub async fn has_documents(&self, source: &str, csv: &str) {
        ingest(
            &self.db,
            &Clock::default(),
            self.workspace().await,
            source,
            csv,
            Visibility::Everyone,
        )
        .await;
    }

    /// A channel as anyone reads it.
    pub fn channel(&self, channel: &str) -> String {
        readable(&self.sandbox.transcript(channel, None).unwrap())
    }

    /// How many cards of the bot everyone in a channel sees; what is told in a sentence is none.
    pub fn posted(&self, channel: &str) -> usize {
        let messages = self.sandbox.messages("maya", channel).unwrap();
        let is_posted = |message: &&Value| {
            let is_card = message["blocks"].as_array().is_some_and(|blocks| !blocks.is_empty());
            !message["bot_id"].is_null() && message["ephemeral"] != true && is_card
        };
        messages.iter().filter(is_posted).count()
    }

    /// What was recorded, an act a line, without the documents that a test begins with.
    pub async fn trail(&self) -> String {
        let mut db = self.db.acquire().await.unwrap();
        let entries = audit::trail(&mut db, self.workspace().await).await.unwrap();
        let told = entries.iter().filter(|entry| is_told(entry));
        let lines = told.map(|entry| {
            let actor = name_of(self.sandbox.seed(), &entry.actor.to_string());
            format!("{actor} {} {}", entry.act, entry.subject.kind)
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.db).await.unwrap()
    }

    /// Lets what waits to be tried again be tried now, as if the time for it had come.
    pub async fn hurry(&self) {
        let _database_may_be_away = sqlx::query(
            "UPDATE graphile_worker._private_jobs SET run_at = now()
             WHERE locked_at IS NULL AND run_at > now()",
        )
        .execute(&self.db)
        .await;
    }

    /// Waits until no connection of a bot is left. A killed one's may still be at work.
    pub async fn is_left_alone(&self) {
        self.until("the killed bot's connections end", async || {
            let left = self.count(
                "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND application_name = 'countersign'",
            );
            (left.await == 0).then_some(())
        })
        .await;
    }

    /// Waits until everything is done, and has its place in the trail.
    pub async fn settles(&self) {
        self.until("everything is done and has its place in the trail", async || {
            self.hurry().await;
            jobs::forget_superseded(&self.db).await.unwrap();
            let left = self.count(
                "SELECT (SELECT count(*) FROM graphile_worker._private_jobs)
                      + (SELECT count(*) FROM audit.pending)",
            );
            (left.await == 0).then_some(())
        })
        .await;
    }

    /// Ends the test: the queue runs empty, the bot stops when asked to, the trail verifies.
    pub async fn done(self, bot: Process) {
        self.settles().await;
        assert!(bot.stop().await.success(), "a bot that is asked to stop ends well");
        let report = audit::verify(&self.db, None, &self.keys, |_, _| {}).await.unwrap();
        assert!(report.is_sound(), "the audit trail is not sound: {:?}", report.findings);

        self.stop.cancel();
        self.served.await.unwrap();
        self.db.close().await;
    }

    /// What the queue holds, a job a line.
    pub async fn queue(&self) -> String {
        let lines: Vec<String> = sqlx::query_scalar(
            "SELECT format('%s: attempt %s of %s, due in %s, locked by %s: %s', payload::text,
                           attempts, max_attempts, run_at - now(), locked_by, last_error)
             FROM graphile_worker._private_jobs",
        )
        .fetch_all(&self.db)
        .await
        .unwrap_or_default();
        lines.join("\n")
    }

    pub async fn workspace(&self) -> WorkspaceId {
        workspaces::all(&self.db).await.unwrap()[0]
    }
}

fn environment(
    sandbox: &Sandbox,
    database: &str,
    slack: &Url,
    door: Door,
    key: String,
    data: &Path,
) -> Vec<(&'static str, String)> {
    let app = &sandbox.seed().app;
    vec![
        ("DATABASE_URL", database.to_owned()),
        ("COUNTERSIGN_DATA", data.display().to_string()),
        ("SLACK_API_URL", slack.join("api/").unwrap().into()),
        ("SLACK_BOT_TOKEN", app.bot_token.clone()),
        match door {
            Door::Http => ("SLACK_SIGNING_SECRET", app.signing_secret.clone()),
            Door::Socket => ("SLACK_APP_TOKEN", app.app_token.clone()),
        },
        ("COUNTERSIGN_AUDIT_KEY", key),
        ("COUNTERSIGN_RECOVERY_S", RECOVERY_S.to_owned()),
        ("COUNTERSIGN_DB_CONNECTIONS", "8".to_owned()),
    ]
}
