//! Pressing: buttons, forms and shortcuts become verbs.
//!
//! What can be pressed is a closed list. A button that is not in it, or that carries a value which
//! is not ours, is refused in words and logged; nothing is guessed.

use crate::app::App;
use crate::commands::grammar::{Command, parse_mention};
use crate::error::{Error, Refusal, Result};
use crate::ids::{ChannelId, DispatchId, PersonId, ReviewId, RevisionId};
use crate::inbox::{APOLOGY, Answer, check_workspace};
use crate::jobs::{self, Job};
use crate::releases;
use crate::research::{self, Question};
use crate::reviews::{self, Ballot, REASON, Verdict};
use crate::slack::inbound::{Interaction, InteractionKind as Kind};
use crate::slack::{Modal, Post, Reply, escape};

/// What a button means.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Action {
    /// Decides at once, or opens the form that asks why.
    Decide { verdict: Verdict, review: ReviewId, saw: RevisionId },
    /// Shows a review again, after its channel could not be reached.
    ShowAgain { review: ReviewId },
    /// Sends a message about a release again that was given up.
    SendAgain { dispatch: DispatchId },
    /// A link: Slack opened it already.
    Link,
}

/// What a form means.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Reason {
    verdict: Verdict,
    review: ReviewId,
    saw: RevisionId,
}

/// Carries out what a person pressed.
pub async fn take(app: &App, interaction: Interaction) -> Result<Answer> {
    let outcome = carry_out(app, &interaction).await;
    let sentence = match &outcome {
        Ok(_) => return outcome,
        // Forms show a sentence as it is, and a mention in it as an id.
        Err(Error::Refused(Refusal::ReviewClosed { state, .. }))
            if interaction.kind == Kind::ViewSubmission =>
        {
            Refusal::ReviewClosed { state, by: None }.to_string()
        }
        Err(Error::Refused(refusal)) => refusal.to_string(),
        Err(Error::Fault(_)) => APOLOGY.to_owned(),
    };
    if interaction.kind == Kind::ViewSubmission {
        return match outcome {
            Err(Error::Refused(_)) => Ok(Answer::Errors(vec![(REASON.to_owned(), sentence)])),
            other => other,
        };
    }
    tell(app, &interaction, sentence);
    outcome
}

async fn carry_out(app: &App, interaction: &Interaction) -> Result<Answer> {
    check_workspace(app, &interaction.tenant)?;
    if interaction.actor.is_external(&interaction.tenant) {
        return Err(Refusal::ForeignWorkspace.into());
    }
    match &interaction.kind {
        Kind::BlockActions => press(app, interaction).await,
        Kind::ViewSubmission => submit(app, interaction).await,
        // Closing a form decides nothing.
        Kind::ViewClosed => Ok(Answer::Nothing),
        Kind::Shortcut | Kind::MessageAction => shortcut(app, interaction).await,
        Kind::Other(kind) => {
            tracing::warn!(interaction.kind = kind, "an unknown kind of interaction was refused");
            Err(Refusal::UnknownAction.into())
        }
    }
}

async fn press(app: &App, interaction: &Interaction) -> Result<Answer> {
    let pressed = interaction.actions.first().ok_or(Refusal::UnknownAction)?;
    let Some(action) = Action::read(&pressed.action_id, pressed.value.as_deref()) else {
        tracing::warn!(action.id = pressed.action_id, "an unknown action was refused");
        return Err(Refusal::UnknownAction.into());
    };
    let person = &interaction.actor.id;
    match action {
        Action::Decide { verdict: Verdict::Approve, review, saw } => {
            let ballot = Ballot { review, saw, verdict: Verdict::Approve, comment: None };
            reviews::decide(app, interaction.dedupe_key().as_deref(), ballot, person).await?;
        }
        Action::Decide { verdict, review, saw } => {
            let review = reviews::check(app, review, saw, person).await?;
            open_form(app, interaction, &reviews::reason_modal(&review, verdict)).await?;
        }
        Action::ShowAgain { review } => {
            let mut tx = app.db.begin().await?;
            jobs::enqueue(&mut tx, app.workspace.id, Job::ShowReview { review }).await?;
            tx.commit().await?;
            tell(app, interaction, TRYING_AGAIN.to_owned());
        }
        Action::SendAgain { dispatch } => releases::send_again(app, dispatch, person).await?,
        Action::Link => {}
    }
    refresh_home(app, interaction, person).await?;
    Ok(Answer::Nothing)
}

async fn submit(app: &App, interaction: &Interaction) -> Result<Answer> {
    let view = interaction.view.as_ref().ok_or(Refusal::UnknownAction)?;
    let Some(form) = Reason::read(&view.callback_id, &view.private_metadata) else {
        tracing::warn!(view.callback_id = view.callback_id, "an unknown form was refused");
        return Err(Refusal::UnknownAction.into());
    };
    let reason = view.values.text(REASON).unwrap_or_default().trim().to_owned();
    if !reason.chars().any(char::is_alphanumeric) {
        return Err(Refusal::ReasonMissing.into());
    }
    let ballot =
        Ballot { review: form.review, saw: form.saw, verdict: form.verdict, comment: Some(reason) };
    reviews::decide(app, interaction.dedupe_key().as_deref(), ballot, &interaction.actor.id)
        .await?;
    Ok(Answer::Nothing)
}

