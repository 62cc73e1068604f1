//! The SQL of hand-offs.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value as Json;
use sqlx::{PgConnection, PgPool};

use super::hand_off::HandOff;
use super::summary::Summary;
use crate::config::Sales;
use crate::error::{Refusal, Result};
use crate::ids::{HandOffId, LeadId, PersonId, WorkspaceId};

struct Row {
    id: i64,
    lead_id: i64,
    points: i32,
    threshold: i32,
    score_version: String,
    state_says: Json,
    owner_id: Option<String>,
    owned_since: jiff_sqlx::Timestamp,
    asked: Vec<String>,
    opened_at: jiff_sqlx::Timestamp,
    due_at: Option<jiff_sqlx::Timestamp>,
    claimed_at: Option<jiff_sqlx::Timestamp>,
    reminded_at: Option<jiff_sqlx::Timestamp>,
    escalated_at: Option<jiff_sqlx::Timestamp>,
    summary: Option<Json>,
}

impl TryFrom<Row> for HandOff {
    type Error = crate::error::Error;

    fn try_from(row: Row) -> Result<Self> {
        let at = |at: Option<jiff_sqlx::Timestamp>| at.map(|at| at.to_jiff());
        Ok(Self {
            id: HandOffId(row.id),
            lead: LeadId(row.lead_id),
            points: row.points,
            threshold: row.threshold,
            score_version: row.score_version,
            state: serde_json::from_value(row.state_says)?,
            owner: row.owner_id.map(PersonId),
            owned_since: row.owned_since.to_jiff(),
            asked: row.asked.into_iter().map(PersonId).collect(),
            opened_at: row.opened_at.to_jiff(),
            due_at: at(row.due_at),
            claimed_at: at(row.claimed_at),
            reminded_at: at(row.reminded_at),
            escalated_at: at(row.escalated_at),
            summary: row.summary.map(serde_json::from_value).transpose()?,
        })
    }
}

pub async fn find(db: &PgPool, workspace: WorkspaceId, id: HandOffId) -> Result<Option<HandOff>> {
    let row = sqlx::query_as!(
        Row,
        r#"
        SELECT id, lead_id, points, threshold, score_version, state_says, owner_id,
               owned_since AS "owned_since: jiff_sqlx::Timestamp", asked,
               opened_at AS "opened_at: jiff_sqlx::Timestamp",
               due_at AS "due_at: jiff_sqlx::Timestamp",
               claimed_at AS "claimed_at: jiff_sqlx::Timestamp",
               reminded_at AS "reminded_at: jiff_sqlx::Timestamp",
               escalated_at AS "escalated_at: jiff_sqlx::Timestamp", summary
        FROM hand_offs
        WHERE workspace_id = $1 AND id = $2
        "#,
        workspace.0,
        id.0,
    )
    .fetch_optional(db)
    .await?;
    row.map(HandOff::try_from).transpose()
}

/// A hand-off that nobody else changes until the transaction ends; its lead is locked before it.
pub async fn lock(tx: &mut PgConnection, workspace: WorkspaceId, id: HandOffId) -> Result<HandOff> {
    let lead = sqlx::query_scalar!(
        "
        SELECT leads.id
        FROM hand_offs
        JOIN leads ON leads.id = lead_id
        WHERE hand_offs.workspace_id = $1 AND hand_offs.id = $2
        FOR UPDATE OF leads
        ",
        workspace.0,
        id.0,
    )
    .fetch_optional(&mut *tx)
    .await?;
    lead.ok_or(Refusal::UnknownAction)?;
    let row = sqlx::query_as!(
        Row,
        r#"
        SELECT id, lead_id, points, threshold, score_version, state_says, owner_id,
               owned_since AS "owned_since: jiff_sqlx::Timestamp", asked,
               opened_at AS "opened_at: jiff_sqlx::Timestamp",
               due_at AS "due_at: jiff_sqlx::Timestamp",
               claimed_at AS "claimed_at: jiff_sqlx::Timestamp",
               reminded_at AS "reminded_at: jiff_sqlx::Timestamp",
               escalated_at AS "escalated_at: jiff_sqlx::Timestamp", summary
        FROM hand_offs
        WHERE workspace_id = $1 AND id = $2
        FOR UPDATE
        "#,
        workspace.0,
        id.0,
    )
    .fetch_one(tx)
    .await?;
    row.try_into()
}

/// The open hand-off of a lead, which the caller has locked.
pub async fn lock_open(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    lead: LeadId,
) -> Result<Option<HandOff>> {
    let id = sqlx::query_scalar!(
        "
        SELECT id
        FROM hand_offs
        WHERE workspace_id = $1 AND lead_id = $2
            AND state IN ('waiting', 'claimed', 'qualified', 'snoozed')
        ",
        workspace.0,
        lead.0,
    )
    .fetch_optional(&mut *tx)
    .await?;
    match id {
        Some(id) => lock(tx, workspace, HandOffId(id)).await.map(Some),
        None => Ok(None),
    }
}

/// Those of these leads of which a hand-off is open.
pub async fn open_of(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    leads: &[LeadId],
) -> Result<Vec<LeadId>> {
    if leads.is_empty() {
        return Ok(Vec::new());
    }
    let open = sqlx::query_scalar!(
        r#"
        SELECT lead_id AS "lead_id: LeadId"
        FROM hand_offs
        WHERE workspace_id = $1 AND lead_id = ANY($2)
            AND state IN ('waiting', 'claimed', 'qualified', 'snoozed')
        ORDER BY lead_id
        "#,
        workspace.0,
        leads as &[LeadId],
    )
    .fetch_all(tx)
    .await?;
    Ok(open)
}

