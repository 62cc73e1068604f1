//! The SQL of tests.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::{Date as SqlDate, Timestamp as SqlTimestamp, ToSqlx};
use sqlx::{PgConnection, PgPool};

use super::running::{Ended, EndedBy, Running, Waiting};
use super::statistics::file::daily::{self, Counts};
use super::statistics::file::figures::Figures;
use crate::error::Result;
use crate::ids::{ExperimentId, PersonId, ReviewId, RevisionId, TestDecisionId, WorkspaceId};
use crate::reviews::Review;

pub(super) async fn insert(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    instead_of: Option<ExperimentId>,
    now: Timestamp,
) -> Result<ExperimentId> {
    let id = sqlx::query_scalar!(
        "
        INSERT INTO experiments (workspace_id, created_at, instead_of)
        VALUES ($1, $2, $3)
        RETURNING id
        ",
        workspace.0,
        now.to_sqlx() as _,
        instead_of.map(|it| it.0),
    )
    .fetch_one(tx)
    .await?;
    Ok(ExperimentId(id))
}

/// False if it has started already.
pub(super) async fn start(
    tx: &mut PgConnection,
    review: &Review,
    counts_from: Option<&str>,
    today: Date,
    now: Timestamp,
) -> Result<bool> {
    let look_at = now + SignedDuration::from_hours(24);
    let started = sqlx::query!(
        "
        UPDATE experiments
        SET started_at = $3, starts_on = $4, revision_id = $5, content_hash = $6, look_at = $7,
            counts_from = $8
        WHERE workspace_id = $1 AND id = $2 AND started_at IS NULL
        ",
        review.workspace.0,
        review.subject_id,
        now.to_sqlx() as _,
        today.to_sqlx() as _,
        review.revision.0,
        review.content_hash.as_slice(),
        look_at.to_sqlx() as _,
        counts_from,
    )
    .execute(tx)
    .await?;
    Ok(started.rows_affected() == 1)
}

