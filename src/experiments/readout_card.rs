//! What people read about a running test: its one card, the forms behind its buttons, and the card of a
//! decision about it.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::by_readings::ByReadings;
use super::decision::{Choice, TestDecision};
use super::picture::Picture;
use super::running::{Ended, EndedBy, Test, Waiting};
use super::statistics::readout::Verdict;
use crate::ids::{ExperimentId, PersonId};
use crate::reviews::State;
use crate::slack::{self, Button, Card, Element, Input, Modal, Post, date, escape, mention, quote};
use crate::words::{count, listed};

/// The forms, as their submissions are known.
pub const SHIP: &str = "test.ship";
pub const STOP: &str = "test.stop";

/// Their inputs.
pub const ARM: &str = "arm";
pub const REASON: &str = "test_reason";

const REASON_LIMIT: usize = 2_000;

/// How many days without counts are nothing to speak of: most sources send a day once it is over.
const QUIET_DAYS: i32 = 2;

/// What stands beside a test on its card.
#[derive(Clone, Debug, Default)]
pub struct Around {
    /// What is up for a decision about it.
    pub waiting: Option<Waiting>,
    /// The decision that ended it, and who approved that.
    pub decided: Option<(TestDecision, Vec<PersonId>)>,
    pub picture: Option<Picture>,
}

/// The card of a test: what the rule says now, what that rests on, and what people may do.
pub fn card(test: &Test, around: &Around, today: Date) -> Card {
    let running = &test.running;
    let mut card = Card::new(summary(test, around))
        .header(format!("Test {}: {}", running.id, test.plan.name))
        .context(standing(test))
        .section(headline(test, around));
    if let Some(Picture { file, alt }) = &around.picture {
        card = card.picture(file, alt);
    }
    let sentences = test.reading.sentences();
    let rest: Vec<String> =
        sentences.iter().skip(1).map(|it| format!("• {}", escape(it))).collect();
    if !rest.is_empty() {
        card = card.section(rest.join("\n"));
    }
    if !test.reading.segments.is_empty() {
        card = card
            .context("Segments were counted as well. They are exploratory, and never the result.");
    }
    for line in remarks(test, today) {
        card = card.context(line);
    }
    if let Some(waiting) = &around.waiting {
        card = card.context(format!(
            ":hourglass_flowing_sand: “{}”, which {} put up, waits for a decision (review {}).",
            escape(&waiting.title),
            mention(&waiting.requested_by),
            waiting.review
        ));
    }
    card.foot().actions(buttons(test, around))
}

/// Which plan it runs by, since when, and how far it is.
fn standing(test: &Test) -> String {
    let running = &test.running;
    let hash = hex::encode(running.content_hash);
    let approved: Vec<String> =
        test.review.decisions.iter().map(|it| mention(&it.person)).collect();
    let by = if approved.is_empty() { String::new() } else { format!(" by {}", listed(&approved)) };
    format!(
        "Runs by the plan approved{by}, SHA-256 `{}` (review {}) · began {} · read out by the campaign agent",
        &hash[..12],
        test.review.id,
        day(running.starts_on)
    )
}

fn headline(test: &Test, around: &Around) -> String {
    let running = &test.running;
    let first = test.reading.sentences().into_iter().next().unwrap_or_default();
    let ended = match (&test.running.ended, test.review.state) {
        (Some(Ended { at, by: EndedBy::Plan(other) }), _) => Some(format!(
            ":checkered_flag: *Ended {}*: the plan of test {other} took its place. Its counts are closed.",
            at_day(*at)
        )),
        (Some(Ended { at, by: EndedBy::Decision(_) }), _) => {
            around.decided.as_ref().map(|(decision, by)| decided(decision, by, *at))
        }
        (None, State::Revoked { at }) => Some(format!(
            ":rewind: *The plan was revoked {}*, so this test does not count any more.",
            at_day(at)
        )),
        (None, _) => None,
    };
    match ended {
        Some(ended) => format!("{ended}\nAt the end the rule said: {}", escape(&first)),
        None => match first.split_once(':') {
            Some((verdict, rest)) if test.reading.readout.is_some() => {
                format!("{} *{}:*{}", sign(test), escape(verdict), escape(rest))
            }
            _ if running.counts_from.is_some() => format!(
                "{} *{}* It counts {}: whole days from {} on.",
                sign(test),
                escape(&first),
                escape(&by_readings(test)),
                day(running.starts_on + 1.day())
            ),
            _ => format!(
                "{} *{}* Counts come by `POST /ingest/observations?test={id}` or `countersign experiment observe {id} FILE.csv`.",
                sign(test),
                escape(&first),
                id = test.running.id
            ),
        },
    }
}

