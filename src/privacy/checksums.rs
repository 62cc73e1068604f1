//! Checksums that tell a card or an account from any other number.

/// ISO/IEC 7812-1, Luhn.
pub fn is_card(digits: &str) -> bool {
    let digits: Vec<u32> = digits.chars().filter_map(|it| it.to_digit(10)).collect();
    if !(13..=19).contains(&digits.len()) || digits.iter().all(|it| *it == digits[0]) {
        return false;
    }
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(position, digit)| match (position % 2, digit * 2) {
            (0, _) => *digit,
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum();
    sum.is_multiple_of(10) && has_issuer(&digits)
}

/// Networks begin with 2221–2720, 3, 4, 5, 62 or 60, 64, 65; other numbers often begin otherwise.
fn has_issuer(digits: &[u32]) -> bool {
    match digits[0] {
        3..=5 => true,
        2 => (22..=27).contains(&(digits[0] * 10 + digits[1])),
        6 => matches!(digits[1], 0 | 2 | 4 | 5),
        _ => false,
    }
}

/// ISO 13616: the number with its first four characters at the end is 1 modulo 97.
pub fn is_iban(text: &str) -> bool {
    let plain: Vec<char> = text.chars().filter(|it| !it.is_whitespace()).collect();
    if !(15..=34).contains(&plain.len()) {
        return false;
    }
    let rotated = plain[4..].iter().chain(&plain[..4]);
    let rest = rotated.filter_map(|it| it.to_digit(36)).fold(0, |rest, value| {
        if value < 10 { (rest * 10 + value) % 97 } else { (rest * 100 + value) % 97 }
    });
    rest == 1
}