/// Ends a running test by a decision; false if it has ended.
pub(super) async fn end(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    test: ExperimentId,
    decision: TestDecisionId,
    now: Timestamp,
) -> Result<bool> {
    let ended = sqlx::query!(
        "
        UPDATE experiments
        SET ended_at = greatest(started_at, $4), ended_by = $3
        WHERE workspace_id = $1 AND id = $2 AND started_at IS NOT NULL AND ended_at IS NULL
        ",
        workspace.0,
        test.0,
        decision.0,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(ended.rows_affected() == 1)
}

/// Ends a running test by the plan that takes its place; false if it has ended.
pub(super) async fn replace(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    test: ExperimentId,
    by: ExperimentId,
    now: Timestamp,
) -> Result<bool> {
    let ended = sqlx::query!(
        "
        UPDATE experiments
        SET ended_at = greatest(started_at, $4), replaced_by = $3
        WHERE workspace_id = $1 AND id = $2 AND started_at IS NOT NULL AND ended_at IS NULL
        ",
        workspace.0,
        test.0,
        by.0,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(ended.rows_affected() == 1)
}

/// Gives a test the counts of the one whose place it takes.
pub(super) async fn carry_over(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    from: ExperimentId,
    to: ExperimentId,
) -> Result<()> {
    sqlx::query!(
        "
        INSERT INTO observations (experiment_id, workspace_id, day, arm, segment, figures, source,
                                  taken_at)
        SELECT $3, workspace_id, day, arm, segment, figures, source, taken_at
        FROM observations
        WHERE workspace_id = $1 AND experiment_id = $2
        ",
        workspace.0,
        from.0,
        to.0,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "
        UPDATE experiments
        SET source = before.source, counted_at = before.counted_at
        FROM experiments before
        WHERE experiments.workspace_id = $1 AND experiments.id = $3
            AND before.workspace_id = $1 AND before.id = $2
        ",
        workspace.0,
        from.0,
        to.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Running tests whose day is over since their card was last looked at; each is handed out once.
pub(super) async fn take_due(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    now: Timestamp,
) -> Result<Vec<ExperimentId>> {
    let next = now + SignedDuration::from_hours(24);
    let ids = sqlx::query_scalar!(
        "
        UPDATE experiments
        SET look_at = $3
        WHERE workspace_id = $1 AND started_at IS NOT NULL AND ended_at IS NULL AND look_at <= $2
        RETURNING id
        ",
        workspace.0,
        now.to_sqlx() as _,
        next.to_sqlx() as _,
    )
    .fetch_all(tx)
    .await?;
    Ok(ids.into_iter().map(ExperimentId).collect())
}

/// Running tests that readings count.
pub(super) async fn counted_by_readings(
    db: &PgPool,
    workspace: WorkspaceId,
) -> Result<Vec<ExperimentId>> {
    let ids = sqlx::query_scalar!(
        "
        SELECT id
        FROM experiments
        WHERE workspace_id = $1 AND counts_from IS NOT NULL AND ended_at IS NULL
        ORDER BY id
        ",
        workspace.0,
    )
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().map(ExperimentId).collect())
}

/// Remembers why readings were not counted; false where that is known.
pub(super) async fn note_trouble(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    test: ExperimentId,
    trouble: Option<&str>,
) -> Result<bool> {
    let noted = sqlx::query!(
        "
        UPDATE experiments
        SET trouble = $3
        WHERE workspace_id = $1 AND id = $2 AND ended_at IS NULL AND trouble IS DISTINCT FROM $3
        ",
        workspace.0,
        test.0,
        trouble,
    )
    .execute(tx)
    .await?;
    Ok(noted.rows_affected() == 1)
}

struct Row {
    id: i64,
    started_at: Option<SqlTimestamp>,
    starts_on: Option<SqlDate>,
    revision_id: Option<i64>,
    content_hash: Option<Vec<u8>>,
    source: Option<String>,
    counts_from: Option<String>,
    trouble: Option<String>,
    counted_at: Option<SqlTimestamp>,
    ended_at: Option<SqlTimestamp>,
    ended_by: Option<i64>,
    replaced_by: Option<i64>,
}

/// A test that has started.
pub(super) async fn running(
    db: &PgPool,
    workspace: WorkspaceId,
    test: ExperimentId,
) -> Result<Option<Running>> {
    let row = sqlx::query_as!(
        Row,
        r#"
        SELECT id, started_at AS "started_at: SqlTimestamp", starts_on AS "starts_on: SqlDate",
               revision_id, content_hash, source, counts_from, trouble, counted_at AS "counted_at: SqlTimestamp",
               ended_at AS "ended_at: SqlTimestamp", ended_by, replaced_by
        FROM experiments
        WHERE workspace_id = $1 AND id = $2
        "#,
        workspace.0,
        test.0,
    )
    .fetch_optional(db)
    .await?;
    row.map_or(Ok(None), Row::running)
}

/// The same, locked until the transaction ends.
pub(super) async fn lock(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    test: ExperimentId,
) -> Result<Option<Running>> {
    let row = sqlx::query_as!(
        Row,
        r#"
        SELECT id, started_at AS "started_at: SqlTimestamp", starts_on AS "starts_on: SqlDate",
               revision_id, content_hash, source, counts_from, trouble, counted_at AS "counted_at: SqlTimestamp",
               ended_at AS "ended_at: SqlTimestamp", ended_by, replaced_by
        FROM experiments
        WHERE workspace_id = $1 AND id = $2
        FOR UPDATE
        "#,
        workspace.0,
        test.0,
    )
    .fetch_optional(tx)
    .await?;
    row.map_or(Ok(None), Row::running)
}

impl Row {
    /// None where it has not started.
    fn running(self) -> Result<Option<Running>> {
        let (Some(started_at), Some(starts_on), Some(revision), Some(hash)) =
            (self.started_at, self.starts_on, self.revision_id, self.content_hash)
        else {
            return Ok(None);
        };
        let impossible = |_| anyhow::anyhow!("the hash of test {} has not 32 bytes", self.id);
        let ended = match (self.ended_at, self.ended_by, self.replaced_by) {
            (Some(at), Some(by), _) => {
                Some(Ended { at: at.to_jiff(), by: EndedBy::Decision(TestDecisionId(by)) })
            }
            (Some(at), None, Some(by)) => {
                Some(Ended { at: at.to_jiff(), by: EndedBy::Plan(ExperimentId(by)) })
            }
            _ => None,
        };
        Ok(Some(Running {
            id: ExperimentId(self.id),
            started_at: started_at.to_jiff(),
            starts_on: starts_on.to_jiff(),
            revision: RevisionId(revision),
            content_hash: hash.try_into().map_err(impossible)?,
            source: self.source,
            counts_from: self.counts_from,
            trouble: self.trouble,
            counted_at: self.counted_at.map(SqlTimestamp::to_jiff),
            ended,
        }))
    }
}

/// All that was counted, as it is known now.
pub(super) async fn counts(
    db: &PgPool,
    workspace: WorkspaceId,
    test: ExperimentId,
) -> Result<Counts> {
    let rows = sqlx::query!(
        r#"
        SELECT day AS "day: SqlDate", arm, segment, figures
        FROM observations
        WHERE workspace_id = $1 AND experiment_id = $2
        ORDER BY day, arm, segment
        "#,
        workspace.0,
        test.0,
    )
    .fetch_all(db)
    .await?;
    let mut counts = Counts::default();
    for row in rows {
        let figures: Figures = serde_json::from_value(row.figures)?;
        let (day, arm, segment) = (row.day.to_jiff(), row.arm, row.segment);
        let added = counts.add(daily::Row { day, arm, segment, figures });
        added.map_err(|sentence| anyhow::anyhow!(sentence))?;
    }
    Ok(counts)
}

/// What one source says came on a day in an arm.
pub(super) struct Put<'a> {
    pub workspace: WorkspaceId,
    pub test: ExperimentId,
    pub source: &'a str,
    pub now: Timestamp,
}

/// What became of one row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Became {
    New,
    Changed,
    Unchanged,
}

/// Writes what came on a day in an arm. What stood there before is kept as a revision.
pub(super) async fn put(tx: &mut PgConnection, put: &Put<'_>, row: &daily::Row) -> Result<Became> {
    let daily::Row { day, arm, segment, figures } = row;
    let figures = serde_json::to_value(figures)?;
    let inserted = sqlx::query!(
        "
        INSERT INTO observations (experiment_id, workspace_id, day, arm, figures, source, taken_at,
                                  segment)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT ON CONSTRAINT observations_once DO NOTHING
        ",
        put.test.0,
        put.workspace.0,
        day.to_sqlx() as _,
        arm,
        figures,
        put.source,
        put.now.to_sqlx() as _,
        segment,
    )
    .execute(&mut *tx)
    .await?;
    if inserted.rows_affected() == 1 {
        return Ok(Became::New);
    }
    let changed = sqlx::query!(
        "
        WITH before AS (
            SELECT day, arm, figures, source, taken_at
            FROM observations
            WHERE experiment_id = $1 AND workspace_id = $2 AND day = $3 AND arm = $4
                AND segment = $8 AND figures <> $5
        ),
        kept AS (
            INSERT INTO observation_revisions (experiment_id, workspace_id, day, arm, figures, source,
                                               taken_at, replaced_at, segment)
            SELECT $1, $2, day, arm, figures, source, taken_at, $7, $8
            FROM before
            RETURNING id
        )
        UPDATE observations
        SET figures = $5, source = $6, taken_at = $7
        WHERE experiment_id = $1 AND day = $3 AND arm = $4 AND segment = $8
            AND EXISTS (SELECT FROM kept)
        ",
        put.test.0,
        put.workspace.0,
        day.to_sqlx() as _,
        arm,
        figures,
        put.source,
        put.now.to_sqlx() as _,
        segment,
    )
    .execute(tx)
    .await?;
    Ok(if changed.rows_affected() == 1 { Became::Changed } else { Became::Unchanged })
}

/// Remembers where the counts come from, and that some came.
pub(super) async fn counted(
    tx: &mut PgConnection,
    put: &Put<'_>,
    is_its_source: bool,
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE experiments
        SET counted_at = $3, source = CASE WHEN $5 THEN $4 ELSE source END
        WHERE workspace_id = $1 AND id = $2
        ",
        put.workspace.0,
        put.test.0,
        put.now.to_sqlx() as _,
        put.source,
        is_its_source,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn insert_decision(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    test: ExperimentId,
    now: Timestamp,
) -> Result<TestDecisionId> {
    let id = sqlx::query_scalar!(
        "
        INSERT INTO experiment_decisions (workspace_id, experiment_id, created_at)
        VALUES ($1, $2, $3)
        RETURNING id
        ",
        workspace.0,
        test.0,
        now.to_sqlx() as _,
    )
    .fetch_one(tx)
    .await?;
    Ok(TestDecisionId(id))
}

/// What is up for a decision about a test, and not decided yet: to ship, to stop, or another plan.
pub(super) async fn waiting(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    test: ExperimentId,
) -> Result<Option<Waiting>> {
    let row = sqlx::query!(
        r#"
        SELECT id, title AS "title!", requested_by
        FROM reviews
        WHERE workspace_id = $1 AND state IN ('open', 'changes_requested', 'approved')
            AND (
                (subject_kind = 'test_decision' AND subject_id IN (
                    SELECT id FROM experiment_decisions WHERE workspace_id = $1 AND experiment_id = $2
                ))
                OR (subject_kind = 'test_plan' AND subject_id IN (
                    SELECT id FROM experiments WHERE workspace_id = $1 AND instead_of = $2
                ))
            )
        ORDER BY id DESC
        LIMIT 1
        "#,
        workspace.0,
        test.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Waiting {
        review: ReviewId(row.id),
        title: row.title,
        requested_by: PersonId(row.requested_by),
    }))
}

/// The test that a decision is about.
pub(super) async fn test_of(
    db: &PgPool,
    workspace: WorkspaceId,
    decision: TestDecisionId,
) -> Result<Option<ExperimentId>> {
    let id = sqlx::query_scalar!(
        "
        SELECT experiment_id
        FROM experiment_decisions
        WHERE workspace_id = $1 AND id = $2
        ",
        workspace.0,
        decision.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(id.map(ExperimentId))
}

/// The running test that a plan is to take the place of.
pub(super) async fn replaces(
    db: &PgPool,
    workspace: WorkspaceId,
    plan: ExperimentId,
) -> Result<Option<ExperimentId>> {
    let id = sqlx::query_scalar!(
        "
        SELECT instead_of
        FROM experiments
        WHERE workspace_id = $1 AND id = $2
        ",
        workspace.0,
        plan.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(id.flatten().map(ExperimentId))
}
