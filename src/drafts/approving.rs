//! Approving a campaign: every draft that passes, each under its own policy, on the text that was shown.

use super::campaign;
use super::store;
use crate::app::App;
use crate::error::{Error, Refusal, Result};
use crate::ids::{CampaignId, ChannelId, PersonId, ReviewId, RevisionId};
use crate::reviews::{self, ANSWERS, Ballot, Review, Verdict};
use crate::slack::{Choice, Input, Modal, Post, cut, escape, limits, quote};
use crate::words::{count, listed};

/// The form that shows what would be approved.
pub const APPROVE: &str = "campaign.approve";

/// How many drafts one form shows in full.
const MOST: usize = 20;

/// The blocks of a form that are not texts: the heading, the questions, what is left for later.
const RESERVE: usize = 6;

/// What a person would approve: every draft that passes its checks and that they may decide on, in full.
///
/// # Errors
///
/// Refuses where there is none, with the reason.
pub async fn form(app: &App, campaign: CampaignId, person: &PersonId) -> Result<Modal> {
    let campaign = campaign::find(app, campaign).await?;
    let drafts = store::drafts_of(&app.db, app.workspace.id, campaign.id).await?;
    let (mut shown, mut refused): (Vec<Review>, Option<Refusal>) = (Vec::new(), None);
    for draft in drafts.iter().filter(|one| one.passes && one.state == "open") {
        match reviews::check(app, draft.review, draft.revision, person).await {
            Ok(review) => shown.push(review),
            Err(Error::Refused(refusal)) => refused = Some(refusal),
            Err(fault) => return Err(fault),
        }
    }
    if shown.is_empty() {
        return Err(refused.unwrap_or(Refusal::NothingPasses).into());
    }
    let mut modal = Modal::new(APPROVE, "Approve all that pass").submit("Approve");
    modal = modal.section(format!(
        "*{}*\nYou approve each of these drafts, word for word. Each is a decision of its own under its own policy.",
        escape(&campaign.brief.title)
    ));
    let (mut seen, mut room) = (Vec::new(), limits::VIEW_BLOCKS - RESERVE);
    for review in &shown {
        let content = reviews::content(&app.db, app.workspace.id, review.revision).await?;
        // A heading and the text, of which a block holds so much.
        let blocks = 1 + content.text.chars().count() / 2_000 + 1;
        if blocks > room || seen.len() == MOST {
            break;
        }
        room -= blocks;
        modal = modal.section(format!("*{}*\n{}", escape(&review.title), quote(&content.text)));
        seen.push(format!("{}.{}", review.id, review.revision));
    }
    let later = shown.len() - seen.len();
    if later > 0 {
        modal = modal.context(format!(
            "{} more have no room here; press the button again afterwards.",
            later
        ));
    }
    let questions = questions(&shown[..seen.len()]);
    if !questions.is_empty() {
        let choices = questions.iter().enumerate().map(|(index, one)| Choice::new(one, index));
        let ask = Input::checkboxes(ANSWERS, "Tick what is true of each of them", choices)
            .hint("All of it must be. If something is not, close this and decide one by one.")
            .optional();
        modal = modal.block(ask);
    }
    let channel = &campaign.place.channel;
    Ok(modal.private_metadata(format!("{channel} {}", seen.join(" "))))
}

/// What such a form was about: where, and each draft in the revision that was shown.
pub struct Seen {
    pub channel: ChannelId,
    pub drafts: Vec<(ReviewId, RevisionId)>,
}

/// Reads what a form carries.
pub fn read(metadata: &str) -> Option<Seen> {
    let mut words = metadata.split(' ');
    let channel = ChannelId::from(words.next()?);
    let drafts = words.map(|one| {
        let (review, saw) = one.split_once('.')?;
        Some((ReviewId(review.parse().ok()?), RevisionId(saw.parse().ok()?)))
    });
    Some(Seen { channel, drafts: drafts.collect::<Option<Vec<_>>>()? })
}

/// Approves each draft that was shown, and says what came of it. `ticked` is how many questions were.
pub async fn approve(
    app: &App,
    delivery: Option<&str>,
    seen: &[(ReviewId, RevisionId)],
    ticked: usize,
    person: &PersonId,
) -> Result<Post> {
    let mut reviews_shown = Vec::new();
    for (review, _) in seen {
        let found = reviews::find(&app.db, app.workspace.id, *review).await?;
        reviews_shown.push(found.ok_or(Refusal::NoSuchReview)?);
    }
    if ticked < questions(&reviews_shown).len() {
        return Err(Refusal::QuestionsOpen.into());
    }
    let (mut approved, mut refused) = (Vec::new(), Vec::new());
    for ((review, saw), shown) in seen.iter().zip(&reviews_shown) {
        let ballot = Ballot {
            review: *review,
            saw: *saw,
            verdict: Verdict::Approve,
            comment: None,
            reason: None,
            answered: true,
        };
        let delivery = delivery.map(|delivery| format!("{delivery}/{review}"));
        let title = cut::cut_markup(&escape(&shown.title), 200);
        match reviews::decide(app, delivery.as_deref(), ballot, person).await {
            Ok(()) => approved.push(title),
            Err(Error::Refused(refusal)) => refused.push(format!("• *{title}*: {refusal}")),
            Err(fault) => return Err(fault),
        }
    }
    let mut said = vec![match approved.len() {
        0 => "Nothing was approved.".to_owned(),
        few if few <= 3 => format!("You approved {}.", listed(&approved)),
        many => format!("You approved {}.", count(many, "draft")),
    }];
    if !refused.is_empty() {
        said.push("Not approved:".to_owned());
        said.extend(refused);
    }
    Ok(Post::sentence(said.join("\n")))
}

/// All that the policies of these ask, each once.
fn questions(reviews: &[Review]) -> Vec<&str> {
    let mut questions: Vec<&str> = Vec::new();
    for question in reviews.iter().flat_map(|review| &review.terms.questions) {
        if !questions.contains(&question.as_str()) {
            questions.push(question);
        }
    }
    questions
}
