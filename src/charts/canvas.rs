//! Shapes and letters as SVG, and the picture of it.

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

/// Units across: what a phone shows.
pub const WIDTH: f64 = 360.0;

/// Pixels a unit.
const SHARPNESS: f32 = 3.0;

/// The tallest picture, in units; charts keep within it.
const TALLEST: f64 = 1_200.0;

pub const INK: &str = "#1d1c1d";
pub const SOFT: &str = "#5e5c61";
pub const GRID: &str = "#e4e4e8";
pub const MAIN: &str = "#1264a3";
pub const BAND: &str = "#c9dff0";
pub const MARK: &str = "#b4331d";

pub const LETTERS: f64 = 11.0;
pub const TITLE: f64 = 14.0;
/// Around everything.
pub const MARGIN: f64 = 14.0;

/// How a text hangs on its place.
#[derive(Clone, Copy)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(dejavu::sans::regular().to_vec());
    fonts.load_font_data(dejavu::sans::bold().to_vec());
    Arc::new(fonts)
});

/// A picture that grows downwards.
pub struct Canvas {
    shapes: String,
}

impl Canvas {
    /// With the title at its top; the second value is where the title ends.
    pub fn titled(title: &str) -> (Self, f64) {
        let mut canvas = Self { shapes: String::new() };
        let mut y = MARGIN;
        for line in wrapped(title, WIDTH - 2.0 * MARGIN, TITLE * 1.08, 3) {
            y += TITLE * 1.25;
            canvas.letters(MARGIN, y - 3.0, &line, TITLE, INK, Anchor::Start, true);
        }
        (canvas, y + 4.0)
    }

    pub fn text(&mut self, x: f64, y: f64, text: &str, colour: &str, anchor: Anchor) {
        self.letters(x, y, text, LETTERS, colour, anchor, false);
    }

    pub fn bold(&mut self, x: f64, y: f64, text: &str, colour: &str, anchor: Anchor) {
        self.letters(x, y, text, LETTERS, colour, anchor, true);
    }

    #[expect(clippy::too_many_arguments, reason = "what a text is on a picture, in one place")]
    fn letters(
        &mut self,
        x: f64,
        y: f64,
        text: &str,
        size: f64,
        colour: &str,
        anchor: Anchor,
        bold: bool,
    ) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let weight = if bold { "bold" } else { "normal" };
        let text = escaped(text);
        let _ = writeln!(
            self.shapes,
            r#"<text x="{x:.2}" y="{y:.2}" font-size="{size:.2}" font-weight="{weight}" fill="{colour}" text-anchor="{anchor}">{text}</text>"#
        );
    }

    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: &str, width: f64) {
        self.stroke(&[from, to], colour, width, "");
    }

    pub fn dashed(&mut self, from: (f64, f64), to: (f64, f64), colour: &str) {
        self.stroke(&[from, to], colour, 1.0, r#" stroke-dasharray="4 3""#);
    }

    /// Through all of these places.
    pub fn path(&mut self, places: &[(f64, f64)], colour: &str, width: f64) {
        self.stroke(places, colour, width, "");
    }

    fn stroke(&mut self, places: &[(f64, f64)], colour: &str, width: f64, more: &str) {
        let _ = writeln!(
            self.shapes,
            r#"<polyline points="{}" fill="none" stroke="{colour}" stroke-width="{width:.2}" stroke-linejoin="round" stroke-linecap="round"{more}/>"#,
            listed(places)
        );
    }

    pub fn area(&mut self, places: &[(f64, f64)], colour: &str) {
        let places = listed(places);
        let _ = writeln!(self.shapes, r#"<polygon points="{places}" fill="{colour}"/>"#);
    }

    pub fn block(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), colour: &str) {
        let _ = writeln!(
            self.shapes,
            r#"<rect x="{x:.2}" y="{y:.2}" width="{width:.2}" height="{height:.2}" rx="2" fill="{colour}"/>"#
        );
    }

    pub fn dot(&mut self, (x, y): (f64, f64), radius: f64, colour: &str) {
        let _ = writeln!(
            self.shapes,
            r#"<circle cx="{x:.2}" cy="{y:.2}" r="{radius:.2}" fill="{colour}"/>"#
        );
    }

    /// What is not to be overlooked: a ring, which is told from a dot without its colour.
    pub fn ring(&mut self, (x, y): (f64, f64)) {
        let _ = writeln!(
            self.shapes,
            r##"<circle cx="{x:.2}" cy="{y:.2}" r="4.5" fill="#ffffff" stroke="{MARK}" stroke-width="2.2"/>"##
        );
    }

    /// The picture, this tall.
    pub fn png(self, height: f64) -> Vec<u8> {
        let height = height.clamp(40.0, TALLEST).ceil();
        let (right, bottom) = (WIDTH - 1.0, height - 1.0);
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" font-family=\"DejaVu Sans\">\n\
             <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
             <rect x=\"0.5\" y=\"0.5\" width=\"{right}\" height=\"{bottom}\" fill=\"none\" stroke=\"{GRID}\"/>\n\
             {}</svg>",
            self.shapes
        );
        let options = Options {
            font_family: "DejaVu Sans".to_owned(),
            fontdb: FONTS.clone(),
            ..Options::default()
        };
        let tree = Tree::from_str(&svg, &options)
            .expect("what is written here is SVG, and text in it is escaped");
        let across = (WIDTH as f32 * SHARPNESS) as u32;
        let down = (height as f32 * SHARPNESS) as u32;
        let mut pixels = Pixmap::new(across, down).expect("a picture has a size within bounds");
        let scale = Transform::from_scale(SHARPNESS, SHARPNESS);
        resvg::render(&tree, scale, &mut pixels.as_mut());
        pixels.encode_png().expect("pixels in memory can be written as PNG")
    }
}

