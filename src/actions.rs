//! Pressing: buttons, forms and shortcuts become verbs.
//!
//! What can be pressed is a closed list. A button that is not in it, or that carries a value which
//! is not ours, is refused in words and logged; nothing is guessed.

use crate::alerts::{self, Act, Snooze};
use crate::app::App;
use crate::commands;
use crate::commands::grammar::{CardName, Command, parse_mention};

use crate::config::{Section, SubjectKind};
use crate::drafts::{self, compose::Variant};
use crate::error::{Error, Refusal, Result};
use crate::experiments::{self, Ask, Filled, Wish};
use crate::ids::{
    AlertId, CampaignId, ChannelId, DispatchId, ExperimentId, FindingId, HandOffId, PersonId,
    ReviewId, RevisionId, RunId, SummaryId,
};
use crate::inbox::{APOLOGY, Answer, check_workspace};
use crate::jobs::{self, Job};
use crate::leads::handoffs::{self, Press, Pressed};
use crate::opinions::{self, Rating};
use crate::proposals;
use crate::releases;
use crate::research::{self, Question};
use crate::reviews::{
    self, ANSWERS, Ballot, Edit, REASON, REASON_CODE, Reason, ReasonFor, Verdict,
};
use crate::slack::inbound::{Interaction, InteractionKind as Kind, View};
use crate::slack::{self, Modal, Place, Post, Reply};
use crate::subjects::{self, Grounds};
use crate::summaries;

/// A review, and the revision of it that a person saw.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Seen {
    review: ReviewId,
    saw: RevisionId,
}

/// What a button means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Action {
    /// Approves at once, or opens the form with the policy's questions.
    Approve(Seen),
    /// Opens the form that asks why.
    Ask(ReasonFor, Seen),
    /// Opens the form in which the text is worded anew, by those who decide or by whoever asked.
    Edit(Seen),
    Rewrite(Seen),
    /// Has whoever made it try again to change it.
    Rework(ReviewId),
    Undo(ReviewId),
    /// Says what the person thinks of it, which decides nothing.
    Rate(Rating, Seen),
    Dispute(Seen),
    WithdrawDispute(ReviewId),
    More(More, Seen),
    /// Shows a review again, after its channel could not be reached.
    ShowAgain(ReviewId),
    /// Sends a message about a release again that was given up.
    SendAgain(DispatchId),
    /// Ends a run; asks its question again.
    Stop(RunId),
    AskAgain(RunId),
    /// Opens the form that asks where to share an answer.
    Share(FindingId),
    /// Shows what a finding rests on.
    Sources(FindingId),
    /// Opens the form with which a running test is shipped, stopped, or gets another plan.
    AskOfTest(Ask, ExperimentId),
    /// Shows the segments of a test, in its thread.
    Segments(ExperimentId),
    /// Opens the form of a brief, with the finding's evidence.
    DraftFrom(ReviewId),
    /// Puts another version of a draft up, by its letter.
    Choose(Seen, Variant),
    /// Opens the form of a test plan, with a draft's versions.
    PlanTest(ReviewId),
    /// Has a draft written anew, or a plan worded.
    WriteAnew(ReviewId),
    /// Ends the writing of a campaign; has the rest written; approves what passes.
    Campaign(Whole, CampaignId),
    /// Does something with an alert at once, or opens the form that it takes.
    Alert(AlertAction, AlertId),
    /// Does something with a lead that was handed over, or opens the form that it takes.
    Lead(Press, HandOffId),
    /// Shares a summary; tells one of its sections in full.
    ShareSummary(SummaryId),
    SummaryDetails(SummaryId, Section),
    /// Tells the person what waits for them.
    Queue,
    /// A link: Slack opened it already.
    Link,
}

/// What is done with a whole campaign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Whole {
    Stop,
    Again,
    /// Opens the form that shows what would be approved.
    Approve,
}

/// What is done with an alert.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum AlertAction {
    Acknowledge,
    Snooze(Snooze),
    Resolve,
    /// Opens the form that asks why.
    NotUseful,
    Investigate,
    /// Opens the form of a proposal, filled in.
    Propose,
    /// Opens the window that lists all of it.
    Lines,
    Undo,
}

/// What stands behind the three dots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum More {
    Who,
    Changes,
    Rewrite,
    Record,
    Withdraw,
}

/// What a form means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Approve,
    Reason(ReasonFor),
    Edit,
    Rewrite,
    Withdraw,
    Dispute,
}

