//! What a finding rests on, to be read in its surroundings by whoever may see it.

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Finding, audience, masking, message, sharing};
use crate::app::App;
use crate::error::{Refusal, Result};
use crate::evidence::{self, PassageText, Standing, Surroundings};
use crate::ids::{FindingId, PassageId, PersonId};
use crate::slack::{Modal, escape, link, quote};

/// How many passages one form of Slack's has room for.
const SHOWN: usize = 24;

/// The passages that a finding quotes, each where it stands in its document. What the person may not
/// see is counted, and not shown.
pub async fn sources(app: &App, id: FindingId, person: &PersonId) -> Result<Modal> {
    let finding = sharing::content_for(app, id, person).await?.ok_or(Refusal::NoSuchReview)?;
    let all = evidence::sources(&app.db, app.workspace.id).await?;
    let rights = audience::rights_of(app, person, &all).await?;

    let mut modal = Modal::new("finding.sources", "Sources").header(&finding.question);
    let warned =
        all.iter().filter(|source| finding.quoted_sources().contains(source.name.as_str()));
    for warning in warned.filter_map(|source| source.warning(app.now())) {
        modal = modal.context(message::warned_of(&warning));
    }
    let passages = passages(&finding);
    let mut hidden = 0;
    for passage in passages.iter().take(SHOWN) {
        let found = evidence::surroundings(&app.db, app.workspace.id, &rights, *passage).await?;
        match found {
            Some(found) => modal = shown(modal, &found, app.now()),
            None => hidden += 1,
        }
    }
    let more = passages.len().saturating_sub(SHOWN);
    if more > 0 {
        modal = modal.context(format!("{more} more passages are quoted on the card."));
    }
    match hidden {
        0 => {}
        1 => {
            modal = modal.context(
                "One passage is not shown: you may not see its source, or it is there no more.",
            )
        }
        hidden => {
            modal = modal.context(format!(
                "{hidden} passages are not shown: you may not see their source, or they are there no more."
            ));
        }
    }
    Ok(modal)
}

/// Each once, in the order of the card.
fn passages(finding: &Finding) -> Vec<PassageId> {
    let mut seen = HashSet::new();
    finding.passages().filter(|passage| seen.insert(*passage)).collect()
}

/// One passage, between what stands before and after it.
fn shown(modal: Modal, found: &Surroundings, now: Timestamp) -> Modal {
    let mask = |text: &str| {
        let text = text.to_owned();
        masking::passage(&PassageText { text, author: found.author.clone() }).text
    };
    let mut text = String::new();
    let before = mask(&found.before.text);
    if !before.trim().is_empty() {
        let more = if found.before.goes_on { "… " } else { "" };
        text.push_str(&format!("{more}{}\n", escape(before.trim())));
    }
    text.push_str(&quote(&mask(&found.text)));
    let after = mask(&found.after.text);
    if !after.trim().is_empty() {
        let more = if found.after.goes_on { " …" } else { "" };
        text.push_str(&format!("\n{}{more}", escape(after.trim())));
    }
    modal
        .divider()
        .section(format!("*{}*", heading(found)))
        .section(text)
        .context(origin(found, now))
}

fn heading(found: &Surroundings) -> String {
    let document = if found.external_id == found.source {
        escape(&found.source)
    } else {
        format!("{} {}", escape(&found.source), escape(&found.external_id))
    };
    match found.title.trim() {
        "" => document,
        title => {
            let title = masking::passage(&PassageText {
                text: title.to_owned(),
                author: found.author.clone(),
            });
            format!("{document}: {}", escape(&title.text))
        }
    }
}

fn origin(found: &Surroundings, now: Timestamp) -> String {
    let mut parts = Vec::new();
    if let Some(at) = found.written_at {
        parts.push(format!("written {}", day(at)));
    }
    if let Some(at) = found.imported_at {
        let days = now.duration_since(at).as_hours() / 24;
        let age = match days {
            ..=0 => "today".to_owned(),
            1 => "yesterday".to_owned(),
            days => format!("{days} days ago"),
        };
        parts.push(format!("brought in {age}"));
    }
    match found.standing {
        Standing::Current => {}
        Standing::Replaced => parts.push("the document has a newer version by now".to_owned()),
        Standing::Retired => parts.push("the document is not in its source any more".to_owned()),
    }
    if let Some(url) = &found.url {
        parts.push(link(url, "the original"));
    }
    if parts.is_empty() { "Its age is not known.".to_owned() } else { parts.join(" · ") }
}

fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).date().strftime("%-d %b %Y").to_string()
}
