//! `countersign serve`: the bot, until it is asked to stop.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{asked_to_stop, into_anyhow, open_database};
use crate::agents::{Models, Prompts};
use crate::app::{App, Parts};
use crate::audit::{self, Keys, Signer};
use crate::brand::Kit;
use crate::clock::Clock;
use crate::config::{self, Config, Manifest};
use crate::database::Desk;
use crate::jobs::{self, Workers};
use crate::metrics::Metrics;
use crate::releases::Sinks;
use crate::slack::{self, Slack};
use crate::{http, manifests, schedule, socket, worker, workspaces};

/// How often entries that wait get their place in the audit log.
const SEQUENCING: Duration = Duration::from_millis(250);

/// How often it is looked for what is due.
const TICKING: Duration = Duration::from_secs(1);

/// How long stopping may take, but for closing the database: 30 seconds in all, after which
/// orchestrators kill.
const STOPPING: Duration = Duration::from_secs(28);

/// How often what is not needed any more is forgotten.
const FORGETTING: Duration = Duration::from_secs(3600);

#[derive(clap::Args)]
#[command(after_help = "\
Slack reaches the bot by Socket Mode when SLACK_APP_TOKEN is set, by signed HTTP requests to
COUNTERSIGN_LISTEN (default 127.0.0.1:8080) when SLACK_SIGNING_SECRET is set, or by both.
/health, /ready and /metrics are always served there. `countersign doctor` checks all of it.")]
pub struct Args {}

pub async fn run(config: Config, clock: Clock, _args: Args) -> Result<ExitCode> {
    let Some(slack) = config.slack.clone() else {
        bail!(
            "no Slack workspace is connected: set SLACK_BOT_TOKEN and either SLACK_APP_TOKEN or SLACK_SIGNING_SECRET, or try `countersign demo`, which needs none"
        );
    };
    let listener = TcpListener::bind(config.listen).await.with_context(|| {
        format!(
            "{} cannot be listened on; choose another address in COUNTERSIGN_LISTEN",
            config.listen
        )
    })?;
    let database = open_database(&config).await?;
    let app = assemble(&config, &slack, clock, database.pool.clone()).await?;
    manifests::adopt(&app).await.map_err(into_anyhow)?;
    manifests::adopt_brand(&app).await.map_err(into_anyhow)?;
    tracing::info!(
        address = %config.listen, workspace = app.workspace.name,
        http = !app.signing_secrets.is_empty(), socket = slack.app_token.is_some(),
        "countersign serves"
    );

    let stop = CancellationToken::new();
    let running = start(app.clone(), &config, slack.app_token.is_some(), stop.clone());
    let served = tokio::spawn(http::serve(listener, http::router(app.clone()), stop.clone()));
    asked_to_stop().await;

    tracing::info!("stopping: nothing new is taken, what runs comes to its end");
    let asked = Instant::now();
    stop.cancel();
    served.await??;
    running.ended(asked).await;
    database.close().await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Puts an app together: connects to Slack and learns which workspace it is.
pub async fn assemble(
    config: &Config,
    settings: &config::Slack,
    clock: Clock,
    db: PgPool,
) -> Result<App> {
    let metrics = Arc::new(Metrics::default());
    let observer = metrics.clone();
    let mut connection = slack::Settings::new(settings.bot_token.reveal());
    connection.app_token = settings.app_token.as_ref().map(|token| token.reveal().to_owned());
    connection.api_url = settings.api_url.clone();
    let slack = Slack::new(connection)?
        .observe(Arc::new(move |method, result, took| observer.called_slack(method, result, took)));

    let identity = slack.auth_test().await.context("Slack does not say who we are")?;
    let workspace = workspaces::connect(&db, &identity, clock.now()).await.map_err(into_anyhow)?;
    let manifest = Manifest::load(config.manifest.as_deref())?;
    config.agent_tokens.check(&manifest)?;
    let models = Models::new(&manifest, &config.model_keys)?;
    models.log_missing_keys();
    let brand = Kit::load(config.brand.as_deref())?;
    jobs::make_queues(&db, workspace.id).await.map_err(into_anyhow)?;
    Ok(App::new(Parts {
        manifest,
        brand,
        agent_tokens: config.agent_tokens.clone(),
        models,
        prompts: Prompts::load(config.prompts.as_deref())?,
        source_tokens: config.source_tokens.clone(),
        lead_senders: config.lead_senders.clone(),
        signer: signer(config)?,
        workspace,
        slack,
        clock,
        desk: Desk::beside(&db),
        db,
        signing_secrets: settings.signing_secrets.clone(),
        metrics,
        memberships: Default::default(),
        sinks: Sinks::new(config.webhook.as_ref(), &config.database.data)?,
        background: TaskTracker::new(),
    }))
}

/// The key that checkpoints are signed with, and the former ones that go on to count.
pub fn signer(config: &Config) -> Result<Signer> {
    Ok(present_signer(config)?.succeeding(&former_keys(config)?))
}

/// Given, or made once and kept in the data folder.
fn present_signer(config: &Config) -> Result<Signer> {
    if let Some(key) = &config.audit_key {
        return Signer::from_key(key.reveal()).context("COUNTERSIGN_AUDIT_KEY cannot be used");
    }
    let file = key_file(config);
    if !file.exists() {
        keep_key(&file, &Signer::generate(&config.audit_name)?)?;
    }
    let key = std::fs::read_to_string(&file)
        .with_context(|| format!("the audit key {} cannot be read", file.display()))?;
    Signer::from_key(&key)
        .with_context(|| format!("the audit key {} cannot be used", file.display()))
}

/// The keys whose signatures count; none where no key was made yet.
pub fn verifier_keys(config: &Config) -> Result<Keys> {
    if config.audit_key.is_none() && !key_file(config).exists() {
        return former_keys(config);
    }
    Ok(signer(config)?.keys().clone())
}

fn former_keys(config: &Config) -> Result<Keys> {
    Keys::new(config.former_audit_keys.iter().map(String::as_str)).context(
        "COUNTERSIGN_AUDIT_KEYS_OLD cannot be used; it takes the public keys that `countersign audit key` printed before, with commas between them",
    )
}

fn key_file(config: &Config) -> PathBuf {
    config.database.data.join("audit.key")
}

/// Writes the key for this user's eyes only. If another process was faster, its key stands.
fn keep_key(file: &Path, key: &str) -> Result<()> {
    use std::io::Write as _;
    let cannot = || format!("the audit key {} cannot be written", file.display());
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).with_context(cannot)?;
    }
    let draft = file.with_extension(format!("key.{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&draft).with_context(cannot)?.write_all(key.as_bytes()).with_context(cannot)?;
    // A link never replaces what is there.
    let linked = std::fs::hard_link(&draft, file);
    std::fs::remove_file(&draft).with_context(cannot)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(error).with_context(cannot)
        }
        _ => Ok(()),
    }
}

