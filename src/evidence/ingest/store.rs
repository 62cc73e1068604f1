//! The SQL of imports.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use crate::error::Result;
use crate::ids::{DocumentId, IngestId, SegmentId, SourceId, WorkspaceId};

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

pub async fn insert_segment(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    source: SourceId,
    ingest: IngestId,
    languages: &[String],
) -> Result<SegmentId> {
    Ok(sqlx::query_scalar!(
        r#"INSERT INTO segments (workspace_id, source_id, ingest_id, languages)
           VALUES ($1, $2, $3, $4)
           RETURNING id AS "id: SegmentId""#,
        workspace.0,
        source.0,
        ingest.0,
        languages
    )
    .fetch_one(db)
    .await?)
}

/// Passages as columns; their ordinals are their positions.
#[derive(Default)]
pub struct NewPassages {
    pub documents: Vec<i64>,
    pub starts: Vec<i32>,
    pub ends: Vec<i32>,
    pub languages: Vec<String>,
    /// What is indexed: the passage's text, on the first one of a document after its title.
    pub words: Vec<String>,
}

pub async fn insert_passages(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    segment: SegmentId,
    new: &NewPassages,
) -> Result<()> {
    sqlx::query!(
        r#"INSERT INTO passages
               (workspace_id, document_id, starts, ends, language, segment_id, ordinal)
           SELECT $1, document_id, starts, ends, language, $2, ordinality - 1
           FROM unnest($3::bigint[], $4::int[], $5::int[], $6::text[])
               WITH ORDINALITY AS new (document_id, starts, ends, language)"#,
        workspace.0,
        segment.0,
        &new.documents,
        &new.starts,
        &new.ends,
        &new.languages
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes the occurrences of every term, and returns how many terms each passage has, as pairs
/// of ordinal and length. Passages without any are left out.
pub async fn index(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    segment: SegmentId,
    languages: &[String],
    words: &[String],
) -> Result<Vec<(i32, i64)>> {
    let rows = sqlx::query!(
        r#"WITH found AS MATERIALIZED (
               SELECT (ordinality - 1)::int AS ordinal, lexeme COLLATE "C" AS term,
                      cardinality(positions) AS times
               FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS passage (language, words),
                    unnest(to_tsvector(language::regconfig, words)) AS terms
           ), written AS (
               INSERT INTO postings (workspace_id, term, segment_id, occurrences)
               SELECT $1, term, $2,
                      string_agg(int4send((ordinal << 8) | least(times, 255)), ''::bytea
                                 ORDER BY ordinal)
               FROM found
               GROUP BY term
           )
           SELECT ordinal AS "ordinal!", sum(times) AS "length!"
           FROM found
           GROUP BY ordinal"#,
        workspace.0,
        segment.0,
        languages,
        words
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.ordinal, row.length)).collect())
}

pub async fn save_layout(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    segment: SegmentId,
    layout: &[u8],
) -> Result<()> {
    sqlx::query!(
        "UPDATE segments SET layout = $3 WHERE workspace_id = $1 AND id = $2",
        workspace.0,
        segment.0,
        layout
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Retires the versions that this import replaces.
pub async fn retire_replaced(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    ingest: IngestId,
    now: Timestamp,
) -> Result<u64> {
    let done = sqlx::query!(
        r#"UPDATE documents old
           SET retired_at = $3
           FROM documents new
           WHERE new.workspace_id = $1 AND new.ingest_id = $2
             AND old.workspace_id = $1 AND old.id = new.replaces"#,
        workspace.0,
        ingest.0,
        now.to_sqlx() as _
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// A segment with passages of documents that this import replaces.
pub struct Outdated {
    pub segment: SegmentId,
    pub layout: Vec<u8>,
    pub ordinals: Vec<i32>,
}

pub async fn outdated_segments(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    ingest: IngestId,
) -> Result<Vec<Outdated>> {
    Ok(sqlx::query_as!(
        Outdated,
        r#"SELECT s.id AS "segment: SegmentId", s.layout, old.ordinals AS "ordinals!"
           FROM (
               SELECT p.segment_id, array_agg(p.ordinal) AS ordinals
               FROM documents new
               JOIN passages p ON p.document_id = new.replaces
               WHERE new.workspace_id = $1 AND new.ingest_id = $2
               GROUP BY p.segment_id
           ) old
           JOIN segments s ON s.id = old.segment_id
           WHERE s.workspace_id = $1
           FOR UPDATE OF s"#,
        workspace.0,
        ingest.0
    )
    .fetch_all(db)
    .await?)
}

/// Removes a part of the index; its passages and documents stay for what quotes them.
pub async fn drop_segment(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    segment: SegmentId,
) -> Result<()> {
    sqlx::query!(
        "DELETE FROM segments WHERE workspace_id = $1 AND id = $2",
        workspace.0,
        segment.0
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

pub struct Size {
    pub segment: SegmentId,
    pub passages: i32,
}

/// The segments of a source that are visible, or will be with this import.
pub async fn segment_sizes(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    source: SourceId,
    ingest: IngestId,
) -> Result<Vec<Size>> {
    Ok(sqlx::query_as!(
        Size,
        r#"SELECT g.id AS "segment: SegmentId", octet_length(g.layout) / 2 AS "passages!"
           FROM segments g
           JOIN ingests i ON i.id = g.ingest_id
           WHERE g.workspace_id = $1 AND g.source_id = $2
             AND (i.published_at IS NOT NULL OR i.id = $3)
           ORDER BY g.id"#,
        workspace.0,
        source.0,
        ingest.0
    )
    .fetch_all(db)
    .await?)
}

/// A passage as it is indexed.
pub struct Living {
    pub id: i64,
    pub document: i64,
    pub language: String,
    pub words: String,
}

/// The passages of these segments whose documents were not retired, those of one document in a row.
pub async fn living_passages(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    segments: &[SegmentId],
) -> Result<Vec<Living>> {
    let segments: Vec<i64> = segments.iter().map(|it| it.0).collect();
    Ok(sqlx::query_as!(
        Living,
        r#"SELECT p.id, p.document_id AS document, p.language,
                  CASE WHEN d.title <> '' AND p.starts = min(p.starts) OVER (PARTITION BY d.id)
                       THEN d.title || E'\n' ELSE '' END
                  || substr(d.text, p.starts + 1, p.ends - p.starts) AS "words!"
           FROM passages p
           JOIN documents d ON d.id = p.document_id
           WHERE p.workspace_id = $1 AND d.workspace_id = $1
             AND p.segment_id = ANY($2) AND d.retired_at IS NULL
           ORDER BY p.document_id, p.starts"#,
        workspace.0,
        &segments
    )
    .fetch_all(db)
    .await?)
}

/// Gives passages a place in another segment, in this order.
pub async fn move_passages(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    segment: SegmentId,
    passages: &[i64],
) -> Result<()> {
    sqlx::query!(
        r#"UPDATE passages p
           SET segment_id = $2, ordinal = place.ordinality - 1
           FROM unnest($3::bigint[]) WITH ORDINALITY AS place (id, ordinality)
           WHERE p.workspace_id = $1 AND p.id = place.id"#,
        workspace.0,
        segment.0,
        passages
    )
    .execute(db)
    .await?;
    Ok(())
}
