//! Taking jobs from the queue, for as long as the process serves.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use graphile_worker::{
    IntoTaskHandlerResult, JobPermanentlyFail, JobRecovery, JobRecoveryResult, LocalQueueConfig,
    RefetchDelayConfig, TaskHandler, Worker, WorkerContext, WorkerOptions,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use super::{Envelope, Job, Lane, connection};
use crate::error::{Error, Result};
use crate::ids::WorkspaceId;

/// How long a job may wait before it is looked for; for a person who waits, no time at all.
const SHORT_POLL: Duration = Duration::from_millis(100);

const AGENT_POLL: Duration = Duration::from_millis(200);

type Outcome = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// What jobs mean, as two functions given by whoever runs the workers.
#[derive(Clone)]
pub struct Handler {
    run: Arc<dyn Fn(Job, Attempt) -> Outcome + Send + Sync>,
    give_up: Arc<dyn Fn(Job) -> Outcome + Send + Sync>,
}

/// Which try of a job this is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// 1 at the first try.
    pub number: i16,
    pub max: i16,
}

impl Attempt {
    /// When the job is tried again if this attempt fails now; none if it is the last.
    /// Graphile Worker waits for e^n seconds after the nth attempt, and never longer than e^10.
    pub fn next_at(self, now: Timestamp) -> Option<Timestamp> {
        let wait = SignedDuration::try_from_secs_f64(f64::from(self.number.min(10)).exp()).ok()?;
        (self.number < self.max).then(|| now + wait)
    }
}

impl Handler {
    /// `run` does a job; `give_up` is called once when its last attempt has failed.
    pub fn new<Run, Ran, GiveUp, GaveUp>(run: Run, give_up: GiveUp) -> Self
    where
        Run: Fn(Job, Attempt) -> Ran + Send + Sync + 'static,
        Ran: Future<Output = Result<()>> + Send + 'static,
        GiveUp: Fn(Job) -> GaveUp + Send + Sync + 'static,
        GaveUp: Future<Output = Result<()>> + Send + 'static,
    {
        Self {
            run: Arc::new(move |job, attempt| Box::pin(run(job, attempt))),
            give_up: Arc::new(move |job| Box::pin(give_up(job))),
        }
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handler")
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Short jobs at once in this process.
    pub short: usize,
    /// Agent jobs at once in this process.
    pub agent: usize,
    /// How long a replica may be silent before its jobs are taken from it.
    pub recovery: Duration,
    /// How long running jobs may take to end when the process stops.
    pub grace: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            short: 8,
            agent: 4,
            recovery: Duration::from_secs(60),
            grace: Duration::from_secs(25),
        }
    }
}

/// The two workers of this process.
#[derive(Clone)]
pub struct Workers {
    pool: PgPool,
    workspace: WorkspaceId,
    handler: Handler,
    settings: Settings,
}

impl Workers {
    /// For the jobs of one workspace.
    pub fn new(pool: PgPool, workspace: WorkspaceId, handler: Handler, settings: Settings) -> Self {
        Self { pool, workspace, handler, settings }
    }

    /// Runs jobs until `stop`, then lets those that run come to their end.
    ///
    /// The engine gives up when the database stays away; it is started again for as long as it takes.
    pub async fn run(&self, stop: CancellationToken) {
        tokio::join!(
            self.supervise(Lane::Short, stop.clone()),
            self.supervise(Lane::Agent, stop.clone())
        );
    }

    /// Runs every job that is due, and those that they enqueue, then returns.
    pub async fn run_due(&self) -> Result<()> {
        let short = self.init(Lane::Short, CancellationToken::new()).await?;
        let agent = self.init(Lane::Agent, CancellationToken::new()).await?;
        while due(&self.pool, self.workspace).await? > 0 {
            agent.run_once().await?;
            short.run_once().await?;
        }
        Ok(())
    }

    async fn supervise(&self, lane: Lane, stop: CancellationToken) {
        let mut wait = Duration::from_millis(200);
        while !stop.is_cancelled() {
            match self.serve(lane, stop.clone()).await {
                Ok(()) => wait = Duration::from_millis(200),
                Err(error) => {
                    tracing::warn!(
                        lane = lane.name(),
                        "jobs pause until the queue is reachable: {error:#}"
                    );
                    tokio::select! {
                        () = tokio::time::sleep(wait) => wait = (wait * 2).min(Duration::from_secs(5)),
                        () = stop.cancelled() => {}
                    }
                }
            }
        }
    }

    async fn serve(&self, lane: Lane, stop: CancellationToken) -> Result<()> {
        let worker = self.init(lane, stop).await?;
        worker.run().await?;
        Ok(())
    }

