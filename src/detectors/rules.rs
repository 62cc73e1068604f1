//! The rule of a metric, out of what is built in and what the team declared.

use super::DAY_S;
use super::unusual::Rule;
use crate::config::Numbers;
use crate::readings::{Derived, Metric};

/// The rule for a metric or rate of this name; of an unknown one, both ways are bad.
pub fn rule(numbers: &Numbers, name: &str, of: &str, currency: &str) -> Rule {
    let built_in = built_in(numbers, name, of, currency);
    let Some(declared) = numbers.metric(name) else { return built_in };
    // What a declared direction means for money is not known: less spend costs nothing.
    let worth = declared.worth.clone();
    Rule {
        bad: declared.bad.unwrap_or(built_in.bad),
        least: declared.least.unwrap_or(built_in.least),
        least_cost: declared.least_cost.unwrap_or(built_in.least_cost),
        unit_cost: worth.as_ref().map(|it| it.0).or(built_in.unit_cost),
        cost_currency: worth.map(|it| it.1).or(built_in.cost_currency),
        settles_s: declared.settles_days.map_or(built_in.settles_s, |days| days * DAY_S),
        ..built_in
    }
}

fn built_in(numbers: &Numbers, name: &str, of: &str, currency: &str) -> Rule {
    let currency = Some(currency).filter(|it| !it.is_empty()).map(str::to_owned);
    let base = Rule { of: of.to_owned(), ..Rule::of_unknown(name) };
    if let Some(derived) = Derived::named(name) {
        let (above, below) = derived.parts();
        let settles_s = |part| rule(numbers, part, of, "").settles_s;
        return Rule {
            metric: derived.label().to_owned(),
            bad: derived.bad(),
            least: derived.least(),
            currency: currency.filter(|_| derived.is_price()),
            settles_s: settles_s(above).max(settles_s(below)),
            ..base
        };
    }
    let metric = Metric::from(name);
    let Some(facts) = metric.facts() else {
        return Rule { metric: metric.label(), currency, ..base };
    };
    Rule {
        metric: facts.label.to_owned(),
        bad: facts.bad,
        least: facts.least,
        unit_cost: metric.is_money().then_some(1.0),
        cost_currency: currency.clone(),
        currency,
        settles_s: facts.settles_days * DAY_S,
        ..base
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MetricRule;
    use crate::detectors::Bad;

    #[test]
    fn what_a_team_declares_counts_before_what_is_built_in() {
        let declared = MetricRule {
            name: "conversions".to_owned(),
            watch: true,
            bad: None,
            least: Some(0.2),
            least_cost: Some(50.0),
            worth: Some((12.5, "EUR".to_owned())),
            settles_days: Some(0),
        };
        let numbers = Numbers { metrics: vec![declared], ..Numbers::default() };
        let rule = |name| rule(&numbers, name, "Brand DE", "");
        let conversions = rule("conversions");
        assert_eq!((conversions.bad, conversions.least), (Bad::Down, 0.2));
        assert_eq!((conversions.unit_cost, conversions.settles_s), (Some(12.5), 0));
        assert_eq!(conversions.cost_currency.as_deref(), Some("EUR"));
        assert_eq!(conversions.currency, None);
        assert_eq!(rule("clicks").least, 0.4);
        assert_eq!(rule("conversion_rate").settles_s, 0);
        assert_eq!(rule("cost_per_accepted").settles_s, 7 * DAY_S);
        assert_eq!(rule("carts").bad, Bad::Either);
    }
}
