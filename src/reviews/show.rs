//! What Slack shows of a review: its card, the card's copies, and what is told in its thread.
//!
//! All of it is a function of the review's state, made anew each time: the card is updated in place,
//! and each message in the thread has a subject of its own, so that it is posted once and follows
//! what becomes of it. An edited message calls nobody a second time.

use super::message::{self, Shown, at, needed, people};
use super::{Review, State, delegation, standing, store};
use crate::app::App;
use crate::config::Tell;
use crate::error::{Error, Refusal, Result};
use crate::ids::{MessageTs, PersonId, ReviewId};
use crate::slack::{
    self, Button, Card, Element, Place, Post, SlackError, channel_link, cut, escape, mention,
    usergroup,
};

/// Where a card belongs, and who waits for it.
#[derive(Clone, Debug)]
pub struct Sent<'a> {
    /// What it shows, like `finding:12`.
    pub subject: &'a str,
    pub place: Place,
    pub title: &'a str,
    pub requested_by: &'a PersonId,
    /// The review that shows it again, where there is one.
    pub review: Option<ReviewId>,
}

/// Which people can word a kind of subject anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wording {
    pub by_deciders: bool,
    pub by_requester: bool,
}

/// What other rooms put on the card of a review: lines under how it stands, and a row of buttons under
/// those that decide.
#[derive(Clone, Default, Debug)]
pub struct Beside {
    pub lines: Vec<String>,
    pub buttons: Vec<Element>,
    /// Those who decide are called once for several reviews, by whoever opened them.
    pub are_called_together: bool,
}

/// Makes Slack show a review as it stands: under `body`, which shows its subject.
pub async fn show(
    app: &App,
    review: &Review,
    body: Card,
    wording: Wording,
    release: Option<&str>,
    beside: &Beside,
) -> Result<()> {
    let workspace = app.workspace.id;
    let content = store::content(&app.db, workspace, review.revision).await?;
    let before = store::text_before(&app.db, workspace, review).await?;
    let requests = store::requests(&app.db, workspace, review.id).await?;
    let delegations = relevant_delegations(app, review).await?;
    let shown = Shown {
        review,
        content: &content,
        before: before.as_deref(),
        requests: &requests,
        delegations: &delegations,
        release,
        wording,
        beside,
        now: app.now(),
    };
    let card = shown.under(body).finish();

    let subject = super::subject(review.subject, review.subject_id);
    let place = Place { channel: review.channel.clone(), thread: review.thread.clone() };
    let sent = Sent {
        subject: &subject,
        place: place.clone(),
        title: &review.title,
        requested_by: &review.requested_by,
        review: Some(review.id),
    };
    let ts = post(app, &sent, &card).await?;
    store::shown(&app.db, workspace, review.id, review.revision, app.now()).await?;
    show_copies(app, review, &subject, &card).await?;
    if let Some(ts) = ts {
        let thread = Place { thread: Some(review.thread.clone().unwrap_or(ts)), ..place };
        tell_in_thread(app, review, &thread, beside.are_called_together).await?;
        tell_of_revocation(app, review).await?;
    }
    Ok(())
}

/// What the newest revision of a review changed, to be read by one person.
pub async fn changes_card(app: &App, review: ReviewId) -> Result<Post> {
    let workspace = app.workspace.id;
    let review = store::find(&app.db, workspace, review).await?.ok_or(Refusal::NoSuchReview)?;
    let before = store::text_before(&app.db, workspace, &review).await?;
    let now = store::content(&app.db, workspace, review.revision).await?.text;
    Ok(message::changes_post(&review.title, review.number, before.as_deref(), &now))
}

