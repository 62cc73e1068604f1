//! The streams of a Singer tap that hold numbers: a source for each.
//!
//! What comes of a stream before it is published is one delivery, in one transaction, and cited like
//! a file. Here the order of the records decides, and not whether they were met before: of several
//! that speak of the same hour or day, the last one counts.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use sqlx::{PgPool, Postgres, Transaction};

use super::ingest::{Delivery, Summary, close};
use super::intake::Intake;
use super::read::Batch;
use super::store::{self, Several};
use crate::audit::Actor;
use crate::clock::Clock;
use crate::error::{Refusal, Result};
use crate::ids::WorkspaceId;

/// Intakes of several streams, each into its source.
pub struct StreamIntakes<'a> {
    db: &'a PgPool,
    clock: &'a Clock,
    workspace: WorkspaceId,
    by: &'a Actor,
    /// By stream.
    streams: BTreeMap<String, Destination>,
    /// What was published, by source.
    pub published: BTreeMap<String, Summary>,
}

struct Destination {
    source: String,
    /// The ids of the stream's keys, in their order.
    series: Vec<i64>,
    open: Option<Open>,
}

struct Open {
    tx: Transaction<'static, Postgres>,
    intake: Intake,
    hash: Sha256,
}

impl<'a> StreamIntakes<'a> {
    pub fn new(db: &'a PgPool, clock: &'a Clock, workspace: WorkspaceId, by: &'a Actor) -> Self {
        let (streams, published) = Default::default();
        Self { db, clock, workspace, by, streams, published }
    }

    /// Takes what came of a stream; it is visible when it is published.
    pub async fn take(
        &mut self,
        stream: &str,
        source: &str,
        zone: &str,
        batch: Batch,
    ) -> Result<()> {
        let new = || Destination { source: source.to_owned(), series: Vec::new(), open: None };
        let destination = self.streams.entry(stream.to_owned()).or_insert_with(new);
        let open = match &mut destination.open {
            Some(open) => open,
            closed => {
                let mut tx = self.db.begin().await?;
                if !store::try_lock_source(&mut tx, self.workspace, source).await? {
                    return Err(Refusal::ImportUnderWay { source: source.to_owned() }.into());
                }
                let (source, zone) = (source.to_owned(), zone.to_owned());
                let intake = Intake::begin(&mut tx, self.workspace, source, zone).await?;
                closed.insert(Open { tx, intake, hash: Sha256::new() })
            }
        };
        batch.hashes.iter().for_each(|it| open.hash.update(it));
        open.intake.copy(&mut open.tx, &mut destination.series, batch).await
    }

    /// Everything that was taken becomes visible, stream by stream.
    pub async fn publish(&mut self) -> Result<()> {
        for (stream, destination) in &mut self.streams {
            let Some(Open { mut tx, intake, hash }) = destination.open.take() else { continue };
            let source = &destination.source;
            let summary = match intake.readings {
                // Nothing of it could be read: there is nothing to cite.
                0 => intake.summary,
                _ => {
                    let (name, hash) = (format!("records of {stream}"), hash.finalize().into());
                    let new =
                        store::NewFile { source, name: &name, sha256: &hash, at: self.clock.now() };
                    let file = store::insert_file(&mut tx, self.workspace, &new).await?;
                    let mut summary = intake.put(&mut tx, file, Several::LastCounts).await?;
                    summary.series = series(&destination.series);
                    let (clock, workspace, by) = (self.clock, self.workspace, self.by);
                    let delivery = Delivery { file, source, hash: &hash, mapping: "singer" };
                    close(tx, clock, workspace, by, &delivery, &summary).await?;
                    summary
                }
            };
            self.published.entry(source.clone()).or_default().add(summary);
        }
        Ok(())
    }

    /// Nothing of what was not published stays.
    pub async fn discard(&mut self) -> Result<()> {
        for destination in self.streams.values_mut() {
            if let Some(open) = destination.open.take() {
                open.tx.rollback().await?;
            }
        }
        Ok(())
    }
}

/// How many there are, each once.
pub fn series(ids: &[i64]) -> u64 {
    ids.iter().collect::<std::collections::BTreeSet<_>>().len() as u64
}
