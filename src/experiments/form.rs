//! The form of a test plan: what stands in it at first, and what people filled in.

use std::sync::LazyLock;

use regex::Regex;

use super::by_readings::ByReadings;
use super::statistics::bayesian::Better;
use super::statistics::plan::Kind;
use super::test_plan::{Decided, Draft, Guard, Measure, Scale};
use super::{number, typed, typed_readings};
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
pub const READINGS: &str = "counted_by";
/// Why a running test is to have another plan.
pub const WHY: &str = "why";

pub const KINDS: [Kind; 4] = [Kind::Conversion, Kind::Revenue, Kind::Count, Kind::Ratio];

/// How many characters are taken.
pub const NAME_LIMIT: usize = 150;
pub const HYPOTHESIS_LIMIT: usize = 1_000;

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
    pub readings: String,
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
            readings: text(READINGS),
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
            readings: plan.by_readings.as_ref().map(ByReadings::as_typed).unwrap_or_default(),
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
        typed::between(&filled.alpha, 0.001, 0.2, "Write a risk from 0.1 % to 20 %, such as 5 %."),
    );
    let power = take(
        POWER,
        typed::between(&filled.power, 0.5, 0.99, "Write a power from 50 % to 99 %, such as 80 %."),
    );
    let longest = take(LONGEST, typed::days(&filled.longest));
    let (least_effect, difference) = match typed::effect(&filled.least, kind) {
        Ok(found) => found,
        Err(sentence) => {
            problems.push((LEAST, sentence));
            (1.0, Scale::Relative)
        }
    };
    let mut list = |name: &'static str, sentence: String| problems.push((name, sentence));
    let arms = typed::arms(&filled.variants).unwrap_or_else(|sentence| {
        list(VARIANTS, sentence);
        Vec::new()
    });
    let guardrails = typed::guardrails(&filled.guardrails, difference).unwrap_or_else(|sentence| {
        list(GUARDRAILS, sentence);
        Vec::new()
    });
    let today = typed::today(&filled.today, kind).unwrap_or_else(|sentence| {
        list(TODAY, sentence);
        None
    });
    let users_a_day = typed::traffic(&filled.traffic).unwrap_or_else(|sentence| {
        list(TRAFFIC, sentence);
        None
    });
    let by_readings = typed_readings::read(&filled.readings, kind, &arms, &guardrails)
        .unwrap_or_else(|it| {
            list(READINGS, it);
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
        by_readings,
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
}
