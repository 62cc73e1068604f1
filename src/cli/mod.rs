//! The command line: one file a subcommand.
//!
//! Every subcommand works on the server of `DATABASE_URL`, or on the private Postgres in the data
//! folder. Results go to standard output, the log and progress to standard error, and a failure is
//! one sentence there with a non-zero exit code.

pub mod agents;
pub mod audit;
pub mod backtest;
pub mod brand;
mod charts;
pub mod demo;
pub mod doctor;
pub mod draft;
pub mod erase;
pub mod evidence;
pub mod experiment;
pub mod ingest;
pub mod leads;
pub mod policy;
pub mod prompts;
pub mod readings;
pub mod releases;
pub mod reviewers;
pub mod sandbox;
pub mod serve;
pub mod summary;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use sqlx::PgPool;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::clock::Clock;
use crate::config::{Config, Log, Manifest};
use crate::database::{self, embedded};
use crate::error::Error;
use crate::ids::WorkspaceId;
use crate::slack::{self, Slack};
use crate::{jobs, manifests, workspaces};

/// Agents prepare the work; people countersign it: a Slack bot for marketing teams.
#[derive(Parser)]
#[command(name = "countersign", version, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// Where the private Postgres and the keys are kept [env: COUNTERSIGN_DATA] [default: .data]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Try everything on this machine: a local Slack workspace, the bot, and sample documents
    Demo(demo::Args),
    /// Run the bot for a real Slack workspace
    Serve(serve::Args),
    /// Run the local workspace alone, to try any Slack app in it
    Sandbox(sandbox::Args),
    /// Check what the bot needs, and say how to mend what is missing
    Doctor(doctor::Args),
    /// Bring documents, readings and leads in
    #[command(subcommand)]
    Ingest(ingest::Ingest),
    /// Look into the documents that were brought in
    #[command(subcommand)]
    Evidence(evidence::Evidence),
    /// Bring counts of running tests in; readouts, and figures to compare with other tools
    #[command(subcommand)]
    Experiment(experiment::Experiment),
    /// Add up the readings that were brought in, and see what stands out
    #[command(subcommand)]
    Readings(readings::Readings),
    /// See what the detector of unusual readings would have said of a file
    Backtest(backtest::Backtest),
    /// See what leads are scored by, how good a score learnt from leads is, and which leads are won
    #[command(subcommand)]
    Leads(leads::Leads),
    /// See what was released and how far it came, and send again what did not arrive
    #[command(subcommand)]
    Releases(releases::Releases),
    /// The agents of the team manifest: who answers for each, what it may read, and how it does
    Agents(agents::Agents),
    /// What each reviewer decided in the last four weeks, and whether there was time to read
    Reviewers(reviewers::Reviewers),
    /// Read what a channel's daily, weekly or monthly summary says, of today or of a day before
    Summary(summary::Summary),
    /// Read what decisions are, and were, taken under
    #[command(subcommand)]
    Policy(policy::Policy),
    /// See what models are asked with
    Prompts(prompts::Args),
    /// Make texts from a brief, out of what the brand kit approves
    Draft(draft::Draft),
    /// Hold a text against the brand kit, or see the kit
    #[command(subcommand)]
    Brand(brand::Brand),
    /// Verify, prove and export the audit trail
    Audit(audit::Audit),
}

/// A database that is ready for use, and the private Postgres behind it, if it is private.
pub struct Opened {
    pub pool: PgPool,
    /// Of the login role, with the password in it: not for logs.
    pub url: String,
    embedded: Option<embedded::Embedded>,
}

impl Opened {
    /// Gives the connections back, then stops the private Postgres if this process started it.
    pub async fn close(self) {
        // Work that did not end in time may keep its connection; it goes with the process.
        let _ = tokio::time::timeout(CLOSING, self.pool.close()).await;
        if let Some(embedded) = self.embedded {
            embedded.stop().await;
        }
    }
}

/// This process waits for Postgres and for Slack, and seldom computes. More threads would above all
/// wake each other.
const WORKERS: usize = 2;

/// How long connections may take to come back at the end.
const CLOSING: Duration = Duration::from_millis(1_500);

