//! What people do to a review: decide, edit, take back.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::PgConnection;

use super::review::{Review, State};
use super::store::{Seen, Version};
use super::{Ballot, Decision, Edit, Standing, Verdict, Written, act, opening, standing, store};
use crate::app::App;
use crate::audit::{self, Actor, Event, Subject, Value};
use crate::database::Writes;
use crate::error::{Error, Refusal, Result};
use crate::ids::{PersonId, ReviewId, RevisionId};
use crate::jobs::{self, Job};
use crate::slack;

/// Says whether `person` could decide now, on the revision they saw. Records nothing.
pub async fn check(
    app: &App,
    review: ReviewId,
    saw: RevisionId,
    person: &PersonId,
) -> Result<Review> {
    let (review, standing) = stand(app, review, person).await?;
    review.check_decision_by(person, &standing, saw)?;
    Ok(review)
}

/// Records a person's verdict, once, and sets in motion what follows from it.
///
/// `delivery` is Slack's id of the click: a repeat of one that was acted on changes nothing.
pub async fn decide(
    app: &App,
    delivery: Option<&str>,
    ballot: Ballot,
    person: &PersonId,
) -> Result<()> {
    let mut standing = None;
    loop {
        let mut db = app.desk.take().await?;
        let attempted = attempt(app, &mut db, delivery, &ballot, person, standing.as_ref()).await;
        if !matches!(attempted, Err(Error::Fault(_))) {
            db.keep();
        }
        match attempted? {
            Attempt::Recorded | Attempt::Repeated => return Ok(()),
            Attempt::Outrun => {}
            // Slack is asked between two looks at the database; and only if it was not lately.
            Attempt::StandingUnknown(seen) => {
                standing = Some(standing::of(app, &seen.review, person, &seen.places).await?);
            }
        }
    }
}

