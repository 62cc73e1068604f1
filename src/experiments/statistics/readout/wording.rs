//! A readout in sentences.

use super::verdict::{self, Holding, Verdict};
use super::{ArmReadout, Called, Comparison, GuardrailReadout, Peeking, Readout};
use crate::experiments::statistics::degenerate::Degenerate;
use crate::experiments::statistics::estimate::{Difference, Interval};
use crate::experiments::statistics::plan::{Guardrail, Kind, Metric, Plan, Rule};

/// A split that is not off yet, but on the way.
const WORTH_A_LOOK: f64 = 0.01;

/// The verdict first; then what it rests on.
pub(super) fn sentences(plan: &Plan, readout: &Readout) -> Vec<String> {
    let mut sentences = vec![verdict(plan, readout)];
    if matches!(readout.verdict, Verdict::InvalidSplit) {
        return sentences;
    }
    if readout.split.p_value < WORTH_A_LOOK {
        sentences.push(format!(
            "The traffic split is worth a look: chance alone brings one this far off with a p-value of {}.",
            p_value(readout.split.p_value)
        ));
    }
    let early = matches!(plan.rule, Rule::FixedHorizon { .. }) && !readout.progress.is_over;
    for arm in &readout.arms {
        match arm.comparison() {
            Some(comparison) if !early => sentences.push(compared(plan, arm, comparison)),
            Some(_) => {}
            None => sentences.extend(reason_of(arm, &readout.verdict)),
        }
        let pairs = plan.guardrails.iter().zip(&arm.guardrails);
        sentences.extend(pairs.map(|(planned, read)| guarded(plan, arm, planned, read)));
    }
    sentences.extend(readout.peeking.as_ref().and_then(|it| peeked(it, early)));
    sentences.extend(cost(plan, readout));
    sentences
}

fn verdict(plan: &Plan, readout: &Readout) -> String {
    let arm_of = |name: &str| readout.arms.iter().find(|it| it.arm == name);
    match &readout.verdict {
        Verdict::InvalidSplit => split(plan, readout),
        Verdict::NoReading { reason } => format!("No reading: {reason}"),
        Verdict::Ship { arm } => {
            let effect = arm_of(arm).and_then(ArmReadout::comparison).map(|it| it.effect);
            format!(
                "Ship {arm}: by the rule that was agreed on, its {} is better than that of {}, by {}.",
                plan.metric.name,
                control(plan),
                effect.map(|it| size(plan, &plan.metric, it)).unwrap_or_default()
            )
        }
        Verdict::StopWorse => format!(
            "Stop: {} worse than {}.",
            match plan.treatments() {
                [only] => format!("{} is", only.name),
                _ => "every arm is".to_owned(),
            },
            control(plan)
        ),
        Verdict::StopGuardrail { arm, guardrail } => format!(
            "Stop, guardrail: {arm} does more harm to {guardrail} than was agreed to be tolerated."
        ),
        Verdict::StopNoEffect => no_effect(plan, readout),
        Verdict::Continue => carry_on(plan, readout),
    }
}

fn split(plan: &Plan, readout: &Readout) -> String {
    let all: f64 = plan.arms.iter().map(|it| it.share).sum();
    let planned: Vec<String> =
        plan.arms.iter().map(|it| format!("{} %", digits(100.0 * it.share / all, 3))).collect();
    format!(
        "Invalid: the traffic split is off. {} users were counted where {} were planned, which chance does with a p-value of {}. \
         Usual causes: users that one arm loses before they are counted (redirects, slow pages, crashes), bots, \
         a change of the shares while the test ran, counting on something that the treatment changes. \
         No effect is read from such counts; find the cause, mend it, and start anew.",
        whole(readout.progress.users),
        planned.join(" : "),
        p_value(readout.split.p_value)
    )
}

