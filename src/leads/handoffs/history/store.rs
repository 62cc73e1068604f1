//! The SQL of what happened to hand-offs.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value as Json;
use sqlx::{PgConnection, PgPool};

use super::super::hand_off::{Code, HandOff, State};
use super::{Happened, New};
use crate::error::Result;
use crate::ids::{HandOffEventId, HandOffId, PersonId, WorkspaceId};

pub async fn insert(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    hand_off: HandOffId,
    new: &New<'_>,
) -> Result<HandOffEventId> {
    let before = new.before.map(serde_json::to_value).transpose()?;
    let id = sqlx::query_scalar!(
        "
        INSERT INTO hand_off_events (workspace_id, hand_off_id, what, person_id, reason, at, before)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        RETURNING id
        ",
        workspace.0,
        hand_off.0,
        new.what,
        new.person.map(PersonId::as_str),
        new.reason,
        new.at.to_sqlx() as _,
        before,
    )
    .fetch_one(tx)
    .await?;
    Ok(HandOffEventId(id))
}

/// What happened to a hand-off and was not undone, the newest first.
pub async fn happened(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    hand_off: HandOffId,
) -> Result<Vec<Happened>> {
    let rows = sqlx::query!(
        r#"
        SELECT id, what, person_id, reason, at AS "at: jiff_sqlx::Timestamp", before
        FROM hand_off_events
        WHERE workspace_id = $1 AND hand_off_id = $2 AND undone_at IS NULL
        ORDER BY id DESC
        "#,
        workspace.0,
        hand_off.0,
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Happened {
                id: HandOffEventId(row.id),
                what: row.what,
                person: row.person_id.map(PersonId),
                reason: row.reason,
                at: row.at.to_jiff(),
                before: row.before.map(serde_json::from_value).transpose()?,
            })
        })
        .collect()
}

/// Takes back an event, and what was learnt by it.
pub async fn undo(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    event: HandOffEventId,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "UPDATE hand_off_events SET undone_at = $3 WHERE workspace_id = $1 AND id = $2",
        workspace.0,
        event.0,
        now.to_sqlx() as _,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "UPDATE lead_feedback SET undone_at = $3 WHERE workspace_id = $1 AND event_id = $2",
        workspace.0,
        event.0,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// What sales said by what it did, with what was known of the lead at that time.
pub async fn insert_feedback(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    hand_off: &HandOff,
    event: HandOffEventId,
    outcome: (&'static str, Option<Code>),
    attributes: &Json,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "
        INSERT INTO lead_feedback (workspace_id, lead_id, hand_off_id, event_id, outcome, code, points,
                                   attributes, source, campaign, at)
        SELECT workspace_id, id, $3, $4, $5, $6, points, $7, source, campaign, $8
        FROM leads
        WHERE workspace_id = $1 AND id = $2
        ",
        workspace.0,
        hand_off.lead.0,
        hand_off.id.0,
        event.0,
        outcome.0,
        outcome.1.map(Code::name),
        attributes,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The state names that are over, of what a lead was handed over for before this: code, and when.
pub async fn answers_before(
    db: &PgPool,
    workspace: WorkspaceId,
    hand_off: &HandOff,
) -> Result<Vec<State>> {
    let rows = sqlx::query_scalar!(
        "
        SELECT state_says
        FROM hand_offs
        WHERE workspace_id = $1 AND lead_id = $2 AND id < $3 AND state IN ('returned', 'lost', 'won')
        ORDER BY id DESC
        ",
        workspace.0,
        hand_off.lead.0,
        hand_off.id.0,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|says| Ok(serde_json::from_value(says)?)).collect()
}
