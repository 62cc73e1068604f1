//! What is recorded: one act, by one actor, on one subject, and what was deliberately put with it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context, ensure};
use jiff::{Timestamp, TimestampRound, Unit};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::canonical;
use super::texts::Commitment;
use crate::ids::{PersonId, WorkspaceId};

/// The version of the encoding that this code writes.
const VERSION: i64 = 1;

/// Far above any act, far below what would make the trail slow to read.
const LARGEST_BYTES: usize = 64 * 1024;

/// One act, as it goes into the trail.
#[derive(Clone, Debug)]
pub struct Event {
    pub workspace: WorkspaceId,
    pub at: Timestamp,
    pub actor: Actor,
    /// What happened: noun, dot, participle, as in `draft.approved`.
    pub act: &'static str,
    pub subject: Subject,
    pub details: BTreeMap<&'static str, Value>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Actor {
    Person(PersonId),
    /// By its name in the team manifest.
    Agent(String),
    /// Countersign itself: a schedule, a policy, an expiry.
    Bot,
    /// Who ran a subcommand, as the operating system names the account.
    CommandLine(String),
}

/// What the act was done to.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Subject {
    pub kind: Cow<'static, str>,
    pub id: String,
}

impl Subject {
    pub fn new(kind: &'static str, id: impl fmt::Display) -> Self {
        Self { kind: Cow::Borrowed(kind), id: id.to_string() }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.id)
    }
}

/// A detail of an act.
///
/// There is no conversion from `String`, so that nothing a person wrote gets in by habit: a text goes
/// in as the [`Commitment`] to it, and what is not a text says by its constructor what it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Value(pub(super) Repr);

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Repr {
    Flag(bool),
    Number(i64),
    Text(String),
    List(Vec<Value>),
    Map(BTreeMap<String, Value>),
}

impl Value {
    /// An id, ours or Slack's.
    pub fn id(id: impl fmt::Display) -> Self {
        Self(Repr::Text(id.to_string()))
    }

    /// What the installation's own configuration calls something (an agent, a prompt and its version,
    /// a policy, a group, a source). Never what a person typed into a chat.
    pub fn name(name: impl Into<String>) -> Self {
        Self(Repr::Text(name.into()))
    }

    /// A SHA-256 hash, in hexadecimal. Of a text that may hold personal data it would give the text
    /// away to anyone who guesses it: that takes a [`Commitment`].
    pub fn hash(hash: &[u8; 32]) -> Self {
        Self(Repr::Text(hex::encode(hash)))
    }

    pub fn time(at: Timestamp) -> Self {
        Self(Repr::Text(written(at)))
    }

    pub fn list(items: impl IntoIterator<Item = Value>) -> Self {
        Self(Repr::List(items.into_iter().collect()))
    }

    pub fn map<K: Into<String>>(members: impl IntoIterator<Item = (K, Value)>) -> Self {
        Self(Repr::Map(members.into_iter().map(|(key, value)| (key.into(), value)).collect()))
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self(Repr::Flag(flag))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self(Repr::Number(number))
    }
}

/// A word of the code: a verdict, a state, a reason code.
impl From<&'static str> for Value {
    fn from(word: &'static str) -> Self {
        Self(Repr::Text(word.to_owned()))
    }
}

impl From<Commitment> for Value {
    fn from(commitment: Commitment) -> Self {
        Self::hash(&commitment.0)
    }
}

impl Event {
    /// The canonical bytes: the record itself, of which the leaf hash is taken.
    pub(super) fn payload(&self) -> anyhow::Result<Vec<u8>> {
        let actor = match &self.actor {
            Actor::Person(person) => Value::map([("person", Value::id(person))]),
            Actor::Agent(agent) => Value::map([("agent", Value::name(agent))]),
            Actor::Bot => Value::map([("bot", Value::name("countersign"))]),
            Actor::CommandLine(who) => Value::map([("command_line", Value::name(who))]),
        };
        let record = Value::map([
            ("act", Value::from(self.act)),
            ("actor", actor),
            ("at", Value::time(self.at)),
            ("details", Value::map(self.details.iter().map(|(key, value)| (*key, value.clone())))),
            (
                "subject",
                Value::map([
                    ("kind", Value::name(self.subject.kind.as_ref())),
                    ("id", Value::id(&self.subject.id)),
                ]),
            ),
            ("v", Value::from(VERSION)),
            ("workspace", Value::from(self.workspace.0)),
        ]);

        let payload = canonical::encode(&record)?;
        ensure!(
            payload.len() <= LARGEST_BYTES,
            "an entry of {} bytes is no record but content: {}",
            payload.len(),
            self.act
        );
        Ok(payload)
    }
}

