//! What people read about research.

use jiff::civil::Date;

use super::Run;
use super::finding::{Finding, Quote, Read};
use crate::ids::PersonId;
use crate::slack::{Card, Choice, Input, Modal, escape, limits, mention, quote};

/// The inputs of the form: the quotes that stay, ten to an input, and the note.
pub const KEPT: &str = "kept";
pub const NOTE: &str = "note";

/// How many characters of a note are taken.
const NOTE_LIMIT: usize = 2_000;

/// A finding: its themes with their quotes, and what was searched.
pub fn card(finding: &Finding, asked_by: &PersonId) -> Card {
    let mut card = Card::new(format!(
        "A finding waits for a decision: {} ({})",
        finding.question,
        count(finding.quotes().count() as u64, "quote")
    ))
    .header(&finding.question)
    .context(format!(
        "{} asked. This is an extract: every quote stands word for word in its document, and nothing was added.",
        mention(asked_by)
    ));
    if let Some(remark) = &finding.remark {
        card = card.section(escape(remark));
    }
    if let Some(note) = &finding.note {
        card = card.section(format!("*A note by {}*\n{}", mention(&note.by), escape(&note.text)));
    }
    for theme in &finding.themes {
        let title = format!("*{}* · {}", escape(&theme.title), count(theme.documents, "document"));
        card = card.section(title + &in_words(&theme.quotes));
    }
    if !finding.others.is_empty() {
        let title = if finding.themes.is_empty() { "*What is said*" } else { "*Also said*" };
        card = card.section(title.to_owned() + &in_words(&finding.others));
    }
    card.context(format!(
        "Searched {} in {}; {} answer the question.",
        count(finding.searched, "document"),
        sources(&finding.sources),
        finding.answering
    ))
}

/// A run that ended without a finding.
pub fn without_finding(run: &Run, remark: &str) -> Card {
    Card::new(format!("No finding: {}", run.question.text))
        .header(&run.question.text)
        .section(escape(remark))
        .context(format!("{} asked.", mention(&run.question.person)))
}

/// The sentence for a question that the evidence does not answer.
pub fn nothing_found(searched: u64, read: &[Read]) -> String {
    if searched == 0 {
        return "There are no documents to search yet. Whoever runs Countersign brings them in with: countersign ingest documents FILE --source NAME".to_owned();
    }
    format!(
        "Nothing in the documents answers this, so nothing is claimed. Searched {} in {}. Try other words, or bring in a source that speaks of it.",
        count(searched, "document"),
        sources(read)
    )
}

/// The form in which a person words a finding anew: which quotes stay, and a note of their own. What
/// is quoted cannot be changed, for it is somebody else's word.
pub fn edit_form(finding: &Finding, title: &str) -> Modal {
    let quotes: Vec<&Quote> = finding.quotes().collect();
    let mut modal = Modal::new("review.edit", "Edit & approve").submit("Save & approve");
    modal = modal.section(format!(
        "*{}*\nQuotes stay word for word: take out what does not belong, and say in your own words what should be known.",
        escape(title)
    ));
    for (index, chunk) in quotes.chunks(limits::CHECKBOXES).enumerate() {
        let first = index * limits::CHECKBOXES;
        let numbered = || (first..).zip(chunk);
        let choices = numbered().map(|(number, quote)| {
            Choice::new(&format!("“{}”", quote.text), number)
                .describe(&format!("{} {}", quote.source, quote.document))
        });
        let values: Vec<String> = numbered().map(|(number, _)| number.to_string()).collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let label = if index == 0 { "Quotes that stay" } else { "More quotes that stay" };
        modal = modal.block(
            Input::checkboxes(&format!("{KEPT}{index}"), label, choices).chosen(&values).optional(),
        );
    }
    let note = finding.note.as_ref().map_or("", |note| note.text.as_str());
    modal.block(
        Input::paragraph(NOTE, "Your note, above the quotes")
            .hint("It is shown as yours, by name.")
            .at_most(NOTE_LIMIT)
            .initial(note)
            .optional(),
    )
}

fn in_words(quotes: &[Quote]) -> String {
    let mut text = String::new();
    for one in quotes {
        text.push('\n');
        text.push_str(&quote(&one.text));
        text.push('\n');
        text.push_str(&origin(one));
    }
    text
}

fn origin(quote: &Quote) -> String {
    let place = if quote.document == quote.source {
        escape(&quote.source)
    } else {
        format!("{} {}", escape(&quote.source), escape(&quote.document))
    };
    let mut origin = format!("— {place}");
    if let Some(date) = quote.written {
        origin.push_str(&format!(", {}", day(date)));
    }
    if quote.also > 0 {
        origin.push_str(&format!("; nearly the same in {} more", quote.also));
    }
    origin
}

fn sources(read: &[Read]) -> String {
    let named: Vec<String> = read
        .iter()
        .map(|source| match source.newest.or(source.imported) {
            Some(date) => format!("{} (newest {})", escape(&source.name), day(date)),
            None => escape(&source.name),
        })
        .collect();
    match named.as_slice() {
        [] => "no source".to_owned(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

fn day(date: Date) -> String {
    date.strftime("%-d %b %Y").to_string()
}

fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
