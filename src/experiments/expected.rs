//! What the campaign agent expects before a test starts, and how sure it is: from the readings there are,
//! from what somebody said, or assumed, and then it says so.

use jiff::ToSpan;
use jiff::civil::Date;

use super::number::{Number, percent};
use super::statistics::plan::Kind;
use super::statistics::readout::digits;
use super::test_plan::{Draft, Expected, Known};
use crate::app::App;
use crate::error::{Error, Result};
use crate::readings::{self, By, Filter, Group};
use crate::words::{count, grouped, listed};

/// How far back readings are looked at: four whole weeks, because weekdays differ.
const WEEKS: i32 = 4;

/// What is assumed of a rate, and of an amount, where nothing is known.
const ASSUMED_RATE: f64 = 0.05;
const ASSUMED_AMOUNT: f64 = 1.0;

/// How wide amounts are assumed to spread, as a multiple of their mean: most visitors bring nothing.
const SPREAD_OF_REVENUE: f64 = 4.0;

/// Finds what a plan needs to know.
pub async fn find(app: &App, draft: &Draft) -> Result<Expected> {
    let measured = match measure(app, draft).await {
        Ok(measured) => measured,
        // Readings in several currencies have no one sum; nothing is known from them.
        Err(Error::Refused(_)) => None,
        Err(fault) => return Err(fault),
    };
    Ok(put_together(draft, measured))
}

/// What readings say of a metric.
#[derive(Clone, PartialEq, Debug)]
struct Measured {
    mean: f64,
    users_a_day: f64,
    /// The lowest and the highest week.
    weeks: (f64, f64),
    days: usize,
    events: f64,
    campaigns: Vec<String>,
    /// What was divided by what.
    parts: (String, String),
}

async fn measure(app: &App, draft: &Draft) -> Result<Option<Measured>> {
    let today = app.now().to_zoned(app.manifest.zone.clone()).date();
    let (from, to) = (today - (WEEKS * 7).days(), today - 1.day());
    let filter = Filter { from: Some(from), to: Some(to), ..Filter::default() };
    let groups =
        readings::sums(&app.db, app.workspace.id, &filter, &[By::Campaign, By::Day]).await?;
    Ok(of_groups(draft, &groups, from))
}

fn of_groups(draft: &Draft, groups: &[Group], from: Date) -> Option<Measured> {
    let named = format!("{} {} {}", draft.name, draft.audience, draft.hypothesis).to_lowercase();
    let is_named = |group: &Group| {
        let campaign = group.names[0].to_lowercase();
        !campaign.is_empty() && named.contains(&campaign)
    };
    let any_named = groups.iter().any(is_named);
    let chosen: Vec<&Group> = groups.iter().filter(|it| !any_named || is_named(it)).collect();
    let has = |metric: &&str| chosen.iter().any(|group| group.sum(metric).is_some());
    let (above, below) = parts(draft, has)?;

    let (mut events, mut users) = (0.0, 0.0);
    let mut weeks = vec![(0.0, 0.0); WEEKS as usize];
    let mut days = std::collections::BTreeSet::new();
    for group in &chosen {
        let Ok(day) = group.names[1].parse::<Date>() else { continue };
        let (Some(up), Some(down)) = (group.sum(above), group.sum(below)) else { continue };
        let (up, down) = (up.to_f64(), down.to_f64());
        events += up;
        users += down;
        days.insert(day);
        let week = from.until(day).ok()?.get_days() / 7;
        if let Some(week) = usize::try_from(week).ok().and_then(|it| weeks.get_mut(it)) {
            *week = (week.0 + up, week.1 + down);
        }
    }
    let mean = events / users;
    let rates: Vec<f64> = weeks.iter().filter(|it| it.1 > 0.0).map(|it| it.0 / it.1).collect();
    let lowest = rates.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = rates.iter().copied().fold(0.0, f64::max);
    let is_rate = draft.metric.kind != Kind::Conversion || mean < 1.0;
    let campaigns: std::collections::BTreeSet<&str> = chosen
        .iter()
        .map(|it| it.names[0].as_str())
        .filter(|it| any_named && !it.is_empty())
        .collect();
    (mean.is_finite() && mean > 0.0 && is_rate && !days.is_empty()).then(|| Measured {
        mean,
        users_a_day: users / days.len() as f64,
        weeks: (lowest, highest),
        days: days.len(),
        events,
        campaigns: campaigns.into_iter().map(str::to_owned).collect(),
        parts: (above.replace('_', " "), below.replace('_', " ")),
    })
}

