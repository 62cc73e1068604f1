//! How a theme moved over time, said only as far as its documents bear it out.
//!
//! That more documents speak of a theme lately means nothing where more documents are written
//! lately. So a theme is compared with the other documents that answer: all answers are cut in two
//! at the month that halves them best, which is chosen without looking at the theme, and Fisher's
//! exact test tells whether the theme's documents fall on the two sides otherwise than the others.
//!
//! Source: R. A. Fisher, *The Logic of Inductive Inference* (1935); two-sided by the sum of all
//! tables that are no more likely than the one found.

use jiff::civil::Date;

/// Dated documents a theme has at least for its figures to be worth telling, and for calling it
/// steady, which needs more: that nothing was noticed must mean something.
const ENOUGH: usize = 5;
const ENOUGH_FOR_STEADY: usize = 20;

/// Both sides of the cut hold this share of all answers at least.
const SMALLEST_SIDE: f64 = 0.15;

/// Five themes are looked at: together they are wrong one time in twenty.
const SIGNIFICANT: f64 = 0.05 / 5.0;

/// How near the shares of a steady theme and of the others are.
const NEAR: f64 = 0.1;

/// Where the documents of a theme fall in time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trend {
    pub course: Course,
    /// The first day of the month from which on documents count as recent.
    pub since: Date,
    /// Dated documents of the theme, on either side.
    pub recent: usize,
    pub before: usize,
    /// The same of the other documents that answer.
    pub others_recent: usize,
    pub others_before: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Course {
    /// Relative to what else is said.
    Growing,
    Shrinking,
    Steady,
    /// Too few to tell: only figures can be given.
    Untold,
}

/// The course of a theme whose dated documents fall into `months`, among the dated documents of
/// all answers, by their months; none where there are too few, or all of one time.
pub fn trend(months: &[(Date, usize)], all: &[(Date, usize)]) -> Option<Trend> {
    let since = middle(all)?;
    let split = |months: &[(Date, usize)]| {
        let recent: usize = months.iter().filter(|(it, _)| *it >= since).map(|(_, n)| n).sum();
        (recent, months.iter().map(|(_, n)| n).sum::<usize>() - recent)
    };
    let ((recent, before), (all_recent, all_before)) = (split(months), split(all));
    let others_recent = all_recent.checked_sub(recent)?;
    let others_before = all_before.checked_sub(before)?;
    if recent + before < ENOUGH || others_recent + others_before < ENOUGH {
        return None;
    }
    let share = |part: usize, rest: usize| part as f64 / (part + rest) as f64;
    let (here, there) = (share(recent, before), share(others_recent, others_before));
    let chance = fisher(recent, before, others_recent, others_before);
    let course = match () {
        () if chance < SIGNIFICANT && here > there => Course::Growing,
        () if chance < SIGNIFICANT => Course::Shrinking,
        () if recent + before >= ENOUGH_FOR_STEADY && (here - there).abs() <= NEAR => {
            Course::Steady
        }
        () => Course::Untold,
    };
    Some(Trend { course, since, recent, before, others_recent, others_before })
}

impl Trend {
    /// For the reader, after the theme's title and its number of documents.
    pub fn sentence(self) -> String {
        let since = self.since.strftime("%B %Y");
        let figures = match (self.recent, self.before) {
            (recent, 0) => format!("all {recent} since {since}"),
            (0, before) => format!("all {before} before {since}"),
            (recent, before) => format!("{recent} since {since}, {before} before"),
        };
        let others = format!(
            "of the other answers, {} since then and {} before",
            self.others_recent, self.others_before
        );
        match self.course {
            Course::Growing => format!("growing: {figures}; {others}"),
            Course::Shrinking => format!("shrinking: {figures}; {others}"),
            Course::Steady => format!("steady: {figures}"),
            Course::Untold => figures,
        }
    }
}

/// The month that halves the documents best; none where either side would be nearly empty.
fn middle(all: &[(Date, usize)]) -> Option<Date> {
    let total: usize = all.iter().map(|(_, n)| n).sum();
    let from = |date: Date| -> f64 {
        all.iter().filter(|(it, _)| *it >= date).map(|(_, n)| n).sum::<usize>() as f64
            / total.max(1) as f64
    };
    let unevenness = |date: Date| (from(date) - 0.5).abs();
    let best = all.iter().map(|(date, _)| *date);
    let best = best.min_by(|a, b| unevenness(*a).total_cmp(&unevenness(*b)).then(a.cmp(b)))?;
    let share = from(best);
    (SMALLEST_SIDE..=1.0 - SMALLEST_SIDE).contains(&share).then_some(best)
}

/// The chance of a table at least as uneven as this one, were its two rows alike.
fn fisher(a: usize, b: usize, c: usize, d: usize) -> f64 {
    let (row, other, column) = (a + b, c + d, a + c);
    let factorials: Vec<f64> = std::iter::once(0.0)
        .chain((1..=row + other).scan(0.0, |sum, it| {
            *sum += (it as f64).ln();
            Some(*sum)
        }))
        .collect();
    let choose = |n: usize, k: usize| factorials[n] - factorials[k] - factorials[n - k];
    let chance =
        |a: usize| (choose(row, a) + choose(other, column - a) - choose(row + other, column)).exp();
    let found = chance(a);
    let possible = column.saturating_sub(other)..=row.min(column);
    // What is as likely as the table found may come out a little more likely.
    possible.map(chance).filter(|it| *it <= found * (1.0 + 1e-7)).sum::<f64>().min(1.0)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn months(counts: &[usize]) -> Vec<(Date, usize)> {
        let dated = counts.iter().enumerate().filter(|(_, n)| **n > 0);
        dated.map(|(at, n)| (date(2026, at as i8 + 1, 1), *n)).collect()
    }

    /// Figures of R's `fisher.test`.
    #[test]
    fn the_test_is_fishers() {
        let check = |[a, b, c, d]: [usize; 4], expected: f64| {
            let found = fisher(a, b, c, d);
            assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
        };
        check([3, 1, 1, 3], 0.485_714_29);
        check([1, 9, 11, 3], 0.002_759_456_2);
        check([8, 2, 1, 5], 0.034_965_03);
        check([5, 5, 5, 5], 1.0);
        check([0, 4, 4, 0], 0.028_571_43);
    }

    #[test]
    fn a_theme_grows_only_against_what_else_is_said() {
        let check = |theme: &[usize], all: &[usize], expected: Option<&str>| {
            let found = trend(&months(theme), &months(all)).map(Trend::sentence);
            assert_eq!(found.as_deref(), expected);
        };
        let even = [20, 20, 20, 20];
        check(
            &[0, 1, 6, 8],
            &even,
            Some(
                "growing: 14 since March 2026, 1 before; of the other answers, 26 since then and 39 before",
            ),
        );
        check(
            &[9, 6, 0, 0],
            &even,
            Some(
                "shrinking: all 15 before March 2026; of the other answers, 40 since then and 25 before",
            ),
        );
        check(&[6, 6, 5, 6], &even, Some("steady: 11 since March 2026, 12 before"));
        check(&[1, 2, 3, 3], &even, Some("6 since March 2026, 3 before"));
        // All grow: the theme does no more than the rest.
        check(&[1, 2, 6, 12], &[10, 15, 30, 70], Some("steady: 12 since April 2026, 9 before"));
        check(&[0, 0, 2, 2], &even, None);
        check(&[0, 0, 0, 9], &[0, 0, 0, 90], None);
        check(&[0, 0, 0, 9], &[1, 0, 0, 90], None);
        check(&[], &[], None);
    }
}
