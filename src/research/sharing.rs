//! Answers that one person may read: they come as a direct message, and what a channel may see of them
//! can be shared there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use sqlx::PgConnection;

use super::answering::open_review;
use super::audience::{self, Audience};
use super::prepared::Prepared;
use super::{AGENT, Finding, Question, Run, event, message, store};
use crate::app::App;
use crate::audit::{self, Actor, Value};
use crate::config::SubjectKind;
use crate::error::{Refusal, Result};
use crate::evidence;
use crate::ids::{ChannelId, FindingId, PersonId};
use crate::jobs::{self, Job};
use crate::reviews::{self, Review};
use crate::slack::{self, Input, Modal, Place, Post};

/// The form that asks where to, and its input.
pub const SHARE: &str = "answer.share";
pub const CHANNEL: &str = "channel";

/// An answer that one person may read.
#[derive(Clone, Debug)]
pub struct Kept {
    pub run: Run,
    pub finding: Finding,
    /// Where it was shared.
    pub shared_in: Option<ChannelId>,
}

/// Keeps a finding for the asker.
pub(super) async fn keep(
    app: &App,
    tx: &mut PgConnection,
    run: &Run,
    id: FindingId,
    finding: &Finding,
) -> Result<()> {
    let bytes = serde_json::to_vec(finding)?;
    store::keep_private(tx, app.workspace.id, id, &bytes).await?;
    jobs::enqueue(tx, app.workspace.id, Job::ShowAnswer { finding: id }).await?;
    jobs::enqueue(tx, app.workspace.id, Job::ShowRun { run: run.id }).await?;
    Ok(())
}

/// Makes Slack show an answer to the one person who may read it.
pub async fn show_answer(app: &App, id: FindingId) -> Result<()> {
    let subject = format!("answer:{id}");
    let Some(kept) = store::kept(&app.db, app.workspace.id, id).await? else {
        return take_away(app, &subject).await;
    };
    let asked = &kept.run.question;
    let audience = audience::of(app, &asked.channel).await?;
    let place = match audience {
        Audience::One => kept.run.place(),
        _ => Place::channel(app.slack.direct(&asked.person).await?),
    };
    let card = message::private_answer(&kept, id, &audience);
    let (db, clock, workspace) = (&app.db, &app.clock, app.workspace.id);
    let is_new = slack::places(db, workspace, &subject).await?.is_empty();
    slack::show_card(db, &app.slack, clock, workspace, &subject, &place, &card.finish()).await?;
    if is_new && place.channel != asked.channel {
        let post = Post::sentence(ELSEWHERE);
        let (channel, thread) = (&asked.channel, asked.thread.as_ref());
        // The answer itself is there, and Slack says so too.
        if let Err(error) = app.slack.post_ephemeral(channel, thread, &asked.person, &post).await {
            tracing::warn!("a person could not be told where their answer is: {error}");
        }
    }
    Ok(())
}

/// The answer was erased.
async fn take_away(app: &App, subject: &str) -> Result<()> {
    let workspace = app.workspace.id;
    for shown in slack::places(&app.db, workspace, subject).await? {
        slack::remove(&app.db, &app.slack, workspace, subject, &shown.place).await?;
    }
    Ok(())
}

const ELSEWHERE: &str = "Your answer is in our direct messages: it rests on sources that not everybody here may see. There you can share what may be shown.";

/// The form that asks in which channel to share it: the one it was asked in, at first.
pub async fn share_form(app: &App, id: FindingId, person: &PersonId) -> Result<Modal> {
    let kept = of_asker(app, id, person).await?;
    let asked_in = &kept.run.question.channel;
    let audience = audience::of(app, asked_in).await?;
    let input = Input::channel(CHANNEL, "Channel").hint(
        "Only what everybody there may see is shown; the rest is left out, and the card says so.",
    );
    let input = if audience.is_one() { input } else { input.chosen_channel(asked_in) };
    Ok(Modal::new(SHARE, "Share this answer")
        .submit("Share")
        .private_metadata(id.to_string())
        .section("It is put up there for a decision, as every finding is.")
        .block(input))
}

