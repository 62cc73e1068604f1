//! What people do about a running test: put up to ship or to stop it, or another plan in its place.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use sqlx::PgConnection;

use super::decision::{self, Choice, TestDecision};
use super::planning::{planned, put_up};
use super::running::{self, Test, not_started};
use super::test_plan::InsteadOf;
use super::{Filled, TestPlan, form, message, readout_card, store};
use crate::app::App;
use crate::audit::{self, Actor, Event, Subject, Value};
use crate::config::{Facts, SubjectKind};
use crate::error::{Refusal, Result};
use crate::ids::{ChannelId, ExperimentId, PersonId, ReviewId, RevisionId};
use crate::reviews::{self, Author, Check, Opening, Written};
use crate::slack::inbound::Values;
use crate::slack::{self, Modal, Place};

/// What is asked for with a button of a test's card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ask {
    Ship,
    Stop,
    Extend,
}

/// What somebody wants to become of a running test, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wish {
    /// The arm that is to be shipped, by its place in the plan; none to stop.
    pub ship: Option<usize>,
    pub reason: String,
}

/// The form behind a button of a test's card, for somebody who may use it. Records nothing.
pub async fn ask_form(app: &App, test: ExperimentId, ask: Ask, person: &PersonId) -> Result<Modal> {
    let test = for_deciding(app, test, person).await?;
    let mut db = app.db.acquire().await?;
    check_nothing_waits(app, &mut db, test.running.id).await?;
    drop(db);
    let metadata = test.running.id.to_string();
    Ok(match ask {
        Ask::Ship => {
            decision::check_shippable(test.reading.verdict())?;
            readout_card::ship_form(&test).private_metadata(metadata)
        }
        Ask::Stop => readout_card::stop_form(&test).private_metadata(metadata),
        Ask::Extend => message::extend_form(&test.plan, &metadata),
    })
}

/// Puts a decision about a running test up for review, with its reason, and says where. A repeat of a
/// delivery does nothing, and says so by nothing.
pub async fn decide(
    app: &App,
    delivery: Option<&str>,
    test: ExperimentId,
    wish: &Wish,
    person: &PersonId,
) -> Result<Option<(TestDecision, ChannelId)>> {
    let now = app.now();
    let test = for_deciding(app, test, person).await?;
    let decision = wish.about(&test)?;

    let mut tx = app.db.begin().await?;
    if !slack::first_delivery(&mut tx, app.workspace.id, delivery, now).await? {
        return Ok(None);
    }
    check_free(app, &mut tx, decision.test).await?;
    let id = store::insert_decision(&mut tx, app.workspace.id, decision.test, now).await?;
    let kept = audit::keep_text(&mut tx, app.workspace.id, Some(person), &decision.reason).await?;
    let event = Event {
        workspace: app.workspace.id,
        at: now,
        actor: Actor::Person(person.clone()),
        act: "test_decision.proposed",
        subject: Subject::new(SubjectKind::TestDecision.name(), id),
        details: BTreeMap::from([
            ("test", Value::id(decision.test)),
            ("choice", decision.choice.name().into()),
            ("against_rule", decision.against_rule.into()),
            ("plan_sha256", Value::name(&decision.plan_sha256)),
            ("reason", kept.into()),
        ]),
    };
    audit::append(&mut tx, event).await?;
    let title = decision.title();
    let opening = Opening {
        subject: SubjectKind::TestDecision,
        subject_id: id.0,
        title: &title,
        agent: None,
        requested_by: person,
        channel: &test.review.channel,
        thread: test.review.thread.as_ref(),
    };
    let prepared = Prepared::new(&decision)?;
    reviews::open(app, &mut tx, &opening, &prepared.written(Author::Person(person))).await?;
    tx.commit().await?;

    tracing::info!(experiment.id = decision.test.0, "a decision about a test was put up");
    Ok(Some((decision, test.review.channel)))
}

/// Puts another plan up that is to take the place of a running test's.
pub async fn extend(
    app: &App,
    delivery: Option<&str>,
    test: ExperimentId,
    values: &Values,
    person: &PersonId,
) -> Result<Option<(TestPlan, ChannelId)>> {
    let test = for_deciding(app, test, person).await?;
    let why = reason(values, form::WHY)?;
    let instead = InsteadOf {
        test: test.running.id,
        content_sha256: hex::encode(test.running.content_hash),
        why,
        changes: Vec::new(),
        counts_go_on: false,
    };
    let plan = planned(app, &Filled::of_values(values), Some((instead, &test.plan))).await?;
    let place = Place { channel: test.review.channel.clone(), thread: test.review.thread.clone() };
    let put_up = put_up(app, delivery, &plan, person, &place).await?;
    Ok(put_up.map(|_| (plan, place.channel)))
}

/// The form in which whoever asked changes a decision that they put up.
pub async fn rewrite_decision_form(app: &App, before: &TestDecision) -> Result<Modal> {
    let test = running::find(&app.db, app.workspace.id, before.test).await?;
    let test = test.ok_or_else(|| not_started(before.test))?;
    Ok(readout_card::rewrite_form(&test, before))
}

