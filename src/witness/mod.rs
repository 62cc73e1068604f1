//! People as witnesses: each day's checkpoint of the audit trail goes to a channel, and to a file.
//!
//! Nothing inside the database can show that its history was rewritten by someone who has the signing
//! key, or that its tail was cut off. A checkpoint that people already have can. So the manifest names
//! a channel, and each day's checkpoint is posted there, word for word as it was signed, with how to
//! verify the trail against it. The copies in Slack, and in the file if one is named, are out of the
//! reach of whoever can write to the database.
//!
//! **Invariant:** a day has one checkpoint. It is chosen before it is shown anywhere, so that the
//! channel and the file have the same one however often the job runs.

mod file;
mod message;
mod store;

use std::collections::BTreeMap;

use anyhow::{Context, anyhow};
use jiff::civil::Date;

use crate::app::App;
use crate::audit::{self, Actor, Checkpoint, Event, Subject, Value};
use crate::error::Result;
use crate::ids::ChannelId;
use crate::jobs::{self, Job};
use crate::slack::{self, Place};

/// Posts the checkpoint of a day, once, and adds it to the file.
pub async fn publish(app: &App, day: Date) -> Result<()> {
    let Some(witness) = &app.manifest.audit else { return Ok(()) };
    let Some(note) = of_day(app, day).await? else { return Ok(()) };
    let checkpoint = Checkpoint::open(&note, app.signer.keys())
        .map_err(|why| anyhow!("the checkpoint of {day} does not count: {why}"))?;

    if let Some(file) = &witness.file {
        let (file, note) = (file.clone(), note.clone());
        let kept = tokio::task::spawn_blocking(move || file::keep(&file, &note)).await?;
        if let Err(error) = kept {
            tracing::error!(
                "the day's checkpoint is in no file: {error:#}; mend the path `file` under [audit] in the manifest"
            );
        }
    }

    let channel = match app.slack.channel_to_post_in(&witness.channel).await {
        Ok(channel) => channel.id,
        Err(error) => {
            tracing::error!(
                "the day's checkpoint cannot be posted in {}: {}",
                witness.channel,
                error.remedy().unwrap_or_else(|| error.to_string())
            );
            return Err(anyhow::Error::new(error).context("finding the audit channel").into());
        }
    };
    let subject = format!("checkpoint:{day}");
    let place = Place::channel(channel.clone());
    let card = message::card(&checkpoint, day).finish();
    slack::show_card(&app.db, &app.slack, &app.clock, app.workspace.id, &subject, &place, &card)
        .await?;
    record(app, day, &checkpoint, &channel).await
}

/// Has the first checkpoint posted now, where none ever was.
pub async fn begin(app: &App) -> Result<()> {
    if app.manifest.audit.is_none() || store::is_any(&app.db, app.workspace.id).await? {
        return Ok(());
    }
    let day = app.manifest.zone.to_datetime(app.now()).date();
    let mut tx = app.db.begin().await?;
    jobs::enqueue(&mut tx, app.workspace.id, Job::PostCheckpoint { day }).await?;
    tx.commit().await?;
    Ok(())
}

/// The checkpoint of a day, unless it is published already, or nothing was ever recorded.
async fn of_day(app: &App, day: Date) -> Result<Option<String>> {
    // What was recorded until now belongs into it. Where another process is sealing, it is in the next.
    audit::sequence(&app.db, &app.signer).await?;
    let mut tx = app.db.begin().await?;
    let newest = audit::latest_checkpoint(&mut tx, app.signer.keys()).await?;
    let Some(newest) = newest else { return Ok(None) };
    let day = store::choose(&mut tx, app.workspace.id, day, &newest.note).await?;
    tx.commit().await?;
    Ok(day.filter(|day| !day.is_published).map(|day| day.note))
}

async fn record(app: &App, day: Date, checkpoint: &Checkpoint, channel: &ChannelId) -> Result<()> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    if !store::mark_published(&mut tx, app.workspace.id, day, now).await? {
        return Ok(());
    }
    let entries = i64::try_from(checkpoint.size).context("counting entries")?;
    let event = Event {
        workspace: app.workspace.id,
        at: now,
        actor: Actor::Bot,
        act: "checkpoint.published",
        subject: Subject::new("checkpoint", day),
        details: BTreeMap::from([
            ("channel", Value::id(channel)),
            ("entries", entries.into()),
            ("root", Value::hash(&checkpoint.root())),
        ]),
    };
    audit::append(&mut tx, event).await?;
    tx.commit().await?;
    tracing::info!(checkpoint.entries = entries, "the day's checkpoint was posted");
    Ok(())
}
