//! Claims without proof, and those whose proof has expired.
//!
//! A proof point covers a number, an amount or a superlative when its claim holds the same one (a number
//! with the same unit, and the same "less than" or "over") and the sentence in which it is said, or the one
//! before it, holds every word of the proof point's subject; where it names no subject, at least two of the
//! words of its claim. Words are compared by their stems. A product's description covers its numbers where
//! the product is named in either sentence. A sentence that stands as it is in an approved message, a
//! description or a disclaimer is covered. So is a number, with its unit, that the person who asked gave.
//!
//! What customers said, in quotation marks with their name, is theirs and is not held against proof; nor
//! are code, links and personal data.

use std::collections::BTreeSet;
use std::ops::Range;

use rust_stemmers::Stemmer;

use super::{Context, Hit, Tested};
use crate::brand::claims::{self, Claim, What};
use crate::brand::fold::fold;
use crate::brand::kit::Kit;
use crate::brand::report::Rule;
use crate::brand::text::Text;

/// How a claim stands.
enum Standing {
    Proven,
    /// Only by proof points that were valid until then; the one that was so last.
    Expired(usize),
    Unproven,
}

pub fn numbers(kit: &Kit, text: &Text<'_>, context: &Context<'_>) -> Tested {
    let is_number = |claim: &Claim| !matches!(claim.what, What::Superlative(_));
    let hits = standings(kit, text, context, is_number).filter_map(|(claim, standing)| {
        matches!(standing, Standing::Unproven).then(|| {
            Hit::new(
                Rule::UnprovenNumber,
                text.folded.origin(claim.range.clone()),
                nearest(kit, claim),
            )
            .suggest("Give a number that a proof point holds, with what it is about in the same sentence, or leave it out.")
        })
    });
    Ok(hits.collect())
}

pub fn superlatives(kit: &Kit, text: &Text<'_>, context: &Context<'_>) -> Tested {
    let is_superlative = |claim: &Claim| matches!(claim.what, What::Superlative(_));
    let hits = standings(kit, text, context, is_superlative).filter_map(|(claim, standing)| {
        matches!(standing, Standing::Unproven).then(|| {
            Hit::new(
                Rule::UnprovenSuperlative,
                text.folded.origin(claim.range.clone()),
                "No proof point says so, and a superlative that nobody can check is a promise.",
            )
            .suggest("Say what it is instead of how it ranks, or add a proof point.")
        })
    });
    Ok(hits.collect())
}

pub fn expired(kit: &Kit, text: &Text<'_>, context: &Context<'_>) -> Tested {
    if kit.proofs.is_empty() {
        return Err("the kit has no proof points");
    }
    let hits = standings(kit, text, context, |_| true).filter_map(|(claim, standing)| {
        let Standing::Expired(proof) = standing else { return None };
        let proof = &kit.proofs[proof];
        let until = proof.valid_until.map(|day| day.to_string()).unwrap_or_default();
        Some(
            Hit::new(
                Rule::ExpiredProof,
                text.folded.origin(claim.range.clone()),
                format!(
                    "Its proof point “{}” ({}) was valid until {until}.",
                    proof.name, proof.source
                ),
            )
            .suggest("Renew the proof point in the brand kit, or leave it out."),
        )
    });
    Ok(hits.collect())
}

/// Claims that nothing covers, whatever the day; sentences are not covered by being approved.
pub fn unproven(kit: &Kit, text: &Text<'_>) -> Vec<Claim> {
    let context = Context::on(jiff::civil::Date::MIN);
    let judge = Judge::new(kit, text, &context);
    let all = said(kit, text);
    all.into_iter().filter(|claim| !judge.is_covered_at_all(claim)).collect()
}

/// The claims of the company's own voice.
pub fn said(kit: &Kit, text: &Text<'_>) -> Vec<Claim> {
    let mut all = claims::claims(text.folded.text(), kit.language);
    all.retain(|claim| {
        let at = text.folded.origin(claim.range.clone());
        let is_personal =
            text.personal().iter().any(|one| one.range.start < at.end && at.start < one.range.end);
        !is_personal && !text.is_quoted(&claim.range) && !text.is_code(&claim.range)
    });
    all
}

