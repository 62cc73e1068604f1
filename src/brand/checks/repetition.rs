//! Too much of the same: texts that are nearly what was sent lately.
//!
//! Two texts are as much alike as the runs of three words that they share, of all that either has (the
//! Jaccard index of their shingles). Texts of an ad's length are compared by single words, because a run of
//! three hardly fits.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use super::{Context, Hit, Tested};
use crate::brand::claims::words;
use crate::brand::fold::fold;
use crate::brand::kit::Kit;
use crate::brand::report::Rule;
use crate::brand::text::Text;

/// A text that went out.
#[derive(Clone, Debug)]
pub struct Sent {
    /// By what people know it, such as its title and day.
    pub name: String,
    pub fingerprint: Fingerprint,
}

impl Sent {
    pub fn new(name: impl Into<String>, text: &str) -> Self {
        Self { name: name.into(), fingerprint: Fingerprint::of(text) }
    }
}

/// What is needed of a text to see whether another is nearly the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fingerprint {
    /// Sorted, each once.
    runs: Vec<u64>,
    words: Vec<u64>,
}

const RUN: usize = 3;

/// Texts of fewer words are compared by words, and of still fewer not at all.
const SHORT: usize = 12;
const SHORTEST: usize = 3;

impl Fingerprint {
    pub fn of(text: &str) -> Self {
        Self::of_folded(&fold(text))
    }

    /// From 0, nothing in common, to 1, the same words in the same order.
    pub fn similarity(&self, other: &Self) -> f64 {
        let shortest = self.words.len().min(other.words.len());
        if shortest < SHORTEST {
            return if self.words == other.words { 1.0 } else { 0.0 };
        }
        if shortest < SHORT {
            jaccard(&self.words, &other.words)
        } else {
            jaccard(&self.runs, &other.runs)
        }
    }

    fn of_folded(folded: &str) -> Self {
        let hash = |value: &dyn Fn(&mut DefaultHasher)| {
            let mut hasher = DefaultHasher::new();
            value(&mut hasher);
            hasher.finish()
        };
        let all: Vec<u64> = words(folded).map(|word| hash(&|it| word.hash(it))).collect();
        let runs = all.windows(RUN).map(|run| hash(&|it| run.hash(it))).collect();
        Self { runs: set(runs), words: set(all) }
    }
}

pub fn check(kit: &Kit, text: &Text<'_>, context: &Context<'_>) -> Tested {
    if context.sent.is_empty() {
        return Err("nothing was sent lately");
    }
    let own = Fingerprint::of_folded(text.folded.text());
    let most = context
        .sent
        .iter()
        .map(|sent| (own.similarity(&sent.fingerprint), sent))
        .max_by(|one, other| one.0.total_cmp(&other.0));
    let Some((similarity, sent)) = most.filter(|(similarity, _)| *similarity > kit.similarity_max)
    else {
        return Ok(Vec::new());
    };
    let reason = format!(
        "It is {:.0} % the same as “{}”, and at most {:.0} % is allowed.",
        similarity * 100.0,
        sent.name,
        kit.similarity_max * 100.0
    );
    let first = text.original.trim().lines().next().unwrap_or_default();
    let hit = Hit::new(Rule::Repetition, 0..text.original.len(), reason)
        .quoted(first.chars().take(80).collect::<String>())
        .suggest("Say something else, or send it later.");
    Ok(vec![hit])
}

fn set(mut hashes: Vec<u64>) -> Vec<u64> {
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

fn jaccard(one: &[u64], other: &[u64]) -> f64 {
    let (mut i, mut k, mut common) = (0, 0, 0);
    while let (Some(a), Some(b)) = (one.get(i), other.get(k)) {
        match a.cmp(b) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => k += 1,
            std::cmp::Ordering::Equal => (i, k, common) = (i + 1, k + 1, common + 1),
        }
    }
    let all = one.len() + other.len() - common;
    if all == 0 { 0.0 } else { common as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_is_what_shares_its_words_in_order() {
        let check = |one: &str, other: &str, expected: std::ops::RangeInclusive<f64>| {
            let similarity = Fingerprint::of(one).similarity(&Fingerprint::of(other));
            assert!(expected.contains(&similarity), "{similarity} for {one} / {other}");
        };
        let long =
            "Heron is back in Rust. It is stiff in the first week and softens with every wash.";
        check(long, long, 1.0..=1.0);
        check(long, &long.to_uppercase().replace('.', " —"), 1.0..=1.0);
        check(long, &long.replace("Rust", "Clay"), 0.5..=0.9);
        check(
            long,
            "Alder is percale, woven dry and smooth. It stays cool in every kind of night.",
            0.0..=0.1,
        );
        check("Linen for spring", "Linen for autumn", 0.4..=0.6);
        check("", "", 1.0..=1.0);
        check("", long, 0.0..=0.0);
    }
}
