//! The SQL of learned scores.

use anyhow::Context;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};

use super::super::handoffs::Code;
use super::super::lead::Lead;
use super::super::rating;
use super::super::scoring::comparison::{Comparison, Verdict};
use super::super::scoring::evaluate::LeftOut;
use super::super::scoring::learned::Scale;
use super::super::scoring::{Activity, Attributes};
use super::super::store::Row;
use super::examples::Answer;
use super::{Choice, Learned, Version};
use crate::audit::Actor;
use crate::error::Result;
use crate::ids::{LeadId, WorkspaceId};

/// The last word of sales on each lead that they were given.
pub async fn answers(db: &mut PgConnection, workspace: WorkspaceId) -> Result<Vec<Answer>> {
    let rows = sqlx::query!(
        r#"
        SELECT DISTINCT ON (hand_offs.id)
            hand_offs.lead_id, hand_offs.known AS "known!: Json<Attributes>", outcome, code,
            opened_at AS "opened_at: jiff_sqlx::Timestamp", at AS "at: jiff_sqlx::Timestamp"
        FROM hand_offs
        JOIN lead_feedback ON lead_feedback.hand_off_id = hand_offs.id
        WHERE hand_offs.workspace_id = $1 AND hand_offs.known IS NOT NULL AND undone_at IS NULL
        ORDER BY hand_offs.id, lead_feedback.id DESC
        "#,
        workspace.0,
    )
    .fetch_all(db)
    .await?;
    let answers = rows.into_iter().map(|row| Answer {
        lead: LeadId(row.lead_id),
        opened_at: row.opened_at.to_jiff(),
        known: row.known.0,
        code: row.code.as_deref().and_then(Code::read),
        outcome: row.outcome,
        at: row.at.to_jiff(),
    });
    Ok(answers.collect())
}

/// Those who learn or choose take turns.
pub async fn take_turn(tx: &mut PgConnection, workspace: WorkspaceId) -> Result<()> {
    let key = format!("lead_models:{workspace}");
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", key).execute(tx).await?;
    Ok(())
}

/// Keeps a version; false where it is there.
pub async fn insert(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    new: &Version,
    model: &super::Model,
) -> Result<bool> {
    let inserted = sqlx::query!(
        "
        INSERT INTO lead_models (workspace_id, version, learned_at, answers, good, comparison, left_out,
                                 scale, least_points, model)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (workspace_id, version) DO NOTHING
        ",
        workspace.0,
        new.version,
        new.learned_at.to_sqlx() as _,
        i32::try_from(new.answers)?,
        i32::try_from(new.good)?,
        serde_json::to_value(&new.comparison)?,
        serde_json::to_value(&new.left_out)?,
        serde_json::to_value(new.scale)?,
        new.least_points,
        serde_json::to_vec(model)?,
    )
    .execute(tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// All versions, the newest first.
pub async fn versions(db: &PgPool, workspace: WorkspaceId) -> Result<Vec<Version>> {
    let rows = sqlx::query!(
        r#"
        SELECT version, learned_at AS "learned_at: jiff_sqlx::Timestamp", answers, good,
               comparison AS "comparison: Json<Comparison>", left_out AS "left_out: Json<Vec<LeftOut>>",
               scale AS "scale: Json<Scale>", least_points
        FROM lead_models
        WHERE workspace_id = $1
        ORDER BY id DESC
        "#,
        workspace.0,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Version {
                version: row.version,
                learned_at: row.learned_at.to_jiff(),
                answers: usize::try_from(row.answers)?,
                good: usize::try_from(row.good)?,
                comparison: row.comparison.0,
                left_out: row.left_out.0,
                scale: row.scale.0,
                least_points: row.least_points,
            })
        })
        .collect()
}

/// The newest version, and whether it may take over.
pub async fn newest(
    db: &mut PgConnection,
    workspace: WorkspaceId,
) -> Result<Option<(String, Verdict)>> {
    let row = sqlx::query!(
        r#"
        SELECT version, comparison -> 'verdict' AS "verdict!: Json<Verdict>"
        FROM lead_models
        WHERE workspace_id = $1
        ORDER BY id DESC
        LIMIT 1
        "#,
        workspace.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.version, row.verdict.0)))
}

pub async fn load(db: &mut PgConnection, workspace: WorkspaceId, version: &str) -> Result<Learned> {
    let row = sqlx::query!(
        r#"
        SELECT version, scale AS "scale: Json<Scale>", least_points, model
        FROM lead_models
        WHERE workspace_id = $1 AND version = $2
        "#,
        workspace.0,
        version,
    )
    .fetch_one(db)
    .await?;
    Ok(Learned {
        version: row.version,
        model: serde_json::from_slice(&row.model).context("reading a learned score")?,
        scale: row.scale.0,
        least_points: row.least_points,
    })
}

pub async fn choice(db: &mut PgConnection, workspace: WorkspaceId) -> Result<Choice> {
    let choice = sqlx::query_scalar!(
        "SELECT choice FROM lead_model_choices WHERE workspace_id = $1 ORDER BY id DESC LIMIT 1",
        workspace.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(choice.map_or(Choice::Newest, |choice| Choice::read(&choice)))
}

pub async fn insert_choice(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    choice: &Choice,
    by: &Actor,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO lead_model_choices (workspace_id, choice, chosen_by, at) VALUES ($1, $2, $3, $4)",
        workspace.0,
        choice.name(),
        by.to_string(),
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// What is known of the newest leads, and what they did.
pub async fn leads(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    at_most: i64,
) -> Result<Vec<(Attributes, Vec<Activity>)>> {
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
        WHERE workspace_id = $1 AND erased_at IS NULL AND merged_into IS NULL
        ORDER BY id DESC
        LIMIT $2
        "#,
        workspace.0,
        at_most,
    )
    .fetch_all(&mut *db)
    .await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let mut activities = rating::store::activities(db, workspace, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let acts = activities.remove(&row.id).unwrap_or_default();
            Ok((Lead::try_from(row)?.scored(), acts))
        })
        .collect()
}
