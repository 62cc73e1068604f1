//! The workspace on disk: one line of JSON for each object as it changed.
//!
//! Replayed and compacted at start. What is written survives the end of the process; a line torn
//! by it is dropped.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::record::Record;

/// So many records may be outdated before the journal is written anew.
const COMPACT_AFTER: usize = 50_000;

pub struct Journal {
    file: File,
    path: PathBuf,
    failed: bool,
    appended: usize,
}

impl Journal {
    /// Opens the journal at `path` for the records that follow `kept`, which replace its content.
    pub fn begin<'a>(path: &Path, kept: impl Iterator<Item = &'a Record>) -> Result<Self> {
        let fresh = path.with_extension("new");
        let mut writer = BufWriter::new(
            File::create(&fresh).with_context(|| format!("creating {}", fresh.display()))?,
        );
        for record in kept {
            writer.write_all(&line(record)?)?;
        }
        writer.flush()?;
        drop(writer);
        fs::rename(&fresh, path).with_context(|| format!("replacing {}", path.display()))?;
        let file = OpenOptions::new().append(true).open(path)?;
        Ok(Self { file, path: path.to_owned(), failed: false, appended: 0 })
    }

    /// Adds a record; true when it is time to compact.
    pub fn append(&mut self, record: &Record) -> bool {
        let written = line(record).and_then(|line| Ok(self.file.write_all(&line)?));
        if let Err(error) = written {
            self.complain(&error);
        }
        self.appended += 1;
        self.appended >= COMPACT_AFTER
    }

    /// Writes only what is left of everything.
    pub fn compact<'a>(&mut self, kept: impl Iterator<Item = &'a Record>) {
        match Self::begin(&self.path, kept) {
            Ok(fresh) => *self = fresh,
            Err(error) => {
                self.appended = 0;
                self.complain(&error);
            }
        }
    }

    fn complain(&mut self, error: &anyhow::Error) {
        if !self.failed {
            self.failed = true;
            let path = self.path.display();
            tracing::error!(%path, "the local workspace cannot keep its state: {error:#}");
        }
    }
}

/// What the journal at `path` holds, in the order it was written; nothing if there is none.
pub fn read(path: &Path) -> Result<Vec<Record>> {
    if !path.exists() {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        }
        return Ok(Vec::new());
    }
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let lines: Vec<Vec<u8>> = BufReader::new(file).split(b'\n').collect::<Result<_, _>>()?;
    let mut records = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
        match serde_json::from_slice(line) {
            Ok(record) => records.push(record),
            Err(_) if index + 1 == lines.len() => {
                tracing::warn!(path = %path.display(), "dropped the torn last line");
            }
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("{}, line {}", path.display(), index + 1));
            }
        }
    }
    Ok(records)
}

fn line(record: &Record) -> Result<Vec<u8>> {
    let mut line = serde_json::to_vec(record)?;
    line.push(b'\n');
    Ok(line)
}
