//! Finds a quote in its passage although a model set it a little differently.
//!
//! White space, typographic quotes and dashes, letter case, composed and decomposed accents, and
//! characters that do not show make no difference. What is found is a stretch of the passage: the
//! quote that is shown consists of the passage's own characters.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, is_combining_mark};

use super::plain::does_not_show;

/// Words a quote has at least, unless it is a whole sentence of its passage.
const FEWEST_WORDS: usize = 3;

/// In scripts without spaces: letters.
const FEWEST_LETTERS: usize = 6;

/// A text in the form in which quotes are compared, with the way back.
#[derive(Debug)]
pub struct Folded {
    text: String,
    /// Of each character of `text`: where it begins there, and its stretch of the original.
    places: Vec<(usize, Range<usize>)>,
}

/// A stretch that a quote stands at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    At(Range<usize>),
    /// It stands there, but is too short to bear anything out.
    TooShort,
    Nowhere,
}

impl Folded {
    pub fn new(original: &str) -> Self {
        let mut folded = Self { text: String::new(), places: Vec::new() };
        let mut run: Vec<(char, Range<usize>)> = Vec::new();
        for (at, c) in original.char_indices() {
            if does_not_show(c) {
                continue;
            }
            let place = at..at + c.len_utf8();
            for simple in simplified(c) {
                // Accents may come in any order; a letter ends the accents of the one before.
                if canonical_combining_class(simple) == 0 {
                    folded.append(&mut run);
                }
                run.push((simple, place.clone()));
            }
        }
        folded.append(&mut run);
        folded
    }

    fn append(&mut self, run: &mut Vec<(char, Range<usize>)>) {
        run.sort_by_key(|(c, _)| canonical_combining_class(*c));
        for (c, place) in run.drain(..) {
            if c == ' ' && self.text.ends_with(' ') {
                if let Some((_, last)) = self.places.last_mut() {
                    last.end = place.end;
                }
                continue;
            }
            self.places.push((self.text.len(), place));
            self.text.push(c);
        }
    }

    /// Where in the original a quote stands, at borders of words.
    pub fn find(&self, quote: &str) -> Found {
        let quote = Self::new(without_frame(quote));
        let wanted = quote.text.trim();
        if !wanted.chars().any(char::is_alphanumeric) {
            return Found::Nowhere;
        }
        let enough = enough(wanted);
        let mut found = Found::Nowhere;
        let mut from = 0;
        while let Some(at) = self.text[from..].find(wanted).map(|it| it + from) {
            let end = at + wanted.len();
            if self.is_border(at) && self.is_border(end) {
                if enough || self.is_whole(at, end) {
                    return Found::At(self.original(at, end));
                }
                found = Found::TooShort;
            }
            from = at + self.text[at..].chars().next().map_or(1, char::len_utf8);
        }
        found
    }

    /// Whether a quote may begin or end here: not within a character of the original or between a
    /// letter and its accent, and not within a word, lest "able" be quoted of "unable".
    fn is_border(&self, at: usize) -> bool {
        let next = self.places.partition_point(|(begin, _)| *begin < at);
        let (Some((begin, after)), Some((_, before))) =
            (self.places.get(next), next.checked_sub(1).and_then(|it| self.places.get(it)))
        else {
            return true;
        };
        let right = self.text[*begin..].chars().next().unwrap_or(' ');
        let left = self.text[..*begin].chars().next_back().unwrap_or(' ');
        let within_word = left.is_alphanumeric() && right.is_alphanumeric();
        after.start >= before.end
            && !is_combining_mark(right)
            && (!within_word || is_without_spaces(left) || is_without_spaces(right))
    }

    /// Whether a stretch is a whole sentence, as far as its marks tell.
    fn is_whole(&self, at: usize, end: usize) -> bool {
        let stops = |it: char| ".!?…。！？\n".contains(it);
        let before = self.text[..at].trim_end_matches([' ', '"', '\'']);
        let inside = self.text[at..end].trim_end_matches([' ', '"', '\'']);
        let after = self.text[end..].trim_start_matches([' ', '"', '\'']);
        (before.is_empty() || before.ends_with(stops))
            && (after.is_empty() || after.starts_with(stops) || inside.ends_with(stops))
    }

    fn original(&self, at: usize, end: usize) -> Range<usize> {
        let first = self.places.partition_point(|(begin, _)| *begin < at);
        let behind = self.places.partition_point(|(begin, _)| *begin < end);
        let places = &self.places[first..behind];
        let start = places.iter().map(|(_, it)| it.start).min().unwrap_or_default();
        start..places.iter().map(|(_, it)| it.end).max().unwrap_or(start)
    }
}

/// What a model puts around a quote: quotation marks, and dots for what it left out.
fn without_frame(quote: &str) -> &str {
    let frame =
        |it: char| it.is_whitespace() || does_not_show(it) || "\"“”„‟«»‹›‘’‚'`…".contains(it);
    let mut bare = quote;
    loop {
        let before = bare.len();
        bare = bare.trim_matches(frame);
        bare = bare.strip_prefix("...").unwrap_or(bare);
        bare = bare.strip_suffix("...").unwrap_or(bare);
        if bare.len() == before {
            return bare;
        }
    }
}

