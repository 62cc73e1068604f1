//! Words that say numbers.

use super::numbers::Kind;

/// A language whose number words are known; English where none was told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Language {
    #[default]
    English,
    German,
    French,
    Spanish,
    Italian,
    Portuguese,
    Dutch,
}

pub const CURRENCIES: [&str; 4] = ["EUR", "USD", "GBP", "JPY"];

const UNITS: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] =
    ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const ORDINALS: [&str; 12] = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth",
];

/// From two on: the words for one are articles, too.
const GERMAN: [&str; 11] =
    ["zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf"];
const FRENCH: [&str; 11] =
    ["deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze"];
const SPANISH: [&str; 11] =
    ["dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce"];
const ITALIAN: [&str; 11] = [
    "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove", "dieci", "undici", "dodici",
];
const PORTUGUESE: [&str; 11] =
    ["dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove", "dez", "onze", "doze"];
const DUTCH: [&str; 11] =
    ["twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen", "tien", "elf", "twaalf"];

/// Stems of ordinals in German, from the second on; the first is in too many words.
const GERMAN_ORDINALS: [&str; 11] = [
    "zweite", "dritte", "vierte", "fünfte", "sechste", "siebte", "achte", "neunte", "zehnte",
    "elfte", "zwölfte",
];

impl Language {
    pub fn of(text: &str) -> Self {
        crate::evidence::Language::of(text).map(Self::from).unwrap_or_default()
    }
}

impl From<crate::evidence::Language> for Language {
    fn from(language: crate::evidence::Language) -> Self {
        match language.code() {
            "de" => Self::German,
            "fr" => Self::French,
            "es" => Self::Spanish,
            "it" => Self::Italian,
            "pt" => Self::Portuguese,
            "nl" => Self::Dutch,
            _ => Self::English,
        }
    }
}

/// The number that these words begin with, and how many of them say it.
pub fn cardinal<'a>(
    words: impl Iterator<Item = &'a str>,
    language: Language,
) -> Option<(u64, usize)> {
    let words: Vec<&str> = words.take(12).collect();
    let first = words.first()?;
    if let Some(value) = of_language(first, language) {
        return Some((value, 1));
    }
    let (mut total, mut current, mut used, mut begun) = (0_u64, 0_u64, 0, false);
    for (position, word) in words.iter().enumerate() {
        match (small(word), *word) {
            (Some(value), _)
                if !begun || current % 100 == 0 || (current % 10 == 0 && value < 10) =>
            {
                current += value;
            }
            (None, "hundred") if begun && (1..10).contains(&current) => current *= 100,
            (None, "thousand") if begun && current > 0 => {
                (total, current) = (total + current * 1_000, 0);
            }
            (None, "million") if begun && current > 0 => {
                (total, current) = (total + current * 1_000_000, 0);
            }
            // "Three hundred and five", but not "three and five".
            (None, "and") if begun && (current >= 100 || total > 0) => continue,
            _ => break,
        }
        (begun, used) = (true, position + 1);
    }
    begun.then_some((total + current, used))
}

/// "Seven", "twenty", "twenty-five".
fn small(word: &str) -> Option<u64> {
    let position = |list: &[&str], word: &str| list.iter().position(|it| *it == word);
    if let Some(value) = position(&UNITS, word) {
        return Some(value as u64);
    }
    let (tens, unit) = word.split_once('-').unwrap_or((word, "zero"));
    let tens = (position(&TENS, tens)? as u64 + 2) * 10;
    Some(tens + position(&UNITS[..10], unit)? as u64)
}

fn of_language(word: &str, language: Language) -> Option<u64> {
    let list = match language {
        Language::English => return None,
        Language::German => &GERMAN,
        Language::French => &FRENCH,
        Language::Spanish => &SPANISH,
        Language::Italian => &ITALIAN,
        Language::Portuguese => &PORTUGUESE,
        Language::Dutch => &DUTCH,
    };
    list.iter().position(|it| *it == word).map(|it| it as u64 + 2)
}

pub fn ordinal(word: &str, language: Language) -> Option<u64> {
    if language == Language::German {
        let stem = word.trim_end_matches(['n', 'r', 's', 'm']);
        return GERMAN_ORDINALS.iter().position(|it| *it == stem).map(|it| it as u64 + 2);
    }
    ORDINALS.iter().position(|it| *it == word).map(|it| it as u64 + 1)
}

/// Words that stand for a number without saying which.
pub fn vague(word: &str) -> Option<&str> {
    let known = [
        "half",
        "twice",
        "double",
        "doubled",
        "triple",
        "tripled",
        "thrice",
        "dozen",
        "dozens",
        "hundred",
        "hundreds",
        "thousand",
        "thousands",
        "million",
        "millions",
        "billions",
        "hälfte",
        "doppelt",
        "dutzend",
        "dutzende",
        "hunderte",
        "tausende",
        "moitié",
        "mitad",
    ];
    known.contains(&word).then_some(word)
}

/// What a number is a number of, where that changes what it says.
pub fn unit(word: &str) -> Option<Kind> {
    match word {
        "%" | "percent" | "percentage" | "pct" | "prozent" | "procent" => Some(Kind::Percent),
        _ => currency(word),
    }
}

pub fn currency(word: &str) -> Option<Kind> {
    Some(Kind::Money(match word {
        "€" | "euro" | "euros" | "eur" => "EUR",
        "$" | "dollar" | "dollars" | "usd" => "USD",
        "£" | "gbp" | "quid" => "GBP",
        "¥" | "yen" | "jpy" => "JPY",
        _ => return None,
    }))
}

/// By how many noughts a word makes the number before it larger.
pub fn scale(word: &str, glued: bool) -> Option<usize> {
    match word {
        "hundred" => Some(2),
        "thousand" | "tausend" | "mille" | "mil" => Some(3),
        "k" if glued => Some(3),
        "million" | "millions" | "mio" | "millionen" | "mn" => Some(6),
        "billion" | "billions" | "mrd" | "milliarden" | "bn" => Some(9),
        _ => None,
    }
}

pub fn is_ordinal_ending(word: &str) -> bool {
    matches!(word, "st" | "nd" | "rd" | "th")
}