/// Every hand-off of a lead, the oldest first.
pub async fn of_lead(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    lead: LeadId,
) -> Result<Vec<HandOffId>> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM hand_offs WHERE workspace_id = $1 AND lead_id = $2 ORDER BY id",
        workspace.0,
        lead.0,
    )
    .fetch_all(tx)
    .await?;
    Ok(ids.into_iter().map(HandOffId).collect())
}

pub async fn insert(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    new: &HandOff,
    known: &Json,
    sales: &Sales,
) -> Result<HandOffId> {
    let id = sqlx::query_scalar!(
        "
        INSERT INTO hand_offs (workspace_id, lead_id, points, threshold, score_version, owner_id,
                               owned_since, opened_at, due_at, next_at, known)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10)
        RETURNING id
        ",
        workspace.0,
        new.lead.0,
        new.points,
        new.threshold,
        new.score_version,
        new.owner.as_ref().map(PersonId::as_str),
        new.opened_at.to_sqlx() as _,
        new.due_at.map(|at| at.to_sqlx()) as _,
        new.next_at(sales).map(|at| at.to_sqlx()) as _,
        known,
    )
    .fetch_one(tx)
    .await?;
    Ok(HandOffId(id))
}

/// A hand-off as it now is; nothing more is due of one that is over.
pub async fn save(tx: &mut PgConnection, workspace: WorkspaceId, it: &HandOff) -> Result<()> {
    sqlx::query!(
        "
        UPDATE hand_offs
        SET state = $3, state_says = $4, owner_id = $5, owned_since = $6, asked = $7, due_at = $8,
            claimed_at = $9, reminded_at = $10, escalated_at = $11, next_at = NULL
        WHERE workspace_id = $1 AND id = $2
        ",
        workspace.0,
        it.id.0,
        it.state.name(),
        serde_json::to_value(&it.state)?,
        it.owner.as_ref().map(PersonId::as_str),
        it.owned_since.to_sqlx() as _,
        &it.asked.iter().map(|one| one.0.clone()).collect::<Vec<String>>(),
        it.due_at.map(|at| at.to_sqlx()) as _,
        it.claimed_at.map(|at| at.to_sqlx()) as _,
        it.reminded_at.map(|at| at.to_sqlx()) as _,
        it.escalated_at.map(|at| at.to_sqlx()) as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn set_next(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    id: HandOffId,
    next: Option<Timestamp>,
) -> Result<()> {
    sqlx::query!(
        "UPDATE hand_offs SET next_at = $3 WHERE workspace_id = $1 AND id = $2",
        workspace.0,
        id.0,
        next.map(|at| at.to_sqlx()) as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The hand-offs whose time has come, each put off so that it is not taken twice at once.
pub async fn take_due(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    now: Timestamp,
    again: Timestamp,
    at_once: i64,
) -> Result<Vec<HandOffId>> {
    let ids = sqlx::query_scalar!(
        "
        UPDATE hand_offs
        SET next_at = $3
        WHERE workspace_id = $1 AND id IN (
            SELECT id
            FROM hand_offs
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
    Ok(ids.into_iter().map(HandOffId).collect())
}

/// The state of what is open, for lists: with a person only what is theirs. The oldest first.
pub async fn list_open(
    db: &PgPool,
    workspace: WorkspaceId,
    owner: Option<&PersonId>,
    at_most: i64,
) -> Result<Vec<HandOff>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT id, lead_id, points, threshold, score_version, state_says, owner_id,
               owned_since AS "owned_since: jiff_sqlx::Timestamp", asked,
               opened_at AS "opened_at: jiff_sqlx::Timestamp",
               due_at AS "due_at: jiff_sqlx::Timestamp",
               claimed_at AS "claimed_at: jiff_sqlx::Timestamp",
               reminded_at AS "reminded_at: jiff_sqlx::Timestamp",
               escalated_at AS "escalated_at: jiff_sqlx::Timestamp", summary
        FROM hand_offs
        WHERE workspace_id = $1 AND state IN ('waiting', 'claimed', 'qualified', 'snoozed')
            AND ($2::text IS NULL OR owner_id = $2)
        ORDER BY opened_at, id
        LIMIT $3
        "#,
        workspace.0,
        owner.map(PersonId::as_str),
        at_most,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(HandOff::try_from).collect()
}

/// The newest hand-off of a lead.
pub async fn newest(db: &PgPool, workspace: WorkspaceId, lead: LeadId) -> Result<Option<HandOff>> {
    let id = sqlx::query_scalar!(
        "
        SELECT id
        FROM hand_offs
        WHERE workspace_id = $1 AND lead_id = $2
        ORDER BY id DESC
        LIMIT 1
        ",
        workspace.0,
        lead.0,
    )
    .fetch_optional(db)
    .await?;
    match id {
        Some(id) => find(db, workspace, HandOffId(id)).await,
        None => Ok(None),
    }
}

pub async fn set_summary(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    id: HandOffId,
    summary: &Summary,
) -> Result<()> {
    sqlx::query!(
        "UPDATE hand_offs SET summary = $3 WHERE workspace_id = $1 AND id = $2",
        workspace.0,
        id.0,
        serde_json::to_value(summary)?,
    )
    .execute(tx)
    .await?;
    Ok(())
}
