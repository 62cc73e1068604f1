//! What a text says in numbers, so that a claim's can be compared with its passages'.
//!
//! Digits with points, commas, apostrophes or spaces between them, percentages, sums of money,
//! ordinals, ranges, and number words: in English as far as millions, in six other languages up
//! to twelve. Two numbers are the same when their values and kinds are, however they are written:
//! "1,200" is "1.200" and "1 200", "40 %" is "forty percent", but "40" is not "40 %".

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization;

use super::words::{self, Language};

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    Plain,
    Percent,
    Ordinal,
    /// A currency, by its code.
    Money(&'static str),
    /// Stands for a number without saying which: "half", "dozens", "mp3", "1.2.3".
    Word,
}

/// A number as a text has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Number {
    /// Without separators, leading and trailing zeros; for words, the word.
    pub value: String,
    pub kind: Kind,
    /// Of the text in the form of [`readable`], in bytes.
    pub place: Range<usize>,
    /// Written with a space as separator, or so it seems: "1 200" may be two numbers.
    apart: Vec<String>,
}

/// The numbers of passages, to look a claim's up in.
#[derive(Clone, Debug, Default)]
pub struct Known {
    values: HashSet<(String, Kind)>,
}

static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        (?P<sign>(?:^|[\s(])-)?
        (?P<number>[0-9]{1,3}(?:\x20[0-9]{3})+\b | [0-9]+(?:[.,'][0-9]+)*)
        | (?P<word>[\p{L}_][\p{L}\p{N}_]*(?:['-][\p{L}\p{N}]+)*)
        | (?P<mark>[%‰€$£¥])",
    )
    .expect("the pattern is fixed and tested")
});

/// A text in the form in which numbers are read: compatible forms of digits become digits, dashes
/// hyphens, kinds of spaces spaces; in small letters.
pub fn readable(text: &str) -> String {
    let simple = text.nfkc().map(|it| match it {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '’' | '‘' => '\'',
        it if it.is_whitespace() => ' ',
        it => digit(it).unwrap_or(it),
    });
    let mut text = simple.collect::<String>().to_lowercase();
    for percent in ["per cent", "pour cent", "por ciento", "per cento", "por cento"] {
        text = text.replace(percent, "percent");
    }
    text
}

/// The digits of scripts that write numbers as we do, with signs of their own.
fn digit(c: char) -> Option<char> {
    let noughts = ['\u{660}', '\u{6F0}', '\u{966}', '\u{9E6}', '\u{E50}'];
    let values = noughts.into_iter().filter_map(|it| u32::from(c).checked_sub(u32::from(it)));
    values.filter_map(|it| char::from_digit(it, 10)).next()
}

struct Token<'a> {
    what: What,
    text: &'a str,
    place: Range<usize>,
    negative: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Number,
    Word,
    Mark,
}

/// All numbers of a text that was made [`readable`].
pub fn of(readable: &str, language: Language) -> Vec<Number> {
    let tokens: Vec<Token> = TOKEN.captures_iter(readable).filter_map(|it| token(&it)).collect();
    let mut numbers = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        at = match tokens[at].what {
            What::Number => take_digits(readable, &tokens, at, &mut numbers),
            What::Word => take_words(&tokens, at, language, &mut numbers),
            What::Mark => at + 1,
        };
    }
    share_units(readable, &mut numbers);
    numbers
}

fn token<'a>(captures: &regex::Captures<'a>) -> Option<Token<'a>> {
    let negative = captures.name("sign").is_some();
    let named = [("number", What::Number), ("word", What::Word), ("mark", What::Mark)];
    named.into_iter().find_map(|(name, what)| {
        let found = captures.name(name)?;
        Some(Token { what, text: found.as_str(), place: found.range(), negative })
    })
}

