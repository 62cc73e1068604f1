//! What people read about the versions of an agent.

use std::collections::BTreeMap;

use super::counted::parts;
use super::figures::{at, duration, points, ratio, share};
use crate::scorecards::measured::ENOUGH;
use crate::scorecards::{Against, Aspect, Change, Compared, Measure, Measured, Unit, Version};
use crate::slack::escape;
use crate::words::{amount, count, listed};

/// How many of an agent's versions are told, the newest first.
const TOLD: usize = 3;

/// The newest versions, each with what came of it and how it does against the one before. Of a single
/// one all is told with the agent.
pub(super) fn told(versions: &[Version]) -> Vec<String> {
    if versions.len() < 2 {
        return Vec::new();
    }
    let mut told: Vec<String> = versions.iter().rev().take(TOLD).map(version).collect();
    let earlier = versions.len().saturating_sub(TOLD);
    if earlier > 0 {
        told.push(format!(
            "{} before that, which `countersign agents NAME --json` tells.",
            count(earlier, "version")
        ));
    }
    told
}

/// Where the newest version certainly does better or worse than the one before, a sentence each.
pub(super) fn certain(versions: &[Version]) -> Vec<String> {
    let newest = versions.iter().rev().find_map(|one| Some((one, one.against.as_ref()?)));
    newest.map(|(version, against)| clear(version, against)).unwrap_or_default()
}

fn version(version: &Version) -> String {
    let since = version.measured.first_at.map(|first| format!(", since {}", at(first)));
    let since = since.unwrap_or_default();
    let facts = facts(&version.measured);
    let facts =
        if facts.is_empty() { "nothing to measure yet".to_owned() } else { facts.join(" · ") };
    let mut lines = vec![format!("*{}*{since}: {facts}", name(&version.version))];
    if let Some(against) = &version.against {
        lines.extend(clear(version, against).into_iter().map(|line| format!("• {line}")));
        lines.extend(open(version, against).map(|line| format!("• {line}")));
        lines.extend(too_few(version, against).map(|line| format!("• {line}")));
    }
    lines.join("\n")
}

fn facts(measured: &Measured) -> Vec<String> {
    let mut facts = Vec::new();
    if measured.put_up > 0 {
        facts.push(format!("{} put up", measured.put_up));
    }
    let made = &measured.decisions;
    let decisions = parts(&[
        (made.approved, "approved"),
        (made.changes_requested, "sent back for changes"),
        (made.rejected, "rejected"),
    ]);
    if !decisions.is_empty() {
        facts.push(format!("decisions: {decisions}"));
    }
    facts.extend(share(measured.first_pass).map(|it| format!("first-pass approval {it}")));
    facts.extend(ratio(&measured.editing, "approved draft").map(|it| format!("editing {it}")));
    facts.extend(
        measured.waits.median_s().map(|s| format!("median time to a decision {}", duration(s))),
    );
    facts.extend(
        ratio(&measured.brand, "draft").map(|it| format!("brand rules kept at first {it}")),
    );
    facts.extend(
        ratio(&measured.unsupported, "answer").map(|it| format!("claims cut as unsupported {it}")),
    );
    if measured.disputed_share.hits > 0 {
        facts.extend(share(measured.disputed_share).map(|it| format!("disputed {it}")));
    }
    facts.extend(share(measured.acceptance).map(|it| format!("leads that sales kept {it}")));
    facts.extend(costs(measured));
    if measured.calls_failed.hits > 0 {
        facts.extend(share(measured.calls_failed).map(|it| format!("failed calls {it}")));
    }
    facts
}

/// `0.02 EUR for each accepted result (95 % interval 0.01–0.04)`
pub(super) fn costs(measured: &Measured) -> Vec<String> {
    let each = measured.cost_per_accepted.iter().map(|(currency, cost)| match cost.rate() {
        None => format!("{}, and nothing accepted", amount(cost.part, Some(currency))),
        Some(rate) => {
            let interval = cost.interval().filter(|_| cost.pieces >= ENOUGH).map(|(low, high)| {
                format!(" (95 % interval {}–{})", amount(low, None), amount(high, None))
            });
            let interval = interval.unwrap_or_default();
            format!("{} for each accepted result{interval}", amount(rate, Some(currency)))
        }
    });
    each.map(|line| escape(&line)).collect()
}

/// What wrote it, as people call it.
pub(super) fn name(version: &str) -> String {
    match version {
        "assembled" => "approved words put together".to_owned(),
        "extract" => "quotes alone".to_owned(),
        other => escape(other),
    }
}

/// `content.draft@4 needs 31 % less editing than content.draft@3 (95 % interval 12–47 %).`
fn clear(version: &Version, against: &Against) -> Vec<String> {
    let clear = against.measures.iter().filter_map(|measure| match measure.compared {
        // What is sure and below half a point is worth nobody's time.
        Compared::Changed(change) if change.is_clear() && points(change.by) != 0 => {
            Some((measure.aspect, change))
        }
        _ => None,
    });
    let told = clear.map(|(aspect, change)| {
        let (one, other) = (name(&version.version), name(&against.version));
        format!("{one} {} than {other} ({}).", said(aspect, change), interval(change))
    });
    told.collect()
}

