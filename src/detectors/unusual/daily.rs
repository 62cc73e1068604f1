//! Readings of a day or more: the level of the last days times the weekday, on a logarithmic scale.
//!
//! Daily sums of money and events vary by ratio, and three months are all there is. Six forecasts
//! (three speeds of exponential smoothing, each with and without weekday factors, as in simple
//! exponential smoothing with additive seasons of the logarithm) are weighed by how well each did so
//! far. The error of the day, and that of two days together, is compared with the distance that one
//! day in thirty exceeded, on the side that is bad.
//!
//! Smoothing: R. J. Hyndman, G. Athanasopoulos, *Forecasting: Principles and Practice*, chapter 8;
//! robust updates (errors clipped before they move the level): S. Gelper, R. Fried, C. Croux, *Robust
//! forecasting with exponential and Holt–Winters smoothing*, J. Forecasting 29 (2010).

use super::expectation::Recent;
use super::tail::Tail;
use super::{Expected, Seen};
use crate::detectors::{Bad, DAY_S, Local, Point};

/// How much of the past may lie beyond the limit: about one day of a month.
const SHARE: f64 = 0.033;
/// The limit in units of that distance.
const STRICT: f64 = 0.8;
/// Errors that must be known before a day is judged.
const WARM: u32 = 14;
const SPEEDS: [f64; 3] = [0.2, 0.5, 0.9];
/// Of the weekday factors, and of the running errors.
const SEASON_SPEED: f64 = 0.25;
const ERROR_SPEED: f64 = 0.12;
/// In typical errors; what lies beyond moves the level no further.
const CLIP: f64 = 3.0;
/// Before so many days nothing is clipped.
const UNCLIPPED: u32 = 7;
/// Added to a value before its logarithm is taken, as a part of the running median: so that zero is
/// far down, and not infinitely far.
const SOFT: f64 = 0.02;
/// Days in that median.
const MEDIAN_DAYS: usize = 28;

/// After a message, a burst is over when this has passed.
pub const CALM_S: i64 = DAY_S;

const FORECASTS: usize = 6;

#[derive(Clone, Debug)]
pub struct Daily {
    bad: Bad,
    least: f64,
    seen: u32,
    levels: [f64; 3],
    factors: [f64; 7],
    weeks: [u32; 7],
    errors: [f64; FORECASTS],
    /// The error of the day before, and the tails of one day's and of two days' errors.
    before: f64,
    one: Tail,
    two: Tail,
    around: Recent,
    total: f64,
}

impl Daily {
    pub fn new(bad: Bad, least: f64) -> Self {
        Self {
            bad,
            least,
            seen: 0,
            levels: [0.0; 3],
            factors: [0.0; 7],
            weeks: [0; 7],
            errors: [0.0; FORECASTS],
            before: 0.0,
            one: Tail::new(SHARE),
            two: Tail::new(SHARE),
            around: Recent::new(MEDIAN_DAYS),
            total: 0.0,
        }
    }

    pub fn next(&mut self, point: Point) -> Seen {
        let weekday = weekday(point.at);
        let soft = self.soft(point.value);
        let x = (point.value.max(0.0) + soft).ln();
        self.around.push(point.value);
        self.total += point.value.max(0.0);
        if self.seen == 0 {
            self.levels = [x; 3];
            self.weeks[weekday] = 1;
            self.seen = 1;
            return Seen { distance: 0.0, expected: None, learning: true, value: point.value };
        }
        // A weekday that was seen once is believed by half.
        let weeks = f64::from(self.weeks[weekday]);
        let factor = self.factors[weekday] * weeks / (weeks + 1.0);
        let forecasts: [f64; FORECASTS] =
            std::array::from_fn(|n| self.levels[n % 3] + if n < 3 { factor } else { 0.0 });
        let forecast = self.weighed(&forecasts);
        let error = x - forecast;
        let seen = self.judge(point.value, soft, forecast, error);

        self.one.push(self.side(error).max(0.0));
        if self.seen >= 2 {
            self.two.push(self.side(error + self.before).max(0.0));
        }
        self.before = error;
        self.learn(x, factor, weekday, &forecasts);
        seen
    }

