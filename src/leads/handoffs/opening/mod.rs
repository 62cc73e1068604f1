//! Making hand-offs of the leads that crossed the threshold.

mod store;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;

use super::super::lead::{Lead, Stage};
use super::super::store as leads;
use super::hand_off::{HandOff, State};
use super::{AGENT, calendar, counts, history, record, routing, store as hand_offs};
use crate::app::App;
use crate::audit::{Actor, Value};
use crate::config::Sales;
use crate::error::Result;
use crate::ids::{HandOffId, PersonId};
use crate::jobs::{self, Job};

/// Hands over what crossed the threshold, the best first, and no more in a day than sales can take.
/// The rest is looked at again tomorrow.
pub async fn open(app: &App) -> Result<()> {
    let Some(sales) = &app.manifest.sales else { return Ok(()) };
    let now = app.now();
    let left = gone(app, sales).await;

    let mut tx = app.db.begin().await?;
    store::take_turn(&mut tx, app.workspace.id).await?;
    leads::take_turn(&mut tx, app.workspace.id).await?;
    let since = now - SignedDuration::from_hours(24);
    let today = store::handed_over_since(&mut tx, app.workspace.id, since).await?;
    let room = (sales.a_day - today).max(0);
    let due = store::above(&mut tx, app.workspace.id, sales.threshold, room).await?;
    if due.is_empty() {
        // Those that fell below the threshold are noted all the same.
        tx.commit().await?;
        return Ok(());
    }
    let mut floor = counts::floor(&mut tx, app.workspace.id).await?;
    floor.left = left;
    for id in due {
        let lead = leads::lock(&mut tx, app.workspace.id, id).await?;
        let owner = routing::owner(sales, &lead, &floor, &[], now);
        if let Some(owner) = &owner {
            *floor.loads.entry(owner.clone()).or_default() += 1;
        }
        hand_over(app, &mut tx, sales, &lead, owner, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn hand_over(
    app: &App,
    tx: &mut PgConnection,
    sales: &Sales,
    lead: &Lead,
    owner: Option<PersonId>,
    now: Timestamp,
) -> Result<()> {
    let workspace = app.workspace.id;
    let escalates = sales.escalate_after_s.or(sales.reassign_after_s).or(sales.remind_after_s);
    let mut hand_off = HandOff {
        id: HandOffId(0),
        lead: lead.id,
        points: lead.score.points,
        threshold: sales.threshold,
        score_version: lead.score_version.clone().unwrap_or_default(),
        state: State::Waiting,
        owner,
        owned_since: now,
        asked: Vec::new(),
        opened_at: now,
        due_at: escalates.map(|after| calendar::after(&sales.time, now, after)),
        claimed_at: None,
        reminded_at: None,
        escalated_at: None,
        summary: None,
    };
    let known = serde_json::to_value(lead.scored())?;
    hand_off.id = hand_offs::insert(tx, workspace, &hand_off, &known, sales).await?;
    let new = history::New::by_itself("handed_over", now);
    history::insert(tx, workspace, hand_off.id, &new).await?;
    store::set_handed_over(tx, workspace, lead.id).await?;
    leads::set_stage(tx, workspace, lead.id, Stage::Mql).await?;
    let mut details = BTreeMap::from([
        ("hand_off", Value::id(hand_off.id)),
        ("points", i64::from(hand_off.points).into()),
        ("threshold", i64::from(hand_off.threshold).into()),
        ("score", Value::name(&hand_off.score_version)),
    ]);
    if let Some(owner) = &hand_off.owner {
        details.insert("to", Value::id(owner));
    }
    let actor = Actor::Agent(AGENT.to_owned());
    record(tx, workspace, actor, "lead.handed_over", lead.id, details, now).await?;
    jobs::enqueue(tx, workspace, Job::ShowHandOff { hand_off: hand_off.id }).await?;
    let agent = app.manifest.agent(AGENT);
    if agent.is_some_and(|agent| app.models.of(agent).is_some()) {
        jobs::enqueue(tx, workspace, Job::SumUpLead { hand_off: hand_off.id }).await?;
    }
    tracing::info!(hand_off.id = hand_off.id.0, "a lead was handed over");
    Ok(())
}

/// Those who work here no more, by Slack. Whoever Slack says nothing of is taken to be there.
pub(super) async fn gone(app: &App, sales: &Sales) -> Vec<PersonId> {
    let mut gone = Vec::new();
    for seller in &sales.people {
        match app.slack.person(&seller.person).await {
            Ok(profile) if profile.is_deactivated => gone.push(seller.person.clone()),
            Ok(_) => {}
            Err(error) if error.is("user_not_found") => gone.push(seller.person.clone()),
            Err(error) => {
                tracing::warn!("Slack did not say whether a sales person is still there: {error}");
            }
        }
    }
    gone
}
