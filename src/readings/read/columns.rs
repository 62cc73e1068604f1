//! Which column is what; and a sentence where it cannot be told.

use super::names::{self, Role, currency_in, is_currency, plain, role};
use super::{Layout, Mapping};
use crate::error::Refusal;
use crate::readings::Metric;

/// Columns that are told where one is missing, and how much of their names.
const MOST_NAMES: usize = 40;
const LONGEST_NAME: usize = 60;

/// Where the parts of a reading stand, as positions among the columns.
#[derive(Clone, Debug)]
pub struct Columns {
    pub day: Day,
    pub ends: Option<usize>,
    pub hour: Option<usize>,
    pub campaign: Option<usize>,
    pub ad_set: Option<usize>,
    pub currency: Option<usize>,
    pub metrics: Vec<MetricColumn>,
    pub segments: Vec<(usize, String)>,
    /// Names of columns that were not taken.
    pub left_out: Vec<String>,
    pub width: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Day {
    Column(usize),
    /// The month in one column, the day of the month in another.
    Split {
        month: usize,
        day: usize,
    },
    /// All of the file stands for one day.
    Fixed,
}

#[derive(Clone, PartialEq, Debug)]
pub struct MetricColumn {
    pub at: usize,
    pub metric: Metric,
    pub name: String,
    /// The currency that the header names.
    pub currency: Option<String>,
    /// It counts millionths, as Google's interface does.
    pub micros: bool,
}

/// What stands in a column of no known name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Number,
    Words,
    Unknown,
}

/// By the first rows of a file.
pub fn kind_of(sample: &[Vec<String>], at: usize) -> Kind {
    let cells = || sample.iter().filter_map(|row| row.get(at)).filter(|it| !it.trim().is_empty());
    let numbers = cells().filter(|it| it.trim().parse::<f64>().is_ok()).count();
    match cells().count() {
        0 => Kind::Unknown,
        all if numbers * 10 >= all * 9 => Kind::Number,
        _ => Kind::Words,
    }
}

/// How many columns of a row are known by name: the header is the row with the most of them.
pub fn known(layout: Layout, cells: &[String]) -> usize {
    cells.iter().filter(|it| role(layout, it).is_some()).count()
}

/// Whether a row can be the header: it names a metric, and besides that something else.
pub fn is_header(layout: Layout, cells: &[String], mapping: &Mapping) -> bool {
    let named = |cell: &&String| mapping.metrics.iter().any(|(_, column)| same(column, cell));
    let is_metric = |cell: &&String| matches!(role(layout, cell), Some(Role::Metric(_)));
    let known = cells.iter().filter(|it| named(it) || role(layout, it).is_some()).count();
    cells.iter().any(|it| named(&it) || is_metric(&it)) && known >= 2
}

impl Columns {
    /// From the header, and what stands below it.
    pub fn find(
        layout: Layout,
        header: &[String],
        kind_of: &dyn Fn(usize) -> Kind,
        mapping: &Mapping,
    ) -> Result<Self, Refusal> {
        let roles: Vec<Option<Role>> = header.iter().map(|it| role(layout, it)).collect();
        let first = |wanted: Role| roles.iter().position(|it| *it == Some(wanted));
        let named = |name: &Option<String>| -> Result<Option<usize>, Refusal> {
            let Some(name) = name else { return Ok(None) };
            let found = header.iter().position(|it| same(it, name));
            found.map(Some).ok_or_else(|| missing(&format!("“{name}”"), header))
        };
        let campaign = named(&mapping.campaign)?.or_else(|| campaign(header, &roles));
        let ad_set = named(&mapping.ad_set)?.or_else(|| first(Role::AdSet));
        let day = match (named(&mapping.date_column)?, mapping.date) {
            (Some(column), _) => Day::Column(column),
            (None, Some(_)) => Day::Fixed,
            (None, None) => find_day(layout, header, &roles)?,
        };
        let mut columns = Self {
            day,
            ends: first(Role::Ends),
            hour: first(Role::Hour),
            campaign,
            ad_set,
            currency: first(Role::Currency),
            metrics: Vec::new(),
            segments: Vec::new(),
            left_out: Vec::new(),
            width: header.len(),
        };
        columns.find_metrics(layout, header, &roles, kind_of, mapping)?;
        if columns.metrics.is_empty() {
            return Err(missing("a metric, such as Cost, Clicks or Conversions", header));
        }
        Ok(columns)
    }

