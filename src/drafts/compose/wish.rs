//! What a reviewer's comment asks for, as far as it can be told without guessing.

use std::sync::LazyLock;

use regex::Regex;

/// One thing that is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wish {
    Shorter,
    LeaveOut(String),
    Mention(String),
    /// Another message in front; the one that is named, or the next.
    Lead(Option<String>),
    /// Whatever else; in its own words.
    Else(String),
}

/// A comment, read sentence by sentence.
pub fn wishes(comment: &str) -> Vec<Wish> {
    let mut wishes = Vec::new();
    for sentence in SENTENCES.split(comment) {
        let sentence = sentence.trim().trim_matches(|c| matches!(c, ',' | '-' | '•'));
        for clause in CLAUSES.split(sentence) {
            let clause = clause.trim();
            if clause.chars().any(char::is_alphanumeric) {
                wish(clause, &mut wishes);
            }
        }
    }
    wishes.dedup();
    wishes
}

fn wish(clause: &str, wishes: &mut Vec<Wish>) {
    if let Some(found) = LEAVE_OUT.find(clause) {
        let all = named(&clause[found.end()..]);
        if all.is_empty() {
            wishes.push(Wish::Else(clause.to_owned()));
        }
        wishes.extend(all.into_iter().map(Wish::LeaveOut));
    } else if let Some(found) = LEAD_WITH.find(clause) {
        wishes.push(Wish::Lead(named(&clause[found.end()..]).into_iter().next()));
    } else if ANOTHER_LEAD.is_match(clause) {
        wishes.push(Wish::Lead(None));
    } else if SHORTER.is_match(clause) {
        wishes.push(Wish::Shorter);
    } else if let Some(found) = MENTION.find(clause) {
        let all = named(&clause[found.end()..]);
        if all.is_empty() {
            wishes.push(Wish::Else(clause.to_owned()));
        }
        wishes.extend(all.into_iter().map(Wish::Mention));
    } else {
        wishes.push(Wish::Else(clause.to_owned()));
    }
}

/// What is named: in quotation marks, or as a list.
fn named(text: &str) -> Vec<String> {
    let quoted: Vec<String> = QUOTED
        .captures_iter(text)
        .filter_map(|found| found.get(1))
        .map(|found| found.as_str().trim().to_owned())
        .collect();
    if !quoted.is_empty() {
        return quoted;
    }
    let clean = |part: &str| {
        let part = part.trim().trim_matches(|c: char| !c.is_alphanumeric() && c != '%');
        FILLERS.replace(part, "").trim().to_owned()
    };
    LIST.split(text).map(clean).filter(|part| !part.is_empty()).collect()
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is fixed and tested")
}

static SENTENCES: LazyLock<Regex> = LazyLock::new(|| regex(r"[.;!?](?:\s+|$)|\n+"));
/// "Shorter, and leave out the price": what follows begins a wish of its own.
static CLAUSES: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)(?:,\s*)?\b(?:and|but|then|also|please|und|aber|bitte)\s+(?:please\s+|also\s+|bitte\s+)?(?P<next>)",
    )
});
static LEAVE_OUT: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\b(?:leave out|leave off|take out|cut out|drop|remove|delete|without|omit|(?:do not|don['’]t|never) (?:say|mention|use)|no mention of|ohne|streiche?n?|lass(?:e|t)? weg)\b",
    )
});
static LEAD_WITH: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)\b(?:lead|start|begin|open) with\b|\bbeginne? mit\b"));
static ANOTHER_LEAD: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\b(?:another|different|other|ander\w+) (?:message|lead|opening|start|beginning|angle|intro|botschaft|einstieg)\b",
    )
});
static SHORTER: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\b(?:shorter|shorten|too long|cut (?:it|this)(?: down)?|more concise|less text|tighten|kürzer|kürzen|zu lang)\b",
    )
});
static MENTION: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\b(?:mention|add|include|point out|bring in|say(?: something about)?|talk about|erwähne?n?|ergänze?n?)\b",
    )
});
static QUOTED: LazyLock<Regex> = LazyLock::new(|| regex(r#"["“„«]([^"“”„«»\n]{1,200})["”“»]"#));
static LIST: LazyLock<Regex> = LazyLock::new(|| regex(r"(?i),|\band\b|\bund\b|\bor\b"));
static FILLERS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)^(?:(?:the|a|an|that|any|all|our|mention|of|about|words?|phrase|sentence|sentences|part|bit|die|der|das|den|dass)\s+)+",
    )
});

#[cfg(test)]
mod tests {
    use super::Wish::{Else, Lead, LeaveOut, Mention, Shorter};
    use super::*;

    #[test]
    fn what_is_asked_for_is_told_from_the_comment() {
        let check = |comment: &str, expected: &[Wish]| {
            assert_eq!(wishes(comment), expected, "{comment}");
        };
        let s = str::to_owned;
        check("Shorter, please!", &[Shorter]);
        check("This is too long. Leave out the price.", &[Shorter, LeaveOut(s("price"))]);
        check("Make it shorter and mention the returns", &[Shorter, Mention(s("returns"))]);
        check("Don't mention plastic", &[LeaveOut(s("plastic"))]);
        check("Drop “so soft” and the wool", &[LeaveOut(s("so soft")), Else(s("the wool"))]);
        check("Lead with the parcel", &[Lead(Some(s("parcel")))]);
        check("Try another opening", &[Lead(None)]);
        check("Make it sing", &[Else(s("Make it sing"))]);
        check("", &[]);
    }
}