/// As much of a text as has room, with an ellipsis if that is not all.
pub fn fitting(text: &str, width: f64) -> String {
    let mut lines = wrapped_by(text, |it| room(it, LETTERS) <= width, 1);
    lines.pop().unwrap_or_default()
}

/// About how much room letters take; rather more than less.
pub fn room(text: &str, size: f64) -> f64 {
    let of = |c: char| match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.34,
        ' ' => 0.33,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '—' | '…' => 1.0,
        c if c.is_ascii_uppercase() => 0.72,
        c if c.is_ascii() => 0.64,
        c if c.is_lowercase() => 0.64,
        _ => 1.0,
    };
    text.chars().map(of).sum::<f64>() * size
}

fn wrapped(text: &str, width: f64, size: f64, most: usize) -> Vec<String> {
    wrapped_by(text, |it| room(it, size) <= width, most)
}

fn wrapped_by(text: &str, fits: impl Fn(&str) -> bool, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|it| format!("{it} {word}")).filter(|it| fits(it));
        match longer {
            Some(longer) => {
                lines.pop();
                lines.push(longer);
            }
            None if lines.len() < most => lines.push(cut(word, &fits)),
            None => {
                let last = lines.pop().unwrap_or_default();
                lines.push(cut(&format!("{last} {word}"), &fits));
                return lines;
            }
        }
    }
    lines
}

/// Cut between characters until it fits, with an ellipsis.
fn cut(text: &str, fits: &impl Fn(&str) -> bool) -> String {
    if fits(text) {
        return text.to_owned();
    }
    let mut short = text.to_owned();
    while short.pop().is_some() {
        let cut = format!("{}…", short.trim_end());
        if fits(&cut) {
            return cut;
        }
    }
    String::new()
}

fn listed(places: &[(f64, f64)]) -> String {
    places.iter().map(|(x, y)| format!("{x:.2},{y:.2}")).collect::<Vec<_>>().join(" ")
}

/// What XML may hold.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_takes_the_lines_that_it_has() {
        let check = |text: &str, most: usize, expected: &[&str]| {
            assert_eq!(wrapped_by(text, |it| it.chars().count() <= 8, most), expected, "{text}");
        };
        check("one two three", 2, &["one two", "three"]);
        check("one two three four", 2, &["one two", "three f…"]);
        check("unbreakable", 2, &["unbreak…"]);
        check("", 2, &[]);
    }

    #[test]
    fn any_text_can_be_drawn() {
        let (canvas, y) = Canvas::titled("<b>&amp;\u{0}\u{1f}\u{fffe} 日本 🙂 \"quoted\" ]]>");
        let png = canvas.png(y);
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
    }
}
