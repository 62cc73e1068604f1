//! Siblings beside each other: campaigns, ad sets, channels.

use super::Unit;
use super::canvas::{
    Anchor, Canvas, GRID, INK, LETTERS, MAIN, MARGIN, MARK, SOFT, WIDTH, fitting, room,
};
use super::scale::Scale;

/// More than these are counted and not drawn.
const MOST: usize = 12;

const ROW: f64 = 36.0;

/// Bars with their names above them, in the order given.
#[derive(Clone, PartialEq, Debug)]
pub struct Bars {
    /// What is compared, and by which rule something stands out.
    pub title: String,
    pub unit: Unit,
    pub bars: Vec<Bar>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Bar {
    pub name: String,
    pub value: f64,
    /// Where it lies, as far as can be told.
    pub interval: Option<(f64, f64)>,
    /// It stands out.
    pub marked: bool,
}

impl Bars {
    pub fn png(&self) -> Vec<u8> {
        let (mut canvas, top) = Canvas::titled(&self.title);
        let shown: Vec<&Bar> = self.shown().collect();
        if shown.is_empty() {
            canvas.text(MARGIN, top + 20.0, "There is nothing to compare.", SOFT, Anchor::Start);
            return canvas.png(top + 40.0);
        }
        let said = |it: &Bar| room(&self.unit.say(it.value), LETTERS);
        let label = shown.iter().map(|it| said(it)).fold(0.0, f64::max) + 8.0;
        let ends = shown.iter().flat_map(|it| {
            let (low, high) = it.interval.unwrap_or((it.value, it.value));
            [it.value, low, high].into_iter().filter(|it| it.is_finite())
        });
        let (low, high) = ends.fold((0.0, 0.0), |(low, high), it| (it.min(low), it.max(high)));
        let across = Scale::exactly(low, high, MARGIN, WIDTH - MARGIN - label);
        let mut y = top + 10.0;
        for it in &shown {
            self.draw(&mut canvas, it, &across, y);
            y += ROW;
        }
        if let Some(more) = self.more() {
            canvas.text(MARGIN, y + 10.0, &more, SOFT, Anchor::Start);
            y += 16.0;
        }
        canvas.png(y + 8.0)
    }

    /// The numbers, for those who do not see the picture.
    pub fn alt(&self) -> String {
        let title = self.title.trim_end_matches('.');
        let bars: Vec<String> = self
            .shown()
            .map(|it| {
                let say = |value| self.unit.say(value);
                let interval = it
                    .interval
                    .map(|(low, high)| format!(" (between {} and {})", say(low), say(high)));
                let marked = if it.marked { ", which stands out" } else { "" };
                format!("{} {}{}{marked}", it.name, say(it.value), interval.unwrap_or_default())
            })
            .collect();
        if bars.is_empty() {
            return format!("{title}. There is nothing to compare.");
        }
        let more = self.more().map(|it| format!(" {it}")).unwrap_or_default();
        format!("{title}. {}.{more}", bars.join("; "))
    }

    fn draw(&self, canvas: &mut Canvas, it: &Bar, across: &Scale, y: f64) {
        let colour = if it.marked { MARK } else { MAIN };
        let name = fitting(&it.name, WIDTH - 2.0 * MARGIN - 16.0);
        if it.marked {
            canvas.ring((MARGIN + 5.0, y + 6.0));
            canvas.bold(MARGIN + 14.0, y + 10.0, &fitting(&name, 280.0), INK, Anchor::Start);
        } else {
            canvas.text(MARGIN, y + 10.0, &name, INK, Anchor::Start);
        }
        let (nought, end) = (across.place(0.0), across.place(it.value));
        let size = ((end - nought).abs().max(1.0), 12.0);
        canvas.block((nought.min(end), y + 15.0), size, colour);
        let mut right = nought.max(end);
        if let Some((low, high)) = it.interval {
            let (low, high) = (across.place(low), across.place(high));
            right = right.max(high);
            canvas.line((low, y + 21.0), (high, y + 21.0), GRID, 3.6);
            canvas.line((low, y + 21.0), (high, y + 21.0), INK, 1.4);
            for edge in [low, high] {
                canvas.line((edge, y + 17.5), (edge, y + 24.5), INK, 1.4);
            }
        }
        canvas.line((nought, y + 13.0), (nought, y + 29.0), INK, 1.0);
        canvas.text(right + 6.0, y + 25.0, &self.unit.say(it.value), INK, Anchor::Start);
    }

    fn shown(&self) -> impl Iterator<Item = &Bar> {
        self.bars.iter().filter(|it| it.value.is_finite()).take(MOST)
    }

    fn more(&self) -> Option<String> {
        let more = self.bars.len() - self.shown().count();
        (more > 0).then(|| format!("… {more} more are not shown."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(values: &[f64]) -> Bars {
        let bar = |(n, value): (usize, &f64)| Bar {
            name: format!("Campaign {n}"),
            value: *value,
            interval: (n == 0).then_some((value - 1.0, value + 1.0)),
            marked: n == 0,
        };
        let bars = values.iter().enumerate().map(bar).collect();
        Bars { title: "Cost per lead".to_owned(), unit: Unit::Number, bars }
    }

    #[test]
    fn the_text_says_the_numbers() {
        let check = |values: &[f64], expected: &str| assert_eq!(bars(values).alt(), expected);
        check(&[], "Cost per lead. There is nothing to compare.");
        check(
            &[12.0, 3.0],
            "Cost per lead. Campaign 0 12 (between 11 and 13), which stands out; Campaign 1 3.",
        );
        assert!(bars(&[1.0; 14]).alt().ends_with("Campaign 11 1. … 2 more are not shown."));
    }

    #[test]
    fn equal_input_gives_equal_bytes_and_any_input_a_picture() {
        assert_eq!(bars(&[3.0, 1.0]).png(), bars(&[3.0, 1.0]).png());
        for values in [&[][..], &[0.0], &[-3.0, 5.0], &[f64::NAN, 1.0], &[1.0; 40]] {
            assert!(bars(values).png().starts_with(b"\x89PNG"));
        }
    }
}
