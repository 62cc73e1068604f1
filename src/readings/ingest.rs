//! A file of readings becomes rows, all of them in one transaction.
//!
//! A thread reads and parses; this side copies what it gets into a table that only the transaction
//! sees, and at the end one statement adds up what a file says in several rows, keeps as revisions
//! what it corrects, and puts the rest in. Until that commits, nothing of the file is visible.
//!
//! The order of files decides: a file that was taken before changes nothing, even if a later one
//! has corrected what it said.

use std::collections::BTreeMap;
use std::io::Read;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::{PgPool, Postgres, Transaction};
use tokio::sync::mpsc;

use super::intake::Intake;
use super::read::{Batch, Form, Layout, Mapping, Reader};
use super::store::{self, Several};
use super::streams;
use crate::audit::{self, Actor, Event, Subject, Value};
use crate::clock::Clock;
use crate::error::{Refusal, Result};
use crate::ids::WorkspaceId;
use crate::incoming;
use crate::jobs::{self, Job};
use crate::words::count;

/// Rows that are read, copied and told as progress together.
const BATCH_ROWS: usize = 20_000;
/// Batches that wait for Postgres at most, so that memory stays flat.
const BATCHES_AHEAD: usize = 4;
/// Refused lines that are told where nothing was taken.
const REFUSALS_SAID: usize = 5;

/// Where a file comes from.
#[derive(Clone, Debug)]
pub enum Input {
    Path(std::path::PathBuf),
    /// What arrived in a request or on standard input, with a name to show.
    Bytes {
        name: String,
        bytes: Bytes,
    },
}

/// A file, whose export it is, and what it does not say itself.
#[derive(Clone, Debug)]
pub struct File {
    pub input: Input,
    pub form: Form,
    pub layout: Layout,
    /// Where the numbers come from, if that is not what the layout is called.
    pub source: Option<String>,
    pub mapping: Mapping,
    /// What to do while another file of the source is being taken.
    pub if_busy: IfBusy,
}

