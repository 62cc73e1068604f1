//! What became of leads lately: of all, and of each level of each word.

use super::super::table::{Cells, NOT_KNOWN, Table};
use super::odds::log_odds;

/// Over how many of the last leads it is looked how often they were won.
const LATELY: [f64; 4] = [20.0, 100.0, 500.0, 2_500.0];
/// After how many leads the outcome of a level counts half, and never.
const HALVES: [f64; 2] = [500.0, f64::INFINITY];
/// How many leads like all others a level begins with.
const SHRINK: f64 = 20.0;
/// The share of those that were won before any has ended.
const FIRST: f64 = 0.1;

/// All outcomes so far, each at its time.
#[derive(Clone, Debug)]
pub struct Lately {
    rows: usize,
    shares: [f64; LATELY.len()],
    halves: [Half; HALVES.len()],
    /// The columns of words, by their place in the table.
    pub columns: Vec<usize>,
}

/// Outcomes that fade at one speed.
#[derive(Clone, Debug)]
struct Half {
    keep: f64,
    all: Fading,
    /// For each column of words, for each level.
    levels: Vec<Vec<Fading>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Fading {
    won: f64,
    rows: f64,
    at: usize,
}

impl Fading {
    fn by(self, now: usize, keep: f64) -> Self {
        let kept = if keep < 1.0 { keep.powi((now - self.at).min(1 << 20) as i32) } else { 1.0 };
        Self { won: self.won * kept, rows: self.rows * kept, at: now }
    }

    fn and(self, won: bool) -> Self {
        Self { won: self.won + f64::from(u8::from(won)), rows: self.rows + 1.0, at: self.at }
    }
}

impl Lately {
    pub fn new(table: &Table) -> Self {
        let is_category = |cells: &Cells| match cells {
            // What is nearly always another text is no category.
            Cells::Words(words) => words.levels.len() * 2 < words.codes.len(),
            _ => false,
        };
        let columns: Vec<usize> =
            (0..table.columns.len()).filter(|at| is_category(&table.columns[*at].cells)).collect();
        let halves = HALVES.map(|half| Half {
            keep: libm::exp2(-1.0 / half),
            all: Fading::default(),
            levels: vec![Vec::new(); columns.len()],
        });
        Self { rows: 0, shares: [FIRST; LATELY.len()], halves, columns }
    }

    /// How many things it says of a row.
    pub fn width(&self) -> usize {
        LATELY.len() + HALVES.len() * self.columns.len()
    }

    /// Of which column each of these is; none for what all leads have in common.
    pub fn columns_of(&self) -> Vec<Option<usize>> {
        let of_words = self.columns.iter().flat_map(|it| [Some(*it); HALVES.len()]);
        [None; LATELY.len()].into_iter().chain(of_words).collect()
    }

    /// What is said of a row before its outcome.
    pub fn say(&self, table: &Table, row: usize) -> Vec<f32> {
        let mut said: Vec<f32> = Vec::with_capacity(self.width());
        let usual = log_odds(FIRST);
        for share in self.shares {
            let smooth = (share + 0.01) / 1.02;
            said.push((log_odds(smooth) - usual) as f32);
        }
        for (place, column) in self.columns.iter().enumerate() {
            let code = code(table, *column, row);
            for half in &self.halves {
                let all = half.all.by(self.rows, half.keep);
                let level = half.levels[place].get(code).copied().unwrap_or_default();
                let level = level.by(self.rows.max(level.at), half.keep);
                let base = (all.won + FIRST) / (all.rows + 1.0);
                let share = (level.won + SHRINK * base) / (level.rows + SHRINK);
                said.push((log_odds(share) - log_odds(base)) as f32);
            }
        }
        said
    }

    pub fn learn(&mut self, table: &Table, row: usize, won: bool) {
        let outcome = f64::from(u8::from(won));
        for (share, over) in self.shares.iter_mut().zip(LATELY) {
            *share += (outcome - *share) / over.min(self.rows as f64 + 2.0);
        }
        for half in &mut self.halves {
            half.all = half.all.by(self.rows, half.keep).and(won);
            for (levels, column) in half.levels.iter_mut().zip(&self.columns) {
                let code = code(table, *column, row);
                if code >= levels.len() {
                    levels.resize(code + 1, Fading { at: self.rows, ..Fading::default() });
                }
                levels[code] = levels[code].by(self.rows, half.keep).and(won);
            }
        }
        self.rows += 1;
    }
}

/// The level of a row; not known is a level too, the first.
fn code(table: &Table, column: usize, row: usize) -> usize {
    match &table.columns[column].cells {
        Cells::Words(words) if words.codes[row] != NOT_KNOWN => words.codes[row] as usize + 1,
        _ => 0,
    }
}
