//! The form of a test plan: what stands in it at first, and what people filled in.

use std::sync::LazyLock;

use regex::Regex;

use super::number::{self, Number};
use super::statistics::bayesian::Better;
use super::statistics::plan::Kind;
use super::test_plan::{Decided, Draft, Guard, Measure, Scale, Variant, kind_in_words};
use crate::error::Refusal;
use crate::slack::inbound::Values;

/// The inputs, by their names.
pub const NAME: &str = "test_name";
pub const HYPOTHESIS: &str = "hypothesis";
pub const AUDIENCE: &str = "test_audience";
pub const VARIANTS: &str = "variants";
pub const METRIC: &str = "metric";
pub const KIND: &str = "metric_kind";
pub const BETTER: &str = "better";
pub const GUARDRAILS: &str = "guardrails";
pub const LEAST: &str = "least_effect";
pub const RULE: &str = "rule";
pub const ALPHA: &str = "alpha";
pub const POWER: &str = "power";
pub const LONGEST: &str = "longest_days";
pub const TODAY: &str = "today";
pub const TRAFFIC: &str = "users_a_day";
/// Why a running test is to have another plan.
pub const WHY: &str = "why";

pub const KINDS: [Kind; 4] = [Kind::Conversion, Kind::Revenue, Kind::Count, Kind::Ratio];

/// How many characters are taken.
pub const NAME_LIMIT: usize = 150;
pub const HYPOTHESIS_LIMIT: usize = 1_000;

/// How many arms still tell something apart, and how many guardrails can all be watched.
const MOST_ARMS: usize = 6;
const MOST_GUARDRAILS: usize = 6;
const LONGEST_DAYS: u32 = 365;

/// What stands in the form when it is opened.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Filled {
    pub name: String,
    pub hypothesis: String,
    pub audience: String,
    pub variants: String,
    pub metric: String,
    pub kind: Option<Kind>,
    pub lower_is_better: bool,
    pub guardrails: String,
    pub least: String,
    pub rule: Option<Decided>,
    pub alpha: String,
    pub power: String,
    pub longest: String,
    pub today: String,
    pub traffic: String,
}

/// What `/test` was typed with: `Subject line: urgency v benefit`.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Short {
    pub name: String,
    pub variants: Vec<String>,
}

/// `a v b`, `a vs. b`, `a versus b`.
static VERSUS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\s+(?:v|vs|versus)\.?\s+").expect("the pattern is fixed and tested")
});

/// A variant with its share of the traffic: `benefit, 20 %`.
static SHARE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(.+?)[,:|]?\s+(\d{1,3})\s*%$").expect("the pattern is fixed and tested")
});

/// What a guardrail tolerates, at the end of its line: `up at most 10 %`.
static TOLERATED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(.+?)[,:]?\s+(up|down) (?:at most|by at most|no more than) (.+)$")
        .expect("the pattern is fixed and tested")
});

impl Short {
    /// Reads what follows `/test`. Without a colon and two variants, all of it is the name.
    pub fn read(text: &str) -> Self {
        let text = text.trim();
        let (name, rest) = text.split_once(':').unwrap_or(("", text));
        let variants: Vec<String> = VERSUS.split(rest).map(|it| it.trim().to_owned()).collect();
        let is_complete = variants.len() > 1 && variants.iter().all(|it| !it.is_empty());
        match is_complete {
            true if name.trim().is_empty() => Self { name: text.to_owned(), variants },
            true => Self { name: name.trim().to_owned(), variants },
            false => Self { name: text.to_owned(), variants: Vec::new() },
        }
    }
}

impl Filled {
    /// What a new form begins with, so that with two variants it can be sent as it is.
    pub fn of_short(short: &Short) -> Self {
        let hypothesis = match short.variants.as_slice() {
            [control, treatment] => {
                format!("With {treatment}, more of those who see it convert than with {control}.")
            }
            _ => String::new(),
        };
        Self {
            name: short.name.clone(),
            hypothesis,
            audience: "Everyone who would have seen the control".to_owned(),
            variants: short.variants.join("\n"),
            metric: "conversion rate".to_owned(),
            kind: Some(Kind::Conversion),
            least: "10 %".to_owned(),
            rule: Some(Decided::AlwaysValid),
            alpha: "5 %".to_owned(),
            power: "80 %".to_owned(),
            longest: "28".to_owned(),
            ..Self::default()
        }
    }