fn standings<'k>(
    kit: &'k Kit,
    text: &'k Text<'_>,
    context: &'k Context<'_>,
    which: impl Fn(&Claim) -> bool,
) -> impl Iterator<Item = (Claim, Standing)> {
    let judge = Judge::new(kit, text, context);
    let mut all = said(kit, text);
    all.retain(|claim| which(claim));
    all.into_iter().map(move |claim| {
        let standing = judge.standing(&claim);
        (claim, standing)
    })
}

/// Holds the claims of one text against a kit.
struct Judge<'k> {
    kit: &'k Kit,
    text: &'k Text<'k>,
    context: &'k Context<'k>,
    stemmer: Stemmer,
    given: Vec<Claim>,
}

impl<'k> Judge<'k> {
    fn new(kit: &'k Kit, text: &'k Text<'_>, context: &'k Context<'_>) -> Self {
        let given = context.given.iter().map(|text| fold(text));
        let given = given.flat_map(|folded| claims::claims(&folded, kit.language)).collect();
        Self { kit, text, context, stemmer: kit.language.stemmer(), given }
    }

    fn standing(&self, claim: &Claim) -> Standing {
        let is_given = |given: &Claim| {
            !matches!(given.what, What::Superlative(_)) && given.what.proves(&claim.what)
        };
        if self.given.iter().any(is_given) || self.is_approved(&claim.range) {
            return Standing::Proven;
        }
        let mut expired = None;
        for proof in self.covering(claim) {
            let Some(proof) = proof else { return Standing::Proven };
            if self.kit.proofs[proof].is_valid_on(self.context.on) {
                return Standing::Proven;
            }
            let day = self.kit.proofs[proof].valid_until;
            expired = expired.max(Some((day, proof)));
        }
        expired.map_or(Standing::Unproven, |(_, proof)| Standing::Expired(proof))
    }

    fn is_covered_at_all(&self, claim: &Claim) -> bool {
        !self.covering(claim).is_empty()
    }

    /// Proof points that cover it, and none for a product's description that does.
    fn covering(&self, claim: &Claim) -> Vec<Option<usize>> {
        let fitting: Vec<_> = self
            .kit
            .compiled
            .evidence
            .iter()
            .filter(|evidence| evidence.claims.iter().any(|proof| proof.what.proves(&claim.what)))
            .collect();
        if fitting.is_empty() {
            return Vec::new();
        }
        let around = self.around(&claim.range);
        let mut stems: Option<BTreeSet<String>> = None;
        let covers = fitting.into_iter().filter(|evidence| {
            if !evidence.names.is_empty() {
                return evidence.names.iter().any(|name| names(around, name));
            }
            let stems = stems.get_or_insert_with(|| {
                claims::words(around).map(|word| self.stemmer.stem(word).into_owned()).collect()
            });
            evidence.subject.intersection(stems).count() >= evidence.needed
        });
        covers.map(|evidence| evidence.proof).collect()
    }

    /// The sentence in which something stands, with the one before it.
    fn around(&self, range: &Range<usize>) -> &'k str {
        let folded = self.text.folded.text();
        match self.text.sentence_at(range) {
            Some(index) => {
                let first = &self.text.sentences[index.saturating_sub(1)];
                &folded[first.start..self.text.sentences[index].end]
            }
            None => &folded[range.clone()],
        }
    }

    fn is_approved(&self, range: &Range<usize>) -> bool {
        let sentence = self.text.sentence_at(range).map(|index| self.text.sentences[index].clone());
        sentence.is_some_and(|sentence| {
            self.kit.compiled.approved.contains(self.text.folded.text()[sentence].trim())
        })
    }
}

/// Whether a name stands in a text as a word or as words.
fn names(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        !is_part(text[..at].chars().next_back()) && !is_part(text[at + name.len()..].chars().next())
    })
}

/// Why a number is not covered: what the proof point nearest to it says.
fn nearest(kit: &Kit, claim: Claim) -> String {
    let holds = |evidence: &&crate::brand::kit::Evidence| {
        evidence.claims.iter().any(|proof| proof.what.proves(&claim.what))
    };
    let proof = kit.compiled.evidence.iter().filter(holds).find_map(|evidence| evidence.proof);
    match proof {
        Some(proof) => format!(
            "The proof point “{}” holds this number, but for something that this sentence does not name: {}.",
            kit.proofs[proof].name,
            kit.proofs[proof].claim.trim_end_matches('.')
        ),
        None => "No proof point holds this number.".to_owned(),
    }
}
