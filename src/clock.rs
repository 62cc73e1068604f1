//! The one place that asks what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// Tells the time to everything that asks, and can be set apart from the machine's clock.
///
/// Clones share one setting: what turns one of them turns all.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The machine's time, moved by however far this clock was turned.
    pub fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the place it belongs")]
        let now = Timestamp::now();
        now + SignedDuration::from_millis(self.ahead_ms.load(Ordering::Relaxed))
    }

    /// Moves this clock, and every clone of it, forward by `duration` (or back, when negative).
    pub fn turn(&self, duration: SignedDuration) {
        let ms = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        self.ahead_ms.fetch_add(ms, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_turn_together() {
        let clock = Clock::default();
        let before = clock.clone().now();

        clock.turn(SignedDuration::from_hours(2));

        let ahead = clock.clone().now().duration_since(before);
        assert!(ahead >= SignedDuration::from_hours(2));
        assert!(ahead < SignedDuration::from_hours(3));
    }
}
