//! How the word of sales moves the next score. Pure, and every move is a reason in words.
//!
//! What is said of one lead moves that lead: too early lets its behaviour rest for a month, not a fit and a
//! duplicate take it out, bad data does until the data change, no answer halves it for two weeks. What is
//! said of several moves their like: each lead that did not fit counts against its industry, each with bad
//! data against its source, up to a limit.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::super::handoffs::Code;
use super::super::lead::{INDUSTRY, Lead};
use super::super::scoring::{Reason, Score};
use crate::config::scoring::Scoring;
use crate::words::count;

/// How long what was said counts against the like of a lead.
pub const REMEMBERED: SignedDuration = SignedDuration::from_hours(180 * 24);

/// How long behaviour rests of a lead that was handed over too early.
const TOO_EARLY: SignedDuration = SignedDuration::from_hours(30 * 24);
const NO_ANSWER: SignedDuration = SignedDuration::from_hours(14 * 24);

/// What each lead that did not fit takes from its industry, and the most that all of them take.
const OF_INDUSTRY: (i32, i32) = (5, 15);
const OF_SOURCE: (i32, i32) = (3, 9);

/// What the rules say of a lead.
#[derive(Clone, Debug)]
pub struct Known {
    pub whole: Score,
    /// The points for what it is, without what it does.
    pub fit: i32,
    pub changed_at: Timestamp,
}

/// That a lead was given back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Return {
    pub code: Code,
    pub at: Timestamp,
}

/// How many leads were given back lately that have something in common.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Patterns {
    /// Those that did not fit, by industry in small letters.
    pub industries: BTreeMap<String, u32>,
    /// Those with bad data, by source in small letters.
    pub sources: BTreeMap<String, u32>,
}

/// A score after what sales said of the lead and of its like.
pub fn adjusted(
    known: Known,
    lead: &Lead,
    returns: &[Return],
    patterns: &Patterns,
    rules: &Scoring,
    now: Timestamp,
) -> Score {
    let Known { whole, fit, changed_at } = known;
    let behaviour = whole.points - fit;
    let mut score = whole;
    if let Some(reason) = of_industry(lead, patterns, rules) {
        score = score.and(reason);
    }
    if let Some(reason) = of_source(lead, patterns, rules) {
        score = score.and(reason);
    }
    let Some(last) = returns.iter().max_by_key(|one| one.at) else { return score };
    let reason = of_return(*last, (score.points, behaviour), changed_at, now);
    match reason {
        Some(reason) => score.and(reason),
        None => score,
    }
}

/// What a return makes of this very lead.
fn of_return(
    last: Return,
    (points, behaviour): (i32, i32),
    changed_at: Timestamp,
    now: Timestamp,
) -> Option<Reason> {
    let until = |rest: SignedDuration| (last.at + rest).strftime("%-d %B").to_string();
    let lasts = |rest: SignedDuration| now < last.at + rest;
    let (words, less) = match last.code {
        Code::TooEarly if lasts(TOO_EARLY) => {
            let until = until(TOO_EARLY);
            (format!("sales found it too early, so what it does rests until {until}"), behaviour)
        }
        Code::NotAFit if lasts(REMEMBERED) => {
            ("sales found that it does not fit".to_owned(), points)
        }
        Code::Duplicate => ("sales knows it already".to_owned(), points),
        Code::BadData if changed_at <= last.at => {
            ("its data were wrong, and have not changed since".to_owned(), points)
        }
        Code::NoAnswer if lasts(NO_ANSWER) => {
            let until = until(NO_ANSWER);
            (format!("it did not answer, so it counts half until {until}"), points - points / 2)
        }
        _ => return None,
    };
    (less > 0).then_some(Reason { words, points: -less })
}

fn of_industry(lead: &Lead, patterns: &Patterns, rules: &Scoring) -> Option<Reason> {
    if rules.excluded.iter().any(|it| it.eq_ignore_ascii_case(INDUSTRY)) {
        return None;
    }
    let industry = lead.text(INDUSTRY)?;
    let returned = *patterns.industries.get(&industry.to_lowercase())?;
    let words = format!("{} in {industry} did not fit lately", count(returned, "lead"));
    Some(Reason { words, points: -against(returned, OF_INDUSTRY) })
}