/// Puts up a person's own wording of what they saw; it counts as their approval, too, where the
/// policy lets an editor approve and asks nothing that they did not answer.
pub async fn edit(app: &App, edit: &Edit<'_>, written: &Written<'_>) -> Result<Review> {
    let now = app.now();
    let Edit { delivery, review, saw, person, answered } = *edit;
    let (_, standing) = stand(app, review, person).await?;

    let mut tx = app.db.begin().await?;
    let (review, _) = store::lock(&mut tx, app.workspace.id, review, person, now).await?;
    if !slack::first_delivery(&mut tx, app.workspace.id, delivery, now).await? {
        return Ok(review);
    }
    review.check_decision_by(person, &standing, saw)?;
    let mut revised = opening::revise(app, &mut tx, &review, written).await?;
    // Other words may come under further policies, with questions of their own.
    let answered = revised
        .terms
        .questions
        .iter()
        .all(|question| answered && review.terms.questions.contains(question));
    if answered && revised.check_decision_by(person, &standing, revised.revision).is_ok() {
        let ballot = Ballot {
            review: revised.id,
            saw: revised.revision,
            verdict: Verdict::Approve,
            comment: None,
            reason: None,
            answered: true,
        };
        let mut writes = Writes::default();
        record(app, &mut writes, &mut revised, None, &ballot, person, &standing, now)?;
        writes.commit(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(revised)
}

/// Says whether `person` could word anew what they asked for. Records nothing.
pub async fn check_rewrite(
    app: &App,
    review: ReviewId,
    saw: RevisionId,
    person: &PersonId,
) -> Result<Review> {
    let review =
        store::find(&app.db, app.workspace.id, review).await?.ok_or(Refusal::NoSuchReview)?;
    review.check_rewrite_by(person, saw)?;
    Ok(review)
}

/// Puts up another wording by whoever asked, as long as nothing is decided for good.
pub async fn rewrite(
    app: &App,
    delivery: Option<&str>,
    review: ReviewId,
    saw: RevisionId,
    person: &PersonId,
    written: &Written<'_>,
) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if !slack::first_delivery(&mut tx, app.workspace.id, delivery, app.now()).await? {
        return Ok(());
    }
    let review = opening::to_revise(&mut tx, app.workspace.id, review).await?;
    review.check_rewrite_by(person, saw)?;
    opening::revise(app, &mut tx, &review, written).await?;
    tx.commit().await?;

    tracing::info!(review.id = review.id.0, "whoever asked changed the text");
    Ok(())
}

/// Takes a person's own decision back, soon after, and before anything was released.
pub async fn undo(
    app: &App,
    delivery: Option<&str>,
    review: ReviewId,
    person: &PersonId,
) -> Result<()> {
    let now = app.now();

    let mut tx = app.db.begin().await?;
    if !slack::first_delivery(&mut tx, app.workspace.id, delivery, now).await? {
        return Ok(());
    }
    let (mut review, _) = store::lock(&mut tx, app.workspace.id, review, person, now).await?;
    let verdict = review.check_undo_by(person, now)?.verdict;

    review.decisions.retain(|decision| decision.person != *person);
    review.state = review.after(&review.decisions);
    review.remark = None;
    store::undo(&mut tx, &review, person, now).await?;
    store::set_state(&mut tx, &review, review.next_at(now)).await?;
    let mut details = about(&review);
    details.insert("verdict", verdict.name().into());
    let actor = Actor::Person(person.clone());
    let act = act!(review.subject, "decision_undone");
    audit::append(&mut tx, event(&review, now, actor, act, details)).await?;
    jobs::enqueue(&mut tx, app.workspace.id, Job::ShowReview { review: review.id }).await?;
    tx.commit().await?;

    tracing::info!(review.id = review.id.0, "a decision was taken back");
    Ok(())
}

/// Takes a request back, by whoever asked, as long as nothing was decided for good.
pub async fn withdraw(
    app: &App,
    delivery: Option<&str>,
    review: ReviewId,
    person: &PersonId,
) -> Result<()> {
    let now = app.now();

    let mut tx = app.db.begin().await?;
    if !slack::first_delivery(&mut tx, app.workspace.id, delivery, now).await? {
        return Ok(());
    }
    let (mut review, _) = store::lock(&mut tx, app.workspace.id, review, person, now).await?;
    review.check_withdrawal_by(person)?;

    review.state = State::Withdrawn { at: now };
    store::set_state(&mut tx, &review, None).await?;
    let actor = Actor::Person(person.clone());
    let event = event(&review, now, actor, act!(review.subject, "withdrawn"), about(&review));
    audit::append(&mut tx, event).await?;
    jobs::enqueue(&mut tx, app.workspace.id, Job::ShowReview { review: review.id }).await?;
    tx.commit().await?;

    tracing::info!(review.id = review.id.0, "a request was withdrawn");
    Ok(())
}

/// Says whether `person` could call a released subject back: whoever asked for it, and whoever may
/// decide on it, whether or not they did. Records nothing.
pub async fn check_revocation(app: &App, review: ReviewId, person: &PersonId) -> Result<Review> {
    let (review, standing) = stand(app, review, person).await?;
    check_right_to_revoke(&review, person, &standing)?;
    Ok(review)
}

/// Says whether what became of a review is for `person` to look after: whoever asked for it, and
/// whoever may decide on it. Records nothing.
pub async fn check_concerned(app: &App, review: ReviewId, person: &PersonId) -> Result<()> {
    let (review, standing) = stand(app, review, person).await?;
    Ok(check_concern(&review, person, &standing)?)
}

/// Calls a released subject back, in the caller's transaction, which tells those who received it.
/// None where this delivery was acted on before.
pub async fn revoke(
    app: &App,
    tx: &mut PgConnection,
    delivery: Option<&str>,
    review: ReviewId,
    person: &PersonId,
    why: &str,
) -> Result<Option<Review>> {
    let now = app.now();
    if !slack::first_delivery(tx, app.workspace.id, delivery, now).await? {
        return Ok(None);
    }
    let (mut review, places) = store::lock(tx, app.workspace.id, review, person, now).await?;
    let standing = standing::known(app, &review, person, &places)?;
    check_right_to_revoke(&review, person, &standing.ok_or(Refusal::MembershipUnknown)?)?;

    review.state = State::Revoked { at: now };
    review.remark = Some(why.to_owned());
    store::set_state(tx, &review, None).await?;
    let reason = audit::keep_text(tx, app.workspace.id, Some(person), why).await?;
    let mut details = about(&review);
    details.insert("reason", reason.into());
    let actor = Actor::Person(person.clone());
    audit::append(tx, event(&review, now, actor, act!(review.subject, "revoked"), details)).await?;
    jobs::enqueue(tx, app.workspace.id, Job::ShowReview { review: review.id }).await?;
    Ok(Some(review))
}

/// What a person saw, and what there is now: for those who clicked on an older text.
pub async fn outdated(app: &App, review: ReviewId, saw: RevisionId) -> Result<(String, String)> {
    let mut db = app.db.acquire().await?;
    let review =
        store::find(&app.db, app.workspace.id, review).await?.ok_or(Refusal::NoSuchReview)?;
    let before = store::text_of(&mut db, app.workspace.id, saw).await?;
    let now = store::text_of(&mut db, app.workspace.id, review.revision).await?;
    Ok((before, now))
}

/// A review, and where a person stands towards it now.
async fn stand(app: &App, review: ReviewId, person: &PersonId) -> Result<(Review, Standing)> {
    let review =
        store::find(&app.db, app.workspace.id, review).await?.ok_or(Refusal::NoSuchReview)?;
    let places = store::places(&app.db, app.workspace.id, person, app.now()).await?;
    let standing = standing::of(app, &review, person, &places).await?;
    Ok((review, standing))
}

/// What came of it to decide on a review as it was seen.
enum Attempt {
    Recorded,
    /// This delivery was acted on before.
    Repeated,
    /// The review changed in between, so that it must be looked at again.
    Outrun,
    StandingUnknown(Box<Seen>),
}

/// Looks once and decides on what was seen. Two round trips, no lock, and no transaction that could
/// be left open.
async fn attempt(
    app: &App,
    db: &mut PgConnection,
    delivery: Option<&str>,
    ballot: &Ballot,
    person: &PersonId,
    standing: Option<&Standing>,
) -> Result<Attempt> {
    let now = app.now();

    let mut seen = store::see(db, app.workspace.id, ballot.review, person, delivery, now).await?;
    if seen.is_repeat {
        return Ok(Attempt::Repeated);
    }
    let known = match standing {
        Some(standing) => Some(standing.clone()),
        None => standing::known(app, &seen.review, person, &seen.places)?,
    };
    let Some(standing) = known else {
        return Ok(Attempt::StandingUnknown(Box::new(seen)));
    };
    let review = &mut seen.review;
    review.check_decision_by(person, &standing, ballot.saw)?;
    if ballot.verdict == Verdict::Approve && !ballot.answered && !review.terms.questions.is_empty()
    {
        return Err(Refusal::QuestionsOpen.into());
    }

    let mut writes = Writes::default();
    record(app, &mut writes, review, Some(&seen.version), ballot, person, &standing, now)?;
    slack::remember_delivery(&mut writes, app.workspace.id, delivery, now);
    jobs::enqueue_with(&mut writes, app.workspace.id, Job::ShowReview { review: review.id })?;
    if !writes.commit(db).await? {
        return Ok(Attempt::Outrun);
    }

    tracing::info!(
        review.id = review.id.0,
        verdict = ballot.verdict.name(),
        "a decision was recorded"
    );
    Ok(Attempt::Recorded)
}

/// The decision, its entry in the trail, and what it comes to.
#[expect(clippy::too_many_arguments, reason = "each is another part of one sentence")]
fn record(
    app: &App,
    writes: &mut Writes,
    review: &mut Review,
    version: Option<&Version>,
    ballot: &Ballot,
    person: &PersonId,
    standing: &Standing,
    now: Timestamp,
) -> Result<()> {
    let decision = Decision {
        person: person.clone(),
        verdict: ballot.verdict,
        groups: standing.groups.clone(),
        stands_for: standing.stands_for.clone(),
        comment: ballot.comment.clone(),
        reason: ballot.reason,
        content_hash: review.content_hash,
        open_s: i32::try_from(review.open_s(now)).unwrap_or(i32::MAX),
        reading_s: i32::try_from(review.reading_s()).unwrap_or(i32::MAX),
        kept_from: None,
        at: now,
    };
    let reason = decision
        .comment
        .as_ref()
        .map(|comment| audit::keep_text_with(writes, app.workspace.id, Some(person), comment));
    review.decisions.push(decision.clone());
    review.state = review.after(&review.decisions);
    store::record(writes, review, version, &decision, review.next_at(now));

    let mut details = about(review);
    details.insert("groups", Value::list(decision.groups.iter().map(Value::name)));
    details.insert("open_s", i64::from(decision.open_s).into());
    details.insert("reading_s", i64::from(decision.reading_s).into());
    if decision.is_hasty() {
        details.insert("faster_than_reading", true.into());
    }
    if !decision.stands_for.is_empty() {
        details.insert("stands_for", Value::list(decision.stands_for.iter().map(Value::id)));
    }
    if ballot.verdict == Verdict::Approve && !review.terms.questions.is_empty() {
        details.insert("questions", Value::list(review.terms.questions.iter().map(Value::name)));
    }
    if let Some(code) = decision.reason {
        details.insert("reason_code", code.name().into());
    }
    if let Some(reason) = reason {
        details.insert("reason", reason.into());
    }
    let actor = Actor::Person(person.clone());
    let act = ballot.verdict.act(review.subject);
    audit::append_with(writes, event(review, now, actor, act, details))?;
    let follows = match review.state {
        State::ChangesRequested { .. } if review.agent.is_some() => {
            Some(Job::Rework { review: review.id })
        }
        _ => review.release_due(now),
    };
    follows.map_or(Ok(()), |job| jobs::enqueue_with(writes, app.workspace.id, job))
}

fn check_right_to_revoke(
    review: &Review,
    person: &PersonId,
    standing: &Standing,
) -> Result<(), Refusal> {
    match review.state {
        State::Released { .. } => {}
        State::Revoked { .. } => return Err(review.closed()),
        _ => return Err(Refusal::NotReleased),
    }
    check_concern(review, person, standing)
}

/// What became of a review concerns whoever asked for it, and whoever may decide on it.
fn check_concern(review: &Review, person: &PersonId, standing: &Standing) -> Result<(), Refusal> {
    if *person == review.requested_by && !standing.is_guest && !standing.is_bot {
        return Ok(());
    }
    review.check_right_of(person, standing)
}

/// What the trail says of a review in each of its entries.
pub(super) fn about(review: &Review) -> BTreeMap<&'static str, Value> {
    BTreeMap::from([
        ("review", Value::id(review.id)),
        ("revision", Value::id(review.revision)),
        ("content_sha256", Value::hash(&review.content_hash)),
        ("policies", Value::list(review.terms.rules.iter().map(Value::name))),
        ("policy_version", Value::name(&review.policy_version)),
        ("state", review.state.name().into()),
    ])
}

pub(super) fn event(
    review: &Review,
    at: Timestamp,
    actor: Actor,
    act: &'static str,
    details: BTreeMap<&'static str, Value>,
) -> Event {
    Event {
        workspace: review.workspace,
        at,
        actor,
        act,
        subject: Subject::new(review.subject.name(), review.subject_id),
        details,
    }
}
