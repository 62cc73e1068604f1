//! What is decided on, by its kind: how it is shown, changed by whoever made it, and worded anew by a
//! person. Reviews know nothing of what they are about; this is where a kind finds its feature.

use crate::app::App;
use crate::config::SubjectKind;
use crate::error::{Error, Refusal, Result};
use crate::experiments::{self, TestDecision, TestPlan};
use crate::ids::{FindingId, PersonId, ReviewId, RevisionId, RunId};
use crate::opinions::{self, Part};
use crate::proposals::{self, Proposal};
use crate::releases;
use crate::research::{self, Finding};
use crate::reviews::{self, Beside, Edit, Review, State, Wording};
use crate::slack::inbound::Values;
use crate::slack::{Card, Modal};

/// The input at which the form for wording anew shows what is wrong.
pub fn edited_input(values: &Values) -> &'static str {
    if values.blocks().any(|block| block == proposals::TEXT) {
        proposals::TEXT
    } else if values.blocks().any(|block| block == experiments::NAME) {
        experiments::NAME
    } else if values.blocks().any(|block| block == experiments::REASON) {
        experiments::REASON
    } else {
        research::NOTE
    }
}

/// Makes Slack show a review as it stands now.
pub async fn show(app: &App, review: ReviewId) -> Result<()> {
    let Some(review) = reviews::find(&app.db, app.workspace.id, review).await? else {
        return Ok(());
    };
    let body = body(app, &review).await?;
    let released = releases::of(&app.db, app.workspace.id, review.id).await?;
    let release = released.map(|released| releases::in_words(&released).join("\n"));
    let wording = wording(review.subject);
    if !is_judged(review.subject) {
        let beside = Beside::default();
        reviews::show(app, &review, body, wording, release.as_deref(), &beside).await?;
        if matches!(review.subject, SubjectKind::TestPlan | SubjectKind::TestDecision) {
            experiments::about(app, &review).await?;
        }
        return Ok(());
    }
    let parts = parts(app, &review).await?;
    let opinions =
        opinions::of(&app.db, app.workspace.id, review.subject, review.subject_id).await?;
    let beside = opinions::beside(&review, &opinions, &parts);
    reviews::show(app, &review, body, wording, release.as_deref(), &beside).await?;
    opinions::tell_approvers(app, &review, &opinions).await
}

/// Releases what was approved in a review, and does what follows from it here.
pub async fn release(app: &App, review: ReviewId) -> Result<()> {
    releases::release(app, review).await?;
    let Some(review) = reviews::find(&app.db, app.workspace.id, review).await? else {
        return Ok(());
    };
    match (review.subject, review.state) {
        (SubjectKind::TestPlan, State::Released { .. })
            if is_measured(app, review.revision).await? =>
        {
            experiments::begin(app, &review).await
        }
        (SubjectKind::TestDecision, State::Released { .. }) => {
            experiments::conclude(app, &review).await
        }
        _ => Ok(()),
    }
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
        // Agents that run elsewhere ask what waits for them.
        _ => Ok(()),
    }
}

/// Changing a text as people asked has failed for good: the card says so.
pub async fn give_up_rework(app: &App, review: ReviewId) -> Result<()> {
    let sentence = "The agent could not change it: something broke on our side each time it was tried. Press Try again in a while; whoever runs Countersign finds the cause in its log.";
    reviews::remark(app, review, sentence).await
}

/// The form in which a person words a text anew.
pub async fn edit_form(app: &App, review: &Review) -> Result<Modal> {
    let form = match review.subject {
        SubjectKind::Finding => {
            let content = reviews::content(&app.db, app.workspace.id, review.revision).await?;
            research::edit_form(&Finding::from_bytes(&content.bytes)?, &review.title)
        }
        SubjectKind::TestPlan if is_measured(app, review.revision).await? => {
            experiments::edit_form(app, review).await?
        }
        SubjectKind::TestDecision => return Err(not_editable(review)),
        _ => proposals::edit_form(app, review).await?,
    };
    if !review.terms.editor_may_approve || review.terms.questions.is_empty() {
        return Ok(form);
    }
    let hint = "With all of it ticked, saving is your approval, too.";
    Ok(form.block(reviews::questions(review).hint(hint)))
}