/// A payload, read back. Borrows what it can, because verification reads a million of them.
#[derive(Deserialize)]
pub(super) struct Record<'a> {
    #[serde(borrow)]
    pub act: Cow<'a, str>,
    #[serde(borrow)]
    pub actor: RecordedActor<'a>,
    pub at: Timestamp,
    #[serde(borrow)]
    pub details: &'a RawValue,
    #[serde(borrow)]
    pub subject: RecordedSubject<'a>,
    pub workspace: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RecordedActor<'a> {
    Person(#[serde(borrow)] Cow<'a, str>),
    Agent(#[serde(borrow)] Cow<'a, str>),
    Bot(serde::de::IgnoredAny),
    CommandLine(#[serde(borrow)] Cow<'a, str>),
}

#[derive(Deserialize)]
pub(super) struct RecordedSubject<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    id: Cow<'a, str>,
}

/// What entries are looked up by, copied out of the payload into the row of the leaf.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Searchable {
    pub workspace: i64,
    pub at: Timestamp,
    pub subject: String,
}

impl<'a> Record<'a> {
    pub fn read(payload: &'a [u8]) -> anyhow::Result<Self> {
        serde_json::from_slice(payload).context("not a record of the audit trail")
    }
}

impl Searchable {
    /// Nothing for a payload that is not ours, or that says what no column can hold: whoever may
    /// insert an entry must not be able to stop the sequencer with one.
    pub fn of(payload: &[u8]) -> Option<Self> {
        let record = Record::read(payload).ok()?;
        let subject = record.subject.to_subject().to_string();
        let at = microseconds(record.at);
        (at >= Timestamp::UNIX_EPOCH && !subject.contains('\0')).then_some(Self {
            workspace: record.workspace,
            at,
            subject,
        })
    }
}

impl RecordedActor<'_> {
    pub fn to_actor(&self) -> Actor {
        match self {
            Self::Person(person) => Actor::Person(PersonId(person.to_string())),
            Self::Agent(agent) => Actor::Agent(agent.to_string()),
            Self::Bot(_) => Actor::Bot,
            Self::CommandLine(who) => Actor::CommandLine(who.to_string()),
        }
    }
}

impl RecordedSubject<'_> {
    pub fn to_subject(&self) -> Subject {
        Subject { kind: Cow::Owned(self.kind.to_string()), id: self.id.to_string() }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(person) => person.fmt(f),
            Self::Agent(agent) => write!(f, "agent {agent}"),
            Self::Bot => f.write_str("bot"),
            Self::CommandLine(who) => write!(f, "{who} on the command line"),
        }
    }
}

/// UTC with exactly six digits of a second, which is what Postgres keeps.
fn written(at: Timestamp) -> String {
    microseconds(at).strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// Cut, not rounded: an act is never recorded later than it was.
fn microseconds(at: Timestamp) -> Timestamp {
    let cut = TimestampRound::new().smallest(Unit::Microsecond).mode(jiff::RoundMode::Floor);
    at.round(cut).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        Event {
            workspace: WorkspaceId(7),
            at: "2026-11-22T09:00:00.1234567Z".parse().unwrap(),
            actor: Actor::Person(PersonId::from("U024BE7LH")),
            act: "draft.approved",
            subject: Subject::new("draft", 42),
            details: BTreeMap::from([("verdict", "approve".into()), ("revision", 3.into())]),
        }
    }

    #[test]
    fn the_payload_is_the_record() {
        assert_eq!(
            String::from_utf8(event().payload().unwrap()).unwrap(),
            concat!(
                r#"{"act":"draft.approved","actor":{"person":"U024BE7LH"},"#,
                r#""at":"2026-11-22T09:00:00.123456Z","details":{"revision":3,"verdict":"approve"},"#,
                r#""subject":{"id":"42","kind":"draft"},"v":1,"workspace":7}"#
            )
        );
    }

    #[test]
    fn what_was_written_is_read() {
        let payload = event().payload().unwrap();
        let record = Record::read(&payload).unwrap();

        assert_eq!(record.actor.to_actor(), Actor::Person(PersonId::from("U024BE7LH")));
        assert_eq!(record.subject.to_subject(), Subject::new("draft", 42));
        let searchable = Searchable::of(&payload).unwrap();
        assert_eq!(searchable.subject, "draft:42");
        assert_eq!(searchable.at, "2026-11-22T09:00:00.123456Z".parse().unwrap());
        assert_eq!(record.details.get(), r#"{"revision":3,"verdict":"approve"}"#);
    }

    #[test]
    fn a_payload_that_is_not_ours_is_looked_up_by_nothing() {
        assert_eq!(Searchable::of(b"{}"), None);
        let mut event = event();
        event.subject = Subject::new("draft", "4\u{0}2");
        assert_eq!(Searchable::of(&event.payload().unwrap()), None);
    }

    #[test]
    fn content_does_not_pass_for_a_record() {
        let mut event = event();
        event.details.insert("text", Value::name("a".repeat(LARGEST_BYTES)));
        assert!(event.payload().unwrap_err().to_string().contains("no record but content"));
    }
}
