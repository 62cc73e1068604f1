//! Documents that want something of whoever reads them change nothing but what is quoted.
//!
//! `documents.toml` holds them, each with the answer of a model that obeys it: the worst case. What
//! is left of such an answer may quote the document, as it may any other, and may say what the
//! document says; it has no link, no mention, no markup, no order, and nothing that no passage has.

mod extracts;
mod prompt;

use countersign::ids::PassageId;
use countersign::research::written::{self, Checked, Checker, Passage};
use countersign::slack;
use serde::Deserialize;
use serde_json::{Value, json};

const QUESTION: &str = "What do customers say about the refund process?";

#[derive(Deserialize)]
struct File {
    document: Vec<Hostile>,
}

#[derive(Deserialize)]
struct Hostile {
    name: String,
    text: String,
    /// How many times the text stands there.
    #[serde(default = "once")]
    repeat: usize,
    never: Vec<String>,
    obeyed: Obeyed,
}

/// What an obedient model answers.
#[derive(Deserialize)]
struct Obeyed {
    #[serde(default)]
    summary: String,
    #[serde(default)]
    claims: Vec<(String, String)>,
    #[serde(default)]
    cite: Vec<Citing>,
    #[serde(default)]
    unanswered: String,
}

/// A claim that quotes another passage than the document's.
#[derive(Deserialize)]
struct Citing {
    text: String,
    passage: usize,
    quote: String,
}

fn once() -> usize {
    1
}

fn documents() -> Vec<Hostile> {
    let file: File = toml::from_str(include_str!("documents.toml")).unwrap();
    let mut documents = file.document;
    documents.iter_mut().for_each(|it| it.text = it.text.repeat(it.repeat));
    documents
}

/// The hostile document's number among the passages.
const ITS_NUMBER: usize = 2;

/// The document between two harmless ones.
fn passages(document: &Hostile) -> Vec<Passage> {
    let texts = [
        "The refund came after two weeks, and the form was easy to find.",
        &document.text,
        "I asked for a refund twice before anybody answered.",
    ];
    let passage = |(at, text): (usize, &&str)| Passage {
        number: at + 1,
        id: PassageId(1_000 + at as i64),
        text: (*text).to_owned(),
        source: "reviews".to_owned(),
        document: format!("R-{at}"),
        title: String::new(),
        written: None,
    };
    texts.iter().enumerate().map(passage).collect()
}

impl Obeyed {
    fn answer(&self) -> Value {
        let claim = |text: &str, passage: usize, quote: &str| json!({"text": text, "quotes": [{"passage": passage, "text": quote}]});
        let own = self.claims.iter().map(|(text, quote)| claim(text, ITS_NUMBER, quote));
        let others = self.cite.iter().map(|it| claim(&it.text, it.passage, &it.quote));
        let claims: Vec<Value> = own.chain(others).collect();
        json!({"summary": self.summary, "claims": claims, "unanswered": self.unanswered})
    }
}

/// How many characters do not show and make text read differently from what it is.
fn hidden(text: &str) -> usize {
    let is_hidden = |it: &char| {
        matches!(it,
            '\u{200B}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{202A}'..='\u{202E}'
            | '\u{2066}'..='\u{206F}' | '\u{E0000}'..='\u{E007F}')
    };
    text.chars().filter(is_hidden).count()
}

/// All that we would say ourselves.
fn said(checked: &Checked) -> impl Iterator<Item = &String> {
    let claims = checked.claims.iter().map(|it| &it.text);
    checked.summary.iter().chain(claims).chain(&checked.unanswered)
}

/// What is shown acts nowhere, and its quotes stand in their passages.
fn check_harmless(name: &str, checked: &Checked, passages: &[Passage]) {
    for text in said(checked) {
        for mark in ["<", ">", "://", "@", "](", "```", "&lt", "{\"", "{{", "\n", "  "] {
            assert!(!text.contains(mark), "{name}: {mark:?} in {text:?}");
        }
        assert!(!text.starts_with(['/', '=', '+', '-', '|', '#']), "{name}: {text:?}");
        assert_eq!(hidden(text), 0, "{name}: {text:?}");
        assert_eq!(slack::escape(text), text.replace('&', "&amp;"), "{name}");
    }
    for claim in &checked.claims {
        assert!(!claim.quotes.is_empty(), "{name}: {:?} without a quote", claim.text);
        for quote in &claim.quotes {
            let passage = passages.iter().find(|it| it.id == quote.passage).unwrap();
            assert!(passage.text.contains(&quote.text), "{name}: {:?}", quote.text);
            let shown = slack::quote(&quote.text);
            assert!(shown.lines().all(|it| it.starts_with("> ")), "{name}: {shown}");
            assert!(!shown.contains('<') && hidden(&shown) == 0, "{name}: {shown}");
        }
    }
}

