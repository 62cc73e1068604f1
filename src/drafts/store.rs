//! The SQL of drafts.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::{PgConnection, PgPool};

use super::campaign::{Campaign, Request, State};
use super::compose::{Effort, Piece};
use crate::error::Result;
use crate::ids::{
    CampaignId, ChannelId, DraftId, MessageTs, PersonId, ReviewId, RevisionId, WorkspaceId,
};
use crate::slack::Place;

/// A draft, and where it belongs.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub id: DraftId,
    pub campaign: CampaignId,
    /// What was written to choose from.
    pub versions: Vec<Piece>,
}

/// A draft as its campaign's message shows it.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub channel: String,
    pub audience: String,
    pub review: ReviewId,
    pub revision: RevisionId,
    pub state: String,
    /// Whether the checks found nothing that must change.
    pub passes: bool,
}

pub(super) async fn insert_campaign(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    request: &Request,
    now: Timestamp,
) -> Result<CampaignId> {
    let id = sqlx::query_scalar!(
        "
        INSERT INTO campaigns (workspace_id, brief, versions, pieces, requested_by, channel_id, thread_ts,
                               requested_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        RETURNING id
        ",
        workspace.0,
        serde_json::to_value(&request.brief)?,
        i16::from(request.versions),
        i32::try_from(request.drafts())?,
        request.person.as_str(),
        request.place.channel.as_str(),
        request.place.thread(),
        now.to_sqlx() as _,
    )
    .fetch_one(tx)
    .await?;
    Ok(CampaignId(id))
}

pub(super) async fn campaign(
    db: &PgPool,
    workspace: WorkspaceId,
    id: CampaignId,
) -> Result<Option<Campaign>> {
    let row = sqlx::query!(
        r#"
        SELECT brief, erased_at IS NOT NULL AS "is_erased!", versions, requested_by, channel_id, thread_ts,
               state, remark, stopped_by
        FROM campaigns
        WHERE workspace_id = $1 AND id = $2
        "#,
        workspace.0,
        id.0,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let state = match (row.state.as_str(), row.remark, row.stopped_by) {
        ("queued", ..) => State::Queued,
        ("writing", ..) => State::Writing,
        ("failed", Some(remark), _) => State::Failed(remark),
        ("stopped", _, Some(person)) => State::Stopped(PersonId(person)),
        _ => State::Done,
    };
    Ok(Some(Campaign {
        id,
        brief: serde_json::from_value(row.brief)?,
        is_erased: row.is_erased,
        versions: u8::try_from(row.versions)?,
        requested_by: PersonId(row.requested_by),
        place: Place { channel: ChannelId(row.channel_id), thread: row.thread_ts.map(MessageTs) },
        state,
    }))
}

/// Marks a campaign as being written; false if it has ended.
pub(super) async fn begin(db: &PgPool, workspace: WorkspaceId, id: CampaignId) -> Result<bool> {
    let begun = sqlx::query!(
        "
        UPDATE campaigns
        SET state = 'writing'
        WHERE workspace_id = $1 AND id = $2 AND state IN ('queued', 'writing')
        ",
        workspace.0,
        id.0,
    )
    .execute(db)
    .await?;
    Ok(begun.rows_affected() == 1)
}

/// Ends the writing of a campaign, once: false if it had ended before.
pub(super) async fn end(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    id: CampaignId,
    state: &State,
    now: Timestamp,
) -> Result<bool> {
    let (name, remark, by) = match state {
        State::Failed(remark) => ("failed", Some(remark.as_str()), None),
        State::Stopped(person) => ("stopped", None, Some(person.as_str())),
        _ => ("done", None, None),
    };
    let ended = sqlx::query!(
        "
        UPDATE campaigns
        SET state = $3, remark = $4, stopped_by = $5, finished_at = $6,
            pieces = (SELECT count(*) FROM drafts WHERE campaign_id = $2)
        WHERE workspace_id = $1 AND id = $2 AND state IN ('queued', 'writing')
        ",
        workspace.0,
        id.0,
        name,
        remark,
        by,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(ended.rows_affected() == 1)
}

/// Takes the end of a campaign back, so that `missing` more drafts are written.
pub(super) async fn reopen(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    id: CampaignId,
    missing: usize,
) -> Result<bool> {
    let reopened = sqlx::query!(
        "
        UPDATE campaigns
        SET state = 'queued', remark = NULL, stopped_by = NULL, finished_at = NULL, pieces = pieces + $3
        WHERE workspace_id = $1 AND id = $2 AND state IN ('failed', 'stopped')
        ",
        workspace.0,
        id.0,
        i32::try_from(missing)?,
    )
    .execute(tx)
    .await?;
    Ok(reopened.rows_affected() == 1)
}

/// How many drafts a channel was asked for since. Whoever asks for more waits until this transaction
/// ends, so that two together do not get more than there is room for.
pub(super) async fn asked_since(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    channel: &ChannelId,
    since: Timestamp,
) -> Result<u64> {
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended('drafts in ' || $1::text || ' ' || $2, 0))",
        workspace.to_string(),
        channel.as_str(),
    )
    .execute(&mut *tx)
    .await?;
    let asked = sqlx::query_scalar!(
        r#"
        SELECT coalesce(sum(pieces), 0) AS "asked!"
        FROM campaigns
        WHERE workspace_id = $1 AND channel_id = $2 AND requested_at >= $3
        "#,
        workspace.0,
        channel.as_str(),
        since.to_sqlx() as _,
    )
    .fetch_one(tx)
    .await?;
    Ok(asked.try_into()?)
}

/// None if the campaign has this draft already.
pub(super) async fn insert_draft(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    campaign: CampaignId,
    versions: &[Piece],
) -> Result<Option<DraftId>> {
    let Some(first) = versions.first() else { return Ok(None) };
    let id = sqlx::query_scalar!(
        "
        INSERT INTO drafts (workspace_id, campaign_id, channel, audience, versions)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT ON CONSTRAINT drafts_one_of_each DO NOTHING
        RETURNING id
        ",
        workspace.0,
        campaign.0,
        first.channel,
        first.audience,
        serde_json::to_value(versions)?,
    )
    .fetch_optional(tx)
    .await?;
    Ok(id.map(DraftId))
}

/// Puts what was written anew in the place of what there is to choose from.
pub(super) async fn set_versions(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    draft: DraftId,
    versions: &[Piece],
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE drafts
        SET versions = $3
        WHERE workspace_id = $1 AND id = $2
        ",
        workspace.0,
        draft.0,
        serde_json::to_value(versions)?,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn draft(db: &PgPool, workspace: WorkspaceId, id: DraftId) -> Result<Option<Row>> {
    let row = sqlx::query!(
        "
        SELECT campaign_id, versions
        FROM drafts
        WHERE workspace_id = $1 AND id = $2
        ",
        workspace.0,
        id.0,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Row {
        id,
        campaign: CampaignId(row.campaign_id),
        versions: serde_json::from_value(row.versions)?,
    }))
}

/// The drafts of a campaign that are up, in the order in which they were written.
pub(super) async fn drafts_of(
    db: &PgPool,
    workspace: WorkspaceId,
    campaign: CampaignId,
) -> Result<Vec<Listed>> {
    let rows = sqlx::query!(
        r#"
        SELECT channel, audience, reviews.id AS review_id, reviews.revision_id, reviews.state, revisions.checks
        FROM drafts
        JOIN reviews ON subject_kind = 'draft' AND subject_id = drafts.id
        JOIN revisions ON revisions.id = reviews.revision_id
        WHERE drafts.workspace_id = $1 AND campaign_id = $2
        ORDER BY drafts.id
        "#,
        workspace.0,
        campaign.0,
    )
    .fetch_all(db)
    .await?;
    let rows = rows.into_iter().map(|row| Listed {
        channel: row.channel,
        audience: row.audience,
        review: ReviewId(row.review_id),
        revision: RevisionId(row.revision_id),
        state: row.state,
        passes: passes(&row.checks),
    });
    Ok(rows.collect())
}

/// Whether the first check, which sums all of them up, passed.
fn passes(checks: &Value) -> bool {
    let sum = checks.as_array().into_iter().flatten();
    sum.filter(|check| check["rule"] == super::draft::SUMMARY).any(|check| check["passed"] == true)
}

/// What went out lately, with its title, the newest first.
pub(super) async fn sent_since(
    db: &PgPool,
    workspace: WorkspaceId,
    since: Timestamp,
    most: i64,
) -> Result<Vec<(String, String)>> {
    let rows = sqlx::query!(
        "
        SELECT title, text
        FROM reviews
        JOIN revisions ON revisions.id = revision_id
        WHERE reviews.workspace_id = $1 AND reviews.subject_kind = 'draft' AND reviews.state = 'released'
            AND reviews.closed_at >= $2
        ORDER BY reviews.closed_at DESC
        LIMIT $3
        ",
        workspace.0,
        since.to_sqlx() as _,
        most,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.title, row.text)).collect())
}

