//! Reads ahead on a thread of its own, and says when what was read is to be stored.

use std::collections::BTreeMap;
use std::mem;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use super::messages::{Messages, Step};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::evidence::{self, Portion, Record, Sorted, Unread};
use crate::leads::ingest;
use crate::readings::Batch;

/// Records after which a STATE is worth a commit of its own …
const WORTH_IT: usize = 1_000;

/// … and the time after which it is in any case.
const AT_LATEST: SignedDuration = SignedDuration::from_secs(10);

/// What the reading thread gives to do.
pub enum Work {
    Documents(String, Portion),
    Readings(String, Batch),
    Leads(String, Vec<ingest::Read>),
    Activate(String, i64),
    State(String),
    Ended { notes: Vec<String>, cut_off: u64, broken: Option<Error> },
}

/// What waits between two commits, in the order in which it came.
enum Waiting {
    Document { stream: String, version: Option<i64>, record: Result<Record, Unread> },
    Readings { stream: String, batch: Batch, bytes: usize },
    Lead { stream: String, record: ingest::Read, bytes: usize },
    Activate { stream: String, version: i64 },
}

/// Reads ahead, and says when what was read is to be stored.
pub struct Gathering {
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
    documents: Sorted,
}

/// Nobody takes the work any more.
struct Abandoned;

impl Gathering {
    pub fn new(messages: Messages, clock: Clock) -> Self {
        Self {
            messages,
            since: clock.now(),
            clock,
            waiting: Vec::new(),
            bytes: 0,
            held: None,
            after_state: 0,
            closes: false,
            documents: Sorted::default(),
        }
    }

    pub fn run(mut self, sender: &mpsc::Sender<Work>) {
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
            Step::Document { stream, version, record } => {
                self.after_state += 1;
                self.wait(Waiting::Document { stream, version, record });
            }
            Step::Readings { stream, batch, bytes } => {
                self.after_state += 1;
                self.wait(Waiting::Readings { stream, batch, bytes });
            }
            Step::Lead { stream, record, bytes } => {
                self.after_state += 1;
                self.wait(Waiting::Lead { stream, record, bytes });
            }
            Step::Activate { stream, version } => {
                self.wait(Waiting::Activate { stream, version });
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
        if evidence::is_full(self.waiting.len(), self.bytes) {
            self.flush_to_state(sender)?;
            if evidence::is_full(self.waiting.len(), self.bytes) {
                self.flush(self.waiting.len(), sender)?;
            }
        }
        Ok(())
    }

    fn wait(&mut self, it: Waiting) {
        self.bytes += it.bytes();
        self.waiting.push(it);
    }

    fn flush_to_state(&mut self, sender: &mpsc::Sender<Work>) -> Result<(), Abandoned> {
        let Some((value, before)) = self.held.take() else { return Ok(()) };
        self.flush(before, sender)?;
        self.since = self.clock.now();
        send(sender, Work::State(value))
    }

    /// Gives the first of those that wait to be stored: together what belongs to a stream.
    fn flush(&mut self, count: usize, sender: &mpsc::Sender<Work>) -> Result<(), Abandoned> {
        let rest = self.waiting.split_off(count);
        let mut batches: BTreeMap<String, Batch> = BTreeMap::new();
        let mut leads: BTreeMap<String, Vec<ingest::Read>> = BTreeMap::new();
        for it in mem::replace(&mut self.waiting, rest) {
            match it {
                Waiting::Document { stream, version, record } => {
                    self.documents.add(&stream, version, record);
                }
                Waiting::Readings { stream, batch, .. } => {
                    batches.entry(stream).or_default().append(batch);
                }
                Waiting::Lead { stream, record, .. } => {
                    leads.entry(stream).or_default().push(record);
                }
                Waiting::Activate { stream, version } => {
                    self.send_documents(sender)?;
                    send(sender, Work::Activate(stream, version))?;
                }
            }
        }
        self.send_documents(sender)?;
        for (stream, batch) in batches {
            send(sender, Work::Readings(stream, batch))?;
        }
        for (stream, records) in leads {
            send(sender, Work::Leads(stream, records))?;
        }
        self.bytes = self.waiting.iter().map(Waiting::bytes).sum();
        Ok(())
    }

    fn send_documents(&mut self, sender: &mpsc::Sender<Work>) -> Result<(), Abandoned> {
        for (stream, portion) in self.documents.take() {
            send(sender, Work::Documents(stream, portion))?;
        }
        Ok(())
    }
}

impl Waiting {
    fn bytes(&self) -> usize {
        match self {
            Self::Document { record, .. } => record.as_ref().map_or(0, |it| it.text.len()),
            Self::Readings { bytes, .. } | Self::Lead { bytes, .. } => *bytes,
            Self::Activate { .. } => 0,
        }
    }
}

fn send(sender: &mpsc::Sender<Work>, work: Work) -> Result<(), Abandoned> {
    sender.blocking_send(work).map_err(|_| Abandoned)
}
