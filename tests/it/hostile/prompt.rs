//! The same documents in the prompt that a model is sent.

use countersign::agents::Prompts;
use countersign::research::written::{self, Earlier, Passage};
use regex_lite::Regex;

use super::{QUESTION, documents, passages};

/// The prompt: what is said to the model, and what it is said about with each fenced text taken out.
struct Sent {
    system: String,
    frame: String,
    fenced: Vec<String>,
}

fn send(question: &str, earlier: &[Earlier], passages: &[Passage]) -> Sent {
    let prompts = Prompts::load(None).unwrap();
    let inputs = written::inputs(question, earlier, passages, jiff::civil::date(2026, 11, 22));
    let rendered = prompts.get(written::PROMPT).unwrap().render(&inputs).unwrap();
    let named = Regex::new("<(untrusted-[0-9a-f]{32})> and </").unwrap();
    let fence = named.captures(&rendered.system).unwrap()[1].to_owned();
    let (open, close) = (format!("<{fence}>\n"), format!("\n</{fence}>"));
    let (mut frame, mut fenced) = (String::new(), Vec::new());
    let mut rest = rendered.user.as_str();
    while let Some((before, after)) = rest.split_once(&open) {
        let (inside, behind) = after.split_once(&close).unwrap();
        assert!(!before.contains(&fence) && !inside.contains(&fence));
        frame.push_str(before);
        frame.push('@');
        fenced.push(inside.to_owned());
        rest = behind;
    }
    assert!(!rest.contains(&fence));
    frame.push_str(rest);
    Sent { system: rendered.system.replace(&fence, "FENCE"), frame, fenced }
}

/// Whatever a document, a question or an earlier answer says: outside of the fences the prompt is
/// the same, character by character.
#[test]
fn nothing_that_others_wrote_leaves_its_fence() {
    let turn = |text: &str| [Earlier { question: text.to_owned(), answer: text.to_owned() }];
    let all = documents();
    let mut harmless = passages(&all[0]);
    harmless[1].text = "The refund was quick.".to_owned();
    let expected = send(QUESTION, &turn("Why?"), &harmless);
    for document in &all {
        let mut hostile = passages(document);
        hostile[1].title = document.text.clone();
        let sent = send(&document.text, &turn(&document.text), &hostile);
        assert_eq!(sent.system, expected.system, "{}", document.name);
        assert_eq!(sent.frame, expected.frame, "{}", document.name);
        assert_eq!(sent.fenced.len(), expected.fenced.len(), "{}", document.name);
        // It is there, but for what imitates our fence.
        let plain = document.text.replace('<', "‹");
        let there = sent.fenced.iter().filter(|it| it.replace('<', "‹").contains(plain.trim()));
        assert!(there.count() >= 4, "{}", document.name);
    }
}

#[test]
fn the_prompt_for_passages_reads_well() {
    let all = documents();
    let sent = send(QUESTION, &[], &passages(&all[0]));
    insta::assert_snapshot!(sent.frame, @"
    Today is 2026-11-22.
    The passages:
    Passage 1 (document 1)
    From: @
    @
    Passage 2 (document 2)
    From: @
    @
    Passage 3 (document 3)
    From: @
    @
    The question:
    @
    ");
}
