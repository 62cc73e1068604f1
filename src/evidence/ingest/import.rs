//! One import: portions that are stored unseen, and the transaction in which all of it is seen.

use std::collections::{BTreeMap, HashMap};

use jiff_sqlx::ToSqlx;
use sqlx::{Connection, PgConnection};

use super::portion::{self, Hashed, Portion};
use super::store::{self, NewDocuments};
use super::{Summary, segments};
use crate::audit::{self, Actor, Event, Subject, Value};
use crate::clock::Clock;
use crate::error::{Refusal, Result};
use crate::evidence::read::Id;
use crate::ids::{DocumentId, IngestId, SourceId, WorkspaceId};
use crate::words::count;

/// An import that is under way.
pub struct Import {
    workspace: WorkspaceId,
    source: SourceId,
    pub ingest: IngestId,
    pub records: u64,
    digest: Vec<u8>,
    pub summary: Summary,
    repeats: Repeats,
    /// What is said of the documents that it does not have.
    pub absent: Absent,
    /// Records that could not be read in earlier imports that belong to this one.
    pub unreadable_before: u64,
}

/// What becomes of an id that comes twice in one import.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repeats {
    /// In a file: the first one is kept, and the others are named.
    FirstStays,
    /// In a stream of changes: the last one is how it is now.
    LastStands,
}

/// What becomes of documents that an import does not have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Absent {
    /// They stay: the import adds to the source.
    #[default]
    Stay,
    /// They are retired, for the import is the whole source; only if they are not most of it.
    Retire,
    /// They are retired, even if they are most of the source.
    RetireEvenMost,
    /// Those that were not met in this version of the whole source are retired, as above.
    RetireBut { version: i64, even_most: bool },
}

/// How far an import has come: a number of records and a digest of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Point {
    pub records: u64,
    pub digest: Vec<u8>,
}

impl Import {
    /// Takes up the unfinished import of this source, or begins one.
    pub async fn begin(
        db: &mut PgConnection,
        clock: &Clock,
        workspace: WorkspaceId,
        source: SourceId,
    ) -> Result<Self> {
        let (repeats, absent) = (Repeats::FirstStays, Absent::Stay);
        if let Some(it) = store::unfinished(db, workspace, source).await? {
            return Ok(Self {
                workspace,
                source,
                ingest: it.id,
                records: u64::try_from(it.records)?,
                digest: it.digest,
                summary: serde_json::from_value(it.summary).unwrap_or_default(),
                repeats,
                absent,
                unreadable_before: 0,
            });
        }
        let ingest = store::begin_ingest(db, workspace, source, clock.now()).await?;
        let (digest, summary) = (Vec::new(), Summary::default());
        let (records, unreadable_before) = (0, 0);
        Ok(Self {
            workspace,
            source,
            ingest,
            records,
            digest,
            summary,
            repeats,
            absent,
            unreadable_before,
        })
    }

    /// Begins one of a stream of changes, and forgets what was cut off before.
    pub async fn begin_anew(
        db: &mut PgConnection,
        clock: &Clock,
        workspace: WorkspaceId,
        source: SourceId,
    ) -> Result<Self> {
        if let Some(it) = store::unfinished(db, workspace, source).await? {
            store::discard(db, workspace, it.id).await?;
        }
        let import = Self::begin(db, clock, workspace, source).await?;
        Ok(Self { repeats: Repeats::LastStands, ..import })
    }

    pub fn point(&self) -> Point {
        Point { records: self.records, digest: self.digest.clone() }
    }

    pub async fn discard(self, db: &mut PgConnection) -> Result<()> {
        store::discard(db, self.workspace, self.ingest).await
    }

    /// Stores a portion in one transaction, invisible until the import is published.
    pub async fn store(&mut self, db: &mut PgConnection, portion: Portion) -> Result<()> {
        let mut summary = self.summary.clone();
        let records = self.records + portion.records;
        let mut tx = db.begin().await?;
        store::sort_in_memory(&mut tx).await?;

        for it in &portion.unread {
            summary.refuse(it.line, &it.reason);
            summary.unreadable += 1;
        }
        let known = match self.repeats {
            Repeats::FirstStays => {
                self.without_repeats(&mut tx, portion.read, &mut summary).await?
            }
            Repeats::LastStands => self.last_of_each(&mut tx, portion.read, &mut summary).await?,
        };
        if let Some(version) = portion.version {
            let ids: Vec<String> = known.iter().map(|it| it.external_id.clone()).collect();
            store::note_version(&mut tx, self.workspace, self.source, &ids, version).await?;
        }
        let changes = self.without_unchanged(&mut tx, known, &mut summary).await?;
        self.insert(&mut tx, changes, &mut summary).await?;
        summary.refusals.sort_by_key(|it| it.line);
        summary.records = records;
        let json = serde_json::to_value(&summary)?;
        let count = i64::try_from(records)?;
        store::save_progress(&mut tx, self.workspace, self.ingest, count, &portion.digest, &json)
            .await?;
        tx.commit().await?;

        (self.records, self.digest, self.summary) = (records, portion.digest, summary);
        Ok(())
    }

