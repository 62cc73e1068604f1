//! The SQL of reviews.

use jiff::Timestamp;
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use serde::Deserialize;
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor, PgPool};

use super::opening::stored;
use super::{
    Author, Check, Decision, Delegation, Opening, Places, Reason, Review, State, Verdict, Written,
    canonical,
};
use crate::app::App;
use crate::config::{Facts, SubjectKind, Terms};
use crate::database::Writes;
use crate::error::{Refusal, Result};
use crate::ids::{ChannelId, MessageTs, PersonId, ReviewId, RevisionId, WorkspaceId};

pub(super) struct NewRevision {
    pub id: RevisionId,
    pub number: i32,
    pub hash: [u8; 32],
    pub words: i32,
}

/// What a revision says, and what made it.
#[derive(Clone, Debug)]
pub struct Content {
    pub bytes: Vec<u8>,
    pub hash: [u8; 32],
    pub number: i32,
    pub text: String,
    pub provenance: Value,
    pub checks: Vec<Check>,
    pub facts: Facts,
    pub edited_by: Option<PersonId>,
    pub created_at: Timestamp,
}

/// A review as lists show it.
#[derive(Clone, Debug)]
pub struct Listed {
    pub id: ReviewId,
    pub revision: RevisionId,
    pub subject: SubjectKind,
    pub title: String,
    pub requested_by: PersonId,
    pub edited_by: Option<PersonId>,
    pub asked_at: Timestamp,
    pub state: State,
    pub terms: Terms,
    /// Where it was asked for.
    pub channel: ChannelId,
}

/// A review as the agent that made its subject sees it.
#[derive(Clone, Debug)]
pub struct Made {
    pub review: ReviewId,
    pub subject: SubjectKind,
    pub subject_id: i64,
    pub title: String,
    /// Which revision is under review, from one.
    pub number: i32,
    pub state: State,
}

/// What concerns a person.
#[derive(Clone, Default, Debug)]
pub struct Queue {
    /// Waits for them, oldest first.
    pub waiting: Vec<Listed>,
    /// They asked for it, newest first.
    pub asked: Vec<Listed>,
    /// They decided on it, newest first.
    pub decided: Vec<(Listed, Verdict)>,
}

/// Somebody's request that a text be changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChangeRequest {
    pub person: PersonId,
    pub comment: String,
    /// Which revision it was about, from one.
    pub number: i32,
}

pub(super) async fn insert_revision(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    (kind, id): (SubjectKind, i64),
    written: &Written<'_>,
    now: Timestamp,
) -> Result<NewRevision> {
    let words = i32::try_from(written.text.split_whitespace().count())?;
    let (checks, facts) = stored(written);
    let editor = match written.author {
        Author::Agent(_) => None,
        Author::Person(person) => Some(person.as_str()),
    };
    let row = sqlx::query!(
        r#"
        INSERT INTO revisions (workspace_id, subject_kind, subject_id, number, content, provenance, created_at,
                               text, words, checks, facts, edited_by)
        SELECT $1, $2, $3, coalesce(max(number), 0) + 1, $4, $5, $6, $7, $8, $9, $10, $11
        FROM revisions
        WHERE subject_kind = $2 AND subject_id = $3
        RETURNING id, number, content_hash AS "content_hash!"
        "#,
        workspace.0,
        kind.name(),
        id,
        canonical(written.content),
        written.provenance,
        now.to_sqlx() as _,
        written.text,
        words,
        checks,
        facts,
        editor,
    )
    .fetch_one(tx)
    .await?;
    Ok(NewRevision {
        id: RevisionId(row.id),
        number: row.number,
        hash: hash(&row.content_hash)?,
        words,
    })
}

pub(super) async fn insert_review(
    tx: &mut PgConnection,
    app: &App,
    opening: &Opening<'_>,
    revision: RevisionId,
    terms: &Terms,
    now: Timestamp,
) -> Result<ReviewId> {
    let first = [terms.expire_after(), terms.escalate_after(), terms.remind_after()];
    let next_at = first.into_iter().flatten().min().map(|after| now + after);
    let id = sqlx::query_scalar!(
        "
        INSERT INTO reviews (workspace_id, revision_id, subject_kind, subject_id, title, agent, terms,
                             policy_version, requested_by, channel_id, thread_ts, opened_at, asked_at, next_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13)
        RETURNING id
        ",
        app.workspace.id.0,
        revision.0,
        opening.subject.name(),
        opening.subject_id,
        opening.title,
        opening.agent,
        serde_json::to_value(terms)?,
        app.manifest.version,
        opening.requested_by.as_str(),
        opening.channel.as_str(),
        opening.thread.map(MessageTs::as_str),
        now.to_sqlx() as _,
        next_at.map(ToSqlx::to_sqlx) as _,
    )
    .fetch_one(tx)
    .await?;
    Ok(ReviewId(id))
}