fn decided(decision: &TestDecision, by: &[PersonId], at: Timestamp) -> String {
    let by: Vec<String> = by.iter().map(mention).collect();
    let against = match decision.against_rule {
        true => " :warning: This went against the rule that was agreed on.",
        false => "",
    };
    format!(
        ":checkered_flag: *Decided {}: {}*, approved by {}.{against}\nWhy: {}",
        at_day(at),
        escape(&decision.choice.in_words()),
        listed(&by),
        escape(&decision.reason)
    )
}

fn sign(test: &Test) -> &'static str {
    match test.reading.verdict() {
        None => ":hourglass_flowing_sand:",
        Some(Verdict::Continue) => ":arrow_forward:",
        Some(Verdict::Ship { .. }) => ":trophy:",
        Some(Verdict::StopNoEffect | Verdict::StopWorse | Verdict::StopGuardrail { .. }) => {
            ":octagonal_sign:"
        }
        Some(Verdict::InvalidSplit | Verdict::NoReading { .. }) => ":no_entry:",
    }
}

/// What does not come any more, and what is not read.
fn remarks(test: &Test, today: Date) -> Vec<String> {
    let mut lines = Vec::new();
    let (reading, running) = (&test.reading, &test.running);
    if let Some(newest) = reading.newest {
        let source = match (&running.counts_from, &running.source) {
            (Some(_), _) => format!(": {}", escape(&by_readings(test))),
            (None, Some(source)) => format!(" from “{}”", escape(source)),
            (None, None) => ", from files".to_owned(),
        };
        lines.push(format!("Counted up to {}{source}.", day(newest)));
    }
    if running.ended.is_none() && reading.unread_days == 0 && !reading.is_over() {
        let since = reading.newest.unwrap_or(running.starts_on);
        let silent = since.until(today).map_or(0, |it| it.get_days());
        if silent > QUIET_DAYS {
            lines.push(format!(
                ":warning: Nothing has come since {}, {} ago. The readout stands as of then; look at whatever sends the counts.",
                day(since),
                count(i64::from(silent), "day")
            ));
        }
    }
    if let Some(trouble) = &running.trouble {
        lines.push(format!(
            ":warning: What came last was not counted. {}",
            escape(&trouble.replace('\n', " "))
        ));
    }
    for (guardrail, last) in &reading.quiet {
        let name = escape(guardrail);
        lines.push(match last {
            Some(last) => format!(
                ":warning: {name} has not come since {}, so it is read as of then.",
                day(*last)
            ),
            None => format!(":warning: {name} has not come at all, so nothing watches it."),
        });
    }
    if reading.unread_days > 0 {
        lines.push(format!(
            "Counts of {} after the end that was agreed on came as well; they are kept and not read.",
            count(i64::try_from(reading.unread_days).unwrap_or(i64::MAX), "day")
        ));
    }
    lines
}

/// What is divided by what, of which source.
fn by_readings(test: &Test) -> String {
    test.plan.by_readings.as_ref().map(ByReadings::quotient).unwrap_or_default()
}

fn buttons(test: &Test, around: &Around) -> Vec<Element> {
    let id = test.running.id;
    let button = |label: &str, action: &str| Button::new(label, action).value(id);
    let mut row: Vec<Element> = Vec::new();
    let details = button("Segments", "test.segments");
    let details = (!test.reading.segments.is_empty()).then(|| details.into());
    let is_over =
        test.running.ended.is_some() || matches!(test.review.state, State::Revoked { .. });
    if is_over || around.waiting.is_some() {
        return details.into_iter().collect();
    }
    let verdict = test.reading.verdict();
    if super::decision::check_shippable(verdict).is_ok() {
        let ship = button("Ship", "test.ship");
        let ship =
            if matches!(verdict, Some(Verdict::Ship { .. })) { ship.primary() } else { ship };
        row.push(ship.into());
    }
    row.push(button("Stop", "test.stop").into());
    row.push(button("Extend: a new plan", "test.extend").into());
    row.extend(details);
    row
}

/// The segments of a test, in its thread.
pub fn segments_card(test: &Test) -> Card {
    let plan = test.plan.plan();
    let name = &test.plan.name;
    let card = Card::new(format!("The segments of the test “{name}”, which are exploratory."));
    if test.reading.segments.is_empty() {
        return card.section("By the rule that was agreed on, no segment may be looked at now.");
    }
    let lines: Vec<String> = test
        .reading
        .segments
        .iter()
        .map(|it| format!("• {}", escape(&it.sentence(&plan))))
        .collect();
    card.section(format!("*Segments: {}, against {}*", escape(&plan.metric.name), escape(test.plan.control())))
        .section(lines.join("\n"))
        .context("Exploratory: who looks at many parts finds differences by chance. So all of them share the risk that was agreed on (Holm), and none is the result. One that would matter is a reason for a test of its own.")
}

