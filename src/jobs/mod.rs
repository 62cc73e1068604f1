//! Work that is done after the transaction that asked for it: a queue in Postgres.
//!
//! A verb enqueues a [`Job`] inside its own transaction, so that a job exists exactly when what it
//! follows from does. Jobs carry ids, never content; a worker reads the current state when it runs
//! one. Underneath is Graphile Worker's schema, readable with any SQL client.
//!
//! - [`enqueue`] puts a job into the caller's transaction.
//! - [`Workers`] takes jobs and hands each to a [`Handler`], on any number of replicas.
//!
//! Two workers share one pool, because the engine's two ways of fetching fail in opposite
//! directions: with a local queue it hoards long jobs, without one it drains a backlog slowly.
//!
//! **Invariant:** a job runs at least once. Its visible effect must have a unique row of its own.
//!
//! **Invariant:** a process takes the jobs of the workspace that it serves, and no others.
//!
//! **Invariant:** no workspace has more than [`Lane::width`] jobs of a lane running at once, over
//! all replicas, so that one workspace's flood does not delay another's answer. What goes to receivers
//! outside has queues of its own beside those, so that a slow one delays nothing else.

mod connection;
mod workers;

use jiff::SignedDuration;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use crate::config::Section;
use crate::database::Writes;
use crate::error::Result;
use crate::ids::{
    AlertEventId, AlertId, CampaignId, ChannelId, DispatchId, ExperimentId, FindingId, HandOffId,
    PersonId, ReleaseId, ReviewId, RunId, SummaryId, WorkspaceId,
};

pub use workers::{Attempt, Handler, Settings, Workers, forget_superseded, migrate, waiting};

/// Everything that can be asked for. `worker.rs` says what each one means.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Job {
    /// Lets the research agent answer the question of a run.
    Research { run: RunId },
    /// Lets the content agent write what is missing of a campaign.
    WriteDrafts { campaign: CampaignId },
    /// Has the content agent write one draft anew, which a model was to write and did not.
    WriteAnew { review: ReviewId },
    /// Makes Slack show a campaign as it now stands.
    ShowCampaign { campaign: CampaignId },
    /// Makes Slack show a run that did not end in a finding.
    ShowRun { run: RunId },
    /// Makes Slack show an answer to the one person who may read it.
    ShowAnswer { finding: FindingId },
    /// Makes Slack show a review as it now stands.
    ShowReview { review: ReviewId },
    /// Has whoever made it change a text as people asked.
    Rework { review: ReviewId },
    /// Does what is due for a review: reminds, escalates, lets expire, releases.
    Attend { review: ReviewId },
    /// Hands over what was approved.
    Release { review: ReviewId },
    /// Sends one message about a release to one receiver.
    Dispatch { release: ReleaseId, dispatch: DispatchId },
    /// Makes Slack show that a message about a release did not arrive, and what came of it since.
    ShowDispatch { dispatch: DispatchId },
    /// Says in a review's channel that something was not released, because it had been changed.
    ShowReleaseRefused { review: ReviewId },
    /// Makes Slack show a person's home as it now stands.
    ShowHome { person: PersonId },
    /// Says in a channel what the bot can do, after it was mentioned without a question.
    ShowHelp { channel: ChannelId, thread: Option<String> },
    /// Lets the performance agent look at the numbers.
    Inspect,
    /// Makes Slack show an alert as it now stands.
    ShowAlert { alert: AlertId },
    /// Does what is due for an alert: calls, escalates, ends a snooze.
    AttendAlert { alert: AlertId },
    /// Sets the research agent to an alert, as a person asked.
    Investigate { alert: AlertId, event: AlertEventId, person: PersonId },
    /// Scores the leads that changed, and hands over those that crossed the threshold.
    ScoreLeads,
    /// Scores all leads anew, because what they did fades.
    RefreshLeads,
    /// Makes Slack show a hand-off as it now stands.
    ShowHandOff { hand_off: HandOffId },
    /// Does what is due for a hand-off: reminds, asks another, tells the manager, ends a snooze.
    AttendHandOff { hand_off: HandOffId },
    /// Has a model say in a few sentences why somebody should call a lead.
    SumUpLead { hand_off: HandOffId },
    /// Posts the digest of the week before a day.
    PostLeadsDigest { day: Date },
    /// Makes Slack show a test as it now stands.
    ShowTest { test: ExperimentId },
    /// Makes Slack show the segments of a test, in its thread.
    ShowSegments { test: ExperimentId },
    /// Brings over what readings say of running tests.
    CountByReadings,
    /// Makes a document of what a decided test taught.
    LearnFromTest { test: ExperimentId },
    /// Makes Slack show a summary in its channel.
    ShowSummary { summary: SummaryId },
    /// Has a model open a summary with the most important.
    OpenSummary { summary: SummaryId },
    /// Makes Slack show a section of a summary in full, in its thread.
    ShowSummaryDetails { summary: SummaryId, section: Section },
    /// Posts a day's checkpoint of the audit trail.
    PostCheckpoint { day: Date },
}

