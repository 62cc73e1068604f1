//! What people read about reviews.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::Value;

use super::store::ChangeRequest;
use super::{
    Beside, Content, Decision, Delegation, Listed, Queue, Reason, Review, State, Verdict, Wording,
    diff,
};
use crate::config::Need;
use crate::ids::{PersonId, ReviewId, RevisionId};
use crate::slack::{
    Button, Card, Choice, Element, Home, Input, Modal, Overflow, Post, channel_link, cut, date,
    escape, mention,
};

/// The inputs of the forms: why, in words and as one of a few; the policy's questions.
pub const REASON: &str = "reason";
pub const REASON_CODE: &str = "reason_code";
pub const ANSWERS: &str = "answers";

/// How many characters of a reason are taken.
const REASON_LIMIT: usize = 2_000;

/// How much of a change a card shows; the rest is a click away.
const DIFF_LIMIT: usize = 1_200;

/// What a card shows beside its subject.
pub(super) struct Shown<'a> {
    pub review: &'a Review,
    pub content: &'a Content,
    /// The text of the revision before.
    pub before: Option<&'a str>,
    pub requests: &'a [ChangeRequest],
    pub delegations: &'a [Delegation],
    /// Where the release stands, in markup.
    pub release: Option<&'a str>,
    pub wording: Wording,
    pub beside: &'a Beside,
    pub now: Timestamp,
}

impl Shown<'_> {
    /// Puts the state of a review under a card that shows its subject: what changed, the checks, who
    /// decided, who is asked, what made it, and the buttons.
    pub fn under(&self, card: Card) -> Card {
        let review = self.review;
        let mut card = match review.state {
            State::Open => card,
            state => card.saying(format!(
                "The {} “{}” was {}.",
                review.subject,
                review.title,
                state.words()
            )),
        };
        if let Some(before) = self.before {
            card = card.divider().section(self.changes(before));
        }
        card = card.foot().divider();
        if !self.content.checks.is_empty() {
            card = card.context(checks(self.content));
        }
        card = card.section(standing(review));
        for decision in &review.decisions {
            card = card.context(decided(decision));
        }
        if let Some(remark) = &review.remark {
            card = card.context(escape(remark));
        }
        if let Some(release) = self.release {
            card = card.context(release);
        }
        for line in &self.beside.lines {
            card = card.context(line);
        }
        card.context(self.provenance())
            .actions(self.buttons())
            .actions(self.beside.buttons.iter().cloned())
    }

    fn changes(&self, before: &str) -> String {
        let who = match &self.content.edited_by {
            Some(person) => format!("{} changed the text", mention(person)),
            None => "The text was changed".to_owned(),
        };
        let asked: Vec<String> = self
            .requests
            .iter()
            .filter(|request| request.number + 1 == self.content.number)
            .map(|request| {
                format!("{} asked: “{}”", mention(&request.person), escape(&request.comment))
            })
            .collect();
        let why = if asked.is_empty() { String::new() } else { format!(" ({})", asked.join("; ")) };
        let diff = diff::in_markup(before, &self.content.text);
        let diff = if diff.is_empty() { "No word of it is different.".to_owned() } else { diff };
        format!(
            "*Revision {}.* {who}{why}:\n{}",
            self.content.number,
            cut::cut_markup(&diff, DIFF_LIMIT)
        )
    }

    fn provenance(&self) -> String {
        let (review, content) = (self.review, self.content);
        let made = &content.provenance;
        let text = |value: &Value| value.as_str().map(escape);
        let mut parts = Vec::new();
        match (text(&made["agent"]), &content.edited_by) {
            (_, Some(person)) => parts.push(format!("Worded by {}", mention(person))),
            (Some(agent), None) => {
                let engine = text(&made["engine"]).map(|engine| format!(", {engine}"));
                parts.push(format!("Made by the {agent} agent{}", engine.unwrap_or_default()));
            }
            (None, None) => {}
        }
        if let Some(prompt) = text(&made["prompt"]["name"]) {
            let version = text(&made["prompt"]["version"]).unwrap_or_default();
            let hash = text(&made["prompt"]["sha256"]).unwrap_or_default();
            parts.push(format!("prompt {prompt}@{version} `{}`", &hash[..hash.len().min(12)]));
        }
        if let Some(model) = text(&made["model"]) {
            parts.push(format!("model {model}"));
        }
        if let Some(data) = data(&made["sources"], self.now) {
            parts.push(data);
        }
        parts.push(format!("asked for by {}", mention(&review.requested_by)));
        let rules: Vec<String> = review.terms.rules.iter().map(|rule| escape(rule)).collect();
        parts.push(format!("policy {} {}", rules.join(" + "), escape(&review.policy_version)));
        parts.push(format!(
            "review {}, revision {}, SHA-256 `{}`",
            review.id,
            content.number,
            short(&content.hash)
        ));
        parts.extend(self.delegations.iter().map(|one| {
            format!(
                "{} decides for {} until {}",
                mention(&one.to),
                mention(&one.from),
                at(one.until)
            )
        }));
        parts.join(" · ")
    }

    fn buttons(&self) -> Vec<Element> {
        let review = self.review;
        let value = value(review.id, review.revision);
        let button = |label: &str, action: &str| Button::new(label, action).value(&value);
        let mut row: Vec<Element> = Vec::new();
        match review.state {
            State::Open => {
                row.push(button("Approve", "review.approve").primary().into());
                row.push(button("Request changes", "review.request_changes").into());
                row.push(button("Reject", "review.reject").danger().into());
                if self.wording.by_deciders {
                    row.push(button("Edit & approve", "review.edit").into());
                }
            }
            State::ChangesRequested { .. } if review.agent.is_none() => {
                row.push(button("Change the text", "review.rewrite").into());
            }
            State::ChangesRequested { .. } if review.remark.is_some() => {
                row.push(button("Try again", "review.rework").into());
            }
            State::Released { .. } => {
                row.push(button("Revoke", "review.revoke").danger().into());
            }
            _ => {}
        }
        if review.undo_until(self.now).is_some() {
            row.push(button("Undo my decision", "review.undo").into());
        }
        row.push(self.more(&value));
        row
    }

    /// What else there is to do.
    fn more(&self, value: &str) -> Element {
        let mut choices = vec![("Who may decide?", "who"), ("The record", "record")];
        if self.before.is_some() {
            choices.push(("What changed?", "changes"));
        }
        // Where they were asked to, there is a button for it.
        let is_asked_to = matches!(self.review.state, State::ChangesRequested { .. })
            && self.review.agent.is_none();
        let may = self.wording.by_requester && self.review.check_changeable().is_ok();
        if may && !is_asked_to {
            choices.push(("Change the text", "rewrite"));
        }
        if !self.review.state.is_final() {
            choices.push(("Withdraw my request", "withdraw"));
        }
        let choice = |(label, what)| Choice::new(label, format!("{what}.{value}"));
        Overflow::new("review.more", choices.into_iter().map(choice)).into()
    }
}

