//! Looking at the numbers: what stands is held against the alerts that are open.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp, ToSpan};
use sqlx::PgConnection;

use super::alert::{Alert, Cause, Due, Key, Line, State};
use super::grouping::{self, Group};
use super::{AGENT, event, store};
use crate::app::App;
use crate::audit::{self, Actor, Value};
use crate::config::Route;
use crate::error::Result;
use crate::ids::AlertId;
use crate::jobs::{self, Job};
use crate::readings;

/// How far back the detectors learn.
const DAYS: i32 = 90;

/// So many new alerts of one source at once are one.
const STORM: usize = 5;

/// What was told of a campaign's metric: since when it was unusual.
type Told = HashMap<(String, String, String), i64>;

/// What an inspection makes of the alerts.
#[derive(Clone, PartialEq, Debug)]
enum Change {
    Open(Group),
    Update(AlertId, Group),
    End(AlertId),
}

/// Looks at all numbers, and opens, updates and ends alerts. Replicas take turns.
pub async fn inspect(app: &App) -> Result<()> {
    if app.manifest.agent(AGENT).is_none() {
        return Ok(());
    }
    let (workspace, now) = (app.workspace.id, app.now());
    let mut tx = app.db.begin().await?;
    // Before the numbers are read, so that nobody acts on older ones.
    store::lock_inspection(&mut tx, workspace).await?;
    let today = now.to_zoned(app.manifest.zone.clone()).datetime();
    let from = today.saturating_sub(DAYS.days());
    let lines = readings::lines(&app.db, workspace, from, today.saturating_add(2.days())).await?;
    let groups = tokio::task::spawn_blocking(move || grouping::groups(&lines, now)).await?;
    let open = store::open(&mut tx, workspace).await?;
    let since = now - SignedDuration::from_hours(24 * i64::from(DAYS + 30));
    let told = store::told(&mut tx, workspace, since).await?;

    for change in changes(groups, &open, &told) {
        match change {
            Change::Open(group) => begin(app, &mut tx, group, now).await?,
            Change::Update(id, group) => {
                store::set_picture(&mut tx, workspace, id, &group.picture).await?;
                jobs::enqueue(&mut tx, workspace, Job::ShowAlert { alert: id }).await?;
            }
            Change::End(id) => end(app, &mut tx, &open, id, now).await?,
        }
    }
    tx.commit().await?;
    Ok(())
}

/// What is to be done, so that what stands is what is shown.
fn changes(groups: Vec<Group>, open: &[Alert], told: &Told) -> Vec<Change> {
    let find = |key: &Key| open.iter().find(|alert| alert.key == *key);
    let mut changes = Vec::new();
    let mut seen: Vec<AlertId> = Vec::new();
    let mut new: BTreeMap<Key, Vec<Group>> = BTreeMap::new();
    for group in groups.into_iter().filter_map(|group| untold(group, open, told)) {
        let whole = Key { campaign: String::new(), ..group.key.clone() };
        match find(&group.key) {
            Some(alert) => {
                seen.push(alert.id);
                if alert.picture != group.picture {
                    changes.push(Change::Update(alert.id, group));
                }
            }
            None => new.entry(whole).or_default().push(group),
        }
    }
    for (whole, groups) in new {
        match find(&whole) {
            Some(alert) => {
                seen.push(alert.id);
                let group = grouping::together(groups);
                let changed = group.filter(|group| group.picture != alert.picture);
                changes.extend(changed.map(|group| Change::Update(alert.id, group)));
            }
            None if groups.len() > STORM => {
                changes.extend(grouping::together(groups).map(Change::Open));
            }
            None => changes.extend(groups.into_iter().map(Change::Open)),
        }
    }
    let over = open.iter().filter(|alert| !seen.contains(&alert.id));
    changes.extend(over.map(|alert| Change::End(alert.id)));
    changes
}

