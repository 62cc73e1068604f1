//! What people read about opinions.

use super::{Dispute, Opinions, Part};
use crate::app::App;
use crate::error::Result;
use crate::privacy;
use crate::reviews::{self, Beside, REASON, Review, State};
use crate::slack::{self, Button, Choice, Input, Modal, Place, Post, cut, escape, mention};

/// The input that asks which part is wrong.
pub const PART: &str = "part";

/// How many characters of a reason are taken, and how many a card shows.
const REASON_LIMIT: usize = 2_000;
const SHOWN: usize = 400;

/// How much of a part is repeated beside what is said of it.
const PART_SHOWN: usize = 80;

/// How many disputes a card shows.
const DISPUTES: usize = 3;

/// What people say of it, and the buttons with which to say it.
pub fn beside(review: &Review, opinions: &Opinions, parts: &[Part]) -> Beside {
    let mut lines = Vec::new();
    lines.extend(ratings(opinions));
    let standing: Vec<&Dispute> = opinions.standing().collect();
    for dispute in standing.iter().take(DISPUTES) {
        let about = about(dispute, parts);
        lines.push(format!(
            ":warning: Disputed by {}{about}: {}",
            mention(&dispute.by),
            reason(dispute)
        ));
    }
    if standing.len() > DISPUTES {
        lines.push(format!(
            "… {} more disputes; `/countersign audit {}` tells all of them",
            standing.len() - DISPUTES,
            review.id
        ));
    }

    let value = format!("{}.{}", review.id, review.revision);
    let button = |label: &str, action: &str| Button::new(label, action).value(&value);
    let mut buttons = vec![
        button("Useful", "opinion.useful").into(),
        button("Not useful", "opinion.not_useful").into(),
        button("Dispute", "opinion.dispute").into(),
    ];
    if !standing.is_empty() {
        buttons.push(button("Withdraw my dispute", "opinion.withdraw").into());
    }
    Beside { lines, buttons, ..Beside::default() }
}

/// The form that asks what is wrong.
pub fn dispute_modal(review: &Review, parts: &[Part]) -> Modal {
    let mut modal = Modal::new("opinion.dispute", "Dispute")
        .submit("Dispute")
        .private_metadata(format!("{}.{}", review.id, review.revision))
        .section(format!(
            "*{}*\nYour name and your reason will stand on the card, and whoever approved it is told. It decides nothing, and you can withdraw it.",
            escape(&review.title)
        ))
        .block(Input::paragraph(REASON, "What is wrong with it?").at_most(REASON_LIMIT));
    if !parts.is_empty() {
        let choices = parts
            .iter()
            .take(slack::limits::OPTIONS)
            .map(|part| Choice::new(&format!("“{}”", masked(&part.text)), &part.name));
        modal = modal.block(Input::select(PART, "Which quote?", choices).optional());
    }
    modal
}

/// Tells whoever approved of what was disputed afterwards: in the thread, once for each who disputes.
/// Those who approved later could read the dispute.
pub async fn tell_approvers(app: &App, review: &Review, opinions: &Opinions) -> Result<()> {
    if !matches!(review.state, State::Approved { .. } | State::Released { .. }) {
        return Ok(());
    }
    let subject = reviews::subject(review.subject, review.subject_id);
    let place = Place { channel: review.channel.clone(), thread: review.thread.clone() };
    let shown = slack::places(&app.db, app.workspace.id, &subject).await?;
    let Some(card) = shown.into_iter().find(|one| one.place == place) else { return Ok(()) };
    let thread = Place { thread: Some(review.thread.clone().unwrap_or(card.ts)), ..place };

    // The last word of each person.
    for (index, dispute) in opinions.disputes.iter().enumerate() {
        let is_last = opinions.disputes[index + 1..].iter().all(|later| later.by != dispute.by);
        let told = format!("{subject}/disputed-by/{}", dispute.by);
        let is_told = !slack::places(&app.db, app.workspace.id, &told).await?.is_empty();
        let approvers: Vec<String> = review
            .decisions
            .iter()
            .filter(|decision| decision.person != dispute.by && decision.at <= dispute.at)
            .map(|decision| mention(&decision.person))
            .collect();
        if !is_last || approvers.is_empty() || (dispute.withdrawn_at.is_some() && !is_told) {
            continue;
        }
        let who = mention(&dispute.by);
        let sentence = match dispute.withdrawn_at {
            Some(_) => format!("{who} disputed this {}, and withdrew that.", review.subject),
            None => format!(
                "{}: {who} disputes this {}, which you approved: {}",
                approvers.join(" and "),
                review.subject,
                reason(dispute)
            ),
        };
        let (db, post) = (&app.db, Post::sentence(sentence));
        slack::show(db, &app.slack, &app.clock, app.workspace.id, &told, &thread, &post).await?;
    }
    Ok(())
}

/// `Useful to 3, not useful to 1`; nothing where nobody said so.
fn ratings(opinions: &Opinions) -> Option<String> {
    match (opinions.useful, opinions.not_useful) {
        (0, 0) => None,
        (useful, 0) => Some(format!("Useful to {useful}")),
        (0, not) => Some(format!("Not useful to {not}")),
        (useful, not) => Some(format!("Useful to {useful}, not useful to {not}")),
    }
}

fn about(dispute: &Dispute, parts: &[Part]) -> String {
    let part = dispute.part.as_ref();
    let named = part.and_then(|part| parts.iter().find(|one| one.name == *part));
    match (part, named) {
        (None, _) => String::new(),
        (_, Some(part)) => {
            format!(", in “{}”", cut::cut_markup(&escape(&masked(&part.text)), PART_SHOWN))
        }
        (Some(_), None) => ", in a quote that is not in it any more".to_owned(),
    }
}

fn reason(dispute: &Dispute) -> String {
    match &dispute.reason {
        Some(reason) => cut::cut_markup(&escape(&masked(reason)), SHOWN),
        None => "(erased)".to_owned(),
    }
}

/// Without the personal data in it, for a card is read by many.
fn masked(text: &str) -> String {
    privacy::mask(text).text
}