impl File {
    /// A table that says everything itself.
    pub fn table(input: Input, layout: Layout) -> Self {
        Self {
            input,
            form: Form::Table,
            layout,
            source: None,
            mapping: Mapping::default(),
            if_busy: IfBusy::Wait,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum IfBusy {
    #[default]
    Wait,
    /// Who asks over the network asks again, instead of holding a connection to the database.
    Refuse,
}

#[derive(Clone, Copy, Debug)]
pub struct Progress {
    pub lines: u64,
    pub readings: u64,
}

/// What came of a file. Readings are counted, not rows: a row has one for each metric.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Summary {
    /// Rows below the header.
    pub lines: u64,
    pub new: u64,
    pub changed: u64,
    pub unchanged: u64,
    pub series: u64,
    /// Rows that sum others up.
    pub totals: u64,
    pub refused: u64,
    /// The first of them.
    pub refusals: Vec<Refused>,
    pub notes: Vec<String>,
    /// The file was taken before; nothing was done.
    pub known: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refused {
    pub line: u64,
    pub reason: String,
}

/// Takes a file as a whole. `by` is who does it.
pub async fn ingest(
    db: &PgPool,
    clock: &Clock,
    workspace: WorkspaceId,
    by: &Actor,
    file: &File,
    progress: impl Fn(Progress),
) -> Result<Summary> {
    file.mapping.zone()?;
    let zone = file.mapping.zone.as_deref().unwrap_or("UTC").to_owned();
    let source = file.source.clone().unwrap_or_else(|| file.layout.name().to_owned());
    let name = file.input.name();
    let input = file.input.clone();
    let hash = tokio::task::spawn_blocking(move || input.sha256()).await??;
    let mapping = format!("{:?}", (file.layout, &file.mapping));

    let mut tx = db.begin().await?;
    match file.if_busy {
        IfBusy::Wait => store::lock_source(&mut tx, workspace, &source).await?,
        IfBusy::Refuse if store::try_lock_source(&mut tx, workspace, &source).await? => {}
        IfBusy::Refuse => return Err(Refusal::ImportUnderWay { source }.into()),
    }
    if store::is_known(&mut tx, workspace, &source, &hash, &mapping).await? {
        return Ok(Summary { known: true, ..Summary::default() });
    }
    let new = store::NewFile { source: &source, name: &name, sha256: &hash, at: clock.now() };
    let file_id = store::insert_file(&mut tx, workspace, &new).await?;
    let mut intake = Intake::begin(&mut tx, workspace, source.clone(), zone).await?;
    let mut series = Vec::new();
    let mut batches = read_aside(file.clone());
    while let Some(batch) = batches.recv().await {
        match batch? {
            Chunk::Notes(notes) => intake.summary.notes = notes,
            Chunk::Batch(batch) => {
                intake.copy(&mut tx, &mut series, batch).await?;
                progress(Progress { lines: intake.summary.lines, readings: intake.readings });
            }
        }
    }
    refuse_if_all_was_refused(&intake)?;
    let mut summary = intake.put(&mut tx, file_id, Several::AddedUp).await?;
    summary.series = streams::series(&series);
    if summary.lines == 0 {
        summary.notes.push("There is no row below the header.".to_owned());
    }
    let delivery = Delivery { file: file_id, source: &source, hash: &hash, mapping: &mapping };
    close(tx, clock, workspace, by, &delivery, &summary).await?;
    Ok(summary)
}

/// What was taken together, and is cited.
pub struct Delivery<'a> {
    pub file: i64,
    pub source: &'a str,
    pub hash: &'a [u8; 32],
    pub mapping: &'a str,
}

/// Commits what was put, with its audit entry, and has new numbers looked at.
pub async fn close(
    mut tx: Transaction<'_, Postgres>,
    clock: &Clock,
    workspace: WorkspaceId,
    by: &Actor,
    delivery: &Delivery<'_>,
    summary: &Summary,
) -> Result<()> {
    let Delivery { file, source, hash, mapping } = *delivery;
    let json = serde_json::json!({ "mapping": mapping, "summary": summary });
    store::save_summary(&mut tx, workspace, file, &json).await?;
    if summary.new + summary.changed > 0 {
        let details = BTreeMap::from([
            ("source", Value::name(source)),
            ("sha256", Value::hash(hash)),
            ("new", i64::try_from(summary.new)?.into()),
            ("changed", i64::try_from(summary.changed)?.into()),
        ]);
        let subject = Subject::new("reading_file", file);
        let act = "readings.ingested";
        let event = Event { workspace, at: clock.now(), actor: by.clone(), act, subject, details };
        audit::append(&mut tx, event).await?;
        // However they came in, new numbers are looked at.
        jobs::enqueue(&mut tx, workspace, Job::Inspect).await?;
        jobs::enqueue(&mut tx, workspace, Job::CountByReadings).await?;
    }
    tx.commit().await?;
    tracing::info!(
        file.id = file,
        readings.new = summary.new,
        readings.changed = summary.changed,
        readings.refused = summary.refused,
        "took a file of readings"
    );
    Ok(())
}

fn refuse_if_all_was_refused(intake: &Intake) -> Result<()> {
    let summary = &intake.summary;
    if intake.readings > 0 || summary.refused == 0 {
        return Ok(());
    }
    let (first, more) = summary.refusals.split_at(summary.refusals.len().min(REFUSALS_SAID));
    let lines = first.iter().map(|it| format!(" Line {}: {}.", it.line, it.reason));
    let mut sentence = "Nothing was taken: every row was refused.".to_owned();
    sentence.extend(lines);
    if !more.is_empty() {
        let more = summary.refused - first.len() as u64;
        sentence += &format!(" The same goes for {} more.", count(more, "line"));
    }
    Err(Refusal::Unreadable(sentence).into())
}

impl Input {
    pub fn name(&self) -> String {
        match self {
            Self::Path(path) => path
                .file_name()
                .map_or_else(|| path.display().to_string(), |it| it.to_string_lossy().into_owned()),
            Self::Bytes { name, .. } => name.clone(),
        }
    }

    fn open(&self) -> Result<Box<dyn Read + Send>> {
        if let Self::Path(path) = self
            && path.is_dir()
        {
            let sentence = format!("{} is a folder; name a file in it.", path.display());
            return Err(Refusal::Unreadable(sentence).into());
        }
        Ok(match self {
            Self::Path(path) => Box::new(std::fs::File::open(path).map_err(|error| {
                let why = match error.kind() {
                    std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
                    std::io::ErrorKind::PermissionDenied => "it may not be read".to_owned(),
                    _ => error.to_string(),
                };
                Refusal::Unreadable(format!("{} cannot be opened: {why}.", path.display()))
            })?),
            Self::Bytes { bytes, .. } => Box::new(std::io::Cursor::new(bytes.clone())),
        })
    }

    fn sha256(&self) -> Result<[u8; 32]> {
        let mut input = self.open()?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 256 * 1024];
        loop {
            match input.read(&mut buffer)? {
                0 => return Ok(hash.finalize().into()),
                read => hash.update(&buffer[..read]),
            }
        }
    }
}

/// What comes from the reading thread: first what was found by looking, then the rows.
enum Chunk {
    Notes(Vec<String>),
    Batch(Batch),
}

fn read_aside(file: File) -> mpsc::Receiver<Result<Chunk>> {
    let (sender, receiver) = mpsc::channel(BATCHES_AHEAD);
    tokio::task::spawn_blocking(move || {
        let read = || -> Result<()> {
            let input = match &file.input {
                Input::Path(_) => incoming::unpacked(file.input.open()?)?,
                // What arrives in a request could unpack to any size.
                Input::Bytes { .. } => file.input.open()?,
            };
            let mut reader = match file.form {
                Form::Table => Reader::open(input, file.layout, &file.mapping)?,
                Form::Objects => Reader::of_objects(input, file.layout, &file.mapping)?,
            };
            // Nobody listens any more when the other side has failed.
            if sender.blocking_send(Ok(Chunk::Notes(reader.notes.clone()))).is_err() {
                return Ok(());
            }
            while let Some(batch) = reader.next(BATCH_ROWS)? {
                if sender.blocking_send(Ok(Chunk::Batch(batch))).is_err() {
                    return Ok(());
                }
            }
            Ok(())
        };
        if let Err(error) = read() {
            let _ = sender.blocking_send(Err(error));
        }
    });
    receiver
}
