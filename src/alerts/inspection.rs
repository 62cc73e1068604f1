//! Looking at the numbers: what stands is held against the alerts that are open.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use sqlx::{PgConnection, PgPool};

use super::alert::{Alert, Cause, Key, Line, State};
use super::grouping::{self, Group};
use super::{AGENT, event, store};
use crate::app::App;
use crate::audit::{self, Actor, Value};
use crate::config::{Numbers, Route};
use crate::detectors::{DAY_S, Inspection, Kind, Local, Looked, STALE_S, local_of};
use crate::error::{Error, Result};
use crate::ids::{AlertId, WorkspaceId};
use crate::jobs::{self, Job};
use crate::readings::{self, Series};

/// How far back the detectors learn.
const DAYS: i64 = 90;

/// So many new alerts of one source at once are one.
const STORM: usize = 5;

/// Series that are looked at together, and how many of these parts at once.
const TOGETHER: usize = 200;
const AT_ONCE: usize = 4;

/// What began longer ago than this was there before anybody looked.
const NEWS_S: Local = 14 * DAY_S;

/// What was told of a campaign's metric: since when it was unusual.
type Told = HashMap<(String, String, String), Local>;

/// What an inspection makes of the alerts.
#[derive(Clone, PartialEq, Debug)]
enum Change<'a> {
    Open(Group),
    Update(AlertId, Group),
    End(&'a Alert),
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
    let looked = look(&app.db, workspace, &app.manifest.numbers, DAYS, now).await?;
    let gone = gone(&looked, now);
    let groups = grouping::groups(looked);
    let open = store::open(&mut tx, workspace).await?;
    let since = now - SignedDuration::from_hours(24 * (DAYS + 30));
    let told = store::told(&mut tx, workspace, since).await?;

    for change in changes(groups, &open, &told, local(now)) {
        match change {
            Change::Open(group) => begin(app, &mut tx, group, now).await?,
            Change::Update(id, group) => {
                store::set_picture(&mut tx, workspace, id, &group.picture).await?;
                jobs::enqueue(&mut tx, workspace, Job::ShowAlert { alert: id }).await?;
            }
            Change::End(alert) => {
                let campaign = (alert.key.source.clone(), alert.key.campaign.clone());
                end(app, &mut tx, alert, now, gone.contains(&campaign)).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Looks at so many days of every campaign, several at a time, so that all of their numbers are never in
/// memory at once.
pub async fn look(
    db: &PgPool,
    workspace: WorkspaceId,
    numbers: &Numbers,
    days: i64,
    now: Timestamp,
) -> Result<Looked> {
    let today = now.to_zoned(TimeZone::UTC).datetime();
    // The days of an account that is east of here begin earlier.
    let (from, to) = (today.saturating_sub(days.days()), today.saturating_add(1.day()));
    let nothing = Inspection::new(Arc::new(numbers.clone()), now);
    let parts = parts(readings::campaigns(db, workspace).await?);
    let looks = stream::iter(parts).map(|part| {
        let mut inspection = nothing.clone();
        async move {
            let lines = readings::lines(db, workspace, &part, from, to).await?;
            let look = move || {
                inspection.look(&lines);
                inspection
            };
            Ok::<_, Error>(tokio::task::spawn_blocking(look).await?)
        }
    });
    let looks = looks.buffered(AT_ONCE);
    let all = looks.try_fold(nothing.clone(), |all, part| async { Ok(all.and(part)) }).await?;
    Ok(all.finish())
}

/// Campaigns, put together until they have as many series as are looked at together.
fn parts(campaigns: Vec<Vec<Series>>) -> Vec<Vec<Series>> {
    let mut parts: Vec<Vec<Series>> = Vec::new();
    for campaign in campaigns {
        match parts.last_mut() {
            Some(part) if part.len() + campaign.len() <= TOGETHER => part.extend(campaign),
            _ => parts.push(campaign),
        }
    }
    parts
}

/// The campaigns whose newest numbers are too old to show that anything is over.
fn gone(looked: &Looked, now: Timestamp) -> HashSet<(String, String)> {
    let mut newest: HashMap<(String, String), Local> = HashMap::new();
    for it in &looked.outlines {
        let until = newest.entry((it.source.clone(), it.campaign.clone())).or_insert(it.until);
        *until = it.until.max(*until);
    }
    let limit = local(now) - STALE_S;
    newest.into_iter().filter(|(_, until)| *until <= limit).map(|(campaign, _)| campaign).collect()
}

fn local(now: Timestamp) -> Local {
    local_of(now.to_zoned(TimeZone::UTC).datetime())
}

/// What is to be done, so that what stands is what is shown.
fn changes<'a>(groups: Vec<Group>, open: &'a [Alert], told: &Told, now: Local) -> Vec<Change<'a>> {
    let find = |key: &Key| open.iter().find(|alert| alert.key == *key);
    let mut changes = Vec::new();
    let mut seen: Vec<AlertId> = Vec::new();
    let mut new: BTreeMap<Key, Vec<Group>> = BTreeMap::new();
    for group in groups.into_iter().filter_map(|group| untold(group, open, told)) {
        let whole = group.key.of_many();
        match find(&group.key) {
            Some(alert) => {
                seen.push(alert.id);
                if alert.picture != group.picture {
                    changes.push(Change::Update(alert.id, group));
                }
            }
            // What has been so for weeks was there before anybody looked, and is no news.
            None if group.picture.lines.iter().all(|it| it.since + NEWS_S + period(it) < now) => {}
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
    changes.extend(over.map(Change::End));
    changes
}

/// A group without the lines of alerts that are over, and without what followed from a spend that was
/// told: what a result costs is known days later.
fn untold(mut group: Group, open: &[Alert], told: &Told) -> Option<Group> {
    let Key { source, cause, .. } = &group.key;
    let told_of = |line: &Line, metric: &str| {
        let about = (source.clone(), line.campaign.clone(), metric.to_owned());
        told.get(&about).is_some_and(|since| line.since <= *since + period(line))
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

/// For how long what was told once is known: what is compared over weeks moves with every day.
fn period(line: &Line) -> Local {
    match line.kind {
        Kind::Unusual | Kind::Silence => 0,
        Kind::Waste | Kind::Expensive | Kind::DropOff | Kind::Pacing => 28 * DAY_S,
    }
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
    tracing::info!(alert.id = alert.id.0, "an alert was opened");
    Ok(())
}

async fn end(
    app: &App,
    tx: &mut PgConnection,
    alert: &Alert,
    now: Timestamp,
    unseen: bool,
) -> Result<()> {
    let (mut ended, id) = (alert.clone(), alert.id);
    ended.state = State::Ended { at: now, unseen };
    store::save(tx, app.workspace.id, &ended).await?;
    let new = store::New { before: Some(&alert.state), ..store::New::by_itself("ended", now) };
    store::insert_event(tx, app.workspace.id, id, &new).await?;
    let actor = Actor::Agent(AGENT.to_owned());
    let why = if unseen { "no more numbers came" } else { "the numbers were as expected" };
    let details = BTreeMap::from([("why", why.into())]);
    audit::append(tx, event(app, actor, "alert.ended", id, details)).await?;
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