/// Which metric is divided by which, by the words in the name of the plan's.
fn parts(draft: &Draft, has: impl Fn(&&str) -> bool) -> Option<(&'static str, &'static str)> {
    let name = draft.metric.name.to_lowercase();
    let first = |candidates: &[&'static str]| candidates.iter().copied().find(|it| has(it));
    if name.contains("click") || name.contains("ctr") {
        return Some((first(&["clicks"])?, first(&["impressions"])?));
    }
    let above: &[&'static str] = match draft.metric.kind {
        Kind::Revenue => &["revenue", "sales"],
        _ if name.contains("lead") => &["leads"],
        _ if name.contains("purchase") || name.contains("order") => &["purchases", "conversions"],
        _ => &["conversions", "purchases", "leads"],
    };
    Some((first(above)?, first(&["users", "sessions", "clicks"])?))
}

fn put_together(draft: &Draft, measured: Option<Measured>) -> Expected {
    let kind = draft.metric.kind;
    let users_a_day = draft.users_a_day.or(measured.as_ref().map(|it| it.users_a_day as u64));
    let users_a_day = users_a_day.filter(|it| *it > 0);
    let (mean, spread, known, mut says) = match (&draft.today, &measured) {
        (Some((mean, spread)), _) => {
            let known_spread = spread.filter(|_| kind != Kind::Conversion);
            let says = match (kind, known_spread) {
                (Kind::Conversion, _) | (_, Some(_)) => {
                    format!("{} today, as whoever planned it says.", value(kind, *mean))
                }
                _ => format!(
                    "{} today, as whoever planned it says; {}",
                    value(kind, *mean),
                    assumed_spread(kind)
                ),
            };
            (*mean, known_spread.unwrap_or_else(|| spread_of(kind, *mean)), Known::Given, says)
        }
        (None, Some(it)) => {
            (it.mean, spread_of(kind, it.mean), Known::Measured, in_words(kind, it))
        }
        (None, None) => {
            let mean = if kind == Kind::Conversion { ASSUMED_RATE } else { ASSUMED_AMOUNT };
            let also = if kind == Kind::Conversion {
                String::new()
            } else {
                format!("; {}", assumed_spread(kind).trim_end_matches('.'))
            };
            let says = format!(
                "*Assumed*, because there are no readings of it: {}{also}. If that is wrong, so is the number of users; say what it is today under Change the text.",
                value(kind, mean)
            );
            (mean, spread_of(kind, mean), Known::Assumed, says)
        }
    };
    says.push_str(&match (users_a_day, draft.users_a_day) {
        (Some(users), Some(_)) => {
            format!(" {} a day.", count(users, "user").replace(&users.to_string(), &grouped(users)))
        }
        (Some(users), None) => format!(" About {} users came a day.", grouped(users)),
        (None, _) => {
            " How many users come a day is not known, so neither is how long it takes.".to_owned()
        }
    });
    Expected { mean: Number(mean), spread: Number(spread), users_a_day, known, says }
}

fn in_words(kind: Kind, it: &Measured) -> String {
    let of = if it.campaigns.is_empty() {
        String::new()
    } else {
        format!(" of {}", listed(&it.campaigns))
    };
    let (above, below) = &it.parts;
    let sure = match () {
        () if it.events < 100.0 => "That is few, so it is a rough guess",
        () if it.weeks.1 > 1.5 * it.weeks.0 => "The weeks differ much, so it is a rough guess",
        () if it.days < 14 => "That is less than two weeks, so it is not sure",
        () => "That is quite sure",
    };
    let mut says = format!(
        "{} in the last {} ({above} per {below}{of}, from readings); week by week between {} and {}. {sure}",
        value(kind, it.mean),
        count(it.days, "day"),
        value(kind, it.weeks.0),
        value(kind, it.weeks.1),
    );
    if kind != Kind::Conversion {
        says.push_str("; ");
        says.push_str(assumed_spread(kind).trim_end_matches('.'));
    }
    says + "."
}

fn value(kind: Kind, mean: f64) -> String {
    match kind {
        Kind::Conversion => percent(mean),
        _ => digits(mean, 4),
    }
}

/// The standard deviation of one user, by what such metrics are like.
fn spread_of(kind: Kind, mean: f64) -> f64 {
    match kind {
        Kind::Conversion => (mean * (1.0 - mean)).sqrt(),
        Kind::Count | Kind::Ratio => mean.sqrt().max(mean),
        Kind::Revenue => SPREAD_OF_REVENUE * mean,
    }
}

const fn assumed_spread(kind: Kind) -> &'static str {
    match kind {
        Kind::Revenue => {
            "how much users differ is assumed: a standard deviation of four times the mean."
        }
        _ => "how much users differ is assumed: as much as counts usually do.",
    }
}
