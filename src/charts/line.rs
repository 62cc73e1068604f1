//! A series over time, with what was expected of it and what stands out.

use jiff::civil::DateTime;

use super::Unit;
use super::canvas::{
    Anchor, BAND, Canvas, GRID, INK, LETTERS, MAIN, MARGIN, MARK, SOFT, WIDTH, fitting, room,
};
use super::scale::Scale;
use crate::words::count;

const PLOT: f64 = 170.0;
const TICKS: usize = 5;

/// Marked readings that the text names one by one.
const NAMED: usize = 8;

/// A series, in the order of time.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    /// What it is, and by which rule something stands out.
    pub title: String,
    pub unit: Unit,
    pub readings: Vec<Reading>,
    /// Until when there should be readings: the picture shows that they are missing.
    pub until: Option<DateTime>,
}

/// One number of the series.
#[derive(Clone, PartialEq, Debug)]
pub struct Reading {
    /// Local time of the account.
    pub at: DateTime,
    pub value: f64,
    pub expected: Option<Expected>,
    /// It stands out.
    pub marked: bool,
}

/// What was expected of a reading: its band holds what is nothing special.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Expected {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Line {
    pub fn png(&self) -> Vec<u8> {
        let (mut canvas, top) = Canvas::titled(&self.title);
        let readings = self.drawn();
        if readings.is_empty() {
            canvas.text(MARGIN, top + 20.0, "There are no readings.", SOFT, Anchor::Start);
            return canvas.png(top + 40.0);
        }
        let top = self.legend(&mut canvas, top, &readings);
        let bottom = top + PLOT;
        let values = readings.iter().flat_map(|it| {
            let band = it.expected.map(|it| [it.low, it.high]);
            [it.value].into_iter().chain(band.into_iter().flatten())
        });
        // Quantities are seen as such only from nought on.
        let up = Scale::over(values.chain([0.0]), TICKS, bottom, top);
        let ticks = up.ticks(TICKS);
        let labels = ticks.iter().map(|it| self.unit.short(*it));
        let left = MARGIN + labels.map(|it| room(&it, LETTERS)).fold(0.0, f64::max) + 6.0;
        for tick in ticks {
            let y = up.place(tick);
            canvas.line((left, y), (WIDTH - MARGIN, y), GRID, 1.0);
            canvas.text(left - 6.0, y + 4.0, &self.unit.short(tick), SOFT, Anchor::End);
        }
        let (first, newest) = (second(readings[0].at), second(readings[readings.len() - 1].at));
        let last = self.until.map_or(newest, second).max(newest);
        let across = Scale::exactly(first, last.max(first + 1.0), left + 5.0, WIDTH - MARGIN - 6.0);
        for stretch in stretches(&readings) {
            draw(&mut canvas, stretch, &across, &up);
        }
        for it in readings.iter().filter(|it| it.marked) {
            canvas.ring((across.place(second(it.at)), up.place(it.value)));
        }
        self.label_last_mark(&mut canvas, &readings, &across, &up);
        if last > newest {
            let (from, to) = (across.place(newest), across.place(last));
            canvas.dashed((from, top), (from, bottom), MARK);
            canvas.dashed((to, top), (to, bottom), MARK);
            canvas.bold(from - 5.0, top + 12.0, "then no data", MARK, Anchor::End);
        }
        days(&mut canvas, &readings, &across, bottom);
        canvas.png(bottom + 34.0)
    }

    /// The numbers, for those who do not see the picture.
    pub fn alt(&self) -> String {
        let readings = self.drawn();
        let (Some(first), Some(last)) = (readings.first(), readings.last()) else {
            return format!("{}. There are no readings.", self.title);
        };
        let values = || readings.iter().map(|it| it.value);
        let low = self.unit.say(values().fold(f64::INFINITY, f64::min));
        let high = self.unit.say(values().fold(f64::NEG_INFINITY, f64::max));
        let mut text = format!(
            "{}. {} from {} to {}, between {low} and {high}; the last is {}",
            self.title.trim_end_matches('.'),
            count(readings.len() as u64, "reading"),
            when(first.at),
            when(last.at),
            self.unit.say(last.value)
        );
        text += &self.expectation(last);
        if let Some(until) = self.until.filter(|until| *until > last.at) {
            text += &format!(". After that nothing came until {}", when(until));
        }
        let marked: Vec<&&Reading> = readings.iter().filter(|it| it.marked).collect();
        if marked.is_empty() {
            return text + ". Nothing is marked.";
        }
        // What happened last matters most.
        let named = marked.iter().rev().take(NAMED).map(|it| {
            format!("{} {}{}", when(it.at), self.unit.say(it.value), self.expectation(it))
        });
        let named: Vec<String> = named.collect();
        text += &format!(". Marked: {}", named.join("; "));
        if marked.len() > NAMED {
            text += &format!("; and {} more before", marked.len() - NAMED);
        }
        text + "."
    }

    fn expectation(&self, it: &Reading) -> String {
        let Some(Expected { value, low, high }) = it.expected else { return String::new() };
        let say = |value| self.unit.say(value);
        if low >= high {
            return format!(" (expected {})", say(value));
        }
        format!(" (expected {}, usually {} to {})", say(value), say(low), say(high))
    }

    fn drawn(&self) -> Vec<&Reading> {
        self.readings.iter().filter(|it| it.value.is_finite()).collect()
    }

    fn legend(&self, canvas: &mut Canvas, top: f64, readings: &[&Reading]) -> f64 {
        let y = top + 14.0;
        let mut x = MARGIN;
        let unit = match &self.unit {
            Unit::Money(currency) => format!("measured, {}", fitting(currency, 40.0)),
            _ => "measured".to_owned(),
        };
        canvas.line((x, y - 4.0), (x + 14.0, y - 4.0), MAIN, 2.0);
        canvas.text(x + 19.0, y, &unit, SOFT, Anchor::Start);
        x += 32.0 + room(&unit, LETTERS);
        if readings.iter().any(|it| it.expected.is_some()) {
            let has_band = readings.iter().filter_map(|it| it.expected).any(|it| it.low < it.high);
            let name = if has_band { "usual" } else { "expected" };
            match has_band {
                true => canvas.block((x, y - 9.0), (14.0, 10.0), BAND),
                false => canvas.dashed((x, y - 4.0), (x + 14.0, y - 4.0), SOFT),
            }
            canvas.text(x + 19.0, y, name, SOFT, Anchor::Start);
            x += 32.0 + room(name, LETTERS);
        }
        if readings.iter().any(|it| it.marked) {
            canvas.ring((x + 6.0, y - 4.0));
            canvas.text(x + 16.0, y, "stands out", SOFT, Anchor::Start);
        }
        y + 14.0
    }

    /// The number at the last marked reading, on the side where there is room.
    fn label_last_mark(&self, canvas: &mut Canvas, all: &[&Reading], across: &Scale, up: &Scale) {
        let Some(it) = all.iter().rev().find(|it| it.marked) else { return };
        let (x, y) = (across.place(second(it.at)), up.place(it.value));
        let (x, anchor) = match x > WIDTH / 2.0 {
            true => (x - 8.0, Anchor::End),
            false => (x + 8.0, Anchor::Start),
        };
        canvas.bold(x, y + 4.0, &self.unit.say(it.value), MARK, anchor);
    }
}

