//! How the learned score stands, in words.

use super::{Choice, Standing, Version};
use crate::leads::scoring::drift::Change;
use crate::leads::scoring::evaluate::figures::calibration_error;
use crate::words::{count, percent};

/// How many columns that changed are named.
const CHANGED: usize = 5;

/// In a sentence or two, for the week's digest.
pub fn in_short(standing: &Standing) -> String {
    let by = match (&standing.choice, &standing.counts) {
        (_, Some(version)) => format!("Leads are scored by what was learned, version {version}."),
        (Choice::Rules, None) => "Leads are scored by the rules, as somebody chose.".to_owned(),
        (_, None) => "Leads are scored by the rules.".to_owned(),
    };
    let why = match standing.versions.first() {
        None => format!(
            "Sales answered for {}; from {} on, and where some were worth it and some were not, scores learn from them.",
            count(standing.answers, "lead"),
            standing.least
        ),
        Some(newest) => newest.comparison.in_words(),
    };
    let changed = standing.drift.iter().filter(|it| it.change == Change::Much);
    let changed: Vec<String> = changed.take(CHANGED).map(|it| it.in_words()).collect();
    [vec![by, why], changed].concat().join(" ")
}

/// In full, a line each.
pub fn in_words(standing: &Standing) -> Vec<String> {
    let mut lines = vec![in_short(standing), String::new()];
    for version in &standing.versions {
        lines.extend(of_version(version, standing.counts.as_deref()));
    }
    if !standing.drift.is_empty() {
        lines.push(String::new());
        lines.push(
            "What leads are like now, against those that the newest was learned from:".into(),
        );
        lines.extend(standing.drift.iter().map(|it| format!("  {}", it.in_words())));
    }
    lines.push(String::new());
    lines.push(match &standing.choice {
        Choice::Newest => "The newest version counts where it is better than the rules. `countersign leads use rules` or `use VERSION` sets another one.".to_owned(),
        Choice::Rules => "The rules count, as somebody chose. `countersign leads use newest` lets the newest version count again where it is better.".to_owned(),
        Choice::Version(version) => format!("Version {version} counts, as somebody chose. `countersign leads use newest` lets the newest version count again where it is better."),
    });
    lines
}

fn of_version(it: &Version, counts: Option<&str>) -> Vec<String> {
    let counts = if counts == Some(it.version.as_str()) { " · counts" } else { "" };
    let mut lines = vec![format!(
        "version {} · {} · {} answers, {} of them good{counts}",
        it.version,
        it.learned_at.strftime("%-d %b %Y"),
        it.answers,
        it.good
    )];
    let figures = [("learned", &it.comparison.learned), ("rules", &it.comparison.rules)];
    lines.extend(figures.map(|(name, it)| {
        format!("  {name}: AUC {:.3}, Brier {:.4}", it.auc.value, it.brier.value)
    }));
    lines.push(format!(
        "  how often leads are worth it: Brier {:.4}",
        it.comparison.learned.base_brier
    ));
    lines.push(format!(
        "  chances are off by {:.1} points on the whole:",
        calibration_error(&it.comparison.calibration) * 100.0
    ));
    lines.extend(it.comparison.calibration.iter().map(|step| {
        format!(
            "    foreseen {}, came {} ({} to {}) of {}",
            percent(step.foreseen),
            percent(step.won.value),
            percent(step.won.low),
            percent(step.won.high),
            step.rows
        )
    }));
    lines.extend(
        it.left_out.iter().map(|it| format!("  not looked at: {}: {}.", it.column, it.why)),
    );
    lines
}
