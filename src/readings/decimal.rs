//! Exact amounts: nine decimals, which is more than any platform reports money in.

use std::fmt;

const DECIMALS: usize = 9;
const ONE: i128 = 1_000_000_000;

/// A number with nine decimals, exact up to 10^27.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Decimal(i128);

impl Decimal {
    pub const ZERO: Self = Self(0);

    /// Digits with at most one point, and a sign; further decimals are rounded.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
        if whole.len() + rest.len() == 0
            || whole.len() > 24
            || !all_digits(whole)
            || !all_digits(rest)
        {
            return None;
        }
        let number = |it: &str| it.bytes().fold(0_i128, |sum, it| sum * 10 + i128::from(it - b'0'));
        let kept = &rest[..rest.len().min(DECIMALS)];
        let scale = 10_i128.pow((DECIMALS - kept.len()) as u32);
        let up = rest.as_bytes().get(DECIMALS).is_some_and(|it| *it >= b'5');
        let value = number(whole) * ONE + number(kept) * scale + i128::from(up);
        Some(Self(if negative { -value } else { value }))
    }

    pub fn to_f64(self) -> f64 {
        self.0 as f64 / ONE as f64
    }

    pub fn millionth(self) -> Self {
        Self(self.0 / 1_000_000)
    }

    /// This divided by the other, where that is not nothing.
    pub fn over(self, other: Self) -> Option<f64> {
        (other.0 != 0).then(|| self.0 as f64 / other.0 as f64)
    }
}

impl std::ops::Add for Decimal {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) =
            (self.0.unsigned_abs() / ONE as u128, self.0.unsigned_abs() % ONE as u128);
        if rest == 0 {
            return write!(f, "{sign}{whole}");
        }
        let rest = format!("{rest:09}");
        write!(f, "{sign}{whole}.{}", rest.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() {
        let check = |text: &str, expected: &str| {
            assert_eq!(Decimal::parse(text).map(|it| it.to_string()).as_deref(), Some(expected));
        };
        check("2520.00", "2520");
        check("-0.10", "-0.1");
        check("1.429999948", "1.429999948");
        check("0.1234567895", "0.12345679");
        check(".5", "0.5");
        assert_eq!(Decimal::parse("1,5"), None);
        assert_eq!(Decimal::parse("-"), None);
        let (tenth, fifth) = (Decimal::parse("0.1").unwrap(), Decimal::parse("0.2").unwrap());
        assert_eq!((tenth + fifth).to_string(), "0.3");
    }
}
