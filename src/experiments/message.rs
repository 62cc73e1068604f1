//! What people read about plans: the card, and the forms that put one up or change it.

use super::form::{
    ALPHA, AUDIENCE, BETTER, Filled, GUARDRAILS, HYPOTHESIS, HYPOTHESIS_LIMIT, KIND, KINDS, LEAST,
    LONGEST, METRIC, NAME, NAME_LIMIT, POWER, READINGS, RULE, TODAY, TRAFFIC, VARIANTS, WHY, key,
};
use super::statistics::plan::Kind;
use super::test_plan::{Decided, kind_in_words};
use super::{TestPlan, worded};
use crate::ids::{PersonId, ReviewId};
use crate::reviews::{Beside, Review};
use crate::slack::{Button, Card, Choice, Input, Modal, Place, Post, escape, mention, quote};
use crate::words::{capitalised, count, grouped};

/// The forms, as their submissions are known.
pub const PLAN: &str = "test.plan";
pub const EXTEND: &str = "test.extend";

const LINES_LIMIT: usize = 1_000;
const REASON_LIMIT: usize = 2_000;

/// A plan: what is tried, what is measured and how it is decided, and how long that takes.
pub fn card(plan: &TestPlan, requested_by: &PersonId) -> Card {
    let mut card = Card::new(format!("A test plan waits for a decision: {}", plan.name))
        .header(&plan.name)
        .context(format!("A test plan by {}, sized by the campaign agent.", mention(requested_by)));
    if let Some(instead) = &plan.instead_of {
        let changes: Vec<String> =
            instead.changes.iter().map(|it| format!("• {}", escape(it))).collect();
        card = card.section(format!(
            ":arrows_counterclockwise: *A new plan instead of that of test {}* (SHA-256 `{}`), which goes on until this one is approved and then ends. {}\nWhy: {}\n{}",
            instead.test,
            instead.content_sha256.get(..12).unwrap_or_default(),
            counts_in_words(plan, instead.counts_go_on),
            escape(&instead.why),
            changes.join("\n")
        ));
    }
    let lines: Vec<(&str, String)> =
        plan.lines().into_iter().map(|(name, value)| (name, escape(&value))).collect();
    card = card
        .section(quote(&plan.hypothesis))
        .fields(lines.iter().map(|(name, value)| (*name, value.as_str())));
    for (name, text) in plan.texts() {
        card = card.section(format!("*{}*\n{}", escape(name), quote(text)));
    }
    card.section(size(plan))
}

/// What becomes of the counts of the plan before, and why.
fn counts_in_words(plan: &TestPlan, go_on: bool) -> &'static str {
    match (go_on, plan.rule) {
        (true, _) => {
            "Counts go on: nothing that is read has changed, and the rule holds however often and however long it is read."
        }
        (false, Decided::FixedHorizon) => {
            "Counts begin anew: what is read once, at the end, may not be prolonged after somebody has looked."
        }
        (false, Decided::AlwaysValid) => {
            "Counts begin anew: what is read, or how, has changed, and the wish for that came from the old counts."
        }
    }
}

/// What stands under a plan as long as nobody has decided on it.
pub fn beside(review: &Review) -> Beside {
    let mut beside = Beside::default();
    if worded::may_be_worded(review) {
        let word = Button::new("Have the agent word it", "test.word").value(review.id);
        beside.buttons.push(word.into());
    }
    beside
}

/// How many users it takes, how long that is, and on what that rests.
fn size(plan: &TestPlan) -> String {
    let mut text = String::new();
    if let Some(sizing) = plan.sizing() {
        let (this, other, what) = match plan.rule {
            Decided::FixedHorizon => (
                sizing.fixed,
                sizing.always_valid,
                "An interval that may be read at any time would take",
            ),
            Decided::AlwaysValid => {
                (sizing.always_valid, sizing.fixed, "Read only once, at the end, it would take")
            }
        };
        let most = if plan.rule == Decided::AlwaysValid { " at most" } else { "" };
        let days = |users: f64| match plan.days_for(users) {
            Some(days) => format!(", about {}", count(days, "day")),
            None => String::new(),
        };
        text = format!(
            "*Takes {} users{most}{}.* {what} {}{}.\n",
            grouped(this as u64),
            days(this),
            grouped(other as u64),
            days(other)
        );
    }
    // Our own sentence; only names of campaigns in it are not, and those have no markup.
    let metric = escape(&plan.metric.name);
    let says = plan.expected.says.split('*').map(escape).collect::<Vec<_>>().join("*");
    text + &format!("Expected {metric}: {says}")
}

/// The answer to whoever planned it.
pub fn is_up(plan: &TestPlan) -> Post {
    Post::sentence(format!(
        "The plan of “{}” is up for a decision in this channel. It starts when it is approved. Until then, *Change the text* and *Withdraw my request* are behind the three dots of its card.",
        escape(&plan.name)
    ))
}

/// Where a form that plans a test was asked for, and the draft whose versions it tries.
pub fn asked_for(metadata: &str) -> Option<(Place, Option<ReviewId>)> {
    match metadata.split_once('|') {
        Some((place, review)) => {
            Some((Place::from_metadata(place)?, Some(ReviewId(review.parse().ok()?))))
        }
        None => Some((Place::from_metadata(metadata)?, None)),
    }
}

