//! The SQL of schedules.

use anyhow::Context;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use sqlx::{PgConnection, PgPool};

use super::When;
use crate::error::Result;
use crate::ids::WorkspaceId;

/// When a schedule happens next, and by which rule.
pub struct Row {
    pub name: String,
    pub cron: String,
    pub zone: String,
    pub next_at: Timestamp,
}

impl Row {
    pub fn says(&self, when: &When) -> bool {
        self.cron == when.cron && when.zone.iana_name() == Some(&self.zone)
    }

    pub fn when(&self) -> anyhow::Result<When> {
        let zone = TimeZone::get(&self.zone)
            .with_context(|| format!("the schedule {:?} is in a zone unknown here", self.name))?;
        Ok(When { cron: self.cron.clone(), zone })
    }
}

pub async fn all(db: &PgPool, workspace: WorkspaceId) -> Result<Vec<Row>> {
    let rows = sqlx::query!(
        r#"
        SELECT name, cron, zone, next_at AS "next_at: SqlTimestamp"
        FROM schedules
        WHERE workspace_id = $1
        "#,
        workspace.0,
    )
    .fetch_all(db)
    .await?;
    let row = |name, cron, zone, next_at: SqlTimestamp| Row {
        name,
        cron,
        zone,
        next_at: next_at.to_jiff(),
    };
    Ok(rows.into_iter().map(|it| row(it.name, it.cron, it.zone, it.next_at)).collect())
}

/// What is due and no other replica is at, until the transaction ends.
pub async fn take_due(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    now: Timestamp,
) -> Result<Vec<Row>> {
    let rows = sqlx::query!(
        r#"
        SELECT name, cron, zone, next_at AS "next_at: SqlTimestamp"
        FROM schedules
        WHERE workspace_id = $1 AND next_at <= $2
        ORDER BY next_at, id
        FOR UPDATE SKIP LOCKED
        "#,
        workspace.0,
        now.to_sqlx() as _,
    )
    .fetch_all(tx)
    .await?;
    let row = |name, cron, zone, next_at: SqlTimestamp| Row {
        name,
        cron,
        zone,
        next_at: next_at.to_jiff(),
    };
    Ok(rows.into_iter().map(|it| row(it.name, it.cron, it.zone, it.next_at)).collect())
}

pub async fn move_on(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    name: &str,
    next: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE schedules
        SET next_at = $3
        WHERE workspace_id = $1 AND name = $2
        ",
        workspace.0,
        name,
        next.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Keeps a schedule's rule, unless it is due under its old one.
pub async fn save(
    db: &PgPool,
    workspace: WorkspaceId,
    name: &str,
    when: &When,
    next: Timestamp,
    now: Timestamp,
) -> Result<()> {
    let zone = when.zone.iana_name().context("a schedule's zone has a name")?;
    sqlx::query!(
        "
        INSERT INTO schedules AS known (workspace_id, name, cron, zone, next_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT ON CONSTRAINT schedules_one_per_name
        DO UPDATE
        SET cron = excluded.cron, zone = excluded.zone, next_at = excluded.next_at
        WHERE known.next_at > $6 AND (known.cron, known.zone) <> (excluded.cron, excluded.zone)
        ",
        workspace.0,
        name,
        when.cron,
        zone,
        next.to_sqlx() as _,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets a schedule that the manifest does not ask for any more, unless it is due.
pub async fn remove(db: &PgPool, workspace: WorkspaceId, name: &str, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "
        DELETE FROM schedules
        WHERE workspace_id = $1 AND name = $2 AND next_at > $3
        ",
        workspace.0,
        name,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}
