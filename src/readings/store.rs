//! The SQL of readings.
//!
//! The table of an import that is under way exists within its transaction only, so the few statements
//! that name it are checked when they run and not when they are compiled.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool, Row};

use super::read::Key;
use crate::error::Result;
use crate::ids::WorkspaceId;

/// Files of one source are taken one after the other.
pub async fn lock_source(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    source: &str,
) -> Result<()> {
    sqlx::query!(
        r#"SELECT pg_advisory_xact_lock(hashtextextended('readings ' || $2, $1)) AS "locked: ()""#,
        workspace.0,
        source
    )
    .fetch_one(db)
    .await?;
    Ok(())
}

/// Whether nobody else is taking a file of this source.
pub async fn try_lock_source(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    source: &str,
) -> Result<bool> {
    let locked = sqlx::query_scalar!(
        r#"SELECT pg_try_advisory_xact_lock(hashtextextended('readings ' || $2, $1)) AS "locked!""#,
        workspace.0,
        source
    )
    .fetch_one(db)
    .await?;
    Ok(locked)
}

pub async fn is_known(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    source: &str,
    sha256: &[u8; 32],
    mapping: &str,
) -> Result<bool> {
    let known = sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT
               FROM reading_files
               WHERE workspace_id = $1 AND sha256 = $3 AND source = $2
                 AND summary ->> 'mapping' = $4
           ) AS "known!""#,
        workspace.0,
        source,
        &sha256[..],
        mapping
    )
    .fetch_one(db)
    .await?;
    Ok(known)
}

pub struct NewFile<'a> {
    pub source: &'a str,
    pub name: &'a str,
    pub sha256: &'a [u8; 32],
    pub at: Timestamp,
}

pub async fn insert_file(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    new: &NewFile<'_>,
) -> Result<i64> {
    let id = sqlx::query_scalar!(
        r#"INSERT INTO reading_files (workspace_id, source, name, sha256, taken_at)
           VALUES ($1, $2, $3, $4, $5)
           RETURNING id"#,
        workspace.0,
        new.source,
        new.name,
        &new.sha256[..],
        new.at.to_sqlx() as _
    )
    .fetch_one(db)
    .await?;
    Ok(id)
}

pub async fn save_summary(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    file: i64,
    summary: &serde_json::Value,
) -> Result<()> {
    sqlx::query!(
        "UPDATE reading_files SET summary = $3 WHERE workspace_id = $1 AND id = $2",
        workspace.0,
        file,
        summary
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The ids of series, made where they are new, in the order of the keys.
pub async fn series_ids(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    source: &str,
    zone: &str,
    keys: &[Key],
) -> Result<Vec<i64>> {
    let of = |part: fn(&Key) -> &str| -> Vec<String> {
        keys.iter().map(|it| part(it).to_owned()).collect()
    };
    let (metrics, currencies) = (of(|it| &it.metric), of(|it| &it.currency));
    let (campaigns, ad_sets) = (of(|it| &it.campaign), of(|it| &it.ad_set));
    let segments = of(|it| &it.segment);
    let grains = of(|it| if it.hourly { "hour" } else { "day" });
    let ids = sqlx::query_scalar!(
        r#"WITH new AS MATERIALIZED (
               SELECT metric, currency, campaign, ad_set, segment::jsonb AS segment, grain, position
               FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
                   WITH ORDINALITY
                   AS new (metric, currency, campaign, ad_set, segment, grain, position)
           ), made AS (
               INSERT INTO series
                   (workspace_id, source, zone, metric, currency, campaign, ad_set, segment, grain)
               SELECT DISTINCT $1::bigint, $2, $3, metric, currency, campaign, ad_set, segment, grain
               FROM new
               ON CONFLICT ON CONSTRAINT series_one_of_a_kind DO NOTHING
               RETURNING id, metric, currency, campaign, ad_set, segment, grain
           )
           SELECT coalesce(made.id, known.id) AS "id!"
           FROM new
           LEFT JOIN made USING (metric, currency, campaign, ad_set, segment, grain)
           LEFT JOIN series known
             ON known.workspace_id = $1 AND known.source = $2 AND known.metric = new.metric
            AND known.grain = new.grain AND known.currency = new.currency
            AND known.campaign = new.campaign AND known.ad_set = new.ad_set
            AND known.segment = new.segment
           ORDER BY new.position"#,
        workspace.0,
        source,
        zone,
        &metrics,
        &currencies,
        &campaigns,
        &ad_sets,
        &segments,
        &grains
    )
    .fetch_all(&mut *db)
    .await?;
    if ids.len() != keys.len() {
        return Err(
            anyhow::anyhow!("{} series were found for {} keys", ids.len(), keys.len()).into()
        );
    }
    Ok(ids)
}

pub async fn open_stage(db: &mut PgConnection) -> Result<()> {
    sqlx::raw_sql(
        "CREATE TEMPORARY TABLE staged_readings (
             series_id bigint NOT NULL,
             starts timestamp NOT NULL,
             value numeric NOT NULL,
             line bigint NOT NULL
         ) ON COMMIT DROP",
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Lines as `COPY` reads them: series, start, value, line, with tabs between.
pub async fn copy(db: &mut PgConnection, lines: &[u8]) -> Result<()> {
    let mut copy = db.copy_in_raw("COPY staged_readings FROM STDIN").await?;
    copy.send(lines).await?;
    copy.finish().await?;
    Ok(())
}

pub struct Put {
    /// Readings of the file.
    pub all: u64,
    /// Those that came in several rows; where only the last counts, in rows that differ.
    pub several: u64,
    /// Those that were new or corrected.
    pub written: u64,
    /// Those that were corrected, and are kept as revisions.
    pub changed: u64,
}

/// What becomes of several rows of one series and time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Several {
    /// They are parts of a whole.
    AddedUp,
    /// Each takes the place of the one before.
    LastCounts,
}

impl Several {
    /// One row for each reading, and whether it is made of several.
    fn sql(self) -> &'static str {
        match self {
            Self::AddedUp => {
                "SELECT series_id, starts, sum(value) AS value, min(line) AS line,
                        count(*) > 1 AS several
                 FROM staged_readings
                 GROUP BY series_id, starts"
            }
            Self::LastCounts => {
                "SELECT series_id, starts, (array_agg(value ORDER BY line DESC))[1] AS value,
                        max(line) AS line, count(DISTINCT value) > 1 AS several
                 FROM staged_readings
                 GROUP BY series_id, starts"
            }
        }
    }
}

