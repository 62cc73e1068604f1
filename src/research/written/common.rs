//! Whether a text is about what it rests on at all, told by the words they share.
//!
//! Nobody can tell by words whether a claim follows from its quotes; people read both. What these
//! rules stop is a sentence that has nothing to do with them, such as one that a document dictated.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::quotes::is_without_spaces;
use super::{Claim, Passage, Why};
use crate::evidence::Language;
use crate::research::extract::{Stem, says_something, words};

/// Of what a summary says beyond the question, one word in so many stands in a claim or a quote.
const ONE_IN: usize = 3;

/// Words by which something is said to be missing or asked, in the seven languages whose number
/// words are known.
static OPEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\?|n't\b|\b(?:no|not|none|nothing|nobody|never|neither|nor|without|cannot|unclear|unknown|unanswered|unmentioned|open|whether|which|how|why|what|when|where|who|lacks?|lacking|missing|absent|only|few|little|unspecified|nicht|nichts|kein\w*|ohne|ob|unklar|offen|fehl\w*|wie|warum|nur|pas|aucune?|rien|ni|sans|si|peu|non|no|ningun[oa]?|ningún|nada|sin|falta\w*|solo|né|nessun\w*|niente|senza|manca\w*|não|nenhum\w*|sem|geen|niet|niets|zonder|onduidelijk|alleen)\b",
    )
    .expect("the pattern is fixed and tested")
});

/// A claim shares a telling word with its passages or with the question. Nothing can be said where
/// it is in another language than they are, or in a script that sets no words apart.
pub fn has_something_in_common(
    text: &str,
    passages: &[&Passage],
    question: &str,
) -> Result<(), Why> {
    let language = Language::of(text).unwrap_or(Language::ENGLISH);
    let other = |it: &&Passage| Language::of(&it.text).is_some_and(|it| it != language);
    let stems = Stems::of(text);
    let said = stems.stems(text);
    let texts = passages.iter().flat_map(|it| [it.text.as_str(), &it.title]).chain([question]);
    let shared = texts.into_iter().any(|it| !stems.stems(it).is_disjoint(&said));
    let cannot_tell =
        said.is_empty() || text.contains(is_without_spaces) || passages.iter().any(other);
    if shared || cannot_tell { Ok(()) } else { Err(Why::NothingInCommon) }
}

/// A summary says what claims say; they are in its language.
pub fn sums_up(text: &str, claims: &[Claim], question: &str) -> Result<(), Why> {
    let stems = Stems::of(text);
    let asked = stems.stems(question);
    let own: HashSet<String> =
        stems.stems(text).into_iter().filter(|it| !asked.contains(it)).collect();
    let quotes = claims.iter().flat_map(|it| it.quotes.iter().map(|it| it.text.as_str()));
    let claimed = claims.iter().map(|it| it.text.as_str()).chain(quotes);
    let claimed: HashSet<String> = claimed.flat_map(|it| stems.stems(it)).collect();
    let shared = own.intersection(&claimed).count();
    let follows = shared * ONE_IN >= own.len() || text.contains(is_without_spaces);
    if follows { Ok(()) } else { Err(Why::BeyondTheClaims) }
}

/// What is left open is said to be missing, or asked.
pub fn leaves_something_open(text: &str) -> Result<(), Why> {
    let latin = text.chars().any(|it| it.is_ascii_alphabetic());
    if !latin || OPEN.is_match(text) { Ok(()) } else { Err(Why::LeavesNothingOpen) }
}

/// Telling words of texts, as the language of one of them stems them.
struct Stems(Stem);

impl Stems {
    fn of(text: &str) -> Self {
        Self(Stem::of(std::iter::once(Language::of(text).unwrap_or(Language::ENGLISH))))
    }

    fn stems(&self, text: &str) -> HashSet<String> {
        // What one writes as one word, another writes as two.
        let parts = |it: String| it.split('-').map(str::to_owned).collect::<Vec<_>>();
        let telling = words(text).flat_map(parts).filter(|it| says_something(it));
        telling.map(|it| self.0.stem(&it)).collect()
    }
}
