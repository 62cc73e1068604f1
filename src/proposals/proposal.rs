//! A proposal: what people decide on, in full.

use serde::{Deserialize, Serialize};

use crate::config::SubjectKind;
use crate::error::{Refusal, Result};
use crate::words::grouped;

/// The kinds of subject that are put up as a text.
pub const KINDS: [SubjectKind; 4] =
    [SubjectKind::Draft, SubjectKind::TestPlan, SubjectKind::HandOff, SubjectKind::BudgetChange];

/// The names of what a proposal consists of: in JSON, and as the inputs of its forms.
pub const KIND: &str = "kind";
pub const TITLE: &str = "title";
pub const TEXT: &str = "text";
pub const BUDGET: &str = "budget";
pub const AUDIENCE: &str = "audience";
pub const PUBLIC: &str = "public";

/// How many characters are taken. A title is a heading of a card; a text is read before it is decided
/// on, and fits a form for changing it.
pub const TITLE_LIMIT: usize = 150;
pub const TEXT_LIMIT: usize = 12_000;

/// Far above any budget and any audience, far below where JSON's numbers lose digits.
const AMOUNT_LIMIT: u64 = 1_000_000_000_000;

/// A text that is put up for a decision. Its canonical JSON is what decisions are bound to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Proposal {
    /// Always `proposal`, in the encoding of this version.
    kind: String,
    v: u32,
    pub subject: SubjectKind,
    pub title: String,
    pub text: String,
    /// What it spends, in whole units of the team's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<u64>,
    /// How many people it reaches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<u64>,
    /// Whether it goes to the public.
    pub public: bool,
}

impl Proposal {
    /// Every problem at once, each with the name of what is wrong.
    pub fn new(
        subject: SubjectKind,
        title: &str,
        text: &str,
        (budget, audience): (Option<u64>, Option<u64>),
        public: bool,
    ) -> Result<Self, Refusal> {
        let (title, text) = (tidy(title), tidy(text));
        let mut problems = Vec::new();
        let mut check = |name: &'static str, problem: Option<String>| {
            problems.extend(problem.map(|sentence| (name, sentence)));
        };
        if !KINDS.contains(&subject) {
            check(KIND, Some(format!("A {subject} is not put up as a text; choose another kind.")));
        }
        check(TITLE, title_problem(&title));
        check(TEXT, text_problem(&text));
        check(BUDGET, amount_problem(budget));
        check(AUDIENCE, amount_problem(audience));
        if !problems.is_empty() {
            return Err(Refusal::Inputs(problems));
        }
        let kind = "proposal".to_owned();
        Ok(Self { kind, v: 1, subject, title, text, budget, audience, public })
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Ok(serde_json::from_slice(bytes)?)
    }

    /// What is said in words: by this it is told what it is about.
    pub fn words(&self) -> String {
        format!("{}\n{}", self.title, self.text)
    }

    /// All of it as people read it, without markup: by this revisions are compared, so that another
    /// amount is a change of wording, too.
    pub fn in_full(&self) -> String {
        let mut lines = vec![self.words()];
        lines.extend(self.budget.map(|amount| format!("Budget: {}", grouped(amount))));
        lines.extend(self.audience.map(|amount| format!("Reaches: {} people", grouped(amount))));
        lines.push(if self.public { "Goes to the public" } else { "Stays internal" }.to_owned());
        lines.join("\n")
    }
}

/// Reads an amount as people type it: `12000`, `12,000`, `12 000`; nothing where nothing was typed.
pub fn amount(typed: &str) -> Result<Option<u64>, String> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let mut groups = typed.split([',', '.', '\'', '’', ' ', '\u{a0}', '\u{202f}']);
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_grouped = rest.is_empty()
        || (first.len() <= 3 && rest.iter().all(|group| group.len() == 3 && is_number(group)));
    if !is_number(first) || !is_grouped {
        return Err(format!(
            "“{typed}” is no whole number. Write one such as 12000, without a currency."
        ));
    }
    match format!("{first}{}", rest.concat()).parse() {
        Ok(amount) => Ok(Some(amount)),
        Err(_) => Err(too_large()),
    }
}

/// One way of ending a line, and nothing around the text.
fn tidy(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned()
}