/// Runs the command that was typed.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = start_log(&cli.command).and_then(|()| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .enable_all()
            .build()?;
        runtime.block_on(run(cli))
    });
    match outcome {
        Ok(code) => code,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// Opens the database that `config` names, with every migration applied.
pub async fn open_database(config: &Config) -> Result<Opened> {
    let (url, embedded) = match &config.database.url {
        Some(url) => (url.reveal().to_owned(), None),
        None => {
            let embedded = embedded::start_or_join(&embedded::Options {
                data: config.database.data.clone(),
                binaries: config.database.bin.clone(),
                settings: Vec::new(),
            })
            .await?;
            (embedded.url().to_owned(), Some(embedded))
        }
    };
    let mut settings = database::Settings::new(url.clone());
    settings.max_connections = config.database.connections;
    let pool = prepare(&settings).await?;
    Ok(Opened { pool, url, embedded })
}

/// Applies every migration, ours and the queue's, and connects.
pub async fn prepare(settings: &database::Settings) -> Result<PgPool> {
    database::migrate(settings).await?;
    let pool = database::connect(settings).await?;
    jobs::migrate(&pool).await.map_err(into_anyhow)?;
    Ok(pool)
}

/// Waits for Ctrl-C, or for the signal with which services are stopped.
pub async fn asked_to_stop() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminated) => {
                tokio::select! {
                    _ = interrupted => {}
                    _ = terminated.recv() => {}
                }
            }
            Err(_) => {
                let _ = interrupted.await;
            }
        }
    }
    #[cfg(not(unix))]
    let _ = interrupted.await;
}

/// Prints a result. A reader that has gone away, such as `head`, is no failure.
pub fn say(text: impl AsRef<str>) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout(), "{}", text.as_ref());
}

/// Who runs this, as the operating system names the account: for the audit trail. The environment is
/// not asked, because anyone can set it to anything.
pub fn account() -> String {
    #[cfg(unix)]
    {
        let id = rustix::process::getuid().as_raw();
        let known = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let named = known.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)?.parse() == Ok(id)).then(|| name.to_owned())
        });
        named.unwrap_or_else(|| format!("uid {id}"))
    }
    #[cfg(not(unix))]
    "unknown".to_owned()
}

pub fn into_anyhow(error: Error) -> anyhow::Error {
    match error {
        Error::Refused(refusal) => anyhow::anyhow!("{refusal}"),
        Error::Fault(fault) => fault,
    }
}