/// Carries out what a person pressed.
pub async fn take(app: &App, interaction: Interaction) -> Result<Answer> {
    let outcome = carry_out(app, &interaction).await;
    let sentence = match &outcome {
        Ok(_) => return outcome,
        Err(Error::Refused(refusal)) => refusal.to_string(),
        Err(Error::Fault(_)) => APOLOGY.to_owned(),
    };
    let form = interaction.view.as_ref().filter(|_| interaction.kind == Kind::ViewSubmission);
    let input = form.and_then(input_of);
    match (outcome, input) {
        // The form stays open, with the sentence in it, which shows a mention as an id.
        (Err(Error::Refused(Refusal::ReviewClosed { state, .. })), Some(input)) => {
            let sentence = Refusal::ReviewClosed { state, by: None }.to_string();
            Ok(Answer::Errors(vec![(input.to_owned(), sentence)]))
        }
        (Err(Error::Refused(Refusal::Inputs(problems))), Some(_)) => {
            let named = problems.into_iter().map(|(input, sentence)| (input.to_owned(), sentence));
            Ok(Answer::Errors(named.collect()))
        }
        (Err(Error::Refused(Refusal::Outdated)), Some(input)) if input != REASON => {
            Ok(Answer::Errors(vec![(input.to_owned(), FORM_IS_OLD.to_owned())]))
        }
        (Err(Error::Refused(_)), Some(input)) => {
            Ok(Answer::Errors(vec![(input.to_owned(), sentence)]))
        }
        (fault, Some(_)) => fault,
        (outcome, None) => {
            let post = match &outcome {
                Err(Error::Refused(Refusal::Outdated)) => since(app, &interaction, &sentence).await,
                _ => Post::sentence(sentence),
            };
            tell(app, &interaction, post);
            outcome
        }
    }
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
    let action = action_of(interaction)?;
    let person = &interaction.actor.id;
    let delivery = interaction.dedupe_key();
    match action {
        Action::Approve(seen) => approve(app, interaction, seen, false).await?,
        Action::Ask(ReasonFor::Revocation, seen) => {
            let review = reviews::check_revocation(app, seen.review, person).await?;
            let form = reviews::reason_modal(&review, ReasonFor::Revocation);
            open_form(app, interaction, &form).await?;
        }
        Action::Ask(what, seen) => {
            let review = reviews::check(app, seen.review, seen.saw, person).await?;
            open_form(app, interaction, &reviews::reason_modal(&review, what)).await?;
        }
        Action::Edit(seen) => {
            let review = reviews::check(app, seen.review, seen.saw, person).await?;
            let form = subjects::edit_form(app, &review).await?;
            let metadata = format!("{}.{}", seen.review, seen.saw);
            open_form(app, interaction, &form.private_metadata(metadata)).await?;
        }
        Action::Rewrite(seen) | Action::More(More::Rewrite, seen) => {
            let review = reviews::check_rewrite(app, seen.review, seen.saw, person).await?;
            let form = subjects::rewrite_form(app, &review).await?;
            let metadata = format!("{}.{}", seen.review, seen.saw);
            open_form(app, interaction, &form.private_metadata(metadata)).await?;
        }
        Action::Rework(review) => enqueue(app, Job::Rework { review }).await?,
        Action::Undo(review) => reviews::undo(app, delivery.as_deref(), review, person).await?,
        Action::Rate(rating, seen) => {
            opinions::rate(app, delivery.as_deref(), seen.by(person), rating).await?;
        }
        Action::Dispute(seen) => {
            let review = opinions::check_dispute(app, seen.by(person)).await?;
            let parts = subjects::parts(app, &review).await?;
            open_form(app, interaction, &opinions::dispute_modal(&review, &parts)).await?;
        }
        Action::WithdrawDispute(review) => {
            opinions::withdraw(app, delivery.as_deref(), review, person).await?;
        }
        Action::More(More::Who, seen) => {
            let explained = reviews::explain(app, seen.review, Some(person)).await?;
            tell(app, interaction, Post::sentence(explained));
        }
        Action::More(More::Changes, seen) => {
            let post = reviews::changes_card(app, seen.review).await?;
            tell(app, interaction, post);
        }
        Action::More(More::Record, seen) => {
            let post = commands::record(app, &CardName::Review(seen.review), person).await?;
            tell(app, interaction, post);
        }
        Action::More(More::Withdraw, seen) => {
            let review = reviews::find(&app.db, app.workspace.id, seen.review).await?;
            let review = review.ok_or(Refusal::NoSuchReview)?;
            review.check_withdrawal_by(person)?;
            open_form(app, interaction, &reviews::withdraw_modal(&review)).await?;
        }
        Action::DraftFrom(review) => {
            let form = draft_from(app, review).await?;
            open_form(app, interaction, &form).await?;
        }
        Action::Choose(seen, variant) => {
            let seen = (seen.review, seen.saw);
            drafts::choose(app, delivery.as_deref(), seen, variant, person).await?;
        }
        Action::PlanTest(review) => {
            let form = subjects::test_form(app, review).await?;
            open_form(app, interaction, &form).await?;
        }
        Action::WriteAnew(review) => {
            enqueue(app, Job::WriteAnew { review }).await?;
            tell(app, interaction, Post::sentence(WRITING_ANEW));
        }
        Action::Campaign(Whole::Stop, campaign) => {
            drafts::stop(app, delivery.as_deref(), campaign, person).await?;
            tell(app, interaction, Post::sentence(WRITING_STOPPED));
        }
        Action::Campaign(Whole::Again, campaign) => {
            drafts::again(app, delivery.as_deref(), campaign, person).await?;
        }
        Action::Campaign(Whole::Approve, campaign) => {
            let form = drafts::approve_form(app, campaign, person).await?;
            open_form(app, interaction, &form).await?;
        }
        Action::ShowAgain(review) => {
            enqueue(app, Job::ShowReview { review }).await?;
            tell(app, interaction, Post::sentence(TRYING_AGAIN));
        }
        Action::SendAgain(dispatch) => releases::send_again(app, dispatch, person).await?,
        Action::Stop(run) => {
            research::stop(app, delivery.as_deref(), run, person).await?;
            tell(app, interaction, Post::sentence(STOPPED));
        }
        Action::AskAgain(run) => {
            if let Some((run, question)) =
                research::again(app, delivery.as_deref(), run, person).await?
            {
                tell(app, interaction, research::on_it(run, &question));
            }
        }
        Action::Sources(finding) => {
            let sources = research::sources(app, finding, person).await?;
            open_form(app, interaction, &sources).await?;
        }
        Action::Share(finding) => {
            let form = research::share_form(app, finding, person).await?;
            open_form(app, interaction, &form).await?;
        }
        Action::Alert(what, alert) => press_alert(app, interaction, what, alert).await?,
        Action::Lead(what, hand_off) => {
            let delivery = delivery.as_deref();
            match handoffs::press(app, delivery, what, hand_off, person).await? {
                Pressed::Done => {}
                Pressed::Form(form) => open_form(app, interaction, &form).await?,
                Pressed::Tell(post) => tell(app, interaction, *post),
            }
        }
        Action::AskOfTest(ask, test) => {
            let form = experiments::ask_form(app, test, ask, person).await?;
            open_form(app, interaction, &form).await?;
        }
        Action::ShareSummary(summary) => {
            summaries::share(app, delivery.as_deref(), summary, person).await?;
        }
        Action::SummaryDetails(summary, section) => {
            if let Some(post) = summaries::details(app, summary, section, person).await? {
                tell(app, interaction, post);
            }
        }
        Action::Queue => {
            let queue = reviews::queue_of(app, person).await?;
            tell(app, interaction, reviews::queue(&queue));
        }
        Action::Segments(test) => experiments::ask_for_segments(app, test).await?,
        Action::Link => {}
    }
    refresh_home(app, interaction, person).await?;
    Ok(Answer::Nothing)
}

