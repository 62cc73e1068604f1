//! The SQL of erasure: every place that keeps what people wrote, but for what they decided on.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};

use super::Erased;
use crate::error::Result;
use crate::ids::{
    AlertId, CampaignId, FindingId, HandOffId, PersonId, ReviewId, RunId, WorkspaceId,
};

/// What is read instead of a title.
const TITLE: &str = "(erased)";

/// What is read instead of why something was called back.
const REASON: &str = "(erased)";

/// Why a run that was not at its end will not come to a finding.
const REMARK: &str = "The question was erased before it was answered.";

/// Why a campaign that was not at its end goes no further.
const BRIEF_REMARK: &str = "The brief was erased before all of it was written.";

pub async fn count(db: &PgPool, workspace: WorkspaceId, person: &PersonId) -> Result<Erased> {
    let row = sqlx::query!(
        r#"
        SELECT
            (
                SELECT count(*)
                FROM audit.texts
                WHERE workspace_id = $1 AND person_id = $2
            ) AS "texts!",
            (
                SELECT count(*)
                FROM decisions
                WHERE workspace_id = $1 AND person_id = $2 AND comment IS NOT NULL
            ) + (
                SELECT count(*)
                FROM releases
                WHERE workspace_id = $1 AND revoked_by = $2 AND reason <> '(erased)'
            ) + (
                SELECT count(*)
                FROM opinions
                WHERE workspace_id = $1 AND person_id = $2 AND reason IS NOT NULL
            ) + (
                SELECT count(*)
                FROM alert_events
                WHERE workspace_id = $1 AND person_id = $2 AND reason IS NOT NULL
            ) + (
                SELECT count(*)
                FROM hand_off_events
                WHERE workspace_id = $1 AND person_id = $2 AND reason IS NOT NULL
            ) AS "comments!",
            (
                SELECT count(*)
                FROM runs
                WHERE workspace_id = $1 AND requested_by = $2 AND question IS NOT NULL
            ) + (
                SELECT count(*)
                FROM campaigns
                WHERE workspace_id = $1 AND requested_by = $2 AND erased_at IS NULL
            ) AS "questions!",
            (
                SELECT count(*)
                FROM reviews
                WHERE workspace_id = $1 AND requested_by = $2 AND title_erased_at IS NULL
            ) AS "titles!"
        "#,
        workspace.0,
        person.as_str(),
    )
    .fetch_one(db)
    .await?;
    let mut connection = db.acquire().await?;
    Ok(Erased {
        texts: row.texts.try_into()?,
        comments: row.comments.try_into()?,
        questions: row.questions.try_into()?,
        titles: row.titles.try_into()?,
        kept_contents: kept_contents(&mut connection, workspace, person).await?,
    })
}

/// How many contents answer something that the person asked for.
pub async fn kept_contents(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    person: &PersonId,
) -> Result<u64> {
    let contents = sqlx::query_scalar!(
        r#"
        SELECT count(*) AS "contents!"
        FROM reviews
        WHERE workspace_id = $1 AND requested_by = $2
        "#,
        workspace.0,
        person.as_str(),
    )
    .fetch_one(db)
    .await?;
    Ok(contents.try_into()?)
}

/// What shows something that the person wrote.
pub struct Concerned {
    pub reviews: Vec<ReviewId>,
    pub runs: Vec<RunId>,
    /// Answers that only the person reads.
    pub answers: Vec<FindingId>,
    pub campaigns: Vec<CampaignId>,
    pub alerts: Vec<AlertId>,
    pub hand_offs: Vec<HandOffId>,
}