async fn run(cli: Cli) -> Result<ExitCode> {
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("a TLS provider was installed twice"))?;
    let mut config = Config::from_env()?;
    if let Some(data) = cli.data {
        config.database.data = data;
    }
    let clock = Clock::default();
    match cli.command {
        Command::Demo(args) => demo::run(config, clock, args).await,
        Command::Serve(args) => serve::run(config, clock, args).await,
        Command::Sandbox(args) => sandbox::run(clock, args).await,
        Command::Doctor(args) => doctor::run(config, clock, args).await,
        Command::Ingest(what) => {
            let manifest = Manifest::load(config.manifest.as_deref())?;
            with_workspace(&config, &clock, async |db, workspace| {
                ingest::run(db, &clock, workspace, &manifest, what).await
            })
            .await
        }
        Command::Evidence(what) => {
            with_workspace(&config, &clock, async |db, workspace| {
                evidence::run(db, &clock, workspace, what).await
            })
            .await
        }
        Command::Experiment(what) => experiment::run(&config, &clock, what).await,
        Command::Readings(what) => {
            with_workspace(&config, &clock, async |db, workspace| {
                readings::run(db, &config, &clock, workspace, what).await
            })
            .await
        }
        Command::Backtest(what) => {
            backtest::run(&config, &what).map_err(into_anyhow)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Leads(leads::Leads::OfFile(what)) => {
            leads::run_on_file(&what).map_err(into_anyhow)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Leads(leads::Leads::Own(what)) => {
            with_workspace(&config, &clock, async |db, workspace| {
                leads::run(db, &config, &clock, workspace, &what).await
            })
            .await
        }
        Command::Releases(what) => {
            with_workspace(&config, &clock, async |db, workspace| {
                releases::run(db, &clock, workspace, what).await
            })
            .await
        }
        Command::Agents(args) => {
            with_workspace(&config, &clock, async |db, workspace| {
                agents::run(db, &config, &clock, workspace, args).await
            })
            .await
        }
        Command::Reviewers(args) => {
            with_workspace(&config, &clock, async |db, workspace| {
                reviewers::run(db, &config, &clock, workspace, args).await
            })
            .await
        }
        Command::Summary(wanted) => {
            with_workspace(&config, &clock, async |db, workspace| {
                summary::run(db, &config, &clock, workspace, &wanted).await
            })
            .await
        }
        Command::Policy(policy::Policy::Check { file }) => {
            policy::check(&config, file.as_deref())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Policy(what) => {
            with_workspace(&config, &clock, async |db, workspace| {
                policy::run(db, workspace, &config, &clock, what).await
            })
            .await
        }
        Command::Prompts(args) => {
            prompts::run(&config, &args)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Draft(args) => draft::run(&config, &clock, &args),
        Command::Brand(brand::Brand::Show { of_before: Some(version), json, .. }) => {
            with_workspace(&config, &clock, async |db, workspace| {
                policy::show(db, workspace, manifests::Kind::Brand, Some(version), json).await
            })
            .await
        }
        Command::Brand(brand) => brand::run(&config, &clock, brand),
        Command::Audit(audit) => run_audit(config, audit).await,
    }
}

/// Does something within the one workspace of the database.
async fn with_workspace(
    config: &Config,
    clock: &Clock,
    act: impl AsyncFnOnce(&PgPool, WorkspaceId) -> Result<(), Error>,
) -> Result<ExitCode> {
    let database = open_database(config).await?;
    let done = async {
        let workspace = find_workspace(config, clock, &database.pool).await?;
        act(&database.pool, workspace).await.map_err(into_anyhow)
    }
    .await;
    database.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

/// The workspace of the configured token; without one, the only one there is; in an empty
/// database, the local workspace that the demo will open.
async fn find_workspace(config: &Config, clock: &Clock, db: &PgPool) -> Result<WorkspaceId> {
    let identity = match &config.slack {
        Some(slack) => {
            let mut settings = slack::Settings::new(slack.bot_token.reveal());
            settings.api_url = slack.api_url.clone();
            Slack::new(settings)?
                .auth_test()
                .await
                .context("Slack does not say whose token this is")?
        }
        None => match workspaces::all(db).await.map_err(into_anyhow)?.as_slice() {
            [only] => return Ok(*only),
            [] => demo::identity(),
            _ => bail!(
                "this database has several workspaces; set SLACK_BOT_TOKEN to say which one is meant"
            ),
        },
    };
    Ok(workspaces::connect(db, &identity, clock.now()).await.map_err(into_anyhow)?.id)
}

/// Most of it needs the database; checking a proof that somebody else gave needs nothing.
async fn run_audit(config: Config, audit: audit::Audit) -> Result<ExitCode> {
    let keys = serve::verifier_keys(&config)?;
    let opened = tokio::sync::OnceCell::new();
    let connect = async || {
        let opened = opened.get_or_try_init(|| open_database(&config)).await?;
        Ok(opened.pool.clone())
    };
    let ended = audit::run(audit, connect, &keys, &mut std::io::stdout()).await;
    if let Some(opened) = opened.into_inner() {
        opened.close().await;
    }
    ended.map_err(into_anyhow)
}

fn start_log(command: &Command) -> Result<()> {
    let log = Log::from_env()?;
    // Commands that answer and end say what they have to say themselves.
    let quiet = !matches!(command, Command::Serve(_));
    // An import may take its time; that is no news to whoever watches its progress.
    const QUIET: &str = "warn,sqlx::query=error";
    let filter =
        if quiet && log.filter == crate::config::DEFAULT_LOG { QUIET } else { &log.filter };
    let filter: Targets = filter.parse().with_context(|| {
        format!("COUNTERSIGN_LOG is {:?}, which is no filter; try info", log.filter)
    })?;
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let subscriber = tracing_subscriber::registry().with(filter);
    if log.json {
        subscriber.with(lines.json().flatten_event(true)).init();
    } else {
        subscriber.with(lines).init();
    }
    Ok(())
}

fn complain(error: &anyhow::Error) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "countersign: {error:#}");
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn every_command_can_be_read() {
        Cli::command().debug_assert();
    }
}
