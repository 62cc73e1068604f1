//! Learning that goes on with each outcome, and never looks ahead.
//!
//! Each time that the past has grown by a part, two things are learnt anew from it alone: how inputs
//! are made, and boosted trees. Over everything lies a line whose weights move with every outcome, a
//! dynamic logistic regression (McCormick, Raftery, Madigan and Burd, *Dynamic Logistic Regression and
//! Dynamic Model Averaging for Binary Classification*, Biometrics 2012): its weights drift as a random
//! walk, and how much an outcome moves them follows from how unsure they are ([`drifting`](super::drifting)).
//! How fast they drift is not set but weighed: several speeds run side by side, and each counts as much
//! as it was right.
//!
//! The line sees, besides the columns, what the trees said, how often leads were won lately, and how
//! each level of a word fared. So it follows a market that turns, and says so: what was lately is a
//! contribution like any other.

use super::super::table::Table;
use super::design::Design;
use super::drifting::Drifting;
use super::encode::{Encoded, Encoder};
use super::fit::{at_once, boost};
use super::lately::Lately;
use super::trees::{Settings, Tree};
use super::{Explained, log_odds};

/// How many leads must have ended before anything is learnt from them.
const LEAST: usize = 50;
/// By how much the past grows until inputs and trees are learnt anew.
const GROWTH: f64 = 1.5;
/// How many trees there are, and how deep: enough to see what matters together.
const TREES: usize = 100;
const DEPTH: usize = 4;
/// How far a tree is believed, in log-odds.
const FURTHEST: f64 = 4.0;
/// How many places columns have at most; learning takes the square of it.
const PLACES: usize = 120;
/// By how much the variance of a weight grows with each outcome.
const SPEEDS: [f64; 3] = [0.0, 1e-6, 1e-5];
/// How unsure of a weight it is at first, and of what all leads have in common.
const VARIANCE: f64 = 0.1;
const COMMON: f64 = 4.0;
/// How much of what was right before still counts after each outcome.
const MEMORY: f64 = 0.999;

/// What is said of each lead before its outcome is known, in the order of the table: the contributions
/// of its columns, and last that of what was lately.
pub fn foresee(table: &Table, won: &[bool], progress: &(dyn Fn(f64) + Sync)) -> Vec<Explained> {
    let rows = table.rows();
    let mut past = Past { lately: Lately::new(table), said: Vec::new(), trees: Vec::new(), won: 0 };
    let mut foreseen = Vec::with_capacity(rows);
    while foreseen.len() < rows {
        let from = foreseen.len();
        let to = ((from as f64 * GROWTH) as usize).max(LEAST).min(rows);
        let mut stretch = (from > 0).then(|| Stretch::begin(table, won, &past, from));
        let encoded = stretch.as_ref().map(|it| {
            let upcoming: Vec<usize> = (from..to).collect();
            it.encoder.encode(&table.pick(&upcoming))
        });
        for (row, outcome) in won.iter().copied().enumerate().take(to).skip(from) {
            past.said.push(past.lately.say(table, row));
            let known = stretch.as_mut().zip(encoded.as_ref());
            let (explained, trees) = match known {
                Some((stretch, encoded)) => stretch.say(encoded, row - from, past.said(row)),
                None => (past.simply(table), 0.0),
            };
            foreseen.push(explained);
            past.trees.push(trees as f32);
            if let Some(stretch) = &mut stretch {
                stretch.learn(outcome);
            }
            past.lately.learn(table, row, outcome);
            past.won += usize::from(outcome);
        }
        progress(to as f64 / rows as f64);
    }
    foreseen
}

/// What was said of the leads so far, each before its outcome.
struct Past {
    lately: Lately,
    said: Vec<Vec<f32>>,
    trees: Vec<f32>,
    won: usize,
}

impl Past {
    fn said(&self, row: usize) -> &[f32] {
        &self.said[row]
    }

    /// Before anything was learnt: the share of those that were won so far.
    fn simply(&self, table: &Table) -> Explained {
        let share = (self.won as f64 + 0.1) / (self.trees.len() as f64 + 1.0);
        Explained { common: log_odds(share), contributions: vec![0.0; table.columns.len() + 1] }
    }
}

/// The learners from one refit to the next.
struct Stretch {
    encoder: Encoder,
    design: Design,
    trees: Vec<Tree>,
    /// For each tree input its column, for each place of the line its column, `lately` for none.
    columns_of_inputs: Vec<usize>,
    columns_of_places: Vec<usize>,
    speeds: Speeds,
    inputs: Vec<f32>,
    places: Vec<(usize, f64)>,
}

/// The same line at several speeds, and how much each counts.
struct Speeds {
    lines: Vec<Drifting>,
    /// The logarithm of how right each was.
    right: Vec<f64>,
}

