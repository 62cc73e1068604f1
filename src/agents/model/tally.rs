//! What went into a model and came out of it.

use std::sync::{Arc, Mutex, PoisonError};

use rust_decimal::Decimal;

use crate::config::Price;

/// Tokens; none where the provider does not say.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Usage {
    pub input_tokens: Option<u64>,
    pub output_tokens: Option<u64>,
}

/// Counts along while an answer comes, so that a call that is given up is known by what it used.
/// Clones are the same tally.
#[derive(Clone, Default)]
pub struct Tally(Arc<Mutex<Counts>>);

#[derive(Default)]
struct Counts {
    /// Of attempts that are over.
    before: Usage,
    now: Usage,
}

impl Tally {
    /// What the attempt under way has used so far; numbers replace earlier ones.
    pub fn hears(&self, input: Option<u64>, output: Option<u64>) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.now.input_tokens = input.or(counts.now.input_tokens);
        counts.now.output_tokens = output.or(counts.now.output_tokens);
    }

    /// Another attempt begins.
    pub fn again(&self) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.before = counts.before.plus(counts.now);
        counts.now = Usage::default();
    }

    pub fn usage(&self) -> Usage {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.before.plus(counts.now)
    }
}

impl Usage {
    pub const fn total(self) -> Option<u64> {
        match (self.input_tokens, self.output_tokens) {
            (Some(input), Some(output)) => Some(input + output),
            _ => None,
        }
    }

    /// None where there is no price, or where the provider did not say how much it was.
    pub fn cost(self, price: Option<&Price>) -> Option<Decimal> {
        let price = price?;
        let million = Decimal::from(1_000_000);
        let of = |tokens: u64, price: Decimal| Decimal::from(tokens) * price / million;
        Some(of(self.input_tokens?, price.input) + of(self.output_tokens?, price.output))
    }

    fn plus(self, other: Self) -> Self {
        let sum = |a: Option<u64>, b: Option<u64>| match (a, b) {
            (None, None) => None,
            (a, b) => Some(a.unwrap_or(0) + b.unwrap_or(0)),
        };
        Self {
            input_tokens: sum(self.input_tokens, other.input_tokens),
            output_tokens: sum(self.output_tokens, other.output_tokens),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_exact() {
        let price = |input: &str, output: &str| Price {
            input: input.parse().unwrap(),
            output: output.parse().unwrap(),
            currency: "USD".to_owned(),
        };
        let usage = |input, output| Usage { input_tokens: input, output_tokens: output };
        let check = |usage: Usage, price: Price, expected: Option<&str>| {
            let cost = usage.cost(Some(&price)).map(|cost| cost.normalize().to_string());
            assert_eq!(cost.as_deref(), expected);
        };
        check(usage(Some(1_000), Some(200)), price("3.00", "15.00"), Some("0.006"));
        check(usage(Some(1), Some(1)), price("0.15", "0.60"), Some("0.00000075"));
        check(usage(Some(0), Some(0)), price("3", "15"), Some("0"));
        check(usage(None, Some(200)), price("3", "15"), None);
        assert_eq!(usage(Some(1), Some(1)).cost(None), None);
    }

    #[test]
    fn attempts_add_up_and_numbers_of_one_attempt_replace_each_other() {
        let tally = Tally::default();
        assert_eq!(tally.usage(), Usage::default());
        tally.hears(Some(10), Some(1));
        tally.hears(None, Some(4));
        tally.again();
        tally.hears(Some(10), Some(7));
        assert_eq!(tally.usage(), Usage { input_tokens: Some(20), output_tokens: Some(11) });
    }
}
