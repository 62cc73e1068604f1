//! The SQL of taking leads in.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};

use super::super::lead::Lead;
use super::super::store::lock;
use crate::error::Result;
use crate::ids::{LeadId, WorkspaceId};

/// The lead with an address, locked.
pub async fn by_email(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    email: &str,
) -> Result<Option<Lead>> {
    let id = sqlx::query_scalar!(
        "SELECT id FROM leads WHERE workspace_id = $1 AND email = $2",
        workspace.0,
        email,
    )
    .fetch_optional(&mut *tx)
    .await?;
    match id {
        Some(id) => lock(tx, workspace, LeadId(id)).await.map(Some),
        None => Ok(None),
    }
}

pub async fn is_known(db: &PgPool, workspace: WorkspaceId, system: &str) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"
        SELECT EXISTS (
            SELECT FROM lead_keys WHERE workspace_id = $1 AND system = $2
        ) AS "found!"
        "#,
        workspace.0,
        system,
    )
    .fetch_one(db)
    .await?;
    Ok(found)
}

/// What is known of a lead, to be scored anew.
pub async fn save(tx: &mut PgConnection, workspace: WorkspaceId, lead: &Lead) -> Result<()> {
    sqlx::query!(
        "
        UPDATE leads
        SET email = $3, name = $4, phone = $5, company = $6, territory = $7, source = $8,
            campaign = $9, attributes = $10, known_as_of = $11, consent = $12, do_not_contact = $13,
            stage = $14, changed_at = $15, added_at = $16, is_stale = true
        WHERE workspace_id = $1 AND id = $2
        ",
        workspace.0,
        lead.id.0,
        lead.contact.email,
        lead.contact.name,
        lead.contact.phone,
        lead.company,
        lead.territory,
        lead.source,
        lead.campaign,
        serde_json::to_value(&lead.attributes)?,
        serde_json::to_value(&lead.known_as_of)?,
        lead.consent,
        lead.do_not_contact,
        lead.stage.name(),
        lead.changed_at.to_sqlx() as _,
        lead.added_at.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Empties a lead that was merged into another, which gets its keys and what it did.
pub async fn empty(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    merged: LeadId,
    kept: LeadId,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "UPDATE lead_keys SET lead_id = $3 WHERE workspace_id = $1 AND lead_id = $2",
        workspace.0,
        merged.0,
        kept.0,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "
        INSERT INTO lead_activities (workspace_id, lead_id, kind, detail, at)
        SELECT workspace_id, $3, kind, detail, at
        FROM lead_activities
        WHERE workspace_id = $1 AND lead_id = $2
        ON CONFLICT ON CONSTRAINT lead_activities_once DO NOTHING
        ",
        workspace.0,
        merged.0,
        kept.0,
    )
    .execute(&mut *tx)
    .await?;
    clear(tx, workspace, merged).await?;
    sqlx::query!(
        "
        UPDATE leads
        SET merged_into = $3, changed_at = $4
        WHERE workspace_id = $1 AND id = $2
        ",
        workspace.0,
        merged.0,
        kept.0,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn insert_merge(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    kept: LeadId,
    merged: LeadId,
    because: &str,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "
        INSERT INTO lead_merges (workspace_id, kept_id, merged_id, because, at)
        VALUES ($1, $2, $3, $4, $5)
        ",
        workspace.0,
        kept.0,
        merged.0,
        because,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes away all that is known of a lead. What other systems call it stays, so that it stays away.
pub async fn erase(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    lead: LeadId,
    now: Timestamp,
) -> Result<()> {
    clear(tx, workspace, lead).await?;
    sqlx::query!(
        "UPDATE leads SET erased_at = $3 WHERE workspace_id = $1 AND id = $2",
        workspace.0,
        lead.0,
        now.to_sqlx() as _,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "UPDATE lead_feedback SET attributes = NULL WHERE workspace_id = $1 AND lead_id = $2",
        workspace.0,
        lead.0,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "UPDATE hand_offs SET known = NULL, summary = NULL WHERE workspace_id = $1 AND lead_id = $2",
        workspace.0,
        lead.0,
    )
    .execute(&mut *tx)
    .await?;
    // Why it was returned may say who it was.
    sqlx::query!(
        "
        UPDATE hand_off_events
        SET reason = NULL
        FROM hand_offs
        WHERE hand_offs.id = hand_off_id AND hand_offs.workspace_id = $1 AND lead_id = $2
        ",
        workspace.0,
        lead.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn clear(tx: &mut PgConnection, workspace: WorkspaceId, lead: LeadId) -> Result<()> {
    sqlx::query!(
        "
        UPDATE leads
        SET email = NULL, name = NULL, phone = NULL, company = NULL, territory = NULL,
            attributes = '{}', known_as_of = '{}', points = 0, reasons = '[]', is_stale = false
        WHERE workspace_id = $1 AND id = $2
        ",
        workspace.0,
        lead.0,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "DELETE FROM lead_activities WHERE workspace_id = $1 AND lead_id = $2",
        workspace.0,
        lead.0,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "DELETE FROM lead_scores WHERE workspace_id = $1 AND lead_id = $2",
        workspace.0,
        lead.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}
