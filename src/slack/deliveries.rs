//! Acting once on what Slack delivers more than once.

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};

use crate::database::Writes;
use crate::error::Result;
use crate::ids::WorkspaceId;

/// How long a delivery is remembered. Slack gives up on one within two hours.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(72);

/// Records a delivery in the transaction that acts on it: false if one with this key was acted on
/// before. A delivery without a key is always the first.
pub async fn first_delivery(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    key: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    let Some(key) = key else { return Ok(true) };
    let recorded = sqlx::query!(
        "
        INSERT INTO deliveries (workspace_id, key, received_at)
        VALUES ($1, $2, $3)
        ON CONFLICT ON CONSTRAINT deliveries_acted_on_once DO NOTHING
        ",
        workspace.0,
        key,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(recorded.rows_affected() == 1)
}

/// Records a delivery among `writes`, which fail if one with this key was acted on before. A delivery
/// without a key leaves nothing.
pub fn remember_delivery(
    writes: &mut Writes,
    workspace: WorkspaceId,
    key: Option<&str>,
    now: Timestamp,
) {
    let Some(key) = key else { return };
    writes
        .add(
            "delivery# AS (
                 INSERT INTO deliveries (workspace_id, key, received_at)
                 SELECT $1, $2, $3
                 FROM given
             )",
        )
        .bind(workspace.0)
        .bind(key)
        .bind(now.to_sqlx());
}

/// Forgets deliveries that Slack will not repeat any more.
pub async fn forget_deliveries(db: &PgPool, now: Timestamp) -> Result<u64> {
    let forgotten = sqlx::query!(
        "
        DELETE FROM deliveries
        WHERE received_at < $1
        ",
        (now - REMEMBERED).to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(forgotten.rows_affected())
}
