//! What was to be expected: medians of what came before, at the same hour, on the same weekday, lately.

/// The last few values of one time of the day or the week.
#[derive(Clone, Debug, Default)]
struct Slot {
    values: [f64; KEPT],
    count: usize,
    next: usize,
}

/// Values that a slot remembers.
const KEPT: usize = 12;

/// One expectation for each slot of a period.
#[derive(Clone, Debug)]
pub struct Seasonal {
    period_s: i64,
    slot_s: i64,
    slots: Vec<Slot>,
}

impl Seasonal {
    pub fn new(period_s: i64, slot_s: i64) -> Self {
        let slots = vec![Slot::default(); (period_s / slot_s) as usize];
        Self { period_s, slot_s, slots }
    }

    /// The median of the slot, once it has `least` values.
    pub fn expect(&self, at_s: i64, least: usize) -> Option<f64> {
        let slot = &self.slots[self.slot(at_s)];
        (slot.count >= least.max(1)).then(|| {
            let mut values = slot.values;
            median(&mut values[..slot.count])
        })
    }

    pub fn push(&mut self, at_s: i64, value: f64) {
        let slot = self.slot(at_s);
        let slot = &mut self.slots[slot];
        slot.values[slot.next] = value;
        slot.next = (slot.next + 1) % KEPT;
        slot.count = (slot.count + 1).min(KEPT);
    }

    fn slot(&self, at_s: i64) -> usize {
        (at_s.rem_euclid(self.period_s) / self.slot_s) as usize
    }
}

/// The median of the last values, however they lie in time.
#[derive(Clone, Debug)]
pub struct Recent {
    ring: Vec<f64>,
    sorted: Vec<f64>,
    next: usize,
    length: usize,
}

impl Recent {
    pub fn new(length: usize) -> Self {
        Self {
            ring: Vec::with_capacity(length),
            sorted: Vec::with_capacity(length),
            next: 0,
            length,
        }
    }

    pub fn expect(&self, least: usize) -> Option<f64> {
        let n = self.sorted.len();
        (n >= least.max(1)).then(|| {
            if n % 2 == 1 {
                self.sorted[n / 2]
            } else {
                (self.sorted[n / 2 - 1] + self.sorted[n / 2]) / 2.0
            }
        })
    }

    pub fn push(&mut self, value: f64) {
        if self.ring.len() < self.length {
            self.ring.push(value);
        } else {
            let old = std::mem::replace(&mut self.ring[self.next], value);
            self.next = (self.next + 1) % self.length;
            let place = self.sorted.partition_point(|it| *it < old);
            self.sorted.remove(place);
        }
        let place = self.sorted.partition_point(|it| *it < value);
        self.sorted.insert(place, value);
    }
}

pub fn median(values: &mut [f64]) -> f64 {
    let n = values.len();
    let (below, middle, _) = values.select_nth_unstable_by(n / 2, f64::total_cmp);
    if n % 2 == 1 {
        return *middle;
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (lower + *middle) / 2.0
}