    /// Gives every record the id it is stored under, and leaves out those whose id was used.
    async fn without_repeats(
        &self,
        tx: &mut PgConnection,
        read: Vec<Hashed>,
        summary: &mut Summary,
    ) -> Result<Vec<Identified>> {
        let mut first: HashMap<String, usize> = HashMap::new();
        let (mut keys, mut hashes, mut lines, mut times) = (vec![], vec![], vec![], vec![]);
        for it in &read {
            let key = it.key();
            match first.get(&key) {
                Some(position) => times[*position] += 1,
                None => {
                    first.insert(key.clone(), keys.len());
                    keys.push(key);
                    hashes.push(it.hash.to_vec());
                    lines.push(i64::try_from(it.record.line)?);
                    times.push(1_i64);
                }
            }
        }
        let met = store::meet_keys(tx, self.workspace, self.ingest, &keys, &hashes, &lines, &times)
            .await?;
        let mut met: HashMap<String, store::Met> =
            met.into_iter().map(|it| (it.key.clone(), it)).collect();
        // From how often a key was met in all, to how often before this portion.
        for (key, times) in keys.iter().zip(&times) {
            if let Some(it) = met.get_mut(key) {
                it.times -= times;
            }
        }
        let mut identified = Vec::with_capacity(read.len());
        for it in read {
            let key = it.key();
            let Some(met) = met.get_mut(&key) else { continue };
            met.times += 1;
            let external_id = match (&it.record.id, met.times) {
                (_, 1) => key,
                (Id::Given(id), _) => {
                    summary.repeat(it.record.line, id, met.line, met.content_hash == it.hash);
                    continue;
                }
                (Id::Likely(_) | Id::FromContent, n) => format!("{key}#{n}"),
            };
            identified.push(Identified { external_id, replaces: None, it });
        }
        Ok(identified)
    }

    /// Leaves one record for each id, the last one; what this import stored of it before goes.
    async fn last_of_each(
        &self,
        tx: &mut PgConnection,
        read: Vec<Hashed>,
        summary: &mut Summary,
    ) -> Result<Vec<Identified>> {
        let before = read.len();
        let mut last: BTreeMap<String, Hashed> = BTreeMap::new();
        for it in read {
            last.insert(it.key(), it);
        }
        summary.repeated += (before - last.len()) as u64;

        let ids: Vec<String> = last.keys().cloned().collect();
        let mut outdated = Vec::new();
        for stored in store::versions_of_import(tx, self.workspace, self.ingest, &ids).await? {
            summary.repeated += 1;
            if last.get(&stored.external_id).is_some_and(|it| it.hash[..] == stored.content_hash) {
                last.remove(&stored.external_id);
                continue;
            }
            match stored.replaces {
                Some(_) => summary.changed -= 1,
                None => summary.new -= 1,
            }
            outdated.push(stored.id.0);
        }
        if !outdated.is_empty() {
            summary.passages -= segments::retire(tx, self.workspace, &outdated).await?;
            store::drop_documents(tx, self.workspace, self.ingest, &outdated).await?;
        }
        let identified = |(external_id, it)| Identified { external_id, replaces: None, it };
        Ok(last.into_iter().map(identified).collect())
    }

    async fn without_unchanged(
        &self,
        tx: &mut PgConnection,
        identified: Vec<Identified>,
        summary: &mut Summary,
    ) -> Result<Vec<Identified>> {
        let ids: Vec<String> = identified.iter().map(|it| it.external_id.clone()).collect();
        let current = store::current_versions(tx, self.workspace, self.source, &ids).await?;
        let current: HashMap<String, store::Current> =
            current.into_iter().map(|it| (it.external_id.clone(), it)).collect();
        let mut changes = Vec::with_capacity(identified.len());
        for mut it in identified {
            match current.get(&it.external_id) {
                None => summary.new += 1,
                Some(same) if same.content_hash == it.it.hash => {
                    summary.unchanged += 1;
                    continue;
                }
                Some(old) => {
                    summary.changed += 1;
                    it.replaces = Some(old.id);
                }
            }
            changes.push(it);
        }
        Ok(changes)
    }

