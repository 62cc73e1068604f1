//! What each act is called, in sentences that a lawyer reads.
//!
//! The table is made of templates. `{name}` stands for a detail of the entry, `{actor}` for who did it,
//! `{subject}` for what it was done to; a stretch in brackets is left out where a detail in it is
//! missing or empty, and where `{?name}` in it is not true. A kind of subject that is not named by itself shares what is said of `*`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::audit::{Actor, Entry};
use crate::ids::PersonId;

/// Act, and how it is told. The first line that fits is taken.
const SENTENCES: &[(&str, &str)] = &[
    ("run.requested", "{actor} asked[ in {channel}]: {question}"),
    ("run.stopped", "{actor} stopped the run before it came to an answer."),
    ("run.found_nothing", "{actor} found nothing that answers the question."),
    ("run.failed", "{actor} failed to answer the question."),
    (
        "source.added",
        "{actor} added the source {name}[, visible to {visible_to}][ {visible_to_whom}].",
    ),
    (
        "source.changed",
        "{actor} changed the source {name}[: it is visible to {visible_to}][ {visible_to_whom}][; its review is due on {review_on}][; it is fresh for {fresh_for_days} days].",
    ),
    (
        "documents.ingested",
        "{actor} brought documents into the source {name}[: {new} new][, {changed} changed][, {retired} retired].",
    ),
    ("evidence.read", "{actor} read the sources {sources}[, and quoted the passages {passages}]."),
    (
        "finding.made",
        "{actor} wrote {subject}[ in run {run}][ with the engine {engine}][, by the prompt {prompt}].",
    ),
    (
        "finding.shared",
        "{actor} shared {subject}, which only they had read[, in {channel}][; quotes left out because not everybody there may see them: {left_out}].",
    ),
    (
        "test_plan.started",
        "{subject} has started by the approved plan[, with the SHA-256 {content_sha256}][; {first_day} is the first day that counts][; it goes on with the counts of test plan {counts_of}].",
    ),
    (
        "test_plan.counted",
        "{actor} took counts of {subject}[ from {source}][, of {first_day}][ to {last_day}][: {new} new][, {changed} corrected][; the counts have the SHA-256 {counts_sha256}].",
    ),
    ("test_plan.replaced", "{subject} ended, because test plan {by} took its place."),
    (
        "test_plan.decided",
        "{subject} was decided by test decision {decision}: {choice}[ {arm}].[{?against_rule} It went against the rule that was agreed on.]",
    ),
    (
        "test_decision.proposed",
        "{actor} put {subject} up: {choice}, about test plan {test}[, saying: {reason}].[{?against_rule} It goes against the rule that was agreed on.]",
    ),
    (
        "leads.ingested",
        "{actor} took leads in from {subject}[: {new} new][, {changed} changed][, {activities} of what they did].",
    ),
    (
        "lead.merged",
        "{actor} merged lead {merged} into {subject}, because they are one[ by {because}].",
    ),
    (
        "lead.erased",
        "{actor} erased {subject}: by what it is reached, what is known of it, and what it did.",
    ),
    (
        "lead.handed_over",
        "{actor} handed {subject} over to sales[, to {to}][, with {points} points][, where {threshold} do][, scored by {score}].",
    ),
    (
        "scoring.learned",
        "{actor} learned {subject} from {answers} answers of sales.[{?counts} Leads are scored by it from then on.]",
    ),
    ("scoring.chosen", "{actor} chose what leads are scored by: {subject}."),
    (
        "lead.summed_up",
        "{actor} had {subject} summed up with {model}, by {prompt}.[{?shown} What it wrote stands on the note.][ What it wrote is not shown: {why}.]",
    ),
    ("lead.claimed", "{actor} claimed {subject}[{?in_time} in time]."),
    ("lead.revealed", "{actor} read by what {subject} is reached."),
    ("lead.returned", "{actor} returned {subject}[ as {reason_code}]."),
    ("lead.snoozed", "{actor} snoozed {subject}[ until {until}]."),
    ("lead.reassigned", "{actor} gave {subject} to another[: {to}]."),
    ("lead.qualified", "{actor} found {subject} worth an offer."),
    ("lead.won", "{actor} won {subject}."),
    ("lead.lost", "{actor} lost {subject}."),
    ("lead.woken", "The snooze of {subject} was over."),
    ("lead.reminded", "{actor} reminded sales of {subject}[: {to}]."),
    ("lead.escalated", "{actor} told {to} that nobody had claimed {subject}."),
    ("lead.undone", "{actor} took back what was done with {subject}[: {undone}]."),
    ("lead.taken_back", "{actor} took {subject} back from sales[: {because}]."),
    (
        "alert.opened",
        "{actor} opened {subject}[, about {source}][, for the cause {cause}][, with {lines} of its lines][, by the route {route}].",
    ),
    ("alert.acknowledged", "{actor} said that they look at {subject}."),
    ("alert.snoozed", "{actor} snoozed {subject}[ until {until}]."),
    ("alert.woken", "The snooze of {subject} ended."),
    ("alert.resolved", "{actor} resolved {subject}."),
    ("alert.ended", "{subject} ended by itself[, because {why}]."),
    ("alert.not_useful", "{actor} said that {subject} was not useful[: {reason}]."),
    ("alert.investigated", "{actor} had the research agent look into {subject}."),
    ("summary.shared", "{actor} shared {subject} in its channel."),
    ("summary.turned_off", "{actor} turned the daily summary of a channel off."),
    ("summary.turned_on", "{actor} turned the daily summary of a channel on again."),
    ("alert.undone", "{actor} took back what was done to {subject}[, which was {undone}]."),
    ("alert.called", "Countersign called the owners of {subject}, once the quiet hours were over."),
    (
        "alert.escalated",
        "{actor} escalated {subject}[ to {to}], because nobody had acknowledged it.",
    ),
    ("*.proposed", "{actor} put {subject} up for a decision[ in {channel}][ for {requested_by}]."),
    ("*.checked", "{actor} had {subject} checked[; passed: {passed}][; failed: {failed}]."),
    (
        "policy.evaluated",
        "{actor} evaluated the policies on {subject}[ with the labels {labels}]: {policies}[, of version {policy_version},] apply[, so that these groups were asked to decide: {needs}].",
    ),
    (
        "review.opened",
        "{actor} put {subject} to review[ for {requested_by}][, as revision {revision}][, under policy version {policy_version}].[ The exact text has the SHA-256 {content_sha256}.]",
    ),
    (
        "*.revised",
        "{actor} changed the text of {subject}[: revision {revision}][ takes the place of revision {instead_of}][; the approvals of {kept} stay].[ The exact text has the SHA-256 {content_sha256}.]",
    ),
    (
        "*.approved",
        "{actor} approved {subject}[ as one of {groups}][, in place of {stands_for}][, under the policies {policies}][, version {policy_version}][, saying: {reason}].[ The decision is on the text with the SHA-256 {content_sha256}.][ Confirmed: {questions}][{?faster_than_reading} It took less time than the text takes to read.][ The review was then {state}.]",
    ),
    (
        "*.rejected",
        "{actor} rejected {subject}[ as one of {groups}][, in place of {stands_for}][, under the policies {policies}][, version {policy_version}][, as {reason_code}][, saying: {reason}].[ The decision is on the text with the SHA-256 {content_sha256}.][{?faster_than_reading} It took less time than the text takes to read.][ The review was then {state}.]",
    ),
    (
        "*.changes_requested",
        "{actor} asked for changes of {subject}[ as one of {groups}][, in place of {stands_for}][, under the policies {policies}][, version {policy_version}][, saying: {reason}].[ The decision is on the text with the SHA-256 {content_sha256}.][{?faster_than_reading} It took less time than the text takes to read.][ The review was then {state}.]",
    ),
    ("*.decision_undone", "{actor} took back the decision on {subject}[, which was {verdict}]."),
    ("*.withdrawn", "{actor} withdrew {subject}."),
    ("*.found_useful", "{actor} found {subject} useful[, instead of {instead_of}]."),
    ("*.found_not_useful", "{actor} found {subject} not useful[, instead of {instead_of}]."),
    ("*.rating_withdrawn", "{actor} took back that {subject} was {instead_of}."),
    ("*.disputed", "{actor} disputed {subject}[, in {part}][, saying: {reason}]."),
    ("*.dispute_withdrawn", "{actor} withdrew the dispute of {subject}."),
    ("*.expired", "The review of {subject} expired; nothing was approved by that."),
    (
        "*.released",
        "{subject} was released[ to {sinks}]: exactly the approved text[, with the SHA-256 {content_sha256}].",
    ),
    (
        "*.release_refused",
        "{actor} refused to release {subject}: what is stored is not what was decided on.",
    ),
    (
        "release.delivered",
        "The message that {subject} was {event} was delivered to the {sink}[ at attempt {attempts}][, which answered {status}].",
    ),
    (
        "release.undelivered",
        "The message that {subject} was {event} was given up: the {sink} did not take it[ in {attempts} attempts][; it last answered {status}].",
    ),
    (
        "release.sent_again",
        "{actor} had the message that {subject} was {event} sent to the {sink} again.",
    ),
    ("*.revoked", "{actor} revoked {subject}[, saying: {reason}]."),
    (
        "review.reminded",
        "{actor} reminded those who had not decided on {subject}[, for the {number}. time].",
    ),
    ("place.handed_over", "{actor} handed their place to {to}[ until {until}]."),
    ("place.taken_back", "{actor} took their place back[ from {to}]."),
    ("review.escalated", "{actor} escalated the review of {subject}[ to {to}]."),
];

