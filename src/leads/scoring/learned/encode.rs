//! Columns of whatever type become numbers: the inputs of the learners.
//!
//! Numbers stay numbers. Dates give a day, a weekday, a month and, where there are times, an hour.
//! Words give the log-odds of their level against all leads, shrunk towards none by how much levels
//! differ at all, and how frequent the level is. E-mail addresses count by their domain; texts that are
//! nearly all different say only how long they are.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::super::table::{Cells, Column, NOT_KNOWN, Table, Words};
use super::odds::Odds;

/// How columns become inputs; learnt from the leads that a model is fitted to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Encoder {
    pub sources: Vec<Source>,
}

/// A column that says something.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Source {
    pub name: String,
    pub kind: Kind,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Kind {
    Number,
    Date {
        hours: bool,
    },
    Words {
        /// Whether only what follows an `@` counts.
        domains: bool,
        odds: Odds,
    },
    /// A text that is nearly always another one: its length.
    Text,
}

/// What an input is of its source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    Number,
    Day,
    Weekday,
    Month,
    Hour,
    Odds,
    Frequency,
    Length,
}

/// Leads as the learners want them.
#[derive(Clone, Debug)]
pub struct Encoded {
    pub rows: usize,
    /// For each input its numbers, NaN where not known.
    pub inputs: Vec<Vec<f32>>,
    /// For each source of words the level in each row; no level where unseen or not known.
    pub levels: Vec<Vec<u32>>,
}

const DAY_S: f64 = 24.0 * 3_600.0;
/// From which share of different texts on a text is no category any more.
const DIFFERENT: f64 = 0.5;
/// Fewer rows than this do not tell whether texts are categories.
const LEAST: usize = 30;

impl Encoder {
    /// What these leads say about their columns; won tells the levels apart.
    pub fn fit(table: &Table, won: &[bool]) -> Self {
        let sources = table
            .columns
            .iter()
            .filter_map(|column| {
                Some(Source { name: column.name.clone(), kind: kind(column, won)? })
            })
            .collect();
        Self { sources }
    }

    /// Each input: which source it is of, and what of it.
    pub fn inputs(&self) -> Vec<(usize, Part)> {
        let mut inputs = Vec::new();
        for (source, it) in self.sources.iter().enumerate() {
            let parts: &[Part] = match it.kind {
                Kind::Number => &[Part::Number],
                Kind::Date { hours: false } => &[Part::Day, Part::Weekday, Part::Month],
                Kind::Date { hours: true } => &[Part::Day, Part::Weekday, Part::Month, Part::Hour],
                Kind::Words { .. } => &[Part::Odds, Part::Frequency],
                Kind::Text => &[Part::Length],
            };
            inputs.extend(parts.iter().map(|part| (source, *part)));
        }
        inputs
    }

    /// The leads of a table; columns that it does not have are not known.
    pub fn encode(&self, table: &Table) -> Encoded {
        let mut encoded = Encoded { rows: table.rows(), inputs: Vec::new(), levels: Vec::new() };
        for source in &self.sources {
            source.encode(table.column(&source.name), &mut encoded);
        }
        encoded
    }

    /// The same leads that it was fitted to. What words say about a lead is taken from the others, or
    /// each lead would give its own outcome away.
    pub fn encode_own(&self, table: &Table, won: &[bool], seed: u64) -> Encoded {
        let mut encoded = self.encode(table);
        for (input, (source, part)) in self.inputs().into_iter().enumerate() {
            if part == Part::Odds
                && let Kind::Words { odds, .. } = &self.sources[source].kind
            {
                encoded.inputs[input] = odds.of_others(&encoded.levels[source], won, seed);
            }
        }
        encoded
    }
}

impl Source {
    fn encode(&self, column: Option<&Column>, encoded: &mut Encoded) {
        let rows = encoded.rows;
        let unknown = || vec![f32::NAN; rows];
        let mut levels = Vec::new();
        match (&self.kind, column) {
            (Kind::Number, column) => encoded.inputs.push(
                column
                    .map_or_else(unknown, |it| it.numbers().iter().map(|it| *it as f32).collect()),
            ),
            (Kind::Date { hours }, column) => {
                let parts = column
                    .map_or_else(|| std::array::from_fn(|_| unknown()), |it| calendar(&it.dates()));
                encoded.inputs.extend(parts.into_iter().take(if *hours { 4 } else { 3 }));
            }
            (Kind::Words { domains, odds }, column) => {
                levels = column.map_or_else(
                    || vec![NOT_KNOWN; rows],
                    |it| odds.levels(&shortened(&it.words(), *domains)),
                );
                encoded.inputs.push(odds.each(&levels));
                encoded.inputs.push(odds.frequency(&levels));
            }
            (Kind::Text, column) => {
                encoded.inputs.push(column.map_or_else(unknown, |it| lengths(&it.words())));
            }
        }
        encoded.levels.push(levels);
    }
}

