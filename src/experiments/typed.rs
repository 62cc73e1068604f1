//! What is typed into the form of a plan: shares, effects, variants and guardrails, as people write them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::form::{KINDS, key};
use super::number::{self, Number};
use super::statistics::bayesian::Better;
use super::statistics::plan::Kind;
use super::test_plan::{Guard, Measure, Scale, Variant, kind_in_words};
use crate::words::listed;

/// How many arms still tell something apart, and how many guardrails can all be watched.
const MOST_ARMS: usize = 6;
const MOST_GUARDRAILS: usize = 6;
const LONGEST_DAYS: u32 = 365;

/// A variant with its share of the traffic: `benefit, 20 %`.
static SHARE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(.+?)[,:|]?\s+(\d{1,3})\s*%$").expect("the pattern is fixed and tested")
});

/// What a guardrail tolerates, at the end of its line: `up at most 10 %`.
static TOLERATED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(.+?)[,:]?\s+(up|down) (?:at most|by at most|no more than) (.+)$")
        .expect("the pattern is fixed and tested")
});

pub fn between<'a>(typed: &str, least: f64, most: f64, sentence: &'a str) -> Result<f64, &'a str> {
    number::read_percent(typed).filter(|it| (least..=most).contains(it)).ok_or(sentence)
}

pub fn days(typed: &str) -> Result<f64, &'static str> {
    let days = typed.trim_end_matches("days").trim().parse().ok();
    let days = days.filter(|it: &u32| (1..=LONGEST_DAYS).contains(it)).map(f64::from);
    days.ok_or("Write a number of days from 1 to 365.")
}

/// `10 %` of the control's value, `0.5 points` of a rate, or an amount in the metric's own unit.
pub fn effect(typed: &str, kind: Kind) -> Result<(f64, Scale), String> {
    let above_zero = |it: Option<f64>| it.filter(|it| *it > 0.0);
    if typed.ends_with('%') {
        let effect = above_zero(number::read_percent(typed)).filter(|it| *it <= 10.0);
        return effect.map(|it| (it, Scale::Relative)).ok_or_else(|| {
            "Write a share above zero, such as 10 %: of what the control brings.".to_owned()
        });
    }
    let points = typed.strip_suffix("points").or_else(|| typed.strip_suffix("point"));
    match (points, kind) {
        (Some(points), Kind::Conversion) => above_zero(number::read(points.trim()))
            .filter(|it| *it < 100.0)
            .map(|it| (it / 100.0, Scale::Absolute))
            .ok_or_else(|| "Write points above zero, such as 0.5 points.".to_owned()),
        (None, Kind::Conversion) | (Some(_), _) => {
            let other = if kind == Kind::Conversion {
                "0.5 points of the rate"
            } else {
                "2 in the metric's own unit"
            };
            Err(format!("Write 10 % of what the control brings, or {other}."))
        }
        (None, _) => {
            above_zero(number::read(typed)).map(|it| (it, Scale::Absolute)).ok_or_else(|| {
                "Write 10 % of what the control brings, or an amount above zero.".to_owned()
            })
        }
    }
}

pub fn arms(typed: &str) -> Result<Vec<Variant>, String> {
    let lines: Vec<&str> = typed.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
    if lines.len() < 2 {
        return Err("Name at least two variants, one a line; the first is the control.".to_owned());
    }
    if lines.len() > MOST_ARMS {
        return Err(format!("At most {MOST_ARMS} variants: each takes its part of the users."));
    }
    let read = lines.iter().map(|line| match SHARE.captures(line) {
        Some(found) => {
            (found[1].trim_end_matches([',', ':', '|']).trim().to_owned(), found[2].parse().ok())
        }
        None => ((*line).to_owned(), None),
    });
    let read: Vec<(String, Option<u32>)> = read.collect();
    let names: BTreeSet<&str> = read.iter().map(|it| it.0.as_str()).collect();
    if names.len() < read.len() {
        return Err("Two variants have the same name. Give each its own.".to_owned());
    }
    if let Some(long) = names.iter().find(|it| it.chars().count() > 60) {
        let start: String = long.chars().take(20).collect();
        return Err(format!(
            "“{start}…” is long for a name: 60 characters at most. Its text belongs into the hypothesis."
        ));
    }
    let shares: Vec<u32> = read.iter().filter_map(|it| it.1).collect();
    match shares.len() {
        0 => Ok(read.into_iter().map(|(name, _)| Variant { name, share: 1, text: None }).collect()),
        all if all == read.len()
            && shares.iter().all(|it| *it > 0)
            && shares.iter().sum::<u32>() == 100 =>
        {
            Ok(read
                .into_iter()
                .zip(shares)
                .map(|((name, _), share)| Variant { name, share, text: None })
                .collect())
        }
        _ => Err("Give each variant its share, all together 100 %, or none for an equal split."
            .to_owned()),
    }
}

