//! What people read of a passage, and what a model does: the passage without personal data.
//!
//! The same passage always comes out the same, so that a quote can be looked up again: only the form
//! of a text and the name of whoever wrote it decide what is masked.

use crate::evidence::{Hit, PassageText};
use crate::privacy::{self, Masked};

/// A passage that was looked up again.
pub fn passage(passage: &PassageText) -> Masked {
    mask(&passage.text, passage.author.as_deref())
}

/// Masks what a search found, in place.
pub fn hits(hits: &mut [Hit]) {
    for hit in hits {
        let author = hit.author.as_deref();
        hit.text = mask(&hit.text, author).text;
        hit.title = mask(&hit.title, author).text;
    }
}

/// How many things are masked in a text that was masked before.
pub fn count(masked: &str) -> u64 {
    let markers = privacy::Kind::ALL.iter().map(|kind| masked.matches(kind.marker()).count());
    markers.sum::<usize>() as u64
}

fn mask(text: &str, author: Option<&str>) -> Masked {
    match author.filter(|author| is_name(author)) {
        Some(author) => privacy::mask_with_names(text, &[author.trim().to_owned()]),
        None => privacy::mask(text),
    }
}

/// Whether an author is called as people are, not by an account or a role.
fn is_name(author: &str) -> bool {
    let words: Vec<&str> = author.split_whitespace().collect();
    (2..=4).contains(&words.len())
        && words.iter().all(|word| word.chars().next().is_some_and(char::is_uppercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_is_masked_where_they_sign() {
        let check = |author: Option<&str>, expected: &str| {
            let text = "Late again. Call me. Ada Byron, ada@example.org".to_owned();
            let masked = passage(&PassageText { text, author: author.map(str::to_owned) });
            assert_eq!(masked.text, expected);
            assert_eq!(count(&masked.text), masked.total() as u64);
        };
        check(Some("Ada Byron"), "Late again. Call me. [name], [email]");
        check(Some("customer service"), "Late again. Call me. Ada Byron, [email]");
        check(Some("Late"), "Late again. Call me. Ada Byron, [email]");
        check(None, "Late again. Call me. Ada Byron, [email]");
    }
}
