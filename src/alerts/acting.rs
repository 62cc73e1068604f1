//! What people do about an alert.

use std::collections::BTreeMap;

use jiff::civil::time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use sqlx::PgConnection;

use super::alert::{Alert, State};
use super::{AGENT, event, message, store};
use crate::app::App;
use crate::audit::{self, Actor, Value};
use crate::config::SubjectKind;
use crate::error::{Refusal, Result};
use crate::evidence::{self, Note};
use crate::ids::{AlertEventId, AlertId, PersonId};
use crate::jobs::{self, Job};
use crate::proposals::{self, Proposal};
use crate::research::{self, Question};
use crate::reviews;
use crate::slack::{self, Modal, Place};

/// The source of the numbers that were looked into.
const NUMBERS: &str = "alerts";

/// What a button does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Act {
    Acknowledge,
    Snooze(Snooze),
    Resolve,
    NotUseful { reason: String },
    Investigate,
    Undo,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Snooze {
    Hour,
    /// Tomorrow at nine, where the person is.
    Morning,
    Week,
}

/// Says whether an alert is still there to be acted on. Records nothing.
pub async fn check(app: &App, id: AlertId, person: &PersonId) -> Result<Alert> {
    let alert = store::find(&app.db, app.workspace.id, id).await?;
    let alert = alert.ok_or(Refusal::UnknownAction)?;
    if !reviews::is_member(app, person).await? {
        return Err(Refusal::OnlyMembersAct.into());
    }
    alert.check_open()?;
    Ok(alert)
}

/// Does with an alert what a person pressed, once.
pub async fn act(
    app: &App,
    delivery: Option<&str>,
    id: AlertId,
    person: &PersonId,
    act: &Act,
) -> Result<()> {
    let now = app.now();
    if !reviews::is_member(app, person).await? {
        return Err(Refusal::OnlyMembersAct.into());
    }
    let until = match act {
        Act::Snooze(snooze) => snooze.end(app, person, now).await?,
        _ => now,
    };

    let mut tx = app.db.begin().await?;
    if !slack::first_delivery(&mut tx, app.workspace.id, delivery, now).await? {
        return Ok(());
    }
    if *act == Act::Undo {
        // It may open an alert again, which an inspection must not do at the same time.
        store::lock_inspection(&mut tx, app.workspace.id).await?;
    }
    let mut alert = store::lock(&mut tx, app.workspace.id, id).await?;
    if *act == Act::Undo {
        undo(app, &mut tx, alert, person, now).await?;
        tx.commit().await?;
        return Ok(());
    }
    alert.check_open()?;
    let (what, state) = brought(&alert, act, person, now, until)?;
    let mut details = BTreeMap::new();
    let mut written = None;
    match act {
        Act::Snooze(_) => _ = details.insert("until", Value::time(until)),
        Act::NotUseful { reason } => {
            let kept = audit::keep_text(&mut tx, app.workspace.id, Some(person), reason).await?;
            details.insert("reason", kept.into());
            written = Some(reason.as_str());
        }
        Act::Acknowledge | Act::Resolve | Act::Investigate | Act::Undo => {}
    }
    let before = state.is_some().then(|| alert.state.clone());
    let new = store::New {
        what: what.trim_start_matches("alert."),
        person: Some(person),
        reason: written,
        at: now,
        before: before.as_ref(),
    };
    let happened = store::insert_event(&mut tx, app.workspace.id, id, &new).await?;
    if let Some(state) = state {
        alert.state = state;
        store::save(&mut tx, app.workspace.id, &alert).await?;
    } else {
        let job = Job::Investigate { alert: id, event: happened, person: person.clone() };
        jobs::enqueue(&mut tx, app.workspace.id, job).await?;
    }
    let actor = Actor::Person(person.clone());
    audit::append(&mut tx, event(app, actor, what, id, details)).await?;
    jobs::enqueue(&mut tx, app.workspace.id, Job::ShowAlert { alert: id }).await?;
    tx.commit().await?;

    tracing::info!(alert.id = id.0, alert.act = what, "an alert was acted on");
    Ok(())
}

/// What an act is called, and the state that it brings; an investigation changes none.
fn brought(
    alert: &Alert,
    act: &Act,
    person: &PersonId,
    at: Timestamp,
    until: Timestamp,
) -> Result<(&'static str, Option<State>), Refusal> {
    let by = person.clone();
    Ok(match act {
        Act::Acknowledge => {
            alert.check_acknowledgement()?;
            ("alert.acknowledged", Some(State::Acknowledged { by, at }))
        }
        Act::Snooze(_) => ("alert.snoozed", Some(State::Snoozed { by, until })),
        Act::Resolve => ("alert.resolved", Some(State::Resolved { by, at })),
        Act::NotUseful { .. } => ("alert.not_useful", Some(State::NotUseful { by, at })),
        Act::Investigate | Act::Undo => ("alert.investigated", None),
    })
}

