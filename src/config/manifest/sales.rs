//! Who gets leads worth a call, when they work, and how long an answer may take.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use serde::Deserialize;
use toml::Spanned;

use super::raw::{self, Checked, problem};
use crate::ids::PersonId;

/// How many leads are handed over in a day at most, unless the manifest says otherwise.
const A_DAY: i64 = 50;

const MORNING: Time = Time::constant(9, 0, 0, 0);
const EVENING: Time = Time::constant(17, 0, 0, 0);
const WORKDAYS: [Weekday; 5] =
    [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];

/// The table `[sales]`.
#[derive(Clone, PartialEq, Debug)]
pub struct Sales {
    /// Where notes go: `#name`, or Slack's id of the channel.
    pub channel: String,
    /// The group whose members claim leads.
    pub group: String,
    /// The group that is told when nobody does.
    pub manager: Option<String>,
    /// The points from which on a lead is worth a call.
    pub threshold: i32,
    /// How many leads are handed over in a day at most: the best first.
    pub a_day: i64,
    /// When the team works, by which it is counted how long somebody takes.
    pub time: WorkingTime,
    /// Seconds of working time after which whoever has a lead is reminded, another is asked, and the
    /// manager is told.
    pub remind_after_s: Option<i64>,
    pub reassign_after_s: Option<i64>,
    pub escalate_after_s: Option<i64>,
    pub people: Vec<Seller>,
    /// When the week's digest comes, if it does: in the team's zone.
    pub digest: Option<(Weekday, Time)>,
}

/// Somebody who is given leads.
#[derive(Clone, PartialEq, Debug)]
pub struct Seller {
    pub person: PersonId,
    /// Countries or regions, as leads have them; all where there are none.
    pub territories: Vec<String>,
    /// The companies that are theirs, by how many people work there.
    pub least_size: Option<f64>,
    pub most_size: Option<f64>,
    /// How many leads they have at once.
    pub at_once: Option<u32>,
    pub time: WorkingTime,
}

/// When somebody works.
#[derive(Clone, PartialEq, Debug)]
pub struct WorkingTime {
    pub zone: TimeZone,
    pub days: Vec<Weekday>,
    pub from: Time,
    pub to: Time,
    pub holidays: Vec<Date>,
    /// Days away, both ends counted.
    pub away: Vec<(Date, Date)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    channel: Spanned<String>,
    group: Spanned<String>,
    manager: Option<Spanned<String>>,
    threshold: Spanned<i32>,
    a_day: Option<Spanned<i64>>,
    zone: Option<Spanned<String>>,
    hours: Option<Spanned<String>>,
    days: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    holidays: Vec<Spanned<String>>,
    remind_after: Option<Spanned<String>>,
    reassign_after: Option<Spanned<String>>,
    escalate_after: Option<Spanned<String>>,
    digest: Option<Spanned<String>>,
    #[serde(default)]
    person: Vec<RawSeller>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSeller {
    id: Spanned<PersonId>,
    #[serde(default)]
    territories: Vec<String>,
    least_size: Option<f64>,
    most_size: Option<f64>,
    at_once: Option<u32>,
    zone: Option<Spanned<String>>,
    hours: Option<Spanned<String>>,
    days: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    holidays: Vec<Spanned<String>>,
    #[serde(default)]
    away: Vec<Spanned<String>>,
}

impl WorkingTime {
    pub fn works_on(&self, day: Date) -> bool {
        self.days.contains(&day.weekday())
            && !self.holidays.contains(&day)
            && !self.away.iter().any(|(first, last)| (*first..=*last).contains(&day))
    }
}

impl Raw {
    pub fn check(&self, groups: &[&str]) -> Checked {
        if self.channel.get_ref().trim_start_matches('#').trim().is_empty() {
            let sentence = "the sales channel has no name; give one such as \"#sales\"".to_owned();
            return problem(&self.channel, sentence);
        }
        for group in [Some(&self.group), self.manager.as_ref()].into_iter().flatten() {
            let wanted = group.get_ref();
            if !groups.contains(&wanted.as_str()) {
                let sentence = format!(
                    "[sales] names the group {wanted:?}, which this file does not declare; add it under [[group]]"
                );
                return problem(group, sentence);
            }
        }
        if *self.threshold.get_ref() <= 0 {
            let sentence = "the threshold of leads must be above 0".to_owned();
            return problem(&self.threshold, sentence);
        }
        if let Some(a_day) = self.a_day.as_ref().filter(|it| *it.get_ref() <= 0) {
            let sentence = "a_day is how many leads sales gets in a day; it must be above 0";
            return problem(a_day, sentence.to_owned());
        }
        self.check_times()?;
        for (index, seller) in self.person.iter().enumerate() {
            seller.check(&self.person[..index])?;
        }
        Ok(())
    }

