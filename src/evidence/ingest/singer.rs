//! What a Singer tap sends: a source for each stream, and a STATE back when all before it is kept.
//!
//! A thread reads and gathers (`Gathering`); this side stores and publishes. A STATE that comes while
//! little waits is held back until more does, ten seconds have passed, or the tap has ended; a newer
//! one takes its place.
//!
//! **Invariant.** A STATE is given back only after everything before it is visible.
//! **Invariant.** Of a tap that closes what it sends with a STATE, what comes after the last one is not
//! taken: the tap was cut off, and sends it again.

use std::collections::BTreeMap;
use std::mem;

use jiff::{SignedDuration, Timestamp};
use sqlx::{PgConnection, PgPool};
use tokio::sync::mpsc;

use super::import::{Absent, Import};
use super::portion::{self, Hashed, Languages, Portion};
use super::{Summary, lock, store};
use crate::audit::Actor;
use crate::clock::Clock;
use crate::error::{Error, Refusal, Result};
use crate::evidence::read::{Input, Messages, Named, Record, Step, StreamMapping, Unread};
use crate::evidence::source::{self, SourceSpec};
use crate::ids::{SourceId, WorkspaceId};

/// Records after which a STATE is worth a commit of its own …
const WORTH_IT: usize = 1_000;

/// … and the time after which it is in any case.
const AT_LATEST: SignedDuration = SignedDuration::from_secs(10);

/// How the messages of a tap are taken.
#[derive(Clone, Debug, Default)]
pub struct SingerOptions {
    pub mapping: StreamMapping,
    /// The sources that streams belong to; a stream that is not named is a source by its own name.
    pub sources: Vec<Named>,
    /// What is said of all these sources. The name is not used.
    pub about: SourceSpec,
    /// Whether ACTIVATE_VERSION may retire more than half of a source.
    pub retire_most: bool,
}

/// What a tap brought.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SingerSummary {
    /// By source.
    pub sources: BTreeMap<String, Summary>,
    pub notes: Vec<String>,
    /// Records after the last STATE of a tap that closes what it sends with one.
    pub cut_off: u64,
    /// What broke the protocol, and ended the reading there.
    pub broken: Option<String>,
}

/// Takes what a tap sends, and gives each STATE to `give_back` once everything before it is visible.
pub async fn ingest_singer(
    db: &PgPool,
    clock: &Clock,
    workspace: WorkspaceId,
    by: &Actor,
    options: &SingerOptions,
    input: &Input,
    mut give_back: impl FnMut(&str) -> Result<()>,
) -> Result<SingerSummary> {
    let messages = Messages::open(input, options.mapping.clone())?;
    let (sender, mut work) = mpsc::channel(1);
    let gathering = Gathering::new(messages, clock.clone());
    // A thread that the end of the process does not wait for: a tap may be silent for long.
    std::thread::spawn(move || gathering.run(&sender));

    // The connection is this import's own: its locks end with it, however that is.
    let mut connection = db.acquire().await?.detach();
    let mut target = Target {
        clock,
        workspace,
        by,
        options,
        sources: BTreeMap::new(),
        summary: Default::default(),
    };
    while let Some(next) = work.recv().await {
        match next {
            Work::Portion(stream, portion) => {
                target
                    .import(&mut connection, &stream)
                    .await?
                    .store(&mut connection, portion)
                    .await?;
            }
            Work::Activate(stream, version) => {
                target.activate(&mut connection, &stream, version).await?;
            }
            Work::State(value) => {
                target.publish(&mut connection).await?;
                give_back(&value)?;
            }
            Work::Ended { notes, cut_off, broken } => {
                let summary = &mut target.summary;
                (summary.notes, summary.cut_off, summary.broken) = (notes, cut_off, None);
                if cut_off > 0 || broken.is_some() {
                    target.discard(&mut connection).await?;
                } else {
                    target.publish(&mut connection).await?;
                }
                match broken {
                    Some(Error::Fault(fault)) => return Err(fault.into()),
                    Some(Error::Refused(refusal)) => {
                        target.summary.broken = Some(refusal.to_string());
                    }
                    None => {}
                }
                return Ok(target.summary);
            }
        }
    }
    Err(anyhow::anyhow!("the tap's messages ended before they were over").into())
}