async fn press_alert(
    app: &App,
    interaction: &Interaction,
    what: AlertAction,
    alert: AlertId,
) -> Result<()> {
    let (delivery, person) = (interaction.dedupe_key(), &interaction.actor.id);
    let act = match what {
        AlertAction::Acknowledge => Act::Acknowledge,
        AlertAction::Snooze(snooze) => Act::Snooze(snooze),
        AlertAction::Resolve => Act::Resolve,
        AlertAction::Investigate => Act::Investigate,
        AlertAction::Undo => Act::Undo,
        AlertAction::NotUseful => {
            let alert = alerts::check(app, alert, person).await?;
            return open_form(app, interaction, &alerts::not_useful_modal(&alert)).await;
        }
        AlertAction::Lines => {
            let form = alerts::lines_form(app, alert).await?;
            return open_form(app, interaction, &form).await;
        }
        AlertAction::Propose => {
            let channel = interaction.channel.clone().ok_or(Refusal::UnknownAction)?;
            let place = Place::channel(channel);
            let form = alerts::change_form(app, alert, person, &place).await?;
            return open_form(app, interaction, &form).await;
        }
    };
    alerts::act(app, delivery.as_deref(), alert, person, &act).await?;
    if act == Act::Investigate {
        tell(app, interaction, Post::sentence(INVESTIGATING));
    }
    Ok(())
}

/// What was pressed; what is not ours is logged and refused.
fn action_of(interaction: &Interaction) -> Result<Action> {
    let pressed = interaction.actions.first().ok_or(Refusal::UnknownAction)?;
    let value = pressed.value.as_deref().or_else(|| pressed.values.first().map(String::as_str));
    Action::read(&pressed.action_id, value).ok_or_else(|| {
        tracing::warn!(action.id = pressed.action_id, "an unknown action was refused");
        Refusal::UnknownAction.into()
    })
}

/// Approves; where the policy has questions, its form asks them first.
async fn approve(app: &App, interaction: &Interaction, seen: Seen, answered: bool) -> Result<()> {
    let Seen { review, saw } = seen;
    let verdict = Verdict::Approve;
    let ballot = Ballot { review, saw, verdict, comment: None, reason: None, answered };
    let (delivery, person) = (interaction.dedupe_key(), &interaction.actor.id);
    match reviews::decide(app, delivery.as_deref(), ballot, person).await {
        Err(Error::Refused(Refusal::QuestionsOpen)) if !answered => {
            let review = reviews::check(app, review, saw, person).await?;
            open_form(app, interaction, &reviews::approve_modal(&review)).await
        }
        decided => decided,
    }
}

