//! The content agent at work: the drafts of a campaign, one after the other, each put up as soon as it
//! is written.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::campaign::{self, Campaign, State};
use super::compose::{Aim, Piece, Variant, prepare};
use super::draft::{Draft, Prepared};
use super::{AGENT, overview, store};
use crate::app::App;
use crate::audit::{self, Actor, Subject, Value};
use crate::brand::Sent;
use crate::config::SubjectKind;
use crate::error::Result;
use crate::ids::CampaignId;
use crate::jobs::{self, Job};
use crate::reviews::{self, Author, Opening};
use crate::slack::{self, Place};

/// How often it is looked whether somebody stopped it.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long what was sent is remembered as sent lately, and how much of it.
const LATELY: SignedDuration = SignedDuration::from_hours(60 * 24);
const MOST_SENT: i64 = 500;

/// Writes the next draft that a campaign misses, and has the one after it written by a job of its own, so
/// that a long campaign keeps nobody's question waiting.
pub async fn write(app: &App, id: CampaignId) -> Result<()> {
    let workspace = app.workspace.id;
    if !store::begin(&app.db, workspace, id).await? {
        return Ok(());
    }
    let campaign = campaign::find(app, id).await?;
    let Some(thread) = overview::begin(app, &campaign).await? else {
        let remark =
            "I am not in that channel. Type /invite @Countersign there, and press Try again.";
        return campaign::fail(app, id, remark).await;
    };
    let place = Place { thread, ..campaign.place.clone() };
    let there = store::drafts_of(&app.db, workspace, id).await?;
    let is_there = |channel: &str, audience: &str| {
        there.iter().any(|one| one.channel == channel && one.audience == audience)
    };
    let next = campaign.brief.wanted().find(|(channel, audience)| !is_there(channel, audience));
    if let Some((channel, audience)) = next {
        overview::announce(app, &campaign, &place, channel, audience).await?;
        let written = tokio::select! {
            written = versions(app, &campaign, channel, audience) => written?,
            () = stopped(app, id) => return Ok(()),
        };
        return match written {
            Ok(versions) => put_up(app, &campaign, &place, versions).await,
            Err(sentence) => campaign::fail(app, id, &sentence).await,
        };
    }
    let mut tx = app.db.begin().await?;
    if store::end(&mut tx, workspace, id, &State::Done, app.now()).await? {
        jobs::enqueue(&mut tx, workspace, Job::ShowCampaign { campaign: id }).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The versions of one draft, or the sentence that says why there are none.
async fn versions(
    app: &App,
    campaign: &Campaign,
    channel: &str,
    audience: &str,
) -> Result<Result<Vec<Piece>, String>> {
    let agent = campaign::agent(app)?;
    let sent = sent_lately(app).await?;
    let mut versions: Vec<Piece> = Vec::new();
    for variant in Variant::ALL.into_iter().take(campaign.versions.into()) {
        let aim =
            Aim::new(&app.brand, &campaign.brief, channel, audience, variant, super::today(app));
        let aim = match aim {
            Ok(aim) => Aim { sent: &sent, ..aim },
            Err(sentence) => return Ok(Err(sentence)),
        };
        let piece = prepare(app, &campaign.subject(), agent, &aim).await?;
        // What the kit approves may not be enough for several that differ.
        if versions.iter().all(|other| other.text() != piece.text()) {
            versions.push(piece);
        }
    }
    Ok(Ok(versions))
}

/// What was sent lately, which nothing new should repeat.
pub(super) async fn sent_lately(app: &App) -> Result<Vec<Sent>> {
    let since: Timestamp = app.now() - LATELY;
    let sent = store::sent_since(&app.db, app.workspace.id, since, MOST_SENT).await?;
    Ok(sent.iter().map(|(title, text)| Sent::new(title, text)).collect())
}

/// Puts a draft up for a decision, once.
async fn put_up(app: &App, campaign: &Campaign, place: &Place, versions: Vec<Piece>) -> Result<()> {
    let Some(first) = versions.first() else { return Ok(()) };
    let sent = sent_lately(app).await?;
    let aim = super::aim(app, campaign, first).map_err(anyhow::Error::msg)?;
    let aim = Aim { sent: &sent, ..aim };
    let draft = Draft::new(&app.brand, &campaign.brief, first.clone());
    let prepared = Prepared::new(&aim, campaign.id, draft)?;

    let mut tx = app.db.begin().await?;
    let id = store::insert_draft(&mut tx, app.workspace.id, campaign.id, &versions).await?;
    let Some(id) = id else { return Ok(()) };
    let details = BTreeMap::from([
        ("campaign", Value::id(campaign.id)),
        ("channel", Value::id(&place.channel)),
        ("kit", Value::name(&first.kit)),
        ("versions", i64::try_from(versions.len())?.into()),
        ("requested_by", Value::id(&campaign.requested_by)),
    ]);
    let event = audit::Event {
        workspace: app.workspace.id,
        at: app.now(),
        actor: Actor::Agent(AGENT.to_owned()),
        act: "draft.made",
        subject: Subject::new(SubjectKind::Draft.name(), id),
        details,
    };
    audit::append(&mut tx, event).await?;
    let opening = Opening {
        subject: SubjectKind::Draft,
        subject_id: id.0,
        title: prepared.title(),
        agent: Some(AGENT),
        requested_by: &campaign.requested_by,
        channel: &place.channel,
        thread: place.thread.as_ref(),
    };
    reviews::open(app, &mut tx, &opening, &prepared.written(Author::Agent(AGENT))).await?;
    // The message that said what was done becomes the card.
    let card = reviews::subject(SubjectKind::Draft, id.0);
    let announced = campaign.announced(&first.channel, &first.audience);
    slack::pass_on(&mut tx, app.workspace.id, &announced, &card).await?;
    jobs::enqueue(&mut tx, app.workspace.id, Job::WriteDrafts { campaign: campaign.id }).await?;
    jobs::enqueue(&mut tx, app.workspace.id, Job::ShowCampaign { campaign: campaign.id }).await?;
    tx.commit().await?;
    tracing::info!(draft.id = id.0, campaign.id = campaign.id.0, "a draft was put up");
    Ok(())
}

/// Returns when the campaign was stopped.
async fn stopped(app: &App, id: CampaignId) {
    loop {
        tokio::time::sleep(PATIENCE).await;
        match store::begin(&app.db, app.workspace.id, id).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!("it could not be read whether a campaign was stopped: {error}");
            }
        }
    }
}