async fn shortcut(app: &App, interaction: &Interaction) -> Result<Answer> {
    match interaction.callback_id.as_deref() {
        Some("research_this") => {
            let message = interaction.message.as_ref().ok_or(Refusal::UnknownAction)?;
            let channel = interaction.channel.as_ref().ok_or(Refusal::UnknownAction)?;
            let Ok(Command::Research { question: text }) = parse_mention(&message.text) else {
                return Err(Refusal::NothingToResearch.into());
            };
            let thread = message.thread.clone().or_else(|| message.ts.clone());
            let person = interaction.actor.id.clone();
            let question = Question { text, person, channel: channel.clone(), thread };
            research::request(app, interaction.dedupe_key().as_deref(), &question).await?;
            tell(app, interaction, format!("On it: “{}”.", escape(&question.text)));
            Ok(Answer::Nothing)
        }
        Some("turn_into_draft" | "new_draft") => Err(Refusal::NotInThisVersion.into()),
        other => {
            tracing::warn!(shortcut.callback_id = other, "an unknown shortcut was refused");
            Err(Refusal::UnknownAction.into())
        }
    }
}

/// Whether it works is known a moment later, and then the message with the button says so.
const TRYING_AGAIN: &str =
    "Trying again. If nothing changes here, I have not been invited there yet.";

/// A form must open within three seconds of the click.
async fn open_form(app: &App, interaction: &Interaction, form: &Modal) -> Result<()> {
    let trigger = interaction.trigger_id.as_deref().ok_or(Refusal::UnknownAction)?;
    app.slack.open_view(trigger, form).await?;
    Ok(())
}

/// Tells the person who acted, and nobody else, once the click was answered.
fn tell(app: &App, interaction: &Interaction, sentence: String) {
    let app = app.clone();
    let (url, channel, person) = (
        interaction.response_url.clone(),
        interaction.channel.clone(),
        interaction.actor.id.clone(),
    );
    app.clone().background.spawn(async move {
        let post = Post::sentence(sentence);
        let told = match (url, channel) {
            (Some(url), _) => app.slack.respond(&url, Reply::Privately, &post).await,
            (None, Some(channel)) => app.slack.post_ephemeral(&channel, None, &person, &post).await,
            (None, None) => app.slack.post(&ChannelId(person.0), None, &post).await.map(|_| ()),
        };
        if let Err(error) = told {
            tracing::warn!("a person could not be told of a refusal: {error}");
        }
    });
}

/// What was pressed on the home tab changes the home tab.
async fn refresh_home(app: &App, interaction: &Interaction, person: &PersonId) -> Result<()> {
    if interaction.view.as_ref().is_none_or(|view| view.kind != "home") {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    jobs::enqueue(&mut tx, app.workspace.id, Job::ShowHome { person: person.clone() }).await?;
    tx.commit().await?;
    Ok(())
}

impl Action {
    fn read(id: &str, value: Option<&str>) -> Option<Self> {
        let decide = |verdict| {
            let (review, saw) = read_pair(value?)?;
            Some(Self::Decide { verdict, review, saw })
        };
        match id {
            "review.approve" => decide(Verdict::Approve),
            "review.request_changes" => decide(Verdict::RequestChanges),
            "review.reject" => decide(Verdict::Reject),
            "review.show_again" => Some(Self::ShowAgain { review: ReviewId(value?.parse().ok()?) }),
            "release.send_again" => {
                Some(Self::SendAgain { dispatch: DispatchId(value?.parse().ok()?) })
            }
            "link" => Some(Self::Link),
            _ => None,
        }
    }
}

impl Reason {
    fn read(callback_id: &str, metadata: &str) -> Option<Self> {
        let verdict = match callback_id {
            "review.request_changes" => Verdict::RequestChanges,
            "review.reject" => Verdict::Reject,
            _ => return None,
        };
        let (review, saw) = read_pair(metadata)?;
        Some(Self { verdict, review, saw })
    }
}

/// `12.34`: a review, and the revision that was seen.
fn read_pair(value: &str) -> Option<(ReviewId, RevisionId)> {
    let (review, saw) = value.split_once('.')?;
    Some((ReviewId(review.parse().ok()?), RevisionId(saw.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_buttons_are_read() {
        let check = |id: &str, value: Option<&str>, expected: Option<Action>| {
            assert_eq!(Action::read(id, value), expected, "{id} {value:?}");
        };
        let (review, saw) = (ReviewId(12), RevisionId(34));
        check(
            "review.approve",
            Some("12.34"),
            Some(Action::Decide { verdict: Verdict::Approve, review, saw }),
        );
        check("review.show_again", Some("12"), Some(Action::ShowAgain { review }));
        check("link", None, Some(Action::Link));
        check("review.approve", None, None);
        check("review.approve", Some("12"), None);
        check("review.approve", Some("12.x"), None);
        check("review.approve", Some("12.34.56"), None);
        check("review.approve", Some("99999999999999999999.1"), None);
        check("review.delete", Some("12.34"), None);
    }
}
