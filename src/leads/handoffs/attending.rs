//! What the clock does to a hand-off: it reminds, asks another, tells the manager, and ends snoozes.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;

use super::super::store as leads;
use super::hand_off::{Due, HandOff, State};
use super::{counts, history, opening, record, routing, store};
use crate::app::App;
use crate::audit::{Actor, Value};
use crate::config::Sales;
use crate::error::Result;
use crate::ids::{HandOffId, PersonId, WorkspaceId};
use crate::jobs::{self, Job};

/// What was taken and came to nothing comes due again after this.
const AGAIN: SignedDuration = SignedDuration::from_mins(10);

/// How many are taken at once.
const AT_ONCE: i64 = 200;

/// How many open hand-offs are looked at for whose owner has left.
const OWNED: i64 = 5_000;

/// Has those hand-offs attended to whose time has come.
pub async fn due(tx: &mut PgConnection, workspace: WorkspaceId, now: Timestamp) -> Result<()> {
    for hand_off in store::take_due(tx, workspace, now, now + AGAIN, AT_ONCE).await? {
        jobs::enqueue(tx, workspace, Job::AttendHandOff { hand_off }).await?;
    }
    Ok(())
}

/// Does what is due for a hand-off, and notes down what is due later.
pub async fn attend(app: &App, id: HandOffId) -> Result<()> {
    let Some(sales) = &app.manifest.sales else { return Ok(()) };
    let now = app.now();
    let left = opening::gone(app, sales).await;
    let mut tx = app.db.begin().await?;
    let mut hand_off = store::lock(&mut tx, app.workspace.id, id).await?;
    let act = match hand_off.due(sales, now) {
        Due::Nothing => None,
        Due::Wake => {
            hand_off.state = woken(&hand_off, now);
            hand_off.reminded_at = None;
            hand_off.owned_since = now;
            Some("lead.woken")
        }
        Due::Remind => {
            hand_off.reminded_at = Some(now);
            Some("lead.reminded")
        }
        Due::Reassign => {
            pass_on(app, &mut tx, sales, &mut hand_off, left, now).await?;
            Some("lead.reassigned")
        }
        Due::Escalate => {
            hand_off.escalated_at = Some(now);
            Some("lead.escalated")
        }
    };
    finish(app, &mut tx, sales, &hand_off, act, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Gives what those had who left to others. Asked once a day.
pub async fn pass_on_what_was_left(app: &App) -> Result<()> {
    let Some(sales) = &app.manifest.sales else { return Ok(()) };
    if sales.people.is_empty() {
        return Ok(());
    }
    let now = app.now();
    let left = opening::gone(app, sales).await;
    let is_there = |person: &PersonId| {
        sales.people.iter().any(|it| it.person == *person) && !left.contains(person)
    };
    for open in store::list_open(&app.db, app.workspace.id, None, OWNED).await? {
        if open.owner.as_ref().is_none_or(is_there) {
            continue;
        }
        let mut tx = app.db.begin().await?;
        let mut hand_off = store::lock(&mut tx, app.workspace.id, open.id).await?;
        if !hand_off.state.is_over() && hand_off.owner == open.owner {
            pass_on(app, &mut tx, sales, &mut hand_off, left.clone(), now).await?;
            finish(app, &mut tx, sales, &hand_off, Some("lead.reassigned"), now).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

/// Gives it to the next who may have it; to the whole group where nobody is left.
async fn pass_on(
    app: &App,
    tx: &mut PgConnection,
    sales: &Sales,
    hand_off: &mut HandOff,
    left: Vec<PersonId>,
    now: Timestamp,
) -> Result<()> {
    let lead = leads::lock(tx, app.workspace.id, hand_off.lead).await?;
    let mut floor = counts::floor(tx, app.workspace.id).await?;
    floor.left = left;
    let asked: Vec<PersonId> = hand_off.asked.iter().chain(&hand_off.owner).cloned().collect();
    let next = routing::owner(sales, &lead, &floor, &asked, now);
    hand_off.give_to(next, now);
    Ok(())
}

async fn finish(
    app: &App,
    tx: &mut PgConnection,
    sales: &Sales,
    hand_off: &HandOff,
    act: Option<&'static str>,
    now: Timestamp,
) -> Result<()> {
    let workspace = app.workspace.id;
    store::save(tx, workspace, hand_off).await?;
    store::set_next(tx, workspace, hand_off.id, hand_off.next_at(sales)).await?;
    let Some(act) = act else { return Ok(()) };
    let new = history::New::by_itself(act.trim_start_matches("lead."), now);
    history::insert(tx, workspace, hand_off.id, &new).await?;
    let mut details = BTreeMap::from([("hand_off", Value::id(hand_off.id))]);
    match (&hand_off.owner, act, &sales.manager) {
        (_, "lead.escalated", Some(manager)) => {
            details.insert("to", Value::name(manager));
        }
        (Some(owner), ..) => {
            details.insert("to", Value::id(owner));
        }
        _ => {}
    }
    record(tx, workspace, Actor::Bot, act, hand_off.lead, details, now).await?;
    jobs::enqueue(tx, workspace, Job::ShowHandOff { hand_off: hand_off.id }).await
}

fn woken(hand_off: &HandOff, now: Timestamp) -> State {
    match (&hand_off.state, &hand_off.owner) {
        (State::Snoozed { claimed: true, .. }, Some(by)) => {
            State::Claimed { by: by.clone(), at: hand_off.claimed_at.unwrap_or(now) }
        }
        _ => State::Waiting,
    }
}
