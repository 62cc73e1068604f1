//! Numbers and days as platforms write them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::names::is_currency;
use crate::readings::Decimal;

/// Which character stands before the decimals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Point {
    Dot,
    Comma,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Number {
    Value(Decimal),
    /// `--`, or nothing.
    None,
    /// `< 10%`: something is known, but no number.
    Bounded,
    Unreadable,
}

/// A number with whatever separates its thousands and whatever names its currency.
pub fn number(cell: &str, point: Point) -> Number {
    // Most cells are plain digits.
    if !cell.is_empty() && cell.bytes().all(|it| it.is_ascii_digit()) {
        return Decimal::parse(cell).map_or(Number::Unreadable, Number::Value);
    }
    let cell = cell.trim();
    if stands_for_none(cell) {
        return Number::None;
    }
    if cell.starts_with(['<', '>']) {
        return Number::Bounded;
    }
    let (negative, bare) = match cell.strip_prefix('(').and_then(|it| it.strip_suffix(')')) {
        Some(inside) => (true, inside),
        None => (false, cell),
    };
    let bare = without_currency(bare);
    if bare.contains(['e', 'E']) {
        return scientific(bare, negative);
    }
    let mut digits = String::with_capacity(bare.len() + 1);
    if negative {
        digits.push('-');
    }
    for c in bare.chars() {
        match (c, point) {
            ('0'..='9', _) => digits.push(c),
            ('-' | '−', _) if digits.is_empty() => digits.push('-'),
            ('+', _) if digits.is_empty() => {}
            ('.', Point::Dot) | (',', Point::Comma) => digits.push('.'),
            (',', Point::Dot) | ('.', Point::Comma) => {}
            (' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '’', _) => {}
            _ => return Number::Unreadable,
        }
    }
    Decimal::parse(&digits).map_or(Number::Unreadable, Number::Value)
}

/// Spreadsheets write large and small numbers so.
fn scientific(text: &str, negative: bool) -> Number {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value.abs() < 1e18 => {
            let value = if negative { -value } else { value };
            Decimal::parse(&format!("{value:.9}")).map_or(Number::Unreadable, Number::Value)
        }
        _ => Number::Unreadable,
    }
}

fn stands_for_none(cell: &str) -> bool {
    matches!(
        cell.to_ascii_lowercase().as_str(),
        "" | "--" | "-" | "—" | "–" | "n/a" | "na" | "#n/a" | "null" | "none" | "nan" | "(not set)"
    )
}

fn without_currency(cell: &str) -> &str {
    let symbol = |c: char| matches!(c, '€' | '$' | '£' | '¥' | ' ' | '\u{a0}' | '\u{202f}');
    let cell = cell.trim_matches(symbol);
    let code = |it: &str| it.len() == 3 && it.bytes().all(|it| it.is_ascii_uppercase());
    let cell = match cell.get(..3) {
        Some(first) if code(first) => &cell[3..],
        _ => cell,
    };
    let cell = match cell.len().checked_sub(3).and_then(|at| cell.get(at..).map(|it| (at, it))) {
        Some((at, last)) if code(last) => &cell[..at],
        _ => cell,
    };
    cell.trim_matches(symbol)
}

/// The currency that a cell names, by its code or by a symbol that is that of one only.
pub fn currency_of(cell: &str) -> Option<&str> {
    let cell = cell.trim();
    let code = |it: Option<&str>| it.filter(|it| is_currency(it)).is_some();
    match () {
        () if cell.contains('€') => Some("EUR"),
        () if cell.contains('£') => Some("GBP"),
        () if code(cell.get(..3)) => cell.get(..3),
        () => cell.get(cell.len().saturating_sub(3)..).filter(|it| is_currency(it)),
    }
}

/// Whether a cell names a currency that this one is not. Dollars are those of many countries.
pub fn contradicts(cell: &str, currency: &str) -> bool {
    // Most cells name none.
    let bare = |it: Option<char>| it.is_none_or(|it| it.is_ascii_digit());
    if bare(cell.chars().next()) && bare(cell.chars().next_back()) {
        return false;
    }
    let dollars = || cell.contains('$') && ["EUR", "GBP", "CHF", "JPY"].contains(&currency);
    currency_of(cell).is_some_and(|it| it != currency) || dollars()
}

