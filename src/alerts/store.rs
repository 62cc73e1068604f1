//! The SQL of alerts.

use std::collections::HashMap;
use std::ops::Range;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use serde_json::Value;
use sqlx::{PgConnection, PgPool};

use super::alert::{Alert, Cause, Key, Line, Picture, State};
use crate::error::{Refusal, Result};
use crate::ids::{AlertEventId, AlertId, PersonId, WorkspaceId};

/// Something that happens to an alert.
pub(super) struct New<'a> {
    pub what: &'static str,
    pub person: Option<&'a PersonId>,
    pub reason: Option<&'a str>,
    pub at: Timestamp,
    /// The state that it changed.
    pub before: Option<&'a State>,
}

impl New<'_> {
    pub fn by_itself(what: &'static str, at: Timestamp) -> Self {
        Self { what, person: None, reason: None, at, before: None }
    }
}

/// Something that happened, as a card tells it.
pub(super) struct Happened {
    pub id: AlertEventId,
    pub what: String,
    pub person: Option<PersonId>,
    pub reason: Option<String>,
    pub before: Option<State>,
}

/// Inspections take turns, and so does what may open an alert again.
pub(super) async fn lock_inspection(tx: &mut PgConnection, workspace: WorkspaceId) -> Result<()> {
    let key = format!("alerts:{workspace}");
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", key).execute(tx).await?;
    Ok(())
}

struct Row {
    id: i64,
    source: String,
    campaign: String,
    cause: String,
    picture: Value,
    route: Value,
    state_says: Value,
    opened_at: jiff_sqlx::Timestamp,
    quiet_until: Option<jiff_sqlx::Timestamp>,
    called_at: Option<jiff_sqlx::Timestamp>,
    escalated_at: Option<jiff_sqlx::Timestamp>,
}

impl TryFrom<Row> for Alert {
    type Error = crate::error::Error;

    fn try_from(row: Row) -> Result<Self> {
        let cause = Cause::read(&row.cause)
            .ok_or_else(|| anyhow::anyhow!("an alert has the cause {}", row.cause))?;
        Ok(Self {
            id: AlertId(row.id),
            key: Key { source: row.source, campaign: row.campaign, cause },
            picture: serde_json::from_value(row.picture)?,
            route: serde_json::from_value(row.route)?,
            state: serde_json::from_value(row.state_says)?,
            opened_at: row.opened_at.to_jiff(),
            quiet_until: row.quiet_until.map(|at| at.to_jiff()),
            called_at: row.called_at.map(|at| at.to_jiff()),
            escalated_at: row.escalated_at.map(|at| at.to_jiff()),
        })
    }
}

pub(super) async fn find(
    db: &PgPool,
    workspace: WorkspaceId,
    id: AlertId,
) -> Result<Option<Alert>> {
    let row = sqlx::query_as!(
        Row,
        r#"
        SELECT id, source, campaign, cause, picture, route, state_says,
               opened_at AS "opened_at: jiff_sqlx::Timestamp",
               quiet_until AS "quiet_until: jiff_sqlx::Timestamp",
               called_at AS "called_at: jiff_sqlx::Timestamp",
               escalated_at AS "escalated_at: jiff_sqlx::Timestamp"
        FROM alerts
        WHERE workspace_id = $1 AND id = $2
        "#,
        workspace.0,
        id.0,
    )
    .fetch_optional(db)
    .await?;
    row.map(Alert::try_from).transpose()
}

