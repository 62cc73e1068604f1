//! The `opinions` table.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};

use super::{Dispute, Opinions, Rating, Seen};
use crate::config::SubjectKind;
use crate::error::Result;
use crate::ids::{PersonId, WorkspaceId};
use crate::reviews::Review;

/// What stands of what people said of a subject, and what was disputed before.
pub async fn of(
    db: &PgPool,
    workspace: WorkspaceId,
    kind: SubjectKind,
    id: i64,
) -> Result<Opinions> {
    let rows = sqlx::query!(
        r#"
        SELECT person_id, kind, reason, part, said_at AS "said_at: jiff_sqlx::Timestamp",
               ended_at AS "ended_at: jiff_sqlx::Timestamp"
        FROM opinions
        WHERE workspace_id = $1 AND subject_kind = $2 AND subject_id = $3
            AND (ended_at IS NULL OR kind = 'disputed')
        ORDER BY id
        "#,
        workspace.0,
        kind.name(),
        id,
    )
    .fetch_all(db)
    .await?;
    let mut opinions = Opinions::default();
    for row in rows {
        match Rating::read(&row.kind) {
            Some(Rating::Useful) => opinions.useful += 1,
            Some(Rating::NotUseful) => opinions.not_useful += 1,
            None => opinions.disputes.push(Dispute {
                by: PersonId(row.person_id),
                reason: row.reason,
                part: row.part,
                at: row.said_at.to_jiff(),
                withdrawn_at: row.ended_at.map(|at| at.to_jiff()),
            }),
        }
    }
    Ok(opinions)
}

/// Has a person's opinions of a subject change one after the other, until the transaction ends.
pub(super) async fn lock(tx: &mut PgConnection, review: &Review, person: &PersonId) -> Result<()> {
    let (kind, id) = (review.subject.name(), review.subject_id);
    let key = format!("opinion:{}:{kind}:{id}:{person}", review.workspace);
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", key).execute(tx).await?;
    Ok(())
}

/// Ends what a person said of a subject, and says what that was.
pub(super) async fn end_rating(
    tx: &mut PgConnection,
    review: &Review,
    person: &PersonId,
    now: Timestamp,
) -> Result<Option<Rating>> {
    let ended = sqlx::query_scalar!(
        "
        UPDATE opinions
        SET ended_at = greatest(said_at, $5)
        WHERE workspace_id = $1 AND subject_kind = $2 AND subject_id = $3 AND person_id = $4
            AND kind <> 'disputed' AND ended_at IS NULL
        RETURNING kind
        ",
        review.workspace.0,
        review.subject.name(),
        review.subject_id,
        person.as_str(),
        now.to_sqlx() as _,
    )
    .fetch_optional(tx)
    .await?;
    Ok(ended.and_then(|kind| Rating::read(&kind)))
}

pub(super) async fn insert_rating(
    tx: &mut PgConnection,
    review: &Review,
    seen: Seen<'_>,
    rating: Rating,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "
        INSERT INTO opinions (workspace_id, subject_kind, subject_id, revision_id, agent, person_id,
                              kind, said_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ",
        review.workspace.0,
        review.subject.name(),
        review.subject_id,
        seen.revision.0,
        review.agent,
        seen.person.as_str(),
        rating.name(),
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// False where a dispute of the person's stands already.
pub(super) async fn insert_dispute(
    tx: &mut PgConnection,
    review: &Review,
    seen: Seen<'_>,
    reason: &str,
    part: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    let inserted = sqlx::query!(
        "
        INSERT INTO opinions (workspace_id, subject_kind, subject_id, revision_id, agent, person_id,
                              kind, reason, part, said_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'disputed', $7, $8, $9)
        ON CONFLICT (workspace_id, subject_kind, subject_id, person_id, (kind = 'disputed'))
            WHERE ended_at IS NULL
            DO NOTHING
        ",
        review.workspace.0,
        review.subject.name(),
        review.subject_id,
        seen.revision.0,
        review.agent,
        seen.person.as_str(),
        reason,
        part,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// False where no dispute of the person's stands.
pub(super) async fn end_dispute(
    tx: &mut PgConnection,
    review: &Review,
    person: &PersonId,
    now: Timestamp,
) -> Result<bool> {
    let ended = sqlx::query!(
        "
        UPDATE opinions
        SET ended_at = greatest(said_at, $5)
        WHERE workspace_id = $1 AND subject_kind = $2 AND subject_id = $3 AND person_id = $4
            AND kind = 'disputed' AND ended_at IS NULL
        ",
        review.workspace.0,
        review.subject.name(),
        review.subject_id,
        person.as_str(),
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(ended.rows_affected() == 1)
}
