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
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgPool};
use tokio::sync::mpsc;

use super::read::{Batch, Form, Key, Layout, Mapping, Reader};
use super::store;
use crate::audit::{self, Actor, Event, Subject, Value};
use crate::clock::Clock;
use crate::error::{Error, Refusal, Result};
use crate::ids::WorkspaceId;
use crate::jobs::{self, Job};
use crate::words::count;

/// Rows that are read, copied and told as progress together.
const BATCH_ROWS: usize = 20_000;
/// Batches that wait for Postgres at most, so that memory stays flat.
const BATCHES_AHEAD: usize = 4;
/// Refused lines that are kept with their reasons.
const REFUSALS_KEPT: usize = 50;
/// Of those, how many are told where nothing was taken.
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
    let zone = file.mapping.zone.as_deref().unwrap_or("UTC").to_owned();
    if TimeZone::get(&zone).is_err() {
        let sentence = format!("“{zone}” is no time zone; name it like Europe/Berlin.");
        return Err(Refusal::Unreadable(sentence).into());
    }
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
    let mut intake = Intake::begin(&mut tx, workspace, source.clone(), zone, file_id).await?;
    let mut batches = read_aside(file.clone());
    while let Some(batch) = batches.recv().await {
        match batch? {
            Chunk::Notes(notes) => intake.summary.notes = notes,
            Chunk::Batch(batch) => {
                intake.copy(&mut tx, batch).await?;
                progress(Progress { lines: intake.summary.lines, readings: intake.readings });
            }
        }
    }
    let summary = intake.finish(&mut tx).await?;
    let json = serde_json::json!({ "mapping": mapping, "summary": summary });
    store::save_summary(&mut tx, workspace, file_id, &json).await?;
    if summary.new + summary.changed > 0 {
        let details = BTreeMap::from([
            ("source", Value::name(&source)),
            ("sha256", Value::hash(&hash)),
            ("new", i64::try_from(summary.new)?.into()),
            ("changed", i64::try_from(summary.changed)?.into()),
        ]);
        let subject = Subject::new("reading_file", file_id);
        let act = "readings.ingested";
        let event = Event { workspace, at: clock.now(), actor: by.clone(), act, subject, details };
        audit::append(&mut tx, event).await?;
        // However they came in, new numbers are looked at.
        jobs::enqueue(&mut tx, workspace, Job::Inspect).await?;
        jobs::enqueue(&mut tx, workspace, Job::CountByReadings).await?;
    }
    tx.commit().await?;
    tracing::info!(
        file.id = file_id,
        readings.new = summary.new,
        readings.changed = summary.changed,
        readings.refused = summary.refused,
        "took a file of readings"
    );
    Ok(summary)
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
            let input = file.input.open()?;
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

/// What is being taken, within one transaction.
struct Intake {
    workspace: WorkspaceId,
    source: String,
    zone: String,
    file: i64,
    /// The ids of the reader's keys, in its order.
    series: Vec<i64>,
    readings: u64,
    bounded: u64,
    summary: Summary,
    buffer: Vec<u8>,
}

impl Intake {
    async fn begin(
        db: &mut PgConnection,
        workspace: WorkspaceId,
        source: String,
        zone: String,
        file: i64,
    ) -> Result<Self> {
        store::open_stage(db).await?;
        let (summary, buffer) = (Summary::default(), Vec::new());
        Ok(Self {
            workspace,
            source,
            zone,
            file,
            series: Vec::new(),
            readings: 0,
            bounded: 0,
            summary,
            buffer,
        })
    }

    async fn copy(&mut self, db: &mut PgConnection, batch: Batch) -> Result<()> {
        use std::io::Write as _;

        if !batch.keys.is_empty() {
            let ids = self.ids_of(db, &batch.keys).await?;
            self.series.extend(ids);
        }
        self.buffer.clear();
        let mut day = (None, String::new());
        for row in &batch.rows {
            let series = self
                .series
                .get(row.key)
                .ok_or_else(|| anyhow::anyhow!("a row names a series that was not met"))?;
            if day.0 != Some(row.starts) {
                day = (Some(row.starts), row.starts.to_string());
            }
            writeln!(self.buffer, "{series}\t{}\t{}\t{}", day.1, row.value, row.line)?;
        }
        if !batch.rows.is_empty() {
            store::copy(db, &self.buffer).await?;
        }
        self.readings += batch.rows.len() as u64;
        self.bounded += batch.bounded;
        self.summary.lines += batch.lines;
        self.summary.totals += batch.totals;
        self.summary.refused += batch.refused.len() as u64;
        let room = REFUSALS_KEPT.saturating_sub(self.summary.refusals.len());
        let kept = batch.refused.into_iter().take(room);
        self.summary.refusals.extend(kept.map(|(line, reason)| Refused { line, reason }));
        Ok(())
    }

    async fn ids_of(&self, db: &mut PgConnection, keys: &[Key]) -> Result<Vec<i64>> {
        store::series_ids(db, self.workspace, &self.source, &self.zone, keys).await
    }

    async fn finish(mut self, db: &mut PgConnection) -> Result<Summary> {
        let mut summary = self.summary;
        if self.readings == 0 && summary.refused > 0 {
            let (first, more) =
                summary.refusals.split_at(summary.refusals.len().min(REFUSALS_SAID));
            let lines = first.iter().map(|it| format!(" Line {}: {}.", it.line, it.reason));
            let mut sentence = "Nothing was taken: every row was refused.".to_owned();
            sentence.extend(lines);
            if !more.is_empty() {
                let more = summary.refused - first.len() as u64;
                sentence += &format!(" The same goes for {} more.", count(more, "line"));
            }
            return Err(Error::Refused(Refusal::Unreadable(sentence)));
        }
        let put = store::put(db, self.workspace, self.file).await?;
        summary.changed = put.changed;
        summary.new = put.written - put.changed;
        summary.unchanged = put.all - put.written;
        self.series.sort_unstable();
        self.series.dedup();
        summary.series = self.series.len() as u64;
        if self.readings > put.all {
            summary.notes.push(format!(
                "{} readings came in several rows each (the export is broken down by something \
                 that is not kept, or repeats rows); they were added up.",
                put.summed
            ));
        }
        if self.bounded > 0 {
            summary.notes.push(format!(
                "{} cells such as “< 10%” give a bound and no number; they were left out.",
                self.bounded
            ));
        }
        Ok(summary)
    }
}
