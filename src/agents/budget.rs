//! What an agent may use up in a day of the team's zone.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

use super::model::Failure;
use crate::config::{Agent, Budget};
use crate::words::grouped;

/// A day, from its first moment to that of the next. Some have 23 hours, some 25.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Day {
    pub from: Timestamp,
    pub until: Timestamp,
    next: Zoned,
}

/// What was used of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Used {
    /// What the calls were for.
    pub runs: u64,
    pub tokens: u64,
    /// Whether the one that asks is among them.
    pub has_begun: bool,
}

impl Day {
    /// The one that `now` lies in.
    pub fn of(now: Timestamp, zone: &TimeZone) -> anyhow::Result<Self> {
        let today = now.to_zoned(zone.clone());
        let next = today.date().checked_add(1.day())?.to_zoned(zone.clone())?;
        Ok(Self { from: today.start_of_day()?.timestamp(), until: next.timestamp(), next })
    }

    /// When the next one begins: `Monday at 00:00 (Europe/Berlin)`.
    pub fn next_in_words(&self) -> String {
        let zone = self.next.time_zone().iana_name().unwrap_or("UTC");
        format!("{} ({zone})", self.next.strftime("%A at %H:%M"))
    }
}

/// Whether another call may begin; else the sentence that says why not. What is asked within a run
/// that has begun belongs to that run.
pub(super) fn check(agent: &Agent, budget: &Budget, used: &Used, day: &Day) -> Result<(), Failure> {
    let used_up = |used: String| {
        let again = format!("on {}", day.next_in_words());
        Err(Failure::BudgetUsedUp { agent: agent.name.clone(), used, again })
    };
    match (budget.runs.map(u64::from), budget.tokens) {
        (Some(runs), _) if !used.has_begun && used.runs >= runs => {
            used_up(format!("{} of {} runs", grouped(used.runs), grouped(runs)))
        }
        (_, Some(tokens)) if used.tokens >= tokens => {
            used_up(format!("{} of {} tokens", grouped(used.tokens), grouped(tokens)))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Manifest;

    fn day(now: &str) -> Day {
        Day::of(now.parse().unwrap(), &TimeZone::get("Europe/Berlin").unwrap()).unwrap()
    }

    #[test]
    fn a_day_is_that_of_the_teams_zone() {
        let check = |now: &str, from: &str, until: &str| {
            let day = day(now);
            assert_eq!(
                (day.from.to_string().as_str(), day.until.to_string().as_str()),
                (from, until)
            );
        };
        check("2026-11-22T22:59:59Z", "2026-11-21T23:00:00Z", "2026-11-22T23:00:00Z");
        check("2026-11-22T23:00:00Z", "2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z");
        // The clocks went back an hour: 25 hours.
        check("2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z");
    }

    #[test]
    fn a_budget_that_is_used_up_says_which_how_much_and_until_when() {
        let manifest = Manifest::load(None).unwrap();
        let agent = manifest.agent("research").unwrap();
        let check = |budget: Budget, runs: u64, tokens: u64, has_begun: bool, expected: &str| {
            let used = Used { runs, tokens, has_begun };
            let said = super::check(agent, &budget, &used, &day("2026-11-22T09:00:00Z"));
            let said = said.map_or_else(|failure| failure.to_string(), |()| String::new());
            assert_eq!(said, expected);
        };
        let budget = Budget { runs: Some(20), tokens: Some(1_000_000) };
        check(budget, 19, 999_999, false, "");
        check(budget, 20, 10, true, "");
        check(
            budget,
            20,
            10,
            false,
            "Today's budget of the agent research is used up: 20 of 20 runs. It begins anew on Monday at 00:00 (Europe/Berlin).",
        );
        check(
            budget,
            3,
            1_000_250,
            true,
            "Today's budget of the agent research is used up: 1,000,250 of 1,000,000 tokens. It begins anew on Monday at 00:00 (Europe/Berlin).",
        );
        check(Budget::default(), 9_999, 9_999_999, false, "");
    }
}
