//! Daily counts, a row for each day and arm.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::counted;
use super::figures::Figures;
use crate::experiments::statistics::plan::{Look, Plan};
use crate::words::listed;

/// The look after each day, and the days from the first to the last.
pub(super) fn read(plan: &Plan, csv: &[u8]) -> Result<(Vec<Look>, f64), String> {
    let Counts { days, segments } = rows(plan, csv)?;
    if let Some(segment) = segments.keys().next() {
        return Err(format!(
            "The daily counts tell segments such as {segment:?} apart, which a running test shows in its thread; leave those rows out here"
        ));
    }
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

/// The whole of each day and arm, and beside it the segments that were told apart.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Counts {
    pub days: Days,
    pub segments: BTreeMap<String, Days>,
}

/// One row: what came on a day in an arm, of all users or of a segment of them.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    pub day: Date,
    pub arm: String,
    /// Empty for the whole.
    pub segment: String,
    pub figures: Figures,
}

impl Counts {
    /// Adds a row. The same again changes nothing.
    ///
    /// # Errors
    ///
    /// With a sentence if the same day, arm and segment stands there already with other figures: which of
    /// them is meant cannot be known.
    pub fn add(&mut self, row: Row) -> Result<(), String> {
        let Row { day, arm, segment, figures } = row;
        let days = match segment.is_empty() {
            true => &mut self.days,
            false => self.segments.entry(segment.clone()).or_default(),
        };
        let arms = days.entry(day).or_default();
        match arms.get(&arm) {
            Some(before) if *before != figures => {
                let of = if segment.is_empty() { segment } else { format!(", {segment}") };
                Err(format!("{day}, {arm}{of} stands there twice, with different counts"))
            }
            _ => {
                arms.insert(arm, figures);
                Ok(())
            }
        }
    }
}

/// The columns that are no figures.
const NAMES: [&str; 3] = ["date", "arm", "segment"];

/// The rows of a CSV with a header: `date`, `arm`, `segment` if there are any, and a column for each
/// figure.
pub fn rows(plan: &Plan, csv: &[u8]) -> Result<Counts, String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(csv);
    let headers = reader.headers().map_err(|it| it.to_string())?.clone();
    let found = |name: &str| headers.iter().position(|it| it == name);
    for name in &NAMES[..2] {
        found(name).ok_or_else(|| format!("The daily counts have no column {name:?}"))?;
    }
    if let Some(twice) = headers.iter().enumerate().find(|(at, it)| found(it) != Some(*at)) {
        return Err(format!("The daily counts have two columns {:?}", twice.1));
    }
    let mut counts = Counts::default();
    for row in reader.records() {
        let row = row.map_err(|it| it.to_string())?;
        let line = row.position().map_or(0, csv::Position::line);
        let named = |name: &str| found(name).and_then(|at| row.get(at)).unwrap_or_default();
        let (date, arm, segment) = (named("date"), named("arm"), named("segment"));
        let day: Date = date
            .parse()
            .map_err(|_| format!("Line {line}: {date:?} is no date such as 2026-11-22"))?;
        if !plan.arms.iter().any(|it| it.name == arm) {
            return Err(format!("Line {line}: {}", no_such_arm(plan, arm)));
        }
        let mut figures = Figures::new();
        for (name, value) in headers.iter().zip(row.iter()) {
            // What did not come on that day.
            if value.is_empty() || NAMES.contains(&name) {
                continue;
            }
            let number: f64 = value
                .parse()
                .map_err(|_| format!("Line {line}: {value:?} of {name:?} is no number"))?;
            figures.insert(name.to_owned(), number);
        }
        let row = Row { day, arm: arm.to_owned(), segment: segment.to_owned(), figures };
        counts.add(row).map_err(|sentence| format!("Line {line}: {sentence}"))?;
    }
    Ok(counts)
}

/// An arm that nobody planned, with those that were.
pub fn no_such_arm(plan: &Plan, arm: &str) -> String {
    let planned: Vec<&str> = plan.arms.iter().map(|it| it.name.as_str()).collect();
    format!("the plan has no arm {arm:?}; its arms are {}", listed(&planned))
}
