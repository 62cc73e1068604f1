//! The SQL of counting hand-offs.

use std::collections::HashMap;
use std::ops::Range;

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

/// What sales made of the hand-offs that were opened then, by the version of the score.
pub async fn tallies(
    db: &PgPool,
    workspace: WorkspaceId,
    opened: Range<Timestamp>,
) -> Result<Vec<(String, Tally)>> {
    let rows = sqlx::query!(
        r#"
        SELECT score_version, count(*) AS "handed_over!",
               count(*) FILTER (
                   WHERE state IN ('claimed', 'qualified', 'won', 'lost')
                      OR (state = 'snoozed' AND claimed_at IS NOT NULL)
               ) AS "accepted!",
               count(*) FILTER (WHERE state = 'returned') AS "returned!",
               count(*) FILTER (WHERE state = 'won') AS "won!",
               min(opened_at) AS "first_at!: jiff_sqlx::Timestamp",
               max(opened_at) AS "last_at!: jiff_sqlx::Timestamp"
        FROM hand_offs
        WHERE workspace_id = $1 AND opened_at >= $2 AND opened_at < $3
        GROUP BY score_version
        "#,
        workspace.0,
        opened.start.to_sqlx() as _,
        opened.end.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    let tally = rows.into_iter().map(|row| {
        let tally = Tally {
            handed_over: row.handed_over.try_into()?,
            accepted: row.accepted.try_into()?,
            returned: row.returned.try_into()?,
            won: row.won.try_into()?,
            first_at: row.first_at.to_jiff(),
            last_at: row.last_at.to_jiff(),
        };
        Ok((row.score_version, tally))
    });
    tally.collect()
}

/// How many leads waited at a moment for somebody to claim them, and how many of them for too long.
pub async fn waiting(db: &PgPool, workspace: WorkspaceId, now: Timestamp) -> Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"
        SELECT count(*) AS "waiting!", count(*) FILTER (WHERE due_at < $2) AS "overdue!"
        FROM hand_offs
        WHERE workspace_id = $1 AND opened_at <= $2 AND (state = 'waiting' OR claimed_at > $2)
        "#,
        workspace.0,
        now.to_sqlx() as _,
    )
    .fetch_one(db)
    .await?;
    Ok((row.waiting, row.overdue))
}
