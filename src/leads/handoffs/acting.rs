//! What people do with a hand-off.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::PgConnection;

use super::super::lead::Stage;
use super::super::{rating, store as leads};
use super::hand_off::{Code, HandOff, Snooze, State, UNDO};
use super::rights::{Rights, rights};
use super::{history, record, store};
use crate::app::App;
use crate::audit::{Actor, Value};
use crate::config::Sales;
use crate::error::{Refusal, Result};
use crate::ids::{HandOffEventId, HandOffId, PersonId};
use crate::jobs::{self, Job};
use crate::slack;

/// What a button or a form does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Act {
    /// Takes it, and reads by what the lead is reached.
    Claim,
    Return {
        code: Code,
        text: Option<String>,
    },
    Snooze(Snooze),
    Reassign {
        to: PersonId,
    },
    Qualify,
    Win,
    Lose {
        text: Option<String>,
    },
    /// Reads by what the lead is reached.
    Reveal,
    Undo,
}

/// What an act comes to.
struct Outcome {
    act: &'static str,
    stage: Option<Stage>,
    feedback: Option<(&'static str, Option<Code>)>,
    details: BTreeMap<&'static str, Value>,
}

/// Does with a hand-off what a person pressed, once. False where the same delivery came before.
pub async fn act(
    app: &App,
    delivery: Option<&str>,
    id: HandOffId,
    person: &PersonId,
    act: &Act,
) -> Result<bool> {
    let now = app.now();
    let (sales, rights) = rights(app, person).await?;

    let mut tx = app.db.begin().await?;
    if !slack::first_delivery(&mut tx, app.workspace.id, delivery, now).await? {
        return Ok(false);
    }
    leads::take_turn(&mut tx, app.workspace.id).await?;
    let hand_off = store::lock(&mut tx, app.workspace.id, id).await?;
    let name = match act {
        Act::Reveal => reveal(app, &mut tx, &hand_off, person, now).await?,
        Act::Undo => undo(app, &mut tx, &hand_off, (person, rights), sales, now).await?,
        _ => {
            let id = hand_off.id;
            let name = change(app, &mut tx, hand_off, (person, rights), act, sales, now).await?;
            if *act == Act::Claim {
                // Who claims a lead is told how to reach it, which is recorded like any reading, before
                // they read it.
                let claimed = store::lock(&mut tx, app.workspace.id, id).await?;
                reveal(app, &mut tx, &claimed, person, now).await?;
            }
            name
        }
    };
    tx.commit().await?;
    tracing::info!(hand_off.id = id.0, hand_off.act = name, "a hand-off was acted on");
    Ok(true)
}

async fn change(
    app: &App,
    tx: &mut PgConnection,
    mut hand_off: HandOff,
    (person, rights): (&PersonId, Rights),
    act: &Act,
    sales: &Sales,
    now: Timestamp,
) -> Result<&'static str> {
    let workspace = app.workspace.id;
    let before = hand_off.clone();
    let outcome = apply(&mut hand_off, (person, rights), act, sales, now)?;
    let reason = match act {
        Act::Return { text, .. } | Act::Lose { text } => text.as_deref(),
        _ => None,
    };
    let what = outcome.act.trim_start_matches("lead.");
    let new = history::New { what, person: Some(person), reason, at: now, before: Some(&before) };
    let event = history::insert(tx, workspace, hand_off.id, &new).await?;
    if let Some(feedback) = outcome.feedback {
        learn(app, tx, &hand_off, event, feedback, now).await?;
    }
    if let Some(stage) = outcome.stage {
        leads::set_stage(tx, workspace, hand_off.lead, stage).await?;
    }
    store::save(tx, workspace, &hand_off).await?;
    store::set_next(tx, workspace, hand_off.id, hand_off.next_at(sales)).await?;
    let mut details = outcome.details;
    details.insert("hand_off", Value::id(hand_off.id));
    let actor = Actor::Person(person.clone());
    record(tx, workspace, actor, outcome.act, hand_off.lead, details, now).await?;
    jobs::enqueue(tx, workspace, Job::ShowHandOff { hand_off: hand_off.id }).await?;
    Ok(outcome.act)
}

