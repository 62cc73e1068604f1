//! A number over a stretch of days, beside the same stretches before. Pure.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::config::Edition;
use crate::experiments::statistics::distributions::student;
use crate::readings::Derived;

/// What differs by less than this is as usual.
pub const STEADY: f64 = 0.03;

/// The least stretches before, from which what is ordinary is told.
const LEAST_BEFORE: usize = 4;

/// Days in the picture of a day.
pub const SHOWN_DAYS: i64 = 28;

/// The risk that an ordinary number is called out of the ordinary, and that chance is called a trend.
const RISK: f64 = 0.05;

/// What came each day, of a metric or of both parts of a rate.
#[derive(Clone, PartialEq, Debug)]
pub struct Days {
    pub above: BTreeMap<Date, f64>,
    pub rate: Option<(Derived, BTreeMap<Date, f64>)>,
}

/// A number of a stretch of days, and what is to be compared with it.
#[derive(Clone, PartialEq, Debug)]
pub struct Figure {
    /// The name of the metric or rate.
    pub name: String,
    pub label: String,
    pub currency: Option<String>,
    /// The last day of the stretch: the last one that platforms have settled.
    pub last: Date,
    pub value: f64,
    /// The same stretches before, the newest first: the same weekdays, weeks, or four weeks.
    pub before: Vec<f64>,
    /// What would have been nothing special.
    pub ordinary: Option<Range>,
    pub trend: Option<Trend>,
    /// For a picture: days, or stretches by their last day, in order.
    pub history: Vec<Shown>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Range {
    pub low: f64,
    pub high: f64,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Shown {
    pub last: Date,
    pub value: f64,
    pub ordinary: Option<Range>,
}

/// By which share a number rises from one stretch to the next, with its 95 % interval.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Trend {
    pub rate: f64,
    pub range: Range,
    pub stretches: usize,
}

impl Range {
    pub fn holds(self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

impl Days {
    /// The sum, or the rate of both sums, of so many days up to one; none where more than one day in
    /// seven is not known.
    pub fn over(&self, last: Date, days: i64) -> Option<f64> {
        let first = last - (days - 1).days();
        let sum = |of: &BTreeMap<Date, f64>| {
            let known = of.range(first..=last);
            let (count, sum) =
                known.fold((0, 0.0), |(count, sum), (_, value)| (count + 1, sum + value));
            (count * 7 >= days * 6).then_some(sum)
        };
        let above = sum(&self.above)?;
        match &self.rate {
            None => Some(above),
            Some((derived, below)) => quotient(*derived, above, sum(below)?),
        }
    }
}

/// Nothing is shared by zero.
fn quotient(derived: Derived, above: f64, below: f64) -> Option<f64> {
    let factor = if derived == Derived::Cpm { 1_000.0 } else { 1.0 };
    (below > 0.0).then(|| above / below * factor)
}

impl Figure {
    /// Of the stretch of an edition that ends on a day; none where it is not known.
    pub fn of(days: &Days, last: Date, edition: Edition) -> Option<Self> {
        let (length, step, stretches) = edition.stretch();
        let before = |last: Date| -> Vec<f64> {
            let ago = |ago: i64| days.over(last - (ago * step).days(), length);
            (1..=stretches).filter_map(ago).collect()
        };
        let value = days.over(last, length)?;
        let own = before(last);
        // A day is shown among the days around it, a longer stretch among its like.
        let (between, shown) = match edition {
            Edition::Daily => (1, SHOWN_DAYS),
            Edition::Weekly | Edition::Monthly => (step, stretches + 1),
        };
        let show = |ago: i64| {
            let last = last - (ago * between).days();
            let value = days.over(last, length)?;
            Some(Shown { last, value, ordinary: ordinary(&before(last)) })
        };
        let newest_last: Vec<f64> = own.iter().rev().copied().chain([value]).collect();
        Some(Self {
            name: String::new(),
            label: String::new(),
            currency: None,
            last,
            value,
            ordinary: ordinary(&own),
            trend: if edition == Edition::Daily { None } else { trend(&newest_last) },
            history: (0..shown).rev().filter_map(show).collect(),
            before: own,
        })
    }

    /// The median of the same stretches before.
    pub fn usual(&self) -> Option<f64> {
        let mut sorted = self.before.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match sorted.len() {
            0 => None,
            even if even % 2 == 0 => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
            _ => Some(sorted[middle]),
        }
    }

    /// By which share it is above what is usual.
    pub fn change(&self) -> Option<f64> {
        self.usual().filter(|usual| *usual > 0.0).map(|usual| self.value / usual - 1.0)
    }

    /// Whether it is out of the ordinary, and by more than is worth a word.
    pub fn has_moved(&self) -> bool {
        let is_outside = self.ordinary.is_some_and(|range| !range.holds(self.value));
        is_outside && self.change().is_none_or(|change| change.abs() >= STEADY)
    }
}

/// The 95 % prediction interval for one more of these, by Student's distribution; G. J. Hahn, W. Q.
/// Meeker, *Statistical Intervals* (1991), section 4.8.
fn ordinary(before: &[f64]) -> Option<Range> {
    if before.len() < LEAST_BEFORE {
        return None;
    }
    let n = before.len() as f64;
    let mean = before.iter().sum::<f64>() / n;
    let variance = before.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let half = student::isf(RISK / 2.0, n - 1.0) * (variance * (1.0 + 1.0 / n)).sqrt();
    Some(Range { low: (mean - half).max(0.0), high: mean + half })
}

/// The slope of the logarithms by least squares, oldest first, where its interval excludes none; as in
/// N. R. Draper, H. Smith, *Applied Regression Analysis* (1998), section 1.4.
fn trend(values: &[f64]) -> Option<Trend> {
    const LEAST: usize = 6;
    if values.len() < LEAST || values.iter().any(|value| *value <= 0.0) {
        return None;
    }
    let n = values.len() as f64;
    let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
    let (middle, mean) = ((n - 1.0) / 2.0, logs.iter().sum::<f64>() / n);
    let away = |at: usize| at as f64 - middle;
    let spread: f64 = (0..values.len()).map(|at| away(at).powi(2)).sum();
    let slope =
        logs.iter().enumerate().map(|(at, log)| away(at) * (log - mean)).sum::<f64>() / spread;
    let left: f64 =
        logs.iter().enumerate().map(|(at, log)| (log - mean - slope * away(at)).powi(2)).sum();
    let half = student::isf(RISK / 2.0, n - 2.0) * (left / (n - 2.0) / spread).sqrt();
    if slope.abs() <= half {
        return None;
    }
    let share = |log: f64| log.exp() - 1.0;
    let range = Range { low: share(slope - half), high: share(slope + half) };
    Some(Trend { rate: share(slope), range, stretches: values.len() })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// So many days up to a Sunday, by the value of each.
    fn days(values: impl IntoIterator<Item = f64>) -> Days {
        let values: Vec<f64> = values.into_iter().collect();
        let last = date(2026, 11, 22);
        let day = |ago: usize| last - i64::try_from(values.len() - 1 - ago).unwrap().days();
        let above = values.iter().enumerate().map(|(at, value)| (day(at), *value)).collect();
        Days { above, rate: None }
    }

    fn figure(days: &Days, edition: Edition) -> Figure {
        Figure::of(days, date(2026, 11, 22), edition).unwrap()
    }

    /// Weeks with quiet Sundays, as values go up and down by a few percent.
    fn weeks(days: usize) -> impl Iterator<Item = f64> {
        (0..days).rev().map(|ago| {
            let base = if ago % 7 == 0 { 40.0 } else { 100.0 };
            base * (1.0 + 0.04 * ((ago * 37 % 11) as f64 / 5.0 - 1.0))
        })
    }

    #[test]
    fn a_sunday_is_held_against_sundays() {
        let quiet = figure(&days(weeks(60)), Edition::Daily);
        assert!(!quiet.has_moved(), "{quiet:?}");
        assert_eq!(quiet.before.len(), 8);
        assert!((38.0..42.0).contains(&quiet.usual().unwrap()), "{quiet:?}");

        let mut busy = days(weeks(60));
        busy.above.insert(date(2026, 11, 22), 95.0);
        let busy = figure(&busy, Edition::Daily);
        assert!(busy.has_moved(), "as much as on a weekday: {busy:?}");
        assert!(busy.change().unwrap() > 1.0, "{busy:?}");
        assert_eq!(figure(&days([1.0, 9.0]), Edition::Daily).ordinary, None);
    }

    #[test]
    fn weeks_are_held_against_weeks_and_a_gap_is_no_week() {
        let steady = figure(&days(weeks(63)), Edition::Weekly);
        assert_eq!((steady.before.len(), steady.trend), (8, None));
        assert!(!steady.has_moved(), "{steady:?}");
        let double = weeks(63).enumerate().map(|(at, it)| if at >= 56 { 2.0 * it } else { it });
        assert!(figure(&days(double), Edition::Weekly).has_moved());

        let mut gap = days(weeks(63));
        gap.above.remove(&date(2026, 11, 21));
        assert!(Figure::of(&gap, date(2026, 11, 22), Edition::Weekly).is_some());
        gap.above.remove(&date(2026, 11, 20));
        assert_eq!(Figure::of(&gap, date(2026, 11, 22), Edition::Weekly), None);
    }

    /// By the textbooks' formulas with the quantile 2.364624 of Student's tables, for seven degrees.
    #[test]
    fn intervals_are_those_of_the_books() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-5, "{a} and {b}");
        let values = [102.0, 98.0, 105.0, 95.0, 101.0, 99.0, 103.0, 97.0];
        let range = ordinary(&values).unwrap();
        near(range.low, 91.627_856);
        near(range.high, 108.372_144);
        assert_eq!(ordinary(&values[..3]), None);

        let rising = [100.0, 104.0, 103.0, 109.0, 112.0, 113.0, 118.0, 121.0, 123.0];
        let trend = trend(&rising).unwrap();
        near(trend.rate, 0.026858);
        near(trend.range.low, 0.023101);
        near(trend.range.high, 0.030628);
        assert_eq!(super::trend(&values), None, "chance is no trend");
    }

    #[test]
    fn a_rate_is_that_of_both_sums() {
        let last = date(2026, 11, 22);
        let below: BTreeMap<Date, f64> = [(last, 5.0), (last - 1.day(), 0.0)].into();
        let above = [(last, 20.0), (last - 1.day(), 30.0)].into();
        let days = Days { above, rate: Some((Derived::CostPerAccepted, below)) };
        assert_eq!(days.over(last, 1), Some(4.0));
        assert_eq!(days.over(last - 1.day(), 1), None);
        assert_eq!(days.over(last, 2), Some(10.0));
    }
}
