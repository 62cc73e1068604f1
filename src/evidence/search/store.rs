//! The SQL of the search.
//!
//! Each list is looked up by itself (`LATERAL … OFFSET 0`): left to itself, the planner reads whole
//! segments while the statistics do not know them yet.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::rank::{Ranked, Ranking, Term, Word};
use super::{Hit, Rights};
use crate::error::Result;
use crate::evidence::language::Language;
use crate::ids::{DocumentId, PassageId, SegmentId, SourceId, WorkspaceId};

pub async fn see_one_snapshot(db: &mut PgConnection) -> Result<()> {
    sqlx::query!("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY").execute(db).await?;
    Ok(())
}

/// A part of the index that the asker may see.
pub struct VisibleSegment {
    pub id: SegmentId,
    pub source: String,
    pub layout: Vec<u8>,
    pub languages: Vec<String>,
}

pub async fn visible_segments(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    rights: &Rights,
) -> Result<Vec<VisibleSegment>> {
    Ok(sqlx::query_as!(
        VisibleSegment,
        r#"SELECT g.id AS "id: SegmentId", s.name AS source, g.layout, g.languages
           FROM segments g
           JOIN ingests i ON i.id = g.ingest_id
           JOIN sources s ON s.id = g.source_id
           WHERE g.workspace_id = $1 AND i.workspace_id = $1 AND s.workspace_id = $1
             AND i.published_at IS NOT NULL
             AND ($2 OR s.visibility = 'everyone'
                  OR (s.visibility = 'channels' AND s.visible_to && $3::text[])
                  OR (s.visibility = 'groups' AND s.visible_to && $4::text[]))
             AND ($5::text[] IS NULL OR s.name = ANY($5))
           ORDER BY g.id"#,
        workspace.0,
        rights.all,
        &rights.channels,
        &rights.groups,
        rights.only.as_deref() as _
    )
    .fetch_all(db)
    .await?)
}

/// The terms of a question: each of its words as each language has it, without the words that the
/// question's own language does not count.
pub async fn terms(
    db: &mut PgConnection,
    question: &str,
    languages: &[String],
    main: &str,
) -> Result<Vec<(String, String)>> {
    // 15, 16 and 17 are compounds with hyphens: their parts follow as words of their own.
    let rows = sqlx::query!(
        r#"SELECT token.token AS "word!", term.lexeme AS "term!"
           FROM ts_parse('default', $1) WITH ORDINALITY AS token (tokid, token, position),
                unnest($2::text[]) AS language,
                unnest(to_tsvector(language::regconfig, token.token)) AS term
           WHERE (token.tokid NOT IN (15, 16, 17) OR term.lexeme LIKE '%-%')
             AND to_tsvector($3::text::regconfig, token.token) <> ''::tsvector
           ORDER BY token.position"#,
        question,
        languages,
        main
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.word, row.term)).collect())
}

/// Loads the occurrences of those terms that the ranking does not have yet.
pub async fn load_postings(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    ranking: &mut Ranking,
    words: &[Word],
) -> Result<()> {
    let missing = ranking.missing(words);
    if missing.is_empty() {
        return Ok(());
    }
    let segments: Vec<i64> = ranking.segments().map(|it| it.0).collect();
    let rows = sqlx::query!(
        r#"SELECT term AS "term!", segment AS "segment!: SegmentId", p.occurrences
           FROM unnest($3::bigint[]) AS segment, unnest($2::text[]) AS term,
                LATERAL (
                    SELECT occurrences
                    FROM postings
                    WHERE workspace_id = $1 AND segment_id = segment AND postings.term = term.term
                    OFFSET 0
                ) p"#,
        workspace.0,
        &missing as &[String],
        &segments
    )
    .fetch_all(db)
    .await?;
    ranking.note_loaded(missing);
    for row in rows {
        ranking.add(row.term, row.segment, row.occurrences);
    }
    Ok(())
}