/// The rules: what an act makes of a hand-off.
fn apply(
    hand_off: &mut HandOff,
    (person, rights): (&PersonId, Rights),
    act: &Act,
    sales: &Sales,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let (by, at) = (person.clone(), now);
    let mut outcome = Outcome { act: "", stage: None, feedback: None, details: BTreeMap::new() };
    match act {
        Act::Claim => hand_off.check_claim()?,
        _ => hand_off.check_answer_by(person, rights.is_manager)?,
    }
    match act {
        Act::Claim => {
            hand_off.state = State::Claimed { by: by.clone(), at };
            hand_off.claimed_at = Some(now);
            (hand_off.owner, hand_off.owned_since) = (Some(by), now);
            let is_in_time = hand_off.due_at.is_none_or(|due| now <= due);
            outcome.details.insert("in_time", is_in_time.into());
            (outcome.act, outcome.stage) = ("lead.claimed", Some(Stage::Sal));
            outcome.feedback = Some(("accepted", None));
        }
        Act::Return { code, .. } => {
            hand_off.state = State::Returned { by, at, code: *code };
            outcome.details.insert("reason_code", code.name().into());
            (outcome.act, outcome.stage) = ("lead.returned", Some(Stage::Returned));
            outcome.feedback = Some(("returned", Some(*code)));
        }
        Act::Snooze(snooze) => {
            let seller = sales.people.iter().find(|it| it.person == *person);
            let until = snooze.end(seller.map_or(&sales.time, |it| &it.time), now);
            let claimed = hand_off.state.is_claimed();
            hand_off.state = State::Snoozed { by, until, claimed };
            outcome.details.insert("until", Value::time(until));
            outcome.act = "lead.snoozed";
        }
        Act::Reassign { to } => {
            if !sales.people.is_empty() && !sales.people.iter().any(|it| it.person == *to) {
                return Err(Refusal::NotASeller { person: to.clone() });
            }
            hand_off.give_to(Some(to.clone()), now);
            outcome.details.insert("to", Value::id(to));
            (outcome.act, outcome.stage) = ("lead.reassigned", Some(Stage::Mql));
        }
        Act::Qualify => {
            hand_off.check_reveal_to(person)?;
            hand_off.state = State::Qualified { by, at };
            (outcome.act, outcome.stage) = ("lead.qualified", Some(Stage::Sql));
            outcome.feedback = Some(("qualified", None));
        }
        Act::Win => {
            hand_off.state = State::Won { by, at };
            (outcome.act, outcome.stage) = ("lead.won", Some(Stage::Customer));
            outcome.feedback = Some(("won", None));
        }
        Act::Lose { .. } => {
            hand_off.state = State::Lost { by, at };
            (outcome.act, outcome.stage) = ("lead.lost", Some(Stage::Lost));
            outcome.feedback = Some(("lost", None));
        }
        Act::Reveal | Act::Undo => return Err(Refusal::UnknownAction),
    }
    Ok(outcome)
}

/// Notes what sales said, and has those scored anew to whom it matters.
async fn learn(
    app: &App,
    tx: &mut PgConnection,
    hand_off: &HandOff,
    event: HandOffEventId,
    outcome: (&'static str, Option<Code>),
    now: Timestamp,
) -> Result<()> {
    let workspace = app.workspace.id;
    let lead = leads::lock(tx, workspace, hand_off.lead).await?;
    let known = serde_json::to_value(lead.scored())?;
    history::insert_feedback(tx, workspace, hand_off, event, outcome, &known, now).await?;
    if let Some(code) = outcome.1 {
        rating::store::set_stale_by(tx, workspace, &lead, code).await?;
    }
    jobs::enqueue(tx, workspace, Job::ScoreLeads).await
}

async fn reveal(
    app: &App,
    tx: &mut PgConnection,
    hand_off: &HandOff,
    person: &PersonId,
    now: Timestamp,
) -> Result<&'static str> {
    hand_off.check_reveal_to(person)?;
    let actor = Actor::Person(person.clone());
    let details = BTreeMap::from([("hand_off", Value::id(hand_off.id))]);
    record(tx, app.workspace.id, actor, "lead.revealed", hand_off.lead, details, now).await?;
    Ok("lead.revealed")
}

/// Brings back what was before the last thing that a person did, while it is fresh.
async fn undo(
    app: &App,
    tx: &mut PgConnection,
    hand_off: &HandOff,
    (person, rights): (&PersonId, Rights),
    sales: &Sales,
    now: Timestamp,
) -> Result<&'static str> {
    let workspace = app.workspace.id;
    let happened = history::happened(tx, workspace, hand_off.id).await?;
    let last = happened.into_iter().next().filter(|one| one.person.is_some());
    let (last, before) = last
        .and_then(|mut last| {
            let before = last.before.take()?;
            Some((last, before))
        })
        .ok_or(Refusal::NothingOfLeadToUndo)?;
    if last.person.as_ref() != Some(person) && !rights.is_manager {
        let by = last.person.unwrap_or_else(|| person.clone());
        return Err(Refusal::NotYoursToUndo { by }.into());
    }
    if now.duration_since(last.at) > UNDO {
        return Err(Refusal::TooLateToUndoLead.into());
    }
    if hand_off.state.is_over()
        && !before.state.is_over()
        && store::lock_open(tx, workspace, hand_off.lead).await?.is_some()
    {
        return Err(Refusal::LeadCameBack.into());
    }
    history::undo(tx, workspace, last.id, now).await?;
    store::save(tx, workspace, &before).await?;
    store::set_next(tx, workspace, before.id, before.next_at(sales)).await?;
    let stage = match &before.state {
        State::Waiting | State::Snoozed { claimed: false, .. } => Stage::Mql,
        State::Qualified { .. } => Stage::Sql,
        _ => Stage::Sal,
    };
    leads::set_stage(tx, workspace, before.lead, stage).await?;
    let lead = leads::lock(tx, workspace, before.lead).await?;
    if let State::Returned { code, .. } = &hand_off.state {
        rating::store::set_stale_by(tx, workspace, &lead, *code).await?;
    }
    let details = BTreeMap::from([
        ("hand_off", Value::id(before.id)),
        ("undone", Value::name(last.what.replace('_', " "))),
    ]);
    let actor = Actor::Person(person.clone());
    record(tx, workspace, actor, "lead.undone", before.lead, details, now).await?;
    jobs::enqueue(tx, workspace, Job::ScoreLeads).await?;
    jobs::enqueue(tx, workspace, Job::ShowHandOff { hand_off: before.id }).await?;
    Ok("lead.undone")
}

impl HandOff {
    /// Gives it to somebody, or to the whole group, to be claimed.
    pub(super) fn give_to(&mut self, to: Option<PersonId>, now: Timestamp) {
        let before = std::mem::replace(&mut self.owner, to);
        self.asked.extend(before.filter(|it| Some(it) != self.owner.as_ref()));
        self.state = State::Waiting;
        self.owned_since = now;
        (self.claimed_at, self.reminded_at) = (None, None);
    }
}
