//! What people read about releases.

use jiff::Timestamp;

use super::dispatch::store;
use super::{Dispatch, Event, Release, Released, SinkKind, State};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{DispatchId, ReviewId};
use crate::reviews::{self, Review};
use crate::slack::{self, Button, Card, Place, Post, SlackError, date, escape};

/// How far a release came, in markup: a line for each message about it.
pub fn in_words(released: &Released) -> Vec<String> {
    released.dispatches.iter().map(how_far).collect()
}

/// The buttons with which what did not arrive is sent again.
pub fn buttons(released: &Released) -> Vec<Button> {
    released.dispatches.iter().filter(|one| is_dead(one)).map(again).collect()
}

/// Makes Slack show, in the card's thread, what did not arrive and what came of it since.
pub async fn show(app: &App, dispatch: DispatchId) -> Result<()> {
    let Some((release, dispatch)) = store::find(&app.db, app.workspace.id, dispatch).await? else {
        return Ok(());
    };
    let subject = format!("dispatch:{}", dispatch.id);
    below_the_card(app, release.review, &subject, &undelivered(&release, &dispatch)).await
}

/// Says, in the card's thread, that something was not released because it had been changed.
pub async fn show_refused(app: &App, review: ReviewId) -> Result<()> {
    let Some(found) = reviews::find(&app.db, app.workspace.id, review).await? else {
        return Ok(());
    };
    let subject = format!("release_refused:{review}");
    below_the_card(app, review, &subject, &refused(&found)).await?;
    reviews::remark(app, review, "Not released: what is stored is not what was decided on.").await
}

/// Something that did not arrive: what, where to, why, and the way to try again.
fn undelivered(release: &Release, dispatch: &Dispatch) -> Post {
    let what = what(release);
    let (message, name) = match dispatch.event {
        Event::Released => (format!("the release of {what}"), "The release"),
        Event::Revoked => (format!("that {what} was called back"), "The revocation"),
    };
    let to = receiver(dispatch);
    let attempts = match dispatch.attempts {
        1 => "one attempt".to_owned(),
        attempts => format!("{attempts} attempts"),
    };
    let card = match &dispatch.state {
        State::Dead { error, .. } => Card::new(format!("{name} was not delivered: {error}"))
            .section(format!(
                ":warning: *Not delivered*: {to} did not get {message}.\nAfter {attempts}: {}.",
                escape(error)
            ))
            .actions([again(dispatch)]),
        State::Waiting { .. } => Card::new(format!("{name} is being sent again."))
            .section(format!("{name} of {what} is being sent to {to} again.")),
        State::Delivered { at: when } => Card::new(format!("{name} was delivered after all."))
            .section(format!(
                ":white_check_mark: *Delivered after all*: {to} got {message} {}, after {attempts}.",
                at(*when)
            )),
        State::Cancelled { .. } => Card::new(format!("{name} is not sent any more."))
            .section(format!("{to} is not sent {message} any more: it was called back.")),
    };
    card.finish().0
}

fn refused(review: &Review) -> Post {
    let sentence = format!(
        ":no_entry: *Not released*: what is stored of “{}” is not what was decided on, so it did not leave the house. Whoever runs Countersign can find out who changed it; a new revision needs new decisions.",
        escape(&review.title)
    );
    Card::new("Not released: the text is not the one that was decided on.")
        .section(sentence)
        .finish()
        .0
}

/// Posts below the card of a review, or, where none is to be found, where its subject was asked for.
/// A public channel is entered for that.
async fn below_the_card(app: &App, review: ReviewId, subject: &str, post: &Post) -> Result<()> {
    let workspace = app.workspace.id;
    let Some(review) = reviews::find(&app.db, workspace, review).await? else { return Ok(()) };
    let card = reviews::subject(review.subject, review.subject_id);
    let shown = slack::places(&app.db, workspace, &card).await?;
    let shown = shown.into_iter().find(|one| one.place.channel == review.channel);
    let thread = match shown {
        Some(shown) => Some(shown.place.thread.unwrap_or(shown.ts)),
        None => review.thread.clone(),
    };
    let place = Place { channel: review.channel.clone(), thread };
    let show = || slack::show(&app.db, &app.slack, &app.clock, workspace, subject, &place, post);
    match show().await {
        Err(Error::Fault(fault))
            if is_outside(&fault) && app.slack.join(&place.channel).await.is_ok() =>
        {
            show().await?;
        }
        shown => {
            shown?;
        }
    }
    Ok(())
}

fn is_outside(fault: &anyhow::Error) -> bool {
    fault.downcast_ref::<SlackError>().is_some_and(|error| error.is("not_in_channel"))
}

fn how_far(dispatch: &Dispatch) -> String {
    let to = receiver(dispatch);
    match (&dispatch.state, dispatch.sink) {
        (State::Delivered { at: when }, SinkKind::Webhook) if dispatch.event == Event::Revoked => {
            format!("Told {to} of the revocation {}", at(*when))
        }
        (State::Waiting { error: None, .. }, _) => format!("On its way to {to}"),
        (State::Waiting { error: Some(error), next_at: Some(next) }, _) => {
            format!("Not delivered yet: {}; next attempt {}", escape(error), at(*next))
        }
        (State::Waiting { error: Some(error), next_at: None }, _) => {
            format!("Not delivered yet: {}", escape(error))
        }
        (State::Delivered { at: when }, SinkKind::Webhook) => {
            format!("Delivered to {to} {}", at(*when))
        }
        (State::Delivered { at: when }, SinkKind::Outbox) => {
            format!("Written to {to} {}", at(*when))
        }
        (State::Dead { error, .. }, _) => {
            format!(":warning: Not delivered, and given up: {}", escape(error))
        }
        (State::Cancelled { .. }, _) if dispatch.attempts == 0 => {
            format!("Not sent to {to}: it was called back before")
        }
        (State::Cancelled { .. }, _) => format!("Not sent to {to} any more: it was called back"),
    }
}

fn receiver(dispatch: &Dispatch) -> String {
    match (dispatch.sink, &dispatch.address) {
        (SinkKind::Webhook, Some(host)) => format!("`{}`", escape(host)),
        (SinkKind::Webhook, None) => "the webhook".to_owned(),
        (SinkKind::Outbox, Some(file)) => format!("the file `{}`", escape(file)),
        (SinkKind::Outbox, None) => "a file in the outbox".to_owned(),
    }
}

fn what(release: &Release) -> String {
    format!("the {} “{}” (revision {})", release.subject, escape(&release.title), release.number)
}

fn is_dead(dispatch: &Dispatch) -> bool {
    matches!(dispatch.state, State::Dead { .. })
}

fn again(dispatch: &Dispatch) -> Button {
    Button::new("Send again", "release.send_again").value(dispatch.id)
}

fn at(when: Timestamp) -> String {
    date(when, &when.strftime("%-d %b %Y, %H:%M UTC").to_string())
}
