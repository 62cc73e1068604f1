//! What a text is about, as far as its words show: prices, promises that law looks at, personal data.
//!
//! These are signals for choosing a policy, made to find too much rather than too little: a person
//! decides in the end.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::Check;
use crate::config::Label;
use crate::privacy;

static PRICING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)[€$£¥]\s?\d(?:[\d.,]*\d)?|\d(?:[\d.,]*\d)?\s?(?:€|£|\$|eur\b|euros?\b|usd\b|gbp\b|dollars?\b|pounds?\b)",
        r"|\d(?:[\d.,]*\d)?\s?(?:%|percent|per cent)\s*(?:off|discount|cheaper|less|rabatt)",
        r"|\b(?:half price|free of charge|for free|free (?:delivery|shipping|trial|month|gift)",
        r"|discount(?:s|ed)?|coupon|voucher|rebate|money[- ]back|special offer|on sale|best price",
        r"|lowest price|price (?:cut|drop|match))\b",
    ))
    .expect("the pattern is fixed and tested")
});

static LEGAL_CLAIM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:guarantee[ds]?|warrant(?:y|ed|ies)|clinically|scientifically|medically|proven",
        r"|certified|patented|risk[- ]free|no risk|cures?|heals?|prevents?|safest|number one",
        r"|the best|cheapest|fastest|never fails?|always works|100\s?% (?:safe|natural|organic|effective)",
        r"|carbon[- ]neutral|climate[- ]neutral|sustainable|better than|unlike (?:our |other )?competitors)\b",
        r"|#1\b|\bno\. ?1\b",
    ))
    .expect("the pattern is fixed and tested")
});

/// What the words of a text show, as checks to be read and labels to choose policies by.
pub fn labels(text: &str) -> (Vec<Check>, BTreeSet<Label>) {
    let mut checks = Vec::new();
    let mut labels = BTreeSet::new();
    let found = |pattern: &Regex| {
        let found: BTreeSet<String> = pattern
            .find_iter(text)
            .map(|one| format!("“{}”", one.as_str().trim()))
            .take(20)
            .collect();
        found.into_iter().take(3).collect::<Vec<_>>().join(", ")
    };
    let mut add = |rule: &str, label, found: String, without: &str, with: &str| {
        let passed = found.is_empty();
        let says = if passed { without.to_owned() } else { format!("{with}: {found}") };
        if !passed {
            labels.insert(label);
        }
        checks.push(Check { rule: rule.to_owned(), passed, says });
    };
    let pricing = found(&PRICING);
    add("pricing", Label::Pricing, pricing, "Names no price or offer", "Names a price or an offer");
    let claims = found(&LEGAL_CLAIM);
    add(
        "legal_claim",
        Label::LegalClaim,
        claims,
        "Makes no promise of the kind that law looks at",
        "Promises or compares in a way that law looks at",
    );
    // Not what it is: a card is read by many.
    let masked = privacy::mask(text);
    let kinds: Vec<String> =
        masked.counts.iter().map(|(kind, count)| format!("{count} {}", kind.marker())).collect();
    add(
        "personal_data",
        Label::CustomerData,
        kinds.join(", "),
        "No personal data found (names and addresses are not looked for)",
        "Holds personal data",
    );
    (checks, labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_show_what_a_text_is_about() {
        let check = |text: &str, expected: &[Label]| {
            let (checks, labels) = labels(text);
            assert_eq!(labels.iter().copied().collect::<Vec<_>>(), expected, "{text}: {checks:?}");
        };
        use Label::{CustomerData, LegalClaim, Pricing};
        check("Our spring collection is here.", &[]);
        check("20% off until Sunday", &[Pricing]);
        check("From €12 a month", &[Pricing]);
        check("Now only 12 EUR, with free delivery", &[Pricing]);
        check("80% of people like it", &[]);
        check("The best sofa, guaranteed", &[LegalClaim]);
        check("Clinically proven, 30 % discount", &[Pricing, LegalClaim]);
        check("Write to anna.b@example.com", &[CustomerData]);
    }

    #[test]
    fn what_was_found_is_named_whole() {
        let (checks, _) = labels("Save 20% off, from €1,200.50. Or 30.5 percent off 900 EUR!");
        assert_eq!(
            checks[0].says,
            "Names a price or an offer: “20% off”, “30.5 percent off”, “900 EUR”"
        );
        let (checks, _) = labels("From €1,200.50.");
        assert_eq!(checks[0].says, "Names a price or an offer: “€1,200.50”");
    }

    #[test]
    fn personal_data_is_counted_and_not_repeated() {
        let (checks, _) = labels("Write to anna.b@example.com or bob@example.com");
        let said = &checks.iter().find(|check| check.rule == "personal_data").unwrap().says;
        assert_eq!(said, "Holds personal data: 2 [email]");
    }
}
