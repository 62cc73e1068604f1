//! Bursts are one event: what was said once is not said again while it lasts.

use crate::detectors::Local;

/// The score that is worth a message.
pub const FIRES: f64 = 0.5;

/// How much further out a reading must be for a second message about one burst.
const WORSE: f64 = 1.25;

/// What remains of the score of a reading whose event was told already, so that it never fires.
const TOLD: f64 = 0.5;

/// The burst that is under way.
#[derive(Clone, Debug)]
pub struct Events {
    /// Seconds after the last message until a new burst may begin.
    calm_s: i64,
    /// Whether readings that stay out keep the burst going, message or not.
    lasting: bool,
    furthest: f64,
    told_at: Local,
}

impl Events {
    pub fn new(calm_s: i64, lasting: bool) -> Self {
        Self { calm_s, lasting, furthest: 0.0, told_at: i64::MIN / 2 }
    }

    /// From how far out a reading is (1 is the limit) to its score in `[0, 1]`, and whether it
    /// begins an event or makes one worse.
    pub fn score(&mut self, at: Local, distance: f64) -> (f64, bool) {
        if at - self.told_at > self.calm_s {
            self.furthest = 0.0;
        }
        let told = self.furthest > 0.0;
        let fires = distance >= 1.0 && (!told || distance > self.furthest * WORSE);
        if fires {
            (self.furthest, self.told_at) = (distance, at);
            return (squashed(distance), true);
        }
        if told && self.lasting && distance >= 1.0 {
            self.told_at = at;
        }
        (squashed(if told { distance.min(TOLD) } else { distance }), false)
    }
}

/// 1 becomes [`FIRES`], twice the limit two thirds, and so on towards 1.
fn squashed(distance: f64) -> f64 {
    distance / (1.0 + distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_told_once_and_again_when_it_gets_worse() {
        let mut events = Events::new(3_600, false);
        let told: Vec<bool> = [0.5, 1.2, 1.4, 1.6, 0.2, 1.1]
            .iter()
            .enumerate()
            .map(|(n, distance)| events.score(n as i64 * 60, *distance).1)
            .collect();
        assert_eq!(told, [false, true, false, true, false, false]);
        assert!(events.score(20_000, 1.1).1);
    }
}