/// Everything that works behind the doors.
pub struct Running {
    app: App,
    tasks: TaskTracker,
}

/// Starts what works behind the doors: jobs, the audit log's sequencer, Socket Mode if asked for.
pub fn start(app: App, config: &Config, with_socket: bool, stop: CancellationToken) -> Running {
    let tasks = TaskTracker::new();
    let settings = jobs::Settings { recovery: config.recovery, ..jobs::Settings::default() };
    let workers =
        Workers::new(app.db.clone(), app.workspace.id, worker::handler(app.clone()), settings);
    let stopping = stop.clone();
    tasks.spawn(async move { workers.run(stopping).await });
    tasks.spawn(sequence(app.clone(), stop.clone()));
    tasks.spawn(tick(app.clone(), stop.clone()));
    tasks.spawn(forget(app.clone(), stop.clone()));
    if with_socket {
        tasks.spawn(socket::serve(app.clone(), stop));
    }
    tasks.close();
    Running { app, tasks }
}

impl Running {
    /// Waits until all of it has come to its end, though not for ever after it was `asked` to; what
    /// is left is done by the next process that starts.
    pub async fn ended(self, asked: Instant) {
        let all = async {
            self.tasks.wait().await;
            self.app.background.close();
            self.app.background.wait().await;
        };
        if tokio::time::timeout_at(asked + STOPPING, all).await.is_err() {
            tracing::warn!(
                "some work did not end within {STOPPING:?} and is left to the next start"
            );
        }
    }
}

async fn sequence(app: App, stop: CancellationToken) {
    let mut tick = tokio::time::interval(SEQUENCING);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = stop.cancelled() => return,
        }
        match audit::sequence(&app.db, &app.signer).await {
            Ok(_) => failing = false,
            Err(error) if !failing => {
                failing = true;
                tracing::error!("audit entries wait for their place until this is mended: {error}");
            }
            Err(_) => {}
        }
    }
}

async fn tick(app: App, stop: CancellationToken) {
    let mut tick = tokio::time::interval(TICKING);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = stop.cancelled() => return,
        }
        match schedule::tick(&app).await {
            Ok(()) => failing = false,
            Err(error) if !failing => {
                failing = true;
                tracing::error!("what is due waits until this is mended: {error}");
            }
            Err(_) => {}
        }
    }
}

async fn forget(app: App, stop: CancellationToken) {
    let mut tick = tokio::time::interval(FORGETTING);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = stop.cancelled() => return,
        }
        if let Err(error) = slack::forget_deliveries(&app.db, app.now()).await {
            tracing::warn!("old deliveries could not be forgotten: {error}");
        }
        if let Err(error) = jobs::forget_superseded(&app.db).await {
            tracing::warn!("superseded jobs could not be forgotten: {error}");
        }
    }
}