/// Which point a column's cells show they use; `None` where none of them does.
pub fn point_of<'a>(cells: impl Iterator<Item = &'a str>) -> Option<Point> {
    let mut votes = [0_u32; 2];
    for cell in cells {
        let (dot, comma) = (cell.rfind('.'), cell.rfind(','));
        let decimals = |at: usize| {
            let digits = cell[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
            digits != 3 && digits > 0
        };
        match (dot, comma) {
            // What stands several times stands between thousands.
            (Some(_), None) if cell.matches('.').count() > 1 => votes[1] += 1,
            (None, Some(_)) if cell.matches(',').count() > 1 => votes[0] += 1,
            (Some(dot), Some(comma)) => votes[usize::from(comma > dot)] += 1,
            (Some(dot), None) if cell.matches('.').count() == 1 && decimals(dot) => votes[0] += 1,
            (None, Some(comma)) if cell.matches(',').count() == 1 && decimals(comma) => {
                votes[1] += 1;
            }
            _ => {}
        }
    }
    match votes {
        [0, 0] => None,
        [dots, commas] => Some(if commas > dots { Point::Comma } else { Point::Dot }),
    }
}

/// In which order the parts of a day like 03/04/2026 stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    MonthFirst,
    DayFirst,
}

/// The order that a column's cells prove; `None` where all of them could be read both ways.
pub fn order_of<'a>(cells: impl Iterator<Item = &'a str>) -> Option<Order> {
    for cell in cells {
        let mut parts = cell.trim().split(['/', '-']);
        let (Some(first), Some(second)) = (parts.next(), parts.next()) else { continue };
        match (first.parse::<u16>(), second.parse::<u16>()) {
            (Ok(13..=31), Ok(1..=12)) => return Some(Order::DayFirst),
            (Ok(1..=12), Ok(13..=31)) => return Some(Order::MonthFirst),
            _ => {}
        }
    }
    None
}

/// A day, or a day with an hour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct When {
    pub at: DateTime,
    pub has_hour: bool,
}

/// A time that names its offset is told in the account's zone.
pub fn when(cell: &str, order: Order, zone: &TimeZone) -> Option<When> {
    let cell = cell.trim().trim_start_matches('\'');
    let bytes = cell.as_bytes();
    let day = |date: Date| When { at: date.at(0, 0, 0, 0), has_hour: false };
    let number = |range: std::ops::Range<usize>| cell.get(range)?.parse::<i16>().ok();
    if bytes.iter().all(u8::is_ascii_digit) && (bytes.len() == 8 || bytes.len() == 10) {
        let date = Date::new(number(0..4)?, number(4..6)? as i8, number(6..8)? as i8).ok()?;
        return match bytes.len() {
            8 => Some(day(date)),
            _ => hour(date, number(8..10)?),
        };
    }
    if bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-' {
        return Date::new(number(0..4)?, number(5..7)? as i8, number(8..10)? as i8).ok().map(day);
    }
    if bytes.len() > 10 && bytes.get(4) == Some(&b'-') {
        if let Ok(instant) = cell.parse::<Timestamp>() {
            return Some(When { at: instant.to_zoned(zone.clone()).datetime(), has_hour: true });
        }
        let text = cell.replacen(' ', "T", 1);
        let text = text.split(['.', '+', 'Z']).next().unwrap_or(&text);
        let at = text.parse::<DateTime>().or_else(|_| format!("{text}:00").parse()).ok()?;
        return Some(When { at, has_hour: true });
    }
    numeric(cell, order)
        .or_else(|| {
            ["%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%a, %b %d, %Y"]
                .iter()
                .find_map(|form| Date::strptime(form, cell).ok())
        })
        .map(day)
}

fn hour(date: Date, hour: i16) -> Option<When> {
    let at =
        DateTime::from_parts(date, jiff::civil::Time::new(i8::try_from(hour).ok()?, 0, 0, 0).ok()?);
    Some(When { at, has_hour: true })
}

