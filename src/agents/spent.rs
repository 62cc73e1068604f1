//! What an agent's calls used up and cost.

use std::fmt;

use rust_decimal::Decimal;
use sqlx::PgPool;

use super::budget::Day;
use super::store;
use crate::error::Result;
use crate::ids::WorkspaceId;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cost {
    pub amount: Decimal,
    /// ISO 4217.
    pub currency: String,
}

/// In one day. Tokens and costs are what providers said; calls of which they said nothing count as
/// calls alone.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Spent {
    pub calls: u64,
    pub answered: u64,
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// One for each currency.
    pub costs: Vec<Cost>,
}

/// What an agent used up in a day.
pub async fn spent(db: &PgPool, workspace: WorkspaceId, agent: &str, day: &Day) -> Result<Spent> {
    store::spent(db, workspace, agent, day).await
}

impl fmt::Display for Cost {
    /// At least with cents; as exact as it is below.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut amount = self.amount.normalize();
        if amount.scale() < 2 {
            amount.rescale(2);
        }
        write!(f, "{amount} {}", self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_read_with_its_currency() {
        let check = |amount: &str, expected: &str| {
            let cost = Cost { amount: amount.parse().unwrap(), currency: "EUR".to_owned() };
            assert_eq!(cost.to_string(), expected);
        };
        check("3", "3.00 EUR");
        check("0.0300", "0.03 EUR");
        check("0.00000075", "0.00000075 EUR");
    }
}
