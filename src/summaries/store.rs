//! The SQL of summaries: their own rows, and what they read of others.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::{Date as SqlDate, Timestamp as SqlTimestamp, ToSqlx};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};

use super::{Opening, Summary};
use crate::config::Edition;
use crate::error::Result;
use crate::ids::{ExperimentId, PersonId, ReviewId, SummaryId, WorkspaceId};

/// A channel of the manifest, as it is known.
pub struct Channel {
    pub since: Timestamp,
    pub is_off: bool,
    /// The day of its last summary by the clock.
    pub last: Option<Date>,
}

/// Something that people decide, or decided, on.
pub struct Card {
    pub review: ReviewId,
    pub title: String,
    pub kind: String,
    pub channel: String,
    pub at: Timestamp,
    pub terms: Value,
    /// The groups of those who approved, a group as often as it approved.
    pub approved: Vec<String>,
}

pub struct Decided {
    pub title: String,
    pub kind: String,
    pub channel: String,
    pub person: PersonId,
    pub verdict: String,
}

pub struct AlertRow {
    pub sentence: String,
    /// As the route names it.
    pub channel: String,
    pub state: String,
    pub opened_at: Timestamp,
}

pub struct Used {
    pub agent: String,
    pub failed: i64,
    pub total: i64,
}

pub async fn channels(
    db: &mut PgConnection,
    workspace: WorkspaceId,
) -> Result<BTreeMap<String, Channel>> {
    let rows = sqlx::query!(
        r#"
        SELECT channel, since AS "since: SqlTimestamp", off_at IS NOT NULL AS "is_off!",
               (
                   SELECT max(day)
                   FROM summaries
                   WHERE summaries.workspace_id = known.workspace_id
                     AND summaries.channel = known.channel
                     AND asked_by IS NULL
               ) AS "last: SqlDate"
        FROM summary_channels AS known
        WHERE workspace_id = $1
        "#,
        workspace.0,
    )
    .fetch_all(db)
    .await?;
    let channel = |since: SqlTimestamp, is_off, last: Option<SqlDate>| Channel {
        since: since.to_jiff(),
        is_off,
        last: last.map(|day| day.to_jiff()),
    };
    Ok(rows.into_iter().map(|it| (it.channel, channel(it.since, it.is_off, it.last))).collect())
}

