//! A score that is learnt from leads that were won or lost.
//!
//! [`encode`] makes inputs of columns. Two learners look at them: boosted [`trees`], grown by `grow`,
//! which find what only matters together, and a [`linear`] one on a [`design`], which is steady where
//! leads are few. [`fit`] decides how many trees there are and how much each learner counts, by what
//! they say of leads that they have not seen; the same weights make the score a calibrated chance.
//! [`online`] goes on learning with each outcome. `reasons` says in words and points what a score is
//! the sum of.
//!
//! Everything adds up in log-odds: what a model says of a lead is what all leads have in common plus
//! what each column contributes.
//!
//! **Invariant.** The log-odds of a lead are the sum of its contributions, to the last bit.
//! **Invariant.** The same leads in the same order give the same model, byte by byte.

pub mod design;
pub mod drifting;
pub mod encode;
pub mod fit;
mod grow;
mod lately;
pub mod linear;
mod odds;
pub mod online;
mod random;
mod reasons;
pub mod trees;

#[cfg(test)]
mod properties;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use self::encode::{Encoded, Encoder};
use self::linear::Linear;
use self::trees::Tree;
use super::table::Table;

pub use self::odds::log_odds;
pub use self::random::folds;
pub use self::reasons::Scale;
pub use self::trees::chance;

/// What was learnt.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Model {
    pub encoder: Encoder,
    trees: Vec<Tree>,
    linear: Linear,
    mix: Mix,
    /// What each source contributes to the average lead.
    usual: Vec<f32>,
    /// How many leads it was learnt from, and how many of them were won.
    pub rows: usize,
    pub won: usize,
}

/// How much each learner counts.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Mix {
    pub start: f64,
    pub trees: f64,
    pub linear: f64,
}

/// Why a lead has its score.
#[derive(Clone, PartialEq, Debug)]
pub struct Explained {
    /// What all leads have in common.
    pub common: f64,
    /// What each source contributes, in log-odds, against the average lead.
    pub contributions: Vec<f64>,
}

impl Explained {
    pub fn log_odds(&self) -> f64 {
        self.contributions.iter().fold(self.common, |sum, it| sum + it)
    }

    pub fn chance(&self) -> f64 {
        chance(self.log_odds())
    }
}

/// Below this many leads a thread costs more than it brings.
const PART: usize = 2_048;

impl Model {
    /// Each lead of a table, with what every column contributes.
    pub fn explain(&self, table: &Table) -> Vec<Explained> {
        self.each(table, |_, it| it)
    }

    /// The chance of each lead of a table.
    pub fn chances(&self, table: &Table) -> Vec<f64> {
        self.each(table, |_, it| it.chance())
    }

    /// The first 12 hex digits of the SHA-256 of what was learnt.
    pub fn version(&self) -> Result<String, serde_json::Error> {
        Ok(hex::encode(Sha256::digest(serde_json::to_vec(self)?))[..12].to_owned())
    }

    fn each<T: Send>(&self, table: &Table, of: impl Fn(usize, Explained) -> T + Sync) -> Vec<T> {
        let encoded = self.encoder.encode(table);
        let scorer = Scorer::new(self);
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let part = encoded.rows.div_ceil(threads).max(PART);
        let (encoded, of) = (&encoded, &of);
        let parts: Vec<Vec<T>> = std::thread::scope(|scope| {
            let work: Vec<_> = (0..encoded.rows)
                .step_by(part)
                .map(|first| {
                    let mut scorer = scorer.clone();
                    scope.spawn(move || {
                        let rows: Vec<usize> = (first..(first + part).min(encoded.rows)).collect();
                        let mut done = Vec::with_capacity(rows.len());
                        for block in rows.chunks(BLOCK) {
                            let explained = scorer.explain(encoded, block);
                            done.extend(block.iter().zip(explained).map(|(row, it)| of(*row, it)));
                        }
                        done
                    })
                })
                .collect();
            // A thread only ends early if this code panics.
            work.into_iter()
                .map(|it| it.join().unwrap_or_else(|it| std::panic::resume_unwind(it)))
                .collect()
        });
        parts.into_iter().flatten().collect()
    }
}

/// How many leads go through a tree together, so that it stays at hand.
const BLOCK: usize = 64;

/// What is the same for all leads that are scored.
#[derive(Clone)]
struct Scorer<'a> {
    model: &'a Model,
    /// For each input its source.
    sources: Vec<usize>,
    /// What all trees have in common.
    roots: f64,
    /// The inputs of a block, lead by lead, and what each contributes.
    block: Vec<f32>,
    of_inputs: Vec<f64>,
    places: Vec<(usize, f64)>,
}

impl<'a> Scorer<'a> {
    fn new(model: &'a Model) -> Self {
        let sources: Vec<usize> = model.encoder.inputs().iter().map(|it| it.0).collect();
        let roots: f64 = model.trees.iter().map(Tree::root).sum();
        let cells = BLOCK * sources.len();
        Self {
            model,
            sources,
            roots: model.mix.trees * roots,
            block: vec![f32::NAN; cells],
            of_inputs: vec![0.0; cells],
            places: Vec::new(),
        }
    }

    fn explain(&mut self, encoded: &Encoded, rows: &[usize]) -> Vec<Explained> {
        let width = self.sources.len();
        for (at, input) in encoded.inputs.iter().enumerate() {
            for (lead, row) in rows.iter().enumerate() {
                self.block[lead * width + at] = input[*row];
            }
        }
        self.of_inputs.fill(0.0);
        if width > 0 {
            for tree in &self.model.trees {
                let leads = self.block.chunks_exact(width).take(rows.len());
                for (inputs, to) in leads.zip(self.of_inputs.chunks_exact_mut(width)) {
                    tree.contribute(inputs, self.model.mix.trees, to);
                }
            }
        }
        let each = rows.iter().enumerate();
        each.map(|(lead, row)| self.sum(encoded, *row, lead * width)).collect()
    }

    /// One lead of the block, whose inputs begin at `from`.
    fn sum(&mut self, encoded: &Encoded, row: usize, from: usize) -> Explained {
        let model = self.model;
        let mut contributions = vec![0.0; model.encoder.sources.len()];
        for (source, part) in self.sources.iter().zip(&self.of_inputs[from..]) {
            contributions[*source] += part;
        }
        let (mix, line) = (&model.mix, &model.linear);
        let of_line =
            line.contribute(encoded, row, mix.linear, &mut self.places, &mut contributions);
        let mut common = mix.start + self.roots + of_line;
        for (contribution, usual) in contributions.iter_mut().zip(&model.usual) {
            *contribution -= f64::from(*usual);
            common += f64::from(*usual);
        }
        Explained { common, contributions }
    }
}