async fn submit(app: &App, interaction: &Interaction) -> Result<Answer> {
    let view = interaction.view.as_ref().ok_or(Refusal::UnknownAction)?;
    if view.callback_id == proposals::PROPOSE {
        return propose(app, interaction, view).await;
    }
    if view.callback_id == experiments::PLAN {
        return plan_test(app, interaction, view).await;
    }
    if matches!(
        view.callback_id.as_str(),
        experiments::SHIP | experiments::STOP | experiments::EXTEND
    ) {
        return decide_on_test(app, interaction, view).await;
    }
    if view.callback_id == research::SHARE {
        return share(app, interaction, view).await;
    }
    if view.callback_id == drafts::NEW {
        return new_draft(app, interaction, view).await;
    }
    if view.callback_id == drafts::APPROVE {
        return approve_all(app, interaction, view).await;
    }
    if view.callback_id == alerts::NOT_USEFUL {
        return not_useful(app, interaction, view).await;
    }
    if handoffs::is_form(&view.callback_id) {
        let (delivery, person) = (interaction.dedupe_key(), &interaction.actor.id);
        handoffs::submit(app, delivery.as_deref(), view, person).await?;
        return Ok(Answer::Nothing);
    }
    let Some((form, seen)) = Form::read(&view.callback_id, &view.private_metadata) else {
        tracing::warn!(view.callback_id = view.callback_id, "an unknown form was refused");
        return Err(Refusal::UnknownAction.into());
    };
    let (delivery, person) = (interaction.dedupe_key(), &interaction.actor.id);
    let delivery = delivery.as_deref();
    let Seen { review, saw } = seen;
    match form {
        Form::Approve => {
            let ticked = view.values.choices(ANSWERS).len();
            let found = reviews::check(app, review, saw, person).await?;
            if ticked < found.terms.questions.len() {
                return Err(Refusal::QuestionsOpen.into());
            }
            approve(app, interaction, seen, true).await?;
        }
        Form::Reason(ReasonFor::Revocation) => {
            let why = reason(view)?;
            releases::revoke(app, delivery, review, person, &why).await?;
        }
        Form::Reason(what) => {
            let comment = Some(reason(view)?);
            let (verdict, reason) = match what {
                ReasonFor::Rejection => {
                    let code = view.values.choice(REASON_CODE).and_then(Reason::read);
                    (Verdict::Reject, Some(code.ok_or(Refusal::ReasonMissing)?))
                }
                _ => (Verdict::RequestChanges, None),
            };
            let ballot = Ballot { review, saw, verdict, comment, reason, answered: true };
            reviews::decide(app, delivery, ballot, person).await?;
        }
        Form::Edit => {
            let found = reviews::find(&app.db, app.workspace.id, review).await?;
            let found = found.ok_or(Refusal::NoSuchReview)?;
            let answered = view.values.choices(ANSWERS).len() >= found.terms.questions.len();
            let edit = Edit { delivery, review, saw, person, answered };
            let edited = subjects::edit(app, &edit, &view.values).await?;
            if edited.edit_needs_others(person) {
                let is_up = if edited.excludes(person) { EDIT_IS_UP } else { EDIT_IS_UP_FOR_YOU };
                tell_at(app, interaction, Some(edited.channel), Post::sentence(is_up));
            }
        }
        Form::Rewrite => {
            subjects::rewrite(app, delivery, (review, saw), person, &view.values).await?;
        }
        Form::Withdraw => reviews::withdraw(app, delivery, review, person).await?,
        Form::Dispute => {
            let (why, part) = (reason(view)?, view.values.choice(opinions::PART));
            opinions::dispute(app, delivery, seen.by(person), &why, part).await?;
        }
    }
    Ok(Answer::Nothing)
}

/// Puts up what somebody wrote, where they asked for the form.
async fn propose(app: &App, interaction: &Interaction, view: &View) -> Result<Answer> {
    let place = Place::from_metadata(&view.private_metadata).ok_or(Refusal::UnknownAction)?;
    let proposal = proposals::proposed(&view.values)?;
    let (delivery, person) = (interaction.dedupe_key(), &interaction.actor.id);
    if proposals::propose(app, delivery.as_deref(), &proposal, person, &place).await? {
        tell_at(app, interaction, Some(place.channel), proposals::is_up(&proposal));
    }
    Ok(Answer::Nothing)
}

