//! Leads and what they did, as other systems have them: files, bodies and webhooks.
//!
//! `record` reads any of it into one form, by the `names` that others have for it; here it becomes leads,
//! in [turns](turn) of a thousand records. Whose a record is, its id in the other system says, or its
//! email; where the two say different leads, they are one, and the younger is merged into the older.
//!
//! **Invariant:** what comes again changes nothing, and what was overtaken on its way neither.
//!
//! **Invariant:** what was deleted does not come back: its row keeps the other system's id and nothing
//! else of it.

mod hubspot;
mod merging;
pub(super) mod names;
mod record;
pub(super) mod store;
mod summary;
mod table;
mod turn;

use std::collections::BTreeMap;
use std::path::PathBuf;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value as Json;
use sqlx::{PgConnection, PgPool};

use super::handoffs::{self, Gone};
use super::lead::Lead;
use crate::audit::{self, Actor, Event, Subject, Value};
use crate::clock::Clock;
use crate::config::scoring::Scoring;
use crate::error::{Refusal, Result};
use crate::ids::{LeadId, WorkspaceId};
use crate::jobs::{self, Job};
use record::Record;

pub use summary::{Refused, Summary};
pub use table::{Read, of_object};

/// Records of one transaction: few enough that nobody who presses a button waits.
const AT_ONCE: usize = 1_000;

/// Where records come from.
pub enum Input {
    Path(PathBuf),
    Bytes(Bytes),
    /// HubSpot's webhooks.
    HubSpot(Vec<Json>),
    /// Objects, as a webhook of anybody else has them.
    Objects(Vec<Json>),
    /// Records that were read already, one at a time.
    Records(Vec<Read>),
}

/// How many of the records are taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    pub taken: u64,
    pub records: u64,
}

/// What taking in needs to know.
pub struct Taker<'a> {
    pub db: &'a PgPool,
    pub clock: &'a Clock,
    pub workspace: WorkspaceId,
    pub scoring: &'a Scoring,
    pub by: Actor,
    /// What the other system is called, within which its ids are its own: `hubspot`.
    pub system: &'a str,
}

/// Takes records in, and has what changed scored.
pub async fn take(taker: &Taker<'_>, input: Input) -> Result<Summary> {
    take_telling(taker, input, |_| ()).await
}

/// The same, telling after each turn how far it is. What was told stays, whatever comes then.
pub async fn take_telling(
    taker: &Taker<'_>,
    input: Input,
    tell: impl Fn(Progress),
) -> Result<Summary> {
    let mut summary = Summary::default();
    let read = match input {
        Input::Path(path) => {
            let bytes = std::fs::read(&path).map_err(|error| {
                Refusal::Unreadable(format!("{} cannot be read: {error}.", path.display()))
            })?;
            table::read(&bytes.into(), taker.scoring)?
        }
        Input::Bytes(bytes) => table::read(&bytes, taker.scoring)?,
        Input::Objects(objects) => table::of_objects(&objects, taker.scoring),
        Input::Records(records) => records,
        Input::HubSpot(events) => {
            let (read, others) = hubspot::read(&events, taker.scoring);
            summary.left_out = others;
            read
        }
    };
    summary.records = read.len() as u64;
    let mut records = Vec::new();
    for one in read {
        match one {
            Ok(record) => records.push(record),
            Err((line, reason)) => summary.refuse(line, reason),
        }
    }
    let mut progress = Progress { taken: 0, records: records.len() as u64 };
    for some in records.chunks(AT_ONCE) {
        take_some(taker, some, &mut summary).await?;
        progress.taken += some.len() as u64;
        tell(progress);
    }
    Ok(summary)
}

async fn take_some(taker: &Taker<'_>, records: &[Record], summary: &mut Summary) -> Result<()> {
    let mut tx = taker.db.begin().await?;
    super::store::take_turn(&mut tx, taker.workspace).await?;
    let before = summary.clone();
    turn::take(taker, &mut tx, records, summary).await?;
    if summary.did_something_since(&before) {
        let number = |number: u64| i64::try_from(number).map(Value::from);
        let details = BTreeMap::from([
            ("new", number(summary.new - before.new)?),
            ("changed", number(summary.changed - before.changed)?),
            ("activities", number(summary.activities - before.activities)?),
        ]);
        let event = Event {
            workspace: taker.workspace,
            at: taker.clock.now(),
            actor: taker.by.clone(),
            act: "leads.ingested",
            subject: Subject::new("lead_source", taker.system),
            details,
        };
        audit::append(&mut tx, event).await?;
        jobs::enqueue(&mut tx, taker.workspace, Job::ScoreLeads).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Erases a lead: what is known of it, what it did, its scores and what sales wrote of it.
pub async fn remove(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    lead: &Lead,
    by: &Actor,
    now: Timestamp,
) -> Result<()> {
    handoffs::take_back(tx, workspace, lead.id, Gone::Deleted, by, now).await?;
    store::erase(tx, workspace, lead.id, now).await?;
    let subject = Subject::new("lead", lead.id);
    let (actor, details) = (by.clone(), BTreeMap::new());
    let event = Event { workspace, at: now, actor, act: "lead.erased", subject, details };
    audit::append(tx, event).await?;
    handoffs::show_all(tx, workspace, lead.id).await
}

/// Whether a system has told of leads before.
pub async fn is_known(db: &PgPool, workspace: WorkspaceId, system: &str) -> Result<bool> {
    store::is_known(db, workspace, system).await
}

/// Erases a lead as somebody asked, by its email or its number; nothing where there is none.
pub async fn erase(
    db: &PgPool,
    workspace: WorkspaceId,
    named: &str,
    by: &Actor,
    now: Timestamp,
) -> Result<Option<LeadId>> {
    let mut tx = db.begin().await?;
    super::store::take_turn(&mut tx, workspace).await?;
    let lead = match named.parse() {
        Ok(number) => super::store::lock(&mut tx, workspace, LeadId(number)).await.ok(),
        Err(_) => store::by_email(&mut tx, workspace, &named.trim().to_lowercase()).await?,
    };
    let Some(lead) = lead.filter(|lead| lead.erased_at.is_none()) else { return Ok(None) };
    remove(&mut tx, workspace, &lead, by, now).await?;
    tx.commit().await?;
    Ok(Some(lead.id))
}
