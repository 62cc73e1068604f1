//! The SQL of sources.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};

use super::search::Rights;
use super::source::{Source, SourceSpec, Visibility};
use super::surroundings::{Standing, Stretch, Surroundings};
use crate::error::Result;
use crate::ids::{DocumentId, PassageId, SourceId, WorkspaceId};

pub async fn sources(db: &PgPool, workspace: WorkspaceId) -> Result<Vec<Source>> {
    let rows = sqlx::query!(
        r#"SELECT s.id AS "id: SourceId", s.name, s.kind, s.owner,
                  s.review_on AS "review_on: jiff_sqlx::Date", s.fresh_for_days, s.visibility,
                  s.visible_to, i.imported_at AS "imported_at: jiff_sqlx::Timestamp",
                  d.newest AS "newest: jiff_sqlx::Timestamp", d.documents AS "documents!"
           FROM sources s
           CROSS JOIN LATERAL (
               SELECT max(published_at) AS imported_at
               FROM ingests
               WHERE source_id = s.id AND workspace_id = s.workspace_id
           ) i
           CROSS JOIN LATERAL (
               SELECT count(*) AS documents, max(d.written_at) AS newest
               FROM documents d
               JOIN ingests i ON i.id = d.ingest_id
               WHERE d.source_id = s.id AND d.workspace_id = s.workspace_id
                 AND d.retired_at IS NULL AND i.published_at IS NOT NULL
           ) d
           WHERE s.workspace_id = $1
           ORDER BY s.name"#,
        workspace.0
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Source {
                id: row.id,
                name: row.name,
                kind: row.kind,
                owner: row.owner,
                review_on: row.review_on.map(|it| it.to_jiff()),
                fresh_for_days: row.fresh_for_days,
                visibility: Visibility::from_row(&row.visibility, row.visible_to)?,
                imported_at: row.imported_at.map(|it| it.to_jiff()),
                newest_document: row.newest.map(|it| it.to_jiff()),
                documents: row.documents,
            })
        })
        .collect()
}

/// All that is stored of a source, for comparison, and nobody else changes it until the transaction ends.
pub async fn source_as_it_is(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    name: &str,
) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT s::text AS "source!"
           FROM sources s
           WHERE workspace_id = $1 AND name = $2
           FOR UPDATE"#,
        workspace.0,
        name,
    )
    .fetch_optional(tx)
    .await?)
}

/// Creates the source, or changes what the spec names of it.
pub async fn save_source(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    spec: &SourceSpec,
    now: Timestamp,
) -> Result<SourceId> {
    let visibility = spec.visibility.as_ref();
    let visible_to = visibility.map(Visibility::visible_to);
    Ok(sqlx::query_scalar!(
        r#"INSERT INTO sources AS s
               (workspace_id, name, kind, owner, review_on, fresh_for_days, visibility,
                visible_to, created_at)
           VALUES ($1, $2, coalesce($3, 'documents'), $4, $5, $6, coalesce($7, 'everyone'),
                   coalesce($8, ARRAY[]::text[]), $9)
           ON CONFLICT (workspace_id, name) DO UPDATE
           SET kind = coalesce($3, s.kind),
               owner = coalesce($4, s.owner),
               review_on = coalesce($5, s.review_on),
               fresh_for_days = coalesce($6, s.fresh_for_days),
               visibility = coalesce($7, s.visibility),
               visible_to = coalesce($8, s.visible_to)
           RETURNING id AS "id: SourceId""#,
        workspace.0,
        spec.name,
        spec.kind.as_deref() as _,
        spec.owner.as_deref(),
        spec.review_on.map(|it| it.to_sqlx()) as _,
        spec.fresh_for_days,
        visibility.map(Visibility::kind) as _,
        visible_to as _,
        now.to_sqlx() as _,
    )
    .fetch_one(db)
    .await?)
}

/// A passage as it stands in its document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PassageText {
    pub text: String,
    /// Who wrote the document, where that is known.
    pub author: Option<String>,
}

/// The texts that passages have now; a passage that is gone has none.
pub async fn passage_texts(
    db: &PgPool,
    workspace: WorkspaceId,
    passages: &[PassageId],
) -> Result<HashMap<PassageId, PassageText>> {
    let ids: Vec<i64> = passages.iter().map(|passage| passage.0).collect();
    let rows = sqlx::query!(
        r#"SELECT p.id, d.author, substr(d.text, p.starts + 1, p.ends - p.starts) AS "text!"
           FROM passages p
           JOIN documents d ON d.id = p.document_id
           WHERE p.workspace_id = $1 AND p.id = ANY ($2)"#,
        workspace.0,
        &ids,
    )
    .fetch_all(db)
    .await?;
    let texts = rows
        .into_iter()
        .map(|row| (PassageId(row.id), PassageText { text: row.text, author: row.author }));
    Ok(texts.collect())
}

/// Where a passage stands, with so many characters around it, if these rights may see it.
pub async fn surroundings(
    db: &PgPool,
    workspace: WorkspaceId,
    rights: &Rights,
    passage: PassageId,
    around: i32,
) -> Result<Option<Surroundings>> {
    let row = sqlx::query!(
        r#"SELECT d.id AS "document: DocumentId", d.external_id, d.title, s.name AS source, d.url,
                  d.author, d.written_at AS "written_at: jiff_sqlx::Timestamp",
                  i.published_at AS "imported_at: jiff_sqlx::Timestamp",
                  substr(d.text, greatest(p.starts - $7, 0) + 1, least(p.starts, $7)) AS "before!",
                  substr(d.text, p.starts + 1, p.ends - p.starts) AS "text!",
                  substr(d.text, p.ends + 1, $7) AS "after!",
                  d.retired_at IS NOT NULL AS "retired!",
                  EXISTS (
                      SELECT
                      FROM documents newer
                      JOIN ingests j ON j.id = newer.ingest_id
                      WHERE newer.workspace_id = $1 AND newer.source_id = d.source_id
                        AND newer.external_id = d.external_id AND newer.id > d.id
                        AND j.published_at IS NOT NULL
                  ) AS "replaced!"
           FROM passages p
           JOIN documents d ON d.id = p.document_id
           JOIN ingests i ON i.id = d.ingest_id
           JOIN sources s ON s.id = d.source_id
           WHERE p.workspace_id = $1 AND p.id = $2 AND d.workspace_id = $1
             AND s.workspace_id = $1 AND i.published_at IS NOT NULL
             AND ($3 OR s.visibility = 'everyone'
                  OR (s.visibility = 'channels' AND s.visible_to && $4::text[])
                  OR (s.visibility = 'groups' AND s.visible_to && $5::text[]))
             AND ($6::text[] IS NULL OR s.name = ANY($6))"#,
        workspace.0,
        passage.0,
        rights.all,
        &rights.channels,
        &rights.groups,
        rights.only.as_deref() as _,
        around
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Surroundings {
        document: row.document,
        external_id: row.external_id,
        title: row.title,
        source: row.source,
        url: row.url,
        author: row.author,
        written_at: row.written_at.map(|it| it.to_jiff()),
        imported_at: row.imported_at.map(|it| it.to_jiff()),
        before: Stretch::before(&row.before),
        text: row.text,
        after: Stretch::after(&row.after),
        standing: match (row.retired, row.replaced) {
            (false, _) => Standing::Current,
            (true, true) => Standing::Replaced,
            (true, false) => Standing::Retired,
        },
    }))
}
