//! Which channel reads a summary when, and of what.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::raw::{Checked, problem};

/// When a summary comes unless the manifest says otherwise.
const MORNING: Time = Time::constant(8, 0, 0, 0);

/// A part of a summary, in the order in which they are read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    Moved,
    Alerts,
    Waiting,
    Decided,
    Tests,
    Leads,
    Research,
    Data,
    Agents,
}

/// How much of each section stands in the message itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Length {
    Short,
    #[default]
    Full,
}

/// How far a summary looks back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edition {
    #[default]
    Daily,
    /// The first summary of a week.
    Weekly,
    /// The first summary of a month.
    Monthly,
}

/// The summary of a channel.
#[derive(Clone, PartialEq, Debug)]
pub struct Digest {
    /// `#name`, or Slack's id of the channel.
    pub channel: String,
    pub at: Time,
    pub zone: TimeZone,
    pub weekdays: Vec<Weekday>,
    /// Days on which nothing comes.
    pub holidays: Vec<Date>,
    pub sections: Vec<Section>,
    pub verbosity: Length,
    /// Besides the daily one.
    pub editions: Vec<Edition>,
}

/// A table `[[summary]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    channel: Spanned<String>,
    at: Option<Spanned<String>>,
    zone: Option<Spanned<String>>,
    weekdays: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    holidays: Vec<Spanned<String>>,
    sections: Option<Spanned<Vec<Section>>>,
    #[serde(default)]
    verbosity: Length,
    editions: Option<Vec<Edition>>,
}

impl Section {
    pub const ALL: [Self; 9] = [
        Self::Moved,
        Self::Alerts,
        Self::Waiting,
        Self::Decided,
        Self::Tests,
        Self::Leads,
        Self::Research,
        Self::Data,
        Self::Agents,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::Alerts => "alerts",
            Self::Waiting => "waiting",
            Self::Decided => "decided",
            Self::Tests => "tests",
            Self::Leads => "leads",
            Self::Research => "research",
            Self::Data => "data",
            Self::Agents => "agents",
        }
    }

    pub fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

impl Edition {
    pub const ALL: [Self; 3] = [Self::Daily, Self::Weekly, Self::Monthly];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
        }
    }

    pub fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// Days of its stretch, days from one stretch to the one that it is held against, and how many of
    /// those there are. A month counts as four weeks, so that every stretch has the same weekdays.
    pub const fn stretch(self) -> (i64, i64, i64) {
        match self {
            Self::Daily => (1, 7, 8),
            Self::Weekly => (7, 7, 8),
            Self::Monthly => (28, 28, 6),
        }
    }
}

impl Digest {
    /// Which edition comes on a day, after the last one that came: the first of a month, of a week, or
    /// one of the other days.
    pub fn edition_on(&self, day: Date, last: Option<Date>) -> Edition {
        let is_first_since = |from: Date| match last {
            Some(last) => last < from,
            None => !from.series(1.day()).take_while(|it| *it < day).any(|it| self.comes_on(it)),
        };
        let monday = day - i64::from(day.weekday().since(Weekday::Monday)).days();
        let comes = |edition, from| self.editions.contains(&edition) && is_first_since(from);
        match () {
            () if comes(Edition::Monthly, day.first_of_month()) => Edition::Monthly,
            () if comes(Edition::Weekly, monday) => Edition::Weekly,
            () => Edition::Daily,
        }
    }

    /// The moment of a day at which it comes: in a gap of the clocks right after it, in a repeated
    /// hour the first time.
    pub fn due_on(&self, day: Date) -> anyhow::Result<Timestamp> {
        Ok(day.to_datetime(self.at).to_zoned(self.zone.clone())?.timestamp())
    }

    pub fn comes_on(&self, day: Date) -> bool {
        self.weekdays.contains(&day.weekday()) && !self.holidays.contains(&day)
    }

    /// The day on which it comes next after a moment; none within a year.
    pub fn next_after(&self, moment: Timestamp) -> anyhow::Result<Option<(Date, Timestamp)>> {
        let mut day = moment.to_zoned(self.zone.clone()).date();
        for _ in 0..=366 {
            let due = self.due_on(day)?;
            if self.comes_on(day) && due > moment {
                return Ok(Some((day, due)));
            }
            day = day.tomorrow()?;
        }
        Ok(None)
    }
}

