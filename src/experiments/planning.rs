//! Putting a plan up, and changing it before it is approved.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::by_readings::Known;
use super::test_plan::{self, Draft, InsteadOf};
use super::{Filled, TestPlan, deciding, expected, form, store, worded};
use crate::app::App;
use crate::audit::{self, Actor, Event, Subject, Value};
use crate::brand::Severity;
use crate::config::{Facts, SubjectKind};
use crate::error::{Refusal, Result};
use crate::ids::{ExperimentId, PersonId, ReviewId, RevisionId};
use crate::reviews::{self, Author, Check, Edit, Opening, Review, Written};
use crate::slack::inbound::Values;
use crate::slack::{self, Place};
use crate::words::{grouped, listed};

/// The agent that says how large a test has to be.
pub const AGENT: &str = "campaign";

/// Puts up what a person planned, where they asked for it, with the texts of the arms that are texts, by
/// their names. A repeat of a delivery does nothing, and says
/// so by nothing.
pub async fn propose(
    app: &App,
    delivery: Option<&str>,
    filled: &Filled,
    person: &PersonId,
    place: &Place,
    texts: &[(String, String)],
) -> Result<Option<TestPlan>> {
    let plan = planned(app, filled, None).await?;
    let plan = plan.with_texts(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let put_up = put_up(app, delivery, &plan, person, place).await?;
    Ok(put_up.map(|_| plan))
}

/// The same, of a plan that is known already.
pub(super) async fn put_up(
    app: &App,
    delivery: Option<&str>,
    plan: &TestPlan,
    person: &PersonId,
    place: &Place,
) -> Result<Option<ExperimentId>> {
    let now = app.now();
    let prepared = Prepared::new(app, plan).await?;

    let mut tx = app.db.begin().await?;
    if !slack::first_delivery(&mut tx, app.workspace.id, delivery, now).await? {
        return Ok(None);
    }
    let instead_of = plan.instead_of.as_ref().map(|it| it.test);
    if let Some(test) = instead_of {
        deciding::check_free(app, &mut tx, test).await?;
    }
    let id = store::insert(&mut tx, app.workspace.id, instead_of, now).await?;
    let mut details = BTreeMap::from([
        ("channel", Value::id(&place.channel)),
        ("requested_by", Value::id(person)),
    ]);
    if let Some(test) = instead_of {
        details.insert("instead_of", Value::id(test));
    }
    let event = Event {
        workspace: app.workspace.id,
        at: now,
        actor: Actor::Person(person.clone()),
        act: "test_plan.proposed",
        subject: Subject::new(SubjectKind::TestPlan.name(), id),
        details,
    };
    audit::append(&mut tx, event).await?;
    let opening = Opening {
        subject: SubjectKind::TestPlan,
        subject_id: id.0,
        title: &plan.name,
        agent: None,
        requested_by: person,
        channel: &place.channel,
        thread: place.thread.as_ref(),
    };
    reviews::open(app, &mut tx, &opening, &prepared.written(Author::Person(person))).await?;
    tx.commit().await?;

    tracing::info!(experiment.id = id.0, "a person planned a test");
    Ok(Some(id))
}

/// Puts up what whoever asked made of the plan they saw.
pub async fn rewrite(
    app: &App,
    delivery: Option<&str>,
    (review, saw): (ReviewId, RevisionId),
    person: &PersonId,
    values: &Values,
) -> Result<()> {
    let prepared = changed(app, saw, values).await?;
    reviews::rewrite(app, delivery, review, saw, person, &prepared.written(Author::Person(person)))
        .await
}

/// Puts up what somebody who decides made of the plan they saw.
pub async fn edited(app: &App, edit: &Edit<'_>, values: &Values) -> Result<Review> {
    let prepared = changed(app, edit.saw, values).await?;
    reviews::edit(app, edit, &prepared.written(Author::Person(edit.person))).await
}

/// A filled-in form as a plan with its size, which says what is different if it takes the place of
/// another.
pub(super) async fn planned(
    app: &App,
    filled: &Filled,
    instead_of: Option<(InsteadOf, &TestPlan)>,
) -> Result<TestPlan> {
    let draft = form::read(filled)?;
    check_readings(app, &draft).await?;
    let expected = expected::find(app, &draft).await?;
    let plan = TestPlan::new(draft).sized(expected);
    let mut plan = plan.map_err(|sentence| Refusal::Inputs(vec![(form::LEAST, sentence)]))?;
    if let Some((instead, before)) = instead_of {
        plan = plan.with_texts(before.texts()).instead(before, instead);
        if plan.instead_of.as_ref().is_some_and(|it| it.changes.is_empty()) {
            let sentence = "This is the plan that the test has. Change what should be different, or close this.";
            return Err(Refusal::Inputs(vec![(form::NAME, sentence.to_owned())]).into());
        }
    }
    Ok(plan)
}

/// Refuses readings that nobody sends.
async fn check_readings(app: &App, draft: &Draft) -> Result<()> {
    let Some(by) = &draft.by_readings else { return Ok(()) };
    let checked = Known::find(app).await?.check(by);
    Ok(checked.map_err(|sentence| Refusal::Inputs(vec![(form::READINGS, sentence)]))?)
}

/// A plan that differs from the one somebody saw.
async fn changed(app: &App, saw: RevisionId, values: &Values) -> Result<Prepared> {
    let before = under_review(app, saw).await?;
    let mut plan = planned(app, &Filled::of_values(values), None).await?.with_texts(before.texts());
    if let Some(instead) = &before.instead_of {
        let replaced = super::running::plan_of(app, instead.test).await?;
        plan = plan.instead(&replaced, instead.clone());
    }
    if plan == before {
        let sentence = "You changed nothing. Change something, or close this: it stays as it is.";
        return Err(Refusal::Inputs(vec![(form::NAME, sentence.to_owned())]).into());
    }
    Prepared::new(app, &plan).await
}

async fn under_review(app: &App, revision: RevisionId) -> Result<TestPlan> {
    let content = reviews::content(&app.db, app.workspace.id, revision).await?;
    TestPlan::from_bytes(&content.bytes)
}

/// A plan as it is put up: its bytes, its text, what was checked in it.
pub(super) struct Prepared {
    title: String,
    content: Json,
    text: String,
    checks: Vec<Check>,
    facts: Facts,
    provenance: Json,
}

impl Prepared {
    pub async fn new(app: &App, plan: &TestPlan) -> Result<Self> {
        let known = match plan.by_readings {
            Some(_) => Known::find(app).await?,
            None => Known::default(),
        };
        let words = plan.in_full();
        let (_, labels) = reviews::labels(&words);
        Ok(Self {
            title: plan.name.clone(),
            content: serde_json::to_value(plan)?,
            text: words,
            checks: checks(app, plan, &known),
            facts: Facts { labels, budget: None, audience: Some(plan.users) },
            provenance: json!({"agent": AGENT, "engine": "sized by statistics", "version": "statistics"}),
        })
    }

    /// The same, worded by a model.
    pub fn made(self, provenance: Json) -> Self {
        Self { provenance, ..self }
    }

    pub fn written<'a>(&'a self, author: Author<'a>) -> Written<'a> {
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

/// What a thoughtful colleague would look at before the start.
fn checks(app: &App, plan: &TestPlan, known: &Known) -> Vec<Check> {
    let check = |rule: &str, passed, says: String| Check { rule: rule.to_owned(), passed, says };
    let mut checks = Vec::new();
    let takes = plan.sizing().map(|it| it.of_rule(plan.plan().rule));
    checks.push(match takes.map(|users| (users, plan.days_for(users))) {
        Some((_, Some(days))) if days > u64::from(plan.longest_days) => check(
            "duration",
            false,
            format!(
                "It takes about {} days, and {} are planned: it will probably end without an answer",
                grouped(days),
                plan.longest_days
            ),
        ),
        Some((_, Some(days))) if days < 7 => check(
            "duration",
            false,
            "It takes less than a week, and weekdays differ: let it run for whole weeks".to_owned(),
        ),
        Some((_, Some(_))) => check("duration", true, "Ends within the longest duration".to_owned()),
        _ => check("duration", false, "How long it takes is not known".to_owned()),
    });
    checks.push(match plan.expected.known {
        test_plan::Known::Assumed => {
            check("baseline", false, "What the metric is today is assumed, not known".to_owned())
        }
        _ => check("baseline", true, "What the metric is today is known".to_owned()),
    });
    checks.push(match plan.guardrails.is_empty() {
        true => {
            check("guardrails", false, "Nothing watches for harm: no guardrail is named".to_owned())
        }
        false => check("guardrails", true, "Guardrails are named".to_owned()),
    });
    if plan.texts().next().is_some() {
        let found = worded::found(app, plan, Some(Severity::Error));
        checks.push(match found.as_slice() {
            [] => check("brand", true, "The texts keep to the brand kit".to_owned()),
            found => check("brand", false, found.join(" ")),
        });
    }
    if let Some(by) = &plan.by_readings {
        let unheard = by.unheard_of(known);
        if !unheard.is_empty() {
            let says =
                format!("No readings of {} have come yet, so look at the names", listed(&unheard));
            checks.push(check("readings", false, says));
        }
        if !by.counts_people() {
            let says = format!(
                "It counts {}, not people: who comes twice counts twice, and the result looks a little surer than it is",
                by.per.replace('_', " ")
            );
            checks.push(check("unit", false, says));
        }
    }
    checks
}
