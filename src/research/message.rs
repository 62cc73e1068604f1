//! What people read about research.

use jiff::civil::Date;

use super::audience::Audience;
use super::finding::{Answer, Claim, Finding, Quote, Read};
use super::sharing::Kept;
use super::{Question, Run};
use crate::ids::{FindingId, PersonId, RunId};
use crate::slack::{
    Button, Card, Choice, Input, Modal, Post, channel_link, escape, limits, markdown, mention,
    quote,
};
use crate::words::{count, listed};

/// The inputs of the form: the quotes that stay, ten to an input, and the note.
pub const KEPT: &str = "kept";
pub const NOTE: &str = "note";

/// How many characters of a note are taken.
const NOTE_LIMIT: usize = 2_000;

/// A finding that is put up for a decision: what it says, and what it rests on. `run` is what made it,
/// and is asked again where a model was to write and did not.
pub fn card(finding: &Finding, id: FindingId, run: Option<RunId>, asked_by: &PersonId) -> Card {
    let card = Card::new(format!(
        "A finding waits for a decision: {} ({})",
        finding.question,
        count(finding.quotes().count() as u64, "quote")
    ));
    let again = run.filter(|_| finding.fell_back.is_some()).map(ask_again);
    let sources = Button::new("Sources", "finding.sources").value(id);
    body(card, finding, &format!("{} asked.", mention(asked_by)))
        .actions([sources].into_iter().chain(again))
}

/// An answer that one person may read, with what they can do with it.
pub fn private_answer(kept: &Kept, id: FindingId, audience: &Audience) -> Card {
    let (finding, asked) = (&kept.finding, &kept.run.question);
    let card = Card::new(format!("Your answer: {}", finding.question));
    let place = channel_link(&asked.channel);
    let whose = match audience {
        Audience::One => "Only you read this answer.".to_owned(),
        Audience::Outsiders => format!(
            "You asked in {place}, which is shared with another organisation. Nothing from your documents is shown there, so only you read this answer."
        ),
        _ => format!(
            "You asked in {place}. This answer rests on sources that not everybody there may see, so only you read it."
        ),
    };
    let card = body(card, finding, &whose);
    let sources = Button::new("Sources", "finding.sources").value(id);
    match &kept.shared_in {
        Some(channel) => {
            card.context(format!("You shared it in {}.", channel_link(channel))).actions([sources])
        }
        None => card.actions([Button::new("Share", "answer.share").value(id).primary(), sources]),
    }
}

fn body(card: Card, finding: &Finding, whose: &str) -> Card {
    let mut card = card.header(&finding.question).context(format!("{whose} {}", made(finding)));
    if let Some(question) = &finding.follows {
        card = card.context(format!("Read together with “{}”.", escape(question)));
    }
    if let Some(why) = &finding.fell_back {
        card = card.section(format!(":warning: {}", escape(why)));
    }
    if let Some(remark) = &finding.remark {
        card = card.section(escape(remark));
    }
    if let Some(note) = &finding.note {
        card = card.section(format!("*A note by {}*\n{}", mention(&note.by), escape(&note.text)));
    }
    if let Some(answer) = &finding.answer {
        card = written(card, answer);
    }
    for theme in &finding.themes {
        let mut title =
            format!("*{}* · {}", escape(&theme.title), count(theme.documents, "document"));
        if let Some(trend) = &theme.trend {
            title.push_str(&format!(" · {}", escape(trend)));
        }
        card = card.section(title + &in_words(&theme.quotes));
    }
    if !finding.others.is_empty() {
        let title = if finding.themes.is_empty() { "*What is said*" } else { "*Also said*" };
        card = card.section(title.to_owned() + &in_words(&finding.others));
    }
    foot(card, finding)
}

/// What a model wrote: each claim with the quotes it rests on.
fn written(mut card: Card, answer: &Answer) -> Card {
    if let Some(summary) = &answer.summary {
        card = card.section(escape(summary));
    }
    for claim in &answer.claims {
        card = card.section(format!("*{}*{}", escape(&claim.text), in_words(&claim.quotes)));
    }
    if let Some(unanswered) = &answer.unanswered {
        card = card.section(format!("*What the documents do not say*\n{}", escape(unanswered)));
    }
    let cut: u64 = answer.cut.iter().map(|cut| cut.statements).sum();
    if cut > 0 {
        let why: Vec<String> = answer
            .cut
            .iter()
            .map(|cut| match cut.statements {
                1 => escape(&cut.why),
                statements => format!("{} ({statements} times)", escape(&cut.why)),
            })
            .collect();
        card = card.context(format!(
            ":scissors: {} cut. {}",
            if cut == 1 {
                "One of the model's statements was".to_owned()
            } else {
                format!("{cut} of the model's statements were")
            },
            why.join(" ")
        ));
    }
    card
}

