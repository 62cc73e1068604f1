//! Differences and how sure they are: a point with its interval, a row each.

use super::Unit;
use super::canvas::{
    Anchor, Canvas, GRID, INK, LETTERS, MAIN, MARGIN, MARK, SOFT, WIDTH, fitting, room,
};
use super::scale::Scale;

/// More than these are counted and not drawn.
const MOST: usize = 12;

const ROW: f64 = 44.0;
const TICKS: usize = 4;

/// Estimates on one scale, with a line where there is no difference.
#[derive(Clone, PartialEq, Debug)]
pub struct Interval {
    /// What is estimated, against what, and by which rule.
    pub title: String,
    pub unit: Unit,
    pub rows: Vec<Estimated>,
    /// The least difference worth having, drawn as a dashed line.
    pub least: Option<f64>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Estimated {
    pub name: String,
    pub value: f64,
    /// `None` where it has no end on that side.
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// It is bad news.
    pub marked: bool,
}

impl Interval {
    pub fn png(&self) -> Vec<u8> {
        let (mut canvas, top) = Canvas::titled(&self.title);
        let rows = self.shown();
        if rows.is_empty() {
            canvas.text(MARGIN, top + 20.0, "Nothing can be told yet.", SOFT, Anchor::Start);
            return canvas.png(top + 40.0);
        }
        let ends = rows.iter().flat_map(|it| [Some(it.value), it.low, it.high]).flatten();
        let ends = ends.chain([0.0]).chain(self.least);
        let across = Scale::over(ends, TICKS, MARGIN + 16.0, WIDTH - MARGIN - 16.0);
        let begins = top + 22.0;
        let bottom = begins + ROW * rows.len() as f64;
        for tick in across.ticks(TICKS) {
            let x = across.place(tick);
            canvas.line((x, begins), (x, bottom), GRID, 1.0);
            canvas.text(x, bottom + 15.0, &self.unit.short(tick), SOFT, Anchor::Middle);
        }
        let nought = across.place(0.0);
        canvas.line((nought, begins), (nought, bottom), INK, 1.2);
        if let Some(least) = self.least {
            let x = across.place(least);
            canvas.dashed((x, begins), (x, bottom), INK);
        }
        self.legend(&mut canvas, top + 10.0);
        for (place, it) in rows.iter().enumerate() {
            self.draw(&mut canvas, it, &across, begins + ROW * place as f64);
        }
        let mut bottom = bottom + 26.0;
        if let Some(more) = self.more() {
            canvas.text(MARGIN, bottom + 8.0, &more, SOFT, Anchor::Start);
            bottom += 16.0;
        }
        canvas.png(bottom)
    }

    /// The numbers, for those who do not see the picture.
    pub fn alt(&self) -> String {
        let title = self.title.trim_end_matches('.');
        let rows: Vec<String> = self
            .shown()
            .iter()
            .map(|it| {
                let marked = if it.marked { ", which is bad news" } else { "" };
                format!("{} {}{marked}", it.name, self.estimate(it))
            })
            .collect();
        if rows.is_empty() {
            return format!("{title}. Nothing can be told yet.");
        }
        let least = self
            .least
            .map(|it| format!(" The least difference worth having is {}.", self.difference(it)));
        let more = self.more().map(|it| format!(" {it}")).unwrap_or_default();
        format!("{title}. {}.{}{more}", rows.join("; "), least.unwrap_or_default())
    }

    fn draw(&self, canvas: &mut Canvas, it: &Estimated, across: &Scale, y: f64) {
        let colour = if it.marked { MARK } else { MAIN };
        let said = self.estimate(it);
        let name = fitting(&it.name, WIDTH - 2.0 * MARGIN - room(&said, LETTERS) - 8.0);
        // On white, so that the lines of the scale do not run through the letters.
        canvas.block((MARGIN, y + 2.0), (WIDTH - 2.0 * MARGIN, 15.0), "#ffffff");
        canvas.bold(MARGIN, y + 13.0, &name, INK, Anchor::Start);
        canvas.text(WIDTH - MARGIN, y + 13.0, &said, INK, Anchor::End);
        let y = y + 28.0;
        let edge = |end: Option<f64>, open: f64| end.map_or(open, |it| across.place(it));
        let (low, high) = (edge(it.low, MARGIN), edge(it.high, WIDTH - MARGIN));
        canvas.line((low, y), (high, y), colour, 2.6);
        for (end, x, inside) in [(it.low, low, 6.0), (it.high, high, -6.0)] {
            match end {
                Some(_) => canvas.line((x, y - 5.0), (x, y + 5.0), colour, 2.0),
                // An arrow: it goes on.
                None => canvas.path(
                    &[(x + inside, y - 5.0), (x, y), (x + inside, y + 5.0)],
                    colour,
                    2.0,
                ),
            }
        }
        let place = (across.place(it.value), y);
        if it.marked { canvas.ring(place) } else { canvas.dot(place, 4.5, colour) }
    }

