//! How far out the largest values of one series lie: a quantile that runs along.
//!
//! A histogram with bins of equal ratio (a sixteenth of a power of two, so a quantile is right to
//! about 4 %) takes a value in constant time, whatever its unit.

/// Bins to a power of two.
const FINE: f64 = 16.0;
/// Powers of two that are told apart: from 2⁻⁴⁰ to 2⁶⁰.
const LOWEST: f64 = -40.0;
const BINS: usize = 1_600;

/// The running upper tail of what is not negative.
#[derive(Clone, Debug)]
pub struct Tail {
    bins: Vec<u32>,
    count: u32,
    /// The bin in which the quantile lies, and how many values lie in it or above.
    at: usize,
    above: u32,
    middle: usize,
    below_middle: u32,
    share: f64,
}

impl Tail {
    /// `share` is how much of all lies above the quantile: 0.001.
    pub fn new(share: f64) -> Self {
        Self {
            bins: vec![0; BINS],
            count: 0,
            at: BINS - 1,
            above: 0,
            middle: 0,
            below_middle: 0,
            share,
        }
    }

    pub fn count(&self) -> u32 {
        self.count
    }

    pub fn push(&mut self, value: f64) {
        let bin = bin(value);
        self.bins[bin] += 1;
        self.count += 1;
        self.above += u32::from(bin >= self.at);
        self.below_middle += u32::from(bin < self.middle);
        // One more than the share, so that the largest value alone is never the measure of itself.
        let wanted = (f64::from(self.count) * self.share) as u32 + 2;
        while self.above < wanted.min(self.count) && self.at > 0 {
            self.at -= 1;
            self.above += self.bins[self.at];
        }
        while self.above - self.bins[self.at] >= wanted {
            self.above -= self.bins[self.at];
            self.at += 1;
        }
        while (self.below_middle + self.bins[self.middle]) * 2 < self.count {
            self.below_middle += self.bins[self.middle];
            self.middle += 1;
        }
        while self.below_middle * 2 > self.count {
            self.middle -= 1;
            self.below_middle -= self.bins[self.middle];
        }
    }

    /// The value that only `share` of all exceed.
    pub fn quantile(&self) -> f64 {
        if self.count == 0 { 0.0 } else { value(self.at) }
    }

    pub fn median(&self) -> f64 {
        if self.count == 0 { 0.0 } else { value(self.middle) }
    }
}

fn bin(value: f64) -> usize {
    if value <= 0.0 {
        return 0;
    }
    (((value.log2() - LOWEST) * FINE) as usize).clamp(1, BINS - 1)
}

/// The middle of a bin; the lowest stands for nothing at all.
fn value(bin: usize) -> f64 {
    if bin == 0 { 0.0 } else { ((bin as f64 + 0.5) / FINE + LOWEST).exp2() }
}