pub fn guardrails(typed: &str, scale: Scale) -> Result<Vec<Guard>, String> {
    let lines = typed.lines().map(str::trim).filter(|it| !it.is_empty());
    let guards = lines.map(|line| guardrail(line, scale)).collect::<Result<Vec<_>, _>>()?;
    if guards.len() > MOST_GUARDRAILS {
        return Err(format!("At most {MOST_GUARDRAILS} guardrails: more are not all watched."));
    }
    let names: BTreeSet<&str> = guards.iter().map(|it| it.measure.name.as_str()).collect();
    if names.len() < guards.len() {
        return Err("Two guardrails have the same name. Give each its own.".to_owned());
    }
    Ok(guards)
}

fn guardrail(line: &str, scale: Scale) -> Result<Guard, String> {
    let example = "unsubscribe rate, conversion rate, up at most 10 %";
    let found = TOLERATED.captures(line).ok_or_else(|| {
        format!("“{line}” does not say how much is tolerated. Write it as in: {example}")
    })?;
    let better = if found[2].eq_ignore_ascii_case("up") { Better::Lower } else { Better::Higher };
    let named = found[1].trim_end_matches([',', ':']).trim();
    let (name, kind) = match named.rsplit_once(',') {
        Some((name, kind)) => {
            let kind = kind.trim().to_lowercase();
            let known = KINDS.into_iter().find(|it| {
                kind == kind_in_words(*it)
                    || kind == key(*it)
                    || kind_in_words(*it).starts_with(&kind)
            });
            let kind = known.ok_or_else(|| {
                let kinds = KINDS.map(kind_in_words);
                format!("“{kind}” is no kind of metric; those are {}.", listed(&kinds))
            })?;
            (name.trim(), kind)
        }
        None => (named, Kind::Conversion),
    };
    if name.contains('.') {
        return Err(format!(
            "“{name}” has a full stop in its name; leave it out, for the counts are named by it."
        ));
    }
    let tolerated = found[3].trim();
    let tolerated = if number::read_percent(tolerated) == Some(0.0) {
        0.0
    } else {
        let (tolerated, its_scale) = effect(tolerated, kind)?;
        if its_scale != scale {
            return Err(format!(
                "Say what {name} tolerates as the least effect is said: both in %, or both in the metric's own unit."
            ));
        }
        tolerated
    };
    let measure = Measure { name: name.to_owned(), kind, better };
    Ok(Guard { measure, tolerated: Number(tolerated) })
}

/// `3.2 %` for a rate; `12.50` or `12.50, spread 30` for anything else.
pub fn today(typed: &str, kind: Kind) -> Result<Option<(f64, Option<f64>)>, String> {
    if typed.is_empty() {
        return Ok(None);
    }
    if kind == Kind::Conversion {
        let share = number::read_percent(typed).filter(|it| *it > 0.0 && *it < 1.0);
        return share.map(|it| Some((it, None))).ok_or_else(|| {
            "Write the rate of today, such as 3.2 %, or leave it empty.".to_owned()
        });
    }
    let (mean, spread) = match typed.split_once("spread") {
        Some((mean, spread)) => (mean.trim().trim_end_matches(','), Some(number::read(spread))),
        None => (typed, None),
    };
    match (number::read(mean), spread) {
        (Some(mean), None) if mean > 0.0 => Ok(Some((mean, None))),
        (Some(mean), Some(Some(spread))) if mean > 0.0 && spread > 0.0 => Ok(Some((mean, Some(spread)))),
        _ => Err("Write what a user brings today, such as 12.50, or with its standard deviation: 12.50, spread 30.".to_owned()),
    }
}

