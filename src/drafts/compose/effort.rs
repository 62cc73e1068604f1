//! How much people changed of what an agent wrote.

use serde::{Deserialize, Serialize};
use similar::{Algorithm, DiffTag, capture_diff_slices};

/// Words that people put in, took out or replaced, of those that the agent wrote.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Effort {
    pub words_changed: usize,
    pub words: usize,
}

/// Compares words as they stand between spaces. One that took another's place counts once.
pub fn editing_effort(before: &str, after: &str) -> Effort {
    let before: Vec<&str> = before.split_whitespace().collect();
    let after: Vec<&str> = after.split_whitespace().collect();
    let changed = capture_diff_slices(Algorithm::Myers, &before, &after)
        .iter()
        .filter(|op| op.tag() != DiffTag::Equal)
        .map(|op| op.old_range().len().max(op.new_range().len()))
        .sum();
    Effort { words_changed: changed, words: before.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_changed_are_counted() {
        let check = |before: &str, after: &str, words_changed: usize, words: usize| {
            assert_eq!(editing_effort(before, after), Effort { words_changed, words }, "{after}");
        };
        check("one two three", "one two three", 0, 3);
        check("one two three", "one  two\n\nthree", 0, 3);
        check("one two three", "one 2 three", 1, 3);
        check("one two three", "one three", 1, 3);
        check("one two three", "zero one two three four", 2, 3);
        check("", "all of it is new", 5, 0);
        check("all of it goes", "", 4, 4);
        check("Take 5 % off.", "Take 10 % off until Friday.", 4, 4);
    }
}
