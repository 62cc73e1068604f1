//! What happens when.
//!
//! [`SCHEDULES`] is the table: each schedule has a name, a cron expression in a time zone (both from
//! the manifest), a job, and a word on what becomes of an occurrence that was missed. When each
//! happens next stands in Postgres; every replica calls [`tick`] each second, and whichever gets the
//! row enqueues the job and moves the row on, in one transaction.
//!
//! Local time is computed here with the zone database that is built in, never by Postgres. A time of
//! day that a change of the clocks leaves out happens right after the gap; one that it repeats happens
//! the first time only.
//!
//! **Invariant:** an occurrence enqueues its job exactly once, however many replicas there are and
//! whenever they stop.
//!
//! **Invariant:** of several occurrences that were missed, at most the last is made up for.

mod store;

use std::str::FromStr;

use anyhow::{Context, anyhow};
use croner::Cron;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::alerts;
use crate::app::App;
use crate::config::Manifest;
use crate::error::Result;
use crate::experiments;
use crate::jobs::{self, Job};
use crate::leads::handoffs;
use crate::reviews;
use crate::summaries;

/// Everything that happens by the clock.
pub const SCHEDULES: &[Schedule] = &[CHECKPOINT, INSPECTION, SCORING, LEADS_DIGEST];

const CHECKPOINT: Schedule = Schedule {
    name: "daily_checkpoint",
    when: |manifest| {
        let at = manifest.audit.as_ref()?.at;
        Some(When {
            cron: format!("{} {} * * *", at.minute(), at.hour()),
            zone: manifest.zone.clone(),
        })
    },
    job: |occurrence| Job::PostCheckpoint { day: occurrence.day() },
    // A witness is worth having late: until the next one is due.
    made_up_within: SignedDuration::from_hours(24),
};

/// That nothing came is found by no import, so it is looked for.
const INSPECTION: Schedule = Schedule {
    name: "hourly_inspection",
    when: |manifest| {
        manifest.agent(alerts::AGENT)?;
        Some(When { cron: "7 * * * *".to_owned(), zone: manifest.zone.clone() })
    },
    job: |_| Job::Inspect,
    made_up_within: SignedDuration::from_hours(1),
};

/// What leads did fades from day to day, and so do their scores.
const SCORING: Schedule = Schedule {
    name: "daily_scoring",
    when: |manifest| {
        manifest.sales.as_ref()?;
        Some(When { cron: "20 4 * * *".to_owned(), zone: manifest.zone.clone() })
    },
    job: |_| Job::RefreshLeads,
    made_up_within: SignedDuration::from_hours(20),
};

const LEADS_DIGEST: Schedule = Schedule {
    name: "weekly_leads_digest",
    when: |manifest| {
        let (day, at) = manifest.sales.as_ref()?.digest?;
        let day = day.to_sunday_zero_offset();
        Some(When {
            cron: format!("{} {} * * {day}", at.minute(), at.hour()),
            zone: manifest.zone.clone(),
        })
    },
    job: |occurrence| Job::PostLeadsDigest { day: occurrence.day() },
    made_up_within: SignedDuration::from_hours(48),
};

/// One line of the table.
pub struct Schedule {
    pub name: &'static str,
    /// Nothing where the manifest does not ask for it.
    pub when: fn(&Manifest) -> Option<When>,
    pub job: fn(Occurrence) -> Job,
    /// An occurrence that is late by less is done late, once; one that is later is skipped, and the log
    /// says so.
    pub made_up_within: SignedDuration,
}

/// A cron expression of five fields, in a time zone.
#[derive(Clone, PartialEq, Debug)]
pub struct When {
    pub cron: String,
    pub zone: TimeZone,
}

/// One moment at which a schedule says that something happens.
#[derive(Clone, PartialEq, Debug)]
pub struct Occurrence {
    pub at: Timestamp,
    pub zone: TimeZone,
}

impl Occurrence {
    /// The day that it falls on, in the schedule's zone.
    pub fn day(&self) -> Date {
        self.zone.to_datetime(self.at).date()
    }
}