pub fn traffic(typed: &str) -> Result<Option<u64>, String> {
    if typed.is_empty() {
        return Ok(None);
    }
    let users = number::read(typed).filter(|it| *it >= 1.0 && it.fract() == 0.0 && *it < 1e10);
    users
        .map(|it| Some(it as u64))
        .ok_or_else(|| "Write a whole number of users, such as 1500, or leave it empty.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_have_shares_or_none() {
        let check = |typed: &str, expected: Result<Vec<(&str, u32)>, &str>| {
            let read = arms(typed);
            match (read, expected) {
                (Ok(read), Ok(expected)) => {
                    let read: Vec<(&str, u32)> =
                        read.iter().map(|it| (it.name.as_str(), it.share)).collect();
                    assert_eq!(read, expected, "{typed}");
                }
                (Err(said), Err(part)) => assert!(said.contains(part), "{said}"),
                (read, _) => panic!("{typed}: {read:?}"),
            }
        };
        check("urgency\n benefit ", Ok(vec![("urgency", 1), ("benefit", 1)]));
        check("a, 80 %\nb 20%", Ok(vec![("a", 80), ("b", 20)]));
        check("a", Err("at least two"));
        check("a\na", Err("same name"));
        check("a, 80 %\nb", Err("all together 100 %"));
        check("a, 80 %\nb, 30 %", Err("all together 100 %"));
    }

    #[test]
    fn a_guardrail_says_what_it_tolerates() {
        let check = |line: &str, scale, expected: Result<(&str, Kind, Better, f64), &str>| match (
            guardrail(line, scale),
            expected,
        ) {
            (Ok(it), Ok(expected)) => assert_eq!(
                (it.measure.name.as_str(), it.measure.kind, it.measure.better, it.tolerated.0),
                expected
            ),
            (Err(said), Err(part)) => assert!(said.contains(part), "{said}"),
            (read, _) => panic!("{line}: {read:?}"),
        };
        let relative = Scale::Relative;
        check(
            "unsubscribe rate, conversion rate, up at most 10 %",
            relative,
            Ok(("unsubscribe rate", Kind::Conversion, Better::Lower, 0.1)),
        );
        check(
            "unsubscribe rate up at most 10 %",
            relative,
            Ok(("unsubscribe rate", Kind::Conversion, Better::Lower, 0.1)),
        );
        check(
            "spend, revenue, down at most 2 %",
            relative,
            Ok(("spend", Kind::Revenue, Better::Higher, 0.02)),
        );
        check(
            "spend, revenue, down at most 0 %",
            relative,
            Ok(("spend", Kind::Revenue, Better::Higher, 0.0)),
        );
        check("spend, revenue, down at most 2", relative, Err("both in %"));
        check("spend", relative, Err("how much is tolerated"));
        check("spend, money, down at most 2 %", relative, Err("no kind of metric"));
    }

    #[test]
    fn effects_are_read_on_their_scale() {
        let check = |typed: &str, kind, expected: Option<(f64, Scale)>| {
            assert_eq!(effect(typed, kind).ok(), expected, "{typed}");
        };
        check("10 %", Kind::Conversion, Some((0.1, Scale::Relative)));
        check("0.5 points", Kind::Conversion, Some((0.005, Scale::Absolute)));
        check("5", Kind::Conversion, None);
        check("2.50", Kind::Revenue, Some((2.5, Scale::Absolute)));
        check("0 %", Kind::Revenue, None);
        check("much", Kind::Count, None);
    }
}