/// Puts up what whoever asked made of the decision that they saw, with the numbers of now.
pub async fn rewrite_decision(
    app: &App,
    delivery: Option<&str>,
    (review, saw): (ReviewId, RevisionId),
    person: &PersonId,
    values: &Values,
) -> Result<()> {
    let (before, test) = under_review(app, saw).await?;
    test.check_running()?;
    let decision = Wish::of_values(values)?.about(&test)?;
    if decision == before {
        let sentence = "You changed nothing. Change something, or close this: it stays as it is.";
        return Err(Refusal::Inputs(vec![(readout_card::REASON, sentence.to_owned())]).into());
    }
    let prepared = Prepared::new(&decision)?;
    let written = prepared.written(Author::Person(person));
    reviews::rewrite(app, delivery, review, saw, person, &written).await
}

/// A test that runs, for a member of the workspace.
async fn for_deciding(app: &App, id: ExperimentId, person: &PersonId) -> Result<Test> {
    if !reviews::is_member(app, person).await? {
        return Err(Refusal::OnlyMembersDecide.into());
    }
    let test =
        running::find(&app.db, app.workspace.id, id).await?.ok_or_else(|| not_started(id))?;
    test.check_running()?;
    Ok(test)
}

/// Locks a test of which nothing is up for a decision: of two people at once, one is first, and the other
/// is told.
pub(super) async fn check_free(app: &App, tx: &mut PgConnection, test: ExperimentId) -> Result<()> {
    let locked = store::lock(tx, app.workspace.id, test).await?;
    let locked = locked.ok_or_else(|| not_started(test))?;
    running::check_running(&locked, reviews::State::Open)?;
    check_nothing_waits(app, tx, test).await
}

async fn check_nothing_waits(app: &App, db: &mut PgConnection, test: ExperimentId) -> Result<()> {
    let Some(waiting) = store::waiting(db, app.workspace.id, test).await? else { return Ok(()) };
    let sentence = format!(
        "“{}”, which <@{}> put up, waits for a decision already (review {}), so nothing was recorded. Decide on that first, or have it withdrawn.",
        waiting.title, waiting.requested_by, waiting.review
    );
    Err(Refusal::Missing(sentence).into())
}

async fn under_review(app: &App, revision: RevisionId) -> Result<(TestDecision, Test)> {
    let content = reviews::content(&app.db, app.workspace.id, revision).await?;
    let decision = TestDecision::from_bytes(&content.bytes)?;
    let test = running::find(&app.db, app.workspace.id, decision.test).await?;
    let test = test.ok_or_else(|| not_started(decision.test))?;
    Ok((decision, test))
}

impl Wish {
    /// What was filled in.
    pub fn of_values(values: &Values) -> Result<Self> {
        let reason = reason(values, readout_card::REASON)?;
        let asks_for_an_arm = values.blocks().any(|block| block == readout_card::ARM);
        if !asks_for_an_arm {
            return Ok(Self { ship: None, reason });
        }
        let arm = values.choice(readout_card::ARM).and_then(|it| it.parse().ok());
        Ok(Self { ship: Some(arm.ok_or(Refusal::UnknownAction)?), reason })
    }

    fn about(&self, test: &Test) -> Result<TestDecision> {
        let choice = match self.ship {
            Some(at) => {
                let arm = test.plan.arms.get(at).ok_or(Refusal::UnknownAction)?;
                Choice::Ship { arm: arm.name.clone() }
            }
            None => Choice::Stop,
        };
        Ok(TestDecision::new(test, choice, &self.reason)?)
    }
}

fn reason(values: &Values, input: &'static str) -> Result<String> {
    let reason = values.text(input).unwrap_or_default().trim().to_owned();
    if !reason.chars().any(char::is_alphanumeric) {
        let sentence = "Write a sentence that says why; whoever decides will read it.";
        return Err(Refusal::Inputs(vec![(input, sentence.to_owned())]).into());
    }
    Ok(reason)
}

/// A decision as it is put up: its bytes, its text, what was checked in it.
struct Prepared {
    title: String,
    content: Json,
    text: String,
    checks: Vec<Check>,
    facts: Facts,
    provenance: Json,
}

impl Prepared {
    fn new(decision: &TestDecision) -> Result<Self> {
        let (_, labels) = reviews::labels(&decision.reason);
        let says = match decision.against_rule {
            true => "Goes against the rule that was agreed on before the start",
            false => "Follows the rule that was agreed on before the start",
        };
        let rule = "follows_the_rule".to_owned();
        Ok(Self {
            title: decision.title(),
            content: serde_json::to_value(decision)?,
            text: decision.in_full(),
            checks: vec![Check { rule, passed: !decision.against_rule, says: says.to_owned() }],
            facts: Facts { labels, budget: None, audience: None },
            provenance: json!({"agent": super::AGENT, "engine": "read out by statistics", "version": "statistics"}),
        })
    }

    fn written<'a>(&'a self, author: Author<'a>) -> Written<'a> {
        Written {
            title: Some(&self.title),
            content: &self.content,
            text: &self.text,
            checks: &self.checks,
            facts: &self.facts,
            provenance: &self.provenance,
            author,
        }
    }
}
