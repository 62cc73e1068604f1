//! What metrics mean: their unit, which way they are bad, what is computed from them.

use std::fmt;

use super::Decimal;
use crate::config::Bad;

/// A metric by its name: one of those known here, or one that a team brought.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Metric(pub String);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    Count,
    Money,
}

/// What is declared about a metric.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Facts {
    pub label: &'static str,
    pub unit: Unit,
    pub bad: Bad,
    /// The least change worth a message, as a share of what was expected.
    pub least: f64,
    /// Days for which platforms restate it.
    pub settles_days: i64,
}

/// Rates are known more exactly than amounts, so a smaller change of them is worth a message.
const LEAST_OF_AMOUNTS: f64 = 0.4;
const LEAST_OF_RATES: f64 = 0.22;

const fn facts(label: &'static str, unit: Unit, bad: Bad, settles_days: i64) -> Facts {
    Facts { label, unit, bad, least: LEAST_OF_AMOUNTS, settles_days }
}

const KNOWN: &[(&str, Facts)] = &[
    ("spend", facts("Spend", Unit::Money, Bad::Up, 0)),
    ("impressions", facts("Impressions", Unit::Count, Bad::Down, 0)),
    ("clicks", facts("Clicks", Unit::Count, Bad::Down, 0)),
    ("link_clicks", facts("Link clicks", Unit::Count, Bad::Down, 0)),
    ("sessions", facts("Sessions", Unit::Count, Bad::Down, 1)),
    ("conversions", facts("Conversions", Unit::Count, Bad::Down, 3)),
    ("revenue", facts("Revenue", Unit::Money, Bad::Down, 3)),
    ("sales", facts("Sales", Unit::Money, Bad::Down, 3)),
    ("leads", facts("Leads", Unit::Count, Bad::Down, 1)),
    ("accepted", facts("Accepted leads", Unit::Count, Bad::Down, 7)),
    ("purchases", facts("Purchases", Unit::Count, Bad::Down, 3)),
    ("users", facts("Users", Unit::Count, Bad::Down, 1)),
];

impl Metric {
    pub fn facts(&self) -> Option<Facts> {
        KNOWN.iter().find(|(name, _)| *name == self.0).map(|(_, facts)| *facts)
    }

    pub fn is_money(&self) -> bool {
        self.facts().is_some_and(|it| it.unit == Unit::Money)
    }

    pub fn label(&self) -> String {
        match self.facts() {
            Some(facts) => facts.label.to_owned(),
            None => self.0.replace('_', " "),
        }
    }
}

impl From<&str> for Metric {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is computed from two metrics: the upper one for each of the lower one, times a factor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Derived {
    /// Clicks for each impression.
    Ctr,
    /// Spend for each click.
    Cpc,
    /// Spend for a thousand impressions.
    Cpm,
    /// Spend for each conversion.
    Cpa,
    /// Conversions for each click.
    ConversionRate,
    /// Revenue for each unit of spend.
    Roas,
    /// Spend for each lead that sales accepted.
    CostPerAccepted,
    /// Accepted leads for each conversion.
    AcceptanceRate,
}

impl Derived {
    pub const ALL: [Self; 8] = [
        Self::Ctr,
        Self::Cpc,
        Self::Cpm,
        Self::Cpa,
        Self::ConversionRate,
        Self::Roas,
        Self::CostPerAccepted,
        Self::AcceptanceRate,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Ctr => "ctr",
            Self::Cpc => "cpc",
            Self::Cpm => "cpm",
            Self::Cpa => "cpa",
            Self::ConversionRate => "conversion_rate",
            Self::Roas => "roas",
            Self::CostPerAccepted => "cost_per_accepted",
            Self::AcceptanceRate => "acceptance_rate",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Ctr => "CTR",
            Self::Cpc => "CPC",
            Self::Cpm => "CPM",
            Self::Cpa => "CPA",
            Self::ConversionRate => "Conversion rate",
            Self::Roas => "ROAS",
            Self::CostPerAccepted => "Cost per accepted lead",
            Self::AcceptanceRate => "Acceptance rate",
        }
    }

    /// The metric above and the one below the line.
    pub fn parts(self) -> (&'static str, &'static str) {
        match self {
            Self::Ctr => ("clicks", "impressions"),
            Self::Cpc => ("spend", "clicks"),
            Self::Cpm => ("spend", "impressions"),
            Self::Cpa => ("spend", "conversions"),
            Self::ConversionRate => ("conversions", "clicks"),
            Self::Roas => ("revenue", "spend"),
            Self::CostPerAccepted => ("spend", "accepted"),
            Self::AcceptanceRate => ("accepted", "conversions"),
        }
    }

    /// Of sums, so that a rate over days is never a mean of rates. Nothing is shared by zero.
    pub fn of(self, above: Decimal, below: Decimal) -> Option<f64> {
        let factor = if self == Self::Cpm { 1_000.0 } else { 1.0 };
        above.over(below).map(|it| it * factor)
    }

    pub fn bad(self) -> Bad {
        match self {
            Self::Cpc | Self::Cpm | Self::Cpa | Self::CostPerAccepted => Bad::Up,
            Self::Ctr | Self::ConversionRate | Self::Roas | Self::AcceptanceRate => Bad::Down,
        }
    }

    pub fn is_price(self) -> bool {
        matches!(self, Self::Cpc | Self::Cpm | Self::Cpa | Self::CostPerAccepted)
    }

    pub fn least(self) -> f64 {
        LEAST_OF_RATES
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// What people call a metric or rate of this name.
pub fn label(name: &str) -> String {
    match Derived::named(name) {
        Some(rate) => rate.label().to_owned(),
        None => Metric::from(name).label(),
    }
}

/// The metric whose readings a metric or rate of this name comes with: of a rate, that above the line.
pub fn upper(name: &str) -> &str {
    Derived::named(name).map_or(name, |rate| rate.parts().0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_come_from_sums_and_nothing_is_divided_by_zero() {
        let of = |text: &str| Decimal::parse(text).unwrap();
        assert_eq!(Derived::Cpm.of(of("12.50"), of("5000")), Some(2.5));
        assert_eq!(Derived::Cpa.of(of("12.50"), Decimal::ZERO), None);
        for derived in Derived::ALL {
            assert_eq!(Derived::named(derived.name()), Some(derived));
        }
    }
}
