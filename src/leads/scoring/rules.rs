//! Points for what a lead is and does, as the manifest declares them.
//!
//! Fit is counted once a rule. Behaviour fades: an act is worth its points when it happens, half of
//! them after the rule's half-life, a quarter after two. What a rule brings is capped where it says
//! so, then rounded, so that the reasons add up as they are read.

use jiff::Timestamp;

use super::{Activity, Attributes, Reason, Score, Value, words_of};
use crate::config::scoring::{Behaviour, Fit, Scoring, Test};
use crate::words;

const DAY_S: i64 = 24 * 3_600;
const WEEK_S: i64 = 7 * DAY_S;

/// What a lead is worth by the rules, with a reason for each that applies.
pub fn score(
    rules: &Scoring,
    attributes: &Attributes,
    activities: &[Activity],
    now: Timestamp,
) -> Score {
    let fits = rules.fits.iter().filter_map(|rule| of_fit(rule, attributes));
    let behaviours = rules.behaviours.iter().filter_map(|rule| of_acts(rule, activities, now));
    let score = Score::of(fits.chain(behaviours));
    match rules.most {
        Some(most) if score.points > most => {
            let over = most - score.points;
            score.and(Reason { words: format!("{most} is the most a lead can have"), points: over })
        }
        _ => score,
    }
}

fn of_fit(rule: &Fit, attributes: &Attributes) -> Option<Reason> {
    let value = attributes.get(&rule.attribute);
    if !passes(&rule.test, value) {
        return None;
    }
    let name = words_of(&rule.attribute);
    let words = match (&rule.words, value) {
        (Some(words), _) => words.clone(),
        (None, Some(value)) => format!("{name} is {value}"),
        (None, None) => format!("{name} is not known"),
    };
    Some(Reason { words, points: rule.points })
}

fn passes(test: &Test, value: Option<&Value>) -> bool {
    match (test, value) {
        (Test::Missing, value) => value.is_none(),
        (_, None) => false,
        (Test::Present, Some(_)) => true,
        (Test::Is(patterns), Some(value)) => patterns.iter().any(|it| is(it, value)),
        (Test::Between { at_least, at_most }, Some(value)) => {
            value.number().is_some_and(|number| {
                at_least.is_none_or(|least| number >= least)
                    && at_most.is_none_or(|most| number <= most)
            })
        }
    }
}

fn is(pattern: &str, value: &Value) -> bool {
    match value {
        // As people would write it: either word for it.
        Value::Truth(truth) => {
            fits(pattern, if *truth { "true" } else { "false" })
                || fits(pattern, if *truth { "yes" } else { "no" })
        }
        Value::Number(number) => super::value::number(pattern) == Some(*number),
        // A field with several entries has each of them.
        Value::Text(text) => {
            fits(pattern, text) || text.split(';').any(|entry| fits(pattern, entry))
        }
    }
}

/// Whether a text is what a pattern says, whatever its case; `*` at either end stands for anything.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.trim().to_lowercase(), text.trim().to_lowercase());
    let inner = pattern.trim_matches('*');
    match (pattern.starts_with('*'), pattern.ends_with('*')) {
        (false, false) => text == inner,
        (false, true) => text.starts_with(inner),
        (true, false) => text.ends_with(inner),
        (true, true) => text.contains(inner),
    }
}

/// Whether a rule counts an act.
pub(super) fn is_one_of(act: &Activity, rule: &Behaviour) -> bool {
    act.kind.eq_ignore_ascii_case(&rule.kind)
        && rule.detail.as_ref().is_none_or(|pattern| fits(pattern, &act.detail))
}

fn of_acts(rule: &Behaviour, activities: &[Activity], now: Timestamp) -> Option<Reason> {
    let ages: Vec<i64> = activities
        .iter()
        .filter(|it| it.at <= now && is_one_of(it, rule))
        .map(|it| now.duration_since(it.at).as_secs())
        .collect();
    let latest = *ages.iter().min()?;
    let points: f64 = ages.iter().map(|age| f64::from(rule.points) * left(*age, rule)).sum();
    let capped = match rule.most {
        Some(most) if points > 0.0 => points.min(f64::from(most)),
        Some(most) => points.max(-f64::from(most)),
        None => points,
    };
    // Both are far below what an i32 holds, and a cast saturates.
    let points = capped.round() as i32;
    Some(Reason { words: said(rule, &ages, latest), points })
}

/// How much of an act's points is left at this age.
fn left(age_s: i64, rule: &Behaviour) -> f64 {
    rule.half_life_s.map_or(1.0, |half| (-(age_s as f64) / half as f64).exp2())
}

/// What a rule calls the acts that it counts.
pub(super) fn named(rule: &Behaviour) -> String {
    rule.words.clone().unwrap_or_else(|| match &rule.detail {
        Some(detail) => format!("{} {}", words_of(&rule.kind), detail.trim_matches('*')),
        None => words_of(&rule.kind),
    })
}

