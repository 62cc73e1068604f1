//! The SQL of research.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};

use super::sharing::Kept;
use super::{Finding, Question, Run, State};
use crate::error::Result;
use crate::ids::{ChannelId, FindingId, MessageTs, PersonId, RunId, WorkspaceId};

pub(super) async fn insert_run(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    agent: &str,
    question: &Question,
    now: Timestamp,
) -> Result<RunId> {
    let id = sqlx::query_scalar!(
        "
        INSERT INTO runs (workspace_id, agent, question, requested_by, channel_id, thread_ts, follows, requested_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        RETURNING id
        ",
        workspace.0,
        agent,
        question.text,
        question.person.as_str(),
        question.channel.as_str(),
        question.thread.as_ref().map(MessageTs::as_str),
        question.follows.map(|run| run.0),
        now.to_sqlx() as _,
    )
    .fetch_one(tx)
    .await?;
    Ok(RunId(id))
}

/// Marks a run as running and returns it; none if it has ended, or was never there.
pub(super) async fn start(
    db: &PgPool,
    workspace: WorkspaceId,
    run: RunId,
    now: Timestamp,
) -> Result<Option<Run>> {
    let row = sqlx::query_as!(
        RunRow,
        r#"
        UPDATE runs
        SET state = 'running', started_at = coalesce(started_at, $3)
        WHERE workspace_id = $1 AND id = $2 AND state IN ('queued', 'running')
        RETURNING id, question, requested_by,
                  channel_id, thread_ts, follows, state, remark, step, stopped_by
        "#,
        workspace.0,
        run.0,
        now.to_sqlx() as _,
    )
    .fetch_optional(db)
    .await?;
    row.map(Run::try_from).transpose()
}

pub(super) async fn find(db: &PgPool, workspace: WorkspaceId, run: RunId) -> Result<Option<Run>> {
    let row = sqlx::query_as!(
        RunRow,
        r#"
        SELECT id, question, requested_by,
               channel_id, thread_ts, follows, state, remark, step, stopped_by
        FROM runs
        WHERE workspace_id = $1 AND id = $2
        "#,
        workspace.0,
        run.0,
    )
    .fetch_optional(db)
    .await?;
    row.map(Run::try_from).transpose()
}

/// Ends a run, once: false if it had ended before.
pub(super) async fn end(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    run: RunId,
    state: &State,
    now: Timestamp,
) -> Result<bool> {
    let (name, remark, by) = match state {
        State::Queued => ("queued", None, None),
        State::Running => ("running", None, None),
        State::Done => ("done", None, None),
        State::Empty(remark) => ("empty", Some(remark), None),
        State::Failed(remark) => ("failed", Some(remark), None),
        State::Stopped(by) => ("stopped", None, Some(by.as_str())),
    };
    let ended = sqlx::query!(
        "
        UPDATE runs
        SET state = $3, remark = $4, stopped_by = $5, finished_at = $6
        WHERE workspace_id = $1 AND id = $2 AND state IN ('queued', 'running')
        ",
        workspace.0,
        run.0,
        name,
        remark,
        by,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(ended.rows_affected() == 1)
}

pub(super) async fn insert_finding(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    run: RunId,
) -> Result<FindingId> {
    let id = sqlx::query_scalar!(
        "
        INSERT INTO findings (workspace_id, run_id)
        VALUES ($1, $2)
        RETURNING id
        ",
        workspace.0,
        run.0,
    )
    .fetch_one(tx)
    .await?;
    Ok(FindingId(id))
}

/// Notes what a run is doing; false if it was ended in the meantime.
pub(super) async fn go_on(
    db: &PgPool,
    workspace: WorkspaceId,
    run: RunId,
    step: &str,
) -> Result<bool> {
    let running = sqlx::query!(
        "
        UPDATE runs
        SET step = $3
        WHERE workspace_id = $1 AND id = $2 AND state = 'running'
        ",
        workspace.0,
        run.0,
        step,
    )
    .execute(db)
    .await?;
    Ok(running.rows_affected() == 1)
}

/// Notes what wrote the answer of a run.
pub(super) async fn made_by(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    run: RunId,
    finding: &Finding,
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE runs
        SET engine = $3, fell_back = $4
        WHERE workspace_id = $1 AND id = $2
        ",
        workspace.0,
        run.0,
        finding.engine,
        finding.fell_back,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn last_run_in(
    db: &PgPool,
    workspace: WorkspaceId,
    channel: &ChannelId,
    thread: &MessageTs,
) -> Result<Option<RunId>> {
    let run = sqlx::query_scalar!(
        "
        SELECT id
        FROM runs
        WHERE workspace_id = $1 AND channel_id = $2 AND thread_ts = $3
        ORDER BY id DESC
        LIMIT 1
        ",
        workspace.0,
        channel.as_str(),
        thread.as_str(),
    )
    .fetch_optional(db)
    .await?;
    Ok(run.map(RunId))
}

/// The run that made a finding.
pub(super) async fn run_of(
    db: &PgPool,
    workspace: WorkspaceId,
    finding: FindingId,
) -> Result<Option<RunId>> {
    let run = sqlx::query_scalar!(
        "SELECT run_id FROM findings WHERE workspace_id = $1 AND id = $2",
        workspace.0,
        finding.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(run.map(RunId))
}

/// A question that a run goes on from.
#[derive(Clone, Debug)]
pub struct Earlier {
    pub question: String,
    /// What came of it, where something did.
    pub finding: Option<FindingId>,
}

/// The questions that a run goes on from, the last one first.
pub(super) async fn followed(
    db: &PgPool,
    workspace: WorkspaceId,
    run: RunId,
    limit: usize,
) -> Result<Vec<Earlier>> {
    let rows = sqlx::query!(
        r#"
        WITH RECURSIVE earlier (id, question, follows, step) AS (
            SELECT id, question, follows, 0
            FROM runs
            WHERE workspace_id = $1 AND id = $2
            UNION ALL
            SELECT runs.id, runs.question, runs.follows, earlier.step + 1
            FROM earlier
            JOIN runs ON runs.id = earlier.follows
            WHERE runs.workspace_id = $1 AND earlier.step < $3
        )
        SELECT question AS "question!", findings.id AS "finding?: FindingId"
        FROM earlier
        LEFT JOIN findings ON findings.run_id = earlier.id AND findings.workspace_id = $1
        WHERE step > 0 AND question IS NOT NULL
        ORDER BY step
        "#,
        workspace.0,
        run.0,
        i32::try_from(limit)?,
    )
    .fetch_all(db)
    .await?;
    let earlier =
        rows.into_iter().map(|row| Earlier { question: row.question, finding: row.finding });
    Ok(earlier.collect())
}

pub(super) async fn keep_private(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    finding: FindingId,
    content: &[u8],
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE findings
        SET private_content = $3
        WHERE workspace_id = $1 AND id = $2
        ",
        workspace.0,
        finding.0,
        content,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// An answer that one person may read; none where there is no such thing, or not any more.
pub(super) async fn kept(
    db: &PgPool,
    workspace: WorkspaceId,
    finding: FindingId,
) -> Result<Option<Kept>> {
    let row = sqlx::query!(
        "
        SELECT run_id, private_content, shared_in
        FROM findings
        WHERE workspace_id = $1 AND id = $2
        ",
        workspace.0,
        finding.0,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let Some(content) = row.private_content else { return Ok(None) };
    let Some(run) = find(db, workspace, RunId(row.run_id)).await? else { return Ok(None) };
    let finding = Finding::from_bytes(&content)?;
    Ok(Some(Kept { run, finding, shared_in: row.shared_in.map(ChannelId) }))
}

/// Notes where an answer was shared; false if it was before.
pub(super) async fn share(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    finding: FindingId,
    channel: &ChannelId,
    now: Timestamp,
) -> Result<bool> {
    let shared = sqlx::query!(
        "
        UPDATE findings
        SET shared_in = $3, shared_at = $4
        WHERE workspace_id = $1 AND id = $2 AND shared_in IS NULL
        ",
        workspace.0,
        finding.0,
        channel.as_str(),
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(shared.rows_affected() == 1)
}

/// What is read instead of a question that was erased.
const ERASED: &str = "(erased)";

struct RunRow {
    id: i64,
    question: Option<String>,
    requested_by: String,
    channel_id: String,
    thread_ts: Option<String>,
    follows: Option<i64>,
    state: String,
    remark: Option<String>,
    step: Option<String>,
    stopped_by: Option<String>,
}

impl TryFrom<RunRow> for Run {
    type Error = crate::error::Error;

    fn try_from(row: RunRow) -> Result<Self> {
        let state = match (row.state.as_str(), row.remark, row.stopped_by) {
            ("queued", None, None) => State::Queued,
            ("running", None, None) => State::Running,
            ("done", None, None) => State::Done,
            ("empty", Some(remark), None) => State::Empty(remark),
            ("failed", Some(remark), None) => State::Failed(remark),
            ("stopped", None, Some(by)) => State::Stopped(PersonId(by)),
            (name, _, _) => {
                return Err(anyhow::anyhow!(
                    "run {} is stored in the impossible state {name:?}",
                    row.id
                )
                .into());
            }
        };
        Ok(Self {
            id: RunId(row.id),
            is_erased: row.question.is_none(),
            question: Question {
                text: row.question.unwrap_or_else(|| ERASED.to_owned()),
                person: PersonId(row.requested_by),
                channel: ChannelId(row.channel_id),
                thread: row.thread_ts.map(MessageTs),
                follows: row.follows.map(RunId),
            },
            state,
            step: row.step,
        })
    }
}
