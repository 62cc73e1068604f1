//! Boosted trees, grown on histograms: Friedman, *Greedy Function Approximation* (2001), with second
//! derivatives and shrunk leaves as in Chen and Guestrin, *XGBoost* (2016).
//!
//! Every node keeps its value, not only the leaves: the way of a lead through a tree is then a sum of
//! steps, each of them due to the one input that was asked there. What the inputs contribute adds up to
//! what the tree says.

use serde::{Deserialize, Serialize};

use super::grow;
use super::random::Random;

/// How trees are grown. There is one setting for all data.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How much of what a tree says counts.
    pub rate: f64,
    pub depth: usize,
    /// How strongly leaves are drawn towards none.
    pub shrink: f64,
    /// The least leads on either side, and the least sum of their second derivatives.
    pub least_rows: u32,
    pub least_weight: f64,
    /// Which share of the leads and of the inputs each tree is grown on.
    pub rows: f64,
    pub inputs: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rate: 0.05,
            depth: 6,
            shrink: 1.0,
            least_rows: 20,
            least_weight: 1.0,
            rows: 0.8,
            inputs: 0.6,
        }
    }
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Tree {
    pub nodes: Vec<Node>,
}

#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Node {
    /// The input that is asked here.
    pub input: u16,
    /// Whether leads of which it is not known go left.
    pub unknown_left: bool,
    /// Where the left child is, the right one behind it; none where this is a leaf.
    pub left: u32,
    /// Up to and with this value they go left.
    pub cut: f32,
    /// What the tree says up to here.
    pub value: f32,
}

/// Inputs in at most [`Bins::MOST`] steps each.
pub struct Bins {
    /// The highest value of each step but the last.
    cuts: Vec<Vec<f32>>,
    /// For each input the step of each row; [`Bins::UNKNOWN`] where not known.
    pub of_rows: Vec<Vec<u8>>,
}

/// Trees that are being added, one by one.
pub struct Boosting<'a> {
    settings: &'a Settings,
    bins: &'a Bins,
    won: &'a [bool],
    /// The log-odds of each row so far.
    log_odds: Vec<f64>,
    random: Random,
}

impl Tree {
    /// What it says of a lead, whose inputs are in `row`.
    pub fn value(&self, row: &[f32]) -> f64 {
        let mut node = &self.nodes[0];
        while node.left != 0 {
            node = &self.nodes[node.next(row[usize::from(node.input)])];
        }
        f64::from(node.value)
    }

    /// Adds what each input contributes to what it says, times `weight`. What all leads have in common
    /// is the value of the root.
    pub fn contribute(&self, row: &[f32], weight: f64, to: &mut [f64]) {
        let mut node = &self.nodes[0];
        while node.left != 0 {
            let next = &self.nodes[node.next(row[usize::from(node.input)])];
            to[usize::from(node.input)] += weight * (f64::from(next.value) - f64::from(node.value));
            node = next;
        }
    }

    pub fn root(&self) -> f64 {
        self.nodes.first().map_or(0.0, |it| f64::from(it.value))
    }
}

impl Node {
    fn next(&self, value: f32) -> usize {
        let left = if value.is_nan() { self.unknown_left } else { value <= self.cut };
        self.left as usize + usize::from(!left)
    }
}

impl Bins {
    pub const MOST: usize = 64;
    pub const UNKNOWN: u8 = 0;

    /// Steps of about equally many leads; as many as there are values where these are few.
    pub fn of(inputs: &[Vec<f32>]) -> Self {
        let cuts: Vec<Vec<f32>> = inputs.iter().map(|it| cuts(it)).collect();
        let of_rows =
            inputs.iter().zip(&cuts).map(|(it, cuts)| it.iter().map(|v| bin(*v, cuts)).collect());
        Self { of_rows: of_rows.collect(), cuts }
    }

    /// How many steps an input has, with that of not known.
    pub fn steps(&self, input: usize) -> usize {
        self.cuts[input].len() + 2
    }

    pub fn cut(&self, input: usize, step: usize) -> f32 {
        self.cuts[input][step - 1]
    }
}

fn cuts(values: &[f32]) -> Vec<f32> {
    let mut sorted: Vec<f32> = values.iter().copied().filter(|it| it.is_finite()).collect();
    sorted.sort_by(f32::total_cmp);
    let mut different = sorted.clone();
    different.dedup();
    let steps = Bins::MOST - 2;
    let mut cuts: Vec<f32> = if different.len() <= steps {
        different.windows(2).map(|pair| middle(pair[0], pair[1])).collect()
    } else {
        (1..steps)
            .map(|step| {
                let value = sorted[step * sorted.len() / steps];
                let next = different.partition_point(|it| *it <= value);
                different.get(next).map_or(value, |next| middle(value, *next))
            })
            .collect()
    };
    cuts.dedup();
    cuts
}

/// Between two values, and below the second whatever rounding does.
fn middle(low: f32, high: f32) -> f32 {
    let middle = low + (high - low) / 2.0;
    if middle < high { middle } else { low }
}

fn bin(value: f32, cuts: &[f32]) -> u8 {
    if value.is_nan() {
        return Bins::UNKNOWN;
    }
    // There are fewer than 64 cuts.
    1 + cuts.partition_point(|cut| *cut < value) as u8
}

impl<'a> Boosting<'a> {
    pub fn new(
        settings: &'a Settings,
        bins: &'a Bins,
        won: &'a [bool],
        start: f64,
        seed: u64,
    ) -> Self {
        let log_odds = vec![start; won.len()];
        Self { settings, bins, won, log_odds, random: Random::new(seed) }
    }

    /// Adds a tree that tells what those before it did not.
    pub fn step(&mut self) -> Tree {
        let (count, inputs) = (self.won.len(), self.bins.of_rows.len());
        let share =
            |share: f64, of: usize| ((share * of as f64).ceil() as usize).clamp(1, of.max(1));
        let rows = self.random.some(share(self.settings.rows, count), count);
        let inputs = self.random.some(share(self.settings.inputs, inputs), inputs);
        let slopes: Vec<(f64, f64)> = self
            .log_odds
            .iter()
            .zip(self.won)
            .map(|(log_odds, won)| {
                let chance = chance(*log_odds);
                (chance - f64::from(u8::from(*won)), (chance * (1.0 - chance)).max(1e-9))
            })
            .collect();
        let grown = grow::grow(self.settings, self.bins, &slopes, rows, &inputs);
        for (row, log_odds) in self.log_odds.iter_mut().enumerate() {
            *log_odds += grown.value(self.bins, row);
        }
        grown.tree
    }
}

/// The chance of these log-odds.
pub fn chance(log_odds: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-log_odds))
}
