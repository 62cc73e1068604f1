//! Which answers of sales are learned from, and what was known of their leads. Pure.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::super::handoffs::Code;
use super::super::ingest::names::COMPANY;
use super::super::scoring::{Activity, Attributes, acts, excluded, rules};
use crate::config::scoring::Scoring;
use crate::ids::LeadId;

/// Who claims a lead may still return it; after this they have found it worth their time.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What sales last said of a lead that they were given.
#[derive(Clone, Debug)]
pub struct Answer {
    pub lead: LeadId,
    pub opened_at: Timestamp,
    /// What was known when it was handed over.
    pub known: Attributes,
    pub outcome: String,
    pub code: Option<Code>,
    pub at: Timestamp,
}

/// A lead whose answer counts.
#[derive(Clone, Debug)]
pub struct Example {
    pub columns: Attributes,
    /// Attributes that were known and may not count.
    pub not_counted: Vec<String>,
    /// By the rules, when it was handed over.
    pub points: i32,
    pub is_good: bool,
    pub at: Timestamp,
}

/// The answers that count, in the order of time.
pub fn examples(
    answers: &[Answer],
    activities: &HashMap<i64, Vec<Activity>>,
    by: &Scoring,
    now: Timestamp,
) -> Vec<Example> {
    let mut examples: Vec<Example> = answers
        .iter()
        .filter_map(|answer| {
            let is_good = is_good(answer, now)?;
            let acts = activities.get(&answer.lead.0).map_or(&[][..], Vec::as_slice);
            let before: Vec<Activity> =
                acts.iter().filter(|it| it.at <= answer.opened_at).cloned().collect();
            let names = answer.known.keys();
            Some(Example {
                columns: columns(by, &answer.known, &before, answer.opened_at),
                not_counted: names
                    .filter(|it| excluded::by_manifest(it, by).is_some())
                    .cloned()
                    .collect(),
                points: rules::score(by, &answer.known, &before, answer.opened_at).points,
                is_good,
                at: answer.at,
            })
        })
        .collect();
    examples.sort_by_key(|it| it.at);
    examples
}

/// What a learned score looks at: what a lead is and did, without what names it and what may not count.
pub fn columns(
    by: &Scoring,
    known: &Attributes,
    activities: &[Activity],
    at: Timestamp,
) -> Attributes {
    let mut columns = acts::columns(by, activities, at);
    let counts = |name: &String| name != COMPANY && excluded::by_manifest(name, by).is_none();
    let known = known.iter().filter(|(name, _)| counts(name));
    columns.extend(known.map(|(name, value)| (name.clone(), value.clone())));
    columns
}

/// Whether sales found the lead worth their time; none where that is not said yet, or says nothing of
/// what the lead is like.
fn is_good(answer: &Answer, now: Timestamp) -> Option<bool> {
    match (answer.outcome.as_str(), answer.code) {
        ("returned", Some(Code::Duplicate)) => None,
        ("returned" | "lost", _) => Some(false),
        ("qualified" | "won", _) => Some(true),
        ("accepted", _) if now.duration_since(answer.at) >= KEPT => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::scoring::Value;
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn answer(outcome: &str, code: Option<Code>, day: i8) -> Answer {
        let text = |text: &str| Value::Text(text.to_owned());
        Answer {
            lead: LeadId(1),
            opened_at: at("2026-11-01T12:00:00Z"),
            known: [
                ("industry".to_owned(), text("retail")),
                ("age".to_owned(), Value::Number(44.0)),
                (COMPANY.to_owned(), text("Acme")),
            ]
            .into(),
            outcome: outcome.to_owned(),
            code,
            at: at(&format!("2026-11-{day:02}T12:00:00Z")),
        }
    }

    #[test]
    fn the_last_word_counts_once_it_is_one() {
        let check = |outcome: &str, code, day, expected: &[bool]| {
            let answers = [answer(outcome, code, day)];
            let now = at("2026-11-20T12:00:00Z");
            let examples = examples(&answers, &HashMap::new(), &Scoring::default(), now);
            let good: Vec<bool> = examples.iter().map(|it| it.is_good).collect();
            assert_eq!(good, expected, "{outcome}");
        };
        check("accepted", None, 19, &[]);
        check("accepted", None, 13, &[true]);
        check("qualified", None, 19, &[true]);
        check("won", None, 19, &[true]);
        check("lost", None, 19, &[false]);
        check("returned", Some(Code::NotAFit), 19, &[false]);
        check("returned", Some(Code::Duplicate), 19, &[]);
    }

    #[test]
    fn what_names_a_lead_or_came_later_is_not_looked_at() {
        let acts = ["2026-10-30T12:00:00Z", "2026-11-02T12:00:00Z"].map(|it| Activity {
            kind: "page_view".to_owned(),
            at: at(it),
            detail: String::new(),
        });
        let activities = HashMap::from([(1, acts.to_vec())]);
        let answers = [answer("won", None, 19), answer("lost", None, 3)];
        let now = at("2026-11-20T12:00:00Z");
        let examples = examples(&answers, &activities, &Scoring::default(), now);
        assert!(examples[0].at < examples[1].at);
        let columns: Vec<String> =
            examples[0].columns.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!(columns, ["did: page view: 1", "industry: retail"]);
        assert_eq!(examples[0].not_counted, ["age"]);
    }
}