/// Reads a review for as long as nobody else can change it, and the places that `person` holds.
pub(super) async fn lock(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    review: ReviewId,
    person: &PersonId,
    now: Timestamp,
) -> Result<(Review, Places)> {
    let review = lock_alone(tx, workspace, review).await?.ok_or(Refusal::NoSuchReview)?;
    let places = places(tx, workspace, person, now).await?;
    Ok((review, places))
}

pub(super) async fn lock_alone(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    review: ReviewId,
) -> Result<Option<Review>> {
    let row = sqlx::query_as!(
        ReviewRow,
        r#"
        SELECT reviews.id, reviews.workspace_id, reviews.subject_kind, reviews.subject_id, title, agent,
               revision_id, revisions.number, content_hash AS "content_hash!", words, edited_by, terms,
               policy_version, requested_by, channel_id, thread_ts, state,
               opened_at AS "opened_at: SqlTimestamp", asked_at AS "asked_at: SqlTimestamp",
               shown_at AS "shown_at: SqlTimestamp", closed_at AS "closed_at: SqlTimestamp",
               reminders, escalated_at AS "escalated_at: SqlTimestamp", remark
        FROM reviews
        JOIN revisions ON revisions.id = revision_id
        WHERE reviews.workspace_id = $1 AND reviews.id = $2
        FOR UPDATE OF reviews
        "#,
        workspace.0,
        review.0,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let decisions = decisions(tx, workspace, review, RevisionId(row.revision_id)).await?;
    row.into_review(decisions).map(Some)
}

pub async fn find(db: &PgPool, workspace: WorkspaceId, review: ReviewId) -> Result<Option<Review>> {
    let mut connection = db.acquire().await?;
    let row = sqlx::query_as!(
        ReviewRow,
        r#"
        SELECT reviews.id, reviews.workspace_id, reviews.subject_kind, reviews.subject_id, title, agent,
               revision_id, revisions.number, content_hash AS "content_hash!", words, edited_by, terms,
               policy_version, requested_by, channel_id, thread_ts, state,
               opened_at AS "opened_at: SqlTimestamp", asked_at AS "asked_at: SqlTimestamp",
               shown_at AS "shown_at: SqlTimestamp", closed_at AS "closed_at: SqlTimestamp",
               reminders, escalated_at AS "escalated_at: SqlTimestamp", remark
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
    let revision = RevisionId(row.revision_id);
    let decisions = decisions(&mut connection, workspace, review, revision).await?;
    row.into_review(decisions).map(Some)
}

/// The review of a subject.
pub async fn of_subject(
    db: &PgPool,
    workspace: WorkspaceId,
    kind: SubjectKind,
    id: i64,
) -> Result<Option<ReviewId>> {
    let review = sqlx::query_scalar!(
        "
        SELECT id
        FROM reviews
        WHERE workspace_id = $1 AND subject_kind = $2 AND subject_id = $3
        ",
        workspace.0,
        kind.name(),
        id,
    )
    .fetch_optional(db)
    .await?;
    Ok(review.map(ReviewId))
}

/// The newest review that was asked for in a channel.
pub async fn newest_in(
    db: &PgPool,
    workspace: WorkspaceId,
    channel: &ChannelId,
) -> Result<Option<ReviewId>> {
    let review = sqlx::query_scalar!(
        "
        SELECT id
        FROM reviews
        WHERE workspace_id = $1 AND channel_id = $2
        ORDER BY id DESC
        LIMIT 1
        ",
        workspace.0,
        channel.as_str(),
    )
    .fetch_optional(db)
    .await?;
    Ok(review.map(ReviewId))
}

/// A review as it stood at one moment, for whoever wants to decide on it.
pub(super) struct Seen {
    pub review: Review,
    pub places: Places,
    pub version: Version,
    /// Whether this delivery was acted on before.
    pub is_repeat: bool,
}

/// Postgres's own number for the state that a row is in: each change of a review gives it a new one.
pub(super) struct Version(String);

/// Reads all that a decision depends on, in one round trip and without a lock: whether it still stood
/// so is found out when the decision is [recorded](record).
pub(super) async fn see(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    review: ReviewId,
    person: &PersonId,
    delivery: Option<&str>,
    now: Timestamp,
) -> Result<Seen> {
    let row = sqlx::query!(
        r#"
        SELECT reviews.id, reviews.workspace_id, reviews.subject_kind, reviews.subject_id, title, agent,
               revision_id, revisions.number, content_hash AS "content_hash!", words, edited_by, terms,
               policy_version, requested_by, channel_id, thread_ts, state,
               opened_at AS "opened_at: SqlTimestamp", asked_at AS "asked_at: SqlTimestamp",
               shown_at AS "shown_at: SqlTimestamp", closed_at AS "closed_at: SqlTimestamp",
               reminders, escalated_at AS "escalated_at: SqlTimestamp", remark,
               reviews.xmin::text AS "version!",
               (
                   SELECT json_agg(decisions ORDER BY id)
                   FROM decisions
                   WHERE decisions.workspace_id = $1
                     AND review_id = reviews.id
                     AND decisions.revision_id = reviews.revision_id
                     AND undone_at IS NULL
               ) AS "decisions: Json<Vec<DecisionRow>>",
               (
                   SELECT json_agg(json_build_array(from_person, to_person) ORDER BY id)
                   FROM delegations
                   WHERE workspace_id = $1
                     AND (from_person = $3 OR to_person = $3)
                     AND ended_at IS NULL
                     AND until > $5
               ) AS "delegations: Json<Vec<(PersonId, PersonId)>>",
               EXISTS (SELECT FROM deliveries WHERE workspace_id = $1 AND key = $4) AS "is_repeat!"
        FROM reviews
        JOIN revisions ON revisions.id = revision_id
        WHERE reviews.workspace_id = $1 AND reviews.id = $2
        "#,
        workspace.0,
        review.0,
        person.as_str(),
        delivery,
        now.to_sqlx() as _,
    )
    .fetch_optional(db)
    .await?
    .ok_or(Refusal::NoSuchReview)?;
    let decisions = row.decisions.into_iter().flat_map(|Json(rows)| rows);
    let delegations = row.delegations.into_iter().flat_map(|Json(pairs)| pairs);
    let review = ReviewRow {
        id: row.id,
        workspace_id: row.workspace_id,
        subject_kind: row.subject_kind,
        subject_id: row.subject_id,
        title: row.title,
        agent: row.agent,
        revision_id: row.revision_id,
        number: row.number,
        content_hash: row.content_hash,
        words: row.words,
        edited_by: row.edited_by,
        terms: row.terms,
        policy_version: row.policy_version,
        requested_by: row.requested_by,
        channel_id: row.channel_id,
        thread_ts: row.thread_ts,
        state: row.state,
        opened_at: row.opened_at,
        asked_at: row.asked_at,
        shown_at: row.shown_at,
        closed_at: row.closed_at,
        reminders: row.reminders,
        escalated_at: row.escalated_at,
        remark: row.remark,
    };
    Ok(Seen {
        review: review.into_review(decisions.map(Decision::try_from).collect::<Result<_>>()?)?,
        places: Places::of(person, delegations),
        version: Version(row.version),
        is_repeat: row.is_repeat,
    })
}

/// Records a decision and the state that follows from it, if the review is in that version still.
/// Whoever holds it locked names none.
pub(super) fn record(
    writes: &mut Writes,
    review: &Review,
    version: Option<&Version>,
    decision: &Decision,
    next_at: Option<Timestamp>,
) {
    let stands_for: Vec<&str> = decision.stands_for.iter().map(PersonId::as_str).collect();
    writes
        .given(
            "UPDATE reviews
             SET state = $4, closed_at = $5, next_at = $6
             WHERE workspace_id = $1
               AND id = $2
               AND ($3::text IS NULL OR xmin::text = $3::text)
             RETURNING id",
        )
        .bind(review.workspace.0)
        .bind(review.id.0)
        .bind(version.map(|version| version.0.as_str()))
        .bind(review.state.name())
        .bind(review.state.closed_at().map(ToSqlx::to_sqlx))
        .bind(next_at.map(ToSqlx::to_sqlx));
    writes
        .add(
            "decision# AS (
                 INSERT INTO decisions (workspace_id, review_id, revision_id, person_id, verdict, groups,
                                        comment, content_hash, policy_version, decided_at, stands_for,
                                        reason, open_s, reading_s)
                 SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14
                 FROM given
             )",
        )
        .bind(review.workspace.0)
        .bind(review.id.0)
        .bind(review.revision.0)
        .bind(decision.person.as_str())
        .bind(decision.verdict.name())
        .bind(&decision.groups)
        .bind(&decision.comment)
        .bind(decision.content_hash.as_slice())
        .bind(&review.policy_version)
        .bind(decision.at.to_sqlx())
        .bind(stands_for)
        .bind(decision.reason.map(Reason::name))
        .bind(decision.open_s)
        .bind(decision.reading_s);
}

/// Approvals of an earlier revision that count for this one, too.
pub(super) async fn keep_decisions(
    tx: &mut PgConnection,
    review: &Review,
    kept: &[Decision],
    now: Timestamp,
) -> Result<()> {
    if kept.is_empty() {
        return Ok(());
    }
    let people: Vec<String> = kept.iter().map(|decision| decision.person.0.clone()).collect();
    sqlx::query!(
        "
        INSERT INTO decisions (workspace_id, review_id, revision_id, person_id, verdict, groups, comment,
                               content_hash, policy_version, decided_at, stands_for, open_s, reading_s,
                               kept_from)
        SELECT earlier.workspace_id, review_id, $3, person_id, verdict, groups, comment, $5, $6, $7,
               stands_for, open_s, reading_s, earlier.id
        FROM decisions AS earlier
        WHERE earlier.workspace_id = $1
          AND review_id = $2
          AND person_id = ANY ($4)
          AND verdict = 'approve'
          AND undone_at IS NULL
          AND revision_id = (SELECT revision_id FROM reviews WHERE workspace_id = $1 AND id = $2)
        ",
        review.workspace.0,
        review.id.0,
        review.revision.0,
        &people,
        &review.content_hash,
        review.policy_version,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Makes a review ask for decisions on its newest revision.
pub(super) async fn put_up(
    tx: &mut PgConnection,
    review: &Review,
    next_at: Option<Timestamp>,
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE reviews
        SET revision_id = $3, terms = $4, policy_version = $5, state = $6, closed_at = $7, asked_at = $8,
            next_at = $9, title = CASE WHEN title_erased_at IS NULL THEN $10 ELSE title END, shown_at = NULL, reminders = 0, escalated_at = NULL, remark = NULL
        WHERE workspace_id = $1 AND id = $2
        ",
        review.workspace.0,
        review.id.0,
        review.revision.0,
        serde_json::to_value(&review.terms)?,
        review.policy_version,
        review.state.name(),
        review.state.closed_at().map(ToSqlx::to_sqlx) as _,
        review.asked_at.to_sqlx() as _,
        next_at.map(ToSqlx::to_sqlx) as _,
        review.title,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn undo(
    tx: &mut PgConnection,
    review: &Review,
    person: &PersonId,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE decisions
        SET undone_at = $5
        WHERE workspace_id = $1
          AND review_id = $2
          AND revision_id = $3
          AND person_id = $4
          AND undone_at IS NULL
        ",
        review.workspace.0,
        review.id.0,
        review.revision.0,
        person.as_str(),
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn set_state(
    tx: &mut PgConnection,
    review: &Review,
    next_at: Option<Timestamp>,
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE reviews
        SET state = $3, closed_at = $4, next_at = $5, remark = $6
        WHERE workspace_id = $1 AND id = $2
        ",
        review.workspace.0,
        review.id.0,
        review.state.name(),
        review.state.closed_at().map(ToSqlx::to_sqlx) as _,
        next_at.map(ToSqlx::to_sqlx) as _,
        review.remark,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn attended(
    tx: &mut PgConnection,
    review: &Review,
    next_at: Option<Timestamp>,
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE reviews
        SET state = $3, closed_at = $4, next_at = $5, reminders = $6, escalated_at = $7
        WHERE workspace_id = $1 AND id = $2
        ",
        review.workspace.0,
        review.id.0,
        review.state.name(),
        review.state.closed_at().map(ToSqlx::to_sqlx) as _,
        next_at.map(ToSqlx::to_sqlx) as _,
        review.reminders,
        review.escalated_at.map(ToSqlx::to_sqlx) as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Reviews for which something is due, each for one caller alone, until `again`.
pub(super) async fn take_due(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    now: Timestamp,
    again: Timestamp,
    at_once: i64,
) -> Result<Vec<ReviewId>> {
    let ids = sqlx::query_scalar!(
        "
        UPDATE reviews
        SET next_at = $3
        WHERE id IN (
            SELECT id
            FROM reviews
            WHERE workspace_id = $1 AND next_at <= $2
            ORDER BY next_at
            LIMIT $4
            FOR UPDATE SKIP LOCKED
        )
        RETURNING id
        ",
        workspace.0,
        now.to_sqlx() as _,
        again.to_sqlx() as _,
        at_once,
    )
    .fetch_all(tx)
    .await?;
    Ok(ids.into_iter().map(ReviewId).collect())
}

pub(super) async fn remark(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    review: ReviewId,
    sentence: &str,
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE reviews
        SET remark = $3
        WHERE workspace_id = $1 AND id = $2
        ",
        workspace.0,
        review.0,
        sentence,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A card shows the revision under review now.
pub(super) async fn shown(
    db: &PgPool,
    workspace: WorkspaceId,
    review: ReviewId,
    revision: RevisionId,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE reviews
        SET shown_at = $4
        WHERE workspace_id = $1 AND id = $2 AND revision_id = $3 AND shown_at IS NULL
        ",
        workspace.0,
        review.0,
        revision.0,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn content(
    db: impl PgExecutor<'_>,
    workspace: WorkspaceId,
    revision: RevisionId,
) -> Result<Content> {
    let row = sqlx::query!(
        r#"
        SELECT content, content_hash AS "content_hash!", number, text, provenance, checks, facts, edited_by,
               created_at AS "created_at: SqlTimestamp"
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
        text: row.text,
        provenance: row.provenance,
        checks: serde_json::from_value(row.checks)?,
        facts: serde_json::from_value(row.facts)?,
        edited_by: row.edited_by.map(PersonId),
        created_at: row.created_at.to_jiff(),
    })
}

pub(super) async fn text_of(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    revision: RevisionId,
) -> Result<String> {
    let text = sqlx::query_scalar!(
        "
        SELECT text
        FROM revisions
        WHERE workspace_id = $1 AND id = $2
        ",
        workspace.0,
        revision.0,
    )
    .fetch_optional(tx)
    .await?;
    Ok(text.ok_or(Refusal::NoSuchReview)?)
}

/// The text before the one under review; none for the first.
pub(super) async fn text_before(
    db: &PgPool,
    workspace: WorkspaceId,
    review: &Review,
) -> Result<Option<String>> {
    let text = sqlx::query_scalar!(
        "
        SELECT text
        FROM revisions
        WHERE workspace_id = $1 AND subject_kind = $2 AND subject_id = $3 AND number = $4 - 1
        ",
        workspace.0,
        review.subject.name(),
        review.subject_id,
        review.number,
    )
    .fetch_optional(db)
    .await?;
    Ok(text)
}

/// What people asked to be changed in a subject so far, oldest first.
pub async fn requests(
    db: &PgPool,
    workspace: WorkspaceId,
    review: ReviewId,
) -> Result<Vec<ChangeRequest>> {
    let rows = sqlx::query!(
        r#"
        SELECT person_id, comment AS "comment!", number
        FROM decisions
        JOIN revisions ON revisions.id = revision_id
        WHERE decisions.workspace_id = $1
          AND review_id = $2
          AND verdict = 'request_changes'
          AND undone_at IS NULL
          AND comment IS NOT NULL
        ORDER BY decisions.id
        "#,
        workspace.0,
        review.0,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ChangeRequest {
            person: PersonId(row.person_id),
            comment: row.comment,
            number: row.number,
        })
        .collect())
}

/// Open reviews on which `person` has not decided, oldest first.
pub(super) async fn undecided(
    db: &PgPool,
    workspace: WorkspaceId,
    person: &PersonId,
) -> Result<Vec<Listed>> {
    let rows = sqlx::query_as!(
        ListedRow,
        r#"
        SELECT reviews.id, revision_id, reviews.subject_kind, title, requested_by, edited_by,
               asked_at AS "asked_at: SqlTimestamp", state, closed_at AS "closed_at: SqlTimestamp",
               terms, channel_id, NULL AS verdict
        FROM reviews
        JOIN revisions ON revisions.id = revision_id
        WHERE reviews.workspace_id = $1
          AND state = 'open'
          AND requested_by <> $2
          AND NOT EXISTS (
              SELECT FROM decisions
              WHERE review_id = reviews.id
                AND decisions.revision_id = reviews.revision_id
                AND person_id = $2
                AND undone_at IS NULL
          )
        ORDER BY asked_at
        LIMIT 500
        "#,
        workspace.0,
        person.as_str(),
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Listed::try_from).collect()
}

/// What `person` asked for lately, newest first.
pub(super) async fn asked_by(
    db: &PgPool,
    workspace: WorkspaceId,
    person: &PersonId,
) -> Result<Vec<Listed>> {
    let rows = sqlx::query_as!(
        ListedRow,
        r#"
        SELECT reviews.id, revision_id, reviews.subject_kind, title, requested_by, edited_by,
               asked_at AS "asked_at: SqlTimestamp", state, closed_at AS "closed_at: SqlTimestamp",
               terms, channel_id, NULL AS verdict
        FROM reviews
        JOIN revisions ON revisions.id = revision_id
        WHERE reviews.workspace_id = $1 AND requested_by = $2
        ORDER BY reviews.id DESC
        LIMIT 10
        "#,
        workspace.0,
        person.as_str(),
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Listed::try_from).collect()
}

/// What `person` decided on lately, newest first.
pub(super) async fn decided_by(
    db: &PgPool,
    workspace: WorkspaceId,
    person: &PersonId,
) -> Result<Vec<(Listed, Verdict)>> {
    let rows = sqlx::query_as!(
        ListedRow,
        r#"
        SELECT reviews.id, reviews.revision_id, reviews.subject_kind, title, requested_by, edited_by,
               asked_at AS "asked_at: SqlTimestamp", state, closed_at AS "closed_at: SqlTimestamp",
               terms, channel_id, verdict
        FROM decisions
        JOIN reviews ON reviews.id = review_id
        JOIN revisions ON revisions.id = reviews.revision_id
        WHERE decisions.workspace_id = $1
          AND person_id = $2
          AND undone_at IS NULL
          AND kept_from IS NULL
        ORDER BY decisions.id DESC
        LIMIT 10
        "#,
        workspace.0,
        person.as_str(),
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let verdict = verdict(row.verdict.as_deref().unwrap_or_default())?;
            Ok((Listed::try_from(row)?, verdict))
        })
        .collect()
}

/// What an agent made, in one state or in any, oldest first, from after a subject's id on.
pub async fn made_by(
    db: &PgPool,
    workspace: WorkspaceId,
    agent: &str,
    (named, after): (Option<&str>, i64),
    at_most: i64,
) -> Result<Vec<Made>> {
    let rows = sqlx::query!(
        r#"
        SELECT reviews.id, reviews.subject_kind, reviews.subject_id, title, number, state,
               closed_at AS "closed_at: SqlTimestamp"
        FROM reviews
        JOIN revisions ON revisions.id = revision_id
        WHERE reviews.workspace_id = $1
          AND agent = $2
          AND state = coalesce($3, state)
          AND reviews.subject_kind <> 'finding'
          AND reviews.subject_id > $4
        ORDER BY reviews.subject_id
        LIMIT $5
        "#,
        workspace.0,
        agent,
        named,
        after,
        at_most,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Made {
                review: ReviewId(row.id),
                subject: subject_kind(&row.subject_kind)?,
                subject_id: row.subject_id,
                title: row.title,
                number: row.number,
                state: state(&row.state, row.closed_at.map(SqlTimestamp::to_jiff))?,
            })
        })
        .collect()
}

/// How many of an agent's subjects wait for people.
pub async fn waiting_of(db: &PgPool, workspace: WorkspaceId, agent: &str) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"
        SELECT count(*) AS "count!"
        FROM reviews
        WHERE workspace_id = $1 AND agent = $2 AND state = 'open'
        "#,
        workspace.0,
        agent,
    )
    .fetch_one(db)
    .await?;
    Ok(count)
}

/// The content hash of a subject as it was first put up.
pub async fn first_hash(
    db: &PgPool,
    workspace: WorkspaceId,
    kind: SubjectKind,
    id: i64,
) -> Result<[u8; 32]> {
    let bytes = sqlx::query_scalar!(
        r#"
        SELECT content_hash AS "content_hash!"
        FROM revisions
        WHERE workspace_id = $1 AND subject_kind = $2 AND subject_id = $3 AND number = 1
        "#,
        workspace.0,
        kind.name(),
        id,
    )
    .fetch_one(db)
    .await?;
    hash(&bytes)
}

/// Whose places a person holds, and who holds theirs.
pub(super) async fn places(
    db: impl PgExecutor<'_>,
    workspace: WorkspaceId,
    person: &PersonId,
    now: Timestamp,
) -> Result<Places> {
    let rows = sqlx::query!(
        "
        SELECT from_person, to_person
        FROM delegations
        WHERE workspace_id = $1
          AND (from_person = $2 OR to_person = $2)
          AND ended_at IS NULL
          AND until > $3
        ORDER BY id
        ",
        workspace.0,
        person.as_str(),
        now.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    let pairs = rows.into_iter().map(|row| (PersonId(row.from_person), PersonId(row.to_person)));
    Ok(Places::of(person, pairs))
}

pub(super) async fn delegations(
    db: &PgPool,
    workspace: WorkspaceId,
    now: Timestamp,
) -> Result<Vec<Delegation>> {
    let rows = sqlx::query!(
        r#"
        SELECT from_person, to_person, until AS "until: SqlTimestamp"
        FROM delegations
        WHERE workspace_id = $1 AND ended_at IS NULL AND until > $2
        ORDER BY id
        "#,
        workspace.0,
        now.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Delegation {
            from: PersonId(row.from_person),
            to: PersonId(row.to_person),
            until: row.until.to_jiff(),
        })
        .collect())
}

pub(super) async fn insert_delegation(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    delegation: &Delegation,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "
        INSERT INTO delegations (workspace_id, from_person, to_person, given_at, until)
        VALUES ($1, $2, $3, $4, $5)
        ",
        workspace.0,
        delegation.from.as_str(),
        delegation.to.as_str(),
        now.to_sqlx() as _,
        delegation.until.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Ends what a person handed over; says what that was, if it had not run out by itself.
pub(super) async fn end_delegation(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    from: &PersonId,
    now: Timestamp,
) -> Result<Option<Delegation>> {
    let row = sqlx::query!(
        r#"
        UPDATE delegations
        SET ended_at = $3
        WHERE workspace_id = $1 AND from_person = $2 AND ended_at IS NULL
        RETURNING to_person, until AS "until: SqlTimestamp"
        "#,
        workspace.0,
        from.as_str(),
        now.to_sqlx() as _,
    )
    .fetch_optional(tx)
    .await?;
    let ended = row.map(|row| Delegation {
        from: from.clone(),
        to: PersonId(row.to_person),
        until: row.until.to_jiff(),
    });
    Ok(ended.filter(|delegation| delegation.until > now))
}

async fn decisions(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    review: ReviewId,
    revision: RevisionId,
) -> Result<Vec<Decision>> {
    let row = sqlx::query_scalar!(
        r#"
        SELECT json_agg(decisions ORDER BY id) AS "decisions: Json<Vec<DecisionRow>>"
        FROM decisions
        WHERE workspace_id = $1 AND review_id = $2 AND revision_id = $3 AND undone_at IS NULL
        "#,
        workspace.0,
        review.0,
        revision.0,
    )
    .fetch_one(tx)
    .await?;
    row.into_iter().flat_map(|Json(rows)| rows).map(Decision::try_from).collect()
}

#[derive(Debug, Deserialize)]
struct DecisionRow {
    person_id: String,
    verdict: String,
    groups: Vec<String>,
    stands_for: Vec<PersonId>,
    comment: Option<String>,
    /// Since when there is no comment any more.
    comment_erased_at: Option<Timestamp>,
    reason: Option<String>,
    /// In hexadecimal, after `\\x`.
    content_hash: String,
    open_s: Option<i32>,
    reading_s: Option<i32>,
    kept_from: Option<i64>,
    decided_at: Timestamp,
}

impl TryFrom<DecisionRow> for Decision {
    type Error = crate::error::Error;

    fn try_from(row: DecisionRow) -> Result<Self> {
        let digits = row.content_hash.strip_prefix("\\x").unwrap_or_default();
        Ok(Self {
            person: PersonId(row.person_id),
            verdict: verdict(&row.verdict)?,
            groups: row.groups,
            stands_for: row.stands_for,
            comment: match row.comment_erased_at {
                Some(_) => Some("(erased)".to_owned()),
                None => row.comment,
            },
            reason: row.reason.as_deref().and_then(Reason::read),
            content_hash: hash(&hex::decode(digits)?)?,
            open_s: row.open_s.unwrap_or(0),
            reading_s: row.reading_s.unwrap_or(0),
            kept_from: row.kept_from,
            at: row.decided_at,
        })
    }
}

struct ReviewRow {
    id: i64,
    workspace_id: i64,
    subject_kind: String,
    subject_id: i64,
    title: String,
    agent: Option<String>,
    revision_id: i64,
    number: i32,
    content_hash: Vec<u8>,
    words: i32,
    edited_by: Option<String>,
    terms: Value,
    policy_version: String,
    requested_by: String,
    channel_id: String,
    thread_ts: Option<String>,
    state: String,
    opened_at: SqlTimestamp,
    asked_at: SqlTimestamp,
    shown_at: Option<SqlTimestamp>,
    closed_at: Option<SqlTimestamp>,
    reminders: i32,
    escalated_at: Option<SqlTimestamp>,
    remark: Option<String>,
}

impl ReviewRow {
    fn into_review(self, decisions: Vec<Decision>) -> Result<Review> {
        Ok(Review {
            id: ReviewId(self.id),
            workspace: WorkspaceId(self.workspace_id),
            subject: subject_kind(&self.subject_kind)?,
            subject_id: self.subject_id,
            title: self.title,
            agent: self.agent,
            revision: RevisionId(self.revision_id),
            number: self.number,
            content_hash: hash(&self.content_hash)?,
            words: self.words,
            edited_by: self.edited_by.map(PersonId),
            terms: serde_json::from_value(self.terms)?,
            policy_version: self.policy_version,
            requested_by: PersonId(self.requested_by),
            channel: ChannelId(self.channel_id),
            thread: self.thread_ts.map(MessageTs),
            state: state(&self.state, self.closed_at.map(SqlTimestamp::to_jiff))?,
            opened_at: self.opened_at.to_jiff(),
            asked_at: self.asked_at.to_jiff(),
            shown_at: self.shown_at.map(SqlTimestamp::to_jiff),
            reminders: self.reminders,
            escalated_at: self.escalated_at.map(SqlTimestamp::to_jiff),
            remark: self.remark,
            decisions,
        })
    }
}

struct ListedRow {
    id: i64,
    revision_id: i64,
    subject_kind: String,
    title: String,
    requested_by: String,
    edited_by: Option<String>,
    asked_at: SqlTimestamp,
    state: String,
    closed_at: Option<SqlTimestamp>,
    terms: Value,
    channel_id: String,
    verdict: Option<String>,
}

impl TryFrom<ListedRow> for Listed {
    type Error = crate::error::Error;

    fn try_from(row: ListedRow) -> Result<Self> {
        Ok(Self {
            id: ReviewId(row.id),
            revision: RevisionId(row.revision_id),
            subject: subject_kind(&row.subject_kind)?,
            title: row.title,
            requested_by: PersonId(row.requested_by),
            edited_by: row.edited_by.map(PersonId),
            asked_at: row.asked_at.to_jiff(),
            state: state(&row.state, row.closed_at.map(SqlTimestamp::to_jiff))?,
            terms: serde_json::from_value(row.terms)?,
            channel: ChannelId(row.channel_id),
        })
    }
}

fn state(name: &str, closed_at: Option<Timestamp>) -> Result<State> {
    match (name, closed_at) {
        ("open", None) => Ok(State::Open),
        ("approved", Some(at)) => Ok(State::Approved { at }),
        ("released", Some(at)) => Ok(State::Released { at }),
        ("changes_requested", Some(at)) => Ok(State::ChangesRequested { at }),
        ("rejected", Some(at)) => Ok(State::Rejected { at }),
        ("withdrawn", Some(at)) => Ok(State::Withdrawn { at }),
        ("expired", Some(at)) => Ok(State::Expired { at }),
        ("revoked", Some(at)) => Ok(State::Revoked { at }),
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
    SubjectKind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
        anyhow::anyhow!("a revision is stored for the unknown subject {name:?}").into()
    })
}

fn hash(bytes: &[u8]) -> Result<[u8; 32]> {
    Ok(bytes.try_into()?)
}
