//! What is decided on, by its kind: how it is shown, changed by whoever made it, and worded anew by a
//! person. Reviews know nothing of what they are about; this is where a kind finds its feature.

use serde::Deserialize;

use crate::app::App;
use crate::config::SubjectKind;
use crate::drafts::{self, Draft, Evidence, Versions};
use crate::error::{Error, Refusal, Result};
use crate::experiments::{self, Filled, TestDecision, TestPlan};
use crate::ids::{FindingId, PersonId, ReviewId, RevisionId, RunId};
use crate::jobs::{self, Job};
use crate::opinions::{self, Part};
use crate::proposals::{self, Proposal};
use crate::releases;
use crate::research::{self, Finding};
use crate::reviews::{self, Beside, Content, Edit, Review, State, Wording};
use crate::slack::inbound::Values;
use crate::slack::{Button, Card, Modal, Place};

/// What a review is about. Drafts and test plans of ours, and those that were put up as a mere text, are
/// told apart by what they say of themselves.
enum Matter {
    Finding(Finding),
    Draft(Draft),
    Test(Box<TestPlan>),
    TestDecision(TestDecision),
    Proposal(Proposal),
}

impl Matter {
    fn of(content: &Content) -> Result<Self> {
        #[derive(Deserialize)]
        struct Kind {
            kind: String,
        }
        let bytes = &content.bytes;
        let Kind { kind } = serde_json::from_slice(bytes)?;
        Ok(match kind.as_str() {
            "finding" => Self::Finding(Finding::from_bytes(bytes)?),
            "draft" => Self::Draft(Draft::from_bytes(bytes)?),
            "test" => Self::Test(Box::new(TestPlan::from_bytes(bytes)?)),
            "test_decision" => Self::TestDecision(TestDecision::from_bytes(bytes)?),
            _ => Self::Proposal(Proposal::from_bytes(bytes)?),
        })
    }
}

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
    let content = reviews::content(&app.db, app.workspace.id, review.revision).await?;
    let matter = Matter::of(&content)?;
    let body = body(app, &review, &content, &matter).await?;
    let released = releases::of(&app.db, app.workspace.id, review.id).await?;
    let release = released.map(|released| releases::in_words(&released).join("\n"));
    let wording = wording(review.subject);
    match &matter {
        Matter::Finding(finding) => {
            let parts = parts_of(finding);
            let (kind, id) = (review.subject, review.subject_id);
            let opinions = opinions::of(&app.db, app.workspace.id, kind, id).await?;
            let mut beside = opinions::beside(&review, &opinions, &parts);
            if can_be_drafted(app, &review) {
                let draft = Button::new("Turn into a draft", "finding.draft").value(review.id);
                beside.buttons.push(draft.into());
            }
            reviews::show(app, &review, body, wording, release.as_deref(), &beside).await?;
            opinions::tell_approvers(app, &review, &opinions).await
        }
        Matter::Draft(_) => {
            let are_called_together = drafts::are_called_together(app, &review).await?;
            let beside = Beside { are_called_together, ..Beside::default() };
            reviews::show(app, &review, body, wording, release.as_deref(), &beside).await?;
            drafts::note_effort(app, &review).await?;
            show_campaign(app, &review).await
        }
        Matter::Test(_) | Matter::TestDecision(_) => {
            let beside = match &matter {
                Matter::Test(_) => experiments::beside(&review),
                _ => Beside::default(),
            };
            reviews::show(app, &review, body, wording, release.as_deref(), &beside).await?;
            experiments::about(app, &review).await
        }
        Matter::Proposal(_) => {
            let beside = Beside::default();
            reviews::show(app, &review, body, wording, release.as_deref(), &beside).await
        }
    }
}

/// Releases what was approved in a review, and does what follows from it here.
pub async fn release(app: &App, review: ReviewId) -> Result<()> {
    releases::release(app, review).await?;
    match find(app, review).await? {
        Some((review, Matter::Test(_))) if is_released(&review) => {
            experiments::begin(app, &review).await
        }
        Some((review, Matter::TestDecision(_))) if is_released(&review) => {
            experiments::conclude(app, &review).await
        }
        _ => Ok(()),
    }
}

/// Has whoever made a text change it as people asked.
pub async fn rework(app: &App, review: ReviewId) -> Result<()> {
    let Some((review, matter)) = find(app, review).await? else { return Ok(()) };
    if !matches!(review.state, State::ChangesRequested { .. }) {
        return Ok(());
    }
    match matter {
        Matter::Finding(_) => research::rework(app, &review).await,
        Matter::Draft(_) => drafts::rework(app, &review).await,
        // Whoever planned a test changes it; agents that run elsewhere ask what waits for them.
        Matter::Test(_) | Matter::TestDecision(_) | Matter::Proposal(_) => Ok(()),
    }
}