/// What a column is good for; nothing where it is a numbering, or always the same.
fn kind(column: &Column, won: &[bool]) -> Option<Kind> {
    match &column.cells {
        Cells::Numbers(numbers) => {
            (varies(numbers) && !is_numbering(&column.name, numbers)).then_some(Kind::Number)
        }
        Cells::Dates(dates) => varies(dates).then(|| {
            let hours = dates.iter().any(|it| it.is_finite() && it.rem_euclid(DAY_S) != 0.0);
            Kind::Date { hours }
        }),
        Cells::Words(words) => {
            let domains = are_addresses(words);
            let short = shortened(words, domains);
            let known = short.codes.iter().filter(|it| **it != NOT_KNOWN).count();
            let used = short.counts().iter().filter(|it| **it > 0).count();
            if used == 0 || (used == 1 && known == column.rows()) {
                return None;
            }
            if known >= LEAST && used as f64 > DIFFERENT * known as f64 {
                // What has no spaces is an id, whose length would only tell when it was given.
                let spaced = short.levels.iter().filter(|it| it.contains(' ')).count();
                return (spaced * 2 > short.levels.len()).then_some(Kind::Text);
            }
            Some(Kind::Words { domains, odds: Odds::fit(&short, won) })
        }
    }
}

fn varies(numbers: &[f64]) -> bool {
    let mut known = numbers.iter().filter(|it| it.is_finite());
    let Some(first) = known.next() else { return false };
    // Known or not can say something as well.
    known.any(|it| it != first) || numbers.iter().any(|it| !it.is_finite())
}

/// Whether these number the rows: each one another, in equal steps or under the name of an id.
fn is_numbering(name: &str, numbers: &[f64]) -> bool {
    if numbers.len() < LEAST {
        return false;
    }
    let step = numbers[1] - numbers[0];
    if step != 0.0 && numbers.windows(2).all(|pair| pair[1] - pair[0] == step) {
        return true;
    }
    let lower = name.to_lowercase();
    let id = lower == "id" || lower.ends_with("_id") || lower.ends_with(" id");
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    id && sorted.windows(2).all(|pair| pair[0] != pair[1])
}

fn are_addresses(words: &Words) -> bool {
    let addresses = words.levels.iter().filter(|it| it.contains('@')).count();
    !words.levels.is_empty() && addresses * 10 >= words.levels.len() * 8
}

/// The words, or the domains of the addresses.
fn shortened(words: &Words, domains: bool) -> Words {
    if !domains {
        return words.clone();
    }
    let short = |row| words.level(row).map(|it| it.rsplit('@').next().unwrap_or(it).to_lowercase());
    Words::of((0..words.codes.len()).map(short))
}

fn lengths(words: &Words) -> Vec<f32> {
    let of_level: Vec<f32> = words.levels.iter().map(|it| it.chars().count() as f32).collect();
    words.codes.iter().map(|it| of_level.get(*it as usize).copied().unwrap_or(f32::NAN)).collect()
}

/// Day, weekday, month and hour.
fn calendar(dates: &[f64]) -> [Vec<f32>; 4] {
    let mut parts: [Vec<f32>; 4] = std::array::from_fn(|_| Vec::with_capacity(dates.len()));
    for seconds in dates {
        let at = Some(*seconds)
            .filter(|it| it.is_finite())
            .and_then(|it| Timestamp::from_second(it as i64).ok());
        let of_row = match at.map(|it| it.to_zoned(TimeZone::UTC)) {
            Some(at) => [
                (seconds / DAY_S).floor() as f32,
                f32::from(at.weekday().to_monday_one_offset()),
                f32::from(at.month()),
                f32::from(at.hour()),
            ],
            None => [f32::NAN; 4],
        };
        for (part, value) in parts.iter_mut().zip(of_row) {
            part.push(value);
        }
    }
    parts
}