    async fn init(&self, lane: Lane, stop: CancellationToken) -> Result<Worker> {
        let options = WorkerOptions::default()
            .database(connection::to(&self.pool))
            .add_extension(self.handler.clone())
            .listen_os_shutdown_signals(false)
            .add_accepted_flag(&super::flag(self.workspace))
            // A notification wakes every slot of both workers, each with a query of its own, also for
            // jobs of the other lane. Polling costs the same however many jobs come in.
            .use_notification_delivery(false)
            .shutdown_signal(async move { stop.cancelled().await })
            .shutdown_grace_period(self.settings.grace)
            .shutdown_interrupted_job_retry_delay(Duration::ZERO)
            .heartbeat_interval((self.settings.recovery / 12).max(Duration::from_millis(100)))
            .sweep_interval((self.settings.recovery / 6).max(Duration::from_millis(200)))
            .sweep_threshold(self.settings.recovery)
            .recovery_delay(Duration::ZERO)
            .on(JobRecovery, {
                let handler = self.handler.clone();
                move |interrupted| recover(handler.clone(), interrupted.job)
            })
            .on(JobPermanentlyFail, {
                let handler = self.handler.clone();
                move |failed| give_up(handler.clone(), failed.job)
            });

        let options = match lane {
            Lane::Short => options
                .define_job::<Short>()
                .concurrency(self.settings.short)
                .poll_interval(Duration::from_secs(1))
                .local_queue(
                    LocalQueueConfig::default()
                        .with_size(self.settings.short)
                        // Without it, a fetch that brings nothing is at once followed by the next.
                        .with_refetch_delay(
                            RefetchDelayConfig::default().with_duration(SHORT_POLL),
                        ),
                ),
            Lane::Agent => options
                .define_job::<Agent>()
                .concurrency(self.settings.agent)
                .poll_interval(AGENT_POLL),
        };
        Ok(options.init().await?)
    }
}

/// Brings the queue's own schema up to date. The role of `pool` must be allowed to create it.
pub async fn migrate(pool: &PgPool) -> Result<()> {
    WorkerOptions::default()
        .pg_pool(pool.clone())
        .listen_os_shutdown_signals(false)
        .define_job::<Short>()
        .define_job::<Agent>()
        .init()
        .await?;
    Ok(())
}

/// Jobs that wait or run, by lane, with the age of the oldest that is due, in seconds.
pub async fn waiting(pool: &PgPool) -> Result<Vec<(String, i64, f64)>> {
    Ok(sqlx::query_as(
        "SELECT tasks.identifier, count(*),
                coalesce(extract(epoch FROM now() - min(jobs.run_at))::float8, 0)
         FROM graphile_worker._private_jobs AS jobs
         JOIN graphile_worker._private_tasks AS tasks ON tasks.id = jobs.task_id
         WHERE jobs.attempts < jobs.max_attempts
         GROUP BY tasks.identifier",
    )
    .fetch_all(pool)
    .await?)
}

/// Forgets jobs that did not come to their end, and whose work a newer job with their key has taken
/// on: the engine keeps them. Those that were given up stay, to be looked into.
pub async fn forget_superseded(pool: &PgPool) -> Result<u64> {
    let forgotten = sqlx::query(
        "DELETE FROM graphile_worker._private_jobs AS jobs
         USING graphile_worker._private_job_retirements AS superseded
         WHERE superseded.id = jobs.id
           AND jobs.locked_at IS NULL",
    )
    .execute(pool)
    .await?;
    Ok(forgotten.rows_affected())
}

async fn due(pool: &PgPool, workspace: WorkspaceId) -> Result<i64> {
    Ok(sqlx::query_scalar(
        "SELECT count(*)
         FROM graphile_worker._private_jobs
         WHERE attempts < max_attempts
           AND run_at <= now()
           AND locked_at IS NULL
           AND flags ? $1",
    )
    .bind(super::flag(workspace))
    .fetch_one(pool)
    .await?)
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Short(Envelope);

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Agent(Envelope);

impl TaskHandler for Short {
    const IDENTIFIER: &'static str = Lane::Short.name();

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        work(self.0, context).await
    }
}

impl TaskHandler for Agent {
    const IDENTIFIER: &'static str = Lane::Agent.name();

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        work(self.0, context).await
    }
}

async fn work(envelope: Envelope, context: WorkerContext) -> std::result::Result<(), String> {
    let handler = context.get_ext::<Handler>().ok_or("the worker has no handler")?;
    let attempt = Attempt { number: *context.job().attempts(), max: *context.job().max_attempts() };

    match (handler.run)(envelope.job, attempt).await {
        Ok(()) => Ok(()),
        Err(Error::Refused(refusal)) => Err(refusal.to_string()),
        Err(Error::Fault(fault)) => Err(format!("{fault:#}")),
    }
}

/// A job that takes the process down with it counts as tried; else it would run for ever. The engine
/// says of no such attempt that it was the last, so that is found out here.
async fn recover(handler: Handler, job: Arc<graphile_worker::Job>) -> JobRecoveryResult {
    // Without a key it was superseded while it ran: a newer job does its work.
    if job.attempts() >= job.max_attempts() && job.key().is_some() {
        give_up(handler, job).await;
    }
    JobRecoveryResult::FailWithBackoff
}

async fn give_up(handler: Handler, job: Arc<graphile_worker::Job>) {
    let Ok(envelope) = serde_json::from_value::<Envelope>(job.payload().clone()) else {
        tracing::error!(job.id = *job.id(), "a job that cannot be read was given up");
        return;
    };
    if let Err(error) = (handler.give_up)(envelope.job).await {
        tracing::error!(
            job.id = *job.id(),
            "nobody could be told that a job was given up: {error}"
        );
    }
}