impl Raw {
    pub fn check(&self, before: &[Self]) -> Checked {
        let channel = self.channel.get_ref();
        if channel.trim_start_matches('#').trim().is_empty() {
            return problem(
                &self.channel,
                "a summary names no channel; write one such as \"#leadership\"".to_owned(),
            );
        }
        let name = |it: &str| it.trim_start_matches('#').to_owned();
        if before.iter().any(|other| name(other.channel.get_ref()) == name(channel)) {
            return problem(
                &self.channel,
                format!("two summaries are for {channel:?}; a channel has one a day"),
            );
        }
        if let Some(at) = self.at.as_ref().filter(|at| time_of_day(at.get_ref()).is_none()) {
            let said = at.get_ref();
            return problem(at, format!("{said:?} is no time of day; write it as \"08:00\""));
        }
        if let Some(zone) = self.zone.as_ref().filter(|it| TimeZone::get(it.get_ref()).is_err()) {
            let said = zone.get_ref();
            return problem(
                zone,
                format!("no time zone is named {said:?}; use an IANA name such as Europe/Berlin"),
            );
        }
        for day in self.weekdays.iter().flatten() {
            if weekday(day.get_ref()).is_none() {
                let said = day.get_ref();
                return problem(day, format!("{said:?} is no weekday; write one such as \"mon\""));
            }
        }
        for day in &self.holidays {
            if day.get_ref().parse::<Date>().is_err() {
                let said = day.get_ref();
                return problem(day, format!("{said:?} is no date; write it as \"2026-12-24\""));
            }
        }
        match &self.sections {
            Some(none) if none.get_ref().is_empty() => problem(
                none,
                "a summary has no sections; leave the line out to have all of them".to_owned(),
            ),
            _ => Ok(()),
        }
    }

    /// The table, once it was checked; `zone` is the team's.
    pub fn into_digest(self, zone: &TimeZone) -> Digest {
        let own = self.zone.and_then(|zone| TimeZone::get(zone.get_ref()).ok());
        let weekdays = match &self.weekdays {
            Some(days) => days.iter().filter_map(|day| weekday(day.get_ref())).collect(),
            None => WEEKDAYS[..5].iter().map(|(_, day)| *day).collect(),
        };
        let mut sections = self.sections.map_or_else(|| Section::ALL.to_vec(), Spanned::into_inner);
        sections.sort();
        sections.dedup();
        Digest {
            channel: self.channel.into_inner(),
            at: self.at.and_then(|at| time_of_day(at.get_ref())).unwrap_or(MORNING),
            zone: own.unwrap_or_else(|| zone.clone()),
            weekdays,
            holidays: self.holidays.iter().filter_map(|day| day.get_ref().parse().ok()).collect(),
            sections,
            verbosity: self.verbosity,
            editions: self.editions.unwrap_or_else(|| Edition::ALL.to_vec()),
        }
    }
}

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

fn weekday(name: &str) -> Option<Weekday> {
    WEEKDAYS.into_iter().find(|(short, _)| *short == name).map(|(_, day)| day)
}

fn time_of_day(text: &str) -> Option<Time> {
    Time::strptime("%H:%M", text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(at: &str, zone: &str) -> Digest {
        let text = format!("channel = \"#a\"\nat = \"{at}\"\nweekdays = [\"mon\", \"sun\"]");
        let raw: Raw = toml::from_str(&text).unwrap();
        assert!(raw.check(&[]).is_ok());
        raw.into_digest(&TimeZone::get(zone).unwrap())
    }

    #[test]
    fn a_day_has_one_moment_whatever_the_clocks_do() {
        let check = |at: &str, zone: &str, day: &str, expected: &str| {
            let due = digest(at, zone).due_on(day.parse().unwrap()).unwrap();
            assert_eq!(due.to_string(), expected, "{at} in {zone} on {day}");
        };
        check("02:30", "Europe/Berlin", "2026-03-29", "2026-03-29T01:30:00Z");
        check("02:30", "Europe/Berlin", "2026-10-25", "2026-10-25T00:30:00Z");
        check("01:30", "America/New_York", "2026-11-01", "2026-11-01T05:30:00Z");
    }

    #[test]
    fn the_first_of_a_week_and_of_a_month_look_further_back() {
        let digest = digest("08:00", "Europe/Berlin");
        let check = |day: &str, last: Option<&str>, expected: Edition| {
            let last = last.map(|it| it.parse().unwrap());
            assert_eq!(digest.edition_on(day.parse().unwrap(), last), expected, "{day}");
        };
        check("2026-11-23", Some("2026-11-22"), Edition::Weekly);
        check("2026-11-29", Some("2026-11-23"), Edition::Daily);
        // The one of Monday did not come.
        check("2026-11-29", Some("2026-11-22"), Edition::Weekly);
        check("2026-12-06", Some("2026-11-30"), Edition::Monthly);
        check("2026-11-23", None, Edition::Weekly);
        check("2026-11-29", None, Edition::Daily);
        check("2026-11-01", None, Edition::Monthly);
    }

    #[test]
    fn only_the_named_days_count() {
        let digest = digest("08:00", "Europe/Berlin");
        let next = digest.next_after("2026-11-23T07:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(next.unwrap().0.to_string(), "2026-11-29");
    }
}
