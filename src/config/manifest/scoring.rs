//! How leads are scored: points for fit and behaviour, what never counts, and when a learned score
//! may take over.

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::protected;
use super::raw::{self, Checked, problem};

/// How many leads must have ended, won or not, before a learned score may take over.
const LEAST_ENDED: usize = 200;

/// The table `[scoring]`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Scoring {
    pub fits: Vec<Fit>,
    pub behaviours: Vec<Behaviour>,
    /// The most points that a lead can have.
    pub most: Option<i32>,
    /// Attributes that never count.
    pub excluded: Vec<String>,
    /// Attributes that would be refused as protected, and why they count all the same.
    pub allowed: Vec<Allowed>,
    pub learning: Learning,
}

/// Points for what a lead is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Fit {
    pub attribute: String,
    pub test: Test,
    pub points: i32,
    /// The reason as people read it; otherwise the attribute and its value.
    pub words: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Test {
    /// One of these words, whatever their case; `*` at either end stands for anything.
    Is(Vec<String>),
    Between {
        at_least: Option<f64>,
        at_most: Option<f64>,
    },
    Present,
    Missing,
}

/// Points for what a lead does, each time, fading.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Behaviour {
    pub kind: String,
    /// What of, with `*` at either end for anything; none for all.
    pub detail: Option<String>,
    pub points: i32,
    /// After how long an act is worth half; none for acts that do not fade.
    pub half_life_s: Option<i64>,
    /// The most that this rule brings or takes.
    pub most: Option<i32>,
    pub words: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    pub attribute: String,
    pub because: String,
}

/// When a learned score may take over from the rules.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Learning {
    /// Whether it takes over by itself once it is better.
    pub takes_over: bool,
    /// How many leads must have ended, won or not.
    pub least_ended: usize,
}

impl Default for Learning {
    fn default() -> Self {
        Self { takes_over: true, least_ended: LEAST_ENDED }
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    #[serde(default)]
    fit: Vec<RawFit>,
    #[serde(default)]
    behaviour: Vec<RawBehaviour>,
    most: Option<Spanned<i32>>,
    #[serde(default)]
    excluded: Vec<String>,
    #[serde(default)]
    allowed: Vec<Spanned<Allowed>>,
    #[serde(default)]
    learning: Learning,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFit {
    attribute: Spanned<String>,
    is: Option<Vec<String>>,
    at_least: Option<f64>,
    at_most: Option<f64>,
    known: Option<bool>,
    points: i32,
    words: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBehaviour {
    kind: Spanned<String>,
    detail: Option<String>,
    points: i32,
    half_life: Option<Spanned<String>>,
    most: Option<Spanned<i32>>,
    words: Option<String>,
}

impl Raw {
    pub fn check(&self) -> Checked {
        for allowed in &self.allowed {
            if allowed.get_ref().because.trim().is_empty() {
                let sentence = format!(
                    "{:?} is allowed without a reason; say under because why it counts",
                    allowed.get_ref().attribute
                );
                return problem(allowed, sentence);
            }
        }
        if let Some(most) = self.most.as_ref().filter(|most| *most.get_ref() <= 0) {
            return problem(most, "the most that a lead can have must be above 0".to_owned());
        }
        for fit in &self.fit {
            self.check_fit(fit)?;
        }
        self.behaviour.iter().try_for_each(RawBehaviour::check)
    }

    fn check_fit(&self, fit: &RawFit) -> Checked {
        let name = fit.attribute.get_ref();
        if self.excluded.iter().any(|it| it.eq_ignore_ascii_case(name)) {
            let sentence =
                format!("{name:?} is excluded and gives points; take one of the two out");
            return problem(&fit.attribute, sentence);
        }
        let allowed =
            self.allowed.iter().any(|it| it.get_ref().attribute.eq_ignore_ascii_case(name));
        if let Some(ground) = protected::ground(name).filter(|_| !allowed) {
            let sentence = format!(
                "{name:?} gives points, and says something about a person's {ground}; take the rule out, or say under allowed why it counts"
            );
            return problem(&fit.attribute, sentence);
        }
        let tests = usize::from(fit.is.is_some())
            + usize::from(fit.at_least.is_some() || fit.at_most.is_some())
            + usize::from(fit.known.is_some());
        if tests != 1 {
            let sentence = format!(
                "the points for {name:?} need one condition: is, at_least and at_most, or known"
            );
            return problem(&fit.attribute, sentence);
        }
        Ok(())
    }

    /// The table, once it was checked.
    pub fn into_scoring(self) -> Scoring {
        Scoring {
            fits: self.fit.into_iter().map(RawFit::into_fit).collect(),
            behaviours: self.behaviour.into_iter().map(RawBehaviour::into_behaviour).collect(),
            most: self.most.map(Spanned::into_inner),
            excluded: self.excluded,
            allowed: self.allowed.into_iter().map(Spanned::into_inner).collect(),
            learning: self.learning,
        }
    }
}

impl RawFit {
    fn into_fit(self) -> Fit {
        let test = match (self.is, self.known) {
            (Some(words), _) => Test::Is(words),
            (None, Some(true)) => Test::Present,
            (None, Some(false)) => Test::Missing,
            (None, None) => Test::Between { at_least: self.at_least, at_most: self.at_most },
        };
        let attribute = self.attribute.into_inner();
        Fit { attribute, test, points: self.points, words: self.words }
    }
}

impl RawBehaviour {
    fn check(&self) -> Checked {
        let kind = self.kind.get_ref();
        if let Some(half) = &self.half_life
            && raw::seconds(half.get_ref()).is_none()
        {
            let sentence = format!(
                "the points for {kind:?} have the half-life {:?}; write one such as \"7 days\"",
                half.get_ref()
            );
            return problem(half, sentence);
        }
        match &self.most {
            Some(most) if *most.get_ref() <= 0 => {
                problem(most, format!("the most that {kind:?} brings or takes must be above 0"))
            }
            _ => Ok(()),
        }
    }

    fn into_behaviour(self) -> Behaviour {
        Behaviour {
            kind: self.kind.into_inner(),
            detail: self.detail,
            points: self.points,
            half_life_s: self.half_life.and_then(|half| raw::seconds(half.get_ref())),
            most: self.most.map(Spanned::into_inner),
            words: self.words,
        }
    }
}