/// Puts up in a channel what it may see of an answer. Rights and masks are those of now.
pub async fn share(
    app: &App,
    delivery: Option<&str>,
    id: FindingId,
    person: &PersonId,
    channel: &ChannelId,
) -> Result<()> {
    let kept = of_asker(app, id, person).await?;
    let audience = audience::of(app, channel).await?;
    if audience.is_one() {
        return Err(Refusal::ReadByOthers.into());
    }
    let workspace = app.workspace.id;
    let sources = evidence::sources(&app.db, workspace).await?;
    let own = audience::rights_of(app, person, &sources).await?;
    let seen: BTreeSet<&str> = sources
        .iter()
        .filter(|source| audience.may_see(source) && own.include(source))
        .map(|source| source.name.as_str())
        .collect();

    let mut finding = kept.finding;
    let quotes = finding.quotes().count();
    finding.keep_sources(&seen);
    finding.left_out = (quotes - finding.quotes().count()) as u64;
    if finding.left_out > 0 {
        let documents = sources.iter().filter(|source| seen.contains(source.name.as_str()));
        finding.searched = documents.map(|source| source.documents.unsigned_abs()).sum();
    }
    if finding.quotes().count() == 0 {
        return Err(Refusal::NothingToShare.into());
    }
    let prepared = Prepared::new(app, &finding, &json!(kept.run.id)).await?;

    // In the place of the question, the thread is kept; elsewhere there is none.
    let asked = &kept.run.question;
    let thread = asked.thread.clone().filter(|_| asked.channel == *channel);
    let question = Question { channel: channel.clone(), thread, ..asked.clone() };
    let run = Run { question, ..kept.run };

    let now = app.now();
    let mut tx = app.db.begin().await?;
    if !slack::first_delivery(&mut tx, workspace, delivery, now).await? {
        return Ok(());
    }
    if !store::share(&mut tx, workspace, id, channel, now).await? {
        return Err(Refusal::AlreadyShared.into());
    }
    let details = BTreeMap::from([
        ("run", Value::id(run.id)),
        ("channel", Value::id(channel)),
        ("agent", Value::name(AGENT)),
        ("left_out", i64::try_from(finding.left_out)?.into()),
    ]);
    let actor = Actor::Person(person.clone());
    audit::append(&mut tx, event(app, actor, "finding.shared", "finding", id.0, details)).await?;
    open_review(app, &mut tx, &run, id, &prepared).await?;
    jobs::enqueue(&mut tx, workspace, Job::ShowAnswer { finding: id }).await?;
    tx.commit().await?;
    tracing::info!(finding.id = id.0, "an answer was shared");
    Ok(())
}

/// What was answered before in the conversation that `question` goes on, as far as those who will read
/// the answer to it may read that: what was put up there, or, where the answer is for the asker alone,
/// what they alone have.
pub(super) async fn answered(
    app: &App,
    id: FindingId,
    question: &Question,
    is_private: bool,
) -> Result<Option<Finding>> {
    if let Some((review, finding)) = put_up(app, id).await?
        && review.channel == question.channel
    {
        return Ok(Some(finding));
    }
    if !is_private {
        return Ok(None);
    }
    let kept = store::kept(&app.db, app.workspace.id, id).await?;
    Ok(kept.filter(|kept| kept.run.question.person == question.person).map(|kept| kept.finding))
}

/// A finding as it stands now, and the review that it was put up in.
async fn put_up(app: &App, id: FindingId) -> Result<Option<(Review, Finding)>> {
    let workspace = app.workspace.id;
    let review = reviews::of_subject(&app.db, workspace, SubjectKind::Finding, id.0).await?;
    let Some(review) = review else { return Ok(None) };
    let Some(review) = reviews::find(&app.db, workspace, review).await? else { return Ok(None) };
    let content = reviews::content(&app.db, workspace, review.revision).await?;
    let finding = Finding::from_bytes(&content.bytes)?;
    Ok(Some((review, finding)))
}

/// A finding as one person reads it: whoever asked alone reads the whole of it, also after it was
/// shared.
pub(super) async fn content_for(
    app: &App,
    id: FindingId,
    person: &PersonId,
) -> Result<Option<Finding>> {
    match store::kept(&app.db, app.workspace.id, id).await? {
        Some(kept) if kept.run.question.person == *person => Ok(Some(kept.finding)),
        Some(kept) if kept.shared_in.is_none() => {
            let asker = kept.run.question.person;
            Err(Refusal::NotTheAsker { asker, command: "/research" }.into())
        }
        _ => Ok(put_up(app, id).await?.map(|(_, finding)| finding)),
    }
}

async fn of_asker(app: &App, id: FindingId, person: &PersonId) -> Result<Kept> {
    let kept = store::kept(&app.db, app.workspace.id, id).await?;
    let kept = kept.ok_or(Refusal::UnknownAction)?;
    let asker = &kept.run.question.person;
    if asker != person {
        return Err(Refusal::NotTheAsker { asker: asker.clone(), command: "/research" }.into());
    }
    if kept.shared_in.is_some() {
        return Err(Refusal::AlreadyShared.into());
    }
    Ok(kept)
}
