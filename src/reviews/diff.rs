//! What changed between two texts, word by word.

use similar::{ChangeTag, TextDiff};

use crate::config::Change;
use crate::slack::escape;

/// How many words that stayed are shown on each side of a change.
const AROUND: usize = 8;

/// How far two texts are apart.
pub fn change(before: &str, after: &str) -> Change {
    // Signs within a word stay: 1.5 and 15 are different numbers.
    let is_sign = |c: char| !c.is_alphanumeric() && !"%€$£".contains(c);
    let words = |text: &str| -> Vec<String> {
        text.split_whitespace()
            .map(|word| word.trim_matches(is_sign).replace('’', "'").to_lowercase())
            .filter(|word| !word.is_empty())
            .collect()
    };
    if words(before) == words(after) { Change::Typography } else { Change::Wording }
}

/// The changes in markup: ~what went~ and *what came*, each with a few words around it. Empty where
/// the texts are the same.
pub fn in_markup(before: &str, after: &str) -> String {
    let diff = TextDiff::from_words(before, after);
    let mut runs: Vec<(ChangeTag, String)> = Vec::new();
    for one in diff.iter_all_changes() {
        match runs.last_mut() {
            Some((tag, text)) if *tag == one.tag() => text.push_str(one.value()),
            _ => runs.push((one.tag(), one.value().to_owned())),
        }
    }
    if runs.iter().all(|(tag, _)| *tag == ChangeTag::Equal) {
        return String::new();
    }
    let last = runs.len() - 1;
    runs.iter()
        .enumerate()
        .map(|(index, (tag, text))| match tag {
            ChangeTag::Equal => escape(&around(text, index == 0, index == last)),
            ChangeTag::Delete => marked(text, '~'),
            ChangeTag::Insert => marked(text, '*'),
        })
        .collect()
}

/// What stayed, shortened to the words next to what changed.
fn around(text: &str, is_first: bool, is_last: bool) -> String {
    let words: Vec<&str> = text.split_inclusive(char::is_whitespace).collect();
    let (head, tail) = (if is_first { 0 } else { AROUND }, if is_last { 0 } else { AROUND });
    if words.len() <= head + tail + 2 {
        return text.to_owned();
    }
    let end = words[words.len() - tail..].concat();
    format!("{} … {end}", words[..head].concat().trim_end())
}

/// Each line between marks, with its spaces outside of them: else Slack shows the marks.
fn marked(text: &str, mark: char) -> String {
    text.split_inclusive('\n')
        .map(|line| {
            let inside = line.trim();
            if inside.is_empty() {
                return line.to_owned();
            }
            // A mark within would end it, so what looks the same stands in its place.
            let plain = escape(inside).replace('~', "∼").replace('*', "∗");
            let (start, end) = (line.len() - line.trim_start().len(), line.trim_end().len());
            // Marks count only at the edge of a word; a space of no width makes one.
            format!("{}\u{200b}{mark}{plain}{mark}\u{200b}{}", &line[..start], &line[end..])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_apart() {
        let check = |before: &str, after: &str, expected: Change| {
            assert_eq!(change(before, after), expected, "{before} → {after}");
        };
        check("Save 20% now", "Save 20% now", Change::Typography);
        check("Save 20% now", "save  20%, now!", Change::Typography);
        check("Save 20% now", "Save 30% now", Change::Wording);
        check("Save 20% now", "Save 20 now", Change::Wording);
        check("Save 1,500 now", "Save 1.500 now", Change::Wording);
        check("“Don’t wait”", "Don't wait.", Change::Typography);
        check("now or never", "never or now", Change::Wording);
    }

    #[test]
    fn what_went_and_what_came_is_marked() {
        let check = |before: &str, after: &str, expected: &str| {
            let shown = in_markup(before, after).replace('\u{200b}', "");
            assert_eq!(shown, expected, "{before} → {after}");
        };
        check("Save 20% now", "Save 20% now", "");
        check("Save 20% now", "Save 30% now", "Save ~20%~*30%* now");
        check("one", "one\ntwo & three", "one\n*two &amp; three*");
        check("a *b*", "a ~c~", "a ~∗b∗~*∼c∼*");
        let long = "word ".repeat(40);
        let shown =
            in_markup(&format!("{long}end"), &format!("{long}stop")).replace('\u{200b}', "");
        assert_eq!(shown, format!(" … {}~end~*stop*", "word ".repeat(8)));
    }
}