/// The form that asks whether the policy's questions were answered, before approval.
pub fn approve_modal(review: &Review) -> Modal {
    Modal::new("review.approve", "Approve")
        .submit("Approve")
        .private_metadata(value(review.id, review.revision))
        .section(format!(
            "*{}*\nYou approve revision {} of this {}, word for word.",
            escape(&review.title),
            review.number,
            review.subject
        ))
        .block(
            questions(review)
                .hint("All of it must be. If something is not, request changes instead."),
        )
}

/// The policy's questions, as boxes to tick.
pub fn questions(review: &Review) -> Input {
    let questions = review.terms.questions.iter().enumerate();
    let choices = questions.map(|(index, one)| Choice::new(one, index));
    Input::checkboxes(ANSWERS, "Tick what is true", choices).optional()
}

/// The form that asks why, before changes are requested, or something is rejected or called back.
pub fn reason_modal(review: &Review, what: ReasonFor) -> Modal {
    let (callback, title, label, hint) = match what {
        ReasonFor::Rejection => (
            "review.reject",
            "Reject",
            "Why is it rejected?",
            "The person who asked reads this, and it stays in the record.",
        ),
        ReasonFor::Changes => (
            "review.request_changes",
            "Request changes",
            "What should change?",
            "Whoever made it works by this. Be as exact as you can.",
        ),
        ReasonFor::Revocation => (
            "review.revoke",
            "Revoke",
            "Why is it called back?",
            "The channel and whoever received it are told at once.",
        ),
    };
    let mut modal = Modal::new(callback, title)
        .submit(title)
        .private_metadata(value(review.id, review.revision));
    if what == ReasonFor::Rejection {
        let choices = Reason::ALL.map(|reason| Choice::new(reason.words(), reason.name()));
        modal = modal.block(Input::radio(REASON_CODE, "What is wrong with it?", choices));
    }
    modal.block(Input::paragraph(REASON, label).hint(hint).at_most(REASON_LIMIT))
}

/// What a person is asked the reason of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReasonFor {
    Changes,
    Rejection,
    Revocation,
}

/// Asks whether a request is really to be taken back.
pub fn withdraw_modal(review: &Review) -> Modal {
    Modal::new("review.withdraw", "Withdraw")
        .submit("Withdraw")
        .close("Keep it")
        .private_metadata(value(review.id, review.revision))
        .section(format!(
            "*{}*\nNobody will be asked to decide on this {} any more. It stays in the record.",
            escape(&review.title),
            review.subject
        ))
}