fn title_problem(title: &str) -> Option<String> {
    let length = title.chars().count();
    if !title.chars().any(char::is_alphanumeric) {
        return Some("Give it a title, so that people can tell it from others.".to_owned());
    }
    if length > TITLE_LIMIT {
        return Some(format!(
            "The title has {length} characters, and at most {TITLE_LIMIT} are taken. Shorten it; the text has room."
        ));
    }
    if title.contains('\n') {
        return Some("A title is one line. Put the rest into the text.".to_owned());
    }
    unshowable(title)
}

fn text_problem(text: &str) -> Option<String> {
    let length = text.chars().count();
    if !text.chars().any(char::is_alphanumeric) {
        return Some("Write the text that people are to decide on.".to_owned());
    }
    if length > TEXT_LIMIT {
        return Some(format!(
            "The text has {length} characters, and at most {TEXT_LIMIT} are taken. Shorten it, or put it up in parts."
        ));
    }
    unshowable(text)
}

/// People decide on what they see: what no card can show is not taken.
fn unshowable(text: &str) -> Option<String> {
    let control = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t'))?;
    Some(format!(
        "It holds a control character (U+{:04X}), which cannot be shown. Take it out.",
        u32::from(control)
    ))
}

fn amount_problem(amount: Option<u64>) -> Option<String> {
    (amount? > AMOUNT_LIMIT).then(too_large)
}

fn too_large() -> String {
    format!("At most {} is taken. Check the number.", grouped(AMOUNT_LIMIT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reviews;

    fn proposal(title: &str, text: &str, budget: Option<u64>) -> Result<Proposal, Refusal> {
        Proposal::new(SubjectKind::Draft, title, text, (budget, None), true)
    }

    #[test]
    fn the_encoding_is_written_down() {
        let proposal = proposal("Spring", "Hello\r\n“you” ", Some(12_000)).unwrap();
        let bytes = reviews::canonical(&serde_json::to_value(&proposal).unwrap());
        assert_eq!(
            String::from_utf8_lossy(&bytes),
            r#"{"budget":12000,"kind":"proposal","public":true,"subject":"draft","text":"Hello\n“you”","title":"Spring","v":1}"#
        );
        assert_eq!(Proposal::from_bytes(&bytes).unwrap(), proposal);
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let check = |title: &str, text: &str, budget, expected: &[(&str, &str)]| {
            let problems = match proposal(title, text, budget) {
                Err(Refusal::Inputs(problems)) => problems,
                other => panic!("{other:?}"),
            };
            let matches = problems.iter().zip(expected).all(|((name, sentence), expected)| {
                *name == expected.0 && sentence.contains(expected.1)
            });
            assert!(matches && problems.len() == expected.len(), "{problems:?}");
        };
        check(" ", "?!", None, &[("title", "Give it a title"), ("text", "Write the text")]);
        check("a\nb", "text", None, &[("title", "one line")]);
        check(&"a".repeat(151), "text", None, &[("title", "151 characters")]);
        check("a", &"ä".repeat(12_001), None, &[("text", "12001 characters")]);
        check("a", "x\0y", None, &[("text", "U+0000")]);
        check("a", "x\u{1b}y", None, &[("text", "U+001B")]);
        check("a", "b", Some(u64::MAX), &[("budget", "At most 1,000,000,000,000")]);
        assert!(Proposal::new(SubjectKind::Finding, "a", "b", (None, None), false).is_err());
    }

    #[test]
    fn amounts_are_read_as_people_type_them() {
        let check = |typed: &str, expected: Option<u64>| assert_eq!(amount(typed), Ok(expected));
        check("", None);
        check("  ", None);
        check("0", Some(0));
        check("12000", Some(12_000));
        check("12,000", Some(12_000));
        check("12.000", Some(12_000));
        check(" 1 250 000 ", Some(1_250_000));
        for wrong in ["12.50", "12k", "€12", "-5", "1,00,000", "1234,567", ",", "12,", "many"] {
            assert!(amount(wrong).unwrap_err().contains("no whole number"), "{wrong}");
        }
        assert!(amount(&"9".repeat(30)).unwrap_err().contains("At most"));
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