#[test]
fn there_are_enough_of_them() {
    let documents = documents();
    let mut names: Vec<&str> = documents.iter().map(|it| it.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), documents.len());
    assert!(names.len() >= 40, "{}", names.len());
}

#[test]
fn of_a_model_that_obeys_nothing_is_left_but_what_is_quoted() {
    for document in documents() {
        let passages = passages(&document);
        let answer = document.obeyed.answer();
        let checked = written::check(QUESTION, &answer, &passages);
        check_harmless(&document.name, &checked, &passages);
        for text in said(&checked) {
            for never in &document.never {
                let there = text.to_lowercase().contains(&never.to_lowercase());
                assert!(!there, "{}: {never:?} in {text:?}", document.name);
            }
        }
        let asked_for = answer["claims"].as_array().unwrap().len();
        assert!(checked.claims.len() < asked_for.max(1), "{}: nothing was cut", document.name);
        assert!(!checked.cut.is_empty(), "{}", document.name);
    }
}

/// Beside a claim that holds, whatever the document dictates as what sums up or is left open.
#[test]
fn beside_a_claim_that_holds_nothing_that_was_dictated_is_left() {
    for document in documents() {
        let passages = passages(&document);
        let checker = Checker::new(QUESTION, &passages);
        let obeyed = &document.obeyed;
        let texts = obeyed.claims.iter().map(|(text, _)| text);
        let texts = texts.chain(obeyed.cite.iter().map(|it| &it.text));
        for text in texts.chain([&obeyed.summary, &obeyed.unanswered]) {
            let holds = json!({
                "text": "The form for a refund was easy to find, one review says.",
                "quotes": [{"passage": 1, "text": "the form was easy to find"}],
            });
            let answer = json!({"summary": text, "claims": [holds], "unanswered": text});
            let checked = checker.answer(&answer);
            assert_eq!(checked.claims.len(), 1, "{}: {:?}", document.name, checked.cut);
            check_harmless(&document.name, &checked, &passages);
            for text in checked.summary.iter().chain(&checked.unanswered) {
                for never in &document.never {
                    let there = text.to_lowercase().contains(&never.to_lowercase());
                    assert!(!there, "{}: {never:?} in {text:?}", document.name);
                }
            }
        }
    }
}

/// A model that says what the document says, sentence by sentence and as a whole.
#[test]
fn of_a_model_that_parrots_nothing_acts() {
    for document in documents() {
        let passages = passages(&document);
        let checker = Checker::new(QUESTION, &passages);
        let start: String = document.text.chars().take(600).collect();
        for part in document
            .text
            .split_inclusive(['.', '!', '\n', '}', '>', '|'])
            .take(60)
            .chain([start.as_str()])
        {
            let quote = json!([{"passage": ITS_NUMBER, "text": part}, {"passage": 1, "text": "The refund came after two weeks"}]);
            for text in [
                part.to_owned(),
                format!("The refund: {part}"),
                format!("A review on the refund says {part}, it is said"),
            ] {
                let answer = json!({"summary": text, "claims": [{"text": text, "quotes": quote}], "unanswered": text});
                let checked = checker.answer(&answer);
                check_harmless(&document.name, &checked, &passages);
            }
        }
    }
}

/// What goes into the prompt is the text itself, in one place: behind the fence of the prompt.
#[test]
fn a_document_stands_in_one_input_and_unchanged() {
    for document in documents() {
        let passages = passages(&document);
        let inputs = written::inputs(QUESTION, &[], &passages, jiff::civil::date(2026, 11, 22));
        assert_eq!(inputs["passages"][ITS_NUMBER - 1]["text"], json!(document.text));
        let mut without = inputs.clone();
        without["passages"][ITS_NUMBER - 1]["text"] = json!("");
        assert!(
            !without.to_string().contains(&json!(document.text).to_string()),
            "{}",
            document.name
        );
        assert_eq!(without["passages"].as_array().unwrap().len(), 3);
    }
}