/// Puts up the plan of a test, where it was asked for.
async fn plan_test(app: &App, interaction: &Interaction, view: &View) -> Result<Answer> {
    let asked_for = experiments::asked_for(&view.private_metadata);
    let (place, draft) = asked_for.ok_or(Refusal::UnknownAction)?;
    let texts = match draft {
        Some(review) => subjects::versions(app, review).await?,
        None => Vec::new(),
    };
    let (delivery, person) = (interaction.dedupe_key(), &interaction.actor.id);
    let delivery = delivery.as_deref();
    let filled = Filled::of_values(&view.values);
    let put_up = experiments::propose(app, delivery, &filled, person, &place, &texts).await?;
    if let Some(plan) = put_up {
        tell_at(app, interaction, Some(place.channel), experiments::is_up(&plan));
    }
    Ok(Answer::Nothing)
}

/// Puts up what somebody wants to become of a running test.
async fn decide_on_test(app: &App, interaction: &Interaction, view: &View) -> Result<Answer> {
    let test = view.private_metadata.parse().map_err(|_| Refusal::UnknownAction)?;
    let test = ExperimentId(test);
    let (delivery, person) = (interaction.dedupe_key(), &interaction.actor.id);
    let (delivery, values) = (delivery.as_deref(), &view.values);
    let is_up = match view.callback_id.as_str() {
        experiments::EXTEND => {
            let up = experiments::extend(app, delivery, test, values, person).await?;
            up.map(|(plan, channel)| (experiments::is_up(&plan), channel))
        }
        _ => {
            let up =
                experiments::decide(app, delivery, test, &Wish::of_values(values)?, person).await?;
            up.map(|(decision, channel)| (experiments::decision_is_up(&decision), channel))
        }
    };
    if let Some((post, channel)) = is_up {
        tell_at(app, interaction, Some(channel), post);
    }
    Ok(Answer::Nothing)
}

/// Has a brief written.
async fn new_draft(app: &App, interaction: &Interaction, view: &View) -> Result<Answer> {
    let (metadata, person) = (&view.private_metadata, &interaction.actor.id);
    let evidence = match drafts::finding_in_form(metadata) {
        Some(review) => subjects::evidence(app, review).await?.evidence,
        None => Vec::new(),
    };
    let request = drafts::read_form(metadata, &view.values, evidence, person)?;
    let delivery = interaction.dedupe_key();
    if let Some(campaign) = drafts::request(app, delivery.as_deref(), &request).await? {
        let on_it = drafts::on_it(campaign, &request, &app.brand);
        tell_at(app, interaction, Some(request.place.channel), on_it);
    }
    Ok(Answer::Nothing)
}

/// Approves each draft that a form showed.
async fn approve_all(app: &App, interaction: &Interaction, view: &View) -> Result<Answer> {
    let seen = drafts::approved_in_form(&view.private_metadata).ok_or(Refusal::UnknownAction)?;
    let (delivery, person) = (interaction.dedupe_key(), &interaction.actor.id);
    let ticked = view.values.choices(ANSWERS).len();
    let said = drafts::approve_all(app, delivery.as_deref(), &seen.drafts, ticked, person).await?;
    tell_at(app, interaction, Some(seen.channel), said);
    Ok(Answer::Nothing)
}

/// The form of a brief that begins with a finding.
async fn draft_from(app: &App, review: ReviewId) -> Result<Modal> {
    let Grounds { review, finding, evidence } = subjects::evidence(app, review).await?;
    let start = drafts::Start {
        // Where the finding may be read, its quotes may be.
        place: Some(Place::channel(review.channel)),
        title: finding.question.chars().take(drafts::LONGEST_TITLE).collect(),
        what: String::new(),
        finding: Some(review.id),
        quotes: evidence.len(),
    };
    Ok(drafts::new_form(&app.brand, &start))
}

/// Shares an answer in the channel that was chosen.
async fn share(app: &App, interaction: &Interaction, view: &View) -> Result<Answer> {
    let finding = view.private_metadata.parse().map_err(|_| Refusal::UnknownAction)?;
    let channel = view.values.channel(research::CHANNEL).ok_or(Refusal::UnknownAction)?;
    let (delivery, person) = (interaction.dedupe_key(), &interaction.actor.id);
    research::share(app, delivery.as_deref(), FindingId(finding), person, &channel).await?;
    Ok(Answer::Nothing)
}

/// Closes an alert that was not useful.
async fn not_useful(app: &App, interaction: &Interaction, view: &View) -> Result<Answer> {
    let alert = view.private_metadata.parse().map_err(|_| Refusal::UnknownAction)?;
    let act = Act::NotUseful { reason: reason(view)? };
    let (delivery, person) = (interaction.dedupe_key(), &interaction.actor.id);
    alerts::act(app, delivery.as_deref(), AlertId(alert), person, &act).await?;
    Ok(Answer::Nothing)
}

fn reason(view: &View) -> Result<String> {
    let reason = view.values.text(REASON).unwrap_or_default().trim().to_owned();
    if !reason.chars().any(char::is_alphanumeric) {
        return Err(Refusal::ReasonMissing.into());
    }
    Ok(reason)
}

