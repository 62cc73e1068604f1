//! Which kinds of leads are won more seldom, or more often, than the others.
//!
//! A table is divided by one column: words by their levels, numbers into five parts of about equally
//! many leads, days by their month. Every part is held against all others, and a difference is claimed
//! only where its interval excludes none at all, over all parts together (Bonferroni).

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::evaluate::figures::Range;
use super::evaluate::read_outcomes;
use super::table::{Cells, Column, Table, Words};
use crate::detectors::significance::{Share, z};
use crate::error::{Refusal, Result};
use crate::words;

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Segment {
    pub name: String,
    pub rows: usize,
    pub won: usize,
    /// Which part of all leads it is.
    pub share: f64,
    /// Which part of it was won, with its interval of 95 %.
    pub rate: Range,
    /// Which part of the others was won.
    pub others: f64,
    /// The rate less that of the others, its interval widened for all segments together.
    pub difference: Range,
    /// Whether that interval excludes none.
    pub differs: bool,
}

/// What is called a segment of which nothing is known.
pub const NOT_KNOWN: &str = "not known";

/// Into how many parts numbers are divided, where they have more values than that.
const PARTS: usize = 5;

/// The segments of a table by a column, the largest first.
pub fn segments(table: &Table, target: &str, won: Option<&str>, by: &str) -> Result<Vec<Segment>> {
    let outcomes = read_outcomes(table.find(target)?, won)?;
    let words = parts(table.find(by)?);
    let mut counts = vec![(0_usize, 0_usize); words.levels.len() + 1];
    for (code, outcome) in words.codes.iter().zip(outcomes) {
        let Some(won) = outcome else { continue };
        let count = &mut counts[(*code as usize).min(words.levels.len())];
        *count = (count.0 + 1, count.1 + usize::from(won));
    }
    if counts.iter().all(|it| it.0 == 0) {
        return Err(Refusal::Missing("No lead has an outcome.".to_owned()).into());
    }
    let names = words.levels.iter().map(String::as_str).chain([NOT_KNOWN]);
    Ok(of_counts(names.zip(counts).map(|(name, (rows, won))| Count { name, rows, won })))
}

/// How many leads a segment has, and how many of them were won.
#[derive(Clone, Copy, Debug)]
pub struct Count<'a> {
    pub name: &'a str,
    pub rows: usize,
    pub won: usize,
}

/// Segments that are counted already, the largest first.
pub fn of_counts<'a>(counts: impl IntoIterator<Item = Count<'a>>) -> Vec<Segment> {
    let counts: Vec<Count<'_>> = counts.into_iter().filter(|it| it.rows > 0).collect();
    let (rows, all) = counts.iter().fold((0, 0), |sum, it| (sum.0 + it.rows, sum.1 + it.won));
    let mut segments: Vec<Segment> = counts
        .iter()
        .map(|Count { name, rows: own, won: own_won }| {
            let share =
                |won: usize, rows: usize| Share { successes: won as f64, trials: rows as f64 };
            let (it, others) = (share(*own_won, *own), share(all - own_won, rows - own));
            let difference = it.minus(others, z(counts.len()));
            Segment {
                name: (*name).to_owned(),
                rows: *own,
                won: *own_won,
                share: *own as f64 / rows.max(1) as f64,
                rate: it.interval(z(1)).into(),
                others: others.rate(),
                difference: difference.into(),
                differs: rows > *own && difference.excludes(0.0),
            }
        })
        .collect();
    segments.sort_by(|a, b| b.rows.cmp(&a.rows).then(a.name.cmp(&b.name)));
    segments
}

impl Segment {
    /// As a finding: what it is, how surely, against what.
    pub fn in_words(&self) -> String {
        let claim = match (self.differs, self.difference.value < 0.0) {
            (true, true) => "They are won more seldom",
            (true, false) => "They are won more often",
            (false, _) => "That may be chance",
        };
        format!(
            "{} is {} of the leads. {} of them were won (95 % interval {} to {}), against {} of the others. {claim}: the difference is {} to {} points.",
            self.name,
            words::percent(self.share),
            words::percent(self.rate.value),
            words::percent(self.rate.low),
            words::percent(self.rate.high),
            words::percent(self.others),
            points(self.difference.low),
            points(self.difference.high),
        )
    }
}

fn points(share: f64) -> String {
    format!("{:+.1}", share * 100.0).replace('-', "\u{2212}")
}

/// What each row belongs to.
fn parts(column: &Column) -> Words {
    match &column.cells {
        Cells::Words(words) => words.clone(),
        Cells::Dates(days) => Words::of(days.iter().map(|it| month(*it))),
        Cells::Numbers(numbers) => {
            let mut known: Vec<f64> = numbers.iter().copied().filter(|it| it.is_finite()).collect();
            known.sort_by(f64::total_cmp);
            let mut different = known.clone();
            different.dedup();
            if different.len() <= 2 * PARTS {
                return column.words().into_owned();
            }
            let mut lowest: Vec<f64> =
                (0..PARTS).map(|part| known[part * known.len() / PARTS]).collect();
            lowest.dedup();
            let name = |part: usize| {
                let low = words::amount(lowest[part], None);
                match lowest.get(part + 1) {
                    Some(next) => format!("{low} to below {}", words::amount(*next, None)),
                    None => format!("{low} or more"),
                }
            };
            let part = |it: &f64| lowest.partition_point(|low| low <= it).saturating_sub(1);
            Words::of(numbers.iter().map(|it| it.is_finite().then(|| name(part(it)))))
        }
    }
}

fn month(seconds: f64) -> Option<String> {
    let at = Some(seconds).filter(|it| it.is_finite())?;
    let at = Timestamp::from_second(at as i64).ok()?.to_zoned(TimeZone::UTC);
    Some(format!("{}-{:02}", at.year(), at.month()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_claimed_only_where_chance_does_not_explain_it() {
        let mut text = "origin,won\n".to_owned();
        let mut push = |origin: &str, rows: usize, won: usize| {
            for row in 0..rows {
                text.push_str(&format!("{origin},{}\n", u8::from(row < won)));
            }
        };
        push("social", 1_000, 50);
        push("search", 3_000, 360);
        push("fair", 40, 6);
        let table = Table::read(text.as_bytes()).unwrap();
        let found = segments(&table, "won", None, "origin").unwrap();
        let told: Vec<(&str, bool)> =
            found.iter().map(|it| (it.name.as_str(), it.differs)).collect();
        assert_eq!(told, [("search", true), ("social", true), ("fair", false)]);
        assert_eq!(
            found[1].in_words(),
            "social is 24.8 % of the leads. 5.0 % of them were won (95 % interval 3.8 % to 6.5 %), \
             against 12.0 % of the others. They are won more seldom: the difference is \u{2212}9.1 to \
             \u{2212}4.7 points."
        );
    }

    #[test]
    fn numbers_and_days_are_divided() {
        let rows: String =
            (0..100).map(|it| format!("{it},2026-{:02}-01,{}\n", it % 3 + 1, it % 2)).collect();
        let table = Table::read(format!("size,day,won\n{rows}").as_bytes()).unwrap();
        let names = |by| -> Vec<String> {
            segments(&table, "won", None, by).unwrap().into_iter().map(|it| it.name).collect()
        };
        assert_eq!(names("day"), ["2026-01", "2026-02", "2026-03"]);
        assert!(names("size").contains(&"80 or more".to_owned()), "{:?}", names("size"));
    }
}
