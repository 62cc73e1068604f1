//! What is decided on, by its kind: how it is shown, changed by whoever made it, and worded anew by a
//! person. Reviews know nothing of what they are about; this is where a kind finds its feature.

use crate::app::App;
use crate::config::SubjectKind;
use crate::error::{Refusal, Result};
use crate::ids::{PersonId, ReviewId, RevisionId};
use crate::releases;
use crate::research::{self, Finding};
use crate::reviews::{self, Review, State};
use crate::slack::inbound::Values;
use crate::slack::{Card, Modal};

/// The input at which the form for wording anew shows what is wrong.
pub const EDITED: &str = research::NOTE;

/// Makes Slack show a review as it stands now.
pub async fn show(app: &App, review: ReviewId) -> Result<()> {
    let Some(review) = reviews::find(&app.db, app.workspace.id, review).await? else {
        return Ok(());
    };
    let body = body(app, &review).await?;
    let released = releases::of(&app.db, app.workspace.id, review.id).await?;
    let release = released.map(|released| releases::in_words(&released).join("\n"));
    reviews::show(app, &review, body, can_edit(review.subject), release.as_deref()).await
}

/// Has whoever made a text change it as people asked.
pub async fn rework(app: &App, review: ReviewId) -> Result<()> {
    let Some(review) = reviews::find(&app.db, app.workspace.id, review).await? else {
        return Ok(());
    };
    if !matches!(review.state, State::ChangesRequested { .. }) {
        return Ok(());
    }
    match review.subject {
        SubjectKind::Finding => research::rework(app, &review).await,
        other => Err(no_feature(other)),
    }
}

/// Changing a text as people asked has failed for good: the card says so.
pub async fn give_up_rework(app: &App, review: ReviewId) -> Result<()> {
    let sentence = "The agent could not change it: something broke on our side each time it was tried. Press Try again in a while; whoever runs Countersign finds the cause in its log.";
    reviews::remark(app, review, sentence).await
}

/// The form in which a person words a text anew.
pub async fn edit_form(app: &App, review: &Review) -> Result<Modal> {
    let content = reviews::content(&app.db, app.workspace.id, review.revision).await?;
    match review.subject {
        SubjectKind::Finding => {
            let finding = Finding::from_bytes(&content.bytes)?;
            Ok(research::edit_form(&finding, &review.title))
        }
        other => Err(no_feature(other)),
    }
}

/// Puts up what a person made of a text in that form.
pub async fn edit(
    app: &App,
    delivery: Option<&str>,
    (review, saw): (ReviewId, RevisionId),
    person: &PersonId,
    values: &Values,
) -> Result<Review> {
    let found = reviews::find(&app.db, app.workspace.id, review).await?;
    let found = found.ok_or(Refusal::NoSuchReview)?;
    match found.subject {
        SubjectKind::Finding => {
            let kept: Vec<usize> = (0..)
                .map(|index| format!("{}{index}", research::KEPT))
                .take_while(|name| values.get(name, name).is_some())
                .flat_map(|name| {
                    let chosen = values.choices(&name);
                    chosen.into_iter().filter_map(|one| one.parse().ok()).collect::<Vec<_>>()
                })
                .collect();
            let note = values.text(research::NOTE).unwrap_or_default();
            research::edited(app, delivery, (review, saw), person, &kept, note).await
        }
        other => Err(no_feature(other)),
    }
}

async fn body(app: &App, review: &Review) -> Result<Card> {
    match review.subject {
        SubjectKind::Finding => {
            let content = reviews::content(&app.db, app.workspace.id, review.revision).await?;
            Ok(research::card(&Finding::from_bytes(&content.bytes)?, &review.requested_by))
        }
        other => Err(no_feature(other)),
    }
}

fn can_edit(kind: SubjectKind) -> bool {
    matches!(kind, SubjectKind::Finding)
}

fn no_feature(kind: SubjectKind) -> crate::error::Error {
    anyhow::anyhow!("a review is about a {kind}, which this version does not have").into()
}