/// Shows a card where it belongs. A public channel is entered for that; when a channel cannot be
/// reached, the person who asked is told what to do about it, and there is no message.
pub async fn post(
    app: &App,
    sent: &Sent<'_>,
    card: &(Post, Vec<Post>),
) -> Result<Option<MessageTs>> {
    let workspace = app.workspace.id;
    let shown = show_entering(app, sent.subject, &sent.place, card).await;
    let told = format!("{}:unreachable", sent.subject);
    let tell = async |place: &Place, post: Post| {
        slack::show(&app.db, &app.slack, &app.clock, workspace, &told, place, &post).await
    };
    match shown {
        Err(Error::Fault(fault)) if is_unreachable(&fault) => {
            let direct = Place::channel(app.slack.direct(sent.requested_by).await?);
            tell(&direct, unreachable(sent)).await?;
            Ok(None)
        }
        Err(error) => Err(error),
        Ok(ts) => {
            for earlier in slack::places(&app.db, workspace, &told).await? {
                tell(&earlier.place, reached(sent)).await?;
            }
            Ok(Some(ts))
        }
    }
}

async fn show_entering(
    app: &App,
    subject: &str,
    place: &Place,
    card: &(Post, Vec<Post>),
) -> Result<MessageTs> {
    let show = || {
        slack::show_card(&app.db, &app.slack, &app.clock, app.workspace.id, subject, place, card)
    };
    match show().await {
        Err(Error::Fault(fault))
            if is_unreachable(&fault) && app.slack.join(&place.channel).await.is_ok() =>
        {
            show().await
        }
        shown => shown,
    }
}