    fn judge(&self, value: f64, soft: f64, forecast: f64, error: f64) -> Seen {
        let (one, two) = (self.one.quantile() * STRICT, self.two.quantile() * STRICT);
        let usual = forecast.exp() - soft;
        let expected = Some(Expected {
            value: usual.max(0.0),
            low: ((forecast - one).exp() - soft).max(0.0),
            high: ((forecast + one).exp() - soft).max(0.0),
        });
        if self.one.count() < WARM {
            return Seen { distance: 0.0, expected, learning: true, value };
        }
        let off = self.side(error);
        let mut distance =
            if one > 0.0 { off.max(0.0) / one } else { f64::from(off > 0.0) * 100.0 };
        if two > 0.0 && off > 0.0 {
            distance = distance.max(self.side(error + self.before) / two);
        }
        // Where most days have nothing, a day with nothing is no drop: that is for silence to tell.
        if value == 0.0 && self.around.expect(1) == Some(0.0) {
            distance = distance.min(0.99);
        }
        // The change of the day, or of both days on average: a message is about that.
        let change = |error: f64| (error.exp() - 1.0).abs();
        if change(error).max(change((error + self.before) / 2.0)) < self.least {
            distance = distance.min(0.99);
        }
        Seen { distance, expected, learning: false, value }
    }

    fn learn(&mut self, x: f64, factor: f64, weekday: usize, forecasts: &[f64; FORECASTS]) {
        let settled = self.seen > UNCLIPPED;
        let typical =
            |errors: &[f64; FORECASTS]| 1.25 * errors.iter().copied().fold(f64::INFINITY, f64::min);
        let clip = |typical: f64| if settled { CLIP * typical } else { f64::INFINITY };
        let limit = clip(typical(&self.errors));
        let speed = (1.0 / f64::from(self.seen)).max(ERROR_SPEED);
        for (error, forecast) in self.errors.iter_mut().zip(forecasts) {
            *error += speed * ((x - forecast).abs().min(limit.max(f64::MIN_POSITIVE)) - *error);
        }
        let limit = clip(typical(&self.errors)).max(1e-6);
        self.seen += 1;
        let early = 1.0 / (f64::from(self.seen) + 1.0);
        for (level, speed) in self.levels.iter_mut().zip(SPEEDS) {
            *level += speed.max(early) * (x - factor - *level).clamp(-limit, limit);
        }
        self.weeks[weekday] += 1;
        let off = (x - self.levels[1] - self.factors[weekday]).clamp(-limit, limit);
        let speed = SEASON_SPEED.max(1.0 / f64::from(self.weeks[weekday]));
        self.factors[weekday] += speed * off;
    }

    /// Each forecast counts by the inverse fourth power of its running error.
    fn weighed(&self, forecasts: &[f64; FORECASTS]) -> f64 {
        let (mut sum, mut weights) = (0.0, 0.0);
        for (forecast, error) in forecasts.iter().zip(&self.errors) {
            let weight = (error + 1e-6).powi(-4);
            sum += weight * forecast;
            weights += weight;
        }
        sum / weights
    }

    /// The error with its bad side up.
    fn side(&self, error: f64) -> f64 {
        match self.bad {
            Bad::Up => error,
            Bad::Down => -error,
            Bad::Either => error.abs(),
        }
    }

    /// A series that is mostly zero is measured by its mean instead.
    fn soft(&self, value: f64) -> f64 {
        match self.around.expect(1) {
            Some(median) if median > 0.0 => SOFT * median,
            Some(_) => (self.total / f64::from(self.seen)).max(f64::MIN_POSITIVE.sqrt()),
            None => (SOFT * value.abs()).max(f64::MIN_POSITIVE.sqrt()),
        }
    }
}

fn weekday(at: Local) -> usize {
    (at.div_euclid(DAY_S).rem_euclid(7)) as usize
}

/// What the day of a point is called in a sentence.
pub fn usual_for(at: Local) -> String {
    format!("a {}", crate::detectors::words::weekday(at))
}
