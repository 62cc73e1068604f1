//! Chance that is the same each time: SplitMix64 (Steele, Lea and Flood, *Fast Splittable Pseudorandom
//! Number Generators*, 2014), whose numbers no release of a library changes.

pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of the numbers below; the bias of a remainder does not matter at these sizes.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// So many of the numbers below, in ascending order.
    pub fn some(&mut self, count: usize, end: usize) -> Vec<usize> {
        let mut numbers: Vec<usize> = (0..end).collect();
        let count = count.min(end);
        for at in 0..count {
            let other = at + self.below(end - at);
            numbers.swap(at, other);
        }
        numbers.truncate(count);
        numbers.sort_unstable();
        numbers
    }
}

/// A fold for each row, each with the same share of those that were won.
pub fn folds(won: &[bool], folds: usize, seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut of_row = vec![0; won.len()];
    for class in [true, false] {
        let mut rows: Vec<usize> = (0..won.len()).filter(|row| won[*row] == class).collect();
        for at in (1..rows.len()).rev() {
            rows.swap(at, random.below(at + 1));
        }
        for (at, row) in rows.into_iter().enumerate() {
            of_row[row] = (at % folds) as u8;
        }
    }
    of_row
}
