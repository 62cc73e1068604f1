//! Adding up, by what people ask for.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use sqlx::PgPool;

use super::metric::{Derived, Metric};
use super::{Decimal, store};
use crate::error::{Refusal, Result};
use crate::ids::WorkspaceId;

/// Which readings count. Days are local, and both ends count.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub metric: Option<String>,
    pub campaign: Option<String>,
    pub source: Option<String>,
    pub currency: Option<String>,
    pub from: Option<Date>,
    pub to: Option<Date>,
}

/// What sums are told apart by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum By {
    Source,
    Campaign,
    AdSet,
    Currency,
    Day,
    Month,
    /// A column that the export was broken down by, by its name: `age`.
    Segment(String),
}

impl By {
    pub fn named(name: &str) -> Self {
        match name {
            "source" => Self::Source,
            "campaign" => Self::Campaign,
            "ad-set" | "ad_set" => Self::AdSet,
            "currency" => Self::Currency,
            "day" => Self::Day,
            "month" => Self::Month,
            other => Self::Segment(other.to_owned()),
        }
    }
}

/// The sums of one group, and what is computed from them.
#[derive(Clone, PartialEq, Debug)]
pub struct Group {
    /// One value for each `By`, in that order.
    pub names: Vec<String>,
    /// Exact, with the currency where it is money.
    pub sums: BTreeMap<Metric, (Decimal, String)>,
}

impl Group {
    pub fn sum(&self, metric: &str) -> Option<Decimal> {
        self.sums.get(&Metric::from(metric)).map(|it| it.0)
    }

    /// A rate of the group's sums, where both of its parts are known.
    pub fn derived(&self, derived: Derived) -> Option<f64> {
        let (above, below) = derived.parts();
        let parts = self.sums.get(&Metric::from(above)).zip(self.sums.get(&Metric::from(below)));
        let ((above, one), (below, other)) = parts?;
        // What was spent in one currency and came back in another is no return.
        if !one.is_empty() && !other.is_empty() && one != other {
            return None;
        }
        derived.of(*above, *below)
    }
}

/// Adds up the readings of a workspace, in groups; refuses to add one currency to another.
pub async fn sums(
    db: &PgPool,
    workspace: WorkspaceId,
    filter: &Filter,
    by: &[By],
) -> Result<Vec<Group>> {
    let series = store::series(db, workspace, filter).await?;
    let ids: Vec<i64> = series.iter().map(|it| it.id).collect();
    let by_day = by.iter().any(|it| matches!(it, By::Day | By::Month));
    let rows = store::sums(db, workspace, &ids, filter, by_day).await?;
    let series: BTreeMap<i64, store::SeriesRow> =
        series.into_iter().map(|it| (it.id, it)).collect();

    let mut groups: BTreeMap<Vec<String>, Group> = BTreeMap::new();
    for row in rows {
        let Some(series) = series.get(&row.series_id) else { continue };
        let day = row.day.map(|it| it.to_jiff());
        let names: Vec<String> = by.iter().map(|it| name_of(it, series, day)).collect();
        let group =
            groups.entry(names.clone()).or_insert_with(|| Group { names, sums: BTreeMap::new() });
        let sum = Decimal::parse(&row.sum)
            .ok_or_else(|| anyhow::anyhow!("{} is no sum of readings", row.sum))?;
        let metric = Metric(series.metric.clone());
        match group.sums.get_mut(&metric) {
            Some((before, currency)) if *currency == series.currency => *before = *before + sum,
            Some((_, currency)) => {
                return Err(mixed(&metric, [currency.as_str(), &series.currency]).into());
            }
            None => {
                group.sums.insert(metric, (sum, series.currency.clone()));
            }
        }
    }
    Ok(groups.into_values().collect())
}

/// What came each day to a campaign, all its ad sets and segments together.
#[derive(Clone, PartialEq, Debug)]
pub struct Daily {
    pub source: String,
    pub campaign: String,
    pub metric: Metric,
    /// Empty where the metric is no money.
    pub currency: String,
    pub days: BTreeMap<Date, f64>,
}

/// What came each day of a stretch to each campaign, of some metrics. Both days count, and days are
/// those of the account.
pub async fn daily(
    db: &PgPool,
    workspace: WorkspaceId,
    metrics: &[String],
    from: Date,
    to: Date,
) -> Result<Vec<Daily>> {
    let mut all: BTreeMap<(String, String, String, String), BTreeMap<Date, f64>> = BTreeMap::new();
    for row in store::daily(db, workspace, metrics, from, to).await? {
        let days = all.entry((row.source, row.campaign, row.metric, row.currency)).or_default();
        for (day, sum) in row.days.iter().zip(row.sums) {
            *days.entry(day.to_jiff()).or_default() += sum;
        }
    }
    let daily = |((source, campaign, metric, currency), days)| Daily {
        source,
        campaign,
        metric: Metric(metric),
        currency,
        days,
    };
    Ok(all.into_iter().map(daily).collect())
}

fn name_of(by: &By, series: &store::SeriesRow, day: Option<Date>) -> String {
    match by {
        By::Source => series.source.clone(),
        By::Campaign => series.campaign.clone(),
        By::AdSet => series.ad_set.clone(),
        By::Currency => series.currency.clone(),
        By::Day => day.map_or_else(String::new, |it| it.to_string()),
        By::Month => day.map_or_else(String::new, |it| it.strftime("%Y-%m").to_string()),
        By::Segment(name) => {
            series.segment.get(name).and_then(|it| it.as_str()).unwrap_or_default().to_owned()
        }
    }
}

fn mixed(metric: &Metric, currencies: [&str; 2]) -> Refusal {
    let named: BTreeSet<&str> = currencies.into_iter().filter(|it| !it.is_empty()).collect();
    let named: Vec<&str> = named.into_iter().collect();
    Refusal::Unreadable(format!(
        "{} stands here in {}, which cannot be added up. Ask for one of them with --currency, or \
         for each with --by currency.",
        metric.label(),
        named.join(" and ")
    ))
}