/// What a row of the queue holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Envelope {
    pub workspace: WorkspaceId,
    pub job: Job,
}

/// Jobs of a lane take about as long as each other, and wait only for each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lane {
    /// Ends within seconds: database and Slack.
    Short,
    /// May take minutes: an agent at work.
    Agent,
}

impl Lane {
    /// How many jobs of one workspace may run at once, over all replicas.
    pub const fn width(self) -> u64 {
        match self {
            Self::Short => 4,
            Self::Agent => 2,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Agent => "agent",
        }
    }
}

impl Job {
    pub fn lane(&self) -> Lane {
        match self {
            Self::Research { .. }
            | Self::Rework { .. }
            | Self::WriteDrafts { .. }
            | Self::WriteAnew { .. }
            | Self::ScoreLeads
            | Self::RefreshLeads
            | Self::SumUpLead { .. }
            | Self::OpenSummary { .. }
            | Self::Inspect => Lane::Agent,
            Self::ShowRun { .. }
            | Self::ShowCampaign { .. }
            | Self::ShowAnswer { .. }
            | Self::ShowReview { .. }
            | Self::Attend { .. }
            | Self::Release { .. }
            | Self::Dispatch { .. }
            | Self::ShowDispatch { .. }
            | Self::ShowReleaseRefused { .. }
            | Self::ShowHome { .. }
            | Self::ShowHelp { .. }
            | Self::ShowAlert { .. }
            | Self::AttendAlert { .. }
            | Self::Investigate { .. }
            | Self::ShowHandOff { .. }
            | Self::AttendHandOff { .. }
            | Self::PostLeadsDigest { .. }
            | Self::ShowTest { .. }
            | Self::ShowSegments { .. }
            | Self::CountByReadings
            | Self::LearnFromTest { .. }
            | Self::ShowSummary { .. }
            | Self::ShowSummaryDetails { .. }
            | Self::PostCheckpoint { .. } => Lane::Short,
        }
    }

