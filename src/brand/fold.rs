//! A text as it is read, whatever it is written with: small letters, look-alikes and hidden characters
//! undone, every character knowing where it came from.
//!
//! Letters are decomposed (NFKD) and lose their marks, full-width and mathematical letters become plain
//! ones, letters of other scripts that look like Latin ones become those (the prototypes of UTS 39,
//! <https://www.unicode.org/reports/tr39/>, besides those that only their small forms give away), and
//! characters that do not show are left out. Dashes and quotation marks become `-`, `'` and `"`, and a run
//! of spaces one space, or one line feed where it holds one.

use std::ops::Range;

use regex::Regex;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_security::confusable_detection::skeleton;

/// A folded text.
#[derive(Clone, Default, Debug)]
pub struct Folded {
    text: String,
    /// Where each byte of the folded text came from, in bytes of the original.
    origins: Vec<(u32, u32)>,
    /// How many characters were left out because they do not show.
    hidden: usize,
}

impl Folded {
    pub fn of(original: &str) -> Self {
        let mut folded = Self {
            text: String::with_capacity(original.len()),
            origins: Vec::with_capacity(original.len()),
            hidden: 0,
        };
        for (at, c) in original.char_indices() {
            let origin = (at as u32, (at + c.len_utf8()) as u32);
            folded.take(c, origin);
        }
        folded
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands at `range` of the folded text, in bytes of the original.
    pub fn origin(&self, range: Range<usize>) -> Range<usize> {
        let Some(first) = self.origins.get(range.start) else { return 0..0 };
        let last = self.origins[range.start..range.end.min(self.origins.len())].last();
        first.0 as usize..last.unwrap_or(first).1 as usize
    }

    /// The part of the folded text that came from `range` of the original.
    pub fn image(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.origins.partition_point(|origin| (origin.0 as usize) < range.start);
        let end = self.origins.partition_point(|origin| (origin.0 as usize) < range.end);
        start..end
    }

    fn take(&mut self, c: char, origin: (u32, u32)) {
        match c {
            'A'..='Z' => self.push(c.to_ascii_lowercase(), origin),
            '\n' | '\r' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                self.space('\n', origin);
            }
            '\u{2800}' => self.space(' ', origin),
            c if c.is_whitespace() => self.space(' ', origin),
            c if c.is_control() => self.hidden += 1,
            '!'..='~' => self.push(c, origin),
            c if is_hidden(c) => self.hidden += 1,
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2043}' => self.push('-', origin),
            '‘' | '’' | '‚' | '‛' | '′' | '‹' | '›' => self.push('\'', origin),
            '“' | '”' | '„' | '‟' | '«' | '»' | '″' => self.push('"', origin),
            c => c
                .nfkd()
                .filter(|c| !is_combining_mark(*c))
                .for_each(|c| self.take_decomposed(c, origin)),
        }
    }

    fn take_decomposed(&mut self, c: char, origin: (u32, u32)) {
        if c.is_ascii() {
            return self.push(c.to_ascii_lowercase(), origin);
        }
        if let Some(plain) = by_its_small_form(c) {
            return plain.chars().for_each(|c| self.push(c, origin));
        }
        let mut buffer = [0; 4];
        let alike: String =
            skeleton(c.encode_utf8(&mut buffer)).filter(|c| !is_combining_mark(*c)).collect();
        if !alike.is_empty() && alike.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return alike.chars().for_each(|c| self.push(c.to_ascii_lowercase(), origin));
        }
        c.to_lowercase().for_each(|c| self.push(c, origin));
    }

    fn push(&mut self, c: char, origin: (u32, u32)) {
        self.text.push(c);
        self.origins.resize(self.text.len(), origin);
    }

    fn space(&mut self, c: char, origin: (u32, u32)) {
        match self.text.pop() {
            Some(former @ (' ' | '\n')) => {
                self.text.push(if c == '\n' { c } else { former });
                if let Some(last) = self.origins.last_mut() {
                    last.1 = origin.1;
                }
            }
            former => {
                self.text.extend(former);
                self.push(c, origin);
            }
        }
    }
}

