//! What changed between two texts, word by word.

use similar::{ChangeTag, DiffTag, TextDiff};

use crate::config::Change;
use crate::slack::escape;

/// How many words that stayed are shown on each side of a change.
const AROUND: usize = 8;

/// The share of words and spaces that two lines have in common if they are the same line, changed.
const ALIKE: f32 = 0.6;

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
///
/// Lines are compared first, and words only within lines that are mostly the same: a sentence that
/// took another's place is not a patchwork of both.
pub fn in_markup(before: &str, after: &str) -> String {
    if before == after {
        return String::new();
    }
    let (before, after) = (format!("{before}\n"), format!("{after}\n"));
    let diff = TextDiff::from_lines(&before, &after);
    let (old, new) = (diff.old_slices(), diff.new_slices());
    let mut runs: Vec<(ChangeTag, String)> = Vec::new();
    for op in diff.ops() {
        let (old, new) = (&old[op.old_range()], &new[op.new_range()]);
        match op.tag() {
            DiffTag::Equal => add(&mut runs, ChangeTag::Equal, &old.concat()),
            DiffTag::Delete => add(&mut runs, ChangeTag::Delete, &old.concat()),
            DiffTag::Insert => add(&mut runs, ChangeTag::Insert, &new.concat()),
            DiffTag::Replace if old.len() == new.len() => {
                for (old, new) in old.iter().zip(new) {
                    add_line(&mut runs, old, new);
                }
            }
            DiffTag::Replace => {
                add(&mut runs, ChangeTag::Delete, &old.concat());
                add(&mut runs, ChangeTag::Insert, &new.concat());
            }
        }
    }
    let last = runs.len().saturating_sub(1);
    let shown: String = runs
        .iter()
        .enumerate()
        .map(|(index, (tag, text))| match tag {
            ChangeTag::Equal => escape(&around(text, index == 0, index == last)),
            ChangeTag::Delete => marked(text, '~'),
            ChangeTag::Insert => marked(text, '*'),
        })
        .collect();
    shown.trim_end_matches('\n').to_owned()
}

/// One line in another's place: word by word where they are mostly the same.
fn add_line(runs: &mut Vec<(ChangeTag, String)>, old: &str, new: &str) {
    let words = TextDiff::from_words(old, new);
    if words.ratio() < ALIKE {
        add(runs, ChangeTag::Delete, old);
        add(runs, ChangeTag::Insert, new);
        return;
    }
    for change in words.iter_all_changes() {
        add(runs, change.tag(), change.value());
    }
}

fn add(runs: &mut Vec<(ChangeTag, String)>, tag: ChangeTag, text: &str) {
    match runs.last_mut() {
        Some((last, run)) if *last == tag => run.push_str(text),
        _ => runs.push((tag, text.to_owned())),
    }
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
        check("one\ntwo", "one", "one\n~two~");
        check("see a *b*", "see a ~c~", "see a ~∗b∗~*∼c∼*");
        check("The sun is up.", "Nothing is like it.", "~The sun is up.~\n*Nothing is like it.*");
        let long = "word ".repeat(40);
        let shown =
            in_markup(&format!("{long}end"), &format!("{long}stop")).replace('\u{200b}', "");
        assert_eq!(shown, format!(" … {}~end~*stop*", "word ".repeat(8)));
    }
}