/// Details whose value is a commitment to a text: where the text is not there, it was erased.
const TEXTS: &[&str] =
    &["question", "reason", "comment", "note", "changes", "title", "instruction", "text"];

const ERASED: &str = "(erased)";

/// How people and texts are written where the sentence is read.
pub struct Voice {
    pub person: fn(&PersonId) -> String,
    pub channel: fn(&str) -> String,
    pub escape: fn(&str) -> String,
}

/// One entry as a sentence.
pub fn tell(entry: &Entry, texts: &BTreeMap<String, String>, voice: &Voice) -> String {
    let teller = Teller { entry, texts, voice };
    let template = SENTENCES.iter().find(|(act, _)| is_told_by(&entry.act, act));
    let told = template.and_then(|(_, template)| teller.fill(template));
    told.unwrap_or_else(|| teller.plainly())
}

fn is_told_by(act: &str, pattern: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(ending) => act.ends_with(ending),
        None => act == pattern,
    }
}

struct Teller<'a> {
    entry: &'a Entry,
    texts: &'a BTreeMap<String, String>,
    voice: &'a Voice,
}

impl Teller<'_> {
    /// Nothing where the entry lacks what the sentence cannot do without.
    fn fill(&self, template: &str) -> Option<String> {
        let mut told = String::new();
        let mut rest = template;
        while let Some((before, optional)) = rest.split_once('[') {
            let (optional, after) = optional.split_once(']')?;
            told += &self.put(before)?;
            told += &self.put(optional).unwrap_or_default();
            rest = after;
        }
        told += &self.put(rest)?;
        Some(told.trim_end().to_owned())
    }

    fn put(&self, stretch: &str) -> Option<String> {
        let mut told = String::new();
        let mut rest = stretch;
        while let Some((before, name)) = rest.split_once('{') {
            let (name, after) = name.split_once('}')?;
            told += before;
            told += &self.named(name)?;
            rest = after;
        }
        Some(told + rest)
    }

    fn named(&self, name: &str) -> Option<String> {
        if let Some(flag) = name.strip_prefix('?') {
            return (self.entry.details.get(flag)? == &Value::Bool(true)).then(String::new);
        }
        match name {
            "actor" => Some(self.actor()),
            "subject" => Some(self.subject()),
            name => {
                let value = self.entry.details.get(name).filter(|value| !is_empty(value))?;
                Some(self.detail(name, value))
            }
        }
    }

    fn actor(&self) -> String {
        match &self.entry.actor {
            Actor::Person(person) => (self.voice.person)(person),
            Actor::Agent(agent) => format!("The {} agent", (self.voice.escape)(agent)),
            Actor::Bot => "Countersign".to_owned(),
            Actor::CommandLine(account) => {
                format!("{}, on the command line,", (self.voice.escape)(account))
            }
        }
    }

    fn subject(&self) -> String {
        let kind = self.entry.subject.kind.replace('_', " ");
        format!("{} {}", (self.voice.escape)(&kind), (self.voice.escape)(&self.entry.subject.id))
    }

    fn detail(&self, name: &str, value: &Value) -> String {
        match value {
            Value::String(text) if TEXTS.contains(&name) => match self.texts.get(text) {
                Some(text) => format!("“{}”", (self.voice.escape)(text)),
                None if is_hash(text) => ERASED.to_owned(),
                None => (self.voice.escape)(text),
            },
            Value::String(text) if name == "channel" => (self.voice.channel)(text),
            Value::String(text) if is_person(text) => {
                (self.voice.person)(&PersonId::from(text.as_str()))
            }
            Value::String(text) => match self.texts.get(text) {
                Some(text) => format!("“{}”", (self.voice.escape)(text)),
                None if name == "state" && text == "changes_requested" => {
                    "sent back for changes".to_owned()
                }
                None if matches!(name, "state" | "reason_code" | "verdict" | "instead_of") => {
                    (self.voice.escape)(&text.replace('_', " "))
                }
                None => (self.voice.escape)(text),
            },
            Value::Array(items) => {
                let items = items.iter().map(|item| self.detail(name, item));
                items.collect::<Vec<_>>().join(", ")
            }
            Value::Object(members) => {
                let members = members.iter().map(|(name, value)| {
                    format!("{}: {}", (self.voice.escape)(name), self.detail(name, value))
                });
                members.collect::<Vec<_>>().join(", ")
            }
            other => (self.voice.escape)(&other.to_string()),
        }
    }

    /// For an act that this version has no sentence for: what the record says, and no more.
    fn plainly(&self) -> String {
        let there = self.entry.details.iter().filter(|(_, value)| !is_empty(value));
        let details = there.map(|(name, value)| {
            format!("{} {}", (self.voice.escape)(&name.replace('_', " ")), self.detail(name, value))
        });
        let details = details.collect::<Vec<_>>().join("; ");
        let act = (self.voice.escape)(&self.entry.act);
        let told = format!("{}: the act “{act}” on {}", self.actor(), self.subject());
        if details.is_empty() { format!("{told}.") } else { format!("{told}. {details}.") }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Slack's ids of people: capitals and digits after U or W.
fn is_person(text: &str) -> bool {
    text.len() >= 9
        && text.starts_with(['U', 'W'])
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Subject;
    use crate::ids::{EntryId, WorkspaceId};
    use serde_json::json;

    const VOICE: Voice = Voice {
        person: |person| format!("@{person}"),
        channel: |channel| format!("#{channel}"),
        escape: |text| text.to_owned(),
    };

    fn entry(act: &str, actor: Actor, details: Value) -> Entry {
        Entry {
            id: EntryId(7),
            leaf: Some(6),
            workspace: WorkspaceId(1),
            at: jiff::Timestamp::UNIX_EPOCH,
            actor,
            act: act.to_owned(),
            subject: Subject::new("finding", 3),
            details: details.as_object().unwrap().clone(),
            payload: Vec::new(),
        }
    }

    #[test]
    fn an_act_is_told_in_a_sentence() {
        let hash = "ab".repeat(32);
        let texts = BTreeMap::from([(hash.clone(), "Too long.".to_owned())]);
        let check = |act: &str, details: Value, expected: &str| {
            let entry = entry(act, Actor::Person("UDANA0000".into()), details);
            assert_eq!(tell(&entry, &texts, &VOICE), expected);
        };
        check(
            "finding.rejected",
            json!({"reason": hash, "groups": ["brand", "legal"], "policies": ["findings"],
                   "policy_version": "abc", "state": "changes_requested"}),
            "@UDANA0000 rejected finding 3 as one of brand, legal, under the policies findings, version abc, saying: “Too long.”. The review was then sent back for changes.",
        );
        check(
            "finding.rejected",
            json!({"reason": "cd".repeat(32)}),
            "@UDANA0000 rejected finding 3, saying: (erased).",
        );
        check("finding.approved", json!({"groups": []}), "@UDANA0000 approved finding 3.");
        check(
            "finding.approved",
            json!({"faster_than_reading": true}),
            "@UDANA0000 approved finding 3. It took less time than the text takes to read.",
        );
        check(
            "finding.filed_away",
            json!({"for": "UMAYA0000", "shelf": 4, "note_kept": hash}),
            "@UDANA0000: the act “finding.filed_away” on finding 3. for @UMAYA0000; shelf 4; note kept “Too long.”.",
        );
        check("run.requested", json!({}), "@UDANA0000: the act “run.requested” on finding 3.");
    }

    #[test]
    fn every_template_can_be_filled() {
        for (act, template) in SENTENCES {
            assert_eq!(template.matches('[').count(), template.matches(']').count(), "{act}");
            assert_eq!(template.matches('{').count(), template.matches('}').count(), "{act}");
        }
    }
}
