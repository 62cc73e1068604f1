//! The SQL of reviews.

use jiff::Timestamp;
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};

use super::{Decision, Opening, Review, State, Verdict, canonical};
use crate::app::App;
use crate::config::{Need, Policy, SubjectKind};
use crate::error::{Refusal, Result};
use crate::ids::{ChannelId, MessageTs, PersonId, ReviewId, RevisionId, WorkspaceId};

pub(super) struct NewRevision {
    pub id: RevisionId,
    pub hash: [u8; 32],
}

/// What a revision says, and what made it.
#[derive(Clone, Debug)]
pub struct Content {
    pub bytes: Vec<u8>,
    pub hash: [u8; 32],
    pub number: i32,
    pub provenance: Value,
}

/// A review that waits for decisions, as lists show it.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub id: ReviewId,
    pub revision: RevisionId,
    pub subject: SubjectKind,
    pub requested_by: PersonId,
    pub opened_at: Timestamp,
    pub groups: Vec<String>,
    /// Where its card is, once it was posted.
    pub channel: ChannelId,
    pub title: String,
}

pub(super) async fn insert_revision(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    opening: &Opening<'_>,
    now: Timestamp,
) -> Result<NewRevision> {
    let row = sqlx::query!(
        r#"
        INSERT INTO revisions (workspace_id, subject_kind, subject_id, number, content, provenance, created_at)
        SELECT $1, $2, $3, coalesce(max(number), 0) + 1, $4, $5, $6
        FROM revisions
        WHERE subject_kind = $2 AND subject_id = $3
        RETURNING id, content_hash AS "content_hash!"
        "#,
        workspace.0,
        opening.subject.name(),
        opening.subject_id,
        canonical(opening.content),
        opening.provenance,
        now.to_sqlx() as _,
    )
    .fetch_one(tx)
    .await?;
    Ok(NewRevision { id: RevisionId(row.id), hash: hash(&row.content_hash)? })
}