pub async fn meet(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    channel: &str,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "
        INSERT INTO summary_channels (workspace_id, channel, since)
        VALUES ($1, $2, $3)
        ON CONFLICT ON CONSTRAINT summary_channels_once DO NOTHING
        ",
        workspace.0,
        channel,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// False if it was so already.
pub async fn turn(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    channel: &str,
    off_by: Option<&PersonId>,
    now: Timestamp,
) -> Result<bool> {
    let turned = sqlx::query!(
        "
        UPDATE summary_channels
        SET off_by = $3, off_at = CASE WHEN $3::text IS NOT NULL THEN $4::timestamptz END,
            -- What was due while it was off is not made up for.
            since = CASE WHEN $3::text IS NULL THEN $4 ELSE since END
        WHERE workspace_id = $1 AND channel = $2 AND (off_by IS NULL) = ($3::text IS NOT NULL)
        ",
        workspace.0,
        channel,
        off_by.map(PersonId::as_str),
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(turned.rows_affected() == 1)
}

/// Begins the summary of a channel and day; none if it was begun.
pub async fn begin(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    channel: &str,
    (day, edition): (Date, Edition),
    due_at: Timestamp,
    now: Timestamp,
) -> Result<Option<SummaryId>> {
    let id = sqlx::query_scalar!(
        r#"
        INSERT INTO summaries (workspace_id, channel, day, due_at, made_at, edition)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (workspace_id, channel, day) WHERE asked_by IS NULL DO NOTHING
        RETURNING id AS "id: SummaryId"
        "#,
        workspace.0,
        channel,
        day.to_sqlx() as _,
        due_at.to_sqlx() as _,
        now.to_sqlx() as _,
        edition.name(),
    )
    .fetch_optional(tx)
    .await?;
    Ok(id)
}

/// Begins a summary for a person.
pub async fn begin_for(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    channel: &str,
    (day, edition): (Date, Edition),
    person: &PersonId,
    now: Timestamp,
) -> Result<SummaryId> {
    let id = sqlx::query_scalar!(
        r#"
        INSERT INTO summaries (workspace_id, channel, day, due_at, made_at, asked_by, edition)
        VALUES ($1, $2, $3, $4, $4, $5, $6)
        RETURNING id AS "id: SummaryId"
        "#,
        workspace.0,
        channel,
        day.to_sqlx() as _,
        now.to_sqlx() as _,
        person.as_str(),
        edition.name(),
    )
    .fetch_one(tx)
    .await?;
    Ok(id)
}

pub async fn find(db: &PgPool, workspace: WorkspaceId, id: SummaryId) -> Result<Option<Summary>> {
    let row = sqlx::query!(
        r#"
        SELECT channel, day AS "day: SqlDate", due_at AS "due_at: SqlTimestamp",
               made_at AS "made_at: SqlTimestamp", asked_by, shared_at IS NOT NULL AS "is_shared!",
               edition, opening
        FROM summaries
        WHERE workspace_id = $1 AND id = $2
        "#,
        workspace.0,
        id.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Summary {
        id,
        channel: row.channel,
        day: row.day.to_jiff(),
        due_at: row.due_at.to_jiff(),
        made_at: row.made_at.to_jiff(),
        asked_by: row.asked_by.map(PersonId),
        is_shared: row.is_shared,
        edition: Edition::read(&row.edition).unwrap_or_default(),
        opening: row.opening.and_then(|it| serde_json::from_value(it).ok()),
    }))
}

/// Keeps what a model opened a summary with; false if it was opened before.
pub async fn set_opening(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    id: SummaryId,
    opening: &Opening,
) -> Result<bool> {
    let set = sqlx::query!(
        "UPDATE summaries SET opening = $3 WHERE workspace_id = $1 AND id = $2 AND opening IS NULL",
        workspace.0,
        id.0,
        serde_json::to_value(opening)?,
    )
    .execute(tx)
    .await?;
    Ok(set.rows_affected() == 1)
}

/// False if it was shared before.
pub async fn share(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    id: SummaryId,
    now: Timestamp,
) -> Result<bool> {
    let shared = sqlx::query!(
        "
        UPDATE summaries
        SET shared_at = $3
        WHERE workspace_id = $1 AND id = $2 AND shared_at IS NULL
        ",
        workspace.0,
        id.0,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(shared.rows_affected() == 1)
}

/// What waited for a decision at a moment, the oldest first.
pub async fn waiting(db: &PgPool, workspace: WorkspaceId, at: Timestamp) -> Result<Vec<Card>> {
    let rows = sqlx::query!(
        r#"
        SELECT id AS "id: ReviewId", title, subject_kind, channel_id,
               asked_at AS "asked_at: SqlTimestamp", terms,
               ARRAY(
                   SELECT unnest(groups)
                   FROM decisions
                   WHERE review_id = reviews.id
                     AND decisions.revision_id = reviews.revision_id
                     AND verdict = 'approve'
                     AND decided_at <= $2
                     AND (undone_at IS NULL OR undone_at > $2)
               ) AS "approved!"
        FROM reviews
        WHERE workspace_id = $1
          AND asked_at <= $2
          AND (state = 'open' OR closed_at > $2)
        ORDER BY asked_at, id
        "#,
        workspace.0,
        at.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Card {
            review: row.id,
            title: row.title,
            kind: row.subject_kind,
            channel: row.channel_id,
            at: row.asked_at.to_jiff(),
            terms: row.terms,
            approved: row.approved,
        })
        .collect())
}

/// What people decided from one moment to before another, in that order.
pub async fn decided(
    db: &PgPool,
    workspace: WorkspaceId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Decided>> {
    let rows = sqlx::query!(
        r#"
        SELECT title, subject_kind, channel_id, person_id, verdict
        FROM decisions
        JOIN reviews ON reviews.id = review_id
        WHERE decisions.workspace_id = $1
          AND undone_at IS NULL
          AND kept_from IS NULL
          AND decided_at >= $2
          AND decided_at < $3
        ORDER BY decided_at, decisions.id
        "#,
        workspace.0,
        from.to_sqlx() as _,
        to.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Decided {
            title: row.title,
            kind: row.subject_kind,
            channel: row.channel_id,
            person: PersonId(row.person_id),
            verdict: row.verdict,
        })
        .collect())
}

/// Alerts that were open at a moment, and those that ended since another; the newest first.
pub async fn alerts(
    db: &PgPool,
    workspace: WorkspaceId,
    since: Timestamp,
    at: Timestamp,
) -> Result<Vec<AlertRow>> {
    let rows = sqlx::query!(
        r#"
        SELECT coalesce(picture #>> '{lines,0,sentence}', '') AS "sentence!",
               coalesce(route ->> 'channel', '') AS "channel!",
               CASE WHEN (state_says ->> 'at')::timestamptz > $3 THEN 'open' ELSE state END
                   AS "state!",
               opened_at AS "opened_at: SqlTimestamp"
        FROM alerts
        WHERE workspace_id = $1
          AND opened_at <= $3
          AND (
              state IN ('open', 'acknowledged', 'snoozed')
              OR (state_says ->> 'at')::timestamptz >= $2
          )
        ORDER BY opened_at DESC, id DESC
        "#,
        workspace.0,
        since.to_sqlx() as _,
        at.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| AlertRow {
            sentence: row.sentence,
            channel: row.channel,
            state: row.state,
            opened_at: row.opened_at.to_jiff(),
        })
        .collect())
}

/// Tests that ran at a moment.
pub async fn tests(
    db: &PgPool,
    workspace: WorkspaceId,
    at: Timestamp,
) -> Result<Vec<ExperimentId>> {
    let ids = sqlx::query_scalar!(
        r#"
        SELECT id AS "id: ExperimentId"
        FROM experiments
        WHERE workspace_id = $1 AND started_at <= $2 AND (ended_at IS NULL OR ended_at > $2)
        ORDER BY started_at, id
        "#,
        workspace.0,
        at.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    Ok(ids)
}

/// Findings that were released from one moment to before another: title and channel, the newest first.
pub async fn findings(
    db: &PgPool,
    workspace: WorkspaceId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(String, String)>> {
    let rows = sqlx::query!(
        "
        SELECT title, channel_id
        FROM reviews
        WHERE workspace_id = $1
          AND subject_kind = 'finding'
          AND state IN ('approved', 'released')
          AND closed_at >= $2
          AND closed_at < $3
        ORDER BY closed_at DESC, id DESC
        ",
        workspace.0,
        from.to_sqlx() as _,
        to.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.title, row.channel_id)).collect())
}

/// When numbers last came of each source, up to a moment.
pub async fn imports(
    db: &PgPool,
    workspace: WorkspaceId,
    at: Timestamp,
) -> Result<Vec<(String, Timestamp)>> {
    let rows = sqlx::query!(
        r#"
        SELECT source, max(taken_at) AS "at!: SqlTimestamp"
        FROM reading_files
        WHERE workspace_id = $1 AND taken_at <= $2
        GROUP BY source
        ORDER BY source
        "#,
        workspace.0,
        at.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.source, row.at.to_jiff())).collect())
}

