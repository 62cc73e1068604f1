//! The SQL of imports.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use crate::error::Result;
use crate::ids::{DocumentId, IngestId, SourceId, WorkspaceId};

/// Keeps other imports into this source out for as long as the connection lives.
pub async fn try_lock_source(db: &mut PgConnection, source: SourceId) -> Result<bool> {
    /// Tells these locks from the other advisory locks of this database.
    const IMPORTS: i32 = 0x1e57;
    let key = i32::try_from(source.0 % i64::from(i32::MAX)).unwrap_or_default();
    Ok(sqlx::query_scalar!(r#"SELECT pg_try_advisory_lock($1, $2) AS "locked!""#, IMPORTS, key)
        .fetch_one(db)
        .await?)
}

/// An import that was begun and not published.
pub struct Unfinished {
    pub id: IngestId,
    pub records: i64,
    pub digest: Vec<u8>,
    pub summary: serde_json::Value,
}

pub async fn unfinished(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    source: SourceId,
) -> Result<Option<Unfinished>> {
    Ok(sqlx::query_as!(
        Unfinished,
        r#"SELECT id AS "id: IngestId", records, digest, summary
           FROM ingests
           WHERE workspace_id = $1 AND source_id = $2 AND published_at IS NULL"#,
        workspace.0,
        source.0
    )
    .fetch_optional(db)
    .await?)
}

pub async fn discard(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    ingest: IngestId,
) -> Result<()> {
    sqlx::query!("DELETE FROM ingests WHERE workspace_id = $1 AND id = $2", workspace.0, ingest.0)
        .execute(db)
        .await?;
    Ok(())
}

pub async fn begin_ingest(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    source: SourceId,
    now: Timestamp,
) -> Result<IngestId> {
    Ok(sqlx::query_scalar!(
        r#"INSERT INTO ingests (workspace_id, source_id, started_at)
           VALUES ($1, $2, $3)
           RETURNING id AS "id: IngestId""#,
        workspace.0,
        source.0,
        now.to_sqlx() as _
    )
    .fetch_one(db)
    .await?)
}

pub async fn save_progress(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    ingest: IngestId,
    records: i64,
    digest: &[u8],
    summary: &serde_json::Value,
) -> Result<()> {
    sqlx::query!(
        r#"UPDATE ingests
           SET records = $3, digest = $4, summary = $5
           WHERE workspace_id = $1 AND id = $2"#,
        workspace.0,
        ingest.0,
        records,
        digest,
        summary
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The index of a portion is sorted once; that should happen in memory.
pub async fn sort_in_memory(db: &mut PgConnection) -> Result<()> {
    sqlx::query!("SET LOCAL work_mem = '64MB'").execute(db).await?;
    Ok(())
}

/// Which key was met how often in this import, and what stood there the first time.
pub struct Met {
    pub key: String,
    pub times: i64,
    pub content_hash: Vec<u8>,
    pub line: i64,
}

/// Keys must be distinct.
pub async fn meet_keys(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    ingest: IngestId,
    keys: &[String],
    hashes: &[Vec<u8>],
    lines: &[i64],
    times: &[i64],
) -> Result<Vec<Met>> {
    Ok(sqlx::query_as!(
        Met,
        r#"INSERT INTO ingest_keys AS k (workspace_id, ingest_id, key, content_hash, line, times)
           SELECT $1, $2, key, content_hash, line, times
           FROM unnest($3::text[], $4::bytea[], $5::bigint[], $6::bigint[])
               AS met (key, content_hash, line, times)
           ON CONFLICT (ingest_id, key) DO UPDATE
           SET times = k.times + excluded.times
           RETURNING key, times, content_hash, line"#,
        workspace.0,
        ingest.0,
        keys,
        hashes,
        lines,
        times
    )
    .fetch_all(db)
    .await?)
}

/// The version of a document that is visible now.
pub struct Current {
    pub id: DocumentId,
    pub external_id: String,
    pub content_hash: Vec<u8>,
}

pub async fn current_versions(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    source: SourceId,
    external_ids: &[String],
) -> Result<Vec<Current>> {
    Ok(sqlx::query_as!(
        Current,
        r#"SELECT d.id AS "id: DocumentId", d.external_id, d.content_hash
           FROM documents d
           JOIN ingests i ON i.id = d.ingest_id
           WHERE d.workspace_id = $1 AND d.source_id = $2 AND d.external_id = ANY($3)
             AND d.retired_at IS NULL AND i.published_at IS NOT NULL"#,
        workspace.0,
        source.0,
        external_ids
    )
    .fetch_all(db)
    .await?)
}

/// Documents as columns, because that is how many rows travel in one statement.
#[derive(Default)]
pub struct NewDocuments {
    pub external_ids: Vec<String>,
    pub titles: Vec<String>,
    pub texts: Vec<String>,
    pub urls: Vec<Option<String>>,
    pub authors: Vec<Option<String>>,
    pub written_at: Vec<Option<jiff_sqlx::Timestamp>>,
    pub hashes: Vec<Vec<u8>>,
    pub replaces: Vec<Option<i64>>,
}

/// Stores new versions and returns their ids in the order given.
pub async fn insert_documents(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    source: SourceId,
    ingest: IngestId,
    new: &NewDocuments,
) -> Result<Vec<DocumentId>> {
    let rows = sqlx::query!(
        r#"INSERT INTO documents
               (workspace_id, source_id, ingest_id, external_id, title, text, url, author,
                written_at, content_hash, replaces)
           SELECT $1, $2, $3, external_id, title, text, url, author, written_at, content_hash,
                  replaces
           FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                       $9::timestamptz[], $10::bytea[], $11::bigint[])
               AS new (external_id, title, text, url, author, written_at, content_hash, replaces)
           RETURNING id AS "id: DocumentId", external_id"#,
        workspace.0,
        source.0,
        ingest.0,
        &new.external_ids,
        &new.titles,
        &new.texts,
        &new.urls as &[Option<String>],
        &new.authors as &[Option<String>],
        &new.written_at as &[Option<jiff_sqlx::Timestamp>],
        &new.hashes,
        &new.replaces as &[Option<i64>],
    )
    .fetch_all(db)
    .await?;
    let ids: std::collections::HashMap<String, DocumentId> =
        rows.into_iter().map(|row| (row.external_id, row.id)).collect();
    new.external_ids
        .iter()
        .map(|it| {
            ids.get(it).copied().ok_or_else(|| anyhow::anyhow!("a document got no id").into())
        })
        .collect()
}

/// Retires the versions that this import replaces, and returns their ids.
pub async fn retire_replaced(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    ingest: IngestId,
    now: Timestamp,
) -> Result<Vec<i64>> {
    Ok(sqlx::query_scalar!(
        r#"UPDATE documents old
           SET retired_at = $3
           FROM documents new
           WHERE new.workspace_id = $1 AND new.ingest_id = $2
             AND old.workspace_id = $1 AND old.id = new.replaces
           RETURNING old.id"#,
        workspace.0,
        ingest.0,
        now.to_sqlx() as _
    )
    .fetch_all(db)
    .await?)
}

/// Retires what is visible of a source and was not met by this import, and returns the ids. Repeats of
/// a key are stored as `key#2`, `key#3` …, and are met when the key was met as often.
pub async fn retire_unmet(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    source: SourceId,
    ingest: IngestId,
    now: Timestamp,
) -> Result<Vec<i64>> {
    Ok(sqlx::query_scalar!(
        r#"UPDATE documents d
           SET retired_at = $4
           FROM ingests i
           WHERE d.workspace_id = $1 AND d.source_id = $2 AND d.retired_at IS NULL
             AND i.id = d.ingest_id AND i.published_at IS NOT NULL
             AND NOT EXISTS (
                 SELECT FROM ingest_keys k WHERE k.ingest_id = $3 AND k.key = d.external_id
             )
             AND NOT EXISTS (
                 SELECT
                 FROM ingest_keys k
                 WHERE k.ingest_id = $3 AND d.external_id ~ '#[0-9]{1,9}$'
                   AND k.key = regexp_replace(d.external_id, '#[0-9]+$', '')
                   AND k.times >= substring(d.external_id FROM '#([0-9]+)$')::numeric
             )
           RETURNING d.id"#,
        workspace.0,
        source.0,
        ingest.0,
        now.to_sqlx() as _
    )
    .fetch_all(db)
    .await?)
}

/// Retires what is visible of a source and was last met in another version of it, if anything was met
/// in this one, and returns the ids.
pub async fn retire_but_version(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    source: SourceId,
    version: i64,
    now: Timestamp,
) -> Result<Vec<i64>> {
    Ok(sqlx::query_scalar!(
        r#"UPDATE documents d
           SET retired_at = $4
           FROM ingests i
           WHERE d.workspace_id = $1 AND d.source_id = $2 AND d.retired_at IS NULL
             AND i.id = d.ingest_id AND i.published_at IS NOT NULL
             AND EXISTS (
                 SELECT FROM document_versions WHERE source_id = $2 AND version = $3
             )
             AND NOT EXISTS (
                 SELECT
                 FROM document_versions v
                 WHERE v.source_id = $2 AND v.external_id = d.external_id AND v.version = $3
             )
           RETURNING d.id"#,
        workspace.0,
        source.0,
        version,
        now.to_sqlx() as _
    )
    .fetch_all(db)
    .await?)
}

/// Notes in which version of the whole source these were met.
pub async fn note_version(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    source: SourceId,
    external_ids: &[String],
    version: i64,
) -> Result<()> {
    sqlx::query!(
        r#"INSERT INTO document_versions (workspace_id, source_id, external_id, version)
           SELECT $1, $2, external_id, $4
           FROM unnest($3::text[]) AS met (external_id)
           ON CONFLICT (source_id, external_id) DO UPDATE
           SET version = excluded.version"#,
        workspace.0,
        source.0,
        external_ids,
        version
    )
    .execute(db)
    .await?;
    Ok(())
}

/// How many documents of a source are visible, without those of the import under way.
pub async fn visible_documents(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    source: SourceId,
) -> Result<u64> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!"
           FROM documents d
           JOIN ingests i ON i.id = d.ingest_id
           WHERE d.workspace_id = $1 AND d.source_id = $2
             AND d.retired_at IS NULL AND i.published_at IS NOT NULL"#,
        workspace.0,
        source.0
    )
    .fetch_one(db)
    .await?;
    Ok(u64::try_from(count)?)
}

