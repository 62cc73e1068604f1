//! What the level of a word says: its log-odds against those of all leads, shrunk.
//!
//! A level of few leads says little, and the less the less levels differ at all. The strength of the
//! shrinking is the variance within levels over the variance between them, estimated by moments
//! (empirical Bayes; Micci-Barreca, *A Preprocessing Scheme for High-Cardinality Categorical
//! Attributes*, 2001). A level that was never seen says nothing: it is like all leads.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::super::table::{NOT_KNOWN, Words};
use super::random;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Odds {
    /// The levels by how many leads have them, the most frequent first.
    pub levels: Vec<Level>,
    /// Of the leads of which it is not known.
    unknown: Counts,
    all: Counts,
    /// How many leads like all others a level begins with.
    pub shrink: f32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Level {
    pub text: String,
    #[serde(flatten)]
    pub counts: Counts,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Counts {
    pub rows: u32,
    pub won: u32,
}

/// Into how many parts leads are taken apart, so that none tells about itself.
const FOLDS: usize = 5;
/// Where levels do not differ, and where they differ completely.
const SHRINK: std::ops::RangeInclusive<f64> = 4.0..=1_000.0;

impl Counts {
    fn add(&mut self, won: bool) {
        self.rows += 1;
        self.won += u32::from(won);
    }

    fn without(self, other: Self) -> Self {
        Self { rows: self.rows - other.rows, won: self.won - other.won }
    }

    pub fn share(self) -> f64 {
        (f64::from(self.won) + 0.5) / (f64::from(self.rows) + 1.0)
    }
}

impl Odds {
    pub fn fit(words: &Words, won: &[bool]) -> Self {
        let mut counts = vec![Counts::default(); words.levels.len()];
        let (mut unknown, mut all) = (Counts::default(), Counts::default());
        for (code, won) in words.codes.iter().zip(won) {
            all.add(*won);
            counts.get_mut(*code as usize).unwrap_or(&mut unknown).add(*won);
        }
        let shrink = shrink(&counts, all);
        let mut levels: Vec<Level> = words
            .levels
            .iter()
            .zip(counts)
            .filter(|(_, counts)| counts.rows > 0)
            .map(|(text, counts)| Level { text: text.clone(), counts })
            .collect();
        levels.sort_by(|a, b| b.counts.rows.cmp(&a.counts.rows).then(a.text.cmp(&b.text)));
        Self { levels, unknown, all, shrink }
    }

    /// The level in each row, by its place here; no level where unseen or not known.
    pub fn levels(&self, words: &Words) -> Vec<u32> {
        let known: HashMap<&str, u32> =
            self.levels.iter().zip(0..).map(|(level, at)| (level.text.as_str(), at)).collect();
        // One past the last is a level that was never seen.
        let unseen = self.levels.len() as u32;
        let places: Vec<u32> = words
            .levels
            .iter()
            .map(|it| known.get(it.as_str()).copied().unwrap_or(unseen))
            .collect();
        words
            .codes
            .iter()
            .map(|it| places.get(*it as usize).copied().unwrap_or(NOT_KNOWN))
            .collect()
    }

    /// The log-odds of each row's level against all leads.
    pub fn each(&self, levels: &[u32]) -> Vec<f32> {
        let of_level: Vec<f32> =
            self.levels.iter().map(|it| self.against(it.counts, self.all)).collect();
        let unknown = self.against(self.unknown, self.all);
        pick(levels, &of_level, 0.0, unknown)
    }

    /// How many of all leads have each row's level, as a logarithm.
    pub fn frequency(&self, levels: &[u32]) -> Vec<f32> {
        let share = |counts: Counts| {
            libm::log((f64::from(counts.rows) + 0.5) / (f64::from(self.all.rows) + 1.0)) as f32
        };
        let of_level: Vec<f32> = self.levels.iter().map(|it| share(it.counts)).collect();
        pick(levels, &of_level, share(Counts::default()), share(self.unknown))
    }

    /// As [`Self::each`], for the leads that it was fitted to: each by what the others say.
    pub fn of_others(&self, levels: &[u32], won: &[bool], seed: u64) -> Vec<f32> {
        let folds = random::folds(won, FOLDS, seed);
        let mut of_fold = vec![vec![Counts::default(); self.levels.len() + 1]; FOLDS];
        let mut all = [Counts::default(); FOLDS];
        let place = |level: u32| (level as usize).min(self.levels.len());
        for ((level, fold), won) in levels.iter().zip(&folds).zip(won) {
            of_fold[usize::from(*fold)][place(*level)].add(*won);
            all[usize::from(*fold)].add(*won);
        }
        let tables: Vec<Vec<f32>> = of_fold
            .iter()
            .zip(all)
            .map(|(within, all_within)| {
                let counts = self.levels.iter().map(|it| it.counts).chain([self.unknown]);
                let all = self.all.without(all_within);
                counts.zip(within).map(|(it, own)| self.against(it.without(*own), all)).collect()
            })
            .collect();
        levels
            .iter()
            .zip(&folds)
            .map(|(level, fold)| tables[usize::from(*fold)][place(*level)])
            .collect()
    }

    fn against(&self, counts: Counts, all: Counts) -> f32 {
        let base = all.share();
        let shrink = f64::from(self.shrink);
        let share = (f64::from(counts.won) + shrink * base) / (f64::from(counts.rows) + shrink);
        (log_odds(share) - log_odds(base)) as f32
    }
}

fn pick(levels: &[u32], of_level: &[f32], unseen: f32, unknown: f32) -> Vec<f32> {
    let of = |level: &u32| match *level {
        NOT_KNOWN => unknown,
        level => of_level.get(level as usize).copied().unwrap_or(unseen),
    };
    levels.iter().map(of).collect()
}

pub fn log_odds(share: f64) -> f64 {
    let share = share.clamp(1e-6, 1.0 - 1e-6);
    libm::log(share / (1.0 - share))
}

fn shrink(levels: &[Counts], all: Counts) -> f32 {
    let (base, rows) = (all.share(), f64::from(all.rows));
    let within = base * (1.0 - base);
    let used: Vec<&Counts> = levels.iter().filter(|it| it.rows > 0).collect();
    let spread: f64 = used
        .iter()
        .map(|it| {
            let n = f64::from(it.rows);
            n * (f64::from(it.won) / n - base).powi(2)
        })
        .sum();
    let squares: f64 = used.iter().map(|it| f64::from(it.rows).powi(2)).sum();
    let between = (spread - (used.len() as f64 - 1.0) * within) / (rows - squares / rows).max(1.0);
    let shrink = if between > 0.0 { within / between } else { *SHRINK.end() };
    shrink.clamp(*SHRINK.start(), *SHRINK.end()) as f32
}
