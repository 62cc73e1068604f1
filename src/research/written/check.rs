//! What of an answer its passages bear out.
//!
//! A claim rests on the passages that it quotes, and on no others: naming a passage without quoting
//! it proves nothing. The summary rests on what the kept claims rest on.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use super::counts::Quoted;
use super::dates::{self, Dated};
use super::ground::{Ground, Read};
use super::numbers::{self, Known};
use super::quotes::Found;
use super::words::Language;
use super::{Checked, Claim, Cut, Part, Passage, QuoteOf, Why, common, plain};

/// An answer has no more claims than this, and a claim no more quotes.
const MOST_CLAIMS: usize = 12;
const MOST_QUOTES: usize = 6;

/// Characters of a quote at most.
const LONGEST_QUOTE: usize = 800;

/// Characters kept of what was cut.
const KEPT_OF_CUT: usize = 200;

/// Checks a whole answer.
pub fn check(question: &str, answer: &Value, passages: &[Passage]) -> Checked {
    Checker::new(question, passages).answer(answer)
}

/// The passages, made ready to check claims against as they come.
#[derive(Debug)]
pub struct Checker<'a> {
    question: &'a str,
    passages: Vec<Read<'a>>,
}

/// One claim, checked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CheckedClaim {
    pub claim: Option<Claim>,
    pub cut: Vec<Cut>,
    /// Quotes that stand in another passage than the model said.
    pub moved: usize,
}

impl<'a> Checker<'a> {
    pub fn new(question: &'a str, passages: &'a [Passage]) -> Self {
        Self { question, passages: passages.iter().map(Read::of).collect() }
    }

    pub fn answer(&self, answer: &Value) -> Checked {
        let mut checked = Checked::default();
        let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
        let claims = answer.get("claims").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if !answer.is_object() {
            checked.cut.push(cut(Part::Claim, &answer.to_string(), Why::Malformed));
        }
        let mut said = HashSet::new();
        for (number, claim) in claims.iter().enumerate() {
            let mut one = self.claim(claim);
            let again = one.claim.as_ref().is_some_and(|it| !said.insert(it.text.to_lowercase()));
            let refused = match (again, number >= MOST_CLAIMS) {
                (_, true) => Some(Why::TooMany),
                (true, _) => Some(Why::Repeated),
                _ => None,
            };
            if let (Some(why), Some(claim)) = (refused, &one.claim) {
                one = CheckedClaim {
                    cut: vec![cut(Part::Claim, &claim.text, why)],
                    ..CheckedClaim::default()
                };
            }
            checked.claims.extend(one.claim);
            checked.cut.extend(one.cut);
            checked.moved += one.moved;
        }
        match self.summary(text("summary"), &checked.claims) {
            Ok(summary) => checked.summary = summary,
            Err(why) => checked.cut.push(cut(Part::Summary, text("summary"), why)),
        }
        match self.unanswered(text("unanswered")) {
            Ok(unanswered) => checked.unanswered = unanswered,
            Err(why) => checked.cut.push(cut(Part::Unanswered, text("unanswered"), why)),
        }
        checked
    }

    /// Checks one element of `claims`.
    pub fn claim(&self, claim: &Value) -> CheckedClaim {
        let mut checked = CheckedClaim::default();
        let Some(text) = claim.get("text").and_then(Value::as_str) else {
            checked.cut.push(cut(Part::Claim, &claim.to_string(), Why::Malformed));
            return checked;
        };
        let quotes = self.quotes(claim, &mut checked);
        let rests_on: BTreeSet<usize> = quotes.iter().map(|(at, _)| *at).collect();
        match self.text_of_claim(text, &rests_on) {
            Ok(text) => {
                let quotes = quotes.into_iter().map(|(_, it)| it).collect();
                checked.claim = Some(Claim { text, quotes });
            }
            Err(why) => {
                checked.cut.push(cut(Part::Claim, text, why));
                checked.moved = 0;
            }
        }
        checked
    }

