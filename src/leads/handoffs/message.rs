//! The note in the sales channel, and what its thread tells.

use jiff::Timestamp;

use super::super::lead::Lead;
use super::super::scoring::Reason;
use super::facts::{Facts, gather, known};
use super::hand_off::{Gone, HandOff, State, UNDO};
use super::{AGENT, note, store, subject};
use crate::app::App;
use crate::config::Sales;
use crate::error::Result;
use crate::ids::HandOffId;
use crate::reviews;
use crate::slack::{
    self, Button, Card, Choice, Element, Place, Post, Select, cut, date, escape, mention,
};
use crate::words::listed;

/// Reasons of a score that a note lists.
const REASONS: usize = 6;

/// How many characters of what somebody wrote a note shows.
const SHOWN: usize = 400;

/// Makes Slack show a hand-off as it now stands.
pub async fn show(app: &App, id: HandOffId) -> Result<()> {
    let Some(sales) = &app.manifest.sales else { return Ok(()) };
    let Some(hand_off) = store::find(&app.db, app.workspace.id, id).await? else { return Ok(()) };
    let facts = gather(app, hand_off).await?;
    let channel = match app.slack.channel_to_post_in(&sales.channel).await {
        Ok(channel) => channel.id,
        Err(error) => {
            tracing::error!(
                hand_off.id = id.0,
                "a lead cannot be shown in {}: {}; name another channel under [sales] in the manifest, or invite the bot there",
                sales.channel,
                error.remedy().unwrap_or_else(|| error.to_string())
            );
            return Err(anyhow::Error::new(error).context("finding the channel of sales").into());
        }
    };
    let group = reviews::called(app, std::slice::from_ref(&sales.group)).await?;
    let card = card(&facts, &group).finish();
    let place = Place::channel(channel);
    let (db, workspace) = (&app.db, app.workspace.id);
    let ts = slack::show_card(db, &app.slack, &app.clock, workspace, &subject(id), &place, &card)
        .await?;
    let thread = Place { thread: Some(ts), ..place };
    for (name, sentence) in told(app, sales, &facts, &group).await? {
        let (name, post) = (format!("{}/{name}", subject(id)), Post::sentence(sentence));
        slack::show(db, &app.slack, &app.clock, workspace, &name, &thread, &post).await?;
    }
    Ok(())
}

/// What the thread tells, by a name of its own: an edited note calls nobody.
async fn told(
    app: &App,
    sales: &Sales,
    facts: &Facts,
    group: &str,
) -> Result<Vec<(String, String)>> {
    let who = facts.hand_off.owner.as_ref().map_or_else(|| group.to_owned(), mention);
    let mut told = Vec::new();
    // Only the last thing is to the point, and only while it waits. What was said before stays as it is.
    let last = facts.happened.first().filter(|_| facts.hand_off.state == State::Waiting);
    if let Some(one) = last {
        let sentence = match one.what.as_str() {
            "reminded" => format!("{who}: this lead still waits for somebody to claim it."),
            "reassigned" => format!("{who}: this lead is yours to claim now."),
            "woken" => format!("{who}: the snooze is over, and this lead still waits."),
            "escalated" => {
                let manager = match &sales.manager {
                    Some(manager) => reviews::called(app, std::slice::from_ref(manager)).await?,
                    None => return Ok(told),
                };
                format!("{manager}: nobody has claimed this lead in time. Please see to it.")
            }
            _ => return Ok(told),
        };
        told.push((format!("{}/{}", one.what, one.id), sentence));
    }
    Ok(told)
}

