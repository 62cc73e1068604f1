//! The step of a funnel whose rate changed, with the interval of the change.
//!
//! Every step is compared before and after; the step that is named is the one that lost the most at
//! the end of the funnel. Rates that only follow from a change further up are not touched, because
//! each step is measured against the one before it.

use super::significance::{Share, z};
use super::words::percent;
use super::{Finding, Kind, Local};

/// How many came to each step, in the order of the funnel, in two spans of time.
#[derive(Clone, PartialEq, Debug)]
pub struct Funnel {
    pub of: String,
    pub steps: Vec<Step>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    pub name: String,
    pub before: f64,
    pub after: f64,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Rule {
    /// The least relative loss worth a message: 0.1.
    pub least: f64,
    /// What one arrival at the last step is worth.
    pub unit_value: Option<f64>,
}

impl Default for Rule {
    fn default() -> Self {
        Self { least: 0.1, unit_value: None }
    }
}

/// The step that lost most, if one provably did. `since` is where "after" begins.
pub fn find(funnel: &Funnel, rule: &Rule, since: Local) -> Option<Finding> {
    let z = z(funnel.steps.len().saturating_sub(1));
    let mut worst: Option<Finding> = None;
    for pair in funnel.steps.windows(2) {
        let [from, to] = pair else { continue };
        let before = Share { successes: to.before, trials: from.before };
        let after = Share { successes: to.after, trials: from.after };
        // Where more arrive than set out, the two are no steps of one funnel.
        if before.trials <= 0.0 || after.trials <= 0.0 || before.rate() > 1.0 || after.rate() > 1.0
        {
            continue;
        }
        let difference = after.minus(before, z);
        let loss = 1.0 - after.rate() / before.rate();
        if difference.high >= 0.0 || loss < rule.least {
            continue;
        }
        let score = 1.0 - 0.5 * (after.rate() / before.rate()).min(1.0);
        if worst.as_ref().is_some_and(|it| it.score >= score) {
            continue;
        }
        let lost = (before.rate() - after.rate()) * from.after * onwards(funnel, &to.name);
        let of = if funnel.of.is_empty() { String::new() } else { format!(" on {}", funnel.of) };
        worst = Some(Finding {
            kind: Kind::DropOff,
            sentence: format!(
                "From {} to {}{of} {} go on, where {} did: {} fewer ({:+.2} to {:+.2} points).",
                from.name,
                to.name,
                percent(after.rate()),
                percent(before.rate()),
                percent(loss),
                difference.low * 100.0,
                difference.high * 100.0,
            ),
            value: after.rate(),
            expected: before.rate(),
            low: before.rate() + difference.low,
            high: before.rate() + difference.high,
            since,
            ended: None,
            cost: rule.unit_value.map(|it| it * lost),
            score,
            notes: Vec::new(),
        });
    }
    worst
}

/// The share of those at a step that went on to the end, before.
fn onwards(funnel: &Funnel, step: &str) -> f64 {
    let at = funnel.steps.iter().find(|it| it.name == step).map_or(0.0, |it| it.before);
    let end = funnel.steps.last().map_or(0.0, |it| it.before);
    if at > 0.0 { (end / at).min(1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn funnel(steps: &[(&str, f64, f64)]) -> Funnel {
        let step = |it: &(&str, f64, f64)| Step { name: it.0.into(), before: it.1, after: it.2 };
        Funnel { of: String::new(), steps: steps.iter().map(step).collect() }
    }

    #[test]
    fn the_broken_step_is_named_and_what_follows_from_it_is_not() {
        let it = funnel(&[("visits", 9e4, 3e4), ("carts", 9e3, 3e3), ("orders", 900.0, 120.0)]);
        let found = find(&it, &Rule::default(), 0).unwrap();
        assert!(
            found.sentence.starts_with("From carts to orders 4.0 % go on, where 10.0 % did"),
            "{}",
            found.sentence
        );
    }

    #[test]
    fn less_of_everything_or_too_little_is_no_drop_off() {
        let fewer = funnel(&[("visits", 9e4, 3e4), ("carts", 9e3, 3e3), ("orders", 900.0, 300.0)]);
        assert_eq!(find(&fewer, &Rule::default(), 0), None);
        let few = funnel(&[("visits", 900.0, 90.0), ("orders", 90.0, 6.0)]);
        assert_eq!(find(&few, &Rule::default(), 0), None);
    }
}
