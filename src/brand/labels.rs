//! What a text is about, for choosing who decides on it: prices, promises that law looks at, data of
//! customers, words for the public.
//!
//! Made to find too much rather than too little: a person decides in the end. What a proof point covers is
//! a legal claim all the same, for it is one.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::checks::{banned, proof, topics};
use super::claims::What;
use super::fold::pattern;
use super::kit::{Channel, Kit};
use super::text::Text;
use crate::config::Label;

/// The labels of a text.
pub fn labels(kit: &Kit, text: &str, channel: Option<&Channel>) -> BTreeSet<Label> {
    of(kit, &Text::of(text, kit, channel), channel)
}

pub(super) fn of(kit: &Kit, text: &Text<'_>, channel: Option<&Channel>) -> BTreeSet<Label> {
    let mut labels = BTreeSet::new();
    let folded = text.folded.text();
    let own = |range: std::ops::Range<usize>| !text.is_quoted(&range) && !text.is_code(&range);

    if PRICING.find_iter(folded).any(|found| own(found.range())) {
        labels.insert(Label::Pricing);
    }
    let promises = LEGAL.find_iter(folded).any(|found| own(found.range()))
        || proof::said(kit, text).iter().any(|claim| matches!(claim.what, What::Superlative(_)))
        || banned::claims(kit, text).iter().any(|found| kit.banned[found.of].legal);
    if promises {
        labels.insert(Label::LegalClaim);
    }
    labels.extend(
        topics::topics(kit, text).into_iter().filter_map(|(topic, _)| kit.topics[topic].label),
    );
    if text.personal().iter().any(|one| !one.is_own)
        || !text.quoted.is_empty() && SIGNED_IN_FULL.is_match(text.original)
    {
        labels.insert(Label::CustomerData);
    }
    if channel.is_some_and(|channel| channel.public) {
        labels.insert(Label::Public);
    }
    labels
}

static PRICING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"[€$£¥] ?\d|\d ?(?:€|£|\$|eur\b|euros?\b|usd\b|gbp\b|dollars?\b|pounds?\b)",
        r"|\d ?(?:%|percent|per cent|prozent) ?(?:off|discount|cheaper|less|rabatt|reduction)\b",
        r"|\b(?:half price|free of charge|for free|free (?:delivery|shipping|trial|month|gift|returns?|sample)",
        r"|discount(?:s|ed)?|coupons?|vouchers?|rebates?|money[- ]back|special offer|on sale|best price",
        r"|lowest price|price (?:cut|drop|match)|buy one|two for one|at no cost|kostenlos|gratis|rabatt)\b",
    ))
});

static LEGAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:guarantee[ds]?|warrant(?:y|ed|ies)|clinically|scientifically|medically|proven to",
        r"|certified|certificate|patented|risk[- ]free|no risk|cures?|heals?|prevents?|allerg(?:y|ies|ic|en|ens)",
        r"|never fails?|always works|100 ?% (?:safe|natural|organic|effective)",
        r"|carbon[- ]neutral|climate[- ]neutral|sustainable|better than|unlike (?:our |other )?competitors",
        r"|garantiert?|nachhaltig|klimaneutral)\b",
    ))
});

/// A quotation signed with two names: "— Anna Lindqvist".
static SIGNED_IN_FULL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[”“»\x22]\s*(?:—|–|-|~)\s*\p{Lu}\p{Ll}+ \p{Lu}\p{Ll}+")
        .expect("the pattern is fixed and tested")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_show_what_a_text_is_about() {
        use Label::{CustomerData, LegalClaim, Pricing, Public};
        let kit = Kit::load(None).unwrap();
        let check = |text: &str, expected: &[Label]| {
            let labels = labels(&kit, text, None);
            assert_eq!(labels.into_iter().collect::<Vec<_>>(), expected, "{text}");
        };
        check("Our spring collection is here.", &[]);
        check("20% off until Sunday", &[Pricing]);
        check("From €12 a month, with free delivery", &[Pricing]);
        check("80% of people like it", &[]);
        check("Free of plastic, and feel free to write", &[]);
        check("The best sofa, guaranteed", &[LegalClaim]);
        check("Bracken is our most bought blanket", &[LegalClaim]);
        check("Clinically proven, 30 % discount", &[Pricing, LegalClaim]);
        check("Write to anna.b@example.com", &[CustomerData]);
        check("Write to service@larchandloom.example", &[]);
        check("“I slept until nine” — Anna Lindqvist", &[CustomerData]);
        check("“The best sheets ever” — Anna, Leipzig", &[]);
        check("Best regards, your team", &[]);
        let linkedin = kit.channel("linkedin");
        assert!(super::labels(&kit, "Linen.", linkedin).contains(&Public));
        assert!(!super::labels(&kit, "Linen.", kit.channel("sales-follow-up")).contains(&Public));
    }
}