fn card(facts: &Facts, group: &str) -> Card {
    let Facts { hand_off, lead, .. } = facts;
    let who = lead.masked();
    let headline = format!("A lead worth a call: {who}, {} points", hand_off.points);
    let is_gone = match &hand_off.state {
        _ if lead.erased_at.is_some() => Some(Gone::Deleted),
        State::Gone { why, .. } => Some(*why),
        _ => None,
    };
    if let Some(why) = is_gone {
        let sentence = gone(why, &who);
        return Card::new(&sentence).section(escape(&sentence)).context(made_by(hand_off));
    }
    let mark = if hand_off.state.is_over() { ":white_check_mark:" } else { ":telephone_receiver:" };
    let mut card = Card::new(&headline).section(format!("{mark} *{}*", escape(&headline)));
    let facts_known = known(facts);
    card = card.fields(facts_known.iter().map(|(name, value)| (*name, value.as_str())));
    card = card.section(format!("*Why*\n{}", reasons(&lead.score.reasons)));
    if let Some(summary) = &hand_off.summary {
        card = card.section(format!("*In short:* {}", escape(&summary.text)));
    }
    let acts = note::acts(&facts.activities);
    if !acts.is_empty() {
        card = card.section(format!("*Lately*\n{}", acts.join("\n")));
    }
    if let Some(read) = note::read(&facts.activities) {
        card = card.section(format!("*Read:* {read}"));
    }
    if !hand_off.state.is_over() {
        let questions = note::questions(lead);
        if !questions.is_empty() {
            card = card.section(format!("*Still open:* {}", questions.join(" ")));
        }
        let step = note::next_step(lead, &facts.activities, facts.now);
        card = card.section(format!("*Next:* {step}"));
    }
    if let Some(before) = before(&facts.before) {
        card = card.context(before);
    }
    card = card.section(standing(facts, group));
    card.context(made_by(hand_off)).foot().actions(buttons(facts))
}

/// The reasons of a score, a line each, the weightiest first.
pub fn reasons(reasons: &[Reason]) -> String {
    let mut lines: Vec<String> =
        reasons.iter().take(REASONS).map(|one| format!("• {}", escape(&one.to_string()))).collect();
    if reasons.len() > REASONS {
        lines.push(format!("… and {} more", reasons.len() - REASONS));
    }
    if lines.is_empty() {
        return "No reason stands any more.".to_owned();
    }
    lines.join("\n")
}

/// What became of the lead when it was handed over before.
fn before(answers: &[State]) -> Option<String> {
    let told: Vec<String> = answers
        .iter()
        .take(3)
        .filter_map(|state| {
            let (what, by, at) = match state {
                State::Returned { by, at, code } => {
                    (format!("returned as {}", code.words()), by, at)
                }
                State::Won { by, at } => ("won".to_owned(), by, at),
                State::Lost { by, at } => ("lost".to_owned(), by, at),
                _ => return None,
            };
            Some(format!("{what} by {} on {}", mention(by), moment(*at)))
        })
        .collect();
    (!told.is_empty()).then(|| format!("Handed over before: {}.", listed(&told)))
}

/// How it stands, and who is asked.
fn standing(facts: &Facts, group: &str) -> String {
    let Facts { hand_off, lead, .. } = facts;
    match &hand_off.state {
        State::Waiting => {
            let who = hand_off.owner.as_ref().map_or_else(|| group.to_owned(), mention);
            let due = hand_off.due_at.filter(|due| *due > facts.now);
            let due = due.map(|due| format!(" By {}.", moment(due))).unwrap_or_default();
            format!(":hourglass_flowing_sand: {who}: who calls?{due}")
        }
        State::Claimed { by, at } => format!(
            ":handshake: {} has claimed it, on {}, and has read how to reach them.",
            mention(by),
            moment(*at)
        ),
        State::Qualified { by, at } => {
            format!(":star: {} finds it worth an offer, since {}.", mention(by), moment(*at))
        }
        State::Snoozed { by, until, .. } => {
            format!(":zzz: {} snoozed it until {}.", mention(by), moment(*until))
        }
        State::Returned { by, at, code } => {
            let said = said(facts, "returned");
            let moved = match lead.score.points - hand_off.points {
                0 => format!("The score stays at {}.", lead.score.points),
                _ => format!(
                    "Its score was {} and is {} now; it takes {} to hand a lead over.",
                    hand_off.points, lead.score.points, hand_off.threshold
                ),
            };
            let by = mention(by);
            format!(
                ":leftwards_arrow_with_hook: {by} returned it as {} on {}{said}. {moved}",
                code.words(),
                moment(*at)
            )
        }
        State::Won { by, at } => format!(":tada: {} won it on {}.", mention(by), moment(*at)),
        State::Lost { by, at } => {
            format!("{} lost it on {}{}.", mention(by), moment(*at), said(facts, "lost"))
        }
        State::Gone { .. } => String::new(),
    }
}

