//! What people read of what moved.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::figure::{Figure, Trend};
use super::{About, Moved};
use crate::charts::{Expected, Line, Reading, Unit};
use crate::config::Edition;
use crate::readings::goals::{Reached, State};
use crate::slack::escape;
use crate::summaries::sections::age;
use crate::words::{amount, capitalised, listed, percent};

/// Sources that are named.
const SOURCES: usize = 6;

/// Lines, the most important first.
#[derive(Clone, PartialEq, Debug)]
pub struct Told {
    /// In markup.
    pub lines: Vec<String>,
    /// What Details shows, in markup.
    pub in_full: Vec<String>,
    /// For those who read one sentence.
    pub headline: Option<String>,
    pub source: String,
    pub picture: Option<Line>,
}

impl Moved {
    /// All of it in lines.
    pub fn told(&self, about: &About) -> Told {
        let mut moved: Vec<&Figure> = self.figures.iter().filter(|it| it.has_moved()).collect();
        let by_change = |it: &&Figure| it.change().map_or(f64::INFINITY, f64::abs);
        moved.sort_by(|a, b| by_change(b).total_cmp(&by_change(a)));
        let mut lines: Vec<String> = moved.iter().map(|it| moved_line(it, about)).collect();
        let behind = |it: &&Reached| matches!(it.state, State::Behind | State::Missed);
        lines.extend(self.goals.iter().filter(behind).map(goal_line));
        lines.extend(self.figures.iter().filter_map(trend_line(about)));
        lines.extend(self.as_usual(about));
        lines.extend(self.too_new(about));
        lines.extend(self.goals.iter().filter(|it| !behind(it)).map(goal_line));
        for (source, day) in &self.missing {
            let (source, day) = (escape(source), on(*day, about));
            lines.push(format!("Nothing has come from *{source}* for {day}, so it is left out"));
        }
        let in_short = |line: String| line.replace('*', "");
        let headline = moved.first().map(|it| in_short(moved_short(it, about)));
        let behind =
            self.goals.iter().find(behind).map(|it| {
                format!("the goal “{}” is {}: {}", it.name, it.state.words(), it.words())
            });
        Told {
            in_full: lines.iter().cloned().chain(self.further()).collect(),
            headline: headline.or(behind),
            source: self.source(about),
            picture: self.picture(moved.first().copied(), about),
            lines,
        }
    }

    /// What is nothing special, in one line.
    fn as_usual(&self, about: &About) -> Option<String> {
        let known = self.figures.iter().filter(|it| it.ordinary.is_some() && !it.has_moved());
        let said: Vec<String> = known.map(|it| in_brief(it, about)).collect();
        (!said.is_empty()).then(|| format!("As usual: {}", listed(&said)))
    }

    /// What cannot be judged yet.
    fn too_new(&self, about: &About) -> Option<String> {
        let new = self.figures.iter().filter(|it| it.ordinary.is_none());
        let said: Vec<String> = new
            .map(|it| {
                let currency = it.currency.as_deref();
                let before = it.usual().map_or_else(String::new, |usual| {
                    format!(" ({} before)", amount(usual, currency))
                });
                format!("{}{before}", in_brief(it, about))
            })
            .collect();
        (!said.is_empty()).then(|| format!("Known for too short to be judged: {}", listed(&said)))
    }

    fn further(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (at, figure) in self.figures.iter().enumerate() {
            let currency = figure.currency.as_deref();
            let label = escape(&figure.label);
            if let (Some(usual), Some(range)) = (figure.usual(), figure.ordinary) {
                lines.push(format!(
                    "*{label}* {}; usual {}, ordinary from {} to {}",
                    amount(figure.value, currency),
                    amount(usual, currency),
                    amount(range.low, currency),
                    amount(range.high, currency)
                ));
            }
            let campaigns = self.campaigns.get(&at).map_or(&[][..], Vec::as_slice);
            let named: Vec<String> = campaigns
                .iter()
                .map(|(name, change)| {
                    let name = if name.is_empty() { "no campaign" } else { name };
                    let sign = if *change > 0.0 { "+" } else { "" };
                    format!("{} {sign}{}", escape(name), amount(*change, currency))
                })
                .collect();
            if !named.is_empty() {
                lines.push(format!(
                    "{label} by campaign, against what is usual of each: {}",
                    named.join(", ")
                ));
            }
        }
        lines
    }

    fn source(&self, about: &About) -> String {
        let since =
            |at: &Timestamp| age(about.now.duration_since(*at).max(jiff::SignedDuration::ZERO));
        let more = self.sources.len().saturating_sub(SOURCES);
        let mut named: Vec<String> = self
            .sources
            .iter()
            .take(SOURCES)
            .map(|(source, at)| match at {
                Some(at) => format!("{} (came {} ago)", escape(source), since(at)),
                None => escape(source),
            })
            .collect();
        if more > 0 {
            named.push(format!("{more} more"));
        }
        if named.is_empty() {
            return format!("no numbers of {} have come", about.yesterday.strftime("%A"));
        }
        match self.settling.as_slice() {
            [] => listed(&named),
            some => format!(
                "{}. {} are told once platforms correct them no more",
                listed(&named),
                capitalised(&listed(some))
            ),
        }
    }

