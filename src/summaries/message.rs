//! What people read of a summary.

use jiff::civil::Date;

use super::Summary;
use super::scheduling::lateness;
use super::sections::{Part, age};
use crate::config::{Edition, Length, Section};
use crate::ids::FileId;
use crate::slack::{Button, Card, Element, cut, escape};
use crate::words::{capitalised, count, listed};

/// Lines of a section that the message itself shows, and that Details shows.
const SHORT: usize = 3;
const FULL: usize = 6;
const DETAILS: usize = 60;

/// Bytes of a line in the message, and in Details.
const LINE: usize = 400;
const LINE_IN_FULL: usize = 1_000;

/// A late summary says so; one that is later than this only tells what is still of use.
pub const TOO_LATE_HOURS: i64 = 4;

/// What the message of a summary is known by.
pub fn subject(summary: &Summary) -> String {
    format!("summary:{}", summary.id)
}

/// The message: what to know in a sentence, and a few lines for each section that has something to say;
/// the picture of what moved, once Slack has it.
pub fn card(
    summary: &Summary,
    parts: &[Part],
    length: Length,
    picture: Option<&(FileId, String)>,
) -> Card {
    let opening = opening(parts);
    let heading = heading(summary.edition, summary.day);
    let mut card = Card::new(format!("{heading}: {opening}")).about(subject(summary));
    let said = summary.opening.as_ref().map_or(opening, |it| it.text.clone());
    card = card.section(format!("*{heading}*\n{}", escape(&said)));
    if let Some(opening) = &summary.opening {
        let model = escape(&opening.model);
        card = card.context(format!("Worded by {model}; every number in it was found below."));
    }
    if let Some(late) = lateness(summary.due_at, summary.made_at) {
        let left_out = match late.as_hours() >= TOO_LATE_HOURS {
            true => " It tells only what is still of use.",
            false => "",
        };
        card = card.context(format!(
            ":hourglass: This summary is {} late, because Countersign was not running when it was due.{left_out}",
            age(late)
        ));
    }
    let most = match length {
        Length::Short => SHORT,
        Length::Full => FULL,
    };
    for part in parts.iter().filter(|part| !part.lines.is_empty()) {
        card = section(card, summary, part, most);
        if let Some((file, alt)) = picture.filter(|_| part.picture.is_some()) {
            card = card.picture(file, alt);
        }
    }
    let silent = parts.iter().filter(|part| part.lines.is_empty());
    let silent: Vec<String> = silent.map(|part| title(part.section).to_lowercase()).collect();
    if !silent.is_empty() {
        card = card.context(format!("Nothing to say of: {}.", listed(&silent)));
    }
    card.foot().actions(buttons(summary, parts))
}

fn section(card: Card, summary: &Summary, part: &Part, most: usize) -> Card {
    let shown = part.lines.iter().take(most);
    let lines: Vec<String> =
        shown.map(|line| format!("• {}", cut::cut_markup(line, LINE))).collect();
    let text = format!("*{}*\n{}", title(part.section), lines.join("\n"));
    let value = format!("{}.{}", summary.id, part.section.name());
    let details = Button::new("Details", "summary.details")
        .value(value)
        .spoken(&format!("Details on {}", title(part.section).to_lowercase()));
    let more = part.lines.len().saturating_sub(most);
    let source = match more {
        0 => format!("Source: {}.", part.source),
        more => format!("… and {more} more; press Details. Source: {}.", part.source),
    };
    card.section_with(text, details).context(source)
}

fn buttons(summary: &Summary, parts: &[Part]) -> Vec<Element> {
    let mut buttons: Vec<Element> = Vec::new();
    if parts.iter().any(|part| part.section == Section::Waiting && !part.lines.is_empty()) {
        buttons.push(Button::new("What waits for me", "summary.queue").primary().into());
    }
    if summary.asked_by.is_some() && !summary.is_shared {
        buttons
            .push(Button::new("Share in this channel", "summary.share").value(summary.id).into());
    }
    buttons
}

/// One section in full, for the thread.
pub fn details(summary: &Summary, part: &Part) -> Card {
    let name = title(part.section);
    let all = &part.in_full;
    let mut card = Card::new(format!("{name}: {}.", count(all.len(), "line"))).about(format!(
        "{}/{}",
        subject(summary),
        part.section.name()
    ));
    if all.is_empty() {
        card = card.section(format!("*{name}*\nThere is nothing to say any more."));
    } else {
        let shown = all.iter().take(DETAILS);
        let lines: Vec<String> =
            shown.map(|line| format!("• {}", cut::cut_markup(line, LINE_IN_FULL))).collect();
        card = card.section(format!("*{name}*\n{}", lines.join("\n")));
    }
    let more = all.len().saturating_sub(DETAILS);
    if more > 0 {
        card = card.context(format!("… and {more} more, which do not fit here."));
    }
    card.context(format!(
        "Source: {}. It stands here as it was when Details was pressed.",
        part.source
    ))
}

/// That no numbers have come, where that is why nothing moved.
fn unknown(part: &Part) -> Option<&str> {
    let is_it = part.section == Section::Moved && part.lines.is_empty();
    is_it.then_some(part.source.as_str())
}

/// What a summary is called: its day, or the days that it looks back on.
pub fn heading(edition: Edition, day: Date) -> String {
    let until = day.yesterday().unwrap_or(day).strftime("%A, %-d %B %Y");
    match edition {
        Edition::Daily => day.strftime("%A, %-d %B %Y").to_string(),
        Edition::Weekly => format!("The week to {until}"),
        Edition::Monthly => format!("The four weeks to {until}"),
    }
}

/// Sentences from the numbers.
pub fn opening(parts: &[Part]) -> String {
    let said: Vec<String> = parts
        .iter()
        .filter_map(|part| part.headline.as_ref())
        .map(|headline| format!("{}.", capitalised(headline)))
        .collect();
    let no_numbers = parts.iter().find_map(unknown);
    match (said.as_slice(), no_numbers) {
        ([], None) => return "Nothing moved, and nothing waits for a decision.".to_owned(),
        ([], Some(none)) => {
            return format!("{}, and nothing waits for a decision.", capitalised(none));
        }
        _ => {}
    }
    said.join(" ")
}

pub fn title(section: Section) -> &'static str {
    match section {
        Section::Moved => "What moved",
        Section::Alerts => "Alerts",
        Section::Waiting => "Waiting for a decision",
        Section::Decided => "Decided",
        Section::Tests => "Tests that run",
        Section::Leads => "Leads",
        Section::Research => "Research worth reading",
        Section::Data => "Data that is late",
        Section::Agents => "Agents",
    }
}