/// What the person wrote, after a colon.
fn said(facts: &Facts, what: &str) -> String {
    let happened = facts.happened.iter().find(|one| one.what == what);
    let reason = happened.and_then(|one| one.reason.as_deref());
    reason.map_or_else(String::new, |reason| {
        format!(": “{}”", cut::cut_markup(&escape(reason.trim_end_matches('.')), SHOWN))
    })
}

fn gone(why: Gone, who: &str) -> String {
    match why {
        Gone::Deleted => {
            "This lead was deleted. What was known of it is erased here, too.".to_owned()
        }
        Gone::DoNotContact => {
            format!("{who} does not want to be contacted any more, so nobody calls.")
        }
        Gone::Merged => format!("This lead turned out to be another that is known: {who}."),
        Gone::Customer => format!("{who} is a customer by now, says the CRM."),
    }
}

fn made_by(hand_off: &HandOff) -> String {
    let summed_up = hand_off.summary.as_ref().map(|it| {
        let (name, version) = (it.prompt["name"].as_str(), it.prompt["version"].as_str());
        let prompt = format!("{}@{}", name.unwrap_or_default(), version.unwrap_or_default());
        format!(
            " · summed up with {} by prompt {prompt}, checked against the record",
            escape(&it.model)
        )
    });
    format!(
        "Scored by the {AGENT} agent · {} · {} points hand a lead over · lead {}{}",
        escape(&hand_off.score_version),
        hand_off.threshold,
        hand_off.lead,
        summed_up.unwrap_or_default()
    )
}

fn buttons(facts: &Facts) -> Vec<Element> {
    let Facts { hand_off, happened, now, .. } = facts;
    let id = hand_off.id;
    let button = |label: &str, action: &str| Button::new(label, action).value(id);
    let mut buttons: Vec<Element> = Vec::new();
    let is_claimed = hand_off.state.is_claimed();
    if !hand_off.state.is_over() {
        if is_claimed {
            buttons.push(button("Show contact", "lead.reveal").into());
            if !matches!(hand_off.state, State::Qualified { .. }) {
                buttons.push(button("Worth an offer", "lead.qualify").into());
            }
            buttons.push(button("Won", "lead.win").into());
            buttons.push(button("Lost", "lead.lose").into());
        } else {
            buttons.push(button("Claim", "lead.claim").primary().into());
        }
        buttons.push(button("Return", "lead.return").into());
        let choices =
            [("2 working hours", "hours"), ("Next working day", "day"), ("A week", "week")];
        let choices = choices.map(|(label, name)| Choice::new(label, format!("{name}.{id}")));
        buttons.push(Select::new("Snooze", "lead.snooze", choices).into());
        buttons.push(button("Reassign", "lead.reassign").into());
    }
    let last = happened.first().filter(|one| one.before.is_some() && one.person.is_some());
    if last.is_some_and(|one| now.duration_since(one.at) <= UNDO) {
        buttons.push(button("Undo", "lead.undo").into());
    }
    buttons
}

/// By what a lead is reached, for whoever has claimed it and nobody else.
pub fn contact(lead: &Lead) -> String {
    let contact = &lead.contact;
    if contact.is_empty() {
        return "The CRM knows neither a name nor an address of this lead.".to_owned();
    }
    let parts = [&contact.name, &contact.email, &contact.phone].into_iter().flatten();
    let parts: Vec<String> = parts.map(|part| escape(part)).collect();
    format!("{}\nOnly you read this, and that you did is on record.", parts.join(" · "))
}

pub fn moment(at: Timestamp) -> String {
    date(at, &at.strftime("%-d %b %Y, %H:%M UTC").to_string())
}
