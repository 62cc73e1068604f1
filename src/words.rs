//! Numbers and lists, as people read them.

use std::fmt::Display;

/// `1 quote`, `12 quotes`.
pub fn count<N: Display + PartialEq + From<u8>>(number: N, noun: &str) -> String {
    let plural = if number == N::from(1) { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// A number with its thousands apart: `12,000`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `reviews, tickets and pages`; nothing where there are none.
pub fn listed<T: AsRef<str>>(names: &[T]) -> String {
    match names {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [rest @ .., last] => {
            let rest: Vec<&str> = rest.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", rest.join(", "), last.as_ref())
        }
    }
}

/// `Revenue per visitor`, of `revenue per visitor`.
pub fn capitalised(words: &str) -> String {
    let mut characters = words.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lists_are_read_as_people_say_them() {
        assert_eq!(
            (count(1_u64, "quote"), count(0_usize, "quote")),
            ("1 quote".into(), "0 quotes".into())
        );
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(listed::<&str>(&[]), "");
        assert_eq!(listed(&["reviews"]), "reviews");
        assert_eq!(listed(&["reviews", "tickets", "pages"]), "reviews, tickets and pages");
    }
}
