//! How a text travels as SMS: in which alphabet, and in how many parts.
//!
//! Source: 3GPP TS 23.038, section 6.2.1: the GSM 7 bit default alphabet and its extension, 160 characters
//! in one message and 153 in each of several; whatever it lacks makes all of it UCS-2, with 70 and 67.

/// An SMS as it is sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Segments {
    pub count: usize,
    /// Characters that the short alphabet lacks, each once; with any, a message holds 70 instead of 160.
    pub foreign: Vec<char>,
    /// How much it takes, in septets or in UTF-16 units.
    pub length: usize,
}

impl Segments {
    pub fn of(text: &str) -> Self {
        let mut foreign: Vec<char> = text.chars().filter(|c| septets(*c).is_none()).collect();
        foreign.sort_unstable();
        foreign.dedup();
        if foreign.is_empty() {
            let sizes = text.chars().map(|c| septets(c).unwrap_or(1));
            return Self { count: count(sizes.clone(), 160, 153), length: sizes.sum(), foreign };
        }
        let sizes = text.chars().map(char::len_utf16);
        Self { count: count(sizes.clone(), 70, 67), length: sizes.sum(), foreign }
    }
}

/// No character is cut in two, so each part holds as many whole ones as fit.
fn count(sizes: impl Iterator<Item = usize> + Clone, alone: usize, each: usize) -> usize {
    if sizes.clone().sum::<usize>() <= alone {
        return 1;
    }
    let (mut parts, mut taken) = (1, 0);
    for size in sizes {
        if taken + size > each {
            parts += 1;
            taken = 0;
        }
        taken += size;
    }
    parts
}

fn septets(c: char) -> Option<usize> {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | '\n' | '\r' => Some(1),
        '@' | '£' | '$' | '¥' | 'è' | 'é' | 'ù' | 'ì' | 'ò' | 'Ç' | 'Ø' | 'ø' | 'Å' | 'å' | 'Δ'
        | '_' | 'Φ' | 'Γ' | 'Λ' | 'Ω' | 'Π' | 'Ψ' | 'Σ' | 'Θ' | 'Ξ' | 'Æ' | 'æ' | 'ß' | 'É'
        | '!' | '"' | '#' | '¤' | '%' | '&' | '\'' | '(' | ')' | '*' | '+' | ',' | '-' | '.'
        | '/' | ':' | ';' | '<' | '=' | '>' | '?' | '¡' | 'Ä' | 'Ö' | 'Ñ' | 'Ü' | '§' | '¿'
        | 'ä' | 'ö' | 'ñ' | 'ü' | 'à' => Some(1),
        '^' | '{' | '}' | '\\' | '[' | '~' | ']' | '|' | '€' | '\u{0C}' => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_counted_as_networks_count_them() {
        let check = |text: &str, count: usize, length: usize| {
            let segments = Segments::of(text);
            assert_eq!((segments.count, segments.length), (count, length), "{text}");
        };
        check("", 1, 0);
        check(&"a".repeat(160), 1, 160);
        check(&"a".repeat(161), 2, 161);
        check(&"a".repeat(306), 2, 306);
        check(&"a".repeat(307), 3, 307);
        check(&"€".repeat(80), 1, 160);
        check(&"€".repeat(81), 2, 162);
        // 76 euros fill 152 of the 153: the next does not fit, and half of it is not sent.
        check(&"€".repeat(153), 3, 306);
        check(&"“".repeat(70), 1, 70);
        check(&"“".repeat(71), 2, 71);
        check("a😀", 1, 3);
        assert_eq!(Segments::of("it’s — it’s").foreign, ['—', '’']);
    }
}