/// The form in which a test is planned; `draft` is the review of the draft whose versions it tries.
pub fn plan_form(filled: &Filled, place: &Place, draft: Option<ReviewId>) -> Modal {
    let draft = draft.map(|review| format!("|{review}")).unwrap_or_default();
    let modal = Modal::new(PLAN, "Plan a test")
        .submit("Put it up")
        .private_metadata(format!("{}{draft}", place.to_metadata()))
        .section("What is measured and how it is decided is agreed on before the start. Reviewers approve the plan; then it starts, and stays as it is.");
    with_inputs(modal, filled)
}

/// The form in which whoever asked changes what they planned.
pub fn rewrite_form(plan: &TestPlan) -> Modal {
    let modal = Modal::new("review.rewrite", "Change the plan")
        .submit("Put it up again")
        .section("The card shows what you changed, and those who decide are asked anew.");
    with_inputs(modal, &Filled::of_plan(plan))
}

/// The form in which somebody who decides changes it.
pub fn edit_form(plan: &TestPlan, review: &Review) -> Modal {
    let terms = &review.terms;
    let after = match (terms.editor_may_approve, terms.questions.is_empty()) {
        (false, _) => "By the policy, somebody else then approves it.",
        (true, true) => "Saving it is your approval, too.",
        (true, false) => "The policy lets you approve it, too: tick what it asks below.",
    };
    let modal = Modal::new("review.edit", "Edit & approve")
        .submit("Save")
        .section(format!("Your plan takes the place of this one, under your name. {after}"));
    with_inputs(modal, &Filled::of_plan(plan))
}

/// The form in which a running test gets another plan.
pub fn extend_form(plan: &TestPlan, metadata: &str) -> Modal {
    let why = Input::paragraph(WHY, "Why another plan?")
        .hint("Stands on the card of the new plan, and in the record.")
        .at_most(REASON_LIMIT);
    let modal = Modal::new(EXTEND, "Extend: a new plan")
        .submit("Put it up")
        .private_metadata(metadata)
        .section("A plan that was approved is not changed any more. This puts up a new one, which takes its place once it is approved. Counts go on where the test may be read at any time and only its duration, its power or its words change; else they begin anew.")
        .block(why);
    with_inputs(modal, &Filled::of_plan(plan))
}

fn with_inputs(modal: Modal, filled: &Filled) -> Modal {
    let chosen = key(filled.kind.unwrap_or(Kind::Conversion));
    let kinds = KINDS.map(|kind| Choice::new(&capitalised(kind_in_words(kind)), key(kind)));
    let ways = [Choice::new("Higher is better", "higher"), Choice::new("Lower is better", "lower")];
    let rules = [
        Choice::new("At any time (always-valid)", Decided::AlwaysValid.name())
            .describe("You may look every day. Takes more users than reading once."),
        Choice::new("Once, at the end (fixed horizon)", Decided::FixedHorizon.name())
            .describe("Fewest users. The result is read once, not before."),
    ];
    let rule = filled.rule.unwrap_or(Decided::AlwaysValid).name();
    let way = if filled.lower_is_better { "lower" } else { "higher" };
    let short = |name: &str, label: &str, value: &str| {
        Input::text(name, label).at_most(NAME_LIMIT).initial(value)
    };
    modal
        .block(short(NAME, "Name", &filled.name).hint("What lists call it."))
        .block(
            Input::paragraph(HYPOTHESIS, "Hypothesis")
                .hint("What you expect, and why.")
                .at_most(HYPOTHESIS_LIMIT)
                .initial(&filled.hypothesis),
        )
        .block(short(AUDIENCE, "Who sees it?", &filled.audience))
        .block(
            Input::paragraph(VARIANTS, "Variants")
                .hint("One a line; the first is the control. Write shares such as “benefit, 20 %”, or none for an equal split.")
                .at_most(LINES_LIMIT)
                .initial(&filled.variants),
        )
        .block(
            short(METRIC, "Primary metric", &filled.metric)
                .hint("The one that decides. All others are guardrails, or do not count."),
        )
        .block(Input::select(KIND, "What kind of metric is it?", kinds).chosen(&[chosen]))
        .block(Input::radio(BETTER, "Which way is better?", ways).chosen(&[way]))
        .block(
            Input::paragraph(GUARDRAILS, "Guardrails")
                .hint("What must not get worse, one a line: unsubscribe rate, conversion rate, up at most 10 %")
                .at_most(LINES_LIMIT)
                .initial(&filled.guardrails)
                .optional(),
        )
        .block(
            short(LEAST, "Least effect worth having", &filled.least)
                .hint("10 % of what the control brings; or 0.5 points of a rate; or an amount."),
        )
        .block(Input::radio(RULE, "When may it be read?", rules).chosen(&[rule]))
        .block(short(ALPHA, "Risk of a false winner", &filled.alpha))
        .block(
            short(POWER, "Power", &filled.power)
                .hint("The chance to find the least effect, if it is there."),
        )
        .block(short(LONGEST, "Longest duration, in days", &filled.longest))
        .block(
            short(TODAY, "What is the metric today?", &filled.today)
                .hint("3.2 % for a rate; “12.50, spread 30” for an amount. Left empty, the campaign agent looks into the readings, and says how sure it is.")
                .optional(),
        )
        .block(
            short(TRAFFIC, "How many users a day?", &filled.traffic)
                .hint("Left empty, the campaign agent looks into the readings.")
                .optional(),
        )
        .block(
            Input::paragraph(READINGS, "Is it counted by readings?")
                .hint("Left empty, counts are sent in. Else: “conversions per clicks, from shop”; below it a line for each variant (“benefit: campaign Spring B” or “benefit: ad set B”) and guardrail (“return rate: returns”).")
                .at_most(LINES_LIMIT)
                .initial(&filled.readings)
                .optional(),
        )
}