    /// The quotes that stand in a passage, each with the position of that passage.
    fn quotes(&self, claim: &Value, checked: &mut CheckedClaim) -> Vec<(usize, QuoteOf)> {
        let given = claim.get("quotes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let mut quotes: Vec<(usize, QuoteOf)> = Vec::new();
        for quote in given {
            let text = quote.get("text").and_then(Value::as_str);
            let said = quote.get("passage").and_then(Value::as_u64);
            let (Some(text), true) = (text, quotes.len() < MOST_QUOTES) else {
                let why = if text.is_some() { Why::TooMany } else { Why::Malformed };
                checked.cut.push(cut(Part::Quote, &quote.to_string(), why));
                continue;
            };
            match self.find(said, text) {
                Ok((at, found)) => {
                    checked.moved +=
                        usize::from(said != Some(self.passages[at].passage.number as u64));
                    if !quotes.iter().any(|(_, it)| *it == found) {
                        quotes.push((at, found));
                    }
                }
                Err(why) => checked.cut.push(cut(Part::Quote, text, why)),
            }
        }
        quotes
    }

    /// The passage in which a quote stands: the one that was named, or another.
    fn find(&self, said: Option<u64>, quote: &str) -> Result<(usize, QuoteOf), Why> {
        if quote.chars().count() > LONGEST_QUOTE {
            return Err(Why::TooLong);
        }
        let is_said = |it: &Read| Some(it.passage.number as u64) == said;
        let mut order: Vec<usize> = (0..self.passages.len()).collect();
        order.sort_by_key(|at| !is_said(&self.passages[*at]));
        let mut why = Why::NotInAnyPassage;
        for at in order {
            let read = &self.passages[at];
            match read.folded.find(quote) {
                Found::At(place) => {
                    let text = read.passage.text[place].to_owned();
                    return Ok((at, QuoteOf { passage: read.passage.id, text }));
                }
                Found::TooShort => why = Why::QuoteTooShort,
                Found::Nowhere => {}
            }
        }
        let given = self.passages.iter().any(is_said);
        Err(if given || why != Why::NotInAnyPassage { why } else { Why::NoSuchPassage })
    }

    fn text_of_claim(&self, text: &str, rests_on: &BTreeSet<usize>) -> Result<String, Why> {
        let plain = plain::read(text, self.passages.len())?;
        if rests_on.is_empty() {
            return Err(Why::WithoutQuote);
        }
        let ground = self.ground(std::iter::once(rests_on));
        ground.bears_out(&plain)?;
        let passages: Vec<&Passage> = ground.passages.iter().map(|it| it.passage).collect();
        common::has_something_in_common(&plain.text, &passages, self.question)?;
        Ok(plain.text)
    }

    fn summary(&self, text: &str, claims: &[Claim]) -> Result<Option<String>, Why> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        if claims.is_empty() {
            return Err(Why::NothingLeftToSumUp);
        }
        let plain = plain::read(text, self.passages.len())?;
        let rests_on: Vec<BTreeSet<usize>> = claims.iter().map(|it| self.positions(it)).collect();
        let ground = self.ground(rests_on.iter());
        ground.bears_out(&plain)?;
        common::sums_up(&plain.text, claims, self.question)?;
        Ok(Some(plain.text))
    }

    /// What is left open may have the question's own numbers in it, and else only what passages
    /// have; it claims nothing of documents, so it counts none.
    fn unanswered(&self, text: &str) -> Result<Option<String>, Why> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let plain = plain::read(text, self.passages.len())?;
        common::leaves_something_open(&plain.text)?;
        let every: BTreeSet<usize> = (0..self.passages.len()).collect();
        let mut ground = self.ground(std::iter::once(&every));
        ground.numbers.add(self.question, Language::of(self.question));
        let asked = dates::of(&numbers::readable(self.question));
        let asked: Vec<Dated> = asked.into_iter().flat_map(|it| it.readings).collect();
        ground.addresses(&plain)?;
        ground.figures(&plain.text, &asked)?;
        Ok(Some(plain.text))
    }

    fn positions(&self, claim: &Claim) -> BTreeSet<usize> {
        let quoted = |it: &Read| claim.quotes.iter().any(|quote| quote.passage == it.passage.id);
        (0..self.passages.len()).filter(|at| quoted(&self.passages[*at])).collect()
    }

    fn ground<'b>(&'b self, claims: impl Iterator<Item = &'b BTreeSet<usize>>) -> Ground<'b> {
        let (mut all, mut quoted) = (BTreeSet::new(), Vec::new());
        for claim in claims {
            quoted.push(self.quoted(claim));
            all.extend(claim.iter().copied());
        }
        quoted.push(self.quoted(&all));
        let mut numbers = Known::default();
        let passages: Vec<&Read> = all.iter().map(|at| &self.passages[*at]).collect();
        for read in &passages {
            numbers.add(&read.passage.text, read.language);
            if let Some(written) = read.passage.written {
                numbers.add_year(written.year());
            }
        }
        Ground { passages, numbers, quoted }
    }

    fn quoted(&self, positions: &BTreeSet<usize>) -> Quoted {
        let passages = || positions.iter().map(|at| self.passages[*at].passage);
        let documents: HashSet<(&str, &str)> =
            passages().map(|it| (it.source.as_str(), it.document.as_str())).collect();
        let sources: HashSet<&str> = passages().map(|it| it.source.as_str()).collect();
        Quoted { documents: documents.len(), passages: positions.len(), sources: sources.len() }
    }
}

fn cut(part: Part, text: &str, why: Why) -> Cut {
    Cut { part, text: text.chars().take(KEPT_OF_CUT).collect(), why }
}