/// What an import under way has stored under an id.
pub struct Stored {
    pub id: DocumentId,
    pub external_id: String,
    pub content_hash: Vec<u8>,
    pub replaces: Option<i64>,
}

pub async fn versions_of_import(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    ingest: IngestId,
    external_ids: &[String],
) -> Result<Vec<Stored>> {
    Ok(sqlx::query_as!(
        Stored,
        r#"SELECT id AS "id: DocumentId", external_id, content_hash, replaces
           FROM documents
           WHERE workspace_id = $1 AND ingest_id = $2 AND external_id = ANY ($3)"#,
        workspace.0,
        ingest.0,
        external_ids
    )
    .fetch_all(db)
    .await?)
}

/// Removes documents that nobody has seen yet.
pub async fn drop_documents(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    ingest: IngestId,
    documents: &[i64],
) -> Result<()> {
    sqlx::query!(
        r#"DELETE FROM documents
           WHERE workspace_id = $1 AND ingest_id = $2 AND id = ANY ($3)"#,
        workspace.0,
        ingest.0,
        documents
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn publish(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    ingest: IngestId,
    summary: &serde_json::Value,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        r#"UPDATE ingests
           SET published_at = $3, summary = $4
           WHERE workspace_id = $1 AND id = $2"#,
        workspace.0,
        ingest.0,
        now.to_sqlx() as _,
        summary
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "DELETE FROM ingest_keys WHERE workspace_id = $1 AND ingest_id = $2",
        workspace.0,
        ingest.0
    )
    .execute(db)
    .await?;
    Ok(())
}