/// The band under the line, and the line; a reading alone is a dot.
fn draw(canvas: &mut Canvas, stretch: &[&Reading], across: &Scale, up: &Scale) {
    let x = |it: &Reading| across.place(second(it.at));
    for known in stretch.split(|it| it.expected.is_none()).filter(|it| it.len() > 1) {
        let edge = |part: fn(&Expected) -> f64| {
            known.iter().filter_map(move |it| Some((x(it), up.place(part(it.expected.as_ref()?)))))
        };
        let middle: Vec<(f64, f64)> = edge(|it| it.value).collect();
        if known.iter().filter_map(|it| it.expected).all(|it| it.low >= it.high) {
            for pair in middle.windows(2) {
                canvas.dashed(pair[0], pair[1], SOFT);
            }
            continue;
        }
        let above: Vec<(f64, f64)> = edge(|it| it.high).collect();
        let mut places: Vec<(f64, f64)> = edge(|it| it.low).collect();
        places.extend(above.into_iter().rev());
        canvas.area(&places, BAND);
    }
    let places: Vec<(f64, f64)> = stretch.iter().map(|it| (x(it), up.place(it.value))).collect();
    match places[..] {
        [alone] => canvas.dot(alone, 1.8, MAIN),
        _ => canvas.path(&places, MAIN, 1.8),
    }
}