/// An alert that nobody else changes until the transaction ends.
pub(super) async fn lock(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    id: AlertId,
) -> Result<Alert> {
    let row = sqlx::query_as!(
        Row,
        r#"
        SELECT id, source, campaign, cause, picture, route, state_says,
               opened_at AS "opened_at: jiff_sqlx::Timestamp",
               quiet_until AS "quiet_until: jiff_sqlx::Timestamp",
               called_at AS "called_at: jiff_sqlx::Timestamp",
               escalated_at AS "escalated_at: jiff_sqlx::Timestamp"
        FROM alerts
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

/// The alerts that are not over, for an inspection to change.
pub(super) async fn open(tx: &mut PgConnection, workspace: WorkspaceId) -> Result<Vec<Alert>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT id, source, campaign, cause, picture, route, state_says,
               opened_at AS "opened_at: jiff_sqlx::Timestamp",
               quiet_until AS "quiet_until: jiff_sqlx::Timestamp",
               called_at AS "called_at: jiff_sqlx::Timestamp",
               escalated_at AS "escalated_at: jiff_sqlx::Timestamp"
        FROM alerts
        WHERE workspace_id = $1 AND state IN ('open', 'acknowledged', 'snoozed')
        ORDER BY id
        FOR UPDATE
        "#,
        workspace.0,
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(Alert::try_from).collect()
}

/// What alerts that are over told of each source, campaign and metric: since when it was unusual.
pub(super) async fn told(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    since: Timestamp,
) -> Result<HashMap<(String, String, String), i64>> {
    let rows = sqlx::query!(
        r#"
        SELECT source, picture -> 'lines' AS "lines!"
        FROM alerts
        WHERE workspace_id = $1 AND opened_at >= $2
            AND state NOT IN ('open', 'acknowledged', 'snoozed')
        "#,
        workspace.0,
        since.to_sqlx() as _,
    )
    .fetch_all(tx)
    .await?;
    let mut told = HashMap::new();
    for row in rows {
        let lines: Vec<Line> = serde_json::from_value(row.lines)?;
        for line in lines {
            let newest =
                told.entry((row.source.clone(), line.campaign, line.metric)).or_insert(line.since);
            *newest = line.since.max(*newest);
        }
    }
    Ok(told)
}

pub(super) async fn insert(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    alert: &Alert,
) -> Result<AlertId> {
    let id = sqlx::query_scalar!(
        "
        INSERT INTO alerts (workspace_id, source, campaign, cause, picture, route, opened_at,
                            quiet_until, next_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        RETURNING id
        ",
        workspace.0,
        alert.key.source,
        alert.key.campaign,
        alert.key.cause.name(),
        serde_json::to_value(&alert.picture)?,
        serde_json::to_value(&alert.route)?,
        alert.opened_at.to_sqlx() as _,
        alert.quiet_until.map(|at| at.to_sqlx()) as _,
        alert.next_at().map(|at| at.to_sqlx()) as _,
    )
    .fetch_one(tx)
    .await?;
    Ok(AlertId(id))
}

/// What people and the clock changed; what was found stays as it is.
pub(super) async fn save(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    alert: &Alert,
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE alerts
        SET state = $3, state_says = $4, called_at = $5, escalated_at = $6, next_at = $7
        WHERE workspace_id = $1 AND id = $2
        ",
        workspace.0,
        alert.id.0,
        alert.state.name(),
        serde_json::to_value(&alert.state)?,
        alert.called_at.map(|at| at.to_sqlx()) as _,
        alert.escalated_at.map(|at| at.to_sqlx()) as _,
        alert.next_at().map(|at| at.to_sqlx()) as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn set_picture(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    id: AlertId,
    picture: &Picture,
) -> Result<()> {
    sqlx::query!(
        "UPDATE alerts SET picture = $3 WHERE workspace_id = $1 AND id = $2",
        workspace.0,
        id.0,
        serde_json::to_value(picture)?,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn insert_event(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    alert: AlertId,
    new: &New<'_>,
) -> Result<AlertEventId> {
    let before = new.before.map(serde_json::to_value).transpose()?;
    let id = sqlx::query_scalar!(
        "
        INSERT INTO alert_events (workspace_id, alert_id, what, person_id, reason, at, before)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        RETURNING id
        ",
        workspace.0,
        alert.0,
        new.what,
        new.person.map(PersonId::as_str),
        new.reason,
        new.at.to_sqlx() as _,
        before,
    )
    .fetch_one(tx)
    .await?;
    Ok(AlertEventId(id))
}

/// What happened to an alert and was not undone, the newest first.
pub(super) async fn happened(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    alert: AlertId,
) -> Result<Vec<Happened>> {
    let rows = sqlx::query!(
        "
        SELECT id, what, person_id, reason, before
        FROM alert_events
        WHERE workspace_id = $1 AND alert_id = $2 AND undone_at IS NULL
        ORDER BY id DESC
        ",
        workspace.0,
        alert.0,
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Happened {
                id: AlertEventId(row.id),
                what: row.what,
                person: row.person_id.map(PersonId),
                reason: row.reason,
                before: row.before.map(serde_json::from_value).transpose()?,
            })
        })
        .collect()
}

/// The alerts of one rule, and what people made of them.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct RuleCard {
    pub rule: String,
    pub opened: u64,
    /// Those that are not over.
    pub open: u64,
    /// Those that somebody took up, and did not call useless.
    pub useful: u64,
    pub not_useful: u64,
}

/// The rules by which alerts were opened since then; the one with most alerts first. An alert counts for
/// the rule of its first line.
pub async fn rule_cards(
    db: &PgPool,
    workspace: WorkspaceId,
    opened: Range<Timestamp>,
) -> Result<Vec<RuleCard>> {
    let rows = sqlx::query!(
        r#"
        SELECT rule AS "rule!", count(*) AS "opened!",
               count(*) FILTER (WHERE state IN ('open', 'acknowledged', 'snoozed')) AS "open!",
               count(*) FILTER (WHERE state <> 'not_useful' AND is_taken_up) AS "useful!",
               count(*) FILTER (WHERE state = 'not_useful') AS "not_useful!"
        FROM (
            SELECT picture -> 'lines' -> 0 ->> 'rule' AS rule, state,
                   EXISTS (
                       SELECT
                       FROM alert_events
                       WHERE alert_id = alerts.id AND undone_at IS NULL
                           AND person_id IS NOT NULL AND what <> 'snoozed'
                   ) AS is_taken_up
            FROM alerts
            WHERE workspace_id = $1 AND opened_at >= $2 AND opened_at < $3
        ) AS judged
        WHERE rule IS NOT NULL
        GROUP BY rule
        ORDER BY count(*) DESC, rule
        "#,
        workspace.0,
        opened.start.to_sqlx() as _,
        opened.end.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(RuleCard {
                rule: row.rule,
                opened: row.opened.try_into()?,
                open: row.open.try_into()?,
                useful: row.useful.try_into()?,
                not_useful: row.not_useful.try_into()?,
            })
        })
        .collect()
}

pub(super) async fn undo(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    event: AlertEventId,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "UPDATE alert_events SET undone_at = $3 WHERE workspace_id = $1 AND id = $2",
        workspace.0,
        event.0,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether another alert of the same source, campaign and cause is open.
pub(super) async fn is_another_open(tx: &mut PgConnection, alert: &Alert) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"
        SELECT EXISTS (
            SELECT
            FROM alerts other
            JOIN alerts this USING (workspace_id, source, campaign, cause)
            WHERE this.id = $1 AND other.id <> this.id
                AND other.state IN ('open', 'acknowledged', 'snoozed')
        ) AS "found!"
        "#,
        alert.id.0,
    )
    .fetch_one(tx)
    .await?;
    Ok(found)
}

/// The alerts whose time has come, each put off so that it is not taken twice at once.
pub(super) async fn take_due(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    now: Timestamp,
    again: Timestamp,
    at_once: i64,
) -> Result<Vec<AlertId>> {
    let ids = sqlx::query_scalar!(
        "
        UPDATE alerts
        SET next_at = $3
        WHERE workspace_id = $1 AND id IN (
            SELECT id
            FROM alerts
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
    Ok(ids.into_iter().map(AlertId).collect())
}