/// Puts up what a person made of a text in that form.
pub async fn edit(app: &App, edit: &Edit<'_>, values: &Values) -> Result<Review> {
    let found = reviews::find(&app.db, app.workspace.id, edit.review).await?;
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
            research::edited(app, edit, &kept, note).await
        }
        SubjectKind::TestPlan if is_measured(app, edit.saw).await? => {
            experiments::edited(app, edit, values).await
        }
        SubjectKind::TestDecision => Err(not_editable(&found)),
        _ => proposals::edited(app, edit, values).await,
    }
}

/// The form in which whoever asked changes a text, which they saw.
pub async fn rewrite_form(app: &App, review: &Review) -> Result<Modal> {
    if !wording(review.subject).by_requester {
        return Err(not_editable(review));
    }
    match review.subject {
        SubjectKind::TestDecision => experiments::rewrite_decision_form(app, review).await,
        SubjectKind::TestPlan if is_measured(app, review.revision).await? => {
            experiments::rewrite_form(app, review).await
        }
        _ => proposals::rewrite_form(app, review).await,
    }
}

/// Puts up what whoever asked made of the text that they saw.
pub async fn rewrite(
    app: &App,
    delivery: Option<&str>,
    (review, saw): (ReviewId, RevisionId),
    person: &PersonId,
    values: &Values,
) -> Result<()> {
    let found = reviews::find(&app.db, app.workspace.id, review).await?;
    let found = found.ok_or(Refusal::NoSuchReview)?;
    match found.subject {
        SubjectKind::TestDecision => {
            experiments::rewrite_decision(app, delivery, (review, saw), person, values).await
        }
        SubjectKind::TestPlan if is_measured(app, saw).await? => {
            experiments::rewrite(app, delivery, (review, saw), person, values).await
        }
        _ => proposals::rewrite(app, delivery, (review, saw), person, values).await,
    }
}

/// Whether a revision of a test plan is one by which a test is measured, rather than a mere text.
async fn is_measured(app: &App, revision: RevisionId) -> Result<bool> {
    let content = reviews::content(&app.db, app.workspace.id, revision).await?;
    Ok(TestPlan::is_in(&content.bytes))
}

/// What of a subject can be disputed by itself.
pub async fn parts(app: &App, review: &Review) -> Result<Vec<Part>> {
    if review.subject != SubjectKind::Finding {
        return Ok(Vec::new());
    }
    let content = reviews::content(&app.db, app.workspace.id, review.revision).await?;
    let finding = Finding::from_bytes(&content.bytes)?;
    let mut parts: Vec<Part> = Vec::new();
    for quote in finding.quotes() {
        let name = format!("passage {}", quote.passage);
        if parts.iter().all(|part| part.name != name) {
            parts.push(Part { name, text: quote.text.clone() });
        }
    }
    Ok(parts)
}

/// On whose cards people say what they think of it.
fn is_judged(kind: SubjectKind) -> bool {
    kind == SubjectKind::Finding
}

async fn body(app: &App, review: &Review) -> Result<Card> {
    let content = reviews::content(&app.db, app.workspace.id, review.revision).await?;
    let by = &review.requested_by;
    match review.subject {
        SubjectKind::Finding => {
            let finding = Finding::from_bytes(&content.bytes)?;
            let run = content.provenance["run"].as_i64().map(RunId);
            Ok(research::card(&finding, FindingId(review.subject_id), run, by))
        }
        SubjectKind::TestPlan if TestPlan::is_in(&content.bytes) => {
            Ok(experiments::card(&TestPlan::from_bytes(&content.bytes)?, by))
        }
        SubjectKind::TestDecision => {
            Ok(experiments::decision_card(&TestDecision::from_bytes(&content.bytes)?, by))
        }
        _ => {
            let proposal = Proposal::from_bytes(&content.bytes)?;
            Ok(proposals::card(&proposal, review.agent.as_deref(), by))
        }
    }
}

fn wording(kind: SubjectKind) -> Wording {
    Wording {
        // What somebody decides about a test, and why, nobody else says in their place.
        by_deciders: kind != SubjectKind::TestDecision,
        // What customers said is not for whoever asked about it to word.
        by_requester: kind != SubjectKind::Finding,
    }
}

fn not_editable(review: &Review) -> Error {
    Refusal::NotEditable { subject: review.subject.words() }.into()
}
