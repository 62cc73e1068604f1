//! The SQL of research.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};

use super::{Question, Run, State};
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
        INSERT INTO runs (workspace_id, agent, question, requested_by, channel_id, thread_ts, requested_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        RETURNING id
        ",
        workspace.0,
        agent,
        question.text,
        question.person.as_str(),
        question.channel.as_str(),
        question.thread.as_ref().map(MessageTs::as_str),
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
        RETURNING id, coalesce(question, '(erased)') AS "question!", requested_by,
                  channel_id, thread_ts, state, remark
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
        SELECT id, coalesce(question, '(erased)') AS "question!", requested_by,
               channel_id, thread_ts, state, remark
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
    let (name, remark) = match state {
        State::Queued => ("queued", None),
        State::Running => ("running", None),
        State::Done => ("done", None),
        State::Empty(remark) => ("empty", Some(remark)),
        State::Failed(remark) => ("failed", Some(remark)),
    };
    let ended = sqlx::query!(
        "
        UPDATE runs
        SET state = $3, remark = $4, finished_at = $5
        WHERE workspace_id = $1 AND id = $2 AND state IN ('queued', 'running')
        ",
        workspace.0,
        run.0,
        name,
        remark,
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

struct RunRow {
    id: i64,
    question: String,
    requested_by: String,
    channel_id: String,
    thread_ts: Option<String>,
    state: String,
    remark: Option<String>,
}

impl TryFrom<RunRow> for Run {
    type Error = crate::error::Error;

    fn try_from(row: RunRow) -> Result<Self> {
        let state = match (row.state.as_str(), row.remark) {
            ("queued", None) => State::Queued,
            ("running", None) => State::Running,
            ("done", None) => State::Done,
            ("empty", Some(remark)) => State::Empty(remark),
            ("failed", Some(remark)) => State::Failed(remark),
            (name, _) => {
                return Err(anyhow::anyhow!(
                    "run {} is stored in the impossible state {name:?}",
                    row.id
                )
                .into());
            }
        };
        Ok(Self {
            id: RunId(row.id),
            question: Question {
                text: row.question,
                person: PersonId(row.requested_by),
                channel: ChannelId(row.channel_id),
                thread: row.thread_ts.map(MessageTs),
            },
            state,
        })
    }
}