/// A group without the lines of alerts that are over, and without what followed from a spend that was
/// told: what a result costs is known days later.
fn untold(mut group: Group, open: &[Alert], told: &Told) -> Option<Group> {
    let Key { source, cause, .. } = &group.key;
    let told_of = |line: &Line, metric: &str| {
        let about = (source.clone(), line.campaign.clone(), metric.to_owned());
        told.get(&about).is_some_and(|since| line.since <= *since)
    };
    let shown = |line: &Line, metric: &str| {
        let lines =
            open.iter().filter(|it| it.key.source == *source).flat_map(|it| &it.picture.lines);
        lines
            .filter(|it| it.campaign == line.campaign && it.metric == metric)
            .any(|it| line.since <= it.since)
    };
    let is_new = |line: &Line| {
        let follows = *cause == Cause::Results
            && grouping::rests_on_spend(&line.metric)
            && (told_of(line, "spend") || shown(line, "spend"));
        !follows && !told_of(line, &line.metric)
    };
    group.picture.lines.retain(is_new);
    (!group.picture.lines.is_empty()).then_some(group)
}

async fn begin(app: &App, tx: &mut PgConnection, group: Group, now: Timestamp) -> Result<()> {
    let route = route(app, &group);
    let quiet_until = quiet_until(app, &route, now);
    let mut alert = Alert {
        id: AlertId(0),
        key: group.key,
        picture: group.picture,
        route,
        state: State::Open,
        opened_at: now,
        quiet_until,
        called_at: None,
        escalated_at: None,
    };
    alert.id = store::insert(tx, app.workspace.id, &alert).await?;
    let details = BTreeMap::from([
        ("source", Value::name(&alert.key.source)),
        ("cause", alert.key.cause.name().into()),
        ("lines", i64::try_from(alert.picture.lines.len())?.into()),
        ("route", Value::name(&alert.route.name)),
    ]);
    store::insert_event(tx, app.workspace.id, alert.id, &store::New::by_itself("opened", now))
        .await?;
    let actor = Actor::Agent(AGENT.to_owned());
    audit::append(tx, event(app, actor, "alert.opened", alert.id, details)).await?;
    jobs::enqueue(tx, app.workspace.id, Job::ShowAlert { alert: alert.id }).await?;
    debug_assert!(alert.due(now) != Due::Wake, "nothing new is snoozed");
    tracing::info!(alert.id = alert.id.0, "an alert was opened");
    Ok(())
}

async fn end(
    app: &App,
    tx: &mut PgConnection,
    open: &[Alert],
    id: AlertId,
    now: Timestamp,
) -> Result<()> {
    let Some(alert) = open.iter().find(|alert| alert.id == id) else { return Ok(()) };
    let mut ended = alert.clone();
    ended.state = State::Ended { at: now };
    store::save(tx, app.workspace.id, &ended).await?;
    let new = store::New { before: Some(&alert.state), ..store::New::by_itself("resolved", now) };
    store::insert_event(tx, app.workspace.id, id, &new).await?;
    let actor = Actor::Agent(AGENT.to_owned());
    audit::append(tx, event(app, actor, "alert.resolved", id, BTreeMap::new())).await?;
    jobs::enqueue(tx, app.workspace.id, Job::ShowAlert { alert: id }).await?;
    tracing::info!(alert.id = id.0, "an alert ended by itself");
    Ok(())
}

fn route(app: &App, group: &Group) -> Route {
    let Group { key, picture } = group;
    let takes = |route: &&Route| {
        route.takes(&key.source, &key.campaign, picture.severity, picture.at_stake())
    };
    let owner = app.manifest.agent(AGENT).map(|agent| agent.owner.as_str());
    let route = app.manifest.routes.iter().find(takes).cloned();
    let mut route = route.unwrap_or_else(|| Route::default_for(owner));
    // Whoever answers for the agent is called where a route names nobody.
    route.owner = route.owner.or_else(|| owner.map(str::to_owned));
    route
}

/// The end of the quiet hours, where it is one of them.
fn quiet_until(app: &App, route: &Route, now: Timestamp) -> Option<Timestamp> {
    let quiet = route.quiet?;
    let here = now.to_zoned(app.manifest.zone.clone());
    if !quiet.covers(here.time()) {
        return None;
    }
    let day = if here.time() < quiet.to { here.date() } else { here.date().tomorrow().ok()? };
    let end = day.to_datetime(quiet.to).to_zoned(app.manifest.zone.clone()).ok()?;
    Some(end.timestamp())
}