/// Digits, with what stands around them: "€ 1,200", "40 percent", "10k", "3rd", "4.5GB".
fn take_digits(text: &str, tokens: &[Token], at: usize, numbers: &mut Vec<Number>) -> usize {
    let token = &tokens[at];
    let before = at.checked_sub(1).map(|it| &tokens[it]);
    let near = |it: &&Token| text[it.place.end..token.place.start].trim().is_empty();
    let mut kind = before.filter(near).and_then(|it| words::currency(it.text));
    let mut number = Number {
        value: value(token.text),
        kind: Kind::Plain,
        place: token.place.clone(),
        apart: token.text.split(' ').map(value).filter(|_| token.text.contains(' ')).collect(),
    };
    let mut next = at + 1;
    let mut glued_letters = false;
    while let Some(after) = tokens.get(next)
        && after.what != What::Number
        && text[number.place.end..after.place.start].trim_matches(' ').is_empty()
    {
        let glued = number.place.end == after.place.start;
        if let Some(zeros) = words::scale(after.text, glued) {
            number.value = scaled(&number.value, zeros);
        } else if glued && kind.is_none() && words::is_ordinal_ending(after.text) {
            kind = Some(Kind::Ordinal);
        } else if let Some(unit) = words::unit(after.text) {
            kind = kind.or(Some(unit));
        } else {
            glued_letters = glued && after.what == What::Word;
            break;
        }
        number.place.end = after.place.end;
        next += 1;
    }
    number.kind = kind.unwrap_or(Kind::Plain);
    if number.value.contains("..") {
        // A version or an address, not a number: it must stand there as it is.
        (number.value, number.kind) = (token.text.to_owned(), Kind::Word);
    }
    if token.negative {
        number.value.insert(0, '-');
    }
    numbers.push(number);
    // The unit of "30min" is no word that says a number.
    next + usize::from(glued_letters)
}

/// Number words: "twenty-five thousand", "third", "half"; names with digits in them: "mp3".
fn take_words(tokens: &[Token], at: usize, language: Language, numbers: &mut Vec<Number>) -> usize {
    let token = &tokens[at];
    let number = |value: String, kind: Kind, end: usize| Number {
        value,
        kind,
        place: token.place.start..end,
        apart: Vec::new(),
    };
    if token.text.contains(|it: char| it.is_ascii_digit()) {
        numbers.push(number(token.text.to_owned(), Kind::Word, token.place.end));
        return at + 1;
    }
    let texts = tokens[at..].iter().map(|it| if it.what == What::Word { it.text } else { "" });
    if let Some((value, used)) = words::cardinal(texts, language) {
        let end = tokens[at + used - 1].place.end;
        let unit = tokens.get(at + used).and_then(|it| words::unit(it.text));
        let more = usize::from(unit.is_some());
        numbers.push(number(value.to_string(), unit.unwrap_or(Kind::Plain), end));
        return at + used + more;
    }
    if let Some(value) = words::ordinal(token.text, language) {
        numbers.push(number(value.to_string(), Kind::Ordinal, token.place.end));
    } else if let Some(word) = words::vague(token.text) {
        numbers.push(number(word.to_owned(), Kind::Word, token.place.end));
    }
    at + 1
}

/// In "10-15 %" and "10 to 15 %", the ten are percent too.
fn share_units(text: &str, numbers: &mut [Number]) {
    let mut more = Vec::new();
    for pair in numbers.windows(2) {
        let between = text[pair[0].place.end..pair[1].place.start.max(pair[0].place.end)].trim();
        if matches!(between, "-" | "to" | "bis" | "à" | "a" | "and" | "or")
            && (pair[0].kind == Kind::Plain) != (pair[1].kind == Kind::Plain)
        {
            let (plain, unit) = match pair[0].kind {
                Kind::Plain => (&pair[0], &pair[1].kind),
                _ => (&pair[1], &pair[0].kind),
            };
            if matches!(unit, Kind::Percent | Kind::Money(_)) {
                more.push((plain.place.clone(), unit.clone()));
            }
        }
    }
    for (place, unit) in more {
        numbers.iter_mut().filter(|it| it.place == place).for_each(|it| it.kind = unit.clone());
    }
}

/// The value of digits with separators. What stands before three last digits separates thousands,
/// unless a nought begins the number; else it is a decimal sign.
fn value(digits: &str) -> String {
    let digits = digits.replace(['\'', ' '], "");
    let marks: Vec<(usize, char)> =
        digits.char_indices().filter(|(_, it)| matches!(it, '.' | ',')).collect();
    let Some((last, mark)) = marks.last().copied() else { return trimmed(&digits, "") };
    let groups: Vec<&str> = digits.split(['.', ',']).collect();
    let thousands = |groups: &[&str]| {
        let (first, rest) = (groups[0], &groups[1..]);
        (1..=3).contains(&first.len())
            && first.trim_start_matches('0') == first
            && rest.iter().all(|it| (2..=3).contains(&it.len()))
            && rest.last().is_none_or(|it| it.len() == 3)
    };
    let others_agree = marks.iter().rev().skip(1).all(|(_, it)| *it != mark);
    if marks.iter().all(|(_, it)| *it == mark) && thousands(&groups) {
        return trimmed(&groups.concat(), "");
    }
    let whole = &groups[..groups.len() - 1];
    if others_agree && (whole.len() == 1 || thousands(whole)) {
        return trimmed(&whole.concat(), &digits[last + 1..]);
    }
    // Neither: "1.2.3".
    format!("..{digits}")
}