fn enough(folded: &str) -> bool {
    let words = folded.split(' ').filter(|it| it.contains(char::is_alphanumeric)).count();
    let letters = folded.chars().filter(|it| is_without_spaces(*it)).count();
    words >= FEWEST_WORDS || letters >= FEWEST_LETTERS
}

/// A character as it is compared: some become several.
fn simplified(c: char) -> impl Iterator<Item = char> {
    let simple = match c {
        c if c.is_whitespace() => ' ',
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' | '〝' | '〞' => '"',
        '‘' | '’' | '‚' | '‛' | '‹' | '›' | '′' | '`' | '´' | 'ʼ' => '\'',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' => '-',
        c => c,
    };
    let dots = if simple == '…' { 3 } else { 1 };
    std::iter::repeat_n(if dots == 3 { '.' } else { simple }, dots)
        .flat_map(char::to_lowercase)
        .nfd()
}

/// Whether words of its script are not set apart by spaces.
pub fn is_without_spaces(c: char) -> bool {
    matches!(c,
        '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}'
        | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}' | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;

    fn check(passage: &str, quote: &str, expected: &str) {
        match Folded::new(passage).find(quote) {
            Found::At(place) => assert_eq!(&passage[place], expected, "{quote}"),
            Found::TooShort => assert_eq!(expected, "(too short)", "{quote}"),
            Found::Nowhere => assert_eq!(expected, "(nowhere)", "{quote}"),
        }
    }

    #[test]
    fn what_is_shown_are_the_characters_of_the_passage() {
        check("It’s  too\nquiet — really.", "it's too quiet - really", "It’s  too\nquiet — really");
        check("He said “far too loud” twice", "\"far too loud\"", "far too loud");
        check("a cafe\u{301} in town", "a café in town", "a cafe\u{301} in town");
        check("a café in town", "a cafe\u{301} in town", "a café in town");
        check(
            "d\u{323}\u{307} is two accents",
            "d\u{307}\u{323} is two accents",
            "d\u{323}\u{307} is two accents",
        );
        check("wait… and wait more", "wait... and wait", "wait… and wait");
        check("pass\u{200B}word was lost", "password was lost", "pass\u{200B}word was lost");
        check("한국어 앱 은 너무 느려요", "\u{1112}\u{1161}\u{11AB}국어 앱 은", "한국어 앱 은");
        check("これは本当に遅いです", "本当に遅いです", "本当に遅いです");
        check("İstanbul is far away", "i\u{307}stanbul is far", "İstanbul is far");
    }

    #[test]
    fn half_of_a_character_or_a_word_is_no_quote() {
        check("I was unable to cancel it", "able to cancel it", "(nowhere)");
        check("I paid for the café", "paid for the cafe", "(nowhere)");
        check("I paid for the cafe\u{301}", "paid for the cafe", "(nowhere)");
        check("unable to stay, able to stay away", "able to stay", "able to stay");
        check("it is 150 in all", "it is 15", "(nowhere)");
        check("wait… and wait", "wait.. and wait", "(nowhere)");
    }

    #[test]
    fn short_quotes_are_whole_sentences() {
        check("The sound is too quiet for me", "too quiet", "(too short)");
        check("Too quiet! I sent it back.", "Too quiet!", "Too quiet!");
        check("I sent it back. Too quiet", "too quiet", "Too quiet");
        check("Broken.", "broken", "Broken");
        check("the sound is", "", "(nowhere)");
        check("the sound ... is", "...", "(nowhere)");
    }

    #[test]
    fn every_stretch_of_words_is_found_however_it_is_set() {
        let mut rng = StdRng::seed_from_u64(4);
        let bits = [
            "ab",
            "É",
            "e\u{301}\u{323}",
            "“so”",
            "—",
            "…",
            " ",
            "\u{A0}",
            "\n",
            "\u{200B}",
            "가",
            "ſ",
            "ǅ",
            "10",
            ".",
            "本",
            "\u{1F600}",
            "İ",
            "’s",
            "  ",
        ];
        for _ in 0..3_000 {
            let texts: Vec<&str> = (0..rng.random_range(1..24))
                .map(|_| bits[rng.random_range(0..bits.len())])
                .collect();
            let passage = texts.concat();
            let folded = Folded::new(&passage);
            // Whatever is asked for: what is found lies at borders of characters.
            let borders: Vec<usize> =
                passage.char_indices().map(|(at, _)| at).chain([passage.len()]).collect();
            let (a, b) = (
                borders[rng.random_range(0..borders.len())],
                borders[rng.random_range(0..borders.len())],
            );
            let quote = &passage[a.min(b)..a.max(b)];
            for asked in [
                quote.to_owned(),
                quote.nfc().collect(),
                quote.nfd().collect(),
                quote.to_uppercase(),
            ] {
                if let Found::At(place) = folded.find(&asked) {
                    let shown = Folded::new(without_frame(&passage[place]));
                    assert_eq!(
                        shown.text.trim(),
                        Folded::new(without_frame(&asked)).text.trim(),
                        "{passage:?} {asked:?}"
                    );
                }
            }
            if passage.chars().any(char::is_alphanumeric) {
                let whole = folded.find(&passage);
                assert!(!matches!(whole, Found::Nowhere), "{passage:?}");
            }
        }
    }
}
