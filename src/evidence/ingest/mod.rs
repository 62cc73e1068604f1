//! Imports: from a file to documents that can be found, all at once.
//!
//! A thread reads (`portion`); this side stores a portion per transaction, each with a segment of the
//! index (`segments`), and shows none of it. The last transaction publishes the import and retires
//! what it replaces.
//!
//! What an import changes is in the audit trail, in the transaction in which it becomes visible.
//!
//! **Invariant.** Reading the same file again changes nothing.
//! **Invariant.** An import that was cut off goes on from its last portion when the same file
//! comes again, and is thrown away when another one comes.

mod portion;
mod segments;
mod store;
mod summary;

use std::collections::{BTreeMap, HashMap};

use jiff_sqlx::ToSqlx;
use sqlx::{Connection, PgConnection, PgPool};

use self::portion::{Portion, Portions};
use self::store::NewDocuments;
use super::read::{DocumentFile, Id, Record, Records, Unread};
use super::source::SourceSpec;
use crate::audit::{self, Actor, Event, Subject, Value};
use crate::clock::Clock;
use crate::error::{Refusal, Result};
use crate::ids::{DocumentId, IngestId, SourceId, WorkspaceId};

pub use self::summary::{Progress, Refused, Summary};

/// Imports documents into a source, which is created or changed as the spec says. `by` is who does it.
pub async fn ingest_documents(
    db: &PgPool,
    clock: &Clock,
    workspace: WorkspaceId,
    by: &Actor,
    spec: &SourceSpec,
    file: &DocumentFile,
    progress: impl Fn(Progress),
) -> Result<Summary> {
    if spec.name.trim().is_empty() {
        let sentence = "Say which source this belongs to: --source NAME.";
        return Err(Refusal::Unreadable(sentence.to_owned()).into());
    }
    let opened = Records::open(file)?;
    // The connection is the import's own: the lock on the source ends with it, however that is.
    let mut connection = db.acquire().await?.detach();
    let source = declare(&mut connection, clock, workspace, by, spec).await?;
    if !store::try_lock_source(&mut connection, source).await? {
        return Err(Refusal::UnderWay(format!(
            "Another import into “{}” is under way; try again when it is done.",
            spec.name
        ))
        .into());
    }
    let mut import = Import::begin(&mut connection, clock, workspace, source).await?;
    let mut portions = Portions::start(opened, Some(&import.point()));
    if !portions.goes_on(&import.point()).await? {
        store::discard(&mut connection, workspace, import.ingest).await?;
        import = Import::begin(&mut connection, clock, workspace, source).await?;
        if portions.has_begun() {
            portions = Portions::start(Records::open(file)?, None);
        }
    }
    import.summary.resumed_after = import.records;
    import.summary.notes = portions.notes.clone();

    while let Some(portion) = portions.next().await? {
        let (bytes, bytes_total) = (portion.bytes_read, portions.size);
        import.store(&mut connection, portion).await?;
        progress(Progress { bytes, bytes_total, records: import.records });
    }
    import.publish(&mut connection, clock, by, &spec.name).await?;
    tracing::info!(
        source.id = source.0,
        ingest.id = import.ingest.0,
        records = import.summary.records,
        new = import.summary.new,
        changed = import.summary.changed,
        refused = import.summary.refused,
        "published an import"
    );
    Ok(import.summary)
}

