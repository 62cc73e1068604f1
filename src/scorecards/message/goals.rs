//! What people read about the goals of an agent.

use super::figures::{duration, percent};
use super::versions::interval;
use crate::config::{Bound, Every, Measure};
use crate::scorecards::measured::ENOUGH;
use crate::scorecards::{Compared, Level, Moves, Progress, Standing};
use crate::slack::escape;
use crate::words::amount;

/// `“Drafts that need no work”, first-pass approval of at least 80 % in a month. This month 85 % (…), of
/// 14; last month 70 %, of 20. It moves toward the goal (…).`
pub(super) fn told(standing: &Standing) -> String {
    let (now, before) = match standing.every {
        Every::Day => ("Today", "yesterday"),
        Every::Week => ("This week", "last week"),
        Every::Month => ("This month", "last month"),
        Every::Quarter => ("This quarter", "last quarter"),
    };
    if standing.now.is_none() && standing.before.is_none() {
        return format!("{}. There is nothing to measure yet.", wanted(standing));
    }
    let under_way = match &standing.now {
        Some(level) => {
            let reached = if level.is_reached { "reached" } else { "not reached" };
            format!("{now} {}: {reached}", leveled(standing, level))
        }
        None => format!("{now} there is nothing yet"),
    };
    let over = match &standing.before {
        Some(level) => format!("{before} {}", leveled(standing, level)),
        None => format!("{before} there was nothing"),
    };
    format!("{}. {under_way}; {over}. {}", wanted(standing), moves(standing))
}

/// `“Accepted leads”, behind: 935 of at least 1,900 (49.2 %), after 50.0 % of November. The time before: 1,870
/// of at least 1,900 (98.4 %), in October.`
pub(super) fn progress(progress: &Progress) -> String {
    let Progress { now, before } = progress;
    let told = format!("“{}”, {}: {}.", now.name, now.state.words(), now.words());
    let before = before.as_ref().map(|it| format!(" The time before: {}.", it.words()));
    escape(&(told + &before.unwrap_or_default()))
}

/// The goal and how it stands in a clause, where it certainly moves or is missed; else none.
pub(super) fn certain(standing: &Standing) -> Option<String> {
    let level = standing.now.filter(|level| level.of >= ENOUGH)?;
    let is_worth_telling =
        !level.is_reached || matches!(standing.moves, Moves::Toward | Moves::Away);
    is_worth_telling.then(|| told(standing))
}

fn wanted(standing: &Standing) -> String {
    let measured = match standing.measure {
        Measure::FirstPass => "first-pass approval",
        Measure::Editing => "editing",
        Measure::TimeToDecision => "a median time to a decision",
        Measure::AlertPrecision => "useful alerts",
        Measure::Acceptance => "leads that sales keeps",
        Measure::CostPerAccepted => "a cost for each accepted result",
    };
    let bound = match standing.bound {
        Bound::AtLeast(least) => format!("at least {}", value(standing, least)),
        Bound::AtMost(most) => format!("at most {}", value(standing, most)),
    };
    let of = match standing.measure {
        Measure::AlertPrecision | Measure::Acceptance => ":",
        _ => " of",
    };
    format!("“{}”, {measured}{of} {bound} in a {}", escape(&standing.name), standing.every.name())
}

fn leveled(standing: &Standing, level: &Level) -> String {
    let interval = level.interval_95.map(|(low, high)| {
        let (low, high) = (value(standing, low), value(standing, high));
        let low = low.trim_end_matches(" %");
        format!(" (95 % interval {low}–{high})")
    });
    let interval = interval.unwrap_or_default();
    format!("{}{interval}, of {}", value(standing, level.value), level.of)
}

fn moves(standing: &Standing) -> String {
    match (standing.moves, standing.change) {
        (Moves::Toward, Some(Compared::Changed(change))) => {
            format!("It moves toward the goal ({}).", interval(change))
        }
        (Moves::Away, Some(Compared::Changed(change))) => {
            format!("It moves away from the goal ({}).", interval(change))
        }
        (_, Some(Compared::Changed(change))) => {
            format!("Whether it moves toward the goal is open ({}).", interval(change))
        }
        (_, Some(Compared::TooFew { now, before })) => format!(
            "Too few to say whether it moves: {now} against {before}, and it takes {ENOUGH} of each."
        ),
        _ => "Whether it moves cannot be said yet.".to_owned(),
    }
}

fn value(standing: &Standing, value: f64) -> String {
    match standing.measure {
        Measure::FirstPass | Measure::Editing | Measure::AlertPrecision | Measure::Acceptance => {
            format!("{} %", percent(value))
        }
        Measure::TimeToDecision => duration(value * 3_600.0),
        Measure::CostPerAccepted => escape(&amount(value, standing.currency.as_deref())),
    }
}
