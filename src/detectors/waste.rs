//! Much money for leads of provably lower quality than those of the siblings.
//!
//! Quality is the share of leads that were accepted. A sibling is what stands beside: the other
//! campaigns, the other ad sets of a campaign, the other age groups. A group that is dearer than the
//! rest, but whose quality may well be the same, is [`Kind::Expensive`]: said when asked, never as
//! waste.

use serde::{Deserialize, Serialize};

use super::significance::{Interval, Rate, Share, z};
use super::words::{amount, percent};
use super::{Finding, Kind, Local};

/// What one of the siblings spent and got.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Sibling {
    pub name: String,
    pub spend: f64,
    pub leads: f64,
    pub accepted: f64,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Rule {
    /// The least part of all spending worth a word.
    pub least_share: f64,
    /// How many times the rest's cost per accepted lead is worth a word.
    pub least_ratio: f64,
    pub currency: Option<String>,
}

impl Default for Rule {
    fn default() -> Self {
        Self { least_share: 0.1, least_ratio: 1.25, currency: None }
    }
}

/// The siblings that waste money or are expensive, by name, the costliest first. `since` is the first
/// day of what is compared.
pub fn find(siblings: &[Sibling], rule: &Rule, since: Local) -> Vec<(String, Finding)> {
    let all = siblings.iter().fold(Sums::default(), |all, it| all.and(it));
    let compared = siblings.iter().filter(|it| it.spend > 0.0).count();
    let z = z(compared);
    let mut findings: Vec<(String, Finding)> = siblings
        .iter()
        .filter(|it| it.spend > 0.0 && it.spend >= rule.least_share * all.spend)
        .filter_map(|it| {
            let finding = judge(it, all.without(it), all.spend, z, rule, since)?;
            Some((it.name.clone(), finding))
        })
        .collect();
    let cost = |it: &(String, Finding)| it.1.cost.unwrap_or(0.0);
    findings.sort_by(|a, b| cost(b).total_cmp(&cost(a)));
    findings
}

#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    spend: f64,
    leads: f64,
    accepted: f64,
}

impl Sums {
    fn and(self, it: &Sibling) -> Self {
        Self {
            spend: self.spend + it.spend,
            leads: self.leads + it.leads,
            accepted: self.accepted + it.accepted,
        }
    }

    fn without(self, it: &Sibling) -> Self {
        Self {
            spend: self.spend - it.spend,
            leads: self.leads - it.leads,
            accepted: self.accepted - it.accepted,
        }
    }
}

fn judge(
    it: &Sibling,
    rest: Sums,
    spend: f64,
    z: f64,
    rule: &Rule,
    since: Local,
) -> Option<Finding> {
    if rest.spend <= 0.0 || rest.accepted <= 0.0 {
        return None;
    }
    // The rest pays so much per accepted lead; how many times that does this one pay?
    let price = Rate { events: rest.accepted, exposure: rest.spend }
        .over(Rate { events: it.accepted, exposure: it.spend }, z);
    if price.estimate < rule.least_ratio || price.low <= 1.0 {
        return None;
    }
    let quality = Share { successes: it.accepted, trials: it.leads }
        .minus(Share { successes: rest.accepted, trials: rest.leads }, z);
    let waste = quality.high < 0.0;
    let usual = rest.spend / rest.accepted;
    Some(Finding {
        kind: if waste { Kind::Waste } else { Kind::Expensive },
        sentence: sentence(it, rest, spend, quality, waste, rule.currency.as_deref()),
        value: it.spend / it.accepted.max(1.0),
        expected: usual,
        low: usual * price.low,
        high: usual * price.high,
        since,
        ended: None,
        cost: Some((it.spend - it.accepted * usual).max(0.0)),
        score: if waste { 1.0 - 0.5 / price.low } else { 0.49 },
        notes: vec![
            "The interval is that of its own cost per accepted lead, if that of the rest is as it \
             was measured."
                .to_owned(),
        ],
    })
}

fn sentence(
    it: &Sibling,
    rest: Sums,
    spend: f64,
    quality: Interval,
    waste: bool,
    currency: Option<&str>,
) -> String {
    let price = if it.accepted > 0.0 {
        format!("pays {} per accepted lead", amount(it.spend / it.accepted, currency))
    } else {
        format!("has paid {} without one accepted lead", amount(it.spend, currency))
    };
    let (own, others) = (it.accepted / it.leads.max(1.0), rest.accepted / rest.leads.max(1.0));
    let difference = format!(
        "{} of its leads are accepted against {} (difference {} to {} points)",
        percent(own),
        percent(others),
        points(quality.low),
        points(quality.high),
    );
    let claim = if waste {
        format!("and its leads are worse: {difference}")
    } else {
        format!("but lower quality is not proved: {difference}")
    };
    format!(
        "{} takes {} of the spend and {price}, the others {}; it is expensive, {claim}.",
        it.name,
        percent(it.spend / spend),
        amount(rest.spend / rest.accepted, currency),
    )
}

fn points(share: f64) -> String {
    format!("{:+.1}", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sibling(name: &str, spend: f64, leads: f64, accepted: f64) -> Sibling {
        Sibling { name: name.to_owned(), spend, leads, accepted }
    }

    #[test]
    fn waste_is_claimed_only_where_quality_is_provably_lower() {
        let check = |siblings: &[Sibling], expected: &[(&str, Kind)]| {
            let found = find(siblings, &Rule::default(), 0);
            let found: Vec<(&str, Kind)> =
                found.iter().map(|(name, it)| (name.as_str(), it.kind)).collect();
            assert_eq!(found, expected);
        };
        check(
            &[sibling("A", 6_000.0, 400.0, 40.0), sibling("B", 4_000.0, 400.0, 140.0)],
            &[("A", Kind::Waste)],
        );
        // As dear, with leads of the same quality: there are just fewer of them.
        check(
            &[sibling("A", 9_000.0, 200.0, 66.0), sibling("B", 4_000.0, 400.0, 140.0)],
            &[("A", Kind::Expensive)],
        );
        // Too few to tell anything.
        check(&[sibling("A", 60.0, 4.0, 1.0), sibling("B", 40.0, 4.0, 2.0)], &[]);
        check(&[sibling("A", 60.0, 4.0, 1.0)], &[]);
    }
}
