//! Keeping the pace: about one message a second in each channel, and silence when told so.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Token buckets, one for each gate (a channel, or a method that belongs to none).
///
/// A call takes its place at once and then waits for its turn, so that those waiting stay in
/// order. What counts is elapsed time, which no clock that can be turned may measure.
#[derive(Debug)]
pub struct Pace {
    per_second: f64,
    burst: f64,
    gates: Mutex<HashMap<String, Gate>>,
}

#[derive(Debug)]
struct Gate {
    /// What may still be sent at once; negative when calls already wait.
    level: f64,
    at: Instant,
    closed_until: Instant,
}

/// Beyond this many gates, those at rest are forgotten.
const GATES: usize = 1_024;

impl Pace {
    pub fn new(per_second: f64, burst: f64) -> Self {
        Self {
            per_second: per_second.max(0.01),
            burst: burst.max(1.0),
            gates: Mutex::new(HashMap::new()),
        }
    }

    /// Takes `cost` from the gate and says how long to wait before going through; an error with
    /// that wait, and nothing taken, when it is longer than `patience`.
    pub fn take(
        &self,
        gate: &str,
        cost: f64,
        now: Instant,
        patience: Duration,
    ) -> Result<Duration, Duration> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        if gates.len() > GATES {
            gates.retain(|_, gate| {
                gate.refill(now, self.per_second, self.burst);
                gate.level < self.burst || gate.closed_until > now
            });
        }

        let gate = gates.entry(gate.to_owned()).or_insert_with(|| Gate::new(now, self.burst));
        gate.refill(now, self.per_second, self.burst);
        let after = gate.level - cost;
        let turn = Duration::from_secs_f64((-after / self.per_second).max(0.0));
        let turn = if cost > 0.0 { turn } else { Duration::ZERO };
        let wait = turn.max(gate.closed_until.saturating_duration_since(now));
        if wait > patience {
            return Err(wait);
        }
        gate.level = after;
        Ok(wait)
    }

    /// Nobody goes through for this long: Slack said so.
    pub fn close(&self, gate: &str, now: Instant, duration: Duration) {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        let gate = gates.entry(gate.to_owned()).or_insert_with(|| Gate::new(now, self.burst));
        gate.closed_until = gate.closed_until.max(now + duration);
    }
}

impl Gate {
    fn new(now: Instant, burst: f64) -> Self {
        Self { level: burst, at: now, closed_until: now }
    }

    fn refill(&mut self, now: Instant, per_second: f64, burst: f64) {
        let elapsed = now.saturating_duration_since(self.at);
        self.level = (self.level + elapsed.as_secs_f64() * per_second).min(burst);
        self.at = now.max(self.at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_burst_goes_at_once_and_the_rest_a_second_apart() {
        let (pace, now) = (Pace::new(1.0, 3.0), Instant::now());
        let waits: Vec<_> = (0..5).map(|_| pace.take("C1", 1.0, now, MINUTE)).collect();
        let seconds = |n: u64| Ok(Duration::from_secs(n));
        assert_eq!(waits, [seconds(0), seconds(0), seconds(0), seconds(1), seconds(2)]);
        assert_eq!(pace.take("C2", 1.0, now, MINUTE), seconds(0));
        assert_eq!(pace.take("C1", 1.0, now + MINUTE, MINUTE), seconds(0));
    }

    #[test]
    fn who_cannot_wait_takes_nobodys_turn() {
        let (pace, now) = (Pace::new(1.0, 1.0), Instant::now());
        assert_eq!(pace.take("C1", 1.0, now, SECOND), Ok(Duration::ZERO));
        assert_eq!(pace.take("C1", 1.0, now, SECOND), Ok(SECOND));
        assert_eq!(pace.take("C1", 1.0, now, SECOND), Err(SECOND * 2));
        assert_eq!(pace.take("C1", 1.0, now, SECOND * 2), Ok(SECOND * 2));
    }

    #[test]
    fn a_closed_gate_lets_nobody_through() {
        let (pace, now) = (Pace::new(1.0, 3.0), Instant::now());
        pace.close("users.info", now, SECOND * 7);
        assert_eq!(pace.take("users.info", 0.0, now, MINUTE), Ok(SECOND * 7));
        assert_eq!(pace.take("users.info", 0.0, now, SECOND), Err(SECOND * 7));
        assert_eq!(pace.take("users.info", 0.0, now + SECOND * 8, SECOND), Ok(Duration::ZERO));
    }

    #[test]
    fn gates_at_rest_are_forgotten() {
        let (pace, now) = (Pace::new(1.0, 3.0), Instant::now());
        for n in 0..5_000 {
            pace.take(&format!("C{n}"), 1.0, now, MINUTE).unwrap();
        }
        pace.take("C0", 1.0, now + MINUTE, MINUTE).unwrap();
        assert_eq!(pace.gates.lock().unwrap().len(), 1);
    }
}
