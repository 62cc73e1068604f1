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

/// `1,234 EUR`, `12.40 EUR`, `12.4`, `0.031`: as many digits as matter.
pub fn amount(value: f64, currency: Option<&str>) -> String {
    let digits = match value.abs() {
        it if currency.is_some() && it >= 1_000.0 => 0,
        it if currency.is_some() && it >= 0.1 => 2,
        it if it >= 100.0 || it == it.trunc() => 0,
        it if it >= 10.0 => 1,
        it if it >= 0.1 => 2,
        _ => 4,
    };
    let plain = format!("{value:.digits$}");
    let (whole, rest) = plain.split_once('.').map_or((plain.as_str(), None), |(a, b)| (a, Some(b)));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |it| ("-", it));
    let mut text = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(rest) = rest {
        text.push('.');
        text.push_str(rest);
    }
    match currency {
        Some(currency) => format!("{text} {currency}"),
        None => text,
    }
}

/// `94.8 %`, and no decimals from a hundred on.
pub fn percent(share: f64) -> String {
    let digits = usize::from(share.abs() < 1.0);
    format!("{:.digits$} %", share * 100.0)
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
