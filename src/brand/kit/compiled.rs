//! What a kit is made into once, so that a text is checked against all of it in a few passes.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use super::Kit;
use crate::brand::claims::{self, Claim};
use crate::brand::fold::{Folded, fold};
use crate::brand::phrases::{Found, Phrases, Squeezed};
use crate::brand::sentences;

#[derive(Clone, Debug, Default)]
pub struct Compiled {
    pub banned: Finder,
    pub terms: Finder,
    pub topics: Finder,
    /// Of each audience.
    pub unfit: BTreeMap<String, Finder>,
    /// What each proof point, and each sentence on a product, covers.
    pub evidence: Vec<Evidence>,
    /// Sentences that were approved as they are, folded.
    pub approved: BTreeSet<String>,
    /// Of each disclaimer.
    pub disclaimers: Vec<String>,
    pub contacts: Vec<String>,
    pub capitals: BTreeSet<String>,
}

/// Phrases and regular expressions, each with what it stands for.
#[derive(Clone, Debug, Default)]
pub struct Finder {
    phrases: Option<Phrases>,
    set: Option<RegexSet>,
    patterns: Vec<(usize, Regex)>,
}

/// Claims that are proven where a sentence speaks of their subject.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The proof point, by its place in the kit; none where a product's description proves it.
    pub proof: Option<usize>,
    pub claims: Vec<Claim>,
    /// Stems that must all be there, or of which so many must.
    pub subject: BTreeSet<String>,
    pub needed: usize,
    /// Names, folded, of which one must be there.
    pub names: Vec<String>,
}

impl Compiled {
    pub fn of(kit: &Kit) -> Result<Self> {
        let mut approved = BTreeSet::new();
        for text in kit
            .messages
            .iter()
            .map(|one| &one.text)
            .chain(kit.disclaimers.iter().map(|one| &one.text))
            .chain(kit.products.iter().map(|one| &one.description))
        {
            let folded = Folded::of(text);
            let all = sentences::split(folded.text(), kit.language);
            approved.extend(all.into_iter().map(|range| folded.text()[range].trim().to_owned()));
        }
        Ok(Self {
            banned: Finder::of(
                kit.banned.iter().map(|one| (one.phrases.as_slice(), one.patterns.as_slice())),
            )?,
            terms: Finder::of(kit.terms.iter().map(|one| (one.avoid.as_slice(), &[][..])))?,
            topics: Finder::of(
                kit.topics.iter().map(|one| (one.words.as_slice(), one.patterns.as_slice())),
            )?,
            unfit: kit
                .audiences
                .iter()
                .map(|one| Ok((one.name.clone(), Finder::of([(one.avoid.as_slice(), &[][..])])?)))
                .collect::<Result<_>>()?,
            evidence: evidence(kit),
            approved,
            disclaimers: kit.disclaimers.iter().map(|one| fold(&one.text)).collect(),
            contacts: kit.contacts.iter().map(|one| plain_contact(one)).collect(),
            capitals: kit.tone.capitals_allowed.iter().map(|one| one.to_uppercase()).collect(),
        })
    }
}

/// A telephone number without its spaces, an address in small letters.
pub fn plain_contact(text: &str) -> String {
    let folded = fold(text);
    if folded.contains('@') {
        return folded;
    }
    folded.chars().filter(char::is_ascii_digit).collect()
}

impl Finder {
    fn of<'a>(all: impl IntoIterator<Item = (&'a [String], &'a [String])>) -> Result<Self> {
        let (mut phrases, mut sources) = (Vec::new(), Vec::new());
        for (of, (words, patterns)) in all.into_iter().enumerate() {
            phrases.extend(words.iter().map(|word| (of, word.as_str())));
            sources.extend(patterns.iter().map(|pattern| (of, pattern.as_str())));
        }
        let patterns = sources
            .iter()
            .map(|(of, source)| {
                Ok((*of, RegexBuilder::new(source).case_insensitive(true).build()?))
            })
            .collect::<Result<_, regex::Error>>()
            .context("a pattern of the brand kit cannot be used")?;
        let set = RegexSetBuilder::new(sources.iter().map(|(_, source)| source))
            .case_insensitive(true)
            .build()
            .context("the patterns of the brand kit cannot be used together")?;
        Ok(Self {
            phrases: (!phrases.is_empty()).then(|| Phrases::new(phrases)),
            set: (!sources.is_empty()).then_some(set),
            patterns,
        })
    }

    /// Every place where one stands, in bytes of the folded text and in its order; of those that overlap
    /// and stand for the same, the longest.
    pub fn find(&self, folded: &Folded, squeezed: &Squeezed) -> Vec<Found> {
        let mut found = match &self.phrases {
            Some(phrases) => phrases.find(folded, squeezed),
            None => Vec::new(),
        };
        if let Some(set) = &self.set {
            for index in set.matches(folded.text()) {
                let (of, pattern) = &self.patterns[index];
                let matches = pattern.find_iter(folded.text()).filter(|one| !one.is_empty());
                found.extend(matches.map(|one| Found { of: *of, range: one.range() }));
            }
        }
        found.sort_by_key(|one| (one.of, one.range.start, std::cmp::Reverse(one.range.end)));
        found.dedup_by(|next, former| next.of == former.of && next.range.start < former.range.end);
        found.sort_by_key(|one| (one.range.start, one.of));
        found
    }
}

/// What proves a claim: each proof point by its sentence, each product's description where the product
/// is named.
fn evidence(kit: &Kit) -> Vec<Evidence> {
    let stemmer = kit.language.stemmer();
    let of_proofs = kit.proofs.iter().enumerate().map(|(index, proof)| {
        let folded = fold(&proof.claim);
        let (subject, needed) = if proof.subject.is_empty() {
            let stems = claims::stems(&folded, &stemmer);
            let needed = stems.len().min(2);
            (stems, needed)
        } else {
            let words = proof.subject.iter().map(|word| fold(word));
            let stems: BTreeSet<String> =
                words.map(|word| stemmer.stem(&word).into_owned()).collect();
            let needed = stems.len();
            (stems, needed)
        };
        let claims = claims::claims(&folded, kit.language);
        Evidence { proof: Some(index), claims, subject, needed, names: Vec::new() }
    });
    let of_products = kit.products.iter().map(|product| {
        let folded = fold(&product.description);
        Evidence {
            proof: None,
            claims: claims::claims(&folded, kit.language),
            subject: BTreeSet::new(),
            needed: 0,
            names: product.also.iter().chain([&product.name]).map(|name| fold(name)).collect(),
        }
    });
    of_proofs.chain(of_products).collect()
}
