//! Languages: told by their letters, named as Postgres' text search configurations.

use whatlang::Lang;

/// A text search configuration of Postgres.
///
/// All of them are part of an ordinary installation (Postgres 14 and later).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Language(&'static str);

/// Below this many letters, telling languages apart is guessing.
const ENOUGH_LETTERS: usize = 60;

/// More letters than these tell nothing new.
const LETTERS_READ: usize = 500;

impl Language {
    pub const ENGLISH: Self = Self("english");

    /// Words as they are: for languages Postgres has no stemmer for.
    const SIMPLE: Self = Self("simple");

    /// The language of a text; `None` when it is too short or could be several.
    pub fn of(text: &str) -> Option<Self> {
        let beginning: String = text.chars().take(LETTERS_READ).collect();
        if beginning.chars().filter(|it| it.is_alphabetic()).count() < ENOUGH_LETTERS {
            return None;
        }
        let info = whatlang::detect(&beginning)?;
        info.is_reliable().then(|| Self::from(info.lang()))
    }

    /// By the name of its configuration; an unknown one counts as simple.
    pub fn named(name: &str) -> Self {
        CODES.iter().find(|(it, _, _)| *it == name).map_or(Self::SIMPLE, |(name, _, _)| Self(name))
    }

    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// The code by which sentence rules are known (ISO 639-1).
    pub fn code(self) -> &'static str {
        CODES.iter().find(|(name, _, _)| *name == self.0).map_or("en", |(_, code, _)| *code)
    }
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        CODES.iter().find(|(_, _, it)| *it == lang).map_or(Self::SIMPLE, |(name, _, _)| Self(name))
    }
}

const CODES: [(&str, &str, Lang); 25] = [
    ("english", "en", Lang::Eng),
    ("arabic", "ar", Lang::Ara),
    ("armenian", "hy", Lang::Hye),
    ("catalan", "ca", Lang::Cat),
    ("danish", "da", Lang::Dan),
    ("dutch", "nl", Lang::Nld),
    ("finnish", "fi", Lang::Fin),
    ("french", "fr", Lang::Fra),
    ("german", "de", Lang::Deu),
    ("greek", "el", Lang::Ell),
    ("hindi", "hi", Lang::Hin),
    ("hungarian", "hu", Lang::Hun),
    ("indonesian", "id", Lang::Ind),
    ("italian", "it", Lang::Ita),
    ("lithuanian", "lt", Lang::Lit),
    ("nepali", "ne", Lang::Nep),
    ("norwegian", "no", Lang::Nob),
    ("portuguese", "pt", Lang::Por),
    ("romanian", "ro", Lang::Ron),
    ("russian", "ru", Lang::Rus),
    ("serbian", "sr", Lang::Srp),
    ("spanish", "es", Lang::Spa),
    ("swedish", "sv", Lang::Swe),
    ("tamil", "ta", Lang::Tam),
    ("turkish", "tr", Lang::Tur),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_have_a_language_and_short_ones_have_none() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(Language::of(text).map(Language::as_str), expected, "{text}");
        };
        check("Too quiet!", None);
        check(
            "The delivery took more than three weeks, and nobody answered the messages we wrote.",
            Some("english"),
        );
        check(
            "Die Lieferung hat mehr als drei Wochen gedauert, und niemand hat uns geantwortet.",
            Some("german"),
        );
        check(
            "La livraison a pris plus de trois semaines et personne ne nous a jamais répondu.",
            Some("french"),
        );
        check(
            "Dostawa trwała ponad trzy tygodnie i nikt nie odpowiedział na nasze wiadomości.",
            Some("simple"),
        );
    }
}