    async fn insert(
        &self,
        tx: &mut PgConnection,
        changes: Vec<Identified>,
        summary: &mut Summary,
    ) -> Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        let mut documents = NewDocuments::default();
        let mut cut = Vec::with_capacity(changes.len());
        for Identified { external_id, replaces, it } in changes {
            summary.without_text += u64::from(it.passages.is_empty());
            cut.push(it.passages);
            documents.external_ids.push(external_id);
            documents.titles.push(it.record.title);
            documents.texts.push(it.record.text);
            documents.urls.push(it.record.url);
            documents.authors.push(it.record.author);
            documents.written_at.push(it.record.date.map(|it| it.to_sqlx()));
            documents.hashes.push(it.hash.to_vec());
            documents.replaces.push(replaces.map(|it| it.0));
        }
        let (workspace, source, ingest) = (self.workspace, self.source, self.ingest);
        let ids = store::insert_documents(tx, workspace, source, ingest, &documents).await?;
        let passages = portion::passages(&ids, &documents, &cut);
        if passages.documents.is_empty() {
            return Ok(());
        }
        segments::write(tx, workspace, source, ingest, &passages).await?;
        summary.passages += passages.documents.len() as u64;
        Ok(())
    }

    /// Makes the import visible and what it replaces invisible, in one transaction.
    pub async fn publish(
        &mut self,
        db: &mut PgConnection,
        clock: &Clock,
        by: &Actor,
        source: &str,
    ) -> Result<()> {
        if self.summary.without_text > 0 {
            let note = format!(
                "{} of the documents have no text; they are kept, but no search finds them.",
                self.summary.without_text
            );
            self.summary.notes.push(note);
        }
        let (workspace, ingest, now) = (self.workspace, self.ingest, clock.now());
        let mut tx = db.begin().await?;
        let replaced = store::retire_replaced(&mut tx, workspace, ingest, now).await?;
        segments::retire(&mut tx, workspace, &replaced).await?;
        self.retire_absent(&mut tx, clock, source).await?;
        segments::merge_small(&mut tx, workspace, self.source, ingest).await?;
        let summary = serde_json::to_value(&self.summary)?;
        store::publish(&mut tx, workspace, ingest, &summary, now).await?;
        let Summary { new, changed, retired, .. } = self.summary;
        if new + changed + retired > 0 {
            let mut details = BTreeMap::from([
                ("name", Value::name(source)),
                ("ingest", Value::id(ingest)),
                ("new", i64::try_from(new)?.into()),
                ("changed", i64::try_from(changed)?.into()),
            ]);
            if retired > 0 {
                details.insert("retired", i64::try_from(retired)?.into());
            }
            let subject = Subject::new("source", self.source);
            let act = "documents.ingested";
            let event = Event { workspace, at: now, actor: by.clone(), act, subject, details };
            audit::append(&mut tx, event).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Retires what the source does not have any more, where this import says what it has.
    async fn retire_absent(
        &mut self,
        tx: &mut PgConnection,
        clock: &Clock,
        name: &str,
    ) -> Result<()> {
        let (workspace, source, ingest, now) =
            (self.workspace, self.source, self.ingest, clock.now());
        if self.absent == Absent::Stay {
            return Ok(());
        }
        let unreadable = self.summary.unreadable + self.unreadable_before;
        if unreadable > 0 {
            let note = format!(
                "Nothing was retired: {} could not be read, and may be what seems to be missing. \
                 Mend them, and import again.",
                count(unreadable, "record")
            );
            self.summary.notes.push(note);
            return Ok(());
        }
        let gone = match self.absent {
            Absent::RetireBut { version, .. } => {
                store::retire_but_version(tx, workspace, source, version, now).await?
            }
            _ => store::retire_unmet(tx, workspace, source, ingest, now).await?,
        };
        let left = store::visible_documents(tx, workspace, source).await?;
        let even_most = matches!(
            self.absent,
            Absent::RetireEvenMost | Absent::RetireBut { even_most: true, .. }
        );
        if gone.len() as u64 > left && !even_most {
            return Err(Refusal::RetiresMost {
                source: name.to_owned(),
                retired: gone.len() as u64,
                documents: gone.len() as u64 + left,
            }
            .into());
        }
        segments::retire(tx, workspace, &gone).await?;
        self.summary.retired = gone.len() as u64;
        Ok(())
    }
}

struct Identified {
    external_id: String,
    replaces: Option<DocumentId>,
    it: Hashed,
}
