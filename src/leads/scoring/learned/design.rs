//! Leads as the linear learners want them: few numbers, most of them none.
//!
//! A number counts as how far it is from what is usual, with three bends at its quartiles, so that a
//! line can follow a curve; a logarithm is taken where it is skewed. A frequent level of a word is a
//! switch, a rare one only its odds. Not known is a switch of its own.

use serde::{Deserialize, Serialize};

use super::encode::{Encoded, Encoder, Kind, Part};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Design {
    /// How many places there are at most.
    most: usize,
    terms: Vec<Term>,
    /// How many places a row has, with that of what all leads have in common, which is the first.
    pub width: usize,
    /// For each place the source that it is of; none for the first.
    pub sources: Vec<Option<usize>>,
}

/// What comes of one input.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Term {
    Number {
        input: usize,
        place: usize,
        scale: Scale,
        bends: Vec<f32>,
        unknown: Option<usize>,
    },
    /// Switches for whole numbers from one on: weekdays, months.
    Switch {
        input: usize,
        place: usize,
        count: usize,
    },
    Levels {
        source: usize,
        place: usize,
        count: usize,
    },
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Scale {
    log: bool,
    middle: f32,
    spread: f32,
}

/// How many levels of a word have a switch, and of how many leads a level must be.
const LEVELS: usize = 24;
const LEAST: u32 = 10;
/// How far from what is usual a number counts.
const FURTHEST: f32 = 4.0;

impl Design {
    /// The terms for these leads, in at most so many places. With `bends` lines may follow curves.
    pub fn fit(encoder: &Encoder, encoded: &Encoded, most: usize, bends: bool) -> Self {
        let mut design = Self { most, terms: Vec::new(), width: 1, sources: vec![None] };
        // Where there are many columns, each has its part.
        let fair = (most / encoder.sources.len().max(1)).clamp(2, LEVELS);
        for (input, (source, part)) in encoder.inputs().into_iter().enumerate() {
            match (part, &encoder.sources[source].kind) {
                (Part::Weekday, _) => design.switch(input, source, 7),
                (Part::Month, _) => design.switch(input, source, 12),
                (Part::Frequency, Kind::Words { odds, .. }) => {
                    let frequent = odds.levels.iter().filter(|it| it.counts.rows >= LEAST).count();
                    design.levels(source, frequent.min(fair));
                }
                (Part::Odds, _) => design.number(&encoded.inputs[input], input, source, false),
                _ => design.number(&encoded.inputs[input], input, source, bends),
            }
        }
        design
    }

    /// The places of a row that are not none.
    pub fn row(&self, encoded: &Encoded, row: usize, to: &mut Vec<(usize, f64)>) {
        to.clear();
        to.push((0, 1.0));
        for term in &self.terms {
            match term {
                Term::Number { input, place, scale, bends, unknown } => {
                    let value = encoded.inputs[*input][row];
                    if value.is_nan() {
                        to.extend(unknown.map(|place| (place, 1.0)));
                        continue;
                    }
                    let scaled = scale.of(value);
                    to.push((*place, f64::from(scaled)));
                    for (at, bend) in bends.iter().enumerate() {
                        if scaled > *bend {
                            to.push((place + 1 + at, f64::from(scaled - bend)));
                        }
                    }
                }
                Term::Switch { input, place, count } => {
                    let value = encoded.inputs[*input][row];
                    // Not known is no number and gives none here.
                    let at = value as usize;
                    if (1..=*count).contains(&at) {
                        to.push((place + at - 1, 1.0));
                    }
                }
                Term::Levels { source, place, count } => {
                    let level = encoded.levels[*source][row] as usize;
                    if level < *count {
                        to.push((place + level, 1.0));
                    }
                }
            }
        }
    }

    fn places(&mut self, source: usize, count: usize) -> Option<usize> {
        if self.width + count > self.most {
            return None;
        }
        let place = self.width;
        self.width += count;
        self.sources.resize(self.width, Some(source));
        Some(place)
    }

    fn switch(&mut self, input: usize, source: usize, count: usize) {
        if let Some(place) = self.places(source, count) {
            self.terms.push(Term::Switch { input, place, count });
        }
    }

    fn levels(&mut self, source: usize, count: usize) {
        let count = count.min(self.most.saturating_sub(self.width));
        if let Some(place) = self.places(source, count) {
            self.terms.push(Term::Levels { source, place, count });
        }
    }

    fn number(&mut self, values: &[f32], input: usize, source: usize, bends: bool) {
        let mut known: Vec<f32> = values.iter().copied().filter(|it| it.is_finite()).collect();
        if known.is_empty() {
            return;
        }
        known.sort_by(f32::total_cmp);
        let scale = Scale::fit(&known);
        let mut quartiles: Vec<f32> =
            (1..4).map(|it| scale.of(known[it * known.len() / 4])).collect();
        quartiles.dedup();
        quartiles.retain(|it| *it > scale.of(known[0]) && *it < scale.of(known[known.len() - 1]));
        if !bends {
            quartiles.clear();
        }
        let Some(place) = self.places(source, 1 + quartiles.len()) else { return };
        let unknown = if known.len() < values.len() { self.places(source, 1) } else { None };
        self.terms.push(Term::Number { input, place, scale, bends: quartiles, unknown });
    }
}

impl Scale {
    /// Of values in ascending order.
    fn fit(known: &[f32]) -> Self {
        let (first, last) = (known[0], known[known.len() - 1]);
        let at = |share: f64| known[((known.len() - 1) as f64 * share) as usize];
        // Much more above the middle than below it, or below than above.
        let log = (last - at(0.5)).abs() > 8.0 * (at(0.5) - first).abs().max(at(0.9) - at(0.1));
        let plain = Self { log, middle: 0.0, spread: 1.0 };
        let values: Vec<f64> = known.iter().map(|it| f64::from(plain.raw(*it))).collect();
        let middle = values.iter().sum::<f64>() / values.len() as f64;
        let spread =
            values.iter().map(|it| (it - middle).powi(2)).sum::<f64>() / values.len() as f64;
        Self { log, middle: middle as f32, spread: spread.sqrt().max(1e-6) as f32 }
    }

    fn raw(&self, value: f32) -> f32 {
        if self.log { value.signum() * libm::log1pf(value.abs()) } else { value }
    }

    fn of(&self, value: f32) -> f32 {
        ((self.raw(value) - self.middle) / self.spread).clamp(-FURTHEST, FURTHEST)
    }
}
