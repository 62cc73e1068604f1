//! A series and its readings over a stretch of time.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use sqlx::PgPool;

use super::metric::Metric;
use super::store;
use super::sums::Filter;
use crate::error::Result;
use crate::ids::WorkspaceId;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SeriesId(pub i64);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Grain {
    Hour,
    Day,
}

/// What several readings have in common.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Series {
    pub id: SeriesId,
    pub source: String,
    pub campaign: String,
    pub ad_set: String,
    /// What the export was broken down by: `age` = `45-49`.
    pub segment: BTreeMap<String, String>,
    pub metric: Metric,
    /// Empty where the metric is no money.
    pub currency: String,
    pub grain: Grain,
    pub zone: String,
}

/// The series of a workspace. The days of the filter do not matter here.
pub async fn series(db: &PgPool, workspace: WorkspaceId, filter: &Filter) -> Result<Vec<Series>> {
    let rows = store::series(db, workspace, filter).await?;
    rows.into_iter().map(Series::try_from).collect()
}

/// The readings of a series from one local time to before another, in their order.
pub async fn window(
    db: &PgPool,
    workspace: WorkspaceId,
    series: SeriesId,
    from: DateTime,
    to: DateTime,
) -> Result<Vec<(DateTime, f64)>> {
    store::window(db, workspace, series.0, from, to).await
}

/// One metric of one campaign over time, all its ad sets and segments together.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    pub source: String,
    pub campaign: String,
    pub metric: Metric,
    pub currency: String,
    pub grain: Grain,
    pub zone: String,
    /// Seconds of local time since 1970, as if it were UTC, and what came in the hour or day that
    /// begins there; in order.
    pub points: Vec<(i64, f64)>,
}

/// The series of a workspace, by source and campaign: so that whole campaigns can be taken at a time.
pub async fn campaigns(db: &PgPool, workspace: WorkspaceId) -> Result<Vec<Vec<Series>>> {
    let series = series(db, workspace, &Filter::default()).await?;
    let same = |a: &Series, b: &Series| (&a.source, &a.campaign) == (&b.source, &b.campaign);
    Ok(series.chunk_by(same).map(<[Series]>::to_vec).collect())
}

/// The lines that these series make, from one local time to before another, in the order of source,
/// campaign and metric.
pub async fn lines(
    db: &PgPool,
    workspace: WorkspaceId,
    of: &[Series],
    from: DateTime,
    to: DateTime,
) -> Result<Vec<Line>> {
    let ids: Vec<i64> = of.iter().map(|series| series.id.0).collect();
    let mut points = store::points(db, workspace, &ids, from, to).await?;
    let mut lines: BTreeMap<_, Vec<&Series>> = BTreeMap::new();
    for it in of.iter().filter(|it| points.contains_key(&it.id.0)) {
        let key = (&it.source, &it.campaign, &it.metric, &it.currency, it.grain, &it.zone);
        lines.entry(key).or_default().push(it);
    }
    let line = |series: Vec<&Series>| {
        let mut own = series.iter().filter_map(|it| points.remove(&it.id.0));
        let summed = match series.len() {
            1 => own.next().unwrap_or_default(),
            _ => sum(own),
        };
        let of = series[0];
        Line {
            source: of.source.clone(),
            campaign: of.campaign.clone(),
            metric: of.metric.clone(),
            currency: of.currency.clone(),
            grain: of.grain,
            zone: of.zone.clone(),
            points: summed,
        }
    };
    Ok(lines.into_values().map(line).collect())
}

fn sum(series: impl Iterator<Item = Vec<(i64, f64)>>) -> Vec<(i64, f64)> {
    let mut sums: BTreeMap<i64, f64> = BTreeMap::new();
    for (at, value) in series.flatten() {
        *sums.entry(at).or_default() += value;
    }
    sums.into_iter().collect()
}

fn grain(name: &str) -> Result<Grain> {
    match name {
        "hour" => Ok(Grain::Hour),
        "day" => Ok(Grain::Day),
        other => Err(anyhow::anyhow!("a series has the grain {other}").into()),
    }
}

impl TryFrom<store::SeriesRow> for Series {
    type Error = crate::error::Error;

    fn try_from(row: store::SeriesRow) -> Result<Self> {
        let grain = grain(&row.grain)?;
        Ok(Self {
            id: SeriesId(row.id),
            source: row.source,
            campaign: row.campaign,
            ad_set: row.ad_set,
            segment: serde_json::from_value(row.segment)?,
            metric: Metric(row.metric),
            currency: row.currency,
            grain,
            zone: row.zone,
        })
    }
}