/// Has the content agent write a draft anew, or the campaign agent word a plan.
pub async fn write_anew(app: &App, review: ReviewId) -> Result<()> {
    match find(app, review).await? {
        Some((review, Matter::Draft(_))) => drafts::write_anew(app, &review).await,
        Some((review, Matter::Test(_))) => experiments::word(app, &review).await,
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
    let content = reviews::content(&app.db, app.workspace.id, review.revision).await?;
    let form = match Matter::of(&content)? {
        Matter::Finding(finding) => research::edit_form(&finding, &review.title),
        Matter::Draft(draft) => drafts::edit_form(review, &draft),
        Matter::Test(plan) => experiments::edit_form(&plan, review),
        Matter::TestDecision(_) => return Err(not_editable(review.subject)),
        Matter::Proposal(_) => proposals::edit_form(app, review).await?,
    };
    if !review.terms.editor_may_approve || review.terms.questions.is_empty() {
        return Ok(form);
    }
    let hint = "With all of it ticked, saving is your approval, too.";
    Ok(form.block(reviews::questions(review).hint(hint)))
}

/// Puts up what a person made of a text in that form.
pub async fn edit(app: &App, edit: &Edit<'_>, values: &Values) -> Result<Review> {
    match matter(app, edit.saw).await? {
        Matter::Finding(_) => {
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
        Matter::Draft(_) => drafts::edited(app, edit, values).await,
        Matter::Test(_) => experiments::edited(app, edit, values).await,
        Matter::TestDecision(_) => Err(not_editable(SubjectKind::TestDecision)),
        Matter::Proposal(_) => proposals::edited(app, edit, values).await,
    }
}

/// The form in which whoever asked changes a text, which they saw.
pub async fn rewrite_form(app: &App, review: &Review) -> Result<Modal> {
    match matter(app, review.revision).await? {
        Matter::Finding(_) => Err(not_editable(review.subject)),
        Matter::Draft(draft) => Ok(drafts::rewrite_form(&draft)),
        Matter::Test(plan) => Ok(experiments::rewrite_form(&plan)),
        Matter::TestDecision(decision) => experiments::rewrite_decision_form(app, &decision).await,
        Matter::Proposal(_) => proposals::rewrite_form(app, review).await,
    }
}

/// Puts up what whoever asked made of a text in that form.
pub async fn rewrite(
    app: &App,
    delivery: Option<&str>,
    (review, saw): (ReviewId, RevisionId),
    person: &PersonId,
    values: &Values,
) -> Result<()> {
    let seen = (review, saw);
    match matter(app, saw).await? {
        Matter::Finding(_) => Err(not_editable(SubjectKind::Finding)),
        Matter::Draft(_) => drafts::rewrite(app, delivery, seen, person, values).await,
        Matter::Test(_) => experiments::rewrite(app, delivery, seen, person, values).await,
        Matter::TestDecision(_) => {
            experiments::rewrite_decision(app, delivery, seen, person, values).await
        }
        Matter::Proposal(_) => proposals::rewrite(app, delivery, seen, person, values).await,
    }
}

/// What of a subject can be disputed by itself.
pub async fn parts(app: &App, review: &Review) -> Result<Vec<Part>> {
    Ok(match matter(app, review.revision).await? {
        Matter::Finding(finding) => parts_of(&finding),
        Matter::Draft(_) | Matter::Test(_) | Matter::TestDecision(_) | Matter::Proposal(_) => {
            Vec::new()
        }
    })
}

/// What a draft from a finding may rest on, with the review that it is under.
pub struct Grounds {
    pub review: Review,
    pub finding: Finding,
    pub evidence: Vec<Evidence>,
}

/// # Errors
///
/// Refuses what is no finding, or one that was turned down.
pub async fn evidence(app: &App, review: ReviewId) -> Result<Grounds> {
    let Some((review, Matter::Finding(finding))) = find(app, review).await? else {
        return Err(Refusal::NoSuchReview.into());
    };
    if is_turned_down(&review) {
        return Err(Refusal::FindingIsOver { state: review.state.words() }.into());
    }
    let claims = finding.answer.iter().flat_map(|answer| &answer.claims);
    let claimed =
        claims.flat_map(|claim| claim.quotes.iter().map(|quote| (Some(&claim.text), quote)));
    let others = finding.themes.iter().flat_map(|theme| &theme.quotes).chain(&finding.others);
    let mut evidence: Vec<Evidence> = Vec::new();
    for (claim, quote) in claimed.chain(others.map(|quote| (None, quote))) {
        let one = Evidence {
            claim: claim.cloned(),
            quote: quote.text.clone(),
            source: quote.source.clone(),
            document: quote.document.clone(),
        };
        if one.fits() && evidence.iter().all(|other| other.quote != one.quote) {
            evidence.push(one);
        }
    }
    evidence.truncate(drafts::MOST_EVIDENCE);
    Ok(Grounds { review, finding, evidence })
}

/// The form of a test plan, with the versions that a draft has to choose from as its variants.
pub async fn test_form(app: &App, review: ReviewId) -> Result<Modal> {
    let Some((review, Matter::Draft(draft))) = find(app, review).await? else {
        return Err(Refusal::NoSuchReview.into());
    };
    let Versions { goal, texts } = drafts::versions(app, &review, &draft).await?;
    let names: Vec<String> = texts.into_iter().map(|(name, _)| name).collect();
    let filled = Filled::of_versions(&draft.title, goal.as_deref(), &names);
    let place = Place { channel: review.channel, thread: review.thread };
    Ok(experiments::plan_form(&filled, &place, Some(review.id)))
}

/// The texts of a draft's versions by their names, for the test that was planned from it.
pub async fn versions(app: &App, review: ReviewId) -> Result<Vec<(String, String)>> {
    let Some((review, Matter::Draft(draft))) = find(app, review).await? else {
        return Err(Refusal::NoSuchReview.into());
    };
    Ok(drafts::versions(app, &review, &draft).await?.texts)
}

fn can_be_drafted(app: &App, review: &Review) -> bool {
    app.manifest.agent(drafts::AGENT).is_some() && !is_turned_down(review)
}

fn is_turned_down(review: &Review) -> bool {
    matches!(
        review.state,
        State::Rejected { .. }
            | State::Withdrawn { .. }
            | State::Expired { .. }
            | State::Revoked { .. }
    )
}

fn parts_of(finding: &Finding) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for quote in finding.quotes() {
        let name = format!("passage {}", quote.passage);
        if parts.iter().all(|part| part.name != name) {
            parts.push(Part { name, text: quote.text.clone() });
        }
    }
    parts
}

async fn find(app: &App, review: ReviewId) -> Result<Option<(Review, Matter)>> {
    let Some(review) = reviews::find(&app.db, app.workspace.id, review).await? else {
        return Ok(None);
    };
    let matter = matter(app, review.revision).await?;
    Ok(Some((review, matter)))
}

async fn matter(app: &App, revision: RevisionId) -> Result<Matter> {
    Matter::of(&reviews::content(&app.db, app.workspace.id, revision).await?)
}

async fn body(app: &App, review: &Review, content: &Content, matter: &Matter) -> Result<Card> {
    let by = &review.requested_by;
    match matter {
        Matter::Finding(finding) => {
            let run = content.provenance["run"].as_i64().map(RunId);
            Ok(research::card(finding, FindingId(review.subject_id), run, by))
        }
        Matter::Draft(draft) => drafts::card(app, review, draft).await,
        Matter::Test(plan) => Ok(experiments::card(plan, by)),
        Matter::TestDecision(decision) => Ok(experiments::decision_card(decision, by)),
        Matter::Proposal(proposal) => Ok(proposals::card(proposal, review.agent.as_deref(), by)),
    }
}

/// The campaign's own message tells how its drafts stand.
async fn show_campaign(app: &App, review: &Review) -> Result<()> {
    let Some(campaign) = drafts::campaign_of(app, review).await? else { return Ok(()) };
    let mut tx = app.db.begin().await?;
    jobs::enqueue(&mut tx, app.workspace.id, Job::ShowCampaign { campaign }).await?;
    tx.commit().await?;
    Ok(())
}

fn is_released(review: &Review) -> bool {
    matches!(review.state, State::Released { .. })
}

fn wording(kind: SubjectKind) -> Wording {
    Wording {
        // What somebody decides about a test, and why, nobody else says in their place.
        by_deciders: kind != SubjectKind::TestDecision,
        // What customers said is not for whoever asked about it to word.
        by_requester: kind != SubjectKind::Finding,
    }
}

fn not_editable(kind: SubjectKind) -> Error {
    Refusal::NotEditable { subject: kind.words() }.into()
}