/// For those who see no blocks.
fn summary(test: &Test, around: &Around) -> String {
    let name = &test.plan.name;
    match &around.decided {
        Some((decision, _)) => {
            format!("The test “{name}” is decided: {}.", decision.choice.in_words())
        }
        None => {
            let first = test.reading.sentences().into_iter().next().unwrap_or_default();
            format!("Test “{name}”. {first}")
        }
    }
}

/// The form that asks which arm is shipped, and why.
pub fn ship_form(test: &Test) -> Modal {
    let modal = Modal::new(SHIP, "Ship").submit("Put it up").section(what_the_rule_says(test));
    let best = match test.reading.verdict() {
        Some(Verdict::Ship { arm }) => test.plan.arms.iter().position(|it| it.name == *arm),
        _ => None,
    };
    with_reason(with_arm(modal, test, best.unwrap_or(1)), "")
}

/// The form that asks why a test is stopped.
pub fn stop_form(test: &Test) -> Modal {
    let modal = Modal::new(STOP, "Stop").submit("Put it up").section(what_the_rule_says(test));
    with_reason(modal, "")
}

/// The form in which whoever put a decision up changes it.
pub fn rewrite_form(test: &Test, before: &TestDecision) -> Modal {
    let modal = Modal::new("review.rewrite", "Change the decision")
        .submit("Put it up again")
        .section(what_the_rule_says(test));
    let modal = match &before.choice {
        Choice::Ship { arm } => {
            let chosen = test.plan.arms.iter().position(|it| it.name == *arm);
            with_arm(modal, test, chosen.unwrap_or(1))
        }
        Choice::Stop => modal,
    };
    with_reason(modal, &before.reason)
}

fn what_the_rule_says(test: &Test) -> String {
    let first = test.reading.sentences().into_iter().next().unwrap_or_default();
    format!(
        "*{}*\n{}\nReviewers decide on what you put up. Something else than the rule says is allowed, and stays on record as that.",
        escape(&test.plan.name),
        escape(&first)
    )
}

fn with_arm(modal: Modal, test: &Test, chosen: usize) -> Modal {
    let arms = test.plan.arms.iter().enumerate().map(|(index, arm)| {
        let control = if index == 0 { " (control)" } else { "" };
        slack::Choice::new(&format!("{}{control}", arm.name), index)
    });
    modal.block(Input::radio(ARM, "What is shipped?", arms).chosen(&[&chosen.to_string()]))
}

fn with_reason(modal: Modal, before: &str) -> Modal {
    modal.block(
        Input::paragraph(REASON, "Why?")
            .hint("Whoever decides reads this, and it stays in the record.")
            .at_most(REASON_LIMIT)
            .initial(before),
    )
}

/// A decision about a test, under which its review stands.
pub fn decision_card(decision: &TestDecision, requested_by: &PersonId) -> Card {
    let choice = decision.choice.in_words();
    let mut card = Card::new(format!("A test decision waits: {}", decision.title()))
        .header(decision.title())
        .context(format!(
            "A decision about test {} by {}. Its plan has the SHA-256 `{}`.",
            decision.test,
            mention(requested_by),
            decision.plan_sha256.get(..12).unwrap_or_default()
        ))
        .section(format!("*{}*, because:\n{}", escape(&choice), quote(&decision.reason)));
    if decision.against_rule {
        card = card.section(
            ":warning: *This goes against the rule that was agreed on before the start.* That is allowed; it stays on record.",
        );
    }
    let says: Vec<String> =
        decision.rule_says.iter().map(|it| format!("• {}", escape(it))).collect();
    let as_of = decision.as_of.as_deref().and_then(|it| it.parse::<Date>().ok());
    let as_of = as_of.map(|it| format!(", counted up to {}", day(it))).unwrap_or_default();
    card.section(format!("*What the rule says{as_of}*\n{}", says.join("\n")))
}

/// The answer to whoever put a decision up.
pub fn decision_is_up(decision: &TestDecision) -> Post {
    Post::sentence(format!(
        "“{}” is up for a decision in this channel. Nothing changes until it is approved.",
        escape(&decision.title())
    ))
}

/// What a message about a test is kept under.
pub fn subject(test: ExperimentId) -> String {
    format!("test:{test}")
}

/// What the segments in its thread are kept under.
pub fn segments_subject(test: ExperimentId) -> String {
    format!("test:{test}:segments")
}

fn day(day: Date) -> String {
    day.strftime("%-d %b %Y").to_string()
}

fn at_day(at: Timestamp) -> String {
    date(at, &at.strftime("%-d %b %Y, %H:%M UTC").to_string())
}

impl super::Reading {
    /// Whether the end that was agreed on is reached.
    pub fn is_over(&self) -> bool {
        matches!(&self.readout, Some(Ok(readout)) if readout.progress.is_over)
    }
}