/// In how many passages each term stands: a little more than documents, and cheap to know.
pub async fn passages_holding(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    segments: impl Iterator<Item = SegmentId>,
    terms: &[Term],
) -> Result<HashMap<Term, usize>> {
    let segments: Vec<i64> = segments.map(|it| it.0).collect();
    let rows = sqlx::query!(
        r#"SELECT term AS "term!", sum(p.passages) AS "passages!"
           FROM unnest($3::bigint[]) AS segment, unnest($2::text[]) AS term,
                LATERAL (
                    SELECT octet_length(occurrences) / 4 AS passages
                    FROM postings
                    WHERE workspace_id = $1 AND segment_id = segment AND postings.term = term.term
                    OFFSET 0
                ) p
           GROUP BY term"#,
        workspace.0,
        terms,
        &segments
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| Ok((row.term, usize::try_from(row.passages)?))).collect()
}

/// How often each term stands in these passages, title included for the first of a document.
pub async fn terms_of_passages(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    places: &[(SegmentId, usize)],
) -> Result<Vec<(usize, Term, u32)>> {
    let (segments, ordinals) = columns(places.iter().copied());
    let rows = sqlx::query!(
        r#"SELECT place.position - 1 AS "position!", term.lexeme AS "term!",
                  cardinality(term.positions) AS "times!"
           FROM unnest($2::bigint[], $3::int[]) WITH ORDINALITY
                    AS place (segment_id, ordinal, position)
           JOIN passages p ON p.segment_id = place.segment_id AND p.ordinal = place.ordinal
           JOIN documents d ON d.id = p.document_id,
                unnest(to_tsvector(p.language::regconfig,
                                   CASE WHEN p.starts = 0 THEN d.title || E'\n' ELSE '' END
                                   || substr(d.text, p.starts + 1, p.ends - p.starts))) AS term
           WHERE p.workspace_id = $1 AND d.workspace_id = $1"#,
        workspace.0,
        &segments,
        &ordinals
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| Ok((usize::try_from(row.position)?, row.term, u32::try_from(row.times)?)))
        .collect()
}

/// The passages at these places, in their order. The asker's rights are asked a second time.
pub async fn hits(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    rights: &Rights,
    ranked: &[Ranked],
) -> Result<Vec<Hit>> {
    let (segments, ordinals) = columns(ranked.iter().map(|it| (it.segment, it.ordinal)));
    let rows = sqlx::query!(
        r#"SELECT place.position - 1 AS "position!", p.id AS "passage: PassageId",
                  d.id AS "document: DocumentId", d.external_id, s.id AS "source: SourceId",
                  s.name AS source_name, p.starts, p.ends, p.language, d.title, d.url, d.author,
                  d.written_at AS "written_at: jiff_sqlx::Timestamp",
                  substr(d.text, p.starts + 1, p.ends - p.starts) AS "text!"
           FROM unnest($2::bigint[], $3::int[]) WITH ORDINALITY
                    AS place (segment_id, ordinal, position)
           JOIN passages p ON p.segment_id = place.segment_id AND p.ordinal = place.ordinal
           JOIN documents d ON d.id = p.document_id
           JOIN sources s ON s.id = d.source_id
           WHERE p.workspace_id = $1 AND d.workspace_id = $1 AND s.workspace_id = $1
             AND ($4 OR s.visibility = 'everyone'
                  OR (s.visibility = 'channels' AND s.visible_to && $5::text[])
                  OR (s.visibility = 'groups' AND s.visible_to && $6::text[]))
           ORDER BY place.position"#,
        workspace.0,
        &segments,
        &ordinals,
        rights.all,
        &rights.channels,
        &rights.groups
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let ranked = &ranked[usize::try_from(row.position)?];
            Ok(Hit {
                passage: row.passage,
                document: row.document,
                external_id: row.external_id,
                source: row.source,
                source_name: row.source_name,
                score: ranked.score,
                passage_score: ranked.passage_score,
                text: row.text,
                language: Language::named(&row.language),
                chars: (usize::try_from(row.starts)?, usize::try_from(row.ends)?),
                title: row.title,
                url: row.url,
                author: row.author,
                written_at: row.written_at.map(|it| it.to_jiff()),
            })
        })
        .collect()
}

fn columns(places: impl Iterator<Item = (SegmentId, usize)>) -> (Vec<i64>, Vec<i32>) {
    places.map(|(segment, ordinal)| (segment.0, i32::try_from(ordinal).unwrap_or(i32::MAX))).unzip()
}
