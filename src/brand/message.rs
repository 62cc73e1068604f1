//! What people read of a report.

use std::fmt::Write as _;

use super::kit::Kit;
use super::report::{Finding, Passing, Report, Severity};
use crate::slack::{Card, Post, escape};
use crate::words::{capitalised, count};

/// Findings that a message shows; the rest is counted.
const SHOWN: usize = 20;

/// Characters that are shown of what a finding is about.
const QUOTED: usize = 120;

/// How it came out, in a sentence.
pub fn summary(report: &Report) -> String {
    let (passed, tested) = report.score();
    let (errors, warnings) = (report.errors().count(), report.warnings().count());
    let verdict = match (errors, warnings) {
        (0, 0) => "Nothing to change".to_owned(),
        (0, warnings) => format!("It may go out; {} to look at", count(warnings, "thing")),
        (errors, 0) => format!("{} must change", count(errors, "thing")),
        (errors, warnings) => {
            format!(
                "{} must change, and {} to look at",
                count(errors, "thing"),
                count(warnings, "thing")
            )
        }
    };
    format!("{verdict}. {passed} of {tested} rules passed.")
}

/// The report for whoever asked, in Slack.
pub fn post(report: &Report, kit: &Kit) -> Post {
    let summary = summary(report);
    let mut card = Card::new(format!("Your text against the brand kit: {summary}"));
    card = card.section(format!("*{}*", escape(&summary)));
    for finding in report.findings.iter().take(SHOWN) {
        card = card.section(finding_markup(finding));
    }
    if let Some(more) = report.findings.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        card = card.section(format!("… {more} more. `countersign brand check` shows all of them."));
    }
    let passed: Vec<&str> = rules_passed(report).collect();
    if !passed.is_empty() {
        card = card.context(escape(&format!("Passed: {}.", passed.join(" · "))));
    }
    let untested: Vec<String> = untested(report).collect();
    if !untested.is_empty() {
        card = card.context(escape(&format!("Not tested: {}.", untested.join(" · "))));
    }
    let labels: Vec<&str> = report.labels.iter().map(|label| label.words()).collect();
    let about = if labels.is_empty() {
        String::new()
    } else {
        format!("It is about: {} · ", labels.join(", "))
    };
    card = card.context(format!(
        "{}brand kit of {}, `{}`",
        escape(&about),
        escape(&kit.company),
        report.kit
    ));
    card.finish().0
}

/// The report for a terminal, a finding in a few lines.
pub fn lines(report: &Report, text: &str) -> String {
    let mut lines = String::new();
    for finding in &report.findings {
        let (line, column) = place(text, finding.bytes.start);
        let mark = mark(finding.severity);
        let _ =
            writeln!(lines, "{mark} {line}:{column} {}: {}", finding.rule.words(), shown(finding));
        let _ = writeln!(lines, "    {}", finding.reason);
        if let Some(suggestion) = &finding.suggestion {
            let _ = writeln!(lines, "    → {suggestion}");
        }
    }
    for name in rules_passed(report) {
        let _ = writeln!(lines, "✓ {name}");
    }
    for why in untested(report) {
        let _ = writeln!(lines, "· not tested: {why}");
    }
    let labels: Vec<&str> = report.labels.iter().map(|label| label.words()).collect();
    if !labels.is_empty() {
        let _ = writeln!(lines, "\nIt is about: {}.", labels.join(", "));
    }
    let _ = write!(lines, "\n{}", summary(report));
    lines
}

/// One sentence after the other: what failed, where, why, what to write instead.
fn finding_markup(finding: &Finding) -> String {
    let word = match finding.severity {
        Severity::Error => "Must change",
        Severity::Warning => "To look at",
    };
    let mut markup = format!("*{word}: {}*", escape(&capitalised(finding.rule.words())));
    let quote = shown(finding);
    if !quote.is_empty() {
        let _ = write!(markup, ", “{}”", escape(&quote));
        let _ = write!(markup, " (character {})", finding.chars.start + 1);
    }
    let _ = write!(markup, "\n{}", escape(&finding.reason));
    if let Some(suggestion) = &finding.suggestion {
        let _ = write!(markup, "\n_Instead:_ {}", escape(suggestion));
    }
    markup
}

fn shown(finding: &Finding) -> String {
    let line = finding.quote.split_whitespace().collect::<Vec<_>>().join(" ");
    crate::slack::cut::cut(&line, QUOTED)
}

/// The rules that a text kept, as people read them.
pub fn rules_passed(report: &Report) -> impl Iterator<Item = &'static str> {
    let passed = report.outcomes.iter().filter(|outcome| outcome.result == Passing::Passed);
    passed.map(|outcome| outcome.rule.passed())
}

fn untested(report: &Report) -> impl Iterator<Item = String> {
    report.outcomes.iter().filter_map(|outcome| match outcome.result {
        Passing::NotTested { why } => Some(format!("{} ({why})", outcome.rule.words())),
        _ => None,
    })
}

fn mark(severity: Severity) -> char {
    match severity {
        Severity::Error => '✗',
        Severity::Warning => '!',
    }
}

/// Line and column, from 1.
fn place(text: &str, byte: usize) -> (usize, usize) {
    let before = &text[..byte];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}
