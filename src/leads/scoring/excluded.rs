//! What never counts: attributes that say something about a person that must not decide what they are
//! worth, and those that the manifest lists.

use crate::config::protected;
use crate::config::scoring::Scoring;

/// Why a column is left out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Why {
    /// It says something about a person's age, gender, religion …
    Protected(&'static str),
    /// Somebody listed it.
    Listed,
}

/// Why a column of this name does not count; none where it does.
pub fn why(name: &str, excluded: &[String], allowed: &[String]) -> Option<Why> {
    let among = |names: &[String]| names.iter().any(|it| it.trim().eq_ignore_ascii_case(name));
    if among(excluded) {
        return Some(Why::Listed);
    }
    if among(allowed) {
        return None;
    }
    protected::ground(name).map(Why::Protected)
}

/// The same by what a manifest says.
pub fn by_manifest(name: &str, scoring: &Scoring) -> Option<Why> {
    let allowed: Vec<String> = scoring.allowed.iter().map(|it| it.attribute.clone()).collect();
    why(name, &scoring.excluded, &allowed)
}

impl Why {
    pub fn in_words(&self) -> String {
        match self {
            Self::Protected(ground) => format!("it says something about a person's {ground}"),
            Self::Listed => "it was excluded".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protected_attributes_count_only_where_somebody_says_so() {
        let check = |name: &str, excluded: &[&str], allowed: &[&str], expected: Option<&str>| {
            let owned =
                |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
            let why = why(name, &owned(excluded), &owned(allowed)).map(|it| it.in_words());
            assert_eq!(why.as_deref(), expected, "{name}");
        };
        check("age", &[], &[], Some("it says something about a person's age"));
        check("age", &[], &["Age"], None);
        check("age", &["age"], &["age"], Some("it was excluded"));
        check("industry", &["INDUSTRY"], &[], Some("it was excluded"));
        check("industry", &[], &[], None);
    }
}