impl When {
    /// The first occurrence after `moment`.
    pub fn next_after(&self, moment: Timestamp) -> anyhow::Result<Timestamp> {
        let from = moment.to_zoned(self.zone.clone());
        let next = self.parsed()?.find_next_occurrence(&from, false);
        Ok(next.with_context(|| format!("{:?} never happens again", self.cron))?.timestamp())
    }

    /// The last occurrence that is not after `moment`, if there was one since `since`.
    fn last_until(&self, moment: Timestamp, since: Timestamp) -> anyhow::Result<Option<Timestamp>> {
        let from = moment.to_zoned(self.zone.clone());
        let last = self.parsed()?.find_previous_occurrence(&from, true).ok();
        Ok(last.map(|last| last.timestamp()).filter(|last| *last >= since))
    }

    fn parsed(&self) -> anyhow::Result<Cron> {
        Cron::from_str(&self.cron)
            .map_err(|why| anyhow!("{:?} is no cron expression: {why}", self.cron))
    }
}

/// Does what is due, and sees to it that the table of the database is that of the manifest.
pub async fn tick(app: &App) -> Result<()> {
    tick_with(app, SCHEDULES).await?;
    let mut tx = app.db.begin().await?;
    reviews::due(&mut tx, app.workspace.id, app.now()).await?;
    alerts::due(&mut tx, app.workspace.id, app.now()).await?;
    experiments::due(&mut tx, app.workspace.id, app.now()).await?;
    handoffs::due(&mut tx, app.workspace.id, app.now()).await?;
    summaries::due(&mut tx, app).await?;
    tx.commit().await?;
    Ok(())
}

/// The same with another table, which tests use.
pub async fn tick_with(app: &App, schedules: &[Schedule]) -> Result<()> {
    let now = app.now();
    let stored = store::all(&app.db, app.workspace.id).await?;
    if stored.iter().any(|row| row.next_at <= now) {
        act(app, schedules, now).await?;
    }
    adjust(app, schedules, &stored, now).await
}

