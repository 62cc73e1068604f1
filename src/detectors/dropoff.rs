//! The step of a funnel whose rate changed, with the interval of the change.
//!
//! Every step is compared before and after; the step that is named is the one that lost the most at
//! the end of the funnel. Rates that only follow from a change further up are not touched, because
//! each step is measured against the one before it.

use serde::{Deserialize, Serialize};

use super::significance::{Share, z};
use super::words::percent;
use super::{Finding, Kind, Local};

/// How many came to each step, in the order of the funnel, in two spans of time.
#[derive(Clone, PartialEq, Debug)]
pub struct Funnel {
    pub of: String,
    pub steps: Vec<Step>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Step {
    pub name: String,
    pub before: f64,
    pub after: f64,
    /// How much more than by chance alone the rate of this step varied from day to day before: 1 where
    /// it did not. Days differ in who comes, and a change must exceed that, too.
    pub dispersion: f64,
}

/// Days that are held against the days before them.
const AFTER_DAYS: usize = 7;
const BEFORE_DAYS: usize = 28;

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

/// A funnel out of what came to each step on each day, in order: the last seven days against the four
/// weeks before them, and the day on which the seven begin. None where there are not as many days.
///
/// The dispersion is Pearson's statistic over its degrees of freedom: P. McCullagh, J. A. Nelder,
/// *Generalized Linear Models* (1989), section 4.5.
pub fn of_days(of: &str, steps: &[String], days: &[(Local, &Vec<f64>)]) -> Option<(Funnel, Local)> {
    let split = days.len().checked_sub(AFTER_DAYS)?;
    let before = &days[split.checked_sub(BEFORE_DAYS)?..split];
    let after = &days[split..];
    let sum = |days: &[(Local, &Vec<f64>)], step: usize| -> f64 {
        days.iter().map(|(_, counts)| counts[step]).sum()
    };
    let dispersion = |step: usize| {
        let Some(from) = step.checked_sub(1) else { return 1.0 };
        let rate = sum(before, step) / sum(before, from);
        let off = |(_, counts): &(Local, &Vec<f64>)| {
            let expected = counts[from] * rate;
            (counts[step] - expected).powi(2) / (expected * (1.0 - rate))
        };
        let off: Vec<f64> = before.iter().map(off).filter(|it| it.is_finite()).collect();
        let freedom = off.len().saturating_sub(1).max(1) as f64;
        (off.iter().sum::<f64>() / freedom).max(1.0)
    };
    let steps = steps.iter().enumerate().map(|(number, name)| Step {
        name: name.clone(),
        before: sum(before, number),
        after: sum(after, number),
        dispersion: dispersion(number),
    });
    Some((Funnel { of: of.to_owned(), steps: steps.collect() }, after[0].0))
}

/// The step that lost most, by its number, if one provably did. `since` is where "after" begins.
pub fn find(funnel: &Funnel, rule: &Rule, since: Local) -> Option<(usize, Finding)> {
    let z = z(funnel.steps.len().saturating_sub(1));
    let mut worst: Option<(usize, Finding)> = None;
    for (number, pair) in funnel.steps.windows(2).enumerate() {
        let [from, to] = pair else { continue };
        let before = Share { successes: to.before, trials: from.before };
        let after = Share { successes: to.after, trials: from.after };
        // Where more arrive than set out, the two are no steps of one funnel.
        if before.trials <= 0.0 || after.trials <= 0.0 || before.rate() > 1.0 || after.rate() > 1.0
        {
            continue;
        }
        let difference = after.minus(before, z * to.dispersion.sqrt());
        let loss = 1.0 - after.rate() / before.rate();
        if difference.high >= 0.0 || loss < rule.least {
            continue;
        }
        let score = 1.0 - 0.5 * (after.rate() / before.rate()).min(1.0);
        if worst.as_ref().is_some_and(|it| it.1.score >= score) {
            continue;
        }
        let lost = (before.rate() - after.rate()) * from.after * onwards(funnel, &to.name);
        let of = if funnel.of.is_empty() { String::new() } else { format!(" on {}", funnel.of) };
        let finding = Finding {
            kind: Kind::DropOff,
            sentence: format!(
                "From {} to {}{of} {} go on, where {} did: {} fewer (between {:.1} and {:.1} points less).",
                from.name,
                to.name,
                percent(after.rate()),
                percent(before.rate()),
                percent(loss),
                -difference.high * 100.0,
                -difference.low * 100.0,
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
        };
        worst = Some((number + 1, finding));
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
        let step = |it: &(&str, f64, f64)| Step {
            name: it.0.into(),
            before: it.1,
            after: it.2,
            dispersion: 1.0,
        };
        Funnel { of: String::new(), steps: steps.iter().map(step).collect() }
    }

    #[test]
    fn the_broken_step_is_named_and_what_follows_from_it_is_not() {
        let it = funnel(&[("visits", 9e4, 3e4), ("carts", 9e3, 3e3), ("orders", 900.0, 120.0)]);
        let (step, found) = find(&it, &Rule::default(), 0).unwrap();
        assert_eq!(step, 2);
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