    fn find_metrics(
        &mut self,
        layout: Layout,
        header: &[String],
        roles: &[Option<Role>],
        kind_of: &dyn Fn(usize) -> Kind,
        mapping: &Mapping,
    ) -> Result<(), Refusal> {
        for (metric, column) in &mapping.metrics {
            let at = header
                .iter()
                .position(|it| same(it, column))
                .ok_or_else(|| missing(&format!("“{column}”"), header))?;
            self.take(at, Metric::from(metric.as_str()), header);
        }
        for name in &mapping.segments {
            let at = header.iter().position(|it| same(it, name));
            let at = at.ok_or_else(|| missing(&format!("“{name}”"), header))?;
            if !self.is_taken(at) {
                self.segments.push((at, segment_name(name)));
            }
        }
        for (at, name) in header.iter().enumerate() {
            if self.is_taken(at) {
                continue;
            }
            match roles[at] {
                Some(Role::Metric(metric)) if !self.has(metric) => {
                    self.take(at, Metric::from(metric), header);
                }
                Some(Role::Micros(metric)) if !self.has(metric) => {
                    self.take(at, Metric::from(metric), header);
                    self.metrics.iter_mut().rev().take(1).for_each(|it| it.micros = true);
                }
                Some(Role::Micros(_)) => self.left_out.push(name.clone()),
                Some(Role::Metric(_)) | None => self.take_other(layout, at, name, kind_of(at)),
                Some(Role::Segment | Role::Campaign | Role::AdSet) => {
                    self.segments.push((at, segment_name(name)));
                }
                Some(Role::Derived) => self.left_out.push(name.clone()),
                Some(_) => {}
            }
        }
        // Where only the clicks on links are told, they are the clicks.
        if !self.has("clicks")
            && let Some(links) = self.metrics.iter_mut().find(|it| it.metric.0 == "link_clicks")
        {
            links.metric = Metric::from("clicks");
        }
        Ok(())
    }

    /// A column of no known name: in a team's own file, words are a segment and numbers a metric.
    fn take_other(&mut self, layout: Layout, at: usize, name: &str, kind: Kind) {
        if layout != Layout::Csv || name.trim().is_empty() {
            if !name.trim().is_empty() {
                self.left_out.push(name.to_owned());
            }
            return;
        }
        let is_id = plain(name).ends_with(" id");
        match () {
            () if kind == Kind::Unknown => self.left_out.push(name.to_owned()),
            () if kind == Kind::Number && !is_id => {
                let metric = plain(name).replace(' ', "_");
                let header = [name.to_owned()];
                self.metrics.push(MetricColumn {
                    at,
                    metric: Metric(metric),
                    name: name.trim().to_owned(),
                    currency: currency_in(&header[0]).map(str::to_owned),
                    micros: false,
                });
            }
            () => self.segments.push((at, segment_name(name))),
        }
    }

    fn take(&mut self, at: usize, metric: Metric, header: &[String]) {
        let name = header[at].trim().trim_start_matches('\u{feff}').to_owned();
        let currency = currency_in(&name).map(str::to_owned);
        self.metrics.push(MetricColumn { at, metric, name, currency, micros: false });
    }

    fn has(&self, metric: &str) -> bool {
        self.metrics.iter().any(|it| it.metric.0 == metric)
    }

    fn is_taken(&self, at: usize) -> bool {
        let day = match self.day {
            Day::Column(column) => column == at,
            Day::Split { month, day } => month == at || day == at,
            Day::Fixed => false,
        };
        day || [self.ends, self.hour, self.campaign, self.ad_set, self.currency].contains(&Some(at))
            || self.metrics.iter().any(|it| it.at == at)
            || self.segments.iter().any(|it| it.0 == at)
    }

