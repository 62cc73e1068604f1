//! A summary for a terminal and for programs, of today or of a day before.
//!
//! Whoever runs this reads the database, so nothing is left out of it. A day before is told as it was at
//! the time of its summary, as far as that is known: what waited then, and what was decided since the one
//! before; numbers and tests are as they stand now.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;

use super::audience::Audience;
use super::message::{heading, opening, title};
use super::sections::{self, Part, Records, Span};
use crate::config::{Digest, Edition};
use crate::error::{Refusal, Result};
use crate::slack::plain_text;

/// All that a summary says.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Printed {
    pub day: Date,
    pub channel: String,
    pub edition: Edition,
    /// The moment that it tells of.
    pub at: Timestamp,
    pub opening: String,
    pub sections: Vec<Said>,
}

/// A section of it, without markup.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Said {
    pub section: &'static str,
    pub title: &'static str,
    pub lines: Vec<String>,
    pub source: String,
    /// The numbers behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figures: Option<Value>,
}

/// The summary of a day; today's where none is named, and in the edition that comes on it.
///
/// # Errors
///
/// Refuses a day that has not come.
pub async fn print(
    records: &Records<'_>,
    digest: &Digest,
    day: Option<Date>,
    edition: Option<Edition>,
    now: Timestamp,
) -> Result<Printed> {
    let today = now.to_zoned(digest.zone.clone()).date();
    let day = day.unwrap_or(today);
    if day > today {
        let sentence = format!("{day} has not come; today is {today}. Name a day that has.");
        return Err(Refusal::Unreadable(sentence).into());
    }
    let at = if day == today { now } else { digest.due_on(day)? };
    let edition = edition.unwrap_or_else(|| digest.edition_on(day, None));
    let span = Span::of(digest, edition, day, at)?;
    let mut audience = Audience::Operator;
    let mut parts: Vec<Part> = Vec::new();
    for section in &digest.sections {
        parts.push(sections::read(records, *section, &span, &mut audience).await?);
    }
    Ok(Printed {
        day,
        channel: digest.channel.clone(),
        edition,
        at,
        opening: opening(&parts),
        sections: parts.into_iter().map(said).collect(),
    })
}

fn said(part: Part) -> Said {
    Said {
        section: part.section.name(),
        title: title(part.section),
        lines: part.in_full.iter().map(|line| plain_text(line)).collect(),
        source: plain_text(&part.source),
        figures: part.figures,
    }
}

impl Printed {
    pub fn plain(&self) -> String {
        let mut text = format!("{}\n{}\n", heading(self.edition, self.day), self.opening);
        for said in self.sections.iter().filter(|it| !it.lines.is_empty()) {
            text.push_str(&format!("\n{}\n", said.title));
            for line in &said.lines {
                text.push_str(&format!("  {line}\n"));
            }
            text.push_str(&format!("  (source: {})\n", said.source));
        }
        text.trim_end().to_owned()
    }

    pub fn markdown(&self) -> String {
        let heading = heading(self.edition, self.day);
        let mut text = format!("# {heading}\n\n{}\n", literal(&self.opening));
        for said in self.sections.iter().filter(|it| !it.lines.is_empty()) {
            text.push_str(&format!("\n## {}\n\n", said.title));
            for line in &said.lines {
                text.push_str(&format!("- {}\n", literal(line)));
            }
            text.push_str(&format!("\n*Source: {}.*\n", literal(&said.source)));
        }
        text.trim_end().to_owned()
    }
}

/// Text as Markdown shows it letter by letter, whatever marks stand in it.
fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\`*_[]<>|~&".contains(c) {
            literal.push('\\');
        }
        literal.push(c);
    }
    literal
}
