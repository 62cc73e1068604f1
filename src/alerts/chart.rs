//! The picture of an alert: the numbers behind its first line.

use super::alert::Alert;
use crate::charts::{self, Bar, Bars, Expected, Unit};
use crate::detectors::{DAY_S, Shown, civil_of, dropoff, waste};
use crate::readings;

/// A picture, and what it shows in words.
pub(super) struct Chart {
    pub png: Vec<u8>,
    pub alt: String,
}

/// The picture of an alert; none where there are no numbers to show.
pub(super) fn chart(alert: &Alert) -> Option<Chart> {
    let line = alert.picture.lines.first()?;
    let label = readings::label(&line.metric);
    let name = &line.campaign;
    Some(match alert.picture.shown.as_ref()? {
        Shown::Readings { currency, readings, until } => {
            let of = if name.is_empty() { String::new() } else { format!(" on {name}") };
            let readings = readings.iter().map(|it| charts::Reading {
                at: civil_of(it.at),
                value: it.value,
                expected: it.expected.map(|it| Expected {
                    value: it.value,
                    low: it.low,
                    high: it.high,
                }),
                marked: it.marked,
            });
            let readings: Vec<charts::Reading> = readings.collect();
            let title = if readings.iter().any(|it| it.marked) {
                format!("{label}{of}. Marked: outside what the days before let expect")
            } else {
                format!("{label}{of}")
            };
            let until = until.map(civil_of);
            drawn(&charts::Line { title, unit: unit(currency.as_deref()), readings, until })
        }
        Shown::Funnel { steps } => Chart::of(funnel(name, &line.metric, steps)),
        Shown::Siblings { currency, siblings } => {
            let chart = beside(name, currency, siblings);
            Chart { png: chart.png(), alt: chart.alt() }
        }
        Shown::Budget { currency, amount, first, last, days } => {
            let length = (last - first) as f64 / DAY_S as f64 + 1.0;
            let mut spent = 0.0;
            let readings = days.iter().map(|(day, value)| {
                spent += value;
                let even = amount * ((day - first) as f64 / DAY_S as f64 + 1.0) / length;
                let expected = Expected { value: even, low: even, high: even };
                charts::Reading {
                    at: civil_of(*day),
                    value: spent,
                    expected: Some(expected),
                    marked: false,
                }
            });
            let readings: Vec<charts::Reading> = readings.collect();
            let title = format!("Spent of {name} so far, against the same each day");
            drawn(&charts::Line { title, unit: unit(Some(currency)), readings, until: None })
        }
    })
}

impl Chart {
    fn of(funnel: charts::Funnel) -> Self {
        Self { png: funnel.png(), alt: funnel.alt() }
    }
}

fn drawn(line: &charts::Line) -> Chart {
    Chart { png: line.png(), alt: line.alt() }
}

fn unit(currency: Option<&str>) -> Unit {
    currency
        .filter(|it| !it.is_empty())
        .map_or(Unit::Number, |currency| Unit::Money(currency.to_owned()))
}

fn funnel(name: &str, lost_before: &str, steps: &[dropoff::Step]) -> charts::Funnel {
    let lost_before = readings::label(lost_before).to_lowercase();
    let usual = |number: usize| {
        let from = steps.get(number.checked_sub(1)?)?;
        Some(steps[number].before / from.before).filter(|it| it.is_finite())
    };
    let steps = steps.iter().enumerate().map(|(number, step)| charts::Step {
        name: step.name.clone(),
        count: step.after,
        usual_rate: usual(number),
        marked: step.name == lost_before,
    });
    let title =
        format!("{name}, the last seven days. Marked: fewer go on than in the weeks before");
    charts::Funnel { title, steps: steps.collect() }
}

/// What a lead that sales accepted costs each sibling, the dearest first.
fn beside(name: &str, currency: &str, siblings: &[waste::Sibling]) -> Bars {
    let price = |it: &waste::Sibling| it.spend / it.accepted.max(1.0);
    let mut siblings: Vec<&waste::Sibling> = siblings.iter().filter(|it| it.spend > 0.0).collect();
    siblings.sort_by(|a, b| price(b).total_cmp(&price(a)).then_with(|| a.name.cmp(&b.name)));
    let bars = siblings.into_iter().map(|it| Bar {
        name: it.name.clone(),
        value: price(it),
        interval: None,
        marked: it.name == name,
    });
    Bars {
        title: "Cost per accepted lead. Marked: its leads are provably worse".to_owned(),
        unit: unit(Some(currency)),
        bars: bars.collect(),
    }
}
