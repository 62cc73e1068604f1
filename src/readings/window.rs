//! A series and its readings over a stretch of time.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use sqlx::PgPool;

use super::metric::{Derived, Metric};
use super::store;
use super::sums::Filter;
use crate::error::Result;
use crate::ids::WorkspaceId;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SeriesId(pub i64);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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

/// A rate over time, out of the readings of its two parts; where there is nothing below the line,
/// there is no reading.
pub fn rate(
    derived: Derived,
    above: &[(DateTime, f64)],
    below: &[(DateTime, f64)],
) -> Vec<(DateTime, f64)> {
    let below: BTreeMap<DateTime, f64> = below.iter().copied().collect();
    let factor = if derived == Derived::Cpm { 1_000.0 } else { 1.0 };
    above
        .iter()
        .filter_map(|(at, value)| {
            let share = below.get(at).filter(|it| **it > 0.0)?;
            Some((*at, value / share * factor))
        })
        .collect()
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
    pub points: Vec<(DateTime, f64)>,
}

/// The lines of a workspace, in the order of source, campaign and metric.
pub async fn lines(
    db: &PgPool,
    workspace: WorkspaceId,
    from: DateTime,
    to: DateTime,
) -> Result<Vec<Line>> {
    let mut lines: Vec<Line> = Vec::new();
    for row in store::lines(db, workspace, from, to).await? {
        let point = (row.starts.to_jiff(), row.value);
        let grain = grain(&row.grain)?;
        match lines.last_mut() {
            Some(it)
                if it.source == row.source
                    && it.campaign == row.campaign
                    && it.metric.0 == row.metric
                    && it.currency == row.currency
                    && it.grain == grain
                    && it.zone == row.zone =>
            {
                it.points.push(point);
            }
            _ => lines.push(Line {
                source: row.source,
                campaign: row.campaign,
                metric: Metric(row.metric),
                currency: row.currency,
                grain,
                zone: row.zone,
                points: vec![point],
            }),
        }
    }
    Ok(lines)
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
