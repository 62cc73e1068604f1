//! Columns that were filled in after the fact, and so know the outcome.
//!
//! Three marks, each a sentence of what was seen. None proves it; a column that has one is named, and a
//! person decides:
//!
//! - it is known of hardly any lead but those that were won, or those that were lost;
//! - no lead below, or above, a value was won, where many were to be expected: the length of a call
//!   that nobody took;
//! - by itself it tells leads apart better than anything known beforehand does.
//!
//! A column of days that lie after the day on which a lead is to be scored needs no suspicion
//! ([`after`]).

use serde::Serialize;

use super::super::table::{Cells, Column, Table};
use super::figures;
use crate::words;

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Leak {
    pub column: String,
    pub why: String,
}

/// How much a column tells apart by itself before it is suspicious.
const TOO_WELL: f64 = 0.9;
/// How many leads must be won, by the share of all, where none was.
const EXPECTED: f64 = 20.0;
/// How many of the leads of which something is known have one outcome.
const ONE_SIDED: f64 = 0.98;
/// Of how many days one must lie after the lead was to be scored.
const AFTER: f64 = 0.01;

/// The columns that may know the outcome, and why they are suspicious.
pub fn suspected(table: &Table, won: &[bool]) -> Vec<Leak> {
    let why = |column: &Column| {
        known_by_outcome(column, won)
            .or_else(|| never_beyond(column, won))
            .or_else(|| alone(column, won))
    };
    table
        .columns
        .iter()
        .filter_map(|column| Some(Leak { column: column.name.clone(), why: why(column)? }))
        .collect()
}

/// The columns of days of which many lie after the day in `as_of`.
pub fn after(table: &Table, as_of: &Column) -> Vec<Leak> {
    let limit = as_of.dates();
    let late = |column: &Column| {
        let Cells::Dates(days) = &column.cells else { return None };
        let known = days.iter().filter(|it| it.is_finite()).count();
        let late = days.iter().zip(limit.iter()).filter(|(day, limit)| day > limit).count();
        (late as f64 > AFTER * known as f64).then(|| Leak {
            column: column.name.clone(),
            why: format!(
                "in {} it lies after {:?}, when it could not be known",
                words::count(late, "lead"),
                as_of.name
            ),
        })
    };
    table.columns.iter().filter(|it| it.name != as_of.name).filter_map(late).collect()
}

fn known_by_outcome(column: &Column, won: &[bool]) -> Option<String> {
    let known: Vec<bool> = (0..won.len()).map(|row| column.text(row).is_some()).collect();
    let count = |known_is: bool, won_is: bool| {
        let pairs = known.iter().zip(won);
        pairs.filter(|(known, won)| **known == known_is && **won == won_is).count() as f64
    };
    let (known_won, known_lost) = (count(true, true), count(true, false));
    let (open_won, open_lost) = (count(false, true), count(false, false));
    let base = (known_won + open_won) / won.len().max(1) as f64;
    let known = known_won + known_lost;
    if known < EXPECTED {
        return None;
    }
    let sentence = |outcome: &str, share: f64| {
        format!(
            "it is known of {} leads, and {} of them were {outcome}; it may be filled in only then",
            words::grouped(known as u64),
            words::percent(share)
        )
    };
    if known_won / known >= ONE_SIDED && base < 0.9 && open_lost > 0.0 {
        return Some(sentence("won", known_won / known));
    }
    if known_lost / known >= ONE_SIDED && base > 0.1 && open_won > 0.0 {
        return Some(sentence("lost", known_lost / known));
    }
    // Known or not: where it is not known, none was won.
    (open_won == 0.0 && open_lost * base >= EXPECTED).then(|| {
        format!(
            "of {} leads of which it is not known none was won, where {:.0} were to be expected",
            words::grouped(open_lost as u64),
            open_lost * base
        )
    })
}

