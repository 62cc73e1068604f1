//! The versions of a learned score: which one counts, and which one would count if it were taken back.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::comparison::Verdict;

/// What was learnt at a time, and how it fared against the rules.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Version {
    /// The hash of the model.
    pub id: String,
    pub learnt_at: Timestamp,
    pub rows: usize,
    pub won: usize,
    pub auc: f64,
    pub brier: f64,
    pub base_brier: f64,
    pub verdict: Verdict,
}

/// All versions in the order of time, and which of them counts.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Versions {
    known: Vec<Version>,
    /// Those that counted, in order; the last counts, and the rules do where there is none.
    counted: Vec<String>,
    /// Those that were taken back: they do not take over by themselves again.
    taken_back: Vec<String>,
}

impl Versions {
    /// The version that counts; none where the rules do.
    pub fn current(&self) -> Option<&Version> {
        let id = self.counted.last()?;
        self.known.iter().find(|it| it.id == *id)
    }

    pub fn all(&self) -> &[Version] {
        &self.known
    }

    /// Takes note of what was learnt. It counts from now on if it may; the return says whether.
    pub fn add(&mut self, version: Version) -> bool {
        let counts = version.verdict == Verdict::TakesOver
            && !self.taken_back.contains(&version.id)
            && self.counted.last() != Some(&version.id);
        let id = version.id.clone();
        if !self.known.iter().any(|it| it.id == id) {
            self.known.push(version);
        }
        if counts {
            self.counted.push(id);
        }
        counts
    }

    /// Takes back the version that counts: the one before it counts again, or the rules. The return is
    /// what was taken back.
    pub fn roll_back(&mut self) -> Option<String> {
        let id = self.counted.pop()?;
        self.taken_back.push(id.clone());
        Some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(id: &str, verdict: Verdict) -> Version {
        Version {
            id: id.to_owned(),
            learnt_at: Timestamp::constant(1_800_000_000, 0),
            rows: 300,
            won: 30,
            auc: 0.7,
            brier: 0.08,
            base_brier: 0.09,
            verdict,
        }
    }

    #[test]
    fn a_version_that_was_taken_back_does_not_return_by_itself() {
        let mut versions = Versions::default();
        assert!(versions.add(version("a", Verdict::TakesOver)));
        assert!(!versions.add(version("b", Verdict::NotBetterThanRules)));
        assert!(versions.add(version("c", Verdict::TakesOver)));
        assert_eq!(versions.current().unwrap().id, "c");

        assert_eq!(versions.roll_back().as_deref(), Some("c"));
        assert_eq!(versions.current().unwrap().id, "a");
        assert!(!versions.add(version("c", Verdict::TakesOver)));
        assert_eq!(versions.roll_back().as_deref(), Some("a"));
        assert_eq!(versions.current(), None);
        assert_eq!(versions.roll_back(), None);
        assert_eq!(versions.all().len(), 3);
    }
}