    /// What people filled in.
    pub fn of_values(values: &Values) -> Self {
        let text = |name: &str| values.text(name).unwrap_or_default().trim().to_owned();
        let kind = values.choice(KIND);
        Self {
            name: text(NAME),
            hypothesis: text(HYPOTHESIS),
            audience: text(AUDIENCE),
            variants: text(VARIANTS),
            metric: text(METRIC),
            kind: KINDS.into_iter().find(|it| Some(key(*it)) == kind),
            lower_is_better: values.choice(BETTER) == Some("lower"),
            guardrails: text(GUARDRAILS),
            least: text(LEAST),
            rule: Decided::ALL.into_iter().find(|it| Some(it.name()) == values.choice(RULE)),
            alpha: text(ALPHA),
            power: text(POWER),
            longest: text(LONGEST),
            today: text(TODAY),
            traffic: text(TRAFFIC),
        }
    }

    /// The versions of a draft, set against each other.
    pub fn of_versions(title: &str, goal: Option<&str>, names: &[String]) -> Self {
        let goal = goal.unwrap_or("what its brief is for");
        let hypothesis = format!("One of these versions does more than the others for {goal}.");
        Self {
            hypothesis: hypothesis.chars().take(HYPOTHESIS_LIMIT).collect(),
            ..Self::of_short(&Short {
                name: title.chars().take(NAME_LIMIT).collect(),
                variants: names.to_vec(),
            })
        }
    }

    /// A plan, to be changed.
    pub fn of_plan(plan: &super::TestPlan) -> Self {
        let equal = plan.arms.iter().all(|it| it.share == plan.arms[0].share);
        let variants: Vec<String> = plan
            .arms
            .iter()
            .map(|it| match equal {
                true => it.name.clone(),
                false => format!("{}, {} %", it.name, it.share),
            })
            .collect();
        let guards: Vec<String> =
            plan.guardrails.iter().map(|it| it.as_typed(plan.difference)).collect();
        let expected = &plan.expected;
        let given = expected.known == super::test_plan::Known::Given;
        let today = match plan.metric.kind {
            _ if !given => String::new(),
            Kind::Conversion => number::percent(expected.mean.0),
            _ => format!("{}, spread {}", expected.mean.0, expected.spread.0),
        };
        let traffic = expected.users_a_day.filter(|_| given);
        Self {
            name: plan.name.clone(),
            hypothesis: plan.hypothesis.clone(),
            audience: plan.audience.clone(),
            variants: variants.join("\n"),
            metric: plan.metric.name.clone(),
            kind: Some(plan.metric.kind),
            lower_is_better: plan.metric.better == Better::Lower,
            guardrails: guards.join("\n"),
            least: plan.effect(plan.least_effect.0),
            rule: Some(plan.rule),
            alpha: number::percent(plan.alpha.0),
            power: number::percent(plan.power.0),
            longest: plan.longest_days.to_string(),
            today,
            traffic: traffic.map(|it| it.to_string()).unwrap_or_default(),
        }
    }
}