/// Where it all goes.
struct Target<'a> {
    clock: &'a Clock,
    workspace: WorkspaceId,
    by: &'a Actor,
    options: &'a SingerOptions,
    /// By stream.
    sources: BTreeMap<String, Destination>,
    summary: SingerSummary,
}

struct Destination {
    name: String,
    id: SourceId,
    import: Option<Import>,
}

impl Target<'_> {
    /// The import of a stream that is under way, or a new one.
    async fn import(&mut self, db: &mut PgConnection, stream: &str) -> Result<&mut Import> {
        if !self.sources.contains_key(stream) {
            let name = self.source_of(stream)?;
            let spec = SourceSpec { name: name.clone(), ..self.options.about.clone() };
            let id = source::declare(db, self.clock, self.workspace, self.by, &spec).await?;
            lock(db, id, &name).await?;
            self.sources.insert(stream.to_owned(), Destination { name, id, import: None });
        }
        let missing = || anyhow::anyhow!("a stream has no source");
        let destination = self.sources.get_mut(stream).ok_or_else(missing)?;
        if destination.import.is_none() {
            let begun = Import::begin_anew(db, self.clock, self.workspace, destination.id).await?;
            destination.import = Some(begun);
        }
        destination.import.as_mut().ok_or_else(|| missing().into())
    }

    /// Has what was not met in this version retired with the import that is under way.
    async fn activate(&mut self, db: &mut PgConnection, stream: &str, version: i64) -> Result<()> {
        let even_most = self.options.retire_most;
        self.import(db, stream).await?.absent = Absent::RetireBut { version, even_most };
        let Some(Destination { name, import: Some(import), .. }) = self.sources.get_mut(stream)
        else {
            return Ok(());
        };
        // What was refused under an earlier STATE counts like what is refused now.
        if let Some(earlier) = self.summary.sources.get(name) {
            import.unreadable_before = earlier.unreadable;
        }
        Ok(())
    }

    fn source_of(&self, stream: &str) -> Result<String> {
        let named = &self.options.sources;
        let own = named.iter().find(|it| it.stream.as_deref() == Some(stream));
        let found = own.or_else(|| named.iter().find(|it| it.stream.is_none()));
        let name = found.map_or(stream, |it| &it.name).to_owned();
        if let Some((other, _)) = self.sources.iter().find(|(_, it)| it.name == name) {
            let sentence = format!(
                "The streams “{other}” and “{stream}” would both go into “{name}”, where their ids \
                 could be the same. Name a source for each: --source {stream}:NAME."
            );
            return Err(Refusal::Unreadable(sentence).into());
        }
        Ok(name)
    }

    async fn publish(&mut self, db: &mut PgConnection) -> Result<()> {
        for destination in self.sources.values_mut() {
            let Some(mut import) = destination.import.take() else { continue };
            match import.publish(db, self.clock, self.by, &destination.name).await {
                Err(Error::Refused(refusal @ Refusal::RetiresMost { .. })) => {
                    import.absent = Absent::Stay;
                    import.summary.notes.push(refusal.to_string());
                    import.publish(db, self.clock, self.by, &destination.name).await?;
                }
                published => published?,
            }
            let sum = self.summary.sources.entry(destination.name.clone()).or_default();
            sum.add(import.summary);
        }
        Ok(())
    }

    async fn discard(&mut self, db: &mut PgConnection) -> Result<()> {
        for destination in self.sources.values_mut() {
            if let Some(import) = destination.import.take() {
                store::discard(db, self.workspace, import.ingest).await?;
            }
        }
        Ok(())
    }
}

/// What the reading thread gives to do.
enum Work {
    Portion(String, Portion),
    Activate(String, i64),
    State(String),
    Ended { notes: Vec<String>, cut_off: u64, broken: Option<Error> },
}

/// What waits between two commits, in the order in which it came.
enum Waiting {
    Record { stream: String, version: Option<i64>, record: Result<Record, Unread> },
    Activate { stream: String, version: i64 },
}

/// Reads ahead, and says when what was read is to be stored.
struct Gathering {
    messages: Messages,
    clock: Clock,
    waiting: Vec<Waiting>,
    bytes: usize,
    /// A STATE, and how many of those that wait come before it.
    held: Option<(String, usize)>,
    since: Timestamp,
    /// Records stored or waiting since the last STATE.
    after_state: u64,
    /// Whether a STATE ever followed on records.
    closes: bool,
    languages: BTreeMap<String, Languages>,
}