/// A text in the folded form, for comparing with a folded one.
pub fn fold(text: &str) -> String {
    Folded::of(text.trim()).text
}

/// A fixed pattern for folded texts, in which letters, digits and borders of words are those of ASCII: that
/// is all that is left of them, and such patterns are made and run several times as fast.
pub fn pattern(source: &str) -> Regex {
    let ascii = source
        .replace(r"\d", "[0-9]")
        .replace(r"\w", "[a-z0-9_]")
        .replace(r"\b", r"(?-u:\b)")
        .replace(r"\S", "[^ \n]");
    Regex::new(&ascii).expect("the pattern is fixed and tested")
}

/// Characters that take no room: joiners, marks of direction, variation selectors, tags and fillers.
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Letters whose capital, or whose small capital, is what looks like a Latin letter.
fn by_its_small_form(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' | 'ẞ' => "ss",
        'ᴀ' => "a",
        'в' | 'ʙ' | 'β' => "b",
        'ᴄ' => "c",
        'ᴅ' | 'ԁ' => "d",
        'ᴇ' | 'ε' => "e",
        'ꜰ' => "f",
        'ɢ' => "g",
        'н' | 'ʜ' => "h",
        'І' | 'Ι' | 'ɪ' | 'ӏ' | 'Ӏ' => "i",
        'ᴊ' => "j",
        'к' | 'κ' | 'ᴋ' => "k",
        'ʟ' => "l",
        'м' | 'ᴍ' => "m",
        'η' | 'ɴ' => "n",
        'ᴏ' => "o",
        'ᴘ' => "p",
        'ʀ' => "r",
        'ꜱ' => "s",
        'т' | 'τ' | 'ᴛ' => "t",
        'ᴜ' | 'υ' => "u",
        'ᴠ' => "v",
        'ᴡ' | 'ω' => "w",
        'χ' => "x",
        'ʏ' => "y",
        'ᴢ' => "z",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_the_same_folds_to_the_same() {
        fn check(text: &str, expected: &str) {
            assert_eq!(fold(text), expected, "{text}");
        }
        check("Guaranteed", "guaranteed");
        check("ＧＵＡＲＡＮＴＥＥＤ", "guaranteed");
        check("gua\u{200b}ran\u{ad}teed\u{fe0f}", "guaranteed");
        // Cyrillic and Greek letters, small capitals, mathematical letters, marks.
        check("guаrаntееd", "guaranteed");
        check("ΗΕΑLS", "heals");
        check("нєals", "heals".replace('e', "є").as_str());
        check("ɢᴜᴀʀᴀɴᴛᴇᴇᴅ", "guaranteed");
        check("𝐠𝐮𝐚𝐫𝐚𝐧𝐭𝐞𝐞𝐝 𝔤𝔲𝔞𝔯𝔞𝔫𝔱𝔢𝔢𝔡", "guaranteed guaranteed");
        check("gùárãntëéd", "guaranteed");
        check("risk‑free — “really”", "risk-free - \"really\"");
        check("a  \t b \n\n c", "a b\nc");
        check("Größe ½ m² Øre", "grosse 1⁄2 m2 ore");
    }

    #[test]
    fn every_place_is_that_of_the_original() {
        let text = "Ü: gua\u{200b}rаnteed  ½ — “x”";
        let folded = Folded::of(text);
        let at = folded.text().find("guaranteed").unwrap();
        assert_eq!(&text[folded.origin(at..at + 10)], "gua\u{200b}rаnteed");
        assert_eq!(folded.image(&folded.origin(at..at + 10)), at..at + 10);
        let half = folded.text().find('1').unwrap();
        assert_eq!(&text[folded.origin(half..half + 1)], "½");
        for start in 0..folded.text().len() {
            if folded.text().is_char_boundary(start) {
                let origin = folded.origin(start..start + 1);
                assert!(text.get(origin).is_some());
            }
        }
    }
}
