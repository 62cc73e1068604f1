//! Daily counts, a row for each day and arm.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::counted;
use super::figures::Figures;
use crate::experiments::statistics::plan::{Look, Plan};

/// The look after each day, and the days from the first to the last.
pub(super) fn read(plan: &Plan, csv: &[u8]) -> Result<(Vec<Look>, f64), String> {
    let days = rows(plan, csv)?;
    let (Some(first), Some(last)) = (days.keys().next(), days.keys().last()) else {
        return Err("There are no daily counts; a row has date, arm, users and the figures".into());
    };
    let until = first.until(*last).map_err(|it| it.to_string())?;
    let running = f64::from(until.get_days()) + 1.0;

    // A figure that never came is no figure; one that came once counts on.
    let mut sums: BTreeMap<&str, Figures> = BTreeMap::new();
    let mut looks = Vec::with_capacity(days.len());
    for (date, arms) in &days {
        for (arm, figures) in arms {
            let sum = sums.entry(arm).or_default();
            for (name, value) in figures {
                *sum.entry(name.clone()).or_default() += value;
            }
        }
        looks.push((date, sums.clone()));
    }
    let looks = looks.into_iter().map(|(date, sums)| look(plan, *date, &sums));
    Ok((looks.collect::<Result<_, _>>()?, running))
}

fn look(plan: &Plan, date: Date, sums: &BTreeMap<&str, Figures>) -> Result<Look, String> {
    let arms = plan.arms.iter().map(|arm| {
        let all = match sums.get(arm.name.as_str()) {
            Some(all) => all.clone(),
            // An arm that has not begun has counted nothing.
            None => nothing_of(sums),
        };
        let (of_guardrails, own): (Figures, Figures) =
            all.into_iter().partition(|(name, _)| name.contains('.'));
        counted(plan, &arm.name, &own, |guardrail| {
            let prefix = format!("{guardrail}.");
            let named = |(name, value): (&String, &f64)| {
                Some((name.strip_prefix(&prefix)?.to_owned(), *value))
            };
            Some(of_guardrails.iter().filter_map(named).collect())
        })
    });
    Ok(Look { label: date.to_string(), arms: arms.collect::<Result<_, _>>()? })
}

fn nothing_of(sums: &BTreeMap<&str, Figures>) -> Figures {
    sums.values().flat_map(|it| it.keys().cloned()).map(|name| (name, 0.0)).collect()
}

/// What came on each day in each arm.
pub type Days = BTreeMap<Date, BTreeMap<String, Figures>>;

/// The rows of a CSV with a header: `date`, `arm`, and a column for each figure.
pub fn rows(plan: &Plan, csv: &[u8]) -> Result<Days, String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(csv);
    let headers = reader.headers().map_err(|it| it.to_string())?.clone();
    let place = |name: &str| {
        let found = headers.iter().position(|it| it == name);
        found.ok_or_else(|| format!("The daily counts have no column {name:?}"))
    };
    let (date_at, arm_at) = (place("date")?, place("arm")?);
    let mut days = Days::new();
    for row in reader.records() {
        let row = row.map_err(|it| it.to_string())?;
        let line = row.position().map_or(0, csv::Position::line);
        let (date, arm) =
            (row.get(date_at).unwrap_or_default(), row.get(arm_at).unwrap_or_default());
        let date: Date = date
            .parse()
            .map_err(|_| format!("Line {line}: {date:?} is no date such as 2026-11-22"))?;
        if !plan.arms.iter().any(|it| it.name == arm) {
            return Err(format!("Line {line}: the plan has no arm {arm:?}"));
        }
        let mut figures = Figures::new();
        for (at, value) in row.iter().enumerate().filter(|(at, _)| *at != date_at && *at != arm_at)
        {
            let name = headers.get(at).unwrap_or_default();
            // What did not come on that day.
            if value.is_empty() {
                continue;
            }
            let number: f64 = value
                .parse()
                .map_err(|_| format!("Line {line}: {value:?} of {name:?} is no number"))?;
            figures.insert(name.to_owned(), number);
        }
        days.entry(date).or_default().insert(arm.to_owned(), figures);
    }
    Ok(days)
}