/// Sources of documents that everybody may see and whose review was due by a day.
pub async fn past_review(
    db: &PgPool,
    workspace: WorkspaceId,
    day: Date,
) -> Result<Vec<(String, Date)>> {
    let rows = sqlx::query!(
        r#"
        SELECT name, review_on AS "review_on!: SqlDate"
        FROM sources
        WHERE workspace_id = $1 AND review_on <= $2 AND visibility = 'everyone'
        ORDER BY review_on, name
        "#,
        workspace.0,
        day.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.review_on.to_jiff())).collect())
}

/// The runs of each agent that ended in a stretch of time.
pub async fn runs(
    db: &PgPool,
    workspace: WorkspaceId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Used>> {
    let rows = sqlx::query!(
        r#"
        SELECT agent, count(*) AS "total!", count(*) FILTER (WHERE state = 'failed') AS "failed!"
        FROM runs
        WHERE workspace_id = $1 AND finished_at >= $2 AND finished_at < $3
        GROUP BY agent
        ORDER BY agent
        "#,
        workspace.0,
        from.to_sqlx() as _,
        to.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    let used = |agent, failed, total| Used { agent, failed, total };
    Ok(rows.into_iter().map(|row| used(row.agent, row.failed, row.total)).collect())
}

/// What calls of models cost in a stretch of time, by currency.
pub async fn costs(
    db: &PgPool,
    workspace: WorkspaceId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(String, f64)>> {
    let rows = sqlx::query!(
        r#"
        SELECT currency AS "currency!", sum(cost)::float8 AS "cost!"
        FROM model_calls
        WHERE workspace_id = $1 AND cost IS NOT NULL AND started_at >= $2 AND started_at < $3
        GROUP BY currency
        ORDER BY currency
        "#,
        workspace.0,
        from.to_sqlx() as _,
        to.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.currency, row.cost)).collect())
}