/// 17.8.2026, 8/17/2026, 17/08/26.
fn numeric(cell: &str, order: Order) -> Option<Date> {
    let dotted = cell.contains('.');
    let parts: Vec<i16> =
        cell.split(['/', '.', '-']).map(|it| it.parse().ok()).collect::<Option<_>>()?;
    let [first, second, year] = parts[..] else { return None };
    let year = if (0..100).contains(&year) { 2_000 + year } else { year };
    let (day, month) = match order {
        Order::MonthFirst if !dotted => (second, first),
        _ => (first, second),
    };
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// A month by its name or number.
pub fn month(cell: &str) -> Option<i8> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let plain = cell.trim().to_ascii_lowercase();
    let named = MONTHS.iter().position(|it| plain.starts_with(it)).map(|it| it as i8 + 1);
    named.or_else(|| plain.parse().ok().filter(|it| (1..=12).contains(it)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_written() {
        let check = |cell: &str, point: Point, expected: &str| {
            let read = match number(cell, point) {
                Number::Value(value) => value.to_string(),
                other => format!("{other:?}"),
            };
            assert_eq!(read, expected, "{cell}");
        };
        check("2,520.00", Point::Dot, "2520");
        check("2.520,50", Point::Comma, "2520.5");
        check("1 234,5", Point::Comma, "1234.5");
        check("1\u{202f}234", Point::Comma, "1234");
        check("€4,120.10", Point::Dot, "4120.1");
        check("EUR 12.5", Point::Dot, "12.5");
        check("12,5 €", Point::Comma, "12.5");
        check("(3.20)", Point::Dot, "-3.2");
        check("1.5e3", Point::Dot, "1500");
        check("--", Point::Dot, "None");
        check("< 10%", Point::Dot, "Bounded");
        check("abc", Point::Dot, "Unreadable");
    }

    #[test]
    fn currencies_are_told_and_contradictions_seen() {
        assert_eq!(currency_of("€4,120.10"), Some("EUR"));
        assert_eq!(currency_of("12.50 USD"), Some("USD"));
        assert_eq!(currency_of("CHF 12.50"), Some("CHF"));
        assert_eq!((currency_of("$4"), currency_of("--"), currency_of("n/a")), (None, None, None));
        assert!(
            contradicts("£2", "EUR") && contradicts("2 USD", "EUR") && contradicts("$2", "EUR")
        );
        assert!(!contradicts("$2", "CAD") && !contradicts("2", "EUR") && !contradicts("--", "EUR"));
    }

    #[test]
    fn the_decimal_point_is_told_by_what_stands_there() {
        let of = |cells: &[&str]| point_of(cells.iter().copied());
        assert_eq!(of(&["2,520.00", "1"]), Some(Point::Dot));
        assert_eq!(of(&["2.520,00"]), Some(Point::Comma));
        assert_eq!(of(&["0,5", "1.234"]), Some(Point::Comma));
        assert_eq!(of(&["1,234", "17"]), None);
        assert_eq!(of(&["1.234.567", "17"]), Some(Point::Comma));
    }

    #[test]
    fn days_are_read_in_the_forms_of_platforms() {
        let check = |cell: &str, order: Order, expected: Option<&str>| {
            let read = when(cell, order, &TimeZone::UTC)
                .map(|it| if it.has_hour { it.at.to_string() } else { it.at.date().to_string() });
            assert_eq!(read.as_deref(), expected, "{cell}");
        };
        check("20260817", Order::MonthFirst, Some("2026-08-17"));
        check("2026081713", Order::MonthFirst, Some("2026-08-17T13:00:00"));
        check("2026-08-17", Order::MonthFirst, Some("2026-08-17"));
        check("2026-08-17 13:00", Order::MonthFirst, Some("2026-08-17T13:00:00"));
        check("8/17/2026", Order::MonthFirst, Some("2026-08-17"));
        check("17/08/2026", Order::DayFirst, Some("2026-08-17"));
        check("17.08.2026", Order::MonthFirst, Some("2026-08-17"));
        check("Aug 17, 2026", Order::MonthFirst, Some("2026-08-17"));
        check("Mon, Aug 17, 2026", Order::MonthFirst, Some("2026-08-17"));
        check("Total", Order::MonthFirst, None);
        check("2026-02-30", Order::MonthFirst, None);
    }
}