impl Stretch {
    fn begin(table: &Table, won: &[bool], past: &Past, from: usize) -> Self {
        let rows: Vec<usize> = (0..from).collect();
        let (seen, of_seen) = (table.pick(&rows), &won[..from]);
        let encoder = Encoder::fit(&seen, of_seen);
        let own = encoder.encode_own(&seen, of_seen, 0);
        let settings = Settings { depth: DEPTH, ..Settings::default() };
        let trees = boost(&own, of_seen, &settings, TREES, 1);
        let design = Design::fit(&encoder, &own, PLACES, false);

        let last = table.columns.len();
        let column = |name: &str| table.columns.iter().position(|it| it.name == name);
        let of_source: Vec<usize> =
            encoder.sources.iter().map(|it| column(&it.name).unwrap_or(last)).collect();
        let columns_of_inputs = encoder.inputs().iter().map(|it| of_source[it.0]).collect();
        let of_design = design.sources.iter().map(|it| it.map_or(last, |it| of_source[it]));
        let of_lately = past.lately.columns_of().into_iter().map(|it| it.unwrap_or(last));
        // The place of the trees lies between them; it is shared out among their inputs.
        let columns_of_places = of_design.chain([last]).chain(of_lately).collect();
        let mut stretch = Self {
            inputs: vec![f32::NAN; encoder.inputs().len()],
            encoder,
            design,
            trees,
            columns_of_inputs,
            columns_of_places,
            speeds: Speeds { lines: Vec::new(), right: Vec::new() },
            places: Vec::new(),
        };
        // The past, as the encoder would have it if it met these leads now.
        let encoded = stretch.encoder.encode(&seen);
        stretch.speeds = Speeds::replay(&mut stretch, &encoded, past, of_seen);
        stretch
    }

    fn width(&self) -> usize {
        self.columns_of_places.len()
    }

    /// Puts a row of the line together.
    fn fill(&mut self, encoded: &Encoded, row: usize, trees: f64, lately: &[f32]) {
        self.design.row(encoded, row, &mut self.places);
        let after = self.design.width;
        self.places.push((after, trees));
        let said = lately.iter().enumerate();
        self.places.extend(said.map(|(at, it)| (after + 1 + at, f64::from(*it))));
    }

    /// What is said of a lead, and what the trees said.
    fn say(&mut self, encoded: &Encoded, row: usize, lately: &[f32]) -> (Explained, f64) {
        for (to, input) in self.inputs.iter_mut().zip(&encoded.inputs) {
            *to = input[row];
        }
        let mut of_inputs = vec![0.0; self.inputs.len()];
        for tree in &self.trees {
            tree.contribute(&self.inputs, 1.0, &mut of_inputs);
        }
        let sum: f64 = of_inputs.iter().sum();
        let believed = sum.clamp(-FURTHEST, FURTHEST);
        self.fill(encoded, row, believed, lately);

        let weights = self.speeds.weights();
        let mut contributions =
            vec![0.0; self.columns_of_places.iter().max().map_or(0, |it| it + 1)];
        let mut common = 0.0;
        for (place, value) in &self.places {
            let part = weights[*place] * value;
            if *place == 0 {
                common += part;
            } else if *place == self.design.width {
                let each = if sum == 0.0 { 0.0 } else { part / sum };
                for (column, own) in self.columns_of_inputs.iter().zip(&of_inputs) {
                    contributions[*column] += each * own;
                }
            } else {
                contributions[self.columns_of_places[*place]] += part;
            }
        }
        (Explained { common, contributions }, believed)
    }

    /// The outcome of the lead that something was said of last.
    fn learn(&mut self, won: bool) {
        self.speeds.learn(&self.places, won);
    }
}

impl Speeds {
    /// Lines that went through the past with what was said at the time.
    fn replay(stretch: &mut Stretch, encoded: &Encoded, past: &Past, won: &[bool]) -> Self {
        let rows: Vec<Vec<(usize, f64)>> = (0..encoded.rows)
            .map(|row| {
                stretch.fill(encoded, row, f64::from(past.trees[row]), past.said(row));
                stretch.places.clone()
            })
            .collect();
        let width = stretch.width();
        let replayed = at_once(SPEEDS.len(), |at| {
            let mut line = Drifting::new(width, VARIANCE, COMMON, SPEEDS[at]);
            let right = rows.iter().zip(won).fold(0.0, |right, (row, won)| {
                MEMORY * right + libm::log(line.learn(row, *won).max(1e-12))
            });
            (line, right)
        });
        let (lines, right) = replayed.into_iter().unzip();
        Self { lines, right }
    }

    fn learn(&mut self, row: &[(usize, f64)], won: bool) {
        for (line, right) in self.lines.iter_mut().zip(&mut self.right) {
            *right = MEMORY * *right + libm::log(line.learn(row, won).max(1e-12));
        }
    }

    /// The weights of all lines, each as much as it was right.
    fn weights(&self) -> Vec<f64> {
        let best = self.right.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let counts: Vec<f64> = self.right.iter().map(|it| libm::exp(it - best)).collect();
        let all: f64 = counts.iter().sum();
        let width = self.lines.first().map_or(0, |it| it.weights.len());
        (0..width)
            .map(|place| {
                let each = self.lines.iter().zip(&counts);
                each.map(|(line, counts)| counts / all * line.weights[place]).sum()
            })
            .collect()
    }
}