pub async fn concerned(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    person: &PersonId,
) -> Result<Concerned> {
    let reviews = sqlx::query_scalar!(
        r#"
        SELECT id AS "id: ReviewId"
        FROM reviews
        WHERE workspace_id = $1
            AND (
                (requested_by = $2 AND title_erased_at IS NULL)
                OR id IN (
                    SELECT review_id
                    FROM decisions
                    WHERE workspace_id = $1 AND person_id = $2 AND comment IS NOT NULL
                )
                OR (subject_kind, subject_id) IN (
                    SELECT subject_kind, subject_id
                    FROM opinions
                    WHERE workspace_id = $1 AND person_id = $2 AND reason IS NOT NULL
                )
            )
        ORDER BY id
        "#,
        workspace.0,
        person.as_str(),
    )
    .fetch_all(&mut *tx)
    .await?;
    let runs = sqlx::query_scalar!(
        r#"
        SELECT id AS "id: RunId"
        FROM runs
        WHERE workspace_id = $1 AND requested_by = $2 AND question IS NOT NULL AND state <> 'done'
        ORDER BY id
        "#,
        workspace.0,
        person.as_str(),
    )
    .fetch_all(&mut *tx)
    .await?;
    let answers = sqlx::query_scalar!(
        r#"
        SELECT findings.id AS "id: FindingId"
        FROM findings
        JOIN runs ON runs.id = run_id
        WHERE runs.workspace_id = $1 AND requested_by = $2 AND private_content IS NOT NULL
        ORDER BY findings.id
        "#,
        workspace.0,
        person.as_str(),
    )
    .fetch_all(&mut *tx)
    .await?;
    let campaigns = sqlx::query_scalar!(
        r#"
        SELECT id AS "id: CampaignId"
        FROM campaigns
        WHERE workspace_id = $1 AND requested_by = $2 AND erased_at IS NULL
        ORDER BY id
        "#,
        workspace.0,
        person.as_str(),
    )
    .fetch_all(&mut *tx)
    .await?;
    let alerts = sqlx::query_scalar!(
        "
        SELECT DISTINCT alert_id
        FROM alert_events
        WHERE workspace_id = $1 AND person_id = $2 AND reason IS NOT NULL
        ORDER BY alert_id
        ",
        workspace.0,
        person.as_str(),
    )
    .fetch_all(&mut *tx)
    .await?;
    let hand_offs = sqlx::query_scalar!(
        "
        SELECT DISTINCT hand_off_id
        FROM hand_off_events
        WHERE workspace_id = $1 AND person_id = $2 AND reason IS NOT NULL
        ORDER BY hand_off_id
        ",
        workspace.0,
        person.as_str(),
    )
    .fetch_all(tx)
    .await?;
    let alerts = alerts.into_iter().map(AlertId).collect();
    let hand_offs = hand_offs.into_iter().map(HandOffId).collect();
    Ok(Concerned { reviews, runs, answers, campaigns, alerts, hand_offs })
}