/// A claim where Slack reads Markdown: in a message that grows.
pub fn claim_in_markdown(claim: &Claim) -> String {
    let mut text = format!("**{}**\n", markdown(&claim.text));
    for quote in &claim.quotes {
        for line in quote.text.lines() {
            text.push_str(&format!("> {}\n", markdown(line)));
        }
        text.push_str(&format!(
            "> — {} {}\n\n",
            markdown(&quote.source),
            markdown(&quote.document)
        ));
    }
    text
}

fn made(finding: &Finding) -> String {
    if finding.answer.is_some() {
        format!(
            "The model {} wrote this: every quote was looked up in its document, every number in what is quoted, and what did not hold was cut.",
            escape(&finding.engine)
        )
    } else {
        "This is an extract: every quote stands word for word in its document, and nothing was added."
            .to_owned()
    }
}

/// What was searched, how old it is, what was masked and left out.
fn foot(mut card: Card, finding: &Finding) -> Card {
    let answer = if finding.answering == 1 { "answers" } else { "answer" };
    card = card.context(format!(
        "Searched {} in {}; {} {answer} the question.",
        count(finding.searched, "document"),
        sources(&finding.sources),
        finding.answering
    ));
    let quoted = finding.quoted_sources();
    let warned = finding.sources.iter().filter(|source| quoted.contains(source.name.as_str()));
    for warning in warned.filter_map(|source| source.warning.as_deref()) {
        card = card.context(warned_of(warning));
    }
    let mut said = Vec::new();
    match finding.masked {
        0 => {}
        1 => said.push("One personal detail is masked in the quotes.".to_owned()),
        masked => said.push(format!("{masked} personal details are masked in the quotes.")),
    }
    match finding.left_out {
        0 => {}
        1 => said.push("One quote was left out, because not everybody here may see it.".to_owned()),
        left => {
            said.push(format!(
                "{left} quotes were left out, because not everybody here may see them."
            ));
        }
    }
    if said.is_empty() { card } else { card.context(said.join(" ")) }
}

/// What makes a source less to be trusted than it could be.
pub fn warned_of(warning: &str) -> String {
    let mut letters = warning.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!(":warning: {first}{}.", escape(letters.as_str()))
}

/// What a person is told at once who asked.
pub fn on_it(run: RunId, question: &Question) -> Post {
    let where_to = if question.thread.is_some() { "this thread" } else { "this channel" };
    let sentence =
        format!("On it: “{}”. The finding will be posted in {where_to}.", escape(&question.text));
    Card::new(format!("On it: {}", question.text)).section_with(sentence, stop(run)).finish().0
}

/// A run that takes its time.
pub fn under_way(run: &Run, step: &str) -> Card {
    Card::new(format!("Under way: {}", run.question.text))
        .header(&run.question.text)
        .section_with(
            format!(":hourglass_flowing_sand: The agent is {}.", escape(step)),
            stop(run.id),
        )
        .context(format!("{} asked.", mention(&run.question.person)))
}

fn stop(run: RunId) -> Button {
    Button::new("Stop", "run.stop").value(run).spoken("Stop answering this question")
}

/// A run that ended without a finding.
pub fn without_finding(run: &Run, remark: &str) -> Card {
    Card::new(format!("No finding: {}", run.question.text))
        .header(&run.question.text)
        .section(escape(remark))
        .context(format!("{} asked.", mention(&run.question.person)))
        .actions([ask_again(run.id)])
}

/// A run that somebody stopped.
pub fn stopped(run: &Run) -> Card {
    let step = run.step.as_deref().filter(|step| !step.is_empty());
    let step = step.map(|step| format!(" while it was {}", escape(step))).unwrap_or_default();
    Card::new(format!("Stopped: {}", run.question.text))
        .header(&run.question.text)
        .section(format!(
            "{} stopped this{step}. Nothing was put up.",
            mention(&run.question.person)
        ))
        .actions([ask_again(run.id)])
}

fn ask_again(run: RunId) -> Button {
    Button::new("Try again", "run.again").value(run).spoken("Ask this question again")
}

/// The sentence for a question that the evidence does not answer.
pub fn nothing_found(audience: &Audience, searched: u64, read: &[Read]) -> String {
    if *audience == Audience::Outsiders {
        return "Nothing in the documents answers this, so nothing is claimed. What was searched is not said where people of other organisations read.".to_owned();
    }
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
    if named.is_empty() { "no source".to_owned() } else { listed(&named) }
}

fn day(date: Date) -> String {
    date.strftime("%-d %b %Y").to_string()
}
