//! The SQL of finding what crossed the threshold.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use crate::error::Result;
use crate::ids::{LeadId, WorkspaceId};

/// Those who hand over take turns, so that no lead is handed over twice and no day has too many.
pub async fn take_turn(tx: &mut PgConnection, workspace: WorkspaceId) -> Result<()> {
    let key = format!("hand_offs:{workspace}");
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", key).execute(tx).await?;
    Ok(())
}

pub async fn handed_over_since(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    since: Timestamp,
) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"
        SELECT count(*) AS "count!"
        FROM hand_offs
        WHERE workspace_id = $1 AND opened_at > $2
        "#,
        workspace.0,
        since.to_sqlx() as _,
    )
    .fetch_one(tx)
    .await?;
    Ok(count)
}

/// The leads that are worth a call, may be called and were not handed over since they are; the best
/// first. Those that fell below the threshold may be handed over again once they are back.
pub async fn above(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    threshold: i32,
    at_most: i64,
) -> Result<Vec<LeadId>> {
    sqlx::query!(
        "
        UPDATE leads
        SET is_handed_over = false
        WHERE workspace_id = $1 AND is_handed_over AND points < $2
        ",
        workspace.0,
        threshold,
    )
    .execute(&mut *tx)
    .await?;
    let ids = sqlx::query_scalar!(
        "
        SELECT id
        FROM leads
        WHERE workspace_id = $1 AND points >= $2 AND NOT is_handed_over AND NOT is_stale
            AND NOT do_not_contact AND consent IS DISTINCT FROM false
            AND stage IN ('new', 'mql', 'returned') AND erased_at IS NULL AND merged_into IS NULL
            AND NOT EXISTS (
                SELECT
                FROM hand_offs
                WHERE lead_id = leads.id
                    AND state IN ('waiting', 'claimed', 'qualified', 'snoozed')
            )
        ORDER BY points DESC, id
        LIMIT $3
        FOR UPDATE
        ",
        workspace.0,
        threshold,
        at_most,
    )
    .fetch_all(tx)
    .await?;
    Ok(ids.into_iter().map(LeadId).collect())
}

pub async fn set_handed_over(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    lead: LeadId,
) -> Result<()> {
    sqlx::query!(
        "UPDATE leads SET is_handed_over = true WHERE workspace_id = $1 AND id = $2",
        workspace.0,
        lead.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}
