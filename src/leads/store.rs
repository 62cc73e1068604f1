//! The SQL of leads.

use serde_json::Value as Json;
use sqlx::{PgConnection, PgPool};

use super::lead::{Contact, Lead, Stage};
use super::scoring::{Activity, Score};
use crate::error::{Refusal, Result};
use crate::ids::{LeadId, WorkspaceId};

pub(super) struct Row {
    pub id: i64,
    pub email: Option<String>,
    pub name: Option<String>,
    pub phone: Option<String>,
    pub company: Option<String>,
    pub territory: Option<String>,
    pub source: Option<String>,
    pub campaign: Option<String>,
    pub attributes: Json,
    pub known_as_of: Json,
    pub consent: Option<bool>,
    pub do_not_contact: bool,
    pub stage: String,
    pub points: i32,
    pub reasons: Json,
    pub score_version: Option<String>,
    pub added_at: jiff_sqlx::Timestamp,
    pub changed_at: jiff_sqlx::Timestamp,
    pub erased_at: Option<jiff_sqlx::Timestamp>,
    pub merged_into: Option<i64>,
}

impl TryFrom<Row> for Lead {
    type Error = crate::error::Error;

    fn try_from(row: Row) -> Result<Self> {
        let stage = Stage::read(&row.stage)
            .ok_or_else(|| anyhow::anyhow!("lead {} has the stage {}", row.id, row.stage))?;
        Ok(Self {
            id: LeadId(row.id),
            contact: Contact { email: row.email, name: row.name, phone: row.phone },
            company: row.company,
            territory: row.territory,
            source: row.source,
            campaign: row.campaign,
            attributes: serde_json::from_value(row.attributes)?,
            known_as_of: serde_json::from_value(row.known_as_of)?,
            consent: row.consent,
            do_not_contact: row.do_not_contact,
            stage,
            score: Score { points: row.points, reasons: serde_json::from_value(row.reasons)? },
            score_version: row.score_version,
            added_at: row.added_at.to_jiff(),
            changed_at: row.changed_at.to_jiff(),
            erased_at: row.erased_at.map(|at| at.to_jiff()),
            merged_into: row.merged_into.map(LeadId),
        })
    }
}

pub(super) async fn find(db: &PgPool, workspace: WorkspaceId, id: LeadId) -> Result<Lead> {
    let row = sqlx::query_as!(
        Row,
        r#"
        SELECT id, email, name, phone, company, territory, source, campaign, attributes, known_as_of,
               consent, do_not_contact, stage, points, reasons, score_version,
               added_at AS "added_at: jiff_sqlx::Timestamp",
               changed_at AS "changed_at: jiff_sqlx::Timestamp",
               erased_at AS "erased_at: jiff_sqlx::Timestamp",
               merged_into
        FROM leads
        WHERE workspace_id = $1 AND id = $2
        "#,
        workspace.0,
        id.0,
    )
    .fetch_optional(db)
    .await?;
    row.ok_or(Refusal::UnknownAction)?.try_into()
}

/// Whoever changes several leads takes a turn before anything else: the same record in two places makes
/// one lead, and nobody waits for a lead while holding one that is waited for.
pub(super) async fn take_turn(tx: &mut PgConnection, workspace: WorkspaceId) -> Result<()> {
    let key = format!("leads:{workspace}");
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", key).execute(tx).await?;
    Ok(())
}

/// A lead that nobody else changes until the transaction ends. Whoever locks a hand-off as well locks
/// its lead first.
pub(super) async fn lock(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    id: LeadId,
) -> Result<Lead> {
    let row = sqlx::query_as!(
        Row,
        r#"
        SELECT id, email, name, phone, company, territory, source, campaign, attributes, known_as_of,
               consent, do_not_contact, stage, points, reasons, score_version,
               added_at AS "added_at: jiff_sqlx::Timestamp",
               changed_at AS "changed_at: jiff_sqlx::Timestamp",
               erased_at AS "erased_at: jiff_sqlx::Timestamp",
               merged_into
        FROM leads
        WHERE workspace_id = $1 AND id = $2
        FOR UPDATE
        "#,
        workspace.0,
        id.0,
    )
    .fetch_optional(tx)
    .await?;
    row.ok_or(Refusal::UnknownAction)?.try_into()
}

pub(super) async fn set_stage(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    id: LeadId,
    stage: Stage,
) -> Result<()> {
    sqlx::query!(
        "UPDATE leads SET stage = $3 WHERE workspace_id = $1 AND id = $2",
        workspace.0,
        id.0,
        stage.name(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// What a lead did last, the newest first.
pub(super) async fn activities(
    db: &PgPool,
    workspace: WorkspaceId,
    id: LeadId,
    at_most: i64,
) -> Result<Vec<Activity>> {
    let rows = sqlx::query!(
        r#"
        SELECT kind, detail, at AS "at: jiff_sqlx::Timestamp"
        FROM lead_activities
        WHERE workspace_id = $1 AND lead_id = $2
        ORDER BY at DESC, id DESC
        LIMIT $3
        "#,
        workspace.0,
        id.0,
        at_most,
    )
    .fetch_all(db)
    .await?;
    let activity =
        |kind, detail, at: jiff_sqlx::Timestamp| Activity { kind, detail, at: at.to_jiff() };
    Ok(rows.into_iter().map(|row| activity(row.kind, row.detail, row.at)).collect())
}

/// The leads that somebody may mean: by number, or by part of name, address or company.
pub(super) async fn named(
    db: &PgPool,
    workspace: WorkspaceId,
    named: &str,
    at_most: i64,
) -> Result<Vec<LeadId>> {
    let named = named.trim().to_lowercase();
    let number: Option<i64> = named.trim_start_matches('#').parse().ok();
    let ids = sqlx::query_scalar!(
        "
        SELECT id
        FROM leads
        WHERE workspace_id = $1 AND erased_at IS NULL AND merged_into IS NULL
            AND (
                id = $2
                OR position($3 IN lower(name)) > 0
                OR position($3 IN email) > 0
                OR position($3 IN lower(company)) > 0
            )
        ORDER BY (id = $2) DESC NULLS LAST, points DESC, id
        LIMIT $4
        ",
        workspace.0,
        number,
        named,
        at_most,
    )
    .fetch_all(db)
    .await?;
    let is_number = number.is_some_and(|number| ids.first() == Some(&number));
    let ids = ids.into_iter().map(LeadId);
    Ok(if is_number { ids.take(1).collect() } else { ids.collect() })
}