    /// Of what moved most; where nothing did, of the first number.
    fn picture(&self, first: Option<&Figure>, about: &About) -> Option<Line> {
        let figure = first.or(self.figures.first())?;
        let has_band = figure.history.iter().any(|it| it.ordinary.is_some());
        let readings = figure.history.iter().map(|it| Reading {
            at: it.last.at(0, 0, 0, 0),
            value: it.value,
            expected: it.ordinary.map(|range| Expected {
                value: f64::midpoint(range.low, range.high),
                low: range.low,
                high: range.high,
            }),
            marked: it.last == figure.last && figure.has_moved(),
        });
        let (unit, label) = (figure.currency.clone(), &figure.label);
        let (span, before) = match about.edition {
            Edition::Daily => ("four weeks", "the same weekdays before"),
            Edition::Weekly => ("week by week", "the weeks before"),
            Edition::Monthly => ("four weeks at a time", "the stretches before"),
        };
        let title = match (figure.has_moved(), has_band) {
            (true, true) => format!("{label}, {span}. Marked: outside what {before} let expect"),
            (true, false) => format!("{label}, {span}. Marked: unlike those before"),
            (false, _) => format!("{label}, {span}"),
        };
        let line = Line {
            title,
            unit: unit.map_or(Unit::Number, Unit::Money),
            readings: readings.collect(),
            until: None,
        };
        (line.readings.len() > 1).then_some(line)
    }
}

/// `*Spend* was 1,240 EUR on Sunday, 34.0 % above other Sundays (925 EUR, the median of 8); 800 to
/// 1,100 EUR is ordinary`
fn moved_line(figure: &Figure, about: &About) -> String {
    let currency = figure.currency.as_deref();
    let ordinary = figure.ordinary.map_or_else(String::new, |range| {
        let (low, high) = (amount(range.low, None), amount(range.high, currency));
        format!("; {low} to {high} is ordinary")
    });
    format!("{}{ordinary}", moved_short(figure, about))
}

fn moved_short(figure: &Figure, about: &About) -> String {
    let currency = figure.currency.as_deref();
    let label = escape(&figure.label);
    let value = amount(figure.value, currency);
    let when = when(figure.last, about);
    let verb = if label.ends_with('s') && label != "ROAS" { "were" } else { "was" };
    let Some((usual, change)) = figure.usual().zip(figure.change()) else {
        return format!("*{label}* {verb} {value} {when}");
    };
    let how = if change > 0.0 { "above" } else { "below" };
    let usual = amount(usual, currency);
    let beside = match (about.edition, figure.before.len()) {
        (Edition::Daily, 1) => format!("the {} before ({usual})", weekday(figure.last)),
        (Edition::Daily, many) => {
            format!("other {}s ({usual}, the median of {many})", weekday(figure.last))
        }
        (Edition::Weekly, many) => format!("other weeks ({usual}, the median of {many})"),
        (Edition::Monthly, many) => {
            format!("other stretches of four weeks ({usual}, the median of {many})")
        }
    };
    format!("*{label}* {verb} {value} {when}, {} {how} {beside}", percent(change.abs()))
}

fn in_brief(figure: &Figure, about: &About) -> String {
    let value = amount(figure.value, figure.currency.as_deref());
    let label = escape(&figure.label);
    // `CPA` stays as it is, `Spend` does not.
    let label = match label.chars().nth(1) {
        Some(second) if second.is_uppercase() => label,
        _ => label.to_lowercase(),
    };
    format!("{label} {value} {}", when(figure.last, about))
}

fn trend_line<'a>(about: &'a About) -> impl Fn(&Figure) -> Option<String> + 'a {
    move |figure| {
        let Trend { rate, range, stretches } = figure.trend?;
        let verb = if rate > 0.0 { "has risen" } else { "has fallen" };
        let (stretch, plural) = match about.edition {
            Edition::Monthly => ("every four weeks", "stretches of four weeks"),
            _ => ("a week", "weeks"),
        };
        let mut bounds = [range.low.abs(), range.high.abs()];
        bounds.sort_by(f64::total_cmp);
        Some(format!(
            "*{}* {verb} by {} {stretch} over {stretches} {plural} (95 % interval {} to {})",
            escape(&figure.label),
            percent(rate.abs()),
            percent(bounds[0]),
            percent(bounds[1])
        ))
    }
}

fn goal_line(goal: &Reached) -> String {
    format!("Goal *{}*, {}: {}", escape(&goal.name), goal.state.words(), escape(&goal.words()))
}

/// When the stretch was that ends on a day.
fn when(last: Date, about: &About) -> String {
    match about.edition {
        Edition::Daily => format!("on {}", on(last, about)),
        Edition::Weekly => format!("in the week to {}", on(last, about)),
        Edition::Monthly => format!("in the four weeks to {}", on(last, about)),
    }
}

/// `Sunday`, and with its date where there was another since.
fn on(day: Date, about: &About) -> String {
    match day + 6.days() >= about.yesterday {
        true => weekday(day),
        false => day.strftime("%A, %-d %B").to_string(),
    }
}

fn weekday(day: Date) -> String {
    day.strftime("%A").to_string()
}