    fn legend(&self, canvas: &mut Canvas, y: f64) {
        let nothing = "no difference";
        canvas.line((MARGIN + 4.0, y - 9.0), (MARGIN + 4.0, y + 3.0), INK, 1.2);
        canvas.text(MARGIN + 11.0, y, nothing, SOFT, Anchor::Start);
        if self.least.is_some() {
            let x = MARGIN + 34.0 + room(nothing, LETTERS);
            canvas.dashed((x, y - 9.0), (x, y + 3.0), INK);
            canvas.text(x + 7.0, y, "least worth having", SOFT, Anchor::Start);
        }
    }

    /// `+2.1 % (+0.4 % to +3.9 %)`.
    fn estimate(&self, it: &Estimated) -> String {
        let say = |value| self.difference(value);
        let interval = match (it.low, it.high) {
            (Some(low), Some(high)) => format!("{} to {}", say(low), say(high)),
            (Some(low), None) => format!("at least {}", say(low)),
            (None, Some(high)) => format!("at most {}", say(high)),
            (None, None) => "anything is possible".to_owned(),
        };
        format!("{} ({interval})", say(it.value))
    }

    /// A difference, with its sign.
    fn difference(&self, value: f64) -> String {
        let said = self.unit.say(value.abs());
        match value {
            // What is told as nothing has no sign.
            _ if !said.contains(|c| matches!(c, '1'..='9')) => said,
            value if value < 0.0 => format!("−{said}"),
            _ => format!("+{said}"),
        }
    }

    fn shown(&self) -> Vec<&Estimated> {
        self.rows.iter().filter(|it| it.value.is_finite()).take(MOST).collect()
    }

    fn more(&self) -> Option<String> {
        let more = self.rows.len() - self.shown().len();
        (more > 0).then(|| format!("… {more} more are not shown."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(rows: &[(f64, Option<f64>, Option<f64>)]) -> Interval {
        let row = |(n, it): (usize, &(f64, Option<f64>, Option<f64>))| Estimated {
            name: format!("Arm {n}"),
            value: it.0,
            low: it.1,
            high: it.2,
            marked: it.0 < 0.0,
        };
        Interval {
            title: "Sign-up rate against the control".to_owned(),
            unit: Unit::Share,
            rows: rows.iter().enumerate().map(row).collect(),
            least: Some(0.02),
        }
    }

    #[test]
    fn the_text_says_the_numbers() {
        let check = |rows: &[(f64, Option<f64>, Option<f64>)], expected: &str| {
            assert_eq!(interval(rows).alt(), expected);
        };
        check(&[], "Sign-up rate against the control. Nothing can be told yet.");
        check(
            &[(0.05, Some(0.01), Some(0.09)), (-0.1, None, Some(-0.02))],
            "Sign-up rate against the control. Arm 0 +5.0 % (+1.0 % to +9.0 %); Arm 1 −10.0 % (at most −2.0 %), which is bad news. The least difference worth having is +2.0 %.",
        );
    }

    #[test]
    fn equal_input_gives_equal_bytes_and_any_input_a_picture() {
        let one = interval(&[(0.05, Some(0.01), None)]);
        assert_eq!(one.png(), one.png());
        for rows in [
            &[][..],
            &[(f64::NAN, None, None)],
            &[(0.0, None, None)],
            &[(1e9, Some(-1e9), None); 40],
        ] {
            assert!(interval(rows).png().starts_with(b"\x89PNG"));
        }
    }
}