/// The input at which a form shows why it was refused; none where it has no inputs of ours.
fn input_of(view: &View) -> Option<&'static str> {
    if view.callback_id == proposals::PROPOSE {
        return Some(proposals::KIND);
    }
    if view.callback_id == experiments::PLAN {
        return Some(experiments::NAME);
    }
    match view.callback_id.as_str() {
        experiments::SHIP | experiments::STOP => return Some(experiments::REASON),
        experiments::EXTEND => return Some(experiments::WHY),
        _ => {}
    }
    if view.callback_id == research::SHARE {
        return Some(research::CHANNEL);
    }
    if view.callback_id == drafts::NEW {
        return Some(drafts::TITLE);
    }
    if view.callback_id == drafts::APPROVE {
        return Some(ANSWERS);
    }
    if view.callback_id == alerts::NOT_USEFUL {
        return Some(REASON);
    }
    if let Some(input) = handoffs::input_of(&view.callback_id) {
        return Some(input);
    }
    match Form::read(&view.callback_id, &view.private_metadata)?.0 {
        Form::Approve => Some(ANSWERS),
        Form::Reason(_) | Form::Dispute => Some(REASON),
        Form::Edit | Form::Rewrite => Some(subjects::edited_input(&view.values)),
        Form::Withdraw => None,
    }
}

/// What changed since the text that was clicked on.
async fn since(app: &App, interaction: &Interaction, sentence: &str) -> Post {
    let seen = action_of(interaction).ok().and_then(Action::seen);
    let Some(Seen { review, saw }) = seen else { return Post::sentence(sentence) };
    match reviews::outdated(app, review, saw).await {
        Ok((before, now)) => reviews::outdated_card(&before, &now, sentence),
        Err(error) => {
            tracing::warn!("what changed could not be shown: {error}");
            Post::sentence(sentence)
        }
    }
}

async fn enqueue(app: &App, job: Job) -> Result<()> {
    let mut tx = app.db.begin().await?;
    jobs::enqueue(&mut tx, app.workspace.id, job).await?;
    tx.commit().await?;
    Ok(())
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
            let question =
                Question { text, person, channel: channel.clone(), thread, follows: None };
            let delivery = interaction.dedupe_key();
            if let Some(run) = research::request(app, delivery.as_deref(), &question).await? {
                tell(app, interaction, research::on_it(run, &question));
            }
            Ok(Answer::Nothing)
        }
        Some("turn_into_draft") => {
            let form = draft_from_message(app, interaction).await?;
            open_form(app, interaction, &form).await?;
            Ok(Answer::Nothing)
        }
        Some("new_draft") => {
            let form = drafts::new_form(&app.brand, &drafts::Start::default());
            open_form(app, interaction, &form).await?;
            Ok(Answer::Nothing)
        }
        other => {
            tracing::warn!(shortcut.callback_id = other, "an unknown shortcut was refused");
            Err(Refusal::UnknownAction.into())
        }
    }
}

/// The form of a brief that begins with a message: a finding of ours, or what somebody wrote.
async fn draft_from_message(app: &App, interaction: &Interaction) -> Result<Modal> {
    let message = interaction.message.as_ref().ok_or(Refusal::UnknownAction)?;
    let channel = interaction.channel.as_ref().ok_or(Refusal::UnknownAction)?;
    if let Some(ts) = &message.ts {
        let workspace = app.workspace.id;
        let subject = slack::subject_of(&app.db, workspace, channel, ts).await?;
        if let Some((SubjectKind::Finding, id)) =
            subject.as_deref().and_then(reviews::subject_named)
        {
            let review = reviews::of_subject(&app.db, workspace, SubjectKind::Finding, id).await?;
            return draft_from(app, review.ok_or(Refusal::NoSuchReview)?).await;
        }
    }
    let what = commands::as_typed(&message.text);
    let start = drafts::Start {
        place: Some(Place::channel(channel.clone())),
        what: what.chars().take(drafts::LONGEST_WHAT).collect(),
        ..drafts::Start::default()
    };
    Ok(drafts::new_form(&app.brand, &start))
}

/// Whether it works is known a moment later, and then the message with the button says so.
const TRYING_AGAIN: &str =
    "Trying again. If nothing changes here, I have not been invited there yet.";

const WRITING_ANEW: &str =
    "The model is asked. The card follows: with its words, or with why there are none.";

const WRITING_STOPPED: &str =
    "Stopped. What is up for a decision stays up; nothing more will be written.";

const INVESTIGATING: &str =
    "The research agent looks for what could explain it. What it finds comes into the thread.";

const STOPPED: &str = "Stopped. Nothing will be put up.";

const FORM_IS_OLD: &str = "The text has changed since this form was opened, so nothing was recorded. Copy what you typed, close this, and look at the card as it is now.";

const EDIT_IS_UP: &str = "Your wording is up for a decision. By the policy, whoever edits a text does not approve it, so somebody else does.";

const EDIT_IS_UP_FOR_YOU: &str = "Your wording is up for a decision. It is not your approval yet: press Approve on the card, which asks what the policy asks.";

