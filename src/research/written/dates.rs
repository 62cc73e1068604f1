//! Dates in a text, however much of one it says: "3 March 2026", "March 2026", "in August".

use std::ops::Range;
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::{Captures, Regex};

/// As much of a date as a text says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Dated {
    pub year: Option<i16>,
    pub month: Option<i8>,
    pub day: Option<i8>,
}

/// A date at a place; "3/4/2026" may be either of two.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    pub readings: Vec<Dated>,
    pub place: Range<usize>,
}

/// Names of months in seven languages, by their number; the first of a row is English.
const MONTHS: [&str; 12] = [
    "january|jan|januar|janvier|enero|gennaio|janeiro|januari|jänner",
    "february|feb|februar|février|fevrier|febrero|febbraio|fevereiro|februari",
    "march|mar|märz|maerz|mars|marzo|março|maart",
    "april|apr|avril|abril|aprile",
    "may|mai|mayo|maggio|maio|mei",
    "june|jun|juni|juin|junio|giugno|junho",
    "july|jul|juli|juillet|julio|luglio|julho",
    "august|aug|août|aout|agosto|augustus",
    "september|sep|sept|septembre|septiembre|settembre|setembro",
    "october|oct|oktober|okt|octobre|octubre|ottobre|outubro",
    "november|nov|novembre|noviembre|novembro",
    "december|dec|dezember|dez|décembre|decembre|diciembre|dicembre|dezembro",
];

static ISO: LazyLock<Regex> =
    LazyLock::new(|| regex(r"\b(?P<y>[12]\d{3})-(?P<m>[01]\d)(?:-(?P<d>[0-3]\d))?\b"));
static IN_FIGURES: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?P<a>[0-3]?\d)(?:/|\.|\.\x20)(?P<b>[01]?\d|[0-3]\d)(?:/|\.|\.\x20)(?P<y>[12]\d{3})\b",
    )
});
static DAY_FIRST: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?P<d>[0-3]?\d)(?:st|nd|rd|th|\.|º)?\x20(?:of\x20|de\x20)?(?P<name>MONTH)\b\.?,?(?:\x20(?:de\x20)?(?P<y>[12]\d{3})\b)?",
    )
});
static MONTH_FIRST: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?P<name>MONTH)\b\.?\x20(?P<d>[0-3]?\d)(?:st|nd|rd|th)?\b(?:,?\x20(?P<y>[12]\d{3})\b)?",
    )
});
static OF_YEAR: LazyLock<Regex> =
    LazyLock::new(|| regex(r"\b(?P<name>MONTH)\b\.?,?\x20(?:of\x20|de\x20)?(?P<y>[12]\d{3})\b"));
/// A month alone, where a word before it makes it one: "march" and "may" are words, too.
static ALONE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:in|since|until|till|during|by|from|early|mid|late|last|next|im|seit|en|depuis|desde|a|da|em|sinds)[\x20-](?:early\x20|mid-|late\x20)?(?P<name>MONTH)\b",
    )
});

fn regex(pattern: &str) -> Regex {
    let pattern = pattern.replace("MONTH", &MONTHS.join("|"));
    Regex::new(&pattern).expect("the pattern is fixed and tested")
}

/// The dates in a text in the form of `numbers::readable`.
pub fn of(readable: &str) -> Vec<Place> {
    let mut found: Vec<Place> = Vec::new();
    for pattern in [&ISO, &IN_FIGURES, &DAY_FIRST, &MONTH_FIRST, &OF_YEAR, &ALONE] {
        for captures in pattern.captures_iter(readable) {
            let Some(place) = captures.get(0).map(|it| it.range()) else { continue };
            let readings = readings(&captures);
            let taken = |it: &Place| it.place.start < place.end && place.start < it.place.end;
            if !readings.is_empty() && !found.iter().any(taken) {
                found.push(Place { readings, place });
            }
        }
    }
    found
}

fn readings(captures: &Captures) -> Vec<Dated> {
    let number = |name: &str| captures.name(name).and_then(|it| it.as_str().parse::<i16>().ok());
    let small = |name: &str| number(name).and_then(|it| i8::try_from(it).ok());
    let year = number("y");
    let named = captures.name("name").and_then(|it| month(it.as_str()));
    let of = |month: Option<i8>, day: Option<i8>| Dated { year, month, day };
    let all = match (small("a"), small("b")) {
        (Some(a), Some(b)) => vec![of(Some(b), Some(a)), of(Some(a), Some(b))],
        _ => vec![of(named.or(small("m")), small("d"))],
    };
    let possible = |it: &Dated| {
        it.month.is_none_or(|it| (1..=12).contains(&it))
            && it.day.is_none_or(|it| (1..=31).contains(&it))
    };
    all.into_iter().filter(possible).collect()
}

fn month(name: &str) -> Option<i8> {
    let at = MONTHS.iter().position(|names| names.split('|').any(|it| it == name))?;
    i8::try_from(at + 1).ok()
}

impl Dated {
    pub fn on(date: Date) -> Self {
        Self { year: Some(date.year()), month: Some(date.month()), day: Some(date.day()) }
    }

    /// Whether a date that says this much is borne out by one that says `other`; where the other
    /// has no year, that of the day the passage was written is taken.
    pub fn is_part_of(self, other: Self, written: Option<Date>) -> bool {
        let year = other.year.or(written.map(Date::year));
        (self.year.is_none() || self.year == year)
            && (self.month.is_none() || self.month == other.month)
            && (self.day.is_none() || self.day == other.day)
    }
}

#[cfg(test)]
mod tests {
    use super::super::numbers::readable;
    use super::*;

    #[test]
    fn dates_are_found_however_much_they_say() {
        let check = |text: &str, expected: &str| {
            let part = |it: Option<i16>| it.map_or("?".to_owned(), |it| it.to_string());
            let shown = of(&readable(text)).into_iter().map(|it| {
                let readings = it.readings.iter().map(|it| {
                    let (month, day) = (it.month.map(i16::from), it.day.map(i16::from));
                    format!("{}-{}-{}", part(it.year), part(month), part(day))
                });
                readings.collect::<Vec<_>>().join("|")
            });
            assert_eq!(shown.collect::<Vec<_>>().join(", "), expected, "{text}");
        };
        check("on 2026-03-02 or 2026-03", "2026-3-2, 2026-3-?");
        check("3 March 2026, the 3rd of March, March 3rd, 2026", "2026-3-3, ?-3-3, 2026-3-3");
        check("3. März 2026, le 3 mars 2026, 3 de marzo de 2026", "2026-3-3, 2026-3-3, 2026-3-3");
        check("March 2026 and Sept. 2025", "2026-3-?, 2025-9-?");
        check(
            "3/4/2026 and 13/4/2026 and 02.03.2026",
            "2026-4-3|2026-3-4, 2026-4-13, 2026-3-2|2026-2-3",
        );
        check("since August, in May, by mid-June", "?-8-?, ?-5-?, ?-6-?");
        check("they may march on 24/7 for 1.2.3", "");
    }

    #[test]
    fn a_date_is_borne_out_by_one_that_says_as_much() {
        let full = Dated { year: Some(2026), month: Some(3), day: Some(2) };
        let month = Dated { day: None, ..full };
        let day = Dated { year: None, ..full };
        assert!(month.is_part_of(full, None) && !full.is_part_of(month, None));
        assert!(!full.is_part_of(day, None));
        assert!(full.is_part_of(day, Some(jiff::civil::date(2026, 5, 1))));
        assert!(!month.is_part_of(Dated { month: Some(4), ..full }, None));
    }
}