/// Everything that is staged becomes readings; what it corrects becomes revisions.
pub async fn put(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    file: i64,
    several: Several,
) -> Result<Put> {
    // The planner knows nothing of a table that has just been filled.
    sqlx::raw_sql("ANALYZE staged_readings; SET LOCAL work_mem = '128MB'")
        .execute(&mut *db)
        .await?;
    let one_each = several.sql();
    let sql = format!(
        "WITH new AS MATERIALIZED ({one_each}), corrected AS (
             INSERT INTO reading_revisions
                 (series_id, starts, workspace_id, value, file_id, line, replaced_by)
             SELECT old.series_id, old.starts, old.workspace_id, old.value, old.file_id, old.line, $2
             FROM new
             JOIN readings old USING (series_id, starts)
             WHERE old.workspace_id = $1 AND old.value <> new.value
             RETURNING 1
         ), written AS (
             INSERT INTO readings AS now (series_id, starts, workspace_id, value, file_id, line)
             SELECT series_id, starts, $1, value, $2, line
             FROM new
             ORDER BY series_id, starts
             ON CONFLICT ON CONSTRAINT readings_once DO UPDATE
             SET value = EXCLUDED.value, file_id = EXCLUDED.file_id, line = EXCLUDED.line
             WHERE now.value <> EXCLUDED.value
             RETURNING 1
         )
         SELECT (SELECT count(*) FROM new) AS all,
                (SELECT count(*) FROM new WHERE several) AS several,
                (SELECT count(*) FROM written) AS written,
                (SELECT count(*) FROM corrected) AS changed"
    );
    let row =
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(workspace.0).bind(file).fetch_one(db).await?;
    let count = |name: &str| -> Result<u64> { Ok(u64::try_from(row.try_get::<i64, _>(name)?)?) };
    Ok(Put {
        all: count("all")?,
        several: count("several")?,
        written: count("written")?,
        changed: count("changed")?,
    })
}

pub struct SeriesRow {
    pub id: i64,
    pub source: String,
    pub campaign: String,
    pub ad_set: String,
    pub segment: serde_json::Value,
    pub metric: String,
    pub currency: String,
    pub grain: String,
    pub zone: String,
}