/// A form must open within three seconds of the click.
async fn open_form(app: &App, interaction: &Interaction, form: &Modal) -> Result<()> {
    let trigger = interaction.trigger_id.as_deref().ok_or(Refusal::UnknownAction)?;
    app.slack.open_view(trigger, form).await?;
    Ok(())
}

/// Tells the person who acted, and nobody else, once the click was answered.
fn tell(app: &App, interaction: &Interaction, post: Post) {
    tell_at(app, interaction, interaction.channel.clone(), post);
}

fn tell_at(app: &App, interaction: &Interaction, channel: Option<ChannelId>, post: Post) {
    let app = app.clone();
    let (url, person) = (interaction.response_url.clone(), interaction.actor.id.clone());
    app.clone().background.spawn(async move {
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
        let seen = || Seen::read(value?);
        match id {
            "review.approve" => Some(Self::Approve(seen()?)),
            "review.request_changes" => Some(Self::Ask(ReasonFor::Changes, seen()?)),
            "review.reject" => Some(Self::Ask(ReasonFor::Rejection, seen()?)),
            "review.revoke" => Some(Self::Ask(ReasonFor::Revocation, seen()?)),
            "review.edit" => Some(Self::Edit(seen()?)),
            "review.rewrite" => Some(Self::Rewrite(seen()?)),
            "summary.share" => Some(Self::ShareSummary(SummaryId(value?.parse().ok()?))),
            "summary.details" => {
                let (summary, section) = value?.split_once('.')?;
                let summary = SummaryId(summary.parse().ok()?);
                Some(Self::SummaryDetails(summary, Section::read(section)?))
            }
            "summary.queue" => Some(Self::Queue),
            "review.rework" => Some(Self::Rework(seen()?.review)),
            "review.undo" => Some(Self::Undo(seen()?.review)),
            "opinion.useful" => Some(Self::Rate(Rating::Useful, seen()?)),
            "opinion.not_useful" => Some(Self::Rate(Rating::NotUseful, seen()?)),
            "opinion.dispute" => Some(Self::Dispute(seen()?)),
            "opinion.withdraw" => Some(Self::WithdrawDispute(seen()?.review)),
            "review.more" => {
                let (what, value) = value?.split_once('.')?;
                let what = match what {
                    "who" => More::Who,
                    "changes" => More::Changes,
                    "rewrite" => More::Rewrite,
                    "record" => More::Record,
                    "withdraw" => More::Withdraw,
                    _ => return None,
                };
                Some(Self::More(what, Seen::read(value)?))
            }
            "review.show_again" => Some(Self::ShowAgain(ReviewId(value?.parse().ok()?))),
            "run.stop" => Some(Self::Stop(RunId(value?.parse().ok()?))),
            "run.again" => Some(Self::AskAgain(RunId(value?.parse().ok()?))),
            "finding.sources" => Some(Self::Sources(FindingId(value?.parse().ok()?))),
            "answer.share" => Some(Self::Share(FindingId(value?.parse().ok()?))),
            "finding.draft" => Some(Self::DraftFrom(ReviewId(value?.parse().ok()?))),
            "draft.choose" => {
                let (seen, letter) = value?.rsplit_once('.')?;
                Some(Self::Choose(Seen::read(seen)?, Variant::named(letter)?))
            }
            "draft.plan_test" => Some(Self::PlanTest(ReviewId(value?.parse().ok()?))),
            "test.word" => Some(Self::WriteAnew(ReviewId(value?.parse().ok()?))),
            "draft.again" => Some(Self::WriteAnew(ReviewId(value?.parse().ok()?))),
            "campaign.stop" => Some(Self::Campaign(Whole::Stop, CampaignId(value?.parse().ok()?))),
            "campaign.again" => {
                Some(Self::Campaign(Whole::Again, CampaignId(value?.parse().ok()?)))
            }
            "campaign.approve" => {
                Some(Self::Campaign(Whole::Approve, CampaignId(value?.parse().ok()?)))
            }
            "release.send_again" => Some(Self::SendAgain(DispatchId(value?.parse().ok()?))),
            "test.ship" => Some(Self::AskOfTest(Ask::Ship, ExperimentId(value?.parse().ok()?))),
            "test.stop" => Some(Self::AskOfTest(Ask::Stop, ExperimentId(value?.parse().ok()?))),
            "test.extend" => Some(Self::AskOfTest(Ask::Extend, ExperimentId(value?.parse().ok()?))),
            "test.segments" => Some(Self::Segments(ExperimentId(value?.parse().ok()?))),
            "link" => Some(Self::Link),
            _ => {
                let value = value?;
                let of_alert = || AlertAction::read(id, value).map(|(it, on)| Self::Alert(it, on));
                of_alert().or_else(|| Press::read(id, value).map(|(it, on)| Self::Lead(it, on)))
            }
        }
    }

    fn seen(self) -> Option<Seen> {
        match self {
            Self::Approve(seen)
            | Self::Ask(_, seen)
            | Self::Edit(seen)
            | Self::Rewrite(seen)
            | Self::Rate(_, seen)
            | Self::Dispute(seen)
            | Self::Choose(seen, _)
            | Self::More(_, seen) => Some(seen),
            Self::Rework(_)
            | Self::Undo(_)
            | Self::WithdrawDispute(_)
            | Self::ShowAgain(_)
            | Self::SendAgain(_)
            | Self::Stop(_)
            | Self::AskAgain(_)
            | Self::Share(_)
            | Self::Sources(_)
            | Self::AskOfTest(..)
            | Self::Segments(_)
            | Self::DraftFrom(_)
            | Self::PlanTest(_)
            | Self::WriteAnew(_)
            | Self::Campaign(..)
            | Self::Alert(..)
            | Self::Lead(..)
            | Self::ShareSummary(_)
            | Self::SummaryDetails(..)
            | Self::Queue
            | Self::Link => None,
        }
    }
}

impl AlertAction {
    fn read(id: &str, value: &str) -> Option<(Self, AlertId)> {
        let (what, value) = match id {
            "alert.acknowledge" => (Self::Acknowledge, value),
            "alert.resolve" => (Self::Resolve, value),
            "alert.not_useful" => (Self::NotUseful, value),
            "alert.investigate" => (Self::Investigate, value),
            "alert.propose" => (Self::Propose, value),
            "alert.lines" => (Self::Lines, value),
            "alert.undo" => (Self::Undo, value),
            "alert.snooze" => {
                let (until, value) = value.split_once('.')?;
                let snooze = match until {
                    "hour" => Snooze::Hour,
                    "morning" => Snooze::Morning,
                    "week" => Snooze::Week,
                    _ => return None,
                };
                (Self::Snooze(snooze), value)
            }
            _ => return None,
        };
        Some((what, AlertId(value.parse().ok()?)))
    }
}

impl Form {
    fn read(callback_id: &str, metadata: &str) -> Option<(Self, Seen)> {
        let form = match callback_id {
            "review.approve" => Self::Approve,
            "review.request_changes" => Self::Reason(ReasonFor::Changes),
            "review.reject" => Self::Reason(ReasonFor::Rejection),
            "review.revoke" => Self::Reason(ReasonFor::Revocation),
            "review.edit" => Self::Edit,
            proposals::REWRITE => Self::Rewrite,
            "review.withdraw" => Self::Withdraw,
            "opinion.dispute" => Self::Dispute,
            _ => return None,
        };
        Some((form, Seen::read(metadata)?))
    }
}

impl Seen {
    /// `12.34`: a review, and the revision that was seen.
    fn read(value: &str) -> Option<Self> {
        let (review, saw) = value.split_once('.')?;
        Some(Self { review: ReviewId(review.parse().ok()?), saw: RevisionId(saw.parse().ok()?) })
    }

    fn by(self, person: &PersonId) -> opinions::Seen<'_> {
        opinions::Seen { review: self.review, revision: self.saw, person }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_buttons_are_read() {
        let check = |id: &str, value: Option<&str>, expected: Option<Action>| {
            assert_eq!(Action::read(id, value), expected, "{id} {value:?}");
        };
        let seen = Seen { review: ReviewId(12), saw: RevisionId(34) };
        check("review.approve", Some("12.34"), Some(Action::Approve(seen)));
        check("review.undo", Some("12.34"), Some(Action::Undo(ReviewId(12))));
        check("opinion.useful", Some("12.34"), Some(Action::Rate(Rating::Useful, seen)));
        check("opinion.useful", Some("12"), None);
        check("opinion.adore", Some("12.34"), None);
        check("review.more", Some("who.12.34"), Some(Action::More(More::Who, seen)));
        check("review.show_again", Some("12"), Some(Action::ShowAgain(ReviewId(12))));
        check("draft.choose", Some("12.34.B"), Some(Action::Choose(seen, Variant::B)));
        check("draft.choose", Some("12.34.D"), None);
        check("draft.choose", Some("12.34"), None);
        check("campaign.stop", Some("7"), Some(Action::Campaign(Whole::Stop, CampaignId(7))));
        check(
            "alert.snooze",
            Some("week.7"),
            Some(Action::Alert(AlertAction::Snooze(Snooze::Week), AlertId(7))),
        );
        check("alert.snooze", Some("ever.7"), None);
        check("alert.resolve", Some("7.8"), None);
        check("lead.claim", Some("7"), Some(Action::Lead(Press::Claim, HandOffId(7))));
        check("lead.snooze", Some("ever.7"), None);
        check("link", None, Some(Action::Link));
        check("review.approve", None, None);
        check("review.approve", Some("12"), None);
        check("review.approve", Some("12.x"), None);
        check("review.approve", Some("12.34.56"), None);
        check("review.approve", Some("99999999999999999999.1"), None);
        check("review.more", Some("delete.12.34"), None);
        check("review.delete", Some("12.34"), None);
    }
}