fn of_source(lead: &Lead, patterns: &Patterns, rules: &Scoring) -> Option<Reason> {
    if rules.excluded.iter().any(|it| it.eq_ignore_ascii_case("source")) {
        return None;
    }
    let source = lead.source.as_ref()?;
    let returned = *patterns.sources.get(&source.to_lowercase())?;
    let words = format!("{} from {source} had bad data lately", count(returned, "lead"));
    Some(Reason { words, points: -against(returned, OF_SOURCE) })
}

/// What the digest says of a pattern.
pub fn in_words(patterns: &Patterns) -> Vec<String> {
    let industries = patterns.industries.iter().map(|(industry, returned)| {
        let less = against(*returned, OF_INDUSTRY);
        format!(
            "industry {industry}: \u{2212}{less} since {} did not fit",
            count(*returned, "lead")
        )
    });
    let sources = patterns.sources.iter().map(|(source, returned)| {
        let less = against(*returned, OF_SOURCE);
        format!("source {source}: \u{2212}{less} since {} had bad data", count(*returned, "lead"))
    });
    industries.chain(sources).collect()
}

fn against(returned: u32, (each, most): (i32, i32)) -> i32 {
    each.saturating_mul(i32::try_from(returned).unwrap_or(i32::MAX)).min(most)
}

#[cfg(test)]
mod tests {
    use super::super::super::lead::tests::lead;
    use super::super::super::scoring::Value;
    use super::*;

    fn now() -> Timestamp {
        "2026-11-23T12:00:00Z".parse().unwrap()
    }

    fn scored(returns: &[(Code, i64)], patterns: &Patterns) -> Vec<String> {
        let reason = |words: &str, points| Reason { words: words.to_owned(), points };
        let whole = Score::of([reason("visited pricing", 50), reason("in retail", 20)]);
        let known = Known { whole, fit: 20, changed_at: Timestamp::UNIX_EPOCH };
        let mut lead = lead();
        lead.source = Some("Webinar".to_owned());
        lead.attributes.insert(INDUSTRY.to_owned(), Value::Text("Retail".to_owned()));
        let days = |ago: i64| now() - SignedDuration::from_hours(24 * ago);
        let returns: Vec<Return> =
            returns.iter().map(|(code, ago)| Return { code: *code, at: days(*ago) }).collect();
        let score = adjusted(known, &lead, &returns, patterns, &Scoring::default(), now());
        let moved = score.reasons.iter().filter(|it| it.points < 0).map(ToString::to_string);
        moved.chain([score.points.to_string()]).collect()
    }

    #[test]
    fn what_sales_says_of_a_lead_moves_its_score() {
        let none = Patterns::default();
        let check = |returns: &[(Code, i64)], expected: &[&str]| {
            assert_eq!(scored(returns, &none), expected);
        };
        check(&[], &["70"]);
        check(
            &[(Code::TooEarly, 1)],
            &["sales found it too early, so what it does rests until 22 December, −50", "20"],
        );
        check(&[(Code::TooEarly, 31)], &["70"]);
        check(&[(Code::NotAFit, 1)], &["sales found that it does not fit, −70", "0"]);
        check(&[(Code::Duplicate, 400)], &["sales knows it already, −70", "0"]);
        check(
            &[(Code::BadData, 1)],
            &["its data were wrong, and have not changed since, −70", "0"],
        );
        check(
            &[(Code::NoAnswer, 1)],
            &["it did not answer, so it counts half until 6 December, −35", "35"],
        );
        check(&[(Code::Other, 1)], &["70"]);
        // The last word counts.
        check(&[(Code::NotAFit, 9), (Code::Other, 1)], &["70"]);
    }

    #[test]
    fn what_sales_says_of_several_moves_their_like_within_limits() {
        let patterns = |industry, source| Patterns {
            industries: [("retail".to_owned(), industry)].into(),
            sources: [("webinar".to_owned(), source)].into(),
        };
        assert_eq!(
            scored(&[], &patterns(1, 2)),
            [
                "2 leads from Webinar had bad data lately, −6",
                "1 lead in Retail did not fit lately, −5",
                "59"
            ]
        );
        assert_eq!(scored(&[], &patterns(9, 9)).last().unwrap(), "46");
    }
}