fn said(rule: &Behaviour, ages: &[i64], latest: i64) -> String {
    let words = named(rule);
    let recent = ages.iter().filter(|age| **age < WEEK_S).count();
    let before = ages.len() - recent;
    match (recent, before) {
        (0, all) => {
            format!("{words} {}, last {} ago", times(all), words::count(latest / DAY_S, "day"))
        }
        (recent, 0) => format!("{words} {} this week", times(recent)),
        (recent, before) => {
            format!("{words} {} this week and {} before", times(recent), times(before))
        }
    }
}

/// `once`, `twice`, `three times`, `14 times`.
pub(super) fn times(count: usize) -> String {
    const NUMBERS: [&str; 9] =
        ["three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"];
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        3..=11 => format!("{} times", NUMBERS[count - 3]),
        _ => format!("{count} times"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn act(kind: &str, detail: &str, days_ago: f64) -> Activity {
        Activity {
            kind: kind.to_owned(),
            at: now() - SignedDuration::from_secs_f64(days_ago * DAY_S as f64),
            detail: detail.to_owned(),
        }
    }

    fn now() -> Timestamp {
        Timestamp::constant(1_800_000_000, 0)
    }

    fn pricing(most: Option<i32>) -> Scoring {
        let behaviour = Behaviour {
            kind: "page_view".to_owned(),
            detail: Some("/pricing*".to_owned()),
            points: 5,
            half_life_s: Some(WEEK_S),
            most,
            words: Some("visited pricing".to_owned()),
        };
        Scoring { behaviours: vec![behaviour], ..Scoring::default() }
    }

    fn told(score: &Score) -> Vec<String> {
        score.reasons.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn behaviour_fades_and_says_how_often() {
        let check = |days: &[f64], most, expected: &[&str]| {
            let acts: Vec<Activity> =
                days.iter().map(|it| act("page_view", "/pricing/teams", *it)).collect();
            let score = score(&pricing(most), &Attributes::new(), &acts, now());
            assert_eq!(told(&score), expected);
        };
        check(&[0.0, 0.5, 1.0], None, &["visited pricing three times this week, +14"]);
        check(&[0.0, 0.5, 1.0], Some(10), &["visited pricing three times this week, +10"]);
        check(&[7.0, 14.0], None, &["visited pricing twice, last 7 days ago, +4"]);
        check(&[1.0, 8.0], None, &["visited pricing once this week and once before, +7"]);
        // What faded away is no reason, and what is still to come is none yet.
        check(&[70.0], None, &[]);
        check(&[-1.0], None, &[]);
    }

    #[test]
    fn fit_counts_what_a_lead_is() {
        let fit =
            |test| Fit { attribute: "company_size".to_owned(), test, points: -8, words: None };
        let check = |test, value: Option<Value>, expected: &[&str]| {
            let rules = Scoring { fits: vec![fit(test)], ..Scoring::default() };
            let attributes: Attributes =
                value.into_iter().map(|it| ("company_size".to_owned(), it)).collect();
            assert_eq!(told(&score(&rules, &attributes, &[], now())), expected);
        };
        let between = || Test::Between { at_least: Some(50.0), at_most: Some(500.0) };
        let text = |it: &str| Some(Value::Text(it.to_owned()));
        check(between(), Some(Value::Number(50.0)), &["company size is 50, \u{2212}8"]);
        check(between(), text("120"), &["company size is 120, \u{2212}8"]);
        check(between(), text("many"), &[]);
        check(between(), None, &[]);
        check(Test::Missing, None, &["company size is not known, \u{2212}8"]);
        check(Test::Present, text("big"), &["company size is big, \u{2212}8"]);
        check(
            Test::Is(vec!["BIG*".to_owned()]),
            text("bigger"),
            &["company size is bigger, \u{2212}8"],
        );
        check(
            Test::Is(vec!["big".to_owned()]),
            text("small;big"),
            &["company size is small;big, \u{2212}8"],
        );
        check(
            Test::Is(vec!["yes".to_owned()]),
            Some(Value::Truth(true)),
            &["company size is yes, \u{2212}8"],
        );
        check(
            Test::Is(vec!["50".to_owned()]),
            Some(Value::Number(50.0)),
            &["company size is 50, \u{2212}8"],
        );
    }

    #[test]
    fn the_most_of_a_lead_is_a_reason_too() {
        let rules = Scoring { most: Some(12), ..pricing(None) };
        let acts = [act("page_view", "/pricing", 0.0), act("page_view", "/pricing", 0.0)];
        let acts = [acts.clone(), acts].concat();
        let score = score(&rules, &Attributes::new(), &acts, now());
        assert_eq!(score.points, 12);
        assert_eq!(told(&score)[1], "12 is the most a lead can have, \u{2212}8");
    }
}
