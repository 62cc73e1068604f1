//! The SQL of counting hand-offs.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};

use super::super::routing::Floor;
use super::Tally;
use crate::error::Result;
use crate::ids::{PersonId, WorkspaceId};

/// How many leads each person has.
pub async fn floor(tx: &mut PgConnection, workspace: WorkspaceId) -> Result<Floor> {
    let rows = sqlx::query!(
        r#"
        SELECT owner_id AS "owner_id!", count(*) AS "count!"
        FROM hand_offs
        WHERE workspace_id = $1 AND owner_id IS NOT NULL
            AND state IN ('waiting', 'claimed', 'qualified', 'snoozed')
        GROUP BY owner_id
        "#,
        workspace.0,
    )
    .fetch_all(tx)
    .await?;
    let loads: HashMap<PersonId, u32> = rows
        .into_iter()
        .map(|row| (PersonId(row.owner_id), u32::try_from(row.count).unwrap_or(u32::MAX)))
        .collect();
    Ok(Floor { loads, left: Vec::new() })
}

/// What sales made of all hand-offs there were.
pub async fn tally(db: &PgPool, workspace: WorkspaceId) -> Result<Tally> {
    let row = sqlx::query!(
        r#"
        SELECT count(*) AS "handed_over!",
               count(*) FILTER (
                   WHERE state IN ('claimed', 'qualified', 'won', 'lost')
                      OR (state = 'snoozed' AND claimed_at IS NOT NULL)
               ) AS "accepted!",
               count(*) FILTER (WHERE state = 'returned') AS "returned!",
               count(*) FILTER (WHERE state = 'won') AS "won!"
        FROM hand_offs
        WHERE workspace_id = $1
        "#,
        workspace.0,
    )
    .fetch_one(db)
    .await?;
    Ok(Tally {
        handed_over: u64::try_from(row.handed_over)?,
        accepted: u64::try_from(row.accepted)?,
        returned: u64::try_from(row.returned)?,
        won: u64::try_from(row.won)?,
    })
}

/// How many leads wait for somebody to claim them, and how many of them for too long.
pub async fn waiting(db: &PgPool, workspace: WorkspaceId, now: Timestamp) -> Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"
        SELECT count(*) AS "waiting!", count(*) FILTER (WHERE due_at < $2) AS "overdue!"
        FROM hand_offs
        WHERE workspace_id = $1 AND state = 'waiting'
        "#,
        workspace.0,
        now.to_sqlx() as _,
    )
    .fetch_one(db)
    .await?;
    Ok((row.waiting, row.overdue))
}