fn no_effect(plan: &Plan, readout: &Readout) -> String {
    let least = size(plan, &plan.metric, plan.metric.gain(plan.least_effect));
    let excluded = readout
        .arms
        .iter()
        .all(|it| it.comparison().is_some_and(|it| verdict::excludes_the_least(plan, it)));
    match excluded {
        true => format!(
            "Stop, no effect: even the best that the data allow is less than {least}, the least effect worth having."
        ),
        false => format!(
            "Stop, no effect: the test is over, and no arm was found to be better. An effect of {least} is not excluded."
        ),
    }
}

fn carry_on(plan: &Plan, readout: &Readout) -> String {
    let progress = &readout.progress;
    let left = match progress.days_left {
        Some(days) if days <= 1.0 => " About a day is left.".to_owned(),
        Some(days) => format!(" About {} days are left.", whole(days)),
        None => String::new(),
    };
    match plan.rule {
        Rule::FixedHorizon { users } => format!(
            "Continue: {} of {} users are counted, and by the rule that was agreed on the result is read once, at the end.{left}",
            whole(progress.users),
            whole(users)
        ),
        Rule::AlwaysValid { .. } => format!(
            "Continue: after {} users the data neither show a winner nor exclude {}.{left}",
            whole(progress.users),
            size(plan, &plan.metric, plan.metric.gain(plan.least_effect))
        ),
    }
}

fn compared(plan: &Plan, arm: &ArmReadout, comparison: &Comparison) -> String {
    let rule = match plan.rule {
        Rule::FixedHorizon { .. } => "",
        Rule::AlwaysValid { .. } => ", which holds however often it is read",
    };
    format!(
        "{}: {} {} against {} of {}, {} ({} % interval {}{rule}). The chance that it is better at all is {}.",
        arm.arm,
        plan.metric.name,
        mean(&plan.metric, comparison.treatment_mean),
        mean(&plan.metric, comparison.control_mean),
        control(plan),
        size(plan, &plan.metric, comparison.effect),
        digits(100.0 * (1.0 - plan.alpha), 3),
        range(plan, &plan.metric, comparison.interval),
        chance(comparison.chance)
    )
}

fn reason_of(arm: &ArmReadout, verdict: &Verdict) -> Option<String> {
    let super::Compared::Reason(reason) = &arm.compared else { return None };
    // It was said in the first sentence.
    let said = matches!(verdict, Verdict::NoReading { reason: said } if said == reason);
    (!said).then(|| format!("{}: {reason}", arm.arm))
}

fn guarded(plan: &Plan, arm: &ArmReadout, planned: &Guardrail, read: &GuardrailReadout) -> String {
    let metric = &planned.metric;
    let tolerated = size(plan, metric, -metric.gain(planned.tolerated));
    let figures = match (read.effect, read.interval, &read.reason) {
        (Some(effect), Some(interval), _) => format!(
            "{} ({} % interval {})",
            size(plan, metric, effect),
            digits(100.0 * (1.0 - plan.alpha), 3),
            range(plan, metric, interval)
        ),
        (_, _, reason) => reason.as_ref().map(Degenerate::to_string).unwrap_or_default(),
    };
    let holds = match read.holding {
        Holding::Safe => format!("holds: harm beyond {tolerated} is excluded"),
        Holding::Unclear => {
            format!("is open: harm beyond {tolerated} is neither shown nor excluded")
        }
        Holding::Broken => format!("is broken: harm beyond {tolerated} is shown"),
    };
    format!("Guardrail {} of {} {holds}. {figures}", metric.name, arm.arm)
        .trim_end_matches(['.', ' '])
        .to_owned()
        + "."
}

