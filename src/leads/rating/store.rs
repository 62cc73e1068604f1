//! The SQL of scoring.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgExecutor};

use super::super::handoffs::Code;
use super::super::lead::{INDUSTRY, Lead};
use super::super::scoring::{Activity, Score};
use super::super::store::Row;
use super::feedback::{Patterns, Return};
use crate::error::Result;
use crate::ids::{HandOffId, WorkspaceId};

/// A lead that is to be scored, with what scores are made of.
pub struct Stale {
    pub lead: Lead,
    pub activities: Vec<Activity>,
    pub returns: Vec<Return>,
}

/// Leads to score that nobody else is at.
pub async fn stale(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    at_most: i64,
) -> Result<Vec<Stale>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT id, email, name, phone, company, territory, source, campaign, attributes, known_as_of,
               consent, do_not_contact, stage, points, reasons, score_version,
               added_at AS "added_at: jiff_sqlx::Timestamp",
               changed_at AS "changed_at: jiff_sqlx::Timestamp",
               erased_at AS "erased_at: jiff_sqlx::Timestamp",
               merged_into
        FROM leads
        WHERE workspace_id = $1 AND is_stale AND erased_at IS NULL AND merged_into IS NULL
        ORDER BY id
        LIMIT $2
        FOR UPDATE SKIP LOCKED
        "#,
        workspace.0,
        at_most,
    )
    .fetch_all(&mut *tx)
    .await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let mut activities = activities(&mut *tx, workspace, &ids).await?;
    let mut returns = returns(tx, workspace, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let id = row.id;
            Ok(Stale {
                lead: row.try_into()?,
                activities: activities.remove(&id).unwrap_or_default(),
                returns: returns.remove(&id).unwrap_or_default(),
            })
        })
        .collect()
}

pub async fn activities(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    ids: &[i64],
) -> Result<HashMap<i64, Vec<Activity>>> {
    let rows = sqlx::query!(
        r#"
        SELECT lead_id, kind, detail, at AS "at: jiff_sqlx::Timestamp"
        FROM lead_activities
        WHERE workspace_id = $1 AND lead_id = ANY ($2)
        "#,
        workspace.0,
        ids,
    )
    .fetch_all(tx)
    .await?;
    let mut by_lead: HashMap<i64, Vec<Activity>> = HashMap::new();
    for row in rows {
        let activity = Activity { kind: row.kind, detail: row.detail, at: row.at.to_jiff() };
        by_lead.entry(row.lead_id).or_default().push(activity);
    }
    Ok(by_lead)
}

async fn returns(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    ids: &[i64],
) -> Result<HashMap<i64, Vec<Return>>> {
    let rows = sqlx::query!(
        r#"
        SELECT lead_id, code AS "code!", at AS "at: jiff_sqlx::Timestamp"
        FROM lead_feedback
        WHERE workspace_id = $1 AND lead_id = ANY ($2) AND outcome = 'returned' AND undone_at IS NULL
        "#,
        workspace.0,
        ids,
    )
    .fetch_all(tx)
    .await?;
    let mut by_lead: HashMap<i64, Vec<Return>> = HashMap::new();
    for row in rows {
        let code = Code::read(&row.code)
            .ok_or_else(|| anyhow::anyhow!("a lead was returned because of {}", row.code))?;
        by_lead.entry(row.lead_id).or_default().push(Return { code, at: row.at.to_jiff() });
    }
    Ok(by_lead)
}

/// What leads that were given back since then have in common.
pub async fn patterns(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    since: Timestamp,
) -> Result<Patterns> {
    let rows = sqlx::query!(
        r#"
        SELECT code AS "code!", lower(attributes ->> $3) AS industry, lower(source) AS source,
               count(DISTINCT lead_id) AS "leads!"
        FROM lead_feedback
        WHERE workspace_id = $1 AND at >= $2 AND undone_at IS NULL
            AND code IN ('not_a_fit', 'bad_data')
        GROUP BY 1, 2, 3
        "#,
        workspace.0,
        since.to_sqlx() as _,
        INDUSTRY,
    )
    .fetch_all(tx)
    .await?;
    let mut patterns = Patterns::default();
    for row in rows {
        let of = match Code::read(&row.code) {
            Some(Code::NotAFit) => {
                row.industry.map(|it| patterns.industries.entry(it).or_default())
            }
            _ => row.source.map(|it| patterns.sources.entry(it).or_default()),
        };
        if let Some(known) = of {
            *known += u32::try_from(row.leads).unwrap_or(u32::MAX);
        }
    }
    Ok(patterns)
}