/// Nobody takes the work any more.
struct Abandoned;

impl Gathering {
    fn new(messages: Messages, clock: Clock) -> Self {
        Self {
            messages,
            since: clock.now(),
            clock,
            waiting: Vec::new(),
            bytes: 0,
            held: None,
            after_state: 0,
            closes: false,
            languages: BTreeMap::new(),
        }
    }

    fn run(mut self, sender: &mpsc::Sender<Work>) {
        let broken = loop {
            let step = match self.messages.next() {
                Ok(Some(step)) => step,
                Ok(None) => break None,
                Err(error) => break Some(error),
            };
            if self.take(step, sender).is_err() {
                return;
            }
        };
        if self.flush_to_state(sender).is_err() {
            return;
        }
        // A broken tap without any STATE has given nothing that could be relied on either.
        let is_cut_off = self.closes || broken.is_some();
        let cut_off = if is_cut_off { self.after_state } else { 0 };
        if !is_cut_off && self.flush(self.waiting.len(), sender).is_err() {
            return;
        }
        let notes = self.messages.notes();
        let _ = sender.blocking_send(Work::Ended { notes, cut_off, broken });
    }

    fn take(&mut self, step: Step, sender: &mpsc::Sender<Work>) -> Result<(), Abandoned> {
        match step {
            Step::Record { stream, version, record } => {
                self.bytes += record.as_ref().map_or(0, |it| it.text.len());
                self.after_state += 1;
                self.waiting.push(Waiting::Record { stream, version, record });
            }
            Step::Activate { stream, version } => {
                self.waiting.push(Waiting::Activate { stream, version });
            }
            Step::State(value) => {
                self.closes |= self.after_state > 0;
                self.after_state = 0;
                self.held = Some((value, self.waiting.len()));
                let waited = self.clock.now().duration_since(self.since);
                if self.waiting.len() >= WORTH_IT || waited >= AT_LATEST {
                    self.flush_to_state(sender)?;
                }
            }
        }
        if portion::is_full(self.waiting.len(), self.bytes) {
            self.flush_to_state(sender)?;
            if portion::is_full(self.waiting.len(), self.bytes) {
                self.flush(self.waiting.len(), sender)?;
            }
        }
        Ok(())
    }

    fn flush_to_state(&mut self, sender: &mpsc::Sender<Work>) -> Result<(), Abandoned> {
        let Some((value, before)) = self.held.take() else { return Ok(()) };
        self.flush(before, sender)?;
        self.since = self.clock.now();
        send(sender, Work::State(value))
    }

    /// Gives the first of those that wait to be stored: a portion for each stream and version.
    fn flush(&mut self, count: usize, sender: &mpsc::Sender<Work>) -> Result<(), Abandoned> {
        let rest = self.waiting.split_off(count);
        let mut portions: BTreeMap<(String, Option<i64>), Portion> = BTreeMap::new();
        for it in mem::replace(&mut self.waiting, rest) {
            match it {
                Waiting::Record { stream, version, record } => {
                    let languages = self.languages.entry(stream.clone()).or_default();
                    let portion = portions.entry((stream, version)).or_default();
                    portion.records += 1;
                    portion.version = version;
                    match record {
                        Ok(record) => {
                            languages.note(&record.text);
                            portion.read.push(Hashed::new(record, languages.usual()));
                        }
                        Err(unread) => portion.unread.push(unread),
                    }
                }
                Waiting::Activate { stream, version } => {
                    for ((stream, _), portion) in mem::take(&mut portions) {
                        send(sender, Work::Portion(stream, portion))?;
                    }
                    send(sender, Work::Activate(stream, version))?;
                }
            }
        }
        for ((stream, _), portion) in portions {
            send(sender, Work::Portion(stream, portion))?;
        }
        let left = self.waiting.iter().map(|it| match it {
            Waiting::Record { record: Ok(record), .. } => record.text.len(),
            _ => 0,
        });
        self.bytes = left.sum();
        Ok(())
    }
}

fn send(sender: &mpsc::Sender<Work>, work: Work) -> Result<(), Abandoned> {
    sender.blocking_send(work).map_err(|_| Abandoned)
}