/// Brings back what was before the last thing that a person did.
async fn undo(
    app: &App,
    tx: &mut PgConnection,
    mut alert: Alert,
    person: &PersonId,
    now: Timestamp,
) -> Result<()> {
    let happened = store::happened(tx, app.workspace.id, alert.id).await?;
    let last = happened.into_iter().find(|one| one.before.is_some());
    let last = last.filter(|one| one.person.is_some()).ok_or(Refusal::NoActToUndo)?;
    if alert.state.is_over() && store::is_another_open(tx, &alert).await? {
        return Err(Refusal::AlertCameBack.into());
    }
    alert.state = match last.before {
        Some(State::Snoozed { until, .. }) if until <= now => State::Open,
        before => before.unwrap_or(State::Open),
    };
    store::undo(tx, app.workspace.id, last.id, now).await?;
    store::save(tx, app.workspace.id, &alert).await?;
    let actor = Actor::Person(person.clone());
    let details = BTreeMap::from([("undone", Value::name(last.what))]);
    audit::append(tx, event(app, actor, "alert.undone", alert.id, details)).await?;
    // What was resolved may have ended meanwhile.
    jobs::enqueue(tx, app.workspace.id, Job::Inspect).await?;
    jobs::enqueue(tx, app.workspace.id, Job::ShowAlert { alert: alert.id }).await
}

/// Sets the research agent to work in the alert's thread, with its numbers among the evidence.
pub async fn investigate(
    app: &App,
    id: AlertId,
    happened: AlertEventId,
    person: &PersonId,
) -> Result<()> {
    let Some(alert) = store::find(&app.db, app.workspace.id, id).await? else { return Ok(()) };
    let shown = slack::places(&app.db, app.workspace.id, &message::subject(id)).await?;
    let Some(card) = shown.into_iter().next() else {
        return Err(anyhow::anyhow!("the card of alert {id} is not there yet").into());
    };
    keep_numbers(app, &alert, &card.place).await?;
    let question = Question {
        text: message::question(&alert),
        person: person.clone(),
        channel: card.place.channel,
        thread: Some(card.ts),
        follows: None,
    };
    // However often the job runs, one run comes of it.
    let once = format!("alert-event:{happened}");
    research::request(app, Some(&once), &question).await?;
    Ok(())
}

/// The numbers of an alert as a document, so that what is found can cite them.
async fn keep_numbers(app: &App, alert: &Alert, place: &Place) -> Result<()> {
    let channel = app.slack.conversation(&place.channel).await?;
    let note = Note {
        source: NUMBERS,
        owner: app.manifest.agent(AGENT).map(|agent| agent.owner.clone()),
        private_to: (channel.is_private || channel.is_im).then_some(&place.channel),
        id: format!("alert-{}", alert.id),
        title: format!("Alert {}: {}", alert.id, message::about(alert)),
        day: alert.opened_at.to_zoned(app.manifest.zone.clone()).date(),
        text: message::numbers(alert),
    };
    evidence::keep_note(&app.db, &app.clock, app.workspace.id, note).await
}

/// The window that lists all lines of an alert.
pub async fn lines_form(app: &App, id: AlertId) -> Result<Modal> {
    let alert = store::find(&app.db, app.workspace.id, id).await?;
    Ok(message::lines_modal(&alert.ok_or(Refusal::UnknownAction)?))
}

/// The form that puts a change of money up for a decision, with the numbers filled in.
pub async fn change_form(
    app: &App,
    id: AlertId,
    person: &PersonId,
    place: &Place,
) -> Result<Modal> {
    let alert = check(app, id, person).await?;
    let (title, text) = message::change(&alert);
    let change = Proposal::new(SubjectKind::BudgetChange, &title, &text, (None, None), false)?;
    Ok(proposals::propose_form(&app.manifest, place, Some(&change))?)
}

impl Snooze {
    async fn end(self, app: &App, person: &PersonId, now: Timestamp) -> Result<Timestamp> {
        Ok(match self {
            Self::Hour => now + SignedDuration::from_hours(1),
            Self::Week => now + SignedDuration::from_hours(7 * 24),
            Self::Morning => {
                let profile = app.slack.person(person).await.ok();
                let zone = profile
                    .and_then(|profile| TimeZone::get(&profile.zone?).ok())
                    .unwrap_or_else(|| app.manifest.zone.clone());
                let tomorrow = now.to_zoned(zone.clone()).date().saturating_add(1.day());
                tomorrow.to_datetime(time(9, 0, 0, 0)).to_zoned(zone)?.timestamp()
            }
        })
    }
}