    /// Checks that every column of money has a currency from somewhere.
    pub fn check_currency(&self, mapping: &Mapping) -> Result<(), Refusal> {
        if let Some(code) = &mapping.currency
            && !is_currency(code)
        {
            let sentence = format!("“{code}” is no currency; name it by its three letters: EUR.");
            return Err(Refusal::Unreadable(sentence));
        }
        let bare = self.metrics.iter().find(|it| {
            it.metric.is_money()
                && it.currency.is_none()
                && self.currency.is_none()
                && mapping.currency.is_none()
        });
        match bare {
            Some(column) => Err(Refusal::Unreadable(format!(
                "“{}” is money, and the file does not say in which currency. Say it with \
                 --currency EUR.",
                column.name
            ))),
            None => Ok(()),
        }
    }

    /// One sentence that says what was found.
    pub fn in_words(&self, header: &[String]) -> String {
        format!("Columns: {}.", self.found(header))
    }

    pub fn found(&self, header: &[String]) -> String {
        let name = |at: usize| header.get(at).map_or("", |it| it.trim()).to_owned();
        let day = match self.day {
            Day::Column(at) => vec![format!("day = {}", name(at))],
            Day::Split { month, day } => vec![format!("day = {} and {}", name(month), name(day))],
            Day::Fixed => Vec::new(),
        };
        let place = [("campaign", self.campaign), ("ad set", self.ad_set)];
        let place =
            place.iter().filter_map(|(what, at)| at.map(|at| format!("{what} = {}", name(at))));
        let metrics = self.metrics.iter().map(|it| format!("{} = {}", it.metric, it.name));
        let found: Vec<String> = day.into_iter().chain(place).chain(metrics).collect();
        found.join(", ")
    }
}

/// Names stand before ids.
fn campaign(header: &[String], roles: &[Option<Role>]) -> Option<usize> {
    let all =
        || roles.iter().enumerate().filter(|(_, it)| **it == Some(Role::Campaign)).map(|it| it.0);
    all().find(|at| !plain(&header[*at]).ends_with(" id")).or_else(|| all().next())
}

fn find_day(layout: Layout, header: &[String], roles: &[Option<Role>]) -> Result<Day, Refusal> {
    let first = |wanted: Role| roles.iter().position(|it| *it == Some(wanted));
    if let (Some(month), Some(day)) =
        (first(Role::Month), header.iter().position(|it| plain(it) == "day"))
        && first(Role::Month).is_some()
    {
        return Ok(Day::Split { month, day });
    }
    // A column that says so itself, before one where a period begins.
    let plainly = header.iter().position(|it| {
        matches!(plain(it).as_str(), "day" | "date" | "tag" | "jour" | "día" | "fecha" | "datum")
    });
    match plainly.or_else(|| first(Role::Date)) {
        Some(column) => Ok(Day::Column(column)),
        None => {
            let what = match layout {
                Layout::GoogleAds => "Day (segment the report by day before you export it)",
                Layout::MetaAds => "Day or Reporting starts (break the report down by day)",
                Layout::Ga4 => "Date",
                Layout::Csv => "a date (name it with --date-column, or say --date 2026-08-17)",
            };
            Err(missing(what, header))
        }
    }
}

pub fn missing(what: &str, header: &[String]) -> Refusal {
    let names: Vec<String> = header
        .iter()
        .map(|it| it.trim().trim_start_matches('\u{feff}'))
        .filter(|it| !it.is_empty())
        .map(|it| it.chars().take(LONGEST_NAME).collect())
        .collect();
    let more = match names.len().saturating_sub(MOST_NAMES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Refusal::Unreadable(format!(
        "There is no column for {what}. The file has: {}{more}.",
        if names.is_empty() {
            "nothing that looks like a header".to_owned()
        } else {
            names[..names.len().min(MOST_NAMES)].join(", ")
        }
    ))
}

fn segment_name(name: &str) -> String {
    names::without_group(&plain(name)).replace(' ', "_")
}

fn same(one: &str, other: &str) -> bool {
    plain(one) == plain(other)
}
