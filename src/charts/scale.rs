//! From numbers to places on the picture, with round ticks between.

/// A stretch of numbers and the stretch of the picture that it fills.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// Over all of these numbers, rounded outwards to ticks; of one number alone, some room around it.
    pub fn over(numbers: impl Iterator<Item = f64>, ticks: usize, from: f64, to: f64) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for it in numbers.filter(|it| it.is_finite()) {
            (low, high) = (low.min(it), high.max(it));
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        if low == high {
            let room = if low == 0.0 { 1.0 } else { low.abs() / 2.0 };
            (low, high) = (low - room, high + room);
        }
        let step = step(high - low, ticks);
        Self { low: (low / step).floor() * step, high: (high / step).ceil() * step, from, to }
    }

    /// Exactly from one number to another.
    pub fn exactly(low: f64, high: f64, from: f64, to: f64) -> Self {
        Self { low, high: if high > low { high } else { low + 1.0 }, from, to }
    }

    /// Where a number stands; what is beyond stands at the edge.
    pub fn place(&self, number: f64) -> f64 {
        let share = ((number - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        self.from + share * (self.to - self.from)
    }

    pub fn ticks(&self, about: usize) -> Vec<f64> {
        let step = step(self.high - self.low, about);
        let first = (self.low / step).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        (first..=last).map(|it| it as f64 * step).collect()
    }
}

/// 1, 2 or 5 times a power of ten, so that there are about so many steps.
fn step(span: f64, about: usize) -> f64 {
    let rough = span / about.max(1) as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let times = match rough / power {
        it if it <= 1.0 => 1.0,
        it if it <= 2.0 => 2.0,
        it if it <= 5.0 => 5.0,
        _ => 10.0,
    };
    times * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_hold_all_numbers() {
        let check = |numbers: &[f64], expected: &[f64]| {
            let scale = Scale::over(numbers.iter().copied(), 4, 0.0, 100.0);
            assert_eq!(scale.ticks(4), expected, "{numbers:?}");
        };
        check(&[0.0, 4_120.0], &[0.0, 2_000.0, 4_000.0, 6_000.0]);
        check(&[-3.0, 8.0], &[-5.0, 0.0, 5.0, 10.0]);
        check(&[f64::NAN, 0.0, 1.0], &[0.0, 0.5, 1.0]);
        check(&[], &[0.0, 0.5, 1.0]);
        let scale = Scale::exactly(0.0, 10.0, 100.0, 0.0);
        assert_eq!((scale.place(5.0), scale.place(99.0)), (50.0, 0.0));
    }
}
