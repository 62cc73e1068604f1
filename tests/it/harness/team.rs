//! A team in a workspace of its own: people who type and press, a bot that answers.
//!
//! People act on the local workspace's wire; the bot is the whole product, on a database of the
//! test's own. Nothing happens by itself: [`Team::settle`] does what is due, [`Team::wait`] turns
//! the clock. [`Team::done`] ends every test: the queue must be empty and the audit trail sound.

use std::path::Path;
use std::thread::panicking;
use std::time::Duration;

use countersign::app::App;
use countersign::audit::{self, Actor, Signer};
use countersign::cli::serve;
use countersign::clock::Clock;
use countersign::config::{self, Config, Secret};
use countersign::evidence::{self, Input, SourceSpec, Visibility};
use countersign::ids::WorkspaceId;
use countersign::jobs::{self, Workers};
use countersign::sandbox::{self, Delivery, Outcome, Sandbox, Seed};
use countersign::{http, schedule, socket, worker};
use jiff::SignedDuration;
use serde_json::{Value, json};
use sqlx::PgPool;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::fake_model::FakeModel;

use super::cluster::{self, TestDatabase};

/// How the workspace reaches the bot.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Door {
    Http,
    Socket,
}

pub struct Team {
    pub sandbox: Sandbox,
    pub app: App,
    pub config: Config,
    /// Where the bot is served.
    pub bot: Url,
    workers: Workers,
    stop: CancellationToken,
    served: Vec<JoinHandle<()>>,
    done: bool,
    database: TestDatabase,
    data: TempDir,
}

/// A member of the team, by their handle.
pub struct Member<'a> {
    team: &'a Team,
    handle: &'static str,
}

impl Team {
    /// The sample company, reached by signed requests.
    pub async fn start() -> Self {
        Self::start_with(Door::Http, Seed::example()).await
    }

    pub async fn start_with(door: Door, seed: Seed) -> Self {
        Self::start_told(door, seed, None).await
    }

    /// The same, with a receiver that is told of releases.
    pub async fn start_told(door: Door, seed: Seed, webhook: Option<config::Webhook>) -> Self {
        Self::start_set(door, seed, |config| config.webhook = webhook).await
    }

    /// The sample company with a manifest of the test's own.
    pub async fn start_with_manifest(manifest: &str) -> Self {
        Self::start_set(Door::Http, Seed::example(), |config| {
            let file = config.database.data.join("team.toml");
            std::fs::write(&file, manifest).unwrap();
            config.manifest = Some(file);
        })
        .await
    }

    /// The sample company, whose research agent works with a model; `lines` are added to the agent in
    /// the manifest, such as a budget.
    pub async fn start_with_model(model: &FakeModel, lines: &str) -> Self {
        let manifest = model.manifest(lines);
        Self::start_set(Door::Http, Seed::example(), |config| {
            let file = config.database.data.join("team.toml");
            std::fs::write(&file, manifest).unwrap();
            config.manifest = Some(file);
            config.model_keys = model.keys();
        })
        .await
    }

    /// The same, with other settings than most tests have.
    pub async fn start_set(door: Door, seed: Seed, set: impl FnOnce(&mut Config)) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let database = cluster::database().await;
        let (slack_listener, slack_url) = listen().await;
        let (bot_listener, bot) = listen().await;
        let clock = Clock::default();

        let sandbox = Sandbox::new(seed, clock.clone());
        sandbox.at(slack_url.clone());
        sandbox.set(sandbox::Settings { settle: Duration::from_millis(400), ..sandbox.settings() });
        let stop = CancellationToken::new();
        let mut served = vec![serve_on(slack_listener, sandbox.router(), &stop)];