/// Keeps scores, and those that moved with their reasons for good.
pub async fn save(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    scored: &[(&Stale, Score, String)],
    now: Timestamp,
) -> Result<()> {
    let ids: Vec<i64> = scored.iter().map(|(stale, ..)| stale.lead.id.0).collect();
    let points: Vec<i32> = scored.iter().map(|(_, score, _)| score.points).collect();
    let versions: Vec<String> = scored.iter().map(|(.., version)| version.clone()).collect();
    let reasons: Result<Vec<serde_json::Value>, _> =
        scored.iter().map(|(_, score, _)| serde_json::to_value(&score.reasons)).collect();
    let reasons = reasons?;
    sqlx::query!(
        "
        INSERT INTO lead_scores (workspace_id, lead_id, points, reasons, version, at)
        SELECT $1, new.id, new.points, new.reasons, new.version, $6
        FROM unnest($2::bigint[], $3::integer[], $4::jsonb[], $5::text[])
            AS new (id, points, reasons, version)
        JOIN leads ON leads.id = new.id
        WHERE leads.points <> new.points OR leads.score_version IS NULL
        ",
        workspace.0,
        &ids,
        &points,
        &reasons,
        &versions,
        now.to_sqlx() as _,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "
        UPDATE leads
        SET points = new.points, reasons = new.reasons, score_version = new.version,
            scored_at = $6, is_stale = false
        FROM unnest($2::bigint[], $3::integer[], $4::jsonb[], $5::text[])
            AS new (id, points, reasons, version)
        WHERE workspace_id = $1 AND leads.id = new.id
        ",
        workspace.0,
        &ids,
        &points,
        &reasons,
        &versions,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn set_all_stale(db: impl PgExecutor<'_>, workspace: WorkspaceId) -> Result<()> {
    sqlx::query!(
        "
        UPDATE leads
        SET is_stale = true
        WHERE workspace_id = $1 AND erased_at IS NULL AND merged_into IS NULL
        ",
        workspace.0,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether there are leads to score, in whoever's hands.
pub async fn is_any_stale(db: impl PgExecutor<'_>, workspace: WorkspaceId) -> Result<bool> {
    let is_any = sqlx::query_scalar!(
        r#"
        SELECT EXISTS (
            SELECT FROM leads
            WHERE workspace_id = $1 AND is_stale AND erased_at IS NULL AND merged_into IS NULL
        ) AS "is_any!"
        "#,
        workspace.0,
    )
    .fetch_one(db)
    .await?;
    Ok(is_any)
}

/// Has those scored anew for whom it matters that a lead was given back, or was not after all.
pub async fn set_stale_by(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    lead: &Lead,
    code: Code,
) -> Result<()> {
    let industry = lead.text(INDUSTRY).filter(|_| code == Code::NotAFit);
    let source = lead.source.clone().filter(|_| code == Code::BadData);
    sqlx::query!(
        "
        UPDATE leads
        SET is_stale = true
        WHERE workspace_id = $1 AND erased_at IS NULL AND merged_into IS NULL
            AND (id = $2 OR lower(attributes ->> $3) = lower($4) OR lower(source) = lower($5))
        ",
        workspace.0,
        lead.id.0,
        INDUSTRY,
        industry,
        source,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The newest hand-off of each of these leads, where somebody still looks at its note.
pub async fn last_hand_offs(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    leads: &[&Lead],
    since: Timestamp,
) -> Result<Vec<HandOffId>> {
    let ids: Vec<i64> = leads.iter().map(|lead| lead.id.0).collect();
    let hand_offs = sqlx::query_scalar!(
        r#"
        SELECT max(id) AS "id!"
        FROM hand_offs
        WHERE workspace_id = $1 AND lead_id = ANY ($2)
        GROUP BY lead_id
        HAVING bool_or(state IN ('waiting', 'claimed', 'qualified', 'snoozed'))
            OR EXISTS (
                SELECT FROM hand_off_events WHERE hand_off_id = max(hand_offs.id) AND at > $3
            )
        "#,
        workspace.0,
        &ids,
        since.to_sqlx() as _,
    )
    .fetch_all(tx)
    .await?;
    Ok(hand_offs.into_iter().map(HandOffId).collect())
}
