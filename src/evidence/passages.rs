//! Cuts documents into passages at sentence borders.

use super::language::Language;

/// Words a passage should at least have before it may end.
const ENOUGH: usize = 70;

/// Words a passage has at most, unless one sentence alone has more.
const MOST: usize = 120;

/// Words up to which a document stays whole.
const WHOLE: usize = 150;

/// Words after which even a sentence is cut.
const LONGEST_SENTENCE: usize = 240;

/// A stretch of a document's text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// In bytes.
    pub bytes: (usize, usize),
    /// In characters: what is stored, since Postgres counts those.
    pub chars: (usize, usize),
}

/// The passages of a text: no overlaps, nothing but white space between them.
pub fn cut(text: &str, language: Language) -> Vec<Stretch> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let pieces = if words(text) <= WHOLE { vec![(0, text.len())] } else { pieces(text, language) };
    let mut at = (0, 0);
    let passages = pieces.into_iter().filter_map(|(begin, end)| {
        let inside = text[begin..end].trim();
        if inside.is_empty() {
            return None;
        }
        let begin = begin + text[begin..end].len() - text[begin..end].trim_start().len();
        let end = begin + inside.len();
        let first = at.1 + text[at.0..begin].chars().count();
        let last = first + inside.chars().count();
        at = (end, last);
        Some(Stretch { bytes: (begin, end), chars: (first, last) })
    });
    passages.collect()
}

/// The sentences of a text as byte ranges, those too long cut between words.
pub fn sentences(text: &str, language: Language) -> Vec<(usize, usize)> {
    let mut sentences: Vec<(usize, usize)> = Vec::new();
    for found in sentencex::get_sentence_boundaries(language.code(), text) {
        // A line break with nothing before it is no sentence end to the rules, but it is one
        // in lists, headings and verse.
        let (begin, end) = (found.start_byte, found.end_byte);
        let mut from = begin;
        for (position, _) in text[begin..end].match_indices("\n\n") {
            sentences.push((from, begin + position));
            from = begin + position;
        }
        sentences.push((from, end));
    }
    sentences.retain(|(begin, end)| !text[*begin..*end].trim().is_empty());
    sentences.into_iter().flat_map(|it| between_words(text, it)).collect()
}

fn pieces(text: &str, language: Language) -> Vec<(usize, usize)> {
    let mut pieces: Vec<(usize, usize)> = Vec::new();
    let mut current: Option<(usize, usize)> = None;
    let mut length = 0;
    for (begin, end) in sentences(text, language) {
        let more = words(&text[begin..end]);
        if let Some(open) = current
            && (length + more > MOST || length >= ENOUGH)
        {
            pieces.push(open);
            (current, length) = (None, 0);
        }
        current = Some((current.map_or(begin, |(begin, _)| begin), end));
        length += more;
    }
    pieces.extend(current);
    join_short_end(text, &mut pieces);
    pieces
}

/// A last passage of a few words says little alone.
fn join_short_end(text: &str, pieces: &mut Vec<(usize, usize)>) {
    if let [.., before, last] = pieces.as_mut_slice()
        && words(&text[last.0..last.1]) < ENOUGH / 2
        && words(&text[before.0..last.1]) <= WHOLE
    {
        before.1 = last.1;
        pieces.pop();
    }
}

fn between_words(text: &str, (begin, end): (usize, usize)) -> Vec<(usize, usize)> {
    if words(&text[begin..end]) <= LONGEST_SENTENCE {
        return vec![(begin, end)];
    }
    let mut cuts = Vec::new();
    let (mut from, mut length, mut since_space) = (begin, 0, 0);
    for (position, character) in text[begin..end].char_indices() {
        let at = begin + position;
        since_space = if character.is_whitespace() { 0 } else { since_space + 1 };
        let ends_word = character.is_whitespace() || since_space % LETTERS_A_WORD == 0;
        length += usize::from(ends_word);
        if ends_word && length >= MOST {
            cuts.push((from, at));
            (from, length) = (at, 0);
        }
    }
    cuts.push((from, end));
    cuts
}

/// Scripts without spaces, and endless strings, are counted by letters.
const LETTERS_A_WORD: usize = 40;

fn words(text: &str) -> usize {
    text.split_whitespace().map(|it| 1 + it.len() / (3 * LETTERS_A_WORD)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passages(text: &str) -> Vec<&str> {
        cut(text, Language::ENGLISH).iter().map(|it| &text[it.bytes.0..it.bytes.1]).collect()
    }

    #[test]
    fn short_documents_stay_whole() {
        assert_eq!(passages(" One. Two!\nThree? "), ["One. Two!\nThree?"]);
        assert!(passages(" \n ").is_empty());
    }

    #[test]
    fn long_documents_are_cut_between_sentences_and_nothing_is_lost() {
        let sentence = |n: usize| format!("Sentence {n} says that the café was é{n} and quiet. ");
        let text: String = (0..100).map(sentence).collect();
        let found = cut(&text, Language::ENGLISH);

        assert!(found.len() > 5);
        let characters: Vec<char> = text.chars().collect();
        for it in &found {
            let passage = &text[it.bytes.0..it.bytes.1];
            let by_characters: String = characters[it.chars.0..it.chars.1].iter().collect();
            assert_eq!(passage, by_characters);
            assert!(passage.starts_with("Sentence ") && passage.ends_with("quiet."), "{passage}");
            assert!((ENOUGH / 2..=WHOLE).contains(&words(passage)));
        }
        let all: String = passages(&text).join(" ");
        assert_eq!(all, text.trim());
    }

    #[test]
    fn endless_text_is_cut_too() {
        for text in ["word ".repeat(5_000), "字".repeat(20_000), "x".repeat(100_000)] {
            let found = passages(&text);
            assert!(found.len() > 3, "{}", found.len());
            assert_eq!(found.concat().replace(' ', ""), text.replace(' ', ""));
        }
    }
}