fn open(version: &Version, against: &Against) -> Option<String> {
    let open = against.measures.iter().filter_map(|Measure { aspect, compared }| match compared {
        Compared::Changed(change) if !change.is_clear() && change.by != 0.0 => {
            Some(format!("{} ({})", noun(*aspect), interval(*change)))
        }
        Compared::NoRatio { now: 0.0, before: 0.0 } => {
            Some(format!("{} (none in either)", noun(*aspect)))
        }
        Compared::NoRatio { now: 0.0, .. } => Some(format!("{} (none any more)", noun(*aspect))),
        Compared::NoRatio { .. } => Some(format!("{} (none before)", noun(*aspect))),
        _ => None,
    });
    let open: Vec<String> = open.collect();
    (!open.is_empty()).then(|| {
        format!(
            "{} may be no different from {} in {}.",
            name(&version.version),
            name(&against.version),
            listed(&open)
        )
    })
}

fn too_few(version: &Version, against: &Against) -> Option<String> {
    let mut by_count: BTreeMap<(u64, u64), Vec<&str>> = BTreeMap::new();
    for measure in &against.measures {
        if let Compared::TooFew { now, before } = measure.compared {
            by_count.entry((now, before)).or_default().push(noun(measure.aspect));
        }
    }
    let few: Vec<String> = by_count
        .into_iter()
        .map(|((now, before), nouns)| format!("{} ({now} against {before})", listed(&nouns)))
        .collect();
    (!few.is_empty()).then(|| {
        format!(
            "Too few yet to hold {} against {} in {}; it takes {ENOUGH} of each.",
            name(&version.version),
            name(&against.version),
            few.join(", and in ")
        )
    })
}

/// `95 % interval 12–47 %`, in the direction of the change; both directions where it leaves that open.
pub(super) fn interval(change: Change) -> String {
    let unit = match change.unit {
        Unit::Points => "points",
        Unit::Relative => "%",
    };
    let (low, high) = (points(change.low), points(change.high));
    if change.is_clear() {
        let (near, far) = if change.low > 0.0 { (low, high) } else { (high.abs(), low.abs()) };
        format!("95 % interval {near}–{far} {unit}")
    } else {
        format!("95 % interval from {} {unit} less to {high} {unit} more", low.abs())
    }
}

/// What is different, as a verb that `than` follows.
fn said(aspect: Aspect, change: Change) -> String {
    let is_more = change.by > 0.0;
    let by = match change.unit {
        Unit::Points => count(points(change.by).unsigned_abs(), "point"),
        Unit::Relative => format!("{} %", points(change.by).abs()),
    };
    let more = if is_more { "more" } else { "less" };
    match aspect {
        Aspect::FirstPass => format!("is approved as it was put up {by} {more} often"),
        Aspect::Editing => format!("needs {by} {more} editing"),
        Aspect::TimeToDecision => format!("is decided on in {by} {more} time"),
        Aspect::Brand => format!("keeps {by} {} of the brand kit's rules at first", fewer(is_more)),
        Aspect::Unsupported => {
            format!("has {by} {} of its claims cut as unsupported", fewer(is_more))
        }
        Aspect::Disputed => format!("is disputed {by} {more} often"),
        Aspect::AlertPrecision => format!("is useful {by} {more} often"),
        Aspect::Acceptance => format!("has its leads kept by sales {by} {more} often"),
        Aspect::CostPerAccepted => format!("costs {by} {more} for each accepted result"),
        Aspect::CallsFailed => format!("fails {by} {more} often"),
    }
}

const fn fewer(is_more: bool) -> &'static str {
    if is_more { "more" } else { "fewer" }
}

const fn noun(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::FirstPass => "first-pass approval",
        Aspect::Editing => "editing",
        Aspect::TimeToDecision => "time to a decision",
        Aspect::Brand => "brand rules kept",
        Aspect::Unsupported => "unsupported claims",
        Aspect::Disputed => "disputes",
        Aspect::AlertPrecision => "useful alerts",
        Aspect::Acceptance => "leads that sales kept",
        Aspect::CostPerAccepted => "cost",
        Aspect::CallsFailed => "failed calls",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_said_with_its_interval() {
        let check = |aspect, unit, by, low, high, expected: &str| {
            let change = Change { unit, by, low, high };
            assert_eq!(format!("{} ({})", said(aspect, change), interval(change)), expected);
        };
        let (points, relative) = (Unit::Points, Unit::Relative);
        check(
            Aspect::Editing,
            relative,
            -0.31,
            -0.47,
            -0.12,
            "needs 31 % less editing (95 % interval 12–47 %)",
        );
        check(
            Aspect::FirstPass,
            points,
            0.15,
            0.02,
            0.281,
            "is approved as it was put up 15 points more often (95 % interval 2–28 points)",
        );
        check(
            Aspect::TimeToDecision,
            relative,
            0.5,
            0.1,
            1.2,
            "is decided on in 50 % more time (95 % interval 10–120 %)",
        );
        check(
            Aspect::Unsupported,
            relative,
            -0.4,
            -0.6,
            -0.1,
            "has 40 % fewer of its claims cut as unsupported (95 % interval 10–60 %)",
        );
        let open = Change { unit: points, by: 0.05, low: -0.08, high: 0.2 };
        assert_eq!(interval(open), "95 % interval from 8 points less to 20 points more");
    }
}
