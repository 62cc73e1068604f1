//! Where sentences begin and end.

use std::ops::Range;

use super::claims::Language;

/// The sentences of a text, in bytes, without the spaces around them. A line ends a sentence, unless the
/// next one goes on in small letters.
pub fn split(text: &str, language: Language) -> Vec<Range<usize>> {
    let mut ends: Vec<usize> = sentencex::get_sentence_boundaries(language.code(), text)
        .into_iter()
        .map(|found| found.end_byte)
        .chain(line_ends(text))
        .chain([text.len()])
        .collect();
    ends.sort_unstable();
    ends.dedup();
    let mut sentences: Vec<Range<usize>> = Vec::with_capacity(ends.len());
    let mut start = 0;
    for end in ends {
        let whole = &text[start..end];
        let begin = start + whole.len() - whole.trim_start().len();
        let inside = whole.trim();
        if inside.chars().any(char::is_alphanumeric) {
            sentences.push(begin..begin + inside.len());
        }
        start = end;
    }
    sentences
}

/// Ends of lines after which something new begins.
fn line_ends(text: &str) -> impl Iterator<Item = usize> {
    text.match_indices('\n').map(|(at, _)| at + 1).filter(|at| {
        let line = text[*at..].lines().next().unwrap_or_default().trim_start();
        !line.starts_with(char::is_lowercase)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_where_people_end_them() {
        fn check(text: &str, expected: &[&str]) {
            let found = split(text, Language::English);
            let found: Vec<&str> = found.into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, expected);
        }
        check("One. Two, e.g. three! Four?", &["One.", "Two, e.g. three!", "Four?"]);
        check(
            "A heading\nGoes on\nand wraps here.\n\n- a list",
            &["A heading", "Goes on\nand wraps here.", "- a list"],
        );
        check("It is 4.5 cm. Dr. Lee agrees.", &["It is 4.5 cm.", "Dr. Lee agrees."]);
        check(" \n ", &[]);
    }
}