fn trimmed(whole: &str, fraction: &str) -> String {
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

/// Moves the decimal sign to the right.
fn scaled(value: &str, zeros: usize) -> String {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let moved: String = fraction.chars().chain(std::iter::repeat('0')).take(zeros).collect();
    trimmed(&format!("{whole}{moved}"), fraction.get(zeros..).unwrap_or_default())
}

impl Known {
    pub fn add(&mut self, text: &str, language: Language) {
        for number in of(&readable(text), language) {
            self.values.extend(number.apart.into_iter().map(|it| (it, Kind::Plain)));
            if let Some(positive) = number.value.strip_prefix('-') {
                // "Down 5 %" is a way to say "-5 %".
                self.values.insert((positive.to_owned(), number.kind.clone()));
            }
            self.values.insert((number.value, number.kind));
        }
    }

    pub fn add_year(&mut self, year: i16) {
        self.values.insert((year.to_string(), Kind::Plain));
    }

    pub fn has(&self, number: &Number) -> bool {
        let known =
            |value: &String, kind: &Kind| self.values.contains(&(value.clone(), kind.clone()));
        let plainly = |value: &String| {
            known(value, &Kind::Plain)
                || words::CURRENCIES.iter().any(|it| known(value, &Kind::Money(it)))
        };
        match number.kind {
            Kind::Plain if plainly(&number.value) => true,
            Kind::Plain => !number.apart.is_empty() && number.apart.iter().all(plainly),
            _ => known(&number.value, &number.kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let shown = of(&readable(text), Language::English).into_iter().map(|it| match it.kind {
            Kind::Plain => it.value,
            Kind::Percent => format!("{}%", it.value),
            Kind::Ordinal => format!("{}.", it.value),
            Kind::Money(code) => format!("{code} {}", it.value),
            Kind::Word => format!("'{}'", it.value),
        });
        assert_eq!(shown.collect::<Vec<_>>().join(", "), expected, "{text}");
    }

    #[test]
    fn numbers_are_read_however_they_are_written() {
        check(
            "1,234 and 1.234 and 1 234 and 1'234 and 1\u{202F}234",
            "1234, 1234, 1234, 1234, 1234",
        );
        check("1,234,567.89 or 1.234.567,89 or 12,34,567", "1234567.89, 1234567.89, 1234567");
        check("4.50, 4,5 and 04.5; 0.125; 0,5", "4.5, 4.5, 4.5, 0.125, 0.5");
        check("40%, 40 %, forty percent, 40 per cent", "40%, 40%, 40%, 40%");
        check("10-15% or 10 to 15 percent", "10%, 15%, 10%, 15%");
        check("€20, 20 €, 20 euros, $ 1,200.50, £3", "EUR 20, EUR 20, EUR 20, USD 1200.5, GBP 3");
        check("10k, 3 million, 2.5 million, $4bn", "10000, 3000000, 2500000, USD 4000000000");
        check("the 3rd, the third, the 21st", "3., 3., 21.");
        check(
            "two, twelve, twenty-five, three hundred and five, two thousand",
            "2, 12, 25, 305, 2000",
        );
        check("half of it, dozens, twice", "'half', 'dozens', 'twice'");
        check("30min, 5 GB, 4G", "30, 5, 4");
        check("an mp3 with B2B, version 1.2.3", "'mp3', 'b2b', '1.2.3'");
        check("-5% down, covid-19, (-3)", "-5%, 'covid-19', -3");
        check("at 10:30, 4.5/5, 24/7", "10, 30, 4.5, 5, 24, 7");
        check("５ and ٣ and ½", "5, 3, 1, 2");
        check("nobody counts anything", "");
    }

    #[test]
    fn what_is_known_bears_out_the_same_value_of_the_same_kind() {
        let holds = |claim: &str, passage: &str, expected: bool| {
            let mut known = Known::default();
            known.add(passage, Language::English);
            let numbers = of(&readable(claim), Language::English);
            assert_eq!(numbers.iter().all(|it| known.has(it)), expected, "{claim} from {passage}");
        };
        holds("1,200 people", "1200 of us", true);
        holds("twelve people", "12 of us", true);
        holds("40 people", "40 % of us", false);
        holds("40 % of people", "40 of us", false);
        holds("20 a month", "$20 a month", true);
        holds("$20 a month", "20 a month", false);
        holds("$20 a month", "20 € a month", false);
        holds("1 200 people", "models 1 and 200", true);
        holds("the third time", "3 times", false);
        holds("1.5 stars", "1,500 stars", false);
        holds("fell by 5 %", "-5 % this week", true);
        holds("-5 % this week", "5 % more", false);
        holds("half of it", "half the time", true);
        holds("ten minutes", "5 minutes", false);
    }
}