pub(super) async fn insert_review(
    tx: &mut PgConnection,
    app: &App,
    opening: &Opening<'_>,
    revision: RevisionId,
    policy: &Policy,
    now: Timestamp,
) -> Result<ReviewId> {
    let id = sqlx::query_scalar!(
        "
        INSERT INTO reviews (workspace_id, revision_id, title, policy, policy_version, needs,
                             rejections, requested_by, channel_id, thread_ts, opened_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        RETURNING id
        ",
        app.workspace.id.0,
        revision.0,
        opening.title,
        policy.name,
        app.manifest.version,
        serde_json::to_value(&policy.needs)?,
        i32::try_from(policy.rejections)?,
        opening.requested_by.as_str(),
        opening.channel.as_str(),
        opening.thread.map(MessageTs::as_str),
        now.to_sqlx() as _,
    )
    .fetch_one(tx)
    .await?;
    Ok(ReviewId(id))
}

/// Reads a review for as long as nobody else can change it.
pub(super) async fn lock(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    review: ReviewId,
) -> Result<Review> {
    let row = sqlx::query_as!(
        ReviewRow,
        r#"
        SELECT reviews.id, reviews.workspace_id, title, revision_id, subject_kind, subject_id,
               content_hash AS "content_hash!", policy, policy_version, needs, rejections,
               requested_by, channel_id, thread_ts, state,
               opened_at AS "opened_at: SqlTimestamp", closed_at AS "closed_at: SqlTimestamp"
        FROM reviews
        JOIN revisions ON revisions.id = revision_id
        WHERE reviews.workspace_id = $1 AND reviews.id = $2
        FOR UPDATE OF reviews
        "#,
        workspace.0,
        review.0,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Refusal::NoSuchReview)?;
    row.into_review(decisions(tx, workspace, review).await?)
}

pub async fn find(db: &PgPool, workspace: WorkspaceId, review: ReviewId) -> Result<Option<Review>> {
    let mut connection = db.acquire().await?;
    let row = sqlx::query_as!(
        ReviewRow,
        r#"
        SELECT reviews.id, reviews.workspace_id, title, revision_id, subject_kind, subject_id,
               content_hash AS "content_hash!", policy, policy_version, needs, rejections,
               requested_by, channel_id, thread_ts, state,
               opened_at AS "opened_at: SqlTimestamp", closed_at AS "closed_at: SqlTimestamp"
        FROM reviews
        JOIN revisions ON revisions.id = revision_id
        WHERE reviews.workspace_id = $1 AND reviews.id = $2
        "#,
        workspace.0,
        review.0,
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let decisions = decisions(&mut connection, workspace, review).await?;
    row.into_review(decisions).map(Some)
}

pub(super) async fn record(
    tx: &mut PgConnection,
    review: &Review,
    decision: &Decision,
    state: State,
) -> Result<()> {
    sqlx::query!(
        "
        WITH decision AS (
            INSERT INTO decisions (workspace_id, review_id, revision_id, person_id, verdict, groups,
                                   comment, content_hash, policy_version, decided_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        )
        UPDATE reviews
        SET state = $11, closed_at = $12
        WHERE workspace_id = $1 AND id = $2 AND state <> $11
        ",
        review.workspace.0,
        review.id.0,
        review.revision.0,
        decision.person.as_str(),
        decision.verdict.name(),
        &decision.groups,
        decision.comment,
        &review.content_hash,
        review.policy_version,
        decision.at.to_sqlx() as _,
        state.name(),
        state.closed_at().map(ToSqlx::to_sqlx) as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn content(db: &PgPool, workspace: WorkspaceId, revision: RevisionId) -> Result<Content> {
    let row = sqlx::query!(
        r#"
        SELECT content, content_hash AS "content_hash!", number, provenance
        FROM revisions
        WHERE workspace_id = $1 AND id = $2
        "#,
        workspace.0,
        revision.0,
    )
    .fetch_one(db)
    .await?;
    Ok(Content {
        bytes: row.content,
        hash: hash(&row.content_hash)?,
        number: row.number,
        provenance: row.provenance,
    })
}

/// Open reviews on which `person` could still decide if they are in a right group, oldest first.
pub(super) async fn open_for(
    db: &PgPool,
    workspace: WorkspaceId,
    person: &PersonId,
) -> Result<Vec<Waiting>> {
    let rows = sqlx::query!(
        r#"
        SELECT reviews.id, revision_id, subject_kind, reviews.requested_by, needs, reviews.channel_id,
               opened_at AS "opened_at: SqlTimestamp", title
        FROM reviews
        JOIN revisions ON revisions.id = revision_id
        WHERE reviews.workspace_id = $1
          AND reviews.state = 'open'
          AND reviews.requested_by <> $2
          AND NOT EXISTS (
              SELECT FROM decisions
              WHERE decisions.review_id = reviews.id AND decisions.person_id = $2
          )
        ORDER BY opened_at
        LIMIT 200
        "#,
        workspace.0,
        person.as_str(),
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let needs: Vec<Need> = serde_json::from_value(row.needs)?;
            Ok(Waiting {
                id: ReviewId(row.id),
                revision: RevisionId(row.revision_id),
                subject: subject_kind(&row.subject_kind)?,
                requested_by: PersonId(row.requested_by),
                opened_at: row.opened_at.to_jiff(),
                groups: needs.into_iter().map(|need| need.group).collect(),
                channel: ChannelId(row.channel_id),
                title: row.title,
            })
        })
        .collect()
}

async fn decisions(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    review: ReviewId,
) -> Result<Vec<Decision>> {
    let rows = sqlx::query!(
        r#"
        SELECT person_id, verdict, groups,
               CASE WHEN comment_erased_at IS NULL THEN comment ELSE '(erased)' END AS comment,
               decided_at AS "decided_at: SqlTimestamp"
        FROM decisions
        WHERE workspace_id = $1 AND review_id = $2
        ORDER BY id
        "#,
        workspace.0,
        review.0,
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Decision {
                person: PersonId(row.person_id),
                verdict: verdict(&row.verdict)?,
                groups: row.groups,
                comment: row.comment,
                at: row.decided_at.to_jiff(),
            })
        })
        .collect()
}

struct ReviewRow {
    id: i64,
    workspace_id: i64,
    title: String,
    revision_id: i64,
    subject_kind: String,
    subject_id: i64,
    content_hash: Vec<u8>,
    policy: String,
    policy_version: String,
    needs: Value,
    rejections: i32,
    requested_by: String,
    channel_id: String,
    thread_ts: Option<String>,
    state: String,
    opened_at: SqlTimestamp,
    closed_at: Option<SqlTimestamp>,
}

impl ReviewRow {
    fn into_review(self, decisions: Vec<Decision>) -> Result<Review> {
        Ok(Review {
            id: ReviewId(self.id),
            workspace: WorkspaceId(self.workspace_id),
            subject: subject_kind(&self.subject_kind)?,
            subject_id: self.subject_id,
            title: self.title,
            revision: RevisionId(self.revision_id),
            content_hash: hash(&self.content_hash)?,
            policy: self.policy,
            policy_version: self.policy_version,
            needs: serde_json::from_value(self.needs)?,
            rejections: u32::try_from(self.rejections)?,
            requested_by: PersonId(self.requested_by),
            channel: ChannelId(self.channel_id),
            thread: self.thread_ts.map(MessageTs),
            state: state(&self.state, self.closed_at.map(SqlTimestamp::to_jiff))?,
            opened_at: self.opened_at.to_jiff(),
            decisions,
        })
    }
}

fn state(name: &str, closed_at: Option<Timestamp>) -> Result<State> {
    match (name, closed_at) {
        ("open", None) => Ok(State::Open),
        ("approved", Some(at)) => Ok(State::Approved { at }),
        ("changes_requested", Some(at)) => Ok(State::ChangesRequested { at }),
        ("rejected", Some(at)) => Ok(State::Rejected { at }),
        _ => Err(anyhow::anyhow!("a review is stored in the impossible state {name:?}").into()),
    }
}

fn verdict(name: &str) -> Result<Verdict> {
    [Verdict::Approve, Verdict::RequestChanges, Verdict::Reject]
        .into_iter()
        .find(|verdict| verdict.name() == name)
        .ok_or_else(|| {
            anyhow::anyhow!("a decision is stored with the unknown verdict {name:?}").into()
        })
}

fn subject_kind(name: &str) -> Result<SubjectKind> {
    [SubjectKind::Finding].into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
        anyhow::anyhow!("a revision is stored for the unknown subject {name:?}").into()
    })
}

fn hash(bytes: &[u8]) -> Result<[u8; 32]> {
    Ok(bytes.try_into()?)
}