/// Answers that only the person reads go with their questions.
pub async fn erase_answers(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    answers: &[FindingId],
) -> Result<()> {
    let answers: Vec<i64> = answers.iter().map(|finding| finding.0).collect();
    sqlx::query!(
        "
        UPDATE findings
        SET private_content = NULL
        WHERE workspace_id = $1 AND id = ANY ($2)
        ",
        workspace.0,
        &answers,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn erase_comments(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    person: &PersonId,
    now: Timestamp,
) -> Result<u64> {
    let erased = sqlx::query!(
        "
        UPDATE decisions
        SET comment = NULL, comment_erased_at = $3
        WHERE workspace_id = $1 AND person_id = $2 AND comment IS NOT NULL
        ",
        workspace.0,
        person.as_str(),
        now.to_sqlx() as _,
    )
    .execute(&mut *tx)
    .await?;
    // Why something was called back stands with its release, and on its card.
    let reasons = sqlx::query!(
        "
        WITH revoked AS (
            UPDATE releases
            SET reason = $3
            WHERE workspace_id = $1 AND revoked_by = $2 AND reason <> $3
            RETURNING review_id
        )
        UPDATE reviews
        SET remark = NULL
        FROM revoked
        WHERE reviews.id = review_id
        ",
        workspace.0,
        person.as_str(),
        REASON,
    )
    .execute(&mut *tx)
    .await?;
    // And so does why something is disputed.
    let disputes = sqlx::query!(
        "
        UPDATE opinions
        SET reason = NULL, reason_erased_at = $3
        WHERE workspace_id = $1 AND person_id = $2 AND reason IS NOT NULL
        ",
        workspace.0,
        person.as_str(),
        now.to_sqlx() as _,
    )
    .execute(&mut *tx)
    .await?;
    // And why an alert was not useful.
    let alerts = sqlx::query!(
        "
        UPDATE alert_events
        SET reason = NULL
        WHERE workspace_id = $1 AND person_id = $2 AND reason IS NOT NULL
        ",
        workspace.0,
        person.as_str(),
    )
    .execute(&mut *tx)
    .await?;
    // And why a lead was returned or lost.
    let leads = sqlx::query!(
        "
        UPDATE hand_off_events
        SET reason = NULL
        WHERE workspace_id = $1 AND person_id = $2 AND reason IS NOT NULL
        ",
        workspace.0,
        person.as_str(),
    )
    .execute(&mut *tx)
    .await?;
    Ok(erased.rows_affected()
        + leads.rows_affected()
        + reasons.rows_affected()
        + disputes.rows_affected()
        + alerts.rows_affected())
}

/// A run that has not come to its end ends here.
pub async fn erase_questions(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    person: &PersonId,
    now: Timestamp,
) -> Result<u64> {
    sqlx::query!(
        "
        UPDATE runs
        SET state = 'failed', remark = $3, finished_at = $4
        WHERE workspace_id = $1 AND requested_by = $2 AND state IN ('queued', 'running')
        ",
        workspace.0,
        person.as_str(),
        REMARK,
        now.to_sqlx() as _,
    )
    .execute(&mut *tx)
    .await?;
    let erased = sqlx::query!(
        "
        UPDATE runs
        SET question = NULL, question_erased_at = $3
        WHERE workspace_id = $1 AND requested_by = $2 AND question IS NOT NULL
        ",
        workspace.0,
        person.as_str(),
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(erased.rows_affected())
}

/// Of a brief stay the channels and audiences, by which its drafts are known. What was written from it to
/// choose from goes with it.
pub async fn erase_briefs(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    person: &PersonId,
    now: Timestamp,
) -> Result<u64> {
    sqlx::query!(
        "
        UPDATE campaigns
        SET state = 'failed', remark = $3, finished_at = $4
        WHERE workspace_id = $1 AND requested_by = $2 AND state IN ('queued', 'writing')
        ",
        workspace.0,
        person.as_str(),
        BRIEF_REMARK,
        now.to_sqlx() as _,
    )
    .execute(&mut *tx)
    .await?;
    let erased = sqlx::query!(
        "
        WITH erased AS (
            UPDATE campaigns
            SET brief = jsonb_build_object('title', $3::text, 'channels', brief -> 'channels',
                                           'audiences', brief -> 'audiences'),
                erased_at = $4
            WHERE workspace_id = $1 AND requested_by = $2 AND erased_at IS NULL
            RETURNING id
        ),
        emptied AS (
            UPDATE drafts
            SET versions = '[]'
            FROM erased
            WHERE campaign_id = erased.id
        )
        SELECT id
        FROM erased
        ",
        workspace.0,
        person.as_str(),
        TITLE,
        now.to_sqlx() as _,
    )
    .fetch_all(tx)
    .await?;
    Ok(erased.len() as u64)
}

pub async fn erase_titles(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    person: &PersonId,
    now: Timestamp,
) -> Result<u64> {
    let erased = sqlx::query!(
        "
        UPDATE reviews
        SET title = $3, title_erased_at = $4
        WHERE workspace_id = $1 AND requested_by = $2 AND title_erased_at IS NULL
        ",
        workspace.0,
        person.as_str(),
        TITLE,
        now.to_sqlx() as _,
    )
    .execute(&mut *tx)
    .await?;
    // Those that were released say it beside.
    sqlx::query!(
        "
        UPDATE releases
        SET title = $3
        FROM reviews
        WHERE reviews.id = review_id AND releases.workspace_id = $1 AND requested_by = $2
        ",
        workspace.0,
        person.as_str(),
        TITLE,
    )
    .execute(&mut *tx)
    .await?;
    Ok(erased.rows_affected())
}