async fn act(app: &App, schedules: &[Schedule], now: Timestamp) -> Result<()> {
    let mut tx = app.db.begin().await?;
    for row in store::take_due(&mut tx, app.workspace.id, now).await? {
        let when = row.when()?;
        // What was due under the old times is done under them, even if the manifest has others by now.
        if let Some(schedule) = schedules.iter().find(|schedule| schedule.name == row.name) {
            let last = when.last_until(now, row.next_at)?.unwrap_or(row.next_at);
            if row.next_at < last {
                tracing::warn!(
                    schedule.name = row.name, missed.first = %row.next_at,
                    "occurrences of a schedule were missed; only the last of them can be made up for"
                );
            }
            let late = now.duration_since(last);
            if late < schedule.made_up_within {
                let occurrence = Occurrence { at: last, zone: when.zone.clone() };
                jobs::enqueue(&mut tx, app.workspace.id, (schedule.job)(occurrence)).await?;
                tracing::info!(
                    schedule.name = row.name,
                    late_s = late.as_secs(),
                    "a schedule was due"
                );
            } else {
                tracing::warn!(
                    schedule.name = row.name,
                    late_s = late.as_secs(),
                    "an occurrence of a schedule was missed by too much, and is skipped"
                );
            }
        }
        store::move_on(&mut tx, app.workspace.id, &row.name, when.next_after(now)?).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Adds, changes and removes rows where the manifest says something else. What is due is left alone.
async fn adjust(
    app: &App,
    schedules: &[Schedule],
    stored: &[store::Row],
    now: Timestamp,
) -> Result<()> {
    for schedule in schedules {
        let row = stored.iter().find(|row| row.name == schedule.name);
        match ((schedule.when)(&app.manifest), row) {
            (Some(when), Some(row)) if row.says(&when) => {}
            (Some(when), _) => {
                let next = when.next_after(now)?;
                store::save(&app.db, app.workspace.id, schedule.name, &when, next, now).await?;
            }
            (None, Some(_)) => store::remove(&app.db, app.workspace.id, schedule.name, now).await?,
            (None, None) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn when(cron: &str, zone: &str) -> When {
        When { cron: cron.to_owned(), zone: TimeZone::get(zone).unwrap() }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// The occurrences from the first moment to the second, in UTC.
    fn occurrences(when: &When, from: &str, to: &str) -> Vec<String> {
        let (mut moment, to) = (at(from), at(to));
        let mut found = Vec::new();
        loop {
            moment = when.next_after(moment).unwrap();
            if moment > to {
                return found;
            }
            found.push(moment.to_string());
        }
    }

    #[test]
    fn a_day_has_one_occurrence_whatever_the_clocks_do() {
        let check = |cron: &str, zone: &str, from: &str, to: &str, expected: &[&str]| {
            assert_eq!(occurrences(&when(cron, zone), from, to), expected, "{cron} in {zone}");
        };
        // Berlin, 29 March 2026: 02:30 does not exist; 25 October: it exists twice.
        check(
            "30 2 * * *",
            "Europe/Berlin",
            "2026-03-28T00:00:00Z",
            "2026-03-30T12:00:00Z",
            &["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
        );
        check(
            "30 2 * * *",
            "Europe/Berlin",
            "2026-10-24T12:00:00Z",
            "2026-10-26T12:00:00Z",
            &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
        );
        // New York, 8 March and 1 November 2026.
        check(
            "30 2 * * *",
            "America/New_York",
            "2026-03-07T12:00:00Z",
            "2026-03-09T12:00:00Z",
            &["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"],
        );
        check(
            "30 1 * * *",
            "America/New_York",
            "2026-10-31T12:00:00Z",
            "2026-11-02T12:00:00Z",
            &["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"],
        );
        // Lord Howe Island moves by half an hour, on 5 April and 4 October 2026.
        check(
            "15 2 * * *",
            "Australia/Lord_Howe",
            "2026-10-02T20:00:00Z",
            "2026-10-04T20:00:00Z",
            &["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"],
        );
        check(
            "45 1 * * *",
            "Australia/Lord_Howe",
            "2026-04-03T20:00:00Z",
            "2026-04-05T20:00:00Z",
            &["2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"],
        );
    }

    #[test]
    fn seven_in_the_morning_is_seven_all_year() {
        let when = when("0 7 * * *", "Europe/Berlin");
        let days = occurrences(&when, "2026-01-01T00:00:00Z", "2026-12-31T23:00:00Z");
        assert_eq!(days.len(), 365);
        for moment in days {
            let local = when.zone.to_datetime(at(&moment));
            assert_eq!((local.hour(), local.minute()), (7, 0), "{moment}");
        }
    }

    #[test]
    fn weekdays_are_those_of_the_office() {
        let days = occurrences(
            &when("0 9 * * 1-5", "Asia/Kolkata"),
            "2026-11-20T12:00:00Z",
            "2026-11-24T12:00:00Z",
        );
        assert_eq!(days, ["2026-11-23T03:30:00Z", "2026-11-24T03:30:00Z"]);
    }

    #[test]
    fn the_last_of_what_was_missed_is_found() {
        let when = when("0 7 * * *", "Etc/UTC");
        let last = |now: &str, since: &str| when.last_until(at(now), at(since)).unwrap();
        assert_eq!(
            last("2026-11-22T06:59:59Z", "2026-11-19T07:00:00Z"),
            Some(at("2026-11-21T07:00:00Z"))
        );
        assert_eq!(
            last("2026-11-22T07:00:00Z", "2026-11-19T07:00:00Z"),
            Some(at("2026-11-22T07:00:00Z"))
        );
        assert_eq!(last("2026-11-22T06:00:00Z", "2026-11-22T00:00:00Z"), None);
    }

    #[test]
    fn the_table_can_be_read() {
        let manifest = Manifest::load(None).unwrap();
        for schedule in SCHEDULES {
            let when = (schedule.when)(&manifest).expect("the example asks for everything");
            assert!(when.next_after(Timestamp::UNIX_EPOCH).is_ok(), "{}", schedule.name);
        }
    }
}
