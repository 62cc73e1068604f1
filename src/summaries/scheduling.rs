//! When summaries come, and whether they do.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;

use super::store;
use crate::app::App;
use crate::audit::{self, Actor, Event, Subject};
use crate::config::{Digest, Edition};
use crate::error::{Refusal, Result};
use crate::ids::{ChannelId, PersonId};
use crate::jobs::{self, Job};
use crate::slack;

/// Begins the summaries whose time has come today. What was due on a day that is over is not begun: the
/// next one says what there is to say.
pub async fn due(tx: &mut PgConnection, app: &App) -> Result<()> {
    let (workspace, now) = (app.workspace.id, app.now());
    if app.manifest.digests.is_empty() {
        return Ok(());
    }
    let known = store::channels(tx, workspace).await?;
    for digest in &app.manifest.digests {
        let Some(channel) = known.get(&digest.channel) else {
            store::meet(tx, workspace, &digest.channel, now).await?;
            continue;
        };
        let day = now.to_zoned(digest.zone.clone()).date();
        let due_at = digest.due_on(day)?;
        let is_due = digest.comes_on(day) && channel.since <= due_at && due_at <= now;
        // A clock that went back begins nothing for a day before the last.
        if !is_due || channel.is_off || channel.last >= Some(day) {
            continue;
        }
        let edition = digest.edition_on(day, channel.last);
        let begun =
            store::begin(tx, workspace, &digest.channel, (day, edition), due_at, now).await?;
        if let Some(summary) = begun {
            jobs::enqueue(tx, workspace, Job::ShowSummary { summary }).await?;
            tracing::info!(summary.id = summary.0, "a summary was due");
        }
    }
    Ok(())
}

/// Says when the summary of a channel comes next.
pub async fn schedule(app: &App, channel: &ChannelId) -> Result<String> {
    let digest = digest_in(app, channel).await?;
    let mut db = app.db.acquire().await?;
    let known = store::channels(&mut db, app.workspace.id).await?;
    drop(db);
    if known.get(&digest.channel).is_some_and(|channel| channel.is_off) {
        return Ok("The summary of this channel is turned off. `/summary on` turns it on again, and `/summary now` makes one for you.".to_owned());
    }
    let last = known.get(&digest.channel).and_then(|channel| channel.last);
    Ok(match digest.next_after(app.now())? {
        Some((day, at)) => {
            let further = match digest.edition_on(day, last) {
                Edition::Daily => "",
                Edition::Weekly => ", and looks back on the week",
                Edition::Monthly => ", and looks back on four weeks",
            };
            format!(
                "The next summary comes here {}{further}. `/summary off` turns it off; the times stand in the manifest, under [[summary]].",
                moment(digest, at)
            )
        }
        None => "No summary comes here within a year, by the weekdays and holidays of the manifest. Whoever keeps it can change them under [[summary]].".to_owned(),
    })
}

/// Turns the summaries of a channel off or on again, by the hand of somebody who is in it.
pub async fn turn(
    app: &App,
    delivery: Option<&str>,
    channel: &ChannelId,
    person: &PersonId,
    on: bool,
) -> Result<String> {
    let digest = digest_in(app, channel).await?;
    let now = app.now();
    let mut tx = app.db.begin().await?;
    if slack::first_delivery(&mut tx, app.workspace.id, delivery, now).await? {
        store::meet(&mut tx, app.workspace.id, &digest.channel, now).await?;
        let off_by = (!on).then_some(person);
        if store::turn(&mut tx, app.workspace.id, &digest.channel, off_by, now).await? {
            let event = Event {
                workspace: app.workspace.id,
                at: now,
                actor: Actor::Person(person.clone()),
                act: if on { "summary.turned_on" } else { "summary.turned_off" },
                subject: Subject::new("summaries", channel),
                details: BTreeMap::new(),
            };
            audit::append(&mut tx, event).await?;
        }
    }
    tx.commit().await?;
    Ok(match (on, digest.next_after(now)?) {
        (false, _) => "No summary comes here any more, until somebody types `/summary on`. `/summary now` still makes one for you.".to_owned(),
        (true, Some((_, at))) => format!("The summary is on. The next one comes {}.", moment(digest, at)),
        (true, None) => "The summary is on, but by the manifest none comes within a year.".to_owned(),
    })
}

/// The summary that the manifest declares for a channel.
pub(super) async fn digest_in<'a>(app: &'a App, channel: &ChannelId) -> Result<&'a Digest> {
    for digest in &app.manifest.digests {
        if digest.channel == channel.as_str() {
            return Ok(digest);
        }
        let found = app.slack.channel_named(&digest.channel).await?;
        if found.is_some_and(|found| found.id == *channel) {
            return Ok(digest);
        }
    }
    let sentence = "No summary comes to this channel by itself. `/summary now` makes one for you; to have one every morning, whoever keeps the manifest adds this channel under [[summary]].";
    Err(Refusal::Missing(sentence.to_owned()).into())
}

fn moment(digest: &Digest, at: Timestamp) -> String {
    let local = at.to_zoned(digest.zone.clone());
    format!(
        "on {} ({})",
        local.strftime("%A, %-d %B %Y, at %H:%M"),
        digest.zone.iana_name().unwrap_or("UTC")
    )
}

/// How late a summary is when that is worth a word.
pub(super) fn lateness(due_at: Timestamp, made_at: Timestamp) -> Option<SignedDuration> {
    let late = made_at.duration_since(due_at);
    (late >= SignedDuration::from_mins(15)).then_some(late)
}
