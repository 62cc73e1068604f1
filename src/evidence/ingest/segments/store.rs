//! The SQL of segments.

use sqlx::PgConnection;

use crate::error::Result;
use crate::ids::{IngestId, SegmentId, SourceId, WorkspaceId};

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

/// A segment with passages of documents that are to be found no more.
pub struct Outdated {
    pub segment: SegmentId,
    pub layout: Vec<u8>,
    pub ordinals: Vec<i32>,
}

pub async fn outdated_segments(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    documents: &[i64],
) -> Result<Vec<Outdated>> {
    Ok(sqlx::query_as!(
        Outdated,
        r#"SELECT s.id AS "segment: SegmentId", s.layout, old.ordinals AS "ordinals!"
           FROM (
               SELECT segment_id, array_agg(ordinal) AS ordinals
               FROM passages
               WHERE workspace_id = $1 AND document_id = ANY ($2)
               GROUP BY segment_id
           ) old
           JOIN segments s ON s.id = old.segment_id
           WHERE s.workspace_id = $1
           FOR UPDATE OF s"#,
        workspace.0,
        documents
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