        let data = tempfile::tempdir().unwrap();
        let mut config = config(&database, data.path(), &sandbox, &slack_url, door);
        set(&mut config);
        let slack = config.slack.clone().unwrap();
        let app = serve::assemble(&config, &slack, clock, database.pool().await).await.unwrap();
        served.push(serve_on(bot_listener, http::router(app.clone()), &stop));
        if door == Door::Socket {
            served.push(tokio::spawn(socket::serve(app.clone(), stop.clone())));
            // Nobody who types is answered before the bot has connected.
            while sandbox.connections() == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        sandbox.deliver(match door {
            Door::Socket => Delivery::SocketMode,
            Door::Http => Delivery::Http {
                commands: bot.join("slack/commands").unwrap(),
                interactivity: bot.join("slack/interactivity").unwrap(),
                events: bot.join("slack/events").unwrap(),
            },
        });
        let workers = Workers::new(
            app.db.clone(),
            app.workspace.id,
            worker::handler(app.clone()),
            jobs::Settings::default(),
        );
        Self { sandbox, app, config, bot, workers, stop, served, done: false, database, data }
    }

    /// A member by handle: `maya` asks, `dana` and `raj` review, `giulia` is a guest …
    pub fn member(&self, handle: &'static str) -> Member<'_> {
        Member { team: self, handle }
    }

    /// Brings documents in: CSV with a header line.
    pub async fn has_documents(&self, source: &str, csv: &str) {
        self.has_restricted(source, csv, Visibility::Everyone).await;
    }

    /// The same, which only some may see.
    pub async fn has_restricted(&self, source: &str, csv: &str, visibility: Visibility) {
        let app = &self.app;
        ingest(&app.db, &app.clock, app.workspace.id, source, csv, visibility).await;
    }

    /// Slack's id of a channel.
    pub fn id_of(&self, channel: &str) -> String {
        let seed = self.sandbox.seed();
        let found = seed.channels.iter().find(|it| it.name == channel.trim_start_matches('#'));
        found.unwrap().id.clone()
    }

    /// Does everything that is due: deliveries, jobs, what answers left behind, the audit log.
    pub async fn settle(&self) {
        loop {
            self.sandbox.settled().await;
            schedule::tick(&self.app).await.unwrap();
            self.workers.run_due().await.unwrap();
            self.app.background.close();
            self.app.background.wait().await;
            self.app.background.reopen();
            self.sandbox.settled().await;
            if self.due().await == 0 {
                break;
            }
        }
        audit::sequence(&self.app.db, &self.app.signer).await.unwrap();
    }

    /// Lets time pass, for everyone, and does what then is due.
    pub async fn wait(&self, duration: SignedDuration) {
        self.app.clock.turn(duration);
        // The queue keeps the server's time, which nobody can turn: so what waits moves instead.
        sqlx::query(
            "UPDATE graphile_worker._private_jobs SET run_at = run_at - make_interval(secs => $1)",
        )
        .bind(duration.as_secs_f64())
        .execute(&self.app.db)
        .await
        .unwrap();
        self.settle().await;
    }

    /// A channel as anyone reads it.
    pub fn channel(&self, channel: &str) -> String {
        readable(&self.sandbox.transcript(channel, None).unwrap())
    }

    /// What the bot wrote to a person directly.
    pub fn direct(&self, person: &str) -> String {
        readable(&self.sandbox.transcript("@countersign", Some(person)).unwrap())
    }

    /// The newest message of the bot in a channel, as JSON.
    pub fn newest(&self, channel: &str) -> Value {
        let messages = self.sandbox.messages("maya", channel).unwrap();
        messages.into_iter().rfind(|message| !message["bot_id"].is_null()).unwrap()
    }

    /// What was recorded, an act a line, without the documents that a test begins with.
    pub async fn trail(&self) -> String {
        let mut db = self.app.db.acquire().await.unwrap();
        let entries = audit::trail(&mut db, self.app.workspace.id).await.unwrap();
        let told = entries.iter().filter(|entry| is_told(entry));
        let lines = told.map(|entry| {
            let actor = name_of(self.sandbox.seed(), &entry.actor.to_string());
            format!("{actor} {} {}", entry.act, entry.subject.kind)
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The folder in which the bot keeps what is not in the database.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.app.db).await.unwrap()
    }

    pub fn db(&self) -> &PgPool {
        &self.app.db
    }

    /// Another replica of the bot on the same database and workspace, at an address of its own.
    pub async fn replica(&self) -> Url {
        let (listener, url) = listen().await;
        let slack = self.config.slack.clone().unwrap();
        let pool = self.database.pool().await;
        let app =
            serve::assemble(&self.config, &slack, self.app.clock.clone(), pool).await.unwrap();
        drop(serve_on(listener, http::router(app), &self.stop));
        url
    }

    /// What another replica has, without serving anybody.
    pub async fn another_app(&self) -> App {
        let slack = self.config.slack.clone().unwrap();
        let pool = self.database.pool().await;
        serve::assemble(&self.config, &slack, self.app.clock.clone(), pool).await.unwrap()
    }

    /// Ends the test: nothing may be left over, and the trail must verify.
    pub async fn done(mut self) {
        self.settle().await;
        self.done = true;
        let left: Vec<(String, Option<String>)> =
            sqlx::query_as("SELECT payload::text, last_error FROM graphile_worker._private_jobs")
                .fetch_all(&self.app.db)
                .await
                .unwrap();
        assert!(left.is_empty(), "jobs are left over: {left:?}");
        let report =
            audit::verify(&self.app.db, None, self.app.signer.keys(), |_, _| {}).await.unwrap();
        assert!(report.is_sound(), "the audit trail is not sound: {:?}", report.findings);
        assert_eq!(report.pending, 0, "entries wait for their place");

        self.stop.cancel();
        for task in self.served.drain(..) {
            task.await.unwrap();
        }
        self.app.db.close().await;
    }

    async fn due(&self) -> i64 {
        self.count(
            "SELECT count(*) FROM graphile_worker._private_jobs
             WHERE attempts < max_attempts AND run_at <= now() AND locked_at IS NULL
               AND flags ? ('workspace:' || (SELECT min(id) FROM workspaces))",
        )
        .await
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.stop.cancel();
        assert!(self.done || panicking(), "a test must end with team.done().await");
    }
}

impl Member<'_> {
    /// Types a slash command, and reads the private answer.
    pub async fn types(&self, channel: &str, text: &str) -> String {
        let outcome = self.team.sandbox.command(self.handle, channel, text).await;
        private(outcome)
    }

    /// Writes a message, into a thread or not.
    pub async fn says(&self, channel: &str, text: &str) -> String {
        private(self.team.sandbox.message(self.handle, channel, text, None).await)
    }

    /// Presses a button of the newest message that has it, and reads the private answer.
    pub async fn clicks(&self, channel: &str, button: &str) -> String {
        private(self.try_click(channel, button).await)
    }

    pub async fn try_click(&self, channel: &str, button: &str) -> Result<Outcome, String> {
        let place = sandbox::Place::Channel { channel, message: None };
        self.team.sandbox.click(self.handle, place, button, None).await
    }

    /// Chooses from a menu of the newest message that has it, and reads the private answer.
    pub async fn chooses(&self, channel: &str, option: &str) -> String {
        let place = sandbox::Place::Channel { channel, message: None };
        let option = json!(option);
        private(self.team.sandbox.click(self.handle, place, "Who may decide?", Some(&option)).await)
    }

    /// Fills the inputs of the open form and submits it; reads what is wrong with it, or what is said.
    pub async fn fills(&self, values: Value) -> String {
        let values = values.as_object().unwrap().clone();
        let outcome = self.team.sandbox.submit(self.handle, &values).await.unwrap();
        outcome.errors.into_values().chain(outcome.ephemeral).collect::<Vec<_>>().join("\n")
    }

    /// Fills the one input of the open form and submits it; reads what is wrong with it.
    pub async fn submits(&self, label: &str, value: &str) -> String {
        let values = json!({ label: value }).as_object().unwrap().clone();
        let outcome = self.team.sandbox.submit(self.handle, &values).await.unwrap();
        outcome.errors.into_values().chain(outcome.ephemeral).collect::<Vec<_>>().join("\n")
    }

    pub async fn opens_home(&self) -> String {
        self.team.sandbox.home(self.handle).await.unwrap();
        self.team.settle().await;
        let outcome = self.team.sandbox.home(self.handle).await.unwrap();
        readable(&outcome.home_text.unwrap_or_default())
    }
}

fn private(outcome: Result<Outcome, String>) -> String {
    let outcome = outcome.unwrap();
    match outcome.error {
        Some(error) => error,
        None => readable(&outcome.text()),
    }
}

pub(super) async fn ingest(
    db: &PgPool,
    clock: &Clock,
    workspace: WorkspaceId,
    source: &str,
    csv: &str,
    visibility: Visibility,
) {
    let visibility = Some(visibility);
    let spec = SourceSpec { name: source.to_owned(), visibility, ..SourceSpec::default() };
    let bytes = csv.to_owned().into();
    let file = Input::Bytes { name: format!("{source}.csv"), bytes }.into();
    evidence::ingest_documents(db, clock, workspace, &Actor::Bot, &spec, &file, |_| {})
        .await
        .unwrap();
}

/// A handle where there is one, for what a person's id would say.
pub(super) fn name_of(seed: &Seed, id: &str) -> String {
    let person = seed.people.iter().find(|person| person.id == id);
    person.map_or_else(|| id.to_owned(), |person| person.handle.clone())
}

/// Whether an entry belongs to a test's own story: not the documents it begins with, nor the
/// checkpoint that is due at a time of the day.
pub(super) fn is_told(entry: &audit::Entry) -> bool {
    !["source", "checkpoint"].contains(&entry.subject.kind.as_ref())
}

/// What changes from run to run, taken out.
pub fn readable(text: &str) -> String {
    // Spaces of no width, which keep marks apart.
    let text = &text.replace('\u{200b}', "");
    let hash = regex_lite::Regex::new("`[0-9a-f]{12}`").unwrap();
    let text = hash.replace_all(text, "`(hash)`");
    let version = regex_lite::Regex::new(r"policy ([a-z +-]+) [0-9a-f]{12}").unwrap();
    let text = version.replace_all(&text, "policy $1 (version)");
    let age = regex_lite::Regex::new(r"\((\d+ days? old|of today)\)").unwrap();
    let text = age.replace_all(&text, "(age)");
    let file = regex_lite::Regex::new(r"\d{8}T\d{6}\.\d{3}Z").unwrap();
    let text = file.replace_all(&text, "(time)");
    let moment = regex_lite::Regex::new(r"\d{1,2} [A-Z][a-z]{2} \d{4}, \d{2}:\d{2} UTC").unwrap();
    let text = moment.replace_all(&text, "(when)");
    let file = regex_lite::Regex::new(r"\d{8}T\d{6}\.\d{3}Z").unwrap();
    file.replace_all(&text, "(time)").into_owned()
}

pub(super) async fn listen() -> (TcpListener, Url) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    (listener, url)
}