    fn check_times(&self) -> Checked {
        let spans = [&self.remind_after, &self.reassign_after, &self.escalate_after];
        for span in spans.into_iter().flatten() {
            if raw::seconds(span.get_ref()).is_none() {
                let sentence = format!(
                    "[sales] has the duration {:?}; write one of working time, such as \"30m\" or \"4h\"",
                    span.get_ref()
                );
                return problem(span, sentence);
            }
        }
        if let (Some(after), None) = (&self.escalate_after, &self.manager) {
            let sentence =
                "[sales] says when to escalate, not to whom; add manager with a group".to_owned();
            return problem(after, sentence);
        }
        if let Some(digest) = &self.digest
            && read_digest(digest.get_ref()).is_none()
        {
            let sentence = format!(
                "the digest of leads comes on {:?}; write a day and a time, such as \"monday 08:00\"",
                digest.get_ref()
            );
            return problem(digest, sentence);
        }
        check_zone(self.zone.as_ref())?;
        check_hours(self.hours.as_ref())?;
        check_days(self.days.as_deref())?;
        check_dates(&self.holidays)
    }

    /// The table, once it was checked.
    pub fn into_sales(self, zone: &TimeZone) -> Sales {
        let (from, to) = hours(self.hours.as_ref()).unwrap_or((MORNING, EVENING));
        let time = WorkingTime {
            zone: zone_of(self.zone.as_ref()).unwrap_or_else(|| zone.clone()),
            days: days(self.days.as_deref()).unwrap_or_else(|| WORKDAYS.to_vec()),
            from,
            to,
            holidays: dates(&self.holidays),
            away: Vec::new(),
        };
        let seconds =
            |span: Option<Spanned<String>>| span.and_then(|it| raw::seconds(it.get_ref()));
        Sales {
            channel: self.channel.into_inner(),
            group: self.group.into_inner(),
            manager: self.manager.map(Spanned::into_inner),
            threshold: self.threshold.into_inner(),
            a_day: self.a_day.map_or(A_DAY, Spanned::into_inner),
            remind_after_s: seconds(self.remind_after),
            reassign_after_s: seconds(self.reassign_after),
            escalate_after_s: seconds(self.escalate_after),
            people: self.person.into_iter().map(|it| it.into_seller(&time)).collect(),
            digest: self.digest.and_then(|it| read_digest(it.get_ref())),
            time,
        }
    }
}

impl RawSeller {
    fn check(&self, before: &[Self]) -> Checked {
        let id = self.id.get_ref();
        if before.iter().any(|other| other.id.get_ref() == id) {
            let sentence = format!("{id} is given leads twice; put both into one [[sales.person]]");
            return problem(&self.id, sentence);
        }
        check_zone(self.zone.as_ref())?;
        check_hours(self.hours.as_ref())?;
        check_days(self.days.as_deref())?;
        check_dates(&self.holidays)?;
        match self.away.iter().find(|it| read_away(it.get_ref()).is_none()) {
            Some(away) => {
                let sentence = format!(
                    "{id} is away {:?}; write a day such as \"2026-12-24\", or \"2026-12-21 to 2027-01-02\"",
                    away.get_ref()
                );
                problem(away, sentence)
            }
            None => Ok(()),
        }
    }

