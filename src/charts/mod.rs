//! Charts: numbers in, a PNG and a sentence out.
//!
//! A chart says in its title what it is about and by which rule something stands out; [`Line`] is a
//! series with what was expected of it, [`Bars`] compares siblings, [`Funnel`] shows where people are
//! lost, [`Interval`] how sure a difference is. Each has `png()`, for the eyes, and `alt()`, which says
//! the numbers to those who do not see the picture.
//!
//! `canvas` writes SVG and makes the picture of it, `scale` finds round ticks. A picture is drawn
//! for a phone: [`WIDTH`] units wide with letters of eleven, three pixels a unit. Its ground is white, with
//! an edge, so that it stands by itself in a light and in a dark Slack. What stands out differs in form
//! and not in colour alone.
//!
//! **Invariant.** Equal input gives equal bytes: the letters are our own (DejaVu Sans, see
//! `font-licence.txt`), no clock, no system font and no random order has a part in it.
//! **Invariant.** What a picture has no room for is counted in it and in its text, never left out
//! silently; what is no number is not drawn.

mod bars;
mod canvas;
mod funnel;
mod interval;
mod line;
mod scale;

pub use self::bars::{Bar, Bars};
pub use self::canvas::WIDTH;
pub use self::funnel::{Funnel, Step};
pub use self::interval::{Estimated, Interval};
pub use self::line::{Expected, Line, Reading};

use crate::words::{amount, percent};

/// What numbers of a chart are.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Unit {
    #[default]
    Number,
    /// By its three letters.
    Money(String),
    /// A share of one, told in percent.
    Share,
    /// A difference of two shares, told in percentage points.
    Points,
}

impl Unit {
    /// As it stands in a sentence.
    fn say(&self, value: f64) -> String {
        match self {
            Self::Number => amount(value, None),
            Self::Money(currency) => amount(value, Some(currency)),
            Self::Share => percent(value),
            Self::Points => format!("{} points", plain(value * 100.0)),
        }
    }

    /// As it stands at an axis, where there is little room: `1.2k`, `40 %`.
    fn short(&self, value: f64) -> String {
        if *self == Self::Share {
            return format!("{} %", plain(value * 100.0));
        }
        let value = if *self == Self::Points { value * 100.0 } else { value };
        match value.abs() {
            it if it >= 999_500.0 => format!("{}M", plain(value / 1e6)),
            it if it >= 10_000.0 => format!("{}k", plain(value / 1e3)),
            _ => plain(value),
        }
    }
}

/// Three digits, without noughts at the end.
fn plain(value: f64) -> String {
    let digits = match value.abs() {
        it if it >= 100.0 => 0,
        it if it >= 10.0 => 1,
        it if it >= 0.1 || it == 0.0 => 2,
        _ => 4,
    };
    let text = format!("{value:.digits$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    };
    if text == "-0" { "0".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_at_an_axis_are_short() {
        let check =
            |unit: Unit, value: f64, expected: &str| assert_eq!(unit.short(value), expected);
        check(Unit::Number, 0.0, "0");
        check(Unit::Number, 1_500.0, "1500");
        check(Unit::Number, 25_000.0, "25k");
        check(Unit::Money("EUR".to_owned()), 1_250_000.0, "1.25M");
        check(Unit::Share, 0.125, "12.5 %");
        check(Unit::Share, -0.02, "-2 %");
        check(Unit::Number, 0.05, "0.05");
        check(Unit::Points, 0.005, "0.5");
    }
}