/// Reads a filled-in form: every problem at once, each at its input.
pub fn read(filled: &Filled) -> Result<Draft, Refusal> {
    let mut problems: Vec<(&'static str, String)> = Vec::new();
    let kind = filled.kind.unwrap_or(Kind::Conversion);
    let better = if filled.lower_is_better { Better::Lower } else { Better::Higher };
    let rule = filled.rule.unwrap_or(Decided::AlwaysValid);
    let mut take = |name: &'static str, read: Result<f64, &str>| match read {
        Ok(number) => number,
        Err(sentence) => {
            problems.push((name, sentence.to_owned()));
            1.0
        }
    };
    let alpha = take(
        ALPHA,
        between(&filled.alpha, 0.001, 0.2, "Write a risk from 0.1 % to 20 %, such as 5 %."),
    );
    let power = take(
        POWER,
        between(&filled.power, 0.5, 0.99, "Write a power from 50 % to 99 %, such as 80 %."),
    );
    let longest = take(LONGEST, days(&filled.longest));
    let (least_effect, difference) = match effect(&filled.least, kind) {
        Ok(found) => found,
        Err(sentence) => {
            problems.push((LEAST, sentence));
            (1.0, Scale::Relative)
        }
    };
    let mut list = |name: &'static str, sentence: String| problems.push((name, sentence));
    let arms = arms(&filled.variants).unwrap_or_else(|sentence| {
        list(VARIANTS, sentence);
        Vec::new()
    });
    let guardrails = guardrails(&filled.guardrails, difference).unwrap_or_else(|sentence| {
        list(GUARDRAILS, sentence);
        Vec::new()
    });
    let today = today(&filled.today, kind).unwrap_or_else(|sentence| {
        list(TODAY, sentence);
        None
    });
    let users_a_day = traffic(&filled.traffic).unwrap_or_else(|sentence| {
        list(TRAFFIC, sentence);
        None
    });
    let words = [
        (NAME, &filled.name, "Give the test a name, so that people can tell it from others."),
        (
            HYPOTHESIS,
            &filled.hypothesis,
            "Say what you expect, and why: it is what the test finds out.",
        ),
        (AUDIENCE, &filled.audience, "Say who sees it."),
        (METRIC, &filled.metric, "Name the one metric that decides."),
    ];
    for (name, typed, what) in words {
        if !typed.chars().any(char::is_alphanumeric) {
            list(name, what.to_owned());
        } else if name != HYPOTHESIS && typed.contains('\n') {
            list(name, "Write it on one line.".to_owned());
        }
    }
    if guardrails.iter().any(|it: &Guard| it.measure.name == filled.metric) {
        let sentence =
            format!("{} is the metric that decides, so it is no guardrail.", filled.metric);
        list(GUARDRAILS, sentence);
    }
    if !problems.is_empty() {
        return Err(Refusal::Inputs(problems));
    }
    Ok(Draft {
        name: filled.name.clone(),
        hypothesis: filled.hypothesis.clone(),
        audience: filled.audience.clone(),
        arms,
        metric: Measure { name: filled.metric.clone(), kind, better },
        guardrails,
        least_effect,
        difference,
        alpha,
        power,
        longest_days: longest as u32,
        rule,
        today,
        users_a_day,
    })
}

/// The value of a kind in its menu.
pub const fn key(kind: Kind) -> &'static str {
    match kind {
        Kind::Conversion => "conversion",
        Kind::Count => "count",
        Kind::Revenue => "revenue",
        Kind::Ratio => "ratio",
    }
}

fn between<'a>(typed: &str, least: f64, most: f64, sentence: &'a str) -> Result<f64, &'a str> {
    number::read_percent(typed).filter(|it| (least..=most).contains(it)).ok_or(sentence)
}

fn days(typed: &str) -> Result<f64, &'static str> {
    let days = typed.trim_end_matches("days").trim().parse().ok();
    let days = days.filter(|it: &u32| (1..=LONGEST_DAYS).contains(it)).map(f64::from);
    days.ok_or("Write a number of days from 1 to 365.")
}

/// `10 %` of the control's value, `0.5 points` of a rate, or an amount in the metric's own unit.
fn effect(typed: &str, kind: Kind) -> Result<(f64, Scale), String> {
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

fn arms(typed: &str) -> Result<Vec<Variant>, String> {
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
    let names: std::collections::BTreeSet<&str> = read.iter().map(|it| it.0.as_str()).collect();
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

fn guardrails(typed: &str, scale: Scale) -> Result<Vec<Guard>, String> {
    let lines = typed.lines().map(str::trim).filter(|it| !it.is_empty());
    let guards = lines.map(|line| guardrail(line, scale)).collect::<Result<Vec<_>, _>>()?;
    if guards.len() > MOST_GUARDRAILS {
        return Err(format!("At most {MOST_GUARDRAILS} guardrails: more are not all watched."));
    }
    let names: std::collections::BTreeSet<&str> =
        guards.iter().map(|it| it.measure.name.as_str()).collect();
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
                format!(
                    "“{kind}” is no kind of metric; those are {}.",
                    crate::words::listed(&kinds)
                )
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
fn today(typed: &str, kind: Kind) -> Result<Option<(f64, Option<f64>)>, String> {
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

fn traffic(typed: &str) -> Result<Option<u64>, String> {
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
    fn the_short_form_names_the_test_and_its_variants() {
        let check = |text: &str, name: &str, variants: &[&str]| {
            let read = Short::read(text);
            assert_eq!(
                (read.name.as_str(), read.variants.as_slice()),
                (name, &variants.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()[..]),
                "{text}"
            );
        };
        check("Subject line: urgency v benefit", "Subject line", &["urgency", "benefit"]);
        check("Hero: old vs. new VS newest", "Hero", &["old", "new", "newest"]);
        check("red versus blue", "red versus blue", &["red", "blue"]);
        check("Subject line", "Subject line", &[]);
        check("Price: 9:99", "Price: 9:99", &[]);
        check("", "", &[]);
    }

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