fn never_beyond(column: &Column, won: &[bool]) -> Option<String> {
    let Cells::Numbers(numbers) = &column.cells else { return None };
    let mut order: Vec<usize> = (0..won.len()).filter(|row| numbers[*row].is_finite()).collect();
    order.sort_by(|a, b| numbers[*a].total_cmp(&numbers[*b]));
    let base = won.iter().filter(|it| **it).count() as f64 / won.len().max(1) as f64;
    // How many lie strictly beyond the first that was won, and where that is.
    let run = |rows: &mut dyn Iterator<Item = &usize>| -> (usize, Option<f64>) {
        let rows: Vec<&usize> = rows.collect();
        let first = rows.iter().find(|row| won[***row]).map(|row| numbers[**row]);
        let beyond = rows.iter().take_while(|row| Some(numbers[***row]) != first).count();
        (beyond, first)
    };
    let name = |side: &str, (count, limit): (usize, Option<f64>)| {
        let limit = limit?;
        (count as f64 * base >= EXPECTED).then(|| {
            format!(
                "of {} leads where it is {side} {} none was won, and {:.0} were to be expected; \
                 it may be written down afterwards",
                words::grouped(count as u64),
                words::amount(limit, None),
                count as f64 * base
            )
        })
    };
    name("below", run(&mut order.iter())).or_else(|| name("above", run(&mut order.iter().rev())))
}

fn alone(column: &Column, won: &[bool]) -> Option<String> {
    let said: Vec<f64> = match &column.cells {
        Cells::Numbers(numbers) | Cells::Dates(numbers) => {
            numbers.iter().map(|it| if it.is_finite() { *it } else { f64::MIN }).collect()
        }
        Cells::Words(words) => {
            let mut counts = vec![(0.0, 0.0); words.levels.len() + 1];
            let place = |code: u32| (code as usize).min(words.levels.len());
            for (code, won) in words.codes.iter().zip(won) {
                let count = &mut counts[place(*code)];
                *count = (count.0 + f64::from(u8::from(*won)), count.1 + 1.0);
            }
            let base = counts.iter().map(|it| it.0).sum::<f64>() / won.len().max(1) as f64;
            // Without its own outcome, or a word that stands once would know everything.
            let pairs = words.codes.iter().zip(won);
            pairs
                .map(|(code, won)| {
                    let (of_level, rows) = counts[place(*code)];
                    (of_level - f64::from(u8::from(*won)) + base) / rows
                })
                .collect()
        }
    };
    let auc = figures::auc(&said, won).value;
    // Less of a number may be what wins. Words were put in order by what they win.
    let auc = if matches!(column.cells, Cells::Words(_)) { auc } else { auc.max(1.0 - auc) };
    (auc >= TOO_WELL).then(|| {
        format!(
            "by itself it tells leads that were won from the others with an AUC of {auc:.3}, which \
             what is known beforehand hardly does"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: usize, of: impl Fn(usize) -> String) -> (Table, Vec<bool>) {
        let won: Vec<bool> = (0..rows).map(|row| row % 10 == 0).collect();
        let text: String = (0..rows).map(|row| format!("{}\n", of(row))).collect();
        (Table::read(format!("it,other\n{text}").as_bytes()).unwrap(), won)
    }

    #[test]
    fn what_knows_the_outcome_is_named() {
        let check = |of: &dyn Fn(usize) -> String, expected: &str| {
            let (table, won) = table(1_000, |row| format!("{},{}", of(row), row * 7 % 11));
            let leaks = suspected(&table, &won);
            let why = leaks.iter().map(|it| it.why.as_str()).collect::<Vec<_>>().join("|");
            assert!(
                why.contains(expected) && leaks.len() == usize::from(!expected.is_empty()),
                "{why}"
            );
        };
        let won = |row: usize| row.is_multiple_of(10);
        check(
            &|row| if won(row) { format!("d{}", row % 3) } else { String::new() },
            "filled in only then",
        );
        check(
            &|row| if won(row) { (300 + row % 7).to_string() } else { (row % 400).to_string() },
            "below 300",
        );
        check(&|row| if won(row) { "yes".into() } else { "no".into() }, "by itself");
        // Unlike these: a word for each lead, and what is just good.
        check(&|row| format!("id-{row}"), "");
        check(&|row| (row % 7).to_string(), "");
    }

    #[test]
    fn what_lies_after_the_day_of_scoring_is_named() {
        let text = "asked,closed\n2026-01-01,2026-02-01\n2026-01-02,2026-01-01\n";
        let table = Table::read(text.as_bytes()).unwrap();
        let leaks = after(&table, table.column("asked").unwrap());
        assert_eq!(leaks[0].column, "closed");
        assert!(leaks[0].why.starts_with("in 1 lead it lies after"), "{}", leaks[0].why);
    }
}