/// Creates or changes the source, and records it if that made a difference.
async fn declare(
    db: &mut PgConnection,
    clock: &Clock,
    workspace: WorkspaceId,
    by: &Actor,
    spec: &SourceSpec,
) -> Result<SourceId> {
    use super::store::{save_source, source_as_it_is};

    let now = clock.now();
    let mut tx = db.begin().await?;
    let before = source_as_it_is(&mut tx, workspace, &spec.name).await?;
    let source = save_source(&mut tx, workspace, spec, now).await?;
    let after = source_as_it_is(&mut tx, workspace, &spec.name).await?;
    if before != after {
        let mut details = BTreeMap::from([("name", Value::name(&spec.name))]);
        if let Some(visibility) = &spec.visibility {
            details.insert("visible_to", visibility.kind().into());
            let whom = visibility.visible_to().iter().map(Value::name);
            details.insert("visible_to_whom", Value::list(whom));
        }
        let act = if before.is_none() { "source.added" } else { "source.changed" };
        let subject = Subject::new("source", source);
        let event = Event { workspace, at: now, actor: by.clone(), act, subject, details };
        audit::append(&mut tx, event).await?;
    }
    tx.commit().await?;
    Ok(source)
}

/// An import that is under way.
struct Import {
    workspace: WorkspaceId,
    source: SourceId,
    ingest: IngestId,
    records: u64,
    digest: Vec<u8>,
    summary: Summary,
}

/// How far an import has come: a number of records and a digest of them.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Point {
    records: u64,
    digest: Vec<u8>,
}

impl Import {
    /// Takes up the unfinished import of this source, or begins one.
    async fn begin(
        db: &mut PgConnection,
        clock: &Clock,
        workspace: WorkspaceId,
        source: SourceId,
    ) -> Result<Self> {
        if let Some(it) = store::unfinished(db, workspace, source).await? {
            return Ok(Self {
                workspace,
                source,
                ingest: it.id,
                records: u64::try_from(it.records)?,
                digest: it.digest,
                summary: serde_json::from_value(it.summary).unwrap_or_default(),
            });
        }
        let ingest = store::begin_ingest(db, workspace, source, clock.now()).await?;
        let (digest, summary) = (Vec::new(), Summary::default());
        Ok(Self { workspace, source, ingest, records: 0, digest, summary })
    }

    fn point(&self) -> Point {
        Point { records: self.records, digest: self.digest.clone() }
    }

    /// Stores a portion in one transaction, invisible until the import is published.
    async fn store(&mut self, db: &mut PgConnection, portion: Portion) -> Result<()> {
        let mut summary = self.summary.clone();
        let records = self.records + portion.records;
        let mut tx = db.begin().await?;
        store::sort_in_memory(&mut tx).await?;

        for it in &portion.unread {
            summary.refuse(it.line, &it.reason);
        }
        let known = self.without_repeats(&mut tx, portion.read, &mut summary).await?;
        let changes = self.without_unchanged(&mut tx, known, &mut summary).await?;
        self.insert(&mut tx, changes, &mut summary).await?;
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
    async fn publish(
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
        segments::retire_replaced(&mut tx, workspace, ingest).await?;
        store::retire_replaced(&mut tx, workspace, ingest, now).await?;
        segments::merge_small(&mut tx, workspace, self.source, ingest).await?;
        let summary = serde_json::to_value(&self.summary)?;
        store::publish(&mut tx, workspace, ingest, &summary, now).await?;
        if self.summary.new + self.summary.changed > 0 {
            let details = BTreeMap::from([
                ("name", Value::name(source)),
                ("ingest", Value::id(ingest)),
                ("new", i64::try_from(self.summary.new)?.into()),
                ("changed", i64::try_from(self.summary.changed)?.into()),
            ]);
            let subject = Subject::new("source", self.source);
            let act = "documents.ingested";
            let event = Event { workspace, at: now, actor: by.clone(), act, subject, details };
            audit::append(&mut tx, event).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// A record with what its reading thread made of it.
struct Hashed {
    record: Record,
    hash: [u8; 32],
    passages: Vec<portion::Passage>,
}

struct Identified {
    external_id: String,
    replaces: Option<DocumentId>,
    it: Hashed,
}

impl Hashed {
    fn key(&self) -> String {
        match &self.record.id {
            Id::Given(id) | Id::Likely(id) => id.clone(),
            Id::FromContent => hex::encode(&self.hash[..16]),
        }
    }
}