    /// What is not said of a person is as it is for the team.
    fn into_seller(self, team: &WorkingTime) -> Seller {
        let (from, to) = hours(self.hours.as_ref()).unwrap_or((team.from, team.to));
        let time = WorkingTime {
            zone: zone_of(self.zone.as_ref()).unwrap_or_else(|| team.zone.clone()),
            days: days(self.days.as_deref()).unwrap_or_else(|| team.days.clone()),
            from,
            to,
            holidays: team.holidays.iter().copied().chain(dates(&self.holidays)).collect(),
            away: self.away.iter().filter_map(|it| read_away(it.get_ref())).collect(),
        };
        Seller {
            person: self.id.into_inner(),
            territories: self.territories,
            least_size: self.least_size,
            most_size: self.most_size,
            at_once: self.at_once,
            time,
        }
    }
}

fn check_zone(zone: Option<&Spanned<String>>) -> Checked {
    match zone.filter(|it| TimeZone::get(it.get_ref()).is_err()) {
        Some(zone) => {
            let sentence = format!(
                "no time zone is named {:?}; use an IANA name such as Europe/Berlin",
                zone.get_ref()
            );
            problem(zone, sentence)
        }
        None => Ok(()),
    }
}

fn check_hours(text: Option<&Spanned<String>>) -> Checked {
    match text.filter(|it| hours(Some(it)).is_none()) {
        Some(text) => {
            let sentence = format!(
                "{:?} are no working hours; write the earlier time first, as \"09:00-17:00\"",
                text.get_ref()
            );
            problem(text, sentence)
        }
        None => Ok(()),
    }
}

fn check_days(days: Option<&[Spanned<String>]>) -> Checked {
    match days.unwrap_or_default().iter().find(|it| weekday(it.get_ref()).is_none()) {
        Some(day) => {
            problem(day, format!("{:?} is no day of the week; write \"monday\"", day.get_ref()))
        }
        None => Ok(()),
    }
}

fn check_dates(dates: &[Spanned<String>]) -> Checked {
    match dates.iter().find(|it| it.get_ref().parse::<Date>().is_err()) {
        Some(date) => {
            let sentence = format!("{:?} is no date; write it as 2026-12-25", date.get_ref());
            problem(date, sentence)
        }
        None => Ok(()),
    }
}

fn zone_of(zone: Option<&Spanned<String>>) -> Option<TimeZone> {
    TimeZone::get(zone?.get_ref()).ok()
}

fn hours(text: Option<&Spanned<String>>) -> Option<(Time, Time)> {
    let (from, to) = text?.get_ref().split_once('-')?;
    let time = |text: &str| Time::strptime("%H:%M", text.trim()).ok();
    let (from, to) = (time(from)?, time(to)?);
    (from < to).then_some((from, to))
}

fn days(days: Option<&[Spanned<String>]>) -> Option<Vec<Weekday>> {
    Some(days?.iter().filter_map(|it| weekday(it.get_ref())).collect())
}

fn weekday(text: &str) -> Option<Weekday> {
    Some(match text.trim().to_lowercase().as_str() {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

fn dates(dates: &[Spanned<String>]) -> Vec<Date> {
    dates.iter().filter_map(|it| it.get_ref().parse().ok()).collect()
}

fn read_away(text: &str) -> Option<(Date, Date)> {
    let (first, last) = text.split_once(" to ").unwrap_or((text, text));
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then_some((first, last))
}

fn read_digest(text: &str) -> Option<(Weekday, Time)> {
    let (day, time) = text.trim().split_once(' ')?;
    Some((weekday(day)?, Time::strptime("%H:%M", time.trim()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_are_read_as_people_write_them() {
        assert_eq!(
            read_digest("monday 08:00"),
            Some((Weekday::Monday, Time::constant(8, 0, 0, 0)))
        );
        assert_eq!(read_digest("08:00"), None);
        let christmas = jiff::civil::date(2026, 12, 24);
        assert_eq!(read_away("2026-12-24"), Some((christmas, christmas)));
        assert_eq!(read_away("2026-12-24 to 2026-12-20"), None);
    }
}
