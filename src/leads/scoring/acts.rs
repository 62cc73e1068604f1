//! What a lead did lately, as columns that a score is learned from.
//!
//! Every act counts for one column: that of the first behaviour of the manifest that it is one of, by
//! its words, or else that of its kind.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::rules::{is_one_of, named, times};
use super::{Activity, Attributes, Value, words_of};
use crate::config::scoring::Scoring;

/// What is longer ago counts no more.
const LATELY: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Before the name of such a column, which no attribute has.
const DID: &str = "did: ";

/// How often a lead did what, in the 30 days before a moment.
pub fn columns(rules: &Scoring, activities: &[Activity], at: Timestamp) -> Attributes {
    let mut counts: BTreeMap<String, u32> =
        rules.behaviours.iter().map(|rule| (named(rule), 0)).collect();
    let lately = activities.iter().filter(|it| it.at <= at && at.duration_since(it.at) < LATELY);
    for act in lately {
        let rule = rules.behaviours.iter().find(|rule| is_one_of(act, rule));
        let name = rule.map_or_else(|| words_of(&act.kind), named);
        *counts.entry(name).or_default() += 1;
    }
    let column = |(name, count)| (format!("{DID}{name}"), Value::Number(f64::from(count)));
    counts.into_iter().map(column).collect()
}

/// What such a column says of a lead; none of another column.
pub fn in_words(column: &str, value: Option<&Value>) -> Option<String> {
    let name = column.strip_prefix(DID)?;
    // Counts are small and whole.
    let count = value.and_then(Value::number).unwrap_or(0.0) as usize;
    let often = if count == 0 { "not once".to_owned() } else { times(count) };
    Some(format!("{name} {often} in the last 30 days"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::scoring::Behaviour;

    #[test]
    fn an_act_counts_once_and_lately() {
        let at: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let rule = |detail: Option<&str>, words: &str| Behaviour {
            kind: "page_view".to_owned(),
            detail: detail.map(str::to_owned),
            points: 5,
            half_life_s: None,
            most: None,
            words: Some(words.to_owned()),
        };
        let rules = Scoring {
            behaviours: vec![rule(Some("/pricing*"), "visited pricing"), rule(None, "visited us")],
            ..Scoring::default()
        };
        let act = |kind: &str, detail: &str, days: i64| Activity {
            kind: kind.to_owned(),
            at: at - SignedDuration::from_hours(24 * days),
            detail: detail.to_owned(),
        };
        let acts = [
            act("page_view", "/pricing/teams", 1),
            act("page_view", "/pricing", 2),
            act("page_view", "/", 3),
            act("page_view", "/", 31),
            act("page_view", "/", -1),
            act("email_open", "", 1),
        ];
        let told: Vec<String> = columns(&rules, &acts, at)
            .iter()
            .map(|(name, value)| in_words(name, Some(value)).unwrap())
            .collect();
        assert_eq!(
            told,
            [
                "email open once in the last 30 days",
                "visited pricing twice in the last 30 days",
                "visited us once in the last 30 days"
            ]
        );
        assert_eq!(
            in_words("did: asked for a demo", None).as_deref(),
            Some("asked for a demo not once in the last 30 days")
        );
        assert_eq!(in_words("industry", None), None);
    }
}
