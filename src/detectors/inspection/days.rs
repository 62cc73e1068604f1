//! What came on each day, over the campaigns of a funnel or of a budget.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Found, Shown};
use crate::config::{AdBudget, Funnel};
use crate::detectors::{DAY_S, Local, Point, dropoff, local_of, pacing};

/// The least loss of a step's rate worth a message, where the manifest does not say.
pub(super) const LEAST_LOSS: f64 = 0.2;

/// The least miss of a budget worth a message, where the manifest does not say.
const LEAST_MISS: f64 = 0.1;

/// What came on each day, one number a step.
pub(super) type Days = BTreeMap<Local, Vec<f64>>;

pub(super) fn funnel_found((funnel, days): (&Funnel, &Days)) -> Option<Found> {
    lost(&funnel.name, &funnel.steps, days, funnel.least.unwrap_or(LEAST_LOSS))
}

/// The step of a funnel that lost; what was provable yesterday and is not today stands until tomorrow.
pub(super) fn lost(name: &str, steps: &[String], days: &Days, least: f64) -> Option<Found> {
    // A day counts where all steps of it are known.
    let known: Vec<(Local, &Vec<f64>)> = days
        .iter()
        .filter(|(_, counts)| counts.iter().all(|it| !it.is_nan()))
        .map(|(at, counts)| (*at, counts))
        .collect();
    let labels: Vec<String> = steps
        .iter()
        .map(|it| crate::readings::Metric::from(it.as_str()).label().to_lowercase())
        .collect();
    let rule = dropoff::Rule { least, ..dropoff::Rule::default() };
    let at = |known: &[(Local, &Vec<f64>)]| {
        let (funnel, since) = dropoff::of_days(name, &labels, known)?;
        let (step, finding) = dropoff::find(&funnel, &rule, since)?;
        Some((steps[step].clone(), finding, funnel))
    };
    let before = known.len().checked_sub(1).map(|end| &known[..end]);
    let (metric, finding, funnel) = at(&known).or_else(|| at(before?))?;
    Some(Found {
        source: String::new(),
        campaign: name.to_owned(),
        metric,
        currency: String::new(),
        finding,
        stands: true,
        shown: Some(Shown::Funnel { steps: funnel.steps }),
    })
}

pub(super) fn budget_found(budget: &AdBudget, days: &Days, today: Date) -> Option<Found> {
    let (first, last) = budget.period.around(today)?;
    let midnight = |date: Date| local_of(date.at(0, 0, 0, 0));
    let (first, last) = (midnight(first), midnight(last));
    let rule = pacing::Rule {
        of: budget.name.clone(),
        budget: budget.amount,
        first,
        last,
        least: budget.least.unwrap_or(LEAST_MISS),
        currency: Some(budget.currency.clone()),
    };
    let daily: Vec<Point> =
        days.iter().map(|(at, spent)| Point { at: *at, value: spent[0] }).collect();
    // What was in sight yesterday and is not today stands until tomorrow.
    let before = &daily[..daily.len().saturating_sub(1)];
    let finding = pacing::find(&daily, &rule).or_else(|| pacing::find(before, &rule))?;
    let days = daily.iter().filter(|it| (first..=last).contains(&it.at));
    let shown = Shown::Budget {
        currency: budget.currency.clone(),
        amount: budget.amount,
        first,
        last,
        days: days.map(|it| (it.at, it.value)).collect(),
    };
    Some(Found {
        source: String::new(),
        campaign: budget.name.clone(),
        metric: "spend".to_owned(),
        currency: budget.currency.clone(),
        finding,
        stands: true,
        shown: Some(shown),
    })
}

pub(super) fn add<'a>(
    days: &mut Days,
    step: usize,
    steps: usize,
    points: impl Iterator<Item = &'a Point>,
) {
    for point in points {
        let day = point.at.div_euclid(DAY_S) * DAY_S;
        let counts = days.entry(day).or_insert_with(|| vec![f64::NAN; steps]);
        counts[step] = if counts[step].is_nan() { 0.0 } else { counts[step] } + point.value;
    }
}

pub(super) fn merge(known: &mut Days, more: Days) {
    for (day, more) in more {
        match known.get_mut(&day) {
            Some(counts) => {
                for (count, more) in counts.iter_mut().zip(more) {
                    *count = if count.is_nan() { more } else { *count + more.max(0.0) };
                }
            }
            None => {
                known.insert(day, more);
            }
        }
    }
}