    /// The name that logs and metrics use.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Research { .. } => "research",
            Self::WriteDrafts { .. } => "write_drafts",
            Self::WriteAnew { .. } => "write_anew",
            Self::ShowCampaign { .. } => "show_campaign",
            Self::ShowRun { .. } => "show_run",
            Self::ShowAnswer { .. } => "show_answer",
            Self::ShowReview { .. } => "show_review",
            Self::Rework { .. } => "rework",
            Self::Attend { .. } => "attend",
            Self::Release { .. } => "release",
            Self::Dispatch { .. } => "dispatch",
            Self::ShowDispatch { .. } => "show_dispatch",
            Self::ShowReleaseRefused { .. } => "show_release_refused",
            Self::ShowHome { .. } => "show_home",
            Self::ShowHelp { .. } => "show_help",
            Self::Inspect => "inspect",
            Self::ShowAlert { .. } => "show_alert",
            Self::AttendAlert { .. } => "attend_alert",
            Self::Investigate { .. } => "investigate",
            Self::ScoreLeads => "score_leads",
            Self::RefreshLeads => "refresh_leads",
            Self::ShowHandOff { .. } => "show_hand_off",
            Self::AttendHandOff { .. } => "attend_hand_off",
            Self::SumUpLead { .. } => "sum_up_lead",
            Self::PostLeadsDigest { .. } => "post_leads_digest",
            Self::ShowTest { .. } => "show_test",
            Self::ShowSegments { .. } => "show_segments",
            Self::CountByReadings => "count_by_readings",
            Self::LearnFromTest { .. } => "learn_from_test",
            Self::ShowSummary { .. } => "show_summary",
            Self::OpenSummary { .. } => "open_summary",
            Self::ShowSummaryDetails { .. } => "show_summary_details",
            Self::PostCheckpoint { .. } => "post_checkpoint",
        }
    }

    /// Two waiting jobs with one key are one job: it runs once, after the newer was asked for.
    fn key(&self) -> String {
        match self {
            Self::Research { run } => format!("research:{run}"),
            Self::WriteDrafts { campaign } => format!("write_drafts:{campaign}"),
            Self::WriteAnew { review } => format!("write_anew:{review}"),
            Self::ShowCampaign { campaign } => format!("show_campaign:{campaign}"),
            Self::ShowRun { run } => format!("show_run:{run}"),
            Self::ShowAnswer { finding } => format!("show_answer:{finding}"),
            Self::ShowReview { review } => format!("show_review:{review}"),
            Self::Rework { review } => format!("rework:{review}"),
            Self::Attend { review } => format!("attend:{review}"),
            Self::Release { review } => format!("release:{review}"),
            Self::Dispatch { dispatch, .. } => format!("dispatch:{dispatch}"),
            Self::ShowDispatch { dispatch } => format!("show_dispatch:{dispatch}"),
            Self::ShowReleaseRefused { review } => format!("show_release_refused:{review}"),
            Self::ShowHome { person } => format!("show_home:{person}"),
            Self::ShowHelp { channel, thread } => {
                format!("show_help:{channel}:{}", thread.as_deref().unwrap_or_default())
            }
            Self::Inspect => "inspect".to_owned(),
            Self::ShowAlert { alert } => format!("show_alert:{alert}"),
            Self::AttendAlert { alert } => format!("attend_alert:{alert}"),
            Self::Investigate { event, .. } => format!("investigate:{event}"),
            Self::ScoreLeads => "score_leads".to_owned(),
            Self::RefreshLeads => "refresh_leads".to_owned(),
            Self::ShowHandOff { hand_off } => format!("show_hand_off:{hand_off}"),
            Self::AttendHandOff { hand_off } => format!("attend_hand_off:{hand_off}"),
            Self::SumUpLead { hand_off } => format!("sum_up_lead:{hand_off}"),
            Self::PostLeadsDigest { day } => format!("post_leads_digest:{day}"),
            Self::ShowTest { test } => format!("show_test:{test}"),
            Self::ShowSegments { test } => format!("show_segments:{test}"),
            Self::CountByReadings => "count_by_readings".to_owned(),
            Self::LearnFromTest { test } => format!("learn_from_test:{test}"),
            Self::ShowSummary { summary } => format!("show_summary:{summary}"),
            Self::OpenSummary { summary } => format!("open_summary:{summary}"),
            Self::ShowSummaryDetails { summary, section } => {
                format!("show_summary_details:{summary}:{}", section.name())
            }
            Self::PostCheckpoint { day } => format!("post_checkpoint:{day}"),
        }
    }

    /// What one of two jobs with the same order begins, it ends before the other begins.
    fn order(&self) -> String {
        match self {
            Self::Dispatch { release, .. } => format!("release:{release}"),
            other => other.key(),
        }
    }

    /// The queues among which jobs are dealt out, and how many they are.
    fn queues(&self) -> (&'static str, u64) {
        match self {
            // A receiver may take its time, and nobody who waits for Slack is to wait for that.
            Self::Dispatch { .. } => OUTWARD,
            other => (other.lane().name(), other.lane().width()),
        }
    }

    /// Days for what has to reach a receiver that may be down over a weekend; hours for what only has
    /// to reach Slack; a few tries for what costs work.
    fn max_attempts(&self) -> i16 {
        match (self, self.lane()) {
            (Self::Dispatch { .. }, _) => 20,
            (_, Lane::Short) => 12,
            (_, Lane::Agent) => 5,
        }
    }

    /// Smaller comes first: what a person waits for goes before what merely has to be shown.
    fn priority(&self) -> i16 {
        match self {
            Self::ShowReview { .. }
            | Self::ShowRun { .. }
            | Self::ShowAnswer { .. }
            | Self::Research { .. }
            | Self::Rework { .. }
            | Self::WriteDrafts { .. }
            | Self::WriteAnew { .. }
            | Self::ShowCampaign { .. }
            | Self::ShowAlert { .. }
            | Self::Investigate { .. }
            | Self::ShowHandOff { .. }
            | Self::Release { .. } => 0,
            Self::ShowHelp { .. }
            | Self::Attend { .. }
            | Self::Inspect
            | Self::AttendAlert { .. }
            | Self::ScoreLeads
            | Self::AttendHandOff { .. }
            | Self::SumUpLead { .. }
            | Self::Dispatch { .. }
            | Self::ShowDispatch { .. }
            | Self::ShowReleaseRefused { .. }
            | Self::ShowSummary { .. }
            | Self::OpenSummary { .. }
            | Self::ShowSummaryDetails { .. }
            | Self::ShowTest { .. } => 1,
            Self::ShowHome { .. }
            | Self::ShowSegments { .. }
            | Self::CountByReadings
            | Self::LearnFromTest { .. }
            | Self::RefreshLeads
            | Self::PostLeadsDigest { .. }
            | Self::PostCheckpoint { .. } => 5,
        }
    }
}

/// The queues of what goes out to receivers.
const OUTWARD: (&str, u64) = ("outward", 2);

