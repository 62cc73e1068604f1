//! Leads of a tap: they wait until a STATE follows on them, and are taken in together.

use std::collections::BTreeMap;

use sqlx::PgPool;

use super::Options;
use crate::audit::Actor;
use crate::clock::Clock;
use crate::error::Result;
use crate::ids::WorkspaceId;
use crate::leads::ingest::{self, Input, Read, Summary, Taker};

/// The streams of leads of one tap.
pub struct Leads<'a> {
    db: &'a PgPool,
    clock: &'a Clock,
    workspace: WorkspaceId,
    by: &'a Actor,
    options: &'a Options,
    waiting: BTreeMap<String, Vec<Read>>,
    pub published: BTreeMap<String, Summary>,
}

impl<'a> Leads<'a> {
    pub fn new(
        db: &'a PgPool,
        clock: &'a Clock,
        workspace: WorkspaceId,
        by: &'a Actor,
        options: &'a Options,
    ) -> Self {
        let (waiting, published) = Default::default();
        Self { db, clock, workspace, by, options, waiting, published }
    }

    pub fn take(&mut self, stream: String, records: Vec<Read>) {
        self.waiting.entry(stream).or_default().extend(records);
    }

    /// Takes in what waits, stream by stream.
    pub async fn publish(&mut self) -> Result<()> {
        for (stream, records) in std::mem::take(&mut self.waiting) {
            let system = self.options.leads_of(&stream).map_or(stream.as_str(), |it| &it.system);
            let taker = Taker {
                db: self.db,
                clock: self.clock,
                workspace: self.workspace,
                scoring: &self.options.scoring,
                by: self.by.clone(),
                system,
            };
            let summary = ingest::take(&taker, Input::Records(records)).await?;
            self.published.entry(stream.clone()).or_default().add(summary);
        }
        Ok(())
    }
}