/// Parts without a gap: where twice the usual time passed, nothing was measured.
fn stretches<'a, 'b>(readings: &'a [&'b Reading]) -> impl Iterator<Item = &'a [&'b Reading]> {
    let mut steps: Vec<f64> =
        readings.windows(2).map(|it| second(it[1].at) - second(it[0].at)).collect();
    steps.sort_by(f64::total_cmp);
    let usual = steps.get(steps.len() / 2).copied().unwrap_or(0.0);
    readings.chunk_by(move |one, next| second(next.at) - second(one.at) < usual * 1.9 + 1.0)
}

/// The first day, the last, and two between them.
fn days(canvas: &mut Canvas, readings: &[&Reading], across: &Scale, bottom: f64) {
    let (first, last) = (readings[0].at, readings[readings.len() - 1].at);
    let hours = second(last) - second(first) < 3.0 * 86_400.0;
    let label = |at: DateTime| match hours {
        true => at.strftime("%-d %b %H:%M").to_string(),
        false => at.strftime("%-d %b").to_string(),
    };
    let parts = if hours { 2 } else { 3 };
    let mut said = String::new();
    for part in 0..=parts {
        let wanted =
            second(first) + (second(last) - second(first)) * f64::from(part) / f64::from(parts);
        let near = |it: &&&Reading| (second(it.at) - wanted).abs() as i64;
        let Some(reading) = readings.iter().min_by_key(near) else { continue };
        let text = label(reading.at);
        if text == said {
            continue;
        }
        let x = across.place(second(reading.at));
        let anchor = match part {
            0 => Anchor::Start,
            it if it == parts => Anchor::End,
            _ => Anchor::Middle,
        };
        canvas.line((x, bottom), (x, bottom + 4.0), SOFT, 1.0);
        canvas.text(x, bottom + 17.0, &text, INK, anchor);
        said = text;
    }
}

fn when(at: DateTime) -> String {
    match at.time() == jiff::civil::Time::midnight() {
        true => at.strftime("%-d %b %Y").to_string(),
        false => at.strftime("%-d %b %Y %H:%M").to_string(),
    }
}

/// Of the account's civil time, counted as if it were UTC.
fn second(at: DateTime) -> f64 {
    at.to_zoned(jiff::tz::TimeZone::UTC).map_or(0.0, |it| it.timestamp().as_second() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(values: &[f64]) -> Line {
        let day = |n: usize| {
            jiff::civil::date(2026, 8, 1)
                .at(0, 0, 0, 0)
                .saturating_add(jiff::Span::new().days(n as i64))
        };
        let reading = |(n, value): (usize, &f64)| Reading {
            at: day(n),
            value: *value,
            expected: Some(Expected { value: 100.0, low: 80.0, high: 120.0 }),
            marked: *value > 120.0,
        };
        Line {
            title: "Spend a day".to_owned(),
            unit: Unit::Money("EUR".to_owned()),
            readings: values.iter().enumerate().map(reading).collect(),
            until: None,
        }
    }

    #[test]
    fn the_text_says_the_numbers() {
        let check = |values: &[f64], expected: &str| assert_eq!(line(values).alt(), expected);
        check(&[], "Spend a day. There are no readings.");
        check(
            &[100.0, f64::NAN, 210.0],
            "Spend a day. 2 readings from 1 Aug 2026 to 3 Aug 2026, between 100.00 EUR and 210.00 EUR; the last is 210.00 EUR (expected 100.00 EUR, usually 80.00 EUR to 120.00 EUR). Marked: 3 Aug 2026 210.00 EUR (expected 100.00 EUR, usually 80.00 EUR to 120.00 EUR).",
        );
        check(
            &[100.0],
            "Spend a day. 1 reading from 1 Aug 2026 to 1 Aug 2026, between 100.00 EUR and 100.00 EUR; the last is 100.00 EUR (expected 100.00 EUR, usually 80.00 EUR to 120.00 EUR). Nothing is marked.",
        );
    }

    #[test]
    fn equal_input_gives_equal_bytes_and_any_input_a_picture() {
        let one = line(&[100.0, 90.0, 210.0]);
        assert_eq!(one.png(), one.clone().png());
        for values in [&[][..], &[1.0], &[0.0, 0.0], &[f64::NAN], &[-5.0, 1e300, f64::INFINITY]] {
            assert!(line(values).png().starts_with(b"\x89PNG"));
        }
    }

    #[test]
    fn a_gap_in_the_readings_is_a_gap_in_the_line() {
        let mut gap = line(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
        gap.readings.drain(3..5);
        let readings = gap.drawn();
        let lengths: Vec<usize> = stretches(&readings).map(<[_]>::len).collect();
        assert_eq!(lengths, [3, 2]);
    }
}
