//! Bringing summaries before people.

use std::collections::BTreeMap;

use super::audience::Audience;
use super::message::{self, TOO_LATE_HOURS};
use super::scheduling::{digest_in, lateness};
use super::sections::{self, Part, Records, Span};
use super::{Summary, digest_of, opening, store};
use crate::app::App;
use crate::audit::{self, Actor, Event, Subject};
use crate::config::{Digest, Edition, Section};
use crate::error::{Error, Refusal, Result};
use crate::ids::{ChannelId, FileId, PersonId, SummaryId};
use crate::jobs::{self, Job};
use crate::reviews;
use crate::slack::{self, Place, Post, Upload};

/// Begins today's summary of each channel that never had one, so that a new installation has something
/// to show.
pub async fn begin(app: &App) -> Result<()> {
    let (workspace, now) = (app.workspace.id, app.now());
    let mut tx = app.db.begin().await?;
    let known = store::channels(&mut tx, workspace).await?;
    for digest in &app.manifest.digests {
        if known
            .get(&digest.channel)
            .is_some_and(|channel| channel.last.is_some() || channel.is_off)
        {
            continue;
        }
        store::meet(&mut tx, workspace, &digest.channel, now).await?;
        let day = (now.to_zoned(digest.zone.clone()).date(), Edition::Daily);
        let begun = store::begin(&mut tx, workspace, &digest.channel, day, now, now).await?;
        if let Some(summary) = begun {
            jobs::enqueue(&mut tx, workspace, Job::ShowSummary { summary }).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Makes Slack show a summary in its channel. One that somebody asked for is shown there once they
/// shared it.
pub async fn show(app: &App, id: SummaryId) -> Result<()> {
    let (db, workspace) = (&app.db, app.workspace.id);
    let Some(summary) = store::find(db, workspace, id).await? else { return Ok(()) };
    if summary.asked_by.is_some() && !summary.is_shared {
        return Ok(());
    }
    let channel = match app.slack.channel_to_post_in(&summary.channel).await {
        Ok(channel) => channel.id,
        Err(error) => {
            tracing::error!(
                summary.id = id.0,
                "a summary cannot be shown in {}: {}; name another channel under [[summary]] in the manifest, or invite the bot there",
                summary.channel,
                error.remedy().unwrap_or_else(|| error.to_string())
            );
            return Err(anyhow::Error::new(error).context("finding a summary's channel").into());
        }
    };
    let digest = digest_of(app, &summary.channel);
    let parts = gather(app, &summary, &digest, &channel).await?;
    let picture = picture(app, &summary, &parts).await?;
    let card = message::card(&summary, &parts, digest.verbosity, picture.as_ref()).finish();
    let (subject, place) = (message::subject(&summary), Place::channel(channel));
    slack::show_card(db, &app.slack, &app.clock, workspace, &subject, &place, &card).await?;
    if summary.opening.is_none() && opening::is_wanted(app) {
        let mut tx = db.begin().await?;
        jobs::enqueue(&mut tx, workspace, Job::OpenSummary { summary: id }).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// The picture of what moved, uploaded; none where Slack takes no files.
async fn picture(app: &App, summary: &Summary, parts: &[Part]) -> Result<Option<(FileId, String)>> {
    let Some(line) = parts.iter().find_map(|part| part.picture.as_ref()) else { return Ok(None) };
    let (png, alt) = (line.png(), line.alt());
    let upload = Upload {
        name: &format!("summary-{}.png", summary.id),
        title: &line.title,
        alt: Some(&alt),
        content_type: "image/png",
        bytes: &png,
    };
    let file = slack::picture(&app.db, &app.slack, &app.clock, app.workspace.id, upload).await?;
    Ok(file.map(|file| (file, alt)))
}

/// Makes a summary for a person, who reads it first; nothing for a repeated delivery.
pub async fn now(
    app: &App,
    delivery: Option<&str>,
    channel: &ChannelId,
    person: &PersonId,
    edition: Edition,
) -> Result<Option<Post>> {
    check_reader(app, person).await?;
    let digest = match digest_in(app, channel).await {
        Ok(digest) => digest.clone(),
        Err(Error::Refused(_)) => digest_of(app, channel.as_str()),
        Err(fault) => return Err(fault),
    };
    // What may not be told at all is refused before anything is kept.
    Audience::of(app, channel).await?;
    let now = app.now();
    let day = (now.to_zoned(digest.zone.clone()).date(), edition);
    let mut tx = app.db.begin().await?;
    if !slack::first_delivery(&mut tx, app.workspace.id, delivery, now).await? {
        return Ok(None);
    }
    let workspace = app.workspace.id;
    let id = store::begin_for(&mut tx, workspace, &digest.channel, day, person, now).await?;
    tx.commit().await?;
    let summary = store::find(&app.db, workspace, id).await?.ok_or(Refusal::UnknownAction)?;
    let parts = gather(app, &summary, &digest, channel).await?;
    Ok(Some(message::card(&summary, &parts, digest.verbosity, None).finish().0))
}

/// Shares a summary that a person asked for in the channel where they asked.
pub async fn share(
    app: &App,
    delivery: Option<&str>,
    id: SummaryId,
    person: &PersonId,
) -> Result<()> {
    let (workspace, now) = (app.workspace.id, app.now());
    let summary = store::find(&app.db, workspace, id).await?.ok_or(Refusal::UnknownAction)?;
    let asker = summary.asked_by.ok_or(Refusal::AlreadyShared)?;
    if asker != *person {
        return Err(Refusal::NotTheAsker { asker, command: "/summary now" }.into());
    }
    let mut tx = app.db.begin().await?;
    if slack::first_delivery(&mut tx, workspace, delivery, now).await? {
        if !store::share(&mut tx, workspace, id, now).await? {
            return Err(Refusal::AlreadyShared.into());
        }
        let event = Event {
            workspace,
            at: now,
            actor: Actor::Person(person.clone()),
            act: "summary.shared",
            subject: Subject::new("summary", id),
            details: BTreeMap::new(),
        };
        audit::append(&mut tx, event).await?;
        jobs::enqueue(&mut tx, workspace, Job::ShowSummary { summary: id }).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Has a section told in full in the thread of its summary; where the summary is a person's own, it is
/// answered to them.
pub async fn details(
    app: &App,
    id: SummaryId,
    section: Section,
    person: &PersonId,
) -> Result<Option<Post>> {
    check_reader(app, person).await?;
    let workspace = app.workspace.id;
    let summary = store::find(&app.db, workspace, id).await?.ok_or(Refusal::UnknownAction)?;
    let Some(asker) = summary.asked_by.as_ref().filter(|_| !summary.is_shared) else {
        let mut tx = app.db.begin().await?;
        let job = Job::ShowSummaryDetails { summary: id, section };
        jobs::enqueue(&mut tx, workspace, job).await?;
        tx.commit().await?;
        return Ok(None);
    };
    if asker != person {
        let asker = asker.clone();
        return Err(Refusal::NotTheAsker { asker, command: "/summary now" }.into());
    }
    let channel = app.slack.channel_named(&summary.channel).await?;
    let channel = channel.map_or_else(|| ChannelId(summary.channel.clone()), |found| found.id);
    let digest = digest_of(app, &summary.channel);
    let span = Span::of(&digest, summary.edition, summary.day, app.now())?;
    let mut audience = Audience::of(app, &channel).await?;
    let part = sections::read(&records(app), section, &span, &mut audience).await?;
    Ok(Some(message::details(&summary, &part).finish().0))
}

/// Makes Slack show a section in full, below each place where its summary stands.
pub async fn show_details(app: &App, id: SummaryId, section: Section) -> Result<()> {
    let (db, workspace) = (&app.db, app.workspace.id);
    let Some(summary) = store::find(db, workspace, id).await? else { return Ok(()) };
    let digest = digest_of(app, &summary.channel);
    let span = Span::of(&digest, summary.edition, summary.day, app.now())?;
    for shown in slack::places(db, workspace, &message::subject(&summary)).await? {
        let mut audience = Audience::of(app, &shown.place.channel).await?;
        let part = sections::read(&records(app), section, &span, &mut audience).await?;
        let card = message::details(&summary, &part).finish();
        let place = Place { thread: Some(shown.ts), ..shown.place };
        let subject = format!("{}/{}", message::subject(&summary), section.name());
        slack::show_card(db, &app.slack, &app.clock, workspace, &subject, &place, &card).await?;
    }
    Ok(())
}

/// What a summary says to those who are in a channel.
pub(super) async fn gather(
    app: &App,
    summary: &Summary,
    digest: &Digest,
    channel: &ChannelId,
) -> Result<Vec<Part>> {
    let mut audience = Audience::of(app, channel).await?;
    let span = Span::of(digest, summary.edition, summary.day, app.now())?;
    let late = lateness(summary.due_at, summary.made_at);
    let is_too_late = late.is_some_and(|late| late.as_hours() >= TOO_LATE_HOURS);
    let mut parts = Vec::new();
    for section in &digest.sections {
        if is_too_late && !matches!(section, Section::Waiting | Section::Alerts | Section::Data) {
            continue;
        }
        parts.push(sections::read(&records(app), *section, &span, &mut audience).await?);
    }
    Ok(parts)
}

/// Where this process reads them.
pub(super) fn records(app: &App) -> Records<'_> {
    Records { db: &app.db, workspace: app.workspace.id, manifest: &app.manifest }
}

/// Guests are let into some channels only, and a summary tells of many.
async fn check_reader(app: &App, person: &PersonId) -> Result<()> {
    match reviews::is_member(app, person).await? {
        true => Ok(()),
        false => Err(Refusal::OnlyMembersReadSummaries.into()),
    }
}