pub(super) fn serve_on(
    listener: TcpListener,
    router: axum::Router,
    stop: &CancellationToken,
) -> JoinHandle<()> {
    let stop = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            served = http::serve(listener, router, stop.clone()) => served.unwrap(),
            // Whoever still holds a connection at the end of a test is not waited for.
            () = stop.cancelled() => {}
        }
    })
}

fn config(
    database: &TestDatabase,
    data: &Path,
    sandbox: &Sandbox,
    slack: &Url,
    door: Door,
) -> Config {
    let app = &sandbox.seed().app;
    Config {
        database: config::Database {
            url: Some(Secret::new(&database.url)),
            data: data.to_owned(),
            bin: None,
            connections: 8,
        },
        slack: Some(config::Slack {
            bot_token: Secret::new(&app.bot_token),
            app_token: (door == Door::Socket).then(|| Secret::new(&app.app_token)),
            signing_secrets: vec![Secret::new(&app.signing_secret)],
            api_url: slack.join("api/").unwrap(),
        }),
        listen: "127.0.0.1:0".parse().unwrap(),
        manifest: None,
        brand: None,
        audit_key: Some(Secret::new(Signer::generate("test.example/audit").unwrap())),
        former_audit_keys: Vec::new(),
        audit_name: "test.example/audit".to_owned(),
        recovery: Duration::from_secs(60),
        webhook: None,
        agent_tokens: config::AgentTokens::default(),
        model_keys: config::ModelKeys::Given(Default::default()),
        prompts: None,
        source_tokens: config::SourceTokens::default(),
    }
}
