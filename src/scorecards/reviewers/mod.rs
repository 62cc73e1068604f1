//! What reviewers carry, and whether there is time to read: per person and week, from their decisions.
//!
//! Counts only, no titles, so that nothing of a private channel is told. Whoever answers for an agent reads
//! everybody's; anyone else reads their own. What was taken back, and approvals that the policy carried
//! over to a changed text, are not counted.
//!
//! **Invariant:** it judges nobody: that a decision came sooner than a text can be read is a fact, and what
//! it means is for people to ask each other.

mod message;
mod store;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use sqlx::PgPool;

use super::measured::{Share, Waits};
use crate::app::App;
use crate::config::{Every, Manifest};
use crate::error::Result;
use crate::ids::{PersonId, WorkspaceId};
use crate::reviews;
use crate::slack::Post;

pub use message::plain;

/// How many weeks are told, with the one that is under way.
const WEEKS: usize = 4;

/// A person who decided something in these weeks.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Reviewer {
    pub person: PersonId,
    /// Of all the weeks together.
    #[serde(flatten)]
    pub load: Load,
    /// The oldest first, those without a decision too.
    pub weeks: Vec<Week>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Week {
    /// A Monday, in the team's zone.
    pub from: Date,
    #[serde(flatten)]
    pub load: Load,
}

/// What a person decided in a stretch of time.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Load {
    pub decisions: u64,
    /// From when a text could be read until they decided.
    #[serde(rename = "median_decision_s")]
    pub waits: Waits,
    /// Of their decisions: approvals of the text as it was put before them.
    pub unchanged: Share,
    /// Of their approvals: those that came sooner than the text can be read.
    pub hasty: Share,
}

/// A decision, as far as it says something about load.
struct Decided {
    person: PersonId,
    at: Timestamp,
    approves: bool,
    /// Whether they had put their own words in the text's place.
    is_theirs: bool,
    open_s: i32,
    reading_s: i32,
}

/// Everybody who decided something in the last weeks, those with most decisions first.
pub async fn reviewers(
    db: &PgPool,
    workspace: WorkspaceId,
    manifest: &Manifest,
    now: Timestamp,
) -> Result<Vec<Reviewer>> {
    let mondays = mondays(&manifest.zone, now)?;
    let since = mondays[0].to_zoned(manifest.zone.clone())?.timestamp();
    let decided = store::decided_since(db, workspace, since).await?;
    Ok(of_each(&mondays, &manifest.zone, decided))
}

/// What a person may read of it, as the answer to their command.
pub async fn for_person(app: &App, person: &PersonId) -> Result<Post> {
    let all = reviewers(&app.db, app.workspace.id, &app.manifest, app.now()).await?;
    let owners = super::owners(&app.manifest);
    let is_owner = !reviews::groups_of(app, &owners, person).await?.is_empty();
    let theirs = |one: &Reviewer| is_owner || one.person == *person;
    let shown: Vec<Reviewer> = all.into_iter().filter(theirs).collect();
    Ok(message::card(&shown, is_owner, &owners))
}

fn mondays(zone: &TimeZone, now: Timestamp) -> Result<Vec<Date>> {
    let (this, _) = Every::Week.around(now.to_zoned(zone.clone()).date());
    let mut mondays = vec![this];
    for _ in 1..WEEKS {
        let (before, _) = Every::Week.around(mondays[0].yesterday()?);
        mondays.insert(0, before);
    }
    Ok(mondays)
}

fn of_each(mondays: &[Date], zone: &TimeZone, mut decided: Vec<Decided>) -> Vec<Reviewer> {
    decided.sort_by(|one, other| one.person.cmp(&other.person));
    let each = decided.chunk_by(|one, other| one.person == other.person).map(|theirs| {
        let week_of = |one: &Decided| Every::Week.around(one.at.to_zoned(zone.clone()).date()).0;
        let weeks = mondays.iter().map(|monday| Week {
            from: *monday,
            load: Load::of(theirs.iter().filter(|one| week_of(one) == *monday)),
        });
        Reviewer {
            person: theirs[0].person.clone(),
            load: Load::of(theirs.iter()),
            weeks: weeks.collect(),
        }
    });
    let mut all: Vec<Reviewer> = each.collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.load.decisions));
    all
}

impl Load {
    fn of<'a>(decided: impl Iterator<Item = &'a Decided>) -> Self {
        let (mut load, mut waits) = (Self::default(), Vec::new());
        for one in decided {
            let unchanged = one.approves && !one.is_theirs;
            load.decisions += 1;
            load.unchanged += Share { of: 1, hits: u64::from(unchanged) };
            if unchanged {
                let hasty = reviews::is_hasty(one.open_s, one.reading_s);
                load.hasty += Share { of: 1, hits: u64::from(hasty) };
            }
            waits.push(one.open_s);
        }
        load.waits = Waits::new(waits);
        load
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_week_is_the_teams() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let now: Timestamp = "2026-03-31T10:00:00Z".parse().unwrap();
        let mondays = mondays(&zone, now).unwrap();
        assert_eq!(mondays[..2], [date(2026, 3, 9), date(2026, 3, 16)]);
        let decided = |person: &str, at: &str, open_s, approves, is_theirs| Decided {
            person: PersonId::from(person),
            at: at.parse().unwrap(),
            approves,
            is_theirs,
            open_s,
            reading_s: 60,
        };
        let all = vec![
            // Half past midnight on Monday in Berlin, before and after its clocks change.
            decided("U1", "2026-03-22T23:30:00Z", 10, true, false),
            decided("U1", "2026-03-29T22:30:00Z", 40, true, false),
            decided("U1", "2026-03-29T21:30:00Z", 90, false, false),
            decided("U1", "2026-03-29T21:40:00Z", 5, true, true),
            decided("U2", "2026-03-30T09:00:00Z", 70, true, false),
        ];
        let reviewers = of_each(&mondays, &zone, all);
        let first = &reviewers[0];
        assert_eq!((first.person.as_str(), first.load.decisions), ("U1", 4));
        let by_week: Vec<u64> = first.weeks.iter().map(|week| week.load.decisions).collect();
        assert_eq!(by_week, [0, 0, 3, 1]);
        assert_eq!(first.load.unchanged, Share { of: 4, hits: 2 });
        assert_eq!(first.load.hasty, Share { of: 2, hits: 1 });
        assert_eq!(first.load.waits.median_s(), Some(25.0));
        assert_eq!(reviewers[1].person.as_str(), "U2");
    }
}
