//! `/leads`: what is mine, what waits, what is overdue, and one lead in full.

use jiff::Timestamp;

use super::handoffs::{self, Act, HandOff, State, contact, moment, reasons, rights};
use super::lead::Lead;
use super::store;
use crate::app::App;
use crate::error::{Refusal, Result};
use crate::ids::PersonId;
use crate::slack::{Card, Post, escape, mention};
use crate::words::count;

/// How many lines a part of the list has.
const LINES: usize = 10;

/// How many open hand-offs are looked at.
const AT_MOST: i64 = 500;

/// Lists what is open, for somebody who may see it.
pub async fn list(app: &App, person: &PersonId) -> Result<Post> {
    rights(app, person).await?;
    let now = app.now();
    let open = handoffs::store::list_open(&app.db, app.workspace.id, None, AT_MOST).await?;
    let (mine, others): (Vec<HandOff>, Vec<HandOff>) =
        open.into_iter().partition(|it| it.owner.as_ref() == Some(person));
    let waiting: Vec<HandOff> =
        others.into_iter().filter(|it| it.state == State::Waiting).collect();
    let (overdue, waiting): (Vec<HandOff>, Vec<HandOff>) =
        waiting.into_iter().partition(|it| it.due_at.is_some_and(|due| due < now));
    if mine.is_empty() && waiting.is_empty() && overdue.is_empty() {
        let sentence =
            "No lead is yours, and none waits. `/leads NAME` shows one that you know of.";
        return Ok(Post::sentence(sentence));
    }
    let summary = format!(
        "{} yours, {} overdue, {} waiting.",
        count(mine.len(), "lead"),
        overdue.len(),
        waiting.len()
    );
    let mut card = Card::new(&summary);
    for (title, part) in [("Yours", &mine), ("Overdue", &overdue), ("Waiting", &waiting)] {
        if !part.is_empty() {
            card = card.section(format!("*{title}*\n{}", lines(app, part, now).await?));
        }
    }
    let note = "`/leads NAME` shows one: by its number, the company, the name or the address.";
    Ok(card.context(note).finish().0)
}

async fn lines(app: &App, part: &[HandOff], now: Timestamp) -> Result<String> {
    let mut lines = Vec::new();
    for hand_off in part.iter().take(LINES) {
        let lead = store::find(&app.db, app.workspace.id, hand_off.lead).await?;
        lines.push(format!(
            "• {} · {} points · {} · lead {}",
            escape(&lead.masked()),
            lead.score.points,
            standing(hand_off, now),
            lead.id
        ));
    }
    if part.len() > LINES {
        lines.push(format!("… and {} more", part.len() - LINES));
    }
    Ok(lines.join("\n"))
}

/// Shows the one lead that somebody named; lists those that are meant where there are several.
pub async fn one(app: &App, person: &PersonId, named: &str) -> Result<Post> {
    rights(app, person).await?;
    let ids = store::named(&app.db, app.workspace.id, named, LINES as i64 + 1).await?;
    let [id] = ids[..] else {
        return several(app, named, &ids).await;
    };
    let now = app.now();
    let lead = store::find(&app.db, app.workspace.id, id).await?;
    let open = handoffs::store::newest(&app.db, app.workspace.id, id).await?;
    let headline =
        format!("{} · {} points · {}", lead.masked(), lead.score.points, lead.stage.words());
    let mut card = Card::new(&headline)
        .section(format!("*{}*", escape(&headline)))
        .section(format!("*Why*\n{}", reasons(&lead.score.reasons)));
    if !lead.may_be_contacted() {
        card = card.section(":no_entry_sign: Does not want to be contacted.");
    }
    if let Some(hand_off) = &open {
        card = card.section(format!(
            "Handed over on {}: {}.",
            moment(hand_off.opened_at),
            standing(hand_off, now)
        ));
        if hand_off.check_reveal_to(person).is_ok() {
            handoffs::act(app, None, hand_off.id, person, &Act::Reveal).await?;
            card = card.section(contact(&lead));
        }
    }
    Ok(card.context(foot(&lead)).finish().0)
}

async fn several(app: &App, named: &str, ids: &[crate::ids::LeadId]) -> Result<Post> {
    if ids.is_empty() {
        return Err(Refusal::NoSuchLead { named: named.to_owned() }.into());
    }
    let mut lines = Vec::new();
    for id in ids.iter().take(LINES) {
        let lead = store::find(&app.db, app.workspace.id, *id).await?;
        lines.push(format!("• {} · `/leads {id}`", escape(&lead.masked())));
    }
    if ids.len() > LINES {
        lines.push("… and more. Say more of the name.".to_owned());
    }
    Ok(Post::sentence(format!("Several leads are called so:\n{}", lines.join("\n"))))
}

fn standing(hand_off: &HandOff, now: Timestamp) -> String {
    match &hand_off.state {
        State::Waiting => {
            let whom = hand_off.owner.as_ref().map_or_else(
                || "waits for anybody".to_owned(),
                |owner| format!("waits for {}", mention(owner)),
            );
            match hand_off.due_at {
                Some(due) if due < now => format!("{whom}, overdue since {}", moment(due)),
                Some(due) => format!("{whom}, due {}", moment(due)),
                None => whom,
            }
        }
        State::Claimed { by, at } => format!("claimed by {} on {}", mention(by), moment(*at)),
        State::Qualified { by, .. } => format!("worth an offer, says {}", mention(by)),
        State::Snoozed { by, until, .. } => {
            format!("snoozed by {} until {}", mention(by), moment(*until))
        }
        State::Returned { by, code, .. } => {
            format!("returned by {} as {}", mention(by), code.words())
        }
        State::Won { by, .. } => format!("won by {}", mention(by)),
        State::Lost { by, .. } => format!("lost by {}", mention(by)),
        State::Gone { .. } => "taken back".to_owned(),
    }
}

fn foot(lead: &Lead) -> String {
    let version = lead.score_version.as_deref().unwrap_or("not scored yet");
    format!(
        "lead {} · known since {} · scored by {}",
        lead.id,
        moment(lead.added_at),
        escape(version)
    )
}
