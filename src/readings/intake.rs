//! Readings on their way into the database, within one transaction: nothing of them is visible
//! until that commits.

use std::io::Write;

use sqlx::PgConnection;

use super::ingest::{Refused, Summary};
use super::read::Batch;
use super::store::{self, Several};
use crate::error::Result;
use crate::ids::WorkspaceId;

/// Refused lines that are kept with their reasons.
const REFUSALS_KEPT: usize = 50;

/// What is being taken.
pub struct Intake {
    workspace: WorkspaceId,
    source: String,
    zone: String,
    pub readings: u64,
    bounded: u64,
    pub summary: Summary,
    buffer: Vec<u8>,
}

impl Intake {
    pub async fn begin(
        db: &mut PgConnection,
        workspace: WorkspaceId,
        source: String,
        zone: String,
    ) -> Result<Self> {
        store::open_stage(db).await?;
        let (summary, buffer) = (Summary::default(), Vec::new());
        Ok(Self { workspace, source, zone, readings: 0, bounded: 0, summary, buffer })
    }

    /// `series` are the ids of the reader's keys, in its order; those of new keys are added.
    pub async fn copy(
        &mut self,
        db: &mut PgConnection,
        series: &mut Vec<i64>,
        batch: Batch,
    ) -> Result<()> {
        if !batch.keys.is_empty() {
            let (source, zone) = (&self.source, &self.zone);
            series.extend(store::series_ids(db, self.workspace, source, zone, &batch.keys).await?);
        }
        self.buffer.clear();
        let mut day = (None, String::new());
        for row in &batch.rows {
            let series = series
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

    /// What was copied becomes readings that cite this file.
    pub async fn put(
        mut self,
        db: &mut PgConnection,
        file: i64,
        several: Several,
    ) -> Result<Summary> {
        let put = store::put(db, self.workspace, file, several).await?;
        let summary = &mut self.summary;
        summary.changed = put.changed;
        summary.new = put.written - put.changed;
        summary.unchanged = put.all - put.written;
        if put.several > 0 {
            summary.notes.push(match several {
                Several::AddedUp => format!(
                    "{} readings came in several rows each (the export is broken down by something \
                     that is not kept, or repeats rows); they were added up.",
                    put.several
                ),
                Several::LastCounts => format!(
                    "{} readings came in several records that differ; the last of them counts. If \
                     they are parts of a whole, name what tells them apart with --segment.",
                    put.several
                ),
            });
        }
        if self.bounded > 0 {
            summary.notes.push(format!(
                "{} cells such as “< 10%” give a bound and no number; they were left out.",
                self.bounded
            ));
        }
        Ok(self.summary)
    }
}

impl Summary {
    /// Adds what came later into the same source.
    pub(super) fn add(&mut self, later: Self) {
        self.lines += later.lines;
        self.new += later.new;
        self.changed += later.changed;
        self.unchanged += later.unchanged;
        self.series = self.series.max(later.series);
        self.totals += later.totals;
        self.refused += later.refused;
        let room = REFUSALS_KEPT.saturating_sub(self.refusals.len());
        self.refusals.extend(later.refusals.into_iter().take(room));
        for note in later.notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
    }
}