/// To whoever clicked on a text that is not the newest: what they saw, and what there is.
pub fn outdated_card(before: &str, now: &str, refusal: &str) -> Post {
    let diff = diff::in_markup(before, now);
    let diff = if diff.is_empty() {
        "No word is different; where it comes from is.".to_owned()
    } else {
        cut::cut_markup(&diff, 2 * DIFF_LIMIT)
    };
    Card::new(refusal)
        .section(escape(refusal))
        .section(format!("*What changed since*\n{diff}"))
        .finish()
        .0
}

/// What the newest revision changed, in full.
pub fn changes_post(title: &str, number: i32, before: Option<&str>, now: &str) -> Post {
    let diff = match before {
        None => "This is the first revision.".to_owned(),
        Some(before) => match diff::in_markup(before, now) {
            diff if diff.is_empty() => "No word of it is different.".to_owned(),
            diff => cut::cut_markup(&diff, 8 * DIFF_LIMIT),
        },
    };
    Card::new(format!("What revision {number} of {title} changed"))
        .section(format!("*What revision {number} of “{}” changed*", escape(title)))
        .section(diff)
        .finish()
        .0
}

/// A person's home: what waits for them, what they asked for, what they decided.
pub fn home(queue: &Queue) -> Home {
    let mut home = Home::default().header("Waiting for your decision");
    if queue.waiting.is_empty() {
        home = home.section("Nothing waits for you.");
    }
    // What follows the list: two more lists of one block each under their headings, dividers, and what
    // whoever shows the home puts after it.
    let reserve = 15;
    for (index, review) in queue.waiting.iter().enumerate() {
        if home.room() < reserve {
            let rest = queue.waiting.len() - index;
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
                at(review.asked_at),
            ))
            .actions(decide_buttons(review.id, review.revision));
    }
    home = home.divider().header("What you asked for");
    home =
        home.section(lines(queue.asked.iter().map(asked_line), "You have asked for nothing yet."));
    home = home.divider().header("What you decided lately");
    home.section(lines(
        queue.decided.iter().map(|(review, verdict)| decided_line(review, *verdict)),
        "You have decided on nothing yet.",
    ))
}

/// The same in a message to one person.
pub fn queue(queue: &Queue) -> Post {
    let mut card = Card::new(match queue.waiting.len() {
        0 => "Nothing waits for your decision.".to_owned(),
        1 => "One thing waits for your decision.".to_owned(),
        many => format!("{many} things wait for your decision."),
    });
    card = card.header("Waiting for your decision");
    if queue.waiting.is_empty() {
        card = card.section("Nothing waits for you.");
    }
    for review in queue.waiting.iter().take(8) {
        card = card
            .section(format!(
                "*{}* · a {} for {} in {}, since {} · review {}",
                escape(&review.title),
                review.subject,
                mention(&review.requested_by),
                channel_link(&review.channel),
                at(review.asked_at),
                review.id
            ))
            .actions(decide_buttons(review.id, review.revision));
    }
    if queue.waiting.len() > 8 {
        card = card.context(format!("… {} more, in your Home tab.", queue.waiting.len() - 8));
    }
    card.section(format!(
        "*What you asked for*\n{}",
        lines(queue.asked.iter().map(asked_line), "You have asked for nothing yet.")
    ))
    .section(format!(
        "*What you decided lately*\n{}",
        lines(
            queue.decided.iter().map(|(review, verdict)| decided_line(review, *verdict)),
            "You have decided on nothing yet."
        )
    ))
    .finish()
    .0
}

fn lines(lines: impl Iterator<Item = String>, nothing: &str) -> String {
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() { nothing.to_owned() } else { lines.join("\n") }
}

fn asked_line(review: &Listed) -> String {
    format!(
        "• *{}* · {} · review {} in {}",
        cut::cut_markup(&escape(&review.title), 120),
        state_words(review.state),
        review.id,
        channel_link(&review.channel)
    )
}

fn decided_line(review: &Listed, verdict: Verdict) -> String {
    format!(
        "• *{}* · you {}; {} · review {} in {}",
        cut::cut_markup(&escape(&review.title), 120),
        verdict.past(),
        state_words(review.state),
        review.id,
        channel_link(&review.channel)
    )
}

fn state_words(state: State) -> String {
    match (state, state.closed_at()) {
        (State::Approved { .. }, Some(when)) => format!("approved {}, not released yet", at(when)),
        (state, Some(when)) => format!("{} {}", state.words(), at(when)),
        (_, None) => "waits for a decision".to_owned(),
    }
}

/// What a button of a review carries: which review, and the revision the person saw.
pub(super) fn value(review: ReviewId, revision: RevisionId) -> String {
    format!("{review}.{revision}")
}

