//! Numbers that are no whole ones, in content that is hashed: as the shortest text that reads back as
//! the same number, because canonical JSON has whole numbers only.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Clone, Copy, PartialEq, PartialOrd, Debug)]
pub struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

/// Reads a number as people type it: `1250`, `1,250`, `3.2`, `3,2`.
pub fn read(typed: &str) -> Option<f64> {
    let typed: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '\'').collect();
    let groups: Vec<&str> = typed.split(',').collect();
    let grouped = groups.len() > 1
        && (1..=3).contains(&groups[0].len())
        && groups[0] != "0"
        && groups[1..].iter().all(|it| it.split('.').next().is_some_and(|it| it.len() == 3));
    let plain = match (grouped, groups.len()) {
        (true, _) => groups.concat(),
        (false, 2) if !typed.contains('.') => groups.join("."),
        _ => typed.clone(),
    };
    let known = |c: char| c.is_ascii_digit() || c == '.';
    plain.chars().all(known).then(|| plain.parse().ok()).flatten().filter(|it: &f64| it.is_finite())
}

/// Reads `5 %` or `5` as 0.05.
pub fn read_percent(typed: &str) -> Option<f64> {
    let number = typed.trim().trim_end_matches('%').trim_end();
    Some(read(number)? / 100.0)
}

/// A share as people read it: `3.2 %`.
pub fn percent(share: f64) -> String {
    format!("{} %", super::statistics::readout::digits(100.0 * share, 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_type_them() {
        let check =
            |typed: &str, expected: Option<f64>| assert_eq!(read(typed), expected, "{typed}");
        check("1250", Some(1250.0));
        check("1,250", Some(1250.0));
        check("1,250.5", Some(1250.5));
        check("3,2", Some(3.2));
        check("0,125", Some(0.125));
        check(" 12 000 ", Some(12_000.0));
        check("", None);
        check("-3", None);
        check("12k", None);
        assert_eq!(read_percent("5 %"), Some(0.05));
        assert_eq!(read_percent("2.5"), Some(0.025));
        assert_eq!(percent(0.032), "3.2 %");
    }

    #[test]
    fn a_number_survives_its_text() {
        for number in [0.05, 1.0 / 3.0, 1e-9, 40_000.0] {
            let json = serde_json::to_string(&Number(number)).unwrap();
            assert_eq!(serde_json::from_str::<Number>(&json).unwrap(), Number(number));
        }
    }
}
