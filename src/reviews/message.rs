//! What people read about reviews.

use jiff::Timestamp;
use serde_json::Value;

use super::{Content, Decision, Review, State, Verdict, Waiting};
use crate::config::Need;
use crate::ids::{ReviewId, RevisionId};
use crate::slack::{Button, Card, Home, Input, Modal, channel_link, date, escape, mention};

/// The name of the input that asks why.
pub const REASON: &str = "reason";

/// How many characters of a reason are taken.
const REASON_LIMIT: usize = 2_000;

/// Puts the state of a review under a card that shows its subject: who decided, who is asked, what
/// made it, and, while it is open, the buttons.
pub fn under(card: Card, review: &Review, content: &Content) -> Card {
    let mut card = card.foot().divider().section(standing(review));
    for decision in &review.decisions {
        card = card.context(decided(decision));
    }
    card = card.context(provenance(review, content));
    if review.state == State::Open {
        card = card.actions(buttons(review.id, review.revision));
    }
    card
}

/// The form that asks why, before changes are requested or something is rejected.
pub fn reason_modal(review: &Review, verdict: Verdict) -> Modal {
    let (title, submit, label, hint) = match verdict {
        Verdict::Reject => (
            "Reject",
            "Reject",
            "Why is it rejected?",
            "The person who asked reads this, and it stays in the record.",
        ),
        Verdict::Approve | Verdict::RequestChanges => (
            "Request changes",
            "Request changes",
            "What should change?",
            "The person who asked reads this. Be as exact as you can.",
        ),
    };
    let callback = match verdict {
        Verdict::Reject => "review.reject",
        Verdict::Approve | Verdict::RequestChanges => "review.request_changes",
    };
    Modal::new(callback, title)
        .submit(submit)
        .close("Cancel")
        .private_metadata(value(review.id, review.revision))
        .block(Input::paragraph(REASON, label).hint(hint).at_most(REASON_LIMIT))
}

/// A person's home: what waits for them, oldest first, with buttons.
pub fn home(waiting: &[Waiting], help: &str) -> Home {
    let mut home = Home::default().header("Waiting for your decision");
    if waiting.is_empty() {
        home = home.section("Nothing waits for you.");
    }
    for (index, review) in waiting.iter().enumerate() {
        // What follows: this review's two blocks, the divider, the help and the note.
        if home.room() < 6 {
            let rest = waiting.len() - index;
            home = home
                .section(format!("… {rest} more; decide on these first, and they appear here."));
            break;
        }
        home = home
            .section(format!(
                "*{}*\nA {} that {} asked for in {}, waiting since {}",
                escape(&review.title),
                review.subject,
                mention(&review.requested_by),
                channel_link(&review.channel),
                at(review.opened_at),
            ))
            .actions(buttons(review.id, review.revision));
    }
    home.divider().section(help)
}

/// What a button of a review carries: which review, and the revision the person saw.
fn value(review: ReviewId, revision: RevisionId) -> String {
    format!("{review}.{revision}")
}

fn buttons(review: ReviewId, revision: RevisionId) -> [Button; 3] {
    let value = value(review, revision);
    [
        Button::new("Approve", "review.approve").value(&value).primary(),
        Button::new("Request changes", "review.request_changes").value(&value),
        Button::new("Reject", "review.reject").value(&value).danger(),
    ]
}

fn standing(review: &Review) -> String {
    match review.state {
        State::Open => format!(
            ":hourglass_flowing_sand: *Waiting for a decision*: {}",
            needed(&review.missing())
        ),
        State::Approved { at: when } => format!(":white_check_mark: *Approved* {}", at(when)),
        State::ChangesRequested { at: when } => format!(":memo: *Changes requested* {}", at(when)),
        State::Rejected { at: when } => format!(":no_entry: *Rejected* {}", at(when)),
    }
}

fn needed(missing: &[Need]) -> String {
    let groups: Vec<String> = missing
        .iter()
        .map(|need| match need.count {
            1 => format!("one approval from {}", escape(&need.group)),
            count => format!("{count} approvals from {}", escape(&need.group)),
        })
        .collect();
    groups.join(", and ")
}

fn decided(decision: &Decision) -> String {
    let who = mention(&decision.person);
    let head = format!("{who} {} {}", decision.verdict.past(), at(decision.at));
    match &decision.comment {
        Some(comment) => format!("{head}: {}", escape(comment)),
        None => head,
    }
}

fn provenance(review: &Review, content: &Content) -> String {
    let text = |key: &str| content.provenance.get(key).and_then(Value::as_str).map(escape);
    let mut parts = Vec::new();
    if let Some(agent) = text("agent") {
        let engine = text("engine").unwrap_or_default();
        parts.push(format!("Made by the {agent} agent, {engine}"));
    }
    parts.push(format!("asked for by {}", mention(&review.requested_by)));
    parts.push(format!("policy {} {}", escape(&review.policy), escape(&review.policy_version)));
    parts.push(format!("revision {}, SHA-256 `{}`", content.number, short(&content.hash)));
    parts.join(" · ")
}

/// Enough of a hash to compare by eye.
fn short(hash: &[u8]) -> String {
    hex::encode(&hash[..hash.len().min(6)])
}

fn at(when: Timestamp) -> String {
    date(when, &when.strftime("%-d %b %Y, %H:%M UTC").to_string())
}