/// The same card in the channels that the policy names; one that cannot be reached is logged, for
/// the card itself stands.
async fn show_copies(
    app: &App,
    review: &Review,
    subject: &str,
    card: &(Post, Vec<Post>),
) -> Result<()> {
    for name in &review.terms.show_in {
        let channel = match app.slack.channel_to_post_in(name).await {
            Ok(conversation) if conversation.id == review.channel => continue,
            Ok(conversation) => conversation.id,
            Err(error) => {
                tracing::error!(
                    channel.name = name,
                    "a policy shows copies in a channel that cannot be reached; invite the bot there, or name another one in the manifest: {error}"
                );
                continue;
            }
        };
        match show_entering(app, subject, &Place::channel(channel), card).await {
            Ok(_) => {}
            Err(Error::Fault(fault)) if is_unreachable(&fault) => {
                tracing::error!(
                    channel.name = name,
                    "a policy shows copies in a channel that the bot is not in; type /invite @Countersign there"
                );
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// What is said in the card's thread: that it waits, reminders, how it ended.
async fn tell_in_thread(
    app: &App,
    review: &Review,
    thread: &Place,
    are_called_together: bool,
) -> Result<()> {
    let revision = review.number;
    let subject = |what: &str| format!("review:{}/{what}/{revision}", review.id);
    let deciders = review.terms.tell.contains(&Tell::Deciders);
    if review.state == State::Open {
        let missing: Vec<String> = review.missing().into_iter().map(|need| need.group).collect();
        let since = at(review.asked_at);
        if deciders && review.decisions.is_empty() && !are_called_together {
            let who = called(app, &missing).await?;
            let sentence = format!("{who}: this {} waits for your decision.", review.subject);
            tell(app, &subject("asked"), thread, sentence).await?;
        }
        if review.reminders > 0 {
            let who = called(app, &missing).await?;
            let number = review.reminders;
            let sentence = format!(
                "{who}: this {} still waits for {}, since {since}.",
                review.subject,
                needed(&review.missing())
            );
            tell(app, &subject(&format!("reminder-{number}")), thread, sentence).await?;
        }
        if review.escalated_at.is_some() {
            let who = called(app, &review.terms.escalate_to).await?;
            let sentence = format!(
                "{who}: nobody has decided on this {} since {since}; it needs {}.",
                review.subject,
                needed(&review.missing())
            );
            tell(app, &subject("escalated"), thread, sentence).await?;
        }
    }
    if review.terms.tell.contains(&Tell::Requester) {
        tell_outcome(app, review, &subject("outcome"), thread).await?;
    }
    Ok(())
}

/// One message to whoever asked, which follows what becomes of it.
async fn tell_outcome(app: &App, review: &Review, subject: &str, thread: &Place) -> Result<()> {
    let by: Vec<PersonId> = review.decisions.iter().map(|one| one.person.clone()).collect();
    let by = people(&by);
    let outcome = match review.state {
        // They know already.
        State::Withdrawn { .. } => return Ok(()),
        State::Open => {
            // Only where the end that was told of was taken back.
            if slack::places(&app.db, app.workspace.id, subject).await?.is_empty() {
                return Ok(());
            }
            "the decision was taken back; it waits again".to_owned()
        }
        State::Approved { .. } => match review.release_at() {
            Some(release) if review.terms.hold_s > 0 => {
                format!("approved by {by}; it goes out {}", at(release))
            }
            _ => format!("approved by {by}"),
        },
        State::Released { .. } => format!("approved by {by}, and released"),
        State::ChangesRequested { .. } => format!("{by} asked for changes"),
        State::Rejected { .. } => format!("rejected by {by}"),
        State::Expired { .. } => "nobody decided in time, so it expired".to_owned(),
        State::Revoked { .. } => format!("approved by {by}, released, and revoked"),
    };
    let sentence = format!("{}: {outcome}.", mention(&review.requested_by));
    tell(app, subject, thread, sentence).await
}

/// The channel hears of what is called back, not only the thread.
async fn tell_of_revocation(app: &App, review: &Review) -> Result<()> {
    let State::Revoked { at: when } = review.state else { return Ok(()) };
    let why = review.remark.as_deref().map(|why| format!(": {}", escape(why))).unwrap_or_default();
    let sentence = format!(
        ":rewind: The released {} “{}” was revoked {}{why}. Do not use it any more.",
        review.subject,
        cut::cut_markup(&escape(&review.title), 200),
        at(when)
    );
    let place = Place { channel: review.channel.clone(), thread: None };
    tell(app, &format!("review:{}/revoked", review.id), &place, sentence).await
}

async fn tell(app: &App, subject: &str, place: &Place, sentence: String) -> Result<()> {
    let post = Post::sentence(sentence);
    let (db, workspace) = (&app.db, app.workspace.id);
    slack::show(db, &app.slack, &app.clock, workspace, subject, place, &post).await?;
    Ok(())
}

/// Groups as they are called: user groups by their handle, lists of people one by one.
pub async fn called(app: &App, names: &[String]) -> Result<String> {
    let mut called = Vec::new();
    for name in names {
        called.push(match standing::members(app, name).await {
            Ok((_, Some(group))) => usergroup(&group),
            Ok((members, None)) => people(&members),
            // Better told by its name than not at all.
            Err(Error::Refused(_)) => escape(name),
            Err(fault) => return Err(fault),
        });
    }
    Ok(called.join(" and "))
}

/// The handed-over places that matter for a review: of people whom it asks.
async fn relevant_delegations(app: &App, review: &Review) -> Result<Vec<delegation::Delegation>> {
    if review.state != State::Open {
        return Ok(Vec::new());
    }
    let mut all = delegation::delegations(app).await?;
    if all.is_empty() {
        return Ok(all);
    }
    let mut asked = Vec::new();
    for group in review.group_names() {
        match standing::members(app, &group).await {
            Ok((members, _)) => asked.extend(members),
            Err(Error::Refused(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    all.retain(|one| asked.contains(&one.from) && !review.excludes(&one.from));
    Ok(all)
}

/// To the person who asked, when the channel cannot be reached.
fn unreachable(sent: &Sent<'_>) -> Post {
    let sentence = format!(
        "The answer to “{}” is ready, but I am not in {}. Type `/invite @Countersign` there",
        escape(sent.title),
        channel_link(&sent.place.channel)
    );
    match sent.review {
        Some(review) => {
            let button = Button::new("Post it there now", "review.show_again").value(review);
            let sentence = format!("{sentence}, then press the button.");
            Card::new("Your answer is ready, but I am not in that channel.")
                .section(sentence)
                .actions([button])
                .finish()
                .0
        }
        None => Post::sentence(format!("{sentence}, and ask again.")),
    }
}

/// The same message, once the answer stands where it belongs.
fn reached(sent: &Sent<'_>) -> Post {
    Post::sentence(format!(
        "The answer to “{}” is in {} now.",
        escape(sent.title),
        channel_link(&sent.place.channel)
    ))
}

fn is_unreachable(fault: &anyhow::Error) -> bool {
    fault.downcast_ref::<SlackError>().is_some_and(|error| {
        error.is("not_in_channel") || error.is("channel_not_found") || error.is("is_archived")
    })
}
