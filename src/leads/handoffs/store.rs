//! The SQL of hand-offs.

use std::collections::HashMap;
use std::ops::Range;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value as Json;
use sqlx::{PgConnection, PgPool};

use super::hand_off::{Code, HandOff, State};
use super::routing::Floor;
use super::summary::Summary;
use crate::config::Sales;
use crate::error::{Refusal, Result};
use crate::ids::{HandOffEventId, HandOffId, LeadId, PersonId, WorkspaceId};

/// How many leads were handed over, and what sales made of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tally {
    pub handed_over: u64,
    /// Claimed, and not returned.
    pub accepted: u64,
    pub returned: u64,
    pub won: u64,
    /// When the first and the last of them were opened.
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

/// Something that happens to a hand-off.
pub struct New<'a> {
    pub what: &'static str,
    pub person: Option<&'a PersonId>,
    pub reason: Option<&'a str>,
    pub at: Timestamp,
    /// The hand-off that it changed.
    pub before: Option<&'a HandOff>,
}

impl New<'_> {
    pub fn by_itself(what: &'static str, at: Timestamp) -> Self {
        Self { what, person: None, reason: None, at, before: None }
    }
}

/// Something that happened.
pub struct Happened {
    pub id: HandOffEventId,
    pub what: String,
    pub person: Option<PersonId>,
    pub reason: Option<String>,
    pub at: Timestamp,
    pub before: Option<HandOff>,
}

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

pub async fn insert_event(
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
