//! Where counts come from, as people type it: `conversions per clicks, from shop`, and below that a line
//! for each variant and guardrail.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::by_readings::{ArmAt, ByReadings, GuardAt, Level};
use super::statistics::plan::Kind;
use super::test_plan::{Guard, Variant};
use crate::words::listed;

static FIRST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(.+?)\s+per\s+(.+?)[,;]?\s+(?:from|of)\s+(.+)$")
        .expect("the pattern is fixed and tested")
});

static PLACE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(campaign|ad[ _-]?set|ad[ _-]?group)\s+(.+)$")
        .expect("the pattern is fixed and tested")
});

/// None where nothing is typed.
pub fn read(
    typed: &str,
    kind: Kind,
    arms: &[Variant],
    guardrails: &[Guard],
) -> Result<Option<ByReadings>, String> {
    let mut lines = typed.lines().map(str::trim).filter(|it| !it.is_empty());
    let Some(first) = lines.next() else { return Ok(None) };
    let kinds = guardrails.iter().map(|it| it.measure.kind).chain([kind]);
    if kinds.into_iter().any(|it| it != Kind::Conversion) {
        return Err("Readings hold sums, not how much users differ, so that only conversion rates can be counted by them. Leave this empty, and send counts in.".to_owned());
    }
    let found = FIRST.captures(first).ok_or_else(|| {
        format!(
            "“{first}” does not say what is counted. Begin as in: conversions per clicks, from shop"
        )
    })?;
    let mut by = ByReadings {
        source: unquoted(&found[3]).to_owned(),
        counted: metric(&found[1]),
        per: metric(&found[2]),
        arms: Vec::new(),
        guardrails: Vec::new(),
    };
    for line in lines {
        take(line, &mut by, arms, guardrails)?;
    }
    check(&by, arms, guardrails)?;
    Ok(Some(by))
}

fn take(
    line: &str,
    by: &mut ByReadings,
    arms: &[Variant],
    guardrails: &[Guard],
) -> Result<(), String> {
    // A name may have a colon of its own, so the names are looked for, and not the colon.
    let after = |name: &str| {
        let rest = line.strip_prefix(name)?.trim_start().strip_prefix(':')?;
        Some((name.to_owned(), rest.trim().to_owned()))
    };
    if let Some((arm, place)) = arms.iter().find_map(|it| after(&it.name)) {
        let found = PLACE.captures(&place).ok_or_else(|| {
            format!(
                "“{line}” names no campaign and no ad set. Write it as in: {arm}: campaign Spring B"
            )
        })?;
        let level = match found[1].to_lowercase().as_str() {
            "campaign" => Level::Campaign,
            _ => Level::AdSet,
        };
        by.arms.push(ArmAt { arm, level, name: unquoted(&found[2]).to_owned() });
        return Ok(());
    }
    if let Some((guardrail, counted)) = guardrails.iter().find_map(|it| after(&it.measure.name)) {
        by.guardrails.push(GuardAt { guardrail, counted: metric(&counted) });
        return Ok(());
    }
    Err(format!("“{line}” begins with no variant and no guardrail of this plan, and a colon."))
}

fn check(by: &ByReadings, arms: &[Variant], guardrails: &[Guard]) -> Result<(), String> {
    let named: Vec<&str> = by.arms.iter().map(|it| it.arm.as_str()).collect();
    let guarded: Vec<&str> = by.guardrails.iter().map(|it| it.guardrail.as_str()).collect();
    let wanted = arms.iter().map(|it| it.name.as_str()).filter(|it| !named.contains(it));
    let guards = guardrails.iter().map(|it| it.measure.name.as_str());
    let missing: Vec<&str> = wanted.chain(guards.filter(|it| !guarded.contains(it))).collect();
    if !missing.is_empty() {
        return Err(format!("There is no line for {}.", listed(&missing)));
    }
    let places: BTreeSet<(Level, &str)> =
        by.arms.iter().map(|it| (it.level, it.name.as_str())).collect();
    if places.len() < by.arms.len() {
        return Err("Two lines name the same campaign, or the same variant twice. Each variant has its own.".to_owned());
    }
    if by.arms.iter().any(|it| it.level != by.arms[0].level) {
        return Err("Name campaigns for all variants, or ad sets for all: one may be a part of the other, and count twice.".to_owned());
    }
    if by.counted == by.per {
        return Err("What is counted and what it is divided by are the same.".to_owned());
    }
    Ok(())
}

fn metric(typed: &str) -> String {
    unquoted(typed).to_lowercase().replace([' ', '-'], "_")
}

fn unquoted(typed: &str) -> &str {
    typed.trim().trim_matches(['“', '”', '"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiments::number::Number;
    use crate::experiments::statistics::bayesian::Better;
    use crate::experiments::test_plan::Measure;

    fn check(typed: &str, expected: Result<&str, &str>) {
        let arm = |name: &str| Variant { name: name.to_owned(), share: 1, text: None };
        let measure = Measure {
            name: "return rate".to_owned(),
            kind: Kind::Conversion,
            better: Better::Lower,
        };
        let guard = Guard { measure, tolerated: Number(0.1) };
        let read = read(typed, Kind::Conversion, &[arm("old"), arm("new: bold")], &[guard]);
        match (read, expected) {
            (Ok(Some(by)), Ok(again)) => assert_eq!(by.as_typed(), again),
            (Ok(None), Ok("")) => {}
            (Err(said), Err(part)) => assert!(said.contains(part), "{said}"),
            (read, _) => panic!("{typed}: {read:?}"),
        }
    }

    #[test]
    fn a_line_says_what_is_counted_and_one_each_where() {
        check(" ", Ok(""));
        let whole = "link clicks per impressions, from shop\nold: campaign Spring A\nnew: bold: campaign Spring: B\nreturn rate: returns";
        check(whole, Ok(whole));
        check(
            "Link-Clicks per impressions from “shop”\nold: ad set A\nnew: bold: AD SET B\nreturn rate: Returns",
            Ok(
                "link clicks per impressions, from shop\nold: ad set A\nnew: bold: ad set B\nreturn rate: returns",
            ),
        );
    }

    #[test]
    fn what_is_missing_or_wrong_is_said() {
        check("conversions", Err("does not say what is counted"));
        let first = "conversions per clicks, from shop\n";
        check(&format!("{first}old: campaign A"), Err("no line for new: bold and return rate"));
        check(&format!("{first}old: A"), Err("names no campaign"));
        check(&format!("{first}older: campaign A"), Err("begins with no variant"));
        let guard = "return rate: returns";
        let both = format!("{first}old: campaign A\nnew: bold: campaign A\n{guard}");
        check(&both, Err("the same campaign"));
        let mixed = format!("{first}old: campaign A\nnew: bold: ad set A\n{guard}");
        check(&mixed, Err("campaigns for all"));
    }
}
