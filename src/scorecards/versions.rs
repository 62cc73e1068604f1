//! The versions of an agent, and what each is against the one before it.

use jiff::Timestamp;
use serde::Serialize;

use super::measured::{Aspect, Compared, Measured};

/// What wrote an agent's texts for a time: a version of a prompt, a score, or an engine without either.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Version {
    /// Such as `content.draft@4`, or `assembled`.
    pub version: String,
    #[serde(flatten)]
    pub measured: Measured,
    /// None for the first of its kind.
    pub against: Option<Against>,
}

/// How a version does against the one before it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Against {
    pub version: String,
    pub measures: Vec<Measure>,
}

#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Measure {
    pub aspect: Aspect,
    #[serde(flatten)]
    pub compared: Compared,
}

/// In the order in which they came into use.
pub(super) fn in_order(measured: Vec<(String, Measured)>) -> Vec<Version> {
    let mut all = measured;
    all.sort_by(|(name, one), (other_name, other)| {
        let begun = |it: &Measured| it.first_at.unwrap_or(Timestamp::UNIX_EPOCH);
        begun(one).cmp(&begun(other)).then_with(|| name.cmp(other_name))
    });
    let against: Vec<Option<Against>> = (0..all.len())
        .map(|at| before(&all[..at], &all[at]).map(|before| compare(&all[at].1, before)))
        .collect();
    let versions = all.into_iter().zip(against);
    versions.map(|((version, measured), against)| Version { version, measured, against }).collect()
}

/// The version that another took the place of: of the same prompt if there is one, else the last that
/// made the same kind of thing.
fn before<'a>(
    earlier: &'a [(String, Measured)],
    (name, measured): &(String, Measured),
) -> Option<&'a (String, Measured)> {
    let prompt = |name: &str| name.rsplit_once('@').map(|(prompt, _)| prompt.to_owned());
    let makes = |it: &Measured| (it.put_up > 0, it.acceptance.of > 0);
    let same =
        earlier.iter().rfind(|(one, _)| prompt(one).is_some() && prompt(one) == prompt(name));
    same.or_else(|| {
        let kind = makes(measured);
        earlier.iter().rfind(|(_, one)| kind != (false, false) && makes(one) == kind)
    })
}

fn compare(now: &Measured, (name, before): &(String, Measured)) -> Against {
    let measures = Aspect::ALL.into_iter().filter_map(|aspect| {
        let (now, before) = (now.sample(aspect, None)?, before.sample(aspect, None)?);
        Some(Measure { aspect, compared: now.against(before)? })
    });
    Against { version: name.clone(), measures: measures.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_held_against_the_one_before_it_of_the_same_prompt() {
        let at = |day: i64| Timestamp::from_second(86_400 * day).ok();
        let made = |day: i64| Measured { first_at: at(day), put_up: 3, ..Measured::default() };
        let called = |day: i64| Measured { first_at: at(day), ..Measured::default() };
        let versions = in_order(vec![
            ("content.draft@2".to_owned(), made(5)),
            ("content.idea@1".to_owned(), called(4)),
            ("content.draft@1".to_owned(), made(3)),
            ("assembled".to_owned(), made(1)),
        ]);
        let against: Vec<(&str, Option<&str>)> = versions
            .iter()
            .map(|one| (one.version.as_str(), one.against.as_ref().map(|it| it.version.as_str())))
            .collect();
        assert_eq!(
            against,
            [
                ("assembled", None),
                ("content.draft@1", Some("assembled")),
                ("content.idea@1", None),
                ("content.draft@2", Some("content.draft@1")),
            ]
        );
    }
}
