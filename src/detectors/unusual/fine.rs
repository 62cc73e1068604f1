//! Readings of an hour or less: four ways to be out of the ordinary, each against its own past.
//!
//! A reading is compared with the median of the same hour of the week, with the median of the last
//! readings, and with the reading before it; and the mean distance of late from the same hours of
//! other days is compared with what it usually is. Each of the four distances is divided by the one
//! that only [`SHARE`] of all earlier ones exceeded. The largest counts.

use super::expectation::{Recent, Seasonal};
use super::tail::Tail;
use super::{Expected, Seen};
use crate::detectors::{Bad, DAY_S, HOUR_S, Local, Point};

/// How much of the past may lie beyond the limit, for each of the four.
const SHARE: f64 = 0.0015;
/// The limit in units of the distance that [`SHARE`] exceeded.
const STRICT: f64 = 1.1;
/// A limit is never less than this many times the median distance.
const FLOOR: f64 = 4.0;
/// Distances that must be known before one is judged.
const WARM: u32 = 150;
/// Values of a slot before it counts.
const LEAST: usize = 3;
/// Readings in the running median.
const RECENT: usize = 288;
/// Of the running mean of the distances of late.
const ALPHA: f64 = 0.1;

/// After a message, a burst is over when this has passed.
pub const CALM_S: i64 = 20 * HOUR_S;

const WEEKLY: usize = 0;
const SUMMED: usize = 1;
const LATELY: usize = 2;
const STEP: usize = 3;

#[derive(Clone, Debug)]
pub struct Fine {
    bad: Bad,
    day: Seasonal,
    week: Seasonal,
    recent: Recent,
    summed: f64,
    before: Option<f64>,
    tails: [Tail; 4],
}

impl Fine {
    pub fn new(bad: Bad) -> Self {
        Self {
            bad,
            day: Seasonal::new(DAY_S, HOUR_S),
            week: Seasonal::new(7 * DAY_S, HOUR_S),
            recent: Recent::new(RECENT),
            summed: 0.0,
            before: None,
            tails: std::array::from_fn(|_| Tail::new(SHARE)),
        }
    }

    pub fn next(&mut self, point: Point) -> Seen {
        let Point { at, value } = point;
        let day = self.day.expect(at, LEAST);
        let week = self.week.expect(at, LEAST);
        let recent = self.recent.expect(LEAST);

        // The sign says on which side; the mean takes the side of the reading.
        let mut off = [None; 4];
        off[WEEKLY] = week.map(|it| value - it);
        off[LATELY] = recent.map(|it| value - it);
        off[STEP] = self.before.map(|it| value - it);
        let of_day = day.map(|it| value - it);
        self.summed += ALPHA * (of_day.map_or(0.0, f64::abs) - self.summed);
        off[SUMMED] = of_day.map(|it| self.summed.copysign(it));

        let seen = self.judge(&off, value, week.or(recent));
        for (tail, off) in self.tails.iter_mut().zip(off) {
            if let Some(off) = off {
                tail.push(off.abs());
            }
        }
        self.day.push(at, value);
        self.week.push(at, value);
        self.recent.push(value);
        self.before = Some(value);
        seen
    }

    fn judge(&self, off: &[Option<f64>; 4], value: f64, usual: Option<f64>) -> Seen {
        let mut furthest: f64 = 0.0;
        let mut known = false;
        for (tail, off) in self.tails.iter().zip(off) {
            let Some(off) = off else { continue };
            if tail.count() < WARM {
                continue;
            }
            known = true;
            let far = match self.bad {
                Bad::Up => off.max(0.0),
                Bad::Down => (-off).max(0.0),
                Bad::Either => off.abs(),
            };
            furthest = furthest.max(distance(far, limit(tail)));
        }
        let tail = &self.tails[if off[WEEKLY].is_some() { WEEKLY } else { LATELY }];
        let expected = usual.map(|it| {
            let around = limit(tail);
            Expected { value: it, low: it - around, high: it + around }
        });
        Seen { distance: furthest, expected, learning: !known, value }
    }
}

fn limit(tail: &Tail) -> f64 {
    tail.quantile().max(FLOOR * tail.median()) * STRICT
}

/// A series that never moved has no tail: whatever moves is far out.
fn distance(far: f64, limit: f64) -> f64 {
    match () {
        () if limit > 0.0 => far / limit,
        () if far > 0.0 => 100.0,
        () => 0.0,
    }
}

/// What the time of a point is called in a sentence.
pub fn usual_for(at: Local) -> String {
    let hour = at.rem_euclid(DAY_S) / HOUR_S;
    format!("{} at {hour}:00", crate::detectors::words::weekday(at))
}