/// The last text of a draft that an agent wrote, up to a revision, and the text of that revision.
pub(super) async fn words_of(
    db: &PgPool,
    workspace: WorkspaceId,
    draft: DraftId,
    revision: RevisionId,
) -> Result<Option<(String, String)>> {
    let row = sqlx::query!(
        "
        SELECT written.text AS written, decided.text AS decided
        FROM revisions AS decided
        JOIN revisions AS written USING (workspace_id, subject_kind, subject_id)
        WHERE decided.workspace_id = $1 AND decided.id = $2
            AND decided.subject_kind = 'draft' AND decided.subject_id = $3
            AND written.edited_by IS NULL AND written.number <= decided.number
        ORDER BY written.number DESC
        LIMIT 1
        ",
        workspace.0,
        revision.0,
        draft.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.written, row.decided)))
}

pub(super) async fn set_effort(
    db: &PgPool,
    workspace: WorkspaceId,
    draft: DraftId,
    effort: Option<Effort>,
) -> Result<()> {
    let number = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    sqlx::query!(
        "
        UPDATE drafts
        SET words_changed = $3, words = $4
        WHERE workspace_id = $1 AND id = $2 AND (words_changed, words) IS DISTINCT FROM ($3, $4)
        ",
        workspace.0,
        draft.0,
        effort.map(|effort| number(effort.words_changed)),
        effort.map(|effort| number(effort.words)),
    )
    .execute(db)
    .await?;
    Ok(())
}
