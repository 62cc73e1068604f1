//! What is checked in a proposal, and what it is about: by this its policies are chosen.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::Proposal;
use crate::config::{Facts, Label};
use crate::error::Result;
use crate::reviews::{self, Author, Check, Written};
use crate::slack::text::hidden;

/// What somebody meant to fill in: `[NAME]`, `{{first_name}}`, and the usual words. Neither a link in
/// Markdown nor the number of a footnote.
static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?s)\[[^\[\]\n]{1,80}\]\(?|\{\{.{1,80}?\}\}|\b(?:TBD|TBC|TODO|FIXME|XXX+)\b|(?i:\blorem ipsum\b)",
    )
    .expect("the pattern is fixed and tested")
});

/// How few words are rather a slip than a text, and how many are rather several texts.
const FEW: usize = 3;
const MANY: usize = 1_000;

/// A proposal as it is put up: its bytes, its text, what was checked in it.
pub(super) struct Prepared {
    title: String,
    content: Value,
    text: String,
    checks: Vec<Check>,
    facts: Facts,
    provenance: Value,
}

impl Prepared {
    pub fn new(proposal: &Proposal, provenance: Value) -> Result<Self> {
        let words = proposal.words();
        let (mut checks, mut labels) = reviews::labels(&words);
        checks.push(placeholders(&words));
        checks.push(length(&proposal.text));
        checks.extend(invisible(&words));
        if proposal.public {
            labels.insert(Label::Public);
        }
        let (budget, audience) = (proposal.budget, proposal.audience);
        Ok(Self {
            title: proposal.title.clone(),
            content: serde_json::to_value(proposal)?,
            text: proposal.in_full(),
            checks,
            facts: Facts { labels, budget, audience },
            provenance,
        })
    }

    pub fn written<'a>(&'a self, author: Author<'a>) -> Written<'a> {
        Written {
            title: Some(&self.title),
            content: &self.content,
            text: &self.text,
            checks: &self.checks,
            facts: &self.facts,
            provenance: &self.provenance,
            author,
        }
    }
}

fn placeholders(text: &str) -> Check {
    let is_meant = |found: &str| {
        let inside = found.trim_matches(['[', ']']);
        let is_box = matches!(inside.trim(), "" | "x" | "X");
        !found.ends_with("](") && !is_box && !inside.chars().all(|c| c.is_ascii_digit())
    };
    let found: BTreeSet<&str> =
        PLACEHOLDER.find_iter(text).map(|one| one.as_str()).filter(|one| is_meant(one)).collect();
    let named: Vec<String> = found.iter().take(3).map(|one| format!("“{one}”")).collect();
    let says = match found.len() {
        0 => "Nothing is left to be filled in".to_owned(),
        few if few <= 3 => format!("Still to be filled in: {}", named.join(", ")),
        many => format!("Still to be filled in: {} and {} more", named.join(", "), many - 3),
    };
    Check { rule: "placeholders".to_owned(), passed: found.is_empty(), says }
}

fn length(text: &str) -> Check {
    let words = text.split_whitespace().count();
    let (passed, says) = match words {
        1 => (false, "Only one word, which may be a slip".to_owned()),
        few if few < FEW => (false, format!("Only {few} words, which may be a slip")),
        many if many > MANY => {
            (false, format!("{many} words: people decide better on one thing at a time"))
        }
        words => (true, format!("{words} words")),
    };
    Check { rule: "length".to_owned(), passed, says }
}

/// Only where there is something to say: what a card leaves out is in the text all the same.
fn invisible(text: &str) -> Option<Check> {
    let says = match hidden(text) {
        0 => return None,
        1 => "Holds an invisible character, which this card leaves out".to_owned(),
        many => format!("Holds {many} invisible characters, which this card leaves out"),
    };
    Some(Check { rule: "invisible_characters".to_owned(), passed: false, says })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SubjectKind;

    #[test]
    fn what_is_left_to_be_filled_in_is_found() {
        let check = |text: &str, expected: &str| {
            let found = placeholders(text);
            assert_eq!(found.says, expected, "{text}");
            assert_eq!(found.passed, expected == "Nothing is left to be filled in", "{text}");
        };
        let nothing = "Nothing is left to be filled in";
        check("Dear customer, the spring is here.", nothing);
        check("See [our shop](https://larch.example) and note [1].", nothing);
        check("An array is a[10]; todos: [x] this [ ] that.", nothing);
        check("Dear [NAME], hello", "Still to be filled in: “[NAME]”");
        check("Dear {{ first_name }}", "Still to be filled in: “{{ first_name }}”");
        check("Price: TBD. Lorem ipsum dolor", "Still to be filled in: “Lorem ipsum”, “TBD”");
        check("[a] [b] [c] [d]", "Still to be filled in: “[a]”, “[b]”, “[c]” and 1 more");
    }

    #[test]
    fn what_it_is_about_is_put_together() {
        let proposal = Proposal::new(
            SubjectKind::Draft,
            "20% off",
            "Until Sun\u{e0041}day only",
            (Some(5), Some(7)),
            true,
        );
        let prepared = Prepared::new(&proposal.unwrap(), Value::Null).unwrap();
        assert_eq!(
            prepared.facts,
            Facts {
                labels: [Label::Pricing, Label::Public].into(),
                budget: Some(5),
                audience: Some(7)
            }
        );
        let failed: Vec<&str> = prepared
            .checks
            .iter()
            .filter(|check| !check.passed)
            .map(|check| check.rule.as_str())
            .collect();
        assert_eq!(failed, ["pricing", "invisible_characters"]);
        assert!(prepared.text.ends_with("Budget: 5\nReaches: 7 people\nGoes to the public"));
    }

    #[test]
    fn a_slip_and_a_book_are_told_apart_from_a_text() {
        let check = |text: &str, expected: bool| assert_eq!(length(text).passed, expected);
        check("Hi", false);
        check("Hi there", false);
        check("Hi there, you", true);
        check(&"word ".repeat(1_001), false);
    }
}
