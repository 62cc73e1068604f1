//! `/countersign audit CARD`: what was recorded about a card, for those who may read the card.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::grammar::CardName;
use crate::app::App;
use crate::error::{Refusal, Result};
use crate::history::{self, History};
use crate::ids::{ChannelId, PersonId};
use crate::reviews;
use crate::slack::{Post, Profile, SlackError};

/// How long Slack may take to say who asks. It waits three seconds for the answer.
const A_MOMENT: Duration = Duration::from_secs(2);

/// What was recorded about a card, in sentences, in the time of whoever asks.
///
/// # Errors
///
/// Refuses those who may not read the card where it is.
pub async fn record(app: &App, card: &CardName, person: &PersonId) -> Result<Post> {
    let history = history::find(&app.db, app.workspace.id, card).await?;
    let channel = channel_of(app, &history, card).await?;
    let asked = tokio::time::timeout(A_MOMENT, reader(app, person, &channel)).await;
    let Ok(Ok((profile, is_in_reach))) = asked else {
        let sentence =
            "Slack did not say whether you may read that card. Ask again in a minute.".to_owned();
        return Err(Refusal::Missing(sentence).into());
    };
    if !is_in_reach && !history.has_acted(person) {
        let sentence = "That card is in a channel that you are not in. Ask somebody there to invite you, and ask again.";
        return Err(Refusal::Missing(sentence.to_owned()).into());
    }
    let zone = profile.zone.and_then(|zone| TimeZone::get(&zone).ok());
    let zone = zone.unwrap_or_else(|| app.manifest.zone.clone());
    Ok(history::post(&history, &zone))
}

/// Where the card is.
async fn channel_of(app: &App, history: &History, card: &CardName) -> Result<ChannelId> {
    let review = match history.review {
        Some(review) => reviews::find(&app.db, app.workspace.id, review).await?,
        None => None,
    };
    match (review, card) {
        (Some(review), _) => Ok(review.channel),
        (None, CardName::Message(channel, _)) => Ok(channel.clone()),
        (None, CardName::Review(_)) => Err(Refusal::NoSuchReview.into()),
    }
}

/// Who asks, and whether what is in the channel is for them to read: in a public one it is for every
/// member of the workspace, elsewhere and for guests only for who is in it.
async fn reader(
    app: &App,
    person: &PersonId,
    channel: &ChannelId,
) -> Result<(Profile, bool), SlackError> {
    let (profile, place) =
        tokio::try_join!(app.slack.person(person), app.slack.conversation(channel))?;
    let is_outside = profile.is_guest || profile.is_stranger;
    let is_open = !place.is_private && !place.is_im && !is_outside;
    let is_in_reach = is_open || app.slack.members(channel).await?.contains(person);
    Ok((profile, is_in_reach))
}
