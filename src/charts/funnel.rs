//! Steps that fewer and fewer people take, and where they are lost.

use super::Unit;
use super::canvas::{Anchor, BAND, Canvas, INK, MAIN, MARGIN, MARK, SOFT, WIDTH, fitting};
use crate::words::percent;

/// More than these are counted and not drawn.
const MOST: usize = 10;

const STEP: f64 = 60.0;

/// Steps from the first to the last.
#[derive(Clone, PartialEq, Debug)]
pub struct Funnel {
    /// Whose funnel it is, when, and by which rule a step stands out.
    pub title: String,
    pub steps: Vec<Step>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    pub name: String,
    pub count: f64,
    /// What share of the step before would have been usual.
    pub usual_rate: Option<f64>,
    /// Going from the step before to this one stands out.
    pub marked: bool,
}

impl Funnel {
    pub fn png(&self) -> Vec<u8> {
        let (mut canvas, top) = Canvas::titled(&self.title);
        let steps = self.shown();
        if steps.is_empty() {
            canvas.text(MARGIN, top + 20.0, "There are no steps.", SOFT, Anchor::Start);
            return canvas.png(top + 40.0);
        }
        let most = steps.iter().map(|it| it.count).fold(1e-9, f64::max);
        let whole = WIDTH - 2.0 * MARGIN;
        let width = |it: &Step| (it.count.max(0.0) / most * whole).max(2.0);
        let mut y = top + 8.0;
        for (place, it) in steps.iter().enumerate() {
            if let Some(before) = place.checked_sub(1).map(|it| steps[it]) {
                let (colour, y) = (if it.marked { MARK } else { SOFT }, y - 5.0);
                if it.marked {
                    canvas.ring((MARGIN + 5.0, y - 4.0));
                    let rate = self.rate(before, it);
                    canvas.bold(MARGIN + 15.0, y, &rate, colour, Anchor::Start);
                } else {
                    canvas.text(MARGIN + 15.0, y, &self.rate(before, it), colour, Anchor::Start);
                }
            }
            let count = Unit::Number.say(it.count);
            let name = fitting(&it.name, whole - 80.0);
            canvas.bold(MARGIN, y + 11.0, &name, INK, Anchor::Start);
            canvas.text(WIDTH - MARGIN, y + 11.0, &count, INK, Anchor::End);
            canvas.block((MARGIN, y + 16.0), (whole, 14.0), BAND);
            canvas.block((MARGIN, y + 16.0), (width(it), 14.0), MAIN);
            y += STEP;
        }
        let mut bottom = y - STEP + 40.0;
        if let Some(more) = self.more() {
            canvas.text(MARGIN, bottom + 6.0, &more, SOFT, Anchor::Start);
            bottom += 16.0;
        }
        canvas.png(bottom)
    }

    /// The numbers, for those who do not see the picture.
    pub fn alt(&self) -> String {
        let title = self.title.trim_end_matches('.');
        let steps = self.shown();
        let say = |it: &Step| format!("{} {}", it.name, Unit::Number.say(it.count));
        let Some(first) = steps.first() else { return format!("{title}. There are no steps.") };
        let mut text = format!("{title}. {}", say(first));
        for pair in steps.windows(2) {
            let marked = if pair[1].marked { ", which stands out" } else { "" };
            text += &format!("; {} ({}{marked})", say(pair[1]), self.rate(pair[0], pair[1]));
        }
        let more = self.more().map(|it| format!(" {it}")).unwrap_or_default();
        format!("{text}.{more}")
    }

    fn rate(&self, before: &Step, it: &Step) -> String {
        if before.count <= 0.0 {
            return "nobody to go on".to_owned();
        }
        let rate = percent(it.count / before.count);
        match it.usual_rate {
            Some(usual) => format!("{rate} go on, usually {}", percent(usual)),
            None => format!("{rate} go on"),
        }
    }

    fn shown(&self) -> Vec<&Step> {
        self.steps.iter().filter(|it| it.count.is_finite()).take(MOST).collect()
    }

    fn more(&self) -> Option<String> {
        let more = self.steps.len() - self.shown().len();
        (more > 0).then(|| format!("… {more} more steps are not shown."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn funnel(counts: &[f64]) -> Funnel {
        let step = |(n, count): (usize, &f64)| Step {
            name: format!("Step {n}"),
            count: *count,
            usual_rate: (n == 1).then_some(0.5),
            marked: n == 1,
        };
        Funnel { title: "Sign-up".to_owned(), steps: counts.iter().enumerate().map(step).collect() }
    }

    #[test]
    fn the_text_says_the_numbers() {
        let check = |counts: &[f64], expected: &str| assert_eq!(funnel(counts).alt(), expected);
        check(&[], "Sign-up. There are no steps.");
        check(
            &[1_000.0, 200.0, 100.0],
            "Sign-up. Step 0 1,000; Step 1 200 (20.0 % go on, usually 50.0 %, which stands out); Step 2 100 (50.0 % go on).",
        );
        check(&[0.0, 0.0], "Sign-up. Step 0 0; Step 1 0 (nobody to go on, which stands out).");
    }

    #[test]
    fn equal_input_gives_equal_bytes_and_any_input_a_picture() {
        assert_eq!(funnel(&[3.0, 1.0]).png(), funnel(&[3.0, 1.0]).png());
        for counts in [&[][..], &[0.0, 0.0], &[5.0, 9.0], &[f64::NAN, 1.0], &[1.0; 40]] {
            assert!(funnel(counts).png().starts_with(b"\x89PNG"));
        }
    }
}