fn decide_buttons(review: ReviewId, revision: RevisionId) -> [Button; 3] {
    let value = value(review, revision);
    [
        Button::new("Approve", "review.approve").value(&value).primary(),
        Button::new("Request changes", "review.request_changes").value(&value),
        Button::new("Reject", "review.reject").value(&value).danger(),
    ]
}

/// How it stands, in one line or two.
fn standing(review: &Review) -> String {
    let mut line = match review.state {
        State::Open => format!(
            ":hourglass_flowing_sand: *Waiting for a decision*: {}",
            needed(&review.missing())
        ),
        State::Approved { at: when } => match review.release_at() {
            Some(release) if review.terms.hold_s > 0 => {
                format!(":white_check_mark: *Approved* {}; it goes out {}", at(when), at(release))
            }
            _ => format!(":white_check_mark: *Approved* {}", at(when)),
        },
        State::Released { at: when } => {
            format!(":white_check_mark: *Approved and released* {}", at(when))
        }
        State::ChangesRequested { at: when } => match &review.agent {
            Some(agent) => format!(
                ":memo: *Changes requested* {}; the {} agent is asked to make them",
                at(when),
                escape(agent)
            ),
            None => format!(
                ":memo: *Changes requested* {}; {} is asked to make them",
                at(when),
                mention(&review.requested_by)
            ),
        },
        State::Rejected { at: when } => format!(":no_entry: *Rejected* {}", at(when)),
        State::Withdrawn { at: when } => format!(
            ":leftwards_arrow_with_hook: *Withdrawn* by {} {}",
            mention(&review.requested_by),
            at(when)
        ),
        State::Expired { at: when } => {
            format!(
                ":alarm_clock: *Expired* {}: nobody decided in time, so nothing was approved",
                at(when)
            )
        }
        State::Revoked { at: when } => format!(":rewind: *Revoked* {}", at(when)),
    };
    if review.state == State::Open
        && let Some(expiry) = review.expires_at()
    {
        let _ = write!(
            line,
            "\nIf nobody decides, it expires {}, and nothing is approved.",
            at(expiry)
        );
    }
    line
}

pub(super) fn needed(missing: &[Need]) -> String {
    let groups: Vec<String> = missing
        .iter()
        .map(|need| match need.count {
            1 => format!("one approval from {}", escape(&need.group)),
            count => format!("{count} approvals from {}", escape(&need.group)),
        })
        .collect();
    groups.join(", and ")
}

pub(super) fn decided(decision: &Decision) -> String {
    let mut line = format!("{} {}", mention(&decision.person), decision.verdict.past());
    if !decision.stands_for.is_empty() {
        let _ = write!(line, " in the place of {}", people(&decision.stands_for));
    }
    let _ = write!(line, " {}", at(decision.at));
    if decision.kept_from.is_some() {
        line.push_str(" (an earlier revision; the policy keeps it through this change)");
    }
    if let Some(reason) = decision.reason {
        let _ = write!(line, " · {}", reason.words());
    }
    if let Some(comment) = &decision.comment {
        let _ = write!(line, ": {}", escape(comment));
    }
    line
}

pub(super) fn people(people: &[PersonId]) -> String {
    let names: Vec<String> = people.iter().map(mention).collect();
    match names.as_slice() {
        [] => "nobody".to_owned(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

fn checks(content: &Content) -> String {
    let lines: Vec<String> = content
        .checks
        .iter()
        .map(|check| {
            let sign = if check.passed { ":ballot_box_with_check:" } else { ":warning:" };
            format!("{sign} {}", escape(&check.says))
        })
        .collect();
    lines.join("\n")
}

/// The sources that were read, and how old the newest of each was when the card was made.
fn data(sources: &Value, now: Timestamp) -> Option<String> {
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let named: Vec<String> = sources
        .as_array()?
        .iter()
        .filter_map(|source| {
            let name = escape(source["name"].as_str()?);
            let newest = source["newest"].as_str().or_else(|| source["imported"].as_str());
            let age = newest
                .and_then(|day| day.parse::<jiff::civil::Date>().ok())
                .map(|day| (today - day).get_days());
            Some(match age {
                Some(0) => format!("{name} (of today)"),
                Some(1) => format!("{name} (1 day old)"),
                Some(days) if days > 1 => format!("{name} ({days} days old)"),
                _ => name,
            })
        })
        .collect();
    (!named.is_empty()).then(|| format!("data {}", named.join(", ")))
}

/// Enough of a hash to compare by eye.
pub(super) fn short(hash: &[u8]) -> String {
    hex::encode(&hash[..hash.len().min(6)])
}

pub(super) fn at(when: Timestamp) -> String {
    date(when, &when.strftime("%-d %b %Y, %H:%M UTC").to_string())
}
