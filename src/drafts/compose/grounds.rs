//! What a text rests on: what of the kit and of the brief stands in it.

use serde::{Deserialize, Serialize};

use super::Aim;
use super::text::{folded, says, sentences};
use jiff::civil::Date;

/// Something that a text rests on, with where that comes from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Basis {
    /// An approved message.
    Message {
        name: String,
        text: String,
    },
    /// A product's description.
    Product {
        name: String,
        description: String,
    },
    Proof {
        name: String,
        claim: String,
        evidence: String,
        source: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        valid_until: Option<Date>,
    },
    Disclaimer {
        topic: String,
        text: String,
    },
    /// What the brief carried along from a finding.
    Evidence {
        quote: String,
        source: String,
        document: String,
    },
    /// What the person who asked gave.
    Offer {
        text: String,
    },
    MustSay {
        text: String,
    },
}

impl Basis {
    /// Whether it stands in a text word for word or not at all; others a model can word anew.
    pub(super) const fn is_word_for_word(&self) -> bool {
        matches!(
            self,
            Self::Message { .. }
                | Self::Disclaimer { .. }
                | Self::Offer { .. }
                | Self::MustSay { .. }
        )
    }
}

/// What stands in a text: messages and proof points by their sentences, products by their names,
/// quotes by their words.
pub fn of(aim: &Aim<'_>, text: &str) -> Vec<Basis> {
    let kit = aim.kit;
    let text = folded(kit, text);
    let text_words = text.as_str();
    let mut all = Vec::new();
    let has_sentence = |of: &str| sentences(kit, of).iter().any(|one| says(kit, text_words, one));
    for one in kit.messages.iter().filter(|one| has_sentence(&one.text)) {
        all.push(Basis::Message { name: one.name.clone(), text: one.text.clone() });
    }
    for one in &kit.products {
        let is_named = one.also.iter().chain([&one.name]).any(|name| says(kit, text_words, name));
        if is_named || has_sentence(&one.description) {
            let (name, description) = (one.name.clone(), one.description.clone());
            all.push(Basis::Product { name, description });
        }
    }
    for one in kit.proofs.iter().filter(|one| one.is_valid_on(aim.on)) {
        if says(kit, text_words, &one.claim) {
            all.push(of_proof(one));
        }
    }
    for one in kit.disclaimers.iter().filter(|one| says(kit, text_words, &one.text)) {
        all.push(Basis::Disclaimer { topic: one.topic.clone(), text: one.text.clone() });
    }
    all.extend(of_brief(aim, text_words));
    all
}

pub fn of_proof(proof: &crate::brand::Proof) -> Basis {
    Basis::Proof {
        name: proof.name.clone(),
        claim: proof.claim.clone(),
        evidence: proof.evidence.clone(),
        source: proof.source.clone(),
        valid_until: proof.valid_until,
    }
}

pub fn of_evidence(one: &crate::drafts::Evidence) -> Basis {
    Basis::Evidence {
        quote: one.quote.clone(),
        source: one.source.clone(),
        document: one.document.clone(),
    }
}

fn of_brief(aim: &Aim<'_>, text: &str) -> Vec<Basis> {
    let said = |one: &&String| says(aim.kit, text, one);
    let offer = aim.brief.offer.iter().filter(said).map(|it| Basis::Offer { text: it.clone() });
    let must = aim.brief.must_say.iter().filter(said);
    let must = must.map(|it| Basis::MustSay { text: it.clone() });
    let evidence = aim.brief.evidence.iter().filter(|one| says(aim.kit, text, &one.quote));
    offer.chain(must).chain(evidence.map(of_evidence)).collect()
}