/// The series of a workspace, those of one metric, campaign, source or currency where it is named.
pub async fn series(
    db: &PgPool,
    workspace: WorkspaceId,
    filter: &super::Filter,
) -> Result<Vec<SeriesRow>> {
    let rows = sqlx::query_as!(
        SeriesRow,
        r#"SELECT id, source, campaign, ad_set, segment, metric, currency, grain, zone
           FROM series
           WHERE workspace_id = $1
             AND ($2::text IS NULL OR metric = $2)
             AND ($3::text IS NULL OR campaign = $3)
             AND ($4::text IS NULL OR source = $4)
             AND ($5::text IS NULL OR currency IN ('', $5))
           ORDER BY source, campaign, ad_set, segment, metric, id"#,
        workspace.0,
        filter.metric.as_deref(),
        filter.campaign.as_deref(),
        filter.source.as_deref(),
        filter.currency.as_deref()
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

pub struct SumRow {
    pub series_id: i64,
    /// Null where all days are added up.
    pub day: Option<jiff_sqlx::Date>,
    pub sum: String,
}

/// The sum of each series, of each of its days if wanted.
pub async fn sums(
    db: &PgPool,
    workspace: WorkspaceId,
    series: &[i64],
    filter: &super::Filter,
    by_day: bool,
) -> Result<Vec<SumRow>> {
    let rows = sqlx::query_as!(
        SumRow,
        r#"SELECT series_id, CASE WHEN $5 THEN starts::date END AS "day: jiff_sqlx::Date",
                  sum(value)::text AS "sum!"
           FROM readings
           WHERE workspace_id = $1 AND series_id = ANY ($2)
             AND ($3::date IS NULL OR starts >= $3::date)
             AND ($4::date IS NULL OR starts < $4::date + 1)
           GROUP BY 1, 2
           ORDER BY 1, 2"#,
        workspace.0,
        series,
        filter.from.map(|it| it.to_sqlx()) as _,
        filter.to.map(|it| it.to_sqlx()) as _,
        by_day
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

pub struct DaysRow {
    pub source: String,
    pub campaign: String,
    pub metric: String,
    pub currency: String,
    pub days: Vec<jiff_sqlx::Date>,
    pub sums: Vec<f64>,
}

/// What came each day to each campaign of some metrics; both days count.
pub async fn daily(
    db: &PgPool,
    workspace: WorkspaceId,
    metrics: &[String],
    from: Date,
    to: Date,
) -> Result<Vec<DaysRow>> {
    // A series at a time, in the order of the key, so that nothing is sorted; one row a series.
    let rows = sqlx::query_as!(
        DaysRow,
        r#"SELECT source, campaign, metric, currency,
                  array_agg(day) AS "days!: Vec<jiff_sqlx::Date>", array_agg(sum) AS "sums!: Vec<f64>"
           FROM series
           CROSS JOIN LATERAL (
               SELECT starts::date AS day, sum(value)::float8 AS sum
               FROM readings
               WHERE series_id = series.id AND starts >= $3::date AND starts < $4::date + 1
               GROUP BY 1
           ) AS days
           WHERE workspace_id = $1 AND metric = ANY ($2)
           GROUP BY series.id
           ORDER BY source, campaign, series.id"#,
        workspace.0,
        metrics,
        from.to_sqlx() as _,
        to.to_sqlx() as _
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A series' readings from one local time to before another, in their order.
pub async fn window(
    db: &PgPool,
    workspace: WorkspaceId,
    series: i64,
    from: DateTime,
    to: DateTime,
) -> Result<Vec<(DateTime, f64)>> {
    let rows = sqlx::query!(
        r#"SELECT starts AS "starts: jiff_sqlx::DateTime", value::float8 AS "value!"
           FROM readings
           WHERE workspace_id = $1 AND series_id = $2 AND starts >= $3 AND starts < $4
           ORDER BY starts"#,
        workspace.0,
        series,
        from.to_sqlx() as _,
        to.to_sqlx() as _
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.starts.to_jiff(), row.value)).collect())
}

/// The readings of several series from one local time to before another, each in order: seconds of
/// local time since 1970, as if it were UTC, and values.
pub async fn points(
    db: &PgPool,
    workspace: WorkspaceId,
    series: &[i64],
    from: DateTime,
    to: DateTime,
) -> Result<HashMap<i64, Vec<(i64, f64)>>> {
    // One row a series: a row a reading takes three times as long.
    let rows = sqlx::query!(
        r#"SELECT series.id, array_agg(date_part('epoch', starts)) AS "starts!: Vec<f64>",
                  array_agg(readings.value::float8) AS "values!: Vec<f64>"
           FROM series
           JOIN readings ON series_id = series.id
           WHERE series.workspace_id = $1 AND series.id = ANY ($2)
             AND starts >= $3 AND starts < $4
           GROUP BY series.id"#,
        workspace.0,
        series,
        from.to_sqlx() as _,
        to.to_sqlx() as _
    )
    .fetch_all(db)
    .await?;
    let points = rows.into_iter().map(|row| {
        let starts = row.starts.into_iter().map(|at| at as i64);
        let mut points: Vec<(i64, f64)> = starts.zip(row.values).collect();
        // They come in order already, unless the planner chose otherwise.
        points.sort_by_key(|point| point.0);
        (row.id, points)
    });
    Ok(points.collect())
}
