//! The streams of a Singer tap that hold documents: a source for each.
//!
//! Records are sorted into portions where they are read (`Sorted`), and stored as they come
//! (`StreamImports`), none of them visible before they are published together.

use std::collections::BTreeMap;
use std::mem;

use sqlx::PgConnection;

use super::import::{Absent, Import};
use super::portion::{Hashed, Languages, Portion};
use super::{Summary, lock, store};
use crate::audit::Actor;
use crate::clock::Clock;
use crate::error::{Error, Refusal, Result};
use crate::evidence::read::{Named, Record, StreamMapping, Unread};
use crate::evidence::source::{self, SourceSpec};
use crate::ids::{SourceId, WorkspaceId};

/// How streams of documents are taken.
#[derive(Clone, Debug, Default)]
pub struct StreamOptions {
    pub mapping: StreamMapping,
    /// The sources that streams belong to; a stream that is not named is a source by its own name.
    pub sources: Vec<Named>,
    /// What is said of all these sources. The name is not used.
    pub about: SourceSpec,
    /// Whether ACTIVATE_VERSION may retire more than half of a source.
    pub retire_most: bool,
}

/// Records on their way to be stored: a portion for each stream and version.
#[derive(Default)]
pub struct Sorted {
    languages: BTreeMap<String, Languages>,
    portions: BTreeMap<(String, Option<i64>), Portion>,
}

impl Sorted {
    pub fn add(&mut self, stream: &str, version: Option<i64>, record: Result<Record, Unread>) {
        if !self.languages.contains_key(stream) {
            self.languages.insert(stream.to_owned(), Languages::default());
        }
        let Some(languages) = self.languages.get_mut(stream) else { return };
        let portion = self.portions.entry((stream.to_owned(), version)).or_default();
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

    /// What was sorted since this was called last, with the names of the streams.
    pub fn take(&mut self) -> Vec<(String, Portion)> {
        let portions = mem::take(&mut self.portions);
        portions.into_iter().map(|((stream, _), portion)| (stream, portion)).collect()
    }
}

/// Imports of several streams, each into its source.
pub struct StreamImports<'a> {
    clock: &'a Clock,
    workspace: WorkspaceId,
    by: &'a Actor,
    options: &'a StreamOptions,
    /// By stream.
    sources: BTreeMap<String, Destination>,
    /// What was published, by source.
    pub published: BTreeMap<String, Summary>,
}

struct Destination {
    name: String,
    id: SourceId,
    import: Option<Import>,
}

impl<'a> StreamImports<'a> {
    pub fn new(
        clock: &'a Clock,
        workspace: WorkspaceId,
        by: &'a Actor,
        options: &'a StreamOptions,
    ) -> Self {
        let (sources, published) = Default::default();
        Self { clock, workspace, by, options, sources, published }
    }

    /// The locks on the sources are those of the connection: they end with it.
    pub async fn store(
        &mut self,
        db: &mut PgConnection,
        stream: &str,
        portion: Portion,
    ) -> Result<()> {
        self.import(db, stream).await?.store(db, portion).await
    }

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
    pub async fn activate(
        &mut self,
        db: &mut PgConnection,
        stream: &str,
        version: i64,
    ) -> Result<()> {
        let even_most = self.options.retire_most;
        self.import(db, stream).await?.absent = Absent::RetireBut { version, even_most };
        let Some(Destination { name, import: Some(import), .. }) = self.sources.get_mut(stream)
        else {
            return Ok(());
        };
        // What was refused under an earlier STATE counts like what is refused now.
        if let Some(earlier) = self.published.get(name) {
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

    /// Everything that was stored becomes visible.
    pub async fn publish(&mut self, db: &mut PgConnection) -> Result<()> {
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
            let sum = self.published.entry(destination.name.clone()).or_default();
            sum.add(import.summary);
        }
        Ok(())
    }

    pub async fn discard(&mut self, db: &mut PgConnection) -> Result<()> {
        for destination in self.sources.values_mut() {
            if let Some(import) = destination.import.take() {
                store::discard(db, self.workspace, import.ingest).await?;
            }
        }
        Ok(())
    }
}
