//! What people read about research.

use jiff::civil::Date;

use super::finding::{Finding, Quote, Read};
use super::{Question, Run};
use crate::ids::{PersonId, ReviewId};
use crate::slack::{Button, Card, Post, channel_link, escape, mention, quote};

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

/// To the person who asked, when the channel cannot be reached.
pub fn unreachable(asked: &Question, review: Option<ReviewId>) -> Post {
    let sentence = format!(
        "The answer to “{}” is ready, but I am not in {}. Type `/invite @Countersign` there",
        escape(&asked.text),
        channel_link(&asked.channel)
    );
    match review {
        Some(review) => {
            let button = Button::new("Post it there now", "review.show_again").value(review);
            let sentence = format!("{sentence}, then press the button.");
            Card::new("Your answer is ready, but I am not in that channel.")
                .section(sentence)
                .actions([button])
                .finish()
                .0
        }
        None => Post::sentence(format!("{sentence}, and ask again.")),
    }
}

/// The same message, once the answer stands where it belongs.
pub fn reached(asked: &Question) -> Post {
    Post::sentence(format!(
        "The answer to “{}” is in {} now.",
        escape(&asked.text),
        channel_link(&asked.channel)
    ))
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
