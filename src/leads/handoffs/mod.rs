//! Hand-offs: a lead that is worth a call is given to sales, and sales answers.
//!
//! - [`HandOff`] is the noun; its [`State`] says what sales did with it, and its rules are pure.
//! - [`open`] makes hand-offs of the leads that crossed the threshold, and `routing` says whose they are.
//! - [`act`] is what a button does, [`attend`] what the clock does: reminders, another owner, the manager;
//!   `calendar` counts in working time.
//! - `history` is what happened to it, which undoing and the thread of its note are made of; `counts` says
//!   how many there are.
//! - [`show`] keeps the note in the sales channel as the hand-off is; [`press`] and [`submit`] are its
//!   buttons and forms; `facts` are what the note is made of.
//!
//! **Invariant:** of a lead one hand-off is open at a time, and one person claims it: a constraint, and
//! a lock.
//!
//! **Invariant:** by what a lead is reached stands on no card. Whoever has claimed it reads it, alone,
//! and each reading is recorded.
//!
//! **Invariant:** every change of a hand-off is recorded with its audit entry in one transaction.

mod acting;
mod attending;
mod calendar;
mod counts;
mod facts;
mod form;
mod hand_off;
mod history;
mod message;
mod note;
mod opening;
mod pressing;
mod rights;
mod routing;
pub(super) mod store;
mod summary;

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::{PgConnection, PgPool};

use crate::audit::{self, Actor, Event, Subject, Value};
use crate::error::{Refusal, Result};
use crate::ids::{HandOffId, LeadId, WorkspaceId};
use crate::jobs::{self, Job};

pub use acting::{Act, act};
pub use attending::{attend, due, pass_on_what_was_left};
pub use counts::{Tally, tallies, waiting};
pub use form::{LOST, REASSIGN, RETURN};
pub use hand_off::{Code, Gone, HandOff, Snooze, State};
pub use message::show;
pub(super) use message::{contact, moment, reasons};
pub use opening::open;
pub use pressing::{Press, Pressed, input_of, is_form, press, submit};
pub(super) use rights::rights;
pub(super) use store::open_of;
pub use summary::word;

/// The agent of the manifest that scores leads and hands them over.
pub const AGENT: &str = "crm";

/// Ends what is open of a lead, because it is no lead any more.
pub async fn take_back(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    lead: LeadId,
    why: Gone,
    by: &Actor,
    now: Timestamp,
) -> Result<()> {
    let Some(mut hand_off) = store::lock_open(tx, workspace, lead).await? else { return Ok(()) };
    hand_off.state = State::Gone { why, at: now };
    store::save(tx, workspace, &hand_off).await?;
    let new = history::New::by_itself("gone", now);
    history::insert(tx, workspace, hand_off.id, &new).await?;
    let details = BTreeMap::from([
        ("hand_off", Value::id(hand_off.id)),
        ("because", Value::from(why.name())),
    ]);
    record(tx, workspace, by.clone(), "lead.taken_back", lead, details, now).await?;
    jobs::enqueue(tx, workspace, Job::ShowHandOff { hand_off: hand_off.id }).await
}

/// Has every note about a lead drawn anew.
pub async fn show_all(tx: &mut PgConnection, workspace: WorkspaceId, lead: LeadId) -> Result<()> {
    for hand_off in store::of_lead(tx, workspace, lead).await? {
        jobs::enqueue(tx, workspace, Job::ShowHandOff { hand_off }).await?;
    }
    Ok(())
}

/// The lead that a hand-off is about.
pub async fn lead_of(db: &PgPool, workspace: WorkspaceId, id: HandOffId) -> Result<LeadId> {
    let hand_off = store::find(db, workspace, id).await?;
    Ok(hand_off.ok_or(Refusal::NoCardThere)?.lead)
}

/// What a note is known by.
fn subject(id: HandOffId) -> String {
    format!("lead_note:{id}")
}

async fn record(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    actor: Actor,
    act: &'static str,
    lead: LeadId,
    details: BTreeMap<&'static str, Value>,
    at: Timestamp,
) -> Result<()> {
    let subject = Subject::new("lead", lead);
    audit::append(tx, Event { workspace, at, actor, act, subject, details }).await?;
    Ok(())
}