/// Makes the queues of a workspace, before anybody enqueues. The engine makes those that it misses,
/// but two transactions that each make two of them may wait for each other for ever.
pub async fn make_queues(db: &PgPool, workspace: WorkspaceId) -> Result<()> {
    let lanes = [Lane::Agent, Lane::Short].map(|lane| (lane.name(), lane.width()));
    let names: Vec<String> = lanes
        .into_iter()
        .chain([OUTWARD])
        .flat_map(|(name, width)| (0..width).map(move |at| format!("{name}:{workspace}:{at}")))
        .collect();
    sqlx::query(
        "INSERT INTO graphile_worker._private_job_queues (queue_name)
         SELECT name
         FROM unnest($1) AS name
         ORDER BY name
         ON CONFLICT (queue_name) DO NOTHING",
    )
    .bind(names)
    .execute(db)
    .await?;
    Ok(())
}

/// Puts a job into the transaction of `tx`: it exists once that commits, and never otherwise.
pub async fn enqueue(tx: &mut PgConnection, workspace: WorkspaceId, job: Job) -> Result<()> {
    let mut writes = Writes::default();
    enqueue_with(&mut writes, workspace, job)?;
    writes.commit(tx).await?;
    Ok(())
}

/// Puts a job among other writes, with which it comes to exist.
pub fn enqueue_with(writes: &mut Writes, workspace: WorkspaceId, job: Job) -> Result<()> {
    let lane = job.lane();
    let key = format!("{workspace}:{}", job.key());
    let (queues, width) = job.queues();
    let order = format!("{workspace}:{}", job.order());
    let queue = format!("{queues}:{workspace}:{}", stable_hash(&order) % width);
    let (priority, max_attempts) = (job.priority(), job.max_attempts());
    let payload = serde_json::to_value(Envelope { workspace, job })?;

    // What the engine's function comes to where the key is new and the queue is not, without its cost:
    // half the work of a whole transaction, and a notification for which all commits take turns.
    writes
        .add(
            "job# AS (
                 INSERT INTO graphile_worker._private_jobs (task_id, job_queue_id, payload, max_attempts, key,
                                                            priority, flags)
                 SELECT tasks.id, queues.id, $2::json, $4, $5, $6, jsonb_build_object($7::text, true)
                 FROM given, graphile_worker._private_tasks AS tasks,
                      graphile_worker._private_job_queues AS queues
                 WHERE tasks.identifier = $1 AND queues.queue_name = $3
                 ON CONFLICT (key) DO NOTHING
                 RETURNING id
             )",
        )
        // The engine knows how to replace a job that waits, and how to follow one that runs.
        .call(
            "SELECT graphile_worker.add_job($1, $2::json, queue_name => $3, max_attempts => $4::int,
                                            job_key => $5, priority => $6::int, flags => ARRAY[$7::text])
             FROM given
             WHERE NOT EXISTS (SELECT FROM job#)",
        )
        .bind(lane.name())
        .bind(payload)
        .bind(queue)
        .bind(max_attempts)
        .bind(key)
        .bind(priority)
        .bind(flag(workspace));
    Ok(())
}

/// Lets a job that is about to fail wait so long before it is tried again. The engine's own back-off
/// comes on top. (The queue keeps the server's time, so this takes no moment of ours.)
pub async fn postpone(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    job: &Job,
    wait: SignedDuration,
) -> Result<()> {
    sqlx::query(
        "UPDATE graphile_worker._private_jobs
         SET run_at = greatest(run_at, now() + make_interval(secs => $2))
         WHERE key = $1",
    )
    .bind(format!("{workspace}:{}", job.key()))
    .bind(wait.as_secs_f64())
    .execute(db)
    .await?;
    Ok(())
}

/// The mark by which the workers of a workspace tell its jobs from those of others.
fn flag(workspace: WorkspaceId) -> String {
    format!("workspace:{workspace}")
}

/// FNV-1a: the same on every replica and in every version, which `Hash` does not promise.
fn stable_hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_survives_its_way_through_json() {
        let envelope = Envelope {
            workspace: WorkspaceId(1),
            job: Job::ShowHelp { channel: "C1".into(), thread: None },
        };

        let text = serde_json::to_string(&envelope).unwrap();

        assert_eq!(
            text,
            r#"{"workspace":1,"job":{"kind":"show_help","channel":"C1","thread":null}}"#
        );
        assert_eq!(serde_json::from_str::<Envelope>(&text).unwrap(), envelope);
    }

    #[test]
    fn keys_spread_over_a_lanes_queues() {
        let used: std::collections::BTreeSet<u64> =
            (0..100).map(|run| stable_hash(&format!("1:research:{run}")) % 2).collect();
        assert_eq!(used.len(), 2);
    }
}
