//! A text held against the kit and against its brief.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::Aim;
use super::text::{folded, line, says, words};
use crate::brand::{self, Report, Severity};

/// What the checks of the brand found, and what the brief asked for besides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    pub report: Report,
    /// All of it must be put right.
    pub brief: Vec<Failing>,
}

/// Something of the brief that a text does not keep to, or that nothing bears out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failing {
    pub reason: String,
    pub suggestion: String,
}

/// Quotations of fewer words are names and turns of phrase.
const QUOTED_WORDS: usize = 4;

/// Holds a text against both. What the brief and its evidence give needs no other proof; a number
/// or a quotation that neither they nor the kit bear out is found.
pub fn check(aim: &Aim<'_>, text: &str) -> Checked {
    let given = aim.given();
    let report = brand::check(aim.kit, text, &aim.context(&given));
    let mut brief = Vec::new();
    for said in aim.brief.must_say.iter().filter(|said| !says(aim.kit, text, said)) {
        brief.push(Failing {
            reason: format!("It must say “{}”, and does not.", line(said)),
            suggestion: "Say it word for word.".to_owned(),
        });
    }
    for not in aim.brief.must_not_say.iter().filter(|not| says(aim.kit, text, not)) {
        brief.push(Failing {
            reason: format!("It says “{}”, which the brief rules out.", line(not)),
            suggestion: "Leave it out.".to_owned(),
        });
    }
    for quote in invented(aim, text) {
        brief.push(Failing {
            reason: format!("It quotes “{quote}”, which stands in no evidence of the brief."),
            suggestion: "Quote word for word, or leave it out.".to_owned(),
        });
    }
    if FENCE.is_match(text) {
        brief.push(Failing {
            reason: "It repeats marks that only keep material apart.".to_owned(),
            suggestion: "Leave them out.".to_owned(),
        });
    }
    Checked { report, brief }
}

impl Checked {
    /// Whether nothing must be changed; warnings may stand.
    pub fn passes(&self) -> bool {
        self.errors() == 0
    }

    /// How much must be changed.
    pub fn errors(&self) -> usize {
        self.report.errors().count() + self.brief.len()
    }

    pub(super) fn is_clean(&self) -> bool {
        self.passes() && self.report.findings.is_empty()
    }

    /// Each with what to do, errors first.
    pub fn sentences(&self) -> Vec<String> {
        self.found().map(|(_, sentence)| sentence).collect()
    }

    /// The same, each with the name of its rule.
    pub fn found(&self) -> impl Iterator<Item = (&'static str, String)> {
        let sentence = |finding: &brand::Finding| {
            let place: String = finding.quote.chars().take(120).collect();
            let suggestion = finding.suggestion.as_deref().unwrap_or_default();
            let place = if place.is_empty() { place } else { format!("“{}”: ", line(&place)) };
            let said = format!("{place}{} {suggestion}", finding.reason);
            (finding.rule.name(), said.trim_end().to_owned())
        };
        let of = move |severity: Severity| {
            let all = self.report.findings.iter().filter(move |one| one.severity == severity);
            all.map(sentence)
        };
        let brief =
            self.brief.iter().map(|one| ("brief", format!("{} {}", one.reason, one.suggestion)));
        of(Severity::Error).chain(brief).chain(of(Severity::Warning))
    }
}

/// Quotations that stand neither in the evidence nor in what the kit or the brief says.
fn invented(aim: &Aim<'_>, text: &str) -> Vec<String> {
    let kit = aim.kit;
    let text = folded(kit, text);
    let evidence = aim.brief.evidence.iter().map(|one| one.quote.as_str());
    let own = kit.messages.iter().map(|one| &one.text);
    let own = own.chain(kit.products.iter().map(|one| &one.description));
    let own = own.chain(kit.proofs.iter().map(|one| &one.claim));
    let own = own.chain(&aim.brief.must_say).chain(&aim.brief.offer).map(String::as_str);
    let mut known: Option<Vec<String>> = None;
    let mut bears = |quote: &str| {
        let known = known.get_or_insert_with(|| {
            evidence.clone().chain(own.clone()).map(|one| plain(&folded(kit, one))).collect()
        });
        known.iter().any(|one| one.contains(&plain(quote)))
    };
    let inside = QUOTATION.captures_iter(&text).filter_map(|found| found.get(1));
    let all: Vec<Range<usize>> = inside.map(|found| found.range()).collect();
    all.into_iter()
        .map(|range| text[range].to_owned())
        .filter(|quote| words(quote).count() >= QUOTED_WORDS && !bears(quote))
        .collect()
}

/// Its words with single spaces, so that they are whole words where they are found.
fn plain(text: &str) -> String {
    format!(" {} ", words(text).collect::<Vec<_>>().join(" "))
}

static QUOTATION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?s)"([^"]{8,800})""#).expect("the pattern is fixed and tested")
});

static FENCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)untrusted-[0-9a-f]{8,}|</?\s*untrusted")
        .expect("the pattern is fixed and tested")
});
