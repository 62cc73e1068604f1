//! `countersign ingest readings` and `countersign readings`: numbers in, and what they come to.

mod file;
mod sum;
mod waste;

use std::io::Write;

use clap::{Args, Subcommand};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::json;
use sqlx::PgPool;

use self::sum::Sum;
use self::waste::Waste;
use crate::alerts;
use crate::clock::Clock;
use crate::config::{Config, Manifest};
use crate::detectors::{self, amount, day_of};
use crate::error::Result;
use crate::ids::WorkspaceId;
use crate::readings::{self, Filter};

pub use self::file::{As, File, MappingArgs, in_words, ingest};

#[derive(Clone, Debug, Subcommand)]
pub enum Readings {
    /// Add up, and compute the rates of the sums
    Sum(Sum),
    /// The series there are
    Series {
        #[arg(long)]
        json: bool,
    },
    /// Compare siblings: which of them spend much for leads of provably lower quality
    Waste(Waste),
    /// What stands out in the campaigns' readings: unusual readings and silence
    Inspect(Inspect),
}

#[derive(Clone, Debug, Args)]
pub struct FilterArgs {
    #[arg(long)]
    campaign: Option<String>,
    #[arg(long)]
    source: Option<String>,
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// The first local day that counts
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// The last local day that counts
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
}

#[derive(Clone, Debug, Args)]
pub struct Inspect {
    /// The local time up to which readings are looked at [default: now, in UTC]
    #[arg(long, value_name = "TIME")]
    at: Option<DateTime>,
    /// Days of history
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(i64).range(1..=3_650))]
    days: i64,
    #[arg(long)]
    json: bool,
}

pub async fn run(
    db: &PgPool,
    config: &Config,
    clock: &Clock,
    workspace: WorkspaceId,
    readings: Readings,
) -> Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match readings {
        Readings::Sum(args) => sum::sum(db, workspace, args, &mut out).await?,
        Readings::Series { json } => series(db, workspace, json, &mut out).await?,
        Readings::Waste(args) => waste::waste(db, workspace, args, &mut out).await?,
        Readings::Inspect(args) => inspect(db, config, clock, workspace, args, &mut out).await?,
    }
    out.flush()?;
    Ok(())
}

async fn series(
    db: &PgPool,
    workspace: WorkspaceId,
    as_json: bool,
    out: &mut impl Write,
) -> Result<()> {
    for it in readings::series(db, workspace, &Filter::default()).await? {
        let grain = match it.grain {
            readings::Grain::Hour => "hour",
            readings::Grain::Day => "day",
        };
        if as_json {
            let line = json!({
                "id": it.id.0, "source": it.source, "campaign": it.campaign, "ad_set": it.ad_set,
                "segment": it.segment, "metric": it.metric.0, "currency": it.currency,
                "grain": grain, "zone": it.zone,
            });
            writeln!(out, "{line}")?;
            continue;
        }
        let segment: Vec<String> =
            it.segment.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let segment = segment.join(", ");
        let place: Vec<&str> = [it.campaign.as_str(), it.ad_set.as_str(), segment.as_str()]
            .into_iter()
            .filter(|it| !it.is_empty())
            .collect();
        let place = place.join(" / ");
        writeln!(out, "{:>6}  {} by {grain} ({}): {place}", it.id.0, it.metric.label(), it.source)?;
    }
    Ok(())
}

async fn inspect(
    db: &PgPool,
    config: &Config,
    clock: &Clock,
    workspace: WorkspaceId,
    args: Inspect,
    out: &mut impl Write,
) -> Result<()> {
    let at = args.at.unwrap_or_else(|| clock.now().to_zoned(TimeZone::UTC).datetime());
    let manifest = Manifest::load(config.manifest.as_deref())?;
    let now = at.to_zoned(TimeZone::UTC)?.timestamp();
    let looked = alerts::look(db, workspace, &manifest.numbers, args.days, now).await?;
    let (found, looked_at) = (looked.found, looked.outlines.len());
    if found.is_empty() && !args.json {
        writeln!(out, "Nothing stands out in {looked_at} series.")?;
    }
    for it in &found {
        if args.json {
            let mut line = finding_json(&it.finding);
            line["source"] = json!(it.source);
            line["campaign"] = json!(it.campaign);
            line["metric"] = json!(it.metric);
            line["currency"] = json!(it.currency);
            writeln!(out, "{line}")?;
            continue;
        }
        let cost = it.finding.cost.map(|cost| {
            let currency = Some(it.currency.as_str()).filter(|it| !it.is_empty());
            format!(" About {} so far.", amount(cost, currency))
        });
        writeln!(out, "{}{}", it.finding.sentence, cost.unwrap_or_default())?;
        for note in &it.finding.notes {
            writeln!(out, "  {note}")?;
        }
    }
    Ok(())
}

fn finding_json(it: &detectors::Finding) -> serde_json::Value {
    json!({
        "kind": format!("{:?}", it.kind).to_lowercase(), "sentence": it.sentence,
        "value": it.value, "expected": it.expected, "low": it.low, "high": it.high,
        "since": day_of(it.since), "cost": it.cost, "score": it.score, "notes": it.notes,
    })
}

impl From<FilterArgs> for Filter {
    fn from(args: FilterArgs) -> Self {
        Self {
            metric: None,
            campaign: args.campaign,
            source: args.source,
            currency: args.currency,
            from: args.from,
            to: args.to,
        }
    }
}
