//! Leads and what they did, as other systems have them: files, bodies and webhooks.
//!
//! `record` reads any of it into one form; here it becomes leads, in turns of a hundred records.
//! Whose a record is, its id in the other system says, or its email; where the two say different leads,
//! they are one, and the younger is merged into the older.
//!
//! **Invariant:** what comes again changes nothing, and what was overtaken on its way neither.
//!
//! **Invariant:** what was deleted does not come back: its row keeps the other system's id and nothing
//! else of it.

mod hubspot;
mod merging;
pub(super) mod record;
pub(super) mod store;
mod table;

use std::collections::BTreeMap;
use std::path::PathBuf;

use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value as Json;
use sqlx::{PgConnection, PgPool};

use super::handoffs::{self, Gone};
use super::lead::{Lead, Stage};
use crate::audit::{self, Actor, Event, Subject, Value};
use crate::clock::Clock;
use crate::config::scoring::Scoring;
use crate::error::{Refusal, Result};
use crate::ids::{LeadId, WorkspaceId};
use crate::jobs::{self, Job};
use record::{Fields, Record, What};

pub use table::{Read, of_object};

/// Records of one transaction: few enough that nobody who presses a button waits.
const AT_ONCE: usize = 100;

/// How many refusals a summary names.
const NAMED: usize = 20;

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

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Summary {
    pub records: u64,
    pub new: u64,
    pub changed: u64,
    pub unchanged: u64,
    pub activities: u64,
    /// Activities that were known.
    pub repeated: u64,
    pub merged: u64,
    pub deleted: u64,
    /// About something else than leads, or about leads that were deleted.
    pub left_out: u64,
    pub refused: u64,
    pub refusals: Vec<Refused>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Refused {
    pub line: u64,
    pub reason: String,
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
    for some in records.chunks(AT_ONCE) {
        take_some(taker, some, &mut summary).await?;
    }
    Ok(summary)
}

async fn take_some(taker: &Taker<'_>, records: &[Record], summary: &mut Summary) -> Result<()> {
    let mut tx = taker.db.begin().await?;
    store::take_turn(&mut tx, taker.workspace).await?;
    let before = summary.clone();
    for record in records {
        take_one(taker, &mut tx, record, summary).await?;
    }
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

async fn take_one(
    taker: &Taker<'_>,
    tx: &mut PgConnection,
    record: &Record,
    summary: &mut Summary,
) -> Result<()> {
    let now = taker.clock.now();
    let Some((mut lead, is_new)) = whose(taker, tx, record, summary).await? else {
        summary.left_out += 1;
        return Ok(());
    };
    match &record.what {
        What::Did(activity) => {
            if store::insert_activity(tx, taker.workspace, lead.id, activity).await? {
                summary.activities += 1;
                store::set_stale(tx, taker.workspace, lead.id).await?;
            } else {
                summary.repeated += 1;
            }
            summary.new += u64::from(is_new);
        }
        What::Is(fields) => {
            let is_changed = apply(&mut lead, fields, now);
            if is_changed || is_new {
                lead.changed_at = now;
                merging::make_way_for_email(taker, tx, &mut lead, summary).await?;
                store::save(tx, taker.workspace, &lead).await?;
                close_what_may_not_go_on(taker, tx, &lead, now).await?;
            }
            match (is_new, is_changed) {
                (true, _) => summary.new += 1,
                (false, true) => summary.changed += 1,
                (false, false) => summary.unchanged += 1,
            }
        }
        What::Deleted => {
            remove(tx, taker.workspace, &lead, &taker.by, now).await?;
            summary.deleted += 1;
        }
        What::SameAs(others) => merging::same_as(taker, tx, &mut lead, others, summary).await?,
    }
    Ok(())
}

/// The lead that a record is about, which is made where there is none; nothing where it was erased, or
/// where nobody is there to delete.
async fn whose(
    taker: &Taker<'_>,
    tx: &mut PgConnection,
    record: &Record,
    summary: &mut Summary,
) -> Result<Option<(Lead, bool)>> {
    let workspace = taker.workspace;
    let by_key = match &record.external_id {
        Some(id) => store::by_key(tx, workspace, taker.system, id).await?,
        None => None,
    };
    let by_email = match &record.email {
        Some(email) => store::by_email(tx, workspace, email).await?,
        None => None,
    };
    let found = match (by_key, by_email) {
        (Some(one), Some(other)) if one.id != other.id && one.erased_at.is_none() => {
            let (kept, merged) = if one.id < other.id { (one, other) } else { (other, one) };
            Some(merging::merge(taker, tx, kept, merged, "email", summary).await?)
        }
        (Some(one), _) | (None, Some(one)) => Some(one),
        (None, None) => None,
    };
    if let Some(lead) = found {
        if lead.erased_at.is_some() {
            return Ok(None);
        }
        if let Some(id) = &record.external_id {
            store::add_key(tx, workspace, taker.system, id, lead.id).await?;
        }
        return Ok(Some((lead, false)));
    }
    if record.what == What::Deleted {
        return Ok(None);
    }
    let id = store::insert(tx, workspace, record.email.as_deref(), taker.clock.now()).await?;
    if let Some(key) = &record.external_id {
        store::add_key(tx, workspace, taker.system, key, id).await?;
    }
    let lead = super::store::lock(tx, workspace, id).await?;
    Ok(Some((lead, true)))
}

/// What a record says, unless something newer is known. Whether anything changed by it.
fn apply(lead: &mut Lead, fields: &Fields, now: Timestamp) -> bool {
    let at = fields.at.unwrap_or(now).as_millisecond();
    let before = lead.clone();
    for (name, value) in &fields.values {
        if lead.is_newer(name, at) {
            lead.put(name, value.clone());
        }
    }
    if let Some(consent) = fields.consent
        && lead.is_newer("consent", at)
    {
        lead.consent = Some(consent);
    }
    if let Some(no) = fields.do_not_contact
        && lead.is_newer("do_not_contact", at)
    {
        lead.do_not_contact = no;
    }
    if let Some(since) = fields.since {
        lead.added_at = since.min(lead.added_at);
    }
    if let Some(stage) = fields.stage
        && lead.is_newer("stage", at)
        // What sales said here is not taken back by a CRM that does not know it yet.
        && (stage == Stage::Customer || lead.stage == Stage::New)
    {
        lead.stage = stage;
    }
    let known_as_of = lead.known_as_of.clone();
    let is_changed = Lead { known_as_of: before.known_as_of.clone(), ..lead.clone() } != before;
    lead.known_as_of = known_as_of;
    is_changed
}

/// Takes a lead back from sales that may not be called, or that bought already.
async fn close_what_may_not_go_on(
    taker: &Taker<'_>,
    tx: &mut PgConnection,
    lead: &Lead,
    now: Timestamp,
) -> Result<()> {
    let why = match lead {
        lead if !lead.may_be_contacted() => Gone::DoNotContact,
        lead if lead.stage == Stage::Customer => Gone::Customer,
        _ => return Ok(()),
    };
    handoffs::take_back(tx, taker.workspace, lead.id, why, &taker.by, now).await
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
    store::take_turn(&mut tx, workspace).await?;
    let lead = match named.parse() {
        Ok(number) => super::store::lock(&mut tx, workspace, LeadId(number)).await.ok(),
        Err(_) => store::by_email(&mut tx, workspace, &named.trim().to_lowercase()).await?,
    };
    let Some(lead) = lead.filter(|lead| lead.erased_at.is_none()) else { return Ok(None) };
    remove(&mut tx, workspace, &lead, by, now).await?;
    tx.commit().await?;
    Ok(Some(lead.id))
}

impl Summary {
    fn refuse(&mut self, line: u64, reason: String) {
        self.refused += 1;
        if self.refusals.len() < NAMED {
            self.refusals.push(Refused { line, reason });
        }
    }

    /// Adds what came of more records.
    pub fn add(&mut self, more: Self) {
        self.records += more.records;
        self.new += more.new;
        self.changed += more.changed;
        self.unchanged += more.unchanged;
        self.activities += more.activities;
        self.repeated += more.repeated;
        self.merged += more.merged;
        self.deleted += more.deleted;
        self.left_out += more.left_out;
        self.refused += more.refused;
        let room = NAMED.saturating_sub(self.refusals.len());
        self.refusals.extend(more.refusals.into_iter().take(room));
    }

    fn did_something_since(&self, before: &Self) -> bool {
        let sum = |it: &Self| it.new + it.changed + it.activities + it.merged + it.deleted;
        sum(self) > sum(before)
    }
}
