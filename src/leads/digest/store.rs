//! The SQL of the week's digest.

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;

use super::super::handoffs::Code;
use super::super::scoring::segments::{Count, NOT_KNOWN, Segment, of_counts};
use super::{Returned, Week};
use crate::error::Result;
use crate::ids::WorkspaceId;

/// Leads are won weeks after they came.
const SETTLED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What happened between two moments.
pub async fn week(
    db: &PgPool,
    workspace: WorkspaceId,
    start: Timestamp,
    end: Timestamp,
) -> Result<Week> {
    let opened = sqlx::query!(
        r#"
        SELECT count(*) AS "handed_over!", count(claimed_at) AS "claimed!",
               count(*) FILTER (WHERE claimed_at <= due_at OR (due_at IS NULL AND claimed_at IS NOT NULL))
                   AS "in_time!"
        FROM hand_offs
        WHERE workspace_id = $1 AND opened_at >= $2 AND opened_at < $3
        "#,
        workspace.0,
        start.to_sqlx() as _,
        end.to_sqlx() as _,
    )
    .fetch_one(db)
    .await?;
    let rows = sqlx::query!(
        r#"
        SELECT outcome, code, source, campaign, count(DISTINCT lead_id) AS "leads!"
        FROM lead_feedback
        WHERE workspace_id = $1 AND at >= $2 AND at < $3 AND undone_at IS NULL
            AND outcome IN ('returned', 'won', 'lost')
        GROUP BY outcome, code, source, campaign
        ORDER BY outcome, code, source, campaign
        "#,
        workspace.0,
        start.to_sqlx() as _,
        end.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    let sum = |outcome: &str| {
        rows.iter().filter(|row| row.outcome == outcome).map(|row| row.leads).sum::<i64>()
    };
    let (won, lost) = (sum("won"), sum("lost"));
    let returns = rows.into_iter().filter_map(|row| {
        let code = row.code.as_deref().and_then(Code::read)?;
        Some(Returned { code, source: row.source, campaign: row.campaign, leads: row.leads })
    });
    Ok(Week {
        handed_over: opened.handed_over,
        claimed: opened.claimed,
        claimed_in_time: opened.in_time,
        won,
        lost,
        returns: returns.collect(),
    })
}

/// How often the leads of each source are won, of those that have been there for long enough.
pub async fn sources(db: &PgPool, workspace: WorkspaceId, end: Timestamp) -> Result<Vec<Segment>> {
    let settled = end - SETTLED;
    let rows = sqlx::query!(
        r#"
        SELECT source, count(*) AS "leads!", count(*) FILTER (WHERE stage = 'customer') AS "won!"
        FROM leads
        WHERE workspace_id = $1 AND erased_at IS NULL AND merged_into IS NULL
            AND added_at < $2
        GROUP BY source
        "#,
        workspace.0,
        settled.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    let mut counts = Vec::with_capacity(rows.len());
    for row in &rows {
        let name = row.source.as_deref().unwrap_or(NOT_KNOWN);
        let (rows, won) = (usize::try_from(row.leads)?, usize::try_from(row.won)?);
        counts.push(Count { name, rows, won });
    }
    Ok(of_counts(counts))
}