fn peeked(peeking: &Peeking, early: bool) -> Option<String> {
    // That early, whatever it says would only tempt.
    if early || (peeking.called.is_none() && peeking.looks < 2) {
        return None;
    }
    let called = match &peeking.called {
        None => "would not have been called so far".to_owned(),
        Some(Called { label, arm, better }) => {
            let better = if *better { "better" } else { "worse" };
            let when = if peeking.known < 2 { "now" } else { label };
            let back = if peeking.says_so_now { "" } else { ", and says so no more" };
            format!("would have been called at {when}, with {arm} as {better}{back}")
        }
    };
    let habit = match peeking.looks {
        0 | 1 => String::new(),
        looks => format!(
            "; read at each of {looks} looks it names a false winner or loser in {} % of tests in which nothing differs",
            digits(100.0 * peeking.risk, 2)
        ),
    };
    Some(format!("Peeking: a plain test {called}{habit}."))
}

fn cost(plan: &Plan, readout: &Readout) -> Option<String> {
    let sizing = readout.sizing.as_ref()?;
    let least = size(plan, &plan.metric, plan.metric.gain(plan.least_effect));
    let (once, at_any_time) = (whole(sizing.fixed), whole(sizing.always_valid));
    let takes = match plan.rule {
        Rule::AlwaysValid { .. } => {
            format!(
                "this rule takes {at_any_time} users at most; read once, at the end, it would be {once}"
            )
        }
        Rule::FixedHorizon { .. } => {
            format!(
                "this rule takes {once} users; read at any time, it would be {at_any_time} at most"
            )
        }
    };
    Some(format!("To find {least} with {} % power {takes}.", digits(100.0 * plan.power, 3)))
}

fn control(plan: &Plan) -> &str {
    plan.arms.first().map_or("the control", |it| it.name.as_str())
}

/// An effect, on the plan's scale.
pub(super) fn size(plan: &Plan, metric: &Metric, effect: f64) -> String {
    let (factor, unit) = unit(plan, metric);
    format!("{}{unit}", signed(factor * effect))
}

fn unit(plan: &Plan, metric: &Metric) -> (f64, &'static str) {
    match (plan.difference, metric.kind) {
        (Difference::Relative, _) => (100.0, " %"),
        (Difference::Absolute, Kind::Conversion) => (100.0, " points"),
        (Difference::Absolute, _) => (1.0, ""),
    }
}

pub(super) fn range(plan: &Plan, metric: &Metric, interval: Interval) -> String {
    let (factor, unit) = unit(plan, metric);
    let side = |it: Option<f64>| it.map_or("any".to_owned(), |it| signed(factor * it));
    format!("{} to {}{unit}", side(interval.lower), side(interval.upper))
}

fn mean(metric: &Metric, mean: f64) -> String {
    match metric.kind {
        Kind::Conversion => format!("{} %", digits(100.0 * mean, 4)),
        _ => digits(mean, 4),
    }
}

fn chance(chance: f64) -> String {
    match 100.0 * chance {
        percent if percent > 99.9 => "more than 99.9 %".to_owned(),
        percent if percent < 0.1 => "less than 0.1 %".to_owned(),
        percent => format!("{} %", digits(percent, 3)),
    }
}

pub(super) fn p_value(p: f64) -> String {
    match p {
        0.0 => "less than 1e-300".to_owned(),
        p if p >= 1e-4 => digits(p, 2),
        p => format!("{p:.1e}"),
    }
}

fn signed(value: f64) -> String {
    let told = digits(value.abs(), 3);
    match value {
        value if told == "0" || value == 0.0 => "0".to_owned(),
        value if value < 0.0 => format!("−{told}"),
        _ => format!("+{told}"),
    }
}

/// With so many digits that mean something, and none after them.
pub(in crate::experiments) fn digits(value: f64, count: i32) -> String {
    if value == 0.0 || !value.is_finite() {
        return "0".to_owned();
    }
    let places = (count - 1 - value.abs().log10().floor() as i32).clamp(0, 12);
    let told = format!("{value:.*}", usize::try_from(places).unwrap_or_default());
    match told.contains('.') {
        true => told.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => told,
    }
}

/// A count with its thousands apart.
pub(super) fn whole(value: f64) -> String {
    let told = format!("{value:.0}");
    let mut grouped = String::new();
    for (place, digit) in told.chars().enumerate() {
        if place > 0 && (told.len() - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
